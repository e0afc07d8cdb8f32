package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"math/rand/v2"
	"testing"
)

// compressors are the ways in which hash states move, as far as this build and
// this release of Go have them.
func compressors() map[string]compressor {
	all := map[string]compressor{"as built": newCompressor(), "marshalled": newMarshalled(sha256.New())}
	for name, c := range all {
		if !c.usable() {
			panic("session: the compressor that is " + name + " is not usable")
		}
	}
	return all
}

func TestCompressor(t *testing.T) {
	for name, c := range compressors() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for range 200 {
				message := make([]byte, r.IntN(1000))
				fill(r, message)
				n := len(message) &^ (sha256.BlockSize - 1)
				last := make([]byte, 2*sha256.BlockSize)
				copy(last, message[n:])
				now := initial
				for at := 0; at < n; {
					step := sha256.BlockSize * (1 + r.IntN((n-at)/sha256.BlockSize))
					c.start(&now)
					c.blocks(message[at : at+step])
					now = *c.h
					c.blocks(last) // somebody else's hash in between
					at += step
				}
				c.start(&now)
				c.blocks(pad(last, len(message)-n, len(message)))
				var got [sha256.Size]byte
				c.h.put(got[:])
				if want := sha256.Sum256(message); got != want {
					t.Fatalf("hash of %x = %x, want %x", message, got, want)
				}
			}
		})
	}
}

func TestChainBytes(t *testing.T) {
	b := seedOf(1)
	var h chain
	h.get(b)
	if h[0] != binary.BigEndian.Uint32(b) || h[7] != binary.BigEndian.Uint32(b[28:]) {
		t.Errorf("chain of %x = %x", b, h)
	}
	var back [sha256.Size]byte
	h.put(back[:])
	if !bytes.Equal(back[:], b) {
		t.Errorf("bytes = %x, want %x", back, b)
	}
}

// strangeHash is a SHA-256 that has changed in some way since this was written.
type strangeHash struct {
	hash.Hash
	refuses bool // states of the form that was known
	lies    bool // about the state it is in
}

func (h strangeHash) AppendBinary(b []byte) ([]byte, error) {
	b, err := h.Hash.(resumable).AppendBinary(b)
	if h.lies {
		b[len(stateTag)] ^= 1
	}
	return b, err
}

func (h strangeHash) UnmarshalBinary(state []byte) error {
	if h.refuses {
		return errors.New("a state of another form")
	}
	return h.Hash.(resumable).UnmarshalBinary(state)
}

// TestStrangeHash has hashes whose states cannot be kept: they are found out.
func TestStrangeHash(t *testing.T) {
	for name, tt := range map[string]struct {
		h    hash.Hash
		want bool
	}{
		"the library's":         {sha256.New(), true},
		"one that passes it on": {strangeHash{Hash: sha256.New()}, true},
		"refuses states":        {strangeHash{Hash: sha256.New(), refuses: true}, false},
		"other states":          {strangeHash{Hash: sha256.New(), lies: true}, false},
		"no states":             {struct{ hash.Hash }{sha256.New()}, false},
	} {
		c := newMarshalled(tt.h)
		if got := c.usable(); got != tt.want {
			t.Errorf("%s: usable = %t, want %t", name, got, tt.want)
		}
	}
}

// TestNoReusableHash has ReusableHash on where there is no hash to reuse: the
// library does it all, and the other end does not notice.
func TestNoReusableHash(t *testing.T) {
	near := mustCreate(t, newTestManager(t, Config{Optimizations: Tuned}), Params{Seed: seedOf(1), Role: Initiator})
	hashReusable = false
	defer func() { hashReusable = true }()
	far := mustCreate(t, newTestManager(t, Config{Optimizations: Tuned}), Params{Seed: seedOf(1), Role: Responder})
	mustTalk(t, near, far)
	mustTalk(t, far, near)
	if far.slot.mac != nil {
		t.Error("states of MAC keys were kept all the same")
	}
	x := Exchange{SharedSecret: []byte{1}, ContextID: "c", SelfEphemeral: []byte{2}, PeerEphemeral: []byte{3}}
	seed, err := DeriveSeed(x)
	wantErr(t, "derive seed", err, nil)
	id := DeriveID(seed[:], "label")
	hashReusable = true
	if again, err := DeriveSeed(x); err != nil || again != seed {
		t.Errorf("seed = %x, %v, and %x by the library", again, err, seed)
	}
	if again := DeriveID(seed[:], "label"); again != id {
		t.Errorf("id = %s, and %s by the library", again, id)
	}
}

func TestMust(t *testing.T) {
	if got := must(7, nil); got != 7 {
		t.Errorf("must(7) = %d", got)
	}
	defer func() {
		if v := recover(); v != "session: impossible: it happened" {
			t.Errorf("panic %v", v)
		}
	}()
	must(7, errors.New("it happened"))
}
