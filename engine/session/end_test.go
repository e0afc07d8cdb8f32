package session

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBindPastLimit binds a key id whose owner's time is up, but which nobody
// has looked at since. A lookup of the key id finds no session, a creation with
// the owner's seed would succeed; Bind says that it belongs to a live session.
func TestBindPastLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{SweepInterval: manual})
		old := mustCreate(t, m, Params{Seed: seedOf(1), Limits: &Limits{MaxAge: time.Minute}})
		s := mustCreate(t, m, Params{Seed: seedOf(2)})
		wantErr(t, "bind", m.Bind("k", old.ID()), nil)
		time.Sleep(time.Minute)
		wantErr(t, "bind a key id whose owner's time is up", m.Bind("k", s.ID()), nil)
		if got, err := m.GetByKeyID("k"); got != s || err != nil {
			t.Errorf("get by key id = %v, %v, want the new owner", got, err)
		}
	})
}

// TestShortAfterEnd opens what is too short to be a message in a session that
// has ended: "once that has ended, every method returns ErrClosed".
func TestShortAfterEnd(t *testing.T) {
	m := newTestManager(t, Config{SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	wantErr(t, "close", s.Close(), nil)
	_, err := s.Open(nil, make([]byte, Overhead-1), nil)
	wantErr(t, "open", err, ErrClosed)
	_, err = Session{}.Open(nil, nil, nil)
	wantErr(t, "open by no session", err, ErrClosed)
}

// TestClosePastLimit closes a session whose time is up, but which nobody has
// looked at since: "a second Close, and one after expiry, return ErrClosed".
func TestClosePastLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{SweepInterval: manual})
		s := mustCreate(t, m, Params{Seed: seedOf(1), Limits: &Limits{MaxAge: time.Minute}})
		time.Sleep(time.Minute)
		wantErr(t, "close", s.Close(), ErrClosed)
		if c := checkBooks(t, m); c.ExpiredAge != 1 || c.Removed != 0 {
			t.Errorf("expired by age %d, removed %d, want 1, 0", c.ExpiredAge, c.Removed)
		}
	})
}

// TestSetLimits: new limits hold at once, for use, lookup, listing and sweep, and
// what was used before counts against them.
func TestSetLimits(t *testing.T) {
	tests := []struct {
		name     string
		old, new Limits
		before   time.Duration // of life before the change
		left     time.Duration // of life after it; 0 is none, never that it does not end
		by       func(*Counters) uint64
	}{
		{"shorter age", Limits{MaxAge: time.Hour}, Limits{MaxAge: time.Minute}, 20 * time.Second, 40 * time.Second, func(c *Counters) uint64 { return c.ExpiredAge }},
		{"age that has passed", Limits{MaxAge: time.Hour}, Limits{MaxAge: time.Minute}, time.Minute, 0, func(c *Counters) uint64 { return c.ExpiredAge }},
		{"longer age", Limits{MaxAge: time.Second}, Limits{MaxAge: time.Hour}, time.Second - 1, time.Hour - time.Second + 1, func(c *Counters) uint64 { return c.ExpiredAge }},
		{"idle time", Limits{MaxAge: time.Hour}, Limits{MaxAge: time.Hour, IdleTimeout: time.Minute}, 10 * time.Second, 50 * time.Second, func(c *Counters) uint64 { return c.ExpiredIdle }},
		{"idle time no more", Limits{MaxAge: time.Hour, IdleTimeout: time.Second}, Limits{MaxAge: time.Hour}, time.Second / 2, time.Hour - time.Second/2, func(c *Counters) uint64 { return c.ExpiredAge }},
		{"messages that were sent", Limits{MaxAge: time.Hour}, Limits{MaxMessages: 4}, time.Second, 0, func(c *Counters) uint64 { return c.ExpiredCount }},
		{"no limit", Limits{MaxAge: time.Second}, Limits{}, time.Second - 1, never, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newTestManager(t, Config{SweepInterval: manual})
				var all [3]Session
				for i := range all {
					all[i] = mustCreate(t, m, Params{Seed: seedOf(uint64(i)), Limits: &tt.old})
					mustTalk(t, all[i], all[i]) // four messages
				}
				used, found, swept := all[0], all[1], all[2]
				time.Sleep(tt.before)
				for _, s := range all {
					if err := s.SetLimits(tt.new); err != nil {
						t.Fatal(err)
					}
				}
				if tt.left == never {
					time.Sleep(1000 * time.Hour)
					if n := m.Sweep(); n != 0 {
						t.Errorf("sweep ended %d sessions without a limit", n)
					}
					mustTalk(t, used, used)
					return
				}
				if tt.left > 0 {
					time.Sleep(tt.left - 1)
					if _, err := m.Get(found.ID()); err != nil {
						t.Errorf("get, 1 ns before the limit: %v", err)
					}
					if n := m.Sweep(); n != 0 {
						t.Errorf("sweep, 1 ns before the limit, ended %d", n)
					}
					time.Sleep(time.Nanosecond)
				}
				for _, info := range m.Inspect(Query{}).Sessions {
					if info.Expires.After(time.Now()) || info.Limits != tt.new {
						t.Errorf("listed with %+v, to end at %v", info.Limits, info.Expires)
					}
				}
				_, err := used.Seal(nil, nil, nil)
				wantErr(t, "use", err, ErrExpired)
				_, err = m.Get(found.ID())
				wantErr(t, "get", err, ErrNotFound)
				time.Sleep(tick)
				m.Sweep()
				for _, s := range []Session{used, found, swept} {
					wantClosed(t, s)
				}
				if c := checkBooks(t, m); tt.by(&c) != 3 || c.Expired() != 3 {
					t.Errorf("expired by this limit %d, by any %d, want 3, 3", tt.by(&c), c.Expired())
				}
			})
		})
	}
}

func TestSetLimitsRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestManager(t, Config{SweepInterval: manual})
		s := mustCreate(t, m, Params{Seed: seedOf(1), Limits: &Limits{MaxAge: time.Minute}})
		wantErr(t, "a negative age", s.SetLimits(Limits{MaxAge: -1}), ErrParams)
		wantErr(t, "a negative idle time", s.SetLimits(Limits{IdleTimeout: -1}), ErrParams)
		time.Sleep(time.Minute)
		wantErr(t, "past a limit", s.SetLimits(Limits{}), ErrExpired)
		wantClosed(t, s)
		wantErr(t, "an ended session", s.SetLimits(Limits{}), ErrClosed)
		wantErr(t, "no session", Session{}.SetLimits(Limits{}), ErrClosed)
		if n := testing.AllocsPerRun(10, func() { _ = Session{}.SetLimits(Limits{}) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
