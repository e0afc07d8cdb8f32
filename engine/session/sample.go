package session

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// SampleEvery is how many creations there are to one whose times a manager takes.
const SampleEvery = 64

// Samples are times of one creation in [SampleEvery], in ns. They are large: keep
// them, and pass a pointer.
type Samples struct {
	// Derive is the key schedule alone: all HKDFs of a session, without the id.
	Derive stats.Counts
	// CreateHit and CreateMiss are whole calls of [Manager.Create], by whether the
	// storage came from the pool. They contain two readings of the clock.
	CreateHit, CreateMiss stats.Counts
}

// Reset empties s.
func (s *Samples) Reset() {
	s.Derive.Reset()
	s.CreateHit.Reset()
	s.CreateMiss.Reset()
}

// AddSamples adds the times that the manager took so far to s. The first creation
// of each shard and schedule asks for a sample, and so does each 64th after it; the
// next creation of the manager is the one that is taken, or the one after it if that one
// fails. So there are at least Created/SampleEvery, but for those still asked for and
// those that failed twice.
func (m *Manager) AddSamples(s *Samples) {
	m.samples.derive.AddTo(&s.Derive)
	m.samples.hit.AddTo(&s.CreateHit)
	m.samples.miss.AddTo(&s.CreateMiss)
}

// samples are the times that a manager took.
type samples struct {
	_   [64]byte
	due atomic.Int64 // samples asked for; creations look at it, and seldom write
	// again is whether the latest was given back, by a creation that failed: where
	// all fail, not each is to pay for being timed.
	again atomic.Bool
	_     [64]byte

	mu                sync.Mutex // whoever records holds it: a histogram takes one
	derive, hit, miss stats.Histogram
}

// take tells whether the caller is to take a sample. It costs one load when not.
func (s *samples) take() bool {
	if s.due.Load() <= 0 {
		return false
	}
	if s.due.Add(-1) < 0 { // another was faster
		s.due.Add(1)
		return false
	}
	return true
}

// timing is one sample: what creation notes down if it is given one.
type timing struct {
	began, deriving, derived int64 // manager time, ns
	hit                      bool  // the storage came from the pool
}

// createSampled is Create with its times taken.
func (m *Manager) createSampled(p *Params) (Session, error) {
	t := timing{began: m.now()}
	reserveStack()
	h, err := m.create(p, &t)
	scrubStack()
	if err != nil {
		if !m.samples.again.Swap(true) {
			m.samples.due.Add(1) // for one that succeeds, if the next does
		}
		return h, err
	}
	m.samples.again.Store(false)
	all := m.now() - t.began
	s := &m.samples
	s.mu.Lock()
	defer s.mu.Unlock()
	s.derive.Record(t.derived - t.deriving)
	if t.hit {
		s.hit.Record(all)
	} else {
		s.miss.Record(all)
	}
	return h, nil
}

// NumReuseClasses is how many classes [ReuseClass] tells apart.
const NumReuseClasses = 24

// ReuseClass sorts storage by how many sessions it served before: 0 is none, 1 is
// one, and each class after that as many as all before it: 2 and 3, 4 to 7, and so
// on. The last has no end.
func ReuseClass(reuses uint32) int { return min(bits.Len32(reuses), NumReuseClasses-1) }

// ReuseBounds returns the least and the most reuses of a class, both included.
func ReuseBounds(class int) (low, high uint32) {
	if class > 0 {
		low = 1 << (class - 1)
	}
	if class == NumReuseClasses-1 {
		return low, 1<<32 - 1
	}
	return low, 1<<class - 1
}

// ShardPool is what became of the storage of one shard. With a [sync.Pool], which all
// shards share, hits and misses are those of the shard that asked and puts those of
// the shard that gave: Free and Capacity are unknown, and 0.
type ShardPool struct {
	// Live is how many sessions the shard holds now.
	Live int
	// Free is how many slots its free list holds, Capacity how many it may.
	Free, Capacity int
	// Hits, Misses, Puts and Drops are as in [Counters].
	Hits, Misses, Puts, Drops uint64
}

// AppendShards appends what there is to tell of each shard to dst, in an order that
// never changes. It costs some tens of nanoseconds a shard, and holds the lock of each
// for less.
func (m *Manager) AppendShards(dst []ShardPool) []ShardPool {
	for i := range m.shards {
		sh := &m.shards[i]
		n := &sh.count
		p := ShardPool{Hits: n.hits.Load(), Misses: n.misses.Load(), Puts: n.puts.Load(), Drops: n.drops.Load()}
		sh.mu.Lock()
		p.Live, p.Free, p.Capacity = sh.table.Load().used, len(sh.free), sh.limit
		sh.mu.Unlock()
		dst = append(dst, p)
	}
	return dst
}

// Shards returns how many shards the manager has.
func (m *Manager) Shards() int { return len(m.shards) }
