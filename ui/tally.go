package ui

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// tally is what a snapshot counts by class, which is too much for each point of the
// history.
type tally struct {
	reuse  [load.NumReuseClasses]uint64
	derive [load.NumTimeBuckets]uint64
	sizes  load.SizeClasses
}

func (t *tally) set(s *load.Snapshot) {
	t.reuse, t.derive, t.sizes = s.Pool.ByReuse, s.Sampled.DeriveBuckets, s.Messages.BySize
}

// subtract takes away what was counted before.
func (t *tally) subtract(before *tally) {
	for i, n := range before.reuse {
		t.reuse[i] -= n
	}
	for i, n := range before.derive {
		t.derive[i] -= n
	}
	for i := range before.sizes {
		c, b := &t.sizes[i], &before.sizes[i]
		c.Seal.Count -= b.Seal.Count
		c.Seal.Total -= b.Seal.Total
		c.Open.Count -= b.Open.Count
		c.Open.Total -= b.Open.Total
		c.Bytes -= b.Bytes
	}
}

// tallies are the tallies of the past: of the last minute a second apart, and further
// back ever further apart, up to an hour.
type tallies [len(tallySteps)]tallyRing

var tallySteps = [...]time.Duration{time.Second, 5 * time.Second, time.Minute}

const tallyKept = 64

type tallyRing struct {
	at      []time.Duration // nil until the first
	tallies []tally
	first   int
}

func (t *tallies) clear() {
	for i := range t {
		t[i].at, t[i].tallies, t[i].first = t[i].at[:0], t[i].tallies[:0], 0
	}
}

func (t *tallies) push(s *load.Snapshot) {
	for i := range t {
		r, n := &t[i], len(t[i].at)
		if n > 0 && s.Elapsed-r.at[(r.first+n-1)%n] < tallySteps[i]-coarseStep/20 {
			continue
		}
		if n < tallyKept {
			if r.at == nil {
				r.at, r.tallies = make([]time.Duration, 0, tallyKept), make([]tally, 0, tallyKept)
			}
			r.at, r.tallies = r.at[:n+1], r.tallies[:n+1]
		} else {
			n = r.first
			r.first = (r.first + 1) % tallyKept
		}
		r.at[n] = s.Elapsed
		r.tallies[n].set(s)
	}
}

// before returns the newest tally at or before a moment, and its own.
func (t *tallies) before(at time.Duration) (*tally, time.Duration) {
	for i := range t {
		r := &t[i]
		for k := len(r.at) - 1; k >= 0; k-- {
			if j := (r.first + k) % len(r.at); r.at[j] <= at {
				return &r.tallies[j], r.at[j]
			}
		}
	}
	return nil, 0
}

// tallyOver sets t to what was counted in the last window before the moment of v, and
// returns over how long that was. ok is false where too little is known of the past.
func (v *view) tallyOver(t *tally, window time.Duration) (over time.Duration, ok bool) {
	t.set(v.snap)
	over = v.snap.Elapsed
	if from := v.snap.Elapsed - window; from > 0 { // all counters were 0 in the beginning
		before, at := v.history.tallies.before(from)
		if before == nil {
			return 0, false
		}
		t.subtract(before)
		over -= at
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
