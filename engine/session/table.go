package session

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

// table finds sessions by id: open addressing with linear probing, in a
// power-of-two array that is never fuller than three quarters.
//
// It is changed under its shard's lock and read without: all that a lookup needs
// stands in the entry itself, one or two cache lines, and nothing that it touches
// is written by other lookups. Whoever reads without the lock makes sure
// afterwards, by the shard's sequence number, that nothing changed meanwhile.
type table struct {
	entries []entry
	shift   uint // a hash's home is its highest bits
	used    int  // under the shard's lock
}

// entry is a session in the table. An entry without a slot is free.
type entry struct {
	id   [2]atomic.Uint64
	slot atomic.Pointer[slot]
	gen  atomic.Uint64
	// until is a time before which the session is past no limit: its deadline
	// when that was last looked at. Use moves deadlines on, never back; but
	// for the last message, which sets it to zero.
	until atomic.Int64
}

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

func (e *entry) set(w words, s *slot, gen uint64, until int64) {
	e.id[0].Store(w[0])
	e.id[1].Store(w[1])
	e.gen.Store(gen)
	e.until.Store(until)
	e.slot.Store(s)
}

func (e *entry) copy(from *entry) {
	e.set(from.words(), from.slot.Load(), from.gen.Load(), from.until.Load())
}

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

// get returns a handle on the session with that id, and its entry's until.
func (t *table) get(w words, hash uint64) (Session, int64) {
	at, found := t.find(w, hash)
	if !found {
		return Session{}, 0
	}
	e := &t.entries[at]
	return Session{slot: e.slot.Load(), gen: e.gen.Load()}, e.until.Load()
}

// all appends handles on all sessions to dst.
func (t *table) all(dst []Session) []Session {
	for i := range t.entries {
		e := &t.entries[i]
		if s := e.slot.Load(); s != nil {
			dst = append(dst, Session{slot: s, gen: e.gen.Load()})
		}
	}
	return dst
}

// insert puts in a session whose id is not there. The table has room.
func (t *table) insert(w words, hash uint64, s *slot, gen uint64, until int64) {
	mask := uint64(len(t.entries) - 1)
	i := hash >> t.shift
	for t.entries[i&mask].slot.Load() != nil {
		i++
	}
	t.entries[i&mask].set(w, s, gen, until)
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
	t.entries[hole&mask].set(words{}, nil, 0, 0)
	t.used--
}

// full tells whether another session needs a larger table first.
func (t *table) full() bool { return 4*(t.used+1) > 3*len(t.entries) }

// grown returns a table of twice the size with the same sessions.
func (t *table) grown(hash func(words) uint64) *table {
	g := newTable(2 * len(t.entries))
	for i := range t.entries {
		if e := &t.entries[i]; e.slot.Load() != nil {
			w := e.words()
			g.insert(w, hash(w), e.slot.Load(), e.gen.Load(), e.until.Load())
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
