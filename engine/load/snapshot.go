package load

import (
	"encoding/json"
	"math"
	"math/bits"
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
	Run     uint64        `json:"run"`        // grows by one with each Reset: between two of the same run counters never fall
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
	Sampled    Sampled    `json:"sampled"`
	Scheduler  Scheduler  `json:"scheduler"`
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
	// InFlight is how many slots serve sessions now: as many as there are live ones,
	// wherever their storage came from.
	InFlight uint64 `json:"in_flight"`
	// ByReuse counts the sessions created so far by how many sessions their storage
	// had served before; see [ReuseBounds]. Like Gets, it has the ends that never got
	// a peer too, which Sessions.Created has not.
	ByReuse [NumReuseClasses]uint64 `json:"by_reuse"`
}

// NumReuseClasses is how many classes Pool.ByReuse has.
const NumReuseClasses = session.NumReuseClasses

// ReuseBounds returns the least and the most sessions that storage of a class served
// before, both included: 0, 1, 2 to 3, 4 to 7, and so on. The last has no end.
func ReuseBounds(class int) (low, high uint32) { return session.ReuseBounds(class) }

// PoolShard is the pool's part in one shard of one manager. With a sync.Pool, which
// all shards share, hits and misses are those of the shard that asked and puts those of
// the shard that gave; Free and Capacity are unknown, and 0. While the pool is off
// only Live counts.
type PoolShard struct {
	Manager  string `json:"manager"` // initiator or responder
	Shard    int    `json:"shard"`   // from 0 in each manager
	Live     int    `json:"live"`    // sessions now
	Free     int    `json:"free"`    // slots in the free list now
	Capacity int    `json:"capacity"`
	// These count since the start or reset. Gets = Hits + Misses.
	Gets   uint64 `json:"gets"`
	Hits   uint64 `json:"hits"`
	Misses uint64 `json:"misses"`
	Puts   uint64 `json:"puts"`
	Drops  uint64 `json:"drops"`
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
	// Forced counts the collections that Engine.Collect made; they are in Cycles.
	Forced uint64 `json:"forced"`

	// Estimates of the runtime in processor seconds, comparable with each other only.
	// They move when a collection ends. AssistCPUSeconds is the part of CPUSeconds for
	// which goroutines that allocate had to help, TotalCPUSeconds what the process used
	// in all.
	CPUSeconds       float64 `json:"cpu_seconds"`
	AssistCPUSeconds float64 `json:"assist_cpu_seconds"`
	TotalCPUSeconds  float64 `json:"total_cpu_seconds"`

	HeapLimit   uint64 `json:"heap_limit_bytes"` // the memory limit of the configuration; 0 is none
	StackBytes  uint64 `json:"stack_bytes"`      // stacks of goroutines
	TotalMapped uint64 `json:"mapped_bytes"`     // address space of the runtime, what it gave back included
}

// RecentCycles is how many collections a snapshot tells one by one.
const RecentCycles = 64

// Cycle is one garbage collection.
type Cycle struct {
	Number uint64        `json:"number"`   // counts from 1 at the start of the process
	At     time.Duration `json:"at_ns"`    // when it ended, as Snapshot.Elapsed; negative before the start
	Pause  time.Duration `json:"pause_ns"` // all its stop-the-world time
	// Forced says that Engine.Collect caused it. Where several cycles ended
	// meanwhile nobody can tell which, and none says so.
	Forced bool `json:"forced,omitempty"`
}

// Messages counts messages between the ends of pairs.
type Messages struct {
	Sealed uint64 `json:"sealed"`
	Opened uint64 `json:"opened"`
	Failed uint64 `json:"failed"` // did not authenticate
	Bytes  uint64 `json:"bytes"`  // plaintext sealed
	// BySize splits what was sealed and opened by the size of the plaintext; see
	// [SizeBounds]. Its counts add up to Stages.Seal and Stages.Open.
	BySize SizeClasses `json:"by_size"`
}

// NumSizeClasses is how many classes of message sizes there are, from 0 to 1 MiB.
const NumSizeClasses = 22

// SizeClasses tells apart messages by their size.
type SizeClasses [NumSizeClasses]SizeClass

// SizeClass is what the messages of about one size took.
type SizeClass struct {
	Seal  Stage  `json:"seal"`
	Open  Stage  `json:"open"`
	Bytes uint64 `json:"bytes"` // plaintext sealed
}

// SizeClassOf returns the class of a message of so many bytes of plaintext.
func SizeClassOf(size int) int { return min(bits.Len(uint(max(size, 0))), NumSizeClasses-1) }

// SizeBounds returns the least and the most bytes of a class, both included: 0, 1, 2 to
// 3, 4 to 7, and so on. No message is larger than 1 MiB, the only size in the last.
func SizeBounds(class int) (low, high int) {
	switch {
	case class <= 0:
		return 0, 0
	case class >= NumSizeClasses-1:
		return maxMessageSize, maxMessageSize
	default:
		return 1 << (class - 1), 1<<class - 1
	}
}

// MarshalJSON writes the classes that occurred, with their bounds.
func (c SizeClasses) MarshalJSON() ([]byte, error) {
	type class struct {
		From int `json:"from_bytes"`
		To   int `json:"to_bytes"`
		SizeClass
	}
	all := []class{}
	for i := range c {
		if c[i] != (SizeClass{}) {
			low, high := SizeBounds(i)
			all = append(all, class{low, high, c[i]})
		}
	}
	return json.Marshal(all)
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

// Sampled is what only some creations are timed for. The first of each shard of the
// managers is among them.
type Sampled struct {
	// Derive is the key schedule of one end: all its HKDFs, but not the id.
	Derive Latency `json:"derive"`
	// CreateHit and CreateMiss are the whole creation of one end, by whether its storage
	// came from the pool. Two readings of the clock are in them.
	CreateHit  Latency `json:"create_hit"`
	CreateMiss Latency `json:"create_miss"`
	// Every is how many creations there are to one that is timed.
	Every int `json:"every"`
	// DeriveBuckets counts the samples of Derive by time; see [TimeBucket].
	DeriveBuckets [NumTimeBuckets]uint64 `json:"derive_buckets"`
}

// NumTimeBuckets is how many buckets [TimeBucket] knows.
const NumTimeBuckets = 4*timeOctaves + 2

// The buckets cover times from 2^firstOctave ns, 128 ns, to 2^lastOctave, about 1 ms.
const (
	firstOctave, lastOctave = 7, 20
	timeOctaves             = lastOctave - firstOctave
)

// TimeBucket returns the bounds of a bucket of times: low is in it and high is not.
// The first is all below 128 ns, then come four buckets of equal width to each
// doubling, and the last is all from 1.05 ms on, without an end.
func TimeBucket(i int) (low, high time.Duration) {
	bound := func(i int) time.Duration { // where bucket i begins
		i--
		return time.Duration(4+i%4) << (firstOctave - 2 + i/4)
	}
	switch {
	case i <= 0:
		return 0, bound(1)
	case i >= NumTimeBuckets-1:
		return bound(NumTimeBuckets - 1), math.MaxInt64
	default:
		return bound(i), bound(i + 1)
	}
}

// Scheduler is how the Go scheduler did of late in the whole process.
type Scheduler struct {
	// Latency is for how long goroutines waited between ready and running. Its times
	// are upper bounds of the runtime's buckets, 64 ns wide up to 256 ns and up to 25 %
	// from there; Mean is unknown, and 0. Count is how many waits the runtime looked
	// at, which is one in eight.
	Latency Latency `json:"latency"`
	// Window is the stretch of time that Latency is of, about a second once the
	// load runs that long.
	Window time.Duration `json:"window_ns"`
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
