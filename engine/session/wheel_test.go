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

// lists are all lists that the wheel has.
func (w *wheel) lists() []**slot {
	all := []**slot{&w.opened}
	for level := range w.heads {
		for bucket := range w.heads[level] {
			all = append(all, &w.heads[level][bucket])
		}
	}
	return all
}

func (m *wheelModel) pick(t *rapid.T) *slot {
	// The map's own order is random, and would make failures hard to repeat.
	var all []*slot
	for _, head := range m.wheel.lists() {
		for s := *head; s != nil; s = s.next {
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
	for i, head := range m.wheel.lists() {
		for at := head; *at != nil; at = &(*at).next {
			s := *at
			if s.at != at {
				t.Fatalf("list %d: a slot does not know what points at it", i)
			}
			if _, waits := m.slots[s]; !waits {
				t.Fatalf("list %d has a slot that was taken or removed", i)
			}
			n++
		}
	}
	if n != len(m.slots) {
		t.Fatalf("the wheel has %d slots, want %d", n, len(m.slots))
	}
	for level := range m.wheel.heads {
		for bucket, head := range m.wheel.heads[level] {
			if head != nil && m.wheel.used[level]>>bucket&1 == 0 {
				t.Fatalf("level %d, bucket %d holds slots and is not marked", level, bucket)
			}
		}
	}
}

// TestWheel holds the wheel against a list that is looked through whole.
func TestWheel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &wheelModel{slots: make(map[*slot]int64)}
		t.Repeat(map[string]func(*rapid.T){
			"": m.check,
			"add": func(t *rapid.T) {
				s := new(slot)
				s.expires.Store(m.now + 1 + deltas.Draw(t, "life"))
				m.put(s)
			},
			"use": func(t *rapid.T) { // which tells the wheel nothing
				if s := m.pick(t); s != nil {
					s.expires.Store(max(s.expires.Load(), m.now+deltas.Draw(t, "idle")))
				}
			},
			"spend": func(t *rapid.T) {
				if s := m.pick(t); s != nil {
					s.expires.Store(0)
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
				budget := rapid.IntRange(1, 5).Draw(t, "budget")
				// A slot goes down at most once a level before it is taken.
				most := (len(m.slots)*wheelLevels+budget)/budget + 1
				for more, rounds := true, 1; more; rounds++ {
					if rounds > most {
						t.Fatalf("advance still has more after %d calls", most)
					}
					taken := 0
					more = m.wheel.advance(m.now, budget, func(s *slot) {
						if s.expires.Load() > m.now {
							t.Fatalf("a slot of %d was taken early, at %d", s.expires.Load(), m.now)
						}
						taken++
						delete(m.slots, s)
					})
					if taken > budget {
						t.Fatalf("%d taken, with a budget of %d", taken, budget)
					}
				}
				for s, added := range m.slots {
					if max(s.expires.Load(), added)>>finestBits < m.now>>finestBits {
						t.Fatalf("a slot of %d, put in at %d, still waits at %d", s.expires.Load(), added, m.now)
					}
				}
			},
		})
	})
}

// TestWheelNever keeps a slot without a deadline out of all buckets.
func TestWheelNever(t *testing.T) {
	var w wheel
	s := new(slot)
	s.expires.Store(never)
	w.add(s)
	if s.at != nil {
		t.Error("a slot that never expires is in a bucket")
	}
	w.remove(s)
	w.advance(never, 1, func(*slot) { t.Error("a slot that never expires was taken") })
}

// TestWheelBudget has many slots fall due at once: no call deals with more of
// them than it was allowed to, those that only move down included.
func TestWheelBudget(t *testing.T) {
	for name, life := range map[string]int64{"due": int64(tick), "moving": int64(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			var w wheel
			const n, budget = 1000, 64
			for range n {
				s := new(slot)
				s.expires.Store(life)
				w.add(s)
			}
			now, calls, taken := life-1, 0, 0
			if name == "due" {
				now = 2 * life
			}
			for more := true; more; calls++ {
				more = w.advance(now, budget, func(*slot) { taken++ })
				if taken > (calls+1)*budget {
					t.Fatalf("%d taken in %d calls", taken, calls+1)
				}
			}
			if want := (n + budget - 1) / budget; calls < want {
				t.Errorf("%d calls, want at least %d", calls, want)
			}
			waiting := 0
			for _, head := range w.lists() {
				for s := *head; s != nil; s = s.next {
					waiting++
				}
			}
			if taken+waiting != n || (taken == n) != (name == "due") {
				t.Errorf("%d taken, %d waiting, of %d", taken, waiting, n)
			}
		})
	}
}
