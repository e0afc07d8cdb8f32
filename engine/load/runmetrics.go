package load

import "slices"

// RunFigure is one figure that a run comes to, for gates. Where a [Metric] has
// the same name, it is the same figure of a whole run instead of a slice.
type RunFigure struct {
	// Name is that in gates: allocs_per_session.
	Name string
	// Unit is one of those of metrics.
	Unit  string
	value func(*Summary) float64
}

// Of returns the figure of a run, in its unit; NaN where the run has none, such as
// the hit ratio without a pool.
func (f RunFigure) Of(s *Summary) float64 { return f.value(s) }

// RunFigures returns the figures of a run. Those of latencies are percentiles:
// create_p50, and so on to create_p999. heap_live is what the last collection found
// reachable.
func RunFigures() []RunFigure { return slices.Clone(runFigures) }

var runFigures = slices.Concat([]RunFigure{
	{"allocs_per_session", UnitCount, perCreated(func(s *Summary) float64 { return s.Allocs.PerSession })},
	{"bytes_per_session", UnitBytes, perCreated(func(s *Summary) float64 { return s.Allocs.BytesPerSession })},
	{"hkdf_per_session", UnitCount, perCreated(func(s *Summary) float64 { return s.HKDF.PerSession })},
	{"key_allocs_per_session", UnitCount, perCreated(func(s *Summary) float64 { return s.KeyAllocs.PerSession })},
	{"pool_hit_ratio", UnitShare, func(s *Summary) float64 { return known(s.Pool.HitRatio, s.Pool.Gets > 0) }},
	{"gc_cycles_per_million", UnitCount, perCreated(func(s *Summary) float64 { return 1e6 * PerSession(s.GC.Cycles, s.Sessions.Created) })},
	{"gc_cpu_share", UnitShare, func(s *Summary) float64 { return s.GC.CPUFraction }},
	{"gc_pause_per_million", UnitTime, perCreated(func(s *Summary) float64 { return 1e6 * PerSession(uint64(s.GC.PauseTotal), s.Sessions.Created) })},
	{"heap_live", UnitBytes, func(s *Summary) float64 { return float64(s.GC.HeapLive) }},
	{"offered_per_second", UnitPerSec, func(s *Summary) float64 { return s.OfferedPerSecond }},
	{"achieved_per_second", UnitPerSec, func(s *Summary) float64 { return s.AchievedPerSecond }},
	{"dropped", UnitCount, func(s *Summary) float64 { return float64(s.Dropped) }},
},
	percentiles("gc_pause", func(s *Summary) *Latency { return &s.GC.Pauses }),
	bothWays("create", func(l *Latencies) *Response { return &l.Create }),
	bothWays("handshake", func(l *Latencies) *Response { return &l.Handshake }),
	bothWays("seal", func(l *Latencies) *Response { return &l.Seal }),
	bothWays("open", func(l *Latencies) *Response { return &l.Open }),
)

// perCreated is a figure that there is none of without sessions.
func perCreated(value func(*Summary) float64) func(*Summary) float64 {
	return func(s *Summary) float64 { return known(value(s), s.Sessions.Created > 0) }
}

// bothWays are the percentiles of a latency from the actual start, create_p50, and
// from the intended one, create_response_p50.
func bothWays(name string, of func(*Latencies) *Response) []RunFigure {
	return append(
		percentiles(name, func(s *Summary) *Latency { return &of(&s.Latency).Service }),
		percentiles(name+"_response", func(s *Summary) *Latency { return &of(&s.Latency).Response })...)
}

func percentiles(name string, of func(*Summary) *Latency) []RunFigure {
	figure := func(suffix string, value func(*Latency) float64) RunFigure {
		return RunFigure{name + suffix, UnitTime, func(s *Summary) float64 {
			l := of(s)
			return known(value(l), l.Count > 0)
		}}
	}
	return []RunFigure{
		figure("_p50", func(l *Latency) float64 { return float64(l.P50) }),
		figure("_p75", func(l *Latency) float64 { return float64(l.P75) }),
		figure("_p90", func(l *Latency) float64 { return float64(l.P90) }),
		figure("_p95", func(l *Latency) float64 { return float64(l.P95) }),
		figure("_p99", func(l *Latency) float64 { return float64(l.P99) }),
		figure("_p999", func(l *Latency) float64 { return float64(l.P999) }),
	}
}
