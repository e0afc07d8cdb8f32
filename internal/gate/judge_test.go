package gate

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var nan = math.NaN()

// near compares numbers; NaN is near NaN.
func near(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*max(1, math.Abs(b))
}

// times returns n samples of v.
func times(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

// spread returns 20 samples around v, from 2 % below it to almost 2 % above, in an
// order that depends on v.
func spread(v float64) []float64 {
	x := make([]float64, 20)
	for i, at := range rand.New(rand.NewPCG(uint64(v), 3)).Perm(20) {
		x[i] = v * (0.98 + 0.002*float64(at))
	}
	return x
}

// inBlocks returns samples as slices give them, two a block; a few are one block.
func inBlocks(x []float64) [][]float64 {
	if len(x) < 10 {
		return [][]float64{x}
	}
	return slices.Collect(slices.Chunk(x, 2))
}

func TestHolds(t *testing.T) {
	tests := []struct {
		text string
		v    float64
		want bool
	}{
		{"allocs_per_session > 6", 7, true},
		{"allocs_per_session > 6", 6, false},
		{"allocs_per_session > 6", 5, false},
		{"allocs_per_session >= 6", 7, true},
		{"allocs_per_session >= 6", 6, true},
		{"allocs_per_session >= 6", 5, false},
		{"allocs_per_session < 6", 7, false},
		{"allocs_per_session < 6", 6, false},
		{"allocs_per_session < 6", 5, true},
		{"allocs_per_session <= 6", 7, false},
		{"allocs_per_session <= 6", 6, true},
		{"allocs_per_session <= 6", 5, true},
		{"allocs_per_session > 6", nan, false},
		{"allocs_per_session <= 6", nan, false},
		{"p99(create) > 50us", 50_001, true},
		{"heap_live < 64MiB", 64 << 20, false},
		{"gc_cpu_share <= 0.29%", 0.0029, true},
	}
	for _, tt := range tests {
		if got := mustParse(t, tt.text).Holds(tt.v); got != tt.want {
			t.Errorf("%s of %v: %v, want %v", tt.text, tt.v, got, tt.want)
		}
	}
}

func TestHoldsNeedsNoBase(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Holds of a relative condition does not panic")
		}
	}()
	mustParse(t, "allocs_per_session > base").Holds(5)
}

// Each operator both ways, with and without a base, and what ties do.
func TestJudge(t *testing.T) {
	tests := []struct {
		name, text         string
		base, fresh        []float64
		holds, significant bool
	}{
		{"above", "allocs_per_session > base", spread(100), spread(105), true, true},
		{"not above", "allocs_per_session > base", spread(105), spread(100), false, false},
		{"at least", "allocs_per_session >= base", spread(100), spread(105), true, true},
		{"not at least", "allocs_per_session >= base", spread(105), spread(100), false, false},
		{"below", "allocs_per_session < base", spread(105), spread(100), true, true},
		{"not below", "allocs_per_session < base", spread(100), spread(105), false, false},
		{"at most", "allocs_per_session <= base", spread(105), spread(100), true, true},
		{"not at most", "allocs_per_session <= base", spread(100), spread(105), false, false},

		{"above a number", "allocs_per_session > 100", nil, spread(105), true, true},
		{"not above a number", "allocs_per_session > 105", nil, spread(100), false, false},
		{"at least a number", "allocs_per_session >= 100", nil, spread(105), true, true},
		{"not at least a number", "allocs_per_session >= 105", nil, spread(100), false, false},
		{"below a number", "allocs_per_session < 105", nil, spread(100), true, true},
		{"not below a number", "allocs_per_session < 100", nil, spread(105), false, false},
		{"at most a number", "allocs_per_session <= 105", nil, spread(100), true, true},
		{"not at most a number", "allocs_per_session <= 100", nil, spread(105), false, false},
		{"around a number", "allocs_per_session > 99.7", nil, spread(100), true, false},

		{"more than a part above", "create_p99 > base + 2%", spread(100), spread(105), true, true},
		{"less than a part above", "create_p99 > base + 8%", spread(100), spread(105), false, false},
		{"a part above, not surely", "create_p99 > base + 4.9%", spread(100), spread(105), true, false},
		{"more than a part below", "create_p99 < base - 2%", spread(105), spread(100), true, true},
		{"less than a part below", "create_p99 < base - 8%", spread(105), spread(100), false, false},
		{"more than a factor", "create_p99 > base * 1.02", spread(100), spread(105), true, true},
		{"less than a factor", "create_p99 > 1.08 * base", spread(100), spread(105), false, false},
		{"more than a step above", "create_p99 > base + 2us", spread(100e3), spread(105e3), true, true},
		{"less than a step above", "create_p99 > base + 8us", spread(100e3), spread(105e3), false, false},
		{"more than a step below", "create_p99 < base - 2us", spread(105e3), spread(100e3), true, true},
		{"less than a step below", "create_p99 < base - 8us", spread(105e3), spread(100e3), false, false},

		{"a count that stays is not above", "allocs_per_session > base", times(10, 6), times(10, 6), false, false},
		{"a count that stays is not below", "allocs_per_session < base", times(10, 6), times(10, 6), false, false},
		{"a count that stays is at least itself", "allocs_per_session >= base", times(10, 6), times(10, 6), true, true},
		{"a count that stays is at most itself", "allocs_per_session <= base", times(10, 6), times(10, 6), true, true},
		{"a count that falls", "allocs_per_session < base", times(10, 6), times(10, 2), true, true},
		{"a count that falls is not above", "allocs_per_session > base", times(10, 6), times(10, 2), false, false},
		{"a count that rises", "allocs_per_session > base", times(10, 2), times(10, 6), true, true},
		{"a count is not above itself", "allocs_per_session > 6", nil, times(10, 6), false, false},
		{"a count is at least itself", "allocs_per_session >= 6", nil, times(10, 6), true, true},
		{"a count is not below itself", "allocs_per_session < 6", nil, times(10, 6), false, false},
		{"a count is at most itself", "allocs_per_session <= 6", nil, times(10, 6), true, true},
		// 100*1.15 is 114.99999999999999, and 10*1.1 is 11.000000000000002.
		{"exactly the bound, where binary is below", "allocs_per_session > base + 15%", times(10, 100), times(10, 115), false, false},
		{"exactly the bound, where binary is above", "allocs_per_session >= base * 1.1", times(10, 10), times(10, 11), true, true},
		{"a base of zero", "allocs_per_session > base + 2%", times(10, 0), times(10, 1), true, true},
		{"both zero", "allocs_per_session > base + 2%", times(10, 0), times(10, 0), false, false},

		// The ranks differ, the medians do not.
		{
			"equal medians", "allocs_per_session > base",
			slices.Concat(times(8, 0), times(12, 5)), slices.Concat(times(12, 5), times(8, 10)), false, false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := mustParse(t, tt.text).Judge(inBlocks(tt.base), inBlocks(tt.fresh))
			if j.Holds != tt.holds || j.Significant != tt.significant || !j.Testable() {
				t.Errorf("%s: %+v, want holds %v, significant %v", tt.text, j, tt.holds, tt.significant)
			}
			if j.Adjusted != j.P {
				t.Errorf("p of a single condition is adjusted from %v to %v", j.P, j.Adjusted)
			}
		})
	}
}

// The p-values by counting: arrangements of ranks, and throws of a coin.
func TestPValues(t *testing.T) {
	one2five := []float64{1, 2, 3, 4, 5}
	tests := []struct {
		name, text  string
		base, fresh []float64
		want        Judgement
	}{
		{
			"all above", "allocs_per_session > base + 1", one2five,
			[]float64{7, 8, 9, 10, 11},
			Judgement{Value: 9, Bound: 4, Holds: true, P: 1.0 / 252, Significant: true}, // C(10,5)
		},
		{
			"all above, wanted below", "allocs_per_session < base + 1", one2five,
			[]float64{7, 8, 9, 10, 11},
			Judgement{Value: 9, Bound: 4, P: 1 - 1.0/252},
		},
		{
			"unequal sides", "allocs_per_session < base", one2five,
			[]float64{0, 0.5, 0.7},
			Judgement{Value: 0.5, Bound: 3, Holds: true, P: 1.0 / 56, Significant: true}, // C(8,3)
		},
		{
			"in the middle", "allocs_per_session > base",
			[]float64{2, 3, 6, 7},
			[]float64{1, 4, 5, 8},
			Judgement{Value: 4.5, Bound: 4.5, P: 0.5},
		},
		{
			"equal", "allocs_per_session > base", times(5, 6), times(5, 6),
			Judgement{Value: 6, Bound: 6, P: 0.5},
		},
		{
			"a median between two", "allocs_per_session > base * 2",
			[]float64{1, 2, 3, 4},
			[]float64{9, 10, 11, 12},
			Judgement{Value: 10.5, Bound: 5, Holds: true, P: 1.0 / 70, Significant: true},
		},
		{
			"six of six", "allocs_per_session > 5", nil, times(6, 6),
			Judgement{Value: 6, Bound: 5, Holds: true, P: 1.0 / 64, Significant: true},
		},
		{
			"none of six", "allocs_per_session < 5", nil, times(6, 6),
			Judgement{Value: 6, Bound: 5, P: 1},
		},
		{
			"ten of twelve", "allocs_per_session > 5", nil, slices.Concat(times(2, 5), times(10, 6)),
			Judgement{Value: 6, Bound: 5, Holds: true, P: 79.0 / 4096, Significant: true},
		},
		{
			"eight of ten", "allocs_per_session > 5", nil, slices.Concat(times(2, 4), times(8, 6)),
			Judgement{Value: 6, Bound: 5, Holds: true, P: 56.0 / 1024},
		},
		{
			"ten of twelve with equal ones", "allocs_per_session >= 5", nil, slices.Concat(times(2, 4), times(5, 5), times(5, 6)),
			Judgement{Value: 5, Bound: 5, Holds: true, P: 79.0 / 4096, Significant: true},
		},
		{
			"what was not measured", "allocs_per_session > 5", nil,
			[]float64{nan, 6, 6, 6, nan, 6, 6, 6},
			Judgement{Value: 6, Bound: 5, Holds: true, P: 1.0 / 64, Significant: true},
		},
		{
			"what was not measured in either arm", "allocs_per_session > base",
			[]float64{1, nan, 2, 3, 4},
			[]float64{9, 10, 11, nan, 12},
			Judgement{Value: 10.5, Bound: 2.5, Holds: true, P: 1.0 / 70, Significant: true},
		},
		{
			"an absolute one with nothing of the base", "allocs_per_session > 5",
			[]float64{nan},
			times(6, 6),
			Judgement{Value: 6, Bound: 5, Holds: true, P: 1.0 / 64, Significant: true},
		},

		{
			"five samples", "allocs_per_session > 5", nil, times(5, 6),
			Judgement{Value: 6, Bound: 5, Holds: true, P: nan, Reason: "too few samples: 5 in the new arm"},
		},
		{
			"three against three", "allocs_per_session > base", times(3, 1), times(3, 2),
			Judgement{Value: 2, Bound: 1, Holds: true, P: nan, Reason: "too few samples: 3 in the base arm, 3 in the new one"},
		},
		{
			"no base", "allocs_per_session > base",
			[]float64{nan},
			times(6, 6),
			Judgement{Value: 6, Bound: nan, P: nan, Reason: "not measured in the base arm"},
		},
		{
			"nothing new", "allocs_per_session > base", times(6, 6),
			[]float64{nan, nan},
			Judgement{Value: nan, Bound: 6, P: nan, Reason: "not measured in the new arm"},
		},
		{
			"nothing new against a number", "allocs_per_session > 5", times(6, 6), nil,
			Judgement{Value: nan, Bound: 5, P: nan, Reason: "not measured in the new arm"},
		},
		{
			"infinite", "allocs_per_session > 5", nil, times(6, math.Inf(1)),
			Judgement{Value: math.Inf(1), Bound: 5, Holds: true, P: nan, Reason: "a sample is infinite"},
		},
		{
			"infinite base", "allocs_per_session < base", times(6, math.Inf(1)), times(6, 6),
			Judgement{Value: 6, Bound: math.Inf(1), Holds: true, P: nan, Reason: "a sample is infinite"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base, fresh := slices.Clone(tt.base), slices.Clone(tt.fresh)
			got, want := mustParse(t, tt.text).Judge(inBlocks(base), inBlocks(fresh)), tt.want
			if !near(got.Value, want.Value) || !near(got.Bound, want.Bound) || got.Holds != want.Holds || !near(got.P, want.P) ||
				!near(got.Adjusted, want.P) || got.Significant != want.Significant || got.Reason != want.Reason {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if !slices.EqualFunc(base, tt.base, near) || !slices.EqualFunc(fresh, tt.fresh, near) {
				t.Error("Judge changed the samples")
			}
		})
	}
}

// The one-sided p is the share of all ways to deal the same samples to the arms
// that speak as much for the condition. With ties and unequal sides the two tails
// are not alike, and half of the two-sided p can be that of the other tail: but
// only in the middle, where nothing is significant.
func TestOneSidedAgainstEnumeration(t *testing.T) {
	below, above := mustParse(t, "allocs_per_session < base"), mustParse(t, "allocs_per_session > base")
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(2, 7).Draw(t, "n"), rapid.IntRange(4, 7).Draw(t, "m")
		values := rapid.SampledFrom([]int{1, 2, 4, 1000}).Draw(t, "values")
		all := make([]float64, n+m)
		for i := range all {
			all[i] = float64(rapid.IntRange(0, values).Draw(t, "sample"))
		}
		greater := rapid.Bool().Draw(t, "greater")
		e := below
		if greater {
			e = above
		}
		// pairs counts twice the pairs that speak for the condition.
		pairs := func(deal uint) (u int) {
			for i, v := range all {
				for j, w := range all {
					if deal>>i&1 == 1 && deal>>j&1 == 0 {
						switch {
						case v == w:
							u++
						case v > w == greater:
							u += 2
						}
					}
				}
			}
			return u
		}
		seen := pairs(1<<n - 1)
		var as, deals float64
		for deal := range uint(1) << (n + m) {
			if bits.OnesCount(deal) != n {
				continue
			}
			deals++
			if pairs(deal) >= seen {
				as++
			}
		}
		want := as / deals
		got := e.Judge([][]float64{all[n:]}, [][]float64{all[:n]})
		switch {
		case !got.Testable():
		case min(got.P, want) < 0.2 && !near(got.P, want), math.Abs(got.P-want) > 0.5:
			t.Fatalf("%s: p of %v against %v is %v, want %v", e, all[:n], all[n:], got.P, want)
		}
	})
}

// measurements returns 20 samples that vary as times do: with a long tail.
func measurements(r *rand.Rand, scale float64) []float64 {
	x := make([]float64, 20)
	for i := range x {
		x[i] = scale * math.Exp(0.03*r.NormFloat64())
	}
	return x
}

func TestRealShiftIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	base, slow := measurements(r, 50e3), measurements(r, 1.05*50e3)
	tests := []struct {
		name, text  string
		base, fresh []float64
		want        bool
	}{
		{"slower", "p99(create) > base", base, slow, true},
		{"slower than allowed", "p99(create) > base + 1%", base, slow, true},
		{"slower, but not so much", "p99(create) > base + 8%", base, slow, false},
		{"slower, asked if faster", "p99(create) < base", base, slow, false},
		{"faster", "p99(create) < base", slow, base, true},
		{"faster, asked if slower", "p99(create) > base", slow, base, false},
		{"slower than a number", "p99(create) > 51us", base, slow, true},
		{"not slower than it", "p99(create) > 51us", slow, base, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if j := mustParse(t, tt.text).Judge(inBlocks(tt.base), inBlocks(tt.fresh)); j.Significant != tt.want {
				t.Errorf("%s: %+v, want significant %v", tt.text, j, tt.want)
			}
		})
	}
}

// Arms that do not differ are found to in about one of twenty comparisons, and
// in no more of those that ask four questions at once.
func TestEqualArmsRarelyDiffer(t *testing.T) {
	const comparisons = 400
	r := rand.New(rand.NewPCG(5, 2))
	gates := []*Expr{
		mustParse(t, "p99(create) > base"), mustParse(t, "p50(create) > base"),
		mustParse(t, "heap_live > base"), mustParse(t, "bytes_per_session < base"),
	}
	single, together := 0, 0
	for range comparisons {
		all := JudgeAll(gates, func(string) (base, fresh [][]float64) {
			return inBlocks(measurements(r, 50e3)), inBlocks(measurements(r, 50e3))
		})
		if all[0].Holds && all[0].P <= Level {
			single++
		}
		if slices.ContainsFunc(all, func(j Judgement) bool { return j.Significant }) {
			together++
		}
	}
	// 20 are expected of either, with a standard deviation of 4.4.
	for what, n := range map[string]int{"single": single, "together": together} {
		if n < 5 || n > 35 {
			t.Errorf("%s: %d of %d comparisons of equal arms are significant", what, n, comparisons)
		}
	}
}

func TestJudgeAll(t *testing.T) {
	samples := map[string][]float64{
		"allocs_per_session": slices.Concat(times(2, 5), times(10, 6)), // p = 79/4096 = 0.0193 for > 5
		"bytes_per_session":  slices.Concat(times(2, 5), times(10, 6)),
		"heap_live":          slices.Concat(times(2, 5), times(10, 6)),
		"create_p50":         times(12, 6), // p = 1/4096
		"create_p99":         {nan},
	}
	const p, least = 79.0 / 4096, 1.0 / 4096
	tests := []struct {
		name        string
		texts       []string
		adjusted    []float64
		significant []bool
	}{
		{"none", nil, nil, nil},
		{"one", []string{"allocs_per_session > 5"}, []float64{p}, []bool{true}},
		{"two", []string{"allocs_per_session > 5", "bytes_per_session > 5B"}, []float64{2 * p, 2 * p}, []bool{true, true}},
		{
			"three are too many",
			[]string{"allocs_per_session > 5", "bytes_per_session > 5B", "heap_live > 5B"},
			[]float64{3 * p, 3 * p, 3 * p},
			[]bool{false, false, false},
		},
		{
			"the surest first",
			[]string{"allocs_per_session > 5", "create_p50 > 5ns", "heap_live > 5B"},
			[]float64{2 * p, 3 * least, 2 * p},
			[]bool{true, true, true},
		},
		{
			"what cannot be tested does not count",
			[]string{"allocs_per_session > 5", "p99(create) > 5us", "heap_live > 5B"},
			[]float64{2 * p, nan, 2 * p},
			[]bool{true, false, true},
		},
		{
			"nor what was not measured",
			[]string{"gc_cpu_share > 5%", "allocs_per_session > 5"},
			[]float64{nan, p},
			[]bool{false, true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []*Expr
			for _, text := range tt.texts {
				all = append(all, mustParse(t, text))
			}
			got := JudgeAll(all, func(figure string) (base, fresh [][]float64) { return nil, inBlocks(samples[figure]) })
			if len(got) != len(all) {
				t.Fatalf("%d judgements of %d conditions", len(got), len(all))
			}
			for i, j := range got {
				if !near(j.Adjusted, tt.adjusted[i]) || j.Significant != tt.significant[i] {
					t.Errorf("%s: %+v, want %v adjusted, significant %v", all[i], j, tt.adjusted[i], tt.significant[i])
				}
			}
		})
	}
}

func TestBinomialTail(t *testing.T) {
	for _, tt := range []struct {
		n, k int
		want float64
	}{
		{1, 1, 0.5},
		{6, 0, 1},
		{6, 6, 1.0 / 64},
		{10, 8, 56.0 / 1024},
		{11, 6, 0.5},
		{2000, 1001, 0.5 - 0.01783901/2}, // 2^-2000 is no float64; half of P(Bin = 1000) is missing
	} {
		if got := binomialTail(tt.n, tt.k); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("binomialTail(%d, %d) = %v, want %v", tt.n, tt.k, got, tt.want)
		}
	}
}
