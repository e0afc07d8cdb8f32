package session

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// The tests of this file were written for mutants that no other test caught:
// see testdata/mutants.

// TestDirections has each role talk to a peer that shares no code with it. Two
// ends of this engine would talk also if both had their keys mixed up.
func TestDirections(t *testing.T) {
	for _, o := range everyOptimization() {
		for _, role := range []Role{Symmetric, Initiator, Responder} {
			t.Run(fmt.Sprintf("%s/%s/%s", o, o.Pool, role), func(t *testing.T) {
				m := newTestManager(t, Config{Optimizations: o, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
				for n := range uint64(2) { // in new storage, and in used
					s := mustCreate(t, m, Params{Seed: seedOf(n), Role: role})
					far := newPeer(seedOf(n), "", role, o.SingleHKDF)
					text, aad := []byte("to and fro"), []byte("aad")
					sealed, err := s.Seal(nil, text, aad)
					wantErr(t, "seal", err, nil)
					if got, err := far.open(sealed, aad); err != nil || !bytes.Equal(got, text) {
						t.Errorf("the peer opens %q, %v", got, err)
					}
					if got, err := s.Open(nil, far.seal(text, aad), aad); err != nil || !bytes.Equal(got, text) {
						t.Errorf("open = %q, %v", got, err)
					}
					if got, err := s.Sign(nil, text); err != nil || !bytes.Equal(got, far.signed(text)) {
						t.Errorf("sign = %x, %v, want %x", got, err, far.signed(text))
					}
					wantErr(t, "verify", s.Verify(text, far.sign(text)), nil)
					if role != Symmetric {
						_, err := s.Open(nil, sealed, aad)
						wantErr(t, "open one's own message", err, ErrAuth)
						wantErr(t, "verify one's own MAC", s.Verify(text, far.signed(text)), ErrAuth)
					}
					wantErr(t, "close", s.Close(), nil)
				}
			})
		}
	}
}

// TestNoncesDiffer seals the same text over and over, at both ends of a session
// that has one key for both directions: no nonce comes twice.
func TestNoncesDiffer(t *testing.T) {
	const n = 500
	for _, o := range []Optimizations{Baseline, Seed, Tuned} {
		seen := make(map[string]bool)
		for range 2 {
			m := newTestManager(t, Config{Optimizations: o, SweepInterval: manual})
			s := mustCreate(t, m, Params{Seed: seedOf(1)})
			for range n {
				seen[string(mustSeal(t, s, "the same")[:NonceSize])] = true
			}
		}
		if len(seen) != 2*n {
			t.Errorf("%s: %d nonces for %d messages", o, len(seen), 2*n)
		}
	}
}

// TestMaxSessionsWhileCreating holds many creations up before they have storage:
// only as many get that far as there are places.
func TestMaxSessionsWhileCreating(t *testing.T) {
	const places, creators = 3, 10
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: creators, MaxSessions: places, Shards: 1, SweepInterval: manual})
	sh := &m.shards[0]
	sh.mu.Lock() // nobody gets storage from the free list
	errs := make(chan error, creators)
	for n := range uint64(creators) {
		go func() {
			_, err := m.Create(Params{Seed: seedOf(n)})
			errs <- err
		}()
	}
	for patience := time.Now(); sh.count.refused.Load() < creators-places && time.Since(patience) < 2*time.Second; {
		runtime.Gosched()
	}
	sh.mu.Unlock()
	made := 0
	for range creators {
		switch err := <-errs; {
		case err == nil:
			made++
		case !errors.Is(err, ErrFull):
			t.Errorf("create: %v", err)
		}
	}
	if c := checkBooks(t, m); made != places || c.Created != places || c.Misses != places {
		t.Errorf("%d made, %d counted, %d had storage, want %d", made, c.Created, c.Misses, places)
	}
}

// TestReusedSlotSigns has storage serve one session after the other, all of which
// sign and verify: each under its own keys.
func TestReusedSlotSigns(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
	for n := range uint64(6) {
		role := Role(n % 3)
		s := mustCreate(t, m, Params{Seed: seedOf(n), Role: role})
		if info, err := s.Info(); err != nil || uint64(info.Reuses) != n {
			t.Fatalf("session %d is in storage that served %d before, %v", n, info.Reuses, err)
		}
		far := newPeer(seedOf(n), "", role, true)
		for range 2 {
			if got, want := mustSign(t, s), far.signed([]byte("covered")); !bytes.Equal(got, want) {
				t.Errorf("session %d signed %x, want %x", n, got, want)
			}
			wantErr(t, "verify", s.Verify([]byte("covered"), far.sign([]byte("covered"))), nil)
		}
		wantErr(t, "close", s.Close(), nil)
	}
}

// TestWipeFirst stops a Close before it puts the storage into the free list. Its
// keys are gone by then.
func TestWipeFirst(t *testing.T) {
	for _, o := range everyOptimization() {
		if o.Pool != PoolFreeList {
			continue
		}
		t.Run(o.String(), func(t *testing.T) {
			m := newTestManager(t, Config{Optimizations: o, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
			s := mustCreate(t, m, Params{Seed: seedOf(1), Role: Initiator})
			keys := secrets(s.slot)
			sh := &m.shards[0]
			closed, held, let := make(chan error), make(chan struct{}), make(chan struct{})
			sh.mu.Lock()
			go func() { closed <- s.Close() }()
			waitFor(func() bool { return locked(&s.slot.mu) })
			giveTime() // Close is to be the first in the queue, to unlist
			go func() {
				sh.mu.Lock() // and this the next, so that Close waits with its put
				close(held)
				<-let
				sh.mu.Unlock()
			}()
			go handOver(&sh.mu) // which waits for it once more, perhaps behind the other
			<-held
			for start := time.Now(); s.slot.gen.Load() == s.gen; runtime.Gosched() {
				if time.Since(start) > 5*time.Second {
					close(let)
					t.Fatal("Close was not the first in the queue: this run shows nothing")
				}
			}
			s.slot.mu.Lock()
			for place, b := range keys {
				if !allZero(b) {
					t.Errorf("%s of an ended session: %x", place, b)
				}
			}
			s.slot.mu.Unlock()
			close(let)
			wantErr(t, "close", <-closed, nil)
		})
	}
}

// TestCloseWaits closes a session that another call is using. Its keys stay as
// long as that takes.
func TestCloseWaits(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1), Role: Initiator})
	using, now, err := s.begin()
	wantErr(t, "begin", err, nil)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	giveTime() // for a Close that does not wait
	if len(closed) > 0 || using.gen.Load() != s.gen {
		t.Fatal("the session was ended under an operation")
	}
	for place, b := range secrets(using) {
		if allZero(b) {
			t.Errorf("%s was wiped under an operation", place)
		}
	}
	s.done(using, now)
	wantErr(t, "close", <-closed, nil)
	wantClosed(t, s)
}

// TestOperationsWait has each operation find the session in use: those of one
// session run one at a time.
func TestOperationsWait(t *testing.T) {
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			m := newTestManager(t, Config{Optimizations: Tuned, SweepInterval: manual})
			s := mustCreate(t, m, Params{Seed: seedOf(1)})
			using, now, err := s.begin()
			wantErr(t, "begin", err, nil)
			over := make(chan struct{})
			go func() {
				defer close(over)
				_ = op.do(s) // with what result is not the point
			}()
			giveTime() // for one that does not wait
			select {
			case <-over:
				t.Error("was over while another operation was under way")
			default:
			}
			s.done(using, now)
			<-over
		})
	}
}

// TestEndAtOnce has operations wait for a session's lock behind a Close, so
// that they get it as soon as Close lets go of it. The session is over by then;
// one that were not would seal under the key that the wipe left.
func TestEndAtOnce(t *testing.T) {
	const rounds, sealers = 5, 4
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
	for n := range uint64(rounds) {
		s := mustCreate(t, m, Params{Seed: seedOf(n), Role: Initiator})
		far := newPeer(seedOf(n), "", Initiator, true)
		s.slot.mu.Lock()
		var all sync.WaitGroup
		all.Go(func() { wantErr(t, "close", s.Close(), nil) })
		giveTime() // Close is to be the first in the queue; where it is not, nothing is shown
		for range sealers {
			all.Go(func() {
				sealed, err := s.Seal(nil, []byte("x"), nil)
				if err == nil {
					_, err = far.open(sealed, nil)
				} else if errors.Is(err, ErrClosed) {
					err = nil
				}
				if err != nil {
					t.Errorf("a session at its end sealed under no key of its own: %v", err)
				}
			})
		}
		handOver(&s.slot.mu)
		all.Wait()
	}
}
