package ui

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// tally is what snapshots count by class, of a window: the points of the history do not
// have that.
type tally struct {
	reuse  [load.NumReuseClasses]uint64
	derive [load.NumTimeBuckets]uint64
	sizes  load.SizeClasses
}

func (t *tally) set(s *load.Snapshot) {
	t.reuse, t.derive, t.sizes = s.Pool.ByReuse, s.Sampled.DeriveBuckets, s.Messages.BySize
}

// subtract takes away what was counted before.
func (t *tally) subtract(before *load.Snapshot) {
	for i, n := range before.Pool.ByReuse {
		t.reuse[i] -= n
	}
	for i, n := range before.Sampled.DeriveBuckets {
		t.derive[i] -= n
	}
	for i := range before.Messages.BySize {
		c, b := &t.sizes[i], &before.Messages.BySize[i]
		c.Seal.Count -= b.Seal.Count
		c.Seal.Total -= b.Seal.Total
		c.Open.Count -= b.Open.Count
		c.Open.Total -= b.Open.Total
		c.Bytes -= b.Bytes
	}
}

// tallyOver sets t to what was counted in the last window before the moment of v, or in
// as much of it as was recorded, and returns over how long that was.
func (v *view) tallyOver(t *tally, window time.Duration) (over time.Duration, ok bool) {
	t.set(v.snap)
	over = v.snap.Elapsed
	if from := v.snap.Elapsed - window; from > 0 { // all counters were 0 in the beginning
		before := v.history.snapAt(from)
		if oldest := &v.history.snaps.coarse; before == nil && oldest.n > 0 {
			before = oldest.at(0)
		}
		if before == nil || before.Elapsed >= v.snap.Elapsed {
			return 0, false
		}
		t.subtract(before)
		over -= before.Elapsed
	}
	return over, over > 0
}

// windowTally is the tally of a window as it was first drawn. The past is kept less
// finely the longer ago it is; what is frozen must not change by that.
type windowTally struct {
	tally
	over     time.Duration
	ok, made bool
	seq      uint64 // of the snapshot at its end
	end      time.Duration
	window   time.Duration
}

// update counts in the window of v, unless that was done before.
func (t *windowTally) update(v *view) {
	if t.made && t.seq == v.snap.Seq && t.end == v.snap.Elapsed && t.window == v.window {
		return
	}
	t.made, t.seq, t.end, t.window = true, v.snap.Seq, v.snap.Elapsed, v.window
	t.over, t.ok = v.tallyOver(&t.tally, v.window)
}
