package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// The defaults and limits of a [Plan].
const (
	DefaultSlices = 20
	// MinSlices is how many counted slices of an arm a verdict needs.
	MinSlices    = 10
	MaxSlices    = 1000
	DefaultSlice = 250 * time.Millisecond
	MinSlice     = 20 * time.Millisecond
	MaxSlice     = time.Minute
	maxArms      = 64
)

// Arm is one side of an experiment: a configuration and what it is called.
type Arm struct {
	Name   string `json:"name"`
	Config Config `json:"config"`
}

// Plan says what an [Experiment] is to measure. All of it is fixed before the
// first slice.
type Plan struct {
	Arms []Arm
	// Slices is how many slices of each arm are counted, at least one. A verdict
	// needs [MinSlices].
	Slices int
	// Slice is for how long load is offered in one of them.
	Slice time.Duration
	// Seed decides the order of the slices and, with the number of a slice, what
	// its load draws: the n-th slices of all arms draw the same.
	Seed uint64
}

// ForComparison returns c with a load that shows what sessions cost: 1,000 pairs for
// each processor side by side, each replaced as soon as it is over, which is as
// soon as a processor has the time. So these are always at work, and there is
// always a heap to collect. All pairs resume: a handshake takes as long as
// a hundred sessions, and no optimization changes it. What else c says of a session
// stays, and what it says of the collector.
func ForComparison(c Config) Config {
	c.Model, c.Profile, c.Handshake = Closed, ProfileSteady, HandshakeNone
	c.Workers, c.Lifetime = min(1000*runtime.GOMAXPROCS(0), maxWorkers), Fixed(time.Millisecond)
	c.MaxLive = max(c.MaxLive, 2*leadFactor*c.Workers)
	c.Duration, c.Sessions = 0, 0
	return c
}

// Validate reports what is wrong with the plan, one line each.
func (p Plan) Validate() error {
	var all []error
	if n := len(p.Arms); n < 1 || n > maxArms {
		all = append(all, fmt.Errorf("arms: %d is not valid; want 1 to %d", n, maxArms))
	}
	if p.Slices < 1 || p.Slices > MaxSlices {
		all = append(all, fmt.Errorf("slices: %d is not valid; want a whole number from 1 to %d", p.Slices, MaxSlices))
	}
	if p.Slice < MinSlice || p.Slice > MaxSlice {
		all = append(all, badValue("slice", p.Slice.String(), fmt.Sprintf("a time from %s to %s", shortDuration(MinSlice), shortDuration(MaxSlice))))
	}
	for _, a := range p.Arms {
		if err := a.Config.Validate(); err != nil {
			all = append(all, fmt.Errorf("%s: %w", a.Name, err))
		}
		if a.Config.Profile != ProfileSteady {
			all = append(all, fmt.Errorf("%s: %w", a.Name, badValue("profile", a.Config.Profile.String(), "steady: slices are compared at one level of the load")))
		}
	}
	for _, a := range p.Arms {
		c := &a.Config
		if places := 2 * c.Workers; c.Model == Closed && c.MaxLive < places {
			all = append(all, fmt.Errorf("%s: %w", a.Name, badValue("max-live", strconv.Itoa(c.MaxLive),
				fmt.Sprintf("at least %d, for both ends of all workers", places))))
		}
		if c.Lifetime.Quantile(0.999) > float64(maxTail) {
			all = append(all, fmt.Errorf("%s: %w", a.Name, badValue("lifetime", textOf("lifetime", c),
				fmt.Sprintf("lives that are over within %s: each slice waits for that", maxTail))))
		}
	}
	return errors.Join(all...)
}

// textOf returns a parameter's value as it is written.
func textOf(name string, c *Config) string {
	p, _ := Lookup(name)
	return p.Get(c)
}

// Experiment measures arms in turns: short slices of the same load in one
// process, in an order drawn in balanced blocks. Each slice has two managers and
// pools of its own. Make one with [NewExperiment].
//
// In a block each arm has two slices, in some order and then in the reverse of
// it, ABBA or BAAB: a drift of the machine over a block weighs on all arms alike.
// Before the first block each arm has a slice that is thrown away.
type Experiment struct {
	plan    Plan
	order   []turn
	prepare func(*run) // of a test, which gets at a slice's run before it begins
}

// turn is one slice to be measured.
type turn struct{ arm, number int } // number counts the arm's; -1 is the warm-up

// NewExperiment returns an experiment by p, whose order is fixed. The error is
// that of [Plan.Validate].
func NewExperiment(p Plan) (*Experiment, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p.Arms = slices.Clone(p.Arms)
	for i := range p.Arms {
		p.Arms[i].Config.Duration, p.Arms[i].Config.Sessions = 0, 0
	}
	return &Experiment{plan: p, order: order(p)}, nil
}

// order draws the order of the slices.
func order(p Plan) []turn {
	rng := rand.New(rand.NewPCG(p.Seed, 0x736c69636573)) // not the stream of the load
	n := len(p.Arms)
	var all []turn
	for arm := range n {
		all = append(all, turn{arm, -1})
	}
	for number := 0; number < p.Slices; number += 2 {
		arms := rng.Perm(n)
		for _, arm := range arms {
			all = append(all, turn{arm, number})
		}
		if number+1 == p.Slices {
			break
		}
		for _, arm := range slices.Backward(arms) {
			all = append(all, turn{arm, number + 1})
		}
	}
	return all
}

// Turns returns how many slices the experiment has in all, warm-ups included.
func (x *Experiment) Turns() int { return len(x.order) }

// Plan returns the plan, without the lengths of runs that its configurations had.
func (x *Experiment) Plan() Plan { return x.plan }

// Estimate returns about how long the experiment takes, by what it was told; a
// load that the machine cannot keep up with takes longer.
func (x *Experiment) Estimate() time.Duration {
	var sum time.Duration
	for _, t := range x.order {
		cfg := &x.plan.Arms[t.arm].Config
		sum += x.plan.Slice + leadIn(cfg, x.plan.Slice) + 2*min(time.Duration(cfg.Lifetime.Mean()), maxTail) + betweenSlices
		if cfg.Model == Closed {
			sum += fillPlaces
		}
	}
	return sum
}

// About what draining and collecting take, and what filling the places of a closed
// load takes.
const (
	betweenSlices = 80 * time.Millisecond
	fillPlaces    = 60 * time.Millisecond
)

// Run measures. It calls seen, if not nil, after each slice, in order, warm-ups
// included, on its own goroutine: what that allocates falls between slices.
//
// When ctx ends, Run stops within milliseconds, throws the slice under way away,
// and returns what it has, marked partial, with [context.Cause] of ctx. Other
// errors are a [*PanicError] of the load, and a transport that cannot be had; the
// results until then come with them. GOGC and memory limit, which arms may set,
// are put back in any case.
//
// Nothing else should use the process meanwhile: whose an allocation is, nobody
// can tell.
func (x *Experiment) Run(ctx context.Context, seen func(Slice)) (Results, error) {
	restore := takeRuntime()
	defer restore()
	m := newMeter()
	results := Results{Plan: x.plan, Started: time.Now(), Partial: true}
	for turn := range x.order {
		s, err := x.measure(ctx, m, turn)
		results.Elapsed = time.Since(results.Started)
		if err != nil {
			return results, err
		}
		if !s.Warmup {
			results.Slices = append(results.Slices, s)
		}
		if seen != nil {
			seen(s)
		}
	}
	results.Partial = false
	return results, nil
}

// Results is what an experiment came to.
type Results struct {
	Plan    Plan
	Slices  []Slice // in the order in which they were measured, without warm-ups
	Started time.Time
	Elapsed time.Duration
	Partial bool // ended before its time
}

// Of returns the slices of an arm.
func (r *Results) Of(arm int) []Slice {
	var all []Slice
	for _, s := range r.Slices {
		if s.Arm == arm {
			all = append(all, s)
		}
	}
	return all
}
