package load

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math"
	mathrand "math/rand/v2"
	"time"

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
	// expiryGrace is how much longer than its lifetime a pair left to expire may
	// live, so that none ends before its last message, which a lane may be late
	// with.
	expiryGrace = 100 * time.Millisecond
	// longStep is what no piece of a lane's work takes: it was held up.
	longStep = 100 * time.Millisecond
	// maxInFlight is how many handshakes a lane has under way over a transport
	// that makes it wait. It also bounds the connections.
	maxInFlight = 64
)

// lane is one goroutine that runs pairs: it starts them by its pacer, or to
// keep its share of the closed model's number alive, and serves the events of
// those that live. Everything in it but rec is its own.
type lane struct {
	run   *run
	index int
	rec   recorder

	serial uint64 // of the orders in force
	cfg    Config
	shape  *Shape // of the load, which began at start
	start  int64
	paused bool

	pacer   pacer
	random  mathrand.PCG   // what a pair draws from, seeded for each
	rng     *mathrand.Rand // over random
	agenda  agenda
	spare   *pair // pairs to reuse
	active  int   // pairs begun and not over
	retryAt int64
	seen    int64 // when the lane last looked at the clock between two pieces of work
	lost    recently

	limits   session.Limits // of a session left to expire
	born     birth          // the pair that is being made, if that takes no waiting
	line     *line          // for handshakes that take no waiting
	carriers carriers       // for those that do
	plain    []byte
	sealed   []byte
	opened   []byte
	sleeper
}

func newLane(r *run, index int) *lane {
	l := &lane{run: r, index: index, line: r.parties.newLine()}
	l.rng = mathrand.New(&l.random)
	l.pacer.rng = mathrand.New(mathrand.NewPCG(0, 0))
	return l
}

// loop runs the lane until the run stops.
func (l *lane) loop() {
	l.sleeper = l.run.newSleeper()
	defer l.close()
	defer l.carriers.stop()
	l.seen = l.run.now()
	for {
		select {
		case <-l.run.stop:
			return
		default:
		}
		l.obey()
		testHookLane()
		busy := l.collect()
		for range eventBurst {
			p := l.agenda.pop(l.look())
			if p == nil {
				break
			}
			l.serve(p)
			busy = true
		}
		if !l.paused && l.begins() {
			busy = true
		}
		if !busy {
			l.nap()
		}
	}
}

// look returns the time, and notes if the lane was held up since it looked last.
func (l *lane) look() int64 {
	now := l.run.now()
	if gap := now - l.seen; gap > int64(longStep) {
		l.lost.add(now, gap)
	}
	l.seen = now
	return now
}

// obey takes over a changed configuration.
func (l *lane) obey() {
	o := l.run.orders.Load()
	if o.serial == l.serial {
		return
	}
	before := l.cfg
	first := l.serial == 0
	resumed := l.paused && !o.paused
	reshaped := l.shape != o.shape
	l.serial, l.cfg, l.shape, l.start, l.paused = o.serial, o.cfg, o.shape, o.start, o.paused
	if first || before.RNGSeed != l.cfg.RNGSeed {
		l.pacer.rng = mathrand.New(mathrand.NewPCG(^l.cfg.RNGSeed, uint64(l.index)))
	}
	if first || resumed || reshaped || before.RNGSeed != l.cfg.RNGSeed || before.Arrival != l.cfg.Arrival {
		l.pacer.retime(l.run.now(), l.shape, l.start, l.cfg.Arrival, l.index, len(l.run.lanes))
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
	all := int(math.Round(l.shape.At(time.Duration(l.run.now() - l.start))))
	n := len(l.run.lanes)
	q := all / n
	if l.index < all%n {
		q++
	}
	return q
}

// begins starts the pairs that are due, up to a burst, and tells whether there
// were any.
func (l *lane) begins() bool {
	if l.cfg.Model == Closed {
		quota := l.quota()
		n := 0
		for ; n < startBurst && l.active < quota; n++ {
			now := l.look()
			if now < l.retryAt || l.full() {
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
		now := l.look()
		if intended > now {
			return n > 0
		}
		late := now - intended
		switch {
		case late > int64(maxLateness):
			l.pacer.take()
			l.tooLate(now, late)
		case l.full() || l.run.exhausted(l.cfg.Sessions):
			return n > 0
		default:
			l.pacer.take()
			l.begin(intended)
		}
	}
	return true
}

// full tells whether the next pair must wait because it might need a handshake,
// and as many as may be are in flight.
func (l *lane) full() bool {
	return l.carriers.inFlight >= maxInFlight && l.cfg.Handshake != HandshakeNone && l.cfg.Transport != TransportMemory
}

// tooLate counts a pair that is too late to be started, by what held it up: the
// lack of processor time, or something else. The lane lacks it where it was at
// work for most of the time by which it is late, and where the whole process has
// used up all there is.
func (l *lane) tooLate(now, late int64) {
	if l.run.exhausted(l.cfg.Sessions) {
		return // it was not asked for any more
	}
	if l.lost.at(now) > late/2 && !l.run.pressure.cpu.Load() {
		l.rec.droppedGenerator.Add(2)
	} else {
		l.rec.droppedCPU.Add(2)
	}
}

// begin makes a pair that should have begun at intended, and tells whether it
// did, or will when its handshake is over. A pair without a lifetime and without
// a handshake to wait for is over when begin returns.
func (l *lane) begin(intended int64) bool {
	if l.run.live()+2*l.carriers.inFlight+2 > l.cfg.MaxLive {
		l.rec.droppedLive.Add(2)
		return false
	}
	if l.run.pressure.memory.Load() {
		l.rec.droppedMemory.Add(2)
		return false
	}
	number, ok := l.run.claim(l.cfg.Sessions)
	if !ok {
		return false
	}
	l.rec.active.Add(1)
	l.active++
	waits := l.cfg.Transport != TransportMemory
	b := &l.born
	if waits {
		b = l.carriers.take()
	}
	l.draw(b, number)
	b.intended, b.started = intended, l.run.now()
	if b.suite == HandshakeNone {
		rand.Read(b.seed[:]) // never fails; a secret is never seeded
		b.peerSeed = b.seed
		ok := l.create(b)
		if waits {
			l.carriers.put(b)
		}
		return ok
	}
	b.transport = l.cfg.Transport
	if waits {
		l.carriers.send(l, b)
		return true
	}
	l.run.parties.shake(l.run.ctx, l.line, b)
	b.shaken = l.run.now()
	return l.shaken(b)
}

// draw decides what becomes of a pair, by its number: so what a run with a given
// seed does is the same whichever lane does it, and when.
func (l *lane) draw(b *birth, number uint64) {
	l.random.Seed(l.cfg.RNGSeed, number)
	b.number = number
	b.expire = l.rng.Float64() < l.cfg.ExpireShare
	shakes := l.rng.Float64() < l.cfg.HandshakeShare
	suite := HandshakeX25519 + Handshake(l.rng.IntN(int(HandshakeMixed-HandshakeX25519)))
	if l.cfg.Handshake != HandshakeMixed {
		suite = l.cfg.Handshake
	}
	b.suite = HandshakeNone
	if shakes {
		b.suite = suite
	}
	b.life = int64(l.cfg.Lifetime.draw(l.rng, float64(maxLifetime)))
	b.messages = int(l.cfg.Messages.drawWhole(l.rng, maxMessages))
}

// size returns the length of a pair's next message.
func (l *lane) size(p *pair) int {
	if l.cfg.MessageSize.Kind != DistConstant {
		l.random.Seed(^l.cfg.RNGSeed, p.number<<10|uint64(p.sent)) // maxMessages fits
		return min(int(l.cfg.MessageSize.drawWhole(l.rng, maxMessageSize)), len(l.plain))
	}
	return len(l.plain)
}

// collect takes up the pairs whose handshakes are over, up to a burst, and tells
// whether there were any.
func (l *lane) collect() bool {
	for n := range startBurst {
		b := l.carriers.receive()
		if b == nil {
			return n > 0
		}
		l.shaken(b)
		l.carriers.put(b)
	}
	return true
}

// shaken records a handshake that is over, and makes its pair.
func (l *lane) shaken(b *birth) bool {
	kind := l.rec.kind(b.suite, b.transport)
	if b.err != nil {
		b.wipe()
		l.gone()
		if l.run.ctx.Err() != nil {
			return false // the run's end was its end
		}
		kind.fail(b.err)
		l.rec.droppedFailed.Add(2)
		return false
	}
	kind.complete(b)
	l.rec.handshake.add(1, b.shaken-b.started)
	l.rec.handshakeService.Record(b.shaken - b.started)
	l.rec.handshakeResponse.Record(b.shaken - b.intended)
	return l.create(b)
}

// create makes both ends of a pair. A pair without a lifetime is over when it
// returns.
func (l *lane) create(b *birth) bool {
	creating := l.run.now()
	params := session.Params{
		Label: session.DefaultLabel, Seed: b.seed[:], Role: session.Initiator,
		Optimizations: &l.cfg.Optimizations,
	}
	if b.expire {
		l.limits.MaxAge = time.Duration(b.life) + expiryGrace
		params.Limits = &l.limits
	}
	p := l.take()
	var err error
	if p.a, err = l.run.initiators.Create(params); err != nil {
		l.refuse(b, p, err)
		return false
	}
	params.Role, params.Seed = session.Responder, b.peerSeed[:]
	if p.b, err = l.run.responders.Create(params); err != nil {
		_ = p.a.Close() // nothing went wrong with it: it just has no peer
		l.refuse(b, p, err)
		return false
	}
	b.wipe()
	done := l.run.now()
	l.rec.create.add(2, done-creating)
	l.rec.createService.Record(done - b.started)
	l.rec.createResponse.Record(done - b.intended)
	l.rec.pairs.Add(1)

	p.number, p.born, p.life = b.number, done, b.life
	p.sent, p.messages, p.expire = 0, b.messages, b.expire
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

// refuse counts a pair that a manager did not take.
func (l *lane) refuse(b *birth, p *pair, err error) {
	b.wipe()
	if errors.Is(err, session.ErrFull) {
		l.rec.droppedLive.Add(2)
	} else {
		l.rec.droppedFailed.Add(2)
	}
	l.over(p)
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
	l.rec.seal.add(1, t1-t0)
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

// nap sleeps until something is due, a handshake is over, or it is time to look
// at the orders.
func (l *lane) nap() {
	now := l.run.now()
	until := now + int64(maxNap)
	overdue := false
	if !l.paused && !l.run.exhausted(l.cfg.Sessions) {
		switch {
		case l.cfg.Model == Open && l.full():
			overdue = l.pacer.next() < now
		case l.cfg.Model == Open:
			until = min(until, l.pacer.next())
		case l.active < l.quota() && !l.full():
			until = min(until, l.retryAt)
		}
	}
	until = l.agenda.wake(until)
	if until <= now {
		return
	}
	l.sleep(time.Duration(until-now), l.carriers.waiting)
	slept := l.run.now()
	if overdue {
		l.lost.add(slept, slept-now)
	} else {
		l.lost.add(slept, max(slept-until, 0))
	}
	l.seen = slept
}

// recently is how much of the last maxLateness or so a lane did no work in
// although there was some. All times are engine time, ns.
type recently struct {
	since       int64 // when now began to count
	now, before int64 // in the present stretch of maxLateness, and the one before
}

func (r *recently) add(at, d int64) {
	r.roll(at)
	r.now += d
}

func (r *recently) at(now int64) int64 {
	r.roll(now)
	return r.now + int64(float64(r.before)*(1-float64(now-r.since)/float64(maxLateness)))
}

func (r *recently) roll(now int64) {
	switch passed := now - r.since; {
	case passed >= 2*int64(maxLateness):
		*r = recently{since: now}
	case passed >= int64(maxLateness):
		*r = recently{since: r.since + int64(maxLateness), before: r.now}
	}
}
