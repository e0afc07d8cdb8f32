package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
)

// lineKey returns the message of a key by its name, or of a text that is typed.
func lineKey(name string) tea.KeyMsg {
	keys := map[string]tea.KeyMsg{
		"left": {Type: tea.KeyLeft}, "right": {Type: tea.KeyRight}, "home": {Type: tea.KeyHome}, "end": {Type: tea.KeyEnd},
		"backspace": {Type: tea.KeyBackspace}, "delete": {Type: tea.KeyDelete}, "ctrl+u": {Type: tea.KeyCtrlU},
		"ctrl+w": {Type: tea.KeyCtrlW}, "ctrl+k": {Type: tea.KeyCtrlK}, "ctrl+a": {Type: tea.KeyCtrlA}, "ctrl+e": {Type: tea.KeyCtrlE},
		"ctrl+left": {Type: tea.KeyCtrlLeft}, "ctrl+right": {Type: tea.KeyCtrlRight},
		"alt+b": {Type: tea.KeyRunes, Runes: []rune{'b'}, Alt: true}, "alt+z": {Type: tea.KeyRunes, Runes: []rune{'z'}, Alt: true},
		"space": {Type: tea.KeySpace, Runes: []rune{' '}}, "enter": {Type: tea.KeyEnter}, "esc": {Type: tea.KeyEsc},
		"up": {Type: tea.KeyUp}, "tab": {Type: tea.KeyTab},
	}
	if msg, ok := keys[name]; ok {
		return msg
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

func TestLineEditKeys(t *testing.T) {
	tests := []struct {
		name string
		text string   // at first
		keys []string // and then
		want string   // with | for the cursor
	}{
		{"nothing", "", nil, "|"},
		{"typed", "", []string{"a", "b", "space", "c"}, "ab c|"},
		{"set", "age>1s", nil, "age>1s|"},
		{"in the middle", "ac", []string{"left", "b"}, "ab|c"},
		{"left of the beginning", "a", []string{"left", "left", "b"}, "b|a"},
		{"right of the end", "a", []string{"right", "b"}, "ab|"},
		{"home and end", "bc", []string{"home", "a", "end", "d"}, "abcd|"},
		{"as in a shell", "bc", []string{"ctrl+a", "a", "ctrl+e", "d"}, "abcd|"},
		{"backspace", "abc", []string{"left", "backspace"}, "a|c"},
		{"backspace at the beginning", "abc", []string{"home", "backspace"}, "|abc"},
		{"delete", "abc", []string{"home", "delete"}, "|bc"},
		{"delete at the end", "abc", []string{"delete"}, "abc|"},
		{"all before", "abc", []string{"left", "ctrl+u"}, "|c"},
		{"all behind", "abc", []string{"home", "right", "ctrl+k"}, "a|"},
		{"a word", "ab cd", []string{"ctrl+w"}, "ab |"},
		{"a word and its spaces", "ab cd  ", []string{"ctrl+w"}, "ab |"},
		{"the only word", "ab", []string{"ctrl+w", "ctrl+w"}, "|"},
		{"words to the left", "ab cd ef", []string{"ctrl+left", "alt+b"}, "ab |cd ef"},
		{"words to the right", "ab cd ef", []string{"home", "ctrl+right", "ctrl+right"}, "ab cd| ef"},
		{"wide runes", "界界", []string{"left", "世"}, "界世|界"},
		{"a wide rune goes", "界界", []string{"backspace"}, "界|"},
		{"a combining mark", "e\u0301x", []string{"left", "backspace"}, "e|x"},
		{"several at once", "", []string{"age>1s"}, "age>1s|"},
		{"lines", "", []string{"a\nb\tc"}, "a b c|"},
		{"control characters", "a\x1b[31mb\x00\u0085", nil, "a[31mb|"},
		{"not UTF-8", "a\xffb", nil, "a?b|"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e lineEdit
			e.Set(tt.text)
			for _, k := range tt.keys {
				if !e.Key(lineKey(k)) {
					t.Errorf("%s is no key of a line", k)
				}
			}
			if got := e.Text()[:e.at] + "|" + e.Text()[e.at:]; got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestLineEditLeavesKeys(t *testing.T) {
	var e lineEdit
	e.Set("abc")
	for _, k := range []string{"enter", "esc", "up", "tab", "alt+z"} {
		if e.Key(lineKey(k)) || e.Text() != "abc" {
			t.Errorf("%s is taken, and leaves %q", k, e.Text())
		}
	}
}

// TestLineEditLimit: a paste by mistake ends somewhere, and not within a rune.
func TestLineEditLimit(t *testing.T) {
	var e lineEdit
	e.Set("x")
	e.Key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(strings.Repeat("界", 2*lineLimit)), Paste: true})
	if n := len(e.Text()); n > lineLimit || n < lineLimit-2 || !utf8.ValidString(e.Text()) {
		t.Errorf("%d bytes", n)
	}
	e.Key(lineKey("y"))
	e.Key(lineKey("界"))
	if n := len(e.Text()); n > lineLimit || !utf8.ValidString(e.Text()) {
		t.Errorf("%d bytes", n)
	}
}

func TestLineEditDraw(t *testing.T) {
	tests := []struct {
		name string
		text string
		keys []string
		w    int
		want string
	}{
		{"short", "abc", nil, 8, "abc"},
		{"just fits", "abcdefg", nil, 8, "abcdefg"},
		{"too long", "abcdefghijkl", nil, 8, "…ghijkl"},
		{"at the beginning", "abcdefghijkl", []string{"home"}, 8, "abcdefg…"},
		{"in the middle", "abcdefghijkl", []string{"home", "right", "right", "right", "right", "right", "right", "right"}, 8, "…cdefgh…"},
		{"wide", "界界界界界", nil, 8, "… 界界"},
		{"one cell", "abc", nil, 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e lineEdit
			e.Set(tt.text)
			for _, k := range tt.keys {
				e.Key(lineKey(k))
			}
			got := picture(tt.w, 1, false, func(a area) { e.Draw(a, styleText) })
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestLineEditCursorIsSeen: wherever it is, the cursor is drawn, once, and nothing is
// drawn beside the area.
func TestLineEditCursorIsSeen(t *testing.T) {
	for _, text := range []string{"", "ab", "abcdefghijklmnopqrst", "界a界b界c界d界e界", "e\u0301\u0302\u0303e\u0301e\u0301e\u0301x", "\u200b\u200f\U0001f468\u200d\U0001f469"} {
		for w := 4; w < 14; w++ {
			var e lineEdit
			e.Set(text)
			move := lineKey("left")
			for range 2 * (utf8.RuneCountInString(text) + 1) {
				var c canvas
				c.reset(w+2, 1)
				e.Draw(c.all().sub(rect{1, 0, w, 1}), styleText)
				cursors := 0
				for _, cl := range c.cells {
					if cl.s == styleCursor && cl.r != 0 {
						cursors++
					}
				}
				if cursors != 1 || c.cells[0] != blank || c.cells[w+1] != blank {
					t.Fatalf("%q at %d in %d cells: %d cursors in %v", text, e.at, w, cursors, c.cells)
				}
				e.Key(move)
				if e.at == 0 {
					move = lineKey("right")
				}
			}
		}
	}
}

func TestLineEditCells(t *testing.T) {
	var e lineEdit
	e.Set("界 age>x")
	e.Draw(pictureArea(20), styleText)
	if got, want := e.cells(4, 7), (stretch{3, 3}); got != want {
		t.Errorf("cells of age: %v, want %v", got, want)
	}
	if got, want := e.cells(len(e.text), len(e.text)), (stretch{8, 1}); got != want {
		t.Errorf("cells of the end: %v, want %v", got, want)
	}
	if got := e.cells(-3, 900); got.from != 0 || got.size != 8 {
		t.Errorf("cells of everything: %v", got)
	}
}

// pictureArea is a row to draw into that nobody looks at.
func pictureArea(w int) area {
	var c canvas
	c.reset(w, 1)
	return c.all()
}
