package load

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// EffectsSchema names the JSON form of [Effects]. Fields may be added under the
// same name; none is removed or changes its meaning.
const EffectsSchema = "sagetop.each/1"

// effectMetrics are those by which single optimizations are judged. There are
// eight tests for each of them, and with every test all the others have to show
// more, so these are the ones that optimizations are about.
var effectMetrics = []string{
	"allocs_per_session", "bytes_per_session", "key_allocs_per_session", "hkdf_per_session",
	"cpu_per_session", "create_p50", "gc_cycles_per_million",
}

// EachArms returns the arms that show what each optimization is worth under the
// load of c: baseline and baseline with each one of them, tuned and tuned without
// each one, in the order of [session.OptimizationNames]. The pool is the free list.
func EachArms(c Config) []Arm {
	names := session.OptimizationNames()
	arm := func(name, optimizations string) Arm {
		o, err := session.ParseOptimizations(optimizations)
		if err != nil {
			panic(err) // made of names that it knows
		}
		c.Optimizations = o
		return Arm{Name: name, Config: c}
	}
	arms := []Arm{arm("baseline", "baseline")}
	for _, name := range names {
		arms = append(arms, arm(name, name))
	}
	arms = append(arms, arm("tuned", "tuned"))
	for i, name := range names {
		others := slices.Delete(slices.Clone(names), i, i+1)
		arms = append(arms, arm(without(name), strings.Join(others, ",")))
	}
	return arms
}

// without names the arm that has all optimizations but one.
func without(name string) string { return "tuned without " + name }

// Effects is what each optimization is worth.
type Effects struct {
	// Of has an entry for each of [session.OptimizationNames], in that order.
	Of []Effect
	// Arms are those of [EachArms].
	Arms []ArmResult
	// Slices is how many of each arm were to be counted.
	Slices int
	Slice  time.Duration
	// Tests is for how many tests P is adjusted: all of the table that could be made.
	Tests int
	// Verdict says that there is enough to judge by. Why says why not, "" if so.
	Verdict bool
	Why     string
	// Partial says that the experiment was ended before its time.
	Partial bool
	Elapsed time.Duration
}

// Effect is what one optimization is worth: where Alone brings much and Last
// little, the others bring the same.
type Effect struct {
	// Name is that of [session.OptimizationNames].
	Name string
	// Alone is baseline with it against baseline, and Last is tuned against tuned
	// without it. Both have the same metrics in the same order, and P is adjusted
	// for all tests of the table.
	Alone, Last []MetricResult
}

// Each tells what each optimization is worth, by an experiment whose arms are
// those of [EachArms].
func (r *Results) Each() Effects {
	names := session.OptimizationNames()
	baseline, tuned := 0, len(names)+1
	e := Effects{
		Arms: make([]ArmResult, len(r.Plan.Arms)), Of: make([]Effect, len(names)),
		Slices: r.Plan.Slices, Slice: r.Plan.Slice, Partial: r.Partial, Elapsed: r.Elapsed,
	}
	compare := func(base, other int) []MetricResult {
		c := r.Compare(base, other)
		e.Arms[base], e.Arms[other] = c.Base, c.New
		if e.Why == "" {
			e.Why = c.Why
		}
		results := make([]MetricResult, len(effectMetrics))
		for i, name := range effectMetrics {
			results[i] = *c.Metric(name)
		}
		return results
	}
	for i, name := range names {
		e.Of[i] = Effect{Name: name, Alone: compare(baseline, baseline+1+i), Last: compare(tuned+1+i, tuned)}
	}
	e.Verdict = e.Why == ""
	e.adjust()
	return e
}

// adjust corrects P for the number of tests.
func (e *Effects) adjust() {
	var tests []*MetricResult
	for i := range e.Of {
		for _, results := range [][]MetricResult{e.Of[i].Alone, e.Of[i].Last} {
			for j := range results {
				tests = append(tests, &results[j])
			}
		}
	}
	p := make([]float64, len(tests))
	for i, m := range tests {
		p[i] = m.P
		if m.P >= 0 { // is no NaN
			e.Tests++
		}
	}
	for i, adjusted := range stats.Holm(p) {
		tests[i].Adjusted = adjusted
		tests[i].Significant = e.Verdict && adjusted < Significance // false for NaN
	}
}

// MarshalJSON writes the effects under [EffectsSchema], with the arms in the order
// of [EachArms].
func (e Effects) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Schema  string        `json:"schema"`
		Verdict bool          `json:"verdict"`
		Why     string        `json:"no_verdict_reason"`
		Partial bool          `json:"partial"`
		Slices  int           `json:"slices"`
		Slice   time.Duration `json:"slice_ns"`
		Elapsed time.Duration `json:"elapsed_ns"`
		Tests   int           `json:"tests"`
		Arms    []ArmResult   `json:"arms"`
		Of      []Effect      `json:"effects"`
	}{EffectsSchema, e.Verdict, e.Why, e.Partial, e.Slices, e.Slice, e.Elapsed, e.Tests, e.Arms, e.Of})
}

// MarshalJSON writes both comparisons, each with the names of its arms.
func (e Effect) MarshalJSON() ([]byte, error) {
	type against struct {
		Base    string         `json:"base"`
		New     string         `json:"new"`
		Metrics []MetricResult `json:"metrics"`
	}
	return json.Marshal(struct {
		Name  string  `json:"optimization"`
		Alone against `json:"alone"`
		Last  against `json:"last"`
	}{e.Name, against{"baseline", e.Name, e.Alone}, against{without(e.Name), "tuned", e.Last}})
}
