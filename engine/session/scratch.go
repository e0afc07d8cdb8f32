package session

import (
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"hash"
	"sync"
)

// scratch is SHA-256 state and room that HKDF and HMAC need, kept so that
// neither allocates. It is used by one goroutine at a time, and holds no
// secret between uses: release wipes it.
//
// HMAC (RFC 2104) and HKDF (RFC 5869) are composed here over the standard
// library's SHA-256; the tests hold them against crypto/hmac and x/crypto/hkdf.
type scratch struct {
	mu sync.Mutex

	digest resumable
	// inner and outer are the marshalled states of a key's two padded blocks,
	// so that each HMAC under that key saves two compressions.
	inner, outer []byte
	pad          [sha256.BlockSize]byte
	block        [sha256.Size]byte // the HMAC last computed
	prk          [sha256.Size]byte
	salt         [encodedIDSize]byte
	counter      [1]byte
	_            [64]byte // its neighbours are other goroutines'
}

// resumable is what crypto/sha256 promises of the hash that New returns.
type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// stateSize is room for a marshalled SHA-256 state; append grows it if a
// release of Go needs more.
const stateSize = 128

func newScratch() *scratch {
	s := new(scratch)
	s.init()
	return s
}

func (s *scratch) init() {
	s.digest = sha256.New().(resumable)
	s.inner = make([]byte, 0, stateSize)
	s.outer = make([]byte, 0, stateSize)
}

// setKey prepares HMACs under key, which is at most one block long.
func (s *scratch) setKey(key []byte) {
	clear(s.pad[:])
	copy(s.pad[:], key)
	for i := range s.pad {
		s.pad[i] ^= 0x36
	}
	s.inner = s.keep(s.inner[:0])
	for i := range s.pad {
		s.pad[i] ^= 0x36 ^ 0x5c
	}
	s.outer = s.keep(s.outer[:0])
}

// keep appends the state after the padded key in s.pad.
func (s *scratch) keep(dst []byte) []byte {
	s.digest.Reset()
	s.digest.Write(s.pad[:])
	dst, err := s.digest.AppendBinary(dst)
	if err != nil {
		panic("session: SHA-256 state: " + err.Error()) // it has no way to fail
	}
	return dst
}

func (s *scratch) resume(state []byte) {
	if err := s.digest.UnmarshalBinary(state); err != nil {
		panic("session: SHA-256 state: " + err.Error()) // it is one that keep made
	}
}

// sum ends an HMAC whose message went into s.digest after resume(s.inner).
func (s *scratch) sum() {
	s.digest.Sum(s.block[:0])
	s.resume(s.outer)
	s.digest.Write(s.block[:])
	s.digest.Sum(s.block[:0])
}

// hmac leaves HMAC-SHA256(key, message) in s.block. The caller wipes.
func (s *scratch) hmac(key, message []byte) {
	s.setKey(key)
	s.resume(s.inner)
	s.digest.Write(message)
	s.sum()
}

// expand writes len(dst) bytes, at most 255 hashes, of HKDF-Expand under the key
// in force (RFC 5869 §2.3).
func (s *scratch) expand(dst, info []byte) {
	for n := byte(1); len(dst) > 0; n++ {
		s.resume(s.inner)
		if n > 1 {
			s.digest.Write(s.block[:])
		}
		s.digest.Write(info)
		s.counter[0] = n
		s.digest.Write(s.counter[:])
		s.sum()
		dst = dst[copy(dst, s.block[:]):]
	}
}

// labelBytes are the infos as bytes, once.
var labelBytes = func() (b [NumLabels][]byte) {
	for l, info := range labelInfo {
		b[l] = []byte(info)
	}
	return b
}()

// deriveKeys is libraryDeriveKeys without its allocations, and with one
// extract for all labels: they have the same seed and salt. Where buf is nil
// the keys are scattered, and a label's blocks go where its keys are.
// The caller wipes.
func (s *scratch) deriveKeys(keys *keySet, buf *[KeyMaterialSize]byte, seed []byte, id ID, single bool) {
	base64.RawURLEncoding.Encode(s.salt[:], id[:])
	s.hmac(s.salt[:], seed)
	s.prk = s.block
	s.setKey(s.prk[:])
	switch {
	case !single:
		for k, label := range separateLabels {
			s.expand(keys[k][:], labelBytes[label])
		}
	case buf != nil:
		s.expand(buf[:firstDirectional], labelBytes[LabelSession])
		s.expand(buf[firstDirectional:], labelBytes[LabelDirectional])
	default:
		var whole [KeyMaterialSize]byte
		s.expand(whole[:firstDirectional], labelBytes[LabelSession])
		s.expand(whole[firstDirectional:], labelBytes[LabelDirectional])
		for k := range keys {
			copy(keys[k][:], whole[k*KeySize:])
		}
		clear(whole[:])
	}
}

// wipe clears every secret that HMAC and HKDF left.
func (s *scratch) wipe() {
	clear(s.pad[:])
	clear(s.block[:])
	clear(s.prk[:])
	clear(s.inner[:cap(s.inner)])
	clear(s.outer[:cap(s.outer)])
	// A block of zeroes overwrites what the digest buffered of the last
	// message; Reset alone leaves it, and so does a block written at once,
	// which does not pass through the buffer.
	s.digest.Reset()
	s.digest.Write(s.pad[:1])
	s.digest.Write(s.pad[1:])
	s.digest.Reset()
}

// release wipes the scratch and gives it back to its set.
func (s *scratch) release() {
	s.wipe()
	s.mu.Unlock()
}

// scratchSet hands out scratches without allocating.
type scratchSet []scratch

func newScratchSet(n int) scratchSet {
	set := make(scratchSet, n)
	for i := range set {
		set[i].init()
	}
	return set
}

// acquire returns a scratch of the set, for the caller to release. It begins to
// look at hint, and waits only if all are in use.
func (set scratchSet) acquire(hint uint64) *scratch {
	mask := uint64(len(set) - 1)
	for i := range uint64(len(set)) {
		if s := &set[(hint+i)&mask]; s.mu.TryLock() {
			return s
		}
	}
	s := &set[hint&mask]
	s.mu.Lock()
	return s
}
