package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// gcStory shows the GC page of a load that was paused for a while, in which the
// dashboard's cost was learned.
func (b *bench) gcStory() {
	b.story()
	b.press("5")
	b.rest(30)
	b.load.s.Config.GOGC = 200
	b.shown(60)
	b.load.collect()
	b.shown(40)
	setParam(&b.load.s.Config, "memory-limit", "128MiB")
	b.shown(60)
}

// rest feeds so many snapshots of a load that rests: what is allocated meanwhile is the
// dashboard's.
func (b *bench) rest(n int) {
	for range n {
		b.load.s.Elapsed += tick
		b.load.s.Allocs.Objects += 340
		b.load.s.Allocs.Bytes += 21 << 10
		b.load.s.Process.CPUPercent = 1.4
		b.out.bytes.Add(3 << 10)
		b.Update(snapshotMsg{b.load.s})
	}
}

// shown feeds so many snapshots of a load, each of which writes to the terminal.
func (b *bench) shown(n int) {
	for range n {
		b.out.bytes.Add(3 << 10)
		b.snapshots(1)
	}
}

// collect is a forced collection.
func (f *fakeLoad) collect() { f.forced = true }

func TestGoldenGC(t *testing.T) {
	for _, s := range sizes {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(s[0], s[1])
			b.gcStory()
			golden(t, fmt.Sprintf("gc-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
		})
	}
	t.Run("not measured", func(t *testing.T) {
		b := newBench(t, "dark", false)
		b.size(80, 24)
		b.story()
		b.press("5")
		golden(t, "gc-not-measured-80x24.golden", b.plain()+"\n")
	})
	t.Run("net", func(t *testing.T) {
		b := newBench(t, "dark", false)
		b.size(120, 40)
		b.gcStory()
		b.press("c")
		golden(t, "gc-net-120x40.golden", b.plain()+"\n")
	})
}

func TestGoldenGCLooks(t *testing.T) {
	for _, look := range looksOfGoldens {
		for _, s := range [][2]int{{80, 24}, {120, 40}, {200, 50}} {
			t.Run(fmt.Sprintf("%s %dx%d", look.name(), s[0], s[1]), func(t *testing.T) {
				b := newBench(t, look.theme, look.ascii)
				b.size(s[0], s[1])
				b.gcStory()
				golden(t, fmt.Sprintf("gc-%dx%d-%s.ansi.golden", s[0], s[1], look.name()), b.View()+"\n")
			})
		}
	}
}

func (l gcLayout) parts() []part {
	all := []part{{l.heat, 'H'}, {l.collector, 'C'}, {l.cost, 'D'}}
	for i := range l.n {
		all = append(all, part{l.charts[i], 'a' + byte(i)})
	}
	return all
}

func TestGCLayoutPictures(t *testing.T) {
	for _, tt := range []struct {
		w, h int
		want []string
	}{
		{60, 16, []string{"5 HHHHHH", "4 CCCCCC", "4 DDDDDD"}},
		{80, 24, []string{"7 HHHHHHHH", "6 aaaabbbb", "4 CCCCCCCC", "4 DDDDDDDD"}},
		{120, 40, []string{"12 HHHHHHHHHHHH", "9 aaaaaabbbbbb", "9 ccccccdddddd", "7 CCCCCCDDDDDD"}},
		{160, 45, []string{"18 HHHHHHHHHHHaaaaa", "17 bbbbccccddddeeee", "7 CCCCCCCCDDDDDDDD"}},
		{200, 50, []string{"21 HHHHHHHHHHHHHHaaaaaa", "19 bbbbbcccccdddddeeeee", "7 CCCCCCCCCCDDDDDDDDDD"}},
	} {
		h := tt.h - headerRows - footerRows
		l := layoutGC(tt.w, h)
		compare(t, pictureOf(tt.w, h, l.parts()), tt.want...)
	}
}

func TestGCLayoutFillsThePage(t *testing.T) {
	for w := minWidth; w < 260; w += 7 {
		for h := minHeight - headerRows - footerRows; h < 100; h++ {
			l := layoutGC(w, h)
			for y, row := range mapOf(w, h, l.parts()) {
				if i := strings.IndexAny(string(row), ".!"); i >= 0 {
					t.Fatalf("%dx%d: cell %d, %d is %q", w, h, i, y, row[i])
				}
			}
			for i := range l.n {
				if r := l.charts[i]; r.h < minChartHeight || r.w < minWidth/2 {
					t.Fatalf("%dx%d: chart %d has %dx%d cells", w, h, i, r.w, r.h)
				}
			}
			if l.heat.h < minHeat || l.collector.h < smallPanel || l.cost.h < smallPanel {
				t.Fatalf("%dx%d: %+v", w, h, l)
			}
		}
	}
}

func TestNextGOGC(t *testing.T) {
	for _, tt := range []struct{ v, down, up int }{
		{100, 75, 150}, {25, 25, 50}, {10, 10, 25}, {800, 400, gogcOff}, {gogcOff, 800, gogcOff}, {5000, 800, gogcOff}, {110, 100, 150},
	} {
		if down, up := nextGOGC(tt.v, -1), nextGOGC(tt.v, 1); down != tt.down || up != tt.up {
			t.Errorf("below and above %d are %d and %d, want %d and %d", tt.v, down, up, tt.down, tt.up)
		}
	}
}

func TestNextLimit(t *testing.T) {
	const m, g = 1 << 20, 1 << 30
	for _, tt := range []struct{ v, mapped, down, up int64 }{
		{load.Off, 90 * m, 128 * m, load.Off},
		{load.Off, 0, 64 * m, load.Off},
		{128 * m, 0, 64 * m, 256 * m},
		{100 * m, 0, 64 * m, 128 * m},
		{64 * m, 0, 64 * m, 128 * m},
		{40 * m, 0, 40 * m, 64 * m},
		{64 * g, 0, 32 * g, load.Off},
		{1024 * g, 0, 64 * g, load.Off},
	} {
		if down, up := nextLimit(tt.v, tt.mapped, -1), nextLimit(tt.v, tt.mapped, 1); down != tt.down || up != tt.up {
			t.Errorf("below and above %d are %d and %d, want %d and %d", tt.v, down, up, tt.down, tt.up)
		}
	}
}

func TestKnobs(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.story()
	b.press("5")
	b.press("]")
	b.press("[")
	b.press("{")
	b.press("}")
	var got []string
	for _, c := range b.engine.applied {
		got = append(got, string(appendLimit(append(appendGOGC(nil, &c), ' '), &c)))
	}
	if want := []string{"150 % none", "100 % none", "100 % 128 MiB", "100 % 256 MiB"}; !slices.Equal(got, want) {
		t.Errorf("the knobs set %q, want %q", got, want)
	}
	// Clicks do the same, in the left half down and in the right half up.
	b.engine.applied = nil
	p := b.pages[b.current].(*gcPage)
	for _, h := range b.canvas.hits {
		if h.kind != hitKnob || h.n == gcMeasure || h.n == gcNet {
			continue
		}
		if cmd := p.Click(b.model, h, 0, 0); cmd != nil {
			cmd()
		}
	}
	if len(b.engine.applied) != 4 || !slices.Equal(b.engine.calls, []string{"collect"}) {
		t.Errorf("clicks apply %d changes and call %q", len(b.engine.applied), b.engine.calls)
	}
}

// TestCollect: G forces a collection from any page, and charts have it marked where
// it ended.
func TestCollect(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.story()
	b.press("G")
	if !slices.Equal(b.engine.calls, []string{"collect"}) {
		t.Errorf("G calls %q", b.engine.calls)
	}
	b.load.collect()
	b.load.s.Config.GOGC = 50
	b.snapshots(3)
	n := len(b.history.markers)
	forced, gogc := b.history.markers[n-2], b.history.markers[n-1]
	if forced.label != "GC forced" || gogc.label != "gogc 50" || forced.at != gogc.at-tick/2 {
		t.Errorf("the last markers are %v and %v", forced, gogc)
	}
	b.press(b.compareKey())
	b.press("enter")
	if msg, ok := b.press("G").(appliedMsg); !ok || !errors.Is(msg.err, load.ErrComparing) {
		t.Errorf("while comparing, G gives %v", msg)
	}
}

func TestGCFrozen(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(160, 45)
	b.gcStory()
	b.press("space")
	before := b.plain()
	b.shown(20)
	b.rest(30)
	_, before, _ = strings.Cut(before, "\n")
	_, after, _ := strings.Cut(b.plain(), "\n")
	if before != after {
		t.Errorf("the frozen page moves:\n%s\nwas\n%s", after, before)
	}
}

func TestGCData(t *testing.T) {
	b := newBench(t, "dark", false)
	b.gcStory()
	p := b.pages[b.current].(*gcPage)
	for _, d := range p.Data(b.view()) {
		if len(d.rows) < 20 {
			t.Errorf("%s has %d rows", d.name, len(d.rows))
		}
		for _, row := range d.rows {
			if len(row) != len(d.columns) {
				t.Fatalf("%s: a row of %d in %d columns", d.name, len(row), len(d.columns))
			}
		}
	}
	if got := p.Copy(b.view()); !strings.Contains(got, "cycles 30.0/min, GC CPU 5.9 %, heap ") {
		t.Errorf("copied: %q", got)
	}
}

// gcMessages runs a command that may be a batch, and returns its messages.
func gcMessages(cmd tea.Cmd) (all []tea.Msg) {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, c := range batch {
			all = append(all, gcMessages(c)...)
		}
		return all
	}
	return append(all, msg)
}
