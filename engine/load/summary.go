package load

import (
	"encoding/json"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// SummarySchema names the JSON form of a [Summary]. Fields may be added under
// the same name; none is removed or changes its meaning.
const SummarySchema = "sagetop.run/1"

// Summary is what a run came to. Times are integer nanoseconds in JSON.
type Summary struct {
	Schema string `json:"schema"`
	// Valid says whether the load over the whole run was what was asked for.
	Valid          bool     `json:"valid"`
	InvalidReasons []string `json:"invalid_reasons"`
	// Partial says that the run was ended before its time.
	Partial bool   `json:"partial"`
	Config  Config `json:"config"` // in force at the end

	Duration          time.Duration `json:"duration_ns"`
	Compared          time.Duration `json:"compared_ns"` // of it, that experiments had; rates are over the rest
	OfferedPerSecond  float64       `json:"offered_per_second"`
	AchievedPerSecond float64       `json:"achieved_per_second"`
	Dropped           uint64        `json:"dropped"`
	DroppedBy         Dropped       `json:"dropped_by"`

	Sessions   Sessions    `json:"sessions"`
	Pool       Pool        `json:"pool"`
	HKDF       HKDFSummary `json:"hkdf"`
	KeyAllocs  KeyAllocs   `json:"key_allocations"`
	Allocs     AllocsTotal `json:"allocs"`
	GC         GCSummary   `json:"gc"`
	Messages   Messages    `json:"messages"`
	Handshakes Handshakes  `json:"handshakes"`
	Stages     Stages      `json:"stages"`
	Latency    Latencies   `json:"latency"`
}

// HKDFSummary counts the HKDFs of the key schedule.
type HKDFSummary struct {
	Calls      uint64            `json:"calls"`
	PerSession float64           `json:"per_session"`
	Bytes      uint64            `json:"bytes"`
	ByLabel    map[string]uint64 `json:"by_label"` // by info string; those that occurred
}

// KeyAllocs counts heap allocations made to hold keys.
type KeyAllocs struct {
	Count      uint64  `json:"count"`
	PerSession float64 `json:"per_session"`
}

// AllocsTotal counts heap allocations of the whole process over the run: those
// of sessions and handshakes, and the little that load and measuring add.
// They are exact: the runtime's counts were flushed at both ends.
type AllocsTotal struct {
	Objects         uint64  `json:"objects"`
	Bytes           uint64  `json:"bytes"`
	PerSession      float64 `json:"per_session"`
	BytesPerSession float64 `json:"bytes_per_session"`
}

// GCSummary is what the collector did over the run.
type GCSummary struct {
	Cycles      uint64        `json:"cycles"`
	CPUFraction float64       `json:"cpu_fraction"` // of the CPU time that the process used, 0 to 1
	PauseTotal  time.Duration `json:"pause_total_ns"`
	HeapLive    uint64        `json:"heap_live_bytes"`
	Pauses      Latency       `json:"pauses"`
}

// summary makes the summary of a run out of its last snapshot.
func summary(s Snapshot, partial bool) Summary {
	reasons := shortfalls(&s, &Snapshot{})
	created := s.Sessions.Created
	sum := Summary{
		Schema: SummarySchema, Valid: len(reasons) == 0, InvalidReasons: append([]string{}, reasons...),
		Partial: partial, Config: s.Config,
		Duration: s.Elapsed, Compared: s.Compared,
		OfferedPerSecond:  perSecond(s.Offered, s.Elapsed-s.Compared),
		AchievedPerSecond: perSecond(float64(created), s.Elapsed-s.Compared),
		Dropped:           s.Dropped.Total(), DroppedBy: s.Dropped,
		Sessions:  s.Sessions,
		Pool:      s.Pool,
		HKDF:      HKDFSummary{Calls: s.HKDF.Calls, PerSession: PerSession(s.HKDF.Calls, created), Bytes: s.HKDF.Bytes, ByLabel: map[string]uint64{}},
		KeyAllocs: KeyAllocs{Count: s.KeyAllocs, PerSession: PerSession(s.KeyAllocs, created)},
		Allocs: AllocsTotal{
			Objects: s.Allocs.Objects, Bytes: s.Allocs.Bytes,
			PerSession: PerSession(s.Allocs.Objects, created), BytesPerSession: PerSession(s.Allocs.Bytes, created),
		},
		GC: GCSummary{
			Cycles: s.GC.Cycles, CPUFraction: s.GC.CPUFraction, PauseTotal: s.GC.PauseTotal,
			HeapLive: s.GC.HeapLive, Pauses: s.GC.Pauses,
		},
		Messages: s.Messages, Handshakes: s.Handshakes, Stages: s.Stages, Latency: s.Latency,
	}
	for l, n := range s.HKDF.ByLabel {
		if n > 0 {
			sum.HKDF.ByLabel[session.Label(l).String()] = n
		}
	}
	return sum
}

// PerSession returns n over the number of sessions, 0 without any.
func PerSession(n, sessions uint64) float64 {
	if sessions == 0 {
		return 0
	}
	return float64(n) / float64(sessions)
}

// MarshalJSON writes the counts by info string, those that occurred.
func (h HKDF) MarshalJSON() ([]byte, error) {
	by := make(map[string]uint64)
	for l, n := range h.ByLabel {
		if n > 0 {
			by[session.Label(l).String()] = n
		}
	}
	return json.Marshal(struct {
		Calls   uint64            `json:"calls"`
		Bytes   uint64            `json:"bytes"`
		ByLabel map[string]uint64 `json:"by_label"`
	}{h.Calls, h.Bytes, by})
}
