package load

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// ComparisonSchema names the JSON form of a [Comparison]. Fields may be added under
// the same name; none is removed or changes its meaning.
const ComparisonSchema = "sagetop.compare/1"

// Significance is the level below which a difference counts.
const Significance = 1 - stats.Confidence

// maxInvalid is the share of an arm's slices that may be invalid. With more there
// is no verdict.
const maxInvalid = 0.2

// Comparison is what one arm of an experiment is against another, by their valid
// slices.
type Comparison struct {
	Base, New ArmResult
	// Slices is how many of each arm were to be counted.
	Slices int
	Slice  time.Duration
	// Metrics are those of [Metrics], in that order.
	Metrics []MetricResult
	// Verdict says that there is enough to judge by. Why says why not, "" if so.
	Verdict bool
	Why     string
	// Partial says that the experiment was ended before its time.
	Partial bool
	Elapsed time.Duration
}

// ArmResult is what became of an arm's slices.
type ArmResult struct {
	Arm
	Measured int // counted slices, valid or not
	Valid    int
	// Reasons are those for which slices were not valid, each once.
	Reasons []string
	// Shortfalls are the same by kind, the most frequent first.
	Shortfalls []Shortfall
	// Slices are the counted slices, by their number.
	Slices []SliceRecord
}

// SliceRecord is what an [ArmResult] keeps of a slice.
type SliceRecord struct {
	Turn     int // counts all slices of the experiment, warm-ups included, from 0
	Block    int // see [Blocks]
	Valid    bool
	Reasons  []string // why it is not
	Sessions uint64
	Offered  float64
}

// MetricResult is what a comparison says of one metric.
type MetricResult struct {
	Metric
	Base, New Samples
	// Delta is by how much the new arm is larger, in the metric's unit, and
	// DeltaPercent by how many percent: NaN where there is no percentage, as of
	// what is 0 in the base arm. Both are within blocks, see [stats.ShiftBlocks] and
	// [stats.PercentDeltaBlocks], so they need not be the differences of the medians.
	Delta, DeltaPercent stats.Estimate
	// P is that of [stats.MannWhitneyBlocks]; NaN if an arm has too few figures.
	// Adjusted is P corrected for the number of metrics by [stats.Holm].
	P, Adjusted float64
	// Significant says that Adjusted is below [Significance] and there is a verdict.
	Significant bool
	// Exact says that the figure comes from counts and was the same in every slice
	// of an arm.
	Exact bool
}

// Better tells whether the new arm is significantly better (1), significantly
// worse (-1), or neither.
func (m *MetricResult) Better() int {
	switch {
	case !m.Significant || m.Delta.Value == 0:
		return 0
	case (m.Delta.Value > 0) == (m.Metric.Better == Higher):
		return 1
	}
	return -1
}

// Samples are the figures of an arm's valid slices, with their median and its 95 %
// interval, whose ends are NaN for fewer than six.
type Samples struct {
	stats.Estimate
	Values []float64
	// Blocks are the same by block of the experiment: see [Blocks].
	Blocks [][]float64
}

// enough is how many slices must have a figure for it to be compared, where a
// slice may have none.
const enough = 6

// Compare compares two arms, by their index.
func (r *Results) Compare(base, other int) Comparison {
	a, b := r.Of(base), r.Of(other)
	c := Comparison{
		Base: armResult(r.Plan.Arms[base], a), New: armResult(r.Plan.Arms[other], b),
		Slices: r.Plan.Slices, Slice: r.Plan.Slice, Partial: r.Partial, Elapsed: r.Elapsed,
	}
	c.Why = c.noVerdict()
	c.Verdict = c.Why == ""
	p := make([]float64, len(metrics))
	for i, m := range metrics {
		c.Metrics = append(c.Metrics, compareMetric(m, a, b))
		p[i] = c.Metrics[i].P
	}
	for i, adjusted := range stats.Holm(p) {
		m := &c.Metrics[i]
		m.Adjusted = adjusted
		m.Significant = c.Verdict && adjusted < Significance // false for NaN
	}
	return c
}

// Metric returns what is said of the metric of that name, which must exist.
func (c *Comparison) Metric(name string) *MetricResult {
	for i := range c.Metrics {
		if c.Metrics[i].Name == name {
			return &c.Metrics[i]
		}
	}
	panic("load: no metric " + name)
}

func armResult(arm Arm, all []Slice) ArmResult {
	r := ArmResult{Arm: arm, Measured: len(all), Shortfalls: shortfallsOf(all)}
	said := make(map[string]bool)
	for i := range all {
		s := &all[i]
		r.Slices = append(r.Slices, SliceRecord{s.Turn, blockOf(s), s.Valid, s.Reasons, s.Sessions, s.Offered})
		if s.Valid {
			r.Valid++
		}
		for _, why := range s.Reasons {
			if !said[why] {
				said[why] = true
				r.Reasons = append(r.Reasons, why)
			}
		}
	}
	return r
}

// noVerdict says why there is none, "" if there is one.
func (c *Comparison) noVerdict() string {
	for _, a := range []*ArmResult{&c.Base, &c.New} {
		if bad := a.Measured - a.Valid; float64(bad) > maxInvalid*float64(a.Measured) {
			return fmt.Sprintf("%d of %d slices of %s are not valid: %s", bad, a.Measured, a.Name, a.NotValid())
		}
	}
	switch {
	case c.Partial:
		return "stopped early: when to stop must not depend on what is seen"
	case c.Slices < MinSlices:
		return fmt.Sprintf("%d slices of each arm; a verdict needs %d", c.Slices, MinSlices)
	}
	return ""
}

// Blocks returns the figures of an arm's valid slices by block of the experiment: two
// a block, fewer where slices were not valid or have no figure. Figures are to be
// compared within their blocks: the machine changes more from one to the next than
// many an optimization brings.
func Blocks(all []Slice, figure func(*Slice) float64) [][]float64 {
	var blocks [][]float64
	for i := range all {
		s := &all[i]
		block := blockOf(s)
		for block >= len(blocks) {
			blocks = append(blocks, nil)
		}
		if v := figure(s); s.Valid && !math.IsNaN(v) {
			blocks[block] = append(blocks[block], v)
		}
	}
	return blocks
}

func blockOf(s *Slice) int { return s.Number / 2 }

func samples(m Metric, all []Slice) Samples {
	blocks := Blocks(all, m.Of)
	values := slices.Concat(blocks...)
	e, _ := stats.MedianInterval(values) // NaN says what it does not know
	return Samples{e, values, blocks}
}

func compareMetric(m Metric, a, b []Slice) MetricResult {
	base, other := samples(m, a), samples(m, b)
	r := MetricResult{Metric: m, Base: base, New: other, P: math.NaN(), Adjusted: math.NaN()}
	r.Delta, _ = stats.ShiftBlocks(base.Blocks, other.Blocks)
	r.DeltaPercent, _ = stats.PercentDeltaBlocks(base.Blocks, other.Blocks)
	if len(base.Values) >= enough && len(other.Values) >= enough {
		_, r.P, _ = stats.MannWhitneyBlocks(base.Blocks, other.Blocks)
	}
	r.Exact = m.Exact && constant(base.Values) && constant(other.Values)
	return r
}

// constant tells whether there are several values, all the same.
func constant(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return len(values) > 1
}

// number is a figure in JSON, which has no NaN: null stands for it.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return json.Marshal(v)
	}
	return []byte("null"), nil
}

func numbersOf(values []float64) []number {
	all := make([]number, len(values))
	for i, v := range values {
		all[i] = number(v)
	}
	return all
}

type jsonSamples struct {
	Median number   `json:"median"`
	Low    number   `json:"low"`
	High   number   `json:"high"`
	Values []number `json:"values"`
	Blocks []int    `json:"blocks"`
}

type jsonEstimate struct {
	Value number `json:"value"`
	Low   number `json:"low"`
	High  number `json:"high"`
}

func jsonOf(s *Samples) jsonSamples {
	blocks := make([]int, 0, len(s.Values))
	for block, values := range s.Blocks {
		for range values {
			blocks = append(blocks, block)
		}
	}
	return jsonSamples{number(s.Value), number(s.Low), number(s.High), numbersOf(s.Values), blocks}
}

// MarshalJSON writes the metric's name and unit with the figures; what does not
// exist is null. values are of the valid slices that have the figure, by their number,
// and blocks has the block of each: p and the intervals follow from these.
func (m MetricResult) MarshalJSON() ([]byte, error) {
	estimate := func(e stats.Estimate) jsonEstimate {
		return jsonEstimate{number(e.Value), number(e.Low), number(e.High)}
	}
	return json.Marshal(struct {
		Name         string       `json:"name"`
		Unit         string       `json:"unit"`
		Base         jsonSamples  `json:"base"`
		New          jsonSamples  `json:"new"`
		Delta        jsonEstimate `json:"delta"`
		DeltaPercent jsonEstimate `json:"delta_percent"`
		P            number       `json:"p"`
		Adjusted     number       `json:"p_adjusted"`
		Significant  bool         `json:"significant"`
		Exact        bool         `json:"exact"`
	}{
		m.Name, m.Unit, jsonOf(&m.Base), jsonOf(&m.New), estimate(m.Delta), estimate(m.DeltaPercent),
		number(m.P), number(m.Adjusted), m.Significant, m.Exact,
	})
}

// MarshalJSON writes the arm with what became of its slices. measured has a record of
// each of them, by their number: when it was its turn, in which block, whether it was
// valid or why not, and how many sessions there were and should have been.
func (a ArmResult) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name     string        `json:"name"`
		Measured int           `json:"slices"`
		Valid    int           `json:"valid_slices"`
		Reasons  []string      `json:"invalid_reasons"`
		Config   Config        `json:"config"`
		Slices   []SliceRecord `json:"measured"`
	}{a.Name, a.Measured, a.Valid, append([]string{}, a.Reasons...), a.Config, append([]SliceRecord{}, a.Slices...)})
}

// MarshalJSON writes the record as it is described at [ArmResult.MarshalJSON].
func (r SliceRecord) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Turn     int      `json:"turn"`
		Block    int      `json:"block"`
		Valid    bool     `json:"valid"`
		Reasons  []string `json:"reasons"`
		Sessions uint64   `json:"sessions"`
		Offered  number   `json:"offered"`
	}{r.Turn, r.Block, r.Valid, append([]string{}, r.Reasons...), r.Sessions, number(r.Offered)})
}

// MarshalJSON writes the comparison under [ComparisonSchema]. arms are base and
// new, in this order.
func (c Comparison) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Schema  string         `json:"schema"`
		Verdict bool           `json:"verdict"`
		Why     string         `json:"no_verdict_reason"`
		Partial bool           `json:"partial"`
		Slices  int            `json:"slices"`
		Slice   time.Duration  `json:"slice_ns"`
		Elapsed time.Duration  `json:"elapsed_ns"`
		Arms    [2]ArmResult   `json:"arms"`
		Metrics []MetricResult `json:"metrics"`
	}{
		ComparisonSchema, c.Verdict, c.Why, c.Partial, c.Slices, c.Slice, c.Elapsed,
		[2]ArmResult{c.Base, c.New},
		c.Metrics,
	})
}
