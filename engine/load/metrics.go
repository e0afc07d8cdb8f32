package load

import (
	"math"
	"slices"
)

// Better says which way a figure should go.
type Better int8

// The directions.
const (
	Lower  Better = -1 // the less the better
	Higher Better = 1
)

// The units of metrics. A figure is always in the base unit.
const (
	UnitCount  = ""      // a plain number
	UnitBytes  = "B"     // bytes
	UnitTime   = "ns"    // nanoseconds
	UnitShare  = "ratio" // 0 to 1
	UnitPerSec = "1/s"
)

// Metric is one figure that slices are compared by.
type Metric struct {
	// Name is that in JSON, in gates and in aims: allocs_per_session.
	Name string
	// Title is the same for people, in a few words.
	Title string
	// Unit is one of the constants above.
	Unit string
	// Help is one line that says what exactly is meant, without a full stop.
	Help   string
	Better Better
	// Exact says that the figure comes from counts, which need not vary from slice
	// to slice; of others it would be chance.
	Exact bool
	value func(*Slice) float64
}

// Of returns the figure of a slice, in the metric's unit; NaN where the slice has
// none, such as the hit ratio without a pool.
func (m Metric) Of(s *Slice) float64 { return m.value(s) }

// Metrics returns the metrics of a comparison, in the order in which they are
// shown.
func Metrics() []Metric { return slices.Clone(metrics) }

// LookupMetric returns the metric of that name.
func LookupMetric(name string) (Metric, bool) {
	i := slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return metrics[i], true
}

var metrics = []Metric{
	{
		Name: "allocs_per_session", Title: "allocations/session", Unit: UnitCount, Better: Lower, Exact: true,
		Help:  "heap objects that the process allocated, over the sessions created",
		value: func(s *Slice) float64 { return s.per(float64(s.Objects)) },
	},
	{
		Name: "bytes_per_session", Title: "bytes/session", Unit: UnitBytes, Better: Lower, Exact: true,
		Help:  "heap bytes that the process allocated, over the sessions created",
		value: func(s *Slice) float64 { return s.per(float64(s.Bytes)) },
	},
	{
		Name: "cpu_per_session", Title: "CPU/session", Unit: UnitTime, Better: Lower,
		Help:  "processor time of the whole process, collector included, over the sessions created",
		value: func(s *Slice) float64 { return s.per(float64(s.CPU)) },
	},
	{
		Name: "wall_per_session", Title: "wall time/session", Unit: UnitTime, Better: Lower,
		Help:  "time until all sessions of the slice were over, over their number",
		value: func(s *Slice) float64 { return s.per(float64(s.Wall)) },
	},
	{
		Name: "create_p50", Title: "create p50", Unit: UnitTime, Better: Lower,
		Help:  "median time to start a pair, handshake included, from its actual start",
		value: func(s *Slice) float64 { return known(float64(s.CreateP50), s.Sessions > 0) },
	},
	{
		Name: "create_p99", Title: "create p99", Unit: UnitTime, Better: Lower,
		Help:  "99th percentile of the same",
		value: func(s *Slice) float64 { return known(float64(s.CreateP99), s.Sessions > 0) },
	},
	{
		Name: "hkdf_per_session", Title: "HKDF calls/session", Unit: UnitCount, Better: Lower, Exact: true,
		Help:  "HKDF calls of the key schedule, over the sessions created",
		value: func(s *Slice) float64 { return s.per(float64(s.HKDF)) },
	},
	{
		Name: "key_allocs_per_session", Title: "key allocs/session", Unit: UnitCount, Better: Lower, Exact: true,
		Help:  "heap allocations made to hold keys, over the sessions created",
		value: func(s *Slice) float64 { return s.per(float64(s.KeyAllocs)) },
	},
	{
		Name: "pool_hit_ratio", Title: "pool hits", Unit: UnitShare, Better: Higher, Exact: true,
		Help:  "share of the sessions whose storage came from the pool",
		value: func(s *Slice) float64 { return known(float64(s.PoolHits)/float64(s.PoolGets), s.PoolGets > 0) },
	},
	{
		Name: "gc_cycles_per_million", Title: "GC cycles/M sessions", Unit: UnitCount, Better: Lower,
		Help:  "collections in the slice, over a million sessions created",
		value: func(s *Slice) float64 { return 1e6 * s.per(float64(s.GCCycles)) },
	},
	{
		Name: "gc_cpu_share", Title: "GC CPU", Unit: UnitShare, Better: Lower,
		Help:  "share of the process's processor time that the collector took, by the runtime's estimate",
		value: func(s *Slice) float64 { return known(min(float64(s.GCCPU)/float64(s.CPU), 1), s.CPU > 0) },
	},
	{
		Name: "gc_pause_per_million", Title: "GC pause/M sessions", Unit: UnitTime, Better: Lower,
		Help:  "time for which the collector stopped the world, over a million sessions created",
		value: func(s *Slice) float64 { return 1e6 * s.per(float64(s.GCPause)) },
	},
	{
		Name: "gc_pause_p99", Title: "GC pause p99", Unit: UnitTime, Better: Lower,
		Help:  "99th percentile of the pauses of the slice's collections; none without collections",
		value: func(s *Slice) float64 { return known(float64(s.GCPauseP99), s.GCCycles > 0) },
	},
	{
		Name: "heap_live", Title: "heap live", Unit: UnitBytes, Better: Lower,
		Help:  "the most that a collection found reachable, from the one before the slice to the one after it",
		value: func(s *Slice) float64 { return float64(s.HeapLive) },
	},
	{
		Name: "heap_peak", Title: "heap peak", Unit: UnitBytes, Better: Lower,
		Help:  "the most that heap objects took, garbage included, looked at every 20 ms",
		value: func(s *Slice) float64 { return float64(s.HeapPeak) },
	},
}

// known returns v, or NaN where there is no such figure.
func known(v float64, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return v
}
