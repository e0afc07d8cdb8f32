package session

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// ReplayGuard tells whether a nonce was seen before under a key id, within a
// window of time: exactly, in bounded memory, and with no goroutine of its own.
// Its methods may be called from any goroutine. Check a nonce only after the
// message that carries it was authenticated: otherwise anybody can fill the
// guard.
type ReplayGuard struct {
	window   time.Duration
	capacity int
	epoch    time.Time
	seed     maphash.Seed
	held     atomic.Int64 // nonces in all shards
	shards   [replayShards]replayShard
}

const replayShards = 16

type replayShard struct {
	mu   sync.Mutex
	seen map[replayKey]struct{}
	// queue is a ring of what is in seen, oldest first: the window is the
	// same for all, so they leave in the order in which they came.
	queue       []replayEntry
	first, size int
	_           [64]byte
}

// replayKey is a hash of key id and nonce, long enough that no two collide.
type replayKey [16]byte

type replayEntry struct {
	key  replayKey
	gone int64 // guard time, ns
}

// NewReplayGuard returns a guard that remembers a nonce for window, and at most
// capacity nonces, at about 100 bytes each once they were that many. It panics
// if either is not positive.
func NewReplayGuard(window time.Duration, capacity int) *ReplayGuard {
	if window <= 0 || capacity <= 0 {
		panic("session: replay guard needs a positive window and capacity")
	}
	g := &ReplayGuard{window: window, capacity: capacity, epoch: time.Now(), seed: maphash.MakeSeed()}
	for i := range g.shards {
		g.shards[i].seen = make(map[replayKey]struct{})
	}
	return g
}

// Check remembers the nonce and returns nil if it was not seen under keyID
// within the window, and [ErrReplayed] if it was; of any number of concurrent
// calls with the same nonce exactly one returns nil. It returns
// [ErrReplayFull] when it cannot remember another one.
func (g *ReplayGuard) Check(keyID string, nonce []byte) error {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(keyID)))
	buf := make([]byte, 0, 256)
	buf = append(buf, length[:]...)
	buf = append(buf, keyID...)
	buf = append(buf, nonce...)
	sum := sha256.Sum256(buf)
	key := replayKey(sum[:len(replayKey{})])

	sh := &g.shards[maphash.Bytes(g.seed, key[:])%replayShards]
	err := g.check(sh, key)
	if errors.Is(err, ErrReplayFull) { // of nonces, perhaps, whose window has passed
		for i := range g.shards {
			other := &g.shards[i]
			other.mu.Lock()
			g.forget(other, g.now())
			other.mu.Unlock()
		}
		err = g.check(sh, key)
	}
	return err
}

// check is Check, in a guard that forgets in this one shard only.
func (g *ReplayGuard) check(sh *replayShard, key replayKey) error {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	now := g.now()
	g.forget(sh, now)
	if _, replayed := sh.seen[key]; replayed {
		return ErrReplayed
	}
	for {
		held := g.held.Load()
		if held >= int64(g.capacity) {
			return ErrReplayFull
		}
		if g.held.CompareAndSwap(held, held+1) {
			break
		}
	}
	sh.remember(key, later(now, g.window), g.capacity)
	return nil
}

// now is the guard's clock: nanoseconds since it was made, monotonic.
func (g *ReplayGuard) now() int64 { return int64(time.Since(g.epoch)) }

// Len returns how many nonces the guard holds, those whose window has passed
// since the last check of their shard included.
func (g *ReplayGuard) Len() int { return int(g.held.Load()) }

// forget drops the nonces of sh, whose lock the caller holds, that are out of
// their window at now.
func (g *ReplayGuard) forget(sh *replayShard, now int64) {
	n := 0
	for ; sh.size > 0 && sh.queue[sh.first].gone <= now; n++ {
		delete(sh.seen, sh.queue[sh.first].key)
		sh.first = (sh.first + 1) % len(sh.queue)
		sh.size--
	}
	if n > 0 {
		g.held.Add(-int64(n))
	}
}

// remember makes room in the ring where there is none, for at most capacity.
func (sh *replayShard) remember(key replayKey, gone int64, capacity int) {
	if sh.size == len(sh.queue) {
		grown := make([]replayEntry, min(max(2*len(sh.queue), 16), capacity))
		n := copy(grown, sh.queue[sh.first:])
		copy(grown[n:], sh.queue[:sh.first])
		sh.queue, sh.first = grown, 0
	}
	sh.queue[(sh.first+sh.size)%len(sh.queue)] = replayEntry{key, gone}
	sh.size++
	sh.seen[key] = struct{}{}
}
