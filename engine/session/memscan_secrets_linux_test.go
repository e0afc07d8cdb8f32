package session

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// needle is half of a secret in one of the forms in which memory may hold it.
// The cipher keeps a key in rows of 16 bytes, so each half is looked for alone.
type needle struct {
	Seed   string // which session's
	Secret string
	Part   string // which bytes in which form
	Key    bool   // it is part of a key, as it is
	Cipher bool   // and of one that a cipher has a copy of
	Bytes  [16]byte
}

func (n needle) String() string { return strings.TrimSpace(n.Secret + " " + n.Part) }

// mask hides what the searching process must not have in its memory. No form of
// a secret differs from another by it, as those of HMAC do by 0x36 and 0x5c.
const mask = 0xa5

func masked[T ~[]byte](b T) T {
	out := make(T, len(b))
	for i, v := range b {
		out[i] = v ^ mask
	}
	return out
}

// needles collects the needles of one session.
type needles struct {
	t    *testing.T
	seed string
	all  []needle
	seen map[[16]byte]bool
}

// needlesOf returns every form of every secret of the session with that seed:
// computed with the library, here and not in the process that is searched. What
// follows from the id alone, such as the salt's HMAC states, is public.
func needlesOf(t *testing.T, name string, seed []byte, o Optimizations) []needle {
	t.Helper()
	n := &needles{t: t, seed: name, seen: map[[16]byte]bool{}}
	n.value("seed", seed)
	n.scheduled("seed", seed, len(DefaultLabel)/4) // DeriveID hashes it after the label
	digest := sha256.Sum256(append([]byte(DefaultLabel), seed...))
	n.add("digest whose beginning is the id", "", digest[IDSize:])
	n.add("digest whose beginning is the id", "words turned ", turned(digest[IDSize:]))

	salt := []byte(ID(digest[:IDSize]).String())
	prk, err := hkdf.Extract(sha256.New, seed, salt)
	if err != nil {
		t.Fatal(err)
	}
	n.value("PRK", prk)
	for i, state := range states(t, padded(salt, 0x36), seed)[1:] { // the first is public
		n.value(fmt.Sprintf("extract, inner state %d", i+2), state)
	}
	n.hmacKey("PRK", prk)

	labels := []Label{LabelSession, LabelDirectional}
	if !o.SingleHKDF {
		labels = separateLabels[:]
	}
	key := 0
	for _, label := range labels {
		size := KeySize
		switch label {
		case LabelSession:
			size = firstDirectional
		case LabelDirectional:
			size = KeyMaterialSize - firstDirectional
		}
		blocks, err := hkdf.Expand(sha256.New, prk, label.String(), size)
		if err != nil {
			t.Fatal(err)
		}
		var before []byte
		for i := 0; i*KeySize < size; i++ {
			message := append(append(before[:len(before):len(before)], label.String()...), byte(i+1))
			for j, state := range states(t, padded(prk, 0x36), message)[1:] {
				n.value(fmt.Sprintf("expand %s %d, inner state %d", label, i+1, j+2), state)
			}
			before = blocks[i*KeySize:][:KeySize]
			n.key(key, before)
			key++
		}
	}
	if key != numKeys {
		t.Fatalf("%d keys, want %d", key, numKeys)
	}
	return n.all
}

var keyNames = [numKeys]string{
	"encrypt key", "signing key", "c2s encrypt key", "c2s sign key", "s2c encrypt key", "s2c sign key",
}

func (n *needles) key(k int, key []byte) {
	first := len(n.all)
	n.add(keyNames[k], "", key)
	for i := first; i < len(n.all); i++ {
		n.all[i].Key = true
		n.all[i].Cipher = k == keyEncrypt || k == keyC2SEnc || k == keyS2CEnc
	}
	n.value(keyNames[k], key)
	if k == keySigning || k == keyC2SSign || k == keyS2CSign {
		n.hmacKey(keyNames[k], key)
	}
}

// hmacKey adds what HMAC makes of a key: the padded blocks, of which the second
// half is constant, and the states after them.
func (n *needles) hmacKey(name string, key []byte) {
	for pad, side := range map[byte]string{0x36: "inner", 0x5c: "outer"} {
		block := padded(key, pad)
		n.value(name+", "+side+" pad", block[:len(key)])
		n.value(name+", "+side+" state", states(n.t, block, nil)[0])
	}
}

// value adds 32 bytes as they are, as the words of SHA-256 on a machine whose
// bytes are in the other order, and as the assembler lays out a message.
func (n *needles) value(name string, b []byte) {
	n.add(name, "", b)
	n.add(name, "words turned ", turned(b))
	n.scheduled(name, b, 0)
}

// scheduled adds the rows that SHA-256 for AVX2 keeps on its stack: the words of
// a message, from the given one on, plus the round constants.
func (n *needles) scheduled(name string, b []byte, word int) {
	rows := turned(b)
	for i := 0; i < len(rows); i += 4 {
		w := binary.LittleEndian.Uint32(rows[i:])
		binary.LittleEndian.PutUint32(rows[i:], w+roundConstant(word+i/4))
	}
	n.add(name, fmt.Sprintf("scheduled at %d ", word), rows)
}

func (n *needles) add(name, form string, b []byte) {
	for i := 0; i < len(b); i += 16 {
		half := [16]byte(b[i:])
		if n.seen[half] {
			continue // an expanded block is a key
		}
		n.seen[half] = true
		part := fmt.Sprintf("%s[%d:%d]", form, i, i+16)
		n.all = append(n.all, needle{Seed: n.seed, Secret: name, Part: part, Bytes: half})
	}
}

func turned(b []byte) []byte {
	out := make([]byte, len(b))
	for i := 0; i < len(b); i += 4 {
		binary.LittleEndian.PutUint32(out[i:], binary.BigEndian.Uint32(b[i:]))
	}
	return out
}

// roundConstant is the n-th of SHA-256 (FIPS 180-4 §4.2.2), for n below 12: the
// fraction of the cube root of the n-th prime.
func roundConstant(n int) uint32 {
	primes := [...]float64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37}
	_, fraction := math.Modf(math.Cbrt(primes[n]))
	return uint32(fraction * (1 << 32))
}

func padded(key []byte, pad byte) []byte {
	block := make([]byte, sha256.BlockSize)
	copy(block, key)
	for i := range block {
		block[i] ^= pad
	}
	return block
}

// states returns SHA-256's chaining state after each block of block | message,
// with the padding at its end if there is a message: the last is the digest.
func states(t *testing.T, block, message []byte) (all [][]byte) {
	t.Helper()
	text := append(append([]byte{}, block...), message...)
	if message != nil {
		text = append(text, 0x80)
		for len(text)%sha256.BlockSize != sha256.BlockSize-8 {
			text = append(text, 0)
		}
		text = binary.BigEndian.AppendUint64(text, uint64(8*(len(block)+len(message))))
	}
	h := sha256.New()
	for ; len(text) > 0; text = text[sha256.BlockSize:] {
		h.Write(text[:sha256.BlockSize])
		state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		const magic = len("sha\x03")
		all = append(all, state[magic:magic+sha256.Size])
	}
	if want := sha256.Sum256(append(block[:len(block):len(block)], message...)); message != nil &&
		string(all[len(all)-1]) != string(want[:]) {
		t.Fatal("the last state is not the digest: this release of Go marshals its SHA-256 in another way")
	}
	return all
}
