package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
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
		c := counts{s.Sessions, untimed(s.Messages), make(map[Handshake]uint64), s.HKDF}
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
	kinds := func() int { return len(e.Summary().Handshakes.BySuite) }
	for i := 0; i < 40 || kinds() < 6; i++ {
		if i == 2000 {
			t.Fatalf("after %d changes there were %d kinds of handshakes", i, kinds())
		}
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

// When the way between the ends breaks, handshakes fail by that cause, sessions
// that live go on, and the load's end comes as always.
func TestTheWireBreaks(t *testing.T) {
	cfg := quick(set(t, "transport", "http"), set(t, "handshake-share", "50%"), set(t, "rate", "400/s"), set(t, "duration", "0s"))
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "handshakes", func() bool { return e.Snapshot().Handshakes.Completed > 20 })
	if err := e.run.parties.wire.server.Close(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "failures", func() bool { return e.Snapshot().Handshakes.FailedBy["transport"] > 20 })
	created := e.Snapshot().Sessions.Created
	waitFor(t, "pairs that resume", func() bool { return e.Snapshot().Sessions.Created > created+20 })
	s := e.Stop()
	checkBalance(t, s.Sessions)
	if s.Valid || s.Handshakes.Failed != s.Handshakes.FailedBy["transport"] || s.Sessions.Failed != 0 || s.Messages.Failed != 0 {
		t.Errorf("valid %v, handshakes failed by %v, sessions %+v", s.Valid, s.Handshakes.FailedBy, s.Sessions)
	}
}

// A run that ends with handshakes in flight counts none of them, and leaves no
// goroutine behind, as goleak says. (That the responder forgets them in time is
// its own package's to prove.)
func TestStopWithHandshakesInFlight(t *testing.T) {
	for range 5 {
		e, err := New(quick(set(t, "transport", "http"), set(t, "handshake", "mixed"), set(t, "handshake-share", "100%"),
			set(t, "model", "closed"), set(t, "workers", "200"), set(t, "duration", "0s")))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "handshakes", func() bool { return e.Snapshot().Handshakes.Completed > 20 })
		r := e.run
		s := e.Stop()
		checkBalance(t, s.Sessions)
		if s.Handshakes.Failed != 0 || !s.Valid {
			t.Errorf("%d handshakes failed by %v; not valid because of %q", s.Handshakes.Failed, s.Handshakes.FailedBy, s.InvalidReasons)
		}
		if n := len(r.parties.waiting); n != 0 {
			t.Errorf("%d handshakes are still expected", n)
		}
	}
}

// While there are as many handshakes in flight as may be, pairs wait, and their
// response times say so; too long a wait is not for want of processor time.
func TestHandshakesInFlightAreBounded(t *testing.T) {
	cfg := quick(set(t, "transport", "http"), set(t, "handshake-share", "100%"), set(t, "rate", "2000/s"), set(t, "duration", "0s"))
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	e.prepare = func(r *run) {
		r.parties.through = func(over handshake.Transport) handshake.Transport {
			return transportFunc(func(ctx context.Context, msg []byte) ([]byte, error) {
				select {
				case <-hold:
				case <-ctx.Done():
					return nil, ctx.Err()
				}
				return over.RoundTrip(ctx, msg)
			})
		}
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	waitFor(t, "drops", func() bool { return e.Snapshot().Dropped.Late > 100 })
	active := int64(0)
	for _, l := range e.run.lanes {
		active += l.rec.active.Load()
	}
	if want := int64(len(e.run.lanes) * maxInFlight); active != want {
		t.Errorf("%d handshakes in flight, want %d", active, want)
	}
	if s := e.Snapshot(); s.Dropped.CPU > s.Dropped.Generator/10 || s.Sessions.Created != 0 {
		t.Errorf("dropped by %+v with %d created", s.Dropped, s.Sessions.Created)
	}
	close(hold)
	waitFor(t, "those that waited", func() bool { return e.Snapshot().Latency.Create.Response.Max > 2*time.Second })
}

// When a pair exists, or could not be made, nobody has its seeds any more but its
// sessions: neither the lane, whichever way the handshake went, nor the line that
// the responder's result came by.
func TestSeedsAreWiped(t *testing.T) {
	type seed = [session.SeedSize]byte
	for _, transport := range []Transport{TransportMemory, TransportHTTP} {
		for _, fails := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/fails=%v", transport, fails), func(t *testing.T) {
				cfg := quick(set(t, "handshake-share", "100%"))
				cfg.Transport = transport
				r, err := newRun(cfg, false, func(err error) { t.Error(err) })
				if err != nil {
					t.Fatal(err)
				}
				defer r.drain()
				defer r.quiesce()
				l := r.lanes[0]
				l.obey()
				b := new(birth)
				l.draw(b, 0)
				b.transport = transport
				var came seed // the responder's
				if fails {
					// The last reply is lost: the responder has its result by then.
					phase := 0
					lossy := func(over handshake.Transport) handshake.Transport {
						return transportFunc(func(ctx context.Context, msg []byte) ([]byte, error) {
							reply, err := over.RoundTrip(ctx, msg)
							if phase++; phase == 3 {
								r.parties.mu.Lock()
								came = l.line.seed
								r.parties.mu.Unlock()
								return nil, errors.New("a cable was cut")
							}
							return reply, err
						})
					}
					l.line.memory, r.parties.through = lossy(l.line.memory), lossy
				}
				r.parties.shake(t.Context(), l.line, b)
				if fails != (b.err != nil) || fails == (came == seed{}) || !fails && (b.seed == (seed{}) || b.seed != b.peerSeed) {
					t.Fatalf("handshake: %v; the responder has a seed: %v", b.err, came != (seed{}))
				}
				l.active++
				if l.shaken(b) == fails {
					t.Errorf("a pair was made: %v", !fails)
				}
				if b.seed != (seed{}) || b.peerSeed != (seed{}) || l.line.seed != (seed{}) {
					t.Error("seeds are left")
				}
				if n := len(r.parties.waiting); n != 0 {
					t.Errorf("%d handshakes are still expected", n)
				}
			})
		}
	}
}

// What the snapshots say that a handshake within the process allocates is what it
// allocates: engine/handshake pins the same numbers in a test of its own.
func TestUnitsAreExact(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	measureUnits()
	p, err := newParties()
	if err != nil {
		t.Fatal(err)
	}
	line, b := p.newLine(), new(birth)
	for suite := HandshakeX25519; suite < HandshakeMixed; suite++ {
		want := testing.AllocsPerRun(50, func() {
			*b = birth{suite: suite}
			p.shake(t.Context(), line, b)
		})
		got := 0.0
		for _, u := range units[suite][TransportMemory] {
			got += u.Allocs
		}
		if got != want {
			t.Errorf("%s: %.0f allocations are told, and %.0f made", suite, got, want)
		}
	}
}
