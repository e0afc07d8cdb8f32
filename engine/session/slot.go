package session

import (
	"crypto/cipher"
	"sync"
	"sync/atomic"
	"time"
)

// Role is which end of a session an object is, and thereby which keys it
// sends and receives with.
type Role uint8

const (
	// Symmetric uses the shared encrypt and signing keys in both directions.
	Symmetric Role = iota
	// Initiator sends with the c2s keys and receives with the s2c keys.
	Initiator
	// Responder sends with the s2c keys and receives with the c2s keys.
	Responder
)

// String returns the role in lower case.
func (r Role) String() string {
	switch r {
	case Symmetric:
		return "symmetric"
	case Initiator:
		return "initiator"
	case Responder:
		return "responder"
	default:
		return "unknown"
	}
}

// slot is the storage of a session: what is pooled, and what callers never
// hold. Its owner is, in turn, the creating goroutine, then the shard's table
// and wheel, and in the end the one goroutine that finds the session alive under
// the slot's lock and ends it: that one wipes the keys, takes the slot out of the
// table and the wheel, changes the generation, leaves the lock, and only then
// gives the slot to the pool.
//
// A million of them live side by side: it is kept to 256 bytes.
type slot struct {
	// mu guards all fields but those that say otherwise, and is held by every
	// operation on the session. A shard's lock, or the key id index's, may be
	// taken under it, and it under neither.
	mu sync.Mutex
	// gen is odd while a session lives in the slot and even while none does.
	// It never repeats: the slot is given up before it comes round. It changes
	// under mu.
	gen    atomic.Uint32
	number uint32 // of the slot, from 1 in its manager; it stays

	// Set before the slot enters its shard's table, unchanged until after it
	// has left it.
	shard *shard
	id    ID
	role  Role
	// reusable says that HKDF and HMAC of the session go on from kept states.
	reusable bool
	tag      uint16
	reuses   uint32 // sessions that lived here before
	created  int64  // manager time, ns
	lastUsed int64  // likewise

	// The second cache line begins here, and both have all that a list tells.

	// expires is the session's deadline, in manager time: when it ends if it is
	// not used any more, or never, or 0 once it has spent its messages. It
	// changes under mu and is read without.
	expires           atomic.Int64
	messages          uint64
	bytesIn, bytesOut uint64 // plaintext opened and sealed
	limits            Limits

	// keys point into buf, or at six allocations, or nowhere.
	keys keySet
	buf  *[KeyMaterialSize]byte
	// out and in are the ciphers; for a Symmetric session out serves both
	// ways, and in, if there is one, waits wiped for another life.
	out, in cipher.AEAD
	// mac is made for the first MAC with a reusable hash, and stays.
	mac *macKeys

	keyIDs []string

	// The wheel's, under the shard's lock: the next slot of the bucket, and the
	// pointer that points at this one, or nil while it is in no bucket.
	next *slot
	at   **slot
}

// macKeys are the padded states of a session's two MAC keys, each computed at
// its first use. A Symmetric session needs only out.
type macKeys struct {
	out, in       hmacKey
	hasOut, hasIn bool
}

func (s *slot) outKeys() (enc, sign int) {
	switch s.role {
	case Initiator:
		return keyC2SEnc, keyC2SSign
	case Responder:
		return keyS2CEnc, keyS2CSign
	default:
		return keyEncrypt, keySigning
	}
}

func (s *slot) inKeys() (enc, sign int) {
	switch s.role {
	case Initiator:
		return keyS2CEnc, keyS2CSign
	case Responder:
		return keyC2SEnc, keyC2SSign
	default:
		return keyEncrypt, keySigning
	}
}

func (s *slot) inCipher() cipher.AEAD {
	if s.role == Symmetric {
		return s.out
	}
	return s.in
}

// layKeys gives the slot room for its keys as o wants it and returns how many
// allocations that took.
func (s *slot) layKeys(o Optimizations) (allocations uint64) {
	if !o.KeyBuffer {
		s.buf = nil
		for k := range s.keys {
			s.keys[k] = new([KeySize]byte)
		}
		return numKeys
	}
	if s.buf == nil {
		s.buf = new([KeyMaterialSize]byte)
		allocations = 1
	}
	for k := range s.keys {
		s.keys[k] = (*[KeySize]byte)(s.buf[k*KeySize:])
	}
	return allocations
}

// setCiphers makes the ciphers for the keys and the role. With o.ReusableHash
// it rekeys what the slot holds from an earlier life.
func (s *slot) setCiphers(o Optimizations) {
	if !o.ReusableHash {
		s.out, s.in = nil, nil
	}
	enc, _ := s.outKeys()
	s.out = newCipher(s.out, s.keys[enc])
	if s.role == Symmetric {
		return
	}
	enc, _ = s.inKeys()
	s.in = newCipher(s.in, s.keys[enc])
}

// reset wipes every secret in the slot and forgets the session. The caller
// holds mu, and makes the generation even before it lets go. Buffers and ciphers stay for the
// next session; six separate keys do not, since they are allocated anew.
func (s *slot) reset() {
	for _, key := range s.keys {
		if key != nil {
			clear(key[:])
		}
	}
	s.keys = keySet{}
	if !wipeCipher(s.out) {
		s.out = nil
	}
	if !wipeCipher(s.in) {
		s.in = nil
	}
	if s.mac != nil {
		*s.mac = macKeys{}
	}
	s.keyIDs = nil
}

// deadline computes what expires is to be while there are messages left.
func (s *slot) deadline() int64 {
	end := int64(never)
	if s.limits.MaxAge > 0 {
		end = min(end, later(s.created, s.limits.MaxAge))
	}
	if s.limits.IdleTimeout > 0 {
		end = min(end, later(s.lastUsed, s.limits.IdleTimeout))
	}
	return end
}

// cause tells which limit the session has reached at now. A limit is reached
// at its very nanosecond, and the message limit by its last message.
func (s *slot) cause(now int64) cause {
	switch {
	case now < s.expires.Load():
		return causeNone
	case s.limits.MaxAge > 0 && now >= later(s.created, s.limits.MaxAge):
		return causeAge
	case s.limits.IdleTimeout > 0 && now >= later(s.lastUsed, s.limits.IdleTimeout):
		return causeIdle
	default:
		return causeCount
	}
}

func (s *slot) spent() bool {
	return s.limits.MaxMessages > 0 && s.messages >= s.limits.MaxMessages
}

const never = 1<<63 - 1

// later adds a positive time without overflow.
func later(t int64, d time.Duration) int64 {
	if t > never-int64(d) {
		return never
	}
	return t + int64(d)
}

// cause is why a session ended.
type cause uint8

const (
	causeNone cause = iota
	causeRemoved
	causeAge
	causeIdle
	causeCount
	numCauses
)
