package session

import (
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

// TestExpires reads from a session when it ends: by each limit, by none, and when
// it has spent its messages.
func TestExpires(t *testing.T) {
	for name, tt := range map[string]struct {
		limits Limits
		want   time.Duration // after the creation; 0 is never
	}{
		"age":   {Limits{MaxAge: time.Hour}, time.Hour},
		"idle":  {Limits{MaxAge: time.Hour, IdleTimeout: time.Minute}, time.Second + time.Minute},
		"spent": {Limits{MaxAge: time.Hour, MaxMessages: 1}, time.Second},
		"never": {Limits{MaxMessages: 2}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newTestManager(t, Config{SweepInterval: manual})
				start := time.Now()
				s := mustCreate(t, m, Params{Seed: seedOf(1), Limits: &tt.limits})
				time.Sleep(time.Second)
				mustSeal(t, s, "x")
				info, err := s.Info()
				if err != nil {
					t.Fatal(err)
				}
				want := time.Time{}
				if tt.want > 0 {
					want = start.Add(tt.want)
				}
				if !info.Expires.Equal(want) || info.Limits != tt.limits || info.Session != s {
					t.Errorf("expires %s under %+v, want %s", info.Expires, info.Limits, want)
				}
			})
		})
	}
}

func TestInspect(t *testing.T) {
	m := newTestManager(t, Config{Shards: 4, SweepInterval: manual})
	want := make(map[ID]bool)
	for i := range uint64(100) {
		s := mustCreate(t, m, Params{Seed: seedOf(i), Role: Role(i % 3)})
		for range i {
			mustSeal(t, s, "x")
		}
		want[s.ID()] = true
		if i%10 == 0 {
			wantErr(t, "bind", m.Bind(fmt.Sprint("key ", i), s.ID()), nil)
		}
	}
	byMessages := func(a, b *Info) int { return int(b.Messages) - int(a.Messages) }
	t.Run("all", func(t *testing.T) {
		l := m.Inspect(Query{Limit: 1000})
		got := make(map[ID]bool)
		for _, info := range l.Sessions {
			got[info.ID] = true
			if again, err := m.Get(info.ID); again != info.Session || err != nil {
				t.Errorf("the handle of %s is %v, want %v, %v", info.ID, info.Session, again, err)
			}
		}
		if !maps.Equal(got, want) || l.Matched != 100 || l.Total != 100 {
			t.Errorf("%d listed, %d matched, %d in total, want 100", len(got), l.Matched, l.Total)
		}
	})
	t.Run("first in order", func(t *testing.T) {
		for _, limit := range []int{0, 1, 7, 50, 99} {
			l := m.Inspect(Query{Compare: byMessages, Limit: limit})
			if len(l.Sessions) != limit || l.Matched != 100 {
				t.Fatalf("limit %d: %d listed, %d matched", limit, len(l.Sessions), l.Matched)
			}
			for i, info := range l.Sessions {
				n := 99 - i
				if info.Messages != uint64(n) || info.BytesOut != uint64(n) {
					t.Fatalf("limit %d: at %d stands one of %d messages, want %d", limit, i, info.Messages, n)
				}
				if (len(info.KeyIDs) == 1) != (n%10 == 0) {
					t.Errorf("session %d has key ids %q", n, info.KeyIDs)
				}
			}
		}
	})
	t.Run("some", func(t *testing.T) {
		l := m.Inspect(Query{Match: func(i *Info) bool { return i.Role == Responder }, Limit: 5})
		if len(l.Sessions) != 5 || l.Matched != 33 || l.Total != 100 {
			t.Errorf("%d listed, %d matched, %d in total, want 5, 33, 100", len(l.Sessions), l.Matched, l.Total)
		}
		for _, info := range l.Sessions {
			if info.Role != Responder {
				t.Errorf("a %s was listed", info.Role)
			}
		}
	})
	t.Run("negative limit", func(t *testing.T) {
		if l := m.Inspect(Query{Limit: -1, Compare: byMessages}); len(l.Sessions) != 0 || l.Total != 100 {
			t.Errorf("%d listed, %d in total, want 0, 100", len(l.Sessions), l.Total)
		}
	})
	t.Run("ended meanwhile", func(t *testing.T) {
		// The first that is looked at ends another, and the last itself.
		ended := 0
		l := m.Inspect(Query{Limit: 100, Match: func(i *Info) bool {
			if ended < 2 && i.Session.Close() == nil {
				ended++
			}
			return true
		}})
		if l.Total != 100 || m.Len() != 98 {
			t.Errorf("%d looked at, %d left, want 100, 98", l.Total, m.Len())
		}
		again := m.Inspect(Query{Match: func(i *Info) bool {
			_ = m.Remove(i.ID)
			for id := range want {
				_ = m.Remove(id)
			}
			return true
		}})
		if again.Total != 1 || m.Len() != 0 {
			t.Errorf("%d looked at while all were removed, %d left, want 1, 0", again.Total, m.Len())
		}
	})
}
