package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// memscanJob is what the searched process gets to know. Secrets are masked.
type memscanJob struct {
	Optimizations Optimizations
	Seeds         map[string][]byte
	Needles       [][]byte
	// EachOperation asks for a search after each, instead of one after all.
	EachOperation bool
}

// memscanReport is what it answers.
type memscanReport struct {
	Stages   []memscanStage
	Findings []finding
}

// memscanStage is a moment at which memory was searched.
type memscanStage struct {
	Name string
	Live []string // seeds of the sessions that lived
}

const memscanEnv = "SAGETOP_MEMSCAN"

// TestMemscanChild is the process whose memory TestNoKeyByteRemains searches,
// and nothing in any other run.
func TestMemscanChild(t *testing.T) {
	if os.Getenv(memscanEnv) == "" {
		return
	}
	c := newMemscanChild(t)
	c.life()
	if err := json.NewEncoder(os.Stdout).Encode(c.report); err != nil {
		t.Fatal(err)
	}
}

type memscanChild struct {
	t      *testing.T
	job    memscanJob
	report memscanReport
	scan   *scanner
	worker worker
	live   []string
	clear  *[SeedSize]byte // a seed, while Create reads it
}

func newMemscanChild(t *testing.T) *memscanChild {
	c := &memscanChild{t: t, clear: new([SeedSize]byte)}
	if err := json.NewDecoder(os.Stdin).Decode(&c.job); err != nil {
		t.Fatal(err)
	}
	all := make([][needleSize]byte, len(c.job.Needles))
	for i, n := range c.job.Needles {
		all[i] = [needleSize]byte(n)
	}
	var err error
	if c.scan, err = newScanner(all); err != nil {
		t.Fatal(err)
	}
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))) // one spins while the other searches
	debug.SetGCPercent(-1)                            // a collection would wait for the one that spins
	c.worker.work = make(chan func())
	go c.worker.run()
	t.Cleanup(func() { close(c.worker.work) })
	return c
}

// worker runs the session's operations on a stack that is searched as they leave
// it: afterwards it calls nothing that would overwrite what lies below.
type worker struct {
	work chan func()
	done atomic.Bool
	mark atomic.Uintptr // where the operations' caller has its frame
}

func (w *worker) run() {
	var here byte
	for f := range w.work {
		scrub() // what an earlier operation left would be taken for this one's
		f()
		w.mark.Store(uintptr(unsafe.Pointer(&here)))
		w.done.Store(true)
		for w.done.Load() { // any call would leave its frames there
		}
	}
}

// scrub clears the stack below its caller.
//
//go:noinline
func scrub() {
	var frame [32 << 10]byte
	runtime.KeepAlive(&frame)
}

// step runs f on the worker and searches right after it.
func (c *memscanChild) step(name string, f func()) {
	c.worker.work <- f
	for !c.worker.done.Load() {
		time.Sleep(20 * time.Microsecond)
	}
	c.search(name)
	c.worker.done.Store(false)
}

// collect searches after the collector has run, while no operation does.
func (c *memscanChild) collect(name string) {
	runtime.GC()
	runtime.GC() // the second frees what sync.Pool gave up in the first
	c.search(name)
}

func (c *memscanChild) search(name string) {
	found, err := c.scan.scan(name, uint64(c.worker.mark.Load()))
	if err != nil {
		c.t.Fatal(err)
	}
	c.report.Stages = append(c.report.Stages, memscanStage{Name: name, Live: slices.Clone(c.live)})
	c.report.Findings = append(c.report.Findings, found...)
}

func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// with unmasks a seed for no longer than f needs it.
func (c *memscanChild) with(seed string, f func(seed []byte)) {
	for i, v := range c.job.Seeds[seed] {
		c.clear[i] = v ^ mask
	}
	shielded(func() { f(c.clear[:]) })
	clear(c.clear[:])
}

func (c *memscanChild) create(m *Manager, seed string, role Role, l *Limits) (s Session) {
	c.with(seed, func(seed []byte) {
		var err error
		s, err = m.Create(Params{Seed: seed, Role: role, Limits: l})
		c.must(err)
	})
	return s
}

func (c *memscanChild) must(err error) {
	if err != nil {
		panic(err) // not the test's goroutine
	}
}

// life leads sessions through all that can happen to them.
func (c *memscanChild) life() {
	config := Config{Optimizations: c.job.Optimizations, PoolCapacity: 8, Shards: 1, SweepInterval: manual}
	var ends [2]*Manager
	for i := range ends {
		ends[i] = newTestManager(c.t, config)
	}
	operations := operationsOf(50, 1<<10, 16<<10)
	var sessions []Session
	var talks []*conversation
	open := func(pair, alone string, l *Limits) {
		sessions = []Session{
			c.create(ends[0], pair, Initiator, l), c.create(ends[1], pair, Responder, l),
			c.create(ends[0], alone, Symmetric, l),
		}
		talks = talk(sessions)
		c.live = []string{pair, alone}
	}
	use := func() {
		for _, op := range operations {
			c.do(op, talks)
		}
	}
	end := func() {
		for _, s := range sessions {
			c.must(s.Close())
		}
		c.live = nil
	}

	var id ID
	c.step("id derived", func() { c.with("first pair", func(seed []byte) { id = DeriveID(seed, "") }) })
	c.step("keys derived", func() {
		keys := new([KeyMaterialSize]byte)
		c.with("first pair", func(seed []byte) { c.must(DeriveKeys(keys, seed, id, c.job.Optimizations)) })
		clear(keys[:])
	})
	c.step("created", func() { open("first pair", "first alone", nil) })
	if c.job.EachOperation {
		for _, op := range operations {
			c.step(op.name, func() { c.do(op, talks) })
		}
	} else {
		c.step("used", use)
	}
	c.collect("used, collected")
	c.step("closed", end)
	c.collect("closed, collected")

	c.step("storage reused", func() { open("second pair", "second alone", nil); use() })
	c.wantReuse(sessions)
	c.step("closed again", end)

	c.step("expired by use", func() {
		l := Limits{MaxMessages: 1}
		open("third pair", "third alone", &l)
		for _, s := range sessions {
			var err error
			shielded(func() { _, err = s.Sign(nil, []byte("the last")) })
			c.must(err)
		}
		c.sweep(ends[:])
	})
	c.step("expired by age", func() {
		open("third pair", "third alone", &Limits{MaxAge: 1})
		c.sweep(ends[:])
	})
	c.collect("expired, collected")

	c.step("on new stacks", func() { c.newStacks(ends) })
	c.collect("on new stacks, collected")

	c.step("managers closed", func() {
		open("fourth pair", "fourth alone", nil)
		use()
		for _, m := range ends {
			c.must(m.Close())
		}
		c.live = nil
	})
	c.collect("managers closed, collected")
}

func (c *memscanChild) wantReuse(sessions []Session) {
	if c.job.Optimizations.Pool != PoolFreeList {
		return
	}
	for _, s := range sessions {
		info, err := s.Info()
		c.must(err)
		if info.Reuses == 0 {
			c.t.Fatal("the storage was not reused: the stage shows nothing")
		}
	}
}

// sweep ends what is past its limits, which is everything.
func (c *memscanChild) sweep(ends []*Manager) {
	for _, m := range ends {
		for m.Sweep() > 0 || m.Live() > 0 {
			time.Sleep(time.Millisecond)
		}
	}
	c.live = nil
}

// newStacks has operations on goroutines of their own, deeper and deeper, so that
// their stacks grow in the middle of it and leave the old ones behind. Each of
// those goes to a goroutine that does nothing, lest the next operation get it.
func (c *memscanChild) newStacks(ends [2]*Manager) {
	release := make(chan struct{})
	var idle sync.WaitGroup
	defer idle.Wait()
	defer close(release)
	elsewhere := func(depth int, f func()) {
		done := make(chan struct{})
		go func() {
			descend(depth, f)
			close(done)
		}()
		<-done
		started := make(chan struct{})
		idle.Go(func() { close(started); <-release })
		<-started
	}
	for depth := range 40 {
		s := make([]Session, 3)
		elsewhere(depth, func() { s[0] = c.create(ends[0], "fifth pair", Initiator, nil) })
		elsewhere(depth, func() { s[1] = c.create(ends[1], "fifth pair", Responder, nil) })
		elsewhere(depth, func() { s[2] = c.create(ends[0], "fifth alone", Symmetric, nil) })
		talks := talk(s)
		for _, op := range operationsOf(50, 1<<10) {
			elsewhere(depth, func() { c.do(op, talks) })
		}
		for i := range s {
			elsewhere(depth, func() { c.must(s[i].Close()) })
		}
	}
}

// descend calls f so many frames, of about 100 bytes each, further down.
//
//go:noinline
func descend(depth int, f func()) {
	var frame [64]byte
	frame[depth%len(frame)] = 1
	if depth > 0 {
		descend(depth-1, f)
	} else {
		f()
	}
	runtime.KeepAlive(&frame)
}

// talk has the first two sessions talk with each other, and the third alone.
func talk(s []Session) []*conversation {
	return []*conversation{{from: s[0], to: s[1]}, {from: s[2], to: s[2]}}
}

func (c *memscanChild) do(op memscanOperation, talks []*conversation) {
	for _, talk := range talks {
		var err error
		shielded(func() { err = op.do(talk) })
		if !errors.Is(err, op.want) {
			panic(fmt.Sprintf("%s: error %v, want %v", op.name, err, op.want))
		}
	}
}

// conversation is what two ends, or one with itself, have said so far.
type conversation struct {
	from, to    Session
	sealed, mac []byte
}

type memscanOperation struct {
	name string
	do   func(*conversation) error
	want error
}

// operations are all that sessions are used for. The plaintext, which is no
// secret here, has sizes for which the cipher takes different ways.
func operationsOf(sizes ...int) []memscanOperation {
	aad, other := []byte("a header"), []byte("another header")
	var all []memscanOperation
	for _, size := range sizes {
		text, room := make([]byte, size), make([]byte, 0, size)
		all = append(all,
			memscanOperation{fmt.Sprintf("seal %d", size), func(c *conversation) (err error) {
				c.sealed, err = c.from.Seal(nil, text, aad)
				return err
			}, nil},
			memscanOperation{fmt.Sprintf("open %d", size), func(c *conversation) error {
				_, err := c.to.Open(room, c.sealed, aad)
				return err
			}, nil},
			memscanOperation{fmt.Sprintf("failed open %d", size), func(c *conversation) error {
				_, err := c.to.Open(room, c.sealed, other)
				return err
			}, ErrAuth})
	}
	return append(all,
		memscanOperation{"sign", func(c *conversation) (err error) {
			c.mac, err = c.from.Sign(nil, aad)
			return err
		}, nil},
		memscanOperation{"verify", func(c *conversation) error { return c.to.Verify(aad, c.mac) }, nil},
		memscanOperation{"failed verify", func(c *conversation) error { return c.to.Verify(other, c.mac) }, ErrAuth})
}
