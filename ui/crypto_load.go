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
	if in.h > 2*len(latencyRows) || a.w >= 70 { // the headings of two tables may be there
		p.buf = append(p.buf[:0], "over the run"...)
		a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	}
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
	d, ok := v.history.between(v.at, v.window)
	failed := failures(&v.snap.Handshakes.HandshakeCounts)
	now := pointOf(v.snap)
	if a.h < listDrops {
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

// flow places figures with their names one after the other, in as many rows as it
// takes.
type flow struct {
	area
	left   int // where each row begins
	x, y   int
	gap    int
	column int // the width of each, 0 for what it needs
}

const flowCount = 6 // columns of a figure, with the space before it

// next makes room for a figure of that name, and returns its width.
func (f *flow) next(name string) int {
	w := columnsOf(name) + flowCount
	if f.column > 0 {
		w = f.column
	}
	if f.x+w > f.w-1 && f.x > f.left {
		f.x, f.y = f.left, f.y+1
	}
	return w
}

// put draws a figure, if there is a row for it.
func (p *crypto) put(f *flow, name string, n uint64) bool {
	w := f.next(name)
	if f.y >= f.h {
		return false
	}
	f.text(f.x, f.y, name, styleDim)
	p.buf = format.AppendCount(p.buf[:0], n)
	f.bytesRight(f.x+w, f.y, p.buf, countStyle(n))
	f.x += w + f.gap
	return true
}

// dropsLine draws the same in few rows: counts since the start, one after the other,
// or below each other where the panel is narrow. Causes for which there is no row
// stand in the lower border.
func (p *crypto) dropsLine(a, in area, v *view, now *point, failed *[maxCauses]uint64) {
	const title, narrow = "not started, by cause", 40
	p.buf = append(p.buf[:0], "sessions since the start"...)
	if d, ok := v.history.between(v.at, recent); ok {
		n := uint64(0)
		for i := range d.to.drops {
			n += d.to.drops[i] - d.from.drops[i]
		}
		p.buf = append(p.buf[:0], "sessions in all, now "...)
		at := len(p.buf)
		p.buf = padLeft(format.AppendRate(p.buf, ratio(float64(n), d.elapsed.Seconds())), at, 8)
	}
	a.boxNote(title, a.noteEnd(), p.buf, styleFaint)

	f := flow{area: in, left: 1, x: 1, gap: 2}
	switch {
	case in.w < narrow && in.h >= numDrops:
		f.column = in.w - 2
	case in.w < narrow:
		f.gap = 1
	}
	all := f // a rehearsal: where not all have room, those that did not occur have none
	for _, name := range dropNames {
		all.x += all.next(name) + all.gap
	}
	for i, name := range dropNames {
		if now.drops[i] > 0 || all.y < in.h {
			p.put(&f, name, now.drops[i])
		}
	}

	some := *failed != [maxCauses]uint64{}
	shown := 0        // causes before this one
	if f.column > 0 { // causes are part of what failed
		f.left, f.column = f.left+1, f.column-1
	}
	if f.x, f.y = f.left, f.y+1; f.y < in.h {
		switch {
		case in.w >= narrow:
			f.x = in.text(f.x, f.y, "failed handshakes:", styleDim) + f.gap
			if !some {
				in.text(f.x, f.y, "none", styleFaint)
			}
		case !some:
			in.text(f.x, f.y, "no handshake", styleFaint)
		}
		for i, n := range failed[:len(causes)] {
			if n > 0 && !p.put(&f, causeTexts[i], n) {
				break // the others stand below
			}
			shown = i + 1
		}
	}
	p.causesBelow(a, failed, shown)
}

// causesBelow writes the causes from one on into the lower border: the first, and as
// many more as fit.
func (p *crypto) causesBelow(a area, failed *[maxCauses]uint64, from int) {
	more := from > 0
	for from < len(causes) && failed[from] == 0 {
		from++
	}
	left := uint64(0)
	for _, n := range failed[from:len(causes)] {
		left += n
	}
	if left == 0 {
		return
	}
	prefixes := [...]string{"failed handshakes: ", "failed: ", ""}
	if more {
		prefixes = [...]string{"and ", "", ""}
	}
	x, room := 3, a.w-6
	prefix, long := "", true
	for _, prefix = range prefixes {
		p.buf = appendCause(append(p.buf[:0], prefix...), from, failed[from])
		p.buf = appendOthers(p.buf, left-failed[from], long)
		if columnsOfBytes(p.buf) <= room {
			break
		}
	}
	if columnsOfBytes(p.buf) > room {
		x, room, long = 2, a.w-4, false
	}
	p.buf = append(p.buf[:0], prefix...)
	for i := from; left > 0; i++ {
		n, at := failed[i], len(p.buf)
		if n == 0 {
			continue
		}
		if i > from {
			p.buf = append(p.buf, ", "...)
		}
		p.buf = appendCause(p.buf, i, n)
		with := len(p.buf)
		p.buf = appendOthers(p.buf, left-n, long)
		if i > from && columnsOfBytes(p.buf) > room {
			p.buf = appendOthers(p.buf[:at], left, long)
			break
		}
		p.buf, left = p.buf[:with], left-n
	}
	y := a.h - 1
	a.set(x-1, y, ' ', styleBorder)
	x = a.bytes(x, y, p.buf[:len(prefix)], styleDim)
	a.set(a.bytes(x, y, p.buf[len(prefix):], styleWarn), y, ' ', styleBorder)
}

// appendCause appends how many handshakes failed by a cause.
func appendCause(dst []byte, i int, n uint64) []byte {
	return format.AppendCount(append(append(dst, causeTexts[i]...), ' '), n)
}

// appendOthers appends how many failed by others, if any did.
func appendOthers(dst []byte, n uint64, long bool) []byte {
	switch {
	case n == 0:
		return dst
	case long:
		return format.AppendCount(append(dst, ", others "...), n)
	}
	return format.AppendCount(append(dst, " +"...), n)
}
