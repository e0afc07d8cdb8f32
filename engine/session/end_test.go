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
