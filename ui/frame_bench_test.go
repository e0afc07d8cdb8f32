package ui

import (
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// fullBench returns a model whose window holds markers, GC cycles and all labels.
func fullBench(tb testing.TB, w, h int) *bench {
	b := newBench(tb, "dark", false)
	b.story()
	b.size(w, h)
	return b
}

// fullFrames are the pages with all that they can hold, by name.
func fullFrames(tb testing.TB, w, h int) map[string]*bench {
	all := map[string]*bench{"overview": fullBench(tb, w, h)}
	strip := newBench(tb, "dark", false)
	strip.richStoryOf(allKinds())
	strip.size(w, h)
	all["strip"] = strip
	for name, keys := range map[string][]string{
		"pool": {"3"}, "keys": {"4"}, "load": {"4", "v"}, "gc": {"5"}, "events": {"7"},
	} {
		b := newBench(tb, "dark", false)
		b.press("3")
		b.pooledStory(session.PoolFreeList)
		b.size(w, h)
		for _, key := range keys {
			b.press(key)
		}
		all[name] = b
	}
	b := newBench(tb, "dark", false)
	b.size(w, h)
	b.gcStory()
	b.press("c")
	all["gc net"] = b
	for _, state := range compareStates {
		b := onCompare(newBench(tb, "dark", false), state.lead)
		b.size(w, h)
		all["compare "+state.name] = b
	}
	for name, keys := range map[string][]string{
		"sessions": {"down", "down"}, "filter": {"/", "age>10s sute=hybrid"}, "session": {"enter"}, "close": {"enter", "x"},
	} {
		b := onSessions(tb, "dark", false, w, h, 0)
		b.sessions.many = 1_000_000
		b.poll()
		b.keys(keys...)
		all[name] = b.bench
	}
	all["tuning"] = onTuning(tb, "dark", false, w, h)
	all["tuning"].to("stages")
	for name, key := range map[string]string{"palette": ":", "help": "?"} {
		all[name] = fullBench(tb, w, h)
		all[name].press(key)
	}
	all["past"] = fullBench(tb, w, h)
	all["past"].jumpTo(all["past"].snap.Elapsed - 20*time.Second)
	all["past"].snapshots(30)
	return all
}

// BenchmarkFrame is composing and viewing one frame, as for each snapshot.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"200x50", 200, 50}} {
		for name, m := range fullFrames(b, size.w, size.h) {
			b.Run(name+"/"+size.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					m.compose()
					if m.View() == "" {
						b.Fatal("no frame")
					}
				}
			})
		}
	}
}

// BenchmarkSnapshot is all that one snapshot costs the model: storing it and
// composing the frame.
func BenchmarkSnapshot(b *testing.B) {
	m := fullBench(b, 200, 50)
	b.ReportAllocs()
	for b.Loop() {
		m.snapshots(1)
	}
}

// TestFrameAllocations: a frame costs the string that it is, and nothing else but a
// text that has to be cut where room is short, or what is put together anew over a page.
func TestFrameAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	over := map[string]float64{"help": 24, "close": 5, "tuning": 2, "filter": 2, "session": 2}
	for _, s := range sizes {
		for name, m := range fullFrames(t, s[0], s[1]) {
			want := max(over[name], 1)
			if s[0] < 80 {
				want++
			}
			if got := testing.AllocsPerRun(100, m.compose); got > want {
				t.Errorf("a frame of %s at %dx%d takes %v allocations, want %v", name, s[0], s[1], got, want)
			}
		}
	}
}
