package load

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// parties are the two ends that all pairs of a run belong to.
type parties struct {
	initiator handshake.Initiator
	responder *handshake.Responder
	peer      ed25519.PublicKey // the responder's
}

func newParties() (*parties, error) {
	r, err := handshake.NewResponder(handshake.ResponderConfig{Identity: handshake.NewIdentity()})
	if err != nil {
		return nil, fmt.Errorf("load: responder: %w", err)
	}
	return &parties{
		initiator: handshake.Initiator{Identity: handshake.NewIdentity()},
		responder: r,
		peer:      r.Public(),
	}, nil
}

// line is one lane's connection from the initiator to the responder, with the
// responder's seed of the last handshake that went over it.
type line struct {
	parties   *parties
	transport handshake.Transport
	seed      [session.SeedSize]byte
}

func (p *parties) connect() *line {
	l := &line{parties: p}
	l.transport = handshake.NewMemory(p.responder, func(r *handshake.Result) error {
		l.seed = r.Seed
		return nil
	})
	return l
}

// shake runs a handshake and leaves the seed that each end came to, each its
// own, so that ends that disagree are found out by their first message.
func (l *line) shake(suite handshake.Suite, initiator, responder []byte) error {
	in := l.parties.initiator
	in.Suite = suite
	result, _, err := in.Run(context.Background(), l.transport, l.parties.peer, "")
	if err != nil {
		return fmt.Errorf("load: handshake: %w", err)
	}
	copy(initiator, result.Seed[:])
	copy(responder, l.seed[:])
	result.Wipe()
	clear(l.seed[:])
	return nil
}
