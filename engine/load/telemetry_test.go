package load

import (
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"
)

func TestSizeBounds(t *testing.T) {
	next := 0
	for class := range NumSizeClasses {
		low, high := SizeBounds(class)
		if low != next || SizeClassOf(low) != class || SizeClassOf(high) != class {
			t.Errorf("class %d is %d to %d, after %d", class, low, high, next)
		}
		next = high + 1
	}
	if next != maxMessageSize+1 {
		t.Errorf("the last class ends at %d", next-1)
	}
}

func TestTimeBuckets(t *testing.T) {
	next := time.Duration(0)
	for i := range NumTimeBuckets {
		low, high := TimeBucket(i)
		if low != next || high <= low {
			t.Errorf("bucket %d is %s to %s, after %s", i, low, high, next)
		}
		if inner := i > 0 && i < NumTimeBuckets-1; inner && float64(high)/float64(low) > 1.25 {
			t.Errorf("bucket %d is %s to %s", i, low, high)
		}
		next = high
	}
	if _, first := TimeBucket(0); first != 128 || next != math.MaxInt64 {
		t.Errorf("the first ends at %s and the last at %d", first, next)
	}
	if low, _ := TimeBucket(NumTimeBuckets - 1); low != 1<<20 {
		t.Errorf("the last begins at %s", low)
	}
}

func TestSizesAreToldApart(t *testing.T) {
	for _, tt := range []struct {
		size  string
		class int
	}{{"0B", 0}, {"1B", 1}, {"100B", 7}, {"1KiB", 11}, {"1MiB", 21}} {
		s := runToEnd(t, quick(set(t, "message-size", tt.size), set(t, "messages", "2"), set(t, "duration", "0s"), set(t, "sessions", "40"),
			set(t, "handshake", "none")))
		for class, c := range s.Messages.BySize {
			want := uint64(0)
			if class == tt.class {
				want = 40 // two each way
			}
			if c.Seal.Count != want || c.Open.Count != want {
				t.Errorf("%s: %d sealed and %d opened in class %d, want %d", tt.size, c.Seal.Count, c.Open.Count, class, want)
			}
		}
	}
}

func TestSizesInJSON(t *testing.T) {
	var c SizeClasses
	if text, err := json.Marshal(c); err != nil || string(text) != "[]" {
		t.Errorf("nothing: %s, %v", text, err)
	}
	c[11] = SizeClass{Stage{2, 30}, Stage{1, 20}, 2048}
	const want = `[{"from_bytes":1024,"to_bytes":2047,"seal":{"count":2,"total_ns":30},"open":{"count":1,"total_ns":20},"bytes":2048}]`
	if text, err := json.Marshal(c); err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}

// What is told of creations, of the shards and of the collector agrees with the rest.
func TestTelemetry(t *testing.T) {
	for _, pool := range []string{"none", "sync", "freelist"} {
		t.Run(pool, func(t *testing.T) {
			e := startQuick(t, set(t, "pool", pool), set(t, "rate", "8000/s"), set(t, "memory-limit", "1GiB"))
			if n := len(e.PoolShards()); n == 0 || n != e.run.initiators.Shards()+e.run.responders.Shards() {
				t.Errorf("%d shards", n)
			}
			waitFor(t, "sessions", func() bool { return e.Snapshot().Sessions.Created > 5000 })
			if err := e.Collect(); err != nil { // what the collector took is told when it is over
				t.Error(err)
			}
			e.Pause()
			waitFor(t, "quiet", func() bool { return e.Snapshot().Sessions.Live == 0 })
			s := e.Snapshot()

			sampled := s.Sampled
			n := sampled.Derive.Count
			if n < s.Sessions.Created/uint64(sampled.Every) || sampled.CreateHit.Count+sampled.CreateMiss.Count != n || sampled.CreateMiss.Count == 0 {
				t.Errorf("of %d created, one in %d: %d derivations, %d hits, %d misses",
					s.Sessions.Created, sampled.Every, n, sampled.CreateHit.Count, sampled.CreateMiss.Count)
			}
			if hits := sampled.CreateHit.Count; (hits > 0) != (pool != "none") {
				t.Errorf("%d hits", hits)
			}
			var inBuckets uint64
			for i, k := range sampled.DeriveBuckets {
				inBuckets += k
				if low, high := TimeBucket(i); k > 0 && sampled.Derive.Max < low || i < NumTimeBuckets-1 && k == n && sampled.Derive.P50 >= 2*high {
					t.Errorf("%d in the bucket from %s to %s of %+v", k, low, high, sampled.Derive)
				}
			}
			if inBuckets != n {
				t.Errorf("%d in buckets, %d in all", inBuckets, n)
			}

			var sum Pool
			live := 0
			for i, p := range e.PoolShards() {
				if want := [...]string{"initiator", "responder"}[2*i/len(e.PoolShards())]; p.Manager != want {
					t.Errorf("shard %d is of %s", i, p.Manager)
				}
				live += p.Live
				sum.Gets += p.Gets
				sum.Hits += p.Hits
				sum.Misses += p.Misses
				sum.Puts += p.Puts
				sum.Drops += p.Drops
				sum.Free += int64(p.Free)
				sum.Capacity += int64(p.Capacity)
			}
			want := s.Pool
			sum.Kind, sum.HitRatio, sum.ByReuse = want.Kind, want.HitRatio, want.ByReuse
			if sum != want || live != 0 {
				t.Errorf("the shards together: %+v, %d live; want %+v", sum, live, want)
			}

			gc := s.GC
			if gc.CPUSeconds <= 0 || gc.TotalCPUSeconds < gc.CPUSeconds || gc.AssistCPUSeconds < 0 || gc.AssistCPUSeconds > gc.CPUSeconds {
				t.Errorf("processor seconds: %v for the collector, %v of them assists, %v in all", gc.CPUSeconds, gc.AssistCPUSeconds, gc.TotalCPUSeconds)
			}
			if gc.HeapLimit != 1<<30 || gc.StackBytes == 0 || gc.TotalMapped < gc.HeapLive || gc.Forced != 1 {
				t.Errorf("collector: %+v", gc)
			}
			// How long goroutines waited is known of a stretch of time.
			waitFor(t, "waits", func() bool { return e.Snapshot().Scheduler.Latency.Count > 0 })
			l := e.Snapshot().Scheduler
			if l.Window <= 0 || l.Latency.P50 > l.Latency.P99 || l.Latency.P99 > l.Latency.Max || l.Latency.Max == 0 {
				t.Errorf("scheduler: %+v", l)
			}
		})
	}
}

func startQuick(t *testing.T, changes ...func(*Config)) *Engine {
	t.Helper()
	cfg := quick(changes...)
	cfg.Duration = 0
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Stop() })
	return e
}

func TestCollect(t *testing.T) {
	idle, err := New(quick())
	if err != nil {
		t.Fatal(err)
	}
	if err := idle.Collect(); !errors.Is(err, ErrNotRunning) || idle.PoolShards() != nil {
		t.Errorf("before the start: %v", err)
	}

	e := startQuick(t, set(t, "gogc", "off"), set(t, "rate", "100/s"))
	runtime.GC() // one may be under way, from before it was off
	start := e.Snapshot().GC
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := e.Collect(); err != nil {
				t.Error(err)
			}
			e.Snapshot()
		})
	}
	all.Wait()
	runtime.GC() // somebody else's
	s := e.Snapshot().GC
	forced := 0
	for _, c := range s.Recent {
		if c.Forced {
			forced++
		}
	}
	// Nothing else collects, but for the runtime itself after two minutes.
	if s.Forced != 3 || forced != 3 || s.Cycles-start.Cycles != 4 || s.Recent[len(s.Recent)-1].Forced {
		t.Errorf("%d forced, %d cycles after %d, of which %d say so: %+v", s.Forced, s.Cycles, start.Cycles, forced, s.Recent)
	}
	if s.HeapLimit != 0 {
		t.Errorf("a limit of %d", s.HeapLimit)
	}
	if err := e.Reset(); err != nil {
		t.Fatal(err)
	}
	if n := e.Snapshot().GC.Forced; n != 0 {
		t.Errorf("%d forced after a reset", n)
	}
	e.Stop()
	if err := e.Collect(); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after the end: %v", err)
	}
}

func TestCollectDuringExperiment(t *testing.T) {
	heldEngine(t, nil, func(t *testing.T, e *Engine, x *Experiment) {
		slices := 0
		if _, err := e.Experiment(t.Context(), x, func(Slice) {
			slices++
			if err := e.Collect(); !errors.Is(err, ErrComparing) {
				t.Errorf("during an experiment: %v", err)
			}
		}); err != nil || slices == 0 {
			t.Errorf("%d slices, %v", slices, err)
		}
		if err := e.Collect(); err != nil || e.Snapshot().GC.Forced != 1 {
			t.Errorf("after it: %v, %d forced", err, e.Snapshot().GC.Forced)
		}
	})
}
