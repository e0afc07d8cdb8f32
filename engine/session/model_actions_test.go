package session

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// What the model draws.
var (
	switches = rapid.SampledFrom(everyOptimization())
	texts    = rapid.SliceOfN(rapid.Byte(), 0, 40)
	// spans are durations at every scale, from one nanosecond to 12 days.
	spans = rapid.Custom(func(t *rapid.T) time.Duration {
		bits := rapid.IntRange(0, 50).Draw(t, "bits")
		return time.Duration(rapid.Int64Range(1, 1<<bits).Draw(t, "ns"))
	})
	someLimits = rapid.Custom(func(t *rapid.T) Limits {
		var l Limits
		if rapid.Bool().Draw(t, "ages") {
			l.MaxAge = spans.Draw(t, "age")
		}
		if rapid.Bool().Draw(t, "idles") {
			l.IdleTimeout = spans.Draw(t, "idle")
		}
		if rapid.Bool().Draw(t, "counts") {
			l.MaxMessages = rapid.Uint64Range(1, 4).Draw(t, "messages")
		}
		return l
	})
	keyIDs = rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprint("key id ", rapid.IntRange(0, MaxKeyIDs+3).Draw(t, "key id"))
	})
)

// pick draws one of all, or makes rapid draw another action.
func pick(t *rapid.T, all []*twin) *twin {
	if len(all) == 0 {
		t.Skip("there is none")
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
}

// pickID draws the id of a session that lives or lived, or of none.
func (m *model) pickID(t *rapid.T) ID {
	all := slices.Concat(m.order, m.graveyard)
	n := rapid.IntRange(0, len(all)).Draw(t, "whose id")
	if n == len(all) {
		return ID{1}
	}
	return all[n].id
}

func (m *model) doCreate(t *rapid.T) {
	s := &twin{seed: m.seeds, role: rapid.SampledFrom([]Role{Symmetric, Initiator, Responder}).Draw(t, "role")}
	// Of an old seed comes the id of an old session, which may live or not.
	if old := slices.Concat(m.order, m.graveyard); len(old) > 0 && rapid.IntRange(0, 2).Draw(t, "seed") == 0 {
		of := pick(t, old)
		s.seed, s.label = of.seed, of.label
	} else {
		s.label = rapid.SampledFrom([]string{"", "another label"}).Draw(t, "label")
		m.seeds++
	}
	p := Params{Seed: seedOf(s.seed), Label: s.label, Role: s.role}
	s.limits = m.limits
	if rapid.Bool().Draw(t, "own limits") {
		s.limits = someLimits.Draw(t, "limits")
		p.Limits = &s.limits
	}
	o := m.opts
	if rapid.IntRange(0, 4).Draw(t, "own switches") == 0 {
		o = switches.Draw(t, "switches")
		p.Optimizations = &o
	}
	var want error
	if len(m.live) >= m.max {
		want = ErrFull
		m.want.Refused++
	} else if m.find(DeriveID(p.Seed, p.Label)) != nil {
		want = ErrExists
		m.want.Duplicate++
	}
	got, err := m.real.Create(p)
	wantExactly(t, "create", err, want)
	if want != nil {
		wantClosed(m.tb, got)
		return
	}
	s.handle = got
	m.create(s, o)
	if got.ID() != s.id {
		t.Fatalf("id = %s, want %s", got.ID(), s.id)
	}
}

// count counts a message as use.
func (s *twin) count() {
	s.used = time.Now()
	s.messages++
}

func (m *model) doSeal(t *rapid.T) {
	s := pick(t, m.order)
	dst, text, aad := texts.Draw(t, "dst"), texts.Draw(t, "text"), texts.Draw(t, "aad")
	want := m.use(s)
	got, err := s.handle.Seal(bytes.Clone(dst), text, aad)
	wantExactly(t, "seal", err, want)
	if !bytes.HasPrefix(got, dst) || want != nil && len(got) != len(dst) {
		t.Fatalf("seal = %x, %v, after %x", got, err, dst)
	}
	if want != nil {
		return
	}
	if opened, err := s.open(got[len(dst):], aad); err != nil || !bytes.Equal(opened, text) {
		t.Fatalf("the peer opens %x, %v, want %x", opened, err, text)
	}
	s.count()
	s.out += uint64(len(text))
	m.want.Sealed++
	m.want.BytesSealed += uint64(len(text))
}

func (m *model) doOpen(t *rapid.T) {
	s := pick(t, m.order)
	dst, text, aad := texts.Draw(t, "dst"), texts.Draw(t, "text"), texts.Draw(t, "aad")
	want := m.use(s)
	got, err := s.handle.Open(bytes.Clone(dst), s.seal(text, aad), aad)
	wantExactly(t, "open", err, want)
	if want != nil {
		if !bytes.Equal(got, dst) {
			t.Fatalf("open = %x, %v, want %x", got, err, dst)
		}
		return
	}
	if !bytes.Equal(got, slices.Concat(dst, text)) {
		t.Fatalf("open = %x, want %x after %x", got, text, dst)
	}
	s.count()
	s.in += uint64(len(text))
	m.want.Opened++
	m.want.BytesOpened += uint64(len(text))
}

// doOpenForged opens what was changed, cut, sent by the session itself, or
// meant for another one.
func (m *model) doOpenForged(t *rapid.T) {
	s, aad := pick(t, m.order), []byte("aad")
	sealed := s.seal(texts.Draw(t, "text"), aad)
	switch rapid.IntRange(0, 4).Draw(t, "forgery") {
	case 0:
		bit := rapid.IntRange(0, 8*len(sealed)-1).Draw(t, "bit")
		sealed[bit/8] ^= 1 << (bit % 8)
	case 1:
		sealed = sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "length")]
	case 2:
		aad = nil
	case 3:
		if s.role == Symmetric {
			t.Skip("its own messages are as good as the peer's")
		}
		sealed = s.sends.Seal(bytes.Clone(sealed[:NonceSize]), sealed[:NonceSize], []byte("echo"), aad)
	case 4:
		other := newPeer(seedOf(s.seed), s.label+" but not that one", s.role, true)
		sealed = other.seal([]byte("not for you"), aad)
	}
	want := m.use(s)
	switch {
	case want != nil:
	case len(sealed) < Overhead:
		want = ErrShort
	default:
		want = ErrAuth
		m.want.Failed++
	}
	got, err := s.handle.Open([]byte("kept"), sealed, aad)
	wantExactly(t, "open a forgery", err, want)
	if string(got) != "kept" {
		t.Fatalf("open of a forgery = %x", got)
	}
}

func (m *model) doSign(t *rapid.T) {
	s, text := pick(t, m.order), texts.Draw(t, "text")
	want := m.use(s)
	got, err := s.handle.Sign(nil, text)
	wantExactly(t, "sign", err, want)
	if want != nil {
		return
	}
	if !bytes.Equal(got, s.signed(text)) {
		t.Fatalf("sign = %x, want %x", got, s.signed(text))
	}
	s.count()
}

func (m *model) doVerify(t *rapid.T) {
	s, text := pick(t, m.order), texts.Draw(t, "text")
	mac := s.sign(text)
	forged := rapid.Bool().Draw(t, "forged")
	if forged {
		mac[rapid.IntRange(0, MACSize-1).Draw(t, "byte")] ^= 1
	}
	want := m.use(s)
	if want == nil && forged {
		want = ErrAuth
		m.want.Failed++
	}
	wantExactly(t, "verify", s.handle.Verify(text, mac), want)
	if want == nil {
		s.count()
	}
}

func (m *model) doGrave(t *rapid.T) { m.wantDead(t, pick(t, m.graveyard)) }

func (m *model) doClose(t *rapid.T) {
	s := pick(t, m.order)
	want := m.use(s)
	if want == nil {
		m.end(s, &m.want.Removed)
	}
	wantExactly(t, "close", s.handle.Close(), want)
}

func (m *model) doRemove(t *rapid.T) {
	id := m.pickID(t)
	var want error
	if s := m.find(id); s != nil {
		m.end(s, &m.want.Removed)
	} else {
		want = ErrNotFound
	}
	wantExactly(t, "remove", m.real.Remove(id), want)
}

// wantHandle checks what a lookup gave.
func wantHandle(t *rapid.T, what string, want *twin, got Session, err error) {
	t.Helper()
	if want == nil {
		wantExactly(t, what, err, ErrNotFound)
		want = &twin{}
	} else {
		wantExactly(t, what, err, nil)
	}
	if got != want.handle {
		t.Fatalf("%s gave another handle than create", what)
	}
}

func (m *model) doGet(t *rapid.T) {
	id := m.pickID(t)
	want := m.find(id)
	got, err := m.real.Get(id)
	wantHandle(t, "get", want, got, err)
}

func (m *model) doBind(t *rapid.T) {
	id, name := m.pickID(t), keyIDs.Draw(t, "key id")
	// Half of the time as many as it takes, to come to the most there may be.
	for range rapid.SampledFrom([]int{1, MaxKeyIDs}).Draw(t, "how many") {
		m.bind(t, id, name)
		name += "'"
	}
}

func (m *model) bind(t *rapid.T, id ID, name string) {
	var want error
	s := m.find(id)
	err := m.real.Bind(name, id)
	switch {
	case s == nil:
		want = ErrNotFound
	case slices.Contains(s.keyIDs, name):
	case len(s.keyIDs) == MaxKeyIDs:
		want = ErrParams
	case m.owner(name) != nil:
		want = ErrBound
	default:
		m.names[name] = s
		s.keyIDs = append(s.keyIDs, name)
	}
	wantExactly(t, "bind", err, want)
}

// owner returns the live session that name is bound to.
func (m *model) owner(name string) *twin {
	if s := m.names[name]; s != nil {
		return m.find(s.id)
	}
	return nil
}

func (m *model) doUnbind(t *rapid.T) {
	name := keyIDs.Draw(t, "key id")
	s := m.owner(name)
	if s != nil {
		delete(m.names, name)
		s.keyIDs = slices.DeleteFunc(s.keyIDs, func(k string) bool { return k == name })
	}
	if got := m.real.Unbind(name); got != (s != nil) {
		t.Fatalf("unbind = %t, want %t", got, s != nil)
	}
}

func (m *model) doGetByKeyID(t *rapid.T) {
	name := keyIDs.Draw(t, "key id")
	want := m.owner(name)
	got, err := m.real.GetByKeyID(name)
	wantHandle(t, "get by key id", want, got, err)
}

// doSleep waits a random time, or until just about a session's last nanosecond.
func (m *model) doSleep(t *rapid.T) {
	d := spans.Draw(t, "time")
	if len(m.order) > 0 && rapid.IntRange(0, 3).Draw(t, "to a limit") > 0 {
		if end, some := pick(t, m.order).deadline(); some {
			d = time.Until(end) + rapid.SampledFrom([]time.Duration{-1, 0, 1, tick - 1, tick}).Draw(t, "about")
		}
	}
	time.Sleep(d)
}

// doSweep ends whom the sweep ended: all whose time has been up for a tick,
// perhaps some whose time is up, and none else.
func (m *model) doSweep(t *rapid.T) {
	n := m.real.Sweep()
	for _, s := range slices.Clone(m.order) {
		_, err := s.handle.Info()
		counter := m.reached(s)
		switch end, some := s.deadline(); {
		case err != nil && counter == nil:
			t.Fatalf("the sweep ended a session whose time is not up")
		case err == nil && some && time.Since(end) >= tick:
			t.Fatalf("the sweep left a session whose time was up %s ago", time.Since(end))
		case err != nil:
			m.end(s, counter)
			n--
		}
	}
	if n != 0 {
		t.Fatalf("the sweep claims %d more than it ended", n)
	}
}

func (m *model) doSwitch(t *rapid.T) {
	switch rapid.IntRange(0, 2).Draw(t, "what") {
	case 0:
		o := switches.Draw(t, "switches")
		if o.Pool != m.opts.Pool {
			m.want.Free = 0
		}
		m.opts = o
		m.real.SetOptimizations(o)
	case 1:
		m.capacity = rapid.IntRange(0, 6).Draw(t, "capacity")
		m.real.SetPoolCapacity(m.capacity)
	case 2:
		m.max = rapid.IntRange(1, 12).Draw(t, "most sessions")
		m.real.SetMaxSessions(m.max)
	}
	m.settle()
}
