package load

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

const (
	// maxLanes bounds the lanes: more than this many cores want more machines.
	maxLanes = 64
	// sweepInterval is how often expired sessions are collected, so that what
	// is left to expire is gone soon after.
	sweepInterval = 100 * time.Millisecond
)

// orders is what the lanes are to do. New ones replace them whole.
type orders struct {
	cfg    Config
	shape  *Shape // of cfg, from start on; another one means a new schedule
	start  int64  // engine time, ns
	paused bool
	drain  bool  // pairs that live are closed before their time
	at     int64 // since when they hold, engine time in ns
	// until is when, by the orders before, the run had started as many sessions as
	// it was to; never if it had not.
	until int64
	next  atomic.Pointer[orders]
}

// run is one stretch of load, from a start or reset to its end: two managers,
// one for each party, and the lanes that use them. It is made anew for each
// stretch, so that every counter begins at zero.
type run struct {
	epoch      time.Time
	initiators *session.Manager
	responders *session.Manager
	parties    *parties
	lanes      []*lane
	begun      bool // lanes have their sleepers
	orders     atomic.Pointer[orders]
	numbers    numbers
	arm        int           // of an experiment
	sweepEvery time.Duration // sweepInterval, or less
	pressure   pressure
	ctx        context.Context //nolint:containedctx // of the handshakes under way, which end with the run
	cancel     context.CancelFunc
	stop       chan struct{}
	stopped    atomic.Bool // what lanes look at instead of stop
	stopping   sync.Once
	working    sync.WaitGroup
	failed     func(error) // told of the first panic
	newSleeper func() sleeper
	watch      atomic.Pointer[watch] // the session that somebody looks at
}

// PanicError is the panic of a goroutine that ran load.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns the panic's value, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("load: panic: %v", e.Value) }

func newRun(cfg Config, paused bool, failed func(error)) (*run, error) {
	r := &run{stop: make(chan struct{}), failed: failed, newSleeper: newSleeper, sweepEvery: sweepInterval}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	var err error
	if r.initiators, err = newManager(cfg); err != nil {
		return nil, err
	}
	if r.responders, err = newManager(cfg); err != nil {
		return nil, err
	}
	if r.parties, err = newParties(); err != nil {
		return nil, err
	}
	n := min(runtime.GOMAXPROCS(0), maxLanes)
	for i := range n {
		r.lanes = append(r.lanes, newLane(r, i))
	}
	shape := cfg.Shape(0)
	if err := r.order(&orders{cfg: cfg, shape: &shape, paused: paused}); err != nil {
		r.cancel()
		return nil, err
	}
	return r, nil
}

func newManager(cfg Config) (*session.Manager, error) {
	return session.NewManager(session.Config{
		MaxSessions:   managerLimit(cfg),
		Optimizations: cfg.Optimizations,
		PoolCapacity:  cfg.PoolCapacity,
		SweepInterval: -1, // the run sweeps, and can be sure when it does not
	})
}

// managerLimit is what one party may hold of the sessions of both.
func managerLimit(cfg Config) int { return max(cfg.MaxLive/2, 1) }

// begin starts the clock and the goroutines.
func (r *run) begin() {
	r.epoch = time.Now()
	for _, l := range r.lanes {
		l.sleeper = r.newSleeper()
	}
	r.begun = true
	for _, l := range r.lanes {
		r.spawn(l.loop)
	}
	for _, m := range r.managers() {
		r.spawn(func() { r.sweep(m) })
	}
	r.spawn(func() { r.pressure.watch(r) })
}

// spawn runs fn in a goroutine whose panic ends the run instead of the program.
func (r *run) spawn(fn func()) {
	r.working.Add(1)
	go func() {
		defer r.working.Done()
		defer func() {
			if v := recover(); v != nil {
				r.failed(&PanicError{Value: v, Stack: debug.Stack()})
			}
		}()
		fn()
	}()
}

func (r *run) sweep(m *session.Manager) {
	t := time.NewTicker(r.sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			m.Sweep()
		case <-r.stop:
			return
		}
	}
}

// order makes o hold for the lanes and the managers, at once. Calls come one at
// a time. On an error nothing has changed: it is the transport's.
func (r *run) order(o *orders) error {
	if o.cfg.Transport == TransportHTTP && o.cfg.Handshake != HandshakeNone {
		if err := r.parties.connect(); err != nil {
			return err
		}
	}
	before := r.orders.Load()
	o.until = never
	if before != nil {
		o.until = r.numbers.until(before.cfg.Sessions)
		before.next.Store(o)
	}
	r.orders.Store(o)
	if r.begun {
		for _, l := range r.lanes {
			l.wake() // that they need not find out late, and with starts that are late
		}
	}
	for _, m := range r.managers() {
		if before == nil || before.cfg.Optimizations != o.cfg.Optimizations {
			m.SetOptimizations(o.cfg.Optimizations)
		}
		if before == nil || before.cfg.PoolCapacity != o.cfg.PoolCapacity {
			m.SetPoolCapacity(o.cfg.PoolCapacity)
		}
		m.SetMaxSessions(managerLimit(o.cfg))
	}
	return nil
}

// claim returns the number of the next pair, and false when the run has started as
// many as it is to; see [numbers.claim].
func (r *run) claim(limit int) (uint64, bool) { return r.numbers.claim(limit, r.now) }

// unclaim gives a number back.
func (r *run) unclaim(number uint64) { r.numbers.unclaim(number) }

// exhausted tells whether claim would say no.
func (r *run) exhausted(limit int) bool { return r.numbers.exhausted(limit) }

// started counts the sessions that were started or dropped so far.
func (r *run) started() uint64 {
	c := r.counters()
	n := c.Created
	for _, l := range r.lanes {
		n += l.rec.dropped()
	}
	return n
}

// over tells whether all that the run was to start was started and has ended.
func (r *run) over(limit int) bool {
	if !r.exhausted(limit) {
		return false
	}
	for _, l := range r.lanes {
		if l.rec.active.Load() > 0 {
			return false
		}
	}
	return r.live() == 0
}

// quiet tells whether no pair is left, nor one to be started by the orders in force.
func (r *run) quiet() bool {
	for _, l := range r.lanes {
		if l.rests.Load() != r.orders.Load() || l.rec.active.Load() > 0 {
			return false
		}
	}
	return r.live() == 0
}

func (r *run) managers() [2]*session.Manager {
	return [2]*session.Manager{r.initiators, r.responders}
}

// now is engine time: nanoseconds since the run began, monotonic.
func (r *run) now() int64 { return int64(time.Since(r.epoch)) }

// live returns how many sessions both managers hold.
func (r *run) live() int { return r.initiators.Live() + r.responders.Live() }

// quiesce ends lanes and sweeps. After it no counter changes.
func (r *run) quiesce() {
	r.stopping.Do(func() {
		r.stopped.Store(true)
		close(r.stop)
		r.cancel()
	})
	r.working.Wait()
	r.parties.disconnect()
}

// drain closes every session that is left, and returns how many remain, which
// is none unless a manager lost track.
func (r *run) drain() int {
	left := 0
	for _, m := range r.managers() {
		_ = m.Close() // always nil
		left += max(m.Len(), m.Live())
	}
	return left
}

// counters returns what both managers did, without the ends that never had a peer.
func (r *run) counters() session.Counters {
	halves := uint64(0)
	for _, l := range r.lanes {
		halves += l.rec.halves.Load() // before the managers', in which they are
	}
	c := r.initiators.Counters()
	d := r.responders.Counters()
	c.Add(&d)
	c.Created -= halves
	c.Removed -= halves
	return c
}
