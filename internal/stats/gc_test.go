package stats

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"
)

func TestGCLogTellsEachCycleOnce(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // only forced cycles
	runtime.GC()
	l := NewGCLog()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)

	var got []GCCycle
	collect := func(c GCCycle) { got = append(got, c) }
	if l.Poll(collect); len(got) > 0 {
		t.Fatalf("told %d cycles from before the log", len(got))
	}
	for _, cycles := range []int{1, 3, 0, 2} {
		for range cycles {
			runtime.GC()
		}
		if missing := l.Poll(collect); missing != 0 {
			t.Errorf("%d missing, want none", missing)
		}
	}

	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	if len(got) != 6 {
		t.Fatalf("told %d cycles, want 6", len(got))
	}
	var pauses time.Duration
	for i, c := range got {
		if want := uint64(before.NumGC) + uint64(i) + 1; c.Number != want {
			t.Errorf("cycle %d has number %d, want %d", i, c.Number, want)
		}
		if c.Pause <= 0 {
			t.Errorf("cycle %d has a pause of %v", c.Number, c.Pause)
		}
		pauses += c.Pause
	}
	if !slices.IsSortedFunc(got, func(a, b GCCycle) int { return a.End.Compare(b.End) }) {
		t.Errorf("not oldest first: %v", got)
	}
	if last := time.Unix(0, int64(after.LastGC)); !got[5].End.Equal(last) {
		t.Errorf("last ended at %v, want %v", got[5].End, last)
	}
	if want := time.Duration(after.PauseTotalNs - before.PauseTotalNs); pauses != want {
		t.Errorf("pauses add up to %v, want the runtime's %v", pauses, want)
	}
}

// The runtime forgets all but its last cycles; the log says how many.
func TestGCLogSaysWhatIsMissing(t *testing.T) {
	const kept = 256
	ends, pauses := make([]time.Time, kept), make([]time.Duration, kept)
	for i := range kept { // latest first
		ends[i], pauses[i] = time.Unix(int64(1000-i), 0), time.Duration(1000-i)
	}
	tests := []struct {
		name           string
		last, now      int64
		told, missing  uint64
		oldest, latest uint64 // numbers
	}{
		{"none new", 1000, 1000, 0, 0, 0, 0},
		{"one new", 999, 1000, 1, 0, 1000, 1000},
		{"as many as are kept", 744, 1000, 256, 0, 745, 1000},
		{"one more than is kept", 743, 1000, 256, 1, 745, 1000},
		{"many more", 0, 1000, 256, 744, 745, 1000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &GCLog{last: uint64(tt.last), stats: debug.GCStats{NumGC: tt.now, PauseEnd: ends, Pause: pauses}}
			var got []GCCycle
			missing := l.tell(func(c GCCycle) { got = append(got, c) })
			if missing != tt.missing || uint64(len(got)) != tt.told {
				t.Fatalf("told %d, missing %d; want %d, %d", len(got), missing, tt.told, tt.missing)
			}
			for _, c := range got { // the fake data has the number as pause and time
				if uint64(c.Pause) != c.Number || uint64(c.End.Unix()) != c.Number {
					t.Fatalf("cycle %d has the figures of %d", c.Number, c.Pause)
				}
			}
			if len(got) > 0 && (got[0].Number != tt.oldest || got[len(got)-1].Number != tt.latest) {
				t.Errorf("told %d to %d, want %d to %d", got[0].Number, got[len(got)-1].Number, tt.oldest, tt.latest)
			}
			if missing := l.tell(func(c GCCycle) { t.Errorf("told %d twice", c.Number) }); missing != 0 {
				t.Errorf("then missing %d", missing)
			}
		})
	}
}

func TestGCLogAllocatesNothing(t *testing.T) {
	l := NewGCLog()
	var total time.Duration
	noAllocs(t, "Poll", func() { l.Poll(func(c GCCycle) { total += c.Pause }) })
}

func BenchmarkGCLogPoll(b *testing.B) {
	for range 256 {
		runtime.GC() // the list at its longest
	}
	l := NewGCLog()
	b.ReportAllocs()
	for b.Loop() {
		l.Poll(func(GCCycle) {})
	}
}
