package ui

import (
	"strconv"

	"github.com/SAGE-X-project/sagetop/internal/format"
)

// drawCost draws what the dashboard itself takes.
func (p *gcPage) drawCost(a area, v *view) {
	in := a.box("the dashboard itself")
	if in.h < 2 || in.w < 50 {
		return
	}
	d, ok := v.history.between(v.at, recent)
	if in.h >= tallPanel-2 {
		p.tallCost(in, v, d, ok)
		return
	}
	p.buf = append(p.appendPerFrame(p.buf[:0], d, ok), " · "...)
	p.buf = append(p.appendShare(p.buf, d, ok), " of a core · "...)
	p.buf = append(p.appendWritten(p.buf, d, ok), " written"...)
	in.bytes(1, 0, p.buf, styleText)
	x := p.drawNet(in, 1, v)
	p.drawLearned(in, 1, 1, x-2, v, false)
}

// drawNet draws the switch for figures without the dashboard, at the right of row y,
// and returns where it begins.
func (p *gcPage) drawNet(a area, y int, v *view) int {
	s, box := styleOff, "[ ]"
	if v.net {
		s, box = styleOn, "[x]"
	}
	const text = "figures net of it"
	key := p.key(v, gcNet)
	from := a.w - 1 - columnsOf(box) - 1 - columnsOf(key) - 1
	if a.w >= 74 {
		from -= columnsOf(text)
	} else {
		from -= columnsOf("net")
	}
	x := a.text(from, y, key, styleKey) + 1
	x = a.text(x, y, box, s) + 1
	if a.w >= 74 {
		a.text(x, y, text, styleDim)
	} else {
		a.text(x, y, "net", styleDim)
	}
	a.sub(rect{from, y, a.w - from, 1}).hit(hitKnob, gcNet)
	return from
}

// drawLearned draws what a frame allocates, or how that is found out.
func (p *gcPage) drawLearned(a area, x, y, end int, v *view, page bool) {
	from := x
	switch {
	case v.resting && !v.frozen:
		p.buf = strconv.AppendInt(append(p.buf[:0], "measuring, the load rests: "...), int64(min(v.rested, restIntervals)), 10)
		p.buf = append(strconv.AppendInt(append(p.buf, " of "...), restIntervals, 10), " frames"...)
		x = a.bytes(x, y, p.buf, styleWarn)
	case !v.own.known():
		x = a.text(a.text(x, y, p.key(v, gcMeasure), styleKey)+1, y, "measures what a frame allocates", styleDim)
	default:
		p.buf = append(format.AppendScaled(p.buf[:0], v.own.objects, 3), " objects, "...)
		p.buf = append(format.AppendBytes(p.buf, v.own.bytes), " a frame"...)
		x = a.bytes(x, y, p.buf, styleText)
		p.buf = append(append(p.buf[:0], " of "...), v.own.place.page...)
		if page {
			p.buf = strconv.AppendInt(append(p.buf, " at "...), int64(v.own.place.w), 10)
			p.buf = strconv.AppendInt(append(p.buf, 'x'), int64(v.own.place.h), 10)
		}
		if x+columnsOfBytes(p.buf) <= end {
			x = a.bytes(x, y, p.buf, styleFaint)
		}
	}
	a.sub(rect{from, y, x - from, 1}).hit(hitKnob, gcMeasure)
}

func (p *gcPage) appendPerFrame(dst []byte, d delta, ok bool) []byte {
	if !ok || d.frames() == 0 {
		return append(append(dst, dash...), " ms/frame"...)
	}
	return append(strconv.AppendFloat(dst, d.perFrame()/1e6, 'f', 2, 64), " ms/frame"...)
}

func (p *gcPage) appendShare(dst []byte, d delta, ok bool) []byte {
	if !ok {
		return append(dst, dash...)
	}
	return format.AppendPercent(dst, d.ownShare())
}

func (p *gcPage) appendWritten(dst []byte, d delta, ok bool) []byte {
	if !ok {
		return append(dst, dash...)
	}
	return append(format.AppendBytes(dst, d.writtenRate()), "/s"...)
}

// tallCost has a row for each kind of cost, and says what it is of.
func (p *gcPage) tallCost(in area, v *view, d delta, ok bool) {
	const at, second, third = 11, 25, 39
	in.text(1, 0, "drawing", styleDim)
	p.buf = p.appendPerFrame(p.buf[:0], d, ok)
	in.bytes(at, 0, p.buf, styleText)
	p.buf = append(p.buf[:0], dash...)
	if ok {
		p.buf = append(format.AppendPer(p.buf[:0], d.framesRate()), " frames/s"...)
	}
	in.bytes(second, 0, p.buf, styleText)
	p.buf = append(p.appendShare(p.buf[:0], d, ok), " of a core"...)
	if third+columnsOfBytes(p.buf) < in.w {
		in.bytes(third, 0, p.buf, styleText)
	}

	in.text(1, 1, "terminal", styleDim)
	p.buf = p.appendWritten(p.buf[:0], d, ok)
	in.bytes(at, 1, p.buf, styleText)
	if ok && d.frames() > 0 {
		p.buf = append(format.AppendBytes(p.buf[:0], float64(d.to.own.bytes-d.from.own.bytes)/float64(d.frames())), "/frame"...)
		in.bytes(second, 1, p.buf, styleText)
	}

	in.text(1, 2, "memory", styleDim)
	p.drawLearned(in, at, 2, in.w-1, v, true)

	in.text(1, 3, "at rest", styleDim)
	cpu := v.own.cpu
	if !v.own.known() {
		cpu = nan
	}
	p.buf = append(p.buf[:0], dash...)
	if cpu == cpu {
		p.buf = append(strconv.AppendFloat(p.buf[:0], cpu, 'f', 1, 64), " %"...)
	}
	x := in.bytes(at, 3, p.buf, styleText)
	in.words(x+1, 3, "of a core, the process without load", in.w-2-x, styleFaint)

	x = p.drawNet(in, 4, v)
	if v.own.known() || v.resting {
		from := in.text(1, 4, p.key(v, gcMeasure), styleKey)
		to := in.words(from+1, 4, "measure again: the load rests for 2 s", x-3-from, styleDim)
		in.sub(rect{1, 4, to - 1, 1}).hit(hitKnob, gcMeasure)
	}
}
