package session

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

// table finds sessions by id: open addressing with linear probing, in a
// power-of-two array that is never fuller than four fifths.
//
// It is changed under its shard's lock and read without: all that a lookup needs
// stands in the entry itself, half a cache line, and nothing that it touches is
// written by other lookups. Whoever reads without the lock makes sure afterwards,
// by the shard's sequence number, that nothing changed meanwhile.
type table struct {
	entries []entry
	shift   uint // a hash's home is its highest bits
	used    int  // under the shard's lock
}

// entry is a session in the table. An entry without a slot is free.
type entry struct {
	id   [2]atomic.Uint64
	slot atomic.Pointer[slot]
	life atomic.Uint64
}

// life is a generation and a time before which it is
// past no limit: its deadline when that was last looked at, in steps of 67 ms
// rounded down. Use moves deadlines on, never back; but for the last message,
// after which the time is zero. A manager older than nine years looks twice at
// every session.
type life uint64

const (
	lifeStep = 26 // log2 of the nanoseconds
	// lastGeneration is even: the storage is not used again after it.
	lastGeneration = 1<<32 - 2
)

func newLife(gen uint32, deadline int64) life {
	return life(uint64(gen)<<32 | uint64(min(deadline>>lifeStep, 1<<32-1)))
}

func (l life) gen() uint32 { return uint32(l >> 32) }

// fresh tells whether the session is past no limit at now, without looking.
func (l life) fresh(now int64) bool { return now>>lifeStep < int64(uint32(l)) }

// minTable is small: most of a manager's shards hold little.
const minTable = 16

func newTable(size int) *table {
	return &table{entries: make([]entry, size), shift: uint(64 - bits.TrailingZeros(uint(size)))}
}

// words is an id as the table compares it.
type words [2]uint64

func (id *ID) words() words {
	return words{binary.NativeEndian.Uint64(id[:8]), binary.NativeEndian.Uint64(id[8:])}
}

func (e *entry) words() words { return words{e.id[0].Load(), e.id[1].Load()} }

func (e *entry) is(w words) bool { return e.id[0].Load() == w[0] && e.id[1].Load() == w[1] }

// set fills an entry. The slot comes last: until then readers see it free.
func (e *entry) set(w words, s *slot, l life) {
	e.id[0].Store(w[0])
	e.id[1].Store(w[1])
	e.life.Store(uint64(l))
	e.slot.Store(s)
}

func (e *entry) copy(from *entry) { e.set(from.words(), from.slot.Load(), life(from.life.Load())) }

// find returns where an id stands, and whether it does.
func (t *table) find(w words, hash uint64) (at uint64, found bool) {
	mask := uint64(len(t.entries) - 1)
	for i := hash >> t.shift; ; i++ {
		e := &t.entries[i&mask]
		if e.slot.Load() == nil {
			return 0, false
		}
		if e.is(w) {
			return i & mask, true
		}
	}
}

// get returns the storage and the life of the session with that id, or nil.
func (t *table) get(w words, hash uint64) (*slot, life) {
	at, found := t.find(w, hash)
	if !found {
		return nil, 0
	}
	e := &t.entries[at]
	return e.slot.Load(), life(e.life.Load())
}

// all appends handles on all sessions to dst.
func (t *table) all(dst []Session) []Session {
	for i := range t.entries {
		e := &t.entries[i]
		if s := e.slot.Load(); s != nil {
			dst = append(dst, Session{slot: s, gen: life(e.life.Load()).gen()})
		}
	}
	return dst
}

// insert puts in a session whose id is not there. The table has room.
func (t *table) insert(w words, hash uint64, s *slot, l life) {
	mask := uint64(len(t.entries) - 1)
	i := hash >> t.shift
	for t.entries[i&mask].slot.Load() != nil {
		i++
	}
	t.entries[i&mask].set(w, s, l)
	t.used++
}

// remove takes out the entry at hole, and moves those behind it up which it kept
// from their homes, so that a free entry always ends a search.
func (t *table) remove(hole uint64, hash func(words) uint64) {
	mask := uint64(len(t.entries) - 1)
	for i := hole + 1; ; i++ {
		next := &t.entries[i&mask]
		if next.slot.Load() == nil {
			break
		}
		// It may move to the hole unless its home lies between the two.
		home := hash(next.words()) >> t.shift
		if (i-home)&mask >= (i-hole)&mask {
			t.entries[hole&mask].copy(next)
			hole = i
		}
	}
	t.entries[hole&mask].set(words{}, nil, 0)
	t.used--
}

// full tells whether another session needs a larger table first.
func (t *table) full() bool { return 5*(t.used+1) > 4*len(t.entries) }

// grown returns a table of twice the size with the same sessions.
func (t *table) grown(hash func(words) uint64) *table {
	g := newTable(2 * len(t.entries))
	for i := range t.entries {
		if e := &t.entries[i]; e.slot.Load() != nil {
			w := e.words()
			g.insert(w, hash(w), e.slot.Load(), life(e.life.Load()))
		}
	}
	return g
}

// hash spreads ids over shards, by its lowest bits, and within them, by its
// highest. Each manager has its own seed, so that nobody can aim at one place.
func (m *Manager) hash(id *ID) uint64 { return maphash.Bytes(m.seed, id[:]) }

func (m *Manager) hashWords(w words) uint64 {
	var id ID
	binary.NativeEndian.PutUint64(id[:8], w[0])
	binary.NativeEndian.PutUint64(id[8:], w[1])
	return m.hash(&id)
}
