package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// onTuning is a bench with the panel open over the Overview of a load.
func onTuning(t testing.TB, theme string, ascii bool, w, h int) *bench {
	b := newBench(t, theme, ascii)
	b.size(w, h)
	b.story()
	b.engine.config = b.load.s.Config
	b.press("t")
	if b.overlay == nil {
		t.Fatal("t opens no panel")
	}
	return b
}

// tune presses keys in an overlay, takes what comes of them, and shows what is in
// force then.
func (b *bench) tune(keys ...string) {
	for _, key := range keys {
		msg := b.press(key)
		switch msg.(type) {
		case tunedMsg, savedMsg:
			b.Update(msg)
		}
		b.load.s.Config = b.engine.Config()
		b.snapshots(1)
	}
}

// line types into what has the keys.
func (b *bench) line(text string) {
	b.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text)})
}

// to moves the cursor of the panel to a parameter.
func (b *bench) to(name string) {
	i := slices.IndexFunc(b.tuning.params, func(p load.Param) bool { return p.Name == name })
	b.tuning.move(i - b.tuning.row)
}

var tuneStates = []struct {
	name string
	lead func(b *bench)
}{
	{"open", func(b *bench) {
		b.to("rate")
		b.tune("right")
	}},
	{"wrong", func(b *bench) {
		b.to("stages")
		b.tune("=")
		b.line("30s")
		b.tune("enter")
	}},
	{"save", func(b *bench) {
		b.to("spike-time")
		b.tune("w")
	}},
}

func TestGoldenTuning(t *testing.T) {
	for _, state := range tuneStates {
		b := onTuning(t, "dark", false, 80, 24)
		state.lead(b)
		for _, s := range sizes {
			name := fmt.Sprintf("tune-%s-%dx%d", state.name, s[0], s[1])
			t.Run(name, func(t *testing.T) {
				b.size(s[0], s[1])
				golden(t, name+".golden", b.plain()+"\n")
			})
		}
	}
}

func TestGoldenTuningLooks(t *testing.T) {
	for _, look := range looksOfGoldens {
		b := onTuning(t, look.theme, look.ascii, 80, 24)
		b.to("stages")
		b.tune("right")
		for _, s := range [][2]int{{80, 24}, {120, 40}, {200, 50}} {
			name := fmt.Sprintf("tune-%dx%d-%s", s[0], s[1], look.name())
			t.Run(name, func(t *testing.T) {
				b.size(s[0], s[1])
				golden(t, name+".ansi.golden", b.View()+"\n")
			})
		}
	}
}

// TestEveryParameterIsTuned: the panel has each parameter once.
func TestEveryParameterIsTuned(t *testing.T) {
	params, groups := tuneParams()
	if len(params) != len(groups) || len(params) != len(load.Params()) {
		t.Fatalf("%d parameters in %d groups, want %d", len(params), len(groups), len(load.Params()))
	}
	for _, g := range tuneGroups {
		for _, name := range g.params {
			if _, ok := load.Lookup(name); !ok {
				t.Errorf("%s has %q, which is no parameter", g.name, name)
			}
		}
	}
	for _, p := range load.Params() {
		if !slices.ContainsFunc(tuneGroups[:], func(g tuneGroup) bool { return slices.Contains(g.params, p.Name) }) {
			t.Errorf("%s is in no group", p.Name)
		}
	}
}

// TestSteps: from its default on, every parameter can be stepped up to the end of its
// range, down to the other, and up again; each step can be in force.
func TestSteps(t *testing.T) {
	for _, p := range load.Params() {
		for _, profile := range []string{"steady", "spike"} {
			t.Run(p.Name+" "+profile, func(t *testing.T) {
				c := load.Default()
				setParam(&c, "profile", profile)
				for _, by := range []int{1, -1, 1} {
					stepToEnd(t, &c, &p, by)
				}
			})
		}
	}
}

func stepToEnd(t *testing.T, c *load.Config, p *load.Param, by int) {
	t.Helper()
	const most = 200
	cyclic := p.Kind == load.KindChoice || p.Kind == load.KindList
	seen := map[string]bool{p.Get(c): true}
	for range most {
		was := *c
		err := stepParam(c, p, by)
		if wrong := c.Validate(); wrong != nil {
			t.Fatalf("%s by %d: %v", p.Get(&was), by, wrong)
		}
		now := p.Get(c)
		switch {
		case err != nil && *c == was:
			if !strings.HasPrefix(err.Error(), p.Name+": ") && !strings.HasPrefix(err.Error(), "spike-time: ") {
				t.Errorf("%s by %d: %v", now, by, err)
			}
			return
		case err != nil || *c == was:
			t.Fatalf("%s by %d: %v, and %s", p.Get(&was), by, err, now)
		case seen[now] && cyclic:
			return
		case seen[now]:
			t.Fatalf("%s by %d: %s for the second time", p.Get(&was), by, now)
		}
		seen[now] = true
	}
	if p.Name != "rng-seed" {
		t.Errorf("by %d: no end after %d steps", by, most)
	}
}

func TestStepTexts(t *testing.T) {
	tests := []struct {
		param, from string
		by          int
		want        string // "" for no step
	}{
		{"rate", "5000/s", 1, "10000/s"},
		{"rate", "5000/s", -1, "2000/s"},
		{"rate", "1900000/s", 1, "2000000/s"},
		{"rate", "1/s", -1, ""},
		{"workers", "1", -1, ""},
		{"sessions", "1", -1, "0"},
		{"sessions", "0", 1, "1"},
		{"max-live", "3", -1, "2"},
		{"max-live", "3500000", 1, "4000000"},
		{"max-live", "4000000", 1, ""},
		{"lifetime", "2s", 1, "5s"},
		{"lifetime", "1h", 1, ""},
		{"lifetime", "0s", 1, "1ms"},
		{"lifetime", "1m30s", -1, "1m"},
		{"lifetime", "exp(2s)", 1, "exp(5s)"},
		{"lifetime", "uniform(1s,3s)", -1, "uniform(500ms,2s)"},
		{"messages", "lognormal(2,8)", 1, "lognormal(5,10)"},
		{"message-size", "1KiB", 1, "2KiB"},
		{"message-size", "16B", -1, "0B"},
		{"message-size", "1000B", -1, "512B"},
		{"message-size", "1MiB", 1, ""},
		{"memory-limit", "off", 1, ""},
		{"memory-limit", "off", -1, "1TiB"},
		{"memory-limit", "1TiB", 1, "off"},
		{"memory-limit", "32MiB", -1, ""},
		{"gogc", "10000", 1, "off"},
		{"gogc", "off", -1, "10000"},
		{"gogc", "1", -1, ""},
		{"expire-share", "5%", 1, "10%"},
		{"expire-share", "100%", 1, ""},
		{"peak", "200%", 1, "300%"},
		{"peak", "100%", -1, ""},
		{"stages", "30s:5000,2m:20000,30s:0", 1, "30s:10000,2m:50000,30s:0"},
		{"stages", "30s:5000,2m:2000000,30s:0", 1, ""},
		{"optimizations", "tuned", 1, "baseline"},
		{"optimizations", "key-buffer", 1, "baseline"},
		{"optimizations", "key-buffer", -1, "tuned"},
		{"handshake", "mixed", 1, "none"},
		{"handshake", "none", -1, "mixed"},
		{"rng-seed", "18446744073709551615", 1, ""},
		{"rng-seed", "0", -1, ""},
		{"rng-seed", "18446744073709551615", -1, "18446744073709551614"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %s %+d", tt.param, tt.from, tt.by), func(t *testing.T) {
			c := load.Default()
			setParam(&c, tt.param, tt.from)
			p, _ := load.Lookup(tt.param)
			was := p.Get(&c)
			err := stepParam(&c, &p, tt.by)
			want := tt.want
			if want == "" {
				want = was
			}
			if got := p.Get(&c); got != want || (err != nil) != (tt.want == "") {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		})
	}
}

// TestTuningSets has every parameter stepped, undone and set to its default by keys.
func TestTuningSets(t *testing.T) {
	b := onTuning(t, "dark", false, 80, 24)
	start := b.engine.config
	for _, p := range b.tuning.params {
		b.to(p.Name)
		key := "right"
		if p.Name == "memory-limit" { // it is at the upper end
			key = "left"
		}
		before, markers := b.engine.config, len(b.history.markers)
		b.tune(key)
		if b.engine.config == before {
			t.Errorf("%s: %q and %s", p.Name, b.tuning.err, p.Get(&before))
		}
		if n := len(b.history.markers); n != min(markers+1, maxMarkers) || b.history.markers[n-1].label == "" {
			t.Errorf("%s: no marker", p.Name)
		}
		b.tune("u")
		if b.engine.config != before {
			t.Errorf("%s: undone, and %v", p.Name, load.Diff(before, b.engine.config))
		}
		b.tune("d")
		want := load.Default()
		if p.Get(&b.engine.config) != p.Get(&want) {
			t.Errorf("%s: default is %s", p.Name, p.Get(&b.engine.config))
		}
		b.tune("u")
	}
	for range maxUndo {
		b.tune("u")
	}
	if b.engine.config != start || !strings.Contains(b.tuning.err, "nothing to undo") {
		t.Errorf("undone to %v, %q", load.Diff(start, b.engine.config), b.tuning.err)
	}
}

func TestTuningTyping(t *testing.T) {
	tests := []struct {
		param, typed, want string
		wrong              string
	}{
		{"rate", "20k/s", "20000/s", ""},
		{"rate", " 1.5k ", "1500/s", ""},
		{"rate", "fast", "20000/s", `rate: "fast" is not valid; want a rate from 1/s to 2M/s`},
		{"lifetime", "exp(3s)", "exp(3s)", ""},
		{"optimizations", "key-buffer,single-hkdf", "key-buffer,single-hkdf", ""},
		{"handshake", "tls", "x25519", `handshake: "tls" is not valid; want none, x25519, hpke, hybrid or mixed`},
		{"gogc", "off", "off", ""},
		{"messages", "", "4", `messages: "" is not valid`},
	}
	for _, tt := range tests {
		t.Run(tt.param+" "+tt.typed, func(t *testing.T) {
			b := onTuning(t, "dark", false, 80, 24)
			b.to(tt.param)
			b.tune("=")
			b.line(tt.typed)
			b.tune("enter")
			p, _ := load.Lookup(tt.param)
			if got := p.Get(&b.engine.config); got != tt.want {
				t.Errorf("set to %s, want %s", got, tt.want)
			}
			if !strings.HasPrefix(b.tuning.err, tt.wrong) || tt.wrong == "" && b.tuning.err != "" {
				t.Errorf("error %q, want %q", b.tuning.err, tt.wrong)
			}
			if b.tuning.editing != (tt.wrong != "") {
				t.Errorf("typing goes on: %v", b.tuning.editing)
			}
			if tt.wrong == "" {
				return
			}
			if !strings.Contains(b.plain(), "▲ "+tt.param+": ") {
				t.Errorf("the error is not to be seen:\n%s", b.plain())
			}
			b.tune("esc")
			if b.overlay == nil || b.tuning.err != "" || b.tuning.editing {
				t.Error("esc does not leave the line alone")
			}
		})
	}
}

// TestTuningAtOnce: what is typed quickly comes as one message.
func TestTuningAtOnce(t *testing.T) {
	b := onTuning(t, "dark", false, 80, 24)
	b.to("rate")
	b.line("=7k/s")
	b.tune("enter")
	if b.engine.config.Rate != 7000 {
		t.Errorf("rate %v", b.engine.config.Rate)
	}
	b.line("jjtj")
	if b.overlay != nil || b.tuning.params[b.tuning.row].Name != "workers" {
		t.Errorf("open %v at %s", b.overlay != nil, b.tuning.params[b.tuning.row].Name)
	}
}

func TestPresets(t *testing.T) {
	for i := range presets {
		p := &presets[i]
		t.Run(p.name, func(t *testing.T) {
			c := load.Default()
			setParam(&c, "optimizations", "key-buffer")
			setParam(&c, "rng-seed", "7")
			setParam(&c, "handshake", "mixed")
			if err := p.apply(&c); err != nil {
				t.Fatal(err)
			}
			if c.RNGSeed != 7 || p.load == (c.Handshake == load.HandshakeMixed) || p.load && !c.Optimizations.KeyBuffer {
				t.Errorf("seed %d, handshake %s, optimizations %s", c.RNGSeed, c.Handshake, c.Optimizations)
			}
			b := onTuning(t, "dark", false, 80, 24)
			before := b.engine.config
			want := before
			if err := p.apply(&want); err != nil {
				t.Fatal(err)
			}
			b.tune(fmt.Sprint(i + 1))
			if b.engine.config != want {
				t.Errorf("digit %d does not apply it", i+1)
			}
			if !b.tuning.inForce[i] {
				t.Error("is not shown to be in force")
			}
			if want != before {
				b.tune("u")
			}
			if b.engine.config != before {
				t.Error("is not undone by one step")
			}
		})
	}
}

// TestUndoOfOtherKeys: changes made outside of the panel are undone, too.
func TestUndoOfOtherKeys(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(10)
	start := b.engine.config
	for _, key := range []string{"b", ">", "p", "a"} {
		b.press(key)
	}
	b.press("t")
	for range 4 {
		if b.engine.config == start {
			t.Error("too few changes to undo")
		}
		b.tune("u")
	}
	if b.engine.config != start {
		t.Errorf("undone to %v", load.Diff(start, b.engine.config))
	}
}

func TestTuningWhileComparing(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.story()
	b.press(b.compareKey())
	b.compared(3)
	b.press("t")
	applied := len(b.engine.applied)
	for _, key := range []string{"right", "d", "u", "1", "9"} {
		b.press(key)
		if b.tuning.err != load.ErrComparing.Error() {
			t.Errorf("%s: %q", key, b.tuning.err)
		}
	}
	if len(b.engine.applied) != applied {
		t.Error("something was applied")
	}
}

// TestTuningPassesKeys: the view can be frozen and zoomed, and the panel's own keys
// win.
func TestTuningPassesKeys(t *testing.T) {
	b := onTuning(t, "dark", false, 120, 40)
	b.press("space")
	if !b.frozen {
		t.Error("space does not freeze")
	}
	window := b.window
	b.press("+")
	if b.window == window {
		t.Error("+ does not zoom")
	}
	b.press("q")
	if b.overlay == nil {
		t.Error("q does something")
	}
	if msg := b.press("ctrl+c"); msg != (tea.QuitMsg{}) {
		t.Errorf("ctrl+c gives %v", msg)
	}
	b.press("t")
	if b.overlay != nil {
		t.Error("t does not close")
	}
}

// TestTuningSaves writes a file, asks before it writes over that, and tells what is
// wrong.
func TestTuningSaves(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.toml")
	read := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	b := onTuning(t, "dark", false, 120, 40)
	name := func(text string) {
		b.tune("w")
		b.Update(tea.KeyMsg{Type: tea.KeyCtrlU})
		b.line(text)
		b.tune("enter")
	}
	name(path)
	first := read()
	if !strings.Contains(first, "\nrate = \"20000/s\"\n") || b.tuning.said != "saved to "+path || !strings.Contains(b.plain(), "saved to ") {
		t.Fatalf("%q, %q:\n%s", b.tuning.said, b.tuning.err, first)
	}

	b.to("rate")
	b.tune("right")
	name(path)
	if !strings.Contains(b.plain(), "write over it?") {
		t.Fatalf("nothing is asked:\n%s", b.plain())
	}
	b.tune("n")
	if read() != first {
		t.Error("n writes over the file")
	}
	b.tune("enter", "y")
	if !strings.Contains(read(), "\nrate = \"50000/s\"\n") {
		t.Errorf("y does not write over the file: %q", b.tuning.err)
	}

	name(filepath.Join(dir, "none", "x.toml"))
	if !strings.HasPrefix(b.tuning.err, "file: ") || !strings.Contains(b.tuning.err, "no such file or directory") {
		t.Errorf("error %q", b.tuning.err)
	}
	b.tune("esc")
	name("")
	if b.tuning.err != errNoName.Error() {
		t.Errorf("error %q", b.tuning.err)
	}
	b.tune("esc", "esc")
	if b.overlay != nil {
		t.Error("the panel is still open")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestTuningClicks chooses a row, sets it, and applies a preset.
func TestTuningClicks(t *testing.T) {
	b := onTuning(t, "dark", false, 120, 40)
	at := func(kind hitKind, n int) tea.MouseMsg {
		for _, h := range slices.Backward(b.canvas.hits) {
			if h.kind == kind && h.n == n {
				return tea.MouseMsg{X: h.x + 1, Y: h.y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft}
			}
		}
		t.Fatalf("no hit %d of kind %d", n, kind)
		return tea.MouseMsg{}
	}
	b.tuning.Mouse(b.model, at(hitRow, 5))
	if b.tuning.row != 5 {
		t.Errorf("row %d", b.tuning.row)
	}
	b.tuning.Mouse(b.model, at(hitRow, 5))
	if !b.tuning.editing {
		t.Error("the second click does not set")
	}
	b.press("esc")
	b.Update(b.tuning.Mouse(b.model, at(hitKnob, 0))())
	if b.engine.config.Optimizations != session.Baseline {
		t.Errorf("optimizations %s", b.engine.config.Optimizations)
	}
}

// TestTuningEverySize: the frame stays whole at every size, on every row.
func TestTuningEverySize(t *testing.T) {
	b := onTuning(t, "mono", true, 80, 24)
	for w := minWidth; w < 220; w += 7 {
		for h := minHeight; h < 60; h += 3 {
			b.size(w, h)
			for _, name := range []string{"optimizations", "stages", "sessions"} {
				b.to(name)
				b.tuning.err = strings.Repeat("wrong it is ", 20)
				b.compose()
				everyLineIsAsWide(t, b, w, h)
				if !strings.Contains(b.plain(), "> ") || strings.ContainsFunc(b.View(), func(r rune) bool { return r > 0x7e }) {
					t.Fatalf("%dx%d: no cursor, or not ASCII:\n%s", w, h, b.plain())
				}
			}
		}
	}
}

func TestLayoutTuning(t *testing.T) {
	for w := minWidth - 2; w < 100; w += 10 {
		for h := minHeight - headerRows - footerRows - 2; h < 60; h++ {
			l := layoutTuning(w, h, len(load.Params()))
			if l.list.h < tuneLeast || l.details.h < 2 || l.list.h+1 != l.details.y || l.details.y+l.details.h+1 != l.presets.y || l.presets.y+l.presets.h != h {
				t.Errorf("%dx%d: %+v", w, h, l)
			}
		}
	}
}

// TestTuningAllocations: the panel costs a frame nothing that the page does not.
func TestTuningAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	b := onTuning(t, "dark", false, 200, 50)
	if got := testing.AllocsPerRun(100, b.compose); got > 3 {
		t.Errorf("a frame takes %v allocations", got)
	}
}
