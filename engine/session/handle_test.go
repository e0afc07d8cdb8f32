package session

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestZeroHandle(t *testing.T) {
	wantClosed(t, Session{})
}

func TestEndedHandle(t *testing.T) {
	ways := []struct {
		name string
		end  func(*testing.T, *Manager, Session)
	}{
		{"Session.Close", func(t *testing.T, _ *Manager, s Session) { wantErr(t, "close", s.Close(), nil) }},
		{"Manager.Remove", func(t *testing.T, m *Manager, s Session) { wantErr(t, "remove", m.Remove(s.ID()), nil) }},
		{"Manager.Close", func(t *testing.T, m *Manager, _ Session) { wantErr(t, "close", m.Close(), nil) }},
		{"Manager.Sweep", func(t *testing.T, m *Manager, _ Session) {
			time.Sleep(time.Hour)
			if n := m.Sweep(); n != 1 {
				t.Errorf("sweep ended %d, want 1", n)
			}
		}},
		{"Manager.Get", func(t *testing.T, m *Manager, s Session) {
			id := s.ID()
			time.Sleep(time.Minute)
			_, err := m.Get(id)
			wantErr(t, "get past the limit", err, ErrNotFound)
		}},
		{"use", func(t *testing.T, _ *Manager, s Session) {
			time.Sleep(time.Minute)
			_, err := s.Seal(nil, nil, nil)
			wantErr(t, "seal past the limit", err, ErrExpired)
		}},
	}
	for _, way := range ways {
		for _, o := range everyOptimization() {
			t.Run(fmt.Sprintf("%s/%s/%s", way.name, o, o.Pool), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := newTestManager(t, Config{
						Optimizations: o, PoolCapacity: 4, Shards: 1, SweepInterval: manual,
						Limits: Limits{MaxAge: time.Minute},
					})
					s := mustCreate(t, m, Params{Seed: seedOf(1), Role: Initiator})
					other := s
					id := s.ID()
					mustSeal(t, s, "alive")
					way.end(t, m, s)
					wantClosed(t, s)
					wantClosed(t, other)
					_, err := m.Get(id)
					wantErr(t, "get", err, ErrNotFound)
					wantErr(t, "remove", m.Remove(id), ErrNotFound)
					if c := checkBooks(t, m); c.Created != 1 || c.Live != 0 {
						t.Errorf("created %d, live %d, want 1, 0", c.Created, c.Live)
					}
				})
			})
		}
	}
}

// TestStaleHandle lets many sessions live in one slot, one after the other, and
// uses the handle of each on all that came after.
func TestStaleHandle(t *testing.T) {
	const lives = 20
	for _, o := range everyOptimization() {
		if o.Pool != PoolFreeList {
			continue
		}
		t.Run(o.String(), func(t *testing.T) {
			m := newTestManager(t, Config{Optimizations: o, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
			peer := newTestManager(t, Config{Optimizations: o, SweepInterval: manual})
			var graveyard []Session
			for n := range uint64(lives) {
				p := Params{Seed: seedOf(n), Role: Initiator}
				s := mustCreate(t, m, p)
				p.Role = Responder
				far := mustCreate(t, peer, p)
				message := mustSeal(t, far, "for the living only")
				mac, err := far.Sign(nil, message)
				wantErr(t, "sign", err, nil)
				for _, dead := range graveyard {
					if dead.slot != s.slot {
						t.Fatal("the slot was not reused: this test shows nothing")
					}
					if dead == s {
						t.Fatal("handles of two sessions are equal")
					}
					wantClosed(t, dead)
					if dead.end(causeRemoved) {
						t.Error("a stale handle ended another session")
					}
					if out, err := dead.Open(nil, message, nil); len(out) != 0 || !errors.Is(err, ErrClosed) {
						t.Errorf("a stale handle opened %q, %v", out, err)
					}
					wantErr(t, "verify by a stale handle", dead.Verify(message, mac), ErrClosed)
				}
				if out, err := s.Open(nil, message, nil); string(out) != "for the living only" || err != nil {
					t.Errorf("open = %q, %v", out, err)
				}
				info, err := s.Info()
				if err != nil || info.Reuses != uint32(n) || info.Messages != 1 || info.BytesOut != 0 {
					t.Errorf("life %d: info = %+v, %v: traces of another", n, info, err)
				}
				wantErr(t, "close", s.Close(), nil)
				graveyard = append(graveyard, s)
			}
		})
	}
}

func TestConcurrentClose(t *testing.T) {
	const rounds, closers = 200, 8
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
	for n := range uint64(rounds) {
		s := mustCreate(t, m, Params{Seed: seedOf(n)})
		id := s.ID()
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for i := range closers {
			all.Go(func() {
				closeIt := s.Close
				if i%2 == 1 {
					closeIt = func() error { return m.Remove(id) }
				}
				switch err := closeIt(); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, ErrClosed) || errors.Is(err, ErrNotFound):
					lost.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != closers-1 {
			t.Fatalf("%d closed the session and %d were too late, want 1 and %d", won.Load(), lost.Load(), closers-1)
		}
	}
	if c := checkBooks(t, m); c.Removed != rounds || c.Puts != rounds || c.Free != 1 {
		t.Errorf("removed %d, puts %d, free %d, want %d, %d, 1", c.Removed, c.Puts, c.Free, rounds, rounds)
	}
}

func TestExpiredIsClosed(t *testing.T) {
	if !errors.Is(ErrExpired, ErrClosed) || errors.Is(ErrClosed, ErrExpired) {
		t.Error("ErrExpired is to be an ErrClosed, and not the reverse")
	}
	for _, op := range operations {
		if !op.uses {
			continue
		}
		t.Run(op.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newTestManager(t, Config{Limits: Limits{MaxAge: time.Minute}, SweepInterval: manual})
				s := mustCreate(t, m, Params{Seed: seedOf(1)})
				time.Sleep(time.Minute)
				wantErr(t, "first use past the limit", op.do(s), ErrExpired)
				wantClosed(t, s)
				if c := checkBooks(t, m); c.ExpiredAge != 1 {
					t.Errorf("expired by age: %d, want 1", c.ExpiredAge)
				}
			})
		})
	}
}

// TestExpiredOnce lets many find the limit at the same time: one ends the
// session, and only that one is told so.
func TestExpiredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{Limits: Limits{MaxAge: time.Minute}, SweepInterval: manual})
		for n := range uint64(50) {
			s := mustCreate(t, m, Params{Seed: seedOf(n)})
			time.Sleep(time.Minute)
			var expired, closed atomic.Int32
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					_, err := s.Seal(nil, nil, nil)
					if errors.Is(err, ErrExpired) {
						expired.Add(1)
					} else if errors.Is(err, ErrClosed) {
						closed.Add(1)
					}
				})
			}
			all.Wait()
			if expired.Load() != 1 || closed.Load() != 7 {
				t.Fatalf("%d got ErrExpired and %d ErrClosed, want 1 and 7", expired.Load(), closed.Load())
			}
		}
		checkBooks(t, m)
	})
}

func TestMessages(t *testing.T) {
	for _, o := range everyOptimization() {
		t.Run(o.String()+"/"+o.Pool.String(), func(t *testing.T) {
			a := newTestManager(t, Config{Optimizations: o, SweepInterval: manual})
			b := newTestManager(t, Config{Optimizations: Optimizations{SingleHKDF: o.SingleHKDF}, SweepInterval: manual})
			plain := Params{Seed: seedOf(1)}
			mustTalk(t, mustCreate(t, a, plain), mustCreate(t, b, plain))

			p := Params{Seed: seedOf(2), Role: Initiator}
			near := mustCreate(t, a, p)
			p.Role = Responder
			far := mustCreate(t, b, p)
			mustTalk(t, near, far)
			mustTalk(t, far, near)

			// What an end has sent is nothing that it could receive.
			sealed := mustSeal(t, near, "outbound")
			_, err := near.Open(nil, sealed, nil)
			wantErr(t, "open one's own message", err, ErrAuth)
			mac, err := near.Sign(nil, sealed)
			wantErr(t, "sign", err, nil)
			wantErr(t, "verify one's own MAC", near.Verify(sealed, mac), ErrAuth)
		})
	}
}

// TestSealAppends checks the contract about dst, with and without room in it.
func TestSealAppends(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	text := []byte("plain")
	for _, room := range []int{0, 3, 1000} {
		dst := append(make([]byte, 0, 6+room), "prefix"...)
		out, err := s.Seal(dst, text, nil)
		if err != nil || !bytes.HasPrefix(out, []byte("prefix")) || len(out) != 6+len(text)+Overhead {
			t.Fatalf("room %d: seal = %x, %v", room, out, err)
		}
		got, err := s.Open(dst, bytes.Clone(out[6:]), nil)
		if err != nil || string(got) != "prefixplain" {
			t.Errorf("room %d: open = %q, %v", room, got, err)
		}
		mac, err := s.Sign(dst, text)
		if err != nil || len(mac) != 6+MACSize || string(mac[:6]) != "prefix" {
			t.Errorf("room %d: sign = %x, %v", room, mac, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	sealed, err := s.Seal(nil, []byte("text"), []byte("aad"))
	if err != nil {
		t.Fatal(err)
	}
	dst := []byte("kept")
	refuse := func(what string, message, aad []byte, want error) {
		t.Helper()
		got, err := s.Open(dst, message, aad)
		if !errors.Is(err, want) || string(got) != "kept" {
			t.Errorf("%s: open = %q, %v, want dst as it was and %v", what, got, err, want)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		refuse(fmt.Sprintf("byte %d changed", i), bad, []byte("aad"), ErrAuth)
	}
	refuse("other aad", sealed, []byte("aae"), ErrAuth)
	refuse("no aad", sealed, nil, ErrAuth)
	refuse("one byte more", append(bytes.Clone(sealed), 0), []byte("aad"), ErrAuth)
	refuse("empty", nil, nil, ErrShort)
	refuse("too short", sealed[:Overhead-1], []byte("aad"), ErrShort)
	refuse("as short as can be", sealed[:Overhead], []byte("aad"), ErrAuth)

	mac, err := s.Sign(nil, []byte("covered"))
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, "verify a short MAC", s.Verify([]byte("covered"), mac[:MACSize-1]), ErrAuth)
	wantErr(t, "verify a long MAC", s.Verify([]byte("covered"), append(mac, 0)), ErrAuth)
	wantErr(t, "verify no MAC", s.Verify([]byte("covered"), nil), ErrAuth)
	wantErr(t, "verify another message", s.Verify([]byte("cowered"), mac), ErrAuth)
	wantErr(t, "verify", s.Verify([]byte("covered"), mac), nil)

	info, err := s.Info()
	if err != nil || info.Messages != 3 {
		t.Errorf("%d messages, %v, want 3: only authentic ones count", info.Messages, err)
	}
	if c, want := m.Counters().Failed, uint64(len(sealed)+4+4); c != want {
		t.Errorf("%d failed, want %d", c, want)
	}
}

// TestOverlap hands in buffers that overlap what they are to be made from. That
// panics before anything is done, the session not locked, and no key on the stack.
func TestOverlap(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	sealed := mustSeal(t, s, "a message that is long enough")
	buf := make([]byte, 200)
	for name, f := range map[string]func(){
		"seal in place":                 func() { _, _ = s.Seal(buf[:0], buf[:100], nil) },
		"seal under the nonce":          func() { _, _ = s.Seal(buf[:0], buf[:5], nil) },
		"seal, the last byte":           func() { _, _ = s.Seal(buf[10:10], buf[10+Overhead+4:][:5], nil) },
		"seal over its header":          func() { _, _ = s.Seal(buf[:0], []byte("x"), buf[4:8]) },
		"open in place":                 func() { _, _ = s.Open(sealed[:0], sealed, nil) },
		"open over ciphertext":          func() { _, _ = s.Open(sealed[NonceSize:NonceSize], sealed, nil) },
		"open over its header":          func() { _, _ = s.Open(buf[:0], sealed, buf[28:30]) },
		"open what is no message":       func() { _, _ = s.Open(buf[:0], buf[:100], nil) },
		"seal by a session that is not": func() { _, _ = Session{}.Seal(buf[:0], buf[:5], nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
				if locked(&s.slot.mu) {
					t.Errorf("%s left the session locked", name)
					s.slot.mu.Unlock() // or the manager could not end it
				}
			}()
			f()
		}()
	}
	// Neighbours do not overlap, nor does what is too small to be written to.
	for name, f := range map[string]func() error{
		"seal before":     func() error { _, err := s.Seal(buf[:0], buf[Overhead+5:][:5], nil); return err },
		"seal behind":     func() error { _, err := s.Seal(buf[5:5], buf[:5], nil); return err },
		"seal elsewhere":  func() error { _, err := s.Seal(buf[:0:8], buf[:5], nil); return err },
		"seal nothing":    func() error { _, err := s.Seal(buf[:0], buf[:0], buf[:0]); return err },
		"open elsewhere":  func() error { _, err := s.Open(sealed[:0:4], sealed, nil); return err },
		"open very short": func() error { _, err := s.Open(buf[:0], buf[:3], nil); return err },
	} {
		err := f()
		if name == "open very short" {
			wantErr(t, name, err, ErrShort)
		} else {
			wantErr(t, name, err, nil)
		}
	}
	mustTalk(t, s, s)
}

// TestPutLast stops a Close before it has taken the session out of the table.
// Until then the storage is not for others.
func TestPutLast(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Seed, Shards: 1, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	sh := &m.shards[0]
	closed := make(chan error)
	sh.mu.Lock()
	go func() { closed <- s.Close() }()
	waitFor(func() bool { return locked(&s.slot.mu) }) // Close waits for the shard now
	giveTime()                                         // for a put that comes too early
	puts, listed := sh.count.puts.Load(), sh.table.Load().used
	if s.slot.gen.Load() != s.gen {
		t.Error("the session is closed, and still to be found")
	}
	sh.mu.Unlock()
	wantErr(t, "close", <-closed, nil)
	if puts != 0 || listed != 1 {
		t.Errorf("%d puts with %d in the table, want 0 with 1", puts, listed)
	}
	if c := checkBooks(t, m); c.Puts != 1 || c.Live != 0 {
		t.Errorf("puts %d, live %d, want 1, 0", c.Puts, c.Live)
	}
}

// locked tells whether somebody holds mu.
func locked(mu *sync.Mutex) bool {
	if !mu.TryLock() {
		return true
	}
	mu.Unlock()
	return false
}

// TestUnlistTwice takes a session out of the table that is not there, or whose place
// another one has: neither may go unnoticed.
func TestUnlistTwice(t *testing.T) {
	m := newTestManager(t, Config{Shards: 1, SweepInterval: manual})
	sh := &m.shards[0]
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	id := s.ID()
	for name, unlist := range map[string]func(){
		"no such id":     func() { sh.unlist(s.slot, &ID{1}) },
		"another's slot": func() { sh.unlist(new(slot), &id) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: taken out of the table", name)
				}
			}()
			unlist()
		}()
	}
	if got, err := m.Get(id); got != s || err != nil {
		t.Errorf("get = %v, %v, want %v", got, err, s)
	}
}

// TestRelistUnderLock stops what puts a session's slot back into the wheel before
// it does. Until then nobody else ends the session, or its slot would come back.
func TestRelistUnderLock(t *testing.T) {
	for name, tt := range map[string]struct {
		limits Limits
		do     func(*Manager, Session)
	}{
		"last message": {Limits{MaxMessages: 1}, func(_ *Manager, s Session) { _, _ = s.Seal(nil, nil, nil) }},
		"get": {Limits{IdleTimeout: time.Hour}, func(m *Manager, s Session) {
			s.slot.expires.Store(m.now() + int64(2*time.Hour)) // used since, an hour from now
			m.epoch = m.epoch.Add(-time.Hour)
			_, _ = m.Get(s.slot.id)
		}},
		"sweep": {Limits{IdleTimeout: time.Hour}, func(m *Manager, s Session) { s.expire(m.now()) }},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTestManager(t, Config{Optimizations: Tuned, Shards: 1, SweepInterval: manual})
			s := mustCreate(t, m, Params{Seed: seedOf(1), Limits: &tt.limits})
			sh := &m.shards[0]
			sh.mu.Lock()
			done := make(chan struct{})
			go func() {
				defer close(done)
				tt.do(m, s)
			}()
			for start := time.Now(); !locked(&s.slot.mu) && time.Since(start) < time.Second; {
				runtime.Gosched()
			}
			giveTime() // to leave the lock too early
			if !locked(&s.slot.mu) {
				t.Error("the session was left to others before its slot was back in the wheel")
			}
			sh.mu.Unlock()
			<-done
			_ = s.Close()
			m.Sweep()
			if c := checkBooks(t, m); c.Created != 1 || c.Live != 0 {
				t.Errorf("created %d, live %d", c.Created, c.Live)
			}
		})
	}
}

func TestInfo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{
			Limits: Limits{MaxAge: time.Hour, IdleTimeout: time.Minute, MaxMessages: 3}, SweepInterval: manual,
		})
		start := time.Now()
		s := mustCreate(t, m, Params{Seed: seedOf(7), Role: Responder})
		id := DeriveID(seedOf(7), "")
		wantErr(t, "bind", m.Bind("k", id), nil)
		time.Sleep(time.Second)
		mustSeal(t, s, "four")
		info, err := s.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.ID != id || s.ID() != id || info.Role != Responder || info.Messages != 1 || info.BytesOut != 4 || info.BytesIn != 0 {
			t.Errorf("info = %+v", info)
		}
		if !info.Created.Equal(start) || !info.LastUsed.Equal(start.Add(time.Second)) ||
			!info.Expires.Equal(start.Add(time.Second+time.Minute)) {
			t.Errorf("times = %v, %v, %v, from %v", info.Created, info.LastUsed, info.Expires, start)
		}
		if len(info.KeyIDs) != 1 || info.KeyIDs[0] != "k" {
			t.Errorf("key ids = %q", info.KeyIDs)
		}
		info.KeyIDs[0] = "scribbled over"
		if _, err := m.GetByKeyID("k"); err != nil {
			t.Errorf("info gave access to the session's own key ids: %v", err)
		}
		unlimited := mustCreate(t, m, Params{Seed: seedOf(8), Limits: &Limits{}})
		if info, err = unlimited.Info(); err != nil || !info.Expires.IsZero() {
			t.Errorf("a session without limits expires at %v, %v", info.Expires, err)
		}
	})
}

func TestRoleString(t *testing.T) {
	for role, want := range map[Role]string{Symmetric: "symmetric", Initiator: "initiator", Responder: "responder", 9: "unknown"} {
		if got := role.String(); got != want {
			t.Errorf("role %d = %q, want %q", role, got, want)
		}
	}
}
