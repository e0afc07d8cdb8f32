package session

import (
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"
)

// Sizes in bytes of the message format: nonce | ciphertext | tag
// (ChaCha20-Poly1305, RFC 8439 §2.8).
const (
	NonceSize = chacha20poly1305.NonceSize
	TagSize   = chacha20poly1305.Overhead
	// Overhead is how much longer a sealed message is than its plaintext.
	Overhead = NonceSize + TagSize
	// MACSize is the length of an HMAC-SHA256.
	MACSize = 32
)

// cipherErr is why there can be no ciphers, and so no sessions, or nil.
var cipherErr = func() error {
	_, err := chacha20poly1305.New(make([]byte, KeySize))
	return err
}()

// newCipher returns the AEAD under key. If old is one whose key can be replaced
// in place, it is rekeyed and returned, and nothing is allocated.
func newCipher(old cipher.AEAD, key *[KeySize]byte) cipher.AEAD {
	if old != nil {
		if held := heldKey(old); held != nil {
			*held = *key
			return old
		}
	}
	return must(chacha20poly1305.New(key[:]))
}

// wipeCipher clears the copy of the key that an AEAD keeps, and tells whether
// it could; the object is then good for newCipher only. Where it cannot, the
// copy remains in memory until the collector reuses it.
func wipeCipher(aead cipher.AEAD) bool {
	if aead == nil {
		return true
	}
	held := heldKey(aead)
	if held == nil {
		return false
	}
	clear(held[:])
	return true
}
