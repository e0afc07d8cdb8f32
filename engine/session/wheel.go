package session

import "math/bits"

// wheel is a hierarchical timing wheel: buckets of doubly linked slots, in levels
// of rising coarseness. A slot waits in the bucket of its deadline; when a coarse
// bucket's time begins its slots move down, and when a finest bucket's time has
// passed its slots are due. A slot whose deadline moved on in the meantime,
// because the session was used, is put back: use costs the wheel nothing. All
// under the shard's lock, a bounded number of slots at a time.
type wheel struct {
	heads [wheelLevels][wheelBuckets]*slot
	used  [wheelLevels]uint64 // buckets that may hold slots, as bits
	come  [wheelLevels]uint64 // those of them whose time has come
	// opened is what is left of the bucket whose slots are being dealt with.
	opened *slot
	now    int64 // manager time up to which buckets were looked at
}

const (
	wheelLevels  = 4
	bucketBits   = 6
	wheelBuckets = 1 << bucketBits // as many as a word has bits
	// finestBits is the log2 of the finest bucket's nanoseconds: 2^24 ns is
	// 17 ms, so the levels reach 1 s, 69 s, 73 min and 78 h. What lies beyond
	// waits in the last level, and is looked at every 78 h.
	finestBits = 24
)

func tickBits(level int) uint { return finestBits + uint(level)*bucketBits }

// add puts s into the bucket of its deadline. A slot without one stays out.
func (w *wheel) add(s *slot) {
	end := s.expires.Load()
	if end == never {
		return
	}
	// A deadline behind the wheel is due when the current bucket has passed.
	end = max(end, w.now)
	level := 0
	for level < wheelLevels-1 && (end>>tickBits(level))-(w.now>>tickBits(level)) >= wheelBuckets {
		level++
	}
	tick := min(end>>tickBits(level), w.now>>tickBits(level)+wheelBuckets-1)
	bucket := tick & (wheelBuckets - 1)
	w.used[level] |= 1 << bucket
	head := &w.heads[level][bucket]
	s.next, s.at = *head, head
	if s.next != nil {
		s.next.at = &s.next
	}
	*head = s
}

// remove takes s out of its list, if it is in one.
func (*wheel) remove(s *slot) {
	if s.at == nil {
		return
	}
	*s.at = s.next
	if s.next != nil {
		s.next.at = s.at
	}
	s.next, s.at = nil, nil
}

// advance moves the wheel to now and deals with at most budget slots of the
// buckets whose time has come: those that are due it takes out and gives to
// take, the others it puts where they belong by now. It tells whether it has to
// be called again for the rest.
func (w *wheel) advance(now int64, budget int, take func(*slot)) (more bool) {
	if now > w.now {
		w.pass(now)
	}
	for ; budget > 0; budget-- {
		s := w.first()
		if s == nil {
			return false
		}
		w.remove(s)
		if s.expires.Load() > w.now {
			w.add(s)
		} else {
			take(s)
		}
	}
	return w.first() != nil
}

// pass marks the buckets whose time has come by now.
func (w *wheel) pass(now int64) {
	for level := range wheelLevels {
		first, last := w.now>>tickBits(level)+1, now>>tickBits(level)
		if level == 0 {
			// The finest ticks are due when they are over, the others when
			// they begin.
			first, last = first-1, last-1
		}
		if last < first {
			break // nor has a coarser tick begun
		}
		ticks := ^uint64(0)
		if n := last - first + 1; n < wheelBuckets {
			ticks = bits.RotateLeft64(1<<n-1, int(first&(wheelBuckets-1)))
		}
		w.come[level] |= ticks & w.used[level]
	}
	w.now = now
}

// first returns a slot of a bucket whose time has come, or nil. Coarse buckets
// come first: what is in them may belong into a finer one whose time has come too.
func (w *wheel) first() *slot {
	for level := wheelLevels - 1; w.opened == nil && level >= 0; {
		if w.come[level] == 0 {
			level--
			continue
		}
		bucket := bits.TrailingZeros64(w.come[level])
		w.come[level] &^= 1 << bucket
		w.used[level] &^= 1 << bucket
		w.opened, w.heads[level][bucket] = w.heads[level][bucket], nil
		if w.opened != nil {
			w.opened.at = &w.opened
		}
	}
	return w.opened
}
