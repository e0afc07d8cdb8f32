package handshake

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/mlkem"
	"crypto/sha256"
	"crypto/sha3"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// hexBytes are bytes that stand in JSON as hexadecimal digits.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vector is a published context, from its recipient's side.
type vector struct {
	Name    string
	KEM     uint16
	KDF     uint16
	AEAD    uint16
	Private hexBytes
	Public  hexBytes
	Enc     hexBytes
	Info    hexBytes
	Exports []struct{ Context, Value hexBytes }
}

// suiteOf returns the suite that has the vector's key encapsulation, with its AEAD,
// which goes into all keys.
func (v *vector) suiteOf(t *testing.T) *hpkeKEM {
	t.Helper()
	for _, k := range []*hpkeKEM{newDHKEM(), newXWing()} {
		if k.kem.ID() == v.KEM && k.kdf.ID() == v.KDF {
			var err error
			if k.aead, err = hpke.NewAEAD(v.AEAD); err != nil {
				t.Fatal(err)
			}
			return k
		}
	}
	t.Fatalf("%s is of no suite", v.Name)
	return nil
}

// TestVectors opens published contexts with what the suites use, and makes others
// to the same keys.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/hpke.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 2 {
		t.Fatalf("%d vectors, want 2", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			k := v.suiteOf(t)
			private, err := k.kem.NewPrivateKey(v.Private)
			if err != nil {
				t.Fatal(err)
			}
			if got := private.PublicKey().Bytes(); !bytes.Equal(got, v.Public) {
				t.Errorf("public key %x, want %x", got, v.Public)
			}
			if len(v.Exports) == 0 {
				t.Error("no exports")
			}
			for _, e := range v.Exports {
				got := make([]byte, len(e.Value))
				if err := k.receive(private, v.Enc, v.Info, string(e.Context), got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, e.Value) {
					t.Errorf("export of %q = %x, want %x", e.Context, got, e.Value)
				}
				sent, received := make([]byte, 48), make([]byte, 48)
				enc, err := k.send(v.Public, v.Info, string(e.Context), sent)
				if err != nil {
					t.Fatal(err)
				}
				if err := k.receive(private, enc, v.Info, string(e.Context), received); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(sent, received) || bytes.Equal(sent, make([]byte, 48)) {
					t.Errorf("sender exports %x, recipient %x", sent, received)
				}
			}
		})
	}
}

// oracle is RFC 9180 written down once more, for one KDF and base mode, from
// crypto/hkdf alone.
type oracle struct {
	t      *rapid.T
	kemID  uint16
	aeadID uint16
}

func (o oracle) extract(suite, salt []byte, label string, ikm []byte) []byte {
	prk, err := hkdf.Extract(sha256.New, bytes.Join([][]byte{[]byte("HPKE-v1"), suite, []byte(label), ikm}, nil), salt)
	if err != nil {
		o.t.Fatal(err)
	}
	return prk
}

func (o oracle) expand(suite, prk []byte, label string, info []byte, n uint16) []byte {
	labeled := binary.BigEndian.AppendUint16(nil, n)
	labeled = append(labeled, bytes.Join([][]byte{[]byte("HPKE-v1"), suite, []byte(label), info}, nil)...)
	out, err := hkdf.Expand(sha256.New, prk, string(labeled), int(n))
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// dhkem is ExtractAndExpand of RFC 9180 §4.1.
func (o oracle) dhkem(dh, enc, public []byte) []byte {
	suite := binary.BigEndian.AppendUint16([]byte("KEM"), o.kemID)
	prk := o.extract(suite, nil, "eae_prk", dh)
	return o.expand(suite, prk, "shared_secret", append(bytes.Clone(enc), public...), 32)
}

// export is the key schedule of §5.1 and the export of §5.3.
func (o oracle) export(shared, info []byte, exporter string) []byte {
	suite := []byte("HPKE")
	for _, id := range []uint16{o.kemID, 1, o.aeadID} {
		suite = binary.BigEndian.AppendUint16(suite, id)
	}
	const base = 0
	schedule := append([]byte{base}, o.extract(suite, nil, "psk_id_hash", nil)...)
	schedule = append(schedule, o.extract(suite, nil, "info_hash", info)...)
	secret := o.extract(suite, shared, "secret", nil)
	return o.expand(suite, o.expand(suite, secret, "exp", schedule, 32), "sec", []byte(exporter), 32)
}

// x25519 is a Diffie-Hellman secret and the public key of the private half.
func (o oracle) x25519(private, peer []byte) (secret, public []byte) {
	key, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		o.t.Fatal(err)
	}
	other, err := ecdh.X25519().NewPublicKey(peer)
	if err != nil {
		o.t.Fatal(err)
	}
	if secret, err = key.ECDH(other); err != nil {
		o.t.Fatal(err)
	}
	return secret, key.PublicKey().Bytes()
}

// xwing is the decapsulation of X-Wing: a private key of 32 bytes is stretched to
// two, and the two secrets are hashed with the X25519 half of the ciphertext and
// of the public key.
func (o oracle) xwing(private, enc []byte) []byte {
	stretched := sha3.SumSHAKE256(private, mlkem.SeedSize+32)
	lattice, err := mlkem.NewDecapsulationKey768(stretched[:mlkem.SeedSize])
	if err != nil {
		o.t.Fatal(err)
	}
	first, err := lattice.Decapsulate(enc[:mlkem.CiphertextSize768])
	if err != nil {
		o.t.Fatal(err)
	}
	point := enc[mlkem.CiphertextSize768:]
	second, public := o.x25519(stretched[mlkem.SeedSize:], point)
	combined := sha3.Sum256(bytes.Join([][]byte{first, second, point, public, []byte(`\./` + `/^\`)}, nil))
	return combined[:]
}

// TestSeedIsHPKEs computes the seed of random runs by hand: from the initiator's
// private key of that run, the answer, and what both ends have said.
func TestSeedIsHPKEs(t *testing.T) {
	for _, k := range []*hpkeKEM{newDHKEM(), newXWing()} {
		t.Run(k.suite.String(), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				p := suitePair(t, k.suite, ResponderConfig{})
				x := p.invited(t, rapid.StringMatching("[!-~]{1,64}").Draw(rt, "context"))
				reply := p.handle(t, x.mustRequest(t))
				said := x.transcript
				m, err := parse(reply)
				if err != nil {
					t.Fatal(err)
				}
				private, err := x.offer.(*hpkeOffer).private.Bytes()
				if err != nil {
					t.Fatal(err)
				}
				o := oracle{rt, k.kem.ID(), 0xffff}
				var shared []byte
				if k.suite == HPKE {
					dh, public := o.x25519(private, m.share)
					shared = o.dhkem(dh, m.share, public)
				} else {
					shared = o.xwing(private, m.share)
				}
				info := append([]byte("sagetop handshake/1 hpke"), byte(k.suite))
				want := o.export(shared, append(info, said[:]...), "sagetop handshake/1 seed")
				if err := x.response(reply); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(x.seed[:], want) {
					rt.Errorf("seed = %x, want %x", x.seed, want)
				}
			})
		})
	}
}

// TestSeedIsBound opens one answer as of other conversations: every part of what
// it is bound to makes another seed.
func TestSeedIsBound(t *testing.T) {
	for _, suite := range []Suite{HPKE, Hybrid} {
		t.Run(suite.String(), func(t *testing.T) {
			share, o, err := suite.kem().offer()
			if err != nil {
				t.Fatal(err)
			}
			to := binding{"c", emptyTranscript}
			answer, want, err := suite.kem().answer(share, to)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := o.open(answer, to); err != nil || got != want {
				t.Fatalf("seed %x, %v, want %x", got, err, want)
			}
			for bit := range 8 * len(to.transcript) {
				other := to
				other.transcript[bit/8] ^= 1 << (bit % 8)
				if got, err := o.open(answer, other); err != nil || got == want {
					t.Errorf("bit %d of the transcript changes nothing: %v", bit, err)
				}
			}
			k := *suite.kem().(*hpkeKEM)
			k.suite = anotherThan(suite)
			if got, err := (&hpkeOffer{&k, o.(*hpkeOffer).private}).open(answer, to); err != nil || got == want {
				t.Errorf("another suite changes nothing: %v", err)
			}
		})
	}
}

// TestImplicitRejection changes an ML-KEM ciphertext: no error, and another seed
// each time.
func TestImplicitRejection(t *testing.T) {
	share, o, err := Hybrid.kem().offer()
	if err != nil {
		t.Fatal(err)
	}
	to := binding{"c", emptyTranscript}
	answer, genuine, err := Hybrid.kem().answer(share, to)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[seed]bool{genuine: true}
	for i := 0; i < mlkem.CiphertextSize768; i += 64 {
		s, err := o.open(with(answer, i, ^answer[i]), to)
		if err != nil || seen[s] {
			t.Errorf("byte %d: %v, seed seen before: %t", i, err, seen[s])
		}
		seen[s] = true
	}
}

// exporterFunc makes a function a context.
type exporterFunc func(string, int) ([]byte, error)

func (f exporterFunc) Export(exporter string, n int) ([]byte, error) { return f(exporter, n) }

// TestExportWipes: of what a context exports, only the caller's copy is left.
func TestExportWipes(t *testing.T) {
	exported := bytes.Repeat([]byte{7}, 32)
	var s seed
	err := export(exporterFunc(func(exporter string, n int) ([]byte, error) {
		if exporter != hpkeExporter || n != len(s) {
			t.Errorf("asked for %d bytes of %q", n, exporter)
		}
		return exported, nil
	}), hpkeExporter, s[:])
	if err != nil || s != seed(bytes.Repeat([]byte{7}, 32)) {
		t.Errorf("seed %x, %v", s, err)
	}
	if !bytes.Equal(exported, make([]byte, 32)) {
		t.Errorf("the library's copy is %x", exported)
	}
	broken := errors.New("broken")
	if err := export(exporterFunc(func(string, int) ([]byte, error) { return nil, broken }), "", s[:]); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}
