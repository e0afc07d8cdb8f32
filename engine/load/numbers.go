package load

import (
	"sync"
	"sync/atomic"
)

// numbers gives the pairs of a run theirs, from 0 on. Its methods may be called
// from any goroutine.
type numbers struct {
	next atomic.Uint64
	left atomic.Int64 // of given back
	full atomic.Int64 // engine time at which the last one that there was to be was given

	mu   sync.Mutex
	back []uint64
}

func pairsOf(sessions int) uint64 { return uint64(sessions+1) / 2 }

// claim returns a number that nobody has, and false when there are no more:
// limit is how many sessions there are to be, and 0 any number. now is the engine
// time.
func (n *numbers) claim(limit int, now func() int64) (uint64, bool) {
	if n.left.Load() > 0 {
		n.mu.Lock()
		defer n.mu.Unlock()
		if last := len(n.back) - 1; last >= 0 {
			number := n.back[last]
			n.back = n.back[:last]
			if n.left.Add(-1); n.exhausted(limit) {
				n.full.Store(now())
			}
			return number, true
		}
	}
	if limit == 0 {
		return n.next.Add(1) - 1, true
	}
	for {
		number := n.next.Load()
		if number >= pairsOf(limit) {
			return 0, false
		}
		if n.next.CompareAndSwap(number, number+1) {
			if number+1 == pairsOf(limit) {
				n.full.Store(now())
			}
			return number, true
		}
	}
}

// unclaim gives a number back, for the next who asks.
func (n *numbers) unclaim(number uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.back = append(n.back, number)
	n.left.Add(1)
}

// restart begins again at 0. Nobody may have a number meanwhile.
func (n *numbers) restart() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next.Store(0)
	n.left.Store(0)
	n.back = n.back[:0]
}

// exhausted tells whether claim would say no.
func (n *numbers) exhausted(limit int) bool {
	return limit > 0 && n.left.Load() == 0 && n.next.Load() >= pairsOf(limit)
}

// until returns since when claim says no; never if it does not.
func (n *numbers) until(limit int) int64 {
	if !n.exhausted(limit) {
		return never
	}
	return n.full.Load()
}
