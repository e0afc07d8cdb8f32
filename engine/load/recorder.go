package load

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// recorder is what one lane measured. The lane alone writes; anybody reads.
type recorder struct {
	createService, createResponse       stats.Histogram
	handshakeService, handshakeResponse stats.Histogram
	sealService, sealResponse           stats.Histogram
	openService, openResponse           stats.Histogram

	create, handshake, end stageCounter
	seal, open             sizeCounter

	droppedLive, droppedMemory, droppedCPU, droppedGenerator, droppedFailed atomic.Uint64

	halves         atomic.Uint64 // sessions that were closed because their peer could not be made
	failed         atomic.Uint64 // sessions
	messagesFailed atomic.Uint64
	pairs          atomic.Uint64 // begun and established
	active         atomic.Int64  // pairs begun and not over

	kinds [numSuites][numTransports]atomic.Pointer[kindRecorder] // made when first needed
}

// dropped counts the sessions of all causes.
func (r *recorder) dropped() uint64 {
	return r.droppedLive.Load() + r.droppedMemory.Load() + r.droppedCPU.Load() + r.droppedGenerator.Load() + r.droppedFailed.Load()
}

// numSuites and numTransports bound what tells kinds of handshakes apart.
const (
	numSuites     = int(HandshakeMixed)
	numTransports = int(TransportHTTP) + 1
)

// kindRecorder is what a lane measured of handshakes of one suite over one
// transport.
type kindRecorder struct {
	failed [maxCauses]atomic.Uint64 // in the order of causes
	total  stats.Histogram
	phases [handshake.NumPhases]stats.Histogram
	bytes  [handshake.NumPhases]atomic.Uint64
}

// causes are the words for why a handshake failed; maxCauses leaves room.
var causes = handshake.Causes()

const maxCauses = 32

// kind returns the recorder for a suite and a transport.
func (r *recorder) kind(suite Handshake, t Transport) *kindRecorder {
	at := &r.kinds[suite][t]
	if at.Load() == nil {
		at.Store(new(kindRecorder))
	}
	return at.Load()
}

func (k *kindRecorder) fail(err error) {
	k.failed[slices.Index(causes, handshake.Cause(err))].Add(1)
}

func (k *kindRecorder) complete(b *birth) {
	k.total.Record(b.shaken - b.started)
	for i, cost := range b.timing {
		k.phases[i].Record(int64(cost.Duration))
		k.bytes[i].Add(uint64(cost.Bytes))
	}
}

// stageCounter counts calls and their time.
type stageCounter struct{ count, total atomic.Uint64 }

func (c *stageCounter) add(n uint64, d int64) {
	c.count.Add(n)
	c.total.Add(uint64(max(d, 0)))
}

func (c *stageCounter) addTo(s *Stage) {
	s.Count += c.count.Load()
	s.Total += time.Duration(c.total.Load())
}

// sizeCounter counts calls, their time and their bytes by the size of the message.
type sizeCounter [NumSizeClasses]struct {
	stageCounter
	bytes atomic.Uint64
}

func (c *sizeCounter) add(size int, d int64) {
	class := &c[SizeClassOf(size)]
	class.add(1, d)
	class.bytes.Add(uint64(size))
}

// merger adds up the recorders of all lanes. It is reused, since its
// histograms are large.
type merger struct {
	createService, createResponse       stats.Counts
	handshakeService, handshakeResponse stats.Counts
	sealService, sealResponse           stats.Counts
	openService, openResponse           stats.Counts

	one, all handshakeCounts // of one kind of handshake, and of all
}

// handshakeCounts adds up kindRecorders.
type handshakeCounts struct {
	failed [maxCauses]uint64
	total  stats.Counts
	phases [handshake.NumPhases]stats.Counts
	bytes  [handshake.NumPhases]uint64
	units  [handshake.NumPhases]PhaseUnit // sums over the handshakes that completed
}

func (c *handshakeCounts) reset() {
	clear(c.failed[:])
	c.total.Reset()
	for i := range c.phases {
		c.phases[i].Reset()
	}
	clear(c.bytes[:])
	clear(c.units[:])
}

func (c *handshakeCounts) add(k *kindRecorder) {
	for i := range k.failed {
		c.failed[i] += k.failed[i].Load()
	}
	k.total.AddTo(&c.total)
	for i := range k.phases {
		k.phases[i].AddTo(&c.phases[i])
		c.bytes[i] += k.bytes[i].Load()
	}
}

// sum adds what others added up.
func (c *handshakeCounts) sum(o *handshakeCounts) {
	for i, n := range o.failed {
		c.failed[i] += n
	}
	c.total.Add(&o.total)
	for i := range c.phases {
		c.phases[i].Add(&o.phases[i])
		c.bytes[i] += o.bytes[i]
		c.units[i].Allocs += o.units[i].Allocs
		c.units[i].AllocBytes += o.units[i].AllocBytes
		c.units[i].WireBytes += o.units[i].WireBytes
	}
}

// weigh adds what the phases of one handshake take, once for each completed.
func (c *handshakeCounts) weigh(units *[handshake.NumPhases]PhaseUnit, completed uint64) {
	n := float64(completed)
	for i, u := range units {
		c.units[i].Allocs += n * u.Allocs
		c.units[i].AllocBytes += n * u.AllocBytes
		c.units[i].WireBytes += n * u.WireBytes
	}
}

// counts puts the sums into the form of a snapshot.
func (c *handshakeCounts) counts() HandshakeCounts {
	h := HandshakeCounts{Completed: c.total.N(), Total: summarize(&c.total)}
	for i, n := range c.failed {
		if n == 0 {
			continue
		}
		if h.FailedBy == nil {
			h.FailedBy = make(Causes)
		}
		h.FailedBy[causes[i]] = n
		h.Failed += n
	}
	for i, p := range h.Phases.List() {
		*p = PhaseCost{Service: summarize(&c.phases[i]), Bytes: c.bytes[i]}
		if n := float64(h.Completed); n > 0 {
			u := c.units[i]
			p.PerHandshake = PhaseUnit{Allocs: u.Allocs / n, AllocBytes: u.AllocBytes / n, WireBytes: u.WireBytes / n}
		}
	}
	return h
}

// mergeHandshakes sums what the lanes recorded of handshakes.
func (m *merger) mergeHandshakes(s *Snapshot, lanes []*lane) {
	m.all.reset()
	for suite := HandshakeX25519; suite < HandshakeMixed; suite++ {
		for t := range Transport(numTransports) {
			m.one.reset()
			ran := false
			for _, l := range lanes {
				if k := l.rec.kinds[suite][t].Load(); k != nil {
					m.one.add(k)
					ran = true
				}
			}
			if !ran {
				continue
			}
			m.one.weigh(&units[suite][t], m.one.total.N())
			m.all.sum(&m.one)
			s.Handshakes.BySuite = append(s.Handshakes.BySuite, HandshakeKind{suite, t, m.one.counts()})
		}
	}
	s.Handshakes.HandshakeCounts = m.all.counts()
}

func (s *Stage) add(o Stage) {
	s.Count += o.Count
	s.Total += o.Total
}

// merge sums what the lanes recorded into s.
func (m *merger) merge(s *Snapshot, lanes []*lane) {
	for _, c := range m.latencies() {
		c.Reset()
	}
	for _, l := range lanes {
		r := &l.rec
		r.createService.AddTo(&m.createService)
		r.createResponse.AddTo(&m.createResponse)
		r.handshakeService.AddTo(&m.handshakeService)
		r.handshakeResponse.AddTo(&m.handshakeResponse)
		r.sealService.AddTo(&m.sealService)
		r.sealResponse.AddTo(&m.sealResponse)
		r.openService.AddTo(&m.openService)
		r.openResponse.AddTo(&m.openResponse)

		r.create.addTo(&s.Stages.Create)
		r.handshake.addTo(&s.Stages.Handshake)
		for i := range s.Messages.BySize {
			size := &s.Messages.BySize[i]
			r.seal[i].addTo(&size.Seal)
			r.open[i].addTo(&size.Open)
			size.Bytes += r.seal[i].bytes.Load()
		}
		r.end.addTo(&s.Stages.Close)

		s.Dropped.Live += r.droppedLive.Load()
		s.Dropped.Memory += r.droppedMemory.Load()
		s.Dropped.CPU += r.droppedCPU.Load()
		s.Dropped.Generator += r.droppedGenerator.Load()
		s.Dropped.Failed += r.droppedFailed.Load()
		s.Sessions.Failed += r.failed.Load()
		s.Messages.Failed += r.messagesFailed.Load()
	}
	for i := range s.Messages.BySize {
		size := &s.Messages.BySize[i]
		s.Stages.Seal.add(size.Seal)
		s.Stages.Open.add(size.Open)
	}
	s.Dropped.Late = s.Dropped.CPU + s.Dropped.Generator
	m.mergeHandshakes(s, lanes)
	s.Latency = Latencies{
		Create:    Response{summarize(&m.createService), summarize(&m.createResponse)},
		Handshake: Response{summarize(&m.handshakeService), summarize(&m.handshakeResponse)},
		Seal:      Response{summarize(&m.sealService), summarize(&m.sealResponse)},
		Open:      Response{summarize(&m.openService), summarize(&m.openResponse)},
	}
}

func (m *merger) latencies() [8]*stats.Counts {
	return [...]*stats.Counts{
		&m.createService, &m.createResponse, &m.handshakeService, &m.handshakeResponse,
		&m.sealService, &m.sealResponse, &m.openService, &m.openResponse,
	}
}

// summarize turns counts into the figures of a Latency.
func summarize(c *stats.Counts) Latency {
	q := func(p float64) time.Duration { return time.Duration(c.Quantile(p)) }
	if c.N() == 0 {
		return Latency{}
	}
	return Latency{
		Count: c.N(), Mean: time.Duration(c.Mean()),
		P50: q(0.50), P75: q(0.75), P90: q(0.90), P95: q(0.95),
		P99: q(0.99), P999: q(0.999), P9999: q(0.9999), Max: time.Duration(c.Max()),
	}
}
