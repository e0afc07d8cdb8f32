package load

import (
	"context"
	"errors"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick is a load that shows something within a fraction of a second.
func quick(changes ...func(*Config)) Config {
	c := Default()
	c.Lifetime = Fixed(20 * time.Millisecond)
	c.Duration = 300 * time.Millisecond
	for _, change := range changes {
		change(&c)
	}
	return c
}

func set(t *testing.T, param, value string) func(*Config) {
	t.Helper()
	p, ok := Lookup(param)
	if !ok {
		t.Fatalf("no parameter %q", param)
	}
	return func(c *Config) {
		t.Helper()
		if err := p.Set(c, value); err != nil {
			t.Fatal(err)
		}
	}
}

// runToEnd runs cfg for its duration and returns what it came to.
func runToEnd(t *testing.T, cfg Config) Summary {
	t.Helper()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	<-e.Done()
	s := e.Stop()
	if err := e.Err(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, s.Sessions)
	checkClasses(t, &s)
	if s.Messages.Failed > 0 || s.Sessions.Failed > 0 || s.Handshakes.Failed > 0 {
		t.Errorf("failures: %d messages, %d sessions, handshakes by %v", s.Messages.Failed, s.Sessions.Failed, s.Handshakes.FailedBy)
	}
	return s
}

func checkBalance(t *testing.T, s Sessions) {
	t.Helper()
	if s.Created != s.Removed+s.Expired+s.Live+s.Failed {
		t.Errorf("created %d is not removed %d + expired %d + live %d + failed %d", s.Created, s.Removed, s.Expired, s.Live, s.Failed)
	}
}

// checkClasses wants what is told apart to add up to the whole.
func checkClasses(t *testing.T, s *Summary) {
	t.Helper()
	var sum SizeClass
	for _, c := range s.Messages.BySize {
		sum.Seal.add(c.Seal)
		sum.Open.add(c.Open)
		sum.Bytes += c.Bytes
	}
	m := s.Messages
	if sum.Seal.Count != m.Sealed || sum.Open.Count != m.Opened || sum.Bytes != m.Bytes || sum.Seal != s.Stages.Seal || sum.Open != s.Stages.Open {
		t.Errorf("by size: %+v; messages: %d sealed, %d opened, %d bytes; stages: %+v, %+v",
			sum, m.Sealed, m.Opened, m.Bytes, s.Stages.Seal, s.Stages.Open)
	}
	var created uint64
	for _, n := range s.Pool.ByReuse {
		created += n
	}
	if created < s.Sessions.Created { // the ends without a peer are in it
		t.Errorf("by reuses of the storage: %d sessions, created %d", created, s.Sessions.Created)
	}
	if fresh := s.Pool.ByReuse[0]; fresh != created-s.Pool.Hits {
		t.Errorf("%d sessions in fresh storage of %d, with %d hits", fresh, created, s.Pool.Hits)
	}
}

// untimed returns messages without the times they took, which are never the same.
func untimed(m Messages) Messages {
	for i := range m.BySize {
		m.BySize[i].Seal.Total, m.BySize[i].Open.Total = 0, 0
	}
	return m
}

func TestPresetsDeriveAndAllocateAsTheySay(t *testing.T) {
	tests := []struct {
		preset string
		hkdf   float64
		keys   func(perSession float64) bool
	}{
		{"baseline", 6, func(n float64) bool { return n == 6 }},
		{"seed", 2, func(n float64) bool { return n > 0 && n <= 1 }},
		{"tuned", 2, func(n float64) bool { return n > 0 && n <= 1 }},
		{"key-buffer", 6, func(n float64) bool { return n == 1 }},
		{"single-hkdf", 2, func(n float64) bool { return n == 6 }},
		{"reusable-hash", 6, func(n float64) bool { return n == 6 }},
	}
	for _, tt := range tests {
		t.Run(tt.preset, func(t *testing.T) {
			s := runToEnd(t, quick(set(t, "optimizations", tt.preset), set(t, "pool", "none"), set(t, "optimizations", tt.preset)))
			if s.Sessions.Created == 0 || s.HKDF.PerSession != tt.hkdf || !tt.keys(s.KeyAllocs.PerSession) {
				t.Errorf("%d sessions with %.2f HKDFs and %.2f key allocations each", s.Sessions.Created, s.HKDF.PerSession, s.KeyAllocs.PerSession)
			}
		})
	}
}

func stopped(e *Engine) bool {
	select {
	case <-e.Done():
		return true
	default:
		return false
	}
}

func gcPercent() int {
	p := debug.SetGCPercent(100)
	debug.SetGCPercent(p)
	return p
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}

// A toggle of the key schedule under traffic must never make two ends that do
// not understand each other.
func TestTogglesUnderTraffic(t *testing.T) {
	cfg := quick(set(t, "rate", "20k/s"), set(t, "duration", "0s"))
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		cfg.Optimizations = session.Optimizations{
			KeyBuffer: i&1 != 0, SingleHKDF: i&2 != 0, ReusableHash: i&4 != 0,
			Pool: session.PoolKinds()[i%3],
		}
		cfg.PoolCapacity = 10 * i
		if err := e.Apply(cfg); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	s := e.Stop()
	checkBalance(t, s.Sessions)
	if s.Messages.Failed != 0 || s.Sessions.Failed != 0 || s.Sessions.Created == 0 || s.Messages.Opened == 0 {
		t.Errorf("messages %+v, sessions %+v", s.Messages, s.Sessions)
	}
}

func TestStopPutsTheRuntimeBack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(3 << 30))
	before := runtime.NumGoroutine()
	e, err := New(quick(set(t, "gogc", "300"), set(t, "memory-limit", "2GiB")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	if gcPercent() != 300 || debug.SetMemoryLimit(-1) != 2<<30 {
		t.Errorf("while running: GOGC %d, limit %d", gcPercent(), debug.SetMemoryLimit(-1))
	}
	e.Stop()
	if gcPercent() != 77 || debug.SetMemoryLimit(-1) != 3<<30 {
		t.Errorf("after Stop: GOGC %d, limit %d", gcPercent(), debug.SetMemoryLimit(-1))
	}
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

func TestLifecycle(t *testing.T) {
	e, err := New(quick())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Apply(Default()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Apply before Start: %v", err)
	}
	if s := e.Snapshot(); s.State != Idle {
		t.Errorf("state %v before Start", s.State)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); !errors.Is(err, ErrStarted) {
		t.Errorf("second Start: %v", err)
	}
	bad := quick()
	bad.Rate = -1
	if err := e.Apply(bad); err == nil || !strings.HasPrefix(err.Error(), "rate: ") {
		t.Errorf("Apply of a negative rate: %v", err)
	}
	var last Snapshot
	for {
		s, err := e.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.Seq <= last.Seq || s.Elapsed < last.Elapsed {
			t.Errorf("snapshot %d at %s after %d at %s", s.Seq, s.Elapsed, last.Seq, last.Elapsed)
		}
		checkBalance(t, s.Sessions)
		last = s
	}
	if last.State != Stopped {
		t.Errorf("the last snapshot says %v", last.State)
	}
	a, b := e.Stop(), e.Stop()
	if a.Partial || a.Sessions != b.Sessions || a.Sessions != last.Sessions {
		t.Errorf("summaries of one run differ, or are partial: %+v, %+v, %+v", a.Sessions, b.Sessions, last.Sessions)
	}
	if err := e.Apply(quick()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Apply after Stop: %v", err)
	}
	if err := e.Reset(); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Reset after Stop: %v", err)
	}
}

func TestStopBeforeTheEndIsPartial(t *testing.T) {
	e, err := New(quick(set(t, "duration", "1h")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "sessions", func() bool { return e.Snapshot().Sessions.Created > 10 })
	if s := e.Stop(); !s.Partial || s.Sessions.Created <= 10 {
		t.Errorf("partial %v with %d sessions", s.Partial, s.Sessions.Created)
	}
}

func TestStopWithoutStart(t *testing.T) {
	e, err := New(quick())
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Stop(); s.Sessions.Created != 0 {
		t.Errorf("%+v", s.Sessions)
	}
	if err := e.Start(); !errors.Is(err, ErrStarted) {
		t.Errorf("Start after Stop: %v", err)
	}
}

func TestPauseOffersNothing(t *testing.T) {
	e, err := New(quick(set(t, "duration", "0s"), set(t, "messages", "0")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	waitFor(t, "sessions", func() bool { return e.Snapshot().Sessions.Created > 10 })
	e.Pause()
	time.Sleep(2 * maxNap)
	a := e.Snapshot()
	time.Sleep(3 * maxNap)
	b := e.Snapshot()
	if a.State != Paused || b.Sessions.Created != a.Sessions.Created || b.Offered != a.Offered {
		t.Errorf("paused: %v, %d then %d created, %.1f then %.1f offered", a.State, a.Sessions.Created, b.Sessions.Created, a.Offered, b.Offered)
	}
	e.Resume()
	waitFor(t, "sessions after the pause", func() bool { return e.Snapshot().Sessions.Created > b.Sessions.Created })
	if s := e.Snapshot(); s.Dropped.Total() != 0 {
		t.Errorf("the pause was made up for: %+v dropped", s.Dropped)
	}
}

func TestResetBeginsAtZero(t *testing.T) {
	e, err := New(quick(set(t, "duration", "0s"), set(t, "lifetime", "1h")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	waitFor(t, "sessions", func() bool { return e.Snapshot().Sessions.Created > 500 })
	if err := e.Reset(); err != nil {
		t.Fatal(err)
	}
	s := e.Snapshot()
	checkBalance(t, s.Sessions)
	if s.Sessions.Created > 400 || s.Elapsed > 80*time.Millisecond && s.Sessions.Created > 2000 {
		t.Errorf("after Reset: %d created in %s", s.Sessions.Created, s.Elapsed)
	}
}

// A load that the machine cannot carry must say so: the reason, the drops, and
// response times that count the waiting.
func TestOverloadIsNotValid(t *testing.T) {
	s := runToEnd(t, quick(set(t, "rate", "2M/s"), set(t, "duration", "700ms"), set(t, "max-live", "4000000")))
	if s.Valid || len(s.InvalidReasons) == 0 {
		t.Fatalf("2M/s is called valid with %.0f/s achieved", s.AchievedPerSecond)
	}
	if s.Latency.Create.Response.P50 < 10*s.Latency.Create.Service.P50 {
		t.Errorf("response p50 %s is no longer than service p50 %s: the waiting is left out", s.Latency.Create.Response.P50, s.Latency.Create.Service.P50)
	}
	if s.OfferedPerSecond < 1.99e6 {
		t.Errorf("offered %.0f/s, want what was configured", s.OfferedPerSecond)
	}
}

func TestLiveLimitHolds(t *testing.T) {
	e, err := New(quick(set(t, "rate", "50k/s"), set(t, "lifetime", "1h"), set(t, "max-live", "101"), set(t, "duration", "0s")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	waitFor(t, "drops", func() bool { return e.Snapshot().Dropped.Live > 100 })
	s := e.Snapshot()
	if s.Sessions.Live > 101 || s.Sessions.Live < 98 {
		t.Errorf("%d live, the cap is 101", s.Sessions.Live)
	}
	if s.Valid || !strings.Contains(strings.Join(s.Reasons, " "), "max-live is 101") {
		t.Errorf("reasons %q do not name the cap", s.Reasons)
	}
}

func TestClosedModelKeepsItsNumber(t *testing.T) {
	e, err := New(quick(set(t, "model", "closed"), set(t, "workers", "25"), set(t, "expire-share", "0%"), set(t, "duration", "0s")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	waitFor(t, "a second generation", func() bool { return e.Snapshot().Sessions.Created > 500 })
	if live := e.Snapshot().Sessions.Live; live > 50 {
		t.Errorf("%d live, want at most 25 pairs", live)
	}
}

// The panic of a worker ends the load and not the program, and what was
// measured is there.
func TestWorkerPanic(t *testing.T) {
	e, err := New(quick(set(t, "duration", "0s")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "sessions", func() bool { return e.Snapshot().Sessions.Created > 10 })
	e.run.spawn(func() { panic("boom") })
	<-e.Done()
	var p *PanicError
	if err := e.Err(); !errors.As(err, &p) || p.Value != "boom" || !strings.Contains(string(p.Stack), "engine_test.go") {
		t.Fatalf("error %v", err)
	}
	s := e.Stop()
	checkBalance(t, s.Sessions)
	if !s.Partial || s.Sessions.Created <= 10 {
		t.Errorf("partial %v, %d created", s.Partial, s.Sessions.Created)
	}
}

// After a warm-up on reused storage the whole process allocates next to
// nothing for a session: the lanes nothing at all, the snapshots a little.
func TestTunedRunAllocatesNextToNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	s := runToEnd(t, quick(set(t, "handshake", "none"), set(t, "rate", "20k/s"), set(t, "duration", "1s"), set(t, "lifetime", "1ms")))
	if s.Allocs.PerSession > 0.5 {
		t.Errorf("%.3f allocations per session", s.Allocs.PerSession)
	}
}

func TestOfferedIsTheIntegralOfTheRate(t *testing.T) {
	steady := func(rate float64) *Shape {
		s := Config{Rate: rate}.Shape(0)
		return &s
	}
	to := func(at int64, shape *Shape, start int64) *orders {
		return &orders{shape: shape, start: start, at: at, paused: shape == nil}
	}
	var o offered
	turn := func(next *orders, started uint64) {
		o.settle(next.at, started)
		o.change(next, started)
	}
	turn(to(0, steady(100), 0), 0)
	turn(to(2e9, steady(1000), 1e9), 190)
	turn(to(3e9, nil, 0), 500)
	if got := o.at(9e9, 1000); got != 1200 {
		t.Errorf("offered %.1f, want 200 + 1000", got)
	}
	ramp := Config{Rate: 100, Profile: ProfileRamp, RampTime: 10 * time.Second}.Shape(0)
	turn(to(9e9, &ramp, 9e9), 1200)
	if got := o.at(24e9, 1200); got != 1200+500+500 {
		t.Errorf("offered %.1f, want 1200, a ramp of 500, and 500", got)
	}
	closed := to(24e9, nil, 0)
	closed.cfg.Model = Closed
	turn(closed, 2100)
	if got := o.at(30e9, 2150); got != 2200+50 {
		t.Errorf("offered %.1f, want 2200, and 50 in the closed model", got)
	}
	turn(to(31e9, steady(10), 31e9), 2160)
	if got := o.at(41e9, 2170); got != 2260+100 {
		t.Errorf("offered %.1f, want 2260 and 100", got)
	}
	if least(0) > 0 || least(1e6) < 0.97e6 || least(1e6) > 0.98e6 || math.IsNaN(least(1)) {
		t.Errorf("least(0) = %.1f, least(1e6) = %.1f", least(0), least(1e6))
	}
}
