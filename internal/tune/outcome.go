package tune

import (
	"fmt"
	"math"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/gate"
)

// Verdict is what a search came to.
type Verdict string

// The verdicts. The zero value is that of a search that was ended before its time.
const (
	// Adopt: the best candidate meets the constraints for certain, and it is
	// significantly better than the present settings, or they certainly miss one.
	Adopt Verdict = "adopt"
	// Keep: the present settings meet the constraints, and the best candidate is
	// not significantly better, or does not meet them for certain.
	Keep Verdict = "keep"
	// Unsatisfied: nothing that was tried meets the constraints.
	Unsatisfied Verdict = "unsatisfied"
	// Undecided: what was measured is no ground for a verdict.
	Undecided Verdict = "undecided"
)

// Outcome is what a search found out.
type Outcome struct {
	Search  *Search
	Rounds  int // that were measured to their end
	Slices  int // measured, warm-ups not counted
	Started time.Time
	Elapsed time.Duration
	Partial bool // ended before its time
	// Ranking has a score for each candidate, best first: those that came further
	// are before those that were dropped earlier. If the first round ended before
	// there was a slice of each, it lacks those without, perhaps the present settings.
	Ranking []Score
	// Final is there once the final was measured. There is none to measure if nothing
	// but the present settings meets the constraints, which are then kept.
	Final   *Final
	Verdict Verdict
	// Why says why a search is undecided.
	Why string
	// Nearest is the candidate that is least off the constraints, of a search that is
	// unsatisfied.
	Nearest *Score
}

// Final is what the present settings and the best candidate came to in slices of
// their own.
type Final struct {
	Present Score
	// Best is of the first in the ranking, besides the present settings, that
	// certainly met the constraints in the last round; or if none did, of the first
	// that met them at all.
	Best Score
	// Comparison has the present settings as its base.
	Comparison load.Comparison
}

// Aim returns the comparison of the aim. The aim was named before anything was
// measured, so its P needs no correction for the other metrics.
func (o *Outcome) Aim() *load.MetricResult {
	return o.Final.Comparison.Metric(o.Search.task.Aim.Name)
}

// Settings returns the settings to use by the verdict, and whether there are any.
func (o *Outcome) Settings() (Settings, bool) {
	switch o.Verdict {
	case Adopt:
		return o.Final.Best.Settings, true
	case Keep:
		return o.Search.candidates[0], true
	}
	return Settings{}, false
}

// Better reports whether the best candidate had significantly less of the aim in
// the final.
func (o *Outcome) Better() bool {
	aim := o.Aim()
	return o.Final.Comparison.Verdict && aim.P < load.Significance && aim.Delta.Value < 0
}

// add counts the slices of a round.
func (o *Outcome) add(r *load.Results) {
	if o.Started.IsZero() {
		o.Started = r.Started
	}
	o.Slices += len(r.Slices)
	o.Elapsed += r.Elapsed
}

// feasible reports whether the ranking has anything that a final could decide
// about; if not, that is the verdict.
func (o *Outcome) feasible(s *Search) bool {
	switch first := &o.Ranking[0]; {
	case !first.known():
		o.Verdict, o.Why = Undecided, "no candidate has enough valid slices with a "+s.task.Aim.Name
		return false
	case !first.Met():
		o.Verdict, o.Nearest = Unsatisfied, first
		return false
	}
	return true
}

// finalist returns the candidate that meets the present settings in the final: the
// first in the ranking, besides them, for which it is certain that it meets the
// constraints, of those in the last round. The very best are often at the edge of a
// constraint, and as likely beyond it when they are measured again. If none is
// certain, it is the first that meets them at all, and nil if none does.
func (o *Outcome) finalist() *Score {
	var first *Score
	for i := range o.Ranking {
		switch s := &o.Ranking[i]; {
		case s.Present:
		case s.Round == o.Ranking[0].Round && s.known() && s.Certain():
			return s
		case first == nil && s.known() && s.Met():
			first = s
		}
	}
	return first
}

// decide comes to a verdict by the final.
func (o *Outcome) decide(s *Search, r *load.Results) {
	f := &Final{
		Present:    s.score(s.candidates[0], r.Of(0)),
		Comparison: r.Compare(0, 1),
	}
	f.Best = s.score(SettingsOf(r.Plan.Arms[1].Config), r.Of(1))
	o.Final = f
	// A bound that lies between two medians may do so by chance: to adopt takes
	// intervals that are on their sides of it.
	switch {
	case !f.Comparison.Verdict:
		o.Verdict, o.Why = Undecided, f.Comparison.Why
	case !f.Best.Met() && !f.Present.Met():
		o.Verdict, o.Nearest = Unsatisfied, &f.Present
		if rank(&f.Best, &f.Present) < 0 {
			o.Nearest = &f.Best
		}
	case !f.Best.Met():
		o.Verdict = Keep
	case f.Best.Certain() && (o.Better() || f.Present.misses()):
		o.Verdict = Adopt
	case !f.Present.Met():
		o.Verdict, o.Why = Undecided, "it is not certain "+f.doubt(s.task.Constraints)
	case math.IsNaN(o.Aim().P):
		o.Verdict, o.Why = Undecided, "too few slices have a "+s.task.Aim.Name
	default:
		o.Verdict = Keep
	}
}

// doubt says what is not certain, where the best settings meet the constraints by
// their medians alone, or the present ones miss them by theirs.
func (f *Final) doubt(constraints []*gate.Expr) string {
	for i, c := range f.Best.Constraints {
		if !c.Certain {
			return fmt.Sprintf("that the best settings meet %s", constraints[i])
		}
	}
	for i, c := range f.Present.Constraints {
		if !c.Met {
			return fmt.Sprintf("that the present settings miss %s", constraints[i])
		}
	}
	return ""
}
