package load

import (
	"math"
	"testing"
	"time"
)

func runFigure(t *testing.T, name string) RunFigure {
	t.Helper()
	for _, f := range RunFigures() {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no figure %s", name)
	return RunFigure{}
}

func TestRunFigures(t *testing.T) {
	latency := func(base time.Duration) Latency {
		return Latency{Count: 1, P50: base, P75: base + 1, P90: base + 2, P95: base + 3, P99: base + 4, P999: base + 5}
	}
	s := Summary{
		OfferedPerSecond: 510, AchievedPerSecond: 500, Dropped: 4,
		Sessions: Sessions{Created: 2000},
		Pool:     Pool{Gets: 10, HitRatio: 0.9},
		HKDF:     HKDFSummary{PerSession: 2}, KeyAllocs: KeyAllocs{PerSession: 1},
		Allocs: AllocsTotal{PerSession: 41, BytesPerSession: 5000},
		GC:     GCSummary{Cycles: 3, CPUFraction: 0.25, PauseTotal: 2 * time.Microsecond, HeapLive: 1 << 20, Pauses: latency(100)},
		Latency: Latencies{
			Create:    Response{Service: latency(200), Response: latency(300)},
			Handshake: Response{Service: latency(400), Response: latency(500)},
			Seal:      Response{Service: latency(600), Response: latency(700)},
			Open:      Response{Service: latency(800), Response: latency(900)},
		},
	}
	want := map[string]float64{
		"allocs_per_session": 41, "bytes_per_session": 5000, "hkdf_per_session": 2, "key_allocs_per_session": 1,
		"pool_hit_ratio": 0.9, "gc_cycles_per_million": 1500, "gc_cpu_share": 0.25, "gc_pause_per_million": 1e6,
		"heap_live": 1 << 20, "offered_per_second": 510, "achieved_per_second": 500, "dropped": 4,
	}
	for name, base := range map[string]float64{
		"gc_pause": 100, "create": 200, "create_response": 300, "handshake": 400, "handshake_response": 500,
		"seal": 600, "seal_response": 700, "open": 800, "open_response": 900,
	} {
		for i, suffix := range []string{"_p50", "_p75", "_p90", "_p95", "_p99", "_p999"} {
			want[name+suffix] = base + float64(i)
		}
	}
	for name, v := range want {
		if got := runFigure(t, name).Of(&s); got != v {
			t.Errorf("%s is %v, want %v", name, got, v)
		}
	}
	for _, f := range RunFigures() {
		if _, known := want[f.Name]; !known {
			t.Errorf("%s is not tested", f.Name)
		}
		delete(want, f.Name) // which no other may have
		if m, ok := LookupMetric(f.Name); ok && m.Unit != f.Unit {
			t.Errorf("%s is in %q, and the metric of that name in %q", f.Name, f.Unit, m.Unit)
		}
	}
}

// TestRunFiguresOfNothing: what did not happen has no figure, and not one of zero
// that would pass any gate.
func TestRunFiguresOfNothing(t *testing.T) {
	zero := map[string]bool{
		"gc_cpu_share": true, "heap_live": true, "offered_per_second": true, "achieved_per_second": true, "dropped": true,
	}
	for _, f := range RunFigures() {
		if v := f.Of(&Summary{}); math.IsNaN(v) == zero[f.Name] {
			t.Errorf("%s of nothing is %v", f.Name, v)
		}
	}
}
