package session

import (
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// tick is how late a sweep may notice a deadline: the wheel's finest bucket.
const tick = 1 << finestBits * time.Nanosecond

// TestLimitsAtUse checks each limit of time at its last nanosecond and at the
// next one, for each operation that looks at it.
func TestLimitsAtUse(t *testing.T) {
	limits := []struct {
		name    string
		limits  Limits
		life    time.Duration
		expired func(*Counters) uint64
	}{
		{"age", Limits{MaxAge: time.Hour}, time.Hour, func(c *Counters) uint64 { return c.ExpiredAge }},
		{"age before idle", Limits{MaxAge: time.Second, IdleTimeout: time.Minute}, time.Second, func(c *Counters) uint64 { return c.ExpiredAge }},
		{"idle", Limits{IdleTimeout: time.Minute}, time.Minute, func(c *Counters) uint64 { return c.ExpiredIdle }},
		{"idle before age", Limits{MaxAge: time.Hour, IdleTimeout: time.Second}, time.Second, func(c *Counters) uint64 { return c.ExpiredIdle }},
		{"one nanosecond", Limits{MaxAge: 1}, 1, func(c *Counters) uint64 { return c.ExpiredAge }},
	}
	for _, l := range limits {
		for _, op := range operations {
			if !op.uses {
				continue
			}
			t.Run(l.name+"/"+op.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := newTestManager(t, Config{SweepInterval: manual})
					early := mustCreate(t, m, Params{Seed: seedOf(1), Limits: &l.limits})
					late := mustCreate(t, m, Params{Seed: seedOf(2), Limits: &l.limits})
					time.Sleep(l.life - 1)
					if err := op.do(early); errors.Is(err, ErrClosed) {
						t.Errorf("at the limit less 1 ns: %v", err)
					}
					time.Sleep(time.Nanosecond)
					wantErr(t, "at the limit", op.do(late), ErrExpired)
					if c := checkBooks(t, m); l.expired(&c) != 1 || c.Expired() != 1 {
						t.Errorf("expired by the limit %d, by any %d, want 1, 1", l.expired(&c), c.Expired())
					}
				})
			})
		}
	}
}

func TestLimitsAtLookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{Limits: Limits{MaxAge: time.Minute}, SweepInterval: manual})
		s := mustCreate(t, m, Params{Seed: seedOf(1)})
		id := s.ID()
		wantErr(t, "bind", m.Bind("k", id), nil)
		time.Sleep(time.Minute - 1)
		if got, err := m.GetByKeyID("k"); got != s || err != nil {
			t.Errorf("get by key id at the limit less 1 ns = %v, %v", got, err)
		}
		if _, err := m.Create(Params{Seed: seedOf(1)}); !errors.Is(err, ErrExists) {
			t.Errorf("create at the limit less 1 ns: error %v, want %v", err, ErrExists)
		}
		time.Sleep(time.Nanosecond)
		again := mustCreate(t, m, Params{Seed: seedOf(1)})
		wantClosed(t, s)
		if got, err := m.Get(id); got != again || err != nil {
			t.Errorf("get = %v, %v, want the new session of the same id", got, err)
		}
		_, err := m.GetByKeyID("k")
		wantErr(t, "the old session's key id", err, ErrNotFound)
		time.Sleep(time.Minute)
		_, err = m.Get(id)
		wantErr(t, "get at the limit", err, ErrNotFound)
		if c := checkBooks(t, m); c.ExpiredAge != 2 || c.Duplicate != 1 {
			t.Errorf("expired %d, duplicate %d, want 2, 1", c.ExpiredAge, c.Duplicate)
		}
	})
}

// TestGetWaitsForUse looks a session up past its idle limit while an operation
// that began in time is not over. It is not idle.
func TestGetWaitsForUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{Limits: Limits{IdleTimeout: time.Minute}, SweepInterval: manual})
		s := mustCreate(t, m, Params{Seed: seedOf(1)})
		id := s.ID()
		time.Sleep(time.Minute - 1)
		slot, began, err := s.begin()
		wantErr(t, "begin", err, nil)
		time.Sleep(time.Nanosecond)
		got := make(chan error)
		go func() {
			_, err := m.Get(id)
			got <- err
		}()
		for range 1000 { // time enough for Get to see the old idle time
			runtime.Gosched()
		}
		s.done(slot, began)
		wantErr(t, "get", <-got, nil)
		checkBooks(t, m)
	})
}

func TestIdleRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{Limits: Limits{IdleTimeout: time.Minute}, SweepInterval: manual})
		s := mustCreate(t, m, Params{Seed: seedOf(1)})
		sealed := mustSeal(t, s, "x")
		mac, err := s.Sign(nil, sealed)
		wantErr(t, "sign", err, nil)
		uses := map[string]func() error{
			"seal":   func() error { _, err := s.Seal(nil, nil, nil); return err },
			"open":   func() error { _, err := s.Open(nil, sealed, nil); return err },
			"sign":   func() error { _, err := s.Sign(nil, nil); return err },
			"verify": func() error { return s.Verify(sealed, mac) },
		}
		for range 3 {
			for name, use := range uses {
				time.Sleep(time.Minute - 1)
				m.Sweep()
				wantErr(t, name, use(), nil)
			}
		}
		// None of these is use.
		time.Sleep(time.Minute - 1)
		_, err = s.Open(nil, make([]byte, Overhead), nil)
		wantErr(t, "open what is no message", err, ErrAuth)
		wantErr(t, "verify what is no MAC", s.Verify(nil, nil), ErrAuth)
		if _, err := m.Get(s.ID()); err != nil {
			t.Errorf("get: %v", err)
		}
		time.Sleep(time.Nanosecond)
		_, err = s.Seal(nil, nil, nil)
		wantErr(t, "seal", err, ErrExpired)
	})
}

func TestMessageLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{Limits: Limits{MaxMessages: 4}, SweepInterval: manual})
		s := mustCreate(t, m, Params{Seed: seedOf(1)})
		mustTalk(t, s, s) // four messages; the last one succeeds
		if _, err := m.Get(s.ID()); !errors.Is(err, ErrNotFound) {
			t.Errorf("get a session that spent its messages: %v", err)
		}
		wantClosed(t, s)

		s = mustCreate(t, m, Params{Seed: seedOf(2)})
		mustTalk(t, s, s)
		_, err := s.Seal(nil, nil, nil)
		wantErr(t, "the fifth message", err, ErrExpired)

		s = mustCreate(t, m, Params{Seed: seedOf(3)})
		mustTalk(t, s, s)
		time.Sleep(tick)
		if n := m.Sweep(); n != 1 {
			t.Errorf("sweep ended %d, want the one that spent its messages", n)
		}
		wantClosed(t, s)
		if c := checkBooks(t, m); c.ExpiredCount != 3 || c.Expired() != 3 {
			t.Errorf("expired by count %d, by any limit %d, want 3, 3", c.ExpiredCount, c.Expired())
		}
	})
}

// TestSweepTimes sweeps around deadlines on every level of the wheel: never
// early, and at most one finest bucket late.
func TestSweepTimes(t *testing.T) {
	ages := []time.Duration{
		1, tick - 1, tick, tick + 1, time.Second, 64 * tick, 65*tick + 12345, time.Minute, 64 * 64 * tick,
		time.Hour, 2 * time.Hour, 64 * 64 * 64 * tick, 100 * time.Hour, 1000 * time.Hour,
	}
	for _, age := range ages {
		for _, start := range []time.Duration{0, 1, tick - 1, 63*tick + 5, 90 * time.Minute} {
			t.Run(age.String()+" from "+start.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := newTestManager(t, Config{Limits: Limits{MaxAge: age}, SweepInterval: manual})
					time.Sleep(start)
					m.Sweep()
					s := mustCreate(t, m, Params{Seed: seedOf(1)})
					time.Sleep(age - 1)
					if n := m.Sweep(); n != 0 {
						t.Errorf("sweep ended %d 1 ns before the limit", n)
					}
					time.Sleep(1 + tick)
					if n := m.Sweep(); n != 1 {
						t.Errorf("sweep ended %d one tick after the limit, want 1", n)
					}
					wantClosed(t, s)
					checkBooks(t, m)
				})
			})
		}
	}
}

// TestBackgroundSweep lets sessions expire with nobody looking: their keys are
// wiped and their storage is back in the pool.
func TestBackgroundSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10
		m := newTestManager(t, Config{
			Optimizations: Tuned, PoolCapacity: n, Shards: 1, SweepInterval: 100 * time.Millisecond,
			Limits: Limits{IdleTimeout: time.Second},
		})
		var all []Session
		for i := range uint64(n) {
			all = append(all, mustCreate(t, m, Params{Seed: seedOf(i)}))
		}
		all[3].slot.mu.Lock()
		keys := secrets(all[3].slot)
		all[3].slot.mu.Unlock()
		time.Sleep(time.Second + 100*time.Millisecond + tick)
		synctest.Wait()
		c := checkBooks(t, m)
		if c.ExpiredIdle != n || c.Live != 0 || c.Free != n || c.Puts != n {
			t.Errorf("expired %d, live %d, free %d, puts %d, want %d, 0, %d, %d", c.ExpiredIdle, c.Live, c.Free, c.Puts, n, n, n)
		}
		for place, b := range keys {
			if !allZero(b) {
				t.Errorf("%s after expiry: %x", place, b)
			}
		}
		for _, s := range all {
			wantClosed(t, s)
		}
	})
}

// TestSweepMany has far more expire at once than a sweep takes at a time.
func TestSweepMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: n, Shards: 1, SweepInterval: manual, Limits: Limits{MaxAge: time.Minute}})
		stay := Limits{MaxAge: time.Hour}
		for i := range uint64(n) {
			mustCreate(t, m, Params{Seed: seedOf(i)})
			if i%10 == 0 {
				mustCreate(t, m, Params{Seed: seedOf(n + i), Limits: &stay})
			}
		}
		if n < 4*sweepBatch {
			t.Fatalf("%d sessions are too few for this test: a batch has %d", n, sweepBatch)
		}
		time.Sleep(time.Minute + tick)
		if got := m.Sweep(); got != n {
			t.Errorf("sweep ended %d, want %d", got, n)
		}
		if c := checkBooks(t, m); c.Live != n/10 || c.Free != n {
			t.Errorf("live %d, free %d, want %d, %d", c.Live, c.Free, n/10, n)
		}
		for _, h := range m.batch[:cap(m.batch)] {
			if h.slot != nil {
				t.Fatal("the sweep still refers to sessions")
			}
		}
		if got := m.Sweep(); got != 0 {
			t.Errorf("a second sweep ended %d", got)
		}
	})
}

// TestSweepFindsChange has sessions change between the sweep's look at the
// wheel and its look at them: one was used, one closed.
func TestSweepFindsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{Shards: 1, SweepInterval: manual, Limits: Limits{IdleTimeout: time.Minute}})
		used, closed := mustCreate(t, m, Params{Seed: seedOf(1)}), mustCreate(t, m, Params{Seed: seedOf(2)})
		time.Sleep(time.Minute - 1)
		slot, now, err := used.begin()
		wantErr(t, "begin", err, nil)
		time.Sleep(tick + 1)
		found, more := m.shards[0].due(make([]Session, 0, 5), m.now())
		if len(found) != 2 || more {
			t.Fatalf("%d sessions are due, more = %t, want 2 and false", len(found), more)
		}
		used.done(slot, now)
		wantErr(t, "close", closed.Close(), ErrExpired)
		for _, h := range found {
			if h.expire(m.now()) {
				t.Error("a session was ended that is not idle, or not there")
			}
		}
		time.Sleep(time.Minute)
		if n := m.Sweep(); n != 1 {
			t.Errorf("sweep ended %d, want 1: the used session is to wait in the wheel again", n)
		}
		if c := checkBooks(t, m); c.ExpiredIdle != 2 || c.Removed != 0 {
			t.Errorf("expired %d, removed %d, want 2, 0", c.ExpiredIdle, c.Removed)
		}
	})
}

func TestDefaultLimits(t *testing.T) {
	if got, want := DefaultLimits(), (Limits{time.Hour, 10 * time.Minute, 1000}); got != want {
		t.Fatalf("defaults = %+v, want %+v", got, want)
	}
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{SweepInterval: manual})
		s := mustCreate(t, m, Params{Seed: seedOf(1)})
		for range 1000 {
			mustSeal(t, s, "")
		}
		_, err := s.Seal(nil, nil, nil)
		wantErr(t, "message 1001", err, ErrExpired)
		s = mustCreate(t, m, Params{Seed: seedOf(1)})
		time.Sleep(10 * time.Minute)
		_, err = s.Seal(nil, nil, nil)
		wantErr(t, "after 10 idle minutes", err, ErrExpired)

		// No limits at all is not the same as limits not set.
		s = mustCreate(t, m, Params{Seed: seedOf(2), Limits: &Limits{}})
		time.Sleep(100_000 * time.Hour)
		if n := m.Sweep(); n != 0 {
			t.Errorf("sweep ended %d sessions that have no limits", n)
		}
		mustSeal(t, s, "still here")
	})
}

func TestLaterDoesNotOverflow(t *testing.T) {
	if got := later(10, never-10); got != never {
		t.Errorf("10 + (max - 10) = %d, want %d", got, int64(never))
	}
	if got := later(10, never-9); got != never {
		t.Errorf("10 + (max - 9) = %d, want %d", got, int64(never))
	}
	if got := later(10, 5); got != 15 {
		t.Errorf("10 + 5 = %d", got)
	}
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{Limits: Limits{MaxAge: never, IdleTimeout: never}, SweepInterval: manual})
		time.Sleep(time.Hour)
		s := mustCreate(t, m, Params{Seed: seedOf(1)})
		time.Sleep(time.Hour)
		m.Sweep()
		mustSeal(t, s, "x")
	})
}
