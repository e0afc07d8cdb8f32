package ui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// restart has the load begin anew, with all counters at zero.
func (b *bench) restart() {
	run := b.load.s.Run + 1
	b.load = newFakeLoad(b.load.s.Config.Optimizations)
	b.load.s.Run = run
	b.snapshots(1)
}

// TestResetClearsPages: of what pages kept of the run before, nothing is shown as that
// of the new one, even where the page is shown again only when as much time went by.
func TestResetClearsPages(t *testing.T) {
	t.Run("sessions", func(t *testing.T) {
		b := onSessions(t, "dark", false, 120, 40, 50)
		for range 300 {
			b.poll()
		}
		b.press("enter")
		b.showPage(0)
		b.restart()
		if b.page.known || b.page.one != nil || b.page.past.n != 0 {
			t.Error("the list of the run before is left")
		}
		b.snapshots(400)
		b.showPage(1)
		b.poll()
		b.jumpTo(b.snap.Elapsed - 10*time.Second)
		b.compose()
		if !strings.Contains(b.plain(), "no list was kept") {
			t.Errorf("the list of another run is shown:\n%s", b.plain())
		}
	})
	t.Run("sessions asked for before", func(t *testing.T) {
		b := onSessions(t, "dark", false, 120, 40, 50)
		cmd := b.page.Poll(b.model)
		b.restart()
		if b.run(cmd); b.page.known {
			t.Error("an answer of the run before is taken over")
		}
	})
	t.Run("shards", func(t *testing.T) {
		b, p := poolBench(t, 120, 40)
		p.known.push(b.snap.Elapsed, []load.PoolShard{{Hits: 5}})
		p.asked = false
		cmd := p.Poll(b.model)
		b.restart()
		if len(p.known.lists) != 0 || p.tally.made && p.tally.seq != b.snap.Seq {
			t.Error("the shards of the run before are left")
		}
		if cmd != nil {
			b.Update(cmd())
		}
		if len(p.known.lists) != 0 {
			t.Error("an answer of the run before is taken over")
		}
	})
}

// TestWindowOfThePast: where the cursor is at the end of the window, the list is that
// of the moment all the same.
func TestWindowOfThePast(t *testing.T) {
	b := onSessions(t, "dark", false, 120, 40, 50)
	for range 600 {
		b.poll()
	}
	b.sessions.rows = b.sessions.rows[:4]
	b.poll()
	b.poll()
	b.press("space")
	b.zoomTo(b.past.freeze-40*time.Second, b.past.freeze-30*time.Second)
	b.compose()
	if got := b.page.sheet.matched; got != 50 {
		t.Errorf("%d sessions are listed, there were 50", got)
	}
}

// TestUntoldStateIsUnknown: the row of the opening tells nothing of an earlier moment.
func TestUntoldStateIsUnknown(t *testing.T) {
	b := onSessions(t, "dark", false, 120, 40, 50)
	for range 100 {
		b.poll()
	}
	b.press("enter")
	state := b.page.one.first.State.String()
	b.jumpTo(b.snap.Elapsed - 8*time.Second)
	b.compose()
	if got := b.plain(); !strings.Contains(got, "nothing was kept") || strings.Contains(got, state+" ") {
		t.Errorf("shows the state %q of another moment:\n%s", state, got)
	}
}

// TestFrozenSettings: the collector's settings are those of the moment, with the present
// ones beside them where they differ.
func TestFrozenSettings(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		b := newBench(t, "dark", false)
		b.size(size[0], size[1])
		b.press("5")
		b.snapshots(50)
		b.press("space")
		b.load.s.Config.GOGC = 50
		b.snapshots(3)
		if got := b.plain(); !strings.Contains(got, "100 %") || !strings.Contains(got, "now GOGC 50 %") {
			t.Errorf("the settings are not those of the view:\n%s", got)
		}
		if b.press("space"); strings.Contains(b.plain(), "now GOGC") {
			t.Errorf("live, the present is told twice:\n%s", b.plain())
		}
	}
}

// TestUnseenIsTold: what is done to the load while the view is of another time is told,
// since nothing else of it is seen.
func TestUnseenIsTold(t *testing.T) {
	for _, tt := range []struct{ key, want string }{
		{"b", "P0-1 off, now; the view is of 00:00:05"},
		{">", "rate 50k/s, now; the view is of"},
		{"P", "load paused, now; the view is of"},
		{"G", "collection forced, now; the view is of"},
	} {
		t.Run(tt.key, func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(120, 40)
			b.snapshots(50)
			if b.Update(b.press(tt.key)); strings.Contains(b.plain(), "the view is of") {
				t.Errorf("told in a live view:\n%s", b.plain())
			}
			b.engine.config = b.load.s.Config
			b.press("space")
			if b.Update(b.press(tt.key)); !strings.Contains(b.plain(), tt.want) {
				t.Errorf("does not say %q:\n%s", tt.want, b.plain())
			}
		})
	}
	b := onSessions(t, "dark", false, 120, 40, 50)
	b.press("space")
	b.keys("x", "y")
	if !strings.Contains(b.plain(), "closed, now; the view is of") {
		t.Errorf("does not say that the session was closed:\n%s", b.plain())
	}
}

// TestFreezeOfOtherPages: pages that were not shown before the view was frozen have
// what there was at the freeze, asked for once.
func TestFreezeOfOtherPages(t *testing.T) {
	t.Run("sessions", func(t *testing.T) {
		b := onSessions(t, "dark", false, 120, 40, 50)
		b.page.reset()
		b.showPage(0)
		b.snapshots(100)
		b.sessions.at = b.snap.Elapsed
		asked := len(b.sessions.queries)
		b.keys(" ", "2")
		if b.compose(); b.page.sheet.matched != 50 || strings.Contains(b.plain(), "was not shown") {
			t.Errorf("no list:\n%s", b.plain())
		}
		b.snapshots(20)
		if n := len(b.sessions.queries) - asked; n != 1 {
			t.Errorf("%d questions", n)
		}
		hints, _, _ := strings.Cut(b.plain()[strings.LastIndex(b.plain(), "\n"):], "freeze")
		if strings.Contains(hints, "sort") || strings.Contains(hints, "open") || !strings.Contains(hints, "close") {
			t.Errorf("offers what it refuses: %q", hints)
		}
	})
	t.Run("too late", func(t *testing.T) {
		b := onSessions(t, "dark", false, 120, 40, 50)
		b.page.reset()
		b.snapshots(10)
		b.sessions.at = b.snap.Elapsed
		b.freeze()
		cmd := b.page.PollFrozen(b.model)
		b.press("space")
		b.snapshots(10)
		b.press("space")
		if b.run(cmd); b.page.known {
			t.Error("the list of another freeze is shown")
		}
	})
	t.Run("shards", func(t *testing.T) {
		b, p := poolBench(t, 120, 40)
		p.reset()
		b.showPage(0)
		b.snapshots(100)
		b.engine.shards = fakeShards(&b.load.s, 4)
		_, cmd := b.Update(lineKey(" "))
		for cmd != nil {
			msg := cmd()
			if all, ok := msg.(tea.BatchMsg); ok {
				for _, c := range all {
					b.Update(c())
				}
				break
			}
			_, cmd = b.Update(msg)
		}
		if now, _ := p.known.at(b.view()); now == nil || now.at != b.past.freeze {
			t.Errorf("no shards at the freeze: %v", now)
		}
	})
}
