package load

import (
	"errors"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Session tells one session's story, and makes it the one that is watched: from now
// on, until two seconds after the last call or until there is another, its traffic is
// written down second by second, and what becomes of it at its end. Where the load
// has it, by its number, and what its stages took so far, is there as soon as a lane
// has found its pair.
//
// It returns [session.ErrClosed] for a session that is over and is not watched. While
// there is a comparison, and after the end of the load, it tells of the watched
// session, with [ErrComparing] or [ErrNotRunning].
func (e *Engine) Session(h session.Session) (SessionDetail, error) {
	e.watching.mu.Lock()
	defer e.watching.mu.Unlock()
	r, why := e.lister.serves() // under the lock, or it could be another one's turn by now
	w := e.watching.w
	if r != nil && w != nil && (w.handle != h || !w.ask(w.run.now())) {
		w = nil
	}
	if w == nil {
		if why != nil {
			return SessionDetail{}, why
		}
		if r == nil {
			return SessionDetail{}, session.ErrClosed
		}
		w = &watch{handle: h, run: r, begun: time.Duration(r.now())}
		if !w.look(int64(w.begun)) {
			return SessionDetail{}, session.ErrClosed
		}
		if m := w.last.Manager; m != r.initiators && m != r.responders {
			return SessionDetail{}, session.ErrNotFound
		}
		w.asked.Store(r.now())
		e.watching.w = w
		r.watch.Store(w)
	}
	if w.handle != h {
		return SessionDetail{}, why
	}
	w.mu.Lock()
	g, again := w.last.Glance, w.replay == nil || !w.sized && w.last.Messages > 0
	w.mu.Unlock()
	if r != nil && again {
		made := e.watching.replay(keyOf(&g))
		w.mu.Lock()
		w.replay, w.sized = made, g.Messages > 0
		w.mu.Unlock()
	}
	return w.tell(r, why), why
}

// tell returns the story as it is by now. r is the run that goes on, nil for none.
func (w *watch) tell(r *run, why error) SessionDetail {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.run.now()
	switch {
	case r == w.run:
		if info, err := w.handle.Info(); err == nil {
			w.info = info
		}
		if !w.look(now) {
			w.settle(now)
		}
	case r != nil:
		w.ended(endedByReset, int64(r.epoch.Sub(w.run.epoch)))
	case errors.Is(why, ErrComparing):
		if !w.look(now) {
			w.ended(endedByHold, now)
		}
	default:
		w.ended(endedByStop, int64(w.last.at+w.last.Manager.Epoch().Sub(w.run.epoch)))
	}
	epoch := w.run.epoch
	if r != nil {
		epoch = r.epoch
	}
	return w.detail(epoch, time.Duration(now))
}

// detail puts the record into the form of a SessionDetail, on the clock that began at
// epoch.
func (w *watch) detail(epoch time.Time, now time.Duration) SessionDetail {
	shift := w.run.epoch.Sub(epoch) // of what is kept on the run's
	d := SessionDetail{
		Known: w.known, Limits: w.last.Limits, KeyIDs: w.info.KeyIDs,
		EndedBy: w.endedBy,
	}
	if w.endedBy != "" {
		d.EndedAt = w.endedAt + shift
	}
	w.last.row(&d.SessionRow, epoch)
	p := &w.pair
	if w.known {
		d.Pair, d.Lane = p.number, w.lane
		d.Peer = p.b
		if w.end == 1 {
			d.Peer = p.a
		}
		d.Planned, d.Sent = int(p.messages), int(p.sent)
		d.PlannedEnd, d.LeftToExpire = time.Duration(p.born+p.life)+shift, p.expire
		if p.costs.shake != nil {
			d.Phases = new([handshake.NumPhases]PhaseTime)
			for i, c := range p.costs.shake {
				d.Phases[i] = PhaseTime{handshake.Phase(i).String(), c.Duration, c.Bytes}
			}
		}
	}
	d.Ledger = w.ledger(&d)
	d.Traffic = w.points(now)
	for i := range d.Traffic {
		d.Traffic[i].At += shift
	}
	return d
}

// ledger returns what each stage took.
func (w *watch) ledger(d *SessionDetail) []LedgerRow {
	var rows []LedgerRow
	c := &w.pair.costs
	if d.Phases != nil {
		sum := LedgerRow{Stage: "handshake", Count: 1, Time: c.shake.Total().Duration}
		for _, u := range units[d.Suite][d.Transport] {
			sum.Allocs += u.Allocs
			sum.AllocBytes += u.AllocBytes
		}
		sum.Replayed = sum.Allocs > 0
		rows = append(rows, sum)
	}
	// Messages go to and fro, and the initiator's end has the first.
	sealed := (uint64(w.pair.sent) + 1 - uint64(w.end)) / 2
	sealed = min(sealed, d.Messages) // one may not have come to be
	opened := d.Messages - sealed
	rows = append(rows,
		LedgerRow{Stage: "create", Count: 1, Time: time.Duration(c.create / 2)},
		LedgerRow{Stage: "seal", Count: sealed, Time: time.Duration(c.seal[w.end]), Bytes: d.BytesOut},
		LedgerRow{Stage: "open", Count: opened, Time: time.Duration(c.open[w.end]), Bytes: d.BytesIn},
	)
	if d.EndedBy != "" {
		rows = append(rows, LedgerRow{Stage: "close", Count: 1, Time: w.closing})
	}
	if w.replay == nil {
		return rows
	}
	for i := range rows {
		row := &rows[i]
		var u usage
		switch row.Stage {
		case "create":
			u, row.HKDF = w.replay.create, w.replay.hkdf
		case "seal":
			u = w.replay.seal
		case "open":
			u = w.replay.open
		case "close":
			u = w.replay.end
		default:
			continue
		}
		row.Replayed, row.Allocs, row.AllocBytes = true, u.objects, u.bytes
	}
	return rows
}

// points returns the traffic since the session was watched, up to now or its end.
func (w *watch) points(now time.Duration) []TrafficPoint {
	last := int64(min(now, w.lastMoment(now)) / time.Second)
	first := max(int64(w.begun/time.Second), last-trafficSeconds+1)
	points := make([]TrafficPoint, 0, max(last-first+1, 0))
	for n := first; n <= last; n++ {
		p := TrafficPoint{At: time.Duration(n) * time.Second}
		if s := &w.traffic[n%trafficSeconds]; s.n == n {
			p.Messages, p.BytesIn, p.BytesOut = s.messages, s.in, s.out
		}
		points = append(points, p)
	}
	return points
}

// lastMoment is when the record ends.
func (w *watch) lastMoment(now time.Duration) time.Duration {
	if w.endedBy != "" {
		return max(w.endedAt, w.begun)
	}
	return now
}
