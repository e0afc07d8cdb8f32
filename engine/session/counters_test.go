package session

import (
	"fmt"
	"reflect"
	"testing"
)

func TestKeyScheduleCounters(t *testing.T) {
	const n = 7
	for _, o := range everyOptimization() {
		t.Run(o.String()+"/"+o.Pool.String(), func(t *testing.T) {
			m := newTestManager(t, Config{Optimizations: o, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
			for i := range uint64(n) {
				wantErr(t, "close", mustCreate(t, m, Params{Seed: seedOf(i)}).Close(), nil)
			}
			c := checkBooks(t, m)
			var want [NumLabels]uint64
			if o.SingleHKDF {
				want[LabelSession], want[LabelDirectional] = n, n
			} else {
				for _, label := range separateLabels {
					want[label] = n
				}
			}
			if c.HKDFCalls != want {
				t.Errorf("HKDF calls = %v, want %v", c.HKDFCalls, want)
			}
			perSession := uint64(6)
			if o.SingleHKDF {
				perSession = 2
			}
			if c.HKDFTotal() != perSession*n || c.HKDFBytes != KeyMaterialSize*n {
				t.Errorf("%d HKDFs gave %d bytes, want %d, %d", c.HKDFTotal(), c.HKDFBytes, perSession*n, KeyMaterialSize*n)
			}
			var gets, misses, puts uint64 = n, 1, n
			switch o.Pool {
			case PoolNone:
				gets, misses, puts = 0, n, 0
			case PoolSync: // which forgets when it likes
				misses = c.Misses
			}
			keyAllocations := uint64(6 * n)
			if o.KeyBuffer {
				keyAllocations = misses
			}
			if c.Gets != gets || c.Puts != puts || c.Drops != 0 || c.KeyAllocations != keyAllocations {
				t.Errorf("gets %d, puts %d, drops %d, key allocations %d, want %d, %d, 0, %d",
					c.Gets, c.Puts, c.Drops, c.KeyAllocations, gets, puts, keyAllocations)
			}
			if o.Pool == PoolFreeList && c.Misses != misses {
				t.Errorf("misses = %d, want %d", c.Misses, misses)
			}
		})
	}
}

func TestFreeListCapacity(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 6, Shards: 1, SweepInterval: manual})
	seed := uint64(0)
	cycle := func(n int) { // n sessions at the same time
		t.Helper()
		var all []Session
		for range n {
			seed++
			all = append(all, mustCreate(t, m, Params{Seed: seedOf(seed)}))
		}
		for _, s := range all {
			wantErr(t, "close", s.Close(), nil)
		}
	}
	want := func(what string, hits, misses, puts, drops uint64, free, capacity int64) {
		t.Helper()
		c := checkBooks(t, m)
		got := fmt.Sprint(c.Hits, c.Misses, c.Puts, c.Drops, c.Free, c.Capacity)
		if exp := fmt.Sprint(hits, misses, puts, drops, free, capacity); got != exp {
			t.Errorf("%s: hits, misses, puts, drops, free, capacity = %s, want %s", what, got, exp)
		}
	}
	cycle(10)
	want("full", 0, 10, 6, 4, 6, 6)
	cycle(10)
	want("reused", 6, 14, 12, 8, 6, 6)
	m.SetPoolCapacity(2)
	want("smaller", 6, 14, 12, 8, 2, 2)
	if free := m.shards[0].free; cap(free) > 2 {
		t.Errorf("the smaller list keeps room for %d", cap(free))
	}
	cycle(3)
	want("smaller, used", 8, 15, 14, 9, 2, 2)
	m.SetPoolCapacity(-5)
	want("negative", 8, 15, 14, 9, 0, 0)
	cycle(1)
	want("none", 8, 16, 14, 10, 0, 0)
	m.SetPoolCapacity(100)
	cycle(5)
	want("larger", 8, 21, 19, 10, 5, 100)
	m.SetOptimizations(Baseline)
	want("off", 8, 21, 19, 10, 0, 0)
	cycle(2)
	want("off, used", 8, 21, 19, 10, 0, 0)
	m.SetOptimizations(Tuned)
	cycle(2)
	want("on again", 8, 23, 21, 10, 2, 100)
}

func TestCapacityIsSpread(t *testing.T) {
	for _, tt := range []struct {
		capacity int
		want     []int
	}{{0, []int{0, 0, 0, 0}}, {1, []int{1, 0, 0, 0}}, {6, []int{2, 2, 1, 1}}, {8, []int{2, 2, 2, 2}}} {
		m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: tt.capacity, Shards: 3, SweepInterval: manual})
		var got []int
		for i := range m.shards {
			got = append(got, m.shards[i].limit)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("capacity %d over 3 shards, which are 4: %v, want %v", tt.capacity, got, tt.want)
		}
	}
}

// TestSyncPoolReuses shows that the sync.Pool serves storage again. Under the
// race detector it drops a share of it at random.
func TestSyncPoolReuses(t *testing.T) {
	const n = 1000
	m := newTestManager(t, Config{Optimizations: Seed, SweepInterval: manual})
	for i := range uint64(n) {
		wantErr(t, "close", mustCreate(t, m, Params{Seed: seedOf(i)}).Close(), nil)
	}
	if c := checkBooks(t, m); c.Hits < n/4 || c.Gets != n || c.Puts != n || c.Free != 0 {
		t.Errorf("hits %d, gets %d, puts %d, free %d, want at least %d, %d, %d, 0", c.Hits, c.Gets, c.Puts, c.Free, n/4, n, n)
	}
}

// TestSwitching changes the switches, with sessions of every kind alive: they
// go on working, and their storage serves later ones of other kinds.
func TestSwitching(t *testing.T) {
	m := newTestManager(t, Config{PoolCapacity: 50, Shards: 1, SweepInterval: manual})
	peer := newTestManager(t, Config{SweepInterval: manual})
	type couple struct{ near, far Session }
	var alive []couple
	seed := uint64(0)
	for range 2 {
		for _, o := range everyOptimization() {
			m.SetOptimizations(o)
			if got := m.Optimizations(); got != o {
				t.Fatalf("switches = %+v, want %+v", got, o)
			}
			for _, role := range []Role{Initiator, Symmetric} {
				seed++
				p := Params{Seed: seedOf(seed), Role: role}
				c := couple{near: mustCreate(t, m, p)}
				p.Optimizations = &Optimizations{SingleHKDF: o.SingleHKDF}
				if role == Initiator {
					p.Role = Responder
				}
				c.far = mustCreate(t, peer, p)
				alive = append(alive, c)
				for _, c := range alive {
					mustTalk(t, c.near, c.far)
					mustTalk(t, c.far, c.near)
				}
				if len(alive) > 6 {
					wantErr(t, "close", alive[0].near.Close(), nil)
					wantClosed(t, alive[0].near)
					alive = alive[1:]
				}
			}
		}
	}
	if c := checkBooks(t, m); c.Hits == 0 {
		t.Error("no storage was reused: this test shows less than it should")
	}
}

// TestParamsOptimizations makes one session otherwise than the manager would.
func TestParamsOptimizations(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 4, Shards: 1, SweepInterval: manual})
	wantErr(t, "close", mustCreate(t, m, Params{Seed: seedOf(1)}).Close(), nil)
	old := Baseline
	s := mustCreate(t, m, Params{Seed: seedOf(2), Optimizations: &old})
	c := checkBooks(t, m)
	if c.Hits != 0 || c.Free != 1 || c.HKDFTotal() != 2+6 || c.KeyAllocations != 1+6 {
		t.Errorf("hits %d, free %d, HKDFs %d, key allocations %d, want 0, 1, 8, 7", c.Hits, c.Free, c.HKDFTotal(), c.KeyAllocations)
	}
	wantErr(t, "close", s.Close(), nil)
	if c := checkBooks(t, m); c.Free != 2 {
		t.Errorf("free = %d, want 2", c.Free)
	}
}

func TestMessageCounters(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	a, b := mustSeal(t, s, "four"), mustSeal(t, s, "")
	for _, sealed := range [][]byte{a, a, b} {
		_, err := s.Open(nil, sealed, nil)
		wantErr(t, "open", err, nil)
	}
	a[20] ^= 1
	_, err := s.Open(nil, a, nil)
	wantErr(t, "open", err, ErrAuth)
	wantErr(t, "verify", s.Verify(nil, nil), ErrAuth)
	_, err = s.Open(nil, a[:1], nil)
	wantErr(t, "open", err, ErrShort)
	wantErr(t, "close", s.Close(), nil)
	_, err = s.Seal(nil, nil, nil)
	wantErr(t, "seal", err, ErrClosed)
	c := m.Counters()
	if got, want := fmt.Sprint(c.Sealed, c.BytesSealed, c.Opened, c.BytesOpened, c.Failed), "2 4 3 8 2"; got != want {
		t.Errorf("sealed, bytes, opened, bytes, failed = %s, want %s", got, want)
	}
}

// TestCountersAdd gives every field a number of its own, so that one that Add
// forgets, or mixes up with another, shows.
func TestCountersAdd(t *testing.T) {
	fill := func(c *Counters, first uint64) {
		v := reflect.ValueOf(c).Elem()
		n := first
		set := func(f reflect.Value) {
			if f.CanInt() {
				f.SetInt(int64(n))
			} else {
				f.SetUint(n)
			}
			n++
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Array {
				for k := range f.Len() {
					set(f.Index(k))
				}
			} else {
				set(f)
			}
		}
	}
	numbers := func(c *Counters) []string {
		v := reflect.ValueOf(c).Elem()
		var all []string
		for i := range v.NumField() {
			all = append(all, fmt.Sprint(v.Type().Field(i).Name, v.Field(i)))
		}
		return all
	}
	var a, b, want Counters
	fill(&a, 1000)
	fill(&b, 2000)
	a.Add(&b)
	v := reflect.ValueOf(&want).Elem()
	n := uint64(3000)
	for i := range v.NumField() {
		f := v.Field(i)
		cells := []reflect.Value{f}
		if f.Kind() == reflect.Array {
			cells = nil
			for k := range f.Len() {
				cells = append(cells, f.Index(k))
			}
		}
		for _, cell := range cells {
			if cell.CanInt() {
				cell.SetInt(int64(n))
			} else {
				cell.SetUint(n)
			}
			n += 2
		}
	}
	for i, got := range numbers(&a) {
		if want := numbers(&want)[i]; got != want {
			t.Errorf("sum has %s, want %s", got, want)
		}
	}
}

func TestLabelString(t *testing.T) {
	want := []string{
		"sage-session-keys-v1", "sage-directional-keys-v1",
		"encryption", "signing", "c2s|enc|v1", "c2s|sign|v1", "s2c|enc|v1", "s2c|sign|v1",
	}
	if NumLabels != len(want) {
		t.Fatalf("%d labels, want %d", NumLabels, len(want))
	}
	for i, w := range want {
		if got := Label(i).String(); got != w {
			t.Errorf("label %d = %q, want %q", i, got, w)
		}
	}
	if got := Label(NumLabels).String(); got != "unknown" {
		t.Errorf("a label that there is not = %q", got)
	}
}
