package load

import (
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// pass is one look at all sessions, and what it needs.
type pass struct {
	lister *lister
	run    *run
	query  question
	edits  uint64 // at which it began
	urgent bool

	found  *found
	full   bool          // the first rows of found are in order, and as many as are wanted
	offset time.Duration // of the manager's clock
	at     time.Duration // engine time at the beginning, for which filter and order hold
	now    time.Duration // engine time, now and then
	follow *ranked       // the followed session, as it was when the pass began
	looks  int           // until the clock is looked at
	row    SessionRow
	room   []session.Session
	one    ranked

	began   time.Time     // of the work that is not paid for
	owed    time.Duration // of rest
	hurried bool          // the pass takes more than busyShare for being urgent
	calm    time.Time     // until when none may be hurried
	ended   bool          // before it was whole
	timer   *time.Timer
}

func newPass(l *lister, r *run) *pass {
	p := &pass{lister: l, run: r, timer: time.NewTimer(math.MaxInt64)}
	p.began = time.Now()
	return p
}

// over passes over all sessions and fills f, if it comes to its end, which it tells.
func (p *pass) over(f *found) bool {
	kept := f.kept[:0]
	clear(f.kept[:cap(f.kept)])
	keep := min(p.query.keep, p.run.live()) // no room for what there is not
	if room := keep + max(keep/4, listerRoom); cap(kept) < room || cap(kept) > 4*room {
		kept = make([]ranked, 0, room)
	}
	*f = found{kept: kept, epoch: p.run.epoch, before: -1}
	p.found, p.full, p.ended, p.looks = f, false, false, 0
	began := p.run.now()
	p.at, p.now = time.Duration(began), time.Duration(began)
	p.meetFollowed()
	for _, m := range p.run.managers() {
		p.offset = m.Epoch().Sub(p.run.epoch)
		for i := range m.Shards() {
			p.room = m.InspectShard(i, p.room, p.see)
			if p.ended {
				return false
			}
		}
	}
	p.cut()
	f.at = time.Duration(p.run.now())
	f.took = f.at - time.Duration(began)
	return true
}

// meetFollowed makes the followed session, if the filter wants it, what others are
// counted against.
func (p *pass) meetFollowed() {
	p.follow = nil
	var r ranked
	if p.query.follow.Glance(&r.Glance) != nil {
		return
	}
	offset := r.Manager.Epoch().Sub(p.run.epoch)
	fill(&p.row, &r.Glance, offset, p.at)
	if p.query.filter.Match(&p.row) {
		r.key = key(p.query.order, &r.Glance, offset, p.at)
		p.follow, p.found.before = &r, 0
	}
}

// see looks at one session, and tells whether to go on.
func (p *pass) see(g *session.Glance) bool {
	if p.looks--; p.looks < 0 {
		p.looks = listerChunk
		if !p.pace() {
			p.ended = true
			return false
		}
	}
	f := p.found
	f.total++
	if !p.query.filter.All() {
		fill(&p.row, g, p.offset, p.at)
		if !p.query.filter.Match(&p.row) {
			return true
		}
	}
	f.matched++
	one := &p.one
	one.key = key(p.query.order, g, p.offset, p.at)
	one.ID, one.Role, one.Session = g.ID, g.Role, g.Session
	if p.follow != nil && one.compare(p.follow, p.query.reverse) < 0 && one.Session != p.follow.Session {
		f.before++
	}
	if p.full && one.compare(&f.kept[p.query.keep-1], p.query.reverse) > 0 {
		return true
	}
	one.Glance, one.at = *g, p.now-p.offset
	f.kept = append(f.kept, *one)
	if len(f.kept) == cap(f.kept) {
		p.cut()
	}
	return true
}

// cut puts what is kept in order, and leaves out what is too much.
func (p *pass) cut() {
	f := p.found
	slices.SortFunc(f.kept, func(a, b ranked) int { return a.compare(&b, p.query.reverse) })
	if n := p.query.keep; len(f.kept) > n {
		clear(f.kept[n:])
		f.kept = f.kept[:n]
		p.full = true
	}
}

// pace looks at the clock, rests where that is due, and tells whether the pass is to
// go on.
func (p *pass) pace() bool {
	if time.Since(p.began) >= listerWork {
		p.rest(0)
	}
	p.now = time.Duration(p.run.now())
	return p.lister.edits.Load() == p.edits && !p.run.stopped.Load()
}

// rest sleeps for as long as is owed, and for no less than least; unless the question
// changes, or the run ends. What is left then is owed still.
func (p *pass) rest(least time.Duration) {
	p.due()
	p.wait(max(p.owed, least))
}

// due adds to what is owed as much rest as the work since it last did asks for.
func (p *pass) due() {
	if p.urgent && !p.hurried && !time.Now().Before(p.calm) {
		p.hurried = true
	}
	share := busyShare
	if p.hurried || p.run.pressure.idle.Load() {
		share = idleShare
	}
	now := time.Now()
	work := max(now.Sub(p.began), 0)
	p.owed += max(time.Duration(float64(work)/(share*float64(runtime.GOMAXPROCS(0))))-work, 0)
	p.began = now
}

// wait waits for so long, or until the question changes, or the run ends.
func (p *pass) wait(d time.Duration) {
	began := time.Now()
	p.timer.Reset(max(d, 0))
	select {
	case <-p.timer.C:
	case <-p.lister.change:
	case <-p.run.stop:
	}
	p.timer.Stop()
	p.began = time.Now()
	p.owed = max(p.owed-p.began.Sub(began), 0)
}

// key returns a number by which sessions are in the order of a column, where it is
// the same, by id.
func key(by SessionColumn, g *session.Glance, offset, now time.Duration) uint64 {
	at := func(t time.Duration) uint64 { return uint64(t+offset) ^ 1<<63 } // as signed numbers are ordered
	suite, transport, _ := readTag(g.Tag)
	switch by {
	case ByState:
		if now-(g.LastUsed+offset) > activeFor {
			return uint64(SessionIdle)
		}
		return uint64(SessionActive)
	case ByRole:
		return uint64(g.Role)
	case BySuite:
		return uint64(suite)<<8 | uint64(transport)
	case ByAge:
		return ^at(g.Created)
	case ByIdle:
		return ^at(g.LastUsed)
	case ByMessages:
		return g.Messages
	case ByBytesIn:
		return g.BytesIn
	case ByBytesOut:
		return g.BytesOut
	case ByExpires:
		if g.Expires == session.NoEnd {
			return math.MaxUint64
		}
		return at(g.Expires)
	case BySlot:
		return uint64(g.Slot)
	case ByReuses:
		return uint64(g.Reuses)
	default:
		return binary.BigEndian.Uint64(g.ID[:8])
	}
}
