package session

import (
	"container/heap"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// mortal is a session of the expiry test, with what its limits follow from.
type mortal struct {
	handle        Session
	id            ID
	limits        Limits
	created, used time.Time
	messages      uint64
	dead          bool
}

// deadline is when a mortal's time is up, or was until it was used again: then
// at is not its deadline any more, and a later entry of the heap has that.
type deadline struct {
	at  time.Time
	who *mortal
}

// oracle has all deadlines in order, as the wheel it checks does not.
type oracle []deadline

func (o oracle) Len() int           { return len(o) }
func (o oracle) Less(i, j int) bool { return o[i].at.Before(o[j].at) }
func (o oracle) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }
func (o *oracle) Push(x any)        { *o = append(*o, x.(deadline)) }
func (o *oracle) Pop() any {
	last := (*o)[len(*o)-1]
	*o = (*o)[:len(*o)-1]
	return last
}

// expiryModel is a manager, and all that will end in it, by time.
type expiryModel struct {
	tb    testing.TB
	real  *Manager
	all   []*mortal
	alive int
	heap  oracle
	seeds uint64
	ended uint64 // by limits
}

func (x *expiryModel) expect(who *mortal) {
	if at, some := deadlineOf(who.limits, who.created, who.used, who.messages); some {
		heap.Push(&x.heap, deadline{at, who})
	}
}

// up tells whether a mortal's time is up.
func (who *mortal) up() bool {
	at, some := deadlineOf(who.limits, who.created, who.used, who.messages)
	return some && !time.Now().Before(at)
}

func (x *expiryModel) bury(who *mortal) {
	who.dead = true
	x.alive--
}

func (x *expiryModel) create(t *rapid.T) {
	l := someLimits.Draw(t, "limits")
	// A crowd is more than a sweep takes at once, with the same time to live.
	n := rapid.SampledFrom([]int{1, 2, 5, 5, 5, 10, 300}).Draw(t, "how many")
	for range n {
		x.seeds++
		handle, err := x.real.Create(Params{Seed: seedOf(x.seeds), Limits: &l})
		wantExactly(t, "create", err, nil)
		who := &mortal{handle: handle, id: DeriveID(seedOf(x.seeds), ""), limits: l, created: time.Now(), used: time.Now()}
		x.all = append(x.all, who)
		x.alive++
		x.expect(who)
	}
}

// pick draws a mortal, dead or alive.
func (x *expiryModel) pick(t *rapid.T) *mortal {
	if len(x.all) == 0 {
		t.Skip("there is none")
	}
	return x.all[rapid.IntRange(0, len(x.all)-1).Draw(t, "which")]
}

// use seals: right until the deadline's nanosecond, and never from it on.
func (x *expiryModel) use(t *rapid.T) {
	who := x.pick(t)
	_, err := who.handle.Seal(nil, nil, nil)
	switch {
	case who.dead:
		wantExactly(t, "seal by a dead session", err, ErrClosed)
	case who.up():
		wantExactly(t, "seal at the limit", err, ErrExpired)
		x.ended++
		x.bury(who)
	default:
		wantExactly(t, "seal before the limit", err, nil)
		who.used = time.Now()
		who.messages++
		x.expect(who)
	}
}

// get is the same question without use.
func (x *expiryModel) get(t *rapid.T) {
	who := x.pick(t)
	_, err := x.real.Get(who.id)
	switch {
	case who.dead:
		wantExactly(t, "get a dead session", err, ErrNotFound)
	case who.up():
		wantExactly(t, "get at the limit", err, ErrNotFound)
		x.ended++
		x.bury(who)
	default:
		wantExactly(t, "get before the limit", err, nil)
	}
}

func (x *expiryModel) close(t *rapid.T) {
	who := x.pick(t)
	var want error
	switch {
	case who.dead:
		want = ErrClosed
	case who.up():
		want = ErrExpired
		x.ended++
		x.bury(who)
	default:
		x.bury(who)
	}
	wantExactly(t, "close", who.handle.Close(), want)
}

func (x *expiryModel) sleep(t *rapid.T) {
	d := spans.Draw(t, "time")
	if next := x.next(); next != nil && rapid.Bool().Draw(t, "to the next deadline") {
		d = time.Until(next.at) + rapid.SampledFrom([]time.Duration{-1, 0, 1, tick - 1, tick, tick + 1}).Draw(t, "about")
	}
	time.Sleep(d)
}

// next returns the earliest deadline that still holds, and drops those that do
// not.
func (x *expiryModel) next() *deadline {
	for len(x.heap) > 0 {
		first := &x.heap[0]
		at, some := deadlineOf(first.who.limits, first.who.created, first.who.used, first.who.messages)
		if !first.who.dead && some && at.Equal(first.at) {
			return first
		}
		heap.Pop(&x.heap)
	}
	return nil
}

// sweep compares what a sweep ended with what the heap has to say.
func (x *expiryModel) sweep(t *rapid.T) {
	n := x.real.Sweep()
	var late []deadline
	gone := 0
	for first := x.next(); first != nil && !first.at.After(time.Now()); first = x.next() {
		d := heap.Pop(&x.heap).(deadline)
		switch {
		case d.who.handle.ID() == ID{}:
			gone++
			x.ended++
			x.bury(d.who)
		case time.Since(d.at) >= tick:
			t.Fatalf("the sweep left a session whose time was up %s ago, limits %+v", time.Since(d.at), d.who.limits)
		default:
			late = append(late, d)
		}
	}
	for _, d := range late {
		heap.Push(&x.heap, d)
	}
	for _, who := range x.all {
		if !who.dead && (who.handle.ID() == ID{}) {
			t.Fatalf("the sweep ended a session before its time, limits %+v", who.limits)
		}
	}
	if n != gone {
		t.Fatalf("the sweep says that it ended %d, and ended %d", n, gone)
	}
}

func (x *expiryModel) check(t *rapid.T) {
	c := checkBooks(x.tb, x.real)
	if c.Expired() != x.ended || x.real.Len() != x.alive {
		t.Fatalf("%d expired and %d live, want %d and %d", c.Expired(), x.real.Len(), x.ended, x.alive)
	}
}

// TestExpiryModel holds the wheel against a heap. Limits and waits are of every
// scale that the wheel has a level for, and beyond.
func TestExpiryModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rapid.SyncTest(rt, func(rt *rapid.T) {
			m, err := NewManager(Config{
				Shards:        rapid.SampledFrom([]int{1, 4}).Draw(rt, "shards"),
				Optimizations: Tuned, PoolCapacity: 400, SweepInterval: manual,
			})
			if err != nil {
				rt.Fatal(err)
			}
			defer m.Close()
			x := &expiryModel{tb: rapidTB{t, rt}, real: m}
			for range 3 {
				rt.Repeat(map[string]func(*rapid.T){
					"": x.check, "create": x.create, "use": x.use, "get": x.get, "close": x.close,
					"sleep": x.sleep, "sleep more": x.sleep, "sweep": x.sweep, "sweep more": x.sweep,
				})
			}
			x.finish(rt)
		})
	})
}

// finish waits until everyone's time is up that ever will be.
func (x *expiryModel) finish(t *rapid.T) {
	for x.next() != nil {
		at := x.next().at
		time.Sleep(time.Until(at) + tick)
		x.sweep(t)
		x.check(t)
	}
	for _, who := range x.all {
		if _, some := deadlineOf(who.limits, who.created, who.used, who.messages); !who.dead && some {
			t.Fatalf("a session outlives its limits %+v", who.limits)
		}
	}
}
