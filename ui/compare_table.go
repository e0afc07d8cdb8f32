package ui

import (
	"math"
	"strconv"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// tableFrame is what the table takes besides its rows: border and heading.
const tableFrame = 3

// tableColumns says where the parts of a row of the table end, 0 for one that is
// left out.
type tableColumns struct {
	base, baseRange, other, otherRange, delta, interval, p, word int
	forest                                                       stretch // of the intervals as a picture
}

// Widths of the columns.
const (
	metricWidth   = 22 // with the mark of the chosen row
	figureWidth   = 9
	rangeWidth    = 7
	deltaWidth    = 9
	intervalWidth = 20
	pWidth        = 7
	wordWidth     = 7
	leastForest   = 24
	mostForest    = 72
)

// compareColumns lays out a row of w cells.
func compareColumns(w int) tableColumns {
	const narrow, wide = 78, 98
	least, columns := metricWidth+2*figureWidth+deltaWidth+wordWidth, 4
	if w >= narrow {
		least, columns = least+2*rangeWidth+pWidth, columns+1
	}
	if w >= wide {
		least, columns = least+intervalWidth, columns+1
	}
	roomy := min((w-1-least)/columns, 3) // more between the columns of a wide row
	var t tableColumns
	x := metricWidth
	column := func(to *int, width int) {
		x += width
		*to = x
	}
	column(&t.base, figureWidth+roomy)
	if w >= narrow {
		column(&t.baseRange, rangeWidth)
	}
	column(&t.other, figureWidth+roomy)
	if w >= narrow {
		column(&t.otherRange, rangeWidth)
	}
	column(&t.delta, deltaWidth+roomy)
	if w >= wide {
		column(&t.interval, intervalWidth+roomy)
	}
	if w >= narrow {
		column(&t.p, pWidth+roomy)
	}
	column(&t.word, wordWidth+roomy)
	if left := w - x - 3; left >= leastForest {
		t.forest = stretch{x + 2, min(left, mostForest)}
	}
	return t
}

// What is said of the table, the longest that there is room for.
var (
	notesJudged    = [...]string{"medians and their 95 % intervals · ~ not significant", "medians · ~ not significant", "~ not significant"}
	notesRunning   = [...]string{"medians and their 95 % intervals · what changes is said at the end", "medians · changes at the end", "medians"}
	notesNoVerdict = [...]string{"medians and their 95 % intervals · without a verdict there is no change", "medians · no verdict, no change", "medians"}
)

// remarksJudged say what intervals are, the longest that there is room for; the last
// is for a table that has none.
var remarksJudged = [...]string{
	"changes are within blocks; their intervals are not corrected for the number of metrics: beside ~ one may leave out 0",
	"changes within blocks; intervals not corrected for several metrics: beside ~ one may leave out 0",
	"changes within blocks; intervals not corrected: beside ~ one may leave out 0",
	"changes are within blocks, so not those of the medians",
}

// drawTable draws all metrics with their medians and what the arms differ by. The
// verdict on a metric, and the p that it rests on, are there only when the trial is
// over: who has seen them before might stop when he likes what he sees.
func (p *comparePage) drawTable(a area, t *trial, ascii bool) {
	title := "metrics"
	if t != nil {
		title = t.planned
	}
	in := a.box(title)
	if in.h < 2 {
		return
	}
	if t == nil {
		p.drawMeanings(a, in, title)
		return
	}
	c := &t.found.compared[0]
	verdict := t.ended && c.Verdict
	notes := &notesJudged
	switch {
	case !t.ended:
		notes = &notesRunning
	case !verdict:
		notes = &notesNoVerdict
	}
	for _, note := range notes {
		p.buf = append(p.buf[:0], note...)
		if a.boxNote(title, a.noteEnd(), p.buf, styleFaint) < a.noteEnd() {
			break
		}
	}

	col := compareColumns(in.w)
	if !verdict {
		col.forest = stretch{}
	}
	reach := forestReach(c)
	in.textRight(col.base, 0, c.Base.Name, armStyle(0))
	in.textRight(col.other, 0, c.New.Name, armStyle(1))
	in.textRight(col.delta, 0, "change", styleFaint)
	if col.interval > 0 {
		in.textRight(col.interval, 0, "95 % interval", styleFaint)
	}
	if col.p > 0 {
		in.textRight(col.p, 0, "p", styleFaint)
	}
	if col.word-max(col.p, col.delta) > wordWidth {
		in.textRight(col.word, 0, "verdict", styleFaint)
	}
	if f := col.forest; f.size > 0 {
		p.buf = append(strconv.AppendFloat(append(p.buf[:0], "−"...), reach, 'f', 0, 64), " %"...)
		in.bytes(f.from, 0, p.buf, styleFaint)
		p.buf = append(strconv.AppendFloat(append(p.buf[:0], '+'), reach, 'f', 0, 64), " %"...)
		in.bytesRight(f.from+f.size, 0, p.buf, styleFaint)
		in.set(f.from+f.size/2, 0, '0', styleFaint)
	}
	rows := in.h - 1
	first := firstRow(p.rows[0], len(c.Metrics), rows)
	for i := range min(rows, len(c.Metrics)-first) {
		k := first + i
		row := in.sub(rect{0, 1 + i, in.w, 1})
		m := &c.Metrics[k]
		judged := verdict && !math.IsNaN(m.Adjusted)
		p.drawMetric(row, m, &col, judged, k == p.rows[0], ascii)
		if f := col.forest; f.size > 0 {
			row.set(f.from+f.size/2, 0, '┊', styleBorder)
			if judged {
				drawForest(row.sub(rect{f.from, 0, f.size, 1}), m, reach)
			}
		}
	}
	from := p.drawMore(a, first, rows, len(c.Metrics))
	if !verdict {
		return
	}
	remarks := remarksJudged[:]
	if col.interval == 0 {
		remarks = remarks[len(remarks)-1:]
	}
	for _, r := range remarks {
		if 3+columnsOf(r)+1 < from {
			a.set(2, a.h-1, ' ', styleBorder)
			a.set(a.text(3, a.h-1, r, styleFaint), a.h-1, ' ', styleBorder)
			return
		}
	}
}

// firstRow returns the first of n rows to show of which so many fit, so that the
// chosen one is among them.
func firstRow(chosen, n, fit int) int {
	if fit >= n {
		return 0
	}
	return min(max(chosen-fit/2, 0), n-fit)
}

// drawMore says in the lower border which rows are shown, where that is not all, and
// returns the column from which on it is.
func (p *comparePage) drawMore(a area, first, fit, n int) int {
	if fit >= n {
		return a.w - 1
	}
	y := a.h - 1
	b := append(strconv.AppendInt(p.buf[:0], int64(first+1), 10), "–"...)
	p.buf = appendOf(b, first+fit, n)
	x := a.w - 4 - columnsOfBytes(p.buf)
	a.set(x-1, y, ' ', styleBorder)
	a.set(a.bytes(x, y, p.buf, styleDim), y, ' ', styleBorder)
	return x - 1
}

// drawMeanings draws what the metrics mean, before there is anything measured.
func (p *comparePage) drawMeanings(a, in area, title string) {
	p.buf = append(p.buf[:0], "what will be compared"...)
	a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	x := metricWidth + 2
	in.text(2, 0, "metric", styleFaint)
	in.text(x, 0, "what it is", styleFaint)
	const better = 8
	if in.w >= 70 {
		in.textRight(in.w-1, 0, "better", styleFaint)
	}
	rows := in.h - 1
	first := firstRow(p.rows[0], len(p.metrics), rows)
	for i := range min(rows, len(p.metrics)-first) {
		m := &p.metrics[first+i]
		row := in.sub(rect{0, 1 + i, in.w, 1})
		chosenTitle(row, m.Title, metricWidth, first+i == p.rows[0])
		room := in.w - x - 1
		if in.w >= 70 {
			room -= better
			word := "lower"
			if m.Better == load.Higher {
				word = "higher"
			}
			row.textRight(in.w-1, 0, word, styleDim)
		}
		row.words(x, 0, m.Help, room, styleDim)
	}
	p.drawMore(a, first, rows, len(p.metrics))
}

// chosenTitle draws what a row is about into w cells, and marks the chosen one.
func chosenTitle(a area, title string, w int, chosen bool) {
	s := styleText
	if chosen {
		a.set(0, 0, '▸', styleKey)
		s = styleStrong
	}
	a.words(2, 0, title, w, s)
}

// drawMetric draws the row of one metric. Without a verdict there is no change, no
// interval of it and no p in it: nothing that could be taken for one.
func (p *comparePage) drawMetric(a area, m *load.MetricResult, col *tableColumns, verdict, chosen, ascii bool) {
	chosenTitle(a, m.Title, metricWidth, chosen)
	p.drawMedian(a, col.base, col.baseRange, m, &m.Base, ascii)
	p.drawMedian(a, col.other, col.otherRange, m, &m.New, ascii)
	if !verdict {
		for _, end := range [...]int{col.delta, col.interval, col.p, col.word} {
			if end > 0 {
				a.textRight(end, 0, dash, styleFaint)
			}
		}
		return
	}
	word, wordStyle, look := "~", styleDim, styleFaint
	switch better := m.Better(); {
	case better > 0:
		word, wordStyle, look = "better", styleGood, styleGood
	case better < 0:
		word, wordStyle, look = "worse", styleBad, styleBad
	}
	p.drawChange(a, m, col, look)
	if col.p > 0 {
		p.buf = format.AppendP(p.buf[:0], m.Adjusted)
		a.bytesRight(col.p, 0, p.buf, styleText)
	}
	a.textRight(col.word, 0, word, wordStyle)
}

// drawMedian draws the median of an arm and how far its interval reaches.
func (p *comparePage) drawMedian(a area, end, rangeEnd int, m *load.MetricResult, s *load.Samples, ascii bool) {
	if math.IsNaN(s.Value) {
		a.textRight(end, 0, dash, styleFaint)
		return
	}
	p.buf = format.AppendIn(p.buf[:0], s.Value, m.Unit)
	a.bytesRight(end, 0, p.buf, styleText)
	if rangeEnd == 0 {
		return
	}
	if m.Exact {
		a.textRight(rangeEnd, 0, "exact", styleFaint)
		return
	}
	p.buf = appendSpread(p.buf[:0], s, ascii)
	a.bytesRight(rangeEnd, 0, p.buf, styleFaint)
}

// drawChange draws by how much the new arm differs: in percent, or in the unit of the
// metric where there is no percentage.
func (p *comparePage) drawChange(a area, m *load.MetricResult, col *tableColumns, look style) {
	e, write := &m.DeltaPercent, func(dst []byte, v float64, _ string) []byte { return appendPercentChange(dst, v) }
	if math.IsNaN(e.Value) {
		e, write = &m.Delta, appendSigned
	}
	p.buf = write(p.buf[:0], e.Value, m.Unit)
	a.bytesRight(col.delta, 0, p.buf, look)
	if col.interval == 0 {
		return
	}
	p.buf = p.buf[:0]
	switch {
	case m.Exact:
		p.buf = append(p.buf, "exact"...)
	case math.IsNaN(e.Low) || e.Low == e.High:
		p.buf = append(p.buf, dash...)
	default:
		p.buf = appendInterval(p.buf, e, m.Unit, write)
	}
	a.bytesRight(col.interval, 0, p.buf, styleFaint)
}

// forestReach returns the percentage at the ends of the picture of the intervals: a
// round one that all of them fit into, but at most 100.
func forestReach(c *load.Comparison) float64 {
	reach := 1.0
	for i := range c.Metrics {
		e := &c.Metrics[i].DeltaPercent
		if math.IsNaN(c.Metrics[i].Adjusted) {
			continue
		}
		for _, v := range [...]float64{e.Low, e.Value, e.High} {
			if !math.IsNaN(v) {
				reach = max(reach, math.Abs(v))
			}
		}
	}
	return min(niceStep(reach, 1), 100)
}

// drawForest draws the interval of a change on a scale around none.
func drawForest(a area, m *load.MetricResult, reach float64) {
	s := linear{low: -reach, high: reach, w: a.w}
	e := &m.DeltaPercent
	if math.IsNaN(e.Value) {
		return
	}
	look := styleDim
	switch m.Better() {
	case 1:
		look = styleGood
	case -1:
		look = styleBad
	}
	if !math.IsNaN(e.Low) {
		for x := s.cell(e.Low); x <= s.cell(e.High); x++ {
			a.set(x, 0, '─', look)
		}
	}
	at := s.cell(e.Value)
	switch {
	case e.Value > reach: // further than the picture reaches
		a.set(at, 0, '▸', look)
	default:
		a.set(at, 0, '●', look)
	}
}
