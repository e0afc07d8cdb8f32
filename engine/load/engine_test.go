package load

import (
	"context"
	"encoding/json"
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

// Every parameter does what its help says: for each, a run with it changed
// differs from one without in the figure that it governs. Whether the change
// is there from the start or comes through Apply must not matter.
func TestEveryParameterHasItsEffect(t *testing.T) {
	figure := map[string]struct {
		value string
		base  []func(*Config)
		// shows tells whether what happened after the change shows it.
		shows func(d Summary, e *Engine) bool
	}{
		"optimizations": {value: "baseline", shows: func(d Summary, _ *Engine) bool { return d.HKDF.PerSession == 6 && d.KeyAllocs.PerSession == 6 }},
		"pool":          {value: "none", shows: func(d Summary, _ *Engine) bool { return d.Pool.Gets == 0 && d.Pool.Kind == session.PoolNone }},
		"pool-capacity": {value: "0", shows: func(d Summary, _ *Engine) bool { return d.Pool.Drops > 0 && d.Pool.Puts == 0 && d.Pool.Capacity == 0 }},
		"model": {value: "closed", base: []func(*Config){set(t, "workers", "3")}, shows: func(d Summary, _ *Engine) bool {
			return d.AchievedPerSecond > 0 && d.AchievedPerSecond < 1000 // three pairs of 20 ms are 300/s
		}},
		"rate": {value: "500/s", shows: func(d Summary, _ *Engine) bool { return d.AchievedPerSecond > 250 && d.AchievedPerSecond < 1000 }},
		"arrival": {value: "constant", shows: func(_ Summary, e *Engine) bool {
			if !stopped(e) { // its lanes are writing what is read here
				return false
			}
			l := e.run.lanes[0]
			return l.rec.pairs.Load() > 0 && !l.schedule.pacers[0].poisson
		}},
		"workers": {value: "7", base: []func(*Config){set(t, "model", "closed"), set(t, "expire-share", "0%"), set(t, "lifetime", "1h")}, shows: func(d Summary, _ *Engine) bool {
			return d.Sessions.Created == 2*7 && d.Sessions.Live == 2*7 // whose time is not up
		}},
		"lifetime": {value: "10m", base: []func(*Config){set(t, "messages", "0")}, shows: func(d Summary, _ *Engine) bool { return d.Sessions.Removed == 0 && d.Sessions.Created > 300 }},
		"messages": {value: "0", shows: func(d Summary, _ *Engine) bool { return d.Messages.Sealed == 0 }},
		"message-size": {value: "16B", shows: func(d Summary, _ *Engine) bool {
			return d.Messages.Bytes == 16*d.Messages.Sealed && d.Messages.Sealed > 0
		}},
		"max-live":        {value: "10", base: []func(*Config){set(t, "lifetime", "1h")}, shows: func(d Summary, _ *Engine) bool { return d.DroppedBy.Live > 0 && !d.Valid }},
		"expire-share":    {value: "100%", shows: func(d Summary, _ *Engine) bool { return d.Sessions.Expired > 0 && d.Sessions.Removed == 0 }},
		"handshake":       {value: "none", base: []func(*Config){set(t, "handshake-share", "100%"), set(t, "rate", "200/s")}, shows: func(d Summary, _ *Engine) bool { return d.Handshakes.Completed == 0 }},
		"handshake-share": {value: "100%", base: []func(*Config){set(t, "rate", "200/s")}, shows: func(d Summary, _ *Engine) bool { return 2*d.Handshakes.Completed == d.Sessions.Created }},
		"gogc":            {value: "50", shows: func(Summary, *Engine) bool { return gcPercent() == 50 }},
		"memory-limit":    {value: "1GiB", shows: func(Summary, *Engine) bool { return debug.SetMemoryLimit(-1) == 1<<30 }},
		"rng-seed":        {value: "99", shows: func(_ Summary, e *Engine) bool { return stopped(e) && e.run.lanes[0].cfg.RNGSeed == 99 }},
		"profile":         {value: "ramp", base: []func(*Config){set(t, "ramp-time", "1h")}, shows: func(d Summary, _ *Engine) bool { return d.Sessions.Created < 10 }},
		"stages": {value: "0s:900", base: []func(*Config){set(t, "profile", "stages")}, shows: func(d Summary, _ *Engine) bool {
			return d.OfferedPerSecond > 890 && d.OfferedPerSecond < 910 && d.AchievedPerSecond > 450
		}},
		"ramp-time": {value: "1h", base: []func(*Config){set(t, "profile", "ramp"), set(t, "ramp-time", "0s")}, shows: func(d Summary, _ *Engine) bool { return d.Sessions.Created < 10 }},
		"period": {value: "1s", base: []func(*Config){set(t, "profile", "sine")}, shows: func(d Summary, _ *Engine) bool {
			return d.OfferedPerSecond > 1.3*d.Config.Rate // in the first half, the upper one, of a period
		}},
		"spike-time": {value: "29999ms", base: []func(*Config){set(t, "profile", "spike")}, shows: func(d Summary, _ *Engine) bool { return d.OfferedPerSecond > 1.9*d.Config.Rate }},
		"peak":       {value: "400%", base: []func(*Config){set(t, "profile", "spike"), set(t, "spike-time", "29999ms")}, shows: func(d Summary, _ *Engine) bool { return d.OfferedPerSecond > 3.9*d.Config.Rate }},
		"transport": {value: "http", base: []func(*Config){set(t, "handshake-share", "100%"), set(t, "rate", "200/s")}, shows: func(d Summary, _ *Engine) bool {
			return len(d.Handshakes.BySuite) == 1 && d.Handshakes.BySuite[0].Transport == TransportHTTP
		}},
		"sessions": {value: "100", shows: func(d Summary, _ *Engine) bool {
			return d.Sessions.Created >= 100 && d.Sessions.Live == 0 && !d.Partial
		}},
		"duration": {value: "400ms", shows: func(d Summary, _ *Engine) bool { return d.Config.Duration == 400*time.Millisecond }},
	}
	for _, p := range Params() {
		f, ok := figure[p.Name]
		if !ok {
			t.Errorf("%s: its effect is not tested", p.Name)
			continue
		}
		for _, way := range []string{"from the start", "through Apply"} {
			t.Run(p.Name+"/"+way, func(t *testing.T) {
				base := quick(f.base...)
				base.Duration = 0
				changed := base
				set(t, p.Name, f.value)(&changed)
				if changed == base {
					t.Fatal("the change is none")
				}
				first := base
				if way == "from the start" {
					first = changed
				}
				e, err := New(first)
				if err != nil {
					t.Fatal(err)
				}
				if err := e.Start(); err != nil {
					t.Fatal(err)
				}
				defer e.Stop()
				if way == "through Apply" {
					waitFor(t, "the first sessions", func() bool { return e.Snapshot().Sessions.Created > 50 })
					if p.Name != "duration" && f.shows(e.Summary(), e) {
						t.Error("shown before the change: the check tells nothing")
					}
					if err := e.Apply(changed); err != nil {
						t.Fatal(err)
					}
					// What was under way by the old configuration must end first.
					time.Sleep(60 * time.Millisecond)
					if err := e.Reset(); err != nil && p.Name != "sessions" { // which has ended the run
						t.Fatal(err)
					}
				}
				time.Sleep(200 * time.Millisecond)
				if p.Name == "duration" || p.Name == "sessions" {
					<-e.Done()
				}
				e.end(nil)
				if s := e.Summary(); !f.shows(s, e) {
					text, _ := json.Marshal(s)
					t.Errorf("%s=%s does not show: %s", p.Name, f.value, text)
				}
			})
		}
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
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
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
	s := runToEnd(t, quick(set(t, "handshake", "none"), set(t, "rate", "40k/s"), set(t, "duration", "1s"), set(t, "lifetime", "1ms")))
	if s.Allocs.PerSession > 1 {
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
