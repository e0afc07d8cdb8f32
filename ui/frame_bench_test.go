package ui

import (
	"testing"
)

// fullBench returns a model whose window holds markers, GC cycles and all labels.
func fullBench(tb testing.TB, w, h int) *bench {
	b := newBench(tb, "dark", false)
	b.story()
	b.size(w, h)
	return b
}

// BenchmarkFrame is composing and viewing one frame, as for each snapshot.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"200x50", 200, 50}} {
		b.Run(size.name, func(b *testing.B) {
			m := fullBench(b, size.w, size.h)
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

// BenchmarkSnapshot is all that one snapshot costs the model: storing it and
// composing the frame.
func BenchmarkSnapshot(b *testing.B) {
	m := fullBench(b, 200, 50)
	b.ReportAllocs()
	for b.Loop() {
		m.snapshots(1)
	}
}

// TestFrameAllocations: a frame costs the string that it is, and nothing else.
func TestFrameAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	m := fullBench(t, 200, 50)
	const want = 1
	if got := testing.AllocsPerRun(100, m.compose); got != want {
		t.Errorf("a frame takes %v allocations, want %d", got, want)
	}
}
