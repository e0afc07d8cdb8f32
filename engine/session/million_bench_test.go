package session

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkLive measures a manager in which many sessions live: what one more
// costs, what finding one costs, how much memory they take, and how long the
// garbage collector stops the world because of them.
func BenchmarkLive(b *testing.B) {
	if testing.Short() {
		b.Skip("a million sessions take a gigabyte and some seconds")
	}
	for _, size := range []struct {
		name string
		n    int
	}{{"1k", 1_000}, {"10k", 10_000}, {"100k", 100_000}, {"1M", 1_000_000}} {
		b.Run(size.name, func(b *testing.B) {
			c := newCrowd(b, size.n)
			b.Run("create-remove", c.createRemove)
			b.Run("lookup", c.lookup)
			b.Run("churn", c.churn)
			b.Run("collect", c.collect)
		})
	}
}

// crowd is a manager with many live sessions, made once for all benchmarks of
// its size.
type crowd struct {
	m      *Manager
	ids    []ID
	seed   []byte
	random *rand.Rand

	kept, mapped float64 // bytes a session
}

// newCrowd returns n directional sessions under the default limits, each of
// which has sealed a message: what is put off until a session is used is there.
// The manager is closed, and its memory let go of, when tb ends.
func newCrowd(tb testing.TB, n int) *crowd {
	tb.Helper()
	c := &crowd{ids: make([]ID, n), seed: seedOf(1), random: rand.New(rand.NewPCG(1, uint64(n)))}
	text, sealed := make([]byte, 64), make([]byte, 0, 64+Overhead)
	kept, mapped := memory()
	spare := n/20 + 1000
	c.m = newTestManager(tb, Config{
		Optimizations: Tuned, MaxSessions: n + spare, PoolCapacity: 1 << 22, SweepInterval: manual,
	})
	for i := range c.ids {
		nextSeed(c.seed)
		s := mustCreate(tb, c.m, Params{Seed: c.seed, Role: Initiator})
		c.ids[i] = s.ID()
		if _, err := s.Seal(sealed, text, nil); err != nil {
			tb.Fatal(err)
		}
	}
	keptAfter, mappedAfter := memory()
	c.kept, c.mapped = (keptAfter-kept)/float64(n), (mappedAfter-mapped)/float64(n)

	// Some more come and go, so that every shard's free list has slots for
	// those that churn puts there.
	more := make([]Session, spare)
	for i := range more {
		nextSeed(c.seed)
		more[i] = mustCreate(tb, c.m, Params{Seed: c.seed, Role: Initiator})
	}
	for _, s := range more {
		if err := s.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	return c
}

// create makes a session and returns its id.
func (c *crowd) create() (ID, error) {
	nextSeed(c.seed)
	s, err := c.m.Create(Params{Seed: c.seed, Role: Initiator})
	return s.ID(), err
}

// createRemove makes a session and removes the same one.
func (c *crowd) createRemove(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		id, err := c.create()
		if err == nil {
			err = c.m.Remove(id)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// lookup finds a session, any of them.
func (c *crowd) lookup(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.m.Get(c.ids[c.random.IntN(len(c.ids))]); err != nil {
			b.Fatal(err)
		}
	}
}

// churnBatch is how many sessions are removed, and how many are then created,
// between two looks at the clock, which would take a tenth of a removal's time.
const churnBatch = 64

// churn removes sessions, any of them, and creates as many others. Both are
// cold: not in the processor's caches, as they are not in a service.
func (c *crowd) churn(b *testing.B) {
	b.ReportAllocs()
	var removing, creating time.Duration
	// Not b.Loop: the last batch is what is left of b.N.
	for left := b.N; left > 0; left -= churnBatch {
		r, n, err := c.replace(min(left, churnBatch))
		if err != nil {
			b.Fatal(err)
		}
		removing += r
		creating += n
	}
	b.ReportMetric(float64(removing.Nanoseconds())/float64(b.N), "ns/remove")
	b.ReportMetric(float64(creating.Nanoseconds())/float64(b.N), "ns/create")
}

// replace removes n sessions and creates n others, and returns what each took.
func (c *crowd) replace(n int) (removing, creating time.Duration, err error) {
	var picked [churnBatch]*ID
	for i := range n { // one of each part: none is picked twice
		part := len(c.ids) / churnBatch
		picked[i] = &c.ids[i*part+c.random.IntN(part)]
	}
	start := time.Now()
	for _, id := range picked[:n] {
		if err := c.m.Remove(*id); err != nil {
			return 0, 0, err
		}
	}
	between := time.Now()
	for _, id := range picked[:n] {
		if *id, err = c.create(); err != nil {
			return 0, 0, err
		}
	}
	return between.Sub(start), time.Since(between), nil
}

// A distribution of pauses is made of this many collections, each of which stops
// the world twice, or, on a slow machine, of as many as fit into the time.
const (
	cycles      = 50
	collectTime = 20 * time.Second
)

// collect collects garbage again and again while sessions churn: a tuned
// manager allocates nothing, so that by itself it would hardly ever happen. An
// operation is one collection. It reports what the sessions occupy, and for how
// long the world was stopped, which on a busy machine is for the most part the
// wait for a processor: compare sizes.
func (c *crowd) collect(b *testing.B) {
	var stop atomic.Bool
	var churner sync.WaitGroup
	churner.Go(func() {
		for !stop.Load() {
			if _, _, err := c.replace(churnBatch); err != nil {
				b.Error(err)
				return
			}
		}
	})
	before, start := pauses(), time.Now()
	done := 0
	for b.Loop() {
		runtime.GC()
		done++
	}
	for ; done < cycles && time.Since(start) < collectTime; done++ {
		runtime.GC()
	}
	after := pauses()
	stop.Store(true)
	churner.Wait()
	for i := range after.Counts {
		after.Counts[i] -= before.Counts[i]
	}
	b.ReportMetric(float64(done), "cycles")
	b.ReportMetric(c.kept, "B/session")
	b.ReportMetric(c.mapped, "sys-B/session")
	b.ReportMetric(1e9*quantile(after, 0.99), "p99-pause-ns")
	b.ReportMetric(1e9*quantile(after, 1), "max-pause-ns")
}

// memory returns how many bytes the process keeps, garbage collected and the
// rest given back: in use for objects with what rounding and the runtime's own
// books add, and mapped altogether.
func memory() (kept, mapped float64) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse + m.MSpanInuse + m.MCacheInuse + m.BuckHashSys + m.GCSys + m.OtherSys),
		float64(m.Sys - m.HeapReleased)
}

// pauses returns how long collections stopped the world since the process
// started, each time that they did.
func pauses() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64Histogram()
}

// quantile returns the value that the share q of h does not exceed: the upper
// end of its bucket, or the lower one where that is infinite. It is NaN without
// values.
func quantile(h *metrics.Float64Histogram, q float64) float64 {
	var total, sum uint64
	for _, n := range h.Counts {
		total += n
	}
	if total == 0 {
		return math.NaN()
	}
	rank := max(uint64(math.Ceil(q*float64(total))), 1)
	for i, n := range h.Counts {
		if sum += n; sum >= rank {
			if end := h.Buckets[i+1]; !math.IsInf(end, 1) {
				return end
			}
			return h.Buckets[i]
		}
	}
	return math.NaN()
}

func TestQuantile(t *testing.T) {
	h := &metrics.Float64Histogram{
		Counts:  []uint64{0, 98, 1, 0, 1},
		Buckets: []float64{math.Inf(-1), 1, 2, 3, 4, math.Inf(1)},
	}
	for q, want := range map[float64]float64{0: 2, 0.5: 2, 0.98: 2, 0.981: 3, 0.99: 3, 0.991: 4, 1: 4} {
		if got := quantile(h, q); got != want {
			t.Errorf("quantile %v = %v, want %v", q, got, want)
		}
	}
	h.Counts = make([]uint64, 5)
	if got := quantile(h, 0.5); !math.IsNaN(got) {
		t.Errorf("quantile of nothing = %v, want NaN", got)
	}
}

// TestChurnIsServedFromThePool checks what BenchmarkLive takes for granted: the
// number of sessions stays, they become others, and hardly any storage is new.
// Some is, where a shard gets more sessions than it ever had.
func TestChurnIsServedFromThePool(t *testing.T) {
	const n, rounds = 1000, 100
	c := newCrowd(t, n)
	churn := func() {
		for range rounds {
			if _, _, err := c.replace(churnBatch); err != nil {
				t.Fatal(err)
			}
		}
	}
	churn()
	was, before := slices.Clone(c.ids), c.m.Counters()
	churn()
	after := checkBooks(t, c.m)
	if made := after.Created - before.Created; after.Live != n || made != rounds*churnBatch {
		t.Errorf("%d live, %d made, want %d and %d", after.Live, made, n, rounds*churnBatch)
	}
	if missed := after.Misses - before.Misses; missed > rounds*churnBatch/10 {
		t.Errorf("%d of %d creations were not served from the pool", missed, rounds*churnBatch)
	}
	same := 0
	for i, id := range c.ids {
		if id == was[i] {
			same++
		}
	}
	if same > n/10 {
		t.Errorf("%d of %d sessions were never replaced", same, n)
	}
}
