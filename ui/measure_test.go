package ui

import (
	"math"
	"testing"

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
