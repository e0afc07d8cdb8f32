package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

const (
	// leastLead is how long the lead-in of a slice takes at least, and maxLead at
	// most.
	leastLead = 50 * time.Millisecond
	maxLead   = 5 * time.Second
	// leadFactor is how many times the load there is in the lead-in, so that no pool
	// that has room has to grow later.
	leadFactor = 2
	// maxTail is for how long pairs may live on when a slice offers no more. What
	// is left then is closed before its time, which may happen to maxCut of them.
	maxTail = 5 * time.Second
	maxCut  = 0.01
	// lookInterval is how often the heap is looked at during a slice.
	lookInterval = 20 * time.Millisecond
	// restInterval is how often it is looked at whether all is quiet.
	restInterval = 500 * time.Microsecond
)

// Slice is what one stretch of one arm came to. Its counts are those of the whole
// process from when the load was let go until the last of its sessions was over:
// exact, since nothing of the load was running at either end.
type Slice struct {
	Arm    int  // index into Plan.Arms
	Number int  // counts the slices of the arm, from 0
	Warmup bool // to be thrown away
	Turn   int  // counts all slices, warm-ups included, from 0
	// Valid says that the load was what was asked for; Reasons says why not.
	Valid   bool
	Reasons []string

	Sessions  uint64        // created, both ends of a pair
	Offered   float64       // sessions that the load model meant to start
	Achieved  uint64        // sessions created while it offered load
	CutShort  uint64        // sessions closed before the end of their life
	Wall, CPU time.Duration // CPU is of the whole process
	Objects   uint64        // heap allocations
	Bytes     uint64        // of heap allocations
	HKDF      uint64        // calls of the key schedule
	KeyAllocs uint64
	PoolGets  uint64
	PoolHits  uint64
	Messages  uint64 // opened

	GCCycles   uint64
	GCCPU      time.Duration // by the estimate of the runtime, of the collections that ended
	GCPause    time.Duration
	GCPauseP99 time.Duration
	HeapLive   uint64 // bytes; see the metric heap_live
	HeapPeak   uint64

	CreateP50, CreateP99 time.Duration // of pairs, service time
}

// per returns n over the sessions of the slice, NaN without any.
func (s *Slice) per(n float64) float64 { return known(n/float64(s.Sessions), s.Sessions > 0) }

// leadIn returns for how long a slice's load runs before it counts: long enough
// that pools, caches and the pace of the collector are its own.
func leadIn(c *Config, slice time.Duration) time.Duration {
	lead := max(leastLead, slice/4)
	if c.Model == Open {
		lead = max(lead, time.Duration(c.Lifetime.Mean()))
	}
	return min(lead, maxLead)
}

// measure measures one slice.
func (x *Experiment) measure(ctx context.Context, m *meter, turn int) (Slice, error) {
	t := x.order[turn]
	cfg := x.plan.Arms[t.arm].Config
	s := Slice{Arm: t.arm, Number: max(t.number, 0), Warmup: t.number < 0, Turn: turn}
	cfg.RNGSeed = sliceSeed(cfg.RNGSeed^x.plan.Seed, t.number)
	setRuntime(cfg)
	runtime.GC() // what the slice before left
	ctx, failed := context.WithCancelCause(ctx)
	defer failed(nil)
	b, err := newBench(cfg, t.arm, failed, x.prepare)
	if err != nil {
		return s, err
	}
	defer b.close()
	b.lead(ctx, leadIn(&cfg, x.plan.Slice))
	runtime.GC() // what the lead-in left, or it would be found in the slice
	if ctx.Err() == nil {
		m.take(ctx, b, x.plan.Slice, &s)
	}
	return s, context.Cause(ctx)
}

// sliceSeed is that of the n-th slices of arms that have the same: of neighbouring
// seeds, too, none is like another.
func sliceSeed(seed uint64, number int) uint64 {
	return rand.New(rand.NewPCG(seed, uint64(number+1))).Uint64()
}

// meter reads what a slice comes to. It keeps its memory from slice to slice.
type meter struct {
	sampler  sampler
	created  stats.Counts // create times before the slice
	pauses   *stats.Histogram
	cycles   uint64
	pause    time.Duration
	now      stats.RuntimeSample
	heapLive uint64
	heapPeak uint64
	onCycle  func(stats.GCCycle)
}

func newMeter() *meter {
	m := new(meter)
	m.sampler.runtime = stats.NewRuntime()
	m.sampler.gclog = stats.NewGCLog()
	m.onCycle = func(c stats.GCCycle) {
		m.cycles++
		m.pause += c.Pause
		m.pauses.Record(int64(c.Pause))
	}
	return m
}

// look reads the runtime. It allocates nothing.
func (m *meter) look() {
	m.sampler.runtime.Read(&m.now)
	m.heapLive = max(m.heapLive, m.now.HeapLive)
	m.heapPeak = max(m.heapPeak, m.now.HeapObjectsBytes)
	m.cycles += m.sampler.gclog.Poll(m.onCycle)
}

// take lets a load that is held go for so long, waits until all of it is over,
// and puts what that came to into s.
func (m *meter) take(ctx context.Context, b *bench, length time.Duration, s *Slice) {
	var before, after Snapshot
	before.Config, after.Config = b.cfg, b.cfg
	m.sampler.counters(&before, b.run)
	m.created = m.sampler.merged.createService
	letGo, hold := b.orders(false), b.orders(true)

	m.pauses = new(stats.Histogram)
	m.look()
	m.cycles, m.pause, m.heapLive, m.heapPeak = 0, 0, 0, 0
	m.pauses = new(stats.Histogram) // without the collections of the lead-in
	gcCPU := m.now.GCCPUSeconds
	objects, bytes := stats.ExactAllocs()
	cpu := stats.ProcessCPU()
	b.give(letGo)
	started := b.run.started()
	b.offered.change(letGo, started)
	for ctx.Err() == nil {
		m.look()
		left := length - time.Duration(b.run.now()-letGo.at)
		if left <= 0 {
			break
		}
		b.wait(ctx, min(left, lookInterval))
	}
	started = b.run.started()
	achieved := b.run.counters().Created - before.Sessions.Created
	b.give(hold)
	s.Offered = b.offered.at(hold.at, started)
	s.CutShort = b.rest(ctx)
	s.Wall = time.Duration(b.run.now() - letGo.at)
	s.CPU = stats.ProcessCPU() - cpu
	endObjects, endBytes := stats.ExactAllocs()
	m.look()

	s.Objects, s.Bytes = endObjects-objects, endBytes-bytes
	s.GCCycles, s.GCPause = m.cycles, m.pause
	s.GCCPU = time.Duration((m.now.GCCPUSeconds - gcCPU) * float64(time.Second))
	var pauses stats.Counts
	m.pauses.AddTo(&pauses)
	s.GCPauseP99 = time.Duration(pauses.Quantile(0.99))
	runtime.GC() // finds what the pools hold
	m.look()
	s.HeapLive, s.HeapPeak = m.heapLive, m.heapPeak

	m.sampler.counters(&after, b.run)
	created := &m.sampler.merged.createService
	created.Sub(&m.created)
	s.CreateP50, s.CreateP99 = time.Duration(created.Quantile(0.5)), time.Duration(created.Quantile(0.99))
	s.count(&before, &after)
	s.judge(&before, &after, &b.cfg, achieved, time.Duration(hold.at-letGo.at))
}

// count puts what was counted between two snapshots into s.
func (s *Slice) count(before, after *Snapshot) {
	s.Sessions = after.Sessions.Created - before.Sessions.Created
	s.HKDF = after.HKDF.Calls - before.HKDF.Calls
	s.KeyAllocs = after.KeyAllocs - before.KeyAllocs
	s.PoolGets, s.PoolHits = after.Pool.Gets-before.Pool.Gets, after.Pool.Hits-before.Pool.Hits
	s.Messages = after.Messages.Opened - before.Messages.Opened
}

// judge tells whether the load was what was asked for; achieved is what was
// created in the length of time for which it was offered.
func (s *Slice) judge(before, after *Snapshot, cfg *Config, achieved uint64, length time.Duration) {
	s.Achieved = achieved
	s.Reasons = shortfalls(after, before)
	if cfg.Model == Open && float64(achieved) < least(s.Offered) {
		s.Reasons = append(s.Reasons, behind(perSecond(float64(achieved), length), perSecond(s.Offered, length)))
	}
	if float64(s.CutShort) > maxCut*float64(s.Sessions) {
		s.Reasons = append(s.Reasons, fmt.Sprintf("cut short: %d sessions closed before their time, %s after the slice", s.CutShort, maxTail))
	}
	if s.Sessions == 0 {
		s.Reasons = append(s.Reasons, "idle: no session was started")
	}
	s.Valid = len(s.Reasons) == 0
}

// bench is a run that is held, let go, and held again.
type bench struct {
	run     *run
	cfg     Config // of the load that counts
	offered offered
	timer   *time.Timer // kept, so that waiting allocates nothing
}

// newBench makes a run that is held. failed is told of a panic in it.
func newBench(cfg Config, arm int, failed func(error), prepare func(*run)) (*bench, error) {
	b := &bench{cfg: cfg, timer: time.NewTimer(time.Hour)}
	r, err := newRun(b.warming(), true, failed)
	if err != nil {
		return nil, err
	}
	r.arm, r.sweepEvery = arm, sweepInterval/10 // so that what is left to expire hardly piles up
	b.run = r
	if prepare != nil {
		prepare(r)
	}
	r.begin()
	return b, nil
}

// warming is the load of the lead-in, which is larger and of another seed.
func (b *bench) warming() Config {
	c := b.cfg
	c.RNGSeed = ^c.RNGSeed
	c.Workers = min(leadFactor*c.Workers, maxWorkers)
	c.Rate = min(leadFactor*c.Rate, maxRate)
	return c
}

// orders are those of the load that counts, which is let go or held.
func (b *bench) orders(held bool) *orders {
	shape := b.cfg.Shape(0)
	return &orders{cfg: b.cfg, shape: &shape, paused: held}
}

// give makes orders hold from now on.
func (b *bench) give(o *orders) {
	o.at = b.run.now()
	o.start = o.at
	_ = b.run.order(o) // the transport was there before
}

// lead runs the load before it counts, and holds it.
func (b *bench) lead(ctx context.Context, length time.Duration) {
	c := b.warming()
	if c.Model == Closed {
		b.fill(ctx, c)
	}
	shape := c.Shape(0)
	b.give(&orders{cfg: c, shape: &shape})
	begun := b.run.now()
	for ctx.Err() == nil {
		left := length - time.Duration(b.run.now()-begun)
		if left <= 0 {
			break
		}
		b.wait(ctx, min(left, lookInterval))
	}
	b.give(b.orders(true))
	b.rest(ctx)
	b.run.numbers.restart()
}

// fill has all places of a closed load taken at the same time, once. How many are
// taken while it runs depends on how fast pairs come and go: without this, pools
// would grow for as long as the load has not happened to have more.
func (b *bench) fill(ctx context.Context, c Config) {
	c.Lifetime, c.Messages = Fixed(maxLifetime), Fixed(0)
	shape := c.Shape(0)
	b.give(&orders{cfg: c, shape: &shape})
	places := uint64(min(2*c.Workers, c.MaxLive))
	for begun := b.run.now(); b.run.started() < places && b.run.now()-begun < int64(maxLead) && ctx.Err() == nil; {
		b.wait(ctx, restInterval)
	}
	o := b.orders(true)
	o.drain = true
	b.give(o)
	b.rest(ctx)
}

// rest waits until every pair is over, and returns how many sessions had to be
// closed before that.
func (b *bench) rest(ctx context.Context) (cut uint64) {
	held := b.run.now()
	for !b.run.quiet() && ctx.Err() == nil {
		if cut == 0 && b.run.now()-held > int64(maxTail) {
			cut = uint64(b.run.live())
			o := b.orders(true)
			o.drain = true
			b.give(o)
		}
		b.wait(ctx, restInterval)
		for _, m := range b.run.managers() {
			m.Sweep()
		}
	}
	return cut
}

// wait waits. It allocates nothing.
func (b *bench) wait(ctx context.Context, d time.Duration) {
	b.timer.Reset(d)
	select {
	case <-b.timer.C:
	case <-ctx.Done():
	}
}

// close ends the run and all its sessions.
func (b *bench) close() {
	b.timer.Stop()
	b.run.quiesce()
	b.run.drain()
}
