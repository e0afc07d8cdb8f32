package load

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
)

// runSuites are those that a run can be told to use, with what then runs.
var runSuites = map[Handshake][]Handshake{
	HandshakeX25519: {HandshakeX25519},
	HandshakeHPKE:   {HandshakeHPKE},
	HandshakeHybrid: {HandshakeHybrid},
	HandshakeMixed:  {HandshakeX25519, HandshakeHPKE, HandshakeHybrid},
}

// Every suite over every transport opens sessions whose ends understand each
// other, without a failure, and tells what each phase took.
func TestEverySuiteOverEveryTransport(t *testing.T) {
	for suite, runs := range runSuites {
		for _, transport := range []Transport{TransportMemory, TransportHTTP} {
			t.Run(suite.String()+"/"+transport.String(), func(t *testing.T) {
				cfg := quick(set(t, "handshake-share", "100%"), set(t, "rate", "400/s"), set(t, "expire-share", "0%"))
				cfg.Handshake, cfg.Transport = suite, transport
				cfg.Duration, cfg.Sessions = 0, 120
				s := runToEnd(t, cfg)
				if s.Sessions.Created != 120 || s.Sessions.Removed != 120 || s.Messages.Opened != 4*60 {
					t.Errorf("sessions %+v, messages %+v", s.Sessions, s.Messages)
				}
				h := s.Handshakes
				if h.Suite != suite || h.Transport != transport || h.Completed != 60 || h.Failed != 0 || len(h.FailedBy) != 0 {
					t.Errorf("%s over %s: completed %d, failed %d by %v", h.Suite, h.Transport, h.Completed, h.Failed, h.FailedBy)
				}
				var ran []Handshake
				sum := uint64(0)
				for _, k := range h.BySuite {
					if k.Transport != transport {
						t.Errorf("%s ran over %s", k.Suite, k.Transport)
					}
					ran = append(ran, k.Suite)
					sum += k.Completed
					checkPhases(t, k)
				}
				if diff := cmp.Diff(runs, ran); diff != "" || sum != 60 {
					t.Errorf("%d handshakes of suites (-want +got)\n%s", sum, diff)
				}
			})
		}
	}
}

// checkPhases checks what must be so of the phases of any handshakes.
func checkPhases(t *testing.T, k HandshakeKind) {
	t.Helper()
	var sum time.Duration
	for i, p := range k.Phases.List() {
		phase := handshake.Phase(i)
		if p.Service.Count != k.Completed || p.Service.P50 <= 0 || p.Service.Max < p.Service.P99 {
			t.Errorf("%s %s: service %+v", k.Suite, phase, p.Service)
		}
		each := float64(p.Bytes) / float64(k.Completed)
		wire, allocs := p.PerHandshake.WireBytes, p.PerHandshake.Allocs
		switch {
		case k.Transport == TransportHTTP && wire < each+100: // headers, both ways
			t.Errorf("%s %s: %.0f bytes over HTTP for messages of %.0f", k.Suite, phase, wire, each)
		case k.Transport == TransportMemory && wire != each:
			t.Errorf("%s %s: %.0f bytes for messages of %.0f", k.Suite, phase, wire, each)
		}
		if allocs <= 0 || p.PerHandshake.AllocBytes < 8*allocs {
			t.Errorf("%s %s: %.1f allocations of %.1f bytes", k.Suite, phase, allocs, p.PerHandshake.AllocBytes)
		}
		sum += p.Service.Mean
	}
	if total := k.Total.Mean; sum > total || float64(sum) < 0.5*float64(total) {
		t.Errorf("%s: the phases take %s of %s", k.Suite, sum, total)
	}
}

// In the closed model a run of so many sessions does the same for the same seed,
// whatever the processors do meanwhile, and something else for another.
func TestSameSeedSameRun(t *testing.T) {
	type counts struct {
		Sessions   Sessions
		Messages   Messages
		Handshakes map[Handshake]uint64
		HKDF       HKDFSummary
	}
	run := func(seed uint64, procs int) counts {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		cfg := quick(set(t, "model", "closed"), set(t, "workers", "40"), set(t, "expire-share", "10%"),
			set(t, "handshake", "mixed"), set(t, "handshake-share", "20%"), set(t, "lifetime", "exp(20ms)"),
			set(t, "messages", "uniform(0,9)"), set(t, "message-size", "lognormal(100B,2KiB)"))
		cfg.Duration, cfg.Sessions, cfg.RNGSeed = 0, 1000, seed
		s := runToEnd(t, cfg)
		if s.Partial || !s.Valid {
			t.Errorf("partial %v, not valid because of %v", s.Partial, s.InvalidReasons)
		}
		c := counts{s.Sessions, s.Messages, make(map[Handshake]uint64), s.HKDF}
		for _, k := range s.Handshakes.BySuite {
			c.Handshakes[k.Suite] = k.Completed
		}
		return c
	}
	one := run(7, 1)
	for _, procs := range []int{2, 5} {
		if diff := cmp.Diff(one, run(7, procs)); diff != "" {
			t.Errorf("another run with the same seed, on %d processors (-first +second)\n%s", procs, diff)
		}
	}
	if one.Sessions.Created != 1000 || one.Sessions.Expired == 0 || one.Sessions.Removed == 0 || len(one.Handshakes) != 3 || one.Messages.Opened != one.Messages.Sealed {
		t.Errorf("%+v", one)
	}
	if cmp.Equal(one.Messages, run(8, 2).Messages) {
		t.Error("another seed made no difference")
	}
}

// A handshake that fails costs its pair, is counted by its cause, and nothing
// else suffers.
func TestFailedHandshakesAreCounted(t *testing.T) {
	cfg := quick(set(t, "handshake-share", "50%"), set(t, "rate", "400/s"), set(t, "duration", "0s"), set(t, "sessions", "200"))
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.prepare = func(r *run) {
		for _, l := range r.lanes {
			n, memory := 0, l.line.memory
			l.line.memory = transportFunc(func(ctx context.Context, msg []byte) ([]byte, error) {
				switch n++; n % 3 {
				case 0:
					return nil, handshake.ErrBusy
				case 1:
					return nil, errors.New("a cable was cut")
				}
				return memory.RoundTrip(ctx, msg)
			})
		}
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	<-e.Done()
	s := e.Stop()
	checkBalance(t, s.Sessions)
	h := s.Handshakes
	if h.Failed == 0 || h.FailedBy["busy"] == 0 || h.FailedBy["other"] == 0 || h.FailedBy["busy"]+h.FailedBy["other"] != h.Failed {
		t.Errorf("failed %d by %v", h.Failed, h.FailedBy)
	}
	if s.DroppedBy.Failed != 2*h.Failed || s.Sessions.Created+s.Dropped != 200 || s.Valid || s.Sessions.Failed != 0 {
		t.Errorf("%d created, dropped %+v, valid %v, %d sessions failed", s.Sessions.Created, s.DroppedBy, s.Valid, s.Sessions.Failed)
	}
}

// Parameters of the handshake may change while handshakes are in flight.
func TestHandshakesChangeUnderTraffic(t *testing.T) {
	cfg := quick(set(t, "handshake-share", "100%"), set(t, "rate", "800/s"), set(t, "duration", "0s"))
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		cfg.Handshake = HandshakeX25519 + Handshake(i%4)
		cfg.Transport = Transport(i / 4 % 2)
		if err := e.Apply(cfg); err != nil {
			t.Fatal(err)
		}
		if i == 20 {
			if err := e.Reset(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s := e.Stop()
	checkBalance(t, s.Sessions)
	if s.Handshakes.Failed != 0 || s.Messages.Failed != 0 || s.Sessions.Failed != 0 || len(s.Handshakes.BySuite) != 6 {
		t.Errorf("%d handshakes failed by %v of %d kinds, messages %+v, sessions %+v", s.Handshakes.Failed, s.Handshakes.FailedBy, len(s.Handshakes.BySuite), s.Messages, s.Sessions)
	}
}
