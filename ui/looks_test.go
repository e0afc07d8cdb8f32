package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestLegendHasGaps: names and rates of the legend never touch.
func TestLegendHasGaps(t *testing.T) {
	b := newBench(t, "dark", false)
	b.pooledStory(session.PoolFreeList)
	b.press("4")
	for w := 60; w <= 210; w++ {
		b.size(w, 40)
		if got := b.plain(); strings.Contains(got, "■■ ") {
			for _, name := range labelNames {
				for d := '0'; d <= '9'; d++ {
					if strings.Contains(got, name+string(d)) {
						t.Fatalf("%d columns: %q touches its rate:\n%s", w, name, got)
					}
				}
			}
		}
	}
}

// TestNewestLabelCoversLeast: where no row is free, the label of the newest change is not
// written over a curve at the top.
func TestNewestLabelCoversLeast(t *testing.T) {
	var c canvas
	c.reset(12, 3)
	a := c.all()
	for x := range a.w {
		a.set(x, 0, '⠉', styleText)
	}
	a.set(6, 1, '⠉', styleText)
	a.set(6, 2, '⠉', styleText)
	a.set(7, 2, '⠉', styleText)
	drawNotes(a, []note{{2, "pool sync"}})
	if got := plain(string(c.appendFrame(nil, &theme{}, false))); !strings.Contains(strings.Split(got, "\n")[1], "pool sync") {
		t.Errorf("the label is not where it covers least:\n%s", got)
	}
}

// TestSortedColumnIsShown: whatever the list is ordered by can be seen.
func TestSortedColumnIsShown(t *testing.T) {
	for w := minWidth - 2; w < 200; w++ {
		for by := range load.SessionColumn(load.NumSessionColumns) {
			shown := false
			for _, c := range placeColumns(w, by, nil) {
				shown = shown || c.by == by
			}
			if !shown {
				t.Fatalf("%d cells: no column %v", w, by)
			}
		}
	}
}

// TestReuseRowsThatOccurred: classes above the highest that occurred take no rows, and no
// fewer rows are shown than before.
func TestReuseRowsThatOccurred(t *testing.T) {
	for _, tt := range []struct{ last, room, want int }{
		{0, 24, 8}, {5, 24, 8}, {7, 24, 8}, {10, 24, 11}, {load.NumReuseClasses - 1, 40, load.NumReuseClasses}, {10, 5, 5},
	} {
		if got := reuseRowsOf(tt.last, tt.room).rows; got != tt.want {
			t.Errorf("up to class %d in %d rows: %d, want %d", tt.last, tt.room, got, tt.want)
		}
	}
}

// TestMoreThanNoise: by how much longer a miss takes is said only where it is known.
func TestMoreThanNoise(t *testing.T) {
	for _, tt := range []struct {
		name         string
		hit, miss    time.Duration
		timed        uint64
		want, wanted string
	}{
		{"known", 3000, 4500, 230, "more 1.50 µs", ""},
		{"below zero", 4500, 3000, 230, "more –", "no more than noise"},
		{"few", 3000, 4500, 29, "more –", "no more than noise"},
		{"none", 3000, 4500, 0, "more –", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := poolBench(t, 120, 40)
			s := b.load.s
			s.Elapsed += time.Second
			s.Sampled.CreateHit = load.Latency{Count: 1000, Mean: tt.hit, P50: tt.hit, P99: tt.hit}
			s.Sampled.CreateMiss = load.Latency{Count: tt.timed, Mean: tt.miss, P50: tt.miss, P99: tt.miss}
			b.Update(snapshotMsg{s})
			row := b.row("│ more ")
			if !strings.Contains(row, tt.want) || !strings.Contains(row, tt.wanted) {
				t.Errorf("%q, want %q %q", row, tt.want, tt.wanted)
			}
		})
	}
}

func TestAppendCycles(t *testing.T) {
	for n, want := range map[int]string{1: "1 cycle", 2: "2 cycles"} {
		if got := string(appendCycles(nil, n)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestEndedFits: how a session ended is not cut in mid-word at 80 columns.
func TestEndedFits(t *testing.T) {
	for _, tt := range []struct{ by, want string }{
		{"closed by hand", "ended closed by hand"},
		{"closed at the end of its life", "ended at the end of its life │"},
		{"expired: left to its limit of age", "ended left to its limit of age │"},
	} {
		b := onSessions(t, "dark", false, 80, 24, 10)
		b.keys("enter")
		b.page.one.now.detail.EndedBy = tt.by
		b.compose()
		if got := b.row("ended  "); !strings.Contains(got, tt.want) {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// TestWholeEventText: the text of the event under the cursor is shown whole, if not in
// its row then in the border below.
func TestWholeEventText(t *testing.T) {
	b := newBench(t, "dark", false)
	b.eventful(80, 24)
	const text = "a change of so many parameters that its row has no room for it"
	p := b.pages[b.current].(*eventsPage)
	at := &b.history.events.list[p.rows[0]]
	at.code, at.text, at.n = codeChanged, text, 1
	b.compose()
	if !strings.Contains(b.plain(), "╰─ "+text+" ─") {
		t.Errorf("the text is not shown:\n%s", b.plain())
	}
}

// TestWatchedIsMarked: where watching began, a line and a word say so.
func TestWatchedIsMarked(t *testing.T) {
	for _, w := range []int{80, 120} {
		b := onSessions(t, "dark", false, w, 40, 10)
		b.keys("enter")
		b.poll()
		b.wants(t, "messages/s since it is watched", "watched╎")
		if w >= twoTraffics {
			b.wants(t, "kB┤")
		}
	}
}

// TestUnknownCPUIsExplained: dashes in place of the share of the CPU have their reason.
func TestUnknownCPUIsExplained(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*load.Snapshot)
		want string
	}{
		{"known", func(*load.Snapshot) {}, ""},
		{"held up", func(s *load.Snapshot) { s.Process.CPUPercent = 1 }, "calls are held up"},
		{"over the network", func(s *load.Snapshot) { s.Config.Transport = load.TransportHTTP }, "handshakes wait"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, w := range []int{80, 120} {
				b, _ := poolBench(t, w, 24)
				b.press("4")
				b.press("v")
				tt.edit(&b.snap)
				b.compose()
				got := b.plain()
				if strings.Contains(got, "calls are held up") != (tt.want == heldTexts[2]) || strings.Contains(got, "handshakes wait") != (tt.want == awayTexts[2]) {
					t.Errorf("%d columns: want %q:\n%s", w, tt.want, got)
				}
			}
		})
	}
}
