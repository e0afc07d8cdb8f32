package ui

import (
	"math"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// drawShake draws the phases of the handshake as a waterfall: each begins where the
// one before it ended.
func (p *sessionsPage) drawShake(a area, t *told, v *view) {
	const title = "handshake"
	in := a.box(title)
	d := &t.detail
	switch {
	case !t.known:
		return
	case d.Phases == nil && d.Suite == load.HandshakeNone:
		drawEmpty(in, "none: resumed from a fresh secret")
		return
	case d.Phases == nil && !d.Known:
		drawEmpty(in, "looking for its pair …")
		return
	case d.Phases == nil:
		drawEmpty(in, "its times were not written down")
		return
	}
	var total time.Duration
	bytes := 0
	for i := range d.Phases {
		total += d.Phases[i].Time
		bytes += d.Phases[i].Bytes
	}
	const nameWidth, timeWidth, wireWidth = 12, 8, 9
	wire := in.w - 1
	end := wire - wireWidth
	bar := stretch{nameWidth + 1, end - timeWidth - nameWidth - 2}
	p.buf = append(append(p.buf[:0], d.Suite.String()...), " over "...)
	p.buf = append(p.buf, d.Transport.String()...)
	a.boxNote(title, a.noteEnd(), p.buf, styleDim)
	figures := func(y int, took time.Duration, n int, s style) {
		p.buf = format.AppendDuration(p.buf[:0], float64(took))
		in.bytesRight(end, y, p.buf, s)
		p.buf = format.AppendBytes(p.buf[:0], float64(n))
		in.bytesRight(wire, y, p.buf, styleDim)
	}
	var before time.Duration
	for i := range d.Phases {
		f := &d.Phases[i]
		in.text(1, i, f.Name, styleDim)
		from := int(ratio(float64(before), float64(total)) * float64(bar.size))
		to := int(math.Ceil(ratio(float64(before+f.Time), float64(total)) * float64(bar.size)))
		drawBar(in.sub(rect{bar.from + from, i, to - from, 1}), 1, styleHandshake, v.ascii)
		before += f.Time
		figures(i, f.Time, f.Bytes, styleText)
	}
	y := len(d.Phases)
	in.text(1, y, "whole", styleText)
	figures(y, total, bytes, styleHandshake)
	if in.h > y+2 {
		in.words(1, y+2, "bytes on the wire, both ways", in.w-2, styleFaint)
	}
}

// ledgerColumns says where the figures of the ledger end, 0 for one that is left out.
type ledgerColumns struct {
	calls, total, each, bytes, hkdf, allocs, heap int
	bar                                           stretch
}

func placeLedger(w int) ledgerColumns {
	var c ledgerColumns
	x, gap := 11, 0
	if w >= 90 {
		gap = 2
	}
	column := func(to *int, width int) {
		x += width + gap
		*to = x
	}
	column(&c.calls, 6)
	column(&c.total, 9)
	column(&c.each, 9)
	column(&c.hkdf, 6)
	if w >= 70 {
		column(&c.bytes, 10)
	}
	column(&c.allocs, 8)
	if w >= 70 {
		column(&c.heap, 10)
	}
	if left := w - x - 3; left >= 12 {
		c.bar = stretch{x + 3, left - 1}
	}
	return c
}

// drawLedger draws what each stage of a session's life has cost.
func (p *sessionsPage) drawLedger(a area, t *told, v *view) {
	const title = "its cost"
	in := a.box(title)
	if !t.known {
		return
	}
	for _, note := range [...]string{
		"of this end · allocations of one call, measured on a replay of such a call",
		"allocations of one call, measured on a replay",
		"allocations: of a replay",
	} {
		if columnsOf(note)+columnsOf(title)+8 <= a.w {
			p.buf = append(p.buf[:0], note...)
			a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
			break
		}
	}
	c := placeLedger(in.w)
	head := func(end int, name string) {
		if end > 0 {
			in.textRight(end, 0, name, styleFaint)
		}
	}
	in.text(1, 0, "stage", styleFaint)
	head(c.calls, "calls")
	head(c.total, "total")
	head(c.each, "per call")
	head(c.hkdf, "HKDF")
	head(c.bytes, "bytes")
	head(c.allocs, "allocs")
	head(c.heap, "heap")
	if c.bar.size > 0 {
		in.text(c.bar.from, 0, "share of the time", styleFaint)
	}
	var sum load.LedgerRow
	counted := false
	for i := range t.detail.Ledger {
		sum.Time += t.detail.Ledger[i].Time
		sum.Bytes += t.detail.Ledger[i].Bytes
		sum.HKDF += t.detail.Ledger[i].HKDF * float64(t.detail.Ledger[i].Count)
		counted = counted || t.detail.Ledger[i].Stage == "create" && t.detail.Ledger[i].Replayed
	}
	y := 1
	for i := range t.detail.Ledger {
		if y >= in.h {
			return
		}
		p.drawLedgerRow(in.sub(rect{0, y, in.w, 1}), &t.detail.Ledger[i], &c, sum.Time, v)
		y++
	}
	if y >= in.h {
		return
	}
	row := in.sub(rect{0, y, in.w, 1})
	row.text(1, 0, "sum", styleText)
	p.figure(row, c.total, format.AppendDuration, float64(sum.Time), styleStrong)
	if !counted && sum.HKDF == 0 {
		sum.HKDF = nan
	}
	p.figure(row, c.hkdf, format.AppendTick, sum.HKDF, styleHKDF)
	p.figure(row, c.bytes, format.AppendBytes, float64(sum.Bytes), styleStrong)
}

// ledgerStyle is the look of a stage, as elsewhere.
func ledgerStyle(stage string) style {
	switch stage {
	case "handshake":
		return styleHandshake
	case "create":
		return styleHKDF
	case "seal":
		return styleSeal
	case "open":
		return styleOpen
	}
	return styleClose
}

func (p *sessionsPage) drawLedgerRow(a area, r *load.LedgerRow, c *ledgerColumns, total time.Duration, v *view) {
	a.text(1, 0, r.Stage, styleDim)
	p.buf = format.AppendCount(p.buf[:0], r.Count)
	a.bytesRight(c.calls, 0, p.buf, styleText)
	took, each, hkdf := nan, nan, nan
	if r.Count > 0 && r.Time > 0 {
		took, each = float64(r.Time), float64(r.Time)/float64(r.Count)
	}
	if r.Count > 0 && (r.Replayed || r.HKDF > 0) {
		hkdf = r.HKDF * float64(r.Count)
	}
	p.figure(a, c.total, format.AppendDuration, took, styleText)
	p.figure(a, c.each, format.AppendDuration, each, styleText)
	p.figure(a, c.hkdf, format.AppendTick, hkdf, styleText)
	bytes := nan
	if r.Stage == "seal" || r.Stage == "open" {
		bytes = float64(r.Bytes)
	}
	p.figure(a, c.bytes, format.AppendBytes, bytes, styleText)
	allocs, heap := nan, nan
	if r.Replayed {
		allocs, heap = r.Allocs, r.AllocBytes
	}
	p.figure(a, c.allocs, format.AppendTick, allocs, styleAllocs)
	p.figure(a, c.heap, format.AppendBytes, heap, styleText)
	if c.bar.size > 0 {
		drawBar(a.sub(rect{c.bar.from, 0, c.bar.size, 1}), ratio(took, float64(total)), ledgerStyle(r.Stage), v.ascii)
	}
}

// figure draws a figure before column end, if there is such a column.
func (p *sessionsPage) figure(a area, end int, write func([]byte, float64) []byte, v float64, s style) {
	switch {
	case end == 0:
		return
	case math.IsNaN(v):
		a.textRight(end, 0, dash, styleFaint)
		return
	}
	p.buf = write(p.buf[:0], v)
	a.bytesRight(end, 0, p.buf, s)
}
