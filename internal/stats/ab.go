package stats

import (
	"math"
	"slices"
)

// Confidence is what the intervals of this package aim at: they cover the true
// value with at least this probability.
const Confidence = 0.95

// Estimate is a value with its interval. Ends are samples, or differences or
// ratios of samples; no distribution is assumed.
type Estimate struct {
	Value     float64
	Low, High float64 // both ends included
	// Coverage is the probability with which the interval covers the true
	// value, at least Confidence. The steps between order statistics rarely
	// hit 0.95. With tied samples it is a lower limit.
	Coverage float64
}

// Median returns the middle sample, or the mean of the two in the middle. It is
// NaN without samples and if a sample is NaN. It does not change x.
func Median(x []float64) float64 {
	if slices.ContainsFunc(x, math.IsNaN) {
		return math.NaN()
	}
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	return medianOf(sorted)
}

// medianOf returns the median of samples in order.
func medianOf(sorted []float64) float64 {
	n := len(sorted)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return sorted[n/2]
	default:
		// Halved first: the sum of two large samples is not finite.
		return sorted[n/2-1]/2 + sorted[n/2]/2
	}
}

// MedianInterval returns the median of x with the interval between the k-th
// smallest and the k-th largest sample: k is the largest for which at least
// [Confidence] is kept. The number of samples below the true median is binomial
// with p = 1/2, whatever the distribution, so the coverage is exactly
// 1-2*P(Bin(n, 1/2) < k) for a continuous one (David and Nagaraja, Order
// Statistics, 3rd ed., section 7.1).
//
// It reports false, with NaN for the ends, for fewer than six samples, whose
// whole range covers too little; and, with NaN for the value too, if a sample
// is not finite.
func MedianInterval(x []float64) (Estimate, bool) {
	if !finite(x) {
		return unknown(math.NaN()), false
	}
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	k, coverage := binomialRank(len(sorted))
	if k == 0 {
		return unknown(medianOf(sorted)), false
	}
	return Estimate{
		Value: medianOf(sorted),
		Low:   sorted[k-1], High: sorted[len(sorted)-k],
		Coverage: coverage,
	}, true
}

// binomialRank returns the largest k with P(Bin(n, 1/2) < k) <= (1-Confidence)/2,
// and the coverage 1-2*P. k is 0 if there is none.
func binomialRank(n int) (k int, coverage float64) {
	tail := 0.0 // P(Bin < k)
	for k < n {
		next := tail + math.Exp(logChoose(n, k)-float64(n)*math.Ln2)
		if 2*next > 1-Confidence {
			break
		}
		tail = next
		k++
	}
	return k, 1 - 2*tail
}

// logChoose returns the logarithm of the binomial coefficient n over k.
func logChoose(n, k int) float64 {
	lg := func(x int) float64 {
		v, _ := math.Lgamma(float64(x) + 1)
		return v
	}
	return lg(n) - lg(k) - lg(n-k)
}

// Shift returns by how much the samples of b are larger than those of a, in
// their unit: the median of all differences between one of b and one of a, which
// is the estimator of Hodges and Lehmann (1963), with the interval of Moses that
// belongs to the test of [MannWhitney]. It holds for distributions of the same
// shape. It takes memory for len(a)*len(b) values.
//
// It reports false, with NaN for the ends, with too few samples (four against
// four are enough, three against three are not), and, with NaN for the value too, without
// samples or if one is not finite.
func Shift(a, b []float64) (Estimate, bool) {
	return pairwise(a, b, func(x, y float64) float64 { return y - x })
}

// PercentDelta returns by how many percent the samples of b are larger than
// those of a: 100 is twice as large, -100 is zero. It is the median of all
// ratios between one of b and one of a, less one, with an interval as that of
// [Shift]. It holds for distributions that differ by a factor.
//
// It reports false as Shift does, and, with NaN everywhere, if a sample of a is
// not above zero or one of b is below it: then there is no percentage.
func PercentDelta(a, b []float64) (Estimate, bool) {
	if len(a) > 0 && !(slices.Min(a) > 0) || len(b) > 0 && !(slices.Min(b) >= 0) {
		return unknown(math.NaN()), false
	}
	return pairwise(a, b, func(x, y float64) float64 { return 100 * (y/x - 1) })
}

// pairwise estimates from the median and the order statistics of f over all
// pairs. f must grow in its second argument and fall in its first.
func pairwise(a, b []float64, f func(x, y float64) float64) (Estimate, bool) {
	if !finite(a) || !finite(b) {
		return unknown(math.NaN()), false
	}
	all := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			all = append(all, f(x, y))
		}
	}
	slices.Sort(all)
	k, coverage := mannWhitneyRank(len(a), len(b))
	if k == 0 {
		return unknown(medianOf(all)), false
	}
	return Estimate{
		Value: medianOf(all),
		Low:   all[k-1], High: all[len(all)-k],
		Coverage: coverage,
	}, true
}

// unknown returns an estimate that has no interval.
func unknown(value float64) Estimate {
	return Estimate{Value: value, Low: math.NaN(), High: math.NaN()}
}

// finite reports whether all samples are finite numbers.
func finite(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}
