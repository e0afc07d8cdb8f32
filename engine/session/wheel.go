package session

// wheel is a hierarchical timing wheel: buckets of doubly linked slots, in
// levels of rising coarseness. A slot waits in the bucket of its deadline; when
// a coarse bucket's time begins its slots move down, and when a finest bucket's
// time has passed its slots are due. A slot whose deadline moved on in the
// meantime, because the session was used, is put back: use costs the wheel
// nothing. All under the shard's lock.
type wheel struct {
	heads [overdue + 1]*slot
	now   int64 // manager time up to which buckets were looked at
}

const (
	wheelLevels  = 4
	bucketBits   = 6
	wheelBuckets = 1 << bucketBits
	// finestBits is the log2 of the finest bucket's nanoseconds: 2^24 ns is
	// 17 ms, so the levels reach 1 s, 69 s, 73 min and 78 h. What lies beyond
	// waits in the last level, and is looked at every 78 h.
	finestBits = 24
	// overdue is the bucket of those that were due and could not be taken,
	// unlinked that of a slot that is in none.
	overdue  = wheelLevels * wheelBuckets
	unlinked = overdue + 1
)

func tickBits(level int) uint { return finestBits + uint(level)*bucketBits }

// add puts s into the bucket of its deadline. A slot without one stays out.
func (w *wheel) add(s *slot) {
	end := s.deadline()
	if end == never {
		s.bucket = unlinked
		return
	}
	// A deadline behind the wheel is due when the current bucket has passed.
	end = max(end, w.now)
	level := 0
	for level < wheelLevels-1 && (end>>tickBits(level))-(w.now>>tickBits(level)) >= wheelBuckets {
		level++
	}
	tick := end >> tickBits(level)
	tick = min(tick, w.now>>tickBits(level)+wheelBuckets-1)
	w.link(s, level*wheelBuckets+int(tick&(wheelBuckets-1)))
}

func (w *wheel) link(s *slot, bucket int) {
	s.bucket = uint16(bucket)
	head := w.heads[bucket]
	s.prev, s.next = nil, head
	if head != nil {
		head.prev = s
	}
	w.heads[s.bucket] = s
}

// remove takes s out of its bucket, if it is in one.
func (w *wheel) remove(s *slot) {
	if s.bucket == unlinked {
		return
	}
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		w.heads[s.bucket] = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.next, s.prev, s.bucket = nil, nil, unlinked
}

// advance moves the wheel to now and offers each slot that is due, out of its
// bucket, to take; the others go where they belong by now. What take refuses is
// offered again at the next call, and advance tells that there is some.
func (w *wheel) advance(now int64, take func(*slot) bool) (more bool) {
	for s := w.heads[overdue]; s != nil; s = w.heads[overdue] {
		w.remove(s)
		if !w.settle(s, now, take) {
			return true
		}
	}
	if now > w.now {
		before := w.now
		w.now = now
		for level := wheelLevels - 1; level >= 0; level-- {
			first, last := before>>tickBits(level)+1, now>>tickBits(level)
			if level == 0 {
				// The finest ticks are due when they are over, the others
				// when they begin.
				first, last = first-1, last-1
			}
			first = max(first, last-wheelBuckets+1)
			for tick := first; tick <= last; tick++ {
				w.empty(level*wheelBuckets+int(tick&(wheelBuckets-1)), now, take)
			}
		}
	}
	return w.heads[overdue] != nil
}

// empty deals with all slots of one bucket.
func (w *wheel) empty(bucket int, now int64, take func(*slot) bool) {
	s := w.heads[bucket]
	w.heads[bucket] = nil
	for s != nil {
		next := s.next
		s.next, s.prev, s.bucket = nil, nil, unlinked
		w.settle(s, now, take)
		s = next
	}
}

// settle offers s, which is in no bucket, to take if it is due, and else puts
// it where it belongs. It tells whether that was possible: what take refuses
// goes to the overdue.
func (w *wheel) settle(s *slot, now int64, take func(*slot) bool) bool {
	if s.deadline() > now {
		w.add(s)
		return true
	}
	if take(s) {
		return true
	}
	w.link(s, overdue)
	return false
}
