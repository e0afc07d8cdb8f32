//go:build !sagetop_safe

package session

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"hash"
	"reflect"
	"unsafe"

	"golang.org/x/crypto/chacha20poly1305"
)

// This file is the only one that reaches into other packages' objects. The
// library's ChaCha20-Poly1305 object is a struct of nothing but a copy of the
// key, and its SHA-256 object begins with the eight words of the chaining
// value; neither can be set from outside. Reaching them is what lets Close
// clear the key, a pooled session be rekeyed, and an HMAC go on from the state
// behind a padded key for the price of copying 32 bytes.
//
// It trusts nothing: layout and effect are checked once at start, and where
// either is not as expected the engine makes new ciphers, and moves hash states
// in their marshalled form. The build tag sagetop_safe turns it off.

// keyedType is the library's concrete type if its keys can be reached, else nil.
var keyedType = probeCipher(chacha20poly1305.New)

// heldKey returns the key inside an AEAD made by newCipher, or nil.
func heldKey(aead cipher.AEAD) *[KeySize]byte {
	if keyedType == nil || reflect.TypeOf(aead) != keyedType {
		return nil
	}
	return (*[KeySize]byte)(reflect.ValueOf(aead).UnsafePointer())
}

// probeCipher checks the layout by reflection, and then by a known answer: an
// object rekeyed in place must seal what a new object under that key seals.
func probeCipher(newAEAD func(key []byte) (cipher.AEAD, error)) reflect.Type {
	first, second := bytes.Repeat([]byte{1}, KeySize), bytes.Repeat([]byte{2}, KeySize)
	aead, err := newAEAD(first)
	if err != nil {
		return nil
	}
	want, err := newAEAD(second)
	if err != nil {
		return nil
	}
	t := reflect.TypeOf(aead)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct ||
		t.Elem().NumField() != 1 || t.Elem().Field(0).Type != reflect.TypeFor[[KeySize]byte]() {
		return nil
	}
	held := (*[KeySize]byte)(reflect.ValueOf(aead).UnsafePointer())
	if !bytes.Equal(held[:], first) {
		return nil
	}
	copy(held[:], second)
	nonce, text := make([]byte, NonceSize), []byte("rekeyed in place")
	if !bytes.Equal(aead.Seal(nil, nonce, text, nil), want.Seal(nil, nonce, text, nil)) {
		return nil
	}
	return t
}

// hashType is the library's concrete type if its chaining value can be reached,
// else nil.
var hashType = probeHash(sha256.New)

// heldChain returns the chaining value inside a hash made by [sha256.New], or
// nil. While only whole blocks are written, it is all that the hash knows.
func heldChain(h hash.Hash) *chain {
	if hashType == nil || reflect.TypeOf(h) != hashType {
		return nil
	}
	return (*chain)(reflect.ValueOf(h).UnsafePointer())
}

// probeHash checks the layout by reflection, and then by a known answer: a hash
// that is put back to an earlier state must go on from there.
func probeHash(newHash func() hash.Hash) reflect.Type {
	h := newHash()
	t := reflect.TypeOf(h)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct || t.Elem().NumField() == 0 ||
		t.Elem().Field(0).Offset != 0 || t.Elem().Field(0).Type != reflect.TypeFor[[len(chain{})]uint32]() {
		return nil
	}
	c := compressor{digest: h, h: (*chain)(reflect.ValueOf(h).UnsafePointer())}
	if *c.h != initial || !c.answers() {
		return nil
	}
	return t
}

// affinity returns a number that stays the same for a goroutine while its stack
// does, and differs from most others': who comes back to the same scratch finds
// it in the cache of its own core.
func affinity() uint64 {
	var here byte
	return uint64(uintptr(unsafe.Pointer(&here)) >> 11) //nolint:gosec // the address is only a number
}
