package session

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// sageVector is one case of testdata/sage_sessions.json, which was computed
// with SAGE's own code. Binary fields are hexadecimal.
type sageVector struct {
	Name         string `json:"name"`
	ContextID    string `json:"context_id"`
	Label        string `json:"label"`
	SharedSecret string `json:"shared_secret"`
	SelfEph      string `json:"self_eph"`
	PeerEph      string `json:"peer_eph"`
	Seed         string `json:"seed"`
	SessionID    string `json:"session_id"`

	EncryptKey string `json:"encrypt_key"`
	SigningKey string `json:"signing_key"`
	C2SEnc     string `json:"c2s_enc"`
	C2SSign    string `json:"c2s_sign"`
	S2CEnc     string `json:"s2c_enc"`
	S2CSign    string `json:"s2c_sign"`

	SeparateEncryptKey string `json:"separate_encrypt_key"`
	SeparateSigningKey string `json:"separate_signing_key"`
	SeparateC2SEnc     string `json:"separate_c2s_enc"`
	SeparateC2SSign    string `json:"separate_c2s_sign"`
	SeparateS2CEnc     string `json:"separate_s2c_enc"`
	SeparateS2CSign    string `json:"separate_s2c_sign"`

	Covered   string `json:"covered"`
	MAC       string `json:"mac"`
	Plaintext string `json:"plaintext"`
	AAD       string `json:"aad"`
	Sealed    string `json:"sealed"`
	SealedAAD string `json:"sealed_aad"`
	SealedC2S string `json:"sealed_c2s"`
	SealedS2C string `json:"sealed_s2c"`
}

func (v sageVector) keys(single bool) string {
	if single {
		return v.EncryptKey + v.SigningKey + v.C2SEnc + v.C2SSign + v.S2CEnc + v.S2CSign
	}
	return v.SeparateEncryptKey + v.SeparateSigningKey + v.SeparateC2SEnc + v.SeparateC2SSign + v.SeparateS2CEnc + v.SeparateS2CSign
}

func loadVectors(t *testing.T) []sageVector {
	t.Helper()
	text, err := os.ReadFile("testdata/sage_sessions.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Schema string       `json:"schema"`
		Cases  []sageVector `json:"cases"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if file.Schema != "sagetop.vectors/1" || len(file.Cases) != 24 {
		t.Fatalf("schema %q with %d cases, want sagetop.vectors/1 with 24", file.Schema, len(file.Cases))
	}
	return file.Cases
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// everyOptimization lists all combinations of the switches.
func everyOptimization() []Optimizations {
	var all []Optimizations
	for bits := range 8 {
		for _, pool := range PoolKinds() {
			all = append(all, Optimizations{
				KeyBuffer: bits&1 != 0, SingleHKDF: bits&2 != 0, ReusableHash: bits&4 != 0, Pool: pool,
			})
		}
	}
	return all
}

func newTestManager(t testing.TB, c Config) *Manager {
	t.Helper()
	m, err := NewManager(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func TestSAGEVectors(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			seed, err := DeriveSeed(Exchange{
				SharedSecret: unhex(t, v.SharedSecret), ContextID: v.ContextID, Label: v.Label,
				SelfEphemeral: unhex(t, v.SelfEph), PeerEphemeral: unhex(t, v.PeerEph),
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(seed[:]); got != v.Seed {
				t.Errorf("seed = %s, want %s", got, v.Seed)
			}
			id := DeriveID(seed[:], v.Label)
			if id.String() != v.SessionID {
				t.Errorf("id = %s, want %s", id, v.SessionID)
			}
			for _, o := range everyOptimization() {
				var keys [KeyMaterialSize]byte
				if err := DeriveKeys(&keys, seed[:], id, o); err != nil {
					t.Fatal(err)
				}
				if got := hex.EncodeToString(keys[:]); got != v.keys(o.SingleHKDF) {
					t.Errorf("%+v: keys = %s, want %s", o, got, v.keys(o.SingleHKDF))
				}
			}
		})
	}
}

// TestSAGEMessages opens SAGE's messages, and checks its MACs, in sessions made
// with every combination of the switches whose schedule the messages have, on
// fresh storage and on reused.
func TestSAGEMessages(t *testing.T) {
	vectors := loadVectors(t)
	for _, o := range everyOptimization() {
		if !o.SingleHKDF {
			continue
		}
		t.Run(o.String()+"/"+o.Pool.String(), func(t *testing.T) {
			m := newTestManager(t, Config{Optimizations: o, PoolCapacity: 8, Shards: 1})
			for _, v := range vectors {
				create := func(role Role) Session {
					s, err := m.Create(Params{Seed: unhex(t, v.Seed), Label: v.Label, Role: role})
					if err != nil {
						t.Fatalf("%s: %v", v.Name, err)
					}
					return s
				}
				open := func(s Session, sealed, aad string) {
					t.Helper()
					got, err := s.Open(nil, unhex(t, sealed), unhex(t, aad))
					if err != nil || !bytes.Equal(got, unhex(t, v.Plaintext)) {
						t.Errorf("%s: open = %x, %v, want %s", v.Name, got, err, v.Plaintext)
					}
				}
				s := create(Symmetric)
				open(s, v.Sealed, "")
				open(s, v.SealedAAD, v.AAD)
				mac, err := s.Sign(nil, unhex(t, v.Covered))
				if err != nil || hex.EncodeToString(mac) != v.MAC {
					t.Errorf("%s: sign = %x, %v, want %s", v.Name, mac, err, v.MAC)
				}
				if err := s.Verify(unhex(t, v.Covered), unhex(t, v.MAC)); err != nil {
					t.Errorf("%s: verify: %v", v.Name, err)
				}
				_ = s.Close()
				s = create(Responder)
				open(s, v.SealedC2S, "")
				_ = s.Close()
				s = create(Initiator)
				open(s, v.SealedS2C, "")
				_ = s.Close()
			}
			c := m.Counters()
			if want := uint64(3 * len(vectors)); c.Created != want || c.Removed != want || c.Live != 0 {
				t.Errorf("created %d, removed %d, live %d, want %d, %d, 0", c.Created, c.Removed, c.Live, want, want)
			}
			if o.Pool == PoolFreeList && c.Misses != 1 {
				t.Errorf("%d pool misses, want 1: storage was to be reused", c.Misses)
			}
		})
	}
}
