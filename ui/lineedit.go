package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
)

// lineLimit is how many bytes a typed line can have: more than anybody types, and
// less than what a paste by mistake brings.
const lineLimit = 1000

// lineEdit is a line of text that is being typed. The zero value is empty. It never
// holds a control character, and whatever it holds, it is drawn within its area.
type lineEdit struct {
	text  string
	at    int // the cursor, in bytes of text
	first int // what is drawn first, in bytes of text
}

// Set replaces the text; the cursor is behind it.
func (e *lineEdit) Set(text string) {
	e.text, e.at, e.first = "", 0, 0
	e.insert(text)
}

// Text returns what was typed.
func (e *lineEdit) Text() string { return e.text }

// Key does what a key stands for in a line of text, and reports whether it stands
// for anything there. Enter, esc, tab, up and down do not.
func (e *lineEdit) Key(msg tea.KeyMsg) bool {
	if msg.Type == tea.KeySpace || msg.Type == tea.KeyRunes && !msg.Alt {
		e.insert(string(msg.Runes))
		return true
	}
	switch msg.String() {
	case "left", "ctrl+b":
		e.at -= e.before()
	case "right", "ctrl+f":
		e.at += e.behind()
	case "home", "ctrl+a":
		e.at = 0
	case "end", "ctrl+e":
		e.at = len(e.text)
	case "ctrl+left", "alt+left", "alt+b":
		e.at = e.wordBefore()
	case "ctrl+right", "alt+right", "alt+f":
		e.at = e.wordBehind()
	case "backspace", "ctrl+h":
		e.remove(e.at-e.before(), e.at)
	case "delete", "ctrl+d":
		e.remove(e.at, e.at+e.behind())
	case "ctrl+u":
		e.remove(0, e.at)
	case "ctrl+k":
		e.remove(e.at, len(e.text))
	case "ctrl+w", "alt+backspace":
		e.remove(e.wordBefore(), e.at)
	default:
		return false
	}
	return true
}

// insert puts a text before the cursor, as much of it as there is room for. What
// separates lines and columns becomes a space, and other control characters nothing.
func (e *lineEdit) insert(text string) {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if room := max(lineLimit-len(e.text), 0); len(text) > room {
		for room > 0 && !utf8.RuneStart(text[room]) {
			room--
		}
		text = text[:room]
	}
	e.text = e.text[:e.at] + text + e.text[e.at:]
	e.at += len(text)
}

func (e *lineEdit) remove(from, to int) {
	e.text, e.at = e.text[:from]+e.text[to:], from
}

// before and behind return the bytes of the rune beside the cursor, 0 for none.
func (e *lineEdit) before() int {
	_, n := utf8.DecodeLastRuneInString(e.text[:e.at])
	return n
}

func (e *lineEdit) behind() int {
	_, n := utf8.DecodeRuneInString(e.text[e.at:])
	return n
}

// wordBefore returns where the word before the cursor begins.
func (e *lineEdit) wordBefore() int {
	t := strings.TrimRight(e.text[:e.at], " ")
	return strings.LastIndexByte(t, ' ') + 1
}

// wordBehind returns where the word behind the cursor ends.
func (e *lineEdit) wordBehind() int {
	rest := strings.TrimLeft(e.text[e.at:], " ")
	from := len(e.text) - len(rest)
	if i := strings.IndexByte(rest, ' '); i >= 0 {
		return from + i
	}
	return len(e.text)
}

// Draw draws the text into the first row of a, with the cursor. Of a text that is
// too long, the part around the cursor is seen, with an ellipsis where there is more.
func (e *lineEdit) Draw(a area, s style) {
	if a.w < 1 || a.h < 1 {
		return
	}
	e.scroll(a.w)
	row := a.sub(rect{0, 0, a.w, 1})
	row.fill(' ', s)
	x, end := 0, len(e.text)
	for i, r := range e.text[e.first:] {
		n := max(runeWidth(r), 1)
		if x+n > row.w {
			end = e.first + i
			break
		}
		look := s
		if e.first+i == e.at {
			look = styleCursor
		}
		x = row.rune(x, 0, r, look)
	}
	if e.at == len(e.text) {
		row.set(x, 0, ' ', styleCursor)
	}
	if row.w < leastEllipsis {
		return
	}
	if e.first > 0 {
		row.rune(0, 0, '…', styleFaint)
	}
	if end < len(e.text) {
		row.rune(row.w-1, 0, '…', styleFaint)
	}
}

// leastEllipsis is the width from which on there is room for ellipses: two, and a
// wide rune on either side of the cursor.
const leastEllipsis = 6

// scroll moves what is drawn so that the cursor is among w cells and not under an
// ellipsis, and no room is left over.
func (e *lineEdit) scroll(w int) {
	if columnsOf(e.text)+1 <= w {
		e.first = 0
		return
	}
	e.first = min(e.first, e.at)
	for e.first > 0 && (e.first == e.at || columnsOf(e.text[e.first:])+1 < w) {
		_, n := utf8.DecodeLastRuneInString(e.text[:e.first])
		e.first -= n
	}
	n := e.behind()
	need := max(columnsOf(e.text[e.at:e.at+n]), 1)
	if e.at+n < len(e.text) {
		need++ // the ellipsis
	}
	for e.first < e.at && columnsOf(e.text[e.first:e.at])+need > w {
		_, n := utf8.DecodeRuneInString(e.text[e.first:])
		e.first += n
	}
}

// cells returns the columns of the bytes from one offset to another, as they were
// drawn last; at least one, and none before the first.
func (e *lineEdit) cells(from, to int) stretch {
	column := func(at int) int {
		at = min(max(at, e.first), len(e.text))
		return columnsOf(e.text[e.first:at])
	}
	x := column(from)
	return stretch{x, max(column(to)-x, 1)}
}
