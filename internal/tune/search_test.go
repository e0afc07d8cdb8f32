package tune

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestFindsTheBest: in at least 95 of 100 searches the settings to use are within
// 5 % of the best candidate that meets the constraints, and meet them.
func TestFindsTheBest(t *testing.T) {
	for name, constraints := range map[string][]string{
		"free":        nil,
		"constrained": {"heap_live < 50MB"}, // GOGC 100 at most
	} {
		t.Run(name, func(t *testing.T) {
			good := 0
			for seed := range uint64(100) {
				s := newSearch(t, taskOf(t, seed, constraints...))
				meets := func(c Settings) bool { return len(constraints) == 0 || heapLive(c) < 50e6 }
				best := math.Inf(1)
				for _, c := range s.Candidates() {
					if meets(c) {
						best = min(best, createTime(c))
					}
				}
				o, err := s.Run(t.Context(), newMachine(seed).measure)
				if err != nil {
					t.Fatal(err)
				}
				got, ok := o.Settings()
				if !ok {
					t.Errorf("seed %d: %s: %s", seed, o.Verdict, o.Why)
				}
				if meets(got) && createTime(got) <= 1.05*best {
					good++
				}
			}
			if good < 95 {
				t.Errorf("%d of 100", good)
			}
		})
	}
}

// TestDeterministic: a seed decides what is tried, and with the same measurements
// what comes out; another draws others.
func TestDeterministic(t *testing.T) {
	run := func(seed uint64) (*Search, string) {
		s := newSearch(t, taskOf(t, seed, "heap_live < 150MB"))
		o, err := s.Run(t.Context(), newMachine(7).measure)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return s, string(text)
	}
	one, first := run(1)
	_, again := run(1)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	other, _ := run(2)
	if slices.Equal(one.Candidates(), other.Candidates()) {
		t.Error("two seeds drew the same candidates")
	}
}

// TestSlices: a search that is not ended early measures what it said it would, each
// round with a load of its own.
func TestSlices(t *testing.T) {
	for _, n := range []int{MinCandidates, 3, 4, 5, 6, 7, 31, 32, 33, MaxCandidates} {
		task := taskOf(t, 1)
		task.Candidates = n
		s := newSearch(t, task)
		m := newMachine(1)
		o, err := s.Run(t.Context(), m.measure)
		if err != nil {
			t.Fatal(err)
		}
		if o.Slices != s.Slices() || o.Partial || o.Rounds != len(s.Rounds()) {
			t.Errorf("%d candidates: %d slices in %d rounds, want %d in %d", n, o.Slices, o.Rounds, s.Slices(), len(s.Rounds()))
		}
		if got := len(o.Ranking); got != n {
			t.Errorf("%d candidates: %d are ranked", n, got)
		}
		seeds := make(map[uint64]bool)
		for i, p := range m.plans {
			r := s.Rounds()[i]
			if len(p.Arms) != r.Candidates || p.Slices != r.Slices || p.Slice != r.Slice {
				t.Errorf("%d candidates, round %d: %d arms, want %+v", n, i, len(p.Arms), r)
			}
			if err := p.Validate(); err != nil {
				t.Error(err)
			}
			seeds[p.Seed] = true
		}
		if len(seeds) != len(m.plans) {
			t.Errorf("%d candidates: rounds share a seed", n)
		}
	}
}

func TestRounds(t *testing.T) {
	tests := []struct {
		n    int
		want [][2]int // candidates and slices
	}{
		{2, [][2]int{{2, 2}, {2, 20}}},
		{4, [][2]int{{4, 2}, {2, 20}}},
		{5, [][2]int{{5, 2}, {2, 20}}},
		{7, [][2]int{{7, 2}, {4, 4}, {2, 20}}},
		{32, [][2]int{{32, 2}, {16, 4}, {8, 8}, {4, 16}, {2, 20}}},
	}
	for _, tt := range tests {
		var got [][2]int
		for _, r := range rounds(tt.n, taskOf(t, 1)) {
			got = append(got, [2]int{r.Candidates, r.Slices})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d candidates: %s", tt.n, diff)
		}
	}
}

// TestEstimate: by default a search takes a minute or two.
func TestEstimate(t *testing.T) {
	length, turns := newSearch(t, taskOf(t, 1)).Estimate()
	if length < 45*time.Second || length > 2*time.Minute || turns != 358 {
		t.Errorf("%v for %d slices", length, turns)
	}
}

// TestSurvivors: whatever a round measures, what it keeps is by the rule never worse
// than what it drops, and those two, in that order, are the ranking.
func TestSurvivors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		task := Task{
			Present: load.ForComparison(load.Default()), Axes: Axes(), Candidates: rapid.IntRange(MinCandidates, 20).Draw(t, "candidates"),
			Slices: 10, Slice: load.MinSlice,
		}
		task.Aim, _ = load.LookupMetric("create_p99")
		task.Constraints = conditions(&testing.T{}, "heap_live < 100B")
		s, err := New(task)
		if err != nil {
			t.Fatal(err)
		}
		var perRound []map[Settings]Score
		measure := func(_ context.Context, p load.Plan) (load.Results, error) {
			r := load.Results{Plan: p}
			scores := make(map[Settings]Score)
			for arm := range p.Arms {
				for range p.Slices {
					r.Slices = append(r.Slices, load.Slice{
						Arm: arm, Valid: rapid.IntRange(0, 3).Draw(t, "valid") > 0, Sessions: uint64(rapid.IntRange(0, 1).Draw(t, "sessions")),
						CreateP99: time.Duration(rapid.IntRange(1, 5).Draw(t, "create")),
						HeapLive:  uint64(rapid.IntRange(95, 102).Draw(t, "heap")),
						Reasons:   []string{"drawn"},
					})
				}
				c := SettingsOf(p.Arms[arm].Config)
				scores[c] = s.score(c, r.Of(arm))
			}
			perRound = append(perRound, scores)
			return r, nil
		}
		o, err := s.Run(t.Context(), measure)
		if err != nil {
			t.Fatal(err)
		}
		for i, scores := range perRound[:len(s.rounds)-1] {
			survivors := make(map[Settings]bool)
			for _, r := range o.Ranking[:kept(s.rounds[i].Candidates)] {
				survivors[r.Settings] = true
			}
			for a, kept := range scores {
				for b, dropped := range scores {
					if survivors[a] && !survivors[b] && rank(&kept, &dropped) > 0 {
						t.Fatalf("round %d kept %+v and dropped %+v", i+1, kept, dropped)
					}
				}
			}
		}
		first := o.Ranking[0]
		switch {
		case !first.known() && o.Verdict != Undecided, first.known() && !first.Met() && o.Verdict != Unsatisfied:
			t.Fatalf("%s after %+v", o.Verdict, first)
		case first.Met() && first.known() && (o.Final == nil) != (o.finalist() == nil):
			t.Fatal("a final if and only if there is something to meet the present settings")
		}
	})
}

// TestCancel: whenever a search is ended, it says so, and has the ranking so far,
// which has those of which there is a slice.
func TestCancel(t *testing.T) {
	stop := errors.New("enough")
	s := newSearch(t, taskOf(t, 1))
	for left := range s.Slices() {
		ctx, cancel := context.WithCancelCause(t.Context())
		m := newMachine(1)
		m.left, m.cancel = left, func() { cancel(stop) }
		o, err := s.Run(ctx, m.measure)
		if !errors.Is(err, stop) || !o.Partial || o.Verdict != "" || o.Final != nil || o.Slices != left {
			t.Fatalf("after %d slices: %v, %+v", left, err, o)
		}
		if _, ok := o.File(time.Now()); ok {
			t.Fatalf("after %d slices: a file", left)
		}
		want := min(left, DefaultCandidates) // the first slices are of one each
		if len(o.Ranking) != want {
			t.Fatalf("after %d slices: %d are ranked, want %d", left, len(o.Ranking), want)
		}
		seen := make(map[Settings]bool)
		for i := range o.Ranking {
			r := &o.Ranking[i]
			seen[r.Settings] = true
			if i > 0 && (r.Round > o.Ranking[i-1].Round || r.Round == o.Ranking[i-1].Round && rank(&o.Ranking[i-1], r) > 0) {
				t.Fatalf("after %d slices: %d is out of order", left, i)
			}
		}
		if len(seen) != want {
			t.Fatalf("after %d slices: %d settings are ranked, want %d", left, len(seen), want)
		}
	}
}

// TestVerdict: what the final comes to, by true figures of the present settings and
// of the others.
func TestVerdict(t *testing.T) {
	steady := func(present, others float64) func(Settings) float64 {
		return func(s Settings) float64 {
			if s == SettingsOf(load.Default()) {
				return present
			}
			return others + float64(s.GOGC)/1e6 // so that one is the best
		}
	}
	tests := []struct {
		name         string
		create, heap func(Settings) float64
		alter        func(*load.Slice)
		slices       int
		want         Verdict
		why          string
		final        bool
	}{
		{name: "better", create: steady(200, 100), heap: steady(10, 10), want: Adopt, final: true},
		{name: "worse", create: steady(100, 200), heap: steady(10, 10), want: Keep, final: true},
		{name: "the same", create: steady(100, 100), heap: steady(10, 10), want: Keep, final: true},
		{name: "worse, but meets the constraint", create: steady(100, 200), heap: steady(2000, 10), want: Adopt, final: true},
		{name: "better, but misses it", create: steady(200, 100), heap: steady(10, 2000), want: Keep},
		{name: "all miss it", create: steady(200, 100), heap: steady(3000, 2000), want: Unsatisfied},
		{name: "too few slices", create: steady(200, 100), heap: steady(10, 10), slices: 5, want: Undecided, why: "5 slices of each arm; a verdict needs 10", final: true},
		{
			name: "nothing valid", create: steady(200, 100), heap: steady(10, 10), want: Undecided, why: "no candidate has enough valid slices with a create_p99",
			alter: func(s *load.Slice) { s.Valid, s.Reasons = false, []string{"overload"} },
		},
		{
			name: "no figure", create: steady(200, 100), heap: steady(10, 10), want: Undecided, why: "no candidate has enough valid slices with a create_p99",
			alter: func(s *load.Slice) { s.Sessions = 0 },
		},
		{
			name: "a final that is not valid", create: steady(200, 100), heap: steady(10, 10), want: Undecided, final: true,
			why:   "5 of 20 slices of pool freelist, pool-capacity 65536, gogc 100, memory-limit off are not valid: 5 were overloaded",
			alter: func(s *load.Slice) { s.Valid, s.Reasons = s.Arm != 0 || s.Number%4 != 3, []string{"overload"} },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task := taskOf(t, 1, "heap_live < 1kB")
			if tt.slices > 0 {
				task.Slices = tt.slices
			}
			m := newMachine(1)
			m.noise, m.create, m.heap, m.alter = 0.001, tt.create, tt.heap, tt.alter
			o, err := newSearch(t, task).Run(t.Context(), m.measure)
			if err != nil {
				t.Fatal(err)
			}
			if o.Verdict != tt.want || o.Why != tt.why || (o.Final != nil) != tt.final || o.Partial {
				t.Fatalf("%s, %q, final %v; want %s, %q, %v", o.Verdict, o.Why, o.Final != nil, tt.want, tt.why, tt.final)
			}
			got, ok := o.Settings()
			switch now := SettingsOf(load.Default()); {
			case ok != (tt.want == Adopt || tt.want == Keep):
				t.Errorf("settings to use: %v", ok)
			case tt.want == Keep && got != now, ok != hasFile(&o), tt.want == Adopt && got == now:
				t.Errorf("%s: %s", tt.want, got)
			}
			if (tt.want == Unsatisfied) != (o.Nearest != nil) {
				t.Errorf("nearest: %+v", o.Nearest)
			}
		})
	}
}

func TestConstrained(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name             string
		condition        string
		low, value, high float64
		met, certain     bool
		off              float64
	}{
		{"holds", "heap_live < 100B", 80, 90, 95, true, true, 0},
		{"holds for the median", "heap_live < 100B", 80, 90, 105, true, false, 0},
		{"holds without an interval", "heap_live < 100B", nan, 90, nan, true, false, 0},
		{"misses", "heap_live < 100B", 110, 150, 160, false, true, 0.5},
		{"misses for the median", "heap_live < 100B", 90, 150, 160, false, false, 0.5},
		{"is the bound", "heap_live < 100B", 100, 100, 100, false, true, math.SmallestNonzeroFloat64},
		{"may be the bound", "heap_live <= 100B", 100, 100, 100, true, true, 0},
		{"no figure", "pool_hit_ratio > 90%", nan, nan, nan, false, false, inf},
		{"a bound of nothing", "heap_live <= 0", 3, 4, 5, false, true, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Constrained{Met: tt.met, Certain: tt.certain, Off: tt.off}
			c.Low, c.Value, c.High = tt.low, tt.value, tt.high
			got := constrained(conditions(t, tt.condition)[0], c.Estimate)
			if diff := cmp.Diff(c, got, nanEqual); diff != "" {
				t.Error(diff)
			}
		})
	}
}

var nanEqual = cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name  string
		alter func(*Task)
		want  string
	}{
		{"too few candidates", func(t *Task) { t.Candidates = 1 }, "candidates: 1 is not valid; want a whole number from 2 to 64"},
		{"too many candidates", func(t *Task) { t.Candidates = 65 }, "candidates: 65 is not valid; want a whole number from 2 to 64"},
		{"an aim the other way", func(t *Task) { t.Aim, _ = load.LookupMetric("pool_hit_ratio") }, `minimize: "pool_hit_ratio" is better the higher it is; want a figure that is better the lower it is`},
		{"an axis that there is not", func(t *Task) { t.Axes = []string{"rate"} }, `search: "rate" is not valid; want some of pool, pool-capacity, gogc, memory-limit`},
		{"an axis without effect", func(t *Task) {
			t.Axes, t.Present.Optimizations.Pool = []string{"pool-capacity"}, session.PoolNone
		}, `search: "pool-capacity" leaves nothing to try but the present settings (pool none, gogc 100, memory-limit off); want more of pool, pool-capacity, gogc, memory-limit`},
		{"a constraint by the base", func(t *Task) {
			t.Constraints = conditions(&testing.T{}, "heap_live < base")
		}, `subject-to: "heap_live < base" is not valid; want a metric and a bound that is a value`},
		{"no slices", func(t *Task) { t.Slices = 0 }, "slices: 0 is not valid; want a whole number from 1 to 1000"},
		{"a load that is not steady", func(t *Task) { t.Present.Profile = load.ProfileSine }, `load: profile: "sine" is not valid; want steady: slices are compared at one level of the load`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task := taskOf(t, 1)
			tt.alter(&task)
			_, err := New(task)
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != tt.want || strings.Contains(got, "\n") {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestMostCandidates: the largest number of candidates is the largest that an
// experiment takes.
func TestMostCandidates(t *testing.T) {
	plan := load.Plan{Slices: 1, Slice: load.MinSlice}
	for range MaxCandidates {
		plan.Arms = append(plan.Arms, load.Arm{Config: load.Default()})
	}
	if err := plan.Validate(); err != nil {
		t.Error(err)
	}
	plan.Arms = append(plan.Arms, plan.Arms[0])
	if plan.Validate() == nil {
		t.Error("one more is valid, too")
	}
}
