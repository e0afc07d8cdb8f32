package load

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestEachArms(t *testing.T) {
	c := ForComparison(Default())
	want := []struct {
		name string
		o    session.Optimizations
	}{
		{"baseline", session.Optimizations{}},
		{"key-buffer", session.Optimizations{KeyBuffer: true}},
		{"single-hkdf", session.Optimizations{SingleHKDF: true}},
		{"pool", session.Optimizations{Pool: session.PoolFreeList}},
		{"reusable-hash", session.Optimizations{ReusableHash: true}},
		{"tuned", session.Tuned},
		{"tuned without key-buffer", session.Optimizations{SingleHKDF: true, Pool: session.PoolFreeList, ReusableHash: true}},
		{"tuned without single-hkdf", session.Optimizations{KeyBuffer: true, Pool: session.PoolFreeList, ReusableHash: true}},
		{"tuned without pool", session.Optimizations{KeyBuffer: true, SingleHKDF: true, ReusableHash: true}},
		{"tuned without reusable-hash", session.Optimizations{KeyBuffer: true, SingleHKDF: true, Pool: session.PoolFreeList}},
	}
	arms := EachArms(c)
	if len(arms) != len(want) {
		t.Fatalf("%d arms, want %d", len(arms), len(want))
	}
	for i, w := range want {
		a := arms[i]
		if a.Name != w.name || a.Config.Optimizations != w.o {
			t.Errorf("arm %d is %s, %+v, want %s, %+v", i, a.Name, a.Config.Optimizations, w.name, w.o)
		}
		if a.Config.Optimizations = c.Optimizations; a.Config != c {
			t.Errorf("%s has another load than it was given", a.Name)
		}
	}
}

// eachResults returns an experiment in which an arm allocates 10 objects a session
// less one for each optimization that it has, and takes as much CPU as any other.
func eachResults() *Results {
	r := &Results{Plan: Plan{Arms: EachArms(ForComparison(Default())), Slices: MinSlices, Slice: time.Second}}
	for arm, a := range r.Plan.Arms {
		o := a.Config.Optimizations
		objects := uint64(10000)
		for _, on := range []bool{o.KeyBuffer, o.SingleHKDF, o.ReusableHash, o.Pool != session.PoolNone} {
			if on {
				objects -= 1000
			}
		}
		for n := range MinSlices {
			r.Slices = append(r.Slices, Slice{
				Arm: arm, Number: n, Valid: true, Sessions: 1000, Objects: objects, CPU: time.Duration(n+1) * time.Millisecond,
			})
		}
	}
	return r
}

func effectMetric(t *testing.T, all []MetricResult, name string) MetricResult {
	t.Helper()
	for _, m := range all {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no metric %s", name)
	return MetricResult{}
}

func TestEach(t *testing.T) {
	r := eachResults()
	e := r.Each()
	if !e.Verdict || e.Why != "" || len(e.Of) != len(session.OptimizationNames()) {
		t.Fatalf("verdict %v, %q, %d effects", e.Verdict, e.Why, len(e.Of))
	}
	for i, a := range e.Arms {
		if a.Name != r.Plan.Arms[i].Name || a.Valid != MinSlices {
			t.Errorf("arm %d is %s with %d slices", i, a.Name, a.Valid)
		}
	}
	if want := len(e.Of) * 2 * len(effectMetrics); e.Tests != want {
		t.Errorf("%d tests, want %d", e.Tests, want)
	}
	for _, of := range e.Of {
		for way, results := range map[string][]MetricResult{"alone": of.Alone, "last": of.Last} {
			allocs, cpu := effectMetric(t, results, "allocs_per_session"), effectMetric(t, results, "cpu_per_session")
			if !allocs.Significant || allocs.Delta.Value != -1 || !allocs.Exact {
				t.Errorf("%s %s: allocations %+v", of.Name, way, allocs)
			}
			if want := map[string]float64{"alone": 10, "last": 7}[way]; allocs.Base.Value != want {
				t.Errorf("%s %s is compared with %v allocations, want %v", of.Name, way, allocs.Base.Value, want)
			}
			if want := float64(e.Tests) * allocs.P; math.Abs(allocs.Adjusted-want) > 1e-9 && allocs.Adjusted > want {
				t.Errorf("%s %s: p %v is adjusted to %v", of.Name, way, allocs.P, allocs.Adjusted)
			}
			if cpu.Significant || cpu.Adjusted != 1 {
				t.Errorf("%s %s: CPU %+v", of.Name, way, cpu)
			}
		}
	}
}

// TestEachCorrectsForAll: what is significant by itself need not be so among all
// tests of the table.
func TestEachCorrectsForAll(t *testing.T) {
	r := eachResults()
	for i := range r.Slices {
		if s := &r.Slices[i]; s.Arm == 1 { // key-buffer
			if s.CPU = s.CPU * 4 / 10; s.Number == 0 {
				s.CPU = 1500 * time.Microsecond // above one of its block's two
			}
		}
	}
	c := r.Compare(0, 1)
	e := r.Each()
	alone, among := c.Metric("cpu_per_session"), effectMetric(t, e.Of[0].Alone, "cpu_per_session")
	if alone.P != among.P || !(alone.Adjusted < among.Adjusted) || among.Significant {
		t.Errorf("p %v and %v, adjusted %v and %v", alone.P, among.P, alone.Adjusted, among.Adjusted)
	}
}

func TestEachWithoutVerdict(t *testing.T) {
	tests := []struct {
		name   string
		change func(r *Results)
		says   string
	}{
		{"stopped in the middle", func(r *Results) { r.Partial, r.Slices = true, r.Slices[:33] }, "stopped early"},
		{"stopped at once", func(r *Results) { r.Partial, r.Slices = true, nil }, "stopped early"},
		{"an arm that is not valid", func(r *Results) {
			for i := range r.Slices {
				if r.Slices[i].Arm == 8 {
					r.Slices[i].Valid, r.Slices[i].Reasons = false, []string{"too much"}
				}
			}
		}, "10 of 10 slices of tuned without pool are not valid: too much"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := eachResults()
			tt.change(r)
			e := r.Each()
			if e.Verdict || !strings.Contains(e.Why, tt.says) {
				t.Errorf("verdict %v, %q, want %q", e.Verdict, e.Why, tt.says)
			}
			for _, of := range e.Of {
				for _, m := range append(of.Alone, of.Last...) {
					if m.Significant {
						t.Errorf("%s %s is significant", of.Name, m.Name)
					}
				}
			}
			if _, err := json.Marshal(e); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEffectsJSON(t *testing.T) {
	text, err := json.Marshal(eachResults().Each())
	if err != nil {
		t.Fatal(err)
	}
	type against struct {
		Base, New string
		Metrics   []struct {
			Name        string
			Significant bool
		}
	}
	var e struct {
		Schema  string
		Arms    []struct{ Name string }
		Effects []struct {
			Optimization string
			Alone, Last  against
		}
	}
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	if e.Schema != EffectsSchema || len(e.Arms) != 10 || len(e.Effects) != 4 {
		t.Fatalf("%s, %d arms, %d effects", e.Schema, len(e.Arms), len(e.Effects))
	}
	pool := e.Effects[2]
	if pool.Optimization != "pool" || pool.Alone.Base != "baseline" || pool.Alone.New != "pool" ||
		pool.Last.Base != "tuned without pool" || pool.Last.New != "tuned" {
		t.Errorf("the third is %+v", pool)
	}
	if m := pool.Last.Metrics[0]; m.Name != "allocs_per_session" || !m.Significant {
		t.Errorf("its first metric is %+v", m)
	}
}
