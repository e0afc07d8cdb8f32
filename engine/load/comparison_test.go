package load

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// made returns results whose slices are made by hand: fill makes the n-th of an
// arm.
func made(t *testing.T, n int, fill func(arm, number int, s *Slice)) Results {
	t.Helper()
	r := Results{Plan: planOf(t, n, "baseline", "tuned"), Elapsed: 10 * time.Second}
	for number := range n {
		for arm := range 2 {
			s := Slice{
				Arm: arm, Number: number, Valid: true, Sessions: 1000,
				Wall: 10 * time.Millisecond, CPU: 20 * time.Millisecond, HKDF: 6000,
			}
			fill(arm, number, &s)
			r.Slices = append(r.Slices, s)
		}
	}
	return r
}

func TestMetricsOfASlice(t *testing.T) {
	s := Slice{
		Sessions: 1000, Wall: 10 * time.Millisecond, CPU: 20 * time.Millisecond, Objects: 41_000, Bytes: 2_884_000,
		HKDF: 2000, KeyAllocs: 35, PoolGets: 1000, PoolHits: 965, GCCycles: 3, GCCPU: time.Millisecond,
		GCPause: 300 * time.Microsecond, GCPauseP99: 200 * time.Microsecond, HeapLive: 1 << 20, HeapPeak: 2 << 20,
		CreateP50: 3 * time.Microsecond, CreateP99: 9 * time.Microsecond,
	}
	want := map[string]float64{
		"allocs_per_session": 41, "bytes_per_session": 2884, "cpu_per_session": 20_000, "wall_per_session": 10_000,
		"create_p50": 3000, "create_p99": 9000, "hkdf_per_session": 2, "key_allocs_per_session": 0.035,
		"pool_hit_ratio": 0.965, "gc_cycles_per_million": 3000, "gc_cpu_share": 0.05, "gc_pause_per_million": 3e8,
		"gc_pause_p99": 200_000, "heap_live": 1 << 20, "heap_peak": 2 << 20,
	}
	for _, m := range Metrics() {
		w, ok := want[m.Name]
		if got := m.Of(&s); !ok || math.Abs(got-w) > 1e-9*w {
			t.Errorf("%s: %v, want %v", m.Name, got, w)
		}
		if m.Title == "" || m.Help == "" || m.Better == 0 {
			t.Errorf("%s: %+v is not described", m.Name, m)
		}
		none := m.Of(&Slice{})
		if zero := strings.HasPrefix(m.Name, "heap_"); !zero && !math.IsNaN(none) {
			t.Errorf("%s: %v of an empty slice", m.Name, none)
		}
	}
	if _, ok := LookupMetric("cpu_per_session"); !ok {
		t.Error("a metric is not found")
	}
	if _, ok := LookupMetric("cpu"); ok {
		t.Error("a metric is found that is none")
	}
}

func TestComparisonOfExactCounts(t *testing.T) {
	r := made(t, 20, func(arm, _ int, s *Slice) {
		if arm == 1 {
			s.HKDF = 2000
		}
	})
	c := r.Compare(0, 1)
	if !c.Verdict || c.Why != "" {
		t.Fatalf("no verdict: %s", c.Why)
	}
	m := c.Metric("hkdf_per_session")
	if !m.Exact || !m.Significant || m.Better() != 1 || m.Base.Value != 6 || m.New.Low != 2 || m.New.High != 2 {
		t.Errorf("6 to 2 HKDF calls: %+v", m)
	}
	if m.Delta.Value != -4 || math.Abs(m.DeltaPercent.Value+200.0/3) > 1e-9 {
		t.Errorf("a difference of %v, %v %%", m.Delta.Value, m.DeltaPercent.Value)
	}
	back, level := r.Compare(1, 0), r.Compare(0, 0)
	if back.Metric("hkdf_per_session").Better() != -1 {
		t.Error("2 to 6 HKDF calls are not worse")
	}
	same := level.Metric("hkdf_per_session")
	if same.Significant || same.P != 1 || !same.Exact || same.Better() != 0 {
		t.Errorf("6 against 6: %+v", same)
	}
	if c.Metric("cpu_per_session").Exact {
		t.Error("a time is exact because it happens to be the same")
	}
}

// What has no figure in most slices is not compared.
func TestComparisonWithoutFigures(t *testing.T) {
	r := made(t, 20, func(arm, number int, s *Slice) {
		if arm == 1 && number < 5 {
			s.GCCycles, s.GCPauseP99 = 1, time.Duration(number)
		}
		if arm == 0 {
			s.GCCycles, s.GCPauseP99 = 1, time.Duration(100+number)
		}
	})
	c := r.Compare(0, 1)
	m := c.Metric("gc_pause_p99")
	if len(m.New.Values) != 5 || !math.IsNaN(m.P) || !math.IsNaN(m.Adjusted) || m.Significant {
		t.Errorf("five figures: %+v", m)
	}
	if pool := c.Metric("pool_hit_ratio"); len(pool.Base.Values) != 0 || !math.IsNaN(pool.Base.Value) || pool.Exact {
		t.Errorf("no figures: %+v", pool)
	}
}

func TestWhenThereIsNoVerdict(t *testing.T) {
	faster := func(arm, number int, s *Slice) {
		s.CPU += time.Duration(number) * time.Microsecond
		if arm == 1 {
			s.CPU /= 2
		}
	}
	spoil := func(n int) func(*Results) {
		return func(r *Results) {
			for i := range r.Slices {
				if s := &r.Slices[i]; s.Arm == 1 && s.Number < n {
					s.Valid, s.Reasons = false, []string{"behind: this"}
				}
			}
		}
	}
	tests := []struct {
		name   string
		slices int
		edit   func(*Results)
		want   string
	}{
		{"enough", 20, func(*Results) {}, ""},
		{"ten", 10, func(*Results) {}, ""},
		{"nine", 9, func(*Results) {}, "9 slices of each arm; a verdict needs 10"},
		{"stopped", 20, func(r *Results) { r.Partial = true }, "stopped early: when to stop must not depend on what is seen"},
		{"a fifth invalid", 20, spoil(4), ""},
		{"more invalid", 20, spoil(5), "5 of 20 slices of tuned are not valid: 5 missed their offered load"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := made(t, tt.slices, faster)
			tt.edit(&r)
			c := r.Compare(0, 1)
			if c.Why != tt.want || c.Verdict != (tt.want == "") {
				t.Errorf("verdict %v: %q, want %q", c.Verdict, c.Why, tt.want)
			}
			m := c.Metric("cpu_per_session")
			if m.Significant != c.Verdict || m.Adjusted > 0.02 {
				t.Errorf("significant %v, p %v", m.Significant, m.Adjusted)
			}
			if want := tt.slices - (c.New.Measured - c.New.Valid); len(m.New.Values) != want {
				t.Errorf("%d figures, want those of %d valid slices", len(m.New.Values), want)
			}
		})
	}
}

// What is planted is found, and what is not, is not, in noise as large as that of
// this kind of machine, which changes much more from block to block.
func TestPlantedDifference(t *testing.T) {
	const runs = 100
	noisy := func(rng *rand.Rand, slower float64) Results {
		var level [10]float64
		for i := range level {
			level[i] = math.Exp(0.15 * rng.NormFloat64())
		}
		return made(t, 20, func(arm, number int, s *Slice) {
			scale := func(d time.Duration) time.Duration {
				v := float64(d) * level[number/2] * math.Exp(0.03*rng.NormFloat64())
				if arm == 1 {
					v *= slower
				}
				return time.Duration(v)
			}
			s.CPU, s.Wall = scale(20*time.Millisecond), scale(10*time.Millisecond)
			s.CreateP50, s.CreateP99 = scale(3*time.Microsecond), scale(9*time.Microsecond)
		})
	}
	found, falsely, singly := 0, 0, 0
	for seed := range uint64(runs) {
		rng := rand.New(rand.NewPCG(seed, 1))
		planted, equal := noisy(rng, 1.05), noisy(rng, 1)
		c := planted.Compare(0, 1)
		if m := c.Metric("cpu_per_session"); m.Significant && m.Better() == -1 {
			found++
		}
		c = equal.Compare(0, 1)
		one := false
		for i := range c.Metrics {
			one = one || c.Metrics[i].Significant
		}
		if one {
			falsely++
		}
		if c.Metric("cpu_per_session").P < Significance {
			singly++
		}
	}
	if found < runs*90/100 {
		t.Errorf("5 %% were found in %d of %d", found, runs)
	}
	if falsely > runs*8/100 {
		t.Errorf("%d of %d comparisons of the same find a difference", falsely, runs)
	}
	if singly == 0 || singly > runs*10/100 {
		t.Errorf("uncorrected, %d of %d find a difference in one metric", singly, runs)
	}
}

func inBlocks(values []float64, blocks []int) [][]float64 {
	var all [][]float64
	for i, block := range blocks {
		for block >= len(all) {
			all = append(all, nil)
		}
		all[block] = append(all[block], values[i])
	}
	return all
}

func TestComparisonJSON(t *testing.T) {
	r := made(t, 10, func(arm, number int, s *Slice) {
		if arm == 1 {
			s.Objects, s.PoolGets, s.PoolHits = 0, 1000, uint64(900+number)
		} else {
			s.Objects = uint64(100_000 + number)
		}
		if number == 3 {
			s.Valid, s.Reasons = false, []string{"idle"}
		}
		if s.Turn, s.Offered = 2*number+arm, 1200; number/2 != 3 {
			s.GCCycles, s.GCPauseP99 = 1, time.Duration(100+number*7%5)
		}
	})
	data, err := json.Marshal(r.Compare(0, 1))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema  string
		Verdict bool
		Arms    []struct {
			Name           string
			Slices         int
			ValidSlices    int      `json:"valid_slices"`
			InvalidReasons []string `json:"invalid_reasons"`
			Config         map[string]any
			Measured       []struct {
				Turn, Block, Sessions int
				Valid                 bool
				Reasons               []string
				Offered               float64
			}
		}
		Metrics []struct {
			Name, Unit string
			Base, New  struct {
				Median, Low, High *float64
				Values            []float64
				Blocks            []int
			}
			Delta              struct{ Value, Low, High *float64 }
			Percent            struct{ Value, Low, High *float64 } `json:"delta_percent"`
			P                  *float64
			Adjusted           *float64 `json:"p_adjusted"`
			Significant, Exact bool
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != "sagetop.compare/1" || !got.Verdict || len(got.Arms) != 2 || len(got.Metrics) != len(Metrics()) {
		t.Fatalf("%s", data)
	}
	arm := got.Arms[1]
	if arm.Name != "tuned" || arm.Slices != 10 || arm.ValidSlices != 9 || !slices.Equal(arm.InvalidReasons, []string{"idle"}) || arm.Config["optimizations"] != "tuned" {
		t.Errorf("arm: %+v", arm)
	}
	if n := len(arm.Measured); n != 10 {
		t.Fatalf("%d records of 10 slices", n)
	}
	for i, s := range arm.Measured {
		if s.Turn != 2*i+1 || s.Block != i/2 || s.Valid != (i != 3) || s.Reasons == nil || (len(s.Reasons) == 0) != s.Valid || s.Sessions != 1000 || s.Offered != 1200 {
			t.Errorf("slice %d: %+v", i, s)
		}
	}
	// What is reported follows from the values and their blocks.
	for _, m := range got.Metrics {
		base, other := inBlocks(m.Base.Values, m.Base.Blocks), inBlocks(m.New.Values, m.New.Blocks)
		shift, _ := stats.ShiftBlocks(base, other)
		if m.Delta.Value != nil && (*m.Delta.Value != shift.Value || *m.Delta.Low != shift.Low || *m.Delta.High != shift.High) {
			t.Errorf("%s: a difference of %+v, and %+v by the values", m.Name, m.Delta, shift)
		}
		if _, p, _ := stats.MannWhitneyBlocks(base, other); m.P != nil && *m.P != p {
			t.Errorf("%s: p is %v, and %v by the values", m.Name, *m.P, p)
		}
	}
	pauses := got.Metrics[slices.IndexFunc(Metrics(), func(m Metric) bool { return m.Name == "gc_pause_p99" })]
	if want := []int{0, 0, 1, 2, 2, 4, 4}; pauses.P == nil || !slices.Equal(pauses.Base.Blocks, want) {
		t.Errorf("what two valid slices have not is in blocks %v, want %v", pauses.Base.Blocks, want)
	}
	allocs, pool := got.Metrics[0], got.Metrics[8]
	if allocs.Name != "allocs_per_session" || *allocs.New.Median != 0 || *allocs.Percent.Value != -100 || !allocs.Significant || allocs.Exact || len(allocs.Base.Values) != 9 {
		t.Errorf("allocations: %+v", allocs)
	}
	if pool.Name != "pool_hit_ratio" || pool.Unit != "ratio" || pool.Base.Median != nil || pool.Base.Values == nil || pool.P != nil || pool.Percent.Value != nil {
		t.Errorf("pool: %+v", pool)
	}
}
