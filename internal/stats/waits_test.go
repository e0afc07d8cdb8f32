package stats

import (
	"runtime"
	"testing"
	"time"
)

func TestWaits(t *testing.T) {
	q := []float64{0, 0.5, 0.99, 1}
	got := make([]time.Duration, len(q))
	r := NewRuntime()
	var s RuntimeSample
	var w Waits
	r.Read(&s)
	if n, window := w.Read(r, q, got); n != 0 || window != 0 || got[3] != 0 {
		t.Errorf("at first: %d waits in %s, %s", n, window, got)
	}
	for range 10_000 { // one wait in eight is looked at
		done := make(chan struct{})
		go close(done)
		<-done
	}
	r.Read(&s)
	n, window := w.Read(r, q, got)
	if n < 100 || window <= 0 || window > time.Minute {
		t.Errorf("%d waits in %s", n, window)
	}
	if got[0] <= 0 || got[0] > got[1] || got[1] > got[2] || got[2] > got[3] || got[3] > time.Minute {
		t.Errorf("quantiles %s", got)
	}
	if again, _ := w.Read(r, q, got); again != n {
		t.Errorf("%d waits, then %d of the same reading", n, again)
	}
	w.Forget()
	if n, window := w.Read(r, q, got); n != 0 || window != 0 || got[3] != 0 {
		t.Errorf("after Forget: %d waits in %s, %s", n, window, got)
	}
}

// The window is as long as it says once it has been looked at for so long.
func TestWaitsWindow(t *testing.T) {
	q, got := []float64{1}, make([]time.Duration, 1)
	r := NewRuntime()
	var s RuntimeSample
	var w Waits
	noted := make(map[time.Time]uint64) // by when
	for began := time.Now(); time.Since(began) < WaitWindow+5*waitStep; time.Sleep(waitStep / 4) {
		r.Read(&s)
		var total uint64
		for _, c := range histogramIn(r.samples[schedLatencies].Value).Counts {
			total += c
		}
		before := w.next
		n, window := w.Read(r, q, got)
		if w.next > before {
			noted[w.past[before%len(w.past)].at] = total
		}
		if age := time.Since(began); age < WaitWindow && window < age-waitStep {
			t.Errorf("a window of %s after %s", window, age)
		}
		if w.next > len(w.past)+1 {
			if window < WaitWindow {
				t.Errorf("a window of %s", window)
			}
			// What came since the note that lies so far back.
			known := false
			for _, then := range noted {
				known = known || total-then == n
			}
			if !known {
				t.Errorf("%d waits in %s are not since any note", n, window)
			}
		}
		runtime.Gosched()
	}
}

func TestWaitsAllocateNothing(t *testing.T) {
	q, got := []float64{0.5, 1}, make([]time.Duration, 2)
	r := NewRuntime()
	var s RuntimeSample
	var w Waits
	r.Read(&s)
	w.Read(r, q, got)
	noAllocs(t, "Read", func() { w.Read(r, q, got) })
}

func BenchmarkWaitsRead(b *testing.B) {
	q, got := []float64{0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1}, make([]time.Duration, 8)
	r := NewRuntime()
	var s RuntimeSample
	var w Waits
	r.Read(&s)
	b.ReportAllocs()
	for b.Loop() {
		w.Read(r, q, got)
	}
}
