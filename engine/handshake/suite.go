package handshake

import (
	"fmt"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Suite is a key agreement that two ends can choose. Its value is the suite
// byte of every message; 0 is none.
type Suite uint8

// The suites.
const (
	// X25519 agrees by two ephemeral X25519 keys (RFC 7748). The seed is SAGE's,
	// byte for byte: see [session.DeriveSeed].
	X25519 Suite = 1
	// HPKE exports the seed from a context of RFC 9180 in base mode: DHKEM(X25519,
	// HKDF-SHA256), HKDF-SHA256, export only, to an ephemeral key of the initiator.
	HPKE Suite = 2
	// Hybrid is HPKE with ML-KEM-768 and X25519 as its key encapsulation (X-Wing):
	// the seed stays secret as long as one of the two is not broken.
	Hybrid Suite = 3
)

// The labels of sessions that the suites open. That of X25519 is SAGE's,
// [session.DefaultLabel].
const (
	hpkeLabel   = "sagetop/hpke v1"
	hybridLabel = "sagetop/hybrid v1"
)

// suiteInfo is everything there is to know of a suite.
type suiteInfo struct {
	suite Suite
	name  string
	label string
	kem   kem
}

var suites = []suiteInfo{
	{X25519, "x25519", session.DefaultLabel, x25519KEM{}},
	{HPKE, "hpke", hpkeLabel, newDHKEM()},
	{Hybrid, "hybrid", hybridLabel, newXWing()},
}

// Suites returns all suites. The slice is the caller's.
func Suites() []Suite {
	all := make([]Suite, len(suites))
	for i := range suites {
		all[i] = suites[i].suite
	}
	return all
}

// ParseSuite returns the suite of that name, as [Suite.String] gives it, or
// [ErrParams].
func ParseSuite(name string) (Suite, error) {
	for i := range suites {
		if suites[i].name == name {
			return suites[i].suite, nil
		}
	}
	return 0, refuse(ErrParams, "suite %q is not one of %v", name, Suites())
}

// String returns the suite's name in lower case.
func (s Suite) String() string {
	for i := range suites {
		if suites[i].suite == s {
			return suites[i].name
		}
	}
	return fmt.Sprintf("suite(%d)", uint8(s))
}

// Label returns the domain-separation label of sessions that the suite opens,
// or "" for an unknown suite.
func (s Suite) Label() string {
	for i := range suites {
		if suites[i].suite == s {
			return suites[i].label
		}
	}
	return ""
}

// kem returns the suite's key agreement, or nil for an unknown suite.
func (s Suite) kem() kem {
	for i := range suites {
		if suites[i].suite == s {
			return suites[i].kem
		}
	}
	return nil
}

// maxShare bounds what either end sends of a key agreement, in bytes. The
// longest is a public key of Hybrid.
const maxShare = hybridOfferSize

// binding is what a seed is bound to besides the two shares. Both ends know it
// when the answer is made, and neither can choose all of it.
type binding struct {
	contextID string
	// transcript is that of the Invitation and the Request: identities, context
	// id, suite, nonces and offer.
	transcript transcript
}

// kem is a key agreement in the shape of a key encapsulation mechanism (RFC
// 9180 §4): the initiator offers a public key, the responder answers with an
// encapsulation for it. Diffie-Hellman fits the shape, the answer being the
// responder's public key. Shares may have any length from 1 to maxShare.
//
// Neither share is authenticated by the kem: signatures do that.
type kem interface {
	// offer makes the initiator's share, and keeps what opens the answer to it.
	offer() (share []byte, o offer, err error)
	// answer makes the responder's share for an offer, and the session seed,
	// which is the caller's to wipe. It returns ErrMalformed or ErrLowOrder.
	answer(share []byte, to binding) (answer []byte, seed seed, err error)
}

// offer is the initiator's secret between its share and the answer to it.
type offer interface {
	// open returns the session seed, which is the caller's to wipe. It returns
	// ErrMalformed or ErrLowOrder.
	open(answer []byte, to binding) (seed, error)
}

type seed = [session.SeedSize]byte
