//go:build !sagetop_safe

package session

import (
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"hash"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// withoutReach runs a test as where the library's layouts are not the known ones.
func withoutReach(t *testing.T) {
	t.Helper()
	key, chain := keyedType, hashType
	keyedType, hashType = nil, nil
	t.Cleanup(func() { keyedType, hashType = key, chain })
}

// TestReach says that this release of Go and of the library are the known ones.
// Where it fails, the engine works all the same, with a few allocations more;
// reach.go is to be brought up to date.
func TestReach(t *testing.T) {
	if keyedType == nil {
		t.Error("the keys in ChaCha20-Poly1305 objects cannot be reached")
	}
	if hashType == nil {
		t.Error("the chaining value in SHA-256 objects cannot be reached")
	}
	if h := heldChain(struct{ hash.Hash }{sha256.New()}); h != nil {
		t.Error("a chaining value was found in an object of another type")
	}
}

// TestFallback repeats the tests of derivation, wiping and allocations, and the audit, where
// nothing can be reached.
func TestFallback(t *testing.T) {
	withoutReach(t)
	if c := newCompressor(); c.state == nil {
		t.Fatal("the chaining value was reached: this test shows nothing")
	}
	for name, test := range map[string]func(*testing.T){
		"keys": TestSAGEVectors, "messages": TestSAGEMessages, "oracle": TestDeriveKeysOracle, "scratch": TestScratchOracle, "HMAC": TestHMACVectors,
		"HKDF": TestHKDFVectors, "wipe": TestScratchWipe, "end": TestEndWipes, "cipher": TestCipher, "allocs": TestCreateRemoveAllocs,
		"audit": TestAudit,
	} {
		t.Run(name, test)
	}
}

// deaf is an AEAD of the right layout whose key has no effect.
type deaf struct{ key [KeySize]byte }

var deafSeals byte

func (*deaf) NonceSize() int { return NonceSize }
func (*deaf) Overhead() int  { return 1 }

func (*deaf) Seal(dst, _, plaintext, _ []byte) []byte {
	deafSeals++
	return append(append(dst, plaintext...), deafSeals)
}

func (*deaf) Open(dst, _, ciphertext, _ []byte) ([]byte, error) {
	return append(dst, ciphertext[:len(ciphertext)-1]...), nil
}

// wrapped is an AEAD of another layout.
type wrapped struct{ cipher.AEAD }

func TestProbeCipher(t *testing.T) {
	library := chacha20poly1305.New
	refusing := func(n int) func([]byte) (cipher.AEAD, error) {
		return func(key []byte) (cipher.AEAD, error) {
			if n--; n < 0 {
				return nil, errors.New("no")
			}
			return library(key)
		}
	}
	for name, newAEAD := range map[string]func(key []byte) (cipher.AEAD, error){
		"no first":       refusing(0),
		"no second":      refusing(1),
		"another layout": func(key []byte) (cipher.AEAD, error) { a, err := library(key); return &wrapped{a}, err },
		"no pointer":     func(key []byte) (cipher.AEAD, error) { a, err := library(key); return wrapped{a}, err },
		"no key":         func([]byte) (cipher.AEAD, error) { return new(deaf), nil },
		"key of no effect": func(key []byte) (cipher.AEAD, error) {
			return &deaf{[KeySize]byte(key)}, nil
		},
	} {
		if got := probeCipher(newAEAD); got != nil {
			t.Errorf("%s: %v was taken for what is known", name, got)
		}
	}
	if probeCipher(library) == nil {
		t.Error("the library's own was not known")
	}
}

// still is a hash of the right layout that does not move.
type still struct{ H [8]uint32 }

func (*still) Write(p []byte) (int, error) { return len(p), nil }
func (*still) Sum(b []byte) []byte         { return b }
func (*still) Reset()                      {}
func (*still) Size() int                   { return sha256.Size }
func (*still) BlockSize() int              { return sha256.BlockSize }

func TestProbeHash(t *testing.T) {
	for name, newHash := range map[string]func() hash.Hash{
		"another layout":     func() hash.Hash { return &struct{ hash.Hash }{sha256.New()} },
		"no pointer":         func() hash.Hash { return struct{ hash.Hash }{sha256.New()} },
		"SHA-224":            sha256.New224,
		"right, and no hash": func() hash.Hash { return &still{initial} },
	} {
		if got := probeHash(newHash); got != nil {
			t.Errorf("%s: %v was taken for what is known", name, got)
		}
	}
	if probeHash(sha256.New) == nil {
		t.Error("the library's own was not known")
	}
}
