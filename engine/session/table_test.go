package session

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// crowded is a hash under which ids meet: few homes, some of them at the end of the
// table, so that what stands there goes on at its beginning.
func crowded(w words) uint64 { return w[0] << 60 }

// TestTable holds a table of ids with few homes against a map.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab := newTable(minTable)
		model := make(map[words]*slot)
		ids := rapid.Custom(func(t *rapid.T) words {
			return words{rapid.Uint64Range(0, 15).Draw(t, "home"), rapid.Uint64Range(0, 3).Draw(t, "id")}
		})
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if tab.used != len(model) || len(tab.all(nil)) != len(model) {
					t.Fatalf("%d used, %d listed, want %d", tab.used, len(tab.all(nil)), len(model))
				}
				for w, s := range model {
					if got, l := tab.get(w, crowded(w)); got != s || l != life(w[1]) {
						t.Fatalf("%v: found %p, %d, want %p", w, got, l, s)
					}
				}
			},
			"insert": func(t *rapid.T) {
				w := ids.Draw(t, "id")
				if model[w] != nil {
					return
				}
				if tab.full() {
					tab = tab.grown(crowded)
				}
				model[w] = new(slot)
				tab.insert(w, crowded(w), model[w], life(w[1]))
			},
			"remove": func(t *rapid.T) {
				w := ids.Draw(t, "id")
				at, found := tab.find(w, crowded(w))
				if found != (model[w] != nil) {
					t.Fatalf("%v: found = %t", w, found)
				}
				if found {
					tab.remove(at, crowded)
					delete(model, w)
				}
			},
		})
	})
}

// TestLife puts deadlines around the steps in which entries keep them: never is a
// session taken for fresh at its deadline or later, and seldom for stale before.
func TestLife(t *testing.T) {
	const step = 1 << lifeStep
	for _, deadline := range []int64{0, 1, step - 1, step, step + 1, 1000*step + 5, never - 1, never} {
		l := newLife(lastGeneration-1, deadline)
		if l.gen() != lastGeneration-1 {
			t.Fatalf("deadline %d changed the generation to %d", deadline, l.gen())
		}
		if deadline < never && l.fresh(deadline) {
			t.Errorf("fresh at its deadline %d", deadline)
		}
		early := min(deadline-step, 1<<32<<lifeStep-step-1)
		if early >= 0 && !l.fresh(early) {
			t.Errorf("deadline %d: stale at %d", deadline, early)
		}
	}
}

// TestLastGeneration wears storage out: it serves its last session like any other,
// and none after it.
func TestLastGeneration(t *testing.T) {
	for _, kind := range []PoolKind{PoolSync, PoolFreeList} {
		t.Run(kind.String(), func(t *testing.T) {
			o := Tuned
			o.Pool = kind
			m := newTestManager(t, Config{Optimizations: o, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
			s := &slot{shard: &m.shards[0]}
			s.gen.Store(lastGeneration - 2)
			m.shards[0].release(s)
			last := mustCreate(t, m, Params{Seed: seedOf(1)})
			if last.slot != s && !raceEnabled { // under which a sync.Pool drops some
				t.Fatal("the storage was not used: this test shows nothing")
			}
			id := last.ID()
			if got, err := m.Get(id); got != last || err != nil {
				t.Errorf("get = %v, %v, want %v", got, err, last)
			}
			mustTalk(t, last, last)
			wantErr(t, "close", last.Close(), nil)
			if next := mustCreate(t, m, Params{Seed: seedOf(2)}); next.slot == s {
				t.Error("worn out storage was used again")
			}
			wantClosed(t, last)
			if c := m.Counters(); last.slot == s && (c.Drops != 1 || c.Puts != 1) {
				t.Errorf("drops %d, puts %d, want 1, 1", c.Drops, c.Puts)
			}
		})
	}
}

// TestGetDuringChanges looks up, lists and misses sessions while others come and
// go beside them in the same few shards, whose tables grow meanwhile: who lives
// throughout is always found, as itself, and who never lived is not.
func TestGetDuringChanges(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 64, Shards: 1, SweepInterval: manual})
	const residents, writers, readers = 20, 2, 2
	stays := make(map[ID]Session)
	for i := range uint64(residents) {
		s := mustCreate(t, m, Params{Seed: seedOf(i)})
		stays[s.ID()] = s
	}
	var stop atomic.Bool
	var writing, reading sync.WaitGroup
	for w := range uint64(writers) {
		writing.Go(func() {
			var guests []Session
			r := rand.New(rand.NewPCG(w, 7))
			for i := range uint64(3000) {
				guests = append(guests, mustCreate(t, m, Params{Seed: seedOf(1000 + w<<32 + i)}))
				if most := 1 + int(i/10); len(guests) > most { // so that the table grows, late
					g := r.IntN(len(guests))
					wantErr(t, "close", guests[g].Close(), nil)
					guests[g] = guests[len(guests)-1]
					guests = guests[:len(guests)-1]
				}
			}
		})
	}
	for range readers {
		reading.Go(func() {
			for !stop.Load() {
				for id, want := range stays {
					if got, err := m.Get(id); got != want || err != nil {
						t.Errorf("get %s = %v, %v, want %v", id, got, err, want)
						return
					}
				}
				if _, err := m.Get(ID{1}); err == nil {
					t.Error("a session was found that never was")
					return
				}
				n := 0
				m.Inspect(Query{Match: func(i *Info) bool {
					if _, stay := stays[i.ID]; stay {
						n++
					}
					return false
				}})
				if n != residents {
					t.Errorf("%d sessions listed of those that stay, want %d", n, residents)
					return
				}
			}
		})
	}
	writing.Wait()
	stop.Store(true)
	reading.Wait()
	checkBooks(t, m)
}

// TestLookupIsWhole looks an id up while its entry becomes another session's, and
// its own again, all the time: never is there anything of the other in the answer.
func TestLookupIsWhole(t *testing.T) {
	m := newTestManager(t, Config{Shards: 1, SweepInterval: manual})
	sh := &m.shards[0]
	own, other := new(slot), new(slot)
	w, otherW := words{1, 2}, words{3, 4}
	e := &sh.table.Load().entries[0]
	change := func(w words, s *slot, l life) {
		sh.mu.Lock()
		sh.seq.Add(1)
		e.set(w, s, l)
		sh.seq.Add(1)
		sh.mu.Unlock()
	}
	var stop atomic.Bool
	var writer sync.WaitGroup
	writer.Go(func() {
		for !stop.Load() {
			change(otherW, other, 34)
			change(w, own, 12)
		}
		change(words{}, nil, 0)
	})
	// Long enough to be interrupted in the middle of a lookup by the system, where
	// there is no other processor for the writer, and often enough where others use
	// the processors too.
	lookups := 5_000_000
	if raceEnabled {
		lookups = 500_000 // which take as long
	}
	start, found := time.Now(), 0
	for i := 0; i%1000 != 0 || i < lookups || found == 0 || time.Since(start) < 400*time.Millisecond; i++ {
		s, l := sh.lookup(w, 0)
		if s != nil {
			found++
		}
		if s != nil && s != own || s == own && l != 12 {
			t.Errorf("found another session: own %t, life %d", s == own, l)
			break
		}
	}
	stop.Store(true)
	writer.Wait()
}

// TestListIsWhole lists a table in which a session moves to and fro all the time, as
// when others before it leave: it is there once, never twice or not at all.
func TestListIsWhole(t *testing.T) {
	m := newTestManager(t, Config{Shards: 1, SweepInterval: manual})
	sh := &m.shards[0]
	own := new(slot)
	entries := sh.table.Load().entries
	first, last := &entries[0], &entries[len(entries)-1]
	first.set(words{1, 2}, own, 12)
	var stop atomic.Bool
	var writer sync.WaitGroup
	writer.Go(func() {
		for to, from := last, first; !stop.Load(); to, from = from, to {
			sh.mu.Lock()
			sh.seq.Add(1)
			to.copy(from)
			from.set(words{}, nil, 0)
			sh.seq.Add(1)
			sh.mu.Unlock()
		}
	})
	var list []Session
	start := time.Now()
	for i := 0; i%1000 != 0 || time.Since(start) < 400*time.Millisecond; i++ {
		if list = sh.handles(list[:0]); len(list) != 1 || list[0].slot != own {
			t.Errorf("%d sessions listed, want the one", len(list))
			break
		}
	}
	stop.Store(true)
	writer.Wait()
	first.set(words{}, nil, 0)
	last.set(words{}, nil, 0)
}

// TestSequence has the sequence number tell of each session that leaves the table:
// others move then.
func TestSequence(t *testing.T) {
	m := newTestManager(t, Config{Shards: 1, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	before := m.shards[0].seq.Load()
	wantErr(t, "close", s.Close(), nil)
	if after := m.shards[0].seq.Load(); after != before+2 || after%2 != 0 {
		t.Errorf("sequence number %d after %d", after, before)
	}
}

// TestGetUnderLock has a table that is always being changed, as it looks: lookups
// and listings take the lock instead of waiting for ever.
func TestGetUnderLock(t *testing.T) {
	m := newTestManager(t, Config{Shards: 1, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	id := s.ID()
	m.shards[0].seq.Add(1)
	if got, err := m.Get(id); got != s || err != nil {
		t.Errorf("get = %v, %v", got, err)
	}
	if n := m.Inspect(Query{}).Total; n != 1 {
		t.Errorf("%d sessions listed, want 1", n)
	}
	m.shards[0].seq.Add(1)
}

// TestHashIsTheManagers has the same ids in two managers: their hashes differ, so
// that nobody can prepare ids that meet in one place.
func TestHashIsTheManagers(t *testing.T) {
	a, b := newTestManager(t, Config{SweepInterval: manual}), newTestManager(t, Config{SweepInterval: manual})
	same := 0
	for i := range uint64(100) {
		id := ID(seedOf(i)[:IDSize])
		if a.hash(&id) != a.hashWords(id.words()) {
			t.Fatalf("the two ways to hash %s differ", id)
		}
		if a.hash(&id) == b.hash(&id) {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d of 100 ids have the same hash in two managers", same)
	}
}
