package load

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// rateWindow is the stretch over which a snapshot's rates and its validity are
// judged.
const rateWindow = time.Second

// hostInterval is how often the process and its host are sampled.
const hostInterval = time.Second

// sampler takes snapshots. It keeps what they are measured against, and room
// that is reused, so that measuring adds little to what is measured.
type sampler struct {
	merged  merger
	runtime *stats.Runtime
	gclog   *stats.GCLog
	pauses  *stats.Histogram
	counts  stats.Counts
	waits   stats.Waits
	samples session.Samples

	base                   stats.RuntimeSample
	baseObjects, baseBytes uint64 // exact
	began                  time.Time
	lent                   *lent // while an experiment has the process

	recent     []Cycle // replaced, never changed: snapshots share it
	cycles     uint64
	pauseTotal time.Duration
	forced     uint64

	seq    uint64
	past   [24]Snapshot // a ring of earlier snapshots, for rates
	next   int
	origin Snapshot // before which they do not go
	most   uint64   // sessions that any snapshot told as created

	wantHost bool
	host     *stats.Host
	hostAt   time.Time
	process  Process
}

// begin makes now the zero of all figures.
func (s *sampler) begin() {
	if s.runtime == nil {
		s.runtime = stats.NewRuntime()
		s.gclog = stats.NewGCLog()
	}
	s.pauses = new(stats.Histogram)
	_ = s.gclog.Poll(func(stats.GCCycle) {}) // the cycles before are not this run's
	s.recent, s.cycles, s.pauseTotal, s.forced = nil, 0, 0, 0
	s.waits.Forget()
	s.most = 0
	s.forget(Snapshot{})
	if s.wantHost && s.host == nil {
		s.host = stats.NewHost()
	}
	s.began = time.Now()
	s.baseObjects, s.baseBytes = stats.ExactAllocs()
	s.runtime.Read(&s.base)
}

// lent is where the process stood when it was last looked at while it was lent to an
// experiment.
type lent struct {
	objects, bytes uint64 // exact
	runtime        stats.RuntimeSample
}

// lend begins a stretch in which what the process does is not of the load.
func (s *sampler) lend() {
	s.lent = new(lent)
	s.lent.objects, s.lent.bytes = stats.ExactAllocs()
	s.runtime.Read(&s.lent.runtime)
}

// leaveOut leaves out what the process did since it was lent, if it is.
func (s *sampler) leaveOut() {
	before := s.lent
	if before == nil {
		return
	}
	s.lend()
	now := s.lent
	s.baseObjects += now.objects - before.objects
	s.baseBytes += now.bytes - before.bytes
	s.base.Objects += now.runtime.Objects - before.runtime.Objects
	s.base.AllocBytes += now.runtime.AllocBytes - before.runtime.AllocBytes
	s.base.GCCPUSeconds += now.runtime.GCCPUSeconds - before.runtime.GCCPUSeconds
	s.base.AssistCPUSeconds += now.runtime.AssistCPUSeconds - before.runtime.AssistCPUSeconds
	s.base.TotalCPUSeconds += now.runtime.TotalCPUSeconds - before.runtime.TotalCPUSeconds
	s.base.IdleCPUSeconds += now.runtime.IdleCPUSeconds - before.runtime.IdleCPUSeconds
	_ = s.gclog.Poll(func(stats.GCCycle) {})
	s.waits.Forget()
}

// forget lets rates go back to a snapshot and no further.
func (s *sampler) forget(origin Snapshot) {
	clear(s.past[:])
	s.next = 0
	s.origin = origin
}

// giveBack ends that stretch.
func (s *sampler) giveBack() {
	s.leaveOut()
	s.lent = nil
}

// sample takes a snapshot. The caller holds the engine's mu.
func (s *sampler) sample(e *Engine) Snapshot {
	snap := Snapshot{Run: e.resets, State: e.state, Config: e.cfg, Version: e.version, ProfileStart: time.Duration(e.start), Valid: true}
	snap.Handshakes.Suite, snap.Handshakes.Transport = e.cfg.Handshake, e.cfg.Transport
	s.seq++
	snap.Seq = s.seq
	if e.run == nil {
		return snap
	}
	s.leaveOut()
	s.counters(&snap, e.run)
	s.neverFewer(&snap.Sessions)
	s.sampled(&snap, e.run)
	now := e.run.now() // after the counters, so that no rate is too high
	snap.Elapsed = time.Duration(now)
	snap.Compared = e.held.at(now, e.state)
	snap.Offered = e.offered.at(min(now, e.run.numbers.until(e.cfg.Sessions)), snap.Sessions.Created+snap.Dropped.Total())
	s.runtimeFigures(&snap)
	s.hostFigures(&snap)

	before := s.earlier(now)
	snap.OfferedRate = perSecond(snap.Offered-before.Offered, snap.Elapsed-before.Elapsed)
	snap.AchievedRate = perSecond(float64(snap.Sessions.Created-before.Sessions.Created), snap.Elapsed-before.Elapsed)
	snap.Reasons = shortfalls(&snap, &before)
	snap.Valid = len(snap.Reasons) == 0
	s.past[s.next%len(s.past)] = snap
	s.next++
	return snap
}

// last takes the snapshot after the end of the load, with exact allocations.
func (s *sampler) last(e *Engine) Snapshot {
	if e.run == nil {
		return s.sample(e)
	}
	s.leaveOut()
	objects, bytes := stats.ExactAllocs()
	snap := s.sample(e)
	snap.Allocs = Allocs{Objects: objects - s.baseObjects, Bytes: bytes - s.baseBytes}
	return snap
}

// counters adds up what lanes and managers counted.
func (s *sampler) counters(snap *Snapshot, r *run) {
	s.merged.merge(snap, r.lanes)
	c := r.counters()
	failed := snap.Sessions.Failed
	snap.Sessions = Sessions{
		Created:      c.Created,
		Expired:      c.Expired(),
		Live:         uint64(max(c.Live, 0)),
		Failed:       failed,
		ExpiredAge:   c.ExpiredAge,
		ExpiredIdle:  c.ExpiredIdle,
		ExpiredCount: c.ExpiredCount,
	}
	// By what is left, so that the five always add up. The lanes count what
	// they close after a failure apart, and the manager among the removed.
	snap.Sessions.Removed = c.Created - c.Expired() - snap.Sessions.Live - failed
	snap.Pool = Pool{
		Kind: snap.Config.Optimizations.Pool,
		Gets: c.Gets, Hits: c.Hits, Misses: c.Misses, Puts: c.Puts, Drops: c.Drops,
		Free: c.Free, Capacity: c.Capacity,
		InFlight: snap.Sessions.Live, ByReuse: c.ByReuse,
	}
	if c.Gets > 0 {
		snap.Pool.HitRatio = float64(c.Hits) / float64(c.Gets)
	}
	snap.HKDF = HKDF{Calls: c.HKDFTotal(), Bytes: c.HKDFBytes, ByLabel: c.HKDFCalls}
	snap.KeyAllocs = c.KeyAllocations
	snap.Messages.Sealed, snap.Messages.Opened, snap.Messages.Bytes = c.Sealed, c.Opened, c.BytesSealed
}

// neverFewer keeps the sessions from becoming fewer than they were. An end whose peer
// could not be made is counted until the lane has said so; in the next snapshot it
// would be missing. It stays, as one that was closed, until there are more.
func (s *sampler) neverFewer(n *Sessions) {
	if n.Created < s.most {
		n.Removed += s.most - n.Created
		n.Created = s.most
	}
	s.most = n.Created
}

// sampled tells what the managers took samples of.
func (s *sampler) sampled(snap *Snapshot, r *run) {
	s.samples.Reset()
	for _, m := range r.managers() {
		m.AddSamples(&s.samples)
	}
	snap.Sampled = Sampled{
		Derive:    summarize(&s.samples.Derive),
		CreateHit: summarize(&s.samples.CreateHit), CreateMiss: summarize(&s.samples.CreateMiss),
		Every: session.SampleEvery,
	}
	for i := range snap.Sampled.DeriveBuckets {
		low, high := TimeBucket(i)
		snap.Sampled.DeriveBuckets[i] = s.samples.Derive.Between(int64(low), int64(high))
	}
}

// runtimeFigures tells what the Go runtime did since begin.
func (s *sampler) runtimeFigures(snap *Snapshot) {
	var now stats.RuntimeSample
	s.runtime.Read(&now)
	snap.Allocs = Allocs{Objects: now.Objects - s.base.Objects, Bytes: now.AllocBytes - s.base.AllocBytes}
	s.pollCycles()
	s.counts.Reset()
	s.pauses.AddTo(&s.counts)
	snap.GC = GC{
		Cycles: s.cycles, PauseTotal: s.pauseTotal,
		HeapLive: now.HeapLive, HeapGoal: now.HeapGoal,
		Pauses: summarize(&s.counts), Recent: s.recent, Forced: s.forced,
		CPUSeconds:       now.GCCPUSeconds - s.base.GCCPUSeconds,
		AssistCPUSeconds: now.AssistCPUSeconds - s.base.AssistCPUSeconds,
		TotalCPUSeconds:  now.UsedCPUSeconds() - s.base.UsedCPUSeconds(),
		StackBytes:       now.StackBytes, TotalMapped: now.MappedBytes,
	}
	if limit := snap.Config.MemoryLimit; limit != Off {
		snap.GC.HeapLimit = uint64(limit)
	}
	if used := snap.GC.TotalCPUSeconds; used > 0 {
		snap.GC.CPUFraction = snap.GC.CPUSeconds / used
	}
	snap.Scheduler = s.scheduler()
	s.process.Goroutines = now.Goroutines
	s.process.Cores = runtime.NumCPU()
}

// pollCycles takes note of the collections that ended since it last did.
func (s *sampler) pollCycles() {
	var fresh []Cycle
	s.cycles += s.gclog.Poll(func(c stats.GCCycle) {
		fresh = append(fresh, Cycle{Number: c.Number, At: c.End.Sub(s.began), Pause: c.Pause})
		s.pauses.Record(int64(c.Pause))
		s.cycles++
		s.pauseTotal += c.Pause
	})
	if len(fresh) > 0 {
		all := slices.Concat(s.recent, fresh)
		s.recent = all[max(0, len(all)-RecentCycles):]
	}
}

// scheduler tells how the scheduler did, by what the runtime was last read for.
func (s *sampler) scheduler() Scheduler {
	q := [...]float64{0.50, 0.75, 0.90, 0.95, 0.99, 0.999, 0.9999, 1}
	var d [len(q)]time.Duration
	n, window := s.waits.Read(s.runtime, q[:], d[:])
	return Scheduler{Window: window, Latency: Latency{
		Count: n, P50: d[0], P75: d[1], P90: d[2], P95: d[3], P99: d[4], P999: d[5], P9999: d[6], Max: d[7],
	}}
}

// collected counts a collection that was forced, by the number of its cycle, or 0, which
// none has, where that is not known.
func (s *sampler) collected(number uint64) {
	s.forced++
	s.pollCycles()
	if at := slices.IndexFunc(s.recent, func(c Cycle) bool { return c.Number == number }); at >= 0 {
		s.recent = slices.Clone(s.recent)
		s.recent[at].Forced = true
	}
}

func (s *sampler) hostFigures(snap *Snapshot) {
	if s.host != nil && time.Since(s.hostAt) >= hostInterval {
		s.hostAt = time.Now()
		h := s.host.Sample()
		s.process.CPUPercent, s.process.RSS, s.process.HostCPU = h.ProcessCPU, h.RSS, h.HostCPU
	}
	snap.Process = s.process
}

// earlier returns the latest snapshot that is at least rateWindow old, or the
// oldest there is, or the origin.
func (s *sampler) earlier(now int64) Snapshot {
	var best Snapshot
	for i := 1; i <= min(s.next, len(s.past)); i++ {
		best = s.past[(s.next-i)%len(s.past)]
		if now-int64(best.Elapsed) >= int64(rateWindow) {
			return best
		}
	}
	if s.next <= len(s.past) {
		return s.origin
	}
	return best
}

func perSecond(n float64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return n / d.Seconds()
}

// settled is how long a stretch must be before its rate is judged.
const settled = 500 * time.Millisecond

// shortfalls tells what was not as asked for between two snapshots, in words
// for people. Nothing is as good as nil.
func shortfalls(now, before *Snapshot) []string {
	var why []string
	say := func(n uint64, before, after string) {
		if n > 0 {
			why = append(why, before+format.Text(format.AppendExact, n)+after)
		}
	}
	d := now.Dropped
	say(d.Live-before.Dropped.Live, "live limit: ", fmt.Sprintf(" sessions not started, max-live is %d", now.Config.MaxLive))
	say(d.Memory-before.Dropped.Memory, "memory: ", " sessions not started, the memory limit is "+formatSize(now.Config.MemoryLimit))
	say(d.CPU-before.Dropped.CPU, "overload: ", fmt.Sprintf(" sessions not started, %s behind schedule for want of processor time", maxLateness))
	say(d.Generator-before.Dropped.Generator, "held up: ", fmt.Sprintf(" sessions not started, %s behind schedule with processor time left", maxLateness))
	say(d.Failed-before.Dropped.Failed, "refused: ", " sessions not started")
	say(now.Handshakes.Failed-before.Handshakes.Failed, "handshakes: ", " failed")
	say(now.Messages.Failed-before.Messages.Failed, "messages: ", " not authentic")
	say(now.Sessions.Failed-before.Sessions.Failed, "sessions: ", " closed after a failure")

	stretch := now.Elapsed - before.Elapsed
	offered, achieved := now.Offered-before.Offered, float64(now.Sessions.Created-before.Sessions.Created)
	if len(why) == 0 && stretch >= settled && achieved < least(offered) {
		why = append(why, behind(perSecond(achieved, stretch), perSecond(offered, stretch)))
	}
	return why
}

// behind says that a rate was not reached.
func behind(achieved, offered float64) string {
	rate := func(v float64) string { return format.Text(format.AppendRate, v) }
	return kindBehind + ": " + rate(achieved) + " of " + rate(offered) + " offered"
}

// least is how many of the offered sessions must have been started for the
// load to count as what was asked for: all but 2 %, and but what chance takes.
// Pairs arrive at random, so n sessions vary by sqrt(2n); four times that
// leaves one false alarm in many thousands.
func least(offered float64) float64 {
	return 0.98*offered - 4*math.Sqrt(2*offered)
}

func lostSessions(n int) string {
	return fmt.Sprintf("lost: %d sessions could not be closed at the end", n)
}
