package ui

import (
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// quantileColumn is one figure of a distribution.
type quantileColumn struct {
	name string
	of   func(*load.Latency) float64
	need int // shown where there is room for so many
}

var quantileColumns = [...]quantileColumn{
	{"mean", func(l *load.Latency) float64 { return float64(l.Mean) }, 6},
	{"p50", func(l *load.Latency) float64 { return float64(l.P50) }, 1},
	{"p75", func(l *load.Latency) float64 { return float64(l.P75) }, 9},
	{"p90", func(l *load.Latency) float64 { return float64(l.P90) }, 5},
	{"p95", func(l *load.Latency) float64 { return float64(l.P95) }, 8},
	{"p99", func(l *load.Latency) float64 { return float64(l.P99) }, 2},
	{"p99.9", func(l *load.Latency) float64 { return float64(l.P999) }, 4},
	{"p99.99", func(l *load.Latency) float64 { return float64(l.P9999) }, 7},
	{"max", func(l *load.Latency) float64 { return float64(l.Max) }, 3},
}

// latencyRows are the distributions of [load.Latencies], in order.
var latencyRows = [...]struct {
	name string
	of   func(*load.Latencies) *load.Response
}{
	{"create", func(l *load.Latencies) *load.Response { return &l.Create }},
	{"handshake", func(l *load.Latencies) *load.Response { return &l.Handshake }},
	{"seal", func(l *load.Latencies) *load.Response { return &l.Seal }},
	{"open", func(l *load.Latencies) *load.Response { return &l.Open }},
}

const (
	latencyName   = 10 // columns of a row's name
	quantileWidth = 8
)

// drawLatency draws the distributions, service and response side by side or, where
// there are rows enough, below each other with more figures.
func (p *crypto) drawLatency(a area, v *view) {
	const title = "latency"
	in := a.box(title)
	if in.h < 1 || in.w < latencyName+4*quantileWidth+4 {
		return
	}
	p.buf = append(p.buf[:0], "over the run"...)
	a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	const long, short = "service: from the actual start · response: from the intended one", "from the actual · from the intended start"
	for _, t := range [...]string{long, short} {
		if columnsOf(t)+6 <= a.w {
			y := a.h - 1
			a.set(2, y, ' ', styleBorder)
			a.set(a.text(3, y, t, styleFaint), y, ' ', styleBorder)
			break
		}
	}
	if in.h > 2*len(latencyRows) {
		const word = 10
		t := quantileTable(in.sub(rect{1 + latencyName + word, 0, in.w - 2 - latencyName - word, in.h}))
		t.heading()
		for i := range latencyRows {
			r := latencyRows[i].of(&v.snap.Latency)
			y := 1 + 2*i
			in.text(1, y, latencyRows[i].name, styleDim)
			in.text(1+latencyName, y, "service", styleDim)
			in.text(1+latencyName, y+1, "response", styleDim)
			p.quantiles(&t, y, &r.Service, styleText)
			p.quantiles(&t, y+1, &r.Response, styleHandshake)
		}
		return
	}
	half := (in.w - 2 - latencyName) / 2
	from := in.w - 1 - 2*half
	service := quantileTable(in.sub(rect{from, 0, half, in.h}))
	response := quantileTable(in.sub(rect{from + half, 0, half, in.h}))
	for _, g := range [...]struct {
		t *quantileSet
		s string
	}{{&service, "service"}, {&response, "response"}} {
		g.t.heading()
		// In the upper border, over the first of its figures.
		x := 1 + g.t.x + g.t.first() - columnsOf(g.s)
		a.set(x-1, 0, ' ', styleBorder)
		a.set(a.text(x, 0, g.s, styleDim), 0, ' ', styleBorder)
	}
	for i := range latencyRows {
		r := latencyRows[i].of(&v.snap.Latency)
		in.text(1, 1+i, latencyRows[i].name, styleDim)
		p.quantiles(&service, 1+i, &r.Service, styleText)
		p.quantiles(&response, 1+i, &r.Response, styleHandshake)
	}
}

// quantileSet is a table of distributions, a row each, with as many figures as fit.
type quantileSet struct {
	area
	n     int // figures
	width int // of each
}

func quantileTable(a area) quantileSet {
	n := min(a.w/quantileWidth, len(quantileColumns))
	return quantileSet{area: a, n: n, width: min(a.w/max(n, 1), quantileWidth+6)}
}

// each calls f for every figure with the column where it ends: the last at the
// right.
func (t *quantileSet) each(f func(c *quantileColumn, end int)) {
	end := t.w - t.n*t.width
	for i := range quantileColumns {
		if c := &quantileColumns[i]; c.need <= t.n {
			end += t.width
			f(c, end)
		}
	}
}

func (t *quantileSet) first() int { return t.w - (t.n-1)*t.width }

func (t *quantileSet) heading() {
	t.each(func(c *quantileColumn, end int) { t.textRight(end, 0, c.name, styleFaint) })
}

func (p *crypto) quantiles(t *quantileSet, y int, l *load.Latency, s style) {
	row := t.sub(rect{0, y, t.w, 1})
	t.each(func(c *quantileColumn, end int) { p.duration(row, end, l, c.of(l), s) })
}

// dropNames are the causes for which sessions are not started.
var dropNames = [numDrops]string{
	dropLive: "live limit", dropMemory: "memory", dropCPU: "CPU", dropGenerator: "generator", dropFailed: "failed",
}

// causeTexts are causes as they are shown.
var causeTexts = func() []string {
	texts := make([]string, len(causes))
	for i, word := range causes {
		texts[i] = strings.ReplaceAll(word, "_", " ")
	}
	return texts
}()

// drawDrops draws how many sessions were not started, and how many handshakes
// failed, by cause.
func (p *crypto) drawDrops(a area, v *view) {
	const title = "not started, by cause"
	in := a.box(title)
	if in.h < 1 || in.w < 20 {
		return
	}
	d, ok := v.history.between(v.end, v.window)
	failed := failures(&v.snap.Handshakes.HandshakeCounts)
	now := pointOf(v.snap)
	if in.h <= numDrops {
		p.dropsLine(a, in, v, &now, &failed)
		return
	}
	total, last := in.w-1-6, in.w-1
	if in.w >= 32 {
		total = last - 10
	}
	heading := func(y int, name string, s style) {
		in.text(1, y, name, s)
		in.textRight(total, y, "in all", styleFaint)
		p.buf = p.buf[:0]
		if last-total >= 10 {
			p.buf = append(p.buf, "last "...)
		}
		p.buf = format.AppendSpan(p.buf, v.window)
		in.bytesRight(last, y, p.buf, styleFaint)
	}
	row := func(y int, name string, n, recent uint64) {
		in.text(1, y, name, styleDim)
		p.buf = format.AppendCount(p.buf[:0], n)
		in.bytesRight(total, y, p.buf, countStyle(n))
		p.buf = append(p.buf[:0], dash...)
		if ok {
			p.buf = format.AppendCount(p.buf[:0], recent)
		}
		in.bytesRight(last, y, p.buf, countStyle(recent))
	}
	heading(0, "sessions", styleText)
	for i, name := range dropNames {
		n, recent := now.drops[i], uint64(0)
		if ok {
			recent = d.to.drops[i] - d.from.drops[i]
		}
		row(1+i, name, n, recent)
	}
	y := 1 + numDrops
	if in.h < y+2 {
		return
	}
	in.text(1, y, "failed handshakes", styleText)
	y++
	n := 0
	for _, c := range failed {
		if c > 0 {
			n++
		}
	}
	if n == 0 {
		in.text(2, y, "none", styleFaint)
	}
	rest := uint64(0)
	for i, c := range failed[:len(causes)] {
		switch {
		case c == 0:
			continue
		case y == in.h-1 && n > 1: // the last row is for all that are left
			rest += c
			continue
		}
		recent := uint64(0)
		if ok {
			recent = uint64(d.to.failed[i] - d.from.failed[i])
		}
		row(y, causeTexts[i], c, recent)
		y++
		n--
	}
	if rest > 0 {
		in.text(1, in.h-1, "and others", styleFaint)
		p.buf = format.AppendCount(p.buf[:0], rest)
		in.bytesRight(total, in.h-1, p.buf, styleWarn)
	}
}

func countStyle(n uint64) style {
	if n == 0 {
		return styleDim
	}
	return styleWarn
}

// dropsLine draws the same in few rows: counts since the start, one after the other.
func (p *crypto) dropsLine(a, in area, v *view, now *point, failed *[maxCauses]uint64) {
	const gap, countWidth = 2, 6
	const title = "not started, by cause"
	p.buf = append(p.buf[:0], "sessions since the start"...)
	if d, ok := v.history.between(v.end, recent); ok {
		n := uint64(0)
		for i := range d.to.drops {
			n += d.to.drops[i] - d.from.drops[i]
		}
		p.buf = append(p.buf[:0], "sessions in all, now "...)
		at := len(p.buf)
		p.buf = padLeft(format.AppendRate(p.buf, ratio(float64(n), d.elapsed.Seconds())), at, 8)
	}
	a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	x, y := 1, 0
	put := func(name string, n uint64) {
		w := columnsOf(name) + countWidth
		if x+w > in.w-1 && x > 1 {
			x, y = 1, y+1
		}
		in.text(x, y, name, styleDim)
		p.buf = format.AppendCount(p.buf[:0], n)
		in.bytesRight(x+w, y, p.buf, countStyle(n))
		x += w + gap
	}
	for i, name := range dropNames {
		put(name, now.drops[i])
	}
	if y+1 >= in.h {
		return
	}
	x, y = 1, y+1
	x = in.text(x, y, "failed handshakes:", styleDim) + gap
	none := true
	for i, n := range failed[:len(causes)] {
		if n > 0 {
			put(causeTexts[i], n)
			none = false
		}
	}
	if none {
		in.text(x, y, "none", styleFaint)
	}
}
