package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// The events of a mouse.

func pressed(x, y int) tea.MouseMsg {
	return tea.MouseMsg{X: x, Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft}
}

func dragged(x, y int) tea.MouseMsg {
	return tea.MouseMsg{X: x, Y: y, Action: tea.MouseActionMotion, Button: tea.MouseButtonLeft}
}

func released(x, y int) tea.MouseMsg {
	return tea.MouseMsg{X: x, Y: y, Action: tea.MouseActionRelease, Button: tea.MouseButtonLeft}
}

func wheeled(x, y int, button tea.MouseButton) tea.MouseMsg {
	return tea.MouseMsg{X: x, Y: y, Action: tea.MouseActionPress, Button: button}
}

// find returns the cell in which a text begins on the screen, counted from row on.
func (b *bench) find(t *testing.T, text string, row int) (x, y int) {
	t.Helper()
	for y, l := range strings.Split(b.plain(), "\n") {
		if i := strings.Index(l, text); i >= 0 && y >= row {
			return columnsOf(l[:i]), y
		}
	}
	t.Fatalf("no %q on the screen:\n%s", text, b.plain())
	return 0, 0
}

// chart returns the mark of the n-th chart.
func (b *bench) chart(t *testing.T, n int) hit {
	t.Helper()
	for _, h := range b.canvas.hits {
		if h.kind != hitChart {
			continue
		}
		if n == 0 {
			return h
		}
		n--
	}
	t.Fatal("there are not as many charts")
	return hit{}
}

func TestClickTabs(t *testing.T) {
	for _, s := range sizes {
		b := newBench(t, "dark", false)
		b.size(s[0], s[1])
		b.snapshots(5)
		for i, p := range slices.Backward(b.pages) {
			x, y := b.find(t, p.Title(), 0)
			b.Update(pressed(x+1, y))
			if b.current != i {
				t.Errorf("%dx%d: a click at %s shows page %d", s[0], s[1], p.Title(), b.current)
			}
			b.Update(released(x+1, y))
		}
	}
}

func TestClickHints(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(200, 50)
	b.snapshots(5)
	click := func(text string, by int) tea.Cmd {
		x, y := b.find(t, text, 49)
		_, cmd := b.Update(pressed(x+by, y))
		b.Update(released(x+by, y))
		return cmd
	}
	click("space freeze", 8)
	if !b.frozen {
		t.Error("a click at its hint does not freeze")
	}
	click("space freeze", 0)
	if b.frozen {
		t.Error("a click at the key in the hint does not go on")
	}
	before := b.view().window
	click("+ - zoom", 0)
	closer := b.view().window
	click("+ - zoom", 2)
	if after := b.view().window; closer >= before || after != before {
		t.Errorf("clicks at + and - in a hint: windows of %v, %v, %v", before, closer, after)
	}
	click("? help", 3)
	if !b.help {
		t.Error("a click at its hint does not open the help")
	}
	b.Update(pressed(3, 3))
	if b.help {
		t.Error("a click does not close the help")
	}
	if cmd := click("q quit", 2); cmd == nil || cmd() != tea.Quit() {
		t.Error("a click at its hint does not quit")
	}
}

func TestClickHeaderHelp(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(5)
	x, y := b.find(t, "? help", 0)
	if y != 1 {
		t.Fatalf("the first is in row %d", y)
	}
	b.Update(pressed(x+4, y))
	if !b.help {
		t.Error("a click does not open the help")
	}
}

func TestWheel(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(20)
	h := b.chart(t, 0)
	before := b.view().window
	b.Update(wheeled(h.x+3, h.y+1, tea.MouseButtonWheelUp))
	if got := b.view().window; got >= before {
		t.Errorf("up over a chart: a window of %v after %v", got, before)
	}
	b.Update(wheeled(h.x+3, h.y+1, tea.MouseButtonWheelDown))
	if got := b.view().window; got != before {
		t.Errorf("down over a chart: a window of %v, not %v again", got, before)
	}
	b.Update(wheeled(h.x+3, 0, tea.MouseButtonWheelDown))
	b.Update(wheeled(-1, -1, tea.MouseButtonWheelDown))
	b.Update(wheeled(h.x+3, h.y+1, tea.MouseButtonWheelLeft))
	if got := b.view().window; got != before {
		t.Errorf("elsewhere: a window of %v, not %v", got, before)
	}
}

func TestWheelTurnsHelp(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(60, 16)
	b.press("?")
	b.Update(wheeled(5, 5, tea.MouseButtonWheelDown))
	if !b.help || b.helpTop != 1 {
		t.Errorf("down: help %v, page %d", b.help, b.helpTop)
	}
	b.Update(wheeled(5, 5, tea.MouseButtonWheelUp))
	b.Update(wheeled(5, 5, tea.MouseButtonWheelUp))
	b.Update(wheeled(5, 5, tea.MouseButtonWheelLeft))
	if !b.help || b.helpTop != 0 {
		t.Errorf("up: help %v, page %d", b.help, b.helpTop)
	}
}

// wheelPage is a page with rows, of which every part can be clicked at.
type wheelPage struct {
	overview
	clicks []hit
	at     [][2]int
	moved  int
}

func (p *wheelPage) Render(a area, _ *view) {
	a.sub(rect{4, 2, 10, 1}).hit(hitColumn, 1)
	a.sub(rect{4, 3, 10, 1}).hit(hitRow, 2)
	a.sub(rect{4, 4, 10, 1}).hit(hitKnob, 3)
}

func (p *wheelPage) Click(_ *model, h hit, x, y int) tea.Cmd {
	p.clicks, p.at = append(p.clicks, h), append(p.at, [2]int{x, y})
	return nil
}

func (p *wheelPage) Wheel(_ *model, by int) tea.Cmd {
	p.moved += by
	return nil
}

func TestClicksOfPage(t *testing.T) {
	b := newBench(t, "dark", false)
	page := &wheelPage{}
	b.pages[0] = page
	b.size(80, 24)
	for y := range 3 {
		b.Update(pressed(4+y, headerRows+2+y))
		b.Update(released(4+y, headerRows+2+y))
	}
	b.Update(pressed(20, 20))
	for i, kind := range []hitKind{hitColumn, hitRow, hitKnob} {
		if i >= len(page.clicks) || page.clicks[i].kind != kind || page.clicks[i].n != i+1 || page.at[i] != [2]int{i, 0} {
			t.Fatalf("clicks %v at %v", page.clicks, page.at)
		}
	}
	if len(page.clicks) != 3 {
		t.Errorf("%d clicks, want 3", len(page.clicks))
	}
	b.Update(wheeled(20, 10, tea.MouseButtonWheelDown))
	b.Update(wheeled(20, 10, tea.MouseButtonWheelDown))
	b.Update(wheeled(20, 10, tea.MouseButtonWheelUp))
	b.Update(wheeled(20, 23, tea.MouseButtonWheelUp))
	if page.moved != wheelRows {
		t.Errorf("the wheel moved by %d rows, want %d", page.moved, wheelRows)
	}
}

// keptOverlay keeps what it is told.
type keptOverlay struct{ keys []string }

func (o *keptOverlay) Key(_ *model, msg tea.KeyMsg) tea.Cmd {
	o.keys = append(o.keys, msg.String())
	return nil
}
func (o *keptOverlay) Draw(*model, area, *view) {}
func (o *keptOverlay) Hints() []hint {
	return []hint{{"enter", "yes"}, {"esc", "no"}, {"↑ ↓", "row"}, {"1-9", "preset"}, {"ctrl+s", "save"}}
}

func TestMouseOverOverlay(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.snapshots(5)
	o := &keptOverlay{}
	b.open(o)
	b.compose()
	for _, text := range []string{"yes", "no", "↑", "↓", "row", "1-9", "save"} {
		x, y := b.find(t, text, 23)
		b.Update(pressed(x, y))
		b.Update(released(x, y))
	}
	x, y := b.find(t, "Pool", 0)
	b.Update(pressed(x, y))
	h := b.chart(t, 0)
	b.Update(pressed(h.x, h.y))
	b.Update(wheeled(h.x, h.y, tea.MouseButtonWheelUp))
	b.Update(wheeled(h.x, h.y, tea.MouseButtonWheelDown))
	if want := []string{"enter", "esc", "up", "down", "up", "ctrl+s", "up", "down"}; !slices.Equal(o.keys, want) {
		t.Errorf("the overlay had %q, want %q", o.keys, want)
	}
	if b.current != 0 || b.drag.on || b.view().window != defaultBench(t).view().window {
		t.Error("the page had the mouse, too")
	}
}

func defaultBench(t *testing.T) *bench { return newBench(t, "dark", false) }

func TestClickExportMenu(t *testing.T) {
	t.Chdir(t.TempDir())
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.story()
	b.press("e")
	b.Update(pressed(1, 5))
	if b.overlay == nil {
		t.Fatal("a click beside the menu closes it")
	}
	x, y := b.find(t, "the page as it is", 0)
	_, cmd := b.Update(pressed(x, y))
	if b.overlay != nil || cmd == nil {
		t.Fatal("a click at a row does nothing")
	}
	if msg, ok := cmd().(exportedMsg); !ok || msg.err != nil || len(msg.files) != 1 {
		t.Errorf("exported %+v", msg)
	}
}

func TestMouseToggle(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.snapshots(5)
	if msg := b.press("m"); msg != tea.DisableMouse() || !strings.Contains(b.plain(), "mouse off: the terminal's own selection") {
		t.Errorf("m gives %v:\n%s", msg, b.plain())
	}
	x, y := b.find(t, "Pool", 0)
	if b.Update(pressed(x, y)); b.current != 0 {
		t.Error("a click counts while the mouse is off")
	}
	if msg := b.press("m"); msg != tea.EnableMouseCellMotion() || !strings.Contains(b.plain(), "mouse on") {
		t.Errorf("m gives %v:\n%s", msg, b.plain())
	}
	if b.Update(pressed(x, y)); b.current == 0 {
		t.Error("a click does not count")
	}
}

// TestDragZooms selects a stretch of time, sees it, and has it shown.
func TestDragZooms(t *testing.T) {
	for _, look := range looksOfGoldens {
		t.Run(look.name(), func(t *testing.T) {
			b := newBench(t, look.theme, look.ascii)
			b.size(120, 40)
			b.story()
			h := b.chart(t, 1)
			y := h.y + 2
			b.Update(pressed(h.x+h.w-4, y))
			b.Update(dragged(h.x+h.w-10, y+1))
			b.Update(dragged(h.x+h.w-14, y+20)) // elsewhere
			everyLineIsAsWide(t, b, 120, 40)
			golden(t, "drag-120x40-"+look.name()+".ansi.golden", b.View()+"\n")
			n := 0
			for x := range h.w {
				if b.canvas.cells[y*b.canvas.w+h.x+x].s == styleSelect {
					n++
				}
			}
			if n != 11 {
				t.Errorf("%d cells are selected, want 11", n)
			}
			from, to := h.timeOf(h.w-14).from, h.timeOf(h.w-4).to
			b.Update(released(h.x+h.w-14, y+20))
			v := b.view()
			if !b.frozen || v.window < to-from || v.window > to-from+2*time.Second || v.end-to > time.Second || to-v.end > time.Second {
				t.Errorf("frozen %v, a window of %v up to %v; want %v to %v", b.frozen, v.window, v.end, from, to)
			}
			if strings.Contains(b.View(), b.theme.escape[styleSelect]) {
				t.Error("what was selected is still marked")
			}
		})
	}
}

// TestDragFollowsTime: what is selected moves with the charts of a live view.
func TestDragFollowsTime(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.story()
	h := b.chart(t, 0)
	b.Update(pressed(h.x+20, h.y))
	b.Update(dragged(h.x+29, h.y))
	at := b.drag.span()
	first := func() int {
		for x := range h.w {
			if b.canvas.cells[h.y*b.canvas.w+h.x+x].s == styleSelect {
				return x
			}
		}
		return -1
	}
	if got := first(); got != 20 {
		t.Errorf("selected from cell %d on, want 20", got)
	}
	cells := int(5 * time.Second / h.cell)
	b.snapshots(50)
	if got := first(); got > 20-cells+1 || got < 20-cells-1 || b.drag.span() != at {
		t.Errorf("selected from cell %d on after %d cells, want %d; span %v, was %v", got, cells, 20-cells, b.drag.span(), at)
	}
}

// TestClickChart: a click without a drag moves the cursor, to the next moment that was kept.
func TestClickChart(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.story()
	h := b.chart(t, 0)
	x := h.w / 2
	b.Update(pressed(h.x+x, h.y))
	b.Update(dragged(h.x+x+1, h.y))
	b.Update(dragged(h.x+x, h.y))
	b.Update(released(h.x+x, h.y))
	want := b.history.keptAfter(h.timeOf(x).to)
	if v := b.view(); !v.frozen || !v.cursor || v.at != want {
		t.Errorf("frozen %v, cursor %v at %v, want %v", v.frozen, v.cursor, v.at, want)
	}
}

func TestDragIsDropped(t *testing.T) {
	begin := func() (*bench, hit) {
		b := newBench(t, "dark", false)
		b.size(120, 40)
		b.story()
		h := b.chart(t, 0)
		b.Update(pressed(h.x+20, h.y))
		b.Update(dragged(h.x+29, h.y))
		return b, h
	}
	for name, end := range map[string]func(*bench, hit){
		"esc":          func(b *bench, _ hit) { b.press("esc") },
		"a key":        func(b *bench, _ hit) { b.press("2") },
		"right button": func(b *bench, h hit) { b.Update(wheeled(h.x, h.y, tea.MouseButtonRight)) },
		"too small": func(b *bench, h hit) {
			b.size(20, 5)
			b.Update(dragged(h.x+9, h.y))
			b.size(120, 40)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, h := begin()
			before := b.view().window
			end(b, h)
			b.Update(released(h.x+29, h.y))
			if b.drag.on || b.frozen || b.view().window != before {
				t.Errorf("drag %v, frozen %v, window %v", b.drag.on, b.frozen, b.view().window)
			}
		})
	}
	t.Run("lost release", func(t *testing.T) {
		b, h := begin()
		b.Update(pressed(h.x+5, h.y))
		if !b.drag.on || b.drag.x != h.x+5 || b.drag.beyond {
			t.Errorf("%+v", b.drag)
		}
	})
}

// TestMotionDrawsNothing: what the mouse does without meaning makes no frame.
func TestMotionDrawsNothing(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.story()
	h := b.chart(t, 0)
	b.frame = "as it was"
	for _, msg := range []tea.MouseMsg{
		dragged(5, 5), released(5, 5),
		{X: 7, Y: 7, Action: tea.MouseActionMotion},
		pressed(h.x, h.y),
		dragged(h.x, h.y+1),
		{X: 1, Y: 1, Action: tea.MouseActionMotion},
		pressed(0, 5),
		wheeled(0, 0, tea.MouseButtonWheelUp), wheeled(5, 5, tea.MouseButtonRight), wheeled(5, 5, tea.MouseButtonBackward),
	} {
		b.Update(msg)
		if b.frame != "as it was" {
			t.Fatalf("%v makes a frame", msg)
		}
	}
}

func TestKeyNames(t *testing.T) {
	for name := range namedKeys {
		if got := keyMsg(name).String(); got != name {
			t.Errorf("%q becomes %q", name, got)
		}
		if got := keyShown(keyLabel(name)); got != name {
			t.Errorf("%q is shown as %q, which is taken for %q", name, keyLabel(name), got)
		}
	}
	for _, name := range []string{" ", "a", "ä", "+", "alt+x", "alt+enter", "?"} {
		if got := keyMsg(name).String(); got != name {
			t.Errorf("%q becomes %q", name, got)
		}
		if got := keyShown(keyLabel(name)); got != name {
			t.Errorf("%q is shown as %q, which is taken for %q", name, keyLabel(name), got)
		}
	}
	for _, text := range []string{"", "1-9", "words", "1 to 7 of"} {
		if got := keyShown(text); got != "" && text != "1 to 7 of" {
			t.Errorf("%q is taken for the key %q", text, got)
		}
	}
}

// TestClickBeforeDrawn: an overlay that is open but not drawn yet, as while a slice is
// measured, takes no click for one of its rows that was on a row of the page.
func TestClickBeforeDrawn(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(20)
	b.press("7") // rows
	b.press("t")
	b.press("esc")
	b.open(exportMenu{})
	for y := range 40 {
		for x := range 120 {
			_ = exportMenu{}.Mouse(b.model, tea.MouseMsg{X: x, Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
			if b.overlay == nil {
				t.Fatalf("a click at %d, %d chose a format before there was a menu", x, y)
			}
		}
	}
}
