package tune

import (
	"cmp"
	"math"
	"slices"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/gate"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// Score is what was found out about a candidate in the last round that measured
// it.
type Score struct {
	Settings Settings
	Present  bool // these are the present settings
	Round    int  // counts from 1; 0 is the final
	Slices   int  // measured, valid or not
	Valid    int
	// Aim is the median of the aim's figure, with its interval where there are six
	// slices; NaN where there is none.
	Aim stats.Estimate
	// Constraints are in the order of the task.
	Constraints []Constrained
}

// Constrained is how a candidate does by one constraint.
type Constrained struct {
	stats.Estimate // of the constraint's figure, as the aim's
	// Met says that the constraint is true of the median.
	Met bool
	// Certain says that it is true of all of the interval, or of nothing in it.
	Certain bool
	// Off is by which part of its bound the median misses it; 0 if it is met.
	Off float64
}

// Met reports whether the candidate meets all constraints.
func (s *Score) Met() bool { return s.off() == 0 }

// Certain reports whether the candidate meets all constraints for certain.
func (s *Score) Certain() bool {
	for _, c := range s.Constraints {
		if !c.Met || !c.Certain {
			return false
		}
	}
	return true
}

// misses reports whether the candidate misses a constraint for certain.
func (s *Score) misses() bool {
	return slices.ContainsFunc(s.Constraints, func(c Constrained) bool { return !c.Met && c.Certain })
}

// off says by how much the candidate misses the constraint that it misses most.
func (s *Score) off() float64 {
	worst := 0.0
	for _, c := range s.Constraints {
		worst = max(worst, c.Off)
	}
	return worst
}

// known reports whether there is anything to rank by: at least half of the
// slices were valid, and some had the figure.
func (s *Score) known() bool { return 2*s.Valid >= s.Slices && !math.IsNaN(s.Aim.Value) }

// rank is the rule by which candidates are kept: it is negative if a is the better
// one. First those that meet all constraints, by the aim. Then those that do not,
// by how far they are off. At last those of which too little is known.
func rank(a, b *Score) int {
	if a.known() != b.known() {
		return preferred(a.known())
	}
	if a.Met() != b.Met() {
		return preferred(a.Met())
	}
	return cmp.Or(cmp.Compare(a.off(), b.off()), cmp.Compare(a.Aim.Value, b.Aim.Value))
}

func preferred(first bool) int {
	if first {
		return -1
	}
	return 1
}

// score returns the score of a candidate whose slices these are.
func (s *Search) score(candidate Settings, of []load.Slice) Score {
	r := Score{Settings: candidate, Present: candidate == s.candidates[0], Slices: len(of)}
	for i := range of {
		if of[i].Valid {
			r.Valid++
		}
	}
	r.Aim = median(s.task.Aim, of)
	for _, c := range s.task.Constraints {
		m, _ := load.LookupMetric(c.Figure())
		r.Constraints = append(r.Constraints, constrained(c, median(m, of)))
	}
	return r
}

// median returns the median of a metric over the valid slices that have it.
func median(m load.Metric, of []load.Slice) stats.Estimate {
	var values []float64
	for i := range of {
		if v := m.Of(&of[i]); of[i].Valid && !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	e, _ := stats.MedianInterval(values) // NaN says what it does not know
	return e
}

// constrained judges a figure by a constraint. What does not exist does not meet
// it.
func constrained(c *gate.Expr, figure stats.Estimate) Constrained {
	r := Constrained{Estimate: figure, Met: c.Holds(figure.Value)}
	known := !math.IsNaN(figure.Low) && !math.IsNaN(figure.High)
	r.Certain = known && c.Holds(figure.Low) == r.Met && c.Holds(figure.High) == r.Met
	if r.Met {
		return r
	}
	bound := c.Judge(nil, nil).Bound
	r.Off = math.Abs(figure.Value - bound)
	if bound != 0 {
		r.Off /= math.Abs(bound)
	}
	switch {
	case math.IsNaN(r.Off):
		r.Off = math.Inf(1)
	case r.Off == 0: // the bound itself, which a strict constraint leaves out
		r.Off = math.SmallestNonzeroFloat64
	}
	return r
}
