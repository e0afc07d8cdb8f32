package ui

import (
	"math"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// trafficSpan is how much of a session's traffic its charts show.
const trafficSpan = time.Minute

// trafficPlot draws the frame of a chart of a session's traffic, and returns the area
// of its curve.
func (p *sessionsPage) trafficPlot(a area, t *told, v *view, title, unit string, now []byte, s style, high float64) area {
	b := p.chart(a, title)
	b.note(now, s)
	in := b.inner()
	if in.w <= axisWidth+2 || in.h < 1 {
		return in.sub(rect{})
	}
	end := "now"
	switch {
	case t.detail.EndedBy != "":
		end = "its end"
	case v.frozen:
		end = "frozen"
	}
	b.timeAxis(axisWidth+2, in.w-axisWidth-1, trafficSpan, end)
	plot := in.valueAxis()
	p.tick = append(format.AppendTick(p.tick[:0], high), unit...)
	in.tick(0, p.tick)
	p.tick = format.AppendTick(p.tick[:0], 0)
	in.tick(in.h-1, p.tick)
	return plot
}

// trafficSeconds are the whole seconds of a session's traffic: the one under way would
// look like a decline.
func trafficSeconds(d *load.SessionDetail) []load.TrafficPoint {
	all := d.Traffic
	if d.EndedBy == "" && len(all) > 0 {
		all = all[:len(all)-1]
	}
	return all[max(len(all)-int(trafficSpan/time.Second), 0):]
}

// spread appends one value for each of n dots over the span, of the second that each
// is in; none before the session was watched.
func spread(dst []float64, points []load.TrafficPoint, n int, of func(*load.TrafficPoint) float64) []float64 {
	const seconds = int(trafficSpan / time.Second)
	for x := range n {
		i := x*seconds/n - (seconds - len(points))
		v := nan
		if i >= 0 && i < len(points) {
			v = of(&points[i])
		}
		dst = append(dst, v)
	}
	return dst
}

// drawWatched marks where watching began, so that what was not written down does not look
// like silence.
func drawWatched(plot area, ys []float64) {
	first := 0
	for first < len(ys) && math.IsNaN(ys[first]) {
		first++
	}
	x := first/dotsAcross - 1
	if x < 0 {
		return
	}
	for y := range plot.h {
		plot.set(x, y, noteRune, styleMarkerLine)
	}
	const label = "watched"
	if x >= len(label) {
		plot.text(x-len(label), 0, label, styleMarker)
	}
}

// newest returns the last of the values, NaN where there is none.
func newest(ys []float64) float64 {
	if len(ys) == 0 {
		return nan
	}
	return ys[len(ys)-1]
}

// drawTraffic draws the messages of each second.
func (p *sessionsPage) drawTraffic(a area, t *told, v *view) {
	points := trafficSeconds(&t.detail)
	n := plotWidth(a) * dotsAcross
	p.ys = spread(p.ys[:0], points, n, func(t *load.TrafficPoint) float64 { return float64(t.Messages) })
	high := roundUp(max(highest(p.ys), 1))
	const title = "messages/s since it is watched"
	p.buf = append(p.buf[:0], dash...)
	if y := newest(p.ys); !math.IsNaN(y) {
		p.buf = format.AppendRate(p.buf[:0], y)
	}
	plot := p.trafficPlot(a, t, v, title, "", p.buf, styleSessions, high)
	p.layers[0] = layer{p.ys, styleSessions, "", patterns[0], rune(letters[0])}
	if len(points) == 0 {
		p.drawNoTraffic(plot, t)
		return
	}
	drawStack(plot, p.layers[:1], high, v.theme.patterns, v.ascii)
	drawWatched(plot, p.ys)
}

func (p *sessionsPage) drawNoTraffic(plot area, t *told) {
	if t.known && t.detail.EndedBy == "" {
		drawEmpty(plot, "written down from now on")
	}
}

// drawTrafficBytes draws the bytes of each second, in and out.
func (p *sessionsPage) drawTrafficBytes(a area, t *told, v *view) {
	points := trafficSeconds(&t.detail)
	n := plotWidth(a) * dotsAcross
	p.ys = spread(p.ys[:0], points, n, func(t *load.TrafficPoint) float64 { return float64(t.BytesIn) })
	p.ys = spread(p.ys, points, n, func(t *load.TrafficPoint) float64 { return float64(t.BytesOut) })
	in, out := p.ys[:n], p.ys[n:]
	high := 1.0
	for i := range n {
		if both := in[i] + out[i]; both > high {
			high = both
		}
	}
	high = roundUp(high)
	p.buf = append(p.buf[:0], dash...)
	if y := newest(in) + newest(out); !math.IsNaN(y) {
		p.buf = append(format.AppendBytes(p.buf[:0], y), "/s"...)
	}
	plot := p.trafficPlot(a, t, v, "bytes/s, in and out", "B", p.buf, styleSeal, high)
	if len(points) == 0 {
		p.drawNoTraffic(plot, t)
		return
	}
	p.layers[0] = layer{in, styleHandshake, "", patterns[1], rune(letters[1])}
	p.layers[1] = layer{out, styleSeal, "", patterns[0], rune(letters[0])}
	drawStack(plot, p.layers[:2], high, v.theme.patterns, v.ascii)
	drawWatched(plot, in)
}
