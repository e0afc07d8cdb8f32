package session

import (
	"crypto/sha256"
	"io"

	"golang.org/x/crypto/hkdf"
)

// The keys of a session, in the order of the 192-byte layout.
const (
	keyEncrypt = iota
	keySigning
	keyC2SEnc
	keyC2SSign
	keyS2CEnc
	keyS2CSign
	numKeys
)

// keySet points at the six keys, wherever they are: in one buffer (P0-1) or in
// six allocations.
type keySet [numKeys]*[KeySize]byte

// separateLabels are the HKDFs of the schedule without P0-2, by key.
var separateLabels = [numKeys]Label{
	LabelEncryption, LabelSigning, LabelC2SEnc, LabelC2SSign, LabelS2CEnc, LabelS2CSign,
}

// firstDirectional is where the 128 bytes of [LabelDirectional] begin.
const firstDirectional = keyC2SEnc * KeySize

// libraryDeriveKeys derives all keys with x/crypto's HKDF, one instance a label,
// as SAGE does.
func libraryDeriveKeys(keys *keySet, seed []byte, id ID, single bool) {
	salt := []byte(id.String())
	if single {
		expand(keys[:keyC2SEnc], seed, salt, LabelSession)
		expand(keys[keyC2SEnc:], seed, salt, LabelDirectional)
		return
	}
	for k, label := range separateLabels {
		expand(keys[k:k+1], seed, salt, label)
	}
}

// expand fills the keys, one after the other, from one HKDF.
func expand(keys []*[KeySize]byte, seed, salt []byte, label Label) {
	r := hkdf.New(sha256.New, seed, salt, []byte(label.String()))
	for _, key := range keys {
		must(io.ReadFull(r, key[:]))
	}
}

// must passes on the value of a call that fails only for inputs that this package
// never gives it: a key or an output of another length.
func must[T any](v T, err error) T {
	if err != nil {
		panic("session: impossible: " + err.Error())
	}
	return v
}
