package ui

import (
	"strconv"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// The cells of a knob: the keys and what is between them.
const (
	gogcWidth  = 6 // "10000 %" is not a step
	limitWidth = 8
)

// gcNamesOfKeys are the whole names of the page's bindings.
var gcNamesOfKeys = func() (names []string) {
	p := newGC()
	for i := range p.bindings {
		names = append(names, pagePrefix(p)+p.bindings[i].name)
	}
	return names
}()

// key is how the key of a binding is shown.
func (p *gcPage) key(v *view, i int) string { return v.key(gcNamesOfKeys[i], p.bindings[i].keys[0]) }

// drawKnob draws a value between the keys that step it down and up, in width cells,
// and returns the column after it.
func (p *gcPage) drawKnob(a area, v *view, x, y, down int, value []byte, width int) int {
	from := x
	x = a.text(x, y, p.key(v, down), styleKey)
	a.bytesRight(x+1+width, y, value, styleStrong)
	x = a.text(x+width+2, y, p.key(v, down+1), styleKey)
	half := (x - from) / 2
	a.sub(rect{from, y, half, 1}).hit(hitKnob, down)
	a.sub(rect{from + half, y, x - from - half, 1}).hit(hitKnob, down+1)
	return x
}

func appendGOGC(dst []byte, c *load.Config) []byte {
	if c.GOGC == gogcOff {
		return append(dst, "off"...)
	}
	return append(strconv.AppendInt(dst, int64(c.GOGC), 10), " %"...)
}

func appendLimit(dst []byte, c *load.Config) []byte {
	if c.MemoryLimit == load.Off {
		return append(dst, "none"...)
	}
	return format.AppendBytes(dst, float64(c.MemoryLimit))
}

// appendPresent appends what the knobs stand at where the view is of other settings:
// the keys turn those in force.
func appendPresent(dst []byte, v *view) []byte {
	then, now := &v.snap.Config, v.config
	if !v.frozen {
		return dst
	}
	if then.GOGC != now.GOGC {
		dst = appendGOGC(append(dst, "now GOGC "...), now)
	}
	if then.MemoryLimit != now.MemoryLimit {
		if len(dst) > 0 {
			dst = append(dst, ", limit "...)
		} else {
			dst = append(dst, "now limit "...)
		}
		dst = appendLimit(dst, now)
	}
	return dst
}

// drawCollect draws the key that forces a collection and how often that was done, as
// far as there is room before end.
func (p *gcPage) drawCollect(a area, x, y, end int, v *view) {
	from := x
	x = a.text(a.text(x, y, v.key(collectName, "G"), styleKey)+1, y, "collect", styleDim)
	a.sub(rect{from, y, x - from, 1}).hit(hitKnob, knobCollect)
	p.buf = append(format.AppendCount(p.buf[:0], v.snap.GC.Forced), " forced"...)
	if v.snap.GC.Forced > 0 && x+2+columnsOfBytes(p.buf) <= end {
		a.bytes(x+2, y, p.buf, styleFaint)
	}
}

// The figures of the collector, in order of importance.
const (
	gcCycles = iota
	gcCPUShare
	gcHeap
	gcScheduler
	gcPaused
	gcAssists
	gcGoal
	gcAllocated
	gcObjects
	gcLongest
	gcStacks
	gcMapped
	numGCFigures
)

// gcNames are what they are called, and gcTall which are shown in columns of five.
var (
	gcNames = [numGCFigures]string{
		gcCycles: "cycles", gcCPUShare: "GC CPU", gcHeap: "heap", gcScheduler: "sched p99", gcPaused: "paused in all",
		gcAssists: "of it assists", gcGoal: "heap goal", gcAllocated: "allocated", gcObjects: "objects",
		gcLongest: "longest pause", gcStacks: "stacks", gcMapped: "mapped",
	}
	gcTall = [...]int{
		gcCycles, gcPaused, gcCPUShare, gcAssists, gcScheduler,
		gcHeap, gcGoal, gcAllocated, gcObjects, gcLongest,
	}
	// netNames are for figures that the dashboard has a part in.
	netNames = map[int]string{gcAllocated: "allocated, net", gcObjects: "objects, net"}
	// Those that the charts beside do not show, and those of a page without charts.
	gcShort = [...]int{gcCycles, gcCPUShare, gcScheduler, gcPaused}
	gcBare  = [...]int{gcCycles, gcHeap, gcCPUShare}
)

// appendFigure appends one of the collector's figures at the moment shown.
func (p *gcPage) appendFigure(dst []byte, v *view, which int) []byte {
	g := &v.snap.GC
	d, ok := v.history.between(v.at, v.window)
	if !ok {
		return append(dst, dash...)
	}
	switch which {
	case gcCycles:
		perMinute := 60 * d.rate(func(c *counters) uint64 { return c.cycles })
		return append(format.AppendPer(dst, perMinute), "/min"...)
	case gcCPUShare:
		return format.AppendPercent(dst, d.gcCPU())
	case gcHeap:
		return format.AppendBytes(dst, float64(d.to.heapLive))
	case gcScheduler:
		return format.AppendDuration(dst, schedulerP99(d.to))
	case gcPaused:
		return format.AppendDuration(dst, float64(g.PauseTotal))
	case gcAssists:
		return format.AppendPercent(dst, ratio(g.AssistCPUSeconds, g.CPUSeconds))
	case gcGoal:
		return format.AppendBytes(dst, float64(d.to.heapGoal))
	case gcLongest:
		if g.Pauses.Count == 0 {
			return append(dst, dash...)
		}
		return format.AppendDuration(dst, float64(g.Pauses.Max))
	case gcStacks:
		return format.AppendBytes(dst, float64(g.StackBytes))
	case gcMapped:
		return format.AppendBytes(dst, float64(g.TotalMapped))
	}
	if d, ok = v.history.between(v.at, recent); !ok {
		return append(dst, dash...)
	}
	if which == gcAllocated {
		return append(format.AppendBytes(dst, v.bytesRate(d)), "/s"...)
	}
	return format.AppendRate(dst, v.objectsRate(d))
}

// drawCollector draws the knobs of the collector and its figures.
func (p *gcPage) drawCollector(a area, v *view) {
	const title = "collector"
	in := a.box(title)
	if in.h < 2 || in.w < 50 {
		return
	}
	if p.buf = appendPresent(p.buf[:0], v); len(p.buf) > 0 {
		a.boxNote(title, a.noteEnd(), p.buf, styleMarker)
	}
	if in.h >= tallPanel-2 {
		p.tallCollector(in, v)
		return
	}
	x := in.text(1, 0, "GOGC", styleDim)
	p.buf = appendGOGC(p.buf[:0], &v.snap.Config)
	x = p.drawKnob(in, v, x+1, 0, gcLower, p.buf, gogcWidth)
	x = in.text(x+2, 0, "limit", styleDim)
	p.buf = appendLimit(p.buf[:0], &v.snap.Config)
	x = p.drawKnob(in, v, x+1, 0, limitLower, p.buf, limitWidth)
	p.drawCollect(in, x+2, 0, in.w-1, v)

	list := gcShort[:]
	if p.layout.n == 0 {
		list = gcBare[:]
	}
	const gap = 2
	width := (in.w - 2 + gap) / len(list)
	for width-gap < 16 && len(list) > 1 {
		list = list[:len(list)-1]
		width = (in.w - 2 + gap) / len(list)
	}
	for i, which := range list {
		p.figure(in, 1+i*width, 1, width-gap, v, which)
	}
}

// figureName is what a figure is called, which tells whether it is less the dashboard's
// part.
func (p *gcPage) figureName(v *view, which int) string {
	if net, ok := netNames[which]; ok && v.net {
		return net
	}
	return gcNames[which]
}

// figure draws one figure and its name in w cells.
func (p *gcPage) figure(a area, x, y, w int, v *view, which int) {
	name := p.figureName(v, which)
	p.buf = p.appendFigure(p.buf[:0], v, which)
	if columnsOf(name)+1+columnsOfBytes(p.buf) > w {
		name, _, _ = strings.Cut(name, " ")
	}
	a.text(x, y, name, styleDim)
	a.bytesRight(x+w, y, p.buf, styleText)
}

// tallCollector has the knobs at the left and figures in columns beside them.
func (p *gcPage) tallCollector(in area, v *view) {
	const nameEnd, gap, most, least = 14, 3, 28, 21
	in.text(1, 0, "GOGC", styleDim)
	p.buf = appendGOGC(p.buf[:0], &v.snap.Config)
	p.drawKnob(in, v, nameEnd, 0, gcLower, p.buf, limitWidth)
	in.text(1, 1, "memory limit", styleDim)
	p.buf = appendLimit(p.buf[:0], &v.snap.Config)
	x := p.drawKnob(in, v, nameEnd, 1, limitLower, p.buf, limitWidth)
	p.drawCollect(in, 1, 2, x, v)

	n := min(max((in.w-1-x)/(least+gap), 1), 2)
	width := min((in.w-1-x)/n-gap, most)
	left := in.w - 1 - n*(width+gap) + gap
	rows := in.h
	p.figure(in, 1, 3, x-1, v, gcStacks)
	p.figure(in, 1, 4, x-1, v, gcMapped)
	for i := range min(n*rows, len(gcTall)) {
		p.figure(in, left+i/rows*(width+gap), i%rows, width, v, gcTall[i])
	}
}
