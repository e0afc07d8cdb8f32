package ui

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// snapshotAt returns a snapshot with that time and number of sessions created.
func snapshotAt(at time.Duration, created uint64) *load.Snapshot {
	s := &load.Snapshot{Elapsed: at, State: load.Running, Config: load.Default()}
	s.Sessions.Created = created
	s.Offered = float64(created)
	return s
}

func TestHistoryKeepsAnHour(t *testing.T) {
	h := newHistory()
	const perSecond = 10
	for i := range 70 * 60 * perSecond {
		h.push(snapshotAt(time.Duration(i+1)*time.Second/perSecond, uint64(i)))
	}
	end := h.fine.time(h.fine.n - 1)
	if h.fine.n != finePoints || h.coarse.n != coarsePoints {
		t.Errorf("holds %d fine and %d coarse points, want %d and %d", h.fine.n, h.coarse.n, finePoints, coarsePoints)
	}
	if got := end - h.fine.time(0); got < fineSpan-time.Second {
		t.Errorf("fine points go back %v, want %v", got, fineSpan)
	}
	if got := end - h.coarse.time(0); got < time.Hour-time.Minute {
		t.Errorf("coarse points go back %v, want 1h", got)
	}
	d, ok := h.between(end, time.Hour)
	if got := d.rate(countCreated); !ok || math.Abs(got-perSecond) > 1e-6 {
		t.Errorf("rate over the hour = %v, want %d", got, perSecond)
	}
}

// TestHistoryKeepsTheWholeRun: in memory that does not grow, and never with less
// than half its points.
func TestHistoryKeepsTheWholeRun(t *testing.T) {
	h := newHistory()
	at := time.Duration(0)
	for i := range 40_000 {
		at += time.Second
		h.push(snapshotAt(at, uint64(7*i)))
	}
	if h.whole.n < wholePoints/2 || len(h.whole.at) != wholePoints || h.whole.time(0) != time.Second {
		t.Errorf("holds %d points of %d from %v on", h.whole.n, len(h.whole.at), h.whole.time(0))
	}
	var c columns
	c.place(h.seriesFor(11*time.Hour), 0, 100*time.Second, 400, at)
	for i, v := range c.collect(nil, sessionsRate) {
		if math.Abs(v-7) > 1e-9 {
			t.Fatalf("column %d is %v, want 7", i, v)
		}
	}
	for i := range h.whole.n - 1 {
		if h.whole.time(i+1) <= h.whole.time(i) {
			t.Fatalf("point %d is not after the one before", i+1)
		}
	}
}

func TestFailures(t *testing.T) {
	if len(causes) > maxCauses {
		t.Fatalf("%d causes, but room for %d", len(causes), maxCauses)
	}
	if got := failures(&load.HandshakeCounts{}); got != [maxCauses]uint64{} {
		t.Errorf("no failures are %v", got)
	}
	c := load.HandshakeCounts{Failed: 10, FailedBy: load.Causes{causes[0]: 3, causes[2]: 2, "what nobody knows": 5}}
	got := failures(&c)
	if got[0] != 3 || got[2] != 2 || got[len(causes)-1] != 5 {
		t.Errorf("of %v: %v", c.FailedBy, got)
	}
}

func TestHistoryBetween(t *testing.T) {
	h := newHistory()
	if _, ok := h.between(0, time.Second); ok {
		t.Error("an empty history has a difference")
	}
	for i, created := range []uint64{0, 100, 300, 600} {
		h.push(snapshotAt(time.Duration(i)*time.Second, created))
	}
	tests := []struct {
		name    string
		end, d  time.Duration
		created float64
		elapsed time.Duration
		ok      bool
	}{
		{"the last second", 3 * time.Second, time.Second, 300, time.Second, true},
		{"two seconds", 3 * time.Second, 2 * time.Second, 500, 2 * time.Second, true},
		{"shorter than a step", 3 * time.Second, time.Millisecond, 300, time.Second, true},
		{"longer than the past", 3 * time.Second, time.Minute, 600, 3 * time.Second, true},
		{"in the past", 2500 * time.Millisecond, time.Second, 200, time.Second, true},
		{"before the second point", 500 * time.Millisecond, time.Second, 0, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, ok := h.between(tt.end, tt.d)
			if ok != tt.ok {
				t.Fatalf("ok = %v, want %v", ok, tt.ok)
			}
			if ok && (d.created() != tt.created || d.elapsed != tt.elapsed) {
				t.Errorf("%v created in %v, want %v in %v", d.created(), d.elapsed, tt.created, tt.elapsed)
			}
		})
	}
}

func TestHistoryStartsAnewAfterReset(t *testing.T) {
	h := newHistory()
	for i := range 10 {
		s := snapshotAt(time.Duration(i+1)*time.Second, uint64(100*i))
		s.Config.Rate += float64(i)
		s.GC.Recent = []load.Cycle{{Number: uint64(i + 1), At: s.Elapsed, Pause: 1}}
		h.push(s)
	}
	if len(h.markers) != 9 || len(h.cycles) != 10 {
		t.Fatalf("%d markers and %d cycles, want 9 and 10", len(h.markers), len(h.cycles))
	}
	fell := snapshotAt(11*time.Second, 5)
	if h.push(fell); h.resets != 0 {
		t.Error("a counter that falls is taken for a reset")
	}
	s := snapshotAt(time.Second/10, 5)
	s.Run = 1
	s.GC.Recent = []load.Cycle{{Number: 10, At: -time.Second}, {Number: 11, At: time.Second / 20}}
	h.push(s)
	if h.fine.n != 1 || h.coarse.n != 1 || len(h.markers) != 0 || len(h.cycles) != 1 {
		t.Errorf("after a reset: %d fine, %d coarse, %d markers, %d cycles; want 1, 1, 0, 1",
			h.fine.n, h.coarse.n, len(h.markers), len(h.cycles))
	}
	h.push(s) // the same again
	if h.fine.n != 1 {
		t.Errorf("the same snapshot twice gives %d points", h.fine.n)
	}
}

func TestHistoryCycles(t *testing.T) {
	h := newHistory()
	s := snapshotAt(time.Second, 0)
	for i := range maxCycles + 100 {
		s.GC.Recent = append(s.GC.Recent, load.Cycle{Number: uint64(i + 1), At: time.Duration(i) * time.Millisecond, Pause: time.Duration(i)})
	}
	all := s.GC.Recent
	s.GC.Recent = all[:50]
	h.push(s)
	s.Elapsed *= 2
	s.GC.Recent = all[20:] // overlaps with what is known
	h.push(s)
	if len(h.cycles) != maxCycles || h.cycle(0).Number != 101 || h.cycle(maxCycles-1).Number != maxCycles+100 {
		t.Errorf("holds %d cycles from %d to %d, want the newest %d", len(h.cycles), h.cycle(0).Number, h.cycle(len(h.cycles)-1).Number, maxCycles)
	}
	low, high := h.cyclesIn(200*time.Millisecond, 205*time.Millisecond)
	if high-low != 5 || h.cycle(low).At != 201*time.Millisecond {
		t.Errorf("cycles after 200 ms up to 205 ms: %d from %v, want 5 from 201 ms", high-low, h.cycle(low).At)
	}
}

func TestReuse(t *testing.T) {
	tests := []struct {
		name                string
		created, gets, hits uint64
		want                float64
	}{
		{"all hits", 10, 10, 10, 1},
		{"half", 10, 10, 5, 0.5},
		{"pool off", 10, 0, 0, 0},
		{"nothing created", 0, 0, 0, math.NaN()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := delta{&point{}, &point{counters: counters{created: tt.created, gets: tt.gets, hits: tt.hits}}, time.Second}
			if got := d.reuse(); got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
				t.Errorf("reuse = %v, want %v", got, tt.want)
			}
		})
	}
}

// TestColumnsAddUp: whatever snapshots are missing and however a window is cut,
// the columns add up to the difference over the window, and none counts twice.
func TestColumnsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory()
		var at time.Duration
		var created uint64
		for range rapid.IntRange(1, 200).Draw(t, "points") {
			at += time.Duration(rapid.IntRange(20, 900).Draw(t, "gap")) * time.Millisecond
			created += uint64(rapid.IntRange(0, 1000).Draw(t, "created"))
			h.push(snapshotAt(at, created))
		}
		end := time.Duration(rapid.Int64Range(0, int64(at+time.Second)).Draw(t, "end"))
		window := rapid.SampledFrom(windows[:4]).Draw(t, "window")
		var c columns
		c.cut(&h.fine, window, end, rapid.IntRange(1, 100).Draw(t, "cells"), rapid.IntRange(1, 2).Draw(t, "per cell"))

		if right := c.start + time.Duration(c.n)*c.step; right < end || right > end+2*c.step {
			t.Fatalf("the right border %v is not just after the end %v", right, end)
		}
		sum, total := 0.0, 0.0
		for i := range c.n {
			from, to := max(c.edge[i], 0), c.edge[i+1]
			if to > from {
				sum += float64(h.fine.point(to).created - h.fine.point(from).created)
			}
			if d, ok := c.delta(i); ok && d.elapsed <= 0 {
				t.Fatalf("column %d lasts %v", i, d.elapsed)
			}
		}
		if last := c.edge[c.n]; last >= 0 {
			total = float64(h.fine.point(last).created - h.fine.point(max(c.edge[0], 0)).created)
			if h.fine.time(last) > end {
				t.Fatalf("the newest point %v is after the end %v", h.fine.time(last), end)
			}
		}
		if sum != total {
			t.Fatalf("columns add up to %v, want %v", sum, total)
		}
	})
}

// TestColumnsStandStill: as time goes on, the figures of the past move by whole
// cells and do not change.
func TestColumnsStandStill(t *testing.T) {
	h := newHistory()
	for i := range 600 {
		h.push(snapshotAt(time.Duration(i)*100*time.Millisecond+time.Duration(i*i%37)*time.Millisecond, uint64(i*i)))
	}
	const cells = 40
	var before, after columns
	for end := 40 * time.Second; end < 50*time.Second; end += 130 * time.Millisecond {
		before.cut(&h.fine, 30*time.Second, end, cells, 2)
		after.cut(&h.fine, 30*time.Second, end+170*time.Millisecond, cells, 2)
		shift := int((after.start - before.start) / before.step)
		if shift%2 != 0 {
			t.Fatalf("at %v the chart moves by %d columns, not by whole cells", end, shift)
		}
		a, b := before.collect(nil, sessionsRate), after.collect(nil, sessionsRate)
		// The newest columns may still be filling.
		if past := a[shift : len(a)-3]; !slices.Equal(past, b[:len(past)]) {
			t.Fatalf("at %v the past changes:\n%v\n%v", end, past, b[:len(past)])
		}
	}
}

func TestColumnsBetweenPoints(t *testing.T) {
	h := newHistory()
	for i := range 5 {
		h.push(snapshotAt(time.Duration(i)*time.Second, uint64(100*i)))
	}
	var c columns
	c.cut(&h.fine, 10*time.Second, 4*time.Second, 40, 1) // 250 ms each
	got := c.collect(nil, sessionsRate)
	for i, v := range got {
		right := c.start + time.Duration(i+1)*c.step
		switch {
		case right <= 0 && !math.IsNaN(v):
			t.Errorf("column %d, before the first point, is %v", i, v)
		case right > 0 && right <= 4*time.Second && v != 100:
			t.Errorf("column %d up to %v is %v, want 100", i, right, v)
		}
	}
	if x := c.column(4 * time.Second); x != c.n-1 {
		t.Errorf("the end is in column %d, want the last of %d", x, c.n)
	}
	if x := c.column(c.start); x != -1 {
		t.Errorf("the left border is in column %d, want -1", x)
	}
}

func TestQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 50), func(v int) time.Duration { return time.Duration(v) }), 1, 200).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		sorted := slices.Sorted(slices.Values(values))
		want := sorted[min(max(int(math.Ceil(q*float64(len(values))))-1, 0), len(values)-1)]
		if got := quantile(values, q); got != want {
			t.Fatalf("quantile %v of %v = %v, want %v", q, sorted, got, want)
		}
	})
	if got := quantile(nil, 0.99); got != 0 {
		t.Errorf("quantile of nothing = %v", got)
	}
}

func TestChangeLabel(t *testing.T) {
	base := load.Default()
	base.Optimizations = session.Baseline
	tests := []struct {
		name string
		edit func(*load.Config)
		want string
	}{
		{"nothing", func(*load.Config) {}, ""},
		{"key buffer", func(c *load.Config) { c.Optimizations.KeyBuffer = true }, "P0-1 on"},
		{"single HKDF", func(c *load.Config) { c.Optimizations.SingleHKDF = true }, "P0-2 on"},
		{"pool", func(c *load.Config) { c.Optimizations.Pool = session.PoolSync }, "pool sync"},
		{"reusable hash", func(c *load.Config) { c.Optimizations.ReusableHash = true }, "P0+ on"},
		{"a preset", func(c *load.Config) { c.Optimizations = session.Tuned }, "tuned"},
		{"two switches", func(c *load.Config) { c.Optimizations.KeyBuffer, c.Optimizations.SingleHKDF = true, true }, "custom"},
		{"rate", func(c *load.Config) { c.Rate = 10000 }, "rate 10k/s"},
		{"a parameter", func(c *load.Config) { c.GOGC = 200 }, "gogc 200"},
		{"two parameters", func(c *load.Config) { c.Lifetime, c.GOGC = load.Fixed(time.Second), 200 }, "lifetime 1s +1"},
		{"switch and parameter", func(c *load.Config) { c.Optimizations.KeyBuffer, c.GOGC = true, 50 }, "P0-1 on +1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := base
			tt.edit(&c)
			if got := changeLabel(base, c); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// That there was a comparison is marked once, however many snapshots say so.
func TestComparisonsAreMarked(t *testing.T) {
	h := newHistory()
	f := newFakeLoad(session.Baseline)
	for range 2 {
		for _, state := range []load.State{load.Running, load.Comparing, load.Comparing, load.Running} {
			s := f.step()
			s.State = state
			h.push(&s)
		}
	}
	if n := len(h.markers); n != 2 || h.markers[0].label != "compared" || h.markers[1].label != "compared" {
		t.Errorf("markers %v", h.markers)
	}
}
