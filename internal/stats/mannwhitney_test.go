package stats

import (
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The values follow from counting the arrangements of the ranks.
func TestMannWhitney(t *testing.T) {
	tests := []struct {
		name string
		a, b []float64
		u, p float64
		err  error
	}{
		// The one most extreme of C(6,3) = 20 arrangements, on either side.
		{"three apart", []float64{1, 2, 3}, []float64{4, 5, 6}, 0, 2.0 / 20, nil},
		{"three apart, swapped", []float64{4, 5, 6}, []float64{1, 2, 3}, 9, 2.0 / 20, nil},
		{"ten apart", upTo(10), []float64{11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, 0, 2.0 / 184756, nil}, // C(20,10)
		{"in the middle", []float64{1, 4}, []float64{2, 3}, 2, 1, nil},
		// 2 and 3 both on the side of three: with 6 of the C(8,3) = 56 choices.
		{"ties and unequal sides", []float64{3, 2, 1}, []float64{1, 1, 1, 1, 1}, 12.5, 2 * 6.0 / 56, nil},
		{"all equal", []float64{5, 5, 5}, []float64{5, 5}, 3, 1, nil},
		{"all equal and many", slices.Repeat([]float64{5}, 60), slices.Repeat([]float64{5}, 60), 1800, 1, nil},
		{"one on each side", []float64{1}, []float64{2}, 0, 1, nil},
		{"none", nil, []float64{1}, nan, nan, ErrNoSamples},
		{"none on the other side", []float64{1}, nil, nan, nan, ErrNoSamples},
		{"not a number", []float64{1, nan}, []float64{1}, nan, nan, ErrNotFinite},
		{"infinite", []float64{1}, []float64{math.Inf(-1)}, nan, nan, ErrNotFinite},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, p, err := MannWhitney(tt.a, tt.b)
			if !same(u, tt.u) || !near(p, tt.p) || !errors.Is(err, tt.err) {
				t.Errorf("MannWhitney = %v, %v, %v; want %v, %v, %v", u, p, err, tt.u, tt.p, tt.err)
			}
		})
	}
}

// countPairs is U by its definition.
func countPairs(a, b []float64) float64 {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	return u
}

// The p-value is the share of all ways to deal the same samples to two sides
// that lie as far out. Ties and sides of unequal size are drawn often.
func TestMannWhitneyAgainstEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 5).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "m")
		values := rapid.SampledFrom([]int{2, 4, 1000}).Draw(t, "values")
		all := make([]float64, n+m)
		for i := range all {
			all[i] = float64(rapid.IntRange(0, values).Draw(t, "sample"))
		}
		want := countPairs(all[:n], all[n:])
		var low, high, deals float64
		for deal := range 1 << (n + m) {
			if bits.OnesCount(uint(deal)) != n {
				continue
			}
			var a, b []float64
			for i, v := range all {
				if deal>>i&1 == 1 {
					a = append(a, v)
				} else {
					b = append(b, v)
				}
			}
			deals++
			u := countPairs(a, b)
			if u <= want {
				low++
			}
			if u >= want {
				high++
			}
		}
		u, p, err := MannWhitney(all[:n], all[n:])
		if wantP := min(2*min(low, high)/deals, 1); u != want || !near(p, wantP) || err != nil {
			t.Fatalf("MannWhitney(%v, %v) = %v, %v, %v; want %v, %v", all[:n], all[n:], u, p, err, want, wantP)
		}
	})
}

// Beyond the exact limits p is that of a normal distribution with mean nm/2 and
// variance nm/12 * (N+1 - sum(t^3-t)/(N(N-1))), with half a step of continuity
// (Lehmann, Nonparametrics, section 1.4), written out here with Erfc.
func TestMannWhitneyOfManySamples(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, tt := range []struct {
		name   string
		n, m   int
		values int // as many different ones, about
	}{
		{"no ties", 60, 80, 1 << 50},
		{"ties", 30, 40, 9},
		{"ties on a small side", 26, 3, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := make([]float64, tt.n), make([]float64, tt.m)
			for i := range a {
				a[i] = float64(r.IntN(tt.values))
			}
			for i := range b {
				b[i] = float64(r.IntN(tt.values)) * 1.1
				if tt.values < 100 {
					b[i] = math.Round(b[i])
				}
			}
			counts := map[float64]float64{}
			for _, v := range slices.Concat(a, b) {
				counts[v]++
			}
			ties := 0.0
			for _, c := range counts {
				ties += c*c*c - c
			}
			n, m, u := float64(tt.n), float64(tt.m), countPairs(a, b)
			variance := n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1)))
			z := (math.Abs(u-n*m/2) - 0.5) / math.Sqrt(variance)
			want := min(math.Erfc(z/math.Sqrt2), 1)
			gotU, p, err := MannWhitney(a, b)
			if gotU != u || math.Abs(p-want) > 1e-9 || err != nil {
				t.Errorf("MannWhitney = %v, %v, %v; want %v, %v", gotU, p, err, u, want)
			}
		})
	}
}

// arrangements counts, for each u, in how many arrangements of n and m samples
// without ties U is u, by the recurrence of Mann and Whitney: the largest sample
// is one of the n, and larger than all m, or one of the m.
func arrangements(n, m int) []float64 {
	table := make([][][]float64, n+1)
	for i := range table {
		table[i] = make([][]float64, m+1)
		for j := range table[i] {
			c := make([]float64, i*j+1)
			if i == 0 || j == 0 {
				c[0] = 1
			} else {
				for u, k := range table[i-1][j] {
					c[u+j] += k
				}
				for u, k := range table[i][j-1] {
					c[u] += k
				}
			}
			table[i][j] = c
		}
	}
	return table[n][m]
}

// rankByCounting is mannWhitneyRank from the counts; whole numbers in float64
// are exact up to 2^53, and close enough beyond.
func rankByCounting(n, m int) (k int, coverage float64) {
	counts := arrangements(n, m)
	all, sum := 0.0, 0.0
	for _, c := range counts {
		all += c
	}
	for u, c := range counts {
		if 40*(sum+c) > all {
			return u, 1 - 2*sum/all
		}
		sum += c
	}
	return len(counts), 0
}

func TestMannWhitneyRank(t *testing.T) {
	t.Run("exact", func(t *testing.T) {
		for n := 1; n <= 20; n++ {
			for m := 1; m <= 20; m++ {
				wantRank, wantCoverage := rankByCounting(n, m)
				if wantRank == 0 {
					wantCoverage = 0
				}
				if k, coverage := mannWhitneyRank(n, m); k != wantRank || !near(coverage, wantCoverage) {
					t.Fatalf("%d against %d: rank %d with coverage %v, want %d with %v", n, m, k, coverage, wantRank, wantCoverage)
				}
			}
		}
	})
	t.Run("normal", func(t *testing.T) {
		for _, n := range []int{51, 60} {
			for _, m := range []int{5, 20, 51} {
				wantRank, wantCoverage := rankByCounting(n, m)
				k, coverage := mannWhitneyRank(n, m)
				if max(k-wantRank, wantRank-k) > 1 || math.Abs(coverage-wantCoverage) > 0.004 {
					t.Errorf("%d against %d: rank %d with coverage %v, counted %d with %v", n, m, k, coverage, wantRank, wantCoverage)
				}
			}
		}
	})
	t.Run("no samples", func(t *testing.T) {
		if k, _ := mannWhitneyRank(0, 60); k != 0 {
			t.Errorf("rank %d, want none", k)
		}
	})
}

// Samples of one distribution differ significantly in about one of twenty
// comparisons; a real difference is found nearly always. The random numbers are
// always the same. For ten against ten the largest p below 0.05 is 0.0433, so
// of 2000 comparisons 87 are expected, with a standard deviation of 9.
func TestMannWhitneyErrorRates(t *testing.T) {
	const trials = 2000
	r := rand.New(rand.NewPCG(5, 6))
	significant := func(shift float64) (count int) {
		a, b := make([]float64, 10), make([]float64, 10)
		for range trials {
			for i := range a {
				a[i], b[i] = r.ExpFloat64(), r.ExpFloat64()+shift
			}
			_, p, err := MannWhitney(a, b)
			if err != nil {
				t.Fatal(err)
			}
			if p < 0.05 {
				count++
			}
		}
		return count
	}
	if n := significant(0); n < 87-4*9 || n > 87+4*9 {
		t.Errorf("same distribution: %d of %d significant, want about 87", n, trials)
	}
	if n := significant(2); n < trials*95/100 {
		t.Errorf("shifted by two standard deviations: %d of %d significant, want nearly all", n, trials)
	}
}

// Sorted, and times what is left: 4*0.005, 3*0.01, 2*0.03, and 1*0.04, which
// must not fall below the one before it.
func TestHolm(t *testing.T) {
	tests := []struct {
		name    string
		p, want []float64
	}{
		{"none", nil, nil},
		{"one", []float64{0.03}, []float64{0.03}},
		{"four", []float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{"at most 1", []float64{0.5, 0.6, 1}, []float64{1, 1, 1}},
		{"equal ones", []float64{0.02, 0.02, 0.02}, []float64{0.06, 0.06, 0.06}},
		{"a test not made", []float64{0.01, nan, 0.02}, []float64{0.02, nan, 0.02}},
		{"zero", []float64{0, 0.5}, []float64{0, 0.5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			given := slices.Clone(tt.p)
			if got := Holm(given); !slices.EqualFunc(got, tt.want, near) {
				t.Errorf("Holm(%v) = %v, want %v", tt.p, got, tt.want)
			}
			if !slices.EqualFunc(given, tt.p, same) {
				t.Error("Holm changed its argument")
			}
		})
	}
}

// Of many families of tests with nothing to find, at most one in twenty has any
// finding: 1000 families of eight, 50 expected at most, bounds four standard
// deviations (of 7) above, and, to see that the test can fail, far more without
// Holm.
func TestHolmKeepsTheFamilyErrorRate(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	adjusted, plain := 0, 0
	for range 1000 {
		p := make([]float64, 8)
		for i := range p {
			p[i] = r.Float64()
		}
		if slices.Min(p) < 0.05 {
			plain++
		}
		if slices.Min(Holm(p)) < 0.05 {
			adjusted++
		}
	}
	if adjusted > 50+4*7 {
		t.Errorf("%d of 1000 families have a finding, want at most about 50", adjusted)
	}
	if plain < 200 {
		t.Errorf("without Holm %d of 1000 families have a finding: the test proves nothing", plain)
	}
}

func BenchmarkMannWhitney(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, bench := range []struct {
		name string
		draw func() float64
	}{
		{"20", r.NormFloat64},
		{"20-ties", func() float64 { return float64(r.IntN(30)) }},
	} {
		x, y := make([]float64, 20), make([]float64, 20)
		for i := range x {
			x[i], y[i] = bench.draw(), bench.draw()
		}
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := MannWhitney(x, y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
