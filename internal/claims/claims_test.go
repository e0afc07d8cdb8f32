package claims

import (
	"math"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sessions is how many each slice of a made-up experiment created.
const sessions = 10_000

// made returns results of ten valid slices an arm, in which baseline is as claimed
// and the others are 0. change, if not nil, is called with each.
func made(change func(s *load.Slice)) *load.Results {
	r := &load.Results{
		Plan:    load.Plan{Arms: Arms(load.Default()), Slices: 10, Slice: load.DefaultSlice},
		Elapsed: 10 * time.Second,
	}
	for number := range r.Plan.Slices {
		for arm := range arms {
			s := load.Slice{Arm: arm, Number: number, Valid: true, Sessions: sessions}
			if arm == baseline {
				s.Objects, s.KeyAllocs, s.HKDF, s.GCCycles, s.GCCPU = 38*sessions, 6*sessions, 6*sessions, 100, time.Second
			}
			if change != nil {
				change(&s)
			}
			r.Slices = append(r.Slices, s)
		}
	}
	return r
}

// clean is what audits find where all is well.
var clean = [len(arms)]session.AuditReport{
	seed:  {KeysZeroed: session.Finding{Checked: 3}, NoPoolLeak: session.Finding{Checked: 2}, NoDanglingReference: session.Finding{Checked: 1}},
	tuned: {KeysZeroed: session.Finding{Checked: 3}, NoPoolLeak: session.Finding{Checked: 2}, NoDanglingReference: session.Finding{Checked: 1}},
}

func rowOf(t *testing.T, b *Board, name, arm string) Row {
	t.Helper()
	for _, r := range b.Rows {
		if r.Name == name && r.Arm == arm {
			return r
		}
	}
	t.Fatalf("no row %s of %s", name, arm)
	return Row{}
}

// in sets a count of a slice so that there are v a session.
func in(count *uint64, v float64) { *count = uint64(math.Round(v * sessions)) }

// TestVerdicts: each rule at its edges. The slices of an arm have low and high in
// turns, so that these are the ends of the interval.
func TestVerdicts(t *testing.T) {
	keyAllocs := func(s *load.Slice, v float64) { in(&s.KeyAllocs, v) }
	hkdfs := func(s *load.Slice, v float64) { in(&s.HKDF, v) }
	allocs := func(s *load.Slice, v float64) { in(&s.Objects, v) }
	hits := func(s *load.Slice, v float64) { s.PoolGets = sessions; in(&s.PoolHits, v) }
	less := func(s *load.Slice, v float64) { in(&s.Objects, 38*(1-v)) }
	cycles := func(s *load.Slice, v float64) { s.GCCycles = uint64(math.Round(100 * (1 - v))) }
	gcCPU := func(s *load.Slice, v float64) { s.GCCPU = time.Duration(math.Round(1e9 * (1 - v))) }
	tests := []struct {
		row       string
		arm       int
		set       func(s *load.Slice, v float64)
		low, high float64
		want      Verdict
	}{
		{"key_allocs_before", baseline, keyAllocs, 6, 6, Holds},
		{"key_allocs_before", baseline, keyAllocs, 5, 6, Holds},
		{"key_allocs_before", baseline, keyAllocs, 6, 7, Holds},
		{"key_allocs_before", baseline, keyAllocs, 5, 5.9999, FallsShort},
		{"key_allocs_before", baseline, keyAllocs, 6.0001, 7, FallsShort},
		{"hkdf_before", baseline, hkdfs, 6, 6, Holds},
		{"hkdf_before", baseline, hkdfs, 5, 5, FallsShort},

		{"key_allocs", seed, keyAllocs, 0, 0, Exceeds},
		{"key_allocs", seed, keyAllocs, 0.5, 0.9999, Exceeds},
		{"key_allocs", seed, keyAllocs, 0.5, 1, Holds},
		{"key_allocs", seed, keyAllocs, 1, 1, Holds},
		{"key_allocs", seed, keyAllocs, 1, 6, Holds},
		{"key_allocs", seed, keyAllocs, 1.0001, 6, FallsShort},
		{"key_allocs", tuned, keyAllocs, 1.0001, 6, FallsShort},
		{"hkdf", seed, hkdfs, 1, 1.9999, Exceeds},
		{"hkdf", tuned, hkdfs, 2, 2, Holds},
		{"hkdf", tuned, hkdfs, 2.0001, 2.0001, FallsShort},

		{"reused", seed, hits, 1, 1, Exceeds},
		{"reused", seed, hits, 0.9999, 1, Holds},
		{"reused", seed, hits, 0.5001, 0.6, Holds},
		{"reused", seed, hits, 0.5, 0.6, NoVerdict},
		{"reused", seed, hits, 0.4, 0.5001, NoVerdict},
		{"reused", tuned, hits, 0.4, 0.5, FallsShort},

		{"allocs_before", baseline, allocs, 38, 38, NotMeasurable},
		{"allocs", seed, allocs, 9, 9.9999, Exceeds},
		{"allocs", seed, allocs, 9, 10, Holds},
		{"allocs", seed, allocs, 10, 15, Holds},
		{"allocs", seed, allocs, 15, 16, Holds},
		{"allocs", seed, allocs, 9, 16, Holds},
		{"allocs", tuned, allocs, 15.0001, 16, FallsShort},
		{"allocs_target", seed, allocs, 0, 0, Holds},
		{"allocs_target", seed, allocs, 9, 9.9999, Holds},
		{"allocs_target", seed, allocs, 9, 10, NoVerdict},
		{"allocs_target", seed, allocs, 9.9999, 11, NoVerdict},
		{"allocs_target", tuned, allocs, 10, 11, FallsShort},

		{"allocs_less", seed, less, 0.7001, 0.9, Exceeds},
		{"allocs_less", seed, less, 0.7, 0.9, Holds},
		{"allocs_less", seed, less, 0.62, 0.68, Holds},
		{"allocs_less", seed, less, 0.5, 0.6, Holds},
		{"allocs_less", seed, less, 0.5, 0.5999, FallsShort},
		{"allocs_less", tuned, less, 0, 0, FallsShort},
		{"allocs_less", tuned, less, -0.5, -0.2, FallsShort},
		{"gc_cycles_less", seed, cycles, 0.81, 0.9, Exceeds},
		{"gc_cycles_less", seed, cycles, 0.8, 0.9, Holds},
		{"gc_cycles_less", seed, cycles, 0.7, 0.8, Holds},
		{"gc_cycles_less", tuned, cycles, 0.7, 0.79, FallsShort},
		{"gc_cpu_less", seed, gcCPU, 0.8001, 1, Exceeds},
		{"gc_cpu_less", tuned, gcCPU, 0.5, 0.8, Holds},
		{"gc_cpu_less", tuned, gcCPU, 0.5, 0.7999, FallsShort},
	}
	for _, tt := range tests {
		t.Run(tt.row+" "+arms[tt.arm].Preset()+" "+tt.want.String(), func(t *testing.T) {
			b := judge(made(func(s *load.Slice) {
				if s.Arm == tt.arm {
					tt.set(s, []float64{tt.low, tt.high}[s.Number%2])
				}
			}), &clean)
			r := rowOf(t, &b, tt.row, arms[tt.arm].Preset())
			if r.Verdict != tt.want {
				t.Errorf("%v to %v: %s", tt.low, tt.high, r.Verdict)
			}
			if math.Abs(r.Low-tt.low) > 1e-9 || math.Abs(r.High-tt.high) > 1e-9 || r.Value < r.Low || r.Value > r.High {
				t.Errorf("%v, %v to %v; want %v to %v", r.Value, r.Low, r.High, tt.low, tt.high)
			}
			if saysWhy := len(r.Note) > 0 && r.Note[len(r.Note)-len(limitInside):] == limitInside; saysWhy != (tt.want == NoVerdict) {
				t.Errorf("note %q", r.Note)
			}
		})
	}
}
