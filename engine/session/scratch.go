package session

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"runtime"
	"sync"
)

// scratch is a SHA-256 and the room that HKDF and HMAC need, kept so that neither
// allocates. It is used by one goroutine at a time, and holds no secret between
// uses: release wipes it.
//
// HMAC (RFC 2104) and HKDF (RFC 5869) are composed here over the blocks of the
// standard library's SHA-256; the tests hold them against crypto/hmac and
// x/crypto/hkdf. What is composed is exactly the padding and the order of blocks.
type scratch struct {
	mu sync.Mutex

	sha compressor
	key hmacKey           // the key in force
	sum [sha256.Size]byte // an HMAC that was asked for
	// last is the outer hash's last block: the inner hash, and padding that
	// stays.
	last  [sha256.BlockSize]byte
	block [2 * sha256.BlockSize]byte // blocks being put together
	_     [64]byte                   // its neighbours are other goroutines'
}

// hmacKey are the chaining values behind the two padded blocks of an HMAC key,
// which is all that HMAC needs of it.
type hmacKey struct{ inner, outer chain }

// The bytes that HMAC's padded keys are mixed with, eight at a time.
const (
	innerPad uint64 = 0x3636363636363636
	outerPad uint64 = 0x5c5c5c5c5c5c5c5c
)

func newScratch() *scratch {
	s := new(scratch)
	s.init()
	return s
}

func (s *scratch) init() {
	s.sha = newCompressor()
	pad(s.last[:], sha256.Size, sha256.BlockSize+sha256.Size)
}

// setKey prepares HMACs under key, which is at most one block long.
func (s *scratch) setKey(key []byte) {
	block := s.block[:sha256.BlockSize]
	clear(block[copy(block, key):])
	xor(block, innerPad)
	s.sha.start(&initial)
	s.sha.blocks(block)
	s.key.inner = *s.sha.h
	xor(block, innerPad^outerPad)
	s.sha.start(&initial)
	s.sha.blocks(block)
	s.key.outer = *s.sha.h
}

func xor(block []byte, word uint64) {
	for ; len(block) >= 8; block = block[8:] {
		binary.LittleEndian.PutUint64(block, binary.LittleEndian.Uint64(block)^word)
	}
}

// finish ends the HMAC whose inner hash s.sha is at, and writes it to dst.
func (s *scratch) finish(dst *[sha256.Size]byte) {
	s.sha.h.put(s.last[:])
	s.sha.start(&s.key.outer)
	s.sha.blocks(s.last[:])
	s.sha.h.put(dst[:])
}

// mac leaves HMAC-SHA256 of message, under the key in force, in s.sum.
func (s *scratch) mac(message []byte) {
	s.sha.start(&s.key.inner)
	whole := len(message) &^ (sha256.BlockSize - 1)
	if whole > 0 {
		s.sha.blocks(message[:whole])
	}
	n := copy(s.block[:], message[whole:])
	s.sha.blocks(pad(s.block[:], n, sha256.BlockSize+len(message)))
	s.finish(&s.sum)
}

// extract leaves HKDF-Extract (RFC 5869 §2.2) of seed in s.sum. It is an HMAC
// whose message is as long as a hash, so that padded key and message, and then
// padded key and inner hash, are the same two blocks but for what is in them.
func (s *scratch) extract(salt []byte, seed *[SeedSize]byte) {
	key, rest := s.block[:sha256.BlockSize], s.block[sha256.BlockSize:]
	clear(key[copy(key, salt):])
	xor(key, innerPad)
	copy(rest, seed[:])
	pad(rest, SeedSize, sha256.BlockSize+SeedSize)
	s.sha.start(&initial)
	s.sha.blocks(s.block[:])
	xor(key, innerPad^outerPad)
	s.sha.h.put(rest)
	s.sha.start(&initial)
	s.sha.blocks(s.block[:])
	s.sha.h.put(s.sum[:])
}

// pad puts SHA-256's padding (FIPS 180-4 §5.1.1) behind the first n bytes of dst,
// the end of a message of length bytes, and returns the one or two blocks of both.
func pad(dst []byte, n, length int) []byte {
	dst = dst[:(n+1+8+sha256.BlockSize-1)&^(sha256.BlockSize-1)]
	clear(dst[n:])
	dst[n] = 0x80
	binary.BigEndian.PutUint64(dst[len(dst)-8:], uint64(length)*8)
	return dst
}

// expansion is the blocks that HKDF-Expand (RFC 5869 §2.3) hashes for one info,
// padded: they are the same for all sessions but for the previous output block.
type expansion struct {
	first   []byte // info | 1
	next    []byte // room for an output block | info | counter
	counter int    // where the counter is in next
}

// newExpansion panics where the blocks for info do not fit into a scratch's.
func newExpansion(info string) expansion {
	blocks := func(room int) []byte {
		b := make([]byte, 2*sha256.BlockSize)
		n := room + copy(b[room:], info)
		b[n] = 1
		return pad(b, n+1, sha256.BlockSize+n+1)
	}
	return expansion{blocks(0), blocks(sha256.Size), sha256.Size + len(info)}
}

// expansions are those of the labels.
var expansions = func() (all [NumLabels]expansion) {
	for l, info := range labelInfo {
		all[l] = newExpansion(info)
	}
	return all
}()

// expand fills the keys, 1 to 255 of them and each as long as a hash, one after
// the other from one HKDF-Expand under the key in force.
func (s *scratch) expand(keys []*[KeySize]byte, x *expansion) {
	block := x.first
	for i, key := range keys {
		if i > 0 {
			block = s.block[:len(x.next)]
			if i == 1 {
				copy(block, x.next)
			}
			copy(block, keys[i-1][:])
			block[x.counter] = byte(i + 1)
		}
		s.sha.start(&s.key.inner)
		s.sha.blocks(block)
		s.finish(key)
	}
}

// deriveKeys is libraryDeriveKeys without its allocations, and with one
// extract for all labels: they have the same seed and salt. The caller wipes.
func (s *scratch) deriveKeys(keys *keySet, seed []byte, id ID, single bool) {
	var salt [encodedIDSize]byte // public, as the id is
	base64.RawURLEncoding.Encode(salt[:], id[:])
	s.extract(salt[:], (*[SeedSize]byte)(seed))
	s.setKey(s.sum[:]) // the pseudorandom key
	if single {
		s.expand(keys[:keyC2SEnc], &expansions[LabelSession])
		s.expand(keys[keyC2SEnc:], &expansions[LabelDirectional])
		return
	}
	for k, label := range separateLabels {
		s.expand(keys[k:k+1], &expansions[label])
	}
}

// deriveID is [DeriveID] of a label that is not too long for it.
func (s *scratch) deriveID(seed []byte, label string) (id ID) {
	n := copy(s.block[:], label)
	n += copy(s.block[n:], seed)
	s.sha.start(&initial)
	s.sha.blocks(pad(s.block[:], n, n))
	s.sha.h.put(s.sum[:])
	copy(id[:], s.sum[:])
	return id
}

// wipe clears every secret that HMAC and HKDF left.
func (s *scratch) wipe() {
	s.sha.wipe()
	s.key = hmacKey{}
	clear(s.sum[:])
	clear(s.last[:sha256.Size])
	clear(s.block[:])
}

// release wipes the scratch and gives it back to its set.
func (s *scratch) release() {
	s.wipe()
	s.mu.Unlock()
}

// scratches are twice as many as goroutines can run at once.
var scratches = newScratchSet(2 * runtime.GOMAXPROCS(0))

// scratchSet hands out scratches without allocating. Its length is a power of two.
type scratchSet []scratch

// powerOfTwo returns the least power of two that is n, which is positive, or more.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(n-1)) }

func newScratchSet(atLeast int) scratchSet {
	set := make(scratchSet, powerOfTwo(atLeast))
	for i := range set {
		set[i].init()
	}
	return set
}

// acquire returns a scratch for the caller to release: one of the set or, if all
// are in use by goroutines that were interrupted, or hash a very long message, a
// new one. So nobody waits.
func (set scratchSet) acquire() *scratch {
	mask := uint64(len(set) - 1)
	first := affinity() * 0x9e3779b97f4a7c15 >> 32
	for i := range uint64(len(set)) {
		if s := &set[(first+i)&mask]; s.mu.TryLock() {
			return s
		}
	}
	s := newScratch()
	s.mu.Lock()
	return s
}
