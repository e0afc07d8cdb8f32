package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/gate"
)

// exitCodeOf returns the exit code that err stands for.
func exitCodeOf(err error) int {
	exit := (*exitError)(nil)
	if errors.As(err, &exit) {
		return exit.code
	}
	return 0
}

// TestGateFigures: each figure can be named in a gate, with a bound in its unit.
func TestGateFigures(t *testing.T) {
	bounds := map[string]string{
		load.UnitCount: "20k", load.UnitPerSec: "20k", load.UnitTime: "50us", load.UnitBytes: "64MiB", load.UnitShare: "5%",
	}
	for _, m := range load.Metrics() {
		if _, err := gate.Parse(m.Name+" > "+bounds[m.Unit], sliceFigures(), gate.Options{}); err != nil {
			t.Error(err)
		}
	}
	for _, f := range load.RunFigures() {
		if _, err := gate.Parse(f.Name+" > "+bounds[f.Unit], runGateFigures(), gate.Options{}); err != nil {
			t.Error(err)
		}
	}
}

// gatedResults has arms that make 6 and 2 HKDF calls a session, differ in CPU by
// about 2 %, which is less than its noise, and have no pool in the first. There are
// two slices of each in a block, as in an experiment.
func gatedResults() *load.Results {
	r := &load.Results{Plan: load.Plan{Arms: load.EachArms(load.Default())[:2], Slices: 10, Slice: time.Second}}
	for n := range 10 {
		noise := time.Duration(100*(3*n%10)) * time.Microsecond
		r.Slices = append(r.Slices,
			load.Slice{Arm: 0, Number: n, Valid: true, Sessions: 1000, HKDF: 6000, CPU: 10*time.Millisecond + noise},
			load.Slice{Arm: 1, Number: n, Valid: true, Sessions: 1000, HKDF: 2000, CPU: 10200*time.Microsecond + noise, PoolGets: 10, PoolHits: 9})
	}
	return r
}

func TestJudgeComparison(t *testing.T) {
	tests := []struct {
		name   string
		gates  []string
		change func(r *load.Results)
		lines  []string
		code   int
	}{
		{name: "none"},
		{name: "passes", gates: []string{"hkdf_per_session > base"}, lines: []string{"sagetop: ok hkdf_per_session > base: 2, limit 6 (p=1.000)"}},
		{
			name: "fails, and the others are told", gates: []string{"hkdf_per_session >= 2", "hkdf_per_session > 2", "hkdf_per_session < base - 10%"},
			lines: []string{
				"sagetop: FAIL hkdf_per_session >= 2: 2, limit 2 (p=0.002)",
				"sagetop: ok hkdf_per_session > 2: 2, limit 2 (p=1.000)",
				"sagetop: FAIL hkdf_per_session < base - 10%: 2, limit 5.40 (p<0.001)",
			},
			code: exitGate,
		},
		{
			name: "may be chance", gates: []string{"cpu_per_session > base"},
			lines: []string{"sagetop: ok cpu_per_session > base: 10.7 µs, limit 10.4 µs (p=0.059), which is not significant"},
		},
		{
			name: "no base for it", gates: []string{"pool_hit_ratio < base", "pool_hit_ratio < 50%"},
			lines: []string{
				"sagetop: not judged: pool_hit_ratio < base: not measured in the base arm",
				"sagetop: ok pool_hit_ratio < 50%: 90.0 %, limit 50.0 % (p=1.000)",
			},
			code: exitFailed,
		},
		{
			name: "a failure counts more than what is not known", gates: []string{"gc_pause_p99 > 1ms", "hkdf_per_session > 1"},
			lines: []string{
				"sagetop: not judged: gc_pause_p99 > 1ms: not measured in the new arm",
				"sagetop: FAIL hkdf_per_session > 1: 2, limit 1 (p<0.001)",
			},
			code: exitGate,
		},
		{
			name: "no verdict", gates: []string{"hkdf_per_session > 1"}, change: func(r *load.Results) { r.Partial = true },
			lines: []string{"sagetop: not judged: hkdf_per_session > 1: stopped early: when to stop must not depend on what is seen"},
			code:  exitFailed,
		},
		{
			name: "what would look the same", gates: []string{"hkdf_per_session > 1.9999", "cpu_per_session > 10.649us"},
			lines: []string{
				"sagetop: FAIL hkdf_per_session > 1.9999: 2, limit 1.9999 (p=0.002)",
				"sagetop: ok cpu_per_session > 10.649us: 10650 ns, limit 10649 ns (p=0.623), which is not significant",
			},
			code: exitGate,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := gatedResults()
			if tt.change != nil {
				tt.change(r)
			}
			gates, err := parseGates(tt.gates, sliceFigures(), gate.Options{Base: true})
			if err != nil {
				t.Fatal(err)
			}
			c := r.Compare(0, 1)
			var b strings.Builder
			code := exitCodeOf(judgeComparison(&b, gates, &c))
			wantLines(t, b.String(), tt.lines)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
		})
	}
}

func wantLines(t *testing.T, got string, lines []string) {
	t.Helper()
	var want strings.Builder
	for _, l := range lines {
		fmt.Fprintln(&want, l)
	}
	if got != want.String() {
		t.Errorf("got\n%swant\n%s", got, want.String())
	}
}

func TestJudgeRun(t *testing.T) {
	tests := []struct {
		name   string
		gates  []string
		change func(s *load.Summary)
		lines  []string
		code   int
	}{
		{name: "none"},
		{
			name: "all ways", gates: []string{"hkdf_per_session > 2", "p99(create) > 50us", "create_response_p50 < 1ms", "dropped >= 0"},
			lines: []string{
				"sagetop: ok hkdf_per_session > 2: 2",
				"sagetop: FAIL p99(create) > 50us: 84.0 µs",
				"sagetop: ok create_response_p50 < 1ms: 1.00 ms",
				"sagetop: FAIL dropped >= 0: 0",
			},
			code: exitGate,
		},
		{
			name: "no such figure", gates: []string{"pool_hit_ratio < 90%", "hkdf_per_session > 2"},
			lines: []string{
				"sagetop: not judged: pool_hit_ratio < 90%: the run has no such figure",
				"sagetop: ok hkdf_per_session > 2: 2",
			},
			code: exitFailed,
		},
		{
			name: "partial", gates: []string{"hkdf_per_session > 1"}, change: func(s *load.Summary) { s.Partial = true },
			lines: []string{"sagetop: not judged: hkdf_per_session > 1: the run was ended before its time"},
			code:  exitFailed,
		},
		{
			name: "not valid", gates: []string{"hkdf_per_session > 1"},
			change: func(s *load.Summary) { s.Valid, s.InvalidReasons = false, []string{"overload", "behind"} },
			lines:  []string{"sagetop: not judged: hkdf_per_session > 1: the run is not valid: overload; behind"},
			code:   exitFailed,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load.Summary{Valid: true, Sessions: load.Sessions{Created: 10}, HKDF: load.HKDFSummary{PerSession: 2}}
			s.Latency.Create.Service = load.Latency{Count: 5, P99: 84 * time.Microsecond}
			s.Latency.Create.Response = load.Latency{Count: 5, P50: time.Millisecond}
			if tt.change != nil {
				tt.change(&s)
			}
			gates, err := parseGates(tt.gates, runGateFigures(), gate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			code := exitCodeOf(judgeRun(&b, gates, &s))
			wantLines(t, b.String(), tt.lines)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
		})
	}
}
