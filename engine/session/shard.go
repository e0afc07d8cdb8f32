package session

import (
	"sync"
	"sync/atomic"
)

// shard is one part of a manager's sessions, with all that a session of it needs:
// nothing here is shared with the others, and no cryptography runs under mu.
type shard struct {
	// table is changed under mu and read without it. seq is odd while a
	// session is being taken out and others move, and never twice the same.
	table atomic.Pointer[table]
	seq   atomic.Uint64
	_     [48]byte // lookups share this line with nobody who writes

	mu     sync.Mutex
	wheel  wheel
	free   []*slot // the free list; its last element is taken first
	limit  int     // how long free may grow
	closed bool

	manager *Manager
	count   shardCounters
	_       [64]byte // the next shard is somebody else's cache line
}

// shardCounters are the shard's part of [Counters].
type shardCounters struct {
	refused, duplicate        atomic.Uint64
	ended                     [numCauses]atomic.Uint64
	hits, misses, puts, drops atomic.Uint64
	derived                   [2]atomic.Uint64 // key schedules: separate, single HKDF
	keyAllocations            atomic.Uint64
	sealed, opened, failed    atomic.Uint64
	bytesSealed, bytesOpened  atomic.Uint64
	created                   [NumReuseClasses]atomic.Uint64 // by ReuseClass
}

// acquire returns a slot for a session to be made: from the pool, as o says,
// or new. It is the caller's alone.
func (sh *shard) acquire(o Optimizations) *slot {
	var s *slot
	switch o.Pool {
	case PoolSync:
		s, _ = sh.manager.syncPool.Load().Get().(*slot)
	case PoolFreeList:
		sh.mu.Lock()
		if n := len(sh.free); n > 0 {
			s = sh.free[n-1]
			sh.free[n-1] = nil
			sh.free = sh.free[:n-1]
		}
		sh.mu.Unlock()
	}
	if s != nil {
		sh.count.hits.Add(1)
		s.reuses++
		s.shard = sh
		return s
	}
	if o.Pool != PoolNone {
		sh.count.misses.Add(1)
	}
	return &slot{shard: sh, number: sh.manager.nextSlot()}
}

// nextSlot returns the number of a new slot.
func (m *Manager) nextSlot() uint32 {
	n := m.slots.Add(1)
	for n == 0 { // is none
		n = m.slots.Add(1)
	}
	return n
}

// release gives a slot, which is wiped and in nobody else's hands, to the pool
// or to the collector. Storage at its last generation is not used again.
func (sh *shard) release(s *slot) {
	kind := sh.manager.Optimizations().Pool
	if s.gen.Load() == lastGeneration && kind != PoolNone {
		sh.count.drops.Add(1)
		return
	}
	switch kind {
	case PoolSync:
		sh.manager.syncPool.Load().Put(s)
		sh.count.puts.Add(1)
	case PoolFreeList:
		sh.mu.Lock()
		fits := len(sh.free) < sh.limit && !sh.closed
		if fits {
			sh.free = append(sh.free, s)
		}
		sh.mu.Unlock()
		if fits {
			sh.count.puts.Add(1)
		} else {
			sh.count.drops.Add(1)
		}
	}
}

// insert makes s findable, or says why not.
func (sh *shard) insert(s *slot, gen uint32, hash uint64) error {
	w := s.id.words()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return ErrManagerClosed
	}
	t := sh.table.Load()
	if _, taken := t.find(w, hash); taken {
		return ErrExists
	}
	if t.full() {
		t = t.grown(sh.manager.hashWords)
		sh.table.Store(t)
	}
	t.insert(w, hash, s, newLife(gen, s.expires.Load())) // into a free entry, whole before it is seen
	sh.wheel.add(s)
	sh.count.created[ReuseClass(s.reuses)].Add(1) // here, so that its end is never counted before it
	return nil
}

// unlist takes an ended slot out of the table and the wheel.
func (sh *shard) unlist(s *slot, id *ID) {
	hash := sh.manager.hash(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	t := sh.table.Load()
	at, listed := t.find(id.words(), hash)
	if !listed || t.entries[at].slot.Load() != s {
		panic("session: impossible: an ending session is not in its table")
	}
	sh.seq.Add(1)
	t.remove(at, sh.manager.hashWords)
	sh.seq.Add(1)
	sh.wheel.remove(s)
}

// find returns a handle on the live session with that id. A session that it
// finds past a limit it ends. The clock is read only for a session that is there.
func (sh *shard) find(id *ID, hash uint64) (_ Session, live bool) {
	s, l := sh.lookup(id.words(), hash)
	if s == nil {
		return Session{}, false
	}
	h := Session{slot: s, gen: l.gen()}
	if l.fresh(sh.manager.now()) {
		return h, true
	}
	// It was used since, or is over, or will be within a step. An operation that
	// began in time may be about to count as use.
	if _, _, err := h.begin(); err != nil {
		return Session{}, false
	}
	if newLife(h.gen, s.expires.Load()) != l {
		sh.relist(s)
	}
	s.mu.Unlock()
	return h, true
}

// lookup is the table's get, without the lock.
func (sh *shard) lookup(w words, hash uint64) (*slot, life) {
	const tries = 4 // so that endless changes cannot keep it from an answer
	for range tries {
		if seq := sh.seq.Load(); seq%2 == 0 {
			if s, l := sh.table.Load().get(w, hash); sh.seq.Load() == seq {
				return s, l
			}
		}
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.table.Load().get(w, hash)
}

// relist puts a slot back into the wheel by its present deadline, and tells the
// table of that. A session lives in it, and the caller holds its lock: one that
// ended would come back.
func (sh *shard) relist(s *slot) {
	w, hash := s.id.words(), sh.manager.hash(&s.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.wheel.remove(s)
	sh.wheel.add(s)
	t := sh.table.Load()
	if at, listed := t.find(w, hash); listed {
		t.entries[at].life.Store(uint64(newLife(s.gen.Load(), s.expires.Load())))
	}
}

// due moves the wheel to now and appends handles on sessions whose time has come
// to dst. It tells whether there may be more. One call deals with as many slots as
// dst has room for, so that no lock is held for long.
func (sh *shard) due(dst []Session, now int64) (_ []Session, more bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	more = sh.wheel.advance(now, cap(dst)-len(dst), func(s *slot) {
		dst = append(dst, Session{slot: s, gen: s.gen.Load()}) // it lives: an ended one is not in the wheel
	})
	return dst, more
}

// handles appends handles on all sessions in the table to dst. It takes the lock
// only if changes keep it from a whole picture.
func (sh *shard) handles(dst []Session) []Session {
	const tries = 2
	n := len(dst)
	for range tries {
		if seq := sh.seq.Load(); seq%2 == 0 {
			if dst = sh.table.Load().all(dst[:n]); sh.seq.Load() == seq {
				return dst
			}
		}
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.table.Load().all(dst[:n])
}

// setLimit bounds the free list and lets go of what is over.
func (sh *shard) setLimit(n int) {
	sh.mu.Lock()
	sh.limit = n
	if len(sh.free) > n {
		clear(sh.free[n:])
		sh.free = append([]*slot(nil), sh.free[:n]...)
	}
	sh.mu.Unlock()
}
