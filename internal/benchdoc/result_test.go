package main

import (
	"math"
	"testing"
)

// rounds of one benchmark and its reference, by their times.
func rounds(own, ref []float64) []results {
	var all []results
	for i := range max(len(own), len(ref)) {
		r := make(results)
		if i < len(own) && own[i] > 0 {
			r["own"] = figures{"ns/op": own[i], "allocs/op": 0, "B/op": 0}
		}
		if i < len(ref) && ref[i] > 0 {
			r["ref"] = figures{"ns/op": ref[i]}
		}
		all = append(all, r)
	}
	return all
}

func TestRatiosAreTakenWithinRounds(t *testing.T) {
	// The machine slows down tenfold: the ratio stays a half in each round,
	// and that of the medians would be 0.05 or 5.
	l := evaluate(row{bench: "own", ref: "ref", shows: perOp}, rounds(
		[]float64{10, 20, 110, 0, 100},
		[]float64{20, 40, 200, 200, 0},
	))
	if want := (spread{0.5, 0.5, 0.55}); l.ratio != want {
		t.Errorf("ratio %v, want %v", l.ratio, want)
	}
	if l.time != 60 {
		t.Errorf("median time %v, want 60", l.time)
	}
}

func TestAbsent(t *testing.T) {
	l := evaluate(row{bench: "own", ref: "ref", shows: perOp, budget: budget{ratio: 1}}, rounds(nil, []float64{1}))
	if l.ran || l.verdict != notRun || l.ratio.known() || !math.IsNaN(l.time) {
		t.Errorf("of a benchmark that did not run: %+v", l)
	}
	l = evaluate(row{bench: "own", ref: "ref", shows: perOp, budget: budget{ratio: 1}}, rounds([]float64{1}, nil))
	if !l.ran || l.verdict != notRun || l.ratio.known() || l.time != 1 {
		t.Errorf("of a benchmark whose reference did not run: %+v", l)
	}
}

func TestVerdict(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name                       string
		budget                     budget
		ratio, time, allocs, bytes float64
		want                       verdict
	}{
		{"none", budget{}, 9, 9, 9, 9, noBudget},
		{"ratio at the limit", budget{ratio: 0.45}, 0.45, 9, 9, 9, met},
		{"ratio above", budget{ratio: 0.45}, 0.4501, 9, 9, 9, missed},
		{"time below", budget{time: 20}, 9, 19.9, 9, 9, met},
		{"time at the limit", budget{time: 20}, 9, 20, 9, 9, missed},
		{"bytes at the limit", budget{bytes: 700}, 9, 9, 9, 700, met},
		{"bytes above", budget{bytes: 700}, 9, 9, 9, 701, missed},
		{"nothing", budget{nothing: true}, 9, 9, 0, 0, met},
		{"an allocation", budget{nothing: true}, 9, 9, 1, 0, missed},
		{"a byte", budget{nothing: true}, 9, 9, 0, 1, missed},
		{"one of two missed", budget{ratio: 1, nothing: true}, 2, 9, 0, 0, missed},
		{"unknown", budget{ratio: 1, nothing: true}, nan, 9, 0, 0, notRun},
		{"unknown and missed", budget{ratio: 1, nothing: true}, nan, 9, 1, 0, missed},
		{"missed and unknown", budget{ratio: 1, nothing: true}, 2, 9, nan, 0, missed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := line{row: row{budget: tt.budget}, ratio: spread{median: tt.ratio}, time: tt.time, allocs: tt.allocs, bytes: tt.bytes}
			if got := l.judge(); got != tt.want {
				t.Errorf("verdict %q, want %q", got, tt.want)
			}
		})
	}
}
