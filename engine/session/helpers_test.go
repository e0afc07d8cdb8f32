package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"
)

// manual leaves sweeping to the test.
const manual = -1

// seedOf returns the n-th of an endless row of seeds.
func seedOf(n uint64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("seed of a test "), n))
	return sum[:]
}

func mustCreate(t testing.TB, m *Manager, p Params) Session {
	t.Helper()
	s, err := m.Create(p)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return s
}

func mustSeal(t testing.TB, s Session, text string) []byte {
	t.Helper()
	sealed, err := s.Seal(nil, []byte(text), nil)
	if err != nil {
		t.Fatalf("seal: %v", err)
	}
	return sealed
}

// mustSign makes one MAC and has another one refused, so that both MAC keys are
// in use.
func mustSign(t testing.TB, s Session) []byte {
	t.Helper()
	mac, err := s.Sign(nil, []byte("covered"))
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	wantErr(t, "verify what is no MAC", s.Verify([]byte("covered"), mac[1:]), ErrAuth)
	return mac
}

// mustTalk sends a message and a MAC from one end to the other.
func mustTalk(t testing.TB, from, to Session) {
	t.Helper()
	text, aad := []byte("the tide is out"), []byte("header")
	sealed, err := from.Seal(nil, text, aad)
	if err != nil {
		t.Fatalf("seal: %v", err)
	}
	if got, err := to.Open(nil, sealed, aad); err != nil || !bytes.Equal(got, text) {
		t.Fatalf("open = %q, %v, want %q", got, err, text)
	}
	mac, err := from.Sign(nil, text)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	if err := to.Verify(text, mac); err != nil {
		t.Fatalf("verify: %v", err)
	}
}

// wantErr fails the test unless err is want, by errors.Is; a nil want wants nil.
func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// wantClosed fails the test unless every operation of s returns ErrClosed, and
// none of them ErrExpired.
func wantClosed(t testing.TB, s Session) {
	t.Helper()
	for _, op := range operations {
		err := op.do(s)
		if !errors.Is(err, ErrClosed) || errors.Is(err, ErrExpired) {
			t.Errorf("%s on an ended session: error %v, want %v", op.name, err, ErrClosed)
		}
	}
	if id := s.ID(); id != (ID{}) {
		t.Errorf("id of an ended session = %s, want none", id)
	}
}

// operations are all that can be asked of a session. Those that use it fail
// with ErrAuth where they are to open or verify what is no message.
var operations = []struct {
	name string
	uses bool // looks at the limits
	do   func(Session) error
}{
	{"Seal", true, func(s Session) error { _, err := s.Seal(nil, []byte("x"), nil); return err }},
	{"Open", true, func(s Session) error { _, err := s.Open(nil, make([]byte, Overhead), nil); return err }},
	{"Sign", true, func(s Session) error { _, err := s.Sign(nil, []byte("x")); return err }},
	{"Verify", true, func(s Session) error { return s.Verify([]byte("x"), make([]byte, MACSize)) }},
	{"Info", false, func(s Session) error { _, err := s.Info(); return err }},
	{"Glance", false, func(s Session) error { return s.Glance(new(Glance)) }},
	{"SetLimits", true, func(s Session) error { return s.SetLimits(DefaultLimits()) }},
	{"Close", false, Session.Close},
}

// checkBooks fails the test unless the manager's figures agree with each other,
// and with its table, while nobody uses it.
func checkBooks(t testing.TB, m *Manager) Counters {
	t.Helper()
	c := m.Counters()
	if c.Live < 0 || int(c.Live) != m.Len() || m.Live() != m.Len() {
		t.Errorf("live: %d counted, %d reserved, %d in the table", c.Live, m.Live(), m.Len())
	}
	if c.Created != c.Removed+c.Expired()+uint64(c.Live) {
		t.Errorf("created %d is not removed %d + expired %d + live %d", c.Created, c.Removed, c.Expired(), c.Live)
	}
	for i := range m.shards {
		for _, s := range m.shards[i].free {
			if s.at != nil || s.next != nil || s.gen.Load()%2 != 0 {
				t.Error("storage in the free list is in the wheel too, or has a session")
			}
		}
	}
	if c.Gets != c.Hits+c.Misses {
		t.Errorf("pool gets %d are not hits %d + misses %d", c.Gets, c.Hits, c.Misses)
	}
	var sum uint64
	for _, n := range c.ByReuse {
		sum += n
	}
	if again := sum - c.ByReuse[0]; sum != c.Created || again > c.Hits {
		t.Errorf("by reuses of the storage %v: of %d created, with %d hits", c.ByReuse, c.Created, c.Hits)
	}
	var shards ShardPool
	for _, p := range m.AppendShards(nil) {
		shards.Live += p.Live
		shards.Free += p.Free
		shards.Capacity += p.Capacity
		shards.Hits += p.Hits
		shards.Misses += p.Misses
		shards.Puts += p.Puts
		shards.Drops += p.Drops
	}
	if whole := (ShardPool{int(c.Live), int(c.Free), int(c.Capacity), c.Hits, c.Misses, c.Puts, c.Drops}); shards != whole {
		t.Errorf("the shards together: %+v, want %+v", shards, whole)
	}
	return c
}

// reachesKeys tells whether this build can clear the ciphers' copies of keys.
func reachesKeys(t testing.TB) bool {
	t.Helper()
	return heldKey(newCipher(nil, new([KeySize]byte))) != nil
}
