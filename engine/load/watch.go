package load

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

const (
	// watchLinger is for how long a session stays watched after the last call.
	watchLinger = 2 * time.Second
	// trafficSeconds is how much of the traffic a watched session's story has.
	trafficSeconds = 120
	// seekTime is for how long a lane looks for a pair before it goes on with its
	// work, seekPairs how many it looks at between two looks at the clock, and
	// seekPart what part of the time it looks for pairs at most, one over so much.
	seekTime  = 200 * time.Microsecond
	seekPairs = 64
	seekPart  = 10
)

// How a session can end.
const (
	endedOfAge    = "closed at the end of its life"
	endedByHand   = "closed by hand"
	endedByPeer   = "closed because its peer was"
	endedByHold   = "closed for a comparison"
	endedByReset  = "closed by a reset"
	endedByStop   = "closed when the load ended"
	endedByFault  = "closed after a failure"
	endedLeft     = "expired: left to its limit of age"
	endedAge      = "expired: age"
	endedIdle     = "expired: idle"
	endedMessages = "expired: messages"
)

// unwatched marks a watch that who ran its pair has let go of.
const unwatched = -1 << 62

// watching is the session that somebody looks at.
type watching struct {
	mu sync.Mutex
	w  *watch
	// replays are those made so far.
	replays map[replayKey]*replay
}

// quiet returns when no replay is under way.
func (w *watching) quiet() {
	w.mu.Lock()
	defer w.mu.Unlock()
}

// forget lets go of a session that is not of the run, unless somebody asks still,
// which it tells.
func (w *watching) forget(r *run) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch o := w.w; {
	case o == nil || o.run == r:
		return true
	case time.Duration(o.run.now()-o.asked.Load()) <= watchLinger:
		return false
	}
	w.w = nil
	return true
}

// replay returns what the calls of such a session take. The caller holds mu.
func (w *watching) replay(k replayKey) *replay {
	r, made := w.replays[k]
	if !made {
		r = k.run()
		if w.replays == nil {
			w.replays = make(map[replayKey]*replay)
		}
		w.replays[k] = r
	}
	return r
}

// watch is the record of one session that somebody looks at. Who runs its pair
// writes into it what happens.
type watch struct {
	handle session.Session
	run    *run
	begun  time.Duration // engine time
	asked  atomic.Int64  // engine time of the last call, or unwatched

	mu      sync.Mutex
	last    seen
	info    session.Info // with limits and key ids
	endedBy string
	endedAt time.Duration
	closing time.Duration // how long the close took, where the load did it
	replay  *replay       // what its calls take; nil where that is not known
	sized   bool          // with messages of its size

	// Of the pair; known once a lane has found it.
	known   bool
	pair    pair // a copy
	end     int  // which of its ends this is
	lane    int
	traffic [trafficSeconds]second
}

// second is what went through a session in one second of engine time.
type second struct {
	n        int64 // which; the others are 0 where it is another one
	messages uint32
	in, out  uint64
}

// seeker is a lane's search for the pair of a watched session.
type seeker struct {
	known  *watch // the latest that was heard of
	wanted *watch // nil while nothing is looked for
	bucket int    // of the agenda, up to which was looked
	again  int64  // when it goes on, engine time
}

// seek goes on with the search for the pair of a watched session, for a short time.
// A pair that moves meanwhile does so because it is served, and is met there.
func (l *lane) seek() {
	if w := l.run.watch.Load(); w != l.known {
		l.known, l.wanted, l.bucket = w, w, 0
		for p := l.agenda.ready; p != nil && l.wanted != nil; p = p.link {
			l.meet(p)
		}
	}
	if l.wanted == nil {
		return
	}
	began, n := l.run.now(), 0
	if began < l.again {
		return
	}
	for ; l.bucket < agendaBuckets; l.bucket++ {
		for p := l.agenda.buckets[l.bucket]; p != nil; p = p.link {
			if l.meet(p); l.wanted == nil {
				return
			}
			n++
		}
		if n >= seekPairs {
			n = 0
			if took := l.run.now() - began; took >= int64(seekTime) {
				l.bucket++
				l.again = began + seekPart*took
				return
			}
		}
	}
	l.wanted = nil
}

// meet looks whether a pair is the one that is looked for.
func (l *lane) meet(p *pair) {
	w := l.wanted
	if p.a != w.handle && p.b != w.handle {
		return
	}
	l.wanted, p.watch = nil, w
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known, w.lane = true, l.index
	w.copy(p)
	if p.b == w.handle {
		w.end = 1
	}
}

// exchanged writes down a message of the given end, which was opened at a time.
func (w *watch) exchanged(p *pair, now int64, end, size int) {
	if asked := w.asked.Load(); now-asked > int64(watchLinger) && w.asked.CompareAndSwap(asked, unwatched) {
		p.watch = nil
		w.run.watch.CompareAndSwap(w, nil)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.copy(p)
	n := now / int64(time.Second)
	s := &w.traffic[n%trafficSeconds]
	if s.n != n {
		*s = second{n: n}
	}
	s.messages++
	if end == w.end {
		s.out += uint64(size)
	} else {
		s.in += uint64(size)
	}
	w.look(now)
}

// ask notes that somebody asks, and tells whether the watch goes on: it does not once
// it was let go of, or could be any moment.
func (w *watch) ask(now int64) bool {
	asked := w.asked.Load()
	return asked != unwatched && now-asked <= int64(watchLinger) && w.asked.CompareAndSwap(asked, max(now, asked))
}

// copy takes over what is known of the pair. The caller holds mu.
func (w *watch) copy(p *pair) {
	w.pair = *p
	w.pair.watch, w.pair.link = nil, nil // which would keep others
}

// look reads the session anew, if it lives. The caller holds mu.
func (w *watch) look(now int64) bool {
	if w.last.ended {
		return false
	}
	if w.handle.Glance(&w.last.Glance) != nil {
		w.last.ended = true
		return false
	}
	w.last.at = time.Duration(now) - w.last.Manager.Epoch().Sub(w.run.epoch)
	return true
}

// ended writes down how and when the session ended, if nobody did before.
func (w *watch) ended(by string, at int64) {
	if w.endedBy == "" {
		w.endedBy, w.endedAt = by, time.Duration(at)
	}
	w.last.ended = true
}

// finishWatched is finish for a pair one of whose ends is watched.
func (l *lane) finishWatched(p *pair) {
	w := p.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.copy(p)
	for end, s := range [...]session.Session{p.a, p.b} {
		if end == w.end {
			w.look(l.run.now())
		}
		if p.expire {
			_ = s.SetLimits(session.Limits{MaxAge: 1})
			continue
		}
		t0 := l.run.now()
		if s.Close() != nil {
			continue
		}
		now := l.run.now()
		l.rec.end.add(1, now-t0)
		if end == w.end {
			by := endedOfAge
			switch {
			case l.drain:
				by = endedByHold
			case now < p.born+p.life:
				by = endedByPeer
			}
			w.closing = time.Duration(now - t0)
			w.ended(by, now)
		}
	}
}

// failWatched tells the watch of a pair whose ends were closed after a failure.
func (p *pair) failWatched(now int64) {
	if w := p.watch; w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ended(endedByFault, now)
	}
}

// settle finds out how a session ended that nobody closed, as far as can be told.
// The caller holds mu.
func (w *watch) settle(now int64) {
	if w.endedBy != "" {
		return
	}
	g := &w.last.Glance
	offset := g.Manager.Epoch().Sub(w.run.epoch)
	by, at := endedOfAge, now
	if l := g.Limits; l.MaxMessages > 0 && g.Messages >= l.MaxMessages {
		by, at = endedMessages, int64(g.LastUsed+offset)
	} else if w.known && w.pair.expire && time.Duration(now) >= time.Duration(w.pair.born+w.pair.life) {
		by, at = endedLeft, w.pair.born+w.pair.life
	} else if end := g.Expires; end != session.NoEnd && time.Duration(now) >= end+offset {
		by, at = endedIdle, int64(end+offset)
		if l.MaxAge > 0 && end == g.Created+l.MaxAge {
			by = endedAge
		}
	}
	w.ended(by, at)
}

// CloseSession ends one session of the load by hand: one end of a pair. Its peer goes
// on until the pair's next message, or its end. The session counts as removed. It
// returns [session.ErrClosed] for one that is over, [session.ErrNotFound] for one
// that is not the load's, [ErrComparing] and [ErrNotRunning].
func (e *Engine) CloseSession(h session.Session) error {
	e.watching.mu.Lock()
	defer e.watching.mu.Unlock()
	r, why := e.lister.serves()
	if why != nil {
		return why
	}
	if r == nil {
		return session.ErrClosed
	}
	var g session.Glance
	if err := h.Glance(&g); err != nil {
		return err
	}
	if g.Manager != r.initiators && g.Manager != r.responders {
		return session.ErrNotFound
	}
	w := e.watching.w
	if w == nil || w.handle != h {
		return h.Close()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.look(r.now())
	t0 := r.now()
	err := h.Close()
	if err == nil {
		w.closing = time.Duration(r.now() - t0)
		w.ended(endedByHand, t0)
	}
	return err
}

// serves returns the run whose sessions there are, or why there are none.
func (l *lister) serves() (*run, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run, l.err
}
