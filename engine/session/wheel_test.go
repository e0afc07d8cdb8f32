package session

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// wheelModel drives a wheel, and keeps beside it a plain list of what waits.
type wheelModel struct {
	wheel wheel
	now   int64
	slots map[*slot]int64 // waiting, and the wheel's time when each was put in
}

// deltas are times from now at every scale the wheel has, and beyond.
var deltas = rapid.Custom(func(t *rapid.T) int64 {
	return rapid.Int64Range(0, 1<<rapid.IntRange(0, 58).Draw(t, "bits")).Draw(t, "ns")
})

func (m *wheelModel) pick(t *rapid.T) *slot {
	// The map's own order is random, and would make failures hard to repeat.
	var all []*slot
	for bucket := range m.wheel.heads {
		for s := m.wheel.heads[bucket]; s != nil; s = s.next {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
}

func (m *wheelModel) put(s *slot) {
	m.wheel.add(s)
	m.slots[s] = m.wheel.now
}

// check compares the lists of the wheel, link by link, with the plain list.
func (m *wheelModel) check(t *rapid.T) {
	n := 0
	for bucket, head := range m.wheel.heads {
		var prev *slot
		for s := head; s != nil; s = s.next {
			if int(s.bucket) != bucket || s.prev != prev {
				t.Fatalf("bucket %d: slot thinks it is in %d; link back right: %t", bucket, s.bucket, s.prev == prev)
			}
			if _, waits := m.slots[s]; !waits {
				t.Fatalf("bucket %d has a slot that was taken or removed", bucket)
			}
			prev = s
			n++
		}
	}
	if n != len(m.slots) {
		t.Fatalf("the wheel has %d slots, want %d", n, len(m.slots))
	}
}

// TestWheel holds the wheel against a list that is looked through whole.
func TestWheel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &wheelModel{slots: make(map[*slot]int64)}
		t.Repeat(map[string]func(*rapid.T){
			"": m.check,
			"add": func(t *rapid.T) {
				s := &slot{created: m.now, bucket: unlinked}
				s.lastUsed.Store(m.now)
				s.limits.MaxMessages = 1
				s.limits.IdleTimeout = time.Duration(deltas.Draw(t, "idle") + 1)
				s.limits.MaxAge = time.Duration(deltas.Draw(t, "age") + 1)
				m.put(s)
			},
			"use": func(t *rapid.T) { // which tells the wheel nothing
				if s := m.pick(t); s != nil {
					s.lastUsed.Store(m.now)
				}
			},
			"spend": func(t *rapid.T) {
				if s := m.pick(t); s != nil {
					s.messages.Store(1)
					m.wheel.remove(s)
					m.put(s)
				}
			},
			"remove": func(t *rapid.T) {
				if s := m.pick(t); s != nil {
					m.wheel.remove(s)
					m.wheel.remove(s) // a second time does nothing
					delete(m.slots, s)
				}
			},
			"advance": func(t *rapid.T) {
				m.now += deltas.Draw(t, "time")
				quota := rapid.IntRange(1, 5).Draw(t, "batch")
				most := len(m.slots) + 1
				for more, rounds := true, 1; more; rounds++ {
					if rounds > most {
						t.Fatal("advance always has more, and gives none")
					}
					taken := 0
					more = m.wheel.advance(m.now, func(s *slot) bool {
						if s.deadline() > m.now {
							t.Fatalf("a slot of %d was taken early, at %d", s.deadline(), m.now)
						}
						if taken == quota {
							return false
						}
						taken++
						delete(m.slots, s)
						return true
					})
				}
				for s, added := range m.slots {
					if max(s.deadline(), added)>>finestBits < m.now>>finestBits {
						t.Fatalf("a slot of %d, put in at %d, still waits at %d", s.deadline(), added, m.now)
					}
				}
			},
		})
	})
}

// TestWheelNever keeps a slot without a deadline out of all buckets.
func TestWheelNever(t *testing.T) {
	var w wheel
	s := &slot{bucket: unlinked}
	w.add(s)
	if s.bucket != unlinked {
		t.Errorf("a slot that never expires is in bucket %d", s.bucket)
	}
	w.remove(s)
	w.advance(never, func(*slot) bool {
		t.Error("a slot that never expires was offered")
		return true
	})
}

// TestWheelRefused counts how often due slots are offered that cannot be taken
// yet: once a call, not all of them again.
func TestWheelRefused(t *testing.T) {
	var w wheel
	const n = 100
	for range n {
		w.add(&slot{limits: Limits{MaxAge: 1}, bucket: unlinked})
	}
	w.advance(10*int64(tick), func(*slot) bool { return false })
	offered := 0
	if more := w.advance(10*int64(tick), func(*slot) bool { offered++; return false }); !more || offered != 1 {
		t.Errorf("%d offered, more = %t, want 1 and true", offered, more)
	}
	taken := 0
	if more := w.advance(10*int64(tick), func(*slot) bool { taken++; return true }); more || taken != n {
		t.Errorf("%d taken, more = %t, want %d and false", taken, more, n)
	}
}
