package ui

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// plotter draws charts of the history into areas. It belongs to one page, and keeps
// its memory from frame to frame.
type plotter struct {
	scales [numScales]scale
	cuts   [6]columns // by width; see columnsFor
	widths [6]cutKey
	nCuts  int
	ys     []float64
	layers [session.NumLabels]layer
	events []heat
	pauses []time.Duration
	counts []uint16
	notes  []note
	buf    []byte
	tick   []byte
}

// begin starts a frame.
func (p *plotter) begin() { p.nCuts = 0 }

// The axes that adapt to what they show.
const (
	scaleAllocs = iota
	scaleHKDF
	scaleSessions
	scaleHeap
	scaleHandshakes
	scaleTileSessions
	scaleTileAllocs
	scaleTilePauses
	scaleBytes
	scaleObjects
	scaleGCCPU
	scaleScheduler
	scaleShards
	scaleDerive
	scaleMessages
	numScales
)

type cutKey struct {
	cells, perCell int
}

// columnsFor cuts the window of v for a chart of that many cells. Charts of like
// width share one cut.
func (p *plotter) columnsFor(v *view, cells, perCell int) *columns {
	key := cutKey{cells, perCell}
	for i := range p.nCuts {
		if p.widths[i] == key {
			return &p.cuts[i]
		}
	}
	i := min(p.nCuts, len(p.cuts)-1)
	p.widths[i], p.nCuts = key, i+1
	p.cuts[i].cut(v.history.seriesAt(v.end, v.window), v.window, v.end, cells, perCell)
	return &p.cuts[i]
}

// axisWidth is the room for the labels of a value axis.
const axisWidth = 5

// chartBox is the border of a chart with everything but its curve.
type chartBox struct {
	area
	title string
	end   int     // where the next note in the border ends
	tick  *[]byte // memory for the labels of the axis
}

// chart draws the border and the title of a chart.
func (p *plotter) chart(a area, title string) chartBox {
	a.box(title)
	return chartBox{a, title, a.noteEnd(), &p.tick}
}

// note writes into the upper border, to the left of the notes before.
func (b *chartBox) note(t []byte, s style) { b.end = b.boxNote(b.title, b.end, t, s) }

// plot draws the axes and returns the area of the curve. It leaves top rows to a
// legend. label writes the value at the part (0 to 1) of the
// axis; where it writes nothing there is no tick.
func (b *chartBox) plot(v *view, top int, label func(dst []byte, part float64) []byte) area {
	in := b.inner()
	in = in.sub(rect{0, top, in.w, in.h - top})
	if in.w <= axisWidth+2 || in.h < 1 {
		return in.sub(rect{})
	}
	plot := in.valueAxis()
	b.timesOf(axisWidth+2, plot.w, v)
	plot.hitTime(v)
	put := func(y int, part float64) {
		*b.tick = label((*b.tick)[:0], part)
		if len(*b.tick) > 0 {
			in.tick(y, *b.tick)
		}
	}
	put(0, 1)
	put(in.h-1, 0)
	if in.h >= 7 {
		put(in.h/2, 0.5)
	}
	return plot
}

// marks draws the labelled changes of the configuration, and the cursor, over a
// finished chart.
func (p *plotter) marks(a area, v *view, c *columns) {
	p.notes = p.notes[:0]
	for _, m := range v.history.markers {
		if m.at > v.end {
			break
		}
		x := c.column(m.at)
		if x < 0 {
			continue
		}
		p.notes = append(p.notes, note{x / dotsAcross, m.label})
	}
	drawNotes(a, p.notes)
	if v.cursor {
		if x := c.column(v.at); x >= 0 {
			a.cursor(x/dotsAcross, v.ascii)
		}
	}
}

// line draws one curve.
func (p *plotter) line(a area, v *view, c *columns, figure func(delta) float64, high float64, s style) {
	p.ys = c.collect(p.ys[:0], figure)
	drawLine(a, p.ys, high, s, v.ascii)
}

// plotWidth returns the cells of the curve in a chart that fills a.
func plotWidth(a area) int { return max(a.w-2-axisWidth-1, 1) }

// noteRoom is what a figure in the border of a chart needs.
const noteRoom = 8

var (
	allocTitles    = []string{"allocations per session"}
	netAllocTitles = []string{"allocations per session, without dashboard", "allocations per session, net", "allocations/session, net", "net allocations"}
)

func (p *plotter) chartAllocs(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	figure := func(d delta) float64 { return v.objectsPerSession(d) }
	p.ys = c.collect(p.ys[:0], figure)
	high := p.scales[scaleAllocs].fit(highest(p.ys), 1)
	b := p.chart(a, v.netTitle(a.w-noteRoom, allocTitles, netAllocTitles))
	p.buf = p.appendNow(p.buf[:0], v, format.AppendPer, figure)
	b.note(p.buf, styleAllocs)
	p.curve(&b, v, c, high, styleAllocs, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
}

// curve finishes a chart of one line, which is in p.ys.
func (p *plotter) curve(b *chartBox, v *view, c *columns, high float64, s style, label func([]byte, float64) []byte) {
	plot := b.plot(v, 0, label)
	drawLine(plot, p.ys, high, s, v.ascii)
	p.marks(plot, v, c)
}

// pausesIn gathers the pauses of the GC cycles in the window up to the moment shown.
func (p *plotter) pausesIn(v *view) []time.Duration {
	p.pauses = p.pauses[:0]
	low, high := v.history.cyclesIn(v.at-v.window, v.at)
	for i := low; i < high; i++ {
		p.pauses = append(p.pauses, v.history.cycle(i).Pause)
	}
	return p.pauses
}

func (p *plotter) chartPool(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	b := p.chart(a, "pool reuse")
	p.buf = p.appendNow(p.buf[:0], v, format.AppendPercent, delta.reuse)
	b.note(p.buf, stylePool)
	b.note(append(p.buf[:0], "┊ GC cycle"...), styleFaint)
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return append(format.AppendTick(dst, part*100), '%')
	})
	p.line(plot, v, c, delta.reuse, 1, stylePool)
	p.markCycles(plot, v, c)
	p.marks(plot, v, c)
}

// markCycles draws a line at every GC cycle, or where there are many, a mark on
// the time axis.
func (p *plotter) markCycles(a area, v *view, c *columns) {
	low, high := v.history.cyclesIn(c.start, v.end)
	top := 0
	if (high-low)*4 > a.w {
		top = a.h - 1
	}
	for i := low; i < high; i++ {
		x := c.column(v.history.cycle(i).At)
		if x < 0 {
			continue
		}
		for y := top; y < a.h; y++ {
			if a.at(x/dotsAcross, y).r == ' ' {
				a.set(x/dotsAcross, y, gcRune, styleCycle)
			}
		}
	}
}

// labelNames are the HKDF labels in the short form of the charts.
var labelNames = [session.NumLabels]string{
	session.LabelSession:     "session",
	session.LabelDirectional: "directional",
	session.LabelEncryption:  "encryption",
	session.LabelSigning:     "signing",
	session.LabelC2SEnc:      "c2s enc",
	session.LabelC2SSign:     "c2s sign",
	session.LabelS2CEnc:      "s2c enc",
	session.LabelS2CSign:     "s2c sign",
}

// The legend of the HKDF chart stands above the curve, so that its time axis is as
// long as those of the other charts, in entries of legendWidth cells; a chart of
// fewer than legendAbove rows has none.
const (
	legendWidth = 23
	legendGap   = 2
	legendAbove = 9
)

func (p *plotter) chartHKDF(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	n := p.collectLayers(c)
	layers := p.layers[:n]
	top := 0.0
	for x := range c.n {
		sum := 0.0
		for i := range layers {
			if y := layers[i].ys[x]; y == y {
				sum += y
			}
		}
		top = max(top, sum)
	}
	high := p.scales[scaleHKDF].fit(top, 1)
	p.buf = p.appendNow(p.buf[:0], v, format.AppendPer, hkdfPerSession)
	p.buf = append(p.buf, "/session"...)
	b := p.chart(a, "HKDF calls/s")
	b.note(p.buf, styleHKDF)
	in := a.inner()
	above := 0
	if a.h >= legendAbove {
		perRow := legendPerRow(in.w)
		above = (n + perRow - 1) / perRow
		p.drawLegend(in.sub(rect{0, 0, in.w, above}), v, layers, perRow)
	}
	plot := b.plot(v, above, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
	drawStack(plot, layers, high, v.theme.patterns, v.ascii)
	p.marks(plot, v, c)
}

func hkdfPerSession(d delta) float64 { return d.perSession(countHKDF) }

// collectLayers fills one layer for each label that occurred in the columns.
func (p *plotter) collectLayers(c *columns) int {
	n := 0
	for label := range session.NumLabels {
		l := &p.layers[n]
		l.ys = l.ys[:0]
		seen := false
		for i := range c.n {
			v := nan
			if d, ok := c.delta(i); ok {
				v = ratio(float64(d.to.hkdf[label]-d.from.hkdf[label]), d.elapsed.Seconds())
			}
			seen = seen || v > 0
			l.ys = append(l.ys, v)
		}
		if !seen {
			continue
		}
		l.style = styleLabel0 + style(label)
		l.pattern = patterns[label]
		l.letter = rune(letters[label])
		l.name = labelNames[label]
		n++
	}
	return n
}

// legendPerRow returns how many entries of the legend stand beside each other in w cells.
func legendPerRow(w int) int { return max(w/(legendWidth+legendGap), 1) }

// drawLegend lists the layers, the topmost first, perRow in a row, with their
// present rates.
func (p *plotter) drawLegend(a area, v *view, layers []layer, perRow int) {
	d, ok := v.history.between(v.at, recent)
	w, gap := a.w/perRow, 1
	if perRow > 1 {
		gap = min(max(w-legendWidth, legendGap), 3)
	}
	for i := range layers {
		e := a.sub(rect{i % perRow * w, i / perRow, w, 1})
		l := &layers[len(layers)-1-i]
		swatch := '■'
		switch {
		case v.ascii:
			swatch = l.letter
		case v.theme.patterns:
			swatch = braille | l.pattern
		}
		e.set(0, 0, swatch, l.style)
		e.set(1, 0, swatch, l.style)
		e.text(3, 0, l.name, styleDim)
		p.buf = append(p.buf[:0], dash...)
		if label := int(l.style - styleLabel0); ok {
			p.buf = format.AppendRate(p.buf[:0], ratio(float64(d.to.hkdf[label]-d.from.hkdf[label]), d.elapsed.Seconds()))
		}
		e.bytesRight(e.w-gap, 0, p.buf, styleText)
	}
}

// appendCycles appends a number of GC cycles.
func appendCycles(dst []byte, n int) []byte {
	dst = append(format.AppendCount(dst, uint64(n)), " cycle"...)
	if n != 1 {
		dst = append(dst, 's')
	}
	return dst
}

func (p *plotter) chartPauses(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	b := p.chart(a, "GC pauses")
	low, high := p.gatherPauses(v, c)
	p.buf = p.buf[:0]
	if n, longest := pausesAt(v); n > 0 {
		p.buf = append(appendCycles(p.buf, n), " · longest "...)
		p.buf = format.AppendDuration(p.buf, float64(longest))
	} else {
		p.buf = append(p.buf, "none yet"...)
	}
	b.note(p.buf, styleGC)
	p.plotPauses(&b, v, c, low, high)
}

// gatherPauses makes events of the cycles in the columns, and returns the decades that
// they lie in.
func (p *plotter) gatherPauses(v *view, c *columns) (low, high float64) {
	low, high = 10e3, 1e6 // 10 µs to 1 ms unless pauses lie outside
	p.events = p.events[:0]
	from, to := v.history.cyclesIn(c.start, v.end)
	for i := from; i < to; i++ {
		cycle := v.history.cycle(i)
		pause := max(float64(cycle.Pause), 1)
		low, high = min(low, pause), max(high, pause)
		p.events = append(p.events, heat{c.column(cycle.At) / dotsAcross, pause})
	}
	return decades(low, high)
}

// plotPauses draws the pauses into the border b.
func (p *plotter) plotPauses(b *chartBox, v *view, c *columns, low, high float64) {
	plot := b.plot(v, 0, func(dst []byte, _ float64) []byte { return dst })
	axis := b.inner()
	for d := low; d <= high*1.01 && plot.h > 0; d *= 10 {
		p.buf = format.AppendDecade(p.buf[:0], d)
		axis.tick(heatRow(d*1.001, low, high, plot.h), p.buf)
	}
	p.counts = drawHeat(plot, p.events, low, high, p.counts, v.ascii)
	p.marks(plot, v, c)
}

// pausesAt returns how many GC cycles there were in the window up to the moment of
// the figures, and the longest pause.
func pausesAt(v *view) (n int, longest time.Duration) {
	from, to := v.history.cyclesIn(v.at-v.window, v.at)
	for i := from; i < to; i++ {
		longest = max(longest, v.history.cycle(i).Pause)
	}
	return to - from, longest
}

func (p *plotter) chartSessions(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	p.ys = c.collect(p.ys[:0], delta.offeredRate)
	offered := highest(p.ys)
	p.ys = c.collect(p.ys[:0], sessionsRate)
	high := p.scales[scaleSessions].fit(max(offered, highest(p.ys)), 1)
	p.buf = p.appendNow(p.buf[:0], v, format.AppendRate, sessionsRate)
	b := p.chart(a, "sessions/s")
	b.note(p.buf, styleSessions)
	b.note(append(p.buf[:0], "offered"...), styleOffered)
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
	p.line(plot, v, c, delta.offeredRate, high, styleOffered)
	p.line(plot, v, c, sessionsRate, high, styleSessions)
	p.marks(plot, v, c)
}

func (p *plotter) chartHandshakes(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	p.ys = c.collect(p.ys[:0], delta.failedRate)
	failed := highest(p.ys)
	p.ys = c.collect(p.ys[:0], handshakesRate)
	high := p.scales[scaleHandshakes].fit(max(failed, highest(p.ys)), 1)
	p.buf = p.appendNow(p.buf[:0], v, format.AppendRate, handshakesRate)
	b := p.chart(a, "handshakes/s")
	b.note(p.buf, styleHandshake)
	if failed > 0 {
		b.note(append(p.buf[:0], "failed"...), styleBad)
	}
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
	p.line(plot, v, c, handshakesRate, high, styleHandshake)
	if failed > 0 {
		p.line(plot, v, c, delta.failedRate, high, styleBad)
	}
	p.marks(plot, v, c)
}

const mebibyte = 1 << 20

func heapGoal(p *point) float64 { return float64(p.heapGoal) / mebibyte }
func heapLive(p *point) float64 { return float64(p.heapLive) / mebibyte }

func (p *plotter) chartHeap(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	p.ys = c.gauge(p.ys[:0], heapGoal)
	high := p.scales[scaleHeap].fit(highest(p.ys), 1)
	p.buf = p.buf[:0]
	if d, ok := v.history.between(v.at, recent); ok {
		p.buf = format.AppendBytes(p.buf, float64(d.to.heapLive))
	}
	b := p.chart(a, "heap, MiB")
	b.note(p.buf, styleHeap)
	b.note(append(p.buf[:0], "goal"...), styleGoal)
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
	drawLine(plot, p.ys, high, styleGoal, v.ascii)
	p.ys = c.gauge(p.ys[:0], heapLive)
	drawLine(plot, p.ys, high, styleHeap, v.ascii)
	p.marks(plot, v, c)
}

// appendNow appends the present value of a figure.
func (p *plotter) appendNow(dst []byte, v *view, format func([]byte, float64) []byte, figure func(delta) float64) []byte {
	d, ok := v.history.between(v.at, recent)
	if !ok {
		return append(dst, dash...)
	}
	return format(dst, figure(d))
}

// Figures of one column, as functions so that collecting them allocates nothing.
func handshakesRate(d delta) float64 { return d.rate(countHandshakes) }
func sessionsRate(d delta) float64   { return d.rate(countCreated) }
