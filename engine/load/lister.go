package load

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

const (
	// listerLinger is for how long after the last question sessions are passed over.
	listerLinger = 2 * time.Second
	// listerWork is for how long a lister works before it rests, and listerChunk
	// how many sessions it looks at between two looks at the clock.
	listerWork  = 2 * time.Millisecond
	listerChunk = 256
	// listerEvery is how far apart passes over few sessions begin.
	listerEvery = 100 * time.Millisecond
	// busyShare and idleShare are what passes may take of all processor time: while
	// the load needs it, and while most of it is idle or somebody waits for the first
	// answer to a question. Waking up so often, and answering, takes a third as much
	// again as the former, which makes one hundredth.
	busyShare, idleShare = 0.0075, 0.10
	// urgentEvery is how long after a pass that was hurried, whole or not, there is
	// another: questions that change all the time are no way to more than busyShare.
	urgentEvery = 2 * time.Second
	// listerRoom is the step in which rows are kept, so that scrolling a little
	// takes no other pass.
	listerRoom = 256
)

// Sessions lists sessions of the load. It does not wait for them to be looked at,
// of which there may be a million: passes over all of them go on in the background
// while somebody asks, and for two seconds more, and a call tells the order that the
// last pass found, with rows that are read now. A pass costs the load at most one
// hundredth of the processor time, and up to a tenth while most of that is idle. So may
// the first pass for a new query, that its answer comes soon, unless the last pass for
// which that was so ended less than two seconds ago. A query that
// differs in Offset, Limit or Follow alone is not new, as long as the answer is in
// what was kept.
//
// What is kept takes memory by Offset and Limit together, some 200 bytes a row, and
// for no more rows than there are sessions.
//
// The error is a [*FilterError]; [ErrComparing] and [ErrNotRunning] come with the
// last list, whose sessions are over.
func (e *Engine) Sessions(q SessionQuery) (SessionList, error) { return e.lister.list(q) }

// lister answers Engine.Sessions. It keeps what the last pass found and, while
// somebody asks, a goroutine of the run that makes one pass after the other.
type lister struct {
	mu     sync.Mutex
	run    *run  // whose sessions they are; nil where there are none to be listed
	err    error // why not
	asked  time.Time
	query  question
	found  *found        // by the last pass for query; nil before the first
	spare  *found        // another one's memory
	going  chan struct{} // closed when the goroutine has ended; nil while there is none
	change chan struct{} // has room for one; tells of edits
	// edits grows with each change for which the pass under way is no good, and
	// urgent is whether there was no pass since.
	edits  atomic.Uint64
	urgent bool

	followed seen // as it was when seen last
	place    int  // its index in what was found
}

func newLister() *lister {
	return &lister{err: ErrNotRunning, change: make(chan struct{}, 1)}
}

// question is what a pass is made for.
type question struct {
	text    string
	filter  SessionFilter
	order   SessionColumn
	reverse bool
	keep    int // rows
	follow  session.Session
}

// found is what a pass came to.
type found struct {
	kept           []ranked // in order
	matched, total int
	at, took       time.Duration
	epoch          time.Time // the run's
	before         int       // those before the followed session, by what it was at when the pass began; -1 for none
}

// seen is a session as it was when it was looked at.
type seen struct {
	session.Glance
	at    time.Duration // when that was, on the manager's clock
	ended bool
}

// ranked is a session in an order.
type ranked struct {
	key uint64
	seen
}

// compare tells which of two comes first. It is 0 for the same session only: ends
// with the same id differ in their roles.
func (a *ranked) compare(b *ranked, reverse bool) int {
	c := cmp.Compare(a.key, b.key)
	if c == 0 {
		c = bytes.Compare(a.ID[:], b.ID[:])
	}
	if c == 0 {
		c = cmp.Compare(a.Role, b.Role)
	}
	if reverse {
		return -c
	}
	return c
}

// use makes the sessions of r those to be listed.
func (l *lister) use(r *run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run, l.err = r, nil
	l.query.follow = session.Session{} // what is known of one is of another run
	l.found, l.spare = nil, nil        // which would keep that run
	l.edit()
}

// forget lets go of a followed session that is over, unless somebody asks still,
// which it tells: the session would keep all that its run had.
func (l *lister) forget() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.followed.Manager; m == nil || l.run == nil || m == l.run.initiators || m == l.run.responders {
		return true // none, or of the run that goes on, or that was the last
	}
	if time.Since(l.asked) <= listerLinger {
		return false
	}
	l.followed, l.query.follow = seen{}, session.Session{}
	return true
}

// leave says that there are none to be listed, and why. It returns what is closed
// when nobody looks at them any more.
func (l *lister) leave(err error) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run, l.err = nil, err
	l.edit()
	if l.going != nil {
		return l.going
	}
	gone := make(chan struct{})
	close(gone)
	return gone
}

// renew forgets what was found.
func (l *lister) renew() {
	if l.found != nil {
		l.spare, l.found = l.found, nil
	}
	l.edit()
}

// edit ends the pass under way.
func (l *lister) edit() {
	l.edits.Add(1)
	l.urgent = true
	select {
	case l.change <- struct{}{}:
	default:
	}
}

// list is Engine.Sessions.
func (l *lister) list(q SessionQuery) (SessionList, error) {
	q.Offset, q.Limit = min(max(q.Offset, 0), MaxSessionOffset), min(max(q.Limit, 0), MaxSessionRows)
	if int(q.Order) >= NumSessionColumns {
		q.Order = ByID
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ask(&q); err != nil {
		return SessionList{Query: q, FollowedPlace: -1}, err
	}
	list := SessionList{Query: q, FollowedPlace: -1}
	if f := l.found; f != nil {
		list.Matched, list.Total, list.At, list.Took = f.matched, f.total, f.at, f.took
		from := min(q.Offset, len(f.kept))
		to := min(from+q.Limit, len(f.kept))
		list.Rows = make([]SessionRow, to-from)
		for i := range list.Rows {
			s := &f.kept[from+i].seen
			l.look(s)
			row := &list.Rows[i]
			s.row(row, f.epoch)
			row.Stale = !s.ended && !l.query.filter.All() && !l.query.filter.Match(row)
		}
		if list.FollowedPlace = l.place; l.place < 0 {
			list.FollowedPlace = f.before
		}
	}
	if l.followed.Session != (session.Session{}) {
		l.look(&l.followed)
		epoch := time.Time{}
		switch {
		case l.run != nil:
			epoch = l.run.epoch
		case l.found != nil:
			epoch = l.found.epoch
		}
		l.followed.row(&list.Followed, epoch)
	}
	return list, l.err
}

// look reads a session anew, if there is anything to be read.
func (l *lister) look(s *seen) {
	switch {
	case s.ended:
	case l.run == nil || s.Session.Glance(&s.Glance) != nil:
		s.ended = true
	default:
		s.at = time.Since(s.Manager.Epoch())
	}
}

// ask makes q the question, and sees to it that somebody works on it.
func (l *lister) ask(q *SessionQuery) error {
	n := question{text: q.Filter, filter: l.query.filter, order: q.Order, reverse: q.Reverse, keep: l.query.keep, follow: q.Follow}
	if n.text != l.query.text {
		var err error
		if n.filter, err = ParseSessionFilter(n.text); err != nil {
			return err
		}
	}
	if n.order != l.query.order || n.reverse != l.query.reverse || n.text != l.query.text {
		l.renew()
		n.keep = 0
	}
	keep := (q.Offset+q.Limit)/listerRoom*listerRoom + 2*listerRoom
	if needed := q.Offset + q.Limit; needed > n.keep || 4*keep < n.keep {
		if f := l.found; f != nil && len(f.kept) < min(needed, f.matched) {
			l.edit()
		}
		n.keep = keep
	}
	refollow := n.follow != l.query.follow
	l.query = n
	if refollow {
		l.refollow()
	}
	if l.run == nil {
		return nil
	}
	l.asked = time.Now()
	if l.going == nil && !l.run.stopped.Load() {
		l.going = make(chan struct{})
		r, gone := l.run, l.going
		r.spawn(func() { l.work(r, gone) })
	}
	return nil
}

// refollow looks for the followed session in what was found.
func (l *lister) refollow() {
	h := l.query.follow
	l.place = -1
	if f := l.found; f != nil {
		l.place = slices.IndexFunc(f.kept, func(r ranked) bool { return r.Session == h })
	}
	if l.followed.Session != h {
		l.followed = seen{Glance: session.Glance{Session: h}}
		if l.place >= 0 {
			l.followed = l.found.kept[l.place].seen
		}
		if f := l.found; f != nil && l.place < 0 {
			f.before = -1
			if h != (session.Session{}) {
				l.edit()
			}
		}
	}
}

// row fills a list's row. The session was looked at by a clock of which the run's
// began at epoch.
func (s *seen) row(row *SessionRow, epoch time.Time) {
	var offset time.Duration
	if s.Manager != nil {
		offset = s.Manager.Epoch().Sub(epoch)
	}
	fill(row, &s.Glance, offset, s.at+offset)
	if s.ended {
		row.State = SessionEnded
	}
}

// fill fills a row with what a glance at now showed. offset is when the glance's
// clock began by that of the row.
func fill(row *SessionRow, g *session.Glance, offset, now time.Duration) {
	suite, transport, optimizations := readTag(g.Tag)
	*row = SessionRow{
		ID: g.ID, Role: g.Role, Suite: suite, Transport: transport, Optimizations: optimizations,
		Created: g.Created + offset, LastUsed: g.LastUsed + offset,
		Messages: g.Messages, BytesIn: g.BytesIn, BytesOut: g.BytesOut,
		Slot: g.Slot, Reuses: g.Reuses, Handle: g.Session, Expires: Never,
	}
	row.Age, row.Idle = max(now-row.Created, 0), max(now-row.LastUsed, 0)
	if row.Idle > activeFor {
		row.State = SessionIdle
	}
	if g.Expires != session.NoEnd {
		row.Expires = max(g.Expires+offset-now, 0)
	}
}

// activeFor is how long after its use a session counts as active.
const activeFor = time.Second

// The tag of a session, in bits: suite, transport, and the optimizations.
const (
	tagTransport = 1 << (iota + 3)
	tagKeyBuffer
	tagSingleHKDF
	tagReusableHash
	tagSuite = 1<<3 - 1
	tagPool  = 8 // where its two bits begin
)

// makeTag returns the mark of a session on which readTag tells how it was made.
func makeTag(suite Handshake, t Transport, o session.Optimizations) uint16 {
	tag := uint16(suite) | uint16(o.Pool)<<tagPool
	set := func(bit uint16, on bool) {
		if on {
			tag |= bit
		}
	}
	set(tagTransport, t == TransportHTTP)
	set(tagKeyBuffer, o.KeyBuffer)
	set(tagSingleHKDF, o.SingleHKDF)
	set(tagReusableHash, o.ReusableHash)
	return tag
}

func readTag(tag uint16) (suite Handshake, t Transport, o session.Optimizations) {
	if tag&tagTransport != 0 {
		t = TransportHTTP
	}
	return Handshake(tag & tagSuite), t, session.Optimizations{
		KeyBuffer: tag&tagKeyBuffer != 0, SingleHKDF: tag&tagSingleHKDF != 0,
		ReusableHash: tag&tagReusableHash != 0, Pool: session.PoolKind(tag >> tagPool),
	}
}

// work makes passes until nobody asks any more.
func (l *lister) work(r *run, gone chan struct{}) {
	defer close(gone)
	p := newPass(l, r)
	defer p.timer.Stop()
	for {
		l.mu.Lock()
		if l.run != r || r.stopped.Load() || time.Since(l.asked) > listerLinger {
			l.going, l.spare = nil, nil
			l.mu.Unlock()
			return
		}
		if p.owed > 0 { // for what came to nothing
			l.mu.Unlock()
			p.wait(p.owed)
			continue
		}
		f := l.spare
		l.spare = nil
		p.query, p.edits, p.urgent = l.query, l.edits.Load(), l.urgent
		l.mu.Unlock()
		if f == nil {
			f = new(found)
		}
		began := time.Now()
		whole := p.over(f)
		if whole {
			p.due() // before it counts as hurried no more
		}
		if p.hurried {
			p.hurried, p.calm = false, time.Now().Add(urgentEvery)
		}
		l.mu.Lock()
		switch {
		case l.run != r: // what was found is of sessions that are over
		case whole && l.edits.Load() == p.edits:
			l.spare, l.found = l.found, f
			l.urgent = false
			l.refollow()
		default:
			l.spare = f
		}
		l.mu.Unlock()
		if whole {
			p.rest(listerEvery - time.Since(began))
		}
	}
}
