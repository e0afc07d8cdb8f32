package session

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// wantParams fails the test unless err is an ErrParams that says what is wrong.
func wantParams(t *testing.T, err error, says string) {
	t.Helper()
	if !errors.Is(err, ErrParams) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want an ErrParams of one line that says %q", err, says)
	}
}

func TestNewManagerRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config Config
		says   string
	}{
		{"negative bound", Config{MaxSessions: -1}, "MaxSessions is -1"},
		{"negative shards", Config{Shards: -2}, "Shards is -2"},
		{"too many shards", Config{Shards: maxShards + 1}, "Shards is 4097, not 0 to 4096"},
		{"negative capacity", Config{PoolCapacity: -3}, "PoolCapacity is -3"},
		{"unknown pool", Config{Optimizations: Optimizations{Pool: 9}}, "PoolKind(9) is unknown"},
		{"negative age", Config{Limits: Limits{MaxAge: -time.Second}}, "age -1s"},
		{"negative idle time", Config{Limits: Limits{IdleTimeout: -1}}, "idle -1ns"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := NewManager(tt.config)
			wantParams(t, err, tt.says)
			if m != nil {
				t.Error("there is a manager all the same")
			}
		})
	}
}

func TestNewManagerDefaults(t *testing.T) {
	m := newTestManager(t, Config{})
	if len(m.shards) < runtime.GOMAXPROCS(0) || len(m.shards)&(len(m.shards)-1) != 0 {
		t.Errorf("%d shards, want a power of two", len(m.shards))
	}
	if m.max.Load() != defaultMaxSessions || m.limits != DefaultLimits() || m.Optimizations() != Baseline {
		t.Errorf("defaults: %d sessions, %+v, %+v", m.max.Load(), m.limits, m.Optimizations())
	}
	for asked, want := range map[int]int{1: 1, 2: 2, 3: 4, 4: 4, 5: 8, maxShards: maxShards} {
		if m := newTestManager(t, Config{Shards: asked, SweepInterval: manual}); len(m.shards) != want || len(m.keyIDs) != want {
			t.Errorf("%d shards asked for: %d and %d, want %d", asked, len(m.shards), len(m.keyIDs), want)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
	good := seedOf(1)
	for _, tt := range []struct {
		name   string
		params Params
		says   string
	}{
		{"no seed", Params{}, "seed has 0 bytes, not 32"},
		{"short seed", Params{Seed: good[:31]}, "seed has 31 bytes"},
		{"long seed", Params{Seed: make([]byte, 33)}, "seed has 33 bytes"},
		{"long label", Params{Seed: good, Label: strings.Repeat("l", 65)}, "label has 65 bytes, more than 64"},
		{"role", Params{Seed: good, Role: 3}, "role 3 is unknown"},
		{"age", Params{Seed: good, Limits: &Limits{MaxAge: -1}}, "age -1ns"},
		{"idle time", Params{Seed: good, Limits: &Limits{IdleTimeout: -time.Minute}}, "idle -1m0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := m.Create(tt.params)
			wantParams(t, err, tt.says)
			wantClosed(t, s)
		})
	}
	if c := checkBooks(t, m); c != (Counters{Capacity: 1}) {
		t.Errorf("refused parameters left traces: %+v", c)
	}
	s := mustCreate(t, m, Params{Seed: good, Label: strings.Repeat("l", 64)})
	if want := DeriveID(good, strings.Repeat("l", 64)); s.ID() != want {
		t.Errorf("id = %s, want %s", s.ID(), want)
	}
}

func TestExists(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	_, err := m.Create(Params{Seed: seedOf(1)})
	wantErr(t, "the same seed", err, ErrExists)
	_, err = m.Create(Params{Seed: seedOf(1), Label: DefaultLabel, Role: Responder})
	wantErr(t, "the same seed and label", err, ErrExists)
	mustCreate(t, m, Params{Seed: seedOf(1), Label: "another"})
	mustTalk(t, s, s)
	if c := checkBooks(t, m); c.Duplicate != 2 || c.Created != 2 || c.HKDFTotal() != 12 {
		t.Errorf("duplicate %d, created %d, HKDFs %d, want 2, 2, 12", c.Duplicate, c.Created, c.HKDFTotal())
	}
	wantErr(t, "close", s.Close(), nil)
	mustCreate(t, m, Params{Seed: seedOf(1)})
}

func TestMaxSessions(t *testing.T) {
	m := newTestManager(t, Config{MaxSessions: 3, SweepInterval: manual, Limits: Limits{MaxMessages: 1}})
	var all []Session
	for i := range uint64(3) {
		all = append(all, mustCreate(t, m, Params{Seed: seedOf(i)}))
	}
	full := func() {
		t.Helper()
		_, err := m.Create(Params{Seed: seedOf(99)})
		wantErr(t, "one too many", err, ErrFull)
	}
	full()
	if c := checkBooks(t, m); c.Refused != 1 || c.HKDFTotal() != 18 {
		t.Errorf("refused %d, HKDFs %d, want 1, 18: a refusal costs no cryptography", c.Refused, c.HKDFTotal())
	}
	wantErr(t, "close", all[0].Close(), nil)
	mustCreate(t, m, Params{Seed: seedOf(3)})
	full()
	_, err := all[1].Sign(nil, nil)
	wantErr(t, "the only message", err, nil)
	wantErr(t, "one message more", all[1].Verify(nil, nil), ErrExpired)
	mustCreate(t, m, Params{Seed: seedOf(4)})
	full()

	// No way in which a creation fails costs a place.
	wantErr(t, "remove", m.Remove(DeriveID(seedOf(4), "")), nil)
	for range 10 {
		_, err := m.Create(Params{Seed: seedOf(3)})
		wantErr(t, "a duplicate", err, ErrExists)
		_, err = m.Create(Params{Seed: seedOf(3)[:3]})
		wantErr(t, "a short seed", err, ErrParams)
	}
	mustCreate(t, m, Params{Seed: seedOf(5)})
	full()

	m.SetMaxSessions(4)
	mustCreate(t, m, Params{Seed: seedOf(6)})
	full()
	m.SetMaxSessions(0) // is one
	full()
	checkBooks(t, m)
	wantErr(t, "close", m.Close(), nil)
	_, err = m.Create(Params{Seed: seedOf(7)})
	wantErr(t, "create", err, ErrManagerClosed)
}

// TestMaxSessionsConcurrently lets workers create and close as many as may be
// alive, and not one more: nobody is refused.
func TestMaxSessionsConcurrently(t *testing.T) {
	const workers = 8
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: workers, MaxSessions: workers, SweepInterval: manual})
	var failed atomic.Uint64
	var all sync.WaitGroup
	for w := range uint64(workers) {
		all.Go(func() {
			for i := range uint64(300) {
				s, err := m.Create(Params{Seed: seedOf(w<<32 | i)})
				if err != nil || s.Close() != nil {
					failed.Add(1)
				}
			}
		})
	}
	all.Wait()
	if c := checkBooks(t, m); failed.Load() != 0 || c.Refused != 0 || c.Removed != workers*300 {
		t.Errorf("%d failed, %d refused, %d removed, want 0, 0, %d", failed.Load(), c.Refused, c.Removed, workers*300)
	}
}

func TestManagerClose(t *testing.T) {
	for _, o := range []Optimizations{Baseline, Seed, Tuned} {
		t.Run(o.String(), func(t *testing.T) {
			m := newTestManager(t, Config{Optimizations: o, PoolCapacity: 100, Shards: 4})
			var all []Session
			for i := range uint64(20) {
				all = append(all, mustCreate(t, m, Params{Seed: seedOf(i)}))
			}
			wantErr(t, "bind", m.Bind("k", all[0].ID()), nil)
			wantErr(t, "close", all[19].Close(), nil)
			id := all[1].ID()
			var closers sync.WaitGroup
			for range 4 {
				closers.Go(func() { wantErr(t, "close", m.Close(), nil) })
			}
			closers.Wait()
			for _, s := range all {
				wantClosed(t, s)
			}
			if c := checkBooks(t, m); c.Removed != 20 || c.Live != 0 || c.Free != 0 {
				t.Errorf("removed %d, live %d, free %d, want 20, 0, 0", c.Removed, c.Live, c.Free)
			}
			_, err := m.Create(Params{Seed: seedOf(1)})
			wantErr(t, "create", err, ErrManagerClosed)
			_, err = m.Get(id)
			wantErr(t, "get", err, ErrNotFound)
			_, err = m.GetByKeyID("k")
			wantErr(t, "get by key id", err, ErrNotFound)
			wantErr(t, "bind", m.Bind("k", id), ErrNotFound)
			wantErr(t, "remove", m.Remove(id), ErrNotFound)
			if n := m.Sweep(); n != 0 {
				t.Errorf("sweep ended %d", n)
			}
			m.SetPoolCapacity(5)
			m.SetOptimizations(Tuned)
			checkBooks(t, m)
		})
	}
}

// TestManagerCloseStopsSweep closes a manager in whose bubble time goes on: a
// sweep that still ran would keep the bubble from ending.
func TestManagerCloseStopsSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := NewManager(Config{SweepInterval: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		wantErr(t, "close", m.Close(), nil)
		wantErr(t, "close again", m.Close(), nil)
	})
}

// TestEndsInBetween has a session end after Remove and Bind have found it, and
// before they could lock it.
func TestEndsInBetween(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	id := s.ID()
	s.slot.mu.Lock()
	var both sync.WaitGroup
	both.Go(func() { wantErr(t, "remove", m.Remove(id), ErrNotFound) })
	both.Go(func() { wantErr(t, "bind", m.Bind("k", id), ErrNotFound) })
	giveTime() // for both to find it
	s.slot.gen.Add(1)
	s.slot.mu.Unlock()
	both.Wait()
	if n := indexed(m); n != 0 {
		t.Errorf("%d key ids in the index, want none", n)
	}
	s.slot.gen.Store(s.gen)
	wantErr(t, "remove", m.Remove(id), nil)
}

// TestNoCipher makes a manager where the library has no ChaCha20-Poly1305 to give,
// as in FIPS 140-only mode.
func TestNoCipher(t *testing.T) {
	no := errors.New("not allowed")
	cipherErr = no
	defer func() { cipherErr = nil }()
	m, err := NewManager(Config{})
	wantErr(t, "new manager", err, no)
	if m != nil {
		t.Error("there is a manager all the same")
	}
}

// TestUnknownPool asks for a kind of pool that there is not.
func TestUnknownPool(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	_, err := m.Create(Params{Seed: seedOf(1), Optimizations: &Optimizations{Pool: PoolFreeList + 1}})
	wantParams(t, err, "PoolKind(3) is unknown")
	m.SetOptimizations(Optimizations{Pool: PoolFreeList + 1})
	wantErr(t, "close", mustCreate(t, m, Params{Seed: seedOf(1)}).Close(), nil)
	if c := checkBooks(t, m); c.Puts+c.Drops+c.Hits != 0 {
		t.Errorf("a pool of no kind had %d puts, %d drops, %d hits", c.Puts, c.Drops, c.Hits)
	}
}

// procsAtStart is what scratches were made for; -cpu changes it for the tests.
var procsAtStart = runtime.GOMAXPROCS(0)

func TestScratchSet(t *testing.T) {
	set := newScratchSet(2)
	a := set.acquire()
	b := set.acquire()
	if a == b {
		t.Fatal("the set handed out one scratch twice")
	}
	third := set.acquire() // all are in use: nobody waits
	if third == a || third == b {
		t.Fatal("a scratch that was in use was handed out")
	}
	for _, sc := range []*scratch{a, b, third} {
		if !locked(&sc.mu) {
			t.Error("a scratch was handed out unlocked")
		}
		sc.release()
	}
	if again := set.acquire(); again != a && again != b {
		t.Error("none of the set was handed out when all were there")
	} else {
		again.release()
	}
	for atLeast, want := range map[int]int{1: 1, 2: 2, 3: 4, 16: 16, 17: 32} {
		if n := len(newScratchSet(atLeast)); n != want {
			t.Errorf("at least %d scratches are %d, want %d", atLeast, n, want)
		}
	}
	if len(scratches) < 2*procsAtStart {
		t.Errorf("%d scratches for %d processors", len(scratches), procsAtStart)
	}
}
