package tune

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/gate"
)

// The default and the limits of [Task.Candidates]. The largest is how many arms a
// [load.Plan] may have.
const (
	DefaultCandidates = 32
	MinCandidates     = 2
	MaxCandidates     = 64
)

// firstSlices is how many slices of a candidate are counted in the first round.
const firstSlices = 2

// Task says what is searched for.
type Task struct {
	// Present is the load, with the settings that are there now. Its RNGSeed
	// decides which candidates are drawn, and the order of the slices.
	Present load.Config
	// Aim is the figure that is to be small: [load.Lower] is better.
	Aim load.Metric
	// Constraints must be true of the medians of their figures, which are metrics
	// by name. None is relative to a base.
	Constraints []*gate.Expr
	// Axes are which parameters may change, a part of what [Axes] returns.
	Axes []string
	// Candidates is how many settings are tried at most.
	Candidates int
	// Slices and Slice are those of the final. The slices before it take two
	// fifths of the time.
	Slices int
	Slice  time.Duration
}

// Round is one round of a search.
type Round struct {
	Candidates int           `json:"candidates"`
	Slices     int           `json:"slices"` // of each candidate, warm-ups not counted
	Slice      time.Duration `json:"slice_ns"`
	// Turns is how many slices there are in all, warm-ups included, and Estimate
	// about how long they take.
	Turns    int           `json:"-"`
	Estimate time.Duration `json:"-"`
}

// Search is a search that is ready to run. Make one with [New].
type Search struct {
	task       Task
	size       int // of the space
	candidates []Settings
	rounds     []Round // the last is the final
	seeds      []uint64
}

// New returns the search for a task, whose candidates, rounds and seeds are then
// fixed. The error has a line for each thing that is wrong with the task.
func New(t Task) (*Search, error) {
	if err := t.validate(); err != nil {
		return nil, err
	}
	all := space(t.Present, t.Axes)
	if len(all) < MinCandidates {
		return nil, fmt.Errorf("search: %q leaves nothing to try but the present settings (%s); want more of %s",
			strings.Join(t.Axes, ","), all[0], strings.Join(Axes(), ", "))
	}
	rng := rand.New(rand.NewPCG(t.Present.RNGSeed, 0x74756e65)) // not the stream of the load
	s := &Search{task: t, size: len(all), candidates: sample(rng, all, t.Candidates)}
	s.rounds = rounds(len(s.candidates), t)
	for range s.rounds {
		s.seeds = append(s.seeds, rng.Uint64())
	}
	for i := range s.rounds {
		// Which candidates come into a later round makes no difference to how long
		// it takes.
		r := &s.rounds[i]
		x, err := load.NewExperiment(s.plan(i, s.candidates[:r.Candidates]))
		if err != nil {
			return nil, err
		}
		r.Turns, r.Estimate = x.Turns(), x.Estimate()
	}
	return s, nil
}

// validate reports what is wrong with the task, each thing once.
func (t *Task) validate() error {
	final := load.Plan{Arms: []load.Arm{{Name: "load", Config: t.Present}}, Slices: t.Slices, Slice: t.Slice}
	all := []error{final.Validate()}
	if t.Candidates < MinCandidates || t.Candidates > MaxCandidates {
		all = append(all, fmt.Errorf("candidates: %d is not valid; want a whole number from %d to %d", t.Candidates, MinCandidates, MaxCandidates))
	}
	if t.Aim.Better != load.Lower {
		all = append(all, fmt.Errorf("minimize: %q is better the higher it is; want a figure that is better the lower it is", t.Aim.Name))
	}
	for _, name := range t.Axes {
		if !slices.Contains(Axes(), name) {
			all = append(all, fmt.Errorf("search: %q is not valid; want some of %s", name, strings.Join(Axes(), ", ")))
		}
	}
	for _, c := range t.Constraints {
		if _, ok := load.LookupMetric(c.Figure()); !ok || c.UsesBase() {
			all = append(all, fmt.Errorf("subject-to: %q is not valid; want a metric and a bound that is a value", c))
		}
	}
	return errors.Join(all...)
}

// rounds halves n until two or three are left, with twice the slices each time,
// and ends with the final.
func rounds(n int, t Task) []Round {
	short := max(t.Slice*2/5, load.MinSlice)
	var all []Round
	for k := firstSlices; ; k *= 2 {
		all = append(all, Round{Candidates: n, Slices: k, Slice: short})
		if n = kept(n); n <= 3 {
			return append(all, Round{Candidates: 2, Slices: t.Slices, Slice: t.Slice})
		}
	}
}

// kept is how many of n candidates come into the next round.
func kept(n int) int { return (n + 1) / 2 }

// plan returns the experiment of a round.
func (s *Search) plan(round int, candidates []Settings) load.Plan {
	p := load.Plan{Slices: s.rounds[round].Slices, Slice: s.rounds[round].Slice, Seed: s.seeds[round]}
	for _, c := range candidates {
		p.Arms = append(p.Arms, load.Arm{Name: c.String(), Config: c.In(s.task.Present)})
	}
	return p
}

// Task returns the task.
func (s *Search) Task() Task { return s.task }

// Size returns how many settings the candidates were drawn from.
func (s *Search) Size() int { return s.size }

// Candidates returns the settings that are tried. The first are the present ones.
func (s *Search) Candidates() []Settings { return slices.Clone(s.candidates) }

// Rounds returns the rounds, the last of which is the final.
func (s *Search) Rounds() []Round { return slices.Clone(s.rounds) }

// Slices returns how many slices the search has in all, warm-ups not counted. It
// ends with fewer if nothing meets the constraints.
func (s *Search) Slices() int {
	n := 0
	for _, r := range s.rounds {
		n += r.Candidates * r.Slices
	}
	return n
}

// Estimate returns about how long the search takes, and how many slices it
// measures, warm-ups included.
func (s *Search) Estimate() (length time.Duration, turns int) {
	for _, r := range s.rounds {
		length += r.Estimate
		turns += r.Turns
	}
	return length, turns
}

// Run searches. measure measures what a plan says, as [load.Experiment.Run] does:
// what it has comes with its error, which ends the search. Run then returns what
// it found out until then, marked partial, with that error.
func (s *Search) Run(ctx context.Context, measure func(context.Context, load.Plan) (load.Results, error)) (Outcome, error) {
	o := Outcome{Search: s, Partial: true}
	candidates := s.candidates
	last := len(s.rounds) - 1
	for i := range last {
		results, err := measure(ctx, s.plan(i, candidates))
		o.add(&results)
		if scores, ok := s.scores(i, candidates, &results); ok {
			// Those that a round dropped rank behind those that it kept.
			o.Ranking = append(scores, o.Ranking[min(len(candidates), len(o.Ranking)):]...)
		}
		if err != nil {
			return o, err
		}
		o.Rounds++
		candidates = nil
		for _, r := range o.Ranking[:kept(s.rounds[i].Candidates)] {
			candidates = append(candidates, r.Settings)
		}
	}
	if !o.feasible(s) {
		o.Partial = false
		return o, nil
	}
	best := o.finalist()
	if best == nil {
		o.Verdict, o.Partial = Keep, false
		return o, nil
	}
	results, err := measure(ctx, s.plan(last, []Settings{s.candidates[0], best.Settings}))
	o.add(&results)
	if err != nil {
		return o, err
	}
	o.Partial = false
	o.Rounds++
	o.decide(s, &results)
	return o, nil
}

// scores returns what a round found out about its candidates, best first. If it
// ended before there was a slice of each, those of the first round that have one are
// all that is known; a later round reports false, as the one before it knows of all.
func (s *Search) scores(round int, candidates []Settings, results *load.Results) ([]Score, bool) {
	all := make([]Score, 0, len(candidates))
	for i, c := range candidates {
		of := results.Of(i)
		if len(of) == 0 {
			if round > 0 {
				return nil, false
			}
			continue
		}
		score := s.score(c, of)
		score.Round = round + 1
		all = append(all, score)
	}
	slices.SortStableFunc(all, func(a, b Score) int { return rank(&a, &b) })
	return all, true
}
