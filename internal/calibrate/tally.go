package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// calibration is what was measured, and where.
type calibration struct {
	settings
	same, slowed []comparison
	longer       []comparison // slowed down too, with twice as many slices

	date                time.Time
	cores               int
	platform, goVersion string
}

// tally is what became of one metric in some comparisons.
type tally struct {
	compared  int // in which it had a p
	uncertain float64
	below     int // p below 0.05, as if it were the only metric
	counted   int // significant after the correction
	delta     float64
}

// tallyOf counts, for the metric of that name.
func tallyOf(name string, all []comparison) tally {
	var t tally
	var widths, deltas []float64
	for _, c := range all {
		for _, m := range c.Metrics {
			if m.Name != name || m.P == nil {
				continue
			}
			t.compared++
			if *m.P < load.Significance {
				t.below++
			}
			if m.Significant {
				t.counted++
			}
			if b := m.Base; b.Median != nil && *b.Median > 0 && b.Low != nil && b.High != nil {
				widths = append(widths, 50*(*b.High-*b.Low) / *b.Median)
			}
			if m.Percent != nil && m.Percent.Value != nil {
				deltas = append(deltas, *m.Percent.Value)
			}
		}
	}
	t.uncertain, t.delta = stats.Median(widths), stats.Median(deltas)
	return t
}

// markdown returns the document.
func (c *calibration) markdown() string {
	var b strings.Builder
	o := c.outcome()
	fmt.Fprintf(&b, "# How far comparisons can be believed\n\nWritten by `make calibrate` on %s (%s, %d cores, %s).\n\n",
		c.date.Format("2006-01-02"), c.goVersion, c.cores, c.platform)
	fmt.Fprintf(&b, "**The same against itself**, %d times: tuned against tuned, %d slices of %s each, another order and other random\n"+
		"inputs each time; %d of them came to a verdict. A test at 0.05 finds a difference that is not there in one of twenty.\n"+
		"The correction for all metrics is to keep that for all of them together.\n\n", len(c.same), c.slices, c.slice, o.judged)
	fmt.Fprintf(&b, "**Slowed down by %g %%**, %d times, and again with %d slices of each arm: the second arm spins for %g %% of the time for\n"+
		"which its lanes work, which is not all of the processor time: the collector and the kernel have a share. Found is what is\n"+
		"significant after the correction.\n\n", 100*c.slower, len(c.slowed), 2*c.slices, 100*c.slower)
	fmt.Fprintf(&b, "| metric | ± of a median | same: p < 0.05 | same: after the correction | slowed: median difference | found with %d slices | with %d |\n"+
		"| :-- | --: | --: | --: | --: | --: | --: |\n", c.slices, 2*c.slices)
	below, counted, compared := 0, 0, 0
	for _, m := range load.Metrics() {
		same, slowed, longer := tallyOf(m.Name, c.same), tallyOf(m.Name, c.slowed), tallyOf(m.Name, c.longer)
		fmt.Fprintf(&b, "| %s | %s | %d of %d | %d | %s | %d of %d | %d of %d |\n", m.Title, percent(same.uncertain, false), same.below, same.compared,
			same.counted, percent(longer.delta, true), slowed.counted, slowed.compared, longer.counted, longer.compared)
		below, counted, compared = below+same.below, counted+same.counted, compared+same.compared
	}
	fmt.Fprintf(&b, "| **all** | | %d of %d | %d | | | |\n\n%s\n", below, compared, counted, o)
	return b.String()
}

func percent(v float64, signed bool) string {
	switch {
	case v != v: // NaN
		return format.Dash
	case signed:
		return fmt.Sprintf("%+.1f %%", v)
	}
	return fmt.Sprintf("%.1f %%", v)
}
