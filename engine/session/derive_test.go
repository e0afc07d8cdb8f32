package session

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	xhkdf "golang.org/x/crypto/hkdf"
	"pgregory.net/rapid"
)

// oracleKeys derives the keys with the standard library's HKDF, which the
// engine does not use for that, and straight from the description.
func oracleKeys(t testing.TB, seed []byte, id ID, single bool) []byte {
	t.Helper()
	var keys []byte
	part := func(info string, n int) {
		b, err := hkdf.Key(sha256.New, seed, []byte(id.String()), info, n)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, b...)
	}
	if single {
		part("sage-session-keys-v1", 64)
		part("sage-directional-keys-v1", 128)
		return keys
	}
	for _, info := range []string{"encryption", "signing", "c2s|enc|v1", "c2s|sign|v1", "s2c|enc|v1", "s2c|sign|v1"} {
		part(info, 32)
	}
	return keys
}

// checkKeys compares all ways in which the engine derives keys with the oracle.
func checkKeys(t testing.TB, seed []byte, id ID) {
	t.Helper()
	for _, single := range []bool{true, false} {
		want := oracleKeys(t, seed, id, single)
		for _, reusable := range []bool{true, false} {
			var keys [KeyMaterialSize]byte
			if err := DeriveKeys(&keys, seed, id, Optimizations{SingleHKDF: single, ReusableHash: reusable}); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(keys[:], want) {
				t.Fatalf("seed %x, id %s, single %t, reusable %t: keys = %x, want %x", seed, id, single, reusable, keys, want)
			}
			if got := scatteredKeys(t, seed, id, single, reusable); !bytes.Equal(got, want) {
				t.Fatalf("seed %x, id %s, single %t, reusable %t, six allocations: keys = %x, want %x", seed, id, single, reusable, got, want)
			}
		}
	}
}

// scatteredKeys derives as for a session without a key buffer.
func scatteredKeys(t testing.TB, seed []byte, id ID, single, reusable bool) (all []byte) {
	t.Helper()
	var s slot
	s.layKeys(Optimizations{})
	if reusable {
		sc := newScratch()
		sc.deriveKeys(&s.keys, seed, id, single)
	} else {
		libraryDeriveKeys(&s.keys, seed, id, single)
	}
	for _, key := range s.keys {
		all = append(all, key[:]...)
	}
	return all
}

// TestDeriveKeysOracle draws 100 generators, of 30 seeds and ids each.
func TestDeriveKeysOracle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "generator"), 0))
		for range 30 {
			seed := make([]byte, SeedSize)
			var id ID
			fill(r, seed)
			fill(r, id[:])
			checkKeys(t, seed, id)
		}
	})
}

func fill(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

// expandBytes returns the first n bytes of HKDF-Expand by sc.
func expandBytes(sc *scratch, prk []byte, info string, n int) []byte {
	var keys []*[KeySize]byte
	for range (n + KeySize - 1) / KeySize {
		keys = append(keys, new([KeySize]byte))
	}
	x := newExpansion(info)
	sc.setKey(prk)
	sc.expand(keys, &x)
	var okm []byte
	for _, key := range keys {
		okm = append(okm, key[:]...)
	}
	return okm[:n]
}

// TestScratchOracle draws 100 generators, of 120 inputs each, for the HMAC and
// HKDF that are composed here, and holds them against both libraries'.
func TestScratchOracle(t *testing.T) {
	sc := newScratch() // one for all: what an earlier use left must not matter
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "generator"), 0))
		for range 120 {
			key := make([]byte, r.IntN(sha256.BlockSize+1))
			message := make([]byte, r.IntN(300))
			info := make([]byte, r.IntN(2*sha256.BlockSize-sha256.Size-9))
			for _, b := range [][]byte{key, message, info} {
				fill(r, b)
			}
			h := hmac.New(sha256.New, key)
			h.Write(message)
			sc.setKey(key)
			sc.mac(message)
			if want := h.Sum(nil); !bytes.Equal(sc.sum[:], want) {
				rt.Fatalf("HMAC(%x, %x) = %x, want %x", key, message, sc.sum[:], want)
			}
			prk := bytes.Clone(sc.sum[:]) // extract is HMAC(salt, secret)
			if want := xhkdf.Extract(sha256.New, message, key); !bytes.Equal(prk, want) {
				rt.Fatalf("extract = %x, want %x", prk, want)
			}
			okm := expandBytes(sc, prk, string(info), 1+r.IntN(255))
			want, err := hkdf.Expand(sha256.New, prk, string(info), len(okm))
			if err != nil || !bytes.Equal(okm, want) {
				rt.Fatalf("expand(%x, %x) = %x, want %x, %v", prk, info, okm, want, err)
			}
			if r.IntN(2) == 0 {
				sc.wipe()
			}
		}
	})
}

// TestHMACVectors has the HMAC-SHA-256 cases of RFC 4231 §4 that apply. Cases 6
// and 7 have keys longer than a block, which no key of a session is; of case 5,
// which is about truncation, the first 16 bytes are given.
func TestHMACVectors(t *testing.T) {
	sc := newScratch()
	for _, v := range []struct{ name, key, data, mac string }{
		{"case 1", strings.Repeat("0b", 20), hex.EncodeToString([]byte("Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"case 2", hex.EncodeToString([]byte("Jefe")), hex.EncodeToString([]byte("what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"case 3", strings.Repeat("aa", 20), strings.Repeat("dd", 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{"case 4", "0102030405060708090a0b0c0d0e0f10111213141516171819", strings.Repeat("cd", 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
		{"case 5", strings.Repeat("0c", 20), hex.EncodeToString([]byte("Test With Truncation")), "a3b6167473100ee06e0c796c2955552b"},
	} {
		sc.setKey(unhex(t, v.key))
		sc.mac(unhex(t, v.data))
		if got := hex.EncodeToString(sc.sum[:]); !strings.HasPrefix(got, v.mac) {
			t.Errorf("%s: %s, want %s", v.name, got, v.mac)
		}
	}
}

// TestHKDFVectors has the SHA-256 cases of RFC 5869 appendix A that apply: A.1
// and A.3. The salt of A.2 is longer than a block; a session's is 22 bytes.
func TestHKDFVectors(t *testing.T) {
	sc := newScratch()
	for _, v := range []struct{ name, ikm, salt, info, prk, okm string }{
		{
			"A.1", strings.Repeat("0b", 22), "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
			"077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
			"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
		},
		{
			"A.3", strings.Repeat("0b", 22), "", "",
			"19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
			"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
		},
	} {
		sc.setKey(unhex(t, v.salt))
		sc.mac(unhex(t, v.ikm))
		if got := hex.EncodeToString(sc.sum[:]); got != v.prk {
			t.Errorf("%s: PRK = %s, want %s", v.name, got, v.prk)
		}
		okm := expandBytes(sc, unhex(t, v.prk), string(unhex(t, v.info)), len(v.okm)/2)
		if got := hex.EncodeToString(okm); got != v.okm {
			t.Errorf("%s: OKM = %s, want %s", v.name, got, v.okm)
		}
	}
}

func TestDeriveKeysRefuses(t *testing.T) {
	for _, n := range []int{0, 31, 33} {
		var keys [KeyMaterialSize]byte
		wantErr(t, "seed of a wrong size", DeriveKeys(&keys, make([]byte, n), ID{}, Tuned), ErrParams)
		if !allZero(keys[:]) {
			t.Error("keys were derived all the same")
		}
	}
}

func TestDeriveSeedRefuses(t *testing.T) {
	good := Exchange{SharedSecret: []byte{1}, ContextID: "c", SelfEphemeral: []byte{2}, PeerEphemeral: []byte{3}}
	for _, tt := range []struct {
		name   string
		change func(*Exchange)
		says   string
	}{
		{"no secret", func(x *Exchange) { x.SharedSecret = nil }, "shared secret is empty"},
		{"zero secret", func(x *Exchange) { x.SharedSecret = make([]byte, 32) }, "shared secret is all zero"},
		{"no context", func(x *Exchange) { x.ContextID = "" }, "context id is empty"},
		{"no key of its own", func(x *Exchange) { x.SelfEphemeral = nil }, "ephemeral key is empty"},
		{"no key of the peer", func(x *Exchange) { x.PeerEphemeral = []byte{} }, "ephemeral key is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := good
			tt.change(&x)
			seed, err := DeriveSeed(x)
			wantParams(t, err, tt.says)
			if seed != ([SeedSize]byte{}) {
				t.Errorf("there is a seed all the same: %x", seed)
			}
		})
	}
}

// TestDeriveSeed checks what goes into a seed: each field, and the keys in an
// order that does not depend on who computes it.
func TestDeriveSeed(t *testing.T) {
	base := Exchange{SharedSecret: []byte{9, 0}, ContextID: "c", SelfEphemeral: []byte{2, 2}, PeerEphemeral: []byte{2, 1}}
	seed := func(change func(*Exchange)) [SeedSize]byte {
		x := base
		change(&x)
		s, err := DeriveSeed(x)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := seed(func(*Exchange) {})
	same := map[string]func(*Exchange){
		"the other end":   func(x *Exchange) { x.SelfEphemeral, x.PeerEphemeral = x.PeerEphemeral, x.SelfEphemeral },
		"label spelt out": func(x *Exchange) { x.Label = DefaultLabel },
	}
	for name, change := range same {
		if seed(change) != first {
			t.Errorf("%s has another seed", name)
		}
	}
	differ := map[string]func(*Exchange){
		"secret":  func(x *Exchange) { x.SharedSecret = []byte{9, 1} },
		"context": func(x *Exchange) { x.ContextID = "d" },
		"label":   func(x *Exchange) { x.Label = "l" },
		"self":    func(x *Exchange) { x.SelfEphemeral = []byte{2, 3} },
		"peer":    func(x *Exchange) { x.PeerEphemeral = []byte{2, 3} },
	}
	for name, change := range differ {
		if seed(change) == first {
			t.Errorf("another %s has the same seed", name)
		}
	}
}

func TestDeriveID(t *testing.T) {
	seed := seedOf(1)
	sum := sha256.Sum256(append([]byte("a2a/handshake v1"), seed...))
	if got := DeriveID(seed, ""); !bytes.Equal(got[:], sum[:16]) {
		t.Errorf("id = %x, want %x", got, sum[:16])
	}
	long := strings.Repeat("long ", 50)
	sum = sha256.Sum256(append([]byte(long), seed...))
	if got := DeriveID(seed, long); !bytes.Equal(got[:], sum[:16]) {
		t.Errorf("id under a long label = %x, want %x", got, sum[:16])
	}
}

func TestParseID(t *testing.T) {
	id := ID{0: 0xff, 15: 0xfe}
	if got, err := ParseID(id.String()); got != id || err != nil {
		t.Errorf("parse %s = %s, %v", id, got, err)
	}
	for name, text := range map[string]string{
		"empty":            "",
		"too short":        "AAAAAAAAAAAAAAAAAAAAA",
		"too long":         "AAAAAAAAAAAAAAAAAAAAAAA",
		"padded":           "AAAAAAAAAAAAAAAAAAAAAA==",
		"not its alphabet": "AAAAAAAAAAAA+AAAAAAAAA",
		"spare bits set":   "AAAAAAAAAAAAAAAAAAAAAB",
		"line breaks":      "AAAAAAAAAAAAAAAAAAAA\r\n",
		"a space":          " AAAAAAAAAAAAAAAAAAAAA",
	} {
		if got, err := ParseID(text); !errors.Is(err, ErrParams) || got != (ID{}) {
			t.Errorf("%s: parse %q = %s, %v, want an ErrParams", name, text, got, err)
		}
	}
}
