package handshake

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Result is what a handshake came to, for one end. Both ends' results have the
// same Seed, ID, Label, Suite and ContextID. It is the caller's, who wipes it
// when the session exists.
type Result struct {
	// Seed is the secret from which the session's keys are derived.
	Seed [session.SeedSize]byte
	// ID is the id that a session with that seed and label has.
	ID session.ID
	// Label is the session's domain-separation label.
	Label string
	// Role is Initiator or Responder.
	Role session.Role
	// Suite is the key agreement that was used.
	Suite Suite
	// ContextID names the conversation.
	ContextID string
	// PeerIdentity is the other end, which has proved that it is.
	PeerIdentity ed25519.PublicKey
}

func newResult(s *seed, suite Suite, role session.Role, contextID string, peer *publicKey) *Result {
	label := suite.Label()
	return &Result{
		Seed:         *s,
		ID:           session.DeriveID(s[:], label),
		Label:        label,
		Role:         role,
		Suite:        suite,
		ContextID:    contextID,
		PeerIdentity: append(ed25519.PublicKey(nil), peer[:]...),
	}
}

// Params returns what [session.Manager.Create] needs for this end. Its seed is
// that of r, not a copy: it is gone when r is wiped.
func (r *Result) Params() session.Params {
	return session.Params{Seed: r.Seed[:], Label: r.Label, Role: r.Role}
}

// Wipe overwrites the secret. What is left may be kept.
func (r *Result) Wipe() { clear(r.Seed[:]) }

// Format prints what is public of the result, whatever the verb.
func (r Result) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "session %s by %s as %s of %q with %s",
		r.ID, r.Suite, r.Role, r.ContextID, fingerprint(r.PeerIdentity))
}

// Cost is what one phase took.
type Cost struct {
	// Duration is wall time at the initiator.
	Duration time.Duration
	// Bytes is the length of the message.
	Bytes int
}

// Timing is the cost of a handshake by [Phase], as the initiator sees it.
// Invitation and Complete take from the making of the message until the
// responder has dealt with it. Request takes until the Response has arrived, and
// so includes what the responder does to make it; Response is its examination
// by the initiator. A phase that was not reached is zero.
type Timing [NumPhases]Cost

// Total returns the sum over all phases.
func (t *Timing) Total() Cost {
	var sum Cost
	for _, c := range t {
		sum.Duration += c.Duration
		sum.Bytes += c.Bytes
	}
	return sum
}
