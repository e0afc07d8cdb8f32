package session

import (
	"encoding/binary"
	"testing"
	"time"
	"unsafe"
)

// allocsPer returns the allocations of one call of f, on storage that earlier
// calls have warmed.
func allocsPer(t *testing.T, f func()) float64 {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	for range 100 {
		f()
	}
	return testing.AllocsPerRun(1000, f)
}

// nextSeed makes seed another one, without allocating.
func nextSeed(seed []byte) { binary.LittleEndian.PutUint64(seed, binary.LittleEndian.Uint64(seed)+1) }

// newWarmManager returns a manager whose limits no measurement reaches.
func newWarmManager(tb testing.TB, o Optimizations) *Manager {
	tb.Helper()
	return newTestManager(tb, Config{
		Optimizations: o, PoolCapacity: 1 << 12, Shards: 4, SweepInterval: manual,
		Limits: Limits{MaxAge: time.Hour, MaxMessages: 1 << 62},
	})
}

func TestCreateRemoveAllocs(t *testing.T) {
	// Where the ciphers' keys cannot be reached each life needs new ciphers:
	// one, or two for a directional session.
	plain, directional := 0.0, 0.0
	if !reachesKeys(t) {
		plain, directional = 1, 2
	}
	for _, tt := range []struct {
		o    Optimizations
		role Role
		want float64
	}{
		// Of the baseline's, 15 go to each of six HKDFs in the library, 6 to
		// the keys, and one each to the salt, the storage and the cipher.
		{Baseline, Symmetric, 99},
		{Baseline, Initiator, 100},
		{Seed, Symmetric, 40},
		{Seed, Initiator, 41},
		{Tuned, Symmetric, plain},
		{Tuned, Initiator, directional},
	} {
		t.Run(tt.o.String()+"/"+tt.role.String(), func(t *testing.T) {
			m := newWarmManager(t, tt.o)
			p := Params{Seed: seedOf(1), Role: tt.role}
			got := allocsPer(t, func() {
				nextSeed(p.Seed)
				s, err := m.Create(p)
				if err != nil || s.Close() != nil {
					t.Fatal("create and close failed")
				}
			})
			if got != tt.want {
				t.Errorf("%v allocations, want %v", got, tt.want)
			}
		})
	}
}

// TestMixedRolesAllocs has storage change between roles: the cipher that a
// plain session does not need waits for the next directional one.
func TestMixedRolesAllocs(t *testing.T) {
	if !reachesKeys(t) {
		t.Skip("in this build every life needs new ciphers")
	}
	m := newWarmManager(t, Tuned)
	p := Params{Seed: seedOf(1)}
	if got := allocsPer(t, func() {
		nextSeed(p.Seed)
		p.Role = (p.Role + 1) % (Responder + 1)
		if s, err := m.Create(p); err != nil || s.Close() != nil {
			t.Fatal("create and close failed")
		}
	}); got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
}

func TestUseAllocs(t *testing.T) {
	for _, o := range []Optimizations{Baseline, Seed, Tuned} {
		m := newWarmManager(t, o)
		s := mustCreate(t, m, Params{Seed: seedOf(1)})
		id := s.ID()
		wantErr(t, "bind", m.Bind("k", id), nil)
		text, aad := make([]byte, 1024), make([]byte, 16)
		sealed, opened, mac := make([]byte, 0, 2048), make([]byte, 0, 2048), make([]byte, 0, MACSize)
		macs := 11.0 // five of crypto/hmac's for each, and what Verify compares with
		if o.ReusableHash {
			macs = 0
		}
		for _, tt := range []struct {
			name string
			want float64
			do   func() error
		}{
			{"seal and open", 0, func() error {
				var err error
				if sealed, err = s.Seal(sealed[:0], text, aad); err != nil {
					return err
				}
				opened, err = s.Open(opened[:0], sealed, aad)
				return err
			}},
			{"sign and verify", macs, func() error {
				var err error
				if mac, err = s.Sign(mac[:0], text); err != nil {
					return err
				}
				return s.Verify(text, mac)
			}},
			{"get", 0, func() error { _, err := m.Get(id); return err }},
			{"get by key id", 0, func() error { _, err := m.GetByKeyID("k"); return err }},
			{"sweep", 0, func() error { m.Sweep(); return nil }},
		} {
			t.Run(o.String()+"/"+tt.name, func(t *testing.T) {
				if got := allocsPer(t, func() {
					if err := tt.do(); err != nil {
						t.Fatal(err)
					}
				}); got != tt.want {
					t.Errorf("%v allocations, want %v", got, tt.want)
				}
			})
		}
	}
}

// TestOwnSwitches has a tuned session in a manager that is not, or is not any more:
// it signs and verifies by its own means, which leave nothing behind.
func TestOwnSwitches(t *testing.T) {
	m := newWarmManager(t, Baseline)
	own := mustCreate(t, m, Params{Seed: seedOf(1), Optimizations: &Tuned})
	m.SetOptimizations(Tuned)
	before := mustCreate(t, m, Params{Seed: seedOf(2)})
	m.SetOptimizations(Baseline)
	after := mustCreate(t, m, Params{Seed: seedOf(3)})
	for _, tt := range []struct {
		name string
		s    Session
		kept bool
	}{{"its own", own, true}, {"before the change", before, true}, {"after the change", after, false}} {
		mac := mustSign(t, tt.s)
		if got := tt.s.slot.mac != nil; got != tt.kept {
			t.Errorf("%s: states of MAC keys are kept: %t, want %t", tt.name, got, tt.kept)
		}
		if got := allocsPer(t, func() { mac, _ = tt.s.Sign(mac[:0], mac[:0]) }); (got == 0) != tt.kept {
			t.Errorf("%s: %v allocations", tt.name, got)
		}
	}
}

// TestSizes pins what a million sessions cost each.
func TestSizes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("of 64-bit platforms")
	}
	if got := unsafe.Sizeof(slot{}); got > 256 {
		t.Errorf("a slot has %d bytes, want at most 256", got)
	}
	if got := unsafe.Sizeof(entry{}); got != 32 {
		t.Errorf("an entry has %d bytes, want half a cache line", got)
	}
}

// TestReplayAllocs keeps a guard full while old nonces leave it.
func TestReplayAllocs(t *testing.T) {
	g := NewReplayGuard(time.Nanosecond, 100)
	nonce := nonceOf(0)
	if got := allocsPer(t, func() {
		nextSeed(nonce)
		if err := g.Check("key id", nonce); err != nil {
			t.Fatal(err)
		}
	}); got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
}
