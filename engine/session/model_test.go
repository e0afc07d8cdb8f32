package session

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// twin is a session as the model has it: keys of its own, limits, times.
type twin struct {
	*peer
	handle            Session
	seed              uint64
	label             string
	role              Role
	limits            Limits
	created, used     time.Time
	messages, in, out uint64
	keyIDs            []string
}

// deadline returns when the session's time is up, if it is not used again.
func (s *twin) deadline() (_ time.Time, some bool) {
	return deadlineOf(s.limits, s.created, s.used, s.messages)
}

func deadlineOf(l Limits, created, used time.Time, messages uint64) (end time.Time, some bool) {
	consider := func(t time.Time) {
		if !some || t.Before(end) {
			end, some = t, true
		}
	}
	if l.MaxAge > 0 {
		consider(created.Add(l.MaxAge))
	}
	if l.IdleTimeout > 0 {
		consider(used.Add(l.IdleTimeout))
	}
	if l.MaxMessages > 0 && messages >= l.MaxMessages {
		consider(used)
	}
	return end, some
}

// model is a manager without storage to reuse, shards, locks or a wheel. It
// says what the real one has to do.
type model struct {
	real      *Manager
	tb        testing.TB // for the helpers
	live      map[ID]*twin
	order     []*twin // those in live, so that what is drawn can be drawn again
	graveyard []*twin // all that ever ended: handles are for ever
	names     map[string]*twin
	opts      Optimizations
	capacity  int
	max       int
	limits    Limits
	seeds     uint64   // used up
	want      Counters // the books
}

// reached returns the counter of the limit that s has reached, or nil.
func (m *model) reached(s *twin) *uint64 {
	now := time.Now()
	switch l := s.limits; {
	case l.MaxAge > 0 && now.Sub(s.created) >= l.MaxAge:
		return &m.want.ExpiredAge
	case l.IdleTimeout > 0 && now.Sub(s.used) >= l.IdleTimeout:
		return &m.want.ExpiredIdle
	case l.MaxMessages > 0 && s.messages >= l.MaxMessages:
		return &m.want.ExpiredCount
	default:
		return nil
	}
}

// end is the end of s, by what counter counts.
func (m *model) end(s *twin, counter *uint64) {
	*counter++
	delete(m.live, s.id)
	m.order = slices.DeleteFunc(m.order, func(o *twin) bool { return o == s })
	m.graveyard = append(m.graveyard, s)
	for _, name := range s.keyIDs {
		delete(m.names, name)
	}
	switch {
	case m.opts.Pool == PoolFreeList && m.want.Free == int64(m.capacity):
		m.want.Drops++
	case m.opts.Pool == PoolFreeList:
		m.want.Puts++
		m.want.Free++
	case m.opts.Pool == PoolSync:
		m.want.Puts++
	}
}

// use is what an operation on s does first: it returns ErrExpired, once, if a
// limit is reached.
func (m *model) use(s *twin) error {
	if counter := m.reached(s); counter != nil {
		m.end(s, counter)
		return ErrExpired
	}
	return nil
}

// find returns the live session with that id, if there is one.
func (m *model) find(id ID) *twin {
	if s := m.live[id]; s != nil && m.use(s) == nil {
		return s
	}
	return nil
}

// create adds a session that uses o, and counts what that costs.
func (m *model) create(s *twin, o Optimizations) {
	s.created, s.used = time.Now(), time.Now()
	s.peer = newPeer(seedOf(s.seed), s.label, s.role, o.SingleHKDF)
	m.live[s.id] = s
	m.order = append(m.order, s)
	m.want.Created++
	if o.Pool != PoolNone {
		m.want.Gets++
	}
	if o.Pool == PoolFreeList && m.want.Free > 0 {
		m.want.Free--
	}
	first, last := LabelEncryption, LabelS2CSign
	if o.SingleHKDF {
		first, last = LabelSession, LabelDirectional
	}
	for label := first; label <= last; label++ {
		m.want.HKDFCalls[label]++
	}
	m.want.HKDFBytes += KeyMaterialSize
}

// settle takes the manager's new switches into account.
func (m *model) settle() {
	m.want.Capacity = 0
	if m.opts.Pool == PoolFreeList {
		m.want.Capacity = int64(m.capacity)
	}
	m.want.Free = min(m.want.Free, m.want.Capacity)
}

// check compares all that can be asked of the manager without changing it.
func (m *model) check(t *rapid.T) {
	got := checkBooks(m.tb, m.real)
	if m.real.Len() != len(m.live) {
		t.Fatalf("%d sessions in the table, want %d", m.real.Len(), len(m.live))
	}
	want := m.want
	want.Live = int64(len(m.live))
	// What these are depends on which slot serves whom.
	want.Hits, want.Misses, want.KeyAllocations = got.Hits, got.Misses, got.KeyAllocations
	want.ByReuse = got.ByReuse
	if got != want {
		t.Fatalf("counters\n%+v, want\n%+v", got, want)
	}
	for _, s := range m.order {
		m.checkInfo(t, s)
	}
}

func (m *model) checkInfo(t *rapid.T, s *twin) {
	got, err := s.handle.Info()
	want := Info{
		ID: s.id, Role: s.role, Created: s.created, LastUsed: s.used,
		Messages: s.messages, BytesIn: s.in, BytesOut: s.out, Reuses: got.Reuses, KeyIDs: s.keyIDs,
	}
	if l := s.limits; l.MaxMessages == 0 || s.messages < l.MaxMessages {
		want.Expires, _ = s.deadline()
	} else {
		want.Expires = got.Expires // spent: some time that is past
	}
	if err != nil || got.ID != want.ID || got.Role != want.Role || got.Messages != want.Messages ||
		got.BytesIn != want.BytesIn || got.BytesOut != want.BytesOut || !slices.Equal(got.KeyIDs, want.KeyIDs) {
		t.Fatalf("info = %+v, %v, want %+v", got, err, want)
	}
	if !got.Created.Equal(want.Created) || !got.LastUsed.Equal(want.LastUsed) || !got.Expires.Equal(want.Expires) {
		t.Fatalf("times of info = %+v, want %+v", got, want)
	}
}

// wantExactly fails the test unless err is want, and not something narrower.
func wantExactly(t *rapid.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || errors.Is(err, ErrExpired) != errors.Is(want, ErrExpired) {
		t.Fatalf("%s: error %v, want %v", what, err, want)
	}
}

// rapidTB lets the package's helpers report to rapid.
type rapidTB struct {
	testing.TB
	t *rapid.T
}

func (tb rapidTB) Helper()                           {}
func (tb rapidTB) Errorf(format string, args ...any) { tb.t.Errorf(format, args...) }
func (tb rapidTB) Fatalf(format string, args ...any) { tb.t.Fatalf(format, args...) }

// TestModel has the engine and the model do the same, in a bubble in which time
// passes only by the action for it. They agree on every result, every class of
// error, the books, and each session's last nanosecond.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rapid.SyncTest(rt, func(rt *rapid.T) { runModel(t, rt) })
	})
}

func runModel(t *testing.T, rt *rapid.T) {
	m := &model{
		tb:   rapidTB{t, rt},
		live: make(map[ID]*twin), names: make(map[string]*twin),
		opts: switches.Draw(rt, "switches"), capacity: rapid.IntRange(0, 6).Draw(rt, "capacity"), max: 12,
		limits: Limits{MaxAge: time.Hour, IdleTimeout: time.Minute, MaxMessages: 20},
	}
	var err error
	m.real, err = NewManager(Config{
		Limits: m.limits, MaxSessions: m.max, Optimizations: m.opts, PoolCapacity: m.capacity,
		Shards: 1, SweepInterval: manual, // one shard, so that it is known which sessions share a free list
	})
	if err != nil {
		rt.Fatal(err)
	}
	defer m.real.Close()
	m.settle()
	actions := map[string]func(*rapid.T){
		"":               m.check,
		"create":         m.doCreate,
		"create another": m.doCreate, // twice as often as the rest
		"seal":           m.doSeal,
		"open":           m.doOpen,
		"open forged":    m.doOpenForged,
		"sign":           m.doSign,
		"verify":         m.doVerify,
		"grave":          m.doGrave,
		"close":          m.doClose,
		"remove":         m.doRemove,
		"get":            m.doGet,
		"bind":           m.doBind,
		"unbind":         m.doUnbind,
		"get by key id":  m.doGetByKeyID,
		"sleep":          m.doSleep,
		"sweep":          m.doSweep,
		"switch":         m.doSwitch,
	}
	for range 4 { // a single Repeat is over before there is much of a past
		rt.Repeat(actions)
	}
	m.finish(rt)
}

// finish closes the manager: nothing of any session is left.
func (m *model) finish(t *rapid.T) {
	wantExactly(t, "close the manager", m.real.Close(), nil)
	for _, s := range slices.Concat(m.order, m.graveyard) {
		m.wantDead(t, s)
	}
	if c := checkBooks(m.tb, m.real); c.Live != 0 || c.Free != 0 || c.Removed != m.want.Removed+uint64(len(m.live)) {
		t.Fatalf("after the manager's end: %+v", c)
	}
	_, err := m.real.Create(Params{Seed: seedOf(0)})
	wantExactly(t, "create in a closed manager", err, ErrManagerClosed)
}

// wantDead uses the handle of a session that has ended, with a message and a
// MAC that were right while it lived.
func (m *model) wantDead(t *rapid.T, s *twin) {
	wantClosed(m.tb, s.handle)
	text := fmt.Appendf(nil, "a letter to seed %d", s.seed)
	got, err := s.handle.Open(nil, s.seal(text, nil), nil)
	if len(got) != 0 {
		t.Fatalf("a closed handle opened %q", got)
	}
	wantExactly(t, "open by a closed handle", err, ErrClosed)
	wantExactly(t, "verify by a closed handle", s.handle.Verify(text, s.sign(text)), ErrClosed)
}
