package ui

import (
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

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
func (o *overview) chart(a area, title string) chartBox {
	a.box(title)
	return chartBox{a, title, a.noteEnd(), &o.tick}
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
	end := "now"
	if v.frozen {
		end = "frozen"
	}
	b.timeAxis(axisWidth+2, in.w-axisWidth-1, v.window, end)
	plot := in.valueAxis(axisWidth)
	put := func(y int, part float64) {
		*b.tick = label((*b.tick)[:0], part)
		if len(*b.tick) > 0 {
			in.tick(axisWidth, y, *b.tick)
		}
	}
	put(0, 1)
	put(in.h-1, 0)
	if in.h >= 7 {
		put(in.h/2, 0.5)
	}
	return plot
}

// marks draws the labelled changes of the configuration over a finished chart.
func (o *overview) marks(a area, v *view, c *columns) {
	o.notes = o.notes[:0]
	for _, m := range v.history.markers {
		if m.at > v.end {
			break
		}
		x := c.column(m.at)
		if x < 0 {
			continue
		}
		o.notes = append(o.notes, note{x / dotsAcross, m.label})
	}
	drawNotes(a, o.notes)
}

// line draws one curve.
func (o *overview) line(a area, v *view, c *columns, figure func(delta) float64, high float64, s style) {
	o.ys = c.collect(o.ys[:0], figure)
	drawLine(a, o.ys, high, s, v.ascii)
}

// plotWidth returns the cells of the curve in a chart that fills a.
func plotWidth(a area) int { return max(a.w-2-axisWidth-1, 1) }

func (o *overview) chartAllocs(a area, v *view) {
	c := o.columnsFor(v, plotWidth(a), dotsAcross)
	o.ys = c.collect(o.ys[:0], objectsPerSession)
	high := o.scales[scaleAllocs].fit(highest(o.ys), 1)
	b := o.chart(a, "allocations per session")
	o.buf = o.appendNow(o.buf[:0], v, format.AppendPer, objectsPerSession)
	b.note(o.buf, styleAllocs)
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
	drawLine(plot, o.ys, high, styleAllocs, v.ascii)
	o.marks(plot, v, c)
}

func (o *overview) chartPool(a area, v *view) {
	c := o.columnsFor(v, plotWidth(a), dotsAcross)
	b := o.chart(a, "pool reuse")
	o.buf = o.appendNow(o.buf[:0], v, format.AppendPercent, delta.reuse)
	b.note(o.buf, stylePool)
	b.note(append(o.buf[:0], "┊ GC cycle"...), styleFaint)
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return append(format.AppendTick(dst, part*100), '%')
	})
	o.line(plot, v, c, delta.reuse, 1, stylePool)
	o.markCycles(plot, v, c)
	o.marks(plot, v, c)
}

// markCycles draws a line at every GC cycle, or where there are many, a mark on
// the time axis.
func (o *overview) markCycles(a area, v *view, c *columns) {
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
	legendAbove = 9
)

func (o *overview) chartHKDF(a area, v *view) {
	c := o.columnsFor(v, plotWidth(a), dotsAcross)
	n := o.collectLayers(c)
	layers := o.layers[:n]
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
	high := o.scales[scaleHKDF].fit(top, 1)
	o.buf = o.appendNow(o.buf[:0], v, format.AppendPer, hkdfPerSession)
	o.buf = append(o.buf, "/session"...)
	b := o.chart(a, "HKDF calls/s")
	b.note(o.buf, styleHKDF)
	in := a.inner()
	above := 0
	if a.h >= legendAbove {
		perRow := max(in.w/legendWidth, 1)
		above = (n + perRow - 1) / perRow
		o.drawLegend(in.sub(rect{0, 0, in.w, above}), v, layers, perRow)
	}
	plot := b.plot(v, above, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
	drawStack(plot, layers, high, v.theme.patterns, v.ascii)
	o.marks(plot, v, c)
}

func hkdfPerSession(d delta) float64 { return d.perSession(countHKDF) }

// collectLayers fills one layer for each label that occurred in the columns.
func (o *overview) collectLayers(c *columns) int {
	n := 0
	for label := range session.NumLabels {
		l := &o.layers[n]
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

// drawLegend lists the layers, the topmost first, perRow in a row, with their
// present rates.
func (o *overview) drawLegend(a area, v *view, layers []layer, perRow int) {
	d, ok := v.history.between(v.end, recent)
	w, gap := a.w/perRow, 1
	if perRow > 1 {
		gap = min(max(w-legendWidth, 1), 3)
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
		o.buf = append(o.buf[:0], dash...)
		if label := int(l.style - styleLabel0); ok {
			o.buf = format.AppendRate(o.buf[:0], ratio(float64(d.to.hkdf[label]-d.from.hkdf[label]), d.elapsed.Seconds()))
		}
		e.bytesRight(e.w-gap, 0, o.buf, styleText)
	}
}

func (o *overview) chartPauses(a area, v *view) {
	c := o.columnsFor(v, plotWidth(a), dotsAcross)
	low, high := 10e3, 1e6 // 10 µs to 1 ms unless pauses lie outside
	o.events = o.events[:0]
	from, to := v.history.cyclesIn(c.start, v.end)
	for i := from; i < to; i++ {
		cycle := v.history.cycle(i)
		pause := max(float64(cycle.Pause), 1)
		low, high = min(low, pause), max(high, pause)
		o.events = append(o.events, heat{c.column(cycle.At) / dotsAcross, pause})
	}
	low, high = decades(low, high)
	o.buf = o.buf[:0]
	if len(o.events) > 0 {
		o.buf = append(format.AppendCount(o.buf, uint64(len(o.events))), " cycles · longest "...)
		o.buf = format.AppendDuration(o.buf, highestPause(o.events))
	} else {
		o.buf = append(o.buf, "none yet"...)
	}
	b := o.chart(a, "GC pauses")
	b.note(o.buf, styleGC)
	plot := b.plot(v, 0, func(dst []byte, _ float64) []byte { return dst })
	axis := a.inner()
	for d := low; d <= high*1.01 && plot.h > 0; d *= 10 {
		o.buf = format.AppendDecade(o.buf[:0], d)
		axis.tick(axisWidth, heatRow(d*1.001, low, high, plot.h), o.buf)
	}
	o.counts = drawHeat(plot, o.events, low, high, o.counts, v.ascii)
	o.marks(plot, v, c)
}

func highestPause(events []heat) float64 {
	top := 0.0
	for _, e := range events {
		top = max(top, e.v)
	}
	return top
}

func (o *overview) chartSessions(a area, v *view) {
	c := o.columnsFor(v, plotWidth(a), dotsAcross)
	o.ys = c.collect(o.ys[:0], delta.offeredRate)
	offered := highest(o.ys)
	o.ys = c.collect(o.ys[:0], sessionsRate)
	high := o.scales[scaleSessions].fit(max(offered, highest(o.ys)), 1)
	o.buf = o.appendNow(o.buf[:0], v, format.AppendRate, sessionsRate)
	b := o.chart(a, "sessions/s")
	b.note(o.buf, styleSessions)
	b.note(append(o.buf[:0], "offered"...), styleOffered)
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
	o.line(plot, v, c, delta.offeredRate, high, styleOffered)
	o.line(plot, v, c, sessionsRate, high, styleSessions)
	o.marks(plot, v, c)
}

const mebibyte = 1 << 20

func (o *overview) chartHeap(a area, v *view) {
	c := o.columnsFor(v, plotWidth(a), dotsAcross)
	o.ys = c.gauge(o.ys[:0], func(p *point) float64 { return float64(p.heapGoal) / mebibyte })
	high := o.scales[scaleHeap].fit(highest(o.ys), 1)
	o.buf = o.buf[:0]
	if d, ok := v.history.between(v.end, recent); ok {
		o.buf = format.AppendBytes(o.buf, float64(d.to.heapLive))
	}
	b := o.chart(a, "heap")
	b.note(o.buf, styleHeap)
	b.note(append(o.buf[:0], "goal"...), styleGoal)
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return append(format.AppendTick(dst, part*high), 'M')
	})
	drawLine(plot, o.ys, high, styleGoal, v.ascii)
	o.ys = c.gauge(o.ys[:0], func(p *point) float64 { return float64(p.heapLive) / mebibyte })
	drawLine(plot, o.ys, high, styleHeap, v.ascii)
	o.marks(plot, v, c)
}

// appendNow appends the present value of a figure.
func (o *overview) appendNow(dst []byte, v *view, format func([]byte, float64) []byte, figure func(delta) float64) []byte {
	d, ok := v.history.between(v.end, recent)
	if !ok {
		return append(dst, dash...)
	}
	return format(dst, figure(d))
}
