package ui

import (
	"math/bits"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/format"
)

// dash is shown for a figure that does not exist.
const dash = format.Dash

// box draws a border with a title in it and returns what is inside.
func (a area) box(title string) area {
	if a.w < 2 || a.h < 2 {
		return a.sub(rect{})
	}
	for x := 1; x < a.w-1; x++ {
		a.set(x, 0, '─', styleBorder)
		a.set(x, a.h-1, '─', styleBorder)
	}
	for y := 1; y < a.h-1; y++ {
		a.set(0, y, '│', styleBorder)
		a.set(a.w-1, y, '│', styleBorder)
	}
	a.set(0, 0, '╭', styleBorder)
	a.set(a.w-1, 0, '╮', styleBorder)
	a.set(0, a.h-1, '╰', styleBorder)
	a.set(a.w-1, a.h-1, '╯', styleBorder)
	if title = fitWords(title, a.w-4); title != "" {
		a.set(1, 0, ' ', styleBorder)
		a.set(a.text(2, 0, title, styleTitle), 0, ' ', styleBorder)
	}
	return a.inner()
}

// boxNote writes t into the upper border so that it ends before column end, if it
// fits beside the title of the same box, and returns the end for one more.
func (a area) boxNote(title string, end int, t []byte, s style) int {
	n := columnsOfBytes(t)
	x := end - n - 1
	if n == 0 || x < columnsOf(title)+5 {
		return end
	}
	a.set(x-1, 0, ' ', styleBorder)
	a.set(a.bytes(x, 0, t, s), 0, ' ', styleBorder)
	return x - 2
}

// noteEnd is where the first note of a box ends.
func (a area) noteEnd() int { return a.w - 2 }

// timeAxis writes into the lower border how far back the left end and the middle
// of the chart above it are; the chart has width cells from column left on.
func (a area) timeAxis(left, width int, window time.Duration, end string) {
	y := a.h - 1
	put := func(x int, t []byte) {
		a.set(x-1, y, ' ', styleBorder)
		a.set(a.bytes(x, y, t, styleFaint), y, ' ', styleBorder)
	}
	var b [16]byte
	put(max(left, 2), append(format.AppendSpan(b[:0], window), " ago"...))
	if width >= 48 {
		t := format.AppendSpan(b[:0], window/2)
		put(left+width/2-len(t)/2, t)
	}
	put(left+width-columnsOf(end)-1, append(b[:0], end...))
}

// timesOf writes the times of a chart over the window of v into the lower border. Where
// the window does not end with the newest moment, the times are distances from that;
// where there is a cursor, its time stands below it.
func (a area) timesOf(left, width int, v *view) {
	switch back := v.newest - v.end; {
	case back > 0:
		var b [16]byte
		a.timeRow(left, width, appendAgoTime(b[:0], v.window+back), v.window/2+back, back)
	case v.frozen:
		a.timeAxis(left, width, v.window, "frozen")
	default:
		a.timeAxis(left, width, v.window, "now")
	}
	if v.cursor {
		a.cursorTime(left, width, v)
	}
}

// timeRow is timeAxis for a window in the past.
func (a area) timeRow(left, width int, first []byte, middle, last time.Duration) {
	const roomy = 48
	y := a.h - 1
	put := func(x int, t []byte) {
		a.set(x-1, y, ' ', styleBorder)
		a.set(a.bytes(x, y, t, styleFaint), y, ' ', styleBorder)
	}
	put(max(left, 2), first)
	var b [16]byte
	if width >= roomy {
		t := appendTime(b[:0], middle)
		put(left+width/2-len(t)/2, t)
	}
	t := appendAgoTime(b[:0], last)
	put(left+width-len(t)-1, t)
}

// appendAgoTime appends a time past: 1m 12s ago.
func appendAgoTime(dst []byte, d time.Duration) []byte { return append(appendTime(dst, d), " ago"...) }

// cursorTime writes the moment of the cursor into the lower border, below it.
func (a area) cursorTime(left, width int, v *view) {
	x := cursorCell(v, width)
	if x < 0 {
		return
	}
	var b [24]byte
	t := format.AppendClock(b[:0], v.at)
	y := a.h - 1
	x = min(max(left+x-len(t)/2, 2), a.w-2-len(t))
	// A label that it would cut goes, with the spaces around it.
	wipe := func(x, by int) {
		for ; x > 1 && x < a.w-1 && a.at(x, y).r != '─'; x += by {
			a.set(x, y, '─', styleBorder)
		}
	}
	if a.at(x-1, y).s == styleFaint {
		wipe(x-1, -1)
	}
	if a.at(x+len(t), y).s == styleFaint {
		wipe(x+len(t), 1)
	}
	a.set(x-1, y, ' ', styleBorder)
	a.set(a.bytes(x, y, t, styleMoment), y, ' ', styleBorder)
}

// cursorCell returns the cell of the cursor in a chart of so many cells; -1 if it is
// not in the window.
func cursorCell(v *view, cells int) int {
	c := columns{}
	c.span(v.window, v.end, cells, dotsAcross)
	if x := c.column(v.at); x >= 0 {
		return x / dotsAcross
	}
	return -1
}

// cursor draws a line at cell x. What a chart draws with a few dots shows through it.
func (a area) cursor(x int, ascii bool) {
	const few = 4
	if x < 0 || x >= a.w {
		return
	}
	line := cursorRune
	if ascii {
		line = 'I'
	}
	for y := range a.h {
		r := a.at(x, y).r
		if isFree(r) || isBraille(r) && bits.OnesCount32(uint32(r-braille)) > few {
			r = line
		}
		a.set(x, y, r, styleMoment)
	}
}

// valueAxis draws an axis at the left of a and returns the area of the curve.
// Its labels have axisWidth cells.
func (a area) valueAxis() area {
	for y := range a.h {
		a.set(axisWidth, y, '│', styleBorder)
	}
	return a.sub(rect{axisWidth + 1, 0, a.w - axisWidth - 1, a.h})
}

// tick writes a label beside an axis that valueAxis drew.
func (a area) tick(y int, label []byte) {
	a.bytesRight(axisWidth, y, label, styleFaint)
	a.set(axisWidth, y, '┤', styleBorder)
}

// note is a labelled moment in a chart: the cell and what happened there.
type note struct {
	x     int
	label string
}

const (
	noteRune = '╎'
	gcRune   = '┊'

	cursorRune = '┃'
)

// drawNotes draws a line at every note, through the cells that the curve leaves
// free, and their labels, the newest first. A label stands at the right of its
// line, or if it does not fit there, at the left, in the uppermost row where it
// covers neither the curve nor another label; if it can, not even another line.
// Where there is no such row, the newest takes that where it covers least, and older
// ones are left out.
func drawNotes(a area, notes []note) {
	for _, n := range notes {
		for y := range a.h {
			if r := a.at(n.x, y).r; r == ' ' || r == gcRune {
				a.set(n.x, y, noteRune, styleMarkerLine)
			}
		}
	}
	for i := len(notes) - 1; i >= 0; i-- {
		n := notes[i]
		if n.x < 0 || n.x >= a.w {
			continue
		}
		w := columnsOf(n.label)
		x := n.x + 1
		if x+w > a.w {
			x = n.x - w
		}
		y := a.freeRow(x, w, n.x, isBlank)
		if y < 0 {
			y = a.freeRow(x, w, n.x, isFree)
		}
		if y < 0 && i == len(notes)-1 {
			y = a.leastCovered(x, w)
		}
		if y >= 0 && x >= 0 {
			a.text(x, y, n.label, styleMarker)
		}
	}
}

func isBlank(r rune) bool { return r == ' ' || r == gcRune }

// isFree reports whether a label may be written over the rune.
func isFree(r rune) bool { return isBlank(r) || r == noteRune }

// freeRow returns the uppermost row in which w cells from x on pass ok; -1 if
// there is none. So that labels do not touch, the cells beside them must be free,
// too, except in column line.
func (a area) freeRow(x, w, line int, ok func(rune) bool) int {
	if x < 0 || x+w > a.w {
		return -1
	}
rows:
	for y := range a.h {
		for i := x; i < x+w; i++ {
			if !ok(a.at(i, y).r) {
				continue rows
			}
		}
		if (x-1 == line || isFree(a.at(x-1, y).r)) && (x+w == line || isFree(a.at(x+w, y).r)) {
			return y
		}
	}
	return -1
}

// leastCovered returns the uppermost of the rows in which w cells from x on, and those
// beside them, hold the fewest that are not free.
func (a area) leastCovered(x, w int) int {
	best, least := 0, w+3
	for y := range a.h {
		n := 0
		for i := x - 1; i <= x+w; i++ {
			if !isFree(a.at(i, y).r) {
				n++
			}
		}
		if n < least {
			best, least = y, n
		}
	}
	return best
}

// cutWords returns as many whole words of a text as fit into w cells, at least one,
// and the others.
func cutWords(text string, w int) (line, rest string) {
	if columnsOf(text) <= w {
		return text, ""
	}
	end, used := 0, 0
	for i, r := range text {
		if r == ' ' && (end == 0 || used <= w) {
			end = i
		}
		if used += max(runeWidth(r), 1); used > w && end > 0 {
			break
		}
	}
	if end == 0 { // one word
		return text, ""
	}
	return text[:end], strings.TrimLeft(text[end:], " ")
}

// wordRows returns how many rows of w cells drawWords needs to draw all of a text.
func wordRows(text string, w int) int {
	n := 1
	for _, text = cutWords(text, w); text != ""; _, text = cutWords(text, w) {
		n++
	}
	return n
}

// drawWords draws a text by words into the rows of a, from column x of the first on.
func drawWords(a area, x int, text string, s style) {
	for y := range a.h {
		line, rest := text, ""
		if y < a.h-1 {
			if line, rest = cutWords(text, a.w-x); x > 0 && columnsOf(line) > a.w-x {
				x = 0 // no word fits beside what is there
				continue
			}
		}
		a.text(x, y, fitText(line, a.w-x), s)
		if text = rest; text == "" {
			return
		}
		x = 0
	}
}
