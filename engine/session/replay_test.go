package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func nonceOf(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func TestReplayWindow(t *testing.T) {
	for _, window := range []time.Duration{1, time.Second, time.Hour, never} {
		t.Run(window.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewReplayGuard(window, 10)
				wantErr(t, "first", g.Check("k", []byte("n")), nil)
				wantErr(t, "at once", g.Check("k", []byte("n")), ErrReplayed)
				if window == never {
					time.Sleep(1000 * time.Hour)
					wantErr(t, "much later", g.Check("k", []byte("n")), ErrReplayed)
					return
				}
				time.Sleep(window - 1)
				wantErr(t, "at the window's last ns", g.Check("k", []byte("n")), ErrReplayed)
				time.Sleep(time.Nanosecond) // a refused nonce does not prolong its window
				wantErr(t, "at the window's end", g.Check("k", []byte("n")), nil)
				wantErr(t, "in the new window", g.Check("k", []byte("n")), ErrReplayed)
				if n := g.Len(); n != 1 {
					t.Errorf("the guard holds %d nonces, want 1", n)
				}
			})
		})
	}
}

// TestReplayKeys has key ids and nonces that read alike when put together.
func TestReplayKeys(t *testing.T) {
	g := NewReplayGuard(time.Hour, 100)
	long := make([]byte, 1000)
	for i, c := range []struct {
		keyID string
		nonce []byte
	}{
		{"k", []byte("n")},
		{"kn", nil},
		{"", []byte("kn")},
		{"k", []byte("nn")},
		{"K", []byte("n")},
		{"k", long},
		{"k", long[:999]},
		{string(long), nil},
		{"", nil},
	} {
		wantErr(t, fmt.Sprint("first of pair ", i), g.Check(c.keyID, c.nonce), nil)
		wantErr(t, fmt.Sprint("second of pair ", i), g.Check(c.keyID, c.nonce), ErrReplayed)
	}
}

// TestReplayCapacity fills guards to the last nonce, not one earlier or later,
// and finds what is in them as well as room once it is there again.
func TestReplayCapacity(t *testing.T) {
	for _, capacity := range []int{1, 2, 17, 1000} {
		t.Run(fmt.Sprint(capacity), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewReplayGuard(time.Minute, capacity)
				for i := range uint64(capacity) {
					wantErr(t, "a nonce with room for it", g.Check("k", nonceOf(i)), nil)
				}
				for i := range uint64(capacity) {
					wantErr(t, "one that was seen", g.Check("k", nonceOf(i)), ErrReplayed)
					wantErr(t, "one too many", g.Check("other", nonceOf(i)), ErrReplayFull)
				}
				if n := g.Len(); n != capacity {
					t.Errorf("the guard holds %d nonces, want %d", n, capacity)
				}
				time.Sleep(time.Minute)
				for i := range uint64(capacity) {
					wantErr(t, "one of the next minute", g.Check("other", nonceOf(i)), nil)
				}
				wantErr(t, "one too many", g.Check("k", nonceOf(0)), ErrReplayFull)
				for i := range g.shards {
					if sh := &g.shards[i]; len(sh.queue) > max(16, capacity) || len(sh.seen) != sh.size {
						t.Errorf("shard %d: ring of %d, %d seen, size %d", i, len(sh.queue), len(sh.seen), sh.size)
					}
				}
			})
		})
	}
}

func TestReplayGuardPanics(t *testing.T) {
	for _, tt := range []struct {
		window   time.Duration
		capacity int
	}{{0, 1}, {-1, 1}, {1, 0}, {1, -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a guard with window %d and capacity %d is no guard", tt.window, tt.capacity)
				}
			}()
			NewReplayGuard(tt.window, tt.capacity)
		}()
	}
}

// TestReplayConcurrently sends copies of each nonce at the same time: exactly
// one of them passes, whatever happens beside it.
func TestReplayConcurrently(t *testing.T) {
	const nonces, copies = 500, 8
	g := NewReplayGuard(time.Hour, nonces)
	var passed [nonces]atomic.Int32
	var refused atomic.Int32
	var all sync.WaitGroup
	start := make(chan struct{})
	for range copies {
		all.Go(func() {
			<-start
			for i := range passed {
				switch err := g.Check("k", nonceOf(uint64(i))); {
				case err == nil:
					passed[i].Add(1)
				case errors.Is(err, ErrReplayed):
					refused.Add(1)
				default:
					t.Errorf("nonce %d: %v", i, err)
				}
			}
		})
	}
	close(start)
	all.Wait()
	for i := range passed {
		if n := passed[i].Load(); n != 1 {
			t.Errorf("%d copies of nonce %d passed", n, i)
		}
	}
	if n := refused.Load(); n != nonces*(copies-1) {
		t.Errorf("%d refused, want %d", n, nonces*(copies-1))
	}
}

// TestReplayFullConcurrently races for the last places: as many pass as there
// are.
func TestReplayFullConcurrently(t *testing.T) {
	const capacity, workers = 100, 8
	g := NewReplayGuard(time.Hour, capacity)
	var passed atomic.Int32
	var all sync.WaitGroup
	for w := range uint64(workers) {
		all.Go(func() {
			for i := range uint64(capacity) {
				if g.Check("k", nonceOf(w<<32|i)) == nil {
					passed.Add(1)
				}
			}
		})
	}
	all.Wait()
	if passed.Load() != capacity || g.Len() != capacity {
		t.Errorf("%d passed, %d held, want %d", passed.Load(), g.Len(), capacity)
	}
}

// TestReplayModel holds the guard against a map that is looked through whole.
// The run is drawn first and then played, in a bubble of its own.
func TestReplayModel(t *testing.T) {
	type step struct {
		sleep time.Duration
		nonce uint64
	}
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{time.Duration(rapid.Int64Range(0, 100).Draw(t, "sleep")), rapid.Uint64Range(0, 60).Draw(t, "nonce")}
	}), 1, 200)
	rapid.Check(t, func(rt *rapid.T) {
		window := time.Duration(rapid.Int64Range(1, 1000).Draw(rt, "window"))
		capacity := rapid.IntRange(1, 40).Draw(rt, "capacity")
		run := steps.Draw(rt, "run")
		var wrong string
		synctest.Test(t, func(*testing.T) {
			g := NewReplayGuard(window, capacity)
			seen := make(map[uint64]time.Time)
			for i, step := range run {
				time.Sleep(step.sleep)
				for n, at := range seen {
					if time.Since(at) >= window {
						delete(seen, n)
					}
				}
				var want error
				if _, replayed := seen[step.nonce]; replayed {
					want = ErrReplayed
				} else if len(seen) == capacity {
					want = ErrReplayFull
				} else {
					seen[step.nonce] = time.Now()
				}
				if err := g.Check("k", nonceOf(step.nonce)); !errors.Is(err, want) {
					wrong = fmt.Sprintf("step %d, nonce %d: %v, want %v", i, step.nonce, err, want)
					return
				}
				if n := g.Len(); n < len(seen) || n > capacity {
					wrong = fmt.Sprintf("step %d: the guard holds %d nonces, want %d to %d", i, n, len(seen), capacity)
					return
				}
			}
		})
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}
