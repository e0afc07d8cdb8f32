package session

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sageGuard asks and marks under one hold of its lock each, as SAGE's nonce
// manager does, which has a method to ask whether a nonce was used and another
// one to mark it. It is right as long as nobody comes in between.
type sageGuard struct {
	mu      sync.Mutex
	seen    map[string]bool
	between func() // what happens in between
}

func (g *sageGuard) used(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen[key]
}

func (g *sageGuard) mark(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen[key] = true
}

func (g *sageGuard) check(keyID string, nonce []byte) error {
	key := fmt.Sprintf("%q %x", keyID, nonce)
	if g.used(key) {
		return ErrReplayed
	}
	g.between()
	g.mark(key)
	return nil
}

// barrier returns a function that returns once it was called n times, to all
// its callers, and then begins anew.
func barrier(n int) func() {
	var mu sync.Mutex
	waiting, open := 0, make(chan struct{})
	return func() {
		mu.Lock()
		mine := open
		if waiting++; waiting == n {
			close(open)
			waiting, open = 0, make(chan struct{})
		}
		mu.Unlock()
		<-mine
	}
}

// replayedNonces is how many replay sends.
const replayedNonces = 50

// replay sends copies of each nonce through check at the same time, and returns
// how many of them passed, by nonce.
func replay(t *testing.T, copies int, check func(keyID string, nonce []byte) error) []int {
	t.Helper()
	passed := make([]int, replayedNonces)
	for i := range passed {
		var n atomic.Int32
		var all sync.WaitGroup
		ready := barrier(copies)
		for range copies {
			all.Go(func() {
				ready()
				switch err := check("key id", nonceOf(uint64(i))); {
				case err == nil:
					n.Add(1)
				case !errors.Is(err, ErrReplayed):
					t.Errorf("nonce %d: %v", i, err)
				}
			})
		}
		all.Wait()
		passed[i] = int(n.Load())
	}
	return passed
}

// TestSAGEReplay shows the hole in SAGE's guard, and by the same means that
// this package's guard has none. A barrier between SAGE's two steps makes sure
// of what would else happen now and then.
func TestSAGEReplay(t *testing.T) {
	const copies = 8
	want := func(passed []int, n int) {
		t.Helper()
		for i, got := range passed {
			if got != n {
				t.Errorf("%d copies of nonce %d passed, want %d", got, i, n)
			}
		}
	}
	t.Run("SAGE's guard, one after the other", func(t *testing.T) {
		g := &sageGuard{seen: make(map[string]bool), between: func() {}}
		want(replay(t, 1, g.check), 1)
		want(replay(t, 1, g.check), 0) // which is all that a test of one goroutine sees
	})
	t.Run("SAGE's guard", func(t *testing.T) {
		g := &sageGuard{seen: make(map[string]bool), between: barrier(copies)}
		want(replay(t, copies, g.check), copies)
	})
	t.Run("ReplayGuard", func(t *testing.T) {
		g := NewReplayGuard(time.Hour, replayedNonces)
		want(replay(t, copies, g.Check), 1)
		want(replay(t, copies, g.Check), 0)
	})
}

// TestReplayQueue lets copies of a nonce wait for the guard's lock until it is
// handed from one to the next in the order in which they came (as a mutex does
// with who has waited for a millisecond). Now a guard that let go of its lock
// between the question and the answer would be overtaken by all of them.
func TestReplayQueue(t *testing.T) {
	const rounds, copies = 8, 6
	g := NewReplayGuard(time.Hour, rounds*copies)
	locks := make([]*sync.Mutex, len(g.shards))
	for i := range g.shards {
		locks[i] = &g.shards[i].mu
	}
	for i := range uint64(rounds) {
		var passed atomic.Int32
		var all sync.WaitGroup
		for _, mu := range locks {
			mu.Lock()
		}
		for range copies {
			all.Go(func() {
				if g.Check("key id", nonceOf(i)) == nil {
					passed.Add(1)
				}
			})
		}
		handOver(locks...)
		all.Wait()
		if n := passed.Load(); n != 1 {
			t.Errorf("%d copies of nonce %d passed, want 1", n, i)
		}
	}
}

// handOver unlocks mutexes that others wait for, so that each goes from one who
// has waited to the next, in turn: the first of them, finding it locked once
// more after a long wait, insists on that.
func handOver(locks ...*sync.Mutex) {
	time.Sleep(3 * time.Millisecond)
	for _, mu := range locks {
		mu.Unlock()
		mu.Lock()
	}
	time.Sleep(time.Millisecond)
	for _, mu := range locks {
		mu.Unlock()
	}
}
