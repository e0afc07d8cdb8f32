package session

import (
	"crypto/sha256"
	"fmt"
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
func libraryDeriveKeys(keys *keySet, seed []byte, id ID, single bool) error {
	salt := []byte(id.String())
	if single {
		if err := expand(keys[:keyC2SEnc], seed, salt, LabelSession); err != nil {
			return err
		}
		return expand(keys[keyC2SEnc:], seed, salt, LabelDirectional)
	}
	for k, label := range separateLabels {
		if err := expand(keys[k:k+1], seed, salt, label); err != nil {
			return err
		}
	}
	return nil
}

// expand fills the keys, one after the other, from one HKDF.
func expand(keys []*[KeySize]byte, seed, salt []byte, label Label) error {
	r := hkdf.New(sha256.New, seed, salt, []byte(label.String()))
	for _, key := range keys {
		if _, err := io.ReadFull(r, key[:]); err != nil {
			return fmt.Errorf("session: derive %s: %w", label, err)
		}
	}
	return nil
}
