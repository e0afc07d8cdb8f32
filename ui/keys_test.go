package ui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

func TestNoKeyHasTwoMeanings(t *testing.T) {
	b := newBench(t, "dark", false)
	for _, p := range b.pages {
		seen := map[string]string{}
		for _, bind := range append(p.Bindings(), b.bindings...) {
			for _, k := range bind.keys {
				if other, ok := seen[k]; ok {
					t.Errorf("page %s: key %q means %q and %q", p.Title(), k, other, bind.help)
				}
				seen[k] = bind.help
			}
		}
	}
}

func TestBindingsAreComplete(t *testing.T) {
	b := newBench(t, "dark", false)
	all := b.bindings
	for _, p := range b.pages {
		all = append(all, p.Bindings()...)
	}
	for _, bind := range all {
		if len(bind.keys) == 0 || bind.help == "" || bind.act == nil {
			t.Errorf("binding %v %q lacks something", bind.keys, bind.help)
		}
		known := false
		for _, g := range groups {
			known = known || g == bind.group
		}
		if !known {
			t.Errorf("binding %v is in no group of the help: %q", bind.keys, bind.group)
		}
		if n := columnsOf(bind.label()); n >= helpKeyWidth {
			t.Errorf("label %q is %d wide, more than the help has", bind.label(), n)
		}
	}
}

// helpFrames opens the help and turns its pages, and returns what they show.
func helpFrames(b *bench) string {
	var all strings.Builder
	b.press("?")
	for last := ""; b.plain() != last; b.press("down") {
		last = b.plain()
		all.WriteString(last + "\n")
	}
	return all.String()
}

// TestHelpListsEveryBinding, whole, on every page at every size: on as many pages of
// its own as that takes.
func TestHelpListsEveryBinding(t *testing.T) {
	for _, s := range [][2]int{{60, 16}, {80, 24}, {100, 17}, {100, 30}, {120, 40}, {200, 50}} {
		for _, keys := range []string{"1", "2", "3", "4", "5", "6", "6c", "7"} {
			b := newBench(t, "dark", false)
			b.size(s[0], s[1])
			for _, k := range keys {
				b.press(string(k))
			}
			_, _, lines := b.arrangeHelp(b.canvas.all().sub(rect{0, headerRows, s[0], s[1] - headerRows - footerRows}))
			frames := helpFrames(b)
			if first, _, _ := strings.Cut(frames, "\n"); columnsOf(first) != s[0] {
				t.Fatalf("%dx%d: the frame is %d wide", s[0], s[1], columnsOf(first))
			}
			texts := make(map[string]string) // by key
			key := ""
			for _, l := range lines {
				if !strings.Contains(frames, l.text) || !strings.Contains(frames, l.key) || strings.HasSuffix(l.text, "…") {
					t.Errorf("%dx%d, %s: the help lacks the row %q %q:\n%s", s[0], s[1], keys, l.key, l.text, frames)
				}
				switch {
				case l.heading:
					key = ""
				case l.key != "":
					key = l.key
					texts[key] = l.text
				case key != "" && l.text != "":
					texts[key] += " " + l.text
				}
			}
			row := ""
			for _, bind := range b.inForce() {
				if bind.with { // its key, or the name of it, is in the row of another
					if !strings.HasPrefix(bind.name, "page-") && !strings.Contains(row, bind.keys[0]) &&
						!strings.Contains(row, strings.ReplaceAll(bind.keys[0], "+", "-")) {
						t.Errorf("%v is not in the row %q", bind.keys, row)
					}
					continue
				}
				row = bind.label() + " " + bind.help
				if got := texts[bind.label()]; got != bind.help {
					t.Errorf("%dx%d, %s: the help of %s is %q, want %q", s[0], s[1], keys, bind.label(), got, bind.help)
				}
			}
		}
	}
}

func TestCutWords(t *testing.T) {
	tests := []struct {
		text       string
		w          int
		line, rest string
		rows       int
	}{
		{"", 5, "", "", 1},
		{"all fits", 8, "all fits", "", 1},
		{"all fits not", 8, "all fits", "not", 2},
		{"all fits not", 7, "all", "fits not", 3},
		{"toolong word", 4, "toolong", "word", 2},
		{"toolong", 4, "toolong", "", 1},
		{"a → b c", 3, "a →", "b c", 2},
	}
	for _, tt := range tests {
		line, rest := cutWords(tt.text, tt.w)
		if line != tt.line || rest != tt.rest || wordRows(tt.text, tt.w) != tt.rows {
			t.Errorf("%q in %d: %q, %q and %d rows", tt.text, tt.w, line, rest, wordRows(tt.text, tt.w))
		}
	}
}

func TestQuitKeys(t *testing.T) {
	for _, key := range []string{"q", "ctrl+c"} {
		b := newBench(t, "dark", false)
		if msg := b.press(key); msg != (tea.QuitMsg{}) {
			t.Errorf("%s gives %v", key, msg)
		}
	}
}

func TestUnknownKeys(t *testing.T) {
	b := newBench(t, "dark", false)
	for _, key := range []string{"x", "9", "z", "ä"} {
		if msg := b.press(key); msg != nil {
			t.Errorf("%q gives %v", key, msg)
		}
	}
	b.press("1")
	if b.current != 0 {
		t.Errorf("page %d, want the first", b.current)
	}
}

func TestPages(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	for _, step := range []struct {
		key  string
		want int
	}{
		{"4", 3},
		{"4", 3},
		{"1", 0},
		{"tab", 1},
		{"tab", 2},
		{"tab", 3},
		{"shift+tab", 2},
		{"1", 0},
		{"shift+tab", 6},
		{"tab", 0},
		{"6", 5},
		{"8", 5},
	} {
		b.press(step.key)
		if b.current != step.want {
			t.Fatalf("%s shows page %d, want %d", step.key, b.current, step.want)
		}
		if in := strings.Contains(b.plain(), "handshakes by phase"); in != (step.want == 3) {
			t.Fatalf("%s does not show page %d:\n%s", step.key, step.want, b.plain())
		}
	}
}

func TestQuickTyping(t *testing.T) {
	b := newBench(t, "dark", false)
	b.snapshots(1)
	b.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("++?")})
	if b.window != windows[0] || !b.help {
		t.Errorf("window %v and help %v after ++?, want 10s and true", b.window, b.help)
	}
	_, cmd := b.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("bh")})
	for _, c := range cmd().(tea.BatchMsg) {
		c()
	}
	if o := b.engine.config.Optimizations; o.KeyBuffer || o.SingleHKDF {
		t.Errorf("after b and h in one message: %+v", o)
	}
	if _, cmd := b.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("qq"), Paste: true}); cmd != nil {
		t.Error("pasted text is taken for keys")
	}
}

// TestStagesKeepTheirLevels: where rate and workers decide nothing, the keys for more
// and less load say so and change nothing.
func TestStagesKeepTheirLevels(t *testing.T) {
	for _, model := range []string{"open", "closed"} {
		for _, key := range []string{"<", ">"} {
			b := newBench(t, "dark", false)
			b.size(80, 24)
			for _, c := range []*load.Config{&b.engine.config, &b.load.s.Config} {
				setParam(c, "profile", "stages")
				setParam(c, "model", model)
			}
			b.snapshots(10)
			b.press(key)
			if len(b.engine.applied) != 0 {
				t.Errorf("%s, %s: applied %+v", model, key, b.engine.applied)
			}
			if !strings.Contains(b.plain(), "▲ stages have levels of their own") {
				t.Errorf("%s, %s: nothing tells why the load is the same:\n%s", model, key, b.plain())
			}
		}
	}
}
