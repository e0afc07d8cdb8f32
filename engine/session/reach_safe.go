//go:build sagetop_safe

package session

import (
	"crypto/cipher"
	"hash"
	"math/rand/v2"
)

// heldKey finds no key: this build does not reach into the library's objects.
// So each session gets new ciphers, one or two allocations, and their copies of
// its keys are not wiped at its end, but dropped and left to the collector.
func heldKey(cipher.AEAD) *[KeySize]byte { return nil }

// heldChain finds no chaining value: hash states move in their marshalled form.
func heldChain(hash.Hash) *chain { return nil }

// affinity knows nothing of the goroutine that calls it.
func affinity() uint64 { return rand.Uint64() }
