package load

import (
	"context"
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// armOf returns an arm of a load for comparison with these optimizations.
func armOf(t *testing.T, name string) Arm {
	t.Helper()
	o, err := session.ParseOptimizations(name)
	if err != nil {
		t.Fatal(err)
	}
	c := ForComparison(Default())
	c.Optimizations = o
	return Arm{name, c}
}

func planOf(t *testing.T, slices int, names ...string) Plan {
	t.Helper()
	p := Plan{Slices: slices, Slice: MinSlice, Seed: 1}
	for _, name := range names {
		p.Arms = append(p.Arms, armOf(t, name))
	}
	return p
}

func newTestExperiment(t *testing.T, p Plan) *Experiment {
	t.Helper()
	x, err := NewExperiment(p)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestOrderIsBalanced(t *testing.T) {
	for _, arms := range []int{1, 2, 3, 10} {
		for _, n := range []int{1, 2, 9, 10, 20} {
			p := planOf(t, n, slices.Repeat([]string{"tuned"}, arms)...)
			x := newTestExperiment(t, p)
			if got, want := x.Turns(), arms*(n+1); got != want {
				t.Fatalf("%d arms, %d slices: %d turns, want %d", arms, n, got, want)
			}
			for arm, turn := range x.order[:arms] {
				if turn.number != -1 || turn.arm != arm {
					t.Errorf("turn %d is %+v, want the warm-up of arm %d", arm, turn, arm)
				}
			}
			next := make([]int, arms)
			for _, turn := range x.order[arms:] {
				if turn.number != next[turn.arm] {
					t.Errorf("slice %d of arm %d comes where %d is due", turn.number, turn.arm, next[turn.arm])
				}
				next[turn.arm]++
			}
			for block := range slices.Chunk(x.order[arms:], 2*arms) {
				for i, turn := range block {
					if len(block) == 2*arms && block[2*arms-1-i].arm != turn.arm {
						t.Errorf("the second half of a block is not the first in reverse: %v", block)
					}
				}
			}
		}
	}
}

func TestOrderIsDrawn(t *testing.T) {
	p := planOf(t, 20, "baseline", "tuned")
	a, b := newTestExperiment(t, p), newTestExperiment(t, p)
	if !slices.Equal(a.order, b.order) {
		t.Error("the same seed gives two orders")
	}
	firsts := 0
	for seed := range uint64(100) {
		p.Seed = seed
		firsts += newTestExperiment(t, p).order[2].arm
	}
	if firsts < 25 || firsts > 75 { // fixed by the seeds
		t.Errorf("of 100 orders %d begin with the second arm", firsts)
	}
}

func TestPlansThatAreRefused(t *testing.T) {
	tests := []struct {
		name string
		edit func(*Plan)
		want string
	}{
		{"no arms", func(p *Plan) { p.Arms = nil }, "arms: 0 is not valid; want 1 to 64"},
		{"no slices", func(p *Plan) { p.Slices = 0 }, "slices: 0 is not valid; want a whole number from 1 to 1000"},
		{"too many slices", func(p *Plan) { p.Slices = 1001 }, "slices: 1001 is not valid"},
		{"too short", func(p *Plan) { p.Slice = time.Millisecond }, `slice: "1ms" is not valid; want a time from 20ms to 1m`},
		{"too long", func(p *Plan) { p.Slice = time.Hour }, `slice: "1h0m0s" is not valid`},
		{"a bad configuration", func(p *Plan) { p.Arms[1].Config.GOGC = 0 }, `tuned: gogc: "0" is not valid`},
		{"places for nobody", func(p *Plan) { p.Arms[1].Config.MaxLive = 10 }, `tuned: max-live: "10" is not valid; want at least `},
		{"long lives", func(p *Plan) { p.Arms[1].Config.Lifetime = Fixed(time.Hour) }, `tuned: lifetime: "1h" is not valid; want lives that are over within 5s`},
		{"a profile", func(p *Plan) { p.Arms[0].Config.Profile = ProfileRamp }, `baseline: profile: "ramp" is not valid; want steady`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := planOf(t, 10, "baseline", "tuned")
			tt.edit(&p)
			if _, err := NewExperiment(p); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The counts of what the optimizations are about are the same in each slice, and
// the tuned arm allocates nothing.
func TestExactCounts(t *testing.T) {
	p := planOf(t, 2, "baseline", "seed", "tuned")
	results, err := newTestExperiment(t, p).Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if results.Partial || len(results.Slices) != 6 {
		t.Fatalf("%d slices, partial %v", len(results.Slices), results.Partial)
	}
	for _, s := range results.Slices {
		if !s.Valid || s.Sessions == 0 || s.CutShort != 0 {
			t.Errorf("%s: valid %v %v, %d sessions, %d cut short", p.Arms[s.Arm].Name, s.Valid, s.Reasons, s.Sessions, s.CutShort)
		}
		if s.Messages != 2*s.Sessions { // four a pair
			t.Errorf("%s: %d messages of %d sessions", p.Arms[s.Arm].Name, s.Messages, s.Sessions)
		}
		hkdf, keys := float64(s.HKDF)/float64(s.Sessions), float64(s.KeyAllocs)/float64(s.Sessions)
		switch s.Arm {
		case 0:
			if hkdf != 6 || keys != 6 || s.PoolGets != 0 {
				t.Errorf("baseline: %v HKDF calls and %v key allocations a session, %d pool gets", hkdf, keys, s.PoolGets)
			}
		case 1:
			if hkdf != 2 || keys > 1 || s.PoolGets != s.Sessions {
				t.Errorf("seed: %v HKDF calls and %v key allocations a session, %d pool gets of %d", hkdf, keys, s.PoolGets, s.Sessions)
			}
		case 2:
			if hkdf != 2 || keys != 0 || s.PoolHits != s.Sessions {
				t.Errorf("tuned: %v HKDF calls and %v key allocations a session, %d pool hits of %d", hkdf, keys, s.PoolHits, s.Sessions)
			}
			if per := float64(s.Objects) / float64(s.Sessions); per > 0.05 && !raceEnabled {
				t.Errorf("tuned: %d allocations of %d sessions", s.Objects, s.Sessions)
			}
		}
	}
}

// However fast pairs come and go, all find room in the pool.
func TestPoolsAreFilled(t *testing.T) {
	p := planOf(t, 4, "tuned")
	c := &p.Arms[0].Config
	c.Messages, p.Slice = Fixed(0), 50*time.Millisecond
	results, err := newTestExperiment(t, p).Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range results.Slices {
		if s.PoolHits != s.Sessions || s.KeyAllocs != 0 {
			t.Errorf("%d of %d sessions have reused storage", s.PoolHits, s.Sessions)
		}
	}
}

// bubble runs an experiment in a bubble, in which work takes no time.
func bubble(t *testing.T, p Plan, prepare func(*run), fn func(*testing.T, *Experiment)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := newTestExperiment(t, p)
		x.prepare = func(r *run) {
			r.newSleeper = newTimerSleeper // the kernel's timers are not in the bubble
			if prepare != nil {
				prepare(r)
			}
		}
		fn(t, x)
	})
}

// openPlan offers 2,000 sessions a second for half a second a slice.
func openPlan(t *testing.T, slices int) Plan {
	t.Helper()
	p := planOf(t, slices, "tuned", "tuned")
	p.Slice = 500 * time.Millisecond
	for i := range p.Arms {
		c := &p.Arms[i].Config
		c.Model, c.Rate, c.Arrival = Open, 2000, Constant
		c.Lifetime = Fixed(100 * time.Millisecond)
	}
	return p
}

// What a slice counts is what it offered: nothing of the lead-in, which is twice
// as much, and all of what was begun until it was over.
func TestSlicesCountWhatTheyOffer(t *testing.T) {
	bubble(t, openPlan(t, 2), nil, func(t *testing.T, x *Experiment) {
		results, err := x.Run(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range results.Slices {
			if math.Abs(s.Offered-1000) > 8 || math.Abs(float64(s.Sessions)-1000) > 8 || s.Messages != 2*s.Sessions || !s.Valid {
				t.Errorf("offered %v, %d sessions, %d messages, %v", s.Offered, s.Sessions, s.Messages, s.Reasons)
			}
			if s.Wall < 590*time.Millisecond || s.Wall > 750*time.Millisecond {
				t.Errorf("a slice of 500ms and lives of 100ms took %v", s.Wall)
			}
		}
	})
}

// Neighbouring seeds and slices have nothing in common.
func TestSeedsOfSlices(t *testing.T) {
	seen := make(map[uint64]bool)
	for seed := range uint64(50) {
		for number := -1; number < 50; number++ {
			s := sliceSeed(seed, number)
			if seen[s] {
				t.Fatalf("slice %d of seed %d draws what another does", number, seed)
			}
			seen[s] = true
		}
	}
}

// What the lead-in had live is not found in the slice.
func TestHeapOfTheLeadIn(t *testing.T) {
	p := openPlan(t, 1)
	p.Arms = p.Arms[:1]
	c := &p.Arms[0].Config
	c.Optimizations, c.Rate, c.Lifetime = session.Baseline, 40_000, Fixed(200*time.Millisecond) // no pool keeps them
	bubble(t, p, nil, func(t *testing.T, x *Experiment) {
		var lead []byte
		prepare := x.prepare
		x.prepare = func(r *run) {
			prepare(r)
			lead = make([]byte, 64<<20) // as if of it
			time.AfterFunc(100*time.Millisecond, func() { runtime.GC(); lead = nil })
		}
		s, err := x.measure(t.Context(), newMeter(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if lead != nil || s.HeapLive >= 64<<20 {
			t.Errorf("%d bytes of the lead-in are found in the slice", s.HeapLive)
		}
	})
}

// The n-th slices of two arms draw the same, whatever their lead-ins had, and others
// something else.
func TestArmsDrawTheSame(t *testing.T) {
	p := openPlan(t, 4)
	for i := range p.Arms {
		p.Arms[i].Config.Messages = Dist{Kind: DistUniform, A: 0, B: 9}
	}
	p.Arms[1].Config.Lifetime = Fixed(300 * time.Millisecond) // for a longer one
	bubble(t, p, nil, func(t *testing.T, x *Experiment) {
		messages := make(map[int]uint64)
		distinct := make(map[uint64]bool)
		results, err := x.Run(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range results.Slices {
			distinct[s.Messages] = true
			if other, ok := messages[s.Number]; ok && other != s.Messages {
				t.Errorf("slice %d: %d messages in one arm, %d in the other", s.Number, other, s.Messages)
			}
			messages[s.Number] = s.Messages
		}
		if len(distinct) < 2 {
			t.Error("all slices draw the same")
		}
	})
}

// Pairs that would live on for long are closed, and counted.
func TestLongLivesAreCutShort(t *testing.T) {
	p := openPlan(t, 1)
	bubble(t, p, nil, func(t *testing.T, x *Experiment) {
		for i := range x.plan.Arms {
			x.plan.Arms[i].Config.Lifetime = Fixed(time.Hour) // a plan would not have it
		}
		begun := time.Now()
		s, err := x.measure(t.Context(), newMeter(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if s.Sessions == 0 || s.CutShort != s.Sessions || s.Valid || !strings.HasPrefix(s.Reasons[0], "cut short: ") {
			t.Errorf("%d of %d sessions cut short: valid %v, %q", s.CutShort, s.Sessions, s.Valid, s.Reasons)
		}
		if took := time.Since(begun); took > 3*maxTail+maxLead {
			t.Errorf("took %v", took)
		}
	})
}

func TestSlicesThatMissTheirLoadAreInvalid(t *testing.T) {
	tests := []struct {
		name string
		edit func(*Config)
		want string
		why  string // of all slices
	}{
		{"live limit", func(c *Config) { c.MaxLive = 100 }, "live limit: ", "10 hit the live limit (worst "},
		{"nothing", func(c *Config) { c.Rate = 1 }, "idle: ", "10 started no session"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := openPlan(t, 10)
			tt.edit(&p.Arms[1].Config)
			bubble(t, p, nil, func(t *testing.T, x *Experiment) {
				results, err := x.Run(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range results.Slices {
					if s.Valid != (s.Arm == 0) || s.Arm == 1 && !strings.HasPrefix(s.Reasons[0], tt.want) {
						t.Fatalf("arm %d: valid %v, %q", s.Arm, s.Valid, s.Reasons)
					}
				}
				c := results.Compare(0, 1)
				if c.Verdict || !strings.HasPrefix(c.Why, "10 of 10 slices of tuned are not valid: "+tt.why) {
					t.Errorf("verdict %v: %q", c.Verdict, c.Why)
				}
				if n := len(c.Metric("hkdf_per_session").New.Values); n != 0 || len(c.Metric("hkdf_per_session").Base.Values) != 10 {
					t.Errorf("%d figures of slices that are not valid", n)
				}
			})
		})
	}
}

// An open load that the machine cannot keep up with.
func TestBehindIsInvalid(t *testing.T) {
	p := openPlan(t, 1)
	p.Arms = p.Arms[:1]
	p.Arms[0].Config.Handshake, p.Arms[0].Config.HandshakeShare = HandshakeX25519, 0.2
	bubble(t, p, stallLanes(300*time.Millisecond, time.Second), func(t *testing.T, x *Experiment) {
		s, err := x.measure(t.Context(), newMeter(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if s.Valid || !strings.Contains(strings.Join(s.Reasons, "\n"), "behind: ") {
			t.Errorf("valid %v: %q", s.Valid, s.Reasons)
		}
	})
}

// collector returns GOGC and the memory limit of the process.
func collector() (percent int, limit int64) {
	percent = debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	return percent, debug.SetMemoryLimit(-1)
}

// brokenSleeper panics in the lane that wants to sleep.
type brokenSleeper struct{ sleeper }

func (brokenSleeper) sleep(time.Duration, func() bool) { panic("broken") }

func TestCollectorIsPutBack(t *testing.T) {
	const percent, limit = 73, int64(3 << 30)
	defer debug.SetGCPercent(debug.SetGCPercent(percent))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	cause := errors.New("enough")
	tests := []struct {
		name string
		want error
		seen func(cancel func(error)) func(Slice)
		bad  func(*run)
	}{
		{"at the end", nil, func(func(error)) func(Slice) { return nil }, nil},
		{"when stopped", cause, func(cancel func(error)) func(Slice) {
			return func(s Slice) {
				if s.Turn == 3 {
					cancel(cause)
				}
			}
		}, nil},
		{"when stopped at once", cause, func(cancel func(error)) func(Slice) { cancel(cause); return nil }, nil},
		{"after a panic", &PanicError{}, func(func(error)) func(Slice) { return nil }, func(r *run) {
			r.newSleeper = func() sleeper { return brokenSleeper{newTimerSleeper()} }
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := openPlan(t, 2)
			p.Arms[0].Config.GOGC, p.Arms[1].Config.MemoryLimit = 400, 1<<30
			bubble(t, p, tt.bad, func(t *testing.T, x *Experiment) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				seen := tt.seen(cancel)
				var in []int
				results, err := x.Run(ctx, func(s Slice) {
					now, _ := collector()
					in = append(in, now)
					if seen != nil {
						seen(s)
					}
				})
				if p, l := collector(); p != percent || l != limit {
					t.Errorf("GOGC is %d and the memory limit %d, not %d and %d", p, l, percent, limit)
				}
				switch {
				case tt.want == nil:
					if err != nil || results.Partial {
						t.Errorf("partial %v: %v", results.Partial, err)
					}
					if !slices.Contains(in, 400) || !slices.Contains(in, 100) {
						t.Errorf("arms had GOGC %v", in)
					}
				case tt.bad != nil:
					if got := (*PanicError)(nil); !errors.As(err, &got) || !results.Partial {
						t.Errorf("partial %v: %v", results.Partial, err)
					}
				case !errors.Is(err, tt.want) || !results.Partial || len(results.Slices) > 2:
					t.Errorf("partial %v, %d slices: %v", results.Partial, len(results.Slices), err)
				}
			})
		})
	}
}
