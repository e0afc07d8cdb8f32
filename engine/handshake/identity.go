package handshake

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
)

// publicKey is an identity as it stands in a message and in the table.
type publicKey = [ed25519.PublicKeySize]byte

// Identity is who an end is: an Ed25519 key pair (RFC 8032). It is a small
// value, free to copy and to use from any goroutine. The zero Identity is nobody
// and is refused with [ErrParams].
type Identity struct {
	pair *keyPair
}

type keyPair struct {
	private ed25519.PrivateKey
	public  publicKey
}

// NewIdentity returns a fresh identity.
func NewIdentity() Identity {
	var seed [ed25519.SeedSize]byte
	rand.Read(seed[:]) // never returns an error: the program ends where there is no randomness
	defer clear(seed[:])
	return newIdentity(ed25519.NewKeyFromSeed(seed[:]))
}

// IdentityOf returns the identity of a private key, which it copies. It returns
// [ErrParams] if the key has a wrong size or its public half is not its own.
func IdentityOf(private ed25519.PrivateKey) (Identity, error) {
	if len(private) != ed25519.PrivateKeySize {
		return Identity{}, refuse(ErrParams, "private key has %d bytes, not %d", len(private), ed25519.PrivateKeySize)
	}
	// A foreign public half would make every signature give the private one away.
	own := ed25519.NewKeyFromSeed(private.Seed())
	if subtle.ConstantTimeCompare(own, private) != 1 {
		return Identity{}, refuse(ErrParams, "private key does not match its public half")
	}
	return newIdentity(own), nil
}

func newIdentity(private ed25519.PrivateKey) Identity {
	return Identity{&keyPair{private: private, public: publicKey(private[ed25519.SeedSize:])}}
}

// Public returns the public key by which others know the identity, or nil for
// the zero Identity. The slice is the caller's.
func (id Identity) Public() ed25519.PublicKey {
	if id.pair == nil {
		return nil
	}
	return ed25519.PublicKey(append([]byte(nil), id.pair.public[:]...))
}

// Format prints a part of the public key, whatever the verb, and never the
// private one.
func (id Identity) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "identity %s", fingerprint(id.Public()))
}

// fingerprint is how a public key is printed, in short.
func fingerprint(key ed25519.PublicKey) string {
	if len(key) == 0 {
		return "nobody"
	}
	return hex.EncodeToString(key[:min(4, len(key))])
}

// parsePublic returns a public key as an array, or [ErrParams].
func parsePublic(name string, key ed25519.PublicKey) (publicKey, error) {
	if len(key) != ed25519.PublicKeySize {
		return publicKey{}, refuse(ErrParams, "%s has %d bytes, not %d", name, len(key), ed25519.PublicKeySize)
	}
	return publicKey(key), nil
}
