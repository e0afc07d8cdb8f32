package ui

import (
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// gcCharts are what the page draws besides the pauses, in the order of layoutGC.
var gcCharts = [maxGCCharts]func(*gcPage, area, *view){
	(*gcPage).chartMemory,
	(*gcPage).chartBytes,
	(*gcPage).chartCPU,
	(*gcPage).chartScheduler,
	(*gcPage).chartObjects,
}

// chartHeat draws the pauses: when across, how long up, how many by shade.
func (p *gcPage) chartHeat(a area, v *view) {
	b := p.chart(a, "GC pauses")
	p.buf = p.buf[:0]
	if pauses := p.pausesIn(v); len(pauses) > 0 {
		p.buf = format.AppendDuration(append(p.buf, "p50 "...), float64(quantile(pauses, 0.5)))
		p.buf = format.AppendDuration(append(p.buf, " · p99 "...), float64(quantile(pauses, 0.99)))
		p.buf = format.AppendDuration(append(p.buf, " · max "...), float64(quantile(pauses, 1)))
	} else {
		p.buf = append(p.buf, "none in the window"...)
	}
	b.note(p.buf, styleGC)
	b.heatScale(v.ascii)
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	low, high := p.gatherPauses(v, c)
	p.plotPauses(&b, v, c, low, high)
}

// heatScale writes into the border what the shades mean, if there is room.
func (b *chartBox) heatScale(ascii bool) {
	texts := [numHeats]string{"1", "2–3", "4–7", "8+ cycles"}
	width := 0
	for _, t := range texts {
		width += 2 + columnsOf(t) + 1
	}
	x := b.end - width
	if x < columnsOf(b.title)+5 {
		return
	}
	b.set(x-1, 0, ' ', styleBorder)
	for i, t := range texts {
		r := heatRunes[i]
		if ascii {
			r = rune(heatLetters[i])
		}
		b.set(x, 0, r, styleHeat0+style(i))
		b.set(x+1, 0, ' ', styleBorder)
		x = b.text(x+2, 0, t, styleFaint)
		b.set(x, 0, ' ', styleBorder)
		x++
	}
	b.end -= width + 2
}

func heapLimit(p *point) float64 {
	if p.limit == 0 {
		return nan
	}
	return float64(p.limit) / mebibyte
}

// roomyHeap is where the border of the chart has room for the unit of the goal.
const roomyHeap = 46

// chartMemory draws the heap, its goal, and the memory limit where it is not far off.
func (p *gcPage) chartMemory(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	p.ys = c.gauge(p.ys[:0], heapGoal)
	top := highest(p.ys)
	p.ys = c.gauge(p.ys[:0], heapLimit)
	limit := highest(p.ys)
	const far = 4 // times the goal: the curves below would be flat
	near := limit > 0 && limit <= far*top
	if near {
		top = max(top, limit)
	}
	high := p.scales[scaleHeap].fit(top, 1)
	p.buf = append(p.buf[:0], dash...)
	d, ok := v.history.between(v.at, recent)
	if ok {
		p.buf = format.AppendBytes(p.buf[:0], float64(d.to.heapLive))
	}
	b := p.chart(a, "heap, MiB")
	b.note(p.buf, styleHeap)
	if ok {
		p.buf = append(p.buf[:0], "goal "...)
		if a.w < roomyHeap { // in the unit of the axis
			p.buf = format.AppendScaled(p.buf, heapGoal(d.to), 3)
		} else {
			p.buf = format.AppendBytes(p.buf, float64(d.to.heapGoal))
		}
		b.note(p.buf, styleGoal)
	}
	if ok && d.to.limit > 0 {
		p.buf = format.AppendBytes(append(p.buf[:0], "limit "...), float64(d.to.limit))
		b.note(p.buf, styleWarn)
	}
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
	if near {
		drawDots(plot, p.ys, 0, high, styleWarn, v.ascii)
	}
	p.ys = c.gauge(p.ys[:0], heapGoal)
	drawLine(plot, p.ys, high, styleGoal, v.ascii)
	p.ys = c.gauge(p.ys[:0], heapLive)
	drawLine(plot, p.ys, high, styleHeap, v.ascii)
	p.marks(plot, v, c)
}

var (
	bytesTitles      = []string{"allocated, MiB/s"}
	netBytesTitles   = []string{"allocated, MiB/s, without dashboard", "allocated, MiB/s, net"}
	objectsTitles    = []string{"objects allocated/s", "objects/s"}
	netObjectsTitles = []string{"objects allocated/s, without dashboard", "objects allocated/s, net", "objects/s, net"}
)

func (p *gcPage) chartBytes(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	figure := func(d delta) float64 { return v.bytesRate(d) / mebibyte }
	p.ys = c.collect(p.ys[:0], figure)
	high := p.scales[scaleBytes].fit(highest(p.ys), 0.1)
	b := p.chart(a, v.netTitle(a.w-noteRoom-4, bytesTitles, netBytesTitles))
	d, ok := v.history.between(v.at, recent)
	p.buf = append(p.buf[:0], dash...)
	if ok {
		p.buf = append(format.AppendBytes(p.buf[:0], v.bytesRate(d)), "/s"...)
	}
	b.note(p.buf, styleAllocs)
	if ok && p.layout.n < maxGCCharts { // objects have no chart of their own
		p.buf = append(format.AppendScaled(p.buf[:0], v.objectsRate(d), 3), " objects/s"...)
		b.note(p.buf, styleFaint)
	}
	p.curve(&b, v, c, high, styleAllocs, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
}

func (p *gcPage) chartObjects(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	figure := func(d delta) float64 { return v.objectsRate(d) }
	p.ys = c.collect(p.ys[:0], figure)
	high := p.scales[scaleObjects].fit(highest(p.ys), 1)
	b := p.chart(a, v.netTitle(a.w-noteRoom, objectsTitles, netObjectsTitles))
	p.buf = p.appendNow(p.buf[:0], v, format.AppendRate, figure)
	b.note(p.buf, styleAllocs)
	p.curve(&b, v, c, high, styleAllocs, func(dst []byte, part float64) []byte {
		return format.AppendTick(dst, part*high)
	})
}

// gcCPU is the collector's share of the processor time that the process used. It does
// not exist where no cycle ended.
func (d delta) gcCPU() float64 {
	return ratio(d.to.gcCPU-d.from.gcCPU, d.to.usedCPU-d.from.usedCPU)
}

// chartCPU draws the collector's share of the process's processor time. The runtime
// works it out when a cycle ends: what it was until then is drawn then, and after the
// last cycle there is nothing yet.
func (p *gcPage) chartCPU(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	p.ys = c.collect(p.ys[:0], delta.gcCPU)
	next := nan
	for i := len(p.ys) - 1; i >= 0; i-- {
		if p.ys[i] == p.ys[i] {
			next = p.ys[i]
		} else if _, ok := c.delta(i); ok {
			p.ys[i] = next
		}
	}
	high := p.scales[scaleGCCPU].fit(100*highest(p.ys), 1) / 100
	b := p.chart(a, "GC CPU, as cycles end")
	p.buf = append(p.buf[:0], dash...)
	if d, ok := v.history.between(v.at, v.window); ok {
		p.buf = format.AppendPercent(p.buf[:0], d.gcCPU())
	}
	b.note(p.buf, styleGC)
	p.curve(&b, v, c, high, styleGC, func(dst []byte, part float64) []byte {
		return append(format.AppendTick(dst, part*high*100), '%')
	})
}

func schedulerP99(p *point) float64 {
	if p.schedP99 == 0 {
		return nan
	}
	return float64(p.schedP99)
}

// chartScheduler draws for how long goroutines waited to run, in each second.
func (p *gcPage) chartScheduler(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	p.ys = c.gauge(p.ys[:0], schedulerP99)
	high := p.scales[scaleScheduler].fit(highest(p.ys), 1e3)
	b := p.chart(a, "scheduler latency p99")
	p.buf = append(p.buf[:0], dash...)
	if d, ok := v.history.between(v.at, recent); ok {
		p.buf = format.AppendDuration(p.buf[:0], schedulerP99(d.to))
	}
	b.note(p.buf, styleOpen)
	p.curve(&b, v, c, high, styleOpen, func(dst []byte, part float64) []byte { return appendTimeTick(dst, part*high) })
}

// appendTimeTick appends a round time of an axis: 0, 750µs, 1.5ms.
func appendTimeTick(dst []byte, ns float64) []byte {
	unit, by := "s", 1e9
	switch {
	case ns == 0:
		return append(dst, '0')
	case ns < 1e3:
		unit, by = "ns", 1
	case ns < 1e6:
		unit, by = "µs", 1e3
	case ns < 1e9:
		unit, by = "ms", 1e6
	}
	return append(format.AppendTick(dst, ns/by), unit...)
}
