package load

import (
	"crypto/rand"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// backToBack is pairs that are over as soon as they have said what they have to.
func backToBack() Config {
	cfg := Default()
	cfg.Model, cfg.Workers, cfg.Lifetime = Closed, 1, Dist{}
	cfg.ExpireShare, cfg.HandshakeShare = 0, 0
	cfg.Messages, cfg.MessageSize = Fixed(4), Fixed(1024)
	return cfg
}

// BenchmarkClosedLoop compares the load generator with a bare loop over the
// same session calls, by sessions per second: the difference is what pacing,
// timing and counting cost.
func BenchmarkClosedLoop(b *testing.B) {
	cfg := backToBack()

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

// crowd is a run whose managers hold n sessions, and whose lanes do nothing.
func crowd(b *testing.B, cfg Config, n int) *run {
	b.Helper()
	cfg.MaxLive, cfg.PoolCapacity = n+1000, 1000
	r, err := newRun(cfg, true, func(err error) { b.Error(err) })
	if err != nil {
		b.Fatal(err)
	}
	r.epoch = time.Now()
	seed := make([]byte, session.SeedSize)
	for range n / 2 {
		rand.Read(seed)
		for i, m := range r.managers() {
			if _, err := m.Create(session.Params{Seed: seed, Role: session.Initiator + session.Role(i), Tag: makeTag(HandshakeHPKE, TransportMemory, session.Tuned)}); err != nil {
				b.Fatal(err)
			}
		}
	}
	return r
}

// BenchmarkLoadWhileListed is what share of the pairs that all processors can run
// beside a million sessions they still run while somebody asks for a list of those ten
// times a second. Stretches with and without take turns.
func BenchmarkLoadWhileListed(b *testing.B) {
	if testing.Short() {
		b.Skip("a million sessions take a gigabyte and some seconds")
	}
	r := crowd(b, backToBack(), 1_000_000)
	defer r.drain()
	stretch := func() (pairs float64) {
		var all sync.WaitGroup
		began := time.Now()
		made := make([]float64, len(r.lanes))
		for i, l := range r.lanes {
			all.Go(func() {
				n := 0
				for ; time.Since(began) < time.Second; n++ {
					if !l.begin(r.now()) {
						b.Error("refused")
						return
					}
				}
				made[i] = float64(n)
			})
		}
		all.Wait()
		for _, n := range made {
			pairs += n
		}
		return pairs
	}
	for _, l := range r.lanes {
		l.obey()
	}
	for _, changing := range []bool{false, true} {
		name := "same"
		if changing {
			name = "changing"
		}
		b.Run(name, func(b *testing.B) { benchmarkListed(b, r, stretch, changing) })
	}
}

// benchmarkListed compares stretches of the load without and with somebody who asks,
// the first pass included, for another order each time if that is changing.
func benchmarkListed(b *testing.B, r *run, stretch func() float64, changing bool) {
	b.Helper()
	l := newLister()
	var ratios []float64
	for b.Loop() {
		var without, with float64
		for half := range 4 { // ABBA
			if half == 0 || half == 3 {
				without += stretch()
				continue
			}
			l.use(r)
			q := SessionQuery{Order: ByIdle, Limit: 50}
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				for i := 0; ; i++ {
					if changing {
						q.Order = SessionColumn(i % NumSessionColumns)
					}
					_, _ = l.list(q)
					select {
					case <-time.After(100 * time.Millisecond):
					case <-stop:
						return
					}
				}
			}()
			with += stretch()
			close(stop)
			<-stopped
			<-l.leave(nil)
		}
		ratios = append(ratios, with/without)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "median-ratio")
	b.ReportMetric(ratios[0], "least-ratio")
}

// BenchmarkListing is what a pass over a million sessions takes for each, and what
// share of all processor time the passes of a lister take that is asked ten times a
// second, while the load is busy and while it is not.
func BenchmarkListing(b *testing.B) {
	if testing.Short() {
		b.Skip("a million sessions take a gigabyte and some seconds")
	}
	const n = 1_000_000
	r := crowd(b, Default(), n)
	defer r.drain()
	for _, q := range []struct {
		name string
		SessionQuery
	}{
		{"all", SessionQuery{Order: ByAge, Limit: 50}},
		{"filtered", SessionQuery{Order: ByMessages, Limit: 50, Filter: "age>10s msgs=0 suite=hybrid state=idle"}},
		{"ids", SessionQuery{Order: ByID, Limit: 50, Filter: "abc"}},
	} {
		b.Run(q.name, func(b *testing.B) {
			filter, err := ParseSessionFilter(q.Filter)
			if err != nil {
				b.Fatal(err)
			}
			p := newPass(newLister(), r)
			p.query = question{filter: filter, order: q.Order, keep: 2 * listerRoom}
			f := new(found)
			b.ReportAllocs()
			for b.Loop() {
				p.began = time.Now().Add(time.Hour) // it never rests
				if p.over(f); f.total != n {
					b.Fatalf("%d sessions", f.total)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/session")
		})
	}
	b.Run("unlisted", func(b *testing.B) { // what the process takes by itself
		for b.Loop() {
			began, used := time.Now(), stats.ProcessCPU()
			time.Sleep(5 * time.Second)
			all := time.Since(began) * time.Duration(runtime.GOMAXPROCS(0))
			b.ReportMetric(100*float64(stats.ProcessCPU()-used)/float64(all), "%cpu")
		}
	})
	for _, idle := range []bool{false, true} {
		name := "busy"
		if idle {
			name = "idle"
		}
		b.Run(name, func(b *testing.B) {
			r.pressure.idle.Store(idle)
			l := newLister()
			l.use(r)
			var list SessionList
			ask := func() {
				list, _ = l.list(SessionQuery{Order: ByIdle, Limit: 50})
				time.Sleep(100 * time.Millisecond)
			}
			for list.At == 0 { // the first pass is quicker
				ask()
			}
			b.ReportMetric(list.Took.Seconds(), "s/first")
			for b.Loop() {
				began, used := time.Now(), stats.ProcessCPU()
				for range 50 {
					ask()
				}
				all := time.Since(began) * time.Duration(runtime.GOMAXPROCS(0))
				b.ReportMetric(100*float64(stats.ProcessCPU()-used)/float64(all), "%cpu")
			}
			for at := list.At; list.At == at; {
				ask()
			}
			b.ReportMetric(list.Took.Seconds(), "s/pass")
			<-l.leave(nil)
		})
	}
}
