package stats

import (
	"math"
	"runtime"
	"runtime/metrics"
	"time"
)

// RuntimeSample is what the Go runtime says of the whole process at one moment.
// A figure that this Go version does not know is 0. The counts of allocations
// lag behind; see the package comment and [ExactAllocs].
type RuntimeSample struct {
	// Objects counts allocations since the start of the process, tiny ones
	// that share a block included; AllocBytes is their size.
	Objects    uint64
	AllocBytes uint64

	GCCycles         uint64 // completed collections since the start
	HeapLive         uint64 // bytes that the last collection found reachable
	HeapGoal         uint64 // bytes at which the present one should end
	HeapObjectsBytes uint64 // bytes in objects, dead ones not yet swept included
	OverheadBytes    uint64 // memory of the runtime that is not the heap's: stacks, its own tables
	StackBytes       uint64 // of OverheadBytes, the stacks of goroutines
	MappedBytes      uint64 // all memory that the runtime has mapped, what it gave back to the system included
	MemoryLimit      int64  // bytes; math.MaxInt64 is none
	GOGC             int    // percent; -1 is off

	// Estimates of the runtime in processor seconds since the start, comparable
	// with each other only. They move when a collection ends.
	GCCPUSeconds     float64
	AssistCPUSeconds float64 // of GCCPUSeconds, what allocating goroutines had to help
	TotalCPUSeconds  float64 // available: all processors times the time
	IdleCPUSeconds   float64

	Goroutines int

	// SchedLatencyP99 is for how long a goroutine waited between ready and
	// running, 99th percentile of those that began to run since the Read
	// before, or since the start of the process; 0 if none did. The runtime
	// looks at one wait in eight and sorts it into buckets up to 25 % wide;
	// this is the upper bound of one.
	SchedLatencyP99 time.Duration
}

// UsedCPUSeconds returns the processor seconds that were not idle.
func (s *RuntimeSample) UsedCPUSeconds() float64 { return s.TotalCPUSeconds - s.IdleCPUSeconds }

// The metrics, by their place in what Read asks for.
const (
	heapAllocs = iota
	tinyAllocs
	allocBytes
	gcCycles
	heapLive
	heapGoal
	heapObjectsBytes
	heapFree
	heapUnused
	heapReleased
	memoryTotal
	stackBytes
	memoryLimit
	gogc
	cpuGC
	cpuAssist
	cpuTotal
	cpuIdle
	goroutines
	schedLatencies
	numMetrics
)

var metricNames = [numMetrics]string{
	heapAllocs:       "/gc/heap/allocs:objects",
	tinyAllocs:       "/gc/heap/tiny/allocs:objects",
	allocBytes:       "/gc/heap/allocs:bytes",
	gcCycles:         "/gc/cycles/total:gc-cycles",
	heapLive:         "/gc/heap/live:bytes",
	heapGoal:         "/gc/heap/goal:bytes",
	heapObjectsBytes: "/memory/classes/heap/objects:bytes",
	heapFree:         "/memory/classes/heap/free:bytes",
	heapUnused:       "/memory/classes/heap/unused:bytes",
	heapReleased:     "/memory/classes/heap/released:bytes",
	memoryTotal:      "/memory/classes/total:bytes",
	stackBytes:       "/memory/classes/heap/stacks:bytes",
	memoryLimit:      "/gc/gomemlimit:bytes",
	gogc:             "/gc/gogc:percent",
	cpuGC:            "/cpu/classes/gc/total:cpu-seconds",
	cpuAssist:        "/cpu/classes/gc/mark/assist:cpu-seconds",
	cpuTotal:         "/cpu/classes/total:cpu-seconds",
	cpuIdle:          "/cpu/classes/idle:cpu-seconds",
	goroutines:       "/sched/goroutines:goroutines",
	schedLatencies:   "/sched/latencies:seconds",
}

// Runtime samples the Go runtime. It is not for use from several goroutines at
// once. Make one with [NewRuntime].
type Runtime struct {
	samples []metrics.Sample
	waited  []uint64 // scheduling latencies at the last Read, by bucket
}

// NewRuntime returns a sampler. It reads once, so that Read need not allocate.
func NewRuntime() *Runtime { return newRuntime(metricNames[:]) }

func newRuntime(names []string) *Runtime {
	r := &Runtime{samples: make([]metrics.Sample, len(names))}
	for i, name := range names {
		r.samples[i].Name = name
	}
	metrics.Read(r.samples)
	if h := histogramIn(r.samples[schedLatencies].Value); h != nil {
		r.waited = make([]uint64, len(h.Counts))
	}
	return r
}

// Read fills s with the figures of now, without allocating and without stopping
// the world.
func (r *Runtime) Read(s *RuntimeSample) {
	metrics.Read(r.samples)
	*s = RuntimeSample{
		Objects:          r.count(heapAllocs) + r.count(tinyAllocs),
		AllocBytes:       r.count(allocBytes),
		GCCycles:         r.count(gcCycles),
		HeapLive:         r.count(heapLive),
		HeapGoal:         r.count(heapGoal),
		HeapObjectsBytes: r.count(heapObjectsBytes),
		OverheadBytes: less(r.count(memoryTotal), r.count(heapObjectsBytes)+r.count(heapFree)+
			r.count(heapUnused)+r.count(heapReleased)),
		StackBytes:       r.count(stackBytes),
		MappedBytes:      r.count(memoryTotal),
		MemoryLimit:      int64(min(r.count(memoryLimit), math.MaxInt64)),
		GOGC:             percentOrOff(r.count(gogc)),
		GCCPUSeconds:     r.seconds(cpuGC),
		AssistCPUSeconds: r.seconds(cpuAssist),
		TotalCPUSeconds:  r.seconds(cpuTotal),
		IdleCPUSeconds:   r.seconds(cpuIdle),
		Goroutines:       int(r.count(goroutines)),
	}
	if h := histogramIn(r.samples[schedLatencies].Value); h != nil {
		s.SchedLatencyP99 = quantileSince(h, r.waited, 0.99)
		r.waited = append(r.waited[:0], h.Counts...)
	}
}

// count and seconds return 0 for a metric that the runtime does not know, or
// knows as something else: asking then would panic.
func (r *Runtime) count(i int) uint64 {
	if v := r.samples[i].Value; v.Kind() == metrics.KindUint64 {
		return v.Uint64()
	}
	return 0
}

func (r *Runtime) seconds(i int) float64 {
	if v := r.samples[i].Value; v.Kind() == metrics.KindFloat64 {
		return v.Float64()
	}
	return 0
}

func histogramIn(v metrics.Value) *metrics.Float64Histogram {
	if v.Kind() == metrics.KindFloat64Histogram {
		return v.Float64Histogram()
	}
	return nil
}

// percentOrOff translates GOGC: the metric says off as all ones.
func percentOrOff(v uint64) int {
	if v > math.MaxInt32 {
		return -1
	}
	return int(v)
}

// quantileSince returns the q-quantile of what came to h since its counts were
// as in before: the upper bound of the bucket, or the lower one where the upper
// is infinite. It is 0 if nothing came.
func quantileSince(h *metrics.Float64Histogram, before []uint64, q float64) time.Duration {
	var n, seen uint64
	for i := range h.Counts {
		n += h.Counts[i] - before[i]
	}
	if n == 0 {
		return 0
	}
	rank := rankOf(q, n)
	i := 0
	for ; i < len(h.Counts)-1; i++ {
		if seen += h.Counts[i] - before[i]; seen >= rank {
			break
		}
	}
	return boundOf(h.Buckets, i)
}

// ExactAllocs returns how many objects the process has allocated on the heap
// since its start, and their bytes: all of them, up to this call. The difference
// of two calls is what the code between them allocated, on all goroutines.
//
// It stops the world for some tens of microseconds, and makes every processor
// take new spans to allocate from. That is right before and after a measured
// stretch, and wrong many times a second.
func ExactAllocs() (objects, bytes uint64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs, m.TotalAlloc
}

// less returns a - b, and 0 where that is negative.
func less(a, b uint64) uint64 { return a - min(a, b) }
