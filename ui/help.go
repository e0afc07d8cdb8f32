package ui

import (
	"slices"
	"strconv"
	"strings"
)

// helpWords explain what the figures mean.
var helpWords = [...][2]string{
	{"session", "one end of a pair; both ends are counted"},
	{"allocation", "a heap object of the whole process, screen included"},
	{"pool reuse", "share of new sessions whose storage came from the pool"},
	{"response", "from the intended start; service: from the actual one"},
	{"mouse", "click tabs, keys, rows, headings; wheel: rows, or zoom; drag over a chart: zoom there"},
	{"not valid", "the load that was asked for was not reached"},
}

const (
	helpKeyWidth    = 8
	helpWordWidth   = 12
	helpColumnWidth = 38 // at least, in one of several columns
	helpColumnWide  = 62 // at most
)

// helpLine is one row of the help: a heading, or a part of an entry.
type helpLine struct {
	heading   bool
	key, text string // "" for what goes on from the row above
	refused   bool
	word      bool
}

// helpLines lays out everything that the help says for columns of w cells.
func (m *model) helpLines(w int) []helpLine {
	var lines []helpLine
	entry := func(l helpLine, indent int) {
		text := l.text
		for first := true; first || text != ""; first = false {
			l.text, text = cutWords(text, w-indent-3)
			lines = append(lines, l)
			l.key = ""
		}
	}
	list := slices.DeleteFunc(m.inForce(), func(b binding) bool { return b.with })
	for _, g := range groups {
		if !inGroup(list, g) {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, helpLine{})
		}
		lines = append(lines, helpLine{heading: true, text: g})
		for i := range list {
			if b := &list[i]; b.group == g {
				entry(helpLine{key: b.label(), text: b.help, refused: m.refuses(b)}, helpKeyWidth)
			}
		}
	}
	lines = append(lines, helpLine{}, helpLine{heading: true, text: "words"})
	for _, word := range helpWords {
		entry(helpLine{key: word[0], text: word[1], word: true}, helpWordWidth)
	}
	return lines
}

// arrangeHelp lays the help out in the fewest columns in which it fits into a, or in as
// many as have room.
func (m *model) arrangeHelp(a area) (columns, w int, lines []helpLine) {
	for most := max(1, min((a.w-4)/helpColumnWidth, 3)); ; {
		columns++
		w = min((a.w-4)/columns, helpColumnWide)
		lines = m.helpLines(w)
		if columns == most || helpRows(lines, columns)+2 <= a.h {
			return columns, w, lines
		}
	}
}

// drawHelp draws all bindings in force, and what some words mean, over the page: in as
// many columns as fit, and where that is not enough, as much as fits from m.helpTop on.
func (m *model) drawHelp(a area) {
	columns, w, lines := m.arrangeHelp(a)
	rows := helpRows(lines, columns)
	if rows+2 > a.h {
		a = m.canvas.all() // over the header and footer, too
	}
	shown := min(rows, a.h-2)
	in := m.helpBox(a, w*columns+2, shown)
	filled := helpColumns(lines, max(shown, 1))
	pages := (len(filled) + columns - 1) / columns
	m.helpTop = min(max(m.helpTop, 0), pages-1)
	for i, lines := range filled[m.helpTop*columns : min((m.helpTop+1)*columns, len(filled))] {
		for y, l := range lines {
			drawHelpLine(in.sub(rect{i * w, y, w, 1}), &l)
		}
	}
	if pages > 1 {
		m.buf = strconv.AppendInt(append(m.buf[:0], "page "...), int64(m.helpTop+1), 10)
		m.buf = strconv.AppendInt(append(m.buf, " of "...), int64(pages), 10)
		m.buf = append(m.buf, ", up and down turn"...)
		x, y := in.x-1, in.y+in.h
		whole := m.canvas.all()
		whole.set(x+2, y, ' ', styleBorder)
		whole.set(whole.bytes(x+3, y, m.buf, styleDim), y, ' ', styleBorder)
	}
}

// helpRows returns the fewest rows in which so many columns hold all lines.
func helpRows(lines []helpLine, columns int) int {
	rows := (len(lines) + columns - 1) / columns
	for len(helpColumns(lines, rows)) > columns {
		rows++
	}
	return rows
}

// helpColumns divides lines into columns of so many rows, so that no heading stands at
// the end of one, no empty line at its top, and no text goes on in the next.
func helpColumns(lines []helpLine, rows int) (columns [][]helpLine) {
	for {
		for len(lines) > 0 && lines[0] == (helpLine{}) {
			lines = lines[1:]
		}
		if len(lines) == 0 {
			return columns
		}
		n := min(rows, len(lines))
		if n < len(lines) {
			whole := n
			for n > 1 && (lines[n-1].heading || lines[n-1] == (helpLine{}) || lines[n].goesOn()) {
				n--
			}
			if n == 1 {
				n = whole // a text longer than a column
			}
		}
		columns = append(columns, lines[:n])
		lines = lines[n:]
	}
}

// goesOn tells whether the line is more of the entry above.
func (l *helpLine) goesOn() bool { return l.key == "" && l.text != "" && !l.heading }

func drawHelpLine(a area, l *helpLine) {
	if l.heading {
		a.text(1, 0, l.text, styleTitle)
		return
	}
	key, text, indent := styleKey, styleDim, helpKeyWidth
	if l.refused {
		key, text = styleFaint, styleFaint
	}
	if l.word {
		indent = helpWordWidth
	}
	a.text(2, 0, l.key, key)
	a.text(2+indent, 0, l.text, text)
}

// inForce returns the bindings of the page and those that work everywhere.
func (m *model) inForce() []binding {
	return append(append([]binding(nil), m.own()...), m.bindings...)
}

// helpBox clears a box in the middle of a with room for that many rows.
func (m *model) helpBox(a area, w, rows int) area {
	h := min(rows+2, a.h)
	w = min(w, a.w)
	b := a.sub(rect{(a.w - w) / 2, (a.h - h) / 2, w, h})
	b.fill(' ', styleText)
	in := b.box("keys")
	b.boxNote("keys", b.noteEnd(), []byte(titled(m.version)), styleFaint)
	return in
}

// titled returns a version with the name of the program, which it may have already.
func titled(version string) string {
	const name = "sagetop "
	return name + strings.TrimPrefix(version, name)
}

// inGroup tells whether any binding is in a group.
func inGroup(list []binding, group string) bool {
	return slices.ContainsFunc(list, func(b binding) bool { return b.group == group })
}

// turnHelp turns the pages of an open help, and reports whether the key is for that.
func (m *model) turnHelp(key string) bool {
	if !m.help {
		return false
	}
	switch key {
	case "up", "pgup", "k":
		m.helpTop--
	case "down", "pgdown", "j":
		m.helpTop++
	default:
		return false
	}
	return true
}
