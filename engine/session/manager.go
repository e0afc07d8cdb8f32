package session

import (
	"errors"
	"fmt"
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Limits end a session by themselves. Zero is no limit.
type Limits struct {
	// MaxAge counts from the creation, IdleTimeout from the last message or
	// MAC, or the creation where there was none.
	MaxAge, IdleTimeout time.Duration
	// MaxMessages counts what was sealed, opened, signed and verified. The
	// last one succeeds.
	MaxMessages uint64
}

// DefaultLimits are SAGE's: one hour, ten minutes, a thousand messages.
func DefaultLimits() Limits {
	return Limits{MaxAge: time.Hour, IdleTimeout: 10 * time.Minute, MaxMessages: 1000}
}

// Config is what a [Manager] is made with. The zero value is of use: SAGE's
// limits, no optimization, and defaults where a field says so.
type Config struct {
	// Limits hold for sessions whose Params set none; the zero value is
	// [DefaultLimits].
	Limits Limits
	// MaxSessions bounds the live sessions; 0 is 1,000,000.
	MaxSessions int
	// Shards is rounded up to a power of two; 0 chooses by GOMAXPROCS and
	// MaxSessions.
	Shards int
	// Optimizations and PoolCapacity can be changed later. The capacity is
	// that of [PoolFreeList], in slots; 0 keeps none.
	Optimizations Optimizations
	PoolCapacity  int
	// SweepInterval is how often expired sessions are collected; 0 is one
	// second, and a negative one leaves it to calls of Sweep.
	SweepInterval time.Duration
}

const (
	defaultMaxSessions   = 1_000_000
	defaultSweepInterval = time.Second
	maxShards            = 1 << 12
	// Shards, where nobody says how many, are enough that processors seldom
	// meet in one, and that none holds more than shardSessions: growing its
	// table, or copying its handles for a listing, then takes well under a
	// millisecond.
	shardsPerCPU  = 16
	shardSessions = 1 << 14
	// MaxKeyIDs is how many key ids one session may have.
	MaxKeyIDs = 16
	// sweepBatch is how many expired sessions of a shard are taken at once,
	// so that its lock is never held for longer than that takes.
	sweepBatch = 256
)

// Manager creates, finds, expires and removes sessions, and owns their storage.
// All its methods may be called from any goroutine.
type Manager struct {
	limits   Limits
	max      atomic.Int64
	seed     maphash.Seed // per manager, so that nobody can aim at one shard
	shards   []shard
	keyIDs   []keyIDShard
	syncPool atomic.Pointer[sync.Pool]
	opts     atomic.Pointer[Optimizations]
	capacity atomic.Int64
	epoch    time.Time
	_        [64]byte
	live     atomic.Int64 // written by all creations: what lookups read is not on its line
	slots    atomic.Uint32
	_        [64]byte
	samples  samples

	changing sync.Mutex // serializes SetOptimizations and SetPoolCapacity
	sweeping sync.Mutex
	batch    []Session

	stop     chan struct{}
	closing  sync.Once
	finished sync.WaitGroup
}

// keyIDShard is one part of the index of key ids.
type keyIDShard struct {
	mu    sync.Mutex
	table map[string]ID
	_     [64]byte
}

// NewManager returns a manager, and starts its sweep. The caller ends it with
// Close. It refuses negative numbers with [ErrParams], and anything where the
// library refuses ChaCha20-Poly1305, as it does in FIPS 140-only mode.
func NewManager(c Config) (*Manager, error) {
	switch {
	case c.MaxSessions < 0:
		return nil, badParams("MaxSessions is %d", c.MaxSessions)
	case c.Shards < 0 || c.Shards > maxShards:
		return nil, badParams("Shards is %d, not 0 to %d", c.Shards, maxShards)
	case c.PoolCapacity < 0:
		return nil, badParams("PoolCapacity is %d", c.PoolCapacity)
	case c.Optimizations.Pool > PoolFreeList:
		return nil, badParams("%s is unknown", c.Optimizations.Pool)
	}
	if err := c.Limits.check(); err != nil {
		return nil, err
	}
	if cipherErr != nil {
		return nil, fmt.Errorf("session: no cipher: %w", cipherErr)
	}
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits()
	}
	if c.MaxSessions == 0 {
		c.MaxSessions = defaultMaxSessions
	}
	if c.SweepInterval == 0 {
		c.SweepInterval = defaultSweepInterval
	}
	if c.Shards == 0 {
		c.Shards = min(max(shardsPerCPU*runtime.GOMAXPROCS(0), c.MaxSessions/shardSessions), maxShards)
	}
	n := powerOfTwo(c.Shards)
	m := &Manager{
		limits: c.Limits,
		seed:   maphash.MakeSeed(),
		shards: make([]shard, n),
		keyIDs: make([]keyIDShard, n),
		epoch:  time.Now(),
		batch:  make([]Session, 0, sweepBatch),
		stop:   make(chan struct{}),
	}
	for i := range m.shards {
		m.shards[i].manager = m
		m.shards[i].table.Store(newTable(minTable))
		m.keyIDs[i].table = make(map[string]ID)
	}
	m.max.Store(int64(c.MaxSessions))
	m.syncPool.Store(new(sync.Pool))
	m.SetOptimizations(c.Optimizations)
	m.SetPoolCapacity(c.PoolCapacity)
	if c.SweepInterval > 0 {
		m.finished.Add(1)
		go m.sweepEvery(c.SweepInterval)
	}
	return m, nil
}

func (l Limits) check() error {
	if l.MaxAge < 0 || l.IdleTimeout < 0 {
		return badParams("a limit is negative: age %s, idle %s", l.MaxAge, l.IdleTimeout)
	}
	return nil
}

// now is the manager's clock: nanoseconds since it was made, monotonic.
func (m *Manager) now() int64 { return int64(time.Since(m.epoch)) }

func (m *Manager) shardOf(hash uint64) *shard { return &m.shards[hash&uint64(len(m.shards)-1)] }

// Params is what a session is made of.
type Params struct {
	// Seed has [SeedSize] secret bytes, the same at both ends: [DeriveSeed]'s,
	// or an exporter's. It is only read, and not kept.
	Seed []byte
	// Label goes into the id; "" is [DefaultLabel]. At most 64 bytes.
	Label string
	// Role is this end's.
	Role Role
	// Limits and Optimizations, where set, replace the manager's for this
	// session; but its storage goes back to the pool that the manager has by
	// then. They are only read.
	Limits        *Limits
	Optimizations *Optimizations
	// Tag is the caller's own mark, which [Info] shows and nothing else reads.
	Tag uint16
}

// Create makes a session and returns the handle on it. Both ends that create
// one from the same seed and label, with the same SingleHKDF, can talk. Its
// errors are [ErrParams], [ErrFull], [ErrExists] and [ErrManagerClosed]; after
// any of them nothing of the session remains.
func (m *Manager) Create(p Params) (Session, error) {
	if m.samples.take() {
		return m.createSampled(&p)
	}
	reserveStack()
	h, err := m.create(&p, nil)
	scrubStack()
	return h, err
}

// create has a frame of its own, to be scrubbed with those below. It notes its times
// down in t, if there is one.
//
//go:noinline
func (m *Manager) create(p *Params, t *timing) (Session, error) {
	switch {
	case len(p.Seed) != SeedSize:
		return Session{}, badParams("seed has %d bytes, not %d", len(p.Seed), SeedSize)
	case len(p.Label) > maxLabel:
		return Session{}, badParams("label has %d bytes, more than %d", len(p.Label), maxLabel)
	case p.Role > Responder:
		return Session{}, badParams("role %d is unknown", p.Role)
	case p.Optimizations != nil && p.Optimizations.Pool > PoolFreeList:
		return Session{}, badParams("%s is unknown", p.Optimizations.Pool)
	}
	limits := m.limits
	if p.Limits != nil {
		if err := p.Limits.check(); err != nil {
			return Session{}, err
		}
		limits = *p.Limits
	}
	o := m.Optimizations()
	if p.Optimizations != nil {
		o = *p.Optimizations
	}
	id := deriveID(p.Seed, labelOr(p.Label), o.reusableHash())
	hash := m.hash(&id)
	sh := m.shardOf(hash)
	if m.live.Add(1) > m.max.Load() {
		m.live.Add(-1)
		sh.count.refused.Add(1)
		return Session{}, ErrFull
	}
	if _, live := sh.find(&id, hash); live {
		m.live.Add(-1)
		sh.count.duplicate.Add(1)
		return Session{}, ErrExists
	}

	s := sh.acquire(o)
	s.mu.Lock()
	s.id, s.role, s.tag, s.limits, s.reusable = id, p.Role, p.Tag, limits, o.reusableHash()
	m.fill(s, p.Seed, o, t)
	s.created = m.now()
	s.lastUsed = s.created
	s.messages, s.bytesIn, s.bytesOut = 0, 0, 0
	s.expires.Store(s.deadline())
	gen := s.gen.Add(1)
	s.mu.Unlock()

	if err := sh.insert(s, gen, hash); err != nil {
		s.mu.Lock()
		s.gen.Add(1)
		s.reset()
		s.mu.Unlock()
		m.live.Add(-1)
		if errors.Is(err, ErrExists) {
			sh.count.duplicate.Add(1)
		}
		sh.release(s)
		return Session{}, err
	}
	return Session{slot: s, gen: gen}, nil
}

// fill derives the keys into s, whose lock the caller holds, and counts it.
func (m *Manager) fill(s *slot, seed []byte, o Optimizations, t *timing) {
	count := &s.shard.count
	if n := s.layKeys(o); n > 0 {
		count.keyAllocations.Add(n)
	}
	schedule := 0
	if o.SingleHKDF {
		schedule = 1
	}
	if n := count.derived[schedule].Add(1); n%SampleEvery == 1 {
		m.samples.due.Add(1)
	}
	if t != nil {
		t.hit = s.reuses > 0
		t.deriving = m.now()
	}
	deriveKeys(&s.keys, seed, s.id, o)
	if t != nil {
		t.derived = m.now()
	}
	s.setCiphers(o)
}

// Get returns a handle on the live session with that id, or [ErrNotFound]. It
// does not count as use. It takes no lock, and waits for nobody, unless a limit is
// less than 67 ms away from where it was when last looked at, or other sessions of
// the same shard come and go so fast that there is no moment between. Once any
// operation has returned [ErrClosed], Get does not find the session any more.
func (m *Manager) Get(id ID) (Session, error) {
	hash := m.hash(&id)
	h, live := m.shardOf(hash).find(&id, hash)
	if !live {
		return Session{}, ErrNotFound
	}
	return h, nil
}

// Remove closes the session with that id, or returns [ErrNotFound].
func (m *Manager) Remove(id ID) error {
	h, err := m.Get(id)
	if err != nil {
		return err
	}
	if h.Close() != nil {
		return ErrNotFound
	}
	return nil
}

// Live returns how many sessions there are, those being created included. It
// costs one atomic load.
func (m *Manager) Live() int { return int(m.live.Load()) }

// Len returns how many sessions the table holds.
func (m *Manager) Len() int {
	n := 0
	for i := range m.shards {
		sh := &m.shards[i]
		sh.mu.Lock()
		n += sh.table.Load().used
		sh.mu.Unlock()
	}
	return n
}

// Optimizations returns the switches in force for new sessions.
func (m *Manager) Optimizations() Optimizations { return *m.opts.Load() }

// SetOptimizations changes the switches for the sessions created from now on.
// A change of the pool's kind lets go of what the old pool held. A kind that there
// is not is [PoolNone].
func (m *Manager) SetOptimizations(o Optimizations) {
	m.changing.Lock()
	defer m.changing.Unlock()
	before := m.opts.Swap(&o)
	if before == nil || before.Pool == o.Pool {
		return
	}
	m.syncPool.Store(new(sync.Pool))
	m.setFreeLimits()
}

// SetPoolCapacity changes how many slots the free lists may hold together.
// Negative is none.
func (m *Manager) SetPoolCapacity(n int) {
	m.changing.Lock()
	defer m.changing.Unlock()
	m.capacity.Store(int64(max(n, 0)))
	m.setFreeLimits()
}

// SetMaxSessions changes the bound on live sessions; a number below those that
// live ends none of them. At least one is always allowed.
func (m *Manager) SetMaxSessions(n int) { m.max.Store(int64(max(n, 1))) }

func (m *Manager) setFreeLimits() {
	capacity, n := int(m.capacity.Load()), len(m.shards)
	if m.Optimizations().Pool != PoolFreeList {
		capacity = 0
	}
	for i := range m.shards {
		limit := capacity / n
		if i < capacity%n {
			limit++
		}
		m.shards[i].setLimit(limit)
	}
}

// Sweep ends the sessions that nobody has found past their limit, and returns how
// many there were. It may leave those whose time has been up for less than 17 ms
// to the next one. It costs what expired, not what lives.
func (m *Manager) Sweep() int {
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	n := 0
	now := m.now()
	for i := range m.shards {
		sh := &m.shards[i]
		for more := true; more; {
			m.batch, more = sh.due(m.batch[:0], now)
			for _, h := range m.batch {
				if h.expire(now) {
					n++
				}
			}
		}
	}
	clear(m.batch[:cap(m.batch)])
	return n
}

func (m *Manager) sweepEvery(interval time.Duration) {
	defer m.finished.Done()
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			m.Sweep()
		case <-m.stop:
			return
		}
	}
}

// Close ends every session, wiping its keys, and the sweep. Calls after it
// find an empty manager; a second Close does nothing. The error is always nil.
func (m *Manager) Close() error {
	m.closing.Do(func() {
		close(m.stop)
		m.finished.Wait()
		for i := range m.shards {
			m.shards[i].close()
		}
		m.syncPool.Store(new(sync.Pool))
	})
	return nil
}

// close ends the sessions of one shard and lets go of its free list.
func (sh *shard) close() {
	sh.mu.Lock()
	sh.closed = true
	clear(sh.free)
	sh.free = nil
	all := sh.table.Load().all(nil)
	sh.mu.Unlock()
	for _, h := range all {
		h.end(causeRemoved)
	}
}

// Counters returns what the manager has done so far. Taken under traffic, its
// fields are each exact, at slightly different moments; Live is never negative.
func (m *Manager) Counters() Counters {
	var c Counters
	for i := range m.shards {
		sh := &m.shards[i]
		n := &sh.count
		// The ends first: what ended was created before.
		c.Removed += n.ended[causeRemoved].Load()
		c.ExpiredAge += n.ended[causeAge].Load()
		c.ExpiredIdle += n.ended[causeIdle].Load()
		c.ExpiredCount += n.ended[causeCount].Load()
		for class := range n.created {
			created := n.created[class].Load()
			c.ByReuse[class] += created
			c.Created += created
		}
		c.Refused += n.refused.Load()
		c.Duplicate += n.duplicate.Load()
		c.Hits += n.hits.Load()
		c.Misses += n.misses.Load()
		c.Puts += n.puts.Load()
		c.Drops += n.drops.Load()
		separate, single := n.derived[0].Load(), n.derived[1].Load()
		for _, label := range separateLabels {
			c.HKDFCalls[label] += separate
		}
		c.HKDFCalls[LabelSession] += single
		c.HKDFCalls[LabelDirectional] += single
		c.HKDFBytes += (separate + single) * KeyMaterialSize
		c.KeyAllocations += n.keyAllocations.Load()
		c.Sealed += n.sealed.Load()
		c.Opened += n.opened.Load()
		c.Failed += n.failed.Load()
		c.BytesSealed += n.bytesSealed.Load()
		c.BytesOpened += n.bytesOpened.Load()
		sh.mu.Lock()
		c.Free += int64(len(sh.free))
		sh.mu.Unlock()
	}
	c.Gets = c.Hits + c.Misses
	c.Live = int64(c.Created - c.Removed - c.Expired())
	if m.Optimizations().Pool == PoolFreeList {
		c.Capacity = m.capacity.Load()
	}
	return c
}
