package ui

import (
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cell is one character cell. The rune 0 marks the right half of a wide rune.
type cell struct {
	r rune
	s style
}

var blank = cell{r: ' '}

// canvas is a grid of cells, drawn into and then encoded as a frame. It keeps
// its memory from frame to frame.
type canvas struct {
	w, h  int
	cells []cell
	hits  []hit // where a click means something, the uppermost last
}

// reset makes the canvas w by h and blank.
func (c *canvas) reset(w, h int) {
	w, h = max(w, 0), max(h, 0)
	c.w, c.h = w, h
	c.hits = c.hits[:0]
	if n := w * h; cap(c.cells) < n {
		c.cells = make([]cell, n)
	} else {
		c.cells = c.cells[:n]
	}
	for i := range c.cells {
		c.cells[i] = blank
	}
}

// all returns the whole canvas as an area.
func (c *canvas) all() area { return area{c: c, rect: rect{w: c.w, h: c.h}} }

// put sets the cell at x, y, which must be inside. Half a wide rune that is left
// over beside it becomes a space.
func (c *canvas) put(x, y int, r rune, s style) {
	row := c.cells[y*c.w : (y+1)*c.w]
	if row[x].r == 0 && x > 0 {
		row[x-1].r = ' '
	}
	if x+1 < c.w && row[x+1].r == 0 {
		row[x+1].r = ' '
	}
	row[x] = cell{r, s}
}

// appendFrame appends the canvas as h lines of exactly w columns, separated by
// newlines, with the escape sequences of th. With ascii set, every rune is
// replaced by a 7-bit one.
func (c *canvas) appendFrame(dst []byte, th *theme, ascii bool) []byte {
	for y := range c.h {
		if y > 0 {
			dst = append(dst, '\n')
		}
		on := styleText
		for _, cl := range c.cells[y*c.w : (y+1)*c.w] {
			if cl.r == 0 {
				if ascii {
					dst = append(dst, '?')
				}
				continue
			}
			// A space looks the same in all styles that paint no background.
			if cl.s != on && (cl.r != ' ' || th.painted[cl.s] || th.painted[on]) {
				dst = append(dst, th.escape[cl.s]...)
				on = cl.s
			}
			r := cl.r
			if ascii && r >= utf8.RuneSelf {
				r = asciiFor(r)
			}
			dst = utf8.AppendRune(dst, r)
		}
		if on != styleText {
			dst = append(dst, th.escape[styleText]...)
		}
	}
	return dst
}

// asciiFor returns a 7-bit stand-in for a rune that the dashboard draws.
func asciiFor(r rune) rune {
	switch r {
	case 'µ':
		return 'u'
	case '·', '–', '—', '−', '─', '━', '╌':
		return '-'
	case '│', '┤', '├', '┃', '╎', '╫':
		return '|'
	case '┊', '┆':
		return ':'
	case '╭', '╮', '╰', '╯', '┴', '┬', '┼', '╪':
		return '+'
	case '●', '◆':
		return '*'
	case '○', '•':
		return 'o'
	case '◌':
		return '_'
	case '▸':
		return '>'
	case '‖':
		return '='
	case '■', '▪', '█':
		return '#'
	case '▲':
		return '!'
	case '→':
		return '>'
	case '←':
		return '<'
	case '…':
		return '~'
	case '×':
		return 'x'
	case '↑':
		return '^'
	case '↓':
		return 'v'
	}
	return '?'
}

// runeWidth returns the columns that r takes, 1 or 2. For anything that could
// join with its neighbours or that terminals disagree about it returns 0.
func runeWidth(r rune) int {
	switch {
	case r >= ' ' && r < 0x7f, r > 0xa0 && r < 0x300 && r != 0xad:
		return 1
	case r >= 0x2500 && r < 0x25fd, r >= 0x2800 && r < 0x2900: // lines, blocks, shapes, braille
		return 1
	case r == '–', r == '−', r == '…', r == '‖', r == '→', r == '←', r == '↑', r == '↓', r == '•': // ours, and often used
		return 1
	case r >= 0x3041 && r < 0xa48d, r >= 0xac00 && r < 0xd7a4, r >= 0xff01 && r < 0xff61:
		if !unicode.In(r, unicode.Mn, unicode.Me, unicode.Cn) && ansi.StringWidth(string(r)) == 2 {
			return 2
		}
		return 0
	case r >= 0x370 && r < 0x530, r >= 0x2010 && r < 0x2c00:
		if unicode.IsPrint(r) && !unicode.In(r, unicode.Mn, unicode.Me) && ansi.StringWidth(string(r)) == 1 {
			return 1
		}
	}
	return 0
}

// rect is a rectangle of cells.
type rect struct{ x, y, w, h int }

// area is a rectangle of a canvas. Its coordinates start at its own top left
// corner, and what is drawn outside of it is cut off.
type area struct {
	c *canvas
	rect
}

// sub returns the part of a at r, as far as it is inside a.
func (a area) sub(r rect) area {
	x0, y0 := min(max(r.x, 0), a.w), min(max(r.y, 0), a.h)
	x1, y1 := min(max(r.x+r.w, x0), a.w), min(max(r.y+r.h, y0), a.h)
	return area{a.c, rect{a.x + x0, a.y + y0, x1 - x0, y1 - y0}}
}

// inner returns a without the cells of its border.
func (a area) inner() area { return a.sub(rect{1, 1, a.w - 2, a.h - 2}) }

// at returns the cell at x, y, blank outside of a.
func (a area) at(x, y int) cell {
	if x < 0 || y < 0 || x >= a.w || y >= a.h {
		return blank
	}
	return a.c.cells[(a.y+y)*a.c.w+a.x+x]
}

// set draws one rune of width 1.
func (a area) set(x, y int, r rune, s style) {
	if x < 0 || y < 0 || x >= a.w || y >= a.h {
		return
	}
	a.c.put(a.x+x, a.y+y, r, s)
}

// text draws t from x on and returns the column after it. Control characters,
// combining marks and others that would break a row are drawn as "?".
func (a area) text(x, y int, t string, s style) int {
	for _, r := range t {
		x = a.rune(x, y, r, s)
	}
	return x
}

// bytes is text for a byte slice.
func (a area) bytes(x, y int, t []byte, s style) int {
	for len(t) > 0 {
		r, n := utf8.DecodeRune(t)
		t = t[n:]
		x = a.rune(x, y, r, s)
	}
	return x
}

func (a area) rune(x, y int, r rune, s style) int {
	switch runeWidth(r) {
	case 1:
		a.set(x, y, r, s)
		return x + 1
	case 2:
		if x >= 0 && x+1 < a.w && y >= 0 && y < a.h {
			a.set(x, y, r, s)
			a.set(x+1, y, ' ', s)
			a.c.cells[(a.y+y)*a.c.w+a.x+x+1].r = 0
			return x + 2
		}
		a.set(x, y, ' ', s)
		a.set(x+1, y, ' ', s)
		return x + 2
	default:
		a.set(x, y, '?', s)
		return x + 1
	}
}

// textRight draws t so that it ends before column end, and returns where it starts. What
// has no room begins with an ellipsis: a figure without its first digit is another.
func (a area) textRight(end, y int, t string, s style) int {
	x := end - columnsOf(t)
	a.text(x, y, t, s)
	a.cutLeft(x, end, y, s)
	return x
}

func (a area) cutLeft(x, end, y int, s style) {
	if x < 0 && end > 0 {
		a.set(0, y, '…', s)
	}
}

// bytesRight is textRight for a byte slice.
func (a area) bytesRight(end, y int, t []byte, s style) int {
	x := end - columnsOfBytes(t)
	a.bytes(x, y, t, s)
	a.cutLeft(x, end, y, s)
	return x
}

// fill sets every cell of a.
func (a area) fill(r rune, s style) {
	for y := range a.h {
		for x := range a.w {
			a.set(x, y, r, s)
		}
	}
}

// columnsOf returns the columns that text draws t in.
func columnsOf(t string) int {
	n := 0
	for _, r := range t {
		n += max(runeWidth(r), 1)
	}
	return n
}

func columnsOfBytes(t []byte) int {
	n := 0
	for len(t) > 0 {
		r, size := utf8.DecodeRune(t)
		t = t[size:]
		n += max(runeWidth(r), 1)
	}
	return n
}

// fitWords returns as many whole words of t as fit into w columns, followed by
// "…" where words are missing, and "" where not one fits.
func fitWords(t string, w int) string {
	end := wordsEnd(t, w)
	if end == 0 || end == len(t) {
		return t[:end]
	}
	return t[:end] + " …"
}

// words draws what fitWords returns, and allocates nothing.
func (a area) words(x, y int, t string, w int, s style) int {
	end := wordsEnd(t, w)
	x = a.text(x, y, t[:end], s)
	if end > 0 && end < len(t) {
		x = a.text(x, y, " …", s)
	}
	return x
}

// wordsEnd returns where the words of t end that fit into w columns, with room for an
// ellipsis if some are missing; 0 where not one fits.
func wordsEnd(t string, w int) int {
	if columnsOf(t) <= w {
		return len(t)
	}
	end, used := 0, 0
	for i, r := range t {
		if r == ' ' && used+2 <= w { // the words so far, a space and the ellipsis
			end = i
		}
		used += max(runeWidth(r), 1)
	}
	return end
}
