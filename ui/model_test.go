package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestEverySize: at every size, theme and drawing the frame has as many lines as
// the terminal, each as wide as it, and nothing panics.
func TestEverySize(t *testing.T) {
	sizes := []struct{ w, h int }{{80, 24}, {109, 33}, {110, 37}, {150, 20}, {149, 70}, {200, 50}, {300, 100}, {61, 200}, {500, 17}}
	for w := range 61 {
		for h := range 41 {
			sizes = append(sizes, struct{ w, h int }{w, h})
		}
	}
	for _, look := range looksOfGoldens {
		t.Run(look.name(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, look.theme, look.ascii)
			b.richStory()
			b.load.s.Valid, b.load.s.Reasons = false, []string{"reached 91.0 % of the offered rate"}
			b.Update(snapshotMsg{b.load.s})
			for i := range len(b.pages) + 1 {
				b.current, b.help = i%len(b.pages), i == len(b.pages)
				for j, s := range sizes {
					if (raceEnabled || look.theme != "dark" && !look.ascii) && j%7 != i%7 {
						continue // what is where does not depend on colours
					}
					b.size(s.w, s.h)
					everyLineIsAsWide(t, b, s.w, s.h)
				}
			}
		})
	}
}

func TestFrameWithoutSnapshots(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	for _, want := range []string{"sagetop", "starting", "1 Overview", "? help", "optimizations", "q quit"} {
		if !strings.Contains(b.plain(), want) {
			t.Errorf("the first frame lacks %q:\n%s", want, b.plain())
		}
	}
	b.press("space")
	if b.frozen {
		t.Error("freezes before there is anything to see")
	}
}

func TestASCIIFrames(t *testing.T) {
	b := newBench(t, "mono", true)
	b.story()
	for _, s := range sizes {
		for range b.pages {
			b.press("tab")
			b.size(s[0], s[1])
			frame := b.View()
			if i := strings.IndexFunc(frame, func(r rune) bool { return r > 0x7e }); i >= 0 {
				t.Errorf("%dx%d: not ASCII: %q", s[0], s[1], frame[i:min(i+8, len(frame))])
			}
			if i := strings.IndexByte(b.plain(), '?'); i >= 0 && strings.Count(b.plain(), "?") > 2 {
				t.Errorf("%dx%d: a rune without an ASCII form:\n%s", s[0], s[1], b.plain())
			}
		}
	}
}

func TestTooSmall(t *testing.T) {
	tests := []struct {
		w, h int
		want string
	}{
		{59, 16, "sagetop needs 60x16 cells; the load goes on"},
		{60, 15, "sagetop needs 60x16 cells; the load goes on"},
		{30, 5, "needs 60x16; load goes on"},
		{14, 3, "60x16 needed"},
		{5, 1, "60x16"},
		{4, 1, ""},
	}
	b := newBench(t, "dark", false)
	for _, tt := range tests {
		b.size(tt.w, tt.h)
		if got := strings.TrimSpace(b.plain()); got != tt.want {
			t.Errorf("%dx%d: %q, want %q", tt.w, tt.h, got, tt.want)
		}
	}
}

func TestKeysChangeTheConfig(t *testing.T) {
	tuned := newFakeEngine().config
	tests := []struct {
		key   string
		start func(*load.Config)
		want  func(*load.Config)
	}{
		{"b", nil, func(c *load.Config) { c.Optimizations.KeyBuffer = false }},
		{"h", nil, func(c *load.Config) { c.Optimizations.SingleHKDF = false }},
		{"u", nil, func(c *load.Config) { c.Optimizations.ReusableHash = false }},
		{"p", nil, func(c *load.Config) { c.Optimizations.Pool = session.PoolNone }},
		{"p", func(c *load.Config) { c.Optimizations.Pool = session.PoolNone }, func(c *load.Config) { c.Optimizations.Pool = session.PoolSync }},
		{"b", func(c *load.Config) { c.Optimizations = session.Baseline }, func(c *load.Config) { c.Optimizations = session.Optimizations{KeyBuffer: true} }},
		{">", nil, func(c *load.Config) { c.Rate = 50000 }},
		{"<", nil, func(c *load.Config) { c.Rate = 10000 }},
		{">", func(c *load.Config) { c.Model = load.Closed }, func(c *load.Config) { c.Model, c.Workers = load.Closed, 2000 }},
		{"<", func(c *load.Config) { c.Model = load.Closed }, func(c *load.Config) { c.Model, c.Workers = load.Closed, 500 }},
		{"o", nil, func(c *load.Config) { c.Profile = load.ProfileRamp }},
		{"o", func(c *load.Config) { c.Profile = load.ProfileSoak }, func(c *load.Config) { c.Profile = load.ProfileSteady }},
		{"a", nil, func(c *load.Config) { c.Handshake = load.HandshakeHPKE }},
		{"a", func(c *load.Config) { c.Handshake = load.HandshakeMixed }, func(c *load.Config) { c.Handshake = load.HandshakeNone }},
		{"w", nil, func(c *load.Config) { c.Transport = load.TransportHTTP }},
		{"w", func(c *load.Config) { c.Transport = load.TransportHTTP }, func(c *load.Config) { c.Transport = load.TransportMemory }},
	}
	for _, tt := range tests {
		t.Run(tt.key, func(t *testing.T) {
			b := newBench(t, "dark", false)
			if tt.start != nil {
				tt.start(&b.engine.config)
			}
			want := b.engine.config
			tt.want(&want)
			if msg := b.press(tt.key); msg.(appliedMsg).err != nil {
				t.Fatalf("the key gives %v", msg)
			}
			if len(b.engine.applied) != 1 || b.engine.applied[0] != want {
				t.Errorf("applied %+v, want %+v once; before %+v", b.engine.applied, want, tuned)
			}
		})
	}
}

// TestNothingIsShownBeforeItIsInForce: a key changes the picture only when a
// snapshot says so.
func TestNothingIsShownBeforeItIsInForce(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(30)
	before := b.plain()
	b.press("b")
	if got := b.plain(); got != before {
		t.Errorf("the frame changes with the key:\n%s", got)
	}
	b.load.s.Config = b.engine.config
	b.snapshots(1)
	if !strings.Contains(b.plain(), "b [ ] P0-1") || !strings.Contains(b.plain(), "P0-1 off") {
		t.Errorf("the change is not shown:\n%s", b.plain())
	}
}

func TestRefusedChangeIsShown(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(10)
	b.engine.config.Rate, b.engine.config.PoolCapacity = 2e6, -1 // two lines of error
	b.press(">")
	if len(b.engine.applied) != 0 {
		t.Fatalf("applied %v", b.engine.applied)
	}
	footer := func() string {
		lines := strings.Split(b.plain(), "\n")
		return lines[len(lines)-1]
	}
	if !strings.Contains(footer(), "▲ pool-capacity:") {
		t.Errorf("footer is %q", footer())
	}
	b.snapshots(int(noticeTime / (100 * time.Millisecond)))
	if !strings.Contains(footer(), "▲ pool-capacity:") {
		t.Errorf("after %v the footer is %q", noticeTime, footer())
	}
	b.snapshots(1)
	if strings.Contains(footer(), "▲") {
		t.Errorf("the error stays: %q", footer())
	}
}

func TestFreeze(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(100)
	body := func() string {
		lines := strings.Split(b.plain(), "\n")
		return strings.Join(lines[headerRows:len(lines)-footerRows], "\n")
	}
	b.press("space")
	frozen := body()
	if !strings.Contains(frozen, "frozen") || !strings.Contains(b.plain(), "‖ frozen 00:00:10 ·  0s ago") {
		t.Errorf("the frame does not say that it is frozen:\n%s", b.plain())
	}
	b.load.s.Config.Optimizations = session.Baseline
	b.snapshots(70)
	if got := body(); got != frozen {
		t.Errorf("the frozen view changes:\n%s\nwas\n%s", got, frozen)
	}
	if !strings.Contains(b.plain(), "‖ frozen 00:00:10 ·  7s ago") {
		t.Errorf("the header does not say for how long:\n%s", b.plain())
	}
	b.press("space")
	if got := body(); got == frozen || !strings.Contains(got, "baseline") {
		t.Errorf("what was recorded meanwhile is not shown:\n%s", got)
	}
}

// TestSettling: until the load is steady, the panel says so, and compares nothing.
func TestSettling(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(160, 45)
	b.load = newFakeLoad(session.Baseline)
	b.snapshots(60)
	b.load.s.Config.Optimizations.KeyBuffer = true
	row := func() string {
		for _, line := range strings.Split(b.plain(), "\n") {
			if strings.Contains(line, "P0-1 key buffer") {
				return strings.Join(strings.Fields(line), " ")
			}
		}
		return ""
	}
	b.snapshots(21)
	if !strings.Contains(b.plain(), "settling, measured in 2 s") {
		t.Errorf("2 s after a change the panel does not say that the load settles:\n%s", b.plain())
	}
	if want := "off 6.00 on 1.00 change – │"; !strings.Contains(row(), want) {
		t.Errorf("2 s after a change: %q, want %q", row(), want)
	}
	b.snapshots(21)
	if !strings.Contains(b.plain(), "measured, off and on") {
		t.Errorf("4 s after a change the panel still waits:\n%s", b.plain())
	}
	if want := "off 6.00 on 1.00 change −83 % │"; !strings.Contains(row(), want) {
		t.Errorf("4 s after a change: %q, want %q", row(), want)
	}
	b.press("space")
	frozen := row()
	b.load.s.Config.Optimizations.ReusableHash = true
	b.snapshots(60)
	b.load.s.Config.Optimizations.ReusableHash = false
	b.snapshots(60)
	if got := row(); got != frozen {
		t.Errorf("the frozen row changes from %q to %q", frozen, got)
	}
}

func TestZoom(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(10)
	for _, step := range []struct{ key, want string }{
		{"+", "window 30s"},
		{"+", "window 10s"},
		{"+", "window 10s"},
		{"-", "window 30s"},
		{"-", "window 1m"},
		{"-", "window 5m"},
		{"-", "window 15m"},
		{"-", "window 1h"},
		{"-", "window 1h"},
		{"=", "window 15m"},
		{"_", "window 1h"},
	} {
		b.press(step.key)
		if !strings.Contains(b.plain(), step.want) {
			t.Errorf("after %q: %q, want %q", step.key, strings.Split(b.plain(), "\n")[1], step.want)
		}
	}
}

// TestHourWindow: after more than an hour the longest window is full of curve.
func TestHourWindow(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	for range 65 * 60 * 10 {
		s := b.load.step()
		b.history.push(&s)
	}
	b.snapshots(1)
	for range windows {
		b.press("-")
	}
	if !strings.Contains(b.plain(), "1h ago") {
		t.Fatalf("not an hour:\n%s", b.plain())
	}
	chart := b.canvas.all().sub(rect{0, headerRows, 120, 37}).sub(b.pages[0].(*overview).layout.charts[0])
	plot := chart.inner().sub(rect{axisWidth + 1, 0, chart.w, chart.h})
	for x := range plot.w - 1 { // the newest cell may still be filling
		seen := false
		for y := range plot.h {
			seen = seen || isBraille(plot.at(x, y).r)
		}
		if !seen {
			t.Fatalf("cell %d has no curve:\n%s", x, b.plain())
		}
	}
}

func TestPauseAndReset(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.snapshots(5)
	b.press("P")
	b.load.s.State = load.Paused
	b.snapshots(1)
	if !strings.Contains(b.plain(), "‖ paused") {
		t.Errorf("the header does not say that the load is paused:\n%s", b.plain())
	}
	b.press("P")
	b.press("R")
	if want := []string{"pause", "resume", "reset"}; !slices.Equal(b.engine.calls, want) {
		t.Errorf("called %v, want %v", b.engine.calls, want)
	}
	b.load = newFakeLoad(session.Tuned)
	b.load.s.Run = 1
	b.snapshots(5)
	if !strings.Contains(b.plain(), "live 00:00:00") || b.history.fine.n != 5 {
		t.Errorf("after a reset %d points remain:\n%s", b.history.fine.n, b.plain())
	}
}

func TestReasonOfShortfallIsAlwaysVisible(t *testing.T) {
	for _, s := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {160, 45}, {200, 50}} {
		b := newBench(t, "dark", false)
		b.size(s[0], s[1])
		b.load.s.Config.Rate = 5e4
		b.snapshots(20)
		b.load.s.Valid, b.load.s.Reasons = false, []string{"reached 72.3 % of the offered rate: behind schedule"}
		b.load.s.Seq++
		b.load.s.Elapsed++
		b.Update(snapshotMsg{b.load.s})
		for _, want := range []string{"not valid", "reached 72.3 %", " of 50k/s"} {
			if !strings.Contains(b.plain(), want) {
				t.Errorf("%dx%d lacks %q:\n%s", s[0], s[1], want, b.plain())
			}
		}
	}
}

func TestClosedModelHeader(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(160, 45)
	b.load.s.Config.Model = load.Closed
	b.load.s.Config.Handshake = load.HandshakeNone
	b.snapshots(5)
	for _, want := range []string{"closed 1000 workers", "no handshake", "k/s closed"} {
		if !strings.Contains(b.plain(), want) {
			t.Errorf("the header lacks %q: %q", want, strings.Split(b.plain(), "\n")[0])
		}
	}
}

func TestStep125(t *testing.T) {
	tests := []struct {
		v    float64
		by   int
		want float64
	}{
		{1, 1, 2},
		{2, 1, 5},
		{5, 1, 10},
		{20000, 1, 50000},
		{12345, 1, 20000},
		{0.5, 1, 1},
		{1, -1, 1},
		{2, -1, 1},
		{10, -1, 5},
		{20000, -1, 10000},
		{12345, -1, 10000},
		{0.5, -1, 1},
	}
	for _, tt := range tests {
		if got := step125(tt.v, tt.by); got != tt.want {
			t.Errorf("step125(%v, %d) = %v, want %v", tt.v, tt.by, got, tt.want)
		}
	}
}

// panickyPage is a page that fails to draw.
type panickyPage struct{ overview }

func (*panickyPage) Render(area, *view) { panic("cannot draw") }

func TestPanicInUpdate(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.pages[0] = &panickyPage{}
	_, cmd := b.Update(snapshotMsg{b.load.step()})
	var p *PanicError
	if !errors.As(b.err, &p) || p.Value != "cannot draw" || !strings.Contains(string(p.Stack), "panickyPage") {
		t.Errorf("err = %v, want the panic with its stack", b.err)
	}
	if cmd == nil || cmd() != tea.Quit() {
		t.Error("the program does not quit")
	}
	if b.View() != "" {
		t.Error("a frame is left")
	}
}

func TestPanicInCommand(t *testing.T) {
	b := newBench(t, "dark", false)
	msg := b.command(func() tea.Msg { panic("engine broke") })()
	p, ok := msg.(panickedMsg)
	if !ok || p.err.Value != "engine broke" || !strings.Contains(string(p.err.Stack), "TestPanicInCommand") {
		t.Fatalf("message %v, want the panic with its stack", msg)
	}
	if _, cmd := b.Update(msg); cmd == nil || b.err == nil || b.err.Error() != "ui: panic: engine broke" {
		t.Errorf("err = %v", b.err)
	}
}

// TestCommandsEndBeforeRun: what has begun is waited for, and what has not does
// nothing any more.
func TestCommandsEndBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "dark", false)
		release := make(chan struct{})
		begun := b.command(func() tea.Msg { <-release; return nil })
		late := b.command(func() tea.Msg { t.Error("a command runs after the end"); return nil })
		go begun()
		synctest.Wait()
		closed := false
		go func() {
			b.running.close()
			closed = true
		}()
		synctest.Wait()
		if closed {
			t.Error("does not wait for a command")
		}
		if msg := late(); msg != nil {
			t.Errorf("a late command gives %v", msg)
		}
		close(release)
		synctest.Wait()
		if !closed {
			t.Error("waits for nothing")
		}
	})
}

func TestEngineFails(t *testing.T) {
	b := newBench(t, "dark", false)
	failure := errors.New("load: no more")
	if _, cmd := b.Update(endedMsg{failure}); cmd == nil || !errors.Is(b.err, failure) {
		t.Errorf("err = %v, want %v", b.err, failure)
	}
}

func TestResumeRepaints(t *testing.T) {
	b := newBench(t, "dark", false)
	_, cmd := b.Update(resumedMsg{})
	if all, ok := cmd().(tea.BatchMsg); !ok || len(all) != 2 || all[0]() != tea.ClearScreen() || all[1]() != tea.EnableMouseCellMotion() {
		t.Error("the screen is not painted anew, with the mouse on")
	}
	b.press("m")
	if _, cmd := b.Update(resumedMsg{}); cmd() != tea.ClearScreen() {
		t.Error("without the mouse, the screen is not just painted anew")
	}
}

// TestNarrowHeader: whatever the state, the name stays whole; where there is no
// room for the rates, they are left out.
func TestNarrowHeader(t *testing.T) {
	for state := load.Idle; state <= load.Stopped; state++ {
		for _, profile := range []string{"steady", "sine"} {
			b := newBench(t, "dark", false)
			b.size(60, 16)
			setParam(&b.load.s.Config, "profile", profile)
			b.snapshots(20)
			s := b.load.s
			s.Seq, s.Elapsed = s.Seq+1, s.Elapsed+1
			s.State, s.Valid, s.Reasons = state, false, []string{"reached 72.3 % of the offered rate"}
			b.Update(snapshotMsg{s})
			verdict := verdictNot
			if state == load.Comparing {
				verdict = verdictComparing
			}
			head, _, _ := strings.Cut(b.plain(), "\n")
			if !strings.HasPrefix(head, " sagetop ") || !strings.Contains(head, " · "+verdict) || columnsOf(head) != 60 || !strings.Contains(head, "00:00:02") {
				t.Errorf("%v, %s: %q", state, profile, head)
			}
		}
	}
}
