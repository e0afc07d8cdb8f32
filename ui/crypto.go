package ui

import (
	"math"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// crypto is the page that shows what the cryptography costs. It has two views: of the
// keys, which are handshakes by phase and the key schedule; and of the load, which is
// where the time goes, messages by size, latencies, and what could not be started.
type crypto struct {
	plotter
	w, h   int
	needs  cryptoNeeds // what the layout is for
	layout cryptoLayout
	tally  windowTally // what was counted in the window
}

func newCrypto() *crypto { return &crypto{} }

// reset implements resetter.
func (p *crypto) reset() { p.tally.made = false }

func (p *crypto) Title() string                    { return "Crypto" }
func (p *crypto) HandleKey(string) (tea.Cmd, bool) { return nil, false }

// Bindings implements page.
func (p *crypto) Bindings() []binding { return cryptoBindings }

var cryptoBindings = []binding{{
	name: "crypto-view", keys: []string{"v"}, group: groupPage, hint: "view",
	help: "view of the keys, or of the load", act: func(m *model) tea.Cmd {
		if p, ok := m.pages[m.current].(*crypto); ok {
			p.needs.view = (p.needs.view + 1) % numViews
			p.SetSize(p.w, p.h)
		}
		return nil
	},
}}

func (p *crypto) SetSize(w, h int) {
	p.w, p.h = w, h
	p.layout = layoutCrypto(w, h, p.needs)
}

// Render implements page.
func (p *crypto) Render(a area, v *view) {
	p.begin()
	p.tally.update(v)
	needs := cryptoNeeds{p.needs.view, len(v.snap.Handshakes.BySuite), classesOf(&v.snap.Messages.BySize)}
	if needs != p.needs {
		p.needs = needs
		p.SetSize(p.w, p.h)
	}
	l := &p.layout
	if needs.view == viewKeys {
		p.drawPhases(a.sub(l.phases), v)
		p.chartHKDF(a.sub(l.hkdf), v)
		p.drawDerive(a.sub(l.derive), v)
	} else {
		p.drawShares(a.sub(l.stages), v)
		p.drawDrops(a.sub(l.drops), v)
		p.drawSizes(a.sub(l.sizes), v)
		if l.latency.h > 0 {
			p.drawLatency(a.sub(l.latency), v)
		}
		if l.bytes.h > 0 {
			p.chartSealed(a.sub(l.bytes), v)
		}
	}
	if l.rate.h > 0 {
		p.chartHandshakes(a.sub(l.rate), v)
	}
}

// viewNames are the views, as the border of the first part has them.
var viewNames = [numViews]string{"keys", "load"}

// viewRoom is what they take there, at the right.
const viewRoom = 20

// drawView writes into the lower border which view this is, and how to see the other.
func (p *crypto) drawView(a area) {
	y, x := a.h-1, a.w-viewRoom+2
	a.set(x-1, y, ' ', styleBorder)
	x = a.text(x, y, viewNames[p.needs.view], styleStrong)
	x = a.text(x, y, " · ", styleFaint)
	x = a.text(a.text(x, y, "v", styleKey), y, " ", styleFaint)
	x = a.text(x, y, viewNames[(p.needs.view+1)%numViews], styleDim)
	a.set(x, y, ' ', styleBorder)
}

// phaseNames are the phases in the order of [load.Phases.List].
var phaseNames = [handshake.NumPhases]string{"invitation", "request", "response", "complete"}

// phaseTable says in which columns a row of the phases has its parts: where each
// figure ends, 0 for one that is left out, and where the bar is.
type phaseTable struct {
	p50, p99, mean, wire, allocs int
	bar                          stretch
	share                        int
}

// phaseColumns lays out a row of w cells.
func phaseColumns(w int) phaseTable {
	const nameWidth, timeWidth, wireWidth, allocsWidth, shareWidth = 14, 8, 9, 7, 7
	roomy := 0 // more between the figures of a wide row
	if w >= 90 {
		roomy = 2
	}
	t := phaseTable{p50: nameWidth + timeWidth + roomy}
	t.p99 = t.p50 + timeWidth + roomy
	x := t.p99
	if w >= 90 {
		t.mean = x + timeWidth + roomy
		x = t.mean
	}
	t.allocs = w - 1
	t.wire = t.allocs - allocsWidth - roomy
	end := t.wire - wireWidth - roomy
	t.bar = stretch{x + 2, end - x - 2}
	if t.bar.size > 2*shareWidth {
		t.share = end
		t.bar.size -= shareWidth + 1
	}
	return t
}

// kind returns the i-th kind of handshake to show, and its name. Where not all are
// shown in full, the one that is asked for now comes first.
func (p *crypto) kind(v *view, i int) *load.HandshakeKind {
	all := v.snap.Handshakes.BySuite
	if p.layout.full == len(all) {
		return &all[i]
	}
	first := 0
	for k := range all {
		if c := &v.snap.Config; all[k].Transport == c.Transport && (all[k].Suite == c.Handshake || c.Handshake == load.HandshakeMixed) {
			first = k
			break
		}
	}
	switch {
	case i == 0:
		return &all[first]
	case i <= first:
		return &all[i-1]
	}
	return &all[i]
}

func (p *crypto) drawPhases(a area, v *view) {
	const title = "handshakes by phase"
	in := a.box(title)
	if in.h < 1 || in.w < 40 {
		return
	}
	end := a.noteEnd()
	for _, note := range [...]string{
		"times over the run · wire and allocations of one handshake, measured alone",
		"times over the run · wire, allocs measured alone",
		"times over the run",
	} {
		if columnsOf(note)+columnsOf(title)+6 <= end {
			p.buf = append(p.buf[:0], note...)
			a.boxNote(title, end, p.buf, styleFaint)
			break
		}
	}

	p.drawView(a)
	if p.layout.full > 0 && a.w >= 76 {
		y := a.h - 1
		a.set(2, y, ' ', styleBorder)
		a.set(a.text(3, y, "bars: a phase after the other, p50 and up to p99", styleFaint), y, ' ', styleBorder)
	}
	l := &p.layout
	w := in.w / l.columns
	t := phaseColumns(w - l.columns + 1)
	at := func(i, y, rows int) area { return in.sub(rect{i % l.columns * w, y, w, rows}) }
	y := 0
	if l.full == 0 {
		for i := range l.columns {
			p.phaseHeading(at(i, 0, 1), "suite", "count", styleFaint, &t)
		}
		if p.needs.kinds == 0 {
			in.text(1, 1, "no handshake so far", styleDim)
		}
		y++
	}
	for i := range l.full {
		p.drawKind(at(i, i/l.columns*blockHeight, blockHeight), p.kind(v, i), &t, v.ascii)
	}
	y += (l.full + l.columns - 1) / l.columns * blockHeight
	for i := l.full; i < p.needs.kinds; i++ {
		k := i - l.full
		row := at(k, y+k/l.columns, 1)
		kind := p.kind(v, i)
		p.kindName(row, kind, styleText)
		p.drawWhole(row, kind, &t)
	}
}

func (p *crypto) kindName(a area, k *load.HandshakeKind, s style) {
	x := a.text(1, 0, k.Suite.String(), s)
	a.text(a.text(x, 0, "/", styleFaint), 0, k.Transport.String(), s)
}

// phaseHeading names the columns; bar is for the one where bars are.
func (p *crypto) phaseHeading(a area, name, bar string, s style, t *phaseTable) {
	a.text(1, 0, name, s)
	a.textRight(t.p50, 0, "p50", styleFaint)
	a.textRight(t.p99, 0, "p99", styleFaint)
	if t.mean > 0 {
		a.textRight(t.mean, 0, "mean", styleFaint)
	}
	a.text(t.bar.from, 0, bar, styleFaint)
	a.textRight(t.wire, 0, "wire", styleFaint)
	a.textRight(t.allocs, 0, "allocs", styleFaint)
}

// drawKind draws one kind of handshake in full. The bars of its phases share an axis
// of time, on which each begins where the one before ends by its p50.
func (p *crypto) drawKind(a area, k *load.HandshakeKind, t *phaseTable, ascii bool) {
	phases := k.Phases.List()
	sum, start, end := 0.0, 0.0, 0.0
	for _, c := range phases {
		sum += float64(c.Service.Mean)
		end = max(end, start+float64(c.Service.P99))
		start += float64(c.Service.P50)
	}
	p.phaseHeading(a, "", "0", styleText, t)
	p.kindName(a, k, styleStrong)
	if end > 0 {
		p.buf = format.AppendDuration(p.buf[:0], end)
		a.bytesRight(t.bar.from+t.bar.size, 0, p.buf, styleFaint)
	}
	if t.share > 0 {
		a.textRight(t.share, 0, "share", styleFaint)
	}
	start = 0
	for i, c := range phases {
		row := a.sub(rect{0, 1 + i, a.w, 1})
		row.text(2, 0, phaseNames[i], styleDim)
		share := nan
		if c.Service.Count > 0 {
			share = ratio(float64(c.Service.Mean), sum)
		}
		p.phaseTimes(row, &c.Service, t, styleText)
		p50, p99 := float64(c.Service.P50), float64(c.Service.P99)
		drawSpan(row.sub(rect{t.bar.from, 0, t.bar.size, 1}), start/end, (start+p50)/end, (start+p99)/end, styleHandshake, ascii)
		start += p50
		if t.share > 0 {
			p.buf = format.AppendPercent(p.buf[:0], share)
			row.bytesRight(t.share, 0, p.buf, styleDim)
		}
		p.phaseUnits(row, c.PerHandshake.WireBytes, c.PerHandshake.Allocs, t)
	}
	row := a.sub(rect{0, 1 + len(phases), a.w, 1})
	row.text(2, 0, "whole", styleText)
	p.drawWhole(row, k, t)
}

// drawWhole draws the figures of whole handshakes and how many there were.
func (p *crypto) drawWhole(a area, k *load.HandshakeKind, t *phaseTable) {
	p.phaseTimes(a, &k.Total, t, styleHandshake)
	var wire, allocs float64
	for _, c := range k.Phases.List() {
		wire += c.PerHandshake.WireBytes
		allocs += c.PerHandshake.Allocs
	}
	p.phaseUnits(a, wire, allocs, t)

	room := t.bar.size
	if t.share > 0 {
		room = t.share - t.bar.from
	}
	cell := a.sub(rect{t.bar.from, 0, room, 1})
	p.buf = append(format.AppendCount(p.buf[:0], k.Completed), " ok"...)
	ok := len(p.buf)
	if k.Failed > 0 {
		p.buf = append(format.AppendCount(append(p.buf, "  "...), k.Failed), " failed"...)
	}
	switch {
	case columnsOfBytes(p.buf) <= room:
		cell.bytes(cell.bytes(0, 0, p.buf[:ok], styleDim), 0, p.buf[ok:], styleWarn)
	case k.Failed > 0: // what is wrong comes first
		p.buf = append(format.AppendCount(p.buf[:0], k.Failed), " fail"...)
		cell.bytes(0, 0, p.buf, styleWarn)
	default:
		cell.bytes(0, 0, p.buf, styleDim)
	}
}

func (p *crypto) phaseTimes(a area, l *load.Latency, t *phaseTable, s style) {
	p.duration(a, t.p50, l, float64(l.P50), s)
	p.duration(a, t.p99, l, float64(l.P99), s)
	if t.mean > 0 {
		p.duration(a, t.mean, l, float64(l.Mean), s)
	}
}

// duration draws one figure of a distribution before column end, a dash where
// nothing was measured.
func (p *crypto) duration(a area, end int, l *load.Latency, v float64, s style) {
	if l.Count == 0 {
		v, s = nan, styleFaint
	}
	p.buf = format.AppendDuration(p.buf[:0], v)
	a.bytesRight(end, 0, p.buf, s)
}

// phaseUnits draws what is measured with nothing else running; 0 is not measured.
func (p *crypto) phaseUnits(a area, wire, allocs float64, t *phaseTable) {
	p.buf = append(p.buf[:0], dash...)
	if wire > 0 {
		p.buf = format.AppendBytes(p.buf[:0], math.Round(wire))
	}
	a.bytesRight(t.wire, 0, p.buf, styleText)
	p.buf = append(p.buf[:0], dash...)
	if allocs > 0 || wire > 0 {
		p.buf = format.AppendScaled(p.buf[:0], math.Round(allocs), 3)
	}
	a.bytesRight(t.allocs, 0, p.buf, styleText)
}
