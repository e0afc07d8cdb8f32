package load

import (
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// inBubble runs fn with an engine of cfg in a bubble, in which work takes no time.
func inBubble(t *testing.T, cfg Config, prepare func(*run), fn func(t *testing.T, e *Engine)) {
	t.Helper()
	measureUnits() // outside of the bubble: it uses real connections
	synctest.Test(t, func(t *testing.T) {
		e, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		e.prepare = func(r *run) {
			r.newSleeper = newTimerSleeper // the kernel's timers are not in the bubble
			if prepare != nil {
				prepare(r)
			}
		}
		if err := e.Start(); err != nil {
			t.Fatal(err)
		}
		fn(t, e)
		e.Stop()
	})
}

// balanced checks that whatever was offered was started or dropped: but for one
// pair a lane that is just due, and one that was offered in part by each of so many
// orders.
func balanced(t *testing.T, when string, e *Engine, orders int) Snapshot {
	t.Helper()
	synctest.Wait()
	s := e.Snapshot()
	gone := float64(s.Sessions.Created + s.Dropped.Total())
	if slack := float64(2*len(e.run.lanes) + 2*orders); math.Abs(s.Offered-gone) > slack {
		t.Errorf("%s: offered %.1f, started or dropped %.0f", when, s.Offered, gone)
	}
	return s
}

// Whatever is turned while the load runs, in the middle of naps and of a backlog,
// no pair that was offered is forgotten, and none comes that was not.
func TestNothingOfferedIsForgotten(t *testing.T) {
	cfg := steadyPairs(t, 0)
	cfg.HandshakeShare = 0
	steps := []struct {
		name string
		turn func(e *Engine, c *Config)
	}{
		{"more", func(_ *Engine, c *Config) { c.Rate = 20000 }},
		{"less", func(_ *Engine, c *Config) { c.Rate = 10 }},
		{"sine", func(_ *Engine, c *Config) { c.Profile, c.Period, c.Rate = ProfileSine, time.Second, 5000 }},
		{"pause", func(e *Engine, _ *Config) { e.Pause() }},
		{"more while paused", func(_ *Engine, c *Config) { c.Rate = 30000 }},
		{"resume", func(e *Engine, _ *Config) { e.Resume() }},
		{"another seed", func(_ *Engine, c *Config) { c.RNGSeed++ }},
		{"ramp", func(_ *Engine, c *Config) { c.Profile, c.RampTime = ProfileRamp, 300*time.Millisecond }},
		{"stages", func(_ *Engine, c *Config) {
			c.Profile = ProfileStages
			c.Steps, _ = parseSteps("0s:7000,50ms:100,50ms:0,50ms:9000")
		}},
		{"steady", func(_ *Engine, c *Config) { c.Profile = ProfileSteady }},
	}
	inBubble(t, cfg, nil, func(t *testing.T, e *Engine) {
		before, orders := Snapshot{}, 1
		for round := range 10 {
			for _, step := range steps {
				time.Sleep(time.Duration(7+13*round) * time.Millisecond)
				c := e.Config()
				step.turn(e, &c)
				if err := e.Apply(c); err != nil {
					t.Fatal(err)
				}
				orders++
				s := balanced(t, step.name, e, orders)
				if s.Offered < before.Offered {
					t.Errorf("%s: offered falls from %.1f to %.1f", step.name, before.Offered, s.Offered)
				}
				before = s
			}
		}
		if before.Sessions.Created < 1000 || before.Dropped.Total() != 0 {
			t.Errorf("%d created, %+v dropped", before.Sessions.Created, before.Dropped)
		}
	})
}

// The same when there is a backlog of a second and a half: a stall, of which the
// orders come in the middle, and a longer one, of which a part is lost.
func TestOrdersDuringAStall(t *testing.T) {
	for _, stall := range []time.Duration{1500 * time.Millisecond, 4 * time.Second} {
		t.Run(stall.String(), func(t *testing.T) {
			inBubble(t, steadyPairs(t, 0), stallLanes(time.Second, stall), func(t *testing.T, e *Engine) {
				time.Sleep(time.Second + stall/2)
				c := e.Config()
				c.HandshakeShare = 0
				for _, c.Rate = range []float64{4000, 500} {
					if err := e.Apply(c); err != nil {
						t.Fatal(err)
					}
					time.Sleep(stall / 10)
				}
				e.Pause()
				time.Sleep(stall)
				s := balanced(t, "paused", e, 4)
				if long := stall >= 2*maxLateness; long != (s.Dropped.Generator > 0) {
					// A stall of less than maxLateness is made up for whole.
					t.Errorf("dropped %+v", s.Dropped)
				}
				e.Resume()
				time.Sleep(time.Second)
				if after := balanced(t, "resumed", e, 5); after.Sessions.Created < s.Sessions.Created+480 {
					t.Errorf("%d created in the second after", after.Sessions.Created-s.Sessions.Created)
				}
			})
		})
	}
}

// From model to model, what was offered goes on.
func TestModelsInTurn(t *testing.T) {
	cfg := steadyPairs(t, 0)
	cfg.HandshakeShare, cfg.Workers, cfg.Lifetime = 0, 20, Fixed(10*time.Millisecond)
	inBubble(t, cfg, nil, func(t *testing.T, e *Engine) {
		before := Snapshot{}
		for i := range 8 {
			time.Sleep(700 * time.Millisecond)
			c := e.Config()
			c.Model = Model(1 - i%2)
			if err := e.Apply(c); err != nil {
				t.Fatal(err)
			}
			s := balanced(t, c.Model.String(), e, i+2)
			if s.Offered <= before.Offered || s.OfferedRate < 0 || !s.Valid {
				t.Errorf("offered %.1f after %.1f, %.1f/s, %q", s.Offered, before.Offered, s.OfferedRate, s.Reasons)
			}
			before = s
		}
	})
}

// A run of so many sessions in the closed model does the same for the same seed
// although a lane stands still meanwhile, for longer than a pair lives.
func TestSameSeedSameRunThroughAStall(t *testing.T) {
	counts := func(from, stall time.Duration) (m Messages, s Sessions) {
		cfg := steadyPairs(t, 0)
		cfg.Model, cfg.Workers, cfg.Sessions = Closed, 50, 2000
		cfg.Lifetime, cfg.Messages, cfg.ExpireShare = Dist{Kind: DistExp, A: 50e6}, Fixed(6), 0.5
		inBubble(t, cfg, stallLanes(from, stall), func(_ *testing.T, e *Engine) {
			<-e.Done()
			sum := e.Summary()
			m, s = untimed(sum.Messages), sum.Sessions
		})
		return m, s
	}
	calm, ended := counts(time.Hour, 0)
	if calm.Sealed != 6*1000 || calm.Opened != calm.Sealed || ended.Created != 2000 || ended.Expired < 800 || ended.Live != 0 {
		t.Errorf("messages %+v, sessions %+v", calm, ended)
	}
	if m, s := counts(100*time.Millisecond, 2*time.Second); m != calm || s != ended {
		t.Errorf("with a stall: messages %+v, sessions %+v; without: %+v, %+v", m, s, calm, ended)
	}
}

// Where there is no room for all, so many sessions are started all the same, with
// the same numbers, and what is offered ends with them.
func TestSoManySessionsAreStarted(t *testing.T) {
	for _, model := range []Model{Open, Closed} {
		t.Run(model.String(), func(t *testing.T) {
			s := runToEnd(t, quick(func(c *Config) {
				c.Model, c.Workers, c.Rate = model, 300, 40000
				c.MaxLive, c.Sessions, c.Duration, c.Handshake = 100, 3000, 0, HandshakeNone
			}))
			if s.Sessions.Created != 3000 || s.Partial || s.DroppedBy.Live == 0 || s.DroppedBy.Live != s.Dropped {
				t.Errorf("created %d, dropped %+v, partial %v", s.Sessions.Created, s.DroppedBy, s.Partial)
			}
			offered, gone := s.OfferedPerSecond*s.Duration.Seconds(), float64(s.Sessions.Created+s.Dropped)
			if math.Abs(offered-gone) > 0.02*gone+100 {
				t.Errorf("offered %.0f, started or dropped %.0f", offered, gone)
			}
		})
	}
}

// A place that stays vacant is counted once, however often it is tried to fill it.
func TestVacantPlacesCountOnce(t *testing.T) {
	cfg := steadyPairs(t, 0)
	cfg.Model, cfg.Workers, cfg.MaxLive, cfg.Lifetime = Closed, 100, 20, Fixed(time.Hour)
	inBubble(t, cfg, nil, func(t *testing.T, e *Engine) {
		time.Sleep(3 * time.Second)
		s := balanced(t, "full", e, 1)
		if s.Sessions.Created != 20 || s.Dropped.Live != 180 {
			t.Errorf("%d created, %d dropped, want 20 and 180", s.Sessions.Created, s.Dropped.Live)
		}
	})
}

func TestResetKeepsAPause(t *testing.T) {
	inBubble(t, steadyPairs(t, 0), nil, func(t *testing.T, e *Engine) {
		time.Sleep(time.Second)
		e.Pause()
		if err := e.Reset(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if s := balanced(t, "paused", e, 1); s.State != Paused || s.Sessions.Created != 0 || s.Offered != 0 {
			t.Errorf("%v with %d created of %.1f", s.State, s.Sessions.Created, s.Offered)
		}
		e.Resume()
		time.Sleep(time.Second)
		if s := balanced(t, "resumed", e, 2); s.State != Running || s.Sessions.Created < 1900 {
			t.Errorf("%v with %d created", s.State, s.Sessions.Created)
		}
	})
}

// A run of huge pairs can be ended in the middle of one.
func TestHugePairsCanBeEnded(t *testing.T) {
	e, err := New(quick(set(t, "model", "closed"), set(t, "lifetime", "0s"), set(t, "messages", "1000"),
		set(t, "message-size", "1MiB"), set(t, "handshake", "none"), set(t, "duration", "0s")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "messages", func() bool { return e.Snapshot().Messages.Sealed > 10 })
	s := e.Stop()
	// A pair a lane, and not the burst that it had begun.
	if most := uint64(4 * runtime.GOMAXPROCS(0)); s.Sessions.Created > most {
		t.Errorf("%d sessions were created", s.Sessions.Created)
	}
}
