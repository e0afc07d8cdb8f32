package ui

import (
	"slices"
	"sort"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// How much of the past is kept. Everything is kept in memory of fixed size: the
// dashboard shares its heap with what it measures and must not make it grow. The
// counters are cumulative, so the coarse points lose resolution and no totals.
const (
	finePoints   = 5*60*10 + 60*10 // 5 minutes of 10 snapshots a second, likewise
	coarsePoints = 62 * 60         // 1 hour, a point a second, and what a chart's border needs
	coarseStep   = time.Second
	wholePoints  = 1024            // the whole run, however long: every second one is dropped when there is no room
	fineSpan     = 5 * time.Minute // windows up to this one are drawn from the fine points
	coarseSpan   = time.Hour       // and those up to this one from the coarse

	maxCycles  = 16384 // GC cycles, 24 bytes each
	maxMarkers = 64
)

// The stages of a session's life, in the order in which they are shown.
const (
	stageHandshake = iota
	stageCreate
	stageSeal
	stageOpen
	stageClose
	numStages
)

// Why sessions were not started, in the order in which it is shown.
const (
	dropLive = iota
	dropMemory
	dropCPU
	dropGenerator
	dropFailed
	numDrops
)

// causes are the words for why a handshake failed, in the order in which they are
// shown. The last is that of all others.
var causes = handshake.Causes()

// maxCauses is how many of them a point has room for.
const maxCauses = 20

// counters are the cumulative figures of a snapshot that the charts need.
type counters struct {
	offered   float64
	created   uint64
	drops     [numDrops]uint64
	gets      uint64 // of the pool; its misses are gets less hits
	hits      uint64
	puts      uint64
	poolDrops uint64
	sealed    uint64 // bytes of plaintext
	keyAllocs uint64
	objects   uint64
	bytes     uint64
	cycles    uint64
	hkdf      [session.NumLabels]uint64
	stages    [numStages]time.Duration
	completed uint64            // handshakes
	failed    [maxCauses]uint32 // handshakes by cause; differences survive that they wrap
	gcCPU     float64           // processor seconds, by the runtime's estimate
	usedCPU   float64           // likewise, of the whole process
	own       spending          // of the dashboard
}

// point is one moment of the history.
type point struct {
	counters
	live     uint64
	aim      float64 // pairs that the closed model meant to keep alive
	free     int64
	heapLive uint64
	heapGoal uint64
	limit    uint64        // 0 is none
	schedP99 time.Duration // over the last second; 0 if not known
}

func pointOf(s *load.Snapshot) point {
	p := point{
		counters: counters{
			offered: s.Offered,
			created: s.Sessions.Created,
			drops: [numDrops]uint64{
				dropLive:      s.Dropped.Live,
				dropMemory:    s.Dropped.Memory,
				dropCPU:       s.Dropped.CPU,
				dropGenerator: s.Dropped.Generator,
				dropFailed:    s.Dropped.Failed,
			},
			gets:      s.Pool.Gets,
			hits:      s.Pool.Hits,
			puts:      s.Pool.Puts,
			poolDrops: s.Pool.Drops,
			sealed:    s.Messages.Bytes,
			keyAllocs: s.KeyAllocs,
			objects:   s.Allocs.Objects,
			bytes:     s.Allocs.Bytes,
			cycles:    s.GC.Cycles,
			hkdf:      s.HKDF.ByLabel,
			stages: [numStages]time.Duration{
				stageHandshake: s.Stages.Handshake.Total,
				stageCreate:    s.Stages.Create.Total,
				stageSeal:      s.Stages.Seal.Total,
				stageOpen:      s.Stages.Open.Total,
				stageClose:     s.Stages.Close.Total,
			},
			completed: s.Handshakes.Completed,
			gcCPU:     s.GC.CPUSeconds,
			usedCPU:   s.GC.TotalCPUSeconds,
		},
		live:     s.Sessions.Live,
		free:     s.Pool.Free,
		heapLive: s.GC.HeapLive,
		heapGoal: s.GC.HeapGoal,
		limit:    s.GC.HeapLimit,
		schedP99: s.Scheduler.Latency.P99,
	}
	for i, n := range failures(&s.Handshakes.HandshakeCounts) {
		p.failed[i] = uint32(n)
	}
	return p
}

// failures returns the failed handshakes by cause, in the order of causes.
func failures(c *load.HandshakeCounts) (by [maxCauses]uint64) {
	if len(c.FailedBy) == 0 {
		return by
	}
	rest := c.Failed
	for i, word := range causes[:len(causes)-1] {
		by[i] = c.FailedBy[word]
		rest -= min(by[i], rest)
	}
	by[len(causes)-1] = rest
	return by
}

// series is a ring of points in the order of their times. The times stand apart
// from the points so that a search touches little memory.
type series struct {
	at     []time.Duration
	points []point
	first  int // index of the oldest
	n      int
}

func newSeries(capacity int) series {
	return series{at: make([]time.Duration, capacity), points: make([]point, capacity)}
}

func (s *series) slot(i int) int {
	if i += s.first; i >= len(s.at) {
		i -= len(s.at)
	}
	return i
}

// time and point return the i-th oldest entry.
func (s *series) time(i int) time.Duration { return s.at[s.slot(i)] }
func (s *series) point(i int) *point       { return &s.points[s.slot(i)] }

func (s *series) push(at time.Duration, p *point) {
	if s.n == len(s.at) {
		s.first = s.slot(1)
		s.n--
	}
	i := s.slot(s.n)
	s.at[i], s.points[i] = at, *p
	s.n++
}

func (s *series) clear() { s.first, s.n = 0, 0 }

// thin drops every second entry of a series that never dropped its oldest, which
// stays.
func (s *series) thin() {
	for i := 0; i < s.n; i += 2 {
		s.at[i/2], s.points[i/2] = s.at[i], s.points[i]
	}
	s.n = (s.n + 1) / 2
}

// last returns the index of the newest entry at or before t, -1 if there is none.
func (s *series) last(t time.Duration) int {
	return sort.Search(s.n, func(i int) bool { return s.time(i) > t }) - 1
}

// marker is a moment at which the configuration changed.
type marker struct {
	at    time.Duration
	label string
}

// history is what the dashboard remembers of the snapshots that it has seen.
type history struct {
	fine, coarse series
	whole        series // from the start of the run on
	wholeStep    time.Duration
	cycles       []load.Cycle // a ring
	firstCycle   int
	markers      []marker // oldest first
	forced       uint64   // collections until now
	spent        spending // of the dashboard until now; whoever pushes sets it
	snaps        snapshots

	run      uint64        // of the newest snapshot
	config   load.Config   // of the newest snapshot
	changed  time.Duration // when that configuration came into force
	start    time.Duration // when its profile began
	state    load.State
	shape    load.Shape // of that configuration
	footing  footing
	measured measurements
	eras     eras
	events   events
	resets   int // how often the past was dropped
}

func newHistory() *history {
	return &history{
		fine:     newSeries(finePoints),
		coarse:   newSeries(coarsePoints),
		whole:    newSeries(wholePoints),
		cycles:   make([]load.Cycle, 0, maxCycles),
		markers:  make([]marker, 0, maxMarkers),
		measured: newMeasurements(),
		snaps:    newSnapshots(),
		eras:     newEras(),
		events:   newEventRing(),
	}
}

// push records s. When another run began, the past is dropped: nothing can be
// subtracted across that.
func (h *history) push(s *load.Snapshot) {
	newest := h.fine.n - 1
	forced := s.GC.Forced > h.forced
	h.forced = s.GC.Forced
	stands := s.State == h.state && s.ProfileStart == h.start
	switch {
	case newest < 0:
		stands = false
		h.config, h.changed = s.Config, s.Elapsed
	case s.Run != h.run:
		h.fine.clear()
		h.coarse.clear()
		h.whole.clear()
		h.cycles, h.firstCycle = h.cycles[:0], 0
		h.markers = h.markers[:0]
		h.snaps.clear()
		h.eras.clear()
		h.events.clear(s.Elapsed)
		h.resets++
		stands = false
		h.config, h.changed = s.Config, s.Elapsed
	case s.Elapsed <= h.fine.time(newest):
		return // the same moment twice
	case s.Config != h.config:
		stands = false
		if forced {
			h.markForced(s)
			forced = false
		}
		label := changeLabel(h.config, s.Config)
		h.mark(s.Elapsed, label)
		h.events.changed(s.Elapsed, label)
		h.config, h.changed = s.Config, s.Elapsed
	}
	h.run = s.Run
	if forced && newest >= 0 && h.fine.n > 0 {
		h.markForced(s)
	}
	if s.State == load.Comparing && h.state != load.Comparing {
		h.mark(s.Elapsed, "compared")
	}
	if !stands {
		h.state, h.start, h.shape = s.State, s.ProfileStart, s.Config.Shape(s.ProfileStart)
		h.footing = footingOf(s, &h.shape)
		h.eras.begin(s.Elapsed, h.changed, &h.footing)
	}
	p := pointOf(s)
	p.own = h.spent
	if s.Config.Model == load.Closed && s.State != load.Paused {
		p.aim = h.shape.At(s.Elapsed - s.ProfileStart)
	}
	h.fine.push(s.Elapsed, &p)
	kept := h.snaps.push(s, !stands)
	if n := h.coarse.n; kept || n == 0 || s.Elapsed-h.coarse.time(n-1) >= coarseStep-coarseStep/20 {
		h.coarse.push(s.Elapsed, &p)
	}
	h.pushWhole(s.Elapsed, &p)
	h.pushCycles(s.GC.Recent)
	if f, ok := h.steadyFigures(&h.footing, s.Elapsed); ok {
		h.measured.put(h.footing.key, f)
		h.eras.measured(s.Elapsed, f)
	}
	h.events.update(h, s)
}

// pushWhole adds a point to the whole run, if it is time for the next.
func (h *history) pushWhole(at time.Duration, p *point) {
	w := &h.whole
	if w.n == 0 {
		h.wholeStep = coarseStep
	} else if at-w.time(w.n-1) < h.wholeStep-coarseStep/20 {
		return
	}
	if w.n == len(w.at) {
		w.thin()
		h.wholeStep *= 2
	}
	w.push(at, p)
}

func (h *history) mark(at time.Duration, label string) {
	if label == "" {
		return
	}
	if len(h.markers) == maxMarkers {
		h.markers = slices.Delete(h.markers, 0, 1)
	}
	h.markers = append(h.markers, marker{at, label})
}

// markForced marks the newest forced collection, where it is known when it ended, or
// else that there was one before s.
func (h *history) markForced(s *load.Snapshot) {
	at := s.Elapsed
	since := h.fine.time(h.fine.n - 1)
	for _, c := range s.GC.Recent {
		if c.Forced && c.At > since && c.At <= at {
			at = c.At
		}
	}
	h.mark(at, "GC forced")
}

// pushCycles adds the cycles that are newer than those already known.
func (h *history) pushCycles(recent []load.Cycle) {
	known := uint64(0)
	if n := len(h.cycles); n > 0 {
		known = h.cycle(n - 1).Number
	}
	for _, c := range recent {
		if c.Number <= known || c.At < 0 {
			continue
		}
		if len(h.cycles) < maxCycles {
			h.cycles = append(h.cycles, c)
			continue
		}
		h.cycles[h.firstCycle] = c
		h.firstCycle = (h.firstCycle + 1) % maxCycles
	}
}

// cycle returns the i-th oldest cycle.
func (h *history) cycle(i int) *load.Cycle {
	return &h.cycles[(h.firstCycle+i)%len(h.cycles)]
}

// cyclesIn returns the range of cycle indices that ended after from, up to and
// including to.
func (h *history) cyclesIn(from, to time.Duration) (low, high int) {
	after := func(t time.Duration) int {
		return sort.Search(len(h.cycles), func(i int) bool { return h.cycle(i).At > t })
	}
	return after(from), after(to)
}

// delta is the difference between two points.
type delta struct {
	from, to *point
	elapsed  time.Duration
}

// between returns what happened in the last d before end, or in as much of it as
// was recorded. ok is false where there are no two points to compare.
func (h *history) between(end, d time.Duration) (delta, bool) {
	s := h.seriesAt(end, d)
	to := s.last(end)
	if to < 1 {
		return delta{}, false
	}
	from := max(s.last(s.time(to)-d), 0)
	if from == to {
		from--
	}
	return delta{s.point(from), s.point(to), s.time(to) - s.time(from)}, true
}

// seriesFor returns the points that a window of that length is drawn from.
func (h *history) seriesFor(window time.Duration) *series {
	switch {
	case window > coarseSpan:
		return &h.whole
	case window > fineSpan:
		return &h.coarse
	}
	return &h.fine
}

// seriesAt returns the points that a window of that length up to end is drawn from:
// where it lies too far back for the fine points, the coarse ones.
func (h *history) seriesAt(end, window time.Duration) *series {
	s := h.seriesFor(window)
	if s == &h.fine && s.n == len(s.at) && end-window < s.time(0) {
		return &h.coarse
	}
	return s
}

// The figures that a delta gives. Those that do not exist, such as one per
// session where none was created, are NaN.

func (d delta) rate(of func(*counters) uint64) float64 {
	return ratio(float64(of(&d.to.counters)-of(&d.from.counters)), d.elapsed.Seconds())
}

func (d delta) created() float64 { return float64(d.to.created - d.from.created) }

func (d delta) perSession(of func(*counters) uint64) float64 {
	return ratio(float64(of(&d.to.counters)-of(&d.from.counters)), d.created())
}

// reuse is the share of the new sessions' storage that came out of the pool: 0
// while the pool is off.
func (d delta) reuse() float64 {
	if gets := d.to.gets - d.from.gets; gets > 0 {
		return float64(d.to.hits-d.from.hits) / float64(gets)
	}
	return ratio(0, d.created())
}

// failedRate is how many handshakes failed, per second.
func (d delta) failedRate() float64 {
	var n uint32
	for i := range d.to.failed {
		n += d.to.failed[i] - d.from.failed[i]
	}
	return ratio(float64(n), d.elapsed.Seconds())
}

func (d delta) offeredRate() float64 {
	return ratio(d.to.offered-d.from.offered, d.elapsed.Seconds())
}

func (d delta) stagePerSession(stage int) float64 {
	return ratio(float64(d.to.stages[stage]-d.from.stages[stage]), d.created())
}

func countHandshakes(c *counters) uint64 { return c.completed }

func countCreated(c *counters) uint64   { return c.created }
func countGets(c *counters) uint64      { return c.gets }
func countHits(c *counters) uint64      { return c.hits }
func countMisses(c *counters) uint64    { return c.gets - c.hits }
func countPuts(c *counters) uint64      { return c.puts }
func countPoolDrops(c *counters) uint64 { return c.poolDrops }
func countSealed(c *counters) uint64    { return c.sealed }
func countKeyAllocs(c *counters) uint64 { return c.keyAllocs }
func countObjects(c *counters) uint64   { return c.objects }
func countBytes(c *counters) uint64     { return c.bytes }

func countHKDF(c *counters) uint64 {
	var n uint64
	for _, v := range c.hkdf {
		n += v
	}
	return n
}
