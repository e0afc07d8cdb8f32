package ui

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestMeasurements(t *testing.T) {
	h := newHistory()
	f := newFakeLoad(session.Baseline)
	run := func(n int) {
		for range n {
			s := f.step()
			h.push(&s)
		}
	}
	keyBuffer := session.Optimizations{KeyBuffer: true}

	run(39) // the lifetime to settle, and not quite two seconds
	if _, ok := h.measured.with(f.s.Config, session.Baseline); ok {
		t.Error("measured before the load was steady long enough")
	}
	run(5)
	got, ok := h.measured.with(f.s.Config, session.Baseline)
	if !ok || got.keyAllocs != 6 || got.hkdf != 6 || got.reuse != 0 {
		t.Errorf("baseline measured as %+v, %v; want 6 key allocations, 6 HKDFs, no reuse", got, ok)
	}

	f.s.Config.Optimizations = keyBuffer
	run(45)
	for _, tt := range []struct {
		name string
		o    session.Optimizations
		want float64
	}{{"off", session.Baseline, 6}, {"on", keyBuffer, 1}} {
		if got, ok := h.measured.with(f.s.Config, tt.o); !ok || got.keyAllocs != tt.want {
			t.Errorf("key buffer %s: %v key allocations, %v; want %v", tt.name, got.keyAllocs, ok, tt.want)
		}
	}

	f.s.Config.MessageSize.A *= 2
	run(45)
	if _, ok := h.measured.with(f.s.Config, session.Baseline); ok {
		t.Error("a figure measured under another message size is taken for this one")
	}
	f.s.Config.Duration++
	if _, ok := h.measured.with(f.s.Config, keyBuffer); !ok {
		t.Error("the length of the run makes a figure unusable")
	}
}

// What a switch brought is still there after another was turned, and is not
// mistaken for what it brings now.
func TestMeasuredEarlier(t *testing.T) {
	h := newHistory()
	f := newFakeLoad(session.Baseline)
	run := func(o session.Optimizations) {
		f.s.Config.Optimizations = o
		for range 45 {
			s := f.step()
			h.push(&s)
		}
	}
	keyBuffer, single := &optimizations[0], &optimizations[1]
	both := session.Optimizations{KeyBuffer: true, SingleHKDF: true}
	run(session.Baseline)
	if _, _, ok := h.measured.earlier(f.s.Config, keyBuffer); ok {
		t.Error("one measurement is taken for two")
	}
	run(session.Optimizations{KeyBuffer: true})
	run(both)
	same, other, ok := h.measured.earlier(f.s.Config, keyBuffer)
	if !ok || same.keyAllocs != 1 || other.keyAllocs != 6 || same.hkdf != 6 {
		t.Errorf("key buffer: %+v and %+v, %v; want 1 and 6 key allocations with 6 HKDFs", same, other, ok)
	}
	if same, other, ok = h.measured.earlier(f.s.Config, single); !ok || same.hkdf != 2 || other.hkdf != 6 {
		t.Errorf("single HKDF: %+v and %+v, %v; want 2 and 6 HKDFs", same, other, ok)
	}
	f.s.Config.MessageSize.A *= 2
	if _, _, ok := h.measured.earlier(f.s.Config, keyBuffer); ok {
		t.Error("measurements under another message size are taken for these")
	}
}

func TestMeasurementsNotWhilePaused(t *testing.T) {
	h := newHistory()
	f := newFakeLoad(session.Seed)
	f.s.State = load.Paused
	for range 60 {
		s := f.step()
		h.push(&s)
	}
	if len(h.measured.of) != 0 {
		t.Error("measured a load that is paused")
	}
}

// TestMeasuredOnlyWhileLevel: a profile is measured where its load has come to hold a
// level, was given the time to settle at it, and holds it still.
func TestMeasuredOnlyWhileLevel(t *testing.T) {
	tests := []struct {
		name     string
		settings []string
		not, now int // tenths of a second until which it is not yet measured, and then it is; 0 for never
	}{
		{"steady", nil, 39, 45},
		{"ramp", []string{"profile", "ramp", "ramp-time", "10s"}, 139, 145},
		{"ramp of no time", []string{"profile", "ramp", "ramp-time", "0s"}, 39, 45},
		{"stages", []string{"profile", "stages", "stages", "5s:8k,10s:8k,0s:5k"}, 189, 195},
		{"soak", []string{"profile", "soak", "ramp-time", "10s"}, 139, 145},
		{"soak with an end", []string{"profile", "soak", "ramp-time", "10s", "duration", "40s"}, 139, 145},
		{"soak that is only up and down", []string{"profile", "soak", "ramp-time", "1m", "duration", "40s"}, 390, 0},
		{"spike", []string{"profile", "spike", "period", "1m", "spike-time", "1s"}, 600, 0},
		{"sine", []string{"profile", "sine", "period", "24h"}, 600, 0},
		{"stages that end in nothing", []string{"profile", "stages", "stages", "5s:8k,0s:0"}, 600, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHistory()
			f := newFakeLoad(session.Tuned)
			for i := 0; i < len(tt.settings); i += 2 {
				setParam(&f.s.Config, tt.settings[i], tt.settings[i+1])
			}
			run := func(until int) bool {
				for f.s.Elapsed < time.Duration(until)*time.Second/10 {
					s := f.step()
					h.push(&s)
				}
				_, ok := h.measured.with(f.s.Config, session.Tuned)
				return ok
			}
			if run(tt.not) {
				t.Errorf("measured after %d tenths of a second", tt.not)
			}
			if tt.now > 0 && !run(tt.now) {
				t.Errorf("not measured after %d tenths of a second", tt.now)
			}
		})
	}
}

// TestNotMeasuredOnTheWayDown of a soak.
func TestNotMeasuredOnTheWayDown(t *testing.T) {
	h := newHistory()
	f := newFakeLoad(session.Baseline)
	for _, set := range [][2]string{{"profile", "soak"}, {"ramp-time", "10s"}, {"duration", "40s"}} {
		setParam(&f.s.Config, set[0], set[1])
	}
	for f.s.Elapsed < 39*time.Second {
		if f.s.Elapsed == 27*time.Second { // 3 s before the way down
			f.s.Config.Optimizations = session.Tuned
		}
		s := f.step()
		h.push(&s)
	}
	for o, want := range map[session.Optimizations]bool{session.Baseline: true, session.Tuned: false} {
		if _, ok := h.measured.with(f.s.Config, o); ok != want {
			t.Errorf("%v: measured %v, want %v", o, ok, want)
		}
	}
}

// TestPauseUnsettles: what is measured after a pause has had the time to settle.
func TestPauseUnsettles(t *testing.T) {
	h := newHistory()
	f := newFakeLoad(session.Tuned)
	run := func(state load.State, n int) bool {
		f.s.State = state
		for range n {
			s := f.step()
			h.push(&s)
		}
		_, ok := h.measured.with(f.s.Config, session.Tuned)
		return ok
	}
	if run(load.Running, 30) || run(load.Paused, 30) || run(load.Running, 40) {
		t.Error("measured across a pause")
	}
	if !run(load.Running, 5) {
		t.Error("not measured any more after a pause")
	}
}

// TestLevelsAreComparedAcrossProfiles: what led to a level makes no difference, the
// level does, and what is not level is like nothing.
func TestLevelsAreComparedAcrossProfiles(t *testing.T) {
	config := func(rate float64, settings ...string) load.Config {
		c := load.Default()
		c.Rate = rate
		for i := 0; i < len(settings); i += 2 {
			setParam(&c, settings[i], settings[i+1])
		}
		return conditions(c)
	}
	steady := config(5000)
	for name, c := range map[string]load.Config{
		"peak of a steady load": config(5000, "peak", "3"),
		"ramp":                  config(5000, "profile", "ramp", "ramp-time", "7s"),
		"soak":                  config(5000, "profile", "soak", "duration", "1h"),
		"stages":                config(1, "profile", "stages", "stages", "1s:9k,1s:5k"),
	} {
		if c != steady {
			t.Errorf("%s: not like a steady load of that level", name)
		}
	}
	for name, c := range map[string]load.Config{
		"another rate": config(5001, "profile", "ramp"),
		"spike":        config(5000, "profile", "spike"),
		"sine":         config(5000, "profile", "sine"),
		"other stages": config(5000, "profile", "stages", "stages", "1s:5k,1s:9k"),
	} {
		if c == steady {
			t.Errorf("%s: like a steady load of another level", name)
		}
	}
	closed := config(1, "model", "closed", "workers", "70")
	if c := config(1, "model", "closed", "profile", "stages", "stages", "1s:70"); c != closed && c.Workers != 70 {
		t.Errorf("stages of pairs: %+v", c)
	}
}

// TestPanelOfALoadThatIsNotLevel says so, and shows nothing that was measured under it.
func TestPanelOfALoadThatIsNotLevel(t *testing.T) {
	b := stripBench(t, "sine", 300)
	b.size(160, 45)
	if !strings.Contains(b.plain(), " needs a steady load ") {
		t.Errorf("the panel does not say why there are no figures:\n%s", b.plain())
	}
	if got, want := b.row("P0-1 key buffer"), "off – on – change – │"; !strings.Contains(got, want) {
		t.Errorf("the row is %q, want %q", got, want)
	}
	b.press("space")
	frozen := b.row("P0-1 key buffer")
	setParam(&b.load.s.Config, "profile", "steady")
	b.snapshots(60)
	if got := b.row("P0-1 key buffer"); got != frozen {
		t.Errorf("the frozen row changes from %q to %q", frozen, got)
	}
	b.press("space")
	measured := "off – on 0.00 change – │"
	if got := b.row("P0-1 key buffer"); !strings.Contains(got, measured) {
		t.Errorf("under a steady load the row is %q, want %q", got, measured)
	}
	b.load.s.State = load.Paused
	b.snapshots(30)
	if !strings.Contains(b.plain(), " not measured while paused ") {
		t.Errorf("the panel does not say that nothing is measured:\n%s", b.plain())
	}
	if got := b.row("P0-1 key buffer"); !strings.Contains(got, measured) {
		t.Errorf("while paused the row is %q, want %q", got, measured)
	}
}

func TestMeasurementsAreBounded(t *testing.T) {
	h := newHistory()
	f := newFakeLoad(session.Seed)
	first := f.s.Config
	for i := range maxMeasured + 3 {
		f.s.Config.PoolCapacity = i
		for range 45 {
			s := f.step()
			h.push(&s)
		}
	}
	if len(h.measured.of) != maxMeasured || len(h.measured.order) != maxMeasured {
		t.Errorf("remembers %d configurations, %d in order, want %d", len(h.measured.of), len(h.measured.order), maxMeasured)
	}
	if _, ok := h.measured.with(first, session.Seed); ok {
		t.Error("the oldest is still there")
	}
}

func TestNextPool(t *testing.T) {
	k := session.PoolNone
	for _, want := range []session.PoolKind{session.PoolSync, session.PoolFreeList, session.PoolNone} {
		if k = nextPool(k); k != want {
			t.Errorf("next pool is %v, want %v", k, want)
		}
	}
}

func TestFiguresWithoutSessions(t *testing.T) {
	f := delta{&point{}, &point{}, 1}.figures()
	for name, v := range map[string]float64{"key allocations": f.keyAllocs, "HKDF": f.hkdf, "reuse": f.reuse, "allocations": f.objects} {
		if !math.IsNaN(v) {
			t.Errorf("%s per session of no sessions = %v, want none", name, v)
		}
	}
}
