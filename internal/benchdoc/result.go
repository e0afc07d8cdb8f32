package main

import (
	"math"
	"slices"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// verdict is what became of a row's budget.
type verdict string

const (
	noBudget verdict = ""
	met      verdict = "met"
	missed   verdict = "NOT MET"
	notRun   verdict = "not run" // or nothing to compare it with
)

// spread is what several rounds found. All is NaN where no round found
// anything.
type spread struct{ median, least, most float64 }

func spreadOf(x []float64) spread {
	if len(x) == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	return spread{stats.Median(x), slices.Min(x), slices.Max(x)}
}

func (s spread) known() bool { return !math.IsNaN(s.median) }

// line is a row with its figures. Those that were not measured are NaN.
type line struct {
	row
	ran                 bool
	time, allocs, bytes float64 // medians over the rounds
	ratio               spread
	verdict             verdict
}

// evaluate returns a row's line, from the results of all rounds.
func evaluate(r row, rounds []results) line {
	median := func(unit string) float64 {
		var x []float64
		for _, round := range rounds {
			if v, ok := round[r.bench][unit]; ok {
				x = append(x, v)
			}
		}
		return spreadOf(x).median
	}
	l := line{row: r, time: median(r.shows.time), allocs: median(r.shows.allocs), bytes: median(r.shows.bytes)}
	var ratios []float64
	for _, round := range rounds {
		f, ran := round[r.bench]
		l.ran = l.ran || ran
		own, has := f[r.shows.time]
		// Only within a round: minutes later the machine is another one.
		if ref, ok := round[r.ref][r.shows.time]; has && ok && ref > 0 {
			ratios = append(ratios, own/ref)
		}
	}
	l.ratio = spreadOf(ratios)
	l.verdict = l.judge()
	return l
}

// judge holds the figures against the budget.
func (l line) judge() verdict {
	b := l.budget
	if b == (budget{}) {
		return noBudget
	}
	result := met
	check := func(figure float64, kept bool) {
		switch {
		case math.IsNaN(figure) && result == met:
			result = notRun
		case !math.IsNaN(figure) && !kept: // whatever else is unknown
			result = missed
		}
	}
	if b.ratio > 0 {
		check(l.ratio.median, l.ratio.median <= b.ratio)
	}
	if b.time > 0 {
		check(l.time, l.time < b.time)
	}
	if b.bytes > 0 {
		check(l.bytes, l.bytes <= b.bytes)
	}
	if b.nothing {
		check(l.allocs, l.allocs == 0)
		check(l.bytes, l.bytes == 0)
	}
	return result
}
