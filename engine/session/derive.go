package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"

	"golang.org/x/crypto/hkdf"
)

// Sizes in bytes.
const (
	KeySize         = 32
	KeyMaterialSize = 6 * KeySize // all keys of a session
	SeedSize        = sha256.Size
	IDSize          = 16
)

// DefaultLabel is the domain-separation label of a session whose parameters
// name none, as in SAGE.
const DefaultLabel = "a2a/handshake v1"

// maxLabel bounds labels so that hashing one never needs memory of its own.
const maxLabel = 64

// ID identifies a session, to both of its ends. It is derived from the seed, so
// it is public, and it is not predictable.
type ID [IDSize]byte

// encodedIDSize is the length of an ID in unpadded base64url (RFC 4648 §5).
const encodedIDSize = (IDSize*8 + 5) / 6

// String returns the id in unpadded base64url, 22 characters.
func (id ID) String() string {
	var text [encodedIDSize]byte
	base64.RawURLEncoding.Encode(text[:], id[:])
	return string(text[:])
}

// ParseID is the inverse of [ID.String]. It accepts no other spelling.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != encodedIDSize {
		return id, badParams("id %q has %d characters, not %d", s, len(s), encodedIDSize)
	}
	n, err := base64.RawURLEncoding.Strict().Decode(id[:], []byte(s))
	if err != nil || n != IDSize {
		return ID{}, badParams("id %q is not unpadded base64url", s)
	}
	return id, nil
}

// Exchange is what a handshake's end knows when it is over.
type Exchange struct {
	// SharedSecret is the output of the key agreement. It is only read.
	SharedSecret []byte
	// ContextID names the conversation; both ends have the same.
	ContextID string
	// Label is the domain-separation label; "" is [DefaultLabel].
	Label string
	// SelfEphemeral and PeerEphemeral are the public keys as sent on the wire.
	// The ends may disagree on which is which: they are put in order first.
	SelfEphemeral, PeerEphemeral []byte
}

// DeriveSeed returns the session seed: HKDF-Extract (RFC 5869 §2.2) with
// SHA-256 of the shared secret, salted with the hash of the label, the context
// id and the ephemeral keys, lower first. It refuses an empty field and an
// all-zero shared secret (RFC 7748 §6.1) with [ErrParams]. The seed is the
// caller's to wipe.
func DeriveSeed(x Exchange) (seed [SeedSize]byte, err error) {
	switch {
	case len(x.SharedSecret) == 0:
		return seed, badParams("shared secret is empty")
	case allZero(x.SharedSecret):
		return seed, badParams("shared secret is all zero")
	case x.ContextID == "":
		return seed, badParams("context id is empty")
	case len(x.SelfEphemeral) == 0 || len(x.PeerEphemeral) == 0:
		return seed, badParams("an ephemeral key is empty")
	}
	low, high := x.SelfEphemeral, x.PeerEphemeral
	if bytes.Compare(low, high) > 0 {
		low, high = high, low
	}
	h := sha256.New()
	h.Write([]byte(labelOr(x.Label)))
	h.Write([]byte(x.ContextID))
	h.Write(low)
	h.Write(high)
	extractSeed(&seed, x.SharedSecret, h.Sum(nil))
	return seed, nil
}

func extractSeed(seed *[SeedSize]byte, secret, salt []byte) {
	reserveStack()
	defer scrubStack()
	if !hashReusable {
		prk := hkdf.Extract(sha256.New, secret, salt)
		copy(seed[:], prk)
		clear(prk)
		return
	}
	sc := scratches.acquire()
	sc.setKey(salt)
	sc.mac(secret)
	copy(seed[:], sc.sum[:])
	sc.release()
}

// DeriveID returns the id of the session with that seed and label: the first
// 16 bytes of SHA-256(label | seed). An empty label is [DefaultLabel].
func DeriveID(seed []byte, label string) ID {
	label = labelOr(label)
	reserveStack()
	defer scrubStack()
	return deriveID(seed, label, hashReusable && len(seed) == SeedSize && len(label) <= maxLabel)
}

// deriveID is DeriveID for a label that is not empty, by a scratch or by the
// library. A scratch has room for what [Manager.Create] accepts.
func deriveID(seed []byte, label string, reusable bool) ID {
	if !reusable {
		return hashID(seed, label)
	}
	sc := scratches.acquire()
	defer sc.release()
	return sc.deriveID(seed, label)
}

// hashID is DeriveID by the library, which leaves the seed on the stack: it has a
// frame of its own, to be scrubbed.
//
//go:noinline
func hashID(seed []byte, label string) ID {
	buf := make([]byte, 0, maxLabel+SeedSize) // stays on the stack for all labels that Create accepts
	buf = append(buf, label...)
	buf = append(buf, seed...)
	sum := sha256.Sum256(buf)
	clear(buf)
	return ID(sum[:IDSize])
}

// DeriveKeys fills dst with the six keys of a session, in this order: encrypt,
// signing, c2s encrypt, c2s sign, s2c encrypt, s2c sign. o.SingleHKDF chooses
// the schedule, o.ReusableHash who computes it; the other switches do not
// matter here. The seed has [SeedSize] bytes; another number is refused with
// [ErrParams]. dst is the caller's to wipe.
func DeriveKeys(dst *[KeyMaterialSize]byte, seed []byte, id ID, o Optimizations) error {
	if len(seed) != SeedSize {
		return badParams("seed has %d bytes, not %d", len(seed), SeedSize)
	}
	var keys keySet
	for k := range keys {
		keys[k] = (*[KeySize]byte)(dst[k*KeySize:])
	}
	reserveStack()
	deriveKeys(&keys, seed, id, o)
	scrubStack()
	return nil
}

// deriveKeys fills the keys by the schedule and the means that o chooses.
func deriveKeys(keys *keySet, seed []byte, id ID, o Optimizations) {
	if !o.reusableHash() {
		libraryDeriveKeys(keys, seed, id, o.SingleHKDF)
		return
	}
	sc := scratches.acquire()
	sc.deriveKeys(keys, seed, id, o.SingleHKDF)
	sc.release()
}

func labelOr(label string) string {
	if label == "" {
		return DefaultLabel
	}
	return label
}

func allZero(b []byte) bool {
	var or byte
	for _, v := range b {
		or |= v
	}
	return or == 0
}
