package ui

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// shardState is what is kept of a shard.
type shardState struct {
	live, free, capacity      int32
	hits, misses, puts, drops uint64
}

// shardList is what all shards did up to a moment.
type shardList struct {
	at     time.Duration
	shards []shardState
	first  int // so many are the initiators'
}

const (
	shardStep  = time.Second
	shardLists = 60      // one a second
	shardsKept = 1 << 16 // in all lists together, so that many shards have fewer
)

// shardRing is the last minute of all shards, in memory that is used again.
type shardRing struct {
	lists []shardList // oldest first from next on, once there are as many as may be
	next  int
}

func (r *shardRing) clear() { r.lists, r.next = r.lists[:0], 0 }

// due reports whether it is time for the next list.
func (r *shardRing) due(now time.Duration) bool {
	l := r.before(now)
	return l == nil || now-l.at >= shardStep-shardStep/20
}

func (r *shardRing) push(at time.Duration, list []load.PoolShard) {
	if l := r.newest(); l != nil && (at < l.at || len(l.shards) != len(list)) {
		r.clear() // they are not the same shards any more
	}
	if len(list) == 0 {
		return
	}
	i := r.next
	if most := max(min(shardLists, shardsKept/len(list)), 2); len(r.lists) < most {
		i = len(r.lists)
		if i < cap(r.lists) {
			r.lists = r.lists[:i+1]
		} else {
			r.lists = append(r.lists, shardList{})
		}
	} else {
		r.next = (r.next + 1) % len(r.lists)
	}
	l := &r.lists[i]
	l.at, l.first, l.shards = at, 0, l.shards[:0]
	if cap(l.shards) < len(list) {
		l.shards = make([]shardState, 0, len(list))
	}
	for k := range list {
		s := &list[k]
		if s.Manager == list[0].Manager {
			l.first++
		}
		l.shards = append(l.shards, shardState{
			int32(s.Live), int32(s.Free), int32(s.Capacity),
			s.Hits, s.Misses, s.Puts, s.Drops,
		})
	}
}

func (r *shardRing) newest() *shardList {
	if len(r.lists) == 0 {
		return nil
	}
	return &r.lists[(r.next+len(r.lists)-1)%len(r.lists)]
}

// before returns the newest list at or before a moment, nil if there is none.
func (r *shardRing) before(at time.Duration) *shardList {
	for k := len(r.lists) - 1; k >= 0; k-- {
		if l := &r.lists[(r.next+k)%len(r.lists)]; l.at <= at {
			return l
		}
	}
	return nil
}

// since returns the oldest list that is not older than a moment, nil if there is none.
func (r *shardRing) since(at time.Duration) *shardList {
	for k := range r.lists {
		if l := &r.lists[(r.next+k)%len(r.lists)]; l.at >= at {
			return l
		}
	}
	return nil
}

// at returns the list of the moment of v, and one before it, from which on the counters
// are to be counted; nil where the page was not shown at the time.
func (r *shardRing) at(v *view) (now, from *shardList) {
	const late = 3 * shardStep
	now = r.before(v.at)
	if now == nil || v.at-now.at > late {
		return nil, nil
	}
	if from = r.since(v.at - v.window); from == nil || from.at >= now.at {
		from = nil
	}
	return now, from
}
