package load

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// transportFunc makes a function a transport.
type transportFunc func(context.Context, []byte) ([]byte, error)

func (f transportFunc) RoundTrip(ctx context.Context, msg []byte) ([]byte, error) { return f(ctx, msg) }

// stallLanes makes all lanes of a run stand still for a while, once, in the first
// message of a handshake that begins at or after from.
func stallLanes(from, stall time.Duration) func(*run) {
	return func(r *run) {
		r.newSleeper = newTimerSleeper // the kernel's timers are not in the bubble
		for _, l := range r.lanes {
			stalled, memory := false, l.line.memory
			l.line.memory = transportFunc(func(ctx context.Context, msg []byte) ([]byte, error) {
				if !stalled && r.now() >= int64(from) {
					stalled = true
					time.Sleep(stall)
				}
				return memory.RoundTrip(ctx, msg)
			})
		}
	}
}

// steadyPairs is a load of a thousand pairs a second that do nothing but begin with
// a handshake.
func steadyPairs(t *testing.T, duration time.Duration) Config {
	t.Helper()
	c := Default()
	c.Rate, c.Arrival = 2000, Constant
	c.Lifetime, c.Messages, c.ExpireShare = Fixed(time.Millisecond), Fixed(0), 0
	c.HandshakeShare = 0.2 // of a fifth: they are real, and take real time
	c.Duration = duration
	return c
}

func stalledRun(t *testing.T, cfg Config, from, stall time.Duration) (s Summary, r *run) {
	t.Helper()
	measureUnits() // outside of the bubble: it uses real connections
	synctest.Test(t, func(t *testing.T) {
		e, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		e.prepare = func(made *run) { stallLanes(from, stall)(made); r = made }
		if err := e.Start(); err != nil {
			t.Fatal(err)
		}
		<-e.Done()
		s = e.Stop()
	})
	return s, r
}

// The proof that no waiting is left out. In a bubble work takes no time, so every
// latency but those of the stall is zero. The engine stands still for a second
// while a thousand pairs a second are offered: a thousand of them must have waited
// for between a second and nothing, evenly, although only one a lane took long.
func TestAStallShowsInTheResponseOfAllWhoWaited(t *testing.T) {
	s, r := stalledRun(t, steadyPairs(t, 5*time.Second), 2*time.Second, time.Second)
	if s.Sessions.Created < 9990 || s.Dropped != 0 || !s.Valid {
		t.Fatalf("created %d, dropped %d, valid %v: %v", s.Sessions.Created, s.Dropped, s.Valid, s.InvalidReasons)
	}
	if s.Latency.Create.Response.Count != s.Sessions.Created/2 {
		t.Fatalf("%d response times of %d pairs", s.Latency.Create.Response.Count, s.Sessions.Created/2)
	}
	var response, service stats.Counts
	for _, l := range r.lanes {
		l.rec.createResponse.AddTo(&response)
		l.rec.createService.AddTo(&service)
	}
	slowest := func(c *stats.Counts, n int) time.Duration { // the n-th slowest
		return time.Duration(c.Quantile(1 - float64(n-1)/float64(c.N())))
	}
	for n := 50; n < 1000; n += 50 {
		want := time.Second - time.Duration(n)*time.Millisecond
		if got := slowest(&response, n); got < want-20*time.Millisecond || got > want+20*time.Millisecond {
			t.Errorf("the slowest but %d waited %s, want about %s", n-1, got, want)
		}
	}
	if got := slowest(&response, 1); got > time.Second+10*time.Millisecond {
		t.Errorf("somebody waited %s, longer than the stall", got)
	}
	if got := slowest(&response, 1010); got > 2*time.Millisecond {
		t.Errorf("more than a thousand waited: the slowest but 1009 for %s", got)
	}
	// The control: service times, counted from the actual start, hide all but the
	// one in which each lane was stuck.
	if got := slowest(&service, 1); got < time.Second {
		t.Errorf("the longest service took %s, want the stall", got)
	}
	if got := slowest(&service, len(r.lanes)+1); got > time.Millisecond {
		t.Errorf("service times tell of more slow pairs than lanes: %s", got)
	}
}

// What a longer stall leaves undone is counted, and its cause is not that the
// work was too much.
func TestDroppedByAStall(t *testing.T) {
	s, _ := stalledRun(t, steadyPairs(t, 8*time.Second), 2*time.Second, 5*time.Second)
	// Those that were due in the first three of the five seconds were more than
	// two seconds late when it was over, but for the one a lane was stuck in.
	if n := s.DroppedBy.Generator; n < 2*2900 || n > 2*3010 {
		t.Errorf("%d dropped because the load was held up, want about 6000", n)
	}
	if s.DroppedBy.CPU != 0 || s.DroppedBy.Late != s.DroppedBy.Generator || s.Valid {
		t.Errorf("dropped by %+v, valid %v", s.DroppedBy, s.Valid)
	}
	if why := strings.Join(s.InvalidReasons, "; "); !strings.Contains(why, "held up") {
		t.Errorf("the reasons %q do not say that it was held up", why)
	}
	if got := s.Sessions.Created + s.Dropped; got < 15990 || got > 16000 {
		t.Errorf("%d sessions created or dropped of 16000 offered", got)
	}
}

// A load that takes all processor time there is loses pairs for want of it.
func TestDroppedForWantOfProcessorTime(t *testing.T) {
	e, err := New(quick(set(t, "rate", "2M/s"), set(t, "max-live", "4000000"), set(t, "optimizations", "baseline"), set(t, "duration", "0s")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	waitFor(t, "drops", func() bool { return e.Snapshot().Dropped.CPU > 10_000 })
	s := e.Snapshot()
	if s.Dropped.Generator > s.Dropped.CPU/10 || s.Dropped.Late != s.Dropped.CPU+s.Dropped.Generator {
		t.Errorf("dropped by %+v, want nearly all by CPU", s.Dropped)
	}
	if why := strings.Join(s.Reasons, "; "); s.Valid || !strings.Contains(why, "processor time") {
		t.Errorf("valid %v because of %q", s.Valid, why)
	}
}

// Where what lives fills the memory limit, no more is started, and what lives
// goes on.
func TestDroppedForWantOfMemory(t *testing.T) {
	cfg := quick(set(t, "rate", "100k/s"), set(t, "lifetime", "1h"), set(t, "messages", "1000"), set(t, "handshake", "none"),
		set(t, "max-live", "4000000"), set(t, "pool", "none"), set(t, "duration", "0s"))
	// What other tests left behind, and 32 MiB.
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	cfg.MemoryLimit = int64((m.HeapAlloc+m.Sys-m.HeapSys)>>20+32) << 20
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	waitFor(t, "drops", func() bool { return e.Snapshot().Dropped.Memory > 1000 })
	s := e.Snapshot()
	if s.Sessions.Live == 0 || s.Sessions.Live > 200_000 {
		t.Errorf("%d sessions live in 32 MiB", s.Sessions.Live)
	}
	if why := strings.Join(s.Reasons, "; "); s.Valid || !strings.Contains(why, "memory limit is "+formatSize(cfg.MemoryLimit)) {
		t.Errorf("valid %v because of %q", s.Valid, why)
	}
	sealed := s.Messages.Sealed
	waitFor(t, "messages of those that live", func() bool { return e.Snapshot().Messages.Sealed > sealed })
}
