package load

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Limits of the responder, who has a single peer here, and a busy one. A nonce is
// remembered for twice the window.
const (
	window     = 5 * time.Second
	maxPending = maxLanes * (maxInFlight + 1)
	maxNonces  = 4 << 20
)

// suites are the key agreements of the handshakes that a Config names.
var suites = [...]handshake.Suite{
	HandshakeX25519: handshake.X25519,
	HandshakeHPKE:   handshake.HPKE,
	HandshakeHybrid: handshake.Hybrid,
}

// parties are the two ends that all pairs of a run belong to.
type parties struct {
	initiators [numSuites]handshake.Initiator // by suite, all of one identity
	responder  *handshake.Responder
	peer       ed25519.PublicKey // the responder's

	wiring sync.Mutex // guards the making of wire
	wire   *wire      // nil until HTTP is asked for
	// through is a test's, and stands between the ends and the wire.
	through func(handshake.Transport) handshake.Transport

	mu      sync.Mutex
	waiting map[string]*line // handshakes over the wire, by context id
}

func newParties() (*parties, error) {
	r, err := handshake.NewResponder(handshake.ResponderConfig{
		Identity: handshake.NewIdentity(), Window: window,
		MaxPending: maxPending, MaxPendingPerPeer: maxPending,
		MaxNonces: maxNonces, MaxNoncesPerPeer: maxNonces,
	})
	if err != nil {
		return nil, fmt.Errorf("load: responder: %w", err)
	}
	p := &parties{responder: r, peer: r.Public(), waiting: make(map[string]*line)}
	self := handshake.NewIdentity()
	for i, suite := range suites {
		p.initiators[i] = handshake.Initiator{Identity: self, Suite: suite, Window: window}
	}
	return p, nil
}

// line is what one goroutine runs handshakes with, one at a time.
type line struct {
	memory handshake.Transport
	seed   [session.SeedSize]byte // the responder's, of the last handshake
}

func (p *parties) newLine() *line {
	l := new(line)
	l.memory = handshake.NewMemory(p.responder, func(r *handshake.Result) error {
		l.seed = r.Seed
		return nil
	})
	return l
}

// shake runs the handshake of b, and leaves in it what that came to, but for the
// time at which it ended.
func (p *parties) shake(ctx context.Context, l *line, b *birth) {
	transport, id := l.memory, ""
	if b.transport == TransportHTTP {
		transport = p.wire
		if p.through != nil {
			transport = p.through(transport)
		}
		id = rand.Text() // by which the responder's result is found
		p.expect(id, l)
	}
	result, timing, err := p.initiators[b.suite].Run(ctx, transport, p.peer, id)
	b.timing = timing
	b.err = err
	p.expect(id, nil)
	b.peerSeed = p.seedOf(l) // also if its news did not get through
	if err != nil {
		b.wipe()
		return
	}
	b.seed = result.Seed
	result.Wipe()
}

// expect says whose the handshake with that context id is; nobody's any more if l
// is nil.
func (p *parties) expect(id string, l *line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l == nil {
		delete(p.waiting, id)
		return
	}
	p.waiting[id] = l
}

// seedOf returns and forgets the responder's seed of a handshake.
func (p *parties) seedOf(l *line) (seed [session.SeedSize]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seed = l.seed
	clear(l.seed[:])
	return seed
}

// accept takes the responder's result of a handshake that came over the wire.
func (p *parties) accept(r *handshake.Result) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.waiting[r.ContextID]
	if l == nil {
		return errUnexpected
	}
	l.seed = r.Seed
	return nil
}
