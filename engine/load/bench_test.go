package load

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// BenchmarkClosedLoop compares the load generator with a bare loop over the
// same session calls, by sessions per second: the difference is what pacing,
// timing and counting cost.
func BenchmarkClosedLoop(b *testing.B) {
	cfg := Default()
	cfg.Model, cfg.Workers, cfg.Lifetime = Closed, 1, Dist{}
	cfg.ExpireShare, cfg.HandshakeShare = 0, 0
	cfg.Messages, cfg.MessageSize = Fixed(4), Fixed(1024)

	// One lane's work, in the benchmark's own goroutine.
	b.Run("load", func(b *testing.B) {
		r, err := newRun(cfg, false, func(err error) { b.Error(err) })
		if err != nil {
			b.Fatal(err)
		}
		defer r.drain()
		r.epoch = time.Now()
		l := r.lanes[0]
		l.obey()
		b.ReportAllocs()
		for b.Loop() {
			if !l.begin(r.now()) {
				b.Fatal("refused")
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		r, err := newRun(cfg, false, func(err error) { b.Error(err) })
		if err != nil {
			b.Fatal(err)
		}
		defer r.drain()
		seed := make([]byte, session.SeedSize)
		plain := make([]byte, 1024)
		sealed := make([]byte, 0, 1024+session.Overhead)
		opened := make([]byte, 0, 1024)
		b.ReportAllocs()
		for b.Loop() {
			rand.Read(seed)
			from, err := r.initiators.Create(session.Params{Seed: seed, Role: session.Initiator})
			if err != nil {
				b.Fatal(err)
			}
			to, err := r.responders.Create(session.Params{Seed: seed, Role: session.Responder})
			if err != nil {
				b.Fatal(err)
			}
			a, z := from, to
			for range 4 {
				msg, err := a.Seal(sealed, plain, nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := z.Open(opened, msg, nil); err != nil {
					b.Fatal(err)
				}
				a, z = z, a
			}
			_ = from.Close()
			_ = to.Close()
		}
	})
}

// BenchmarkSnapshot is what the ten snapshots a second cost.
func BenchmarkSnapshot(b *testing.B) {
	cfg := Default()
	cfg.Rate = 1
	e, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	if err := e.Start(); err != nil {
		b.Fatal(err)
	}
	defer e.Stop()
	b.ReportAllocs()
	for b.Loop() {
		e.Snapshot()
	}
}
