package ui

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// figuresOf returns the figures of a page: its frame but for what is inside of the
// charts and the lower borders with their times.
func (b *bench) figuresOf(page int) string {
	b.showPage(page)
	b.compose()
	body := b.canvas.all().sub(rect{0, headerRows, b.width, b.height - headerRows - footerRows})
	blank := func(r rect, left int) {
		body.sub(rect{r.x + left, r.y + 1, r.w - left - 1, r.h - 1}).fill(' ', styleText)
	}
	switch p := b.pages[page].(type) {
	case *overview:
		for _, r := range p.layout.charts {
			blank(r, 1)
		}
		blank(p.layout.strip, 1)
		for _, r := range p.layout.tiles { // beside the figures
			left := 10
			if r.h > 3 {
				left = 19
			}
			blank(rect{r.x, r.y, r.w, r.h - 1}, left)
		}
	case *crypto:
		blank(p.layout.hkdf, 1)
		blank(p.layout.rate, 1)
	default:
		if p, ok := p.(*poolPage); ok {
			blank(p.layout.shards, 0) // nobody looked at them
		}
		for _, h := range b.canvas.hits {
			if h.kind == hitChart { // and its border
				b.canvas.all().sub(rect{h.x - 1, h.y, h.w + 2, h.h + 1}).fill(' ', styleText)
			}
		}
	}
	lines := strings.Split(plain(string(b.canvas.appendFrame(nil, b.theme, false))), "\n")
	return strings.Join(lines[headerRows:b.height-footerRows], "\n")
}

// TestPastIsAsItWas: with the cursor at a moment, every figure of a page is the one
// that was shown when that moment was now, and none of what came later.
func TestPastIsAsItWas(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 50}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(size[0], size[1])
			b.load = newFakeLoad(session.Baseline)
			b.load.kinds = allKinds()[:3]
			type shot struct {
				at     time.Duration
				frames [4]string
			}
			shots := make(map[time.Duration]shot)
			pages := [4]int{0, 2, 3, 4} // the others show lists
			for i := range 700 {
				switch i {
				case 200:
					b.load.s.Config.Optimizations.KeyBuffer = true
				case 330:
					b.load.s.Config.Optimizations.SingleHKDF = true
					b.load.limit = 16000
				case 480:
					b.load.limit = 0
					b.load.s.Config.Optimizations.Pool = session.PoolSync
				case 600:
					b.load.kinds = allKinds()[:4]
				}
				b.snapshots(1)
				if i > 10 && i%10 == 0 || i%70 == 66 { // a moment of which the snapshot is kept
					if s := b.history.snapAt(b.snap.Elapsed); s.Elapsed != b.snap.Elapsed {
						continue
					}
					s := shot{at: b.snap.Elapsed}
					for k, page := range pages {
						s.frames[k] = b.figuresOf(page)
					}
					shots[s.at] = s
				}
			}
			same := 0
			for i := range 40 { // also between those
				b.jumpTo(5*time.Second + time.Duration(i)*1510*time.Millisecond)
				s, ok := shots[b.past.at]
				if !ok {
					continue
				}
				same++
				for k, page := range pages {
					if got := b.figuresOf(page); got != s.frames[k] {
						t.Errorf("page %d at %v:\n%s\nwas\n%s", page+1, s.at, got, s.frames[k])
					}
				}
			}
			if same < 20 {
				t.Errorf("%d moments to compare with", same)
			}
		})
	}
}

// TestMeasuredAt: what was known of the optimizations at a moment is what had been
// measured by then, whatever came after it.
func TestMeasuredAt(t *testing.T) {
	b := newBench(t, "dark", false)
	b.load = newFakeLoad(session.Baseline)
	then := make(map[time.Duration]measurements)
	for i := range 900 {
		switch i % 150 {
		case 50:
			b.load.s.Config.Optimizations.KeyBuffer = i > 400
		case 120:
			b.load.s.Config.Optimizations.Pool = nextPool(b.load.s.Config.Optimizations.Pool)
		}
		b.snapshots(1)
		if i%23 == 0 {
			var m measurements
			m.set(&b.history.measured)
			then[b.snap.Elapsed] = m
		}
	}
	var got measurements
	for at, want := range then {
		b.history.measuredAt(&got, at)
		if !reflect.DeepEqual(got.of, want.of) {
			t.Errorf("at %v: %v, want %v", at, got.of, want.of)
		}
	}
	// Of more changes than there is memory for, what was measured stays.
	for range 2 * maxEras {
		b.load.s.Config.Rate++
		b.snapshots(1)
	}
	b.history.measuredAt(&got, b.snap.Elapsed)
	if !reflect.DeepEqual(got.of, b.history.measured.of) || len(b.history.eras.list) != maxEras {
		t.Errorf("%d measurements, want %d, and %d eras", len(got.of), len(b.history.measured.of), len(b.history.eras.list))
	}
}

func TestCursorKeys(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(300)
	live := b.plain()
	freeze := b.snap.Elapsed
	for _, step := range []struct {
		key  string
		want time.Duration
	}{
		{"left", freeze - 900*time.Millisecond}, // a snapshot is kept of each second
		{"left", freeze - 1900*time.Millisecond},
		{"right", freeze - 900*time.Millisecond},
		{"shift+left", freeze - 12900*time.Millisecond},
		{"ctrl+left", freeze - 24900*time.Millisecond},
		{"ctrl+right", freeze - 12900*time.Millisecond},
		{"shift+right", freeze - 900*time.Millisecond},
		{"shift+right", freeze},
		{"home", 1100 * time.Millisecond}, // of the first there are no rates
		{"left", 1100 * time.Millisecond},
		{"end", freeze},
	} {
		b.key(step.key)
		b.compose()
		if v := b.view(); !v.frozen || v.at != step.want || v.cursor != (step.want < freeze) {
			t.Errorf("after %s the cursor is at %v, want %v: %+v", step.key, v.at, step.want, v.frozen)
		}
		b.snapshots(3) // recording goes on
	}
	b.key("left")
	b.key("left")
	b.compose()
	if !strings.Contains(b.plain(), string(cursorRune)) || !strings.Contains(b.plain(), "00:00:28") {
		t.Errorf("no cursor:\n%s", b.plain())
	}
	b.press("space")
	if b.frozen || b.plain() == live || !strings.Contains(b.plain(), "live") {
		t.Errorf("space does not go back to live:\n%s", b.plain())
	}
}

// TestOneMoment: whatever moves the cursor, all figures are of one time, and there are
// some.
func TestOneMoment(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(9 * 600)
	b.press("space")
	far := b.past.freeze - 7*time.Minute // where snapshots are far apart
	moves := map[string]func(){
		"left":       func() { b.step(-1) },
		"right":      func() { b.step(1) },
		"far left":   func() { b.step(-farStep) },
		"home":       func() { b.toOldest() },
		"jump":       func() { b.jumpTo(b.past.freeze - 12345*time.Millisecond) },
		"far jump":   func() { b.jumpTo(far) },
		"zoom":       func() { b.zoomTo(far, far+2*time.Second) },
		"far window": func() { b.setWindow(5 * time.Minute) },
	}
	for _, name := range []string{"left", "left", "right", "jump", "far left", "home", "right", "far jump", "right", "left", "zoom", "left", "right", "far window"} {
		was := b.past.at
		moves[name]()
		v := b.view()
		d, ok := v.history.between(v.at, recent)
		if v.snap.Elapsed != v.at || !ok || d.to.created != v.snap.Sessions.Created {
			t.Errorf("%s: the snapshot at %v is of %v", name, v.at, v.snap.Elapsed)
		}
		if (name == "left" && v.at >= was || name == "right" && v.at <= was) || v.at <= v.end-v.window {
			t.Errorf("%s goes from %v to %v, of %v up to %v", name, was, v.at, v.window, v.end)
		}
	}
}

// TestWindowFollowsCursor: out of the window to the left, and back.
func TestWindowFollowsCursor(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(1500)
	for range 30 {
		b.key("shift+left")
	}
	b.compose()
	v := b.view()
	if v.at != b.history.oldest() || v.end >= v.newest || v.at <= v.end-v.window {
		t.Fatalf("the window up to %v does not have the cursor at %v", v.end, v.at)
	}
	if !strings.Contains(b.plain(), "1m 32s ago") {
		t.Errorf("the axis does not say how long ago its end is:\n%s", b.plain())
	}
	b.key("end")
	b.compose()
	if v := b.view(); v.end != v.newest || v.at != v.end {
		t.Errorf("the end is at %v, cursor %v, newest %v", v.end, v.at, v.newest)
	}
}

func TestZoomTo(t *testing.T) {
	const run = 2 * time.Minute
	for _, tt := range []struct {
		name          string
		from, to      time.Duration
		window, end   time.Duration
		plus, minus   time.Duration
		beforeAnySnap bool
	}{
		{"a stretch", 30 * time.Second, 50 * time.Second, 20 * time.Second, 50 * time.Second, 10 * time.Second, 30 * time.Second, false},
		{"from right to left", 50 * time.Second, 30 * time.Second, 20 * time.Second, 50 * time.Second, 10 * time.Second, 30 * time.Second, false},
		{"too short", time.Minute, time.Minute + 1, time.Second, time.Minute + 1, time.Second, 10 * time.Second, false},
		{"to the future", 100 * time.Second, time.Hour, 20 * time.Second, run, 10 * time.Second, 30 * time.Second, false},
		{"from before the run", -time.Hour, 90 * time.Second, 90 * time.Second, 90 * time.Second, time.Minute, 5 * time.Minute, false},
		{"not round", 10 * time.Second, 22400 * time.Millisecond, 13 * time.Second, 22400 * time.Millisecond, 10 * time.Second, 30 * time.Second, false},
		{"before there is anything", 0, time.Second, defaultWindow, 0, 30 * time.Second, time.Minute, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(80, 24)
			if !tt.beforeAnySnap {
				b.snapshots(1200)
			}
			b.zoomTo(tt.from, tt.to)
			if v := b.view(); v.window != tt.window || v.end != tt.end || v.frozen == tt.beforeAnySnap {
				t.Errorf("shows %v up to %v, want %v up to %v", v.window, v.end, tt.window, tt.end)
			}
			before := b.view().at
			b.zoom(-1)
			if b.window != tt.plus || b.view().at != before {
				t.Errorf("after + the window is %v, want %v", b.window, tt.plus)
			}
			b.zoomTo(tt.from, tt.to)
			b.zoom(1)
			if b.window != tt.minus {
				t.Errorf("after - the window is %v, want %v", b.window, tt.minus)
			}
		})
	}
}

// TestCursorStaysInside: whatever the keys, the cursor is within what is recorded, the
// window has it, and end brings back the frame of the freeze.
func TestCursorStaysInside(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBench(t, "dark", false)
		b.size(80, 24)
		b.load.kinds = allKinds()[:2]
		b.snapshots(rapid.IntRange(1, 400).Draw(r, "snapshots"))
		b.press("space")
		window := b.window
		body := func() string {
			b.compose()
			lines := strings.Split(b.plain(), "\n")
			return strings.Join(lines[headerRows:], "\n")
		}
		fresh := func() string {
			b.pages[0] = newOverview() // the axes remember what they showed
			b.size(80, 24)
			return body()
		}
		frozen := fresh()
		keys := []string{"left", "right", "shift+left", "ctrl+right", "home", "end", "+", "-"}
		for range rapid.IntRange(1, 40).Draw(r, "keys") {
			switch key := rapid.SampledFrom(append(keys, "zoom", "snapshots")).Draw(r, "key"); key {
			case "zoom":
				b.zoomTo(time.Duration(rapid.Int64Range(-1e9, 50e9).Draw(r, "from")), time.Duration(rapid.Int64Range(-1e9, 50e9).Draw(r, "to")))
			case "snapshots":
				b.snapshots(7)
			default:
				b.key(key)
			}
			v := b.view()
			if v.at < min(b.history.oldest(), v.newest) || v.at > v.newest || v.end < v.at || v.end > v.newest || v.at < v.end-v.window || v.snap.Elapsed > v.at {
				r.Fatalf("cursor at %v, snapshot of %v, in the %v up to %v; recorded from %v to %v",
					v.at, v.snap.Elapsed, v.window, v.end, b.history.oldest(), v.newest)
			}
		}
		b.key("end")
		b.setWindow(window)
		if got := fresh(); got != frozen {
			r.Fatalf("end shows\n%s\nwas\n%s", got, frozen)
		}
	})
}

// TestResetUnfreezes: of a past that is gone there is nothing to show.
func TestResetUnfreezes(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.snapshots(50)
	b.key("left")
	b.load = newFakeLoad(session.Tuned)
	b.load.s.Run = 1
	b.snapshots(1)
	if b.frozen {
		t.Error("the view stands at a moment that is gone")
	}
}

// TestGoldenPast has the Overview with a cursor.
func TestGoldenPast(t *testing.T) {
	past := func(b *bench, w, h int) {
		b.size(w, h)
		b.story()
		b.jumpTo(b.snap.Elapsed - 20*time.Second)
		b.snapshots(30)
	}
	for _, s := range sizes {
		b := newBench(t, "dark", false)
		past(b, s[0], s[1])
		golden(t, fmt.Sprintf("past-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
	}
	for _, look := range looksOfGoldens {
		b := newBench(t, look.theme, look.ascii)
		past(b, 80, 24)
		golden(t, "past-80x24-"+look.name()+".ansi.golden", b.View()+"\n")
	}
}
