package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// story is a history that is told step by step.
type storyOf struct {
	h *history
	s load.Snapshot
}

func newStory() *storyOf {
	st := &storyOf{newHistory(), *snapshotAt(0, 0)}
	st.s.Valid = true
	st.step(20, nil)
	return st
}

// step pushes n snapshots, a tenth of a second apart, after edit.
func (st *storyOf) step(n int, edit func(*load.Snapshot)) {
	for range n {
		st.s.Elapsed += 100 * time.Millisecond
		st.s.Sessions.Created += 100
		st.s.Pool.Gets += 100
		st.s.Pool.Hits += 100
		st.s.Pool.Free = 50
		if edit != nil {
			edit(&st.s)
		}
		st.h.push(&st.s)
	}
}

// told returns the events, newest last.
func (st *storyOf) told() []string {
	var all []string
	for _, ev := range st.h.events.list {
		text := fmt.Sprintf("%s %s: %s", eventKindNames[ev.kind], severityNames[ev.sev], appendEventText(nil, &ev))
		if n := appendEventCount(nil, &ev, true); len(n) > 0 {
			text += " (" + string(n) + ")"
		}
		all = append(all, text)
	}
	return all
}

func TestEvents(t *testing.T) {
	cycles := func(s *load.Snapshot, pause time.Duration) {
		s.GC.Cycles++
		s.GC.Recent = []load.Cycle{{Number: s.GC.Cycles, At: s.Elapsed - 1, Pause: pause}}
	}
	for _, tt := range []struct {
		name string
		tell func(*storyOf)
		want []string
	}{
		{"nothing", func(*storyOf) {}, nil},
		{"a switch", func(st *storyOf) {
			st.step(5, func(s *load.Snapshot) { s.Config.Optimizations.KeyBuffer = !session.Tuned.KeyBuffer })
		}, []string{"settings note: P0-1 off"}},
		{"a parameter", func(st *storyOf) {
			st.step(5, func(s *load.Snapshot) { s.Config.Rate = 5e4 })
		}, []string{"settings note: rate 50k/s"}},
		{"a long pause", func(st *storyOf) {
			st.step(1, func(s *load.Snapshot) { cycles(s, 3*time.Millisecond) })
			st.step(30, nil)
		}, []string{"gc warning: GC pause 3.00 ms"}},
		{"short pauses", func(st *storyOf) {
			st.step(9, func(s *load.Snapshot) { cycles(s, 90*time.Microsecond) })
		}, nil},
		{"many long pauses", func(st *storyOf) {
			st.step(12, func(s *load.Snapshot) { cycles(s, time.Duration(s.GC.Cycles)*time.Millisecond) })
		}, []string{"gc warning: GC pauses, longest 11.0 ms (11x)"}},
		{"forced collections", func(st *storyOf) {
			st.step(2, func(s *load.Snapshot) { s.GC.Forced++ })
		}, []string{"gc note: collection forced (2x)"}},
		{"memory", func(st *storyOf) {
			st.step(5, func(s *load.Snapshot) { s.GC.HeapLimit, s.GC.HeapLive = 100, 95 })
		}, []string{"gc bad: memory is near its limit"}},
		{"an empty pool", func(st *storyOf) {
			st.step(10, func(s *load.Snapshot) { s.Pool.Free = 0 })
		}, []string{"pool warning: pool emptied: no slot is free"}},
		{"a pool that empties again and again", func(st *storyOf) {
			for range 3 {
				st.step(5, func(s *load.Snapshot) { s.Pool.Free = 0 })
				st.step(5, nil)
			}
		}, []string{"pool warning: pool emptied: no slot is free (3x)"}},
		{"an empty pool of no use", func(st *storyOf) {
			st.step(10, func(s *load.Snapshot) { s.Pool.Gets -= 100; s.Pool.Hits -= 100; s.Pool.Free = 0 })
		}, nil},
		{"misses", func(st *storyOf) {
			st.step(20, func(s *load.Snapshot) { s.Pool.Hits -= 80 })
		}, []string{"pool warning: pool serves less than half of the sessions"}},
		{"sessions dropped, then no more, then again", func(st *storyOf) {
			for range 2 {
				st.step(15, func(s *load.Snapshot) { s.Dropped.CPU += 10; s.Dropped.Late += 10 })
				st.step(25, nil)
			}
		}, []string{"load warning: not started: CPU (150)", "load warning: not started: CPU (150)"}},
		{"handshakes", func(st *storyOf) {
			st.step(10, func(s *load.Snapshot) {
				s.Handshakes.Failed += 2
				s.Handshakes.FailedBy = load.Causes{"timeout": s.Handshakes.Failed}
			})
		}, []string{"handshakes bad: handshake failed: timeout (20)"}},
		{"load not reached", func(st *storyOf) {
			st.step(30, func(s *load.Snapshot) { s.Valid, s.Reasons = false, []string{"reached 91.0 %", "behind"} })
			st.step(5, func(s *load.Snapshot) { s.Valid, s.Reasons = true, nil })
		}, []string{"load warning: load not reached: reached 91.0 %; behind", "load good: load reached again after 3s"}},
		{"forged messages", func(st *storyOf) {
			st.step(3, func(s *load.Snapshot) { s.Messages.Failed++ })
		}, []string{"load bad: messages not authentic (3)"}},
		{"pause", func(st *storyOf) {
			st.step(5, func(s *load.Snapshot) { s.State = load.Paused })
			st.step(5, func(s *load.Snapshot) { s.State = load.Running })
		}, []string{"load note: load paused", "load note: load goes on"}},
		{"a comparison", func(st *storyOf) {
			st.step(1, func(s *load.Snapshot) { s.State = load.Comparing })
			st.step(1, func(s *load.Snapshot) {
				s.State = load.Running
				s.Elapsed += 72 * time.Second
				s.Compared = 72 * time.Second
			})
		}, []string{"load note: comparison begun", "load note: comparison ended after 1m 12s"}},
		{"the end", func(st *storyOf) {
			st.step(2, func(s *load.Snapshot) { s.State = load.Draining })
			st.step(2, func(s *load.Snapshot) { s.State = load.Stopped })
		}, []string{"load note: load ends"}},
		{"reset", func(st *storyOf) {
			st.step(2, func(s *load.Snapshot) { s.Messages.Failed++ })
			config := st.s.Config
			st.s = *snapshotAt(0, 0)
			st.s.Run = 1
			st.s.Config, st.s.Valid = config, true
			st.step(5, nil)
		}, []string{"load note: all counters set to zero"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := newStory()
			tt.tell(st)
			if got := st.told(); !slices.Equal(got, tt.want) {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
}

// TestThreshold: another threshold counts for the pauses that are known, too.
func TestThreshold(t *testing.T) {
	st := newStory()
	for range 10 {
		st.step(30, func(s *load.Snapshot) {
			if s.Elapsed%(3*time.Second) == 0 {
				s.GC.Cycles++
				s.GC.Recent = []load.Cycle{{Number: s.GC.Cycles, At: s.Elapsed, Pause: time.Duration(s.GC.Cycles) * 200 * time.Microsecond}}
			}
		})
	}
	e := &st.h.events
	pauses := func() uint64 { return e.total[eventGC] }
	if got := pauses(); got != 6 {
		t.Fatalf("%d pauses of a millisecond, want 6", got)
	}
	e.setThreshold(st.h, -1) // 500 µs
	if got := pauses(); got != 8 || len(e.list) != 8 {
		t.Errorf("%d pauses of half a millisecond, want 8", got)
	}
	e.setThreshold(st.h, 2)
	if got := pauses(); got != 1 || e.threshold != 2*time.Millisecond {
		t.Errorf("%d pauses of %v, want 1", got, e.threshold)
	}
	for range 2 * len(thresholds) {
		e.setThreshold(st.h, 1)
	}
	if got := pauses(); got != 0 || e.threshold != thresholds[len(thresholds)-1] {
		t.Errorf("%d pauses of %v, want none", got, e.threshold)
	}
}

// TestEventRing: whatever comes, the events are in order, no more than there is room
// for, and each is counted once.
func TestEventRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := newEventRing()
		var at time.Duration
		n := uint64(0)
		for range rapid.IntRange(0, 2500).Draw(t, "events") {
			n++
			at += time.Duration(n*7919%23) * 100 * time.Millisecond
			fold := time.Duration(n%3) * time.Second
			early := time.Duration(n%5) * 10 * time.Millisecond
			e.add(event{at: max(at-early, 0), kind: eventKind(n % uint64(numEventKinds)), code: eventCode(n % 7), text: strings.Repeat("日", 60)}, fold)
		}
		sum := uint64(0)
		for i := range e.list {
			ev := &e.list[i]
			if len(e.list) < maxEvents {
				sum += ev.n
			}
			if i > 0 && ev.at < e.list[i-1].at || ev.last < ev.at || ev.n == 0 || len(ev.text) > maxEventText {
				t.Fatalf("event %d: %+v", i, ev)
			}
		}
		if len(e.list) > maxEvents || len(e.list) < maxEvents && sum != n {
			t.Fatalf("%d events with %d of %d", len(e.list), sum, n)
		}
		recent, all := e.counts(at, at+1)
		for k := range all {
			if recent[k] > all[k] || all[k] > e.total[k] {
				t.Fatalf("%v of %v of %v", recent, all, e.total)
			}
		}
	})
}

// eventful feeds a run with events of all kinds.
func (b *bench) eventful(w, h int) {
	b.size(w, h)
	b.richStory()
	b.load.s.Config.Optimizations.KeyBuffer = false
	b.snapshots(20)
	b.load.s.State = load.Paused
	b.snapshots(10)
	b.load.s.State = load.Running
	b.load.limit = 0
	b.load.s.GC.Forced++
	b.snapshots(30)
	for b.history.events.threshold > 100*time.Microsecond {
		b.history.events.setThreshold(b.history, -1)
	}
	b.press("7")
}

func TestGoldenEvents(t *testing.T) {
	for _, s := range sizes {
		b := newBench(t, "dark", false)
		b.eventful(s[0], s[1])
		golden(t, fmt.Sprintf("events-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
	}
	b := newBench(t, "dark", false)
	b.eventful(80, 24)
	for range 4 {
		b.press("down")
	}
	b.press("enter")
	golden(t, "events-jumped-80x24.golden", b.plain()+"\n")
}

func TestGoldenEventsLooks(t *testing.T) {
	for _, look := range looksOfGoldens {
		for _, s := range [][2]int{{80, 24}, {120, 40}, {200, 50}} {
			b := newBench(t, look.theme, look.ascii)
			b.eventful(s[0], s[1])
			golden(t, fmt.Sprintf("events-%dx%d-%s.ansi.golden", s[0], s[1], look.name()), b.View()+"\n")
		}
	}
}

// TestEventsPage: the keys of the page, and what it has to take away.
func TestEventsPage(t *testing.T) {
	b := newBench(t, "dark", false)
	b.eventful(120, 40)
	p := b.pages[6].(*eventsPage)
	b.press("down")
	b.press("down")
	chosen := p.Copy(b.view())
	if chosen == "" || !strings.Contains(chosen, ": ") {
		t.Fatalf("copies %q", chosen)
	}
	b.load.s.Config.Rate = 1000
	b.snapshots(3) // a new event; the cursor stays with its own
	if got := p.Copy(b.view()); got != chosen {
		t.Errorf("the cursor went from %q to %q", chosen, got)
	}
	b.press("enter")
	ev := b.history.events.list[p.rows[p.row(b.view())]]
	if !b.frozen || b.past.at != ev.at {
		t.Errorf("stands at %v, the event is of %v", b.past.at, ev.at)
	}
	all := len(p.Data(b.view())[0].rows)
	if all == 0 || all >= len(b.history.events.list) {
		t.Errorf("%d events at that moment of %d", all, len(b.history.events.list))
	}
	b.press("space")
	seen := map[string]bool{}
	sum := 0
	for range numEventKinds {
		b.press("f")
		for _, row := range p.Data(b.view())[0].rows {
			seen[row[2].(string)] = true
			sum++
		}
		for _, i := range p.rows {
			if int(b.history.events.list[i].kind) != p.filter-1 {
				t.Errorf("filter %d lists %+v", p.filter, b.history.events.list[i])
			}
		}
	}
	if sum != len(b.history.events.list) || len(seen) < 4 {
		t.Errorf("the kinds %v have %d events, all %d", seen, sum, len(b.history.events.list))
	}
	b.press("f")
	if p.filter != 0 {
		t.Error("the filter does not come back to all")
	}
	p.Click(b.model, hit{kind: hitKnob, n: 2}, 0, 0)
	if p.filter != 3 {
		t.Error("a click on a kind does not list it")
	}
	p.Click(b.model, hit{kind: hitKnob, n: 2}, 0, 0)
	p.Click(b.model, hit{kind: hitRow, n: 5}, 0, 0)
	if p.filter != 0 || p.row(b.view()) != 5 {
		t.Errorf("a click chooses row %d of filter %d", p.row(b.view()), p.filter)
	}
	b.press("]")
	if b.history.events.threshold != 200*time.Microsecond {
		t.Errorf("pauses count from %v", b.history.events.threshold)
	}
	if got := testing.AllocsPerRun(100, b.compose); got > 1 && !raceEnabled {
		t.Errorf("a frame takes %v allocations", got)
	}
}

func TestEventsLayoutFillsThePage(t *testing.T) {
	for w := minWidth; w <= 210; w++ {
		for h := minHeight - headerRows - footerRows; h <= 60; h++ {
			l := layoutEvents(w, h)
			for y, row := range mapOf(w, h, []part{{l.lanes, 'L'}, {l.table, 'T'}}) {
				if i := strings.IndexAny(string(row), ".!"); i >= 0 {
					t.Fatalf("%dx%d: row %d is %q", w, h, y, row)
				}
			}
			if c := eventColumns(w - 2); c.textWidth < 24 {
				t.Fatalf("%d columns leave %d for the text", w, c.textWidth)
			}
		}
	}
}

// TestComparisonIsNoTrouble: a comparison empties the pool and rests the load, which is
// nothing that went wrong; what does later on is told again.
func TestComparisonIsNoTrouble(t *testing.T) {
	st := newStory()
	st.s.Config.Optimizations.Pool = session.PoolFreeList
	st.step(20, nil)
	before := len(st.told())
	cold := func(s *load.Snapshot) {
		s.Pool.Free, s.Valid = 0, false
		s.Pool.Hits -= 100
		s.Dropped.CPU += 5
	}
	st.step(2, func(s *load.Snapshot) { s.State = load.Comparing; cold(s) })
	st.step(10, func(s *load.Snapshot) { s.State = load.Running; cold(s) })
	if got := st.told()[before:]; len(got) != 2 || !strings.Contains(got[0], "begun") || !strings.Contains(got[1], "ended") {
		t.Errorf("a comparison tells %q", got)
	}
	st.step(60, func(s *load.Snapshot) { s.Valid = true })
	st.step(10, cold)
	if got := strings.Join(st.told()[before+2:], "; "); !strings.Contains(got, "pool emptied") || !strings.Contains(got, "not reached") {
		t.Errorf("later on %q is told", got)
	}
}
