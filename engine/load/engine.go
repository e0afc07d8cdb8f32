package load

import (
	"context"
	"errors"
	"math"
	"runtime/debug"
	"sync"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// snapshotInterval is how often an engine publishes: often enough to look
// live, and far from costing anything.
const snapshotInterval = 100 * time.Millisecond

// firstSnapshot is when the first one comes: whoever looks at a screen waits for it.
const firstSnapshot = 20 * time.Millisecond

// The errors of an [Engine].
var (
	ErrNotRunning = errors.New("load: engine is not running")
	ErrStarted    = errors.New("load: engine was started before")
	ErrComparing  = errors.New("load: a comparison is running")
)

// Engine puts load on two session managers and tells how it goes. Its methods
// may be called from any goroutine. It is used once: after Stop it stays stopped.
//
// It sets the process's GOGC and memory limit, and sets them back when it stops.
type Engine struct {
	box  *stats.Mailbox[Snapshot]
	done chan struct{} // closed when the load has ended
	quit chan struct{} // closed to end the control goroutine
	poke chan struct{} // tells it that the duration changed

	// mu serializes whatever changes what the engine does. Snapshots do not
	// take it, but through orders.
	mu      sync.Mutex
	cfg     Config
	version uint64
	state   State
	err     error
	run     *run
	resets  uint64 // so far
	shape   *Shape // of cfg, from start on
	start   int64  // of the profile, engine time in ns
	offered offered
	held    held
	final   *Summary
	restore func()
	prepare func(*run) // of a test, which gets at a run before it begins

	collecting sync.Mutex // held during a forced collection; taken before mu

	sampling sync.Mutex // guards sampler; taken after mu, never before
	sampler  sampler

	lister   *lister
	watching watching

	control sync.WaitGroup
}

// Option changes how an [Engine] is made.
type Option func(*Engine)

// WithHost makes the engine sample what the process and its host use, once a
// second. It costs some hundred allocations each time, which the figures
// include; without it Snapshot.Process stays zero.
func WithHost() Option {
	return func(e *Engine) { e.sampler.wantHost = true }
}

// New returns an engine that will put the load cfg on. It runs nothing yet. The
// error is that of [Config.Validate].
func New(cfg Config, options ...Option) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Engine{
		box:     stats.NewMailbox[Snapshot](),
		done:    make(chan struct{}),
		quit:    make(chan struct{}),
		poke:    make(chan struct{}, 1),
		cfg:     cfg,
		version: 1,
		lister:  newLister(),
	}
	for _, o := range options {
		o(e)
	}
	return e, nil
}

// Start begins the load. It returns [ErrStarted] the second time.
func (e *Engine) Start() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != Idle {
		return ErrStarted
	}
	r, err := e.newRun()
	if err != nil {
		return err
	}
	e.beginRun(r)
	e.restore = takeRuntime()
	setRuntime(e.cfg)
	e.control.Add(1)
	go e.publish()
	return nil
}

// newRun makes a run by the present configuration.
func (e *Engine) newRun() (*run, error) {
	measureUnits()
	r, err := newRun(e.cfg, e.state == Paused, e.fail)
	if err == nil && e.prepare != nil {
		e.prepare(r)
	}
	return r, err
}

// beginRun starts a run.
func (e *Engine) beginRun(r *run) {
	e.run = r
	if e.state != Paused {
		e.state = Running
	}
	o := r.orders.Load()
	e.shape, e.start = o.shape, o.start
	e.offered = offered{}
	e.offered.change(o, 0)
	e.held = held{}
	e.sampling.Lock()
	e.sampler.begin()
	e.sampling.Unlock()
	r.begin()
	e.lister.use(r)
}

// Config returns the configuration in force.
func (e *Engine) Config() Config {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cfg
}

// Apply makes cfg hold from now on: for the sessions that start later, for the
// schedule, the pools and the collector at once. It returns the error of
// [Config.Validate], that of a transport that cannot be had, [ErrNotRunning]
// before Start and after the end, and [ErrComparing]; then nothing changed. A changed RNGSeed begins
// its random numbers anew. The profile goes on where it is, unless something
// changed that says when it does what: then it begins now.
func (e *Engine) Apply(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.usable(); err != nil {
		return err
	}
	if cfg == e.cfg {
		return nil
	}
	start, shape := e.start, e.shape
	if otherTimes(e.cfg, cfg) {
		start = e.run.now()
	}
	if start != e.start || otherLevels(e.cfg, cfg) {
		s := cfg.Shape(time.Duration(start))
		shape = &s
	}
	if err := e.command(cfg, shape, start); err != nil {
		return err
	}
	if cfg.GOGC != e.cfg.GOGC || cfg.MemoryLimit != e.cfg.MemoryLimit {
		setRuntime(cfg)
	}
	e.cfg, e.shape, e.start = cfg, shape, start
	e.version++
	select {
	case e.poke <- struct{}{}:
	default:
	}
	return nil
}

// usable tells whether the load can be changed now. The caller holds mu.
func (e *Engine) usable() error {
	switch e.state {
	case Running, Paused:
		return nil
	case Comparing:
		return ErrComparing
	default:
		return ErrNotRunning
	}
}

// otherTimes tells whether two configurations differ in what the profile does
// when: then it begins anew.
func otherTimes(a, b Config) bool {
	return a.Model != b.Model || a.Profile != b.Profile || a.Steps != b.Steps ||
		a.RampTime != b.RampTime || a.Period != b.Period || a.SpikeTime != b.SpikeTime
}

// otherLevels tells whether two configurations differ in the levels of the load.
func otherLevels(a, b Config) bool {
	return a.Rate != b.Rate || a.Workers != b.Workers || a.Peak != b.Peak || a.Duration != b.Duration
}

// command passes what is to be in force on to the run. On an error nothing has
// changed. The caller holds mu.
func (e *Engine) command(cfg Config, shape *Shape, start int64) error {
	o := &orders{cfg: cfg, shape: shape, start: start, paused: e.state != Running, drain: e.state == Comparing, at: e.run.now()}
	before, started := e.run.numbers.until(e.cfg.Sessions), e.run.started()
	if err := e.run.order(o); err != nil {
		return err
	}
	e.offered.settle(min(o.at, before), started)
	e.offered.change(o, started)
	return nil
}

// Pause stops new pairs from starting; those that live go on. Nothing is
// offered, and so nothing missed, while paused; what was offered before is started
// still. Elapsed and the profile go on.
func (e *Engine) Pause() { e.pause(Running, Paused) }

// Resume ends a pause.
func (e *Engine) Resume() { e.pause(Paused, Running) }

func (e *Engine) pause(from, to State) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != from {
		return
	}
	e.state = to
	_ = e.command(e.cfg, e.shape, e.start) // no transport is new in it
}

// Reset ends all sessions and begins anew: empty managers, empty pools, all
// counters, the elapsed time and the profile at zero. A paused load stays paused.
// It returns [ErrNotRunning] before Start and after the end, [ErrComparing], and the
// error of a transport that cannot be had; then nothing changed.
func (e *Engine) Reset() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.usable(); err != nil {
		return err
	}
	r, err := e.newRun()
	if err != nil {
		return err // and the old run goes on
	}
	e.lister.leave(nil)
	e.run.quiesce()
	e.run.drain()
	e.resets++
	e.beginRun(r)
	e.forget()
	return nil
}

// forget lets go of what was looked at in runs before, as soon as nobody asks for it.
func (e *Engine) forget() {
	time.AfterFunc(listerLinger+watchInterval, func() {
		r, _ := e.lister.serves()
		if lists, watches := e.lister.forget(), r == nil || e.watching.forget(r); !lists || !watches {
			e.forget()
		}
	})
}

// Next waits for the next snapshot, of which there are ten a second but during an
// experiment, and returns it. Who comes late gets the latest: none is kept for anybody. After
// the load has ended and its last snapshot was taken it returns [io.EOF].
func (e *Engine) Next(ctx context.Context) (Snapshot, error) { return e.box.Take(ctx) }

// Snapshot takes a snapshot now.
func (e *Engine) Snapshot() Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.snapshot()
}

func (e *Engine) snapshot() Snapshot {
	e.sampling.Lock()
	defer e.sampling.Unlock()
	return e.sampler.sample(e)
}

// Done is closed when the load has ended: its duration is over, it failed, or
// Stop was called.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Err returns why the load failed, a [*PanicError], or nil.
func (e *Engine) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// Stop ends the load, closes all sessions, gives the process its GOGC and
// memory limit back, and returns the summary of the run up to when the load
// ended. No goroutine of the engine is left. It may be called again.
func (e *Engine) Stop() Summary {
	e.end(nil)
	e.control.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.run != nil && e.err == nil { // after a panic no lock may be relied upon
		if n := e.run.drain(); n > 0 {
			e.final.Valid = false
			e.final.InvalidReasons = append(e.final.InvalidReasons, lostSessions(n))
		}
	}
	e.run = nil
	if e.restore != nil {
		e.restore()
		e.restore = nil
	}
	return *e.final
}

// Summary returns what the run came to so far; after the end, what it came to.
func (e *Engine) Summary() Summary {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.final != nil {
		return *e.final
	}
	return summary(e.snapshot(), true)
}

// fail ends the load because of err. It is called by the goroutine that
// failed, which end would wait for.
func (e *Engine) fail(err error) { go e.end(err) }

// end ends the load and fixes the summary. The first call counts.
func (e *Engine) end(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == Stopped {
		return
	}
	partial := err != nil
	if e.run != nil {
		partial = partial || !complete(e.cfg, e.run)
		if e.state == Comparing {
			e.held.end(e.run.now())
		}
		e.state = Draining
		e.lister.leave(ErrNotRunning)
		e.run.quiesce()
	}
	e.err = err
	e.state = Stopped
	s := e.lastSnapshot()
	final := summary(s, partial)
	e.final = &final
	e.box.Put(s)
	e.box.Close()
	close(e.done)
	close(e.quit)
}

// complete tells whether a run has reached an end that was set for it, or has none.
func complete(cfg Config, r *run) bool {
	switch {
	case cfg.Duration > 0 && r.now() >= int64(cfg.Duration), cfg.Sessions > 0 && r.over(cfg.Sessions):
		return true
	default:
		return cfg.Duration == 0 && cfg.Sessions == 0
	}
}

// lastSnapshot is the one whose allocation counts are exact.
func (e *Engine) lastSnapshot() Snapshot {
	e.sampling.Lock()
	defer e.sampling.Unlock()
	return e.sampler.last(e)
}

// publish puts a snapshot into the mailbox ten times a second, and ends the
// load when its time is over.
func (e *Engine) publish() {
	defer e.control.Done()
	tick, first := time.NewTicker(firstSnapshot), true
	defer tick.Stop()
	over := time.NewTimer(math.MaxInt64)
	defer over.Stop()
	for {
		e.mu.Lock()
		left := time.Duration(math.MaxInt64)
		if e.state != Stopped && e.cfg.Duration > 0 {
			left = e.cfg.Duration - time.Duration(e.run.now())
		}
		e.mu.Unlock()
		over.Reset(left)
		select {
		case <-tick.C:
			if first {
				tick.Reset(snapshotInterval)
				first = false
			}
			e.mu.Lock()
			over := false
			if e.state != Stopped && e.state != Comparing {
				over = e.run.over(e.cfg.Sessions)
				e.box.Put(e.snapshot())
			}
			e.mu.Unlock()
			if over {
				e.end(nil)
			}
		case <-over.C:
			e.end(nil)
		case <-e.poke:
		case <-e.quit:
			return
		}
	}
}

// offered counts the sessions that were to be started: in the open model the
// integral of its level, whatever became of them, and in the closed one what was
// started or could not be.
type offered struct {
	total  float64 // up to since
	since  int64
	shape  *Shape // of the open model, from then on; nil is nothing
	start  int64  // when the shape began
	closed bool
	base   uint64 // what was started, or could not be, up to since
}

// settle makes the total that of a time.
func (o *offered) settle(now int64, started uint64) {
	o.total = o.at(now, started)
	o.since, o.base = now, started
}

// change makes orders count from when they hold on. settle comes before.
func (o *offered) change(to *orders, started uint64) {
	o.since, o.base = to.at, started
	o.shape, o.start, o.closed = to.shape, to.start, to.cfg.Model == Closed
	if o.closed || to.paused {
		o.shape = nil
	}
}

// at returns the total at a time when so many sessions were started or could not be.
func (o *offered) at(now int64, started uint64) float64 {
	switch {
	case o.closed:
		return o.total + float64(int64(started-o.base))
	case o.shape == nil || now <= o.since:
		return o.total
	default:
		return o.total + o.shape.Total(time.Duration(now-o.start)) - o.shape.Total(time.Duration(o.since-o.start))
	}
}

// setRuntime sets the collector as cfg says.
func setRuntime(cfg Config) {
	debug.SetGCPercent(cfg.GOGC)
	debug.SetMemoryLimit(cfg.MemoryLimit)
}

// takeRuntime returns what sets the collector back to how it is now.
func takeRuntime() (restore func()) {
	limit := debug.SetMemoryLimit(-1)
	percent := debug.SetGCPercent(100) // it cannot be read without being set
	debug.SetGCPercent(percent)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
