package stats

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"sort"

	moremath "github.com/aclements/go-moremath/stats"
)

// The errors of [MannWhitney].
var (
	ErrNoSamples = errors.New("stats: no samples on one side, need at least one on each")
	ErrNotFinite = errors.New("stats: a sample is not a finite number")
)

// Up to so many samples on the larger side the distribution of U is counted out;
// beyond, it is taken for normal. Ties make counting dearer: at its limit each
// takes a few milliseconds.
const (
	exactLimit     = 50
	exactTiesLimit = 25
)

// MannWhitney tests whether samples of one side tend to be larger than those of
// the other (Mann and Whitney, 1947), and assumes no distribution. u counts the
// pairs in which the sample of a is larger, ties half. p is the probability, if
// both come from one distribution, of a u that is at least as far to its side,
// times two for the sides, and at most 1. If all samples are equal, p is 1.
//
// p is exact up to 50 samples a side, or 25 if some are tied; beyond, it is that
// of the normal distribution, corrected for ties and continuity. The errors are
// [ErrNoSamples] and [ErrNotFinite]; then u and p are NaN.
func MannWhitney(a, b []float64) (u, p float64, err error) {
	n, m := len(a), len(b)
	switch {
	case n == 0 || m == 0:
		return math.NaN(), math.NaN(), ErrNoSamples
	case !finite(a) || !finite(b):
		return math.NaN(), math.NaN(), ErrNotFinite
	}
	ties := tieCounts(a, b)
	u = uStatistic(a, b)
	limit := exactTiesLimit
	if len(ties) == n+m {
		ties, limit = nil, exactLimit
	}
	switch {
	case len(ties) == 1:
		return u, 1, nil
	case max(n, m) > limit:
		r, err := moremath.MannWhitneyUTest(a, b, moremath.LocationDiffers)
		if err != nil {
			return math.NaN(), math.NaN(), err
		}
		return u, min(r.P, 1), nil
	}
	// Each tail from the distribution of its own side: with ties and sides of
	// unequal size the distribution is not symmetric, and MannWhitneyUTest,
	// which takes it to be, returns a wrong p.
	low := moremath.UDist{N1: n, N2: m, T: ties}.CDF(u)
	high := moremath.UDist{N1: m, N2: n, T: ties}.CDF(float64(n*m) - u)
	return u, min(2*min(low, high), 1), nil
}

// uStatistic returns the number of pairs in which the sample of a is larger than
// that of b, ties half.
func uStatistic(a, b []float64) float64 {
	sorted := slices.Clone(b)
	slices.Sort(sorted)
	var twice int
	for _, v := range a {
		below := sort.SearchFloat64s(sorted, v)
		upTo := sort.Search(len(sorted), func(i int) bool { return sorted[i] > v })
		twice += below + upTo
	}
	return float64(twice) / 2
}

// tieCounts returns how often each value occurs among a and b, in the order of
// the values.
func tieCounts(a, b []float64) []int {
	all := slices.Concat(a, b)
	slices.Sort(all)
	var counts []int
	for i, v := range all {
		if i == 0 || v != all[i-1] {
			counts = append(counts, 0)
		}
		counts[len(counts)-1]++
	}
	return counts
}

// mannWhitneyRank returns the largest k with P(U < k) <= (1-Confidence)/2 for n
// against m samples from one continuous distribution, and the coverage
// 1-2*P(U < k) of the interval between the k-th smallest and the k-th largest
// difference. k is 0 if there is none.
func mannWhitneyRank(n, m int) (k int, coverage float64) {
	below := func(k int) float64 { // P(U < k)
		return moremath.UDist{N1: n, N2: m}.CDF(float64(k - 1))
	}
	if max(n, m) > exactLimit {
		pairs := float64(n) * float64(m)
		u := moremath.NormalDist{Mu: pairs / 2, Sigma: math.Sqrt(pairs * float64(n+m+1) / 12)}
		below = func(k int) float64 { return u.CDF(float64(k) - 0.5) }
	}
	// No k over the middle keeps the confidence, so that of all k from 1 on the
	// first to break it comes before.
	k = sort.Search(n*m/2, func(i int) bool { return 2*below(i+1) > 1-Confidence })
	if k == 0 {
		return 0, 0
	}
	return k, 1 - 2*below(k)
}

// Holm adjusts the p-values of several tests made at once (Holm, 1979): with the
// result at or below a level, the chance that even one true null hypothesis is
// rejected is at most that level. The order is that of p, which is not changed.
// A NaN stands for a test that was not made: it stays, and is not counted.
func Holm(p []float64) []float64 {
	adjusted := slices.Clone(p)
	order := make([]int, 0, len(p))
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	floor := 0.0
	for rank, i := range order {
		floor = max(floor, min(p[i]*float64(len(order)-rank), 1))
		adjusted[i] = floor
	}
	return adjusted
}
