package load

import (
	"context"
	"errors"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// heldEngine runs fn with a running engine and an experiment, both in a bubble.
func heldEngine(t *testing.T, edit func(*Config), fn func(t *testing.T, e *Engine, x *Experiment)) {
	t.Helper()
	cfg := steadyPairs(t, 0)
	cfg.HandshakeShare, cfg.Lifetime = 0, Fixed(time.Hour)
	if edit != nil {
		edit(&cfg)
	}
	inBubble(t, cfg, nil, func(t *testing.T, e *Engine) {
		x := newTestExperiment(t, openPlan(t, 2))
		x.prepare = func(r *run) { r.newSleeper = newTimerSleeper }
		time.Sleep(time.Second)
		fn(t, e, x)
	})
}

func TestExperimentInPlaceOfTheLoad(t *testing.T) {
	for _, paused := range []bool{false, true} {
		heldEngine(t, nil, func(t *testing.T, e *Engine, x *Experiment) {
			state := Running
			if paused {
				e.Pause()
				state = Paused
			}
			before := balanced(t, "before", e, 2)
			if before.Sessions.Live < 1900 {
				t.Fatalf("%d sessions live", before.Sessions.Live)
			}
			for i := range x.plan.Arms {
				x.plan.Arms[i].Config.Optimizations = session.Baseline // to allocate
			}
			taken := 0
			results, err := e.Experiment(t.Context(), x, func(Slice) {
				s := e.Snapshot()
				if s.State != Comparing || s.Sessions.Live != 0 || s.Pool.Free != 0 {
					t.Errorf("during the experiment: %v, %d live, %d pooled", s.State, s.Sessions.Live, s.Pool.Free)
				}
				if s.Sessions.Created != s.Sessions.Removed {
					t.Errorf("%d of %d sessions closed", s.Sessions.Removed, s.Sessions.Created)
				}
				c := e.Config()
				c.Rate++
				if err := e.Apply(c); !errors.Is(err, ErrComparing) {
					t.Errorf("Apply: %v", err)
				}
				if err := e.Reset(); !errors.Is(err, ErrComparing) {
					t.Errorf("Reset: %v", err)
				}
				if _, err := e.Experiment(t.Context(), x, nil); !errors.Is(err, ErrComparing) {
					t.Errorf("a second experiment: %v", err)
				}
				e.Pause()
				e.Resume()
				if got := e.Snapshot().State; got != Comparing {
					t.Errorf("paused and resumed, it is %v", got)
				}
				taken++
			})
			if err != nil || results.Partial || len(results.Slices) != 4 || taken != x.Turns() {
				t.Fatalf("%d slices, %d seen, partial %v: %v", len(results.Slices), taken, results.Partial, err)
			}
			after := balanced(t, "after", e, 4)
			if after.State != state || after.Offered-before.Offered > 20 || after.Elapsed <= before.Elapsed {
				t.Errorf("after: %v, %v offered meanwhile", after.State, after.Offered-before.Offered)
			}
			if held := after.Compared; held < 5*time.Second || held > after.Elapsed-before.Elapsed+time.Second {
				t.Errorf("compared for %v of %v", held, after.Elapsed-before.Elapsed)
			}
			time.Sleep(200 * time.Millisecond)
			if soon := e.Snapshot(); !paused && (soon.AchievedRate < 1500 || soon.AchievedRate > 2500) {
				t.Errorf("soon after, the rate is %v", soon.AchievedRate)
			}
			time.Sleep(800 * time.Millisecond)
			later := balanced(t, "later", e, 4)
			if sum := e.Summary(); !paused && (sum.OfferedPerSecond < 1900 || sum.OfferedPerSecond > 2100 || sum.Compared != later.Compared) {
				t.Errorf("over the run, %v/s were offered, and %v compared", sum.OfferedPerSecond, sum.Compared)
			}
			want := 2000.0
			if paused {
				want = 0
			}
			if more := float64(later.Sessions.Created - after.Sessions.Created); more < want-20 || more > want+20 {
				t.Errorf("%v sessions in the second after, want %v", more, want)
			}
			if after.GC.Cycles > before.GC.Cycles+1 { // each slice begins and ends with one
				t.Errorf("%d collections of the experiment are the load's", after.GC.Cycles-before.GC.Cycles)
			}
			if more := after.Allocs.Objects - before.Allocs.Objects; more > 50_000 {
				t.Errorf("%d allocations of the experiment are the load's", more)
			}
			if capacity := later.Pool.Capacity; capacity != before.Pool.Capacity {
				t.Errorf("the pool's capacity is %d, was %d", capacity, before.Pool.Capacity)
			}
		})
	}
}

// Whoever waits for snapshots gets one that says what is going on, and then none
// before the one that ends it.
func TestNoSnapshotsDuringAnExperiment(t *testing.T) {
	heldEngine(t, nil, func(t *testing.T, e *Engine, x *Experiment) {
		var states []State
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		over := make(chan struct{})
		go func() {
			defer close(over)
			for {
				s, err := e.Next(ctx)
				if err != nil {
					return
				}
				states = append(states, s.State)
			}
		}()
		synctest.Wait()
		if _, err := e.Experiment(t.Context(), x, nil); err != nil {
			t.Fatal(err)
		}
		cancel()
		<-over
		comparing := 0
		for _, s := range states {
			if s == Comparing {
				comparing++
			}
		}
		if comparing != 2 {
			t.Errorf("%d snapshots of the experiment: %v", comparing, states)
		}
	})
}

func TestExperimentThatIsStopped(t *testing.T) {
	cause := errors.New("enough")
	heldEngine(t, nil, func(t *testing.T, e *Engine, x *Experiment) {
		ctx, cancel := context.WithCancelCause(t.Context())
		results, err := e.Experiment(ctx, x, func(s Slice) {
			if s.Turn == 2 {
				cancel(cause)
			}
		})
		if !errors.Is(err, cause) || !results.Partial || len(results.Slices) != 1 {
			t.Errorf("partial %v, %d slices: %v", results.Partial, len(results.Slices), err)
		}
		if s := e.Snapshot(); s.State != Running {
			t.Errorf("the load is %v", s.State)
		}
		if _, err := e.Experiment(ctx, x, nil); !errors.Is(err, cause) {
			t.Errorf("begun when stopped: %v", err)
		}
	})
}

// The load that ends takes the experiment with it, and Stop puts the collector back
// when that has gone.
func TestLoadThatEndsDuringAnExperiment(t *testing.T) {
	const percent = 73
	defer debug.SetGCPercent(debug.SetGCPercent(percent))
	for name, end := range map[string]func(*Engine){
		"stopped": func(e *Engine) { e.Stop() },
		"over":    func(*Engine) {},
	} {
		t.Run(name, func(t *testing.T) {
			heldEngine(t, func(c *Config) { c.GOGC, c.Duration = 150, 4*time.Second }, func(t *testing.T, e *Engine, x *Experiment) {
				x.plan.Arms[0].Config.GOGC = 300
				results, err := e.Experiment(t.Context(), x, func(s Slice) {
					if s.Turn == 2 {
						go end(e)
						time.Sleep(10 * time.Millisecond)
					}
				})
				if !errors.Is(err, ErrNotRunning) || !results.Partial {
					t.Errorf("partial %v: %v", results.Partial, err)
				}
				<-e.Done()
				e.Stop()
				if got, _ := collector(); got != percent {
					t.Errorf("GOGC is %d", got)
				}
				if _, err := e.Experiment(t.Context(), x, nil); !errors.Is(err, ErrNotRunning) {
					t.Errorf("after the end: %v", err)
				}
			})
		})
	}
}
