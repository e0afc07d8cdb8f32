package ui

import (
	"math"
	"strconv"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

const (
	stripName  = 13 // columns at the left of the dots
	stripStats = 27 // and at their right
	narrowPlot = 76 // below, the figures at the right are left out
)

// drawStrips draws a strip for each arm with a dot for each of its slices, all on one
// scale of the chosen metric: a dot is further down the later its slice was measured.
// Below the dots are the median and its interval.
func (p *comparePage) drawStrips(a area, t *trial) {
	if t == nil {
		p.drawMethod(a)
		return
	}
	m := &p.metrics[p.rows[0]]
	in := a.box(m.Title)
	better := "lower is better"
	if m.Better == load.Higher {
		better = "higher is better"
	}
	p.buf = append(p.buf[:0], better...)
	a.boxNote(m.Title, a.noteEnd(), p.buf, styleDim)
	y := a.h - 1
	a.set(2, y, ' ', styleBorder)
	a.set(a.words(3, y, p.help[p.rows[0]], a.w-8, styleFaint), y, ' ', styleBorder)
	stats := stripStats
	if in.w < narrowPlot {
		stats = 1
	}
	plot := in.sub(rect{stripName, 0, in.w - stripName - stats, in.h - 1})
	if plot.w < 20 {
		return
	}
	s := scaleOf(m, t, plot.w)
	p.drawScale(in.sub(rect{stripName, in.h - 1, plot.w, 1}), plot, &s, m.Unit)
	arms := t.plan.Arms
	each := plot.h / len(arms)
	for i := range arms {
		row := in.sub(rect{0, i * each, in.w, each})
		row.text(1, 0, arms[i].Name, armStyle(i))
		p.drawSlices(row.sub(rect{stripName, 0, plot.w, each - 1}), m, t, i, &s)
		p.stripCounts(row, t, i)
		e := t.found.samples(i, p.rows[0])
		drawInterval(row.sub(rect{stripName, each - 1, plot.w, 1}), e, &s, i)
		if stats > 1 {
			p.stripFigures(row.sub(rect{in.w - stats + 2, max(each/2-1, 0), stats - 3, 2}), m, e, t.found.exact(i, p.rows[0]))
		}
	}
}

// method tells how it is measured, the more important first.
var method = [...]string{
	"the arms take turns by slices, in balanced blocks: ABBA or BAAB",
	"the n-th slices of all arms have the same load and random numbers",
	"before each slice all sessions are closed, and the heap is collected",
	"medians with 95 % intervals; Mann-Whitney U in blocks, corrected for all metrics",
	"the number of slices is fixed: a verdict comes at the end, or not at all",
	"nothing is drawn in slices; the dashboard's heap is in the GC's figures",
}

// signs are what a comparison is drawn with, and what they mean.
var signs = [...]struct {
	runes string
	look  style
	text  string
}{
	{"●", styleArm0, "slices of the arms, in the order in which they were measured"},
	{"◌", styleStrong, "the slice under way"},
	{"•", styleArm1, "a slice by the chosen metric; the lower, the later it was measured"},
	{"●", styleArm1, "several slices in one place"},
	{"×", styleWarn, "a slice that missed its load, and does not count"},
	{"├─┃─┤", styleArm1, "the median, and the 95 % interval around it"},
}

// drawMethod draws how it is measured, and what the signs mean, before there is
// anything measured.
func (p *comparePage) drawMethod(a area) {
	const wide, signWidth = 150, 7
	if a.w >= wide {
		half := split(a.w, 2)
		b := a.sub(rect{half[1].from, 0, half[1].size, a.h})
		a = a.sub(rect{0, 0, half[0].size, a.h})
		in := b.box("what the signs mean")
		in.set(4, listRow(0, len(signs), in.h), armRunes[1], armStyle(1))
		for i := range signs {
			y := listRow(i, len(signs), in.h)
			in.text(2, y, signs[i].runes, signs[i].look)
			in.words(2+signWidth, y, signs[i].text, in.w-3-signWidth, styleDim)
		}
	}
	in := a.box("how it is measured")
	for i, text := range method {
		y := listRow(i, len(method), in.h)
		in.set(2, y, '•', styleFaint)
		in.words(4, y, text, in.w-5, styleDim)
	}
}

// listRow returns the row of one of n points that are spread over h rows; those
// without room are outside.
func listRow(i, n, h int) int {
	apart := min(max((h+1)/n, 1), 3)
	top := max(h-(n-1)*apart-1, 0) / 2
	return top + i*apart
}

// stripCounts draws how many slices of an arm there are, and how many do not count.
func (p *comparePage) stripCounts(a area, t *trial, arm int) {
	r := t.found.arm(arm)
	p.buf = appendOf(p.buf[:0], r.Measured, t.plan.Slices)
	a.bytes(1, 1, p.buf, styleDim)
	if bad := r.Measured - r.Valid; bad > 0 && a.h > 2 {
		p.buf = append(strconv.AppendInt(append(p.buf[:0], "× "...), int64(bad), 10), " invalid"...)
		a.bytes(1, 2, p.buf, styleWarn)
	}
}

// stripFigures draws the median and its interval.
func (p *comparePage) stripFigures(a area, m *load.Metric, e *load.Samples, exact bool) {
	a.text(0, 0, "median", styleDim)
	p.buf = format.AppendIn(p.buf[:0], e.Value, m.Unit)
	a.bytesRight(a.w, 0, p.buf, styleStrong)
	if exact && !math.IsNaN(e.Value) {
		a.textRight(a.w, 1, "exact", styleText)
		return
	}
	a.text(0, 1, "95 %", styleDim)
	if math.IsNaN(e.Low) || e.Low == e.High {
		a.textRight(a.w, 1, dash, styleText)
		return
	}
	p.buf = append(format.AppendIn(p.buf[:0], e.Low, m.Unit), " … "...)
	p.buf = format.AppendIn(p.buf, e.High, m.Unit)
	a.bytesRight(a.w, 1, p.buf, styleText)
}

// drawSlices draws the slices of one arm.
func (p *comparePage) drawSlices(a area, m *load.Metric, t *trial, arm int, s *linear) {
	if len(p.dots) < a.w*a.h {
		p.dots = make([]uint8, a.w*a.h)
	}
	clear(p.dots)
	all := t.found.results.Slices
	for i := range all {
		v := m.Of(&all[i])
		if all[i].Arm != arm || !all[i].Valid || math.IsNaN(v) {
			continue
		}
		x, y := s.cell(v), all[i].Number*a.h/t.plan.Slices
		n := &p.dots[y*a.w+x]
		if *n++; *n == 1 {
			a.set(x, y, '•', armStyle(arm))
		} else {
			*n = 2
			a.set(x, y, '●', armStyle(arm))
		}
	}
	for i := range all {
		v := m.Of(&all[i])
		if all[i].Arm == arm && !all[i].Valid && !math.IsNaN(v) {
			a.set(s.cell(v), all[i].Number*a.h/t.plan.Slices, invalidRune, styleWarn)
		}
	}
}

// drawInterval draws a median and its interval.
func drawInterval(a area, e *load.Samples, s *linear, arm int) {
	if math.IsNaN(e.Value) {
		return
	}
	if !math.IsNaN(e.Low) {
		from, to := s.cell(e.Low), s.cell(e.High)
		for x := from; x <= to; x++ {
			a.set(x, 0, '─', armStyle(arm))
		}
		a.set(from, 0, '├', armStyle(arm))
		a.set(to, 0, '┤', armStyle(arm))
	}
	a.set(s.cell(e.Value), 0, '┃', styleStrong)
}

// linear is a scale from low to high over so many cells, with a tick at every whole
// multiple of step.
type linear struct {
	low, high, step float64
	w               int
}

// cell returns the cell of a value, the nearest where it is outside.
func (s *linear) cell(v float64) int {
	x := int(math.Round((v - s.low) / (s.high - s.low) * float64(s.w-1)))
	return min(max(x, 0), s.w-1)
}

// scaleOf returns the scale of a metric's figures, over w cells.
func scaleOf(m *load.Metric, t *trial, w int) linear {
	low, high := math.Inf(1), math.Inf(-1)
	all := t.found.results.Slices
	for i := range all {
		if v := m.Of(&all[i]); !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	return newScale(low, high, m.Unit, w)
}

// newScale returns a scale of w cells that has low and high on it. It begins at 0
// where a difference is large enough to be seen on that.
func newScale(low, high float64, unit string, w int) linear {
	const labelWidth = 12
	switch {
	case low > high: // nothing measured
		low, high = 0, 1
	case low <= 0.7*high:
		low = 0
	}
	if high-low <= 1e-6*math.Abs(high) {
		low, high = low-0.05*math.Abs(low), high+0.05*math.Abs(high)
	}
	if low == high {
		high = low + 1
	}
	step := niceStep((high-low)/float64(max(w/labelWidth, 1)), divisor(high, unit)) // of the unit that is written
	return linear{math.Floor(low/step+1e-9) * step, math.Ceil(high/step-1e-9) * step, step, w}
}

// niceStep returns the least round step of at least v, in units of div.
func niceStep(v, div float64) float64 {
	least := math.Pow(10, math.Floor(math.Log10(v/div)))
	for _, digit := range [...]float64{1, 2, 5} {
		if step := digit * least * div; step >= v*(1-1e-9) {
			return step
		}
	}
	return 10 * least * div
}

// divisor returns what figures about v are divided by to be read in a unit.
func divisor(v float64, unit string) float64 {
	by, div := 1000.0, 1.0
	switch unit {
	case load.UnitShare:
		return 0.01
	case load.UnitBytes:
		by = 1024
	}
	for v/div >= by && div < 1e12 {
		div *= by
	}
	return div
}

// drawScale draws the ticks of a scale: their labels into a, and lines into plot.
func (p *comparePage) drawScale(a, plot area, s *linear, unit string) {
	div := divisor(s.high, unit)
	suffix := suffixOf(div, unit)
	places := 0
	for v := s.step / div; places < 6 && math.Abs(v-math.Round(v)) > 1e-6; v *= 10 {
		places++
	}
	free := 0
	for i := 0; ; i++ {
		v := s.low + float64(i)*s.step
		if v > s.high+s.step/2 {
			return
		}
		x := s.cell(v)
		for y := range plot.h {
			plot.set(x, y, '┊', styleBorder)
		}
		p.buf = append(strconv.AppendFloat(p.buf[:0], v/div, 'f', places, 64), suffix...)
		n := columnsOfBytes(p.buf)
		from := min(max(x-n/2, 0), a.w-n)
		if from >= free {
			a.bytes(from, 0, p.buf, styleFaint)
			free = from + n + 1
		}
	}
}

// suffixOf returns the unit of figures that were divided by div.
func suffixOf(div float64, unit string) string {
	by, names := 1000.0, []string{"", "k", "M", "G", "T"}
	switch unit {
	case load.UnitShare:
		return " %"
	case load.UnitBytes:
		by, names = 1024, []string{" B", " KiB", " MiB", " GiB", " TiB"}
	case load.UnitTime:
		names = []string{" ns", " µs", " ms", " s", " ks"}
	}
	i := 0
	for ; div >= by && i < len(names)-1; div /= by {
		i++
	}
	return names[i]
}
