package load

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestListFromFarBeyond(t *testing.T) {
	e := crowded(t, 100)
	for _, offset := range []int{MaxSessionOffset, MaxSessionOffset + 1, 1 << 40, math.MaxInt} {
		l := listed(t, e, SessionQuery{Offset: offset, Limit: 100})
		if len(l.Rows) != 0 || l.Matched != 200 || l.Query.Offset != MaxSessionOffset {
			t.Errorf("from %d on: %d rows of %d, %+v", offset, len(l.Rows), l.Matched, l.Query)
		}
		if c := cap(e.lister.found.kept); c > 1000 {
			t.Errorf("from %d on: room for %d", offset, c)
		}
	}
}

// What a pass owes is not forgotten when the question changes, and hurry is for one in
// two seconds.
func TestListerPaysItsDebts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLister()
		p := newPass(l, &run{stop: make(chan struct{})})
		defer p.timer.Stop()
		work := func(d time.Duration) { p.began = time.Now().Add(-d) }
		work(2 * time.Millisecond)
		l.change <- struct{}{}
		p.rest(0)
		owed := p.owed
		if owed < 10*time.Millisecond {
			t.Errorf("after 2 ms of work, and a rest that ended at once, %s are owed", owed)
		}
		work(2 * time.Millisecond)
		l.change <- struct{}{}
		if p.rest(0); p.owed != 2*owed {
			t.Errorf("after as much again %s are owed, and before it %s", p.owed, owed)
		}
		if p.rest(0); p.owed != 0 {
			t.Errorf("after a whole rest %s are owed", p.owed)
		}
		p.urgent, p.calm = true, time.Now().Add(urgentEvery)
		work(2 * time.Millisecond)
		if p.due(); p.owed != owed {
			t.Errorf("too early for hurry %s are owed, not %s", p.owed, owed)
		}
		time.Sleep(urgentEvery)
		p.owed = 0
		work(2 * time.Millisecond)
		if p.due(); p.owed >= owed/5 {
			t.Errorf("in a hurry %s are owed, and else %s", p.owed, owed)
		}
	})
}
