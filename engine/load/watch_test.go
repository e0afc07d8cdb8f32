package load

import (
	"runtime"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// A watch is either asked for in time, or let go of for good.
func TestWatchIsAskedForOrLetGo(t *testing.T) {
	for _, tt := range []struct {
		name      string
		asked     int64
		now       time.Duration
		goesOn    bool
		letGoNext bool
	}{
		{"in time", 0, time.Second, true, false},
		{"at the last moment", 0, watchLinger, true, false},
		{"too late", 0, watchLinger + 1, false, true},
		{"let go of", unwatched, time.Second, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &watch{run: &run{epoch: time.Now()}}
			w.last.ended = true
			w.asked.Store(tt.asked)
			if w.ask(int64(tt.now)) != tt.goesOn {
				t.Errorf("goes on: %t", !tt.goesOn)
			}
			p := &pair{watch: w}
			w.exchanged(p, int64(tt.now), 0, 1)
			if (p.watch == nil) != tt.letGoNext {
				t.Errorf("let go: %t", !tt.letGoNext)
			}
			if tt.letGoNext && w.ask(int64(tt.now)) {
				t.Error("it goes on after that")
			}
		})
	}
}

// A lane that has looked for a pair for long rests from that, even if it is another one
// that is looked for by then.
func TestSeekRests(t *testing.T) {
	m, err := session.NewManager(session.Config{SweepInterval: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	h, err := m.Create(session.Params{Seed: make([]byte, session.SeedSize)})
	if err != nil {
		t.Fatal(err)
	}
	r := &run{epoch: time.Now()}
	l := &lane{run: r}
	for i := range int64(300_000) {
		l.agenda.add(&pair{due: i % agendaBuckets << agendaTickBits})
	}
	for range 2 {
		r.watch.Store(&watch{run: r, handle: h})
		l.again = 0
		began := r.now()
		l.seek()
		if at := l.bucket; at == 0 || at == agendaBuckets || l.again < began+seekPart*int64(seekTime) {
			t.Fatalf("up to bucket %d, and again in %s", at, time.Duration(l.again-began))
		}
		l.again = r.now() + int64(time.Minute)
		at := l.bucket
		if l.seek(); l.bucket != at {
			t.Error("it goes on at once")
		}
		r.watch.Store(&watch{run: r, handle: h})
		if l.seek(); l.bucket != 0 || l.wanted != r.watch.Load() {
			t.Errorf("the next is looked for at once, up to bucket %d", l.bucket)
		}
	}
}

// What is replayed has// What is replayed has messages of a size between those of the session and twice that.
func TestReplaySizes(t *testing.T) {
	for _, tt := range []struct {
		messages, in, out uint64
		want              int
	}{{0, 0, 0, 0}, {1, 0, 0, 0}, {1, 1, 0, 0}, {2, 2, 2, 1}, {2, 1024, 1024, 10}, {1, 1025, 0, 11}, {1, 0, 2048, 11}} {
		g := session.Glance{Messages: tt.messages, BytesIn: tt.in, BytesOut: tt.out}
		if k := keyOf(&g); k.size != tt.want {
			t.Errorf("%d messages of %d bytes: 2^%d, want 2^%d", tt.messages, tt.in+tt.out, k.size, tt.want)
		}
	}
}

// Nothing keeps a run that is over once nobody asks for what was in it.
func TestResetLetsGoOfTheRun(t *testing.T) {
	e := crowded(t, 100)
	q := SessionQuery{Limit: 50}
	l := listed(t, e, q)
	q.Follow = l.Rows[0].Handle
	listed(t, e, q)
	if _, err := e.Session(l.Rows[1].Handle); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	runtime.AddCleanup(e.run.initiators, func(int) { close(gone) }, 0)
	if err := e.Reset(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the end of what the old run had", func() bool {
		runtime.GC()
		select {
		case <-gone:
			return true
		default:
			return false
		}
	})
}
