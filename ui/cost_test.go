package ui

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// TestCostIsLearnedAtRest: only from enough snapshots in a row between which the load
// did nothing, of the same page in the same size.
func TestCostIsLearnedAtRest(t *testing.T) {
	quiet := func(b *bench) { b.rest(1) }
	for _, tt := range []struct {
		name  string
		after int // quiet snapshots
		then  func(*bench)
		known bool
	}{
		{"too few", leastRest - 1, quiet, false},
		{"enough", leastRest, quiet, true},
		{"a session is created", leastRest, func(b *bench) { b.load.s.Sessions.Created++; b.rest(1) }, false},
		{"a message is sealed", leastRest, func(b *bench) { b.load.s.Messages.Sealed++; b.rest(1) }, false},
		{"another page", leastRest, func(b *bench) { b.press("1"); b.rest(1) }, false},
		{"another size", leastRest, func(b *bench) { b.size(90, 30); b.rest(1) }, false},
		{"the help is open", leastRest, func(b *bench) { b.press("?"); b.rest(1) }, false},
		{"counters begin anew", leastRest, func(b *bench) {
			b.load.s.Elapsed, b.load.s.Allocs = 0, load.Allocs{}
			b.rest(1)
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(80, 24)
			b.press("5")
			b.snapshots(10)
			b.rest(tt.after)
			tt.then(b)
			if got := b.cost.learned.known(); got != tt.known {
				t.Errorf("known: %v, want %v", got, tt.known)
			}
		})
	}
}

func TestCostPerFrame(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.press("5")
	b.snapshots(10)
	b.rest(15)
	c := b.cost.learned
	if c.objects != 340 || c.bytes != 21<<10 || c.place.page != "GC" || c.place.w != 80 || c.cpu == c.cpu {
		t.Errorf("learned %+v; the share of a core must not be known yet", c)
	}
	b.rest(15)
	if c := b.cost.learned; c.cpu != 1.4 {
		t.Errorf("at rest the process takes %v %% of a core, want 1.4", c.cpu)
	}
	d, ok := b.history.between(b.snap.Elapsed, recent)
	if !ok || math.Abs(d.perFrame()-210e3) > 1 || math.Abs(d.framesRate()-10) > 0.01 || math.Abs(d.writtenRate()-30<<10) > 1 {
		t.Errorf("%v ns a frame, %v frames/s, %v B/s", d.perFrame(), d.framesRate(), d.writtenRate())
	}
}

// TestNet: what a frame costs is taken out of the figures, as often as there was one,
// and they say so.
func TestNet(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(160, 45)
	b.snapshots(100)
	b.press("5")
	if msg, ok := b.press("c").(appliedMsg); !ok || !errors.Is(msg.err, errNotMeasured) || b.net {
		t.Errorf("before anything was measured, c gives %v", msg)
	}
	b.rest(30)
	b.snapshots(100)
	v := b.view()
	d, _ := v.history.between(v.at, recent)
	objects, bytes := v.objects(d), v.bytes(d)
	b.press("c")
	v = b.view()
	frames := float64(d.frames())
	if got := v.objects(d); frames < 9 || got != objects-340*frames {
		t.Errorf("%v objects less %v frames are %v", objects, frames, got)
	}
	if got := v.bytes(d); got != bytes-21504*frames {
		t.Errorf("%v bytes less %v frames are %v", bytes, frames, got)
	}
	if got := v.figures(figures{objects: 10, frames: 0.02}).objects; math.Abs(got-3.2) > 1e-9 {
		t.Errorf("10 objects less 0.02 frames are %v, want 3.2", got)
	}
	if got := v.figures(figures{objects: 1, frames: 1}).objects; got != 0 {
		t.Errorf("below nothing: %v", got)
	}
	if got := v.cpu(41); math.Abs(got-39.6) > 1e-9 {
		t.Errorf("41 %% of a core less 1.4 is %v", got)
	}
	for page, texts := range map[string][]string{
		"5": {"allocated/s, net", "objects allocated/s, net", "c [x]", "cpu 40 % of a core without dashboard"},
		"1": {"allocations per session, without dashboard", "allocs/session, net", "optimizations, without dashboard"},
	} {
		b.press(page)
		for _, text := range texts {
			if !strings.Contains(b.plain(), text) {
				t.Errorf("page %s lacks %q:\n%s", page, text, b.plain())
			}
		}
	}
}

// restingBench starts a measurement of the dashboard on a load that ran.
func restingBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.snapshots(20)
	b.press("5")
	b.press("M")
	if !slices.Equal(b.engine.calls, []string{"pause"}) {
		t.Fatalf("M calls %q", b.engine.calls)
	}
	b.snapshots(2) // the load comes to rest
	b.load.s.State = load.Paused
	return b
}

// tell gives the model a snapshot, runs what it asks for but the wait for the next,
// and passes on what comes of it.
func (b *bench) tell() {
	b.load.s.Elapsed += tick
	b.load.s.Allocs.Objects += 340
	b.load.s.Allocs.Bytes += 21 << 10
	b.cost.see(&b.load.s, b.place())
	b.snap = b.load.s
	for _, msg := range gcMessages(b.restSeen()) {
		b.Update(msg)
	}
	b.compose()
}

func TestMeasuring(t *testing.T) {
	t.Run("to its end", func(t *testing.T) {
		b := restingBench(t)
		b.tell()
		b.tell()
		if !strings.Contains(b.plain(), "measuring, the load rests: ") {
			t.Errorf("nothing tells of it:\n%s", b.plain())
		}
		for range 40 {
			b.tell()
		}
		if b.cost.rest != nil || !slices.Equal(b.engine.calls, []string{"pause", "resume"}) || b.cost.learned.objects < 300 {
			t.Errorf("calls %q, learned %+v", b.engine.calls, b.cost.learned)
		}
	})
	t.Run("M ends it", func(t *testing.T) {
		b := restingBench(t)
		b.press("M")
		if b.cost.rest != nil || !slices.Equal(b.engine.calls, []string{"pause", "resume"}) {
			t.Errorf("calls %q", b.engine.calls)
		}
	})
	t.Run("P ends it", func(t *testing.T) {
		b := restingBench(t)
		b.tell()
		b.press("P")
		if b.cost.rest != nil || !slices.Equal(b.engine.calls, []string{"pause", "resume"}) {
			t.Errorf("calls %q", b.engine.calls)
		}
	})
	t.Run("a comparison ends it", func(t *testing.T) {
		b := restingBench(t)
		b.press(b.compareKey())
		batch, ok := b.press("enter").(tea.BatchMsg)
		if !ok || b.trial == nil {
			t.Fatal("no comparison is started")
		}
		b.stopTrial()
		batch[0]()
		if b.cost.rest != nil || !slices.Equal(b.engine.calls, []string{"pause", "resume"}) {
			t.Errorf("calls %q", b.engine.calls)
		}
	})
	t.Run("it never rests", func(t *testing.T) {
		b := restingBench(t)
		for range int(maxRest/tick) + 5 {
			b.load.s.Messages.Sealed++
			b.tell()
		}
		if b.cost.rest != nil || !slices.Equal(b.engine.calls, []string{"pause", "resume"}) || b.notice != oneLine(errNoRest) {
			t.Errorf("calls %q, notice %q", b.engine.calls, b.notice)
		}
	})
	t.Run("ended before it began", func(t *testing.T) {
		e := newFakeEngine()
		r := &rest{until: time.Hour}
		r.end(e)
		r.pause(e)
		if len(e.calls) > 0 {
			t.Errorf("calls %q", e.calls)
		}
	})
	t.Run("the load was paused before", func(t *testing.T) {
		b := newBench(t, "dark", false)
		b.size(80, 24)
		b.snapshots(20)
		b.load.s.State = load.Paused
		b.snapshots(1)
		b.press("5")
		b.press("M")
		for range 40 {
			b.tell()
		}
		if b.cost.rest != nil || len(b.engine.calls) > 0 || !b.cost.learned.known() {
			t.Errorf("calls %q, learned %+v", b.engine.calls, b.cost.learned)
		}
	})
}
