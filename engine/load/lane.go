package load

import (
	"bytes"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

const (
	// maxLateness is how far behind its schedule the engine may fall before
	// starts are dropped instead of made late: long enough to show what an
	// overload does to response times, short enough to recover from it.
	maxLateness = 2 * time.Second
	// eventBurst and startBurst are how many events and starts a lane deals
	// with before it looks at the other kind, and at its orders, again.
	eventBurst, startBurst = 64, 32
	// maxNap bounds a lane's sleep, and so how late it sees its orders or the
	// end of the run.
	maxNap = 25 * time.Millisecond
	// retryPause keeps the closed model from spinning on a refusal.
	retryPause = time.Millisecond
	// minExpiry is the age limit of sessions left to expire whose lifetime is
	// shorter: zero would be no limit.
	minExpiry = time.Millisecond
)

// lane is one goroutine that runs pairs: it starts them by its pacer, or to
// keep its share of the closed model's number alive, and serves the events of
// those that live. Everything in it but rec is its own.
type lane struct {
	run   *run
	index int
	rng   *mathrand.Rand
	rec   recorder

	serial  uint64 // of the orders in force
	cfg     Config
	paused  bool
	pacer   pacer
	agenda  agenda
	spare   *pair // pairs to reuse
	active  int   // pairs begun and not over
	retryAt int64

	limits   session.Limits // of a session left to expire
	seed     []byte         // the initiator's
	peerSeed []byte         // the responder's
	line     *line
	plain    []byte
	sealed   []byte
	opened   []byte
	sleeper
}

func newLane(r *run, index int) *lane {
	return &lane{
		run: r, index: index, line: r.parties.connect(),
		seed: make([]byte, session.SeedSize), peerSeed: make([]byte, session.SeedSize),
	}
}

// loop runs the lane until the run stops.
func (l *lane) loop() {
	l.sleeper = l.run.newSleeper()
	defer l.close()
	for {
		select {
		case <-l.run.stop:
			return
		default:
		}
		l.obey()
		testHookLane()
		busy := false
		for range eventBurst {
			p := l.agenda.pop(l.run.now())
			if p == nil {
				break
			}
			l.serve(p)
			busy = true
		}
		if !l.paused && l.start() {
			busy = true
		}
		if !busy {
			l.nap()
		}
	}
}

// obey takes over a changed configuration.
func (l *lane) obey() {
	o := l.run.orders.Load()
	if o.serial == l.serial {
		return
	}
	before := l.cfg
	first := l.serial == 0
	l.serial, l.cfg = o.serial, o.cfg
	resumed := l.paused && !o.paused
	l.paused = o.paused
	if first || before.RNGSeed != l.cfg.RNGSeed {
		l.rng = mathrand.New(mathrand.NewPCG(l.cfg.RNGSeed, uint64(l.index)))
		l.pacer.rng = l.rng
	}
	if first || resumed || before.RNGSeed != l.cfg.RNGSeed || before.Rate != l.cfg.Rate ||
		before.Arrival != l.cfg.Arrival || before.Model != l.cfg.Model {
		l.pacer.retime(l.run.now(), l.cfg.Rate/2, l.cfg.Arrival, l.index, len(l.run.lanes))
	}
	l.limits = session.DefaultLimits()
	if n := int(l.cfg.MessageSize.bound(maxMessageSize)); n != len(l.plain) {
		l.plain = make([]byte, n)
		rand.Read(l.plain) // never fails
		l.sealed = make([]byte, 0, n+session.Overhead)
		l.opened = make([]byte, 0, n)
	}
}

// quota is how many pairs this lane keeps alive in the closed model.
func (l *lane) quota() int {
	n := len(l.run.lanes)
	q := l.cfg.Workers / n
	if l.index < l.cfg.Workers%n {
		q++
	}
	return q
}

// start begins the pairs that are due, up to a burst, and tells whether there
// were any.
func (l *lane) start() bool {
	if l.cfg.Model == Closed {
		quota := l.quota()
		n := 0
		for ; n < startBurst && l.active < quota; n++ {
			now := l.run.now()
			if now < l.retryAt {
				break
			}
			if !l.begin(now) {
				l.retryAt = l.run.now() + int64(retryPause)
			}
		}
		return n > 0
	}
	for n := range startBurst {
		intended := l.pacer.next()
		now := l.run.now()
		if intended > now {
			return n > 0
		}
		l.pacer.take()
		if now-intended > int64(maxLateness) {
			l.rec.droppedLate.Add(2)
			continue
		}
		l.begin(intended)
	}
	return true
}

// begin makes a pair that should have begun at intended, and tells whether it
// did. A pair without a lifetime is over when begin returns.
func (l *lane) begin(intended int64) bool {
	if l.run.live()+2 > l.cfg.MaxLive {
		l.rec.droppedLive.Add(2)
		return false
	}
	started := l.run.now()
	params := session.Params{Label: session.DefaultLabel, Seed: l.seed, Optimizations: &l.cfg.Optimizations}
	expire := l.rng.Float64() < l.cfg.ExpireShare
	life := int64(l.cfg.Lifetime.draw(l.rng, float64(maxLifetime)))
	if expire {
		l.limits.MaxAge = max(time.Duration(life), minExpiry)
		params.Limits = &l.limits
	}
	full := l.rng.Float64() < l.cfg.HandshakeShare
	if full && l.cfg.Handshake != HandshakeNone {
		if err := l.line.shake(suites[l.cfg.Handshake], l.seed, l.peerSeed); err != nil {
			l.rec.handshakesFailed.Add(1)
			l.rec.droppedFailed.Add(2)
			return false
		}
		done := l.run.now()
		l.rec.handshakesCompleted.Add(1)
		l.rec.handshake.add(1, done-started)
		l.rec.handshakeService.Record(done - started)
		l.rec.handshakeResponse.Record(done - intended)
	} else {
		rand.Read(l.seed) // never fails; a secret is never seeded
		copy(l.peerSeed, l.seed)
	}

	creating := l.run.now()
	p := l.take()
	var err error
	params.Role = session.Initiator
	if p.a, err = l.run.initiators.Create(params); err != nil {
		l.refuse(p, err)
		return false
	}
	params.Role, params.Seed = session.Responder, l.peerSeed
	if p.b, err = l.run.responders.Create(params); err != nil {
		_ = p.a.Close() // nothing went wrong with it: it just has no peer
		l.refuse(p, err)
		return false
	}
	l.forget()
	done := l.run.now()
	l.rec.create.add(2, done-creating)
	l.rec.createService.Record(done - started)
	l.rec.createResponse.Record(done - intended)
	l.rec.pairs.Add(1)

	p.born, p.life = done, life
	p.sent, p.messages, p.expire = 0, int(l.cfg.Messages.drawWhole(l.rng, maxMessages)), expire
	l.active++
	if p.life > 0 {
		p.plan()
		l.agenda.add(p)
		return true
	}
	now := done
	for p.sent < p.messages {
		p.due = now // one message is due when the one before is over
		over, goesOn := l.exchange(p, now)
		if !goesOn {
			return true
		}
		now = over
	}
	l.finish(p)
	return true
}

// forget wipes what a pair was made of.
func (l *lane) forget() {
	clear(l.seed)
	clear(l.peerSeed)
}

// suites are the key agreements of the handshakes that a Config names.
var suites = [...]handshake.Suite{HandshakeX25519: handshake.X25519}

// refuse counts a pair that a manager did not take.
func (l *lane) refuse(p *pair, err error) {
	l.forget()
	if errors.Is(err, session.ErrFull) {
		l.rec.droppedLive.Add(2)
	} else {
		l.rec.droppedFailed.Add(2)
	}
	l.put(p)
}

// serve deals with a pair's next event.
func (l *lane) serve(p *pair) {
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
	from, to := p.a, p.b
	if p.sent%2 == 1 {
		from, to = to, from
	}
	p.sent++
	sealed, err := from.Seal(l.sealed[:0], l.plain, nil)
	if err != nil { // a limit was faster
		l.finish(p)
		return t0, false
	}
	t1 := l.run.now()
	opened, err := to.Open(l.opened[:0], sealed, nil)
	t2 = l.run.now()
	l.rec.seal.add(1, t1-t0)
	l.rec.sealService.Record(t1 - t0)
	l.rec.sealResponse.Record(t1 - p.due)
	switch {
	case err == nil && bytes.Equal(opened, l.plain):
	case errors.Is(err, session.ErrClosed):
		l.finish(p)
		return t2, false
	default: // not authentic, or not what was sent: never to happen, never to hide
		l.rec.messagesFailed.Add(1)
		l.fail(p.a)
		l.fail(p.b)
		l.over(p)
		return t2, false
	}
	l.rec.open.add(1, t2-t1)
	l.rec.openService.Record(t2 - t1)
	l.rec.openResponse.Record(t2 - p.due)
	return t2, true
}

// finish ends a pair at the end of its life: it closes both ends, or leaves
// them to expire.
func (l *lane) finish(p *pair) {
	if !p.expire {
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
	l.active--
	l.put(p)
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

// nap sleeps until something is due, or it is time to look at the orders.
func (l *lane) nap() {
	now := l.run.now()
	until := now + int64(maxNap)
	if !l.paused {
		switch {
		case l.cfg.Model == Open:
			until = min(until, l.pacer.next())
		case l.active < l.quota():
			until = min(until, l.retryAt)
		}
	}
	until = l.agenda.wake(until)
	if until <= now {
		return
	}
	l.sleep(time.Duration(until - now))
}
