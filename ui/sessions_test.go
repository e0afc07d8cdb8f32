package ui

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// fakeSessions is an engine with made-up sessions. Those of a large number are made
// when they are asked for.
type fakeSessions struct {
	*fakeEngine
	at      time.Duration
	rows    []load.SessionRow
	many    int // sessions of which only those that are asked for exist; in order of their ids
	handles []session.Session
	closed  map[session.Session]bool
	keys    []string
	err     error
	queries []load.SessionQuery
	passes  bool // false while no pass has ended
}

// newFakeSessions makes n sessions, the two ends of each pair beside each other.
func newFakeSessions(tb testing.TB, n int) *fakeSessions {
	tb.Helper()
	e := &fakeSessions{fakeEngine: newFakeEngine(), closed: map[session.Session]bool{}, passes: true, at: time.Second}
	manager, err := session.NewManager(session.Config{SweepInterval: time.Hour})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = manager.Close() })
	for i := range max(n, 64) {
		h, err := manager.Create(session.Params{Seed: make([]byte, session.SeedSize), Label: fmt.Sprint("l", i)})
		if err != nil {
			tb.Fatal(err)
		}
		e.handles = append(e.handles, h)
	}
	for i := range n {
		e.rows = append(e.rows, e.row(i))
	}
	return e
}

// row makes up the i-th session.
func (e *fakeSessions) row(i int) load.SessionRow {
	pair := uint64(i / 2)
	r := load.SessionRow{
		Role: session.Initiator + session.Role(i%2), Optimizations: session.Tuned,
		Age: time.Duration(1+pair*7919%977) * 130 * time.Millisecond, Idle: time.Duration(pair*37%29) * 90 * time.Millisecond,
		Messages: pair * 13 % 41, Slot: uint32(1 + pair*31%4099), Reuses: uint32(pair * 7 % 19),
		Handle: e.handles[i%len(e.handles)], Created: 1,
	}
	// Ids in order, for a list of which not all rows exist.
	binary.BigEndian.PutUint64(r.ID[:], pair*0x0000_3a5f_9b1c_0000+0x1f3a_77c2)
	binary.BigEndian.PutUint64(r.ID[8:], (pair+3)*0x9e37_79b9_7f4a_7c15)
	r.BytesOut, r.BytesIn = r.Messages*512, r.Messages/2*1024
	r.Idle = min(r.Idle, r.Age)
	if r.Idle > time.Second {
		r.State = load.SessionIdle
	}
	r.Expires = 10*time.Minute - r.Idle
	switch pair % 5 {
	case 1:
		r.Suite = load.HandshakeX25519
	case 2:
		r.Suite, r.Transport = load.HandshakeHybrid, load.TransportHTTP
	case 4:
		r.Expires = 4*time.Second + r.Idle
	}
	return r
}

func (e *fakeSessions) Sessions(q load.SessionQuery) (load.SessionList, error) {
	e.queries = append(e.queries, q)
	l := load.SessionList{Query: q, FollowedPlace: -1}
	if !e.passes {
		return l, e.err
	}
	l.At, l.Took = e.at, time.Millisecond
	if e.many > 0 {
		l.Matched, l.Total = e.many, e.many
		for i := q.Offset; i < min(q.Offset+q.Limit, e.many); i++ {
			k := i
			if q.Reverse {
				k = e.many - 1 - i
			}
			l.Rows = append(l.Rows, e.row(k))
		}
		return l, e.err
	}
	f, err := load.ParseSessionFilter(q.Filter)
	if err != nil {
		return l, err
	}
	var all []load.SessionRow
	for _, r := range e.rows {
		if e.closed[r.Handle] {
			r.State = load.SessionEnded
		}
		if r.Handle == q.Follow {
			l.Followed = r
		}
		if f.Match(&r) {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b load.SessionRow) int {
		c := compareRows(&a, &b, q.Order)
		if c == 0 {
			c = cmp.Or(compareRows(&a, &b, load.ByID), cmp.Compare(a.Role, b.Role))
		}
		if q.Reverse {
			return -c
		}
		return c
	})
	l.Matched, l.Total = len(all), len(e.rows)
	l.FollowedPlace = slices.IndexFunc(all, func(r load.SessionRow) bool { return r.Handle == q.Follow })
	l.Rows = all[min(q.Offset, len(all)):min(q.Offset+q.Limit, len(all))]
	return l, e.err
}

func compareRows(a, b *load.SessionRow, by load.SessionColumn) int {
	switch by {
	case load.ByState:
		return cmp.Compare(a.State, b.State)
	case load.ByRole:
		return cmp.Compare(a.Role, b.Role)
	case load.BySuite:
		return cmp.Compare(a.Suite, b.Suite)
	case load.ByAge:
		return cmp.Compare(a.Age, b.Age)
	case load.ByIdle:
		return cmp.Compare(a.Idle, b.Idle)
	case load.ByMessages:
		return cmp.Compare(a.Messages, b.Messages)
	case load.ByBytesIn:
		return cmp.Compare(a.BytesIn, b.BytesIn)
	case load.ByBytesOut:
		return cmp.Compare(a.BytesOut, b.BytesOut)
	case load.ByExpires:
		return cmp.Compare(a.Expires, b.Expires)
	case load.BySlot:
		return cmp.Compare(a.Slot, b.Slot)
	case load.ByReuses:
		return cmp.Compare(a.Reuses, b.Reuses)
	}
	return cmp.Compare(string(a.ID[:]), string(b.ID[:]))
}

func (e *fakeSessions) Session(h session.Session) (load.SessionDetail, error) {
	i := slices.IndexFunc(e.rows, func(r load.SessionRow) bool { return r.Handle == h })
	if i < 0 {
		return load.SessionDetail{}, session.ErrClosed
	}
	d := load.SessionDetail{
		SessionRow: e.rows[i], Known: true, Pair: uint64(i / 2), Lane: 1, Planned: 40, Sent: int(e.rows[i].Messages),
		PlannedEnd: e.at + 12300*time.Millisecond, Limits: session.DefaultLimits(), KeyIDs: e.keys,
	}
	d.Ledger = []load.LedgerRow{
		{Stage: "create", Count: 1, Time: 4210, HKDF: 2, Replayed: true, Allocs: 3, AllocBytes: 208},
		{Stage: "seal", Count: 6, Time: 22300, Bytes: d.BytesOut, Replayed: true, Allocs: 1, AllocBytes: 576},
		{Stage: "open", Count: 7, Time: 24100, Bytes: d.BytesIn},
	}
	if d.Suite != load.HandshakeNone {
		d.Phases = &[4]load.PhaseTime{{Name: "invitation", Time: 52e3, Bytes: 178}, {Name: "request", Time: 184e3, Bytes: 320}, {Name: "response", Time: 97e3, Bytes: 2690}, {Name: "complete", Time: 66e3, Bytes: 210}}
		d.Ledger = slices.Insert(d.Ledger, 0, load.LedgerRow{Stage: "handshake", Count: 1, Time: 399e3, Replayed: true, Allocs: 81, AllocBytes: 14_336})
	}
	for i := range 31 {
		n := uint32(3 + i*7%5)
		d.Traffic = append(d.Traffic, load.TrafficPoint{At: time.Duration(i) * time.Second, Messages: n, BytesIn: uint64(n/2) * 1024, BytesOut: uint64(n-n/2) * 1024})
	}
	if e.closed[h] {
		d.State, d.EndedBy, d.EndedAt = load.SessionEnded, "closed by hand", e.at-1200*time.Millisecond
		d.Ledger = append(d.Ledger, load.LedgerRow{Stage: "close", Count: 1, Time: 310})
	}
	return d, e.err
}

func (e *fakeSessions) CloseSession(h session.Session) error {
	if e.closed[h] {
		return session.ErrClosed
	}
	e.closed[h] = true
	return nil
}

// sessionsBench is a bench on the Sessions page of an engine with made-up sessions.
type sessionsBench struct {
	*bench
	sessions *fakeSessions
	page     *sessionsPage
}

func onSessions(tb testing.TB, theme string, ascii bool, w, h, n int) *sessionsBench {
	b := &sessionsBench{bench: newBench(tb, theme, ascii), sessions: newFakeSessions(tb, n)}
	b.model.engine = b.sessions
	b.size(w, h)
	b.snapshots(30)
	b.showPage(1)
	b.page = b.pages[1].(*sessionsPage)
	b.poll()
	return b
}

// poll has a snapshot come, and the answers to what it asks.
func (b *sessionsBench) poll() {
	s := b.load.step()
	b.sessions.at = s.Elapsed - 300*time.Millisecond
	b.Update(snapshotMsg{s})
	b.page.waiting = false // the command of the snapshot was dropped with the wait for the next
	b.run(b.page.Poll(b.model))
}

// run runs a command, and those that its answers give.
func (b *sessionsBench) run(cmd tea.Cmd) {
	for cmd != nil {
		msg := cmd()
		if msg == nil {
			return
		}
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				b.run(c)
			}
			return
		}
		_, cmd = b.Update(msg)
	}
}

// keys types keys, and runs what they start.
func (b *sessionsBench) keys(keys ...string) {
	for _, k := range keys {
		msg := lineKey(k)
		switch k {
		case "down":
			msg = tea.KeyMsg{Type: tea.KeyDown}
		case "pgdown":
			msg = tea.KeyMsg{Type: tea.KeyPgDown}
		case "pgup":
			msg = tea.KeyMsg{Type: tea.KeyPgUp}
		}
		_, cmd := b.Update(msg)
		b.run(cmd)
	}
}

// cursor returns the row under the cursor.
func (b *sessionsBench) cursor(t *testing.T) load.SessionRow {
	t.Helper()
	r, ok := b.page.chosen()
	if !ok {
		t.Fatalf("no row under the cursor:\n%s", b.plain())
	}
	return *r
}

func (b *sessionsBench) wants(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.plain(), text) {
			t.Errorf("%q is not shown:\n%s", text, b.plain())
		}
	}
}

func TestGoldenSessions(t *testing.T) {
	for _, s := range sizes {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) {
			b := onSessions(t, "dark", false, s[0], s[1], 300)
			b.keys("down", "down")
			golden(t, fmt.Sprintf("sessions-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
			b.keys("/", "age>10s sute=hybrid")
			golden(t, fmt.Sprintf("sessions-filter-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
			b.keys("esc", "down", "down", "enter")
			golden(t, fmt.Sprintf("session-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
		})
	}
}

func TestGoldenSessionsLooks(t *testing.T) {
	for _, look := range looksOfGoldens {
		for _, s := range [][2]int{{80, 24}, {120, 40}, {200, 50}} {
			t.Run(fmt.Sprintf("%s %dx%d", look.name(), s[0], s[1]), func(t *testing.T) {
				b := onSessions(t, look.theme, look.ascii, s[0], s[1], 300)
				name := fmt.Sprintf("%dx%d-%s.ansi.golden", s[0], s[1], look.name())
				b.keys("down", "down", "down", "down", "f")
				golden(t, "sessions-"+name, b.View()+"\n")
				b.keys("enter")
				golden(t, "session-"+name, b.View()+"\n")
				b.keys("x")
				golden(t, "session-close-"+name, b.View()+"\n")
				b.keys("y")
				b.poll()
				golden(t, "session-ended-"+name, b.View()+"\n")
			})
		}
	}
}

// TestSessionsAreAskedForAsSeen: as many rows as are seen, and a margin; one question
// at a time, and none while nobody looks.
func TestSessionsAreAskedForAsSeen(t *testing.T) {
	b := onSessions(t, "dark", false, 80, 24, 300)
	e := b.sessions
	last := func() load.SessionQuery { return e.queries[len(e.queries)-1] }
	if q := last(); q.Offset != 0 || q.Limit != 18+listMargin {
		t.Errorf("asked for %+v", q)
	}
	b.keys("pgdown", "pgdown", "pgdown")
	if q := last(); q.Offset != 34-listMargin || q.Limit != 18+2*listMargin {
		t.Errorf("asked for %+v", q)
	}
	cmd := b.page.Poll(b.model)
	if again := b.page.Poll(b.model); cmd == nil || again != nil {
		t.Error("two questions at a time")
	}
	b.run(cmd)
	n := len(e.queries)
	b.keys("1")
	b.snapshots(3)
	b.keys("2", "space")
	b.snapshots(3)
	if len(e.queries) != n {
		t.Errorf("%d questions while nobody looked, or the view was frozen", len(e.queries)-n)
	}
}

func TestSessionsSort(t *testing.T) {
	b := onSessions(t, "dark", false, 200, 50, 300)
	for i := range load.NumSessionColumns {
		by := load.SessionColumn(i)
		if b.page.order != by {
			t.Fatalf("ordered by %v, want %v", b.page.order, by)
		}
		for range 2 {
			arrow := "↑"
			if b.page.reverse {
				arrow = "↓"
			}
			b.wants(t, "by "+by.String()+arrow)
			rows := b.page.sheet.rows
			for k := 1; k < len(rows); k++ {
				if c := compareRows(&rows[k-1].SessionRow, &rows[k].SessionRow, by); b.page.reverse && c < 0 || !b.page.reverse && c > 0 {
					t.Fatalf("by %v, reverse %v: row %d is out of order", by, b.page.reverse, k)
				}
			}
			b.keys("S")
		}
		b.keys("s")
	}
	if b.page.order != load.ByID {
		t.Errorf("after all columns: %v", b.page.order)
	}
}

func TestSessionsMouse(t *testing.T) {
	b := onSessions(t, "dark", false, 120, 40, 300)
	clickAt := func(kind hitKind, n int) {
		b.run(b.page.Click(b.model, hit{kind: kind, n: n}, 0, 0))
		b.compose()
	}
	for _, want := range []hitKind{hitColumn, hitRow} {
		if !slices.ContainsFunc(b.canvas.hits, func(h hit) bool { return h.kind == want }) {
			t.Errorf("nothing of kind %d to click on", want)
		}
	}
	clickAt(hitColumn, int(load.ByMessages))
	b.wants(t, "↓msgs", "by msgs↓")
	clickAt(hitColumn, int(load.ByMessages))
	b.wants(t, "↑msgs")
	clickAt(hitRow, 5)
	if b.page.sheet.line != 5 || b.page.one != nil {
		t.Errorf("after a click the cursor is in line %d", b.page.sheet.line)
	}
	want := b.cursor(t)
	clickAt(hitRow, 5)
	if b.page.one == nil || b.page.one.handle != want.Handle {
		t.Error("a click on the chosen row does not open it")
	}
	b.keys("esc")
	b.run(b.page.Wheel(b.model, wheelRows))
	b.compose()
	if b.page.sheet.first != 1+wheelRows || b.page.sheet.line != 5-wheelRows {
		t.Errorf("after the wheel the first row is %d, the cursor in line %d", b.page.sheet.first, b.page.sheet.line)
	}
}

func TestSessionsFilter(t *testing.T) {
	b := onSessions(t, "dark", false, 80, 24, 300)
	b.keys("/", "suite=hybrid")
	b.wants(t, "60 of 300", "/suite=hybrid")
	b.keys("space", "msgs>x")
	b.wants(t, "60 of 300", `"x" is not valid for msgs`)
	lines := strings.Split(b.plain(), "\n")
	text, caret := lines[3], lines[4]
	if i := strings.Index(caret, "^"); i != strings.LastIndex(text, "x") || strings.Count(caret, "^") != 1 {
		t.Errorf("the caret is not under the x:\n%s\n%s", text, caret)
	}
	b.keys("enter")
	if b.overlay == nil {
		t.Error("a faulty filter is kept")
	}
	b.keys("ctrl+w", "msgs>10", "enter")
	b.wants(t, "/suite=hybrid msgs>10")
	if b.overlay != nil {
		t.Error("the line is still open")
	}
	n := b.page.list.Matched
	b.keys("/", "ctrl+u", "id=nothing")
	b.wants(t, "no session is as the filter says")
	b.keys("esc")
	if b.page.list.Matched != n || b.page.filter != "suite=hybrid msgs>10" {
		t.Errorf("esc leaves the filter %q with %d sessions", b.page.filter, b.page.list.Matched)
	}
	b.keys("/", "ctrl+u", "responder", "enter", "/", "up", "up")
	if b.page.filter != "suite=hybrid msgs>10" {
		t.Errorf("recalled %q", b.page.filter)
	}
	b.keys("down", "down", "down")
	if b.page.editing.line.Text() != "responder" {
		t.Errorf("back to %q", b.page.editing.line.Text())
	}
	b.keys("ctrl+u", "enter")
	b.wants(t, "─ 300 ─╮")
}

// TestSessionsFollow: the cursor stays on its session, wherever that goes.
func TestSessionsFollow(t *testing.T) {
	b := onSessions(t, "dark", false, 80, 24, 300)
	b.keys("s", "s", "s", "s", "s", "down", "down", "down") // by idle
	want := b.cursor(t)
	b.keys("f")
	b.wants(t, "following", "◆")
	i := slices.IndexFunc(b.sessions.rows, func(r load.SessionRow) bool { return r.Handle == want.Handle })
	b.sessions.rows[i].Idle = 0
	b.poll()
	if got := b.cursor(t); got.Handle != want.Handle || b.page.top == 0 {
		t.Errorf("the cursor is on %v in a table from row %d on", got.ID, b.page.top)
	}
	b.sessions.rows[i].Suite = load.HandshakeHPKE
	b.keys("/", "suite=hybrid", "enter")
	b.poll()
	b.wants(t, "the followed session is not among these", "◆")
	b.sessions.closed[want.Handle] = true
	b.poll()
	b.wants(t, "the followed session has ended")
	b.keys("down")
	if b.page.follow != (session.Session{}) {
		t.Error("moving the cursor does not end following")
	}
}

func TestSessionsClose(t *testing.T) {
	b := onSessions(t, "dark", false, 80, 24, 300)
	b.keys("down")
	want := b.cursor(t)
	b.keys("x")
	b.wants(t, "close session "+want.ID.String()[:8]+"…, responder?")
	b.keys("n")
	if len(b.sessions.closed) != 0 || b.overlay != nil {
		t.Fatal("closed after n")
	}
	b.keys("x", "y")
	b.poll()
	if !b.sessions.closed[want.Handle] || b.overlay != nil {
		t.Fatal("not closed after y")
	}
	b.wants(t, "ended")
	b.keys("x")
	if b.overlay != nil || !strings.Contains(b.notice, "has ended already") {
		t.Errorf("a session that has ended can be closed; notice %q", b.notice)
	}
	b.keys("down", "x")
	b.sessions.closed[b.cursor(t).Handle] = true
	b.keys("y")
	if !strings.Contains(b.notice, "had ended already") {
		t.Errorf("notice %q", b.notice)
	}
}

// TestSessionsDeep: of a million sessions, ten thousand from either end can be
// reached, and it is said.
func TestSessionsDeep(t *testing.T) {
	b := onSessions(t, "dark", false, 80, 24, 0)
	b.sessions.many = 1_000_000
	b.poll()
	b.wants(t, "rows 1–18 of 1,000,000")
	b.keys("]")
	b.wants(t, "rows 999,983–1,000,000 of 1,000,000")
	if got, want := b.cursor(t).ID, b.sessions.row(999_999).ID; got != want {
		t.Errorf("the last is %v, want %v", got, want)
	}
	b.keys("up", "pgup")
	if got, want := b.cursor(t).ID, b.sessions.row(999_999-18).ID; got != want {
		t.Errorf("above it is %v, want %v", got, want)
	}
	b.keys("[")
	b.wants(t, "rows 1–18 of 1,000,000")
	for range 10_000/17 + 2 {
		b.keys("pgdown")
	}
	b.wants(t, "rows 9,983–10,000 of 1,000,000", "rows further than 10,000 from both")
	b.keys("pgup")
	if strings.Contains(b.plain(), "rows further than") {
		t.Error("still said to be at the edge")
	}
	for _, q := range b.sessions.queries {
		if q.Offset+q.Limit > reach {
			t.Fatalf("asked for %+v", q)
		}
	}
	b.sessions.many = 15_000
	b.keys("[")
	for range 15_000/17 + 2 {
		b.keys("pgdown")
	}
	b.wants(t, "rows 14,983–15,000 of 15,000")
	b.keys("[")
	b.wants(t, "rows 1–18 of 15,000")
}

// TestSessionsPast: a frozen list stays as it was, and a cursor in the past finds the
// list of then.
func TestSessionsPast(t *testing.T) {
	b := onSessions(t, "dark", false, 80, 24, 300)
	for range 25 {
		b.poll()
	}
	then := b.snap.Elapsed
	before := b.cursor(t).Messages
	for i := range b.sessions.rows {
		b.sessions.rows[i].Messages = 999
	}
	for range 25 {
		b.poll()
	}
	b.keys("space")
	frozen := b.plain()
	b.sessions.rows = nil
	b.poll()
	if got := b.page.sheet.matched; got != 300 {
		t.Errorf("%d sessions in a frozen list:\n%s", got, frozen)
	}
	draw := func(at time.Duration) string {
		v := *b.view()
		v.at, v.cursor = at, true
		return picture(80, 21, false, func(a area) { b.page.Render(a, &v) })
	}
	if draw(then); b.cursor(t).Messages != before {
		t.Errorf("then the first had %d messages, want %d", b.cursor(t).Messages, before)
	}
	if got := draw(time.Second); !strings.Contains(got, "no list was kept of this moment") {
		t.Errorf("of a time when the page was not shown:\n%s", got)
	}
	b.keys("s")
	if b.notice != errFrozen.Error() {
		t.Errorf("sorting a frozen list: notice %q", b.notice)
	}
}

func TestSessionsNothing(t *testing.T) {
	b := onSessions(t, "dark", false, 80, 24, 0)
	b.wants(t, "no session lives at present")
	b = &sessionsBench{bench: newBench(t, "dark", false), sessions: newFakeSessions(t, 10)}
	b.sessions.passes = false
	b.model.engine = b.sessions
	b.size(80, 24)
	b.showPage(1)
	b.page = b.pages[1].(*sessionsPage)
	b.poll()
	b.wants(t, "looking at all sessions")
	b.keys("up", "down", "enter", "x", "f", "]", "[", "pgdown")
	b.sessions.passes = true
	b.poll()
	b.wants(t, "─ 10 ─╮")
	b.sessions.err = load.ErrNotRunning
	b.poll()
	b.wants(t, "─ 10 ─╮", "the load has ended")
	b.sessions.err = load.ErrComparing
	b.poll()
	b.wants(t, "a comparison runs")
}

// TestSessionStory: one session's page, and what is on it when it ends.
func TestSessionStory(t *testing.T) {
	b := onSessions(t, "dark", false, 120, 40, 300)
	b.keys("down", "down", "enter")
	row := b.cursor(t)
	b.wants(t, row.ID.String(), "initiator active", "x25519 over memory", "13 of 40 planned", "in 9m59s", "invitation", "399 µs", "handshake", "seal", "tuned")
	b.keys("down")
	b.wants(t, "responder active")
	if b.cursor(t).Handle == row.Handle {
		t.Error("down stays on the session")
	}
	b.keys("up", "x", "y")
	b.poll()
	b.wants(t, row.ID.String(), "closed by hand, 1.5 s ago", "initiator ended", "close ")
	b.sessions.rows = slices.DeleteFunc(b.sessions.rows, func(r load.SessionRow) bool { return r.Handle == row.Handle })
	b.poll()
	b.wants(t, "closed by hand")
	if got := b.page.Data(nil); len(got) != 4 || len(got[0].rows) != 1 || len(got[2].rows) != 5 {
		t.Errorf("data: %+v", got)
	}
	b.keys("esc")
	b.wants(t, "─ 299 ─╮")
}

func TestSessionsTakenAway(t *testing.T) {
	b := onSessions(t, "dark", false, 80, 24, 300)
	row := b.cursor(t)
	want := row.ID.String() + " initiator active none, age 130 ms, idle <1 ms, msgs 0, in 0 B, out 0 B, expires 10m00s, slot 1, reuses 0"
	if got := b.page.Copy(nil); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	d := b.page.Data(nil)
	if len(d) != 1 || len(d[0].rows) != 18 {
		t.Fatalf("%d tables of %d rows", len(d), len(d[0].rows))
	}
	for _, r := range d[0].rows {
		if len(r) != len(d[0].columns) {
			t.Errorf("%d figures in %d columns", len(r), len(d[0].columns))
		}
	}
}

// TestSessionsStrangeTexts: no text breaks a row.
func TestSessionsStrangeTexts(t *testing.T) {
	for _, s := range sizes {
		b := onSessions(t, "dark", false, s[0], s[1], 300)
		b.sessions.keys = []string{"ключ", "密钥界界界界界界界界界界界界界界界", "e\u0301\u0302\u0303", "\u202e\x1b[31m", "👩‍👩‍👧", strings.Repeat("long", 50)}
		b.keys("enter")
		everyLineIsAsWide(t, b.bench, s[0], s[1])
		b.keys("esc", "/", "界界e\u0301\u200b\u202e=👩‍👩‍👧"+strings.Repeat("密", 90))
		everyLineIsAsWide(t, b.bench, s[0], s[1])
		b.keys("left", "left", "left", "home")
		everyLineIsAsWide(t, b.bench, s[0], s[1])
		b.keys("ctrl+u", "密钥", "enter")
		everyLineIsAsWide(t, b.bench, s[0], s[1])
	}
}

func TestSessionsAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	b := onSessions(t, "dark", false, 200, 50, 300)
	b.keys("down", "down", "f")
	if n := testing.AllocsPerRun(50, b.compose); n > 1 {
		t.Errorf("a frame of the list takes %v allocations", n)
	}
	b.keys("enter")
	if n := testing.AllocsPerRun(50, b.compose); n > 1 {
		t.Errorf("a frame of one session takes %v allocations", n)
	}
}

func BenchmarkSessionsFrame(b *testing.B) {
	x := onSessions(b, "dark", false, 200, 50, 300)
	b.ReportAllocs()
	for b.Loop() {
		x.compose()
	}
}

// TestSessionColumns: columns do not overlap and have room for their figures.
func TestSessionColumns(t *testing.T) {
	for w := minWidth - 2; w < 260; w++ {
		x := rowMarks
		for i, c := range placeColumns(w, load.ByID, nil) {
			if i > 0 {
				x++
			}
			if c.x < x {
				t.Fatalf("%d cells: column %v begins at %d, before %d", w, c.by, c.x, x)
			}
			if x = c.x + c.w; x > w-1 {
				t.Fatalf("%d cells: column %v ends at %d", w, c.by, x)
			}
		}
		if w >= 190 && x < w-8 {
			t.Errorf("%d cells: %d are left over", w, w-x)
		}
	}
}

func TestAppendAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "<1 ms", time.Millisecond: "1 ms", 999 * time.Millisecond: "999 ms", time.Second: "1.0 s", 59999 * time.Millisecond: "59.9 s",
		time.Minute: "1m00s", 59*time.Minute + 59*time.Second: "59m59s", time.Hour: "1h00m", 95 * time.Hour: "95h00m", 96 * time.Hour: "4d",
	} {
		if got := string(appendAge(nil, d)); got != want || len(got) > 6 {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func (l storyLayout) parts() []part {
	return []part{{l.story, 'S'}, {l.shake, 'H'}, {l.ledger, 'L'}, {l.messages, 'm'}, {l.bytes, 'b'}}
}

func TestStoryLayoutFillsThePage(t *testing.T) {
	for w := minWidth; w < 260; w += 7 {
		for h := minHeight - headerRows - footerRows; h < 100; h++ {
			l := layoutStory(w, h)
			for y, row := range mapOf(w, h, l.parts()) {
				if i := strings.IndexAny(string(row), ".!"); i >= 0 {
					t.Fatalf("%dx%d: cell %d, %d is %q", w, h, i, y, row[i])
				}
			}
			if l.story.h < leastStory || l.ledger.h < leastLedger || h >= 21 && (l.messages.h < trafficHeight || w >= 80 && l.shake.h < usualStory) {
				t.Fatalf("%dx%d: %+v", w, h, l)
			}
		}
	}
}
