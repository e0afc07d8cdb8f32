package ui

import (
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// How many whole snapshots are kept, for the figures of a past moment that the points
// do not have: one a second for 5 minutes, and one in 15 s for an hour. A snapshot has
// 4.2 KiB, so these are 2.2 MiB in all, and 0.3 MiB more for each kind of handshake
// that ran.
const (
	fineSnaps, fineSnapStep     = 5 * 60, time.Second
	coarseSnaps, coarseSnapStep = 4 * 60, 15 * time.Second
	// Snapshots do not come to the millisecond.
	snapSlack = 50 * time.Millisecond
)

// snapRing is a ring of snapshots in the order of their times.
type snapRing struct {
	snaps []load.Snapshot
	kinds [][]load.HandshakeKind // memory for what the snapshots point to
	first int                    // index of the oldest
	n     int
	step  time.Duration
	// Some are to be kept out of their turn, so far apart that somebody who goes on
	// changing the settings does not shorten the past to seconds: owed is whether there
	// is one to be kept, and extra when the last was.
	apart, extra time.Duration
	owed         bool
}

func newSnapRing(capacity int, step, apart time.Duration) snapRing {
	return snapRing{
		snaps: make([]load.Snapshot, capacity), kinds: make([][]load.HandshakeKind, capacity),
		step: step, apart: apart, extra: -forever,
	}
}

func (r *snapRing) slot(i int) int {
	if i += r.first; i >= len(r.snaps) {
		i -= len(r.snaps)
	}
	return i
}

// at returns the i-th oldest.
func (r *snapRing) at(i int) *load.Snapshot { return &r.snaps[r.slot(i)] }

func (r *snapRing) clear() { r.first, r.n, r.owed, r.extra = 0, 0, false, -forever }

// due tells whether it is time for the next.
func (r *snapRing) due(at time.Duration) bool {
	if r.owed && at-r.extra >= r.apart-snapSlack {
		r.extra = at
		return true
	}
	return r.n == 0 || at-r.at(r.n-1).Elapsed >= r.step-snapSlack
}

// push keeps s in place of the oldest. What it points to is copied into memory that
// stays, or shared with the one before where it is the same.
func (r *snapRing) push(s *load.Snapshot) {
	var before *load.Snapshot
	if r.n > 0 {
		before = r.at(r.n - 1)
	}
	if r.n == len(r.snaps) {
		r.first = r.slot(1)
		r.n--
	}
	i := r.slot(r.n)
	r.n++
	r.owed = false
	r.kinds[i] = append(r.kinds[i][:0], s.Handshakes.BySuite...)
	kept := &r.snaps[i]
	*kept = *s
	kept.GC.Recent = nil // the history has the cycles
	kept.Handshakes.BySuite = r.kinds[i]
	if before == nil || before == kept {
		return
	}
	if slices.Equal(before.Reasons, kept.Reasons) {
		kept.Reasons = before.Reasons
	}
	shareCauses(&before.Handshakes.HandshakeCounts, &kept.Handshakes.HandshakeCounts)
	for k := range min(len(before.Handshakes.BySuite), len(kept.Handshakes.BySuite)) {
		shareCauses(&before.Handshakes.BySuite[k].HandshakeCounts, &kept.Handshakes.BySuite[k].HandshakeCounts)
	}
}

// shareCauses has b point to the causes of a, if they are the same.
func shareCauses(a, b *load.HandshakeCounts) {
	if a.Failed == b.Failed && maps.Equal(a.FailedBy, b.FailedBy) {
		b.FailedBy = a.FailedBy
	}
}

// last returns the index of the newest at or before t, -1 if there is none.
func (r *snapRing) last(t time.Duration) int {
	return sort.Search(r.n, func(i int) bool { return r.at(i).Elapsed > t }) - 1
}

// snapshots is what is kept of the snapshots of an hour.
type snapshots struct{ fine, coarse snapRing }

func newSnapshots() snapshots {
	return snapshots{
		newSnapRing(fineSnaps, fineSnapStep, fineSnapStep), newSnapRing(coarseSnaps, coarseSnapStep, coarseSnapStep/3),
	}
}

func (s *snapshots) clear() {
	s.fine.clear()
	s.coarse.clear()
}

// push keeps a snapshot if it is time for one, or as soon as may be after one that is
// to be kept anyway, and reports whether it did.
func (s *snapshots) push(snap *load.Snapshot, anyway bool) bool {
	s.fine.owed, s.coarse.owed = s.fine.owed || anyway, s.coarse.owed || anyway
	if !s.fine.due(snap.Elapsed) {
		return false
	}
	s.fine.push(snap)
	if s.coarse.due(snap.Elapsed) {
		s.coarse.push(snap)
	}
	return true
}

// snapAt returns the newest snapshot kept that was taken at or before t, without its
// recent GC cycles; nil if there is none. It is valid until the next is pushed.
func (h *history) snapAt(t time.Duration) *load.Snapshot {
	for _, r := range [...]*snapRing{&h.snaps.fine, &h.snaps.coarse} {
		if i := r.last(t); i >= 0 {
			return r.at(i)
		}
	}
	return nil
}

// keptAfter returns the first moment after t of which a snapshot is kept, forever if
// there is none.
func (h *history) keptAfter(t time.Duration) time.Duration {
	fine, coarse := &h.snaps.fine, &h.snaps.coarse
	next := forever
	if i := coarse.last(t) + 1; i < coarse.n {
		next = coarse.at(i).Elapsed
	}
	if i := fine.last(t) + 1; i < fine.n {
		next = min(next, fine.at(i).Elapsed)
	}
	return next
}
