package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// TestFooterKeepsKeys: whatever the footer says, there are the keys for help and the end,
// and the cause comes first.
func TestFooterKeepsKeys(t *testing.T) {
	const overload = "overload: 404,136 sessions not started, 2s behind schedule for want of processor time"
	for _, tt := range []struct {
		name, notice, reason string
		want                 []string
	}{
		{"notice", "wrote 12 files: sagetop-overview-20261130-151500-latency.csv and more", "", []string{"wrote 12 files"}},
		{"reason", "", overload, []string{"overload: 404,136 sessions not started"}},
		{"both", "wrote 12 files: sagetop-overview.csv and more", overload, []string{"wrote", "overload"}},
	} {
		for _, w := range []int{60, 80, 120} {
			b := newBench(t, "dark", false)
			b.size(w, 24)
			b.snapshots(20)
			if tt.notice != "" {
				b.model.tell(tt.notice)
			}
			if tt.reason != "" {
				b.load.s.Valid, b.load.s.Reasons = false, strings.Split(tt.reason, "; ")
				b.snap.Valid, b.snap.Reasons = false, b.load.s.Reasons
			}
			b.compose()
			lines := strings.Split(b.plain(), "\n")
			footer := lines[len(lines)-1]
			for _, want := range append(tt.want, "? help", "q quit") {
				if w >= 80 && !strings.Contains(footer, want) || w < 80 && strings.Contains(want, " q") && !strings.Contains(footer, want) {
					t.Errorf("%s, %d columns: no %q in %q", tt.name, w, want, footer)
				}
			}
		}
	}
}

// TestNoticeMakesRoom for the keys of what is opened, and with the next key.
func TestNoticeMakesRoom(t *testing.T) {
	for _, key := range []string{"e", ":", "t", "2"} {
		b := newBench(t, "dark", false)
		b.size(80, 24)
		b.snapshots(20)
		b.copied(copiedMsg{text: "figures of the moment, and many more of them"})
		if len(b.notice) > 60 || !strings.Contains(b.notice, "figures of") {
			t.Errorf("notice %q", b.notice)
		}
		b.press(key)
		if b.notice != "" {
			t.Errorf("after %q still %q", key, b.notice)
		}
	}
}

// TestClosingFails: an error is none of the news.
func TestClosingFails(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(1)
	b.model.tell("news")
	b.Update(closedMsg{"abc", errors.New("no")})
	if b.told || b.notice != "no" {
		t.Errorf("news %v, %q", b.told, b.notice)
	}
}

// TestFollowedHasEnded: what stands in the place of a session that was followed is not
// taken for it.
func TestFollowedHasEnded(t *testing.T) {
	for _, key := range []string{"enter", "x"} {
		b := onSessions(t, "dark", false, 120, 40, 50)
		b.keys("f")
		b.poll()
		gone := b.cursor(t)
		b.sessions.rows = slices.DeleteFunc(b.sessions.rows, func(r load.SessionRow) bool { return r.Handle == gone.Handle })
		b.poll()
		b.poll()
		b.page.list.Followed = load.SessionRow{Handle: gone.Handle, ID: gone.ID, State: load.SessionEnded}
		b.keys(key)
		if b.page.one != nil || b.overlay != nil || !strings.Contains(b.notice, "which was followed, has ended") {
			t.Errorf("%s: open %v %v, notice %q", key, b.page.one != nil, b.overlay != nil, b.notice)
		}
		b.keys("enter")
		if b.page.one == nil {
			t.Errorf("%s: the other cannot be opened", key)
		}
	}
}

// TestThresholdAndBack leaves the counts of events and the cursor as they were.
func TestThresholdAndBack(t *testing.T) {
	h := newHistory()
	s := newFakeLoad(newFakeEngine().config.Optimizations).s
	for i := range 3000 {
		s.Elapsed = time.Duration(i+1) * 3 * time.Second
		s.GC.Cycles++
		s.GC.Recent = []load.Cycle{{Number: uint64(i + 1), At: s.Elapsed - time.Second, Pause: 30 * time.Millisecond}}
		h.push(&s)
	}
	h.events.setThreshold(h, 1)
	h.events.setThreshold(h, -1)
	_, before := h.events.counts(s.Elapsed, time.Hour)
	first, last := h.events.list[0].at, h.events.list[len(h.events.list)-1].at
	for range 3 {
		h.events.setThreshold(h, -1)
		h.events.setThreshold(h, 1)
	}
	if _, after := h.events.counts(s.Elapsed, time.Hour); after != before || before[eventGC] != uint64(len(h.cycles)) {
		t.Errorf("%d pauses, before %d, of %d", after[eventGC], before[eventGC], len(h.cycles))
	}
	if h.events.list[0].at != first || h.events.list[len(h.events.list)-1].at != last {
		t.Error("other events are listed")
	}
}

// TestHelpTitle has the name once.
func TestHelpTitle(t *testing.T) {
	for version, want := range map[string]string{"0.1.0": "sagetop 0.1.0", "sagetop (devel), commit unknown": "sagetop (devel), commit unknown"} {
		if got := titled(version); got != want {
			t.Errorf("%q", got)
		}
	}
}

// TestPresetLabel: what a preset did has its name, and what one parameter did that of the
// parameter.
func TestPresetLabel(t *testing.T) {
	for _, tt := range []struct {
		preset int
		want   string
	}{{4, "preset heavy"}, {6, "preset gc"}, {3, "rate 500/s"}} {
		a := load.Default()
		b := a
		if err := presets[tt.preset].apply(&b); err != nil {
			t.Fatal(err)
		}
		if got := changeLabel(a, b); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
