package stats

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		name string
		x    []float64
		want float64
	}{
		{"none", nil, math.NaN()},
		{"one", []float64{7}, 7},
		{"two", []float64{10, 4}, 7},
		{"three in disorder", []float64{9, -1, 3}, 3},
		{"four", []float64{4, 1, 3, 2}, 2.5},
		{"an infinity at the end", []float64{math.Inf(1), 1, 2}, 2},
		{"not a number", []float64{1, math.NaN(), 2}, math.NaN()},
		{"two whose sum is too large", []float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			given := slices.Clone(tt.x)
			if got := Median(given); !same(got, tt.want) {
				t.Errorf("Median = %v, want %v", got, tt.want)
			}
			for i := range given {
				if !same(given[i], tt.x[i]) {
					t.Fatal("Median changed its argument")
				}
			}
		})
	}
}

// same compares numbers; NaN is the same as NaN.
func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func near(a, b float64) bool { return same(a, b) || math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

func sameEstimate(a, b Estimate) bool {
	return near(a.Value, b.Value) && near(a.Low, b.Low) && near(a.High, b.High) && near(a.Coverage, b.Coverage)
}

var nan = math.NaN()

// upTo returns 1, 2, ... n as samples.
func upTo(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i + 1)
	}
	return x
}

// The samples 1 to n show the ranks that the interval ends at. The coverages are
// 1-2*(C(n,0)+...+C(n,k-1))/2^n, worked out by hand:
//
//	n=5   k=1: 1-2*1/32 = 0.9375, too little
//	n=6   k=1: 1-2*1/64
//	n=9   k=2: 1-2*(1+9)/512;    k=3 leaves 1-2*46/512 = 0.82
//	n=10  k=2: 1-2*(1+10)/1024;  k=3 leaves 1-2*56/1024 = 0.89
//	n=20  k=6: 1-2*(1+20+190+1140+4845+15504)/2^20;  k=7 leaves 0.885
func TestMedianInterval(t *testing.T) {
	tests := []struct {
		name string
		x    []float64
		want Estimate
		ok   bool
	}{
		{"none", nil, Estimate{nan, nan, nan, 0}, false},
		{"five", upTo(5), Estimate{3, nan, nan, 0}, false},
		{"six", upTo(6), Estimate{3.5, 1, 6, 1 - 2.0/64}, true},
		{"nine", upTo(9), Estimate{5, 2, 8, 1 - 20.0/512}, true},
		{"ten", upTo(10), Estimate{5.5, 2, 9, 1 - 22.0/1024}, true},
		{"twenty", upTo(20), Estimate{10.5, 6, 15, 1 - 2*21700.0/(1<<20)}, true},
		{"in disorder", []float64{6, 1, 5, 2, 4, 3}, Estimate{3.5, 1, 6, 1 - 2.0/64}, true},
		{"all equal", []float64{2, 2, 2, 2, 2, 2}, Estimate{2, 2, 2, 1 - 2.0/64}, true},
		{"infinite", []float64{1, 2, 3, 4, 5, math.Inf(1)}, Estimate{nan, nan, nan, 0}, false},
		{"not a number", []float64{1, 2, 3, 4, 5, nan}, Estimate{nan, nan, nan, 0}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := MedianInterval(tt.x)
			if ok != tt.ok || !sameEstimate(got, tt.want) {
				t.Errorf("MedianInterval = %+v, %v; want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// The ranks and coverages are those of the binomial distribution in whole
// numbers.
func TestBinomialRank(t *testing.T) {
	for n := 1; n <= 400; n++ {
		// 40*sum <= 2^n says sum/2^n <= 0.025 without rounding.
		all := new(big.Int).Lsh(big.NewInt(1), uint(n))
		sum, wantRank := new(big.Int), 0
		for k := range n {
			next := new(big.Int).Add(sum, new(big.Int).Binomial(int64(n), int64(k)))
			if new(big.Int).Mul(next, big.NewInt(40)).Cmp(all) > 0 {
				break
			}
			sum, wantRank = next, k+1
		}
		tail, _ := new(big.Rat).SetFrac(sum, all).Float64()
		k, coverage := binomialRank(n)
		if k != wantRank || !near(coverage, 1-2*tail) {
			t.Fatalf("n=%d: rank %d with coverage %v, want %d with %v", n, k, coverage, wantRank, 1-2*tail)
		}
	}
}

// The differences of {1,5,9,13} and {102,106,110,114} are 101+4i, for i from -3
// to 3, as often as 1, 2, 3, 4, 3, 2, 1 times. For four against four, P(U < 1) =
// 1/70 and P(U < 2) = 2/70, of which twice is too much: k is 1, and the interval
// the whole range.
//
// For five against five, P(U < 3) = (1+1+2)/252 and P(U < 4) = 7/252: k is 3. The
// ratios of {10,20,40,80,160} and one and a half times as much are 1.5*2^i, for i
// from -4 to 4; the third from below is 1.5/8 and the third from above 1.5*8.
func TestShiftAndPercentDelta(t *testing.T) {
	four, four101 := []float64{13, 1, 9, 5}, []float64{102, 106, 114, 110}
	five, half := []float64{10, 20, 40, 80, 160}, []float64{15, 30, 60, 120, 240}
	none, noEnds := Estimate{nan, nan, nan, 0}, func(v float64) Estimate { return Estimate{v, nan, nan, 0} }
	tests := []struct {
		name string
		f    func(a, b []float64) (Estimate, bool)
		a, b []float64
		want Estimate
		ok   bool
	}{
		{"shift of four", Shift, four, four101, Estimate{101, 89, 113, 1 - 2.0/70}, true},
		{"shift back", Shift, four101, four, Estimate{-101, -113, -89, 1 - 2.0/70}, true},
		{"three are too few for ends", Shift, []float64{1, 2, 3}, []float64{11, 12, 13}, noEnds(10), false},
		{"shift of none", Shift, nil, four, none, false},
		{"shift to none", Shift, four, nil, none, false},
		{"shift of not a number", Shift, []float64{1, 2, 3, nan}, four, none, false},
		{"shift to infinity", Shift, four, []float64{1, 2, 3, math.Inf(1)}, none, false},
		{"percent of five", PercentDelta, five, half, Estimate{50, -81.25, 1100, 1 - 8.0/252}, true},
		{"to nothing", PercentDelta, four, []float64{0, 0, 0, 0}, Estimate{-100, -100, -100, 1 - 2.0/70}, true},
		{"no change", PercentDelta, []float64{6, 6, 6, 6}, []float64{6, 6, 6, 6}, Estimate{0, 0, 0, 1 - 2.0/70}, true},
		{"from nothing", PercentDelta, []float64{0, 1, 2, 3}, four, none, false},
		{"to less than nothing", PercentDelta, four, []float64{-1, 1, 2, 3}, none, false},
		{"from not a number", PercentDelta, []float64{nan, 1, 2, 3}, four, none, false},
		{"to not a number", PercentDelta, four, []float64{nan, 1, 2, 3}, none, false},
		{"percent of none", PercentDelta, nil, four, none, false},
		{"two are too few for ends", PercentDelta, []float64{1, 1}, []float64{2, 2}, noEnds(100), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.f(tt.a, tt.b)
			if ok != tt.ok || !sameEstimate(got, tt.want) {
				t.Errorf("got %+v, %v; want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// Swapping the sides turns the difference around; adding a constant to one side
// adds it to the difference.
func TestShiftProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(rapid.Map(rapid.IntRange(-50, 50), func(i int) float64 { return float64(i) }), 4, 12)
		a, b := samples.Draw(t, "a"), samples.Draw(t, "b")
		e, ok := Shift(a, b)
		if !ok || !(e.Low <= e.Value && e.Value <= e.High) || e.Coverage < Confidence {
			t.Fatalf("Shift = %+v, %v", e, ok)
		}
		back, _ := Shift(b, a)
		if want := (Estimate{-e.Value, -e.High, -e.Low, e.Coverage}); !sameEstimate(back, want) {
			t.Fatalf("swapped: %+v, want %+v", back, want)
		}
		moved := slices.Clone(b)
		for i := range moved {
			moved[i] += 1000
		}
		up, _ := Shift(a, moved)
		if want := (Estimate{e.Value + 1000, e.Low + 1000, e.High + 1000, e.Coverage}); !sameEstimate(up, want) {
			t.Fatalf("moved by 1000: %+v, want %+v", up, want)
		}
	})
}

// The intervals cover the truth as often as they say. With 4000 trials the
// observed share strays from the true one by a standard deviation of 0.0035 at
// most; the bounds are four of them, and the random numbers always the same.
func TestIntervalsCoverTheTruth(t *testing.T) {
	const trials, slack = 4000, 0.014
	draw := func(r *rand.Rand, n int, f func(x float64) float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = f(r.ExpFloat64()) // skewed, as times are
		}
		return x
	}
	asIs := func(x float64) float64 { return x }
	tests := []struct {
		name     string
		truth    float64
		interval func(r *rand.Rand) (Estimate, bool)
	}{
		{"median", math.Ln2, func(r *rand.Rand) (Estimate, bool) { return MedianInterval(draw(r, 11, asIs)) }},
		{"shift", 3, func(r *rand.Rand) (Estimate, bool) {
			return Shift(draw(r, 9, asIs), draw(r, 6, func(x float64) float64 { return x + 3 }))
		}},
		{"percent", -30, func(r *rand.Rand) (Estimate, bool) {
			return PercentDelta(draw(r, 7, asIs), draw(r, 10, func(x float64) float64 { return 0.7 * x }))
		}},
		{"shift, by the normal distribution", 3, func(r *rand.Rand) (Estimate, bool) {
			return Shift(draw(r, 60, asIs), draw(r, 5, func(x float64) float64 { return x + 3 }))
		}},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			covered, said := 0, 0.0
			for range trials {
				e, ok := tt.interval(r)
				if !ok {
					t.Fatal("no interval")
				}
				said = e.Coverage
				if e.Low <= tt.truth && tt.truth <= e.High {
					covered++
				}
			}
			if share := float64(covered) / trials; math.Abs(share-said) > slack {
				t.Errorf("%.4f of the intervals cover the truth, they claim %.4f", share, said)
			}
		})
	}
}

func BenchmarkShift(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float64, 20), make([]float64, 20)
	for i := range x {
		x[i], y[i] = r.NormFloat64(), r.NormFloat64()
	}
	b.ReportAllocs()
	for b.Loop() {
		Shift(x, y)
	}
}
