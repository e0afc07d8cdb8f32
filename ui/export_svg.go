package ui

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/SAGE-X-project/sagetop/internal/termbg"
)

// The size of a cell in an SVG, in its units. Lines, blocks and braille are drawn as
// shapes, so that they join and stand where they do on a terminal whatever font there
// is; letters are set one text a word, each at the place of its first cell.
const (
	svgCellWidth  = 8
	svgCellHeight = 18
	svgBaseline   = 13
	svgFontSize   = 13
)

// svgColors are the colours of a terminal that a theme is drawn for.
type svgColors struct{ text, background string }

var svgDark, svgLight = svgColors{"#c9d1e3", "#12151c"}, svgColors{"#26304a", "#ffffff"}

// ansiColors are the 16 colours of a terminal, as xterm has them since version 1.
var ansiColors = [16]string{
	"#000000", "#cd0000", "#00cd00", "#cdcd00", "#1e90ff", "#cd00cd", "#00cdcd", "#e5e5e5",
	"#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
}

// colors are those that an SVG of the theme has.
func (t *theme) colors() svgColors {
	if t.name == "light" || t.name != "dark" && !termbg.Dark() {
		return svgLight
	}
	return svgDark
}

// look is what a style looks like in the theme.
func (t *theme) look(s style) look {
	name := t.name
	if _, both := looks[name+onLight]; both && !termbg.Dark() {
		name += onLight
	}
	return looks[name][s]
}

// appendText appends the canvas as lines without escape sequences and without spaces at
// their ends.
func (c *canvas) appendText(dst []byte, ascii bool) []byte {
	for y := range c.h {
		from := len(dst)
		for _, cl := range c.cells[y*c.w : (y+1)*c.w] {
			switch {
			case cl.r == 0 && ascii:
				dst = append(dst, '?')
			case cl.r == 0:
			case ascii && cl.r >= utf8.RuneSelf:
				dst = utf8.AppendRune(dst, asciiFor(cl.r))
			default:
				dst = utf8.AppendRune(dst, cl.r)
			}
		}
		dst = append(dst[:from], bytes.TrimRight(dst[from:], " ")...)
		dst = append(dst, '\n')
	}
	return dst
}

// appendSVG appends the canvas as a picture of its own.
func (c *canvas) appendSVG(dst []byte, th *theme, ascii bool) []byte {
	colors := th.colors()
	w, h := c.w*svgCellWidth, c.h*svgCellHeight
	dst = append(dst, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `...)
	dst = append(appendInt(append(appendInt(dst, w), ' '), h), `" width="`...)
	dst = append(appendInt(append(appendInt(dst, w), `" height="`...), h), `">`+"\n"...)
	dst = append(dst, `<rect width="100%" height="100%" fill="`+colors.background+`"/>`+"\n"...)
	dst = append(dst, `<g font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="`...)
	dst = append(appendInt(dst, svgFontSize), `" fill="`+colors.text+`" xml:space="preserve">`+"\n"...)
	for s := range style(numStyles) {
		dst = c.appendSVGStyle(dst, th, s, ascii)
	}
	return append(dst, "</g>\n</svg>\n"...)
}

// appendSVGStyle appends all cells of one style: shapes as two paths, filled and
// stroked, and words as texts.
func (c *canvas) appendSVGStyle(dst []byte, th *theme, s style, ascii bool) []byte {
	var fills, lines, dashes, words []byte
	for y := range c.h {
		row := c.cells[y*c.w : (y+1)*c.w]
		for x := 0; x < len(row); x++ {
			cl := row[x]
			if cl.s != s || cl.r == 0 || cl.r == ' ' {
				continue
			}
			px, py := x*svgCellWidth, y*svgCellHeight
			if !ascii {
				done := true
				switch {
				case isBraille(cl.r):
					fills = appendDots(fills, cl.r, px, py)
				case blockOf(cl.r) != (block{}):
					fills = appendBlock(fills, blockOf(cl.r), px, py)
				case strokeOf(cl.r) != "" && (cl.r == '╎' || cl.r == '┊' || cl.r == '┆' || cl.r == '╌'):
					dashes = appendStroke(dashes, strokeOf(cl.r), px, py)
				case strokeOf(cl.r) != "":
					lines = appendStroke(lines, strokeOf(cl.r), px, py)
				default:
					done = false
				}
				if done {
					continue
				}
			}
			end := x
			for end < len(row) && row[end].s == s && row[end].r != ' ' && (ascii || !isShape(row[end].r)) {
				end++
			}
			words = appendWord(words, row[x:end], px, py+svgBaseline, ascii)
			x = end - 1
		}
	}
	if len(fills)+len(lines)+len(dashes)+len(words) == 0 {
		return dst
	}
	l := th.look(s)
	color := l.color
	if n, err := strconv.Atoi(color); err == nil && n < len(ansiColors) {
		color = ansiColors[n]
	} else if color == "" {
		color = th.colors().text
	}
	dst = append(dst, `<g fill="`+color+`"`...)
	if l.bold {
		dst = append(dst, ` font-weight="bold"`...)
	}
	if l.faint {
		dst = append(dst, ` opacity="0.6"`...)
	}
	if l.underline {
		dst = append(dst, ` text-decoration="underline"`...)
	}
	dst = append(dst, ">\n"...)
	dst = appendPath(dst, fills, `" shape-rendering="crispEdges"/>`)
	dst = appendPath(dst, lines, `" fill="none" stroke="`+color+`"/>`)
	dst = appendPath(dst, dashes, `" fill="none" stroke="`+color+`" stroke-dasharray="2 3"/>`)
	dst = append(dst, words...)
	return append(dst, "</g>\n"...)
}

func appendPath(dst, d []byte, end string) []byte {
	if len(d) == 0 {
		return dst
	}
	return append(append(append(append(dst, `<path d="`...), d...), end...), '\n')
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendWord appends the runes of cells side by side as one text, as long as the cells.
func appendWord(dst []byte, cells []cell, x, y int, ascii bool) []byte {
	dst = append(appendInt(append(dst, `<text x="`...), x), `" y="`...)
	dst = append(appendInt(dst, y), `" textLength="`...)
	dst = append(appendInt(dst, len(cells)*svgCellWidth), `">`...)
	for _, cl := range cells {
		r := cl.r
		switch {
		case r == 0 && !ascii:
			continue
		case r == 0:
			r = '?'
		case ascii && r >= utf8.RuneSelf:
			r = asciiFor(r)
		}
		switch r {
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '&':
			dst = append(dst, "&amp;"...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, "</text>\n"...)
}

// appendRect appends a filled rectangle to a path.
func appendRect(dst []byte, x, y, w, h float64) []byte {
	put := func(v float64) { dst = strconv.AppendFloat(dst, v, 'f', -1, 64) }
	dst = append(dst, 'M')
	put(x)
	dst = append(dst, ' ')
	put(y)
	dst = append(dst, 'h')
	put(w)
	dst = append(dst, 'v')
	put(h)
	dst = append(dst, 'h')
	put(-w)
	return append(dst, 'z')
}

// appendDots appends the dots of a braille rune: squares that fill an eighth of the cell
// but for a gap.
func appendDots(dst []byte, r rune, x, y int) []byte {
	const w, h = svgCellWidth / dotsAcross, float64(svgCellHeight) / dotsDown
	for row := range dotsDown {
		for column := range dotsAcross {
			if r&brailleBits[row][column] != 0 {
				dst = appendRect(dst, float64(x+column*w)+0.75, float64(y)+float64(row)*h+1, w-1.5, h-2)
			}
		}
	}
	return dst
}

// block is the part of a cell that a block element fills, in eighths.
type block struct{ x, y, w, h int }

// blockOf returns what a rune of the block elements fills, nothing for other runes.
func blockOf(r rune) block {
	switch {
	case r >= '▁' && r <= '█': // lower one eighth to full
		n := int(r-'▁') + 1
		return block{0, 8 - n, 8, n}
	case r >= '▉' && r <= '▏': // left seven eighths to one
		return block{0, 0, 7 - int(r-'▉'), 8}
	case r == '■':
		return block{1, 2, 6, 4}
	case r == '▪':
		return block{2, 3, 4, 2}
	}
	return block{}
}

func appendBlock(dst []byte, b block, x, y int) []byte {
	const w, h = float64(svgCellWidth) / 8, float64(svgCellHeight) / 8
	return appendRect(dst, float64(x)+float64(b.x)*w, float64(y)+float64(b.y)*h, float64(b.w)*w, float64(b.h)*h)
}

// strokeOf returns the lines of a rune of the box drawings, as what they go to from the
// middle of the cell: l, r, u and d for its sides, and c for a round corner.
func strokeOf(r rune) string {
	switch r {
	case '─', '╌', '━':
		return "lr"
	case '│', '╎', '┊', '┆', '┃':
		return "ud"
	case '╭':
		return "crd"
	case '╮':
		return "cld"
	case '╰':
		return "cru"
	case '╯':
		return "clu"
	case '┤':
		return "lud"
	case '├':
		return "rud"
	case '┴':
		return "lru"
	case '┬':
		return "lrd"
	case '┼':
		return "lrud"
	}
	return ""
}

// isShape tells whether a rune is drawn and not set.
func isShape(r rune) bool { return isBraille(r) || blockOf(r) != (block{}) || strokeOf(r) != "" }

func appendStroke(dst []byte, sides string, x, y int) []byte {
	const w, h = svgCellWidth, svgCellHeight
	middle := func() { dst = appendPoint(dst, 'M', x+w/2, y+h/2) }
	if sides[0] == 'c' { // a quarter of a circle, and straight on to the side
		const r = w / 2
		sx, sy, turn := x, y, y+h/2-r // where it ends, and where it becomes straight
		if sides[1] == 'r' {
			sx = x + w
		}
		if sides[2] == 'd' {
			sy, turn = y+h, y+h/2+r
		}
		dst = appendPoint(dst, 'M', sx, y+h/2)
		dst = appendPoint(dst, 'Q', x+w/2, y+h/2)
		dst = appendPoint(dst, ' ', x+w/2, turn)
		return appendPoint(dst, 'L', x+w/2, sy)
	}
	for _, side := range sides {
		middle()
		switch side {
		case 'l':
			dst = appendPoint(dst, 'L', x, y+h/2)
		case 'r':
			dst = appendPoint(dst, 'L', x+w, y+h/2)
		case 'u':
			dst = appendPoint(dst, 'L', x+w/2, y)
		case 'd':
			dst = appendPoint(dst, 'L', x+w/2, y+h)
		}
	}
	return dst
}

func appendPoint(dst []byte, op byte, x, y int) []byte {
	return appendInt(append(appendInt(append(dst, op), x), ' '), y)
}
