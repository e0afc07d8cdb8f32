package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"pgregory.net/rapid"
)

func TestCanvasText(t *testing.T) {
	tests := []struct {
		name string
		x    int
		text string
		want string
	}{
		{"plain", 1, "abc", " abc"},
		{"cut at the right", 6, "abc", "      ab"},
		{"cut at the left", -1, "abc", "bc"},
		{"wide", 0, "日本", "日本"},
		{"wide at the edge", 5, "日本", "     日"},
		{"wide across the edge", 7, "日", ""},
		{"combining mark", 0, "e\u0301x", "e?x"},
		{"zero width joiner", 0, "a\u200db", "a?b"},
		{"control characters", 0, "a\x1b[2Jb\n", "a?[2Jb?"},
		{"emoji", 0, "a👍b", "a?b"},
		{"invalid UTF-8", 0, "a\xffb", "a?b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := picture(8, 1, false, func(a area) { a.text(tt.x, 0, tt.text, styleText) })
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCanvasHalfWideRunes(t *testing.T) {
	tests := []struct {
		name string
		x    int
		want string
	}{
		{"over the left half", 1, " x 本"},
		{"over the right half", 2, "  x本"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := picture(8, 1, false, func(a area) {
				a.text(1, 0, "日本", styleText)
				a.set(tt.x, 0, 'x', styleText)
			})
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestCanvasWidth: whatever is written anywhere, each line is as wide as the
// canvas, and in ASCII has only 7-bit characters.
func TestCanvasWidth(t *testing.T) {
	th, err := newTheme("dark", termenv.TrueColor)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var c canvas
		w, h := rapid.IntRange(0, 30).Draw(t, "w"), rapid.IntRange(1, 4).Draw(t, "h")
		c.reset(w, h)
		for range rapid.IntRange(1, 8).Draw(t, "writes") {
			text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z日本한ｱе́\x{1100}\x{1161}\x{1F1E9}\x{200d}]{0,12}`)).Draw(t, "text")
			s := style(rapid.IntRange(0, numStyles-1).Draw(t, "style"))
			c.all().text(rapid.IntRange(-5, 30).Draw(t, "x"), rapid.IntRange(-1, 4).Draw(t, "y"), text, s)
		}
		for _, ascii := range []bool{false, true} {
			lines := strings.Split(string(c.appendFrame(nil, th, ascii)), "\n")
			if len(lines) != h {
				t.Fatalf("%d lines, want %d", len(lines), h)
			}
			for _, l := range lines {
				if got := ansi.StringWidth(l); got != w {
					t.Fatalf("line %q is %d wide, want %d", l, got, w)
				}
				if ascii && strings.IndexFunc(l, func(r rune) bool { return r > 0x7e }) >= 0 {
					t.Fatalf("line %q is not ASCII", l)
				}
			}
		}
	})
}

func TestFitWords(t *testing.T) {
	tests := []struct {
		text string
		w    int
		want string
	}{
		{"one two three", 13, "one two three"},
		{"one two three", 12, "one two …"},
		{"one two three", 9, "one two …"},
		{"one two three", 8, "one …"},
		{"one two three", 4, ""},
		{"one", 0, ""},
		{"", 0, ""},
	}
	for _, tt := range tests {
		if got := fitWords(tt.text, tt.w); got != tt.want {
			t.Errorf("fitWords(%q, %d) = %q, want %q", tt.text, tt.w, got, tt.want)
		}
	}
	if got := fitText("incomprehensible", 6); got != "incom…" {
		t.Errorf("fitText of one long word = %q", got)
	}
}

// TestCutAtTheLeft: what is drawn to the left of a column and has no room is seen to be cut.
func TestCutAtTheLeft(t *testing.T) {
	for _, tt := range []struct {
		end  int
		text string
		want string
	}{
		{5, "12345", "12345 "},
		{5, "512 B", "512 B "},
		{4, "512 B", "…2 B  "},
		{0, "512 B", "      "},
	} {
		var c canvas
		for name, draw := range map[string]func(){
			"text":  func() { c.all().textRight(tt.end, 0, tt.text, styleText) },
			"bytes": func() { c.all().bytesRight(tt.end, 0, []byte(tt.text), styleText) },
		} {
			c.reset(6, 1)
			draw()
			if got := string(c.appendFrame(nil, &theme{}, false)); got != tt.want {
				t.Errorf("%s: %q before %d is %q, want %q", name, tt.text, tt.end, got, tt.want)
			}
		}
	}
}
