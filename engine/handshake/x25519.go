package handshake

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// x25519KEM is the suite X25519. The library owns the private keys, which it
// cannot be told to wipe: they wait for the collector.
type x25519KEM struct{}

// x25519Offer is one end's ephemeral key.
type x25519Offer struct {
	private *ecdh.PrivateKey
	share   []byte
}

func newX25519Offer() (*x25519Offer, error) {
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("handshake: make X25519 key: %w", err)
	}
	return &x25519Offer{private, private.PublicKey().Bytes()}, nil
}

func (x25519KEM) offer() ([]byte, offer, error) {
	o, err := newX25519Offer()
	if err != nil {
		return nil, nil, err
	}
	return o.share, o, nil
}

func (x25519KEM) answer(share []byte, to binding) ([]byte, seed, error) {
	o, err := newX25519Offer()
	if err != nil {
		return nil, seed{}, err
	}
	s, err := o.open(share, to)
	return o.share, s, err
}

// open binds the seed as SAGE does, to the context id and both shares. The rest of
// the transcript is bound by the signatures and the confirmations.
func (o *x25519Offer) open(share []byte, to binding) (seed, error) {
	peer, err := ecdh.X25519().NewPublicKey(share)
	if err != nil {
		return seed{}, refuse(ErrMalformed, "X25519 share has %d bytes, not 32", len(share))
	}
	secret, err := o.private.ECDH(peer)
	if err != nil {
		// The library computes a secret for every 32 bytes, and refuses the
		// one that is all zero.
		return seed{}, ErrLowOrder
	}
	defer clear(secret)
	s, err := session.DeriveSeed(session.Exchange{
		SharedSecret:  secret,
		ContextID:     to.contextID,
		Label:         X25519.Label(),
		SelfEphemeral: o.share,
		PeerEphemeral: share,
	})
	if err != nil {
		return seed{}, fmt.Errorf("handshake: derive seed: %w", err)
	}
	return s, nil
}
