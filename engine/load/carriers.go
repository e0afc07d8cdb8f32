package load

import (
	"context"
	"sync"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// birth is a pair about to be: what was drawn for it, and what its handshake came
// to. It has one owner at a time, a lane or a carrier.
type birth struct {
	number            uint64
	intended, started int64 // engine time, ns
	expire            bool
	life              int64
	messages          int
	suite             Handshake // HandshakeNone for a pair that resumes
	transport         Transport

	// Of the handshake. Each end's seed is what that end came to, so that ends
	// that disagree are found out by their first message.
	seed, peerSeed [session.SeedSize]byte
	timing         handshake.Timing
	shaken         int64
	err            error

	link *birth
}

// wipe overwrites what a pair was made of.
func (b *birth) wipe() {
	clear(b.seed[:])
	clear(b.peerSeed[:])
}

// carriers run the handshakes of one lane over a transport that has to be waited
// for, so that the lane does not wait: each is a goroutine that runs one at a
// time. There are as many as there were handshakes in flight at once. All but
// done belongs to the lane.
type carriers struct {
	jobs     chan *birth // unbounded by having no more births than its room
	done     chan *birth // likewise; the carriers send
	started  int
	inFlight int
	spare    *birth
	running  sync.WaitGroup
	cancel   context.CancelFunc
	ctx      context.Context //nolint:containedctx // of the carriers, who live as long as this
}

// take returns a birth to be filled.
func (c *carriers) take() *birth {
	b := c.spare
	if b == nil {
		return new(birth)
	}
	c.spare = b.link
	*b = birth{}
	return b
}

// put takes back what take returned.
func (c *carriers) put(b *birth) {
	b.wipe()
	b.link, c.spare = c.spare, b
}

// send has a handshake done. There is room for it: see lane.full.
func (c *carriers) send(l *lane, b *birth) {
	if c.jobs == nil {
		c.jobs, c.done = make(chan *birth, maxInFlight), make(chan *birth, maxInFlight)
		c.ctx, c.cancel = context.WithCancel(l.run.ctx)
	}
	c.inFlight++
	if c.started < c.inFlight {
		c.started++
		c.running.Add(1)
		l.run.spawn(func() {
			defer c.running.Done()
			c.carry(l)
		})
	}
	c.jobs <- b
}

func (c *carriers) carry(l *lane) {
	line := l.run.parties.newLine()
	for b := range c.jobs {
		l.run.parties.shake(c.ctx, line, b)
		b.shaken = l.run.now()
		c.done <- b
		l.wake()
	}
}

// waiting tells whether receive would return something.
func (c *carriers) waiting() bool { return len(c.done) > 0 }

// receive returns a birth whose handshake is over, or nil.
func (c *carriers) receive() *birth {
	select {
	case b := <-c.done:
		c.inFlight--
		return b
	default:
		return nil
	}
}

// stop ends what is in flight, and returns when all carriers are gone.
func (c *carriers) stop() {
	if c.jobs == nil {
		return
	}
	c.cancel()
	close(c.jobs)
	c.running.Wait()
	for b := c.receive(); b != nil; b = c.receive() {
		b.wipe()
	}
}
