package load

import (
	"testing"

	"pgregory.net/rapid"
)

// The agenda hands out every pair exactly once, never before its event is due,
// and at the first look at or after the tick that follows.
func TestAgendaAgainstList(t *testing.T) {
	const tick = 1 << agendaTickBits
	rapid.Check(t, func(t *rapid.T) {
		var a agenda
		// waiting tells the tick at which a pair must come up.
		waiting := make(map[*pair]int64)
		now := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "add") {
				ahead := rapid.OneOf(
					rapid.Int64Range(-5*tick, 5*tick),
					rapid.Int64Range(0, 3*agendaBuckets*tick),
				).Draw(t, "ahead")
				p := &pair{due: max(now+ahead, 0)}
				a.add(p)
				waiting[p] = max(tickAfter(p.due), now>>agendaTickBits+1)
				continue
			}
			if w := a.wake(now + 100*tick); w > now+100*tick {
				t.Fatalf("wakes at %d, after the limit %d", w, now+100*tick)
			}
			now += rapid.OneOf(rapid.Int64Range(0, 3*tick), rapid.Int64Range(0, 2*agendaBuckets*tick)).Draw(t, "pass")
			for p := a.pop(now); p != nil; p = a.pop(now) {
				if _, ok := waiting[p]; !ok {
					t.Fatal("a pair was handed out twice, or never added")
				}
				delete(waiting, p)
				if p.due > now {
					t.Fatalf("due at %d, handed out at %d", p.due, now)
				}
			}
			for p, last := range waiting {
				if last <= now>>agendaTickBits {
					t.Fatalf("due at %d, still waiting at %d", p.due, now)
				}
				if w := a.wake(now + agendaBuckets*tick/2); w > last<<agendaTickBits {
					t.Fatalf("would wake at %d for what is due at %d", w, p.due)
				}
			}
			if a.n != len(waiting) {
				t.Fatalf("holds %d, want %d", a.n, len(waiting))
			}
		}
		a.each(func(p *pair) { delete(waiting, p) })
		if len(waiting) != 0 || a.n != 0 {
			t.Fatalf("each left out %d", len(waiting))
		}
	})
}

func TestPlanSpreadsMessagesOverLife(t *testing.T) {
	const tick = 1 << agendaTickBits
	p := pair{born: 10 * tick, life: 100*tick - 5, messages: 4}
	var got []int64
	for ; p.sent <= p.messages; p.sent++ {
		p.plan()
		got = append(got, p.due)
	}
	for i, want := range []int64{30, 50, 70, 90, 110} { // on ticks, never before their time
		if got[i] != want*tick {
			t.Errorf("event %d at %.3f ticks, want %d", i, float64(got[i])/tick, want)
		}
	}
}
