package gate

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// Level is the largest chance of a false alarm that is accepted, for all
// conditions that are judged together.
const Level = 0.05

// Judgement is what the samples of two arms say about a condition.
type Judgement struct {
	// Value is the median of the new samples, and Bound what it was held
	// against: a bound that is relative to the base, at the median of the base
	// samples. They are NaN where nothing was measured.
	Value, Bound float64
	// Holds is whether the condition is true of Value and Bound.
	Holds bool
	// P is the one-sided p-value: the chance of samples that speak as much for
	// the condition if it is not true. It is NaN if the test could not be made.
	P float64
	// Adjusted is P after the correction for several conditions.
	Adjusted float64
	// Significant is whether the condition holds and Adjusted is at most
	// [Level]: for a gate, whether it has failed.
	Significant bool
	// Reason says why the test could not be made, and is "" if it was.
	Reason string
}

// Testable reports whether there were samples enough for a test.
func (j Judgement) Testable() bool { return j.Reason == "" }

// Judge tests the condition on the samples of two arms, as the only one: see
// [JudgeAll] for several. Samples come by the block in which they were taken, and
// are in the unit of the figure's kind. A NaN stands for what was not measured, and
// is left out. An absolute condition ignores base. The samples are not changed.
//
// A bound relative to the base is applied to each base sample, and the test is that
// of [stats.MannWhitneyBlocks] between them and the new samples. Its two-sided p
// is twice the smaller tail; so that of one side is p/2 if the samples lie to
// the side of the condition, and 1-p/2 if they lie to the other or to none.
// Equal samples speak for neither side, so that a count of always 6 is not
// significantly above a base of always 6.
//
// For an absolute bound it is the sign test: with k of n new samples that meet
// the condition, p is P(Bin(n, 1/2) >= k), exactly, whatever the distribution.
// A sample equal to the bound does not meet a strict condition.
//
// In both, >= is > with the next smaller bound, and <= is < with the next
// larger one: what is equal to the bound speaks for the condition.
//
// Too few samples for an interval in [stats.ShiftBlocks], or [stats.MedianInterval]
// for an absolute bound, are too few here as well: a gate is not surer than the
// table beside it.
func (e *Expr) Judge(base, fresh [][]float64) Judgement {
	return adjust([]Judgement{e.judge(base, fresh)})[0]
}

// JudgeAll is [Expr.Judge] for conditions that decide together, such as all
// gates of one comparison: P is adjusted by the method of Holm, among those that
// could be tested, so that the chance of even one false alarm is at most [Level].
// samples returns those of a figure by its name, none if it was not measured.
func JudgeAll(all []*Expr, samples func(figure string) (base, fresh [][]float64)) []Judgement {
	judged := make([]Judgement, len(all))
	for i, e := range all {
		judged[i] = e.judge(samples(e.figure))
	}
	return adjust(judged)
}

// adjust fills in what depends on how many conditions are judged together, and
// returns the same slice.
func adjust(all []Judgement) []Judgement {
	p := make([]float64, len(all))
	for i, j := range all {
		p[i] = j.P
	}
	adjusted := stats.Holm(p)
	for i := range all {
		j := &all[i]
		j.Adjusted = adjusted[i]
		// Ties and odd shapes can make ranks differ where medians do not. A
		// failure that reads "5 > 5" would convince nobody.
		j.Significant = j.Holds && j.Adjusted <= Level
	}
	return all
}

// judge returns a judgement without what adjust fills in.
func (e *Expr) judge(base, fresh [][]float64) Judgement {
	base, fresh = measured(base), measured(fresh)
	j := Judgement{Value: stats.Median(slices.Concat(fresh...)), Bound: e.bound.at(stats.Median(slices.Concat(base...)))}
	j.Holds = e.op.holds(j.Value, j.Bound)
	var err error
	if e.bound.base {
		j.P, err = e.testBase(base, fresh)
	} else {
		j.P, err = e.testAbsolute(slices.Concat(fresh...))
	}
	if err != nil {
		j.P, j.Reason = math.NaN(), err.Error()
	}
	return j
}

// measured returns x without NaN.
func measured(blocks [][]float64) [][]float64 {
	all := make([][]float64, len(blocks))
	for i, x := range blocks {
		all[i] = slices.DeleteFunc(slices.Clone(x), math.IsNaN)
	}
	return all
}

// The reasons why a condition cannot be tested.
var (
	errNoBase    = errors.New("not measured in the base arm")
	errNoNew     = errors.New("not measured in the new arm")
	errNotFinite = errors.New("a sample is infinite")
)

// inclusive returns the bound whose strict comparison is the one wanted.
func (o operator) inclusive(bound float64) float64 {
	switch {
	case !o.orEqual:
		return bound
	case o.greater:
		return math.Nextafter(bound, math.Inf(-1))
	default:
		return math.Nextafter(bound, math.Inf(1))
	}
}

// testBase returns the one-sided p of fresh against the bounds that the base
// samples give.
func (e *Expr) testBase(base, fresh [][]float64) (p float64, err error) {
	n, m := len(slices.Concat(base...)), len(slices.Concat(fresh...))
	switch {
	case n == 0:
		return 0, errNoBase
	case m == 0:
		return 0, errNoNew
	}
	bounds := make([][]float64, len(base))
	pairs := 0
	for i, block := range base {
		for _, b := range block {
			bounds[i] = append(bounds[i], e.op.inclusive(e.bound.at(b)))
		}
		if i < len(fresh) {
			pairs += len(block) * len(fresh[i])
		}
	}
	tooFew := fmt.Errorf("too few samples: %d in the base arm, %d in the new one", n, m)
	u, p, err := stats.MannWhitneyBlocks(fresh, bounds)
	switch {
	case errors.Is(err, stats.ErrNoSamples):
		return 0, tooFew
	case err != nil:
		return 0, errNotFinite
	}
	if _, ok := stats.ShiftBlocks(bounds, fresh); !ok {
		return 0, tooFew
	}
	// u counts the pairs in which the new sample is the larger one. With ties and
	// arms of unequal size, u can be just beyond its middle while the smaller tail
	// is the other one; p is far from any level there, and stays so.
	towards := u - float64(pairs)/2
	if !e.op.greater {
		towards = -towards
	}
	if towards > 0 {
		return p / 2, nil
	}
	return 1 - p/2, nil
}

// testAbsolute returns the p of the sign test of fresh against the bound.
func (e *Expr) testAbsolute(fresh []float64) (p float64, err error) {
	switch _, ok := stats.MedianInterval(fresh); {
	case len(fresh) == 0:
		return 0, errNoNew
	case slices.ContainsFunc(fresh, func(v float64) bool { return math.IsInf(v, 0) }):
		return 0, errNotFinite
	case !ok:
		return 0, fmt.Errorf("too few samples: %d in the new arm", len(fresh))
	}
	met := 0
	for _, v := range fresh {
		if e.op.holds(v, e.bound.add) {
			met++
		}
	}
	return binomialTail(len(fresh), met), nil
}

// binomialTail returns P(Bin(n, 1/2) >= k).
func binomialTail(n, k int) float64 {
	logFactorial := func(i int) float64 {
		v, _ := math.Lgamma(float64(i) + 1)
		return v
	}
	sum := 0.0
	for i := k; i <= n; i++ {
		sum += math.Exp(logFactorial(n) - logFactorial(i) - logFactorial(n-i) - float64(n)*math.Ln2)
	}
	return min(sum, 1)
}
