package session

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

func FuzzDeriveKeys(f *testing.F) {
	f.Add(make([]byte, SeedSize), make([]byte, IDSize))
	f.Add(seedOf(1), bytes.Repeat([]byte{0xff}, IDSize))
	f.Add([]byte("short"), []byte("short"))
	f.Fuzz(func(t *testing.T, seed, idBytes []byte) {
		var id ID
		copy(id[:], idBytes)
		if len(seed) != SeedSize {
			var keys [KeyMaterialSize]byte
			wantErr(t, "derive", DeriveKeys(&keys, seed, id, Tuned), ErrParams)
			return
		}
		checkKeys(t, seed, id)
	})
}

// FuzzMAC holds HMAC over whole blocks against the library's, where padding begins
// one block or needs another, and in both forms of the state.
func FuzzMAC(f *testing.F) {
	for _, n := range []int{0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 128, 1000} {
		f.Add(seedOf(1), make([]byte, n))
	}
	f.Add([]byte{}, []byte("no key"))
	f.Fuzz(func(t *testing.T, key, message []byte) {
		key = key[:min(len(key), sha256.BlockSize)] // as long as those of sessions are at most
		h := hmac.New(sha256.New, key)
		h.Write(message)
		want := h.Sum(nil)
		for name, c := range compressors() {
			sc := newScratch()
			sc.sha = c
			sc.setKey(key)
			sc.mac(message)
			if !bytes.Equal(sc.sum[:], want) {
				t.Errorf("%s: HMAC(%x, %x) = %x, want %x", name, key, message, sc.sum, want)
			}
		}
	})
}

// FuzzOpen looks for a second message that opens: an authentic one changed.
func FuzzOpen(f *testing.F) {
	seed := seedOf(1)
	// Sealed once under that seed's key, by Seal.
	message, err := hex.DecodeString("0b4fd06a3ed9ccfa71566d26c0a0c41cc11016ad7fd4117b3dc3156b290e23c183349cb7fadfa3655eb009215e8fd9868d16259eca33")
	if err != nil {
		f.Fatal(err)
	}
	aad, text := []byte("aad"), []byte("the one message that opens")
	f.Add(message, aad)
	f.Add(message, []byte(nil))
	f.Add(message[:Overhead], aad)
	f.Add(message[:Overhead-1], aad)
	f.Add([]byte(nil), []byte(nil))
	m := newTestManager(f, Config{Optimizations: Tuned, Limits: Limits{MaxMessages: 1 << 62}, SweepInterval: manual})
	s := mustCreate(f, m, Params{Seed: seed})
	if got, err := s.Open(nil, message, aad); err != nil || !bytes.Equal(got, text) {
		f.Fatalf("the authentic message = %q, %v, want %q", got, err, text)
	}
	f.Fuzz(func(t *testing.T, sealed, with []byte) {
		dst := []byte("dst")
		got, err := s.Open(dst, sealed, with)
		authentic := bytes.Equal(sealed, message) && bytes.Equal(with, aad)
		switch {
		case authentic:
			if err != nil || string(got) != "dst"+string(text) {
				t.Errorf("open = %q, %v", got, err)
			}
		case len(sealed) < Overhead:
			wantErr(t, "a short message", err, ErrShort)
		default:
			wantErr(t, "another message", err, ErrAuth)
		}
		if !authentic && string(got) != "dst" {
			t.Errorf("a refused message changed dst to %q", got)
		}
	})
}

func FuzzParseID(f *testing.F) {
	f.Add(ID{}.String())
	f.Add(ID{0: 0xff, 15: 1}.String())
	f.Add("AAAAAAAAAAAAAAAAAAAAAB")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text)
		if err != nil {
			wantErr(t, "parse", err, ErrParams)
			return
		}
		if id.String() != text {
			t.Errorf("%q is read as %s: an id has one spelling", text, id)
		}
	})
}
