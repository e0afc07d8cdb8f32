package stats

import (
	"iter"
	"math"
	"slices"
)

// Samples that were taken in blocks, some of either side in each, can be compared
// within blocks only: what changes from block to block then weighs on both sides
// alike. The i-th slices of two sides are those of the i-th block. A block that
// lacks a side says nothing.
//
// Blocks are small: what is counted out below doubles with each sample of one.

// sides returns both sides of each block that both may have.
func sides(a, b [][]float64) iter.Seq2[[]float64, []float64] {
	return func(yield func(x, y []float64) bool) {
		for i, x := range a {
			if i == len(b) || !yield(x, b[i]) {
				return
			}
		}
	}
}

// MannWhitneyBlocks tests whether samples of one side tend to be larger than those of
// the other in their blocks: U is the sum of that of [MannWhitney] over all blocks
// (van Elteren, 1960, with equal weights). p is exact, also with ties: it is the
// probability of a U at least as far to its side if the sides of the samples of each
// block were drawn anew, times two for the sides, and at most 1. The errors are
// [ErrNoSamples] and [ErrNotFinite]; then u and p are NaN.
func MannWhitneyBlocks(a, b [][]float64) (u, p float64, err error) {
	dist := []float64{1} // of twice the sum, which is whole with ties too
	twice := 0
	for x, y := range sides(a, b) {
		if !finite(x) || !finite(y) {
			return math.NaN(), math.NaN(), ErrNotFinite
		}
		if len(x) == 0 || len(y) == 0 {
			continue
		}
		twice += int(2 * uStatistic(x, y))
		dist = convolve(dist, blockDistribution(x, y))
	}
	if len(dist) == 1 {
		return math.NaN(), math.NaN(), ErrNoSamples
	}
	low, high := 0.0, 0.0
	for v, q := range dist {
		if v <= twice {
			low += q
		}
		if v >= twice {
			high += q
		}
	}
	return float64(twice) / 2, min(2*min(low, high), 1), nil
}

// blockDistribution returns the probability of each value of twice U if the sides of
// the samples are drawn anew.
func blockDistribution(a, b []float64) []float64 {
	all := slices.Concat(a, b)
	dist := make([]float64, 2*len(a)*len(b)+1)
	side := make([]float64, 0, len(all))
	other := make([]float64, 0, len(all))
	ways := 0
	for drawn := range 1 << len(all) {
		side, other = side[:0], other[:0]
		for i, v := range all {
			if drawn>>i&1 == 1 {
				side = append(side, v)
			} else {
				other = append(other, v)
			}
		}
		if len(side) == len(a) {
			dist[int(2*uStatistic(side, other))]++
			ways++
		}
	}
	for i := range dist {
		dist[i] /= float64(ways)
	}
	return dist
}

// convolve returns the distribution of a sum.
func convolve(a, b []float64) []float64 {
	sum := make([]float64, len(a)+len(b)-1)
	for i, p := range a {
		for j, q := range b {
			sum[i+j] += p * q
		}
	}
	return sum
}

// ShiftBlocks is [Shift] within blocks: the median of all differences between a
// sample of b and one of a in the same block, with the interval that belongs to the
// test of [MannWhitneyBlocks]. It reports false, with NaN for the ends, with too few
// samples (three blocks of two against two are enough, two are not).
func ShiftBlocks(a, b [][]float64) (Estimate, bool) {
	return pairwiseBlocks(a, b, func(x, y float64) float64 { return y - x })
}

// PercentDeltaBlocks is [PercentDelta] within blocks.
func PercentDeltaBlocks(a, b [][]float64) (Estimate, bool) {
	for x, y := range sides(a, b) {
		if len(x) > 0 && !(slices.Min(x) > 0) || len(y) > 0 && !(slices.Min(y) >= 0) {
			return unknown(math.NaN()), false
		}
	}
	return pairwiseBlocks(a, b, func(x, y float64) float64 { return 100 * (y/x - 1) })
}

func pairwiseBlocks(a, b [][]float64, f func(x, y float64) float64) (Estimate, bool) {
	var all []float64
	dist := []float64{1} // of the number of pairs in which b is larger, if nothing is tied
	for side, other := range sides(a, b) {
		if !finite(side) || !finite(other) {
			return unknown(math.NaN()), false
		}
		for _, x := range side {
			for _, y := range other {
				all = append(all, f(x, y))
			}
		}
		if n, m := len(side), len(other); n > 0 && m > 0 {
			dist = convolve(dist, untied(n, m))
		}
	}
	slices.Sort(all)
	k, below := 0, 0.0
	for k < len(all)/2 && 2*(below+dist[k]) <= 1-Confidence {
		below += dist[k]
		k++
	}
	if k == 0 {
		return unknown(medianOf(all)), false
	}
	return Estimate{Value: medianOf(all), Low: all[k-1], High: all[len(all)-k], Coverage: 1 - 2*below}, true
}

// untied returns the probability of each value of U for n against m samples that all
// differ.
func untied(n, m int) []float64 {
	ranks := make([]float64, n+m)
	for i := range ranks {
		ranks[i] = float64(i)
	}
	twice := blockDistribution(ranks[:n], ranks[n:])
	dist := make([]float64, n*m+1)
	for u := range dist {
		dist[u] = twice[2*u]
	}
	return dist
}
