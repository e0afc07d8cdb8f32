package session

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// chain is the chaining value of SHA-256 between two blocks (FIPS 180-4 §6.2):
// the state behind a padded HMAC key, for instance, and after the last block the
// hash itself.
type chain [8]uint32

// initial is the chaining value before the first block (FIPS 180-4 §5.3.3).
var initial = chain{
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
}

// put writes the value big-endian, as a hash is written, to dst's first 32 bytes.
func (h *chain) put(dst []byte) {
	_ = dst[sha256.Size-1]
	for i := 0; i < len(h); i += 2 { // half as many stores as words: the next block waits for them
		binary.BigEndian.PutUint64(dst[4*i:], uint64(h[i])<<32|uint64(h[i+1]))
	}
}

// get is the inverse of put.
func (h *chain) get(src []byte) {
	_ = src[sha256.Size-1]
	for i := range h {
		h[i] = binary.BigEndian.Uint32(src[4*i:])
	}
}

// compressor runs whole blocks through the standard library's SHA-256, from a
// chaining value of the caller's to the next. One goroutine at a time uses it.
type compressor struct {
	digest hash.Hash
	// h is the chaining value: the digest's own, where that can be reached.
	h *chain
	// state is else room for the digest's marshalled state.
	state []byte
}

// resumable is what crypto/sha256 promises of the hash that New returns.
type resumable interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// A marshalled state is a tag, the chaining value, an incomplete block and the
// length so far, which is the whole of it between blocks.
const (
	stateTag  = "sha\x03"
	stateSize = len(stateTag) + sha256.Size + sha256.BlockSize + 8
)

func newCompressor() compressor {
	digest := sha256.New()
	if held := heldChain(digest); held != nil {
		return compressor{digest: digest, h: held}
	}
	return newMarshalled(digest)
}

// newMarshalled returns a compressor that moves states in their marshalled form.
func newMarshalled(digest hash.Hash) compressor {
	state := append(make([]byte, 0, stateSize), stateTag...)[:stateSize]
	return compressor{digest: digest, h: new(chain), state: state}
}

// start goes on from h.
func (c *compressor) start(h *chain) { *c.h = *h }

// blocks takes the chaining value over p, whose length is a multiple of 64 bytes.
func (c *compressor) blocks(p []byte) {
	if c.state == nil {
		c.digest.Write(p)
		return
	}
	digest := c.digest.(resumable)
	clear(c.state[len(stateTag):])
	c.h.put(c.state[len(stateTag):])
	if err := digest.UnmarshalBinary(c.state); err != nil {
		panic("session: SHA-256 state: " + err.Error()) // answers has checked that it is one
	}
	c.digest.Write(p)
	c.state, _ = digest.AppendBinary(c.state[:0]) // has no way to fail
	c.h.get(c.state[len(stateTag):])
}

// wipe clears what the last blocks left: of whole ones, no digest keeps more than
// the chaining value.
func (c *compressor) wipe() {
	*c.h = initial
	if c.state != nil {
		clear(c.state[len(stateTag):])
		c.digest.Reset()
	}
}

// answers tells whether the compressor computes a known answer: the hash of a
// block and a few bytes, with another block's detour in between.
func (c *compressor) answers() bool {
	var message, detour [2 * sha256.BlockSize]byte
	copy(message[:], "a block of sixty-four bytes and a tail, padded as FIPS 180-4 says, here")
	want := sha256.Sum256(message[:sha256.BlockSize+8])
	c.start(&initial)
	c.blocks(message[:sha256.BlockSize])
	once := *c.h
	c.blocks(detour[:])
	c.start(&once)
	c.blocks(pad(message[sha256.BlockSize:], 8, sha256.BlockSize+8))
	var got [sha256.Size]byte
	c.h.put(got[:])
	return got == want
}

// hashReusable tells whether hash states can be kept at all. Where the library's
// SHA-256 has another form than any this package knows, ReusableHash is the
// library's HKDF and HMAC.
var hashReusable = func() bool {
	c := newCompressor()
	return c.usable()
}()

func (c *compressor) usable() (ok bool) {
	defer func() { ok = recover() == nil && ok }() // a state of another form is refused
	_, ok = c.digest.(resumable)
	return (ok || c.state == nil) && c.answers()
}
