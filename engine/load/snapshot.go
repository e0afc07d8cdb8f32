package load

import (
	"encoding/json"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// State is what an [Engine] is doing.
type State uint8

// The states of an engine, in the order in which it passes through them.
const (
	Idle      State = iota // made, not started
	Running                // offering load
	Paused                 // no new pairs start; live ones go on
	Comparing              // no load, while an experiment has the process
	Draining               // stopping: what lives is being closed
	Stopped                // the counters will not change any more
)

var stateNames = []string{Idle: "idle", Running: "running", Paused: "paused", Comparing: "comparing", Draining: "draining", Stopped: "stopped"}

// String returns the state in lower case.
func (s State) String() string { return nameOf(stateNames, int(s)) }

// MarshalText writes the state as String does.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Snapshot is the state of an [Engine] at one moment. Counters are cumulative
// since the start or the last Reset, so whoever misses a snapshot loses
// resolution and never a total; a rate is the difference of two snapshots over
// the difference of their Elapsed. It is a plain value: nothing in it changes
// after it was taken, and what its slices point to is shared and read-only.
type Snapshot struct {
	Seq     uint64        `json:"seq"`        // grows by one with each snapshot taken
	Elapsed time.Duration `json:"elapsed_ns"` // since the start or reset, monotonic, pauses included
	State   State         `json:"state"`
	// Compared is how much of Elapsed experiments had, in which there was no load.
	Compared time.Duration `json:"compared_ns"`
	// Config is what is in force; Version grows with each Apply that changed it.
	Config  Config `json:"config"`
	Version uint64 `json:"config_version"`
	// ProfileStart is the Elapsed at which the profile in force began: the shape
	// of the load is Config.Shape(ProfileStart), at Elapsed less ProfileStart.
	ProfileStart time.Duration `json:"profile_start_ns"`

	// Offered counts the sessions that the load model meant to start so far,
	// both ends counted; in the closed model it is what was started and, once for
	// each place that stayed vacant, what could not be.
	Offered float64 `json:"offered"`
	// OfferedRate and AchievedRate are sessions per second over the last
	// second, or over the whole run where that is shorter.
	OfferedRate  float64 `json:"offered_per_second"`
	AchievedRate float64 `json:"achieved_per_second"`
	// Valid says whether the load was what was asked for; Reasons says why not.
	Valid   bool     `json:"valid"`
	Reasons []string `json:"invalid_reasons"`

	Dropped    Dropped    `json:"dropped"`
	Sessions   Sessions   `json:"sessions"`
	Pool       Pool       `json:"pool"`
	HKDF       HKDF       `json:"hkdf"`
	KeyAllocs  uint64     `json:"key_allocations"`
	Allocs     Allocs     `json:"allocs"`
	GC         GC         `json:"gc"`
	Messages   Messages   `json:"messages"`
	Handshakes Handshakes `json:"handshakes"`
	Stages     Stages     `json:"stages"`
	Latency    Latencies  `json:"latency"`
	Process    Process    `json:"process"`
}

// Dropped counts the sessions (both ends of a pair) that were offered and not
// started, by cause.
type Dropped struct {
	Live   uint64 `json:"live_limit"` // the cap on live sessions was reached
	Memory uint64 `json:"memory"`     // what no collection could free had reached the memory limit
	// Late counts those that were too far behind their schedule to be started
	// at all, for one of two causes:
	Late      uint64 `json:"late"`
	CPU       uint64 `json:"cpu"`       // the work took all the processor time there was
	Generator uint64 `json:"generator"` // there was processor time left, but the load was held up: a stall, or the limit of handshakes in flight
	Failed    uint64 `json:"failed"`    // the handshake or the manager refused
}

// Total returns the drops of all causes, each counted once.
func (d Dropped) Total() uint64 { return d.Live + d.Memory + d.CPU + d.Generator + d.Failed }

// Sessions counts session objects: both ends of every pair.
// Created = Removed + Expired + Live + Failed, exactly.
type Sessions struct {
	Created uint64 `json:"created"`
	Removed uint64 `json:"removed"` // closed at the end of their life
	Expired uint64 `json:"expired"` // ended by a limit of the manager
	Live    uint64 `json:"live"`
	Failed  uint64 `json:"failed"` // closed because something went wrong with them

	ExpiredAge   uint64 `json:"expired_age"`
	ExpiredIdle  uint64 `json:"expired_idle"`
	ExpiredCount uint64 `json:"expired_count"`
}

// Pool is what the pools of both managers did.
type Pool struct {
	Kind     session.PoolKind `json:"kind"`
	Gets     uint64           `json:"gets"`
	Hits     uint64           `json:"hits"`
	Misses   uint64           `json:"misses"`
	Puts     uint64           `json:"puts"`
	Drops    uint64           `json:"drops"`
	HitRatio float64          `json:"hit_ratio"` // 0 to 1 over the run; 0 without gets
	Free     int64            `json:"free"`      // slots in the free lists now
	Capacity int64            `json:"capacity"`
}

// HKDF counts the HKDFs of the key schedule.
type HKDF struct {
	Calls   uint64                    `json:"calls"`
	Bytes   uint64                    `json:"bytes"`
	ByLabel [session.NumLabels]uint64 `json:"by_label"` // indexed by session.Label
}

// Allocs counts heap allocations of the whole process.
type Allocs struct {
	Objects uint64 `json:"objects"`
	Bytes   uint64 `json:"bytes"`
}

// GC is what the collector did in the whole process.
type GC struct {
	Cycles      uint64        `json:"cycles"`
	PauseTotal  time.Duration `json:"pause_total_ns"`
	CPUFraction float64       `json:"cpu_fraction"` // of the CPU time used by the process over the run, 0 to 1
	HeapLive    uint64        `json:"heap_live_bytes"`
	HeapGoal    uint64        `json:"heap_goal_bytes"`
	Pauses      Latency       `json:"pauses"` // one sample a cycle: all its stop-the-world time
	// Recent holds the latest cycles, oldest first, at most [RecentCycles].
	Recent []Cycle `json:"recent"`
}

// RecentCycles is how many collections a snapshot tells one by one.
const RecentCycles = 64

// Cycle is one garbage collection.
type Cycle struct {
	Number uint64        `json:"number"`   // counts from 1 at the start of the process
	At     time.Duration `json:"at_ns"`    // when it ended, as Snapshot.Elapsed; negative before the start
	Pause  time.Duration `json:"pause_ns"` // all its stop-the-world time
}

// Messages counts messages between the ends of pairs.
type Messages struct {
	Sealed uint64 `json:"sealed"`
	Opened uint64 `json:"opened"`
	Failed uint64 `json:"failed"` // did not authenticate
	Bytes  uint64 `json:"bytes"`  // plaintext sealed
}

// Handshakes counts full handshakes, and tells what they cost.
type Handshakes struct {
	// Suite and Transport are what is asked for now. What follows counts all
	// that ran, whatever was asked for then.
	Suite     Handshake `json:"suite"`
	Transport Transport `json:"transport"`
	HandshakeCounts
	// BySuite tells apart what ran, one entry for each suite and transport, in
	// the order of Handshake and Transport.
	BySuite []HandshakeKind `json:"by_suite"`
}

// HandshakeKind is what the handshakes of one suite over one transport came to.
type HandshakeKind struct {
	Suite     Handshake `json:"suite"`
	Transport Transport `json:"transport"`
	HandshakeCounts
}

// HandshakeCounts counts handshakes.
type HandshakeCounts struct {
	Completed uint64 `json:"completed"`
	Failed    uint64 `json:"failed"`
	// FailedBy splits Failed by the words of handshake.Cause; without failures
	// it is empty.
	FailedBy Causes `json:"failed_by_cause"`
	// Total is the service time of completed handshakes, and Phases what it is
	// made of.
	Total  Latency `json:"total"`
	Phases Phases  `json:"phases"`
}

// Causes counts by a word for the cause.
type Causes map[string]uint64

// MarshalJSON writes an object, also where there is nothing.
func (c Causes) MarshalJSON() ([]byte, error) {
	if len(c) == 0 {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]uint64(c))
}

// Phases is the cost of each phase of completed handshakes. Invitation and
// Complete take from the making of the message until the responder has dealt with
// it; Request includes what the responder does to make the Response; Response is
// its examination by the initiator.
type Phases struct {
	Invitation PhaseCost `json:"invitation"`
	Request    PhaseCost `json:"request"`
	Response   PhaseCost `json:"response"`
	Complete   PhaseCost `json:"complete"`
}

// List returns the phases in order.
func (p *Phases) List() [handshake.NumPhases]*PhaseCost {
	return [...]*PhaseCost{&p.Invitation, &p.Request, &p.Response, &p.Complete}
}

// PhaseCost is the cost of one phase.
type PhaseCost struct {
	Service Latency `json:"service"` // of both ends, as the initiator sees it
	Bytes   uint64  `json:"bytes"`   // of all messages
	// PerHandshake is what the phase of one handshake takes, measured with
	// nothing else running, before the load began. Of several suites it is the
	// mean over the handshakes that ran.
	PerHandshake PhaseUnit `json:"per_handshake"`
}

// PhaseUnit is what the phase of one handshake takes.
type PhaseUnit struct {
	Allocs     float64 `json:"allocations"`      // heap objects, both ends together
	AllocBytes float64 `json:"allocation_bytes"` // likewise
	WireBytes  float64 `json:"wire_bytes"`       // both ways, with what the transport adds to the message
}

// Stage is the time spent in one stage of the sessions' lives.
type Stage struct {
	Count uint64        `json:"count"`
	Total time.Duration `json:"total_ns"`
}

// Stages is where the sessions' time goes: wall time around each call, both
// ends of a pair measured separately, but the handshake, which is one call for
// both.
type Stages struct {
	Handshake Stage `json:"handshake"`
	Create    Stage `json:"create"` // key derivation and entry into the table
	Seal      Stage `json:"seal"`
	Open      Stage `json:"open"`
	Close     Stage `json:"close"`
}

// Latencies are distributions over the run.
type Latencies struct {
	// Create is the start of a whole pair (handshake included): service time
	// from when it was begun, response time from when it should have begun.
	Create    Response `json:"create"`
	Handshake Response `json:"handshake"`
	Seal      Response `json:"seal"`
	Open      Response `json:"open"`
}

// Response is a latency counted two ways.
type Response struct {
	Service  Latency `json:"service"`  // from the actual start
	Response Latency `json:"response"` // from the intended start
}

// Latency summarizes a distribution of times.
type Latency struct {
	Count uint64        `json:"count"`
	Mean  time.Duration `json:"mean_ns"`
	P50   time.Duration `json:"p50_ns"`
	P75   time.Duration `json:"p75_ns"`
	P90   time.Duration `json:"p90_ns"`
	P95   time.Duration `json:"p95_ns"`
	P99   time.Duration `json:"p99_ns"`
	P999  time.Duration `json:"p999_ns"`
	P9999 time.Duration `json:"p9999_ns"`
	Max   time.Duration `json:"max_ns"`
}

// Process is what the whole process uses, sampled once a second; zero where
// the platform does not tell.
type Process struct {
	CPUPercent float64 `json:"cpu_percent"` // of one core
	RSS        uint64  `json:"rss_bytes"`
	Goroutines int     `json:"goroutines"`
	HostCPU    float64 `json:"host_cpu_percent"` // of all cores
	Cores      int     `json:"cores"`
}
