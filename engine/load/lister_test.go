package load

import (
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// populated is a run without lanes, with sessions that differ in all that a list
// tells. The caller drains it.
func populated(t *rapid.T, n int) *run {
	r := &run{epoch: time.Now(), stop: make(chan struct{})}
	for _, m := range []**session.Manager{&r.initiators, &r.responders} {
		var err error
		if *m, err = session.NewManager(session.Config{
			MaxSessions: n + 1, Shards: 8, SweepInterval: -1, Optimizations: session.Tuned, PoolCapacity: 8,
		}); err != nil {
			t.Fatal(err)
		}
	}
	var buf []byte
	for i := range n {
		seed := make([]byte, session.SeedSize)
		binary.BigEndian.PutUint64(seed, uint64(i))
		tag := makeTag(Handshake(i%int(HandshakeMixed)), Transport(i%3/2), session.Tuned)
		limits := &session.Limits{MaxAge: time.Duration(1+i%5) * time.Hour}
		if i%4 == 0 {
			limits = &session.Limits{}
		}
		for role, m := range r.managers() {
			if i%7 == 0 && role == 1 {
				continue
			}
			h, err := m.Create(session.Params{Seed: seed, Role: session.Initiator + session.Role(role), Tag: tag, Limits: limits})
			if err != nil {
				t.Fatal(err)
			}
			for range i % 4 {
				buf, _ = h.Seal(buf[:0], make([]byte, i%11), nil)
			}
			if i%13 == 0 {
				_ = h.Close()
			}
		}
	}
	return r
}

// naive is the whole answer, in order: rows of all sessions, as at a time.
func naive(r *run, q *SessionQuery, now time.Duration) (rows []SessionRow, total int) {
	filter, _ := ParseSessionFilter(q.Filter)
	for _, m := range r.managers() {
		offset := m.Epoch().Sub(r.epoch)
		for _, info := range m.Inspect(session.Query{Limit: 1 << 20}).Sessions {
			total++
			var g session.Glance
			_ = info.Session.Glance(&g)
			var row SessionRow
			fill(&row, &g, offset, now)
			if filter.Match(&row) {
				rows = append(rows, row)
			}
		}
	}
	// The column's value, as numbers: what is never is later than anything.
	value := func(r *SessionRow) int64 {
		return [NumSessionColumns]int64{
			ByState: int64(r.State), ByRole: int64(r.Role), BySuite: int64(r.Suite)<<8 | int64(r.Transport),
			ByAge: -int64(r.Created), ByIdle: -int64(r.LastUsed), ByMessages: int64(r.Messages),
			ByBytesIn: int64(r.BytesIn), ByBytesOut: int64(r.BytesOut), ByExpires: int64(r.Expires),
			BySlot: int64(r.Slot), ByReuses: int64(r.Reuses),
		}[q.Order]
	}
	slices.SortFunc(rows, func(a, b SessionRow) int {
		var c int
		switch x, y := value(&a), value(&b); {
		case x != y && x < y:
			c = -1
		case x != y:
			c = 1
		case a.ID != b.ID:
			c = strings.Compare(string(a.ID[:]), string(b.ID[:]))
		default:
			c = int(a.Role) - int(b.Role)
		}
		if q.Reverse {
			c = -c
		}
		return c
	})
	return rows, total
}

// A pass finds what a simple look at everything finds: each session once, those that
// the filter wants, the first of them in order, and the place of the one followed.
func TestListAgainstAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := populated(t, rapid.SampledFrom([]int{0, 1, 30, 400}).Draw(t, "pairs"))
		defer r.drain()
		p := newPass(newLister(), r)
		defer p.timer.Stop()
		f := new(found)
		for range 4 {
			q := SessionQuery{
				Order:   SessionColumn(rapid.IntRange(0, NumSessionColumns-1).Draw(t, "order")),
				Reverse: rapid.Bool().Draw(t, "reverse"),
				Filter: rapid.SampledFrom([]string{
					"", "role=initiator", "msgs>1 suite!=none", "hybrid", "out>=10 expires=never", "a", "slot<100 expires<2h", "age>1h",
				}).Draw(t, "filter"),
				Limit: rapid.SampledFrom([]int{1, 2, 50, 2000}).Draw(t, "limit"),
			}
			filter, err := ParseSessionFilter(q.Filter)
			if err != nil {
				t.Fatal(err)
			}
			p.query = question{filter: filter, order: q.Order, reverse: q.Reverse, keep: q.Limit}
			if all, _ := naive(r, &q, time.Duration(r.now())); len(all) > 0 {
				p.query.follow = all[rapid.IntRange(0, len(all)-1).Draw(t, "follow")].Handle
			}
			p.began = time.Now().Add(time.Hour) // so that it never rests
			if !p.over(f) {
				t.Fatal("a pass that nobody ended ended")
			}
			want, total := naive(r, &q, f.at-f.took)
			place := slices.IndexFunc(want, func(row SessionRow) bool { return row.Handle == p.query.follow })
			if f.total != total || f.matched != len(want) || f.before != place {
				t.Fatalf("%d of %d, followed at %d; want %d of %d, at %d", f.matched, f.total, f.before, len(want), total, place)
			}
			if len(f.kept) != min(q.Limit, len(want)) {
				t.Fatalf("%d kept of %d", len(f.kept), len(want))
			}
			for i := range f.kept {
				if f.kept[i].Session != want[i].Handle {
					t.Fatalf("by %s: at %d stands %s, want %s", q.Order, i, f.kept[i].ID, want[i].ID)
				}
			}
		}
	})
}

// listing tells whether a lister is at work.
func listing(l *lister) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.going != nil
}

// offTick is after a snapshot and before the next. Who ends a run at the time of one
// waits in a bubble for ever: time stands still while a mutex is waited for.
const offTick = 33 * time.Millisecond

// longPairs is a load of pairs that live for hours.
func longPairs(t *testing.T) Config {
	t.Helper()
	c := steadyPairs(t, 0)
	c.HandshakeShare, c.Lifetime, c.Messages, c.ExpireShare = 0, Fixed(time.Hour), Fixed(1000), 0
	return c
}

func TestListerComesAndGoes(t *testing.T) {
	inBubble(t, longPairs(t), nil, func(t *testing.T, e *Engine) {
		time.Sleep(time.Second + offTick)
		if listing(e.lister) {
			t.Error("sessions are listed and nobody asked")
		}
		q := SessionQuery{Order: ByAge, Limit: 10}
		for range 30 {
			if _, err := e.Sessions(q); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		l, _ := e.Sessions(q)
		if now := e.Snapshot(); now.Elapsed-l.At > 300*time.Millisecond || l.Total == 0 || l.Rows[0].State != SessionActive {
			t.Errorf("the last pass was at %s of %s, with %d sessions", l.At, now.Elapsed, l.Total)
		}
		time.Sleep(listerLinger - 100*time.Millisecond)
		if !listing(e.lister) {
			t.Error("the lister left early")
		}
		time.Sleep(300 * time.Millisecond)
		if listing(e.lister) {
			t.Error("the lister stays when nobody asks any more")
		}

		// Another one for other sessions; the followed is over.
		q.Follow = l.Rows[0].Handle
		if err := e.Reset(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		_, _ = e.Sessions(q)
		time.Sleep(200 * time.Millisecond)
		again, err := e.Sessions(q)
		if err != nil || again.At == 0 || again.Followed.State != SessionEnded || again.FollowedPlace != -1 || again.Rows[9].Created > 2*time.Second {
			t.Errorf("after a reset: %+v, %v", again, err)
		}
	})
}

func TestListDuringAnExperiment(t *testing.T) {
	heldEngine(t, nil, func(t *testing.T, e *Engine, x *Experiment) {
		q := SessionQuery{Limit: 5}
		_, _ = e.Sessions(q)
		time.Sleep(time.Second + offTick)
		l, err := e.Sessions(q)
		if err != nil || len(l.Rows) != 5 {
			t.Fatalf("%d rows, %v", len(l.Rows), err)
		}
		h := l.Rows[0].Handle
		if _, err := e.Session(h); err != nil {
			t.Error(err)
		}
		_, err = e.Experiment(t.Context(), x, func(Slice) {
			held, err := e.Sessions(q)
			if !errors.Is(err, ErrComparing) || len(held.Rows) != 5 || held.Rows[0].ID != l.Rows[0].ID || held.Rows[0].State != SessionEnded || listing(e.lister) {
				t.Errorf("%+v, %v", held, err)
			}
			if d, err := e.Session(h); !errors.Is(err, ErrComparing) || d.EndedBy != endedByHold {
				t.Errorf("the watched session: %q, %v", d.EndedBy, err)
			}
			if err := e.CloseSession(h); !errors.Is(err, ErrComparing) {
				t.Errorf("CloseSession: %v", err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		_, _ = e.Sessions(q)
		time.Sleep(time.Second)
		if l, err := e.Sessions(q); err != nil || len(l.Rows) != 5 || l.Rows[0].State == SessionEnded {
			t.Errorf("after it: %+v, %v", l, err)
		}
	})
}

// What a list shows is what it was asked for, while sessions come and go, and the
// load's books stay right when they are closed by hand.
func TestListUnderLoad(t *testing.T) {
	e, err := New(quick(set(t, "duration", "0s"), set(t, "rate", "20k/s"), set(t, "lifetime", "200ms"), set(t, "expire-share", "20%")))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	closed, lists := 0, 0
	deadline := time.Now().Add(20 * time.Second)
	for i := 0; (closed < 20 || lists < 2*NumSessionColumns) && time.Now().Before(deadline); i++ {
		q := SessionQuery{Order: SessionColumn(lists % NumSessionColumns), Reverse: lists >= NumSessionColumns, Limit: 20, Offset: i % 20}
		l, err := e.Sessions(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range l.Rows {
			if r.ID == (session.ID{}) || r.Slot == 0 || r.Handle == (session.Session{}) {
				t.Fatalf("%+v", r)
			}
			if i%3 == 0 && e.CloseSession(r.Handle) == nil {
				closed++
			}
		}
		if len(l.Rows) > 0 {
			_, _ = e.Session(l.Rows[0].Handle)
			lists++
		}
		time.Sleep(5 * time.Millisecond)
	}
	s := e.Stop()
	checkBalance(t, s.Sessions)
	if closed == 0 || s.Sessions.Failed != 0 || s.Messages.Failed != 0 || s.Sessions.Live != 0 && s.Partial {
		t.Errorf("%d closed, %+v, %d messages failed", closed, s.Sessions, s.Messages.Failed)
	}
	if listing(e.lister) {
		t.Error("the lister outlives the engine")
	}
}

// A watched session is told of through its whole life.
func TestDetailThroughTheEnd(t *testing.T) {
	cases := []struct {
		name string
		edit func(*Config)
		end  func(e *Engine, d *SessionDetail)
		want string
	}{
		{"life", func(*Config) {}, nil, endedOfAge},
		{"expiry", func(c *Config) { c.ExpireShare = 1 }, nil, endedLeft},
		{"by hand", func(*Config) {}, func(e *Engine, d *SessionDetail) { _ = e.CloseSession(d.Handle) }, endedByHand},
		{"peer", func(*Config) {}, func(e *Engine, d *SessionDetail) { _ = e.CloseSession(d.Peer) }, endedByPeer},
		{"reset", func(*Config) {}, func(e *Engine, _ *SessionDetail) { _ = e.Reset() }, endedByReset},
		{"stop", func(*Config) {}, func(e *Engine, _ *SessionDetail) { e.Stop() }, endedByStop},
		{"idle", func(c *Config) { c.Lifetime, c.Messages = Fixed(time.Hour), Fixed(1) }, nil, endedIdle},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			cfg := steadyPairs(t, 0)
			cfg.HandshakeShare, cfg.Lifetime, cfg.Messages, cfg.MessageSize, cfg.ExpireShare = 0, Fixed(20*time.Second), Fixed(200), Fixed(100), 0
			cfg.Rate = 20
			tt.edit(&cfg)
			inBubble(t, cfg, nil, func(t *testing.T, e *Engine) {
				time.Sleep(5*time.Second + offTick)
				_, _ = e.Sessions(SessionQuery{Order: ByAge, Reverse: true, Limit: 1})
				time.Sleep(time.Second)
				l, err := e.Sessions(SessionQuery{Order: ByAge, Reverse: true, Limit: 1})
				if err != nil {
					t.Fatal(err)
				}
				h := l.Rows[0].Handle
				var d SessionDetail
				for i := range 5000 {
					// Stop returns the error of what does not run any more.
					if d, err = e.Session(h); err != nil && !errors.Is(err, ErrNotRunning) {
						t.Fatal(err)
					}
					if d.EndedBy != "" {
						break
					}
					if i == 20 && tt.end != nil {
						tt.end(e, &d)
					}
					time.Sleep(500 * time.Millisecond)
				}
				if d.EndedBy != tt.want || d.State != SessionEnded || d.ID != l.Rows[0].ID || !d.Known {
					t.Fatalf("%q, %s, known %t, at %s, want %q", d.EndedBy, d.State, d.Known, d.EndedAt, tt.want)
				}
				sum := uint64(0)
				for i, p := range d.Traffic {
					sum += uint64(p.Messages)
					if i > 0 && p.At != d.Traffic[i-1].At+time.Second {
						t.Errorf("%s after %s", p.At, d.Traffic[i-1].At)
					}
				}
				if d.Messages > 10 && (sum == 0 || sum > d.Messages) || len(d.Traffic) > trafficSeconds {
					t.Errorf("%d of %d messages in the traffic of %d seconds", sum, d.Messages, len(d.Traffic))
				}
				if tt.name != "reset" && (d.EndedAt < l.At || d.EndedAt > 2*time.Hour || d.Messages+1 < uint64(d.Sent)) {
					t.Errorf("ended at %s, after %d of %d messages", d.EndedAt, d.Messages, d.Sent)
				}
				if tt.name == "reset" {
					if d.Created >= 0 || d.EndedAt > 0 || d.EndedAt < d.Created || d.Age > time.Minute {
						t.Errorf("created at %s, %s old, ended at %s of a clock that began later", d.Created, d.Age, d.EndedAt)
					}
					if n := len(d.Traffic); n < 5 || d.Traffic[n-1].At > 0 || d.Traffic[0].At < d.Created {
						t.Errorf("%d seconds of traffic, %+v", n, d.Traffic)
					}
				}
				if tt.name == "life" && d.EndedAt < d.PlannedEnd {
					t.Errorf("ended at %s, planned for %s", d.EndedAt, d.PlannedEnd)
				}
				time.Sleep(watchLinger + time.Second)
				if d, err := e.Session(h); err == nil {
					t.Errorf("it is known long after: %q", d.EndedBy)
				}
			})
		})
	}
}

// Only one session is watched, and none for longer than somebody asks.
func TestDetailOfOneAtATime(t *testing.T) {
	inBubble(t, longPairs(t), nil, func(t *testing.T, e *Engine) {
		time.Sleep(time.Second + offTick)
		_, _ = e.Sessions(SessionQuery{Limit: 2})
		time.Sleep(time.Second)
		l, _ := e.Sessions(SessionQuery{Limit: 2})
		first, second := l.Rows[0].Handle, l.Rows[1].Handle
		for _, h := range []session.Session{first, second, first} {
			d, err := e.Session(h)
			if err != nil || d.Handle != h {
				t.Errorf("at the first call: %v", err)
			}
			time.Sleep(time.Second)
			if d, err = e.Session(h); err != nil || !d.Known || d.Handle != h {
				t.Errorf("known %t, %v", d.Known, err)
			}
			synctest.Wait()
		}
		time.Sleep(10 * time.Second) // there is a message every 3.6
		if w := e.run.watch.Load(); w != nil {
			t.Error("a session is watched and nobody asks")
		}
		if _, err := e.Session(session.Session{}); !errors.Is(err, session.ErrClosed) {
			t.Errorf("no session: %v", err)
		}
		m, err := session.NewManager(session.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = m.Close() }()
		other, err := m.Create(session.Params{Seed: make([]byte, session.SeedSize)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Session(other); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("a session of others: %v", err)
		}
		if err := e.CloseSession(other); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("a session of others: %v", err)
		}
	})
}

func TestListBeforeStartAndTags(t *testing.T) {
	e, err := New(quick())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Sessions(SessionQuery{Limit: 1}); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Sessions: %v", err)
	}
	if _, err := e.Session(session.Session{}); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Session: %v", err)
	}
	if err := e.CloseSession(session.Session{}); !errors.Is(err, ErrNotRunning) {
		t.Errorf("CloseSession: %v", err)
	}
	e.Stop()
	for suite := HandshakeNone; suite < HandshakeMixed; suite++ {
		for i := range 2 * 8 * len(session.PoolKinds()) {
			o := session.Optimizations{KeyBuffer: i&1 != 0, SingleHKDF: i&2 != 0, ReusableHash: i&4 != 0, Pool: session.PoolKinds()[i/16]}
			transport := Transport(i >> 3 & 1)
			if s, tr, opt := readTag(makeTag(suite, transport, o)); s != suite || tr != transport || opt != o {
				t.Errorf("%s %s %+v is read as %s %s %+v", suite, transport, o, s, tr, opt)
			}
		}
	}
	runtime.KeepAlive(e)
}
