package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// say types a line into the palette and enters it.
func (b *bench) say(line string) {
	b.press(":")
	b.line(line)
	b.tune("enter")
}

// typing is the palette that is open.
func (b *bench) typing(t testing.TB) *palette {
	t.Helper()
	p, ok := b.overlay.(*palette)
	if !ok {
		t.Fatalf("no palette is open but %T", b.overlay)
	}
	return p
}

func onPalette(t testing.TB, w, h int, line string) *bench {
	b := newBench(t, "dark", false)
	b.size(w, h)
	b.story()
	b.engine.config = b.load.s.Config
	b.press(":")
	b.line(line)
	return b
}

func TestGoldenPalette(t *testing.T) {
	for name, line := range map[string]string{"empty": "", "names": "pa", "values": "set handshake ", "wrong": "set rate fast"} {
		b := onPalette(t, 80, 24, line)
		if name == "wrong" {
			b.press("enter")
		}
		for _, s := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", name, s[0], s[1]), func(t *testing.T) {
				b.size(s[0], s[1])
				golden(t, fmt.Sprintf("palette-%s-%dx%d.golden", name, s[0], s[1]), b.plain()+"\n")
			})
		}
	}
}

func TestCompletion(t *testing.T) {
	tests := []struct {
		line string
		want []string // what comes first
		tab  string
	}{
		{"fre", []string{"freeze"}, "freeze"},
		{"se", []string{"set", "session-pool"}, "set "},
		{"prev", []string{"previous-page"}, "previous-page"},
		{"page", []string{"page", "page-overview"}, "page "},
		{"lod", []string{"less-load"}, "less-load"},
		{"FRE", []string{"freeze"}, "freeze"},
		{"xyz", nil, "xyz"},
		{"set ra", []string{"set rate", "set ramp-time"}, "set rate "},
		{"set share", []string{"set expire-share", "set handshake-share"}, "set expire-share "},
		{"set handshake hy", []string{"set handshake hybrid"}, "set handshake hybrid"},
		{"set pool ", []string{"set pool sync", "set pool freelist", "set pool none"}, "set pool sync"},
		{"set rate ", []string{"set rate 20000/s", "set rate 5000/s", "set rate 50000/s", "set rate 10000/s"}, "set rate 20000/s"},
		{"set optimizations b", []string{"set optimizations baseline"}, "set optimizations baseline"},
		{"preset h", []string{"preset heavy", "preset hybrid", "preset light"}, "preset heavy"},
		{"window 1", []string{"window 10s", "window 1m"}, "window 10s"},
		{"page co", []string{"page compare"}, "page compare"},
		{"theme l", []string{"theme light"}, "theme light"},
		{"quit ", nil, "quit "},
		{"default ga", nil, "default ga"},
		{"default go", []string{"default gogc"}, "default gogc"},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			b := onPalette(t, 80, 24, tt.line)
			p := b.typing(t)
			var got []string
			for _, c := range p.found {
				got = append(got, c.line)
			}
			if !slices.Equal(got[:min(len(tt.want), len(got))], tt.want) || len(tt.want) == 0 && len(got) > 0 {
				t.Errorf("found %q, want %q first", got, tt.want)
			}
			b.press("tab")
			if got := p.line.Text(); got != tt.tab {
				t.Errorf("tab makes it %q, want %q", got, tt.tab)
			}
		})
	}
}

func TestCommandsDo(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		line string
		done func(b *bench) bool
	}{
		{"set rate 10k/s", func(b *bench) bool { return b.engine.config.Rate == 10000 }},
		{"set lifetime exp(3s)", func(b *bench) bool { return b.engine.config.Lifetime.Kind == load.DistExp }},
		{"  set   pool  sync ", func(b *bench) bool { return b.engine.config.Optimizations.Pool.String() == "sync" }},
		{"default rate", func(b *bench) bool { return b.engine.config.Rate == 5000 }},
		{"preset long", func(b *bench) bool { return b.engine.config.MaxLive == 500000 }},
		{"page compare", func(b *bench) bool { return b.pages[b.current].Title() == "Compare" }},
		{"page GC", func(b *bench) bool { return b.pages[b.current].Title() == "GC" }},
		{"window 5m", func(b *bench) bool { return b.view().window == 5*60*1e9 }},
		{"theme light", func(b *bench) bool { return b.theme.name == "light" }},
		{"theme", func(b *bench) bool { return b.theme.name != "dark" }},
		{"save " + filepath.Join(dir, "x.toml"), func(*bench) bool { _, err := os.Stat(filepath.Join(dir, "x.toml")); return err == nil }},
		{"export csv " + filepath.Join(dir, "page.csv"), func(*bench) bool {
			files, err := filepath.Glob(filepath.Join(dir, "page*.csv"))
			return err == nil && len(files) > 0
		}},
		{"keys", func(b *bench) bool { return b.help }},
		{"freeze", func(b *bench) bool { return b.frozen }},
		{"more-load", func(b *bench) bool { return b.engine.config.Rate == 50000 }},
		{"fre", func(b *bench) bool { return b.frozen }},
		{"tune", func(b *bench) bool { return b.overlay == overlay(b.tuning) }},
		{"reset", func(b *bench) bool { return slices.Contains(b.engine.calls, "reset") }},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(80, 24)
			b.snapshots(20)
			b.say(tt.line)
			if !tt.done(b) {
				t.Errorf("not done: %+v", b.overlay)
			}
			if _, open := b.overlay.(*palette); open {
				t.Errorf("the palette is still open: %q", b.typing(t).err)
			}
		})
	}
}

func TestCommandErrors(t *testing.T) {
	tests := []struct{ line, want string }{
		{"xyzzy", `"xyzzy" is no command; want one such as set, page or window`},
		{"set rate fast", `rate: "fast" is not valid; want a rate from 1/s to 2M/s`},
		{"set speed 5", `set: "speed" is no parameter`},
		{"set rate", `rate: "" is not valid`},
		{"default speed", `default: "speed" is no parameter`},
		{"preset nice", `preset: "nice" is not valid; want baseline, seed`},
		{"page nine", `page: "nine" is not valid; want overview, sessions`},
		{"window 7d", `window: "7d" is not valid; want a time from 10s to 1h`},
		{"window", `window: "" is not valid`},
		{"theme pink", `theme: "pink" is not valid; want dark`},
		{"freeze now", `freeze takes no argument, but got "now"`},
		{"export pdf", `export: "pdf" is not valid; want text, svg`},
		{"save", errNoName.Error()},
		{"save /nowhere/at/all.toml", `file: "/nowhere/at/all.toml" cannot be written`},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			b := onPalette(t, 120, 40, tt.line)
			p := b.typing(t)
			p.chosen = -1
			b.tune("enter")
			p = b.typing(t)
			if !strings.HasPrefix(p.err, tt.want) {
				t.Errorf("error %q, want %q", p.err, tt.want)
			}
			if got := p.line.Text(); got != tt.line {
				t.Errorf("the line is %q", got)
			}
			if !strings.Contains(b.plain(), "▲ ") {
				t.Errorf("the error is not to be seen:\n%s", b.plain())
			}
		})
	}
}

// TestSavingOver: a file is written over when that was answered with y.
func TestSavingOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.toml")
	if err := os.WriteFile(path, []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := onPalette(t, 120, 40, "save "+path)
	b.tune("enter")
	if !strings.Contains(b.plain(), "write over") {
		t.Fatalf("nothing is asked:\n%s", b.plain())
	}
	b.tune("n")
	if text, err := os.ReadFile(path); err != nil || string(text) != "# mine\n" {
		t.Errorf("n: %q, %v", text, err)
	}
	b.tune("enter", "y")
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "rate = ") {
		t.Errorf("y: %q, %v", text, err)
	}
	if b.overlay != nil || !strings.HasPrefix(b.notice, "saved to ") {
		t.Errorf("open %v, %q", b.overlay != nil, b.notice)
	}
}

func TestPaletteWhileComparing(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.story()
	b.press(b.compareKey())
	b.compared(3)
	applied := len(b.engine.applied)
	for _, line := range []string{"set rate 1k", "default rate", "preset light", "undo", "more-load"} {
		b.press(":")
		b.line(line)
		b.press("enter")
		if p := b.typing(t); p.err != load.ErrComparing.Error() {
			t.Errorf("%s: %q", line, p.err)
		}
		b.press("esc")
	}
	if len(b.engine.applied) != applied {
		t.Error("something was applied")
	}
}

func TestPaletteHistory(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.snapshots(20)
	for _, line := range []string{"freeze", "window 5m", "freeze", "theme light"} {
		b.say(line)
	}
	b.press(":")
	p := b.typing(t)
	for _, step := range []struct{ key, want string }{
		{"up", "theme light"},
		{"up", "freeze"},
		{"up", "window 5m"},
		{"up", "window 5m"},
		{"down", "freeze"},
		{"down", "theme light"},
		{"down", ""},
	} {
		b.press(step.key)
		if got := p.line.Text(); got != step.want {
			t.Errorf("%s gives %q, want %q", step.key, got, step.want)
		}
	}
	b.line("fr")
	b.press("up")
	if got := p.line.Text(); got != "fr" {
		t.Errorf("up in a line gives %q", got)
	}
}

// TestPaletteKeys: how it is closed, chosen from, and pasted into.
func TestPaletteKeys(t *testing.T) {
	b := onPalette(t, 80, 24, "")
	b.press("enter")
	if b.overlay != nil {
		t.Error("enter in an empty line does not close")
	}
	b.press(":")
	b.Update(tea.KeyMsg{Type: tea.KeyBackspace})
	if b.overlay != nil {
		t.Error("backspace in an empty line does not close")
	}
	b.press(":")
	b.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("window\n5m"), Paste: true})
	if got := b.typing(t).line.Text(); got != "window 5m" {
		t.Errorf("pasted: %q", got)
	}
	b.press("enter")
	if b.window.Minutes() != 5 {
		t.Errorf("window %s", b.window)
	}
	b.press(":")
	b.line("set handshake ")
	b.press("down")
	b.press("down")
	want := b.typing(t).found[1].line
	b.tune("enter")
	if got := "set handshake " + b.engine.config.Handshake.String(); got != want {
		t.Errorf("chosen %q, set %q", want, got)
	}
	b.press(":")
	b.press("esc")
	b.line(":set rate 1k") // so quickly that it came as one
	if got := b.typing(t).line.Text(); got != "set rate 1k" {
		t.Errorf("typed at once: %q", got)
	}
	if msg := b.press("ctrl+c"); msg != (tea.QuitMsg{}) {
		t.Errorf("ctrl+c gives %v", msg)
	}
}

// TestCommandsAreNamed: each has a name of its own without spaces, help, and does
// something; every binding in force is among them.
func TestCommandsAreNamed(t *testing.T) {
	b := newBench(t, "dark", false)
	for i, page := range b.pages {
		b.current = i
		seen := map[string]bool{}
		for _, c := range commands(b.model) {
			if c.name == "" || strings.Contains(c.name, " ") || seen[c.name] || c.help == "" || c.run == nil {
				t.Errorf("%s: command %q is not complete, or there are two", page.Title(), c.name)
			}
			seen[c.name] = true
		}
		for _, bind := range b.inForce() {
			if !seen[bind.name] && bind.name != "command" {
				t.Errorf("%s: binding %v %q is no command", page.Title(), bind.keys, bind.name)
			}
		}
	}
}

// FuzzPalette: whatever is typed, nothing panics, and the frame stays whole.
func FuzzPalette(f *testing.F) {
	for _, line := range []string{"", "set rate 10k/s", "set lifetime exp(", "page ", "window -1", "ä世\u0301\x00", "   ", "set  ", "save /dev/null/x"} {
		f.Add(line)
	}
	b := newBench(f, "mono", true)
	b.size(60, 16)
	b.snapshots(20)
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "sa") || !utf8.ValidString(line) { // no files
			return
		}
		b.press(":")
		p := b.typing(t)
		b.line(line)
		b.press("down")
		b.press("tab")
		everyLineIsAsWide(t, b, 60, 16)
		p.line.Set(line)
		p.search(b.model)
		if name, _, _ := strings.Cut(strings.TrimSpace(line), " "); p.command(name) != nil && !slices.Contains([]string{"set", "default", "preset", "page", "window", "theme"}, name) {
			b.overlay = nil
			return // keys have tests of their own
		}
		p.chosen = -1
		_, _ = b.Update(tea.KeyMsg{Type: tea.KeyEnter})
		everyLineIsAsWide(t, b, 60, 16)
		b.overlay, b.help = nil, false
	})
}
