package session

import (
	"sync"
	"sync/atomic"
)

// shard is one part of a manager's table, with all that a session of it needs:
// nothing here is shared with the others, and no cryptography runs under mu.
type shard struct {
	mu     sync.Mutex
	table  map[ID]*slot
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
	created, refused, duplicate atomic.Uint64
	ended                       [numCauses]atomic.Uint64
	hits, misses, puts, drops   atomic.Uint64
	hkdf                        [NumLabels]atomic.Uint64
	hkdfBytes, keyAllocations   atomic.Uint64
	sealed, opened, failed      atomic.Uint64
	bytesSealed, bytesOpened    atomic.Uint64
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
	return &slot{shard: sh, bucket: unlinked}
}

// release gives a slot, which is wiped and in nobody else's hands, to the pool
// or to the collector.
func (sh *shard) release(s *slot) {
	switch sh.manager.Optimizations().Pool {
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
func (sh *shard) insert(s *slot) error {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return ErrManagerClosed
	}
	if _, taken := sh.table[s.id]; taken {
		return ErrExists
	}
	sh.table[s.id] = s
	sh.wheel.add(s)
	sh.count.created.Add(1) // here, so that its end is never counted before it
	return nil
}

// find returns a handle on the live session with that id. A session that it
// finds past a limit at now it ends.
func (sh *shard) find(id ID, now int64) (_ Session, live bool) {
	h, why := sh.lookup(id, now)
	if h.slot == nil {
		return Session{}, false
	}
	if why != causeNone {
		// An operation that began in time may be about to count as use.
		s, _, err := h.begin()
		if err != nil {
			return Session{}, false
		}
		s.mu.Unlock()
	}
	return h, true
}

// lookup returns a handle on the session with that id, and which limit it has
// reached at now.
func (sh *shard) lookup(id ID, now int64) (Session, cause) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s := sh.table[id]
	if s == nil {
		return Session{}, causeNone
	}
	h, live := s.handle()
	if !live {
		return Session{}, causeNone
	}
	return h, s.cause(now)
}

// unlist takes an ended slot out of the table and the wheel.
func (sh *shard) unlist(s *slot, id ID) {
	sh.mu.Lock()
	delete(sh.table, id)
	sh.wheel.remove(s)
	sh.mu.Unlock()
}

// relist puts a slot back into the wheel by its present deadline, if gen still
// lives in it.
func (sh *shard) relist(s *slot, gen uint64) {
	sh.mu.Lock()
	if s.gen.Load() == gen {
		sh.wheel.remove(s)
		sh.wheel.add(s)
	}
	sh.mu.Unlock()
}

// due moves the wheel to now and appends handles on the sessions whose time
// has come to dst, as many as its capacity has room for. It tells whether there
// are more.
func (sh *shard) due(dst []Session, now int64) (_ []Session, more bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	more = sh.wheel.advance(now, func(s *slot) bool {
		if len(dst) == cap(dst) {
			return false
		}
		if h, live := s.handle(); live {
			dst = append(dst, h)
		}
		return true
	})
	return dst, more
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
