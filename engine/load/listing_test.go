package load

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// listed asks until a pass for the query is over, and returns the list.
func listed(t *testing.T, e *Engine, q SessionQuery) SessionList {
	t.Helper()
	var l SessionList
	waitFor(t, "a list", func() bool {
		var err error
		if l, err = e.Sessions(q); err != nil {
			t.Fatal(err)
		}
		return l.At > 0
	})
	return l
}

// crowded is an engine with so many pairs that live long, and have said nothing.
func crowded(t *testing.T, pairs int, edit ...func(*Config)) *Engine {
	t.Helper()
	cfg := quick(append([]func(*Config){
		set(t, "model", "closed"), set(t, "lifetime", "1h"), set(t, "duration", "0s"), set(t, "messages", "0"),
		set(t, "handshake-share", "0%"), set(t, "expire-share", "0%"),
		func(c *Config) { c.Workers, c.MaxLive = pairs, max(c.MaxLive, 2*pairs) },
	}, edit...)...)
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Stop() })
	waitFor(t, "sessions", func() bool { return e.Snapshot().Sessions.Live == uint64(2*pairs) })
	return e
}

func TestListSessions(t *testing.T) {
	e := crowded(t, 1000)
	l := listed(t, e, SessionQuery{Order: ByAge, Limit: 50})
	if l.Total != 2000 || l.Matched != 2000 || len(l.Rows) != 50 || l.FollowedPlace != -1 {
		t.Fatalf("%d in total, %d matched, %d rows, followed at %d", l.Total, l.Matched, len(l.Rows), l.FollowedPlace)
	}
	for i, r := range l.Rows[1:] {
		if r.Created > l.Rows[i].Created {
			t.Errorf("row %d was created at %s, and the one before at %s", i+1, r.Created, l.Rows[i].Created)
		}
	}
	last := l.Rows[49]
	q := SessionQuery{Order: ByAge, Offset: 40, Limit: 20, Follow: last.Handle}
	l = listed(t, e, q)
	if l.FollowedPlace != 49 || l.Rows[9].Handle != last.Handle || l.Followed.ID != last.ID {
		t.Errorf("followed at %d, row 9 is %s, want %s", l.FollowedPlace, l.Rows[9].ID, last.ID)
	}
	if err := e.CloseSession(last.Handle); err != nil {
		t.Fatal(err)
	}
	l, err := e.Sessions(q)
	if err != nil || l.Followed.State != SessionEnded || l.Rows[9].State != SessionEnded {
		t.Errorf("a closed session is %s and %s, %v", l.Followed.State, l.Rows[9].State, err)
	}
	if err := e.CloseSession(last.Handle); !errors.Is(err, session.ErrClosed) {
		t.Errorf("closing it again: %v", err)
	}
	l = listed(t, e, SessionQuery{Filter: "role=initiator age<1h", Limit: 10})
	if l.Matched < 999 || l.Matched > 1000 {
		t.Errorf("%d initiators", l.Matched)
	}
	var wrong *FilterError
	if _, err := e.Sessions(SessionQuery{Filter: "agee>1s"}); !errors.As(err, &wrong) || wrong.Offset != 0 || wrong.Length != 4 {
		t.Errorf("%v", err)
	}
	s := e.Stop()
	checkBalance(t, s.Sessions)
	if s.Sessions.Failed != 0 || !s.Valid {
		t.Errorf("%d failed, %q", s.Sessions.Failed, s.InvalidReasons)
	}
	if l, err := e.Sessions(q); !errors.Is(err, ErrNotRunning) {
		t.Errorf("%d rows, %v", len(l.Rows), err)
	}
}

// A row that the filter would leave out by now says so.
func TestListMarksWhatItsFilterLeavesOut(t *testing.T) {
	e := crowded(t, 100)
	q := SessionQuery{Filter: "msgs=0", Limit: 10}
	l := listed(t, e, q)
	seen := false
	for i := 0; i < 100 && !seen; i++ { // unless a pass comes between
		h := l.Rows[i%3].Handle
		_, _ = h.Seal(nil, []byte("one"), nil)
		var err error
		if l, err = e.Sessions(q); err != nil {
			t.Fatal(err)
		}
		for _, r := range l.Rows {
			if r.Stale != (r.Messages > 0) {
				t.Errorf("%d messages, stale %t", r.Messages, r.Stale)
			}
			seen = seen || r.Stale
		}
	}
	if !seen {
		t.Error("no row is stale")
	}
}

func TestDetailOfASession(t *testing.T) {
	e := crowded(t, 200, set(t, "messages", "1000"), set(t, "lifetime", "10s"))
	h := listed(t, e, SessionQuery{Filter: "role=responder", Limit: 1}).Rows[0].Handle
	var d SessionDetail
	waitFor(t, "the pair", func() bool {
		var err error
		if d, err = e.Session(h); err != nil {
			t.Fatal(err)
		}
		return d.Known && len(d.Traffic) > 1
	})
	if d.Handle != h || d.Planned != 1000 || d.Sent == 0 || d.Peer == h || d.EndedBy != "" || d.Limits.MaxMessages == 0 {
		t.Errorf("%+v", d)
	}
	if err := e.CloseSession(h); err != nil {
		t.Fatal(err)
	}
	d, err := e.Session(h)
	if err != nil || d.EndedBy != endedByHand || d.State != SessionEnded || d.Messages == 0 {
		t.Errorf("%q, %s, %d messages, %v", d.EndedBy, d.State, d.Messages, err)
	}
	stages := make([]string, 0, len(d.Ledger))
	for _, r := range d.Ledger {
		stages = append(stages, r.Stage)
		if r.Time <= 0 || r.Count == 0 {
			t.Errorf("%s: %d in %s", r.Stage, r.Count, r.Time)
		}
	}
	if got := strings.Join(stages, " "); got != "create seal open close" {
		t.Errorf("stages %s", got)
	}
	time.Sleep(100 * time.Millisecond)
	checkBalance(t, e.Stop().Sessions)
}

func TestReplayTellsWhatACallAllocates(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, tt := range []struct {
		o      session.Optimizations
		hkdf   float64
		allocs func(n float64) bool
	}{
		{session.Baseline, 6, func(n float64) bool { return n > 6 }},
		{session.Tuned, 2, func(n float64) bool { return n == 0 }},
	} {
		began := time.Now()
		r := replayKey{tt.o, 10}.run()
		t.Logf("%s took %s", tt.o, time.Since(began))
		if r == nil || r.hkdf != tt.hkdf || !tt.allocs(r.create.objects) || r.seal.objects != 0 || r.open.objects != 0 {
			t.Errorf("%s: %+v", tt.o, r)
		}
	}
}
