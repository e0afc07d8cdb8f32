package ui

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// moment is where in time a frozen view stands, and what was known there. It is made
// when the cursor moves, so that nothing of it changes while recording goes on.
type moment struct {
	freeze time.Duration // when the view was frozen
	at     time.Duration // the cursor: the freeze, or when a snapshot was taken that is kept
	end    time.Duration // the right end of the charts: not before at, not after freeze

	newest   load.Snapshot // that of the freeze
	snap     load.Snapshot // the newest known at the cursor
	kinds    []load.HandshakeKind
	changed  time.Duration
	footing  footing
	measured measurements
}

// begin stands at s, which is the newest.
func (p *moment) begin(h *history, s *load.Snapshot) {
	p.newest = *s
	p.freeze, p.at, p.end = s.Elapsed, s.Elapsed, s.Elapsed
	p.fill(h)
}

// moveTo puts the cursor at a moment of which a snapshot is kept, so that all figures
// are of one time: the nearest, but never that where it is if it is to move. The window
// follows it.
func (p *moment) moveTo(h *history, at, window time.Duration) {
	const edge = 20 // so much of the window is beyond a cursor that moves it
	was := p.at
	before, after := p.kept(h, at), min(h.keptAfter(at), p.freeze)
	p.at = before
	if at > was && before <= was || after-at < at-before && (at > was || after < was) {
		p.at = after
	}
	if margin := window / edge; p.at < p.end-window+margin {
		p.end = p.at + window - margin
	}
	p.end = min(max(p.end, p.at), p.freeze)
	p.fill(h)
}

// kept returns the last moment up to at of which a snapshot is kept, or the freeze.
func (p *moment) kept(h *history, at time.Duration) time.Duration {
	if at >= p.freeze {
		return p.freeze
	}
	oldest := h.oldest()
	if s := h.snapAt(max(at, oldest)); s != nil && s.Elapsed >= oldest {
		return min(s.Elapsed, p.freeze)
	}
	return p.freeze
}

// fill gathers what was known at the cursor.
func (p *moment) fill(h *history) {
	p.snap = p.newest
	if s := h.snapAt(p.at); s != nil && p.at < p.freeze {
		p.snap = *s
		// The memory of the ring is used again.
		p.kinds = append(p.kinds[:0], s.Handshakes.BySuite...)
		p.snap.Handshakes.BySuite = p.kinds
	}
	p.footing, p.changed = h.standingAt(p.at)
	h.measuredAt(&p.measured, p.at)
}

// oldest is the first moment of which everything is recorded: a snapshot, and the points
// that rates are taken from; the newest moment where there is none.
func (h *history) oldest() time.Duration {
	if h.coarse.n == 0 || h.snaps.coarse.n == 0 {
		return 0
	}
	for at := max(h.coarse.time(0), h.snaps.coarse.at(0).Elapsed); at != forever; at = h.keptAfter(at) {
		if _, ok := h.between(at, recent); ok {
			return at
		}
	}
	return h.fine.time(h.fine.n - 1)
}

// era is a stretch of time in which neither the configuration nor what the load does
// changed.
type era struct {
	since   time.Duration
	changed time.Duration // when the configuration came into force
	footing footing
	// What was measured in it, if anything was, and from when on.
	known   bool
	first   time.Duration
	figures figures
}

// maxEras is how many are kept, 600 bytes each.
const maxEras = 64

// eras are the newest, oldest first, and what was measured before them.
type eras struct {
	list   []era
	before measurements
}

func newEras() eras {
	return eras{make([]era, 0, maxEras), newMeasurements()}
}

// begin adds an era.
func (e *eras) begin(since, changed time.Duration, f *footing) {
	if len(e.list) == maxEras {
		e.before.add(&e.list[0])
		copy(e.list, e.list[1:])
		e.list = e.list[:maxEras-1]
	}
	e.list = append(e.list, era{since: since, changed: changed, footing: *f})
}

// measured notes what is known of the newest era.
func (e *eras) measured(at time.Duration, f figures) {
	now := &e.list[len(e.list)-1]
	if !now.known {
		now.known, now.first = true, at
	}
	now.figures = f
}

// clear drops the eras, but nothing of what was measured in them.
func (e *eras) clear() {
	for i := range e.list {
		e.before.add(&e.list[i])
	}
	e.list = e.list[:0]
}

// last returns the index of the era that a moment is in, -1 for one before them.
func (e *eras) last(at time.Duration) int {
	i := len(e.list) - 1
	for i >= 0 && e.list[i].since > at {
		i--
	}
	return i
}

// add remembers what was measured in an era.
func (m *measurements) add(e *era) {
	if e.known {
		m.put(e.footing.key, e.figures)
	}
}

// standingAt returns what the load stood on at a moment, and since when its
// configuration was in force; nothing counts as steady where that is not known.
func (h *history) standingAt(at time.Duration) (f footing, changed time.Duration) {
	i := h.eras.last(at)
	if i < 0 {
		return footing{from: forever, until: forever}, at
	}
	return h.eras.list[i].footing, h.eras.list[i].changed
}

// measuredAt fills m with what was known of the optimizations at a moment.
func (h *history) measuredAt(m *measurements, at time.Duration) {
	m.set(&h.eras.before)
	last := h.eras.last(at)
	for i := range last + 1 {
		e := &h.eras.list[i]
		switch {
		case !e.known || e.first > at:
		case i < last || i == len(h.eras.list)-1 && at >= h.fine.time(h.fine.n-1):
			m.add(e)
		default: // it went on, and came to other figures
			s := h.seriesAt(at, maxSteady)
			k := s.last(min(at, e.footing.until))
			if k < 0 {
				continue
			}
			if f, ok := h.steadyFigures(&e.footing, s.time(k)); ok {
				m.put(e.footing.key, f)
			}
		}
	}
}
