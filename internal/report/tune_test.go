package report

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/gate"
	"github.com/SAGE-X-project/sagetop/internal/tune"
)

// tuneMachine makes up slices in which the free lists are the fastest, a larger
// GOGC takes more memory, and the figures of an arm differ by a few percent.
func tuneMachine(alter func(p load.Plan, s *load.Slice)) func(context.Context, load.Plan) (load.Results, error) {
	return func(_ context.Context, p load.Plan) (load.Results, error) {
		r := load.Results{Plan: p, Started: time.Unix(1_800_000_000, 0).UTC(), Elapsed: time.Duration(p.Slices*len(p.Arms)) * 150 * time.Millisecond}
		for n := range p.Slices {
			for arm := range p.Arms {
				s := tune.SettingsOf(p.Arms[arm].Config)
				create := map[session.PoolKind]int{session.PoolNone: 20_000, session.PoolSync: 14_000, session.PoolFreeList: 10_000}[s.Pool] - s.GOGC
				slice := load.Slice{
					Arm: arm, Number: n, Valid: true, Sessions: 1000,
					CreateP99: time.Duration(create + (n*7+arm)%5*100), HeapLive: uint64(10<<20 + s.GOGC<<17 + n%3<<16),
				}
				if alter != nil {
					alter(p, &slice)
				}
				r.Slices = append(r.Slices, slice)
			}
		}
		return r, nil
	}
}

// tuneSearch returns a search of a few candidates.
func tuneSearch(t *testing.T, alter func(*tune.Task), constraints ...string) *tune.Search {
	t.Helper()
	c := load.ForComparison(load.Default())
	c.Workers, c.MaxLive, c.Optimizations.Pool = 1000, 200_000, session.PoolSync // on any number of processors
	task := tune.Task{Present: c, Axes: tune.Axes(), Candidates: 9, Slices: 10, Slice: load.DefaultSlice}
	task.Aim, _ = load.LookupMetric("create_p99")
	for _, text := range constraints {
		e, err := gate.Parse(text, []gate.Figure{{Name: "heap_live", Kind: gate.Bytes}, {Name: "create_p99", Kind: gate.Time}}, gate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		task.Constraints = append(task.Constraints, e)
	}
	if alter != nil {
		alter(&task)
	}
	s, err := tune.New(task)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTune(t *testing.T) {
	measured := tuneMachine(nil)
	enough := errors.New("enough")
	endsIn := func(round int) func(context.Context, load.Plan) (load.Results, error) {
		return func(ctx context.Context, p load.Plan) (load.Results, error) {
			if round--; round < 0 {
				return load.Results{Plan: p, Partial: true}, enough
			}
			return measured(ctx, p)
		}
	}
	breaksOff := func(arms ...int) func(context.Context, load.Plan) (load.Results, error) {
		return func(ctx context.Context, p load.Plan) (load.Results, error) {
			r, _ := measured(ctx, p)
			r.Partial = true
			r.Slices = slices.DeleteFunc(r.Slices, func(s load.Slice) bool { return s.Number > 0 || !slices.Contains(arms, s.Arm) })
			return r, enough
		}
	}
	fewer := func(task *tune.Task) { task.Candidates, task.Axes = 3, []string{"gogc"} }
	tests := []struct {
		file    string
		search  *tune.Search
		measure func(context.Context, load.Plan) (load.Results, error)
	}{
		{"tune-adopt.txt", tuneSearch(t, nil, "heap_live < 80MiB"), measured},
		{"tune-adopt.json", tuneSearch(t, fewer, "heap_live < 80MiB"), measured},
		{"tune-free.txt", tuneSearch(t, fewer), measured},
		{"tune-keep.txt", tuneSearch(t, func(task *tune.Task) { task.Axes = []string{"memory-limit"} }), measured},
		{"tune-misses.txt", tuneSearch(t, fewer, "heap_live < 23MiB"), measured},
		{"tune-uncertain.txt", tuneSearch(t, nil, "heap_live < 23MiB", "create_p99 < 13us"), tuneMachine(func(p load.Plan, s *load.Slice) {
			switch c := p.Arms[s.Arm].Config; {
			case c.Optimizations.Pool == session.PoolSync:
				s.HeapLive = 24 << 20
			case s.Number%2 == 0:
				s.HeapLive = 22 << 20
			default:
				s.HeapLive = 23<<20 - 1 + uint64(s.Number/6)<<20
			}
			s.CreateP99 = 12 * time.Microsecond
		})},
		{"tune-edge.txt", tuneSearch(t, func(task *tune.Task) { task.Candidates = 32 }, "heap_live < 62MiB"), tuneMachine(func(p load.Plan, s *load.Slice) {
			if c := p.Arms[s.Arm].Config; c.GOGC == 400 && c.PoolCapacity == 16384 { // two of the best
				s.HeapLive += uint64(s.Number%4) << 20
			}
		})},
		{"tune-alone.txt", tuneSearch(t, fewer, "heap_live < 23MiB"), tuneMachine(func(p load.Plan, s *load.Slice) {
			if p.Arms[s.Arm].Config.GOGC != 100 {
				s.HeapLive = 24 << 20
			}
		})},
		{"tune-doubtful.txt", tuneSearch(t, fewer, "heap_live < 80MiB"), tuneMachine(func(p load.Plan, s *load.Slice) {
			if p.Slices == 10 && p.Arms[s.Arm].Config.GOGC != 100 {
				s.HeapLive = uint64(76+s.Number%5) << 20
			}
		})},
		{"tune-unsatisfied.txt", tuneSearch(t, nil, "heap_live < 1MiB", "create_p99 < 1s"), measured},
		{"tune-undecided.txt", tuneSearch(t, fewer), tuneMachine(func(_ load.Plan, s *load.Slice) {
			s.Valid, s.Reasons = s.Number%3 > 0, []string{"overload: 12 sessions not started, 1s behind schedule"}
		})},
		{"tune-partial.txt", tuneSearch(t, nil, "heap_live < 80MiB"), endsIn(1)},
		{"tune-partial-final.json", tuneSearch(t, fewer), endsIn(1)},
		{"tune-begun.txt", tuneSearch(t, nil, "heap_live < 80MiB"), breaksOff(0, 3, 5, 8)},
		{"tune-begun.json", tuneSearch(t, fewer), breaksOff(2)}, // not the present settings
		{"tune-nothing.txt", tuneSearch(t, nil), endsIn(0)},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			o, err := tt.search.Run(t.Context(), tt.measure)
			if err != nil && !errors.Is(err, enough) {
				t.Fatal(err)
			}
			file, _ := o.File(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
			if o.Verdict != tune.Adopt {
				file = ""
			}
			_, format, _ := strings.Cut(tt.file, ".")
			if format == "txt" {
				format = "text"
			}
			var got strings.Builder
			if err := Tune(&got, format, &o, file); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.file+".golden", got.String())
		})
	}
}

// TestTuneSaysWhenItCannotWrite: the error of the writer is not lost.
func TestTuneSaysWhenItCannotWrite(t *testing.T) {
	o, err := tuneSearch(t, nil).Run(t.Context(), tuneMachine(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range TuneFormats() {
		if err := Tune(&brokenWriter{}, format, &o, ""); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
