package ui

import (
	"strconv"
	"time"
)

const (
	planLabel = 9  // columns of the labels
	planArm   = 11 // and of the name of an arm
)

// counted returns how many slices were measured that count, and how many there are
// to be, of all arms together.
func (t *trial) counted() (n, of int) {
	arms := len(t.plan.Arms)
	return max(t.found.turns-arms, 0), t.turns - arms
}

// drawPlan draws what is compared, under what load, and how it goes.
func (p *comparePage) drawPlan(a area, t *trial, ascii bool) {
	title := "comparison"
	if p.claims {
		title = "claims"
	}
	in := a.box(title)
	b := strconv.AppendInt(p.buf[:0], int64(sliceCounts[p.choice.slices]), 10)
	b = append(b, " slices of each arm, "...)
	b = appendMillis(b, sliceLengths[p.choice.length])
	b = append(b, " each · about "...)
	p.buf = appendTimeLeft(b, p.offer.about)
	a.boxNote(title, a.noteEnd(), p.buf, styleDim)

	o := &p.offer.texts
	y := 0
	switch {
	case in.h >= tallPlan-2:
		for i := range p.offer.plan.Arms {
			p.drawArm(in, y, i)
			in.words(1+planLabel+planArm, y, o.arms[i], in.w-2-planLabel-planArm, styleDim)
			y++
		}
	default:
		x := 1
		for i := range p.offer.plan.Arms {
			x = p.drawArmAt(in, x, y, i) + 4
		}
		y++
	}
	line := func(label, text string, s style) {
		in.text(1, y, label, styleDim)
		in.words(1+planLabel, y, text, in.w-2-planLabel, s)
		y++
	}
	if !p.claims || in.h < tallPlan-2 {
		s := styleText
		if o.nothing {
			s = styleWarn
		}
		line("differ", o.differ, s)
	}
	if y < in.h-1 {
		line("load", o.load, styleText)
	}
	p.drawStatus(in.sub(rect{1, in.h - 1, in.w - 2, 1}), t, ascii)
}

// drawArm draws which arm is picked, in a row of its own.
func (p *comparePage) drawArm(a area, y, i int) {
	if !p.claims {
		p.armLabel(a, 1, y, i)
		a.text(1+planLabel, y, p.offer.plan.Arms[i].Name, armStyle(i))
		return
	}
	a.text(1, y, "arm", styleDim)
	a.text(1+planLabel, y, p.offer.plan.Arms[i].Name, armStyle(i))
}

// drawArmAt draws an arm beside others, and returns the column after it.
func (p *comparePage) drawArmAt(a area, x, y, i int) int {
	name := p.offer.plan.Arms[i].Name
	switch {
	case !p.claims:
		at := x
		x = p.armLabel(a, x, y, i)
		if x += 2; i == 0 {
			x = at + planLabel
		}
		a.text(x, y, name, armStyle(i))
		return x + planArm - 3 // as far as the longest
	case i == 0:
		a.text(x, y, "arms", styleDim)
		x += planLabel
	}
	return a.text(x, y, name, armStyle(i))
}

// armLabel draws the key that picks an arm, and what the arm is in the comparison.
func (p *comparePage) armLabel(a area, x, y, i int) int {
	label := [...][3]string{{"compare.next-base", "v", "base"}, {"compare.next-new", "n", "new"}}[i]
	return a.text(a.text(x, y, p.keymap.label(label[0], label[1]), styleKey)+1, y, label[2], styleDim)
}

// drawStatus draws in one row how the trial goes, what came of it, or what may be
// started.
func (p *comparePage) drawStatus(a area, t *trial, ascii bool) {
	other := p.trials[1-p.kind()]
	switch {
	case other != nil && !other.ended:
		what := "the claims are being measured"
		if p.claims {
			what = "two arms are being compared"
		}
		x := a.text(a.text(0, 0, "▸ ", armStyle(1)), 0, what, styleText)
		x = a.text(x, 0, ": ", styleDim)
		a.text(a.text(x, 0, p.keymap.label("compare.claims", "c"), styleKey), 0, " shows that, esc stops it", styleDim)
	case t == nil && p.offer.err != nil:
		a.text(a.text(0, 0, "▲ ", styleBad), 0, fitText(oneLine(p.offer.err), a.w-2), styleBad)
	case t == nil:
		const long, short = " starts: the arms take turns in this process; the load stands still, and goes on after", " starts: the arms take turns, and the load stands still"
		x := a.text(0, 0, p.keymap.label("compare.start", "enter"), styleKey)
		if len(long) > a.w-x {
			a.words(x, 0, short, a.w-x, styleDim)
			return
		}
		a.text(x, 0, long, styleDim)
	case t.ended:
		p.drawOutcome(a, t)
	default:
		p.drawProgress(a, t, ascii)
	}
}

// drawProgress draws how far a trial is: which arm each slice was of, in their
// order, or a bar where there are too many.
func (p *comparePage) drawProgress(a area, t *trial, ascii bool) {
	n, of := t.counted()
	p.buf = append(appendTimeLeft(p.buf[:0], t.left()), " left"...)
	if t.stopped {
		p.buf = append(p.buf[:0], "stopping"...)
	}
	a.bytesRight(a.w, 0, p.buf, styleStrong)
	end := a.w - max(columnsOfBytes(p.buf), columnsOf("59 s left")) - 1
	x := a.text(0, 0, "▸ ", armStyle(1))
	if t.found.turns < len(t.plan.Arms) {
		a.text(x, 0, "warming up", styleDim)
	} else {
		p.buf = appendOf(p.buf[:0], n, of)
		a.text(a.bytes(x, 0, p.buf, styleText), 0, " slices", styleDim)
	}
	p.buf = append(appendOf(p.buf[:0], of, of), " slices  "...)
	x += columnsOfBytes(p.buf)
	track := a.sub(rect{x, 0, end - x, 1})
	block := 2 * len(t.plan.Arms)
	gaps := 1
	if of+of/block > track.w {
		gaps = 0
	}
	if of > track.w {
		drawBar(track, float64(n)/float64(of), armStyle(1), ascii)
		return
	}
	at := func(i int) int { return i + gaps*(i/block) }
	for i := n; i < of; i++ {
		track.set(at(i), 0, '·', styleFaint)
	}
	if n < of && t.found.turns >= len(t.plan.Arms) {
		track.set(at(n), 0, '◌', styleStrong)
	}
	for i := range t.found.results.Slices {
		s := &t.found.results.Slices[i]
		r, look := armRunes[s.Arm], armStyle(s.Arm)
		if !s.Valid {
			r, look = invalidRune, styleWarn
		}
		track.set(at(i), 0, r, look)
	}
}

// armRunes tell slices of the arms apart where they stand in one row.
var armRunes = [...]rune{'●', '○', '◆'}

// invalidRune is a slice that does not count.
const invalidRune = '×'

// appendOf appends "7 of 20".
func appendOf(dst []byte, n, of int) []byte {
	dst = strconv.AppendInt(dst, int64(n), 10)
	return strconv.AppendInt(append(dst, " of "...), int64(of), 10)
}

// appendMillis appends the length of a slice: 250 ms, 1 s.
func appendMillis(dst []byte, d time.Duration) []byte {
	if d%time.Second == 0 {
		return append(strconv.AppendInt(dst, int64(d/time.Second), 10), " s"...)
	}
	return append(strconv.AppendInt(dst, int64(d/time.Millisecond), 10), " ms"...)
}

// appendTimeLeft appends a time in whole seconds, rounded up: 9 s, 1 min 20 s.
func appendTimeLeft(dst []byte, d time.Duration) []byte {
	s := seconds(d)
	if s >= 60 {
		dst = append(strconv.AppendInt(dst, s/60, 10), " min "...)
		s %= 60
	}
	return append(strconv.AppendInt(dst, s, 10), " s"...)
}
