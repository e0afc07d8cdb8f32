package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMannWhitneyBlocks(t *testing.T) {
	type blocks = [][]float64
	tests := []struct {
		name string
		a, b blocks
		u, p float64
		err  error
	}{
		{"one block", blocks{{1, 2}}, blocks{{3, 4}}, 0, 1.0 / 3, nil},
		{"its reverse", blocks{{3, 4}}, blocks{{1, 2}}, 4, 1.0 / 3, nil},
		{"three", blocks{{1, 2}, {1, 2}, {1, 2}}, blocks{{3, 4}, {3, 4}, {3, 4}}, 0, 2.0 / 216, nil},
		{"a drift between blocks", blocks{{1, 2}, {101, 102}, {201, 202}}, blocks{{3, 4}, {103, 104}, {203, 204}}, 0, 2.0 / 216, nil},
		{"opposite blocks", blocks{{1, 2}, {3, 4}}, blocks{{3, 4}, {1, 2}}, 4, 1, nil},
		{"all equal", blocks{{6, 6}, {6, 6}}, blocks{{6, 6}, {6, 6}}, 4, 1, nil},
		{"constant, but not equal", blocks{{6, 6}, {6, 6}}, blocks{{2, 2}, {2, 2}}, 8, 2.0 / 36, nil},
		{"unequal sides", blocks{{1}, {1, 2}}, blocks{{2, 3}, {3}}, 0, 2.0 / 9, nil},
		{"a block without a side", blocks{{1, 2}, {9, 9}}, blocks{{3, 4}, {}}, 0, 1.0 / 3, nil},
		{"blocks of one side only", blocks{{1, 2}, {5, 6}}, blocks{{3, 4}}, 0, 1.0 / 3, nil},
		{"no block with both", blocks{{1}, {}}, blocks{{}, {1}}, math.NaN(), math.NaN(), ErrNoSamples},
		{"nothing", nil, nil, math.NaN(), math.NaN(), ErrNoSamples},
		{"not finite", blocks{{1, math.Inf(1)}}, blocks{{3, 4}}, math.NaN(), math.NaN(), ErrNotFinite},
	}
	same := func(a, b float64) bool { return math.Abs(a-b) < 1e-12 || math.IsNaN(a) && math.IsNaN(b) }
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, p, err := MannWhitneyBlocks(tt.a, tt.b)
			if !same(u, tt.u) || !same(p, tt.p) || !errors.Is(err, tt.err) {
				t.Errorf("U %v, p %v, %v; want %v, %v, %v", u, p, err, tt.u, tt.p, tt.err)
			}
		})
	}
}

// One block is what the test without blocks makes of the same samples.
func TestOneBlockIsNoBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string) []float64 {
			n := rapid.IntRange(1, 5).Draw(t, what)
			x := make([]float64, n)
			for i := range x {
				x[i] = float64(rapid.IntRange(1, 6).Draw(t, "sample"))
			}
			return x
		}
		a, b := draw("a"), draw("b")
		u, p, _ := MannWhitney(a, b)
		bu, bp, _ := MannWhitneyBlocks([][]float64{a}, [][]float64{b})
		if u != bu || math.Abs(p-bp) > 1e-9 {
			t.Fatalf("%v against %v: U %v, p %v, in one block %v, %v", a, b, u, p, bu, bp)
		}
		for what, pair := range map[string][2]Estimate{
			"shift":   both(Shift(a, b))(ShiftBlocks([][]float64{a}, [][]float64{b})),
			"percent": both(PercentDelta(a, b))(PercentDeltaBlocks([][]float64{a}, [][]float64{b})),
		} {
			if x, y := pair[0], pair[1]; x.Value != y.Value || !(x.Low == y.Low || math.IsNaN(x.Low) && math.IsNaN(y.Low)) {
				t.Fatalf("%s of %v against %v: %+v, in one block %+v", what, a, b, x, y)
			}
		}
	})
}

func both(x Estimate, _ bool) func(Estimate, bool) [2]Estimate {
	return func(y Estimate, _ bool) [2]Estimate { return [2]Estimate{x, y} }
}

// drifting returns blocks of two against two whose level wanders by far more than
// their samples differ.
func drifting(r *rand.Rand, n int, factor float64) (a, b [][]float64) {
	for range n {
		level := math.Exp(0.2 * r.NormFloat64())
		draw := func(scale float64) []float64 {
			return []float64{level * scale * math.Exp(0.03*r.NormFloat64()), level * scale * math.Exp(0.03*r.NormFloat64())}
		}
		a, b = append(a, draw(1)), append(b, draw(factor))
	}
	return a, b
}

// A difference is found through a drift that hides it from a test without blocks,
// its interval covers it, and where there is none, none is found.
func TestBlocksThroughADrift(t *testing.T) {
	const runs = 400
	r := rand.New(rand.NewPCG(1, 2))
	found, hidden, covered, falsely := 0, 0, 0, 0
	for range runs {
		a, b := drifting(r, 10, 1.05)
		if _, p, _ := MannWhitneyBlocks(a, b); p < 0.01 {
			found++
		}
		if _, p, _ := MannWhitney(slices.Concat(a...), slices.Concat(b...)); p >= 0.01 {
			hidden++
		}
		if d, ok := PercentDeltaBlocks(a, b); ok && d.Low <= 5 && 5 <= d.High {
			covered++
		}
		a, b = drifting(r, 10, 1)
		if _, p, _ := MannWhitneyBlocks(a, b); p < 0.05 {
			falsely++
		}
	}
	if found < runs*85/100 || hidden < runs*95/100 {
		t.Errorf("found in %d of %d, hidden from the other test in %d", found, runs, hidden)
	}
	if covered < runs*92/100 { // aims at 95
		t.Errorf("covered by %d of %d intervals", covered, runs)
	}
	if falsely == 0 || falsely > runs*8/100 {
		t.Errorf("%d of %d of the same differ", falsely, runs)
	}
}

func TestIntervalsOfBlocks(t *testing.T) {
	two := func(n int, x ...float64) (all [][]float64) {
		for range n {
			all = append(all, x)
		}
		return all
	}
	if d, ok := ShiftBlocks(two(2, 1, 2), two(2, 3, 4)); ok || d.Value != 2 || !math.IsNaN(d.Low) {
		t.Errorf("two blocks: %+v, %v", d, ok)
	}
	d, ok := ShiftBlocks(two(3, 1, 2), two(3, 3, 4))
	if !ok || d.Value != 2 || d.Low != 1 || d.High != 3 || math.Abs(d.Coverage-(1-8.0/216)) > 1e-12 {
		t.Errorf("three blocks: %+v, %v", d, ok)
	}
	if d, ok := PercentDeltaBlocks(two(10, 6, 6), two(10, 2, 2)); !ok || math.Abs(d.Low+200.0/3) > 1e-9 || d.Low != d.High {
		t.Errorf("exact counts: %+v, %v", d, ok)
	}
	if d, ok := PercentDeltaBlocks(two(10, 0, 6), two(10, 2, 2)); ok || !math.IsNaN(d.Value) {
		t.Errorf("of zero: %+v, %v", d, ok)
	}
	if d, ok := ShiftBlocks(two(3, 1, math.NaN()), two(3, 3, 4)); ok || !math.IsNaN(d.Value) {
		t.Errorf("not finite: %+v, %v", d, ok)
	}
	if d, ok := ShiftBlocks(nil, nil); ok || !math.IsNaN(d.Value) {
		t.Errorf("nothing: %+v, %v", d, ok)
	}
}
