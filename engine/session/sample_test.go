package session

import (
	"math"
	"sync"
	"testing"
)

// Storage is counted by how many sessions it served before: one slot that serves
// one after the other goes through all classes.
func TestByReuse(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
	for i := range uint64(100) {
		wantErr(t, "close", mustCreate(t, m, Params{Seed: seedOf(i)}).Close(), nil)
	}
	want := [NumReuseClasses]uint64{1, 1, 2, 4, 8, 16, 32, 36} // 0, 1, 2 to 3, ..., 64 to 99
	if c := checkBooks(t, m); c.ByReuse != want {
		t.Errorf("by reuses %v, want %v", c.ByReuse, want)
	}
	m.SetOptimizations(Baseline)
	for i := range uint64(10) {
		wantErr(t, "close", mustCreate(t, m, Params{Seed: seedOf(i)}).Close(), nil)
	}
	want[0] += 10
	if c := checkBooks(t, m); c.ByReuse != want {
		t.Errorf("then without a pool: by reuses %v, want %v", c.ByReuse, want)
	}
}

func TestReuseBounds(t *testing.T) {
	next := uint64(0)
	for class := range NumReuseClasses {
		low, high := ReuseBounds(class)
		if uint64(low) != next || ReuseClass(low) != class || ReuseClass(high) != class {
			t.Errorf("class %d is %d to %d, after %d", class, low, high, next)
		}
		next = uint64(high) + 1
	}
	if next != math.MaxUint32+1 {
		t.Errorf("the last class ends at %d", next)
	}
}

// One creation in so many is timed: the one after the first, and so on.
func TestSamples(t *testing.T) {
	for _, tt := range []struct {
		created   int
		hit, miss uint64
	}{{1, 0, 0}, {2, 1, 0}, {65, 1, 0}, {66, 2, 0}, {64*10 + 2, 11, 0}} {
		m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
		for i := range uint64(tt.created) {
			wantErr(t, "close", mustCreate(t, m, Params{Seed: seedOf(i)}).Close(), nil)
		}
		wantSamples(t, m, tt.hit, tt.miss)
	}
	m := newTestManager(t, Config{Shards: 1, SweepInterval: manual}) // no pool
	for i := range uint64(66) {
		mustCreate(t, m, Params{Seed: seedOf(i)})
	}
	wantSamples(t, m, 0, 2)
}

func wantSamples(t *testing.T, m *Manager, hit, miss uint64) {
	t.Helper()
	s := new(Samples)
	m.AddSamples(s)
	if s.CreateHit.N() != hit || s.CreateMiss.N() != miss || s.Derive.N() != hit+miss {
		t.Errorf("%d hits, %d misses, %d derivations timed, want %d, %d and their sum", s.CreateHit.N(), s.CreateMiss.N(), s.Derive.N(), hit, miss)
	}
	if whole := s.CreateHit.Sum() + s.CreateMiss.Sum(); s.Derive.N() > 0 && (s.Derive.Sum() == 0 || s.Derive.Sum() >= whole) {
		t.Errorf("derivations took %d ns of %d", s.Derive.Sum(), whole)
	}
	s.Reset()
	if *s != (Samples{}) {
		t.Error("something is left after Reset")
	}
}

// A creation that is refused is not timed, and the next is if that is not refused, too:
// where all are refused, not each is to pay for it. The next sample is taken again.
func TestRefusedIsNotSampled(t *testing.T) {
	for _, tt := range []struct {
		refused           int
		atOnce, afterMore uint64
	}{{1, 1, 2}, {2, 0, 1}, {5, 0, 1}} {
		m := newTestManager(t, Config{Shards: 1, MaxSessions: 1, SweepInterval: manual})
		last := mustCreate(t, m, Params{Seed: seedOf(0)})
		for range tt.refused {
			_, err := m.Create(Params{Seed: seedOf(1)})
			wantErr(t, "full", err, ErrFull)
		}
		if due := m.samples.due.Load(); due != int64(tt.atOnce) {
			t.Errorf("refused %d times: %d samples are asked for", tt.refused, due)
		}
		for i := range uint64(66) {
			wantErr(t, "close", last.Close(), nil)
			last = mustCreate(t, m, Params{Seed: seedOf(i)})
			if i == 0 {
				wantSamples(t, m, 0, tt.atOnce)
			}
		}
		wantSamples(t, m, 0, tt.afterMore)
	}
}

// Slots are numbered from 1 on, again and again.
func TestSlotNumbersHaveNoZero(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	m.slots.Store(math.MaxUint32 - 1)
	for i, want := range []uint32{math.MaxUint32, 1, 2} {
		info, err := mustCreate(t, m, Params{Seed: seedOf(uint64(i))}).Info()
		wantErr(t, "info", err, nil)
		if info.Slot != want {
			t.Errorf("slot %d, want %d", info.Slot, want)
		}
	}
}

// No sample is lost or taken twice, whoever creates at the same time.
func TestSamplesWhileCreating(t *testing.T) {
	const workers, each = 8, 1000
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: workers, Shards: 4, SweepInterval: manual})
	s, stop, read := new(Samples), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		for {
			s.Reset()
			m.AddSamples(s)
			m.AppendShards(nil)
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	var all sync.WaitGroup
	for w := range uint64(workers) {
		all.Go(func() {
			for i := range uint64(each) {
				h, err := m.Create(Params{Seed: seedOf(w<<32 | i)})
				if err != nil || h.Close() != nil {
					t.Error("create and close failed")
				}
			}
		})
	}
	all.Wait()
	close(stop)
	<-read
	s.Reset()
	m.AddSamples(s)
	var asked uint64
	for i := range m.shards {
		asked += (m.shards[i].count.derived[1].Load() + SampleEvery - 1) / SampleEvery
	}
	if n, due := s.Derive.N(), m.samples.due.Load(); due < 0 || n+uint64(due) != asked || n < workers*each/SampleEvery {
		t.Errorf("%d samples and %d to be taken, asked for %d", n, due, asked)
	}
}

func TestSampledCreateAllocatesNothing(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
	p := Params{Seed: seedOf(0)}
	want := 0.0
	if !reachesKeys(t) {
		want = 1 // each life needs a new cipher
	}
	if n := testing.AllocsPerRun(100, func() {
		m.samples.due.Store(1)
		nextSeed(p.Seed)
		h, err := m.Create(p)
		if err != nil || h.Close() != nil {
			t.Error("create and close failed")
		}
	}); n != want && !raceEnabled {
		t.Errorf("%v allocations, want %v", n, want)
	}
}

// BenchmarkAppendShards is what a look at all shards of a large manager costs.
func BenchmarkAppendShards(b *testing.B) {
	m := newTestManager(b, Config{MaxSessions: 4 << 20, SweepInterval: manual})
	var all []ShardPool
	b.ReportAllocs()
	for b.Loop() {
		all = m.AppendShards(all[:0])
	}
	b.ReportMetric(float64(len(all)), "shards")
}
