//go:build !sagetop_safe

package session

import (
	"bytes"
	"crypto/cipher"
	"reflect"

	"golang.org/x/crypto/chacha20poly1305"
)

// The library's ChaCha20-Poly1305 object is a struct of nothing but a copy of
// the key, with no way to clear or replace it. This file reaches those 32
// bytes, which is what lets Close clear them and a pooled session be rekeyed.
// It trusts nothing: the layout and the effect are checked once at start, and
// where either is not as expected the engine makes a new object for each
// session instead. The build tag sagetop_safe turns it off.

// keyedType is the library's concrete type if its keys can be reached, else nil.
var keyedType = probeCipher()

// heldKey returns the key inside an AEAD made by newCipher, or nil.
func heldKey(aead cipher.AEAD) *[KeySize]byte {
	if keyedType == nil || reflect.TypeOf(aead) != keyedType {
		return nil
	}
	return (*[KeySize]byte)(reflect.ValueOf(aead).UnsafePointer())
}

// probeCipher checks the layout by reflection, and then by a known answer: an
// object rekeyed in place must seal what a new object under that key seals.
func probeCipher() reflect.Type {
	first, second := bytes.Repeat([]byte{1}, KeySize), bytes.Repeat([]byte{2}, KeySize)
	aead, err := chacha20poly1305.New(first)
	if err != nil {
		return nil
	}
	want, err := chacha20poly1305.New(second)
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
