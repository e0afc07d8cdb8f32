package load

import (
	"bytes"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

const (
	// eventBurst and startBurst are how many events and starts a lane deals
	// with before it looks at the other kind again, and turnTime is for how long.
	eventBurst, startBurst = 64, 32
	turnTime               = 5 * time.Millisecond
	// maxNap bounds a lane's sleep, and so how late it sees the end of the run.
	maxNap = 25 * time.Millisecond
	// retryPause keeps the closed model from spinning on a refusal.
	retryPause = time.Millisecond
	// maxInFlight is how many handshakes a lane has under way over a transport
	// that makes it wait. It also bounds the connections.
	maxInFlight = 64
)

// lane is one goroutine that runs pairs: it starts them by its schedule, or to
// keep its share of the closed model's number alive, and serves the events of
// those that live. Everything in it but rec, rests and what wakes it is its own.
type lane struct {
	run   *run
	index int
	rec   recorder

	*orders                         // in force; nil until there are any
	rests    atomic.Pointer[orders] // by which there is nothing to start; nil while there may be
	schedule schedule
	random   mathrand.PCG   // what a pair draws from, seeded for each
	rng      *mathrand.Rand // over random
	agenda   agenda
	spare    *pair // pairs to reuse
	active   int   // pairs begun and not over
	vacant   int   // places of the closed model that are counted as dropped
	retryAt  int64
	turn     int64 // when the present burst began
	delay    delay

	born     birth    // the pair that is being made, if that takes no waiting
	line     *line    // for handshakes that take no waiting
	carriers carriers // for those that do
	plain    []byte
	sealed   []byte
	opened   []byte
	ready    func() bool // called, made once
	hook     laneHook
	seeker
	sleeper
}

func newLane(r *run, index int) *lane {
	l := &lane{run: r, index: index, line: r.parties.newLine()}
	l.rng = mathrand.New(&l.random)
	l.ready = l.called
	return l
}

// loop runs the lane until the run stops.
func (l *lane) loop() {
	defer l.close()
	defer l.carriers.stop()
	l.delay.seen = l.run.now()
	for !l.run.stopped.Load() {
		l.obey()
		testHookLane()
		l.seek()
		l.hook.begin()
		busy := l.collect()
		if l.drain {
			l.agenda.each(l.finish)
		}
		l.turn = l.look()
		for n := range eventBurst {
			now := l.look()
			if n > 0 && l.interrupted(now) {
				break
			}
			p := l.agenda.pop(now)
			if p == nil {
				break
			}
			l.serve(p)
			busy = true
		}
		l.turn = l.look()
		if l.beginDue() {
			busy = true
		}
		if l.beginVacant() {
			busy = true
		}
		if busy {
			l.hook.end(l.run.arm)
		} else {
			l.nap()
		}
	}
}

// look returns the time.
func (l *lane) look() int64 {
	now := l.run.now()
	l.delay.look(now)
	return now
}

// interrupted tells whether there is something else to be done than to go on with
// the present burst.
func (l *lane) interrupted(now int64) bool {
	return now-l.turn > int64(turnTime) || l.ordered() || l.run.stopped.Load()
}

// ordered tells whether there are new orders.
func (l *lane) ordered() bool { return l.orders == nil || l.next.Load() != nil }

// obey takes over changed configurations, one after the other: each of them has
// offered something, for however short a time it held.
func (l *lane) obey() {
	if !l.ordered() {
		return
	}
	if l.orders == nil {
		l.follow(nil, l.run.orders.Load())
	}
	for next := l.next.Load(); next != nil; next = next.next.Load() {
		l.follow(l.orders, next)
	}
	if n := int(l.cfg.MessageSize.bound(maxMessageSize)); n != len(l.plain) {
		l.plain = make([]byte, n)
		rand.Read(l.plain) // never fails
		l.sealed = make([]byte, 0, n+session.Overhead)
		l.opened = make([]byte, 0, n)
	}
}

// follow makes the schedule that of new orders.
func (l *lane) follow(before, o *orders) {
	l.orders = o
	if before == nil || before.cfg.RNGSeed != o.cfg.RNGSeed {
		l.schedule.rng = mathrand.New(mathrand.NewPCG(^o.cfg.RNGSeed, uint64(l.index)))
	}
	if before != nil && before.shape == o.shape && before.paused == o.paused && before.cfg.Model == o.cfg.Model &&
		before.cfg.RNGSeed == o.cfg.RNGSeed && before.cfg.Arrival == o.cfg.Arrival && before.cfg.Sessions == o.cfg.Sessions {
		return
	}
	l.schedule.end(min(o.at, o.until))
	if o.cfg.Model == Open && !o.paused {
		l.schedule.begin(o.at, o.shape, o.start, o.cfg.Arrival, l.index, len(l.run.lanes))
	}
}

// nap sleeps until something is due, a handshake is over, there are new orders, or
// it is time to look at the end of the run.
func (l *lane) nap() {
	now := l.run.now()
	until := now + int64(maxNap)
	overdue := false
	if !l.run.exhausted(l.cfg.Sessions) {
		due := l.schedule.due()
		switch {
		case l.full():
			overdue = due < now
		default:
			until = min(until, due)
			if l.vacancies() > 0 {
				until = min(until, l.retryAt)
			}
		}
	}
	if l.wanted != nil {
		until = min(until, l.again)
	}
	until = l.agenda.wake(until)
	l.rest()
	if until <= now {
		return
	}
	l.sleep(time.Duration(until-now), l.ready)
	slept := l.run.now()
	if overdue {
		l.delay.lose(slept, slept-now)
	} else {
		l.delay.lose(slept, max(slept-until, 0))
	}
}

// rest says whether there is anything to start by the orders in force.
func (l *lane) rest() {
	o := l.orders
	if !l.run.exhausted(l.cfg.Sessions) && (l.schedule.due() != never || l.vacancies() > 0) {
		o = nil
	}
	if l.rests.Load() != o {
		l.rests.Store(o)
	}
}

// called tells whether there is something that a wake is for.
func (l *lane) called() bool { return l.carriers.waiting() || l.ordered() }

// serve deals with a pair's next event.
func (l *lane) serve(p *pair) {
	if l.wanted != nil {
		l.meet(p)
	}
	if p.sent >= p.messages {
		l.finish(p)
		return
	}
	if _, goesOn := l.exchange(p, l.run.now()); goesOn {
		p.plan()
		l.agenda.add(p)
	}
}

// exchange sends one message from one end to the other, in turn, beginning at t0,
// which is now. It returns when that was over, and whether the pair goes on.
func (l *lane) exchange(p *pair, t0 int64) (t2 int64, goesOn bool) {
	from, to, end := p.a, p.b, 0
	if p.sent%2 == 1 {
		from, to, end = to, from, 1
	}
	plain := l.plain[:l.size(p)]
	p.sent++
	sealed, err := from.Seal(l.sealed[:0], plain, nil)
	if err != nil { // a limit was faster
		l.finish(p)
		return t0, false
	}
	t1 := l.run.now()
	opened, err := to.Open(l.opened[:0], sealed, nil)
	t2 = l.run.now()
	l.rec.seal.add(len(plain), t1-t0)
	l.rec.sealService.Record(t1 - t0)
	l.rec.sealResponse.Record(t1 - p.due)
	switch {
	case err == nil && bytes.Equal(opened, plain):
	case errors.Is(err, session.ErrClosed):
		l.finish(p)
		return t2, false
	default: // not authentic, or not what was sent: never to happen, never to hide
		l.rec.messagesFailed.Add(1)
		l.fail(p.a)
		l.fail(p.b)
		p.failWatched(t2)
		l.over(p)
		return t2, false
	}
	l.delay.look(t2)
	l.rec.open.add(len(opened), t2-t1)
	l.rec.openService.Record(t2 - t1)
	l.rec.openResponse.Record(t2 - p.due)
	charge(&p.costs.seal[end], t1-t0)
	charge(&p.costs.open[1-end], t2-t1)
	if p.watch != nil {
		p.watch.exchanged(p, t2, end, len(plain))
	}
	return t2, true
}

// finish ends a pair at the end of its life: it closes both ends, or leaves them
// to expire at the next sweep. A limit that they had from the start could end them
// before their last message, if the lane is late with that.
func (l *lane) finish(p *pair) {
	switch {
	case p.watch != nil:
		l.finishWatched(p)
	case p.expire:
		for _, s := range [...]session.Session{p.a, p.b} {
			_ = s.SetLimits(session.Limits{MaxAge: 1}) // one that has ended has no more to expire
		}
	default:
		t0 := l.run.now()
		n := uint64(0)
		for _, s := range [...]session.Session{p.a, p.b} {
			if s.Close() == nil {
				n++
			}
		}
		l.rec.end.add(n, l.run.now()-t0)
	}
	l.over(p)
}

// fail closes one end because something went wrong with it.
func (l *lane) fail(s session.Session) {
	if s.Close() == nil {
		l.rec.failed.Add(1)
	}
}

// over forgets a pair.
func (l *lane) over(p *pair) {
	l.gone()
	l.put(p)
}

// gone counts one pair less.
func (l *lane) gone() {
	l.active--
	l.rec.active.Add(-1)
}

func (l *lane) take() *pair {
	p := l.spare
	if p == nil {
		return new(pair)
	}
	l.spare, p.link = p.link, nil
	return p
}

func (l *lane) put(p *pair) {
	*p = pair{link: l.spare}
	l.spare = p
}
