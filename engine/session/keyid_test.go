package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// indexed counts the key ids in the index.
func indexed(m *Manager) int {
	n := 0
	for i := range m.keyIDs {
		m.keyIDs[i].mu.Lock()
		n += len(m.keyIDs[i].table)
		m.keyIDs[i].mu.Unlock()
	}
	return n
}

func TestBind(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	a, b := mustCreate(t, m, Params{Seed: seedOf(1)}), mustCreate(t, m, Params{Seed: seedOf(2)})
	bind := func(keyID string, s Session, want error) {
		t.Helper()
		wantErr(t, "bind "+keyID, m.Bind(keyID, s.ID()), want)
	}
	find := func(keyID string, want Session) {
		t.Helper()
		got, err := m.GetByKeyID(keyID)
		if got != want || (err == nil) != (want != Session{}) || err != nil && !errors.Is(err, ErrNotFound) {
			t.Errorf("get by key id %s = %v, %v, want %v", keyID, got, err, want)
		}
	}
	find("k", Session{})
	bind("k", a, nil)
	bind("k", a, nil) // again
	bind("k2", a, nil)
	find("k", a)
	find("k2", a)
	bind("k", b, ErrBound)
	find("k", a)
	if !m.Unbind("k") || m.Unbind("k") {
		t.Error("unbind is to tell that k was bound, and then that it is not")
	}
	find("k", Session{})
	find("k2", a)
	bind("k", b, nil)
	find("k", b)
	wantErr(t, "close", a.Close(), nil)
	find("k2", Session{})
	find("k", b)
	bind("k2", b, nil)
	find("k2", b)
	wantErr(t, "remove", m.Remove(b.ID()), nil)
	if n := indexed(m); n != 0 {
		t.Errorf("%d key ids outlived their sessions", n)
	}
	wantErr(t, "bind to no session", m.Bind("k", ID{}), ErrNotFound)
}

func TestBindRefuses(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	wantParams(t, m.Bind("", s.ID()), "key id has 0 bytes, not 1 to 256")
	wantParams(t, m.Bind(strings.Repeat("k", 257), s.ID()), "key id has 257 bytes")
	wantErr(t, "the longest", m.Bind(strings.Repeat("k", 256), s.ID()), nil)
	for i := range MaxKeyIDs - 1 {
		wantErr(t, "bind", m.Bind(fmt.Sprint(i), s.ID()), nil)
	}
	wantParams(t, m.Bind("one more", s.ID()), "has 16 key ids, the most there may be")
	wantErr(t, "one it has", m.Bind("3", s.ID()), nil)
	if !m.Unbind("3") {
		t.Error("3 was bound")
	}
	wantErr(t, "bind after an unbind", m.Bind("one more", s.ID()), nil)
	if n := indexed(m); n != MaxKeyIDs {
		t.Errorf("%d key ids in the index, want %d", n, MaxKeyIDs)
	}
	wantErr(t, "close", s.Close(), nil)
	if n := indexed(m); n != 0 {
		t.Errorf("%d key ids outlived their session", n)
	}
}

func TestExpiryUnbinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{Limits: Limits{MaxAge: time.Minute}, SweepInterval: manual})
		for i := range uint64(4) {
			s := mustCreate(t, m, Params{Seed: seedOf(i)})
			wantErr(t, "bind", m.Bind(fmt.Sprint(i), s.ID()), nil)
		}
		time.Sleep(time.Minute)
		_, err := m.GetByKeyID("0")
		wantErr(t, "get by key id", err, ErrNotFound)
		if m.Unbind("1") {
			t.Error("a key id whose session has expired is bound")
		}
		if n := indexed(m); n != 2 {
			t.Errorf("%d key ids in the index, want those of the two sessions nobody looked at", n)
		}
		time.Sleep(tick)
		m.Sweep()
		if n := indexed(m); n != 0 {
			t.Errorf("%d key ids outlived their sessions", n)
		}
	})
}

// TestEndingSession looks at the moments in which another call is ending a
// session: until that is over its id is taken, and then nothing is left behind.
func TestEndingSession(t *testing.T) {
	m := newTestManager(t, Config{Shards: 1, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	id := s.ID()
	wantErr(t, "bind", m.Bind("k", id), nil)
	during := make(chan struct{})
	m.keyIDs[0].mu.Lock()
	go func() {
		defer close(during)
		wantErr(t, "close", s.Close(), nil)
	}()
	waitFor(func() bool { return locked(&s.slot.mu) })
	giveTime() // Close waits for the index now
	got, err := m.Get(id)
	wantErr(t, "get a session whose end nobody was told yet", err, nil)
	_, err = m.Create(Params{Seed: seedOf(1)})
	wantErr(t, "create with an id that an old key id still leads to", err, ErrExists)
	m.keyIDs[0].mu.Unlock()
	<-during
	wantClosed(t, got)
	mustCreate(t, m, Params{Seed: seedOf(1)})
	_, err = m.GetByKeyID("k")
	wantErr(t, "get by the old key id", err, ErrNotFound)
	checkBooks(t, m)
}

// TestUnbindEnds takes a key id from a session that ends before it could be locked,
// and whose slot serves another one with that name by then.
func TestUnbindEnds(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	wantErr(t, "bind", m.Bind("k", s.ID()), nil)
	s.slot.mu.Lock()
	unbound := make(chan bool)
	go func() { unbound <- m.Unbind("k") }()
	giveTime()        // to find it
	s.slot.gen.Add(2) // the next session
	s.slot.mu.Unlock()
	if <-unbound {
		t.Error("unbound from a session that has ended")
	}
	if !slices.Contains(s.slot.keyIDs, "k") {
		t.Error("the next session has lost its name")
	}
	s.slot.gen.Store(s.gen)
}

// TestUnbindOfAnother finds in the index a key id that its session does not
// know, as for the moment between a session's end and the index's.
func TestUnbindOfAnother(t *testing.T) {
	m := newTestManager(t, Config{Shards: 1, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	m.keyIDs[0].table["left over"] = s.ID()
	if m.Unbind("left over") {
		t.Error("unbind took a key id from a session that does not have it")
	}
	m.forgetKeyID("left over", ID{1})
	if n := indexed(m); n != 1 {
		t.Error("a key id was forgotten for a session it does not stand for")
	}
	m.forgetKeyID("left over", s.ID())
	if n := indexed(m); n != 0 {
		t.Error("a key id was not forgotten")
	}
}

// TestBindConcurrently lets many take the same few key ids, for sessions that
// come and go. A key id never leads to a session that has ended, and the index
// is empty at the end.
func TestBindConcurrently(t *testing.T) {
	const workers, rounds, names = 6, 300, 3
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: workers, Shards: 2, SweepInterval: manual})
	var owners [names]atomic.Int32
	var all sync.WaitGroup
	for w := range uint64(workers) {
		all.Go(func() {
			for i := range uint64(rounds) {
				s, err := m.Create(Params{Seed: seedOf(w<<32 | i)})
				if err != nil {
					t.Errorf("create: %v", err)
					return
				}
				which := (w + i) % names
				name := fmt.Sprint("shared ", which)
				switch err := m.Bind(name, s.ID()); {
				case err == nil:
					if owners[which].Add(1) != 1 {
						t.Errorf("%s has two owners", name)
					}
					if got, err := m.GetByKeyID(name); got != s || err != nil {
						t.Errorf("%s leads to %v, %v, not to its owner", name, got, err)
					}
					owners[which].Add(-1)
					if i%2 == 0 && !m.Unbind(name) {
						t.Errorf("%s was bound", name)
					}
				case !errors.Is(err, ErrBound):
					t.Errorf("bind: %v", err)
				}
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}
		})
	}
	all.Wait()
	if n := indexed(m); n != 0 {
		t.Errorf("%d key ids outlived their sessions", n)
	}
	checkBooks(t, m)
}
