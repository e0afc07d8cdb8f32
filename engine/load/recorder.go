package load

import (
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// recorder is what one lane measured. The lane alone writes; anybody reads.
type recorder struct {
	createService, createResponse       stats.Histogram
	handshakeService, handshakeResponse stats.Histogram
	sealService, sealResponse           stats.Histogram
	openService, openResponse           stats.Histogram

	create, handshake, seal, open, end stageCounter

	droppedLive, droppedLate, droppedFailed atomic.Uint64
	failed                                  atomic.Uint64 // sessions
	messagesFailed                          atomic.Uint64
	handshakesCompleted, handshakesFailed   atomic.Uint64
	pairs                                   atomic.Uint64 // begun and established
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

// merger adds up the recorders of all lanes. It is reused, since its
// histograms are large.
type merger struct {
	createService, createResponse       stats.Counts
	handshakeService, handshakeResponse stats.Counts
	sealService, sealResponse           stats.Counts
	openService, openResponse           stats.Counts
}

// merge sums what the lanes recorded into s.
func (m *merger) merge(s *Snapshot, lanes []*lane) {
	for _, c := range m.all() {
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
		r.seal.addTo(&s.Stages.Seal)
		r.open.addTo(&s.Stages.Open)
		r.end.addTo(&s.Stages.Close)

		s.Dropped.Live += r.droppedLive.Load()
		s.Dropped.Late += r.droppedLate.Load()
		s.Dropped.Failed += r.droppedFailed.Load()
		s.Sessions.Failed += r.failed.Load()
		s.Messages.Failed += r.messagesFailed.Load()
		s.Handshakes.Completed += r.handshakesCompleted.Load()
		s.Handshakes.Failed += r.handshakesFailed.Load()
	}
	s.Latency = Latencies{
		Create:    Response{summarize(&m.createService), summarize(&m.createResponse)},
		Handshake: Response{summarize(&m.handshakeService), summarize(&m.handshakeResponse)},
		Seal:      Response{summarize(&m.sealService), summarize(&m.sealResponse)},
		Open:      Response{summarize(&m.openService), summarize(&m.openResponse)},
	}
}

func (m *merger) all() [8]*stats.Counts {
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
