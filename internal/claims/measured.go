package claims

import (
	"fmt"
	"math"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// claimedBefore is what is claimed of the allocations of a session without the
// optimizations.
const claimedBefore = 38

// Notes that rows share.
const (
	noteKeyAllocs = "The claim adds: 0 where the storage comes from the pool."
	noteReused    = "The claim names no figure. It is taken to be that most sessions are in reused storage; that all are exceeds it."
	noteGC        = "GC pressure is taken to mean how often the collector runs for as many sessions, and the processor " +
		"time that it takes for each, by the runtime's estimate."
)

// Why a row has no verdict on a board that has.
const (
	noInterval     = "No verdict: too few slices have the figure."
	noPercentage   = "No verdict: there is no percentage, as baseline has slices with a figure of 0."
	limitInside    = "No verdict: the limit is inside the interval."
	notSignificant = "No verdict: the difference is not significant."
)

// claim is a claim that is judged by the figures of slices.
type claim struct {
	name, text, claimed string
	arms                []int
	figure              figure
	less                bool                  // it is about how much less than baseline an arm has
	rule                rule                  // nil for a claim of code that is not here
	note                func(*reading) string // nil for none
}

// figure is what a slice is judged by.
type figure struct {
	of     func(*load.Slice) float64
	unit   string
	counts bool // it comes from counts, which need not vary
}

// metric returns the figure that comparisons have under that name.
func metric(name string) figure {
	m, ok := load.LookupMetric(name)
	if !ok {
		panic("claims: no metric " + name)
	}
	return figure{m.Of, m.Unit, m.Exact}
}

var (
	keyAllocs = metric("key_allocs_per_session")
	hkdfs     = metric("hkdf_per_session")
	reused    = metric("pool_hit_ratio")
	allocs    = metric("allocs_per_session")
	gcCycles  = metric("gc_cycles_per_million")
	// Of the collector's time comparisons have the share, which falls with what
	// the sessions themselves take.
	gcCPU = figure{of: func(s *load.Slice) float64 { return float64(s.GCCPU) / float64(s.Sessions) }, unit: load.UnitTime}
)

var (
	without = []int{baseline}
	with    = []int{seed, tuned}
)

// measured are the claims in the order of the board.
var measured = []claim{
	{"key_allocs_before", "key allocs/session, before", "6", without, keyAllocs, false, before(6), nil},
	{"key_allocs", "key allocs/session, after", "1", with, keyAllocs, false, stated(1, 1, load.Lower), always(noteKeyAllocs)},
	{"hkdf_before", "HKDF calls/session, before", "6", without, hkdfs, false, before(6), nil},
	{"hkdf", "HKDF calls/session, after", "2", with, hkdfs, false, stated(2, 2, load.Lower), nil},
	{"reused", "objects reused by the pool", "most", with, reused, false, most, always(noteReused)},
	{"allocs_before", "allocations/session, before", "~38", without, allocs, false, nil, noteBefore},
	{"allocs", "allocations/session, after", "~10-15", with, allocs, false, stated(10, 15, load.Lower), nil},
	{"allocs_target", "allocations/session, target", "under 10", with, allocs, false, under(10), nil},
	{"allocs_less", "fewer allocations/session", "60-70 %", with, allocs, true, stated(0.6, 0.7, load.Higher), noteAgainstClaim},
	{"gc_cycles_less", "GC pressure: fewer cycles", "~80 %", with, gcCycles, true, stated(0.8, 0.8, load.Higher), always(noteGC)},
	{"gc_cpu_less", "GC pressure: less CPU time", "~80 %", with, gcCPU, true, stated(0.8, 0.8, load.Higher), always(noteGC)},
}

func always(note string) func(*reading) string { return func(*reading) string { return note } }

// noteBefore says what baseline is to the claim's figure of before.
func noteBefore(r *reading) string {
	note := "The claim is of SAGE's own code, which is not in this program. Baseline does in sagetop's engine what was " +
		"done before: each end of a session derives six keys by the library's HKDF."
	switch e := r.median; {
	case e.Low > claimedBefore:
		note += " It allocates more than was claimed, so percentages against it flatter."
	case e.High < claimedBefore:
		note += " It allocates less than was claimed, so percentages against it belittle."
	}
	return note
}

// noteAgainstClaim says what a percentage would be against the claim's own figure of
// before.
func noteAgainstClaim(r *reading) string {
	less := 1 - r.median.Value/claimedBefore
	word := "fewer"
	switch {
	case math.IsNaN(less):
		return ""
	case less < 0:
		less, word = -less, "more"
	}
	return fmt.Sprintf("Against the ~%d that were claimed for before, instead of baseline, %s has %s %s.",
		claimedBefore, arms[r.arm].Preset(), format.Text(format.AppendPercent, less), word)
}

// reading is what was measured for a claim with an arm.
type reading struct {
	*claim
	arm    int
	median stats.Estimate // of the figure
	judged stats.Estimate // that, or how much less it is than baseline's
	exact  bool
	p      float64 // of the difference from baseline; NaN if it is not about one
}

// measuredRows judges the claims that slices tell of, if the experiment allows
// verdicts.
func measuredRows(r *load.Results, allowed bool) []Row {
	var slices [len(arms)][]load.Slice
	for arm := range arms {
		slices[arm] = r.Of(arm)
	}
	var all []reading
	var p []float64
	for i := range measured {
		for _, arm := range measured[i].arms {
			all = append(all, read(&measured[i], arm, slices[baseline], slices[arm]))
			p = append(p, all[len(all)-1].p)
		}
	}
	rows := make([]Row, len(all))
	for i, adjusted := range stats.Holm(p) {
		all[i].p = adjusted
		rows[i] = all[i].row()
		switch {
		case all[i].rule == nil:
			rows[i].Verdict = NotMeasurable
		case allowed:
			all[i].judge(&rows[i])
		}
	}
	return rows
}

// read reads what a claim is about from the slices of baseline and of an arm.
func read(c *claim, arm int, base, slices []load.Slice) reading {
	blocks := load.Blocks(slices, c.figure.of)
	values := concat(blocks)
	r := reading{claim: c, arm: arm, p: math.NaN()}
	r.median, _ = stats.MedianInterval(values) // NaN says what it does not know
	r.judged = r.median
	if c.less {
		from := load.Blocks(base, c.figure.of)
		r.judged = lessBy(from, blocks)
		_, r.p, _ = stats.MannWhitneyBlocks(from, blocks)
		return r
	}
	r.exact = c.figure.counts && known(r.median) && constant(values)
	return r
}

// concat returns the figures of all blocks.
func concat(blocks [][]float64) []float64 {
	var all []float64
	for _, b := range blocks {
		all = append(all, b...)
	}
	return all
}

func constant(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}

// verdict judges, and says why it does not if so.
func (r *reading) verdict() (v Verdict, why string) {
	switch {
	case math.IsNaN(r.judged.Value) && !math.IsNaN(r.median.Value):
		return NoVerdict, noPercentage
	case !known(r.judged):
		return NoVerdict, noInterval
	}
	v = r.rule(r.judged)
	switch {
	case v == NoVerdict:
		return v, limitInside
	case r.less && v != FallsShort && !(r.p < load.Significance):
		return NoVerdict, notSignificant
	}
	return v, ""
}

// judge puts the verdict into the row.
func (r *reading) judge(row *Row) {
	var why string
	if row.Verdict, why = r.verdict(); why != "" {
		row.Note = strings.TrimSpace(row.Note + " " + why)
	}
}

func (r *reading) row() Row {
	row := Row{
		Name: r.name, Claim: r.text, Claimed: r.claimed, Arm: arms[r.arm].Preset(), Unit: r.figure.unit,
		Value: r.judged.Value, Low: r.judged.Low, High: r.judged.High, Exact: r.exact,
	}
	if r.less {
		row.Unit = load.UnitShare
	}
	in := func(v float64) string { return string(format.AppendIn(nil, v, row.Unit)) }
	row.Figure, row.Interval = in(row.Value), format.Dash
	switch {
	case r.exact:
		row.Interval = "exact"
	case known(r.judged):
		row.Interval = in(row.Low) + " to " + in(row.High)
	}
	if r.note != nil {
		row.Note = r.note(r)
	}
	return row
}
