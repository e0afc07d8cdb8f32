package load

import (
	"crypto/rand"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

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

// vacancies is how many pairs this lane lacks of its quota; none in the open model
// or while paused.
func (l *lane) vacancies() int {
	if l.cfg.Model != Closed || l.paused {
		return 0
	}
	return max(l.quota()-l.active, 0)
}

// beginDue starts the pairs whose time has come, up to a burst, and tells whether
// there were any.
func (l *lane) beginDue() bool {
	for n := range startBurst {
		intended, now := l.schedule.due(), l.look()
		if intended > now || n > 0 && l.interrupted(now) || l.run.exhausted(l.cfg.Sessions) {
			return n > 0
		}
		if late := now - intended; late > int64(maxLateness) {
			l.schedule.take()
			l.tooLate(now, late)
			continue
		}
		if l.full() {
			return n > 0
		}
		l.schedule.take()
		l.begin(intended)
	}
	return true
}

// beginVacant starts pairs for those that the closed model lacks, up to a burst,
// and tells whether there were any.
func (l *lane) beginVacant() bool {
	vacant := l.vacancies()
	l.vacant = min(l.vacant, vacant)
	for n := range min(vacant, startBurst) {
		now := l.look()
		if now < l.retryAt || l.full() || l.run.exhausted(l.cfg.Sessions) || n > 0 && l.interrupted(now) {
			return n > 0
		}
		if !l.begin(now) {
			l.retryAt = l.run.now() + int64(retryPause)
		}
	}
	return vacant > 0
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
	if l.delay.lost(now) > late/2 && !l.run.pressure.cpu.Load() {
		l.rec.droppedGenerator.Add(2)
	} else {
		l.rec.droppedCPU.Add(2)
	}
}

// drop counts a pair that could not be begun. A place of the closed model counts
// once for as long as it stays vacant, however often it is tried.
func (l *lane) drop(by *atomic.Uint64) {
	if l.cfg.Model == Open {
		by.Add(2)
		return
	}
	if vacant := l.vacancies(); vacant > l.vacant {
		by.Add(2 * uint64(vacant-l.vacant))
		l.vacant = vacant
	}
}

// begin makes a pair that should have begun at intended, and tells whether it
// did, or will when its handshake is over. A pair without a lifetime and without
// a handshake to wait for is over when begin returns.
func (l *lane) begin(intended int64) bool {
	if l.run.live()+2*l.carriers.inFlight+2 > l.cfg.MaxLive {
		l.drop(&l.rec.droppedLive)
		return false
	}
	if l.run.pressure.memory.Load() {
		l.drop(&l.rec.droppedMemory)
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
		if !l.shaken(b) {
			l.retryAt = l.run.now() + int64(retryPause)
		}
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
		Optimizations: &l.cfg.Optimizations, Tag: makeTag(b.suite, b.transport, l.cfg.Optimizations),
	}
	if b.suite != HandshakeNone {
		params.Label = suites[b.suite].Label()
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
		l.rec.halves.Add(1)
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
	p.sent, p.messages, p.expire = 0, int32(b.messages), b.expire
	charge(&p.costs.create, done-creating)
	if b.suite != HandshakeNone {
		timing := b.timing
		p.costs.shake = &timing
	}
	if p.life > 0 {
		p.plan()
		l.agenda.add(p)
		return true
	}
	now := done
	for p.sent < p.messages && !l.run.stopped.Load() {
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

// refuse counts a pair that a manager did not take. Where there was no room, which
// other lanes may have taken, its number is for the next.
func (l *lane) refuse(b *birth, p *pair, err error) {
	b.wipe()
	l.over(p)
	if !errors.Is(err, session.ErrFull) {
		l.rec.droppedFailed.Add(2)
		return
	}
	l.run.unclaim(b.number)
	l.drop(&l.rec.droppedLive)
}
