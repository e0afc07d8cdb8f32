package ui

import (
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// TestSnapshotsTakeLittle: the dashboard shares its heap with what it measures.
func TestSnapshotsTakeLittle(t *testing.T) {
	const most = 3 << 20
	if got := unsafe.Sizeof(load.Snapshot{}) * (fineSnaps + coarseSnaps); got > most {
		t.Errorf("the snapshots take %d bytes, more than %d: keep fewer", got, most)
	}
}

func TestSnapAt(t *testing.T) {
	h := newHistory()
	if h.snapAt(time.Hour) != nil {
		t.Error("an empty history has a snapshot")
	}
	s := *snapshotAt(0, 0)
	s.GC.Recent = []load.Cycle{{Number: 1}}
	s.Handshakes.BySuite = []load.HandshakeKind{{}}
	const run = 70 * time.Minute
	for s.Elapsed < run {
		s.Elapsed += 100 * time.Millisecond
		s.Sessions.Created++
		s.Handshakes.BySuite[0].Completed++ // not so in an engine: the ring must not share it
		h.push(&s)
	}
	for _, tt := range []struct {
		name    string
		ago     time.Duration
		atMost  time.Duration
		missing bool
	}{
		{"now", 0, fineSnapStep, false},
		{"a while ago", 4 * time.Minute, fineSnapStep, false},
		{"half an hour ago", 30 * time.Minute, coarseSnapStep, false},
		{"almost an hour ago", 59 * time.Minute, coarseSnapStep, false},
		{"too long ago", 69 * time.Minute, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := run - tt.ago
			got := h.snapAt(at)
			if (got == nil) != tt.missing {
				t.Fatalf("%v ago: %v", tt.ago, got)
			}
			if got == nil {
				return
			}
			if age := at - got.Elapsed; age < 0 || age > tt.atMost {
				t.Errorf("%v ago the snapshot is %v older", tt.ago, age)
			}
			if got.Handshakes.BySuite[0].Completed != got.Sessions.Created {
				t.Error("what is kept changes with what came later")
			}
			if got.GC.Recent != nil {
				t.Error("the cycles are kept twice")
			}
		})
	}
	again := snapshotAt(time.Second, 0)
	again.Run = 1
	h.push(again)
	if got := h.snapAt(run); got == nil || got.Elapsed != time.Second {
		t.Errorf("after a reset %v is left", got)
	}
}

// TestSnapAtIsNeverLater: whatever comes when, the snapshot of a moment is from that
// moment or before it, and one of those that came.
func TestSnapAtIsNeverLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory()
		var at time.Duration
		came := map[time.Duration]bool{}
		for _, step := range rapid.SliceOfN(rapid.Int64Range(1, 4000), 1, 500).Draw(t, "steps") {
			at += time.Duration(step) * time.Millisecond
			came[at] = true
			h.push(snapshotAt(at, uint64(at)))
		}
		for range 20 {
			moment := time.Duration(rapid.Int64Range(0, int64(at)).Draw(t, "moment"))
			s := h.snapAt(moment)
			if s == nil {
				continue
			}
			if s.Elapsed > moment || !came[s.Elapsed] || s.Sessions.Created != uint64(s.Elapsed) {
				t.Fatalf("at %v: the snapshot of %v", moment, s.Elapsed)
			}
		}
	})
}

// TestChangesStay: the moments of changes are kept for the hour, and somebody who goes
// on changing does not take the past away.
func TestChangesStay(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.snapshots(1)
	b.snapshots(600)
	b.load.s.Config.GOGC = 50
	b.snapshots(20)
	b.load.s.Config.GOGC = 400
	b.snapshots(20)
	for range 600 { // a knob turned without end
		b.load.s.Config.Rate++
		b.snapshots(1)
	}
	b.snapshots(2900)
	if first := b.history.snaps.fine.at(0).Elapsed; b.snap.Elapsed-first < 4*time.Minute {
		t.Errorf("of %v, the past begins at %v", b.snap.Elapsed, first)
	}
	b.snapshots(3600)
	for at, want := range map[time.Duration]int{59 * time.Second: 100, 60200 * time.Millisecond: 50, 65 * time.Second: 400} {
		b.jumpTo(at)
		if v := b.view(); v.snap.Config.GOGC != want || v.at < at-time.Second || v.at > at+coarseSnapStep {
			t.Errorf("at %v (of %v) the settings are %d, want %d", v.at, at, v.snap.Config.GOGC, want)
		}
	}
}
