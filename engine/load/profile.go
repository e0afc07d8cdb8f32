package load

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Profile is how the load's level goes over time. The level is the rate in the
// open model, and the number of pairs in the closed one.
type Profile uint8

// The profiles. Rate stands for the configured level, Rate or Workers.
const (
	ProfileSteady Profile = iota // always the rate
	ProfileRamp                  // from 0 to the rate within RampTime, and on with it
	ProfileStages                // along Steps, whose levels are their own
	ProfileSpike                 // the rate, and Peak times as much for the last SpikeTime of each Period
	ProfileSine                  // around the rate, up to Peak times as much, once a Period
	ProfileSoak                  // up within RampTime, on for the run, and down within RampTime before its end
)

var profileNames = []string{
	ProfileSteady: "steady", ProfileRamp: "ramp", ProfileStages: "stages",
	ProfileSpike: "spike", ProfileSine: "sine", ProfileSoak: "soak",
}

// String returns the profile as it is written in flags and files.
func (p Profile) String() string { return nameOf(profileNames, int(p)) }

// MaxSteps is how many steps the profile of stages may have.
const MaxSteps = 16

// Step is one stage of a load: a straight line from the level before it.
type Step struct {
	Over time.Duration // 0 is a jump
	To   float64       // sessions/s, or pairs
}

// Steps are the stages of a load, a plain value. The first begins at level 0;
// after the last its level holds.
type Steps struct {
	list [MaxSteps]Step
	n    int
}

// List returns the steps in order. The slice is the caller's.
func (s Steps) List() []Step { return append([]Step(nil), s.list[:s.n]...) }

// Equal tells whether both are the same steps.
func (s Steps) Equal(other Steps) bool { return s == other }

// Length returns how long all steps take.
func (s Steps) Length() time.Duration {
	var sum time.Duration
	for _, step := range s.list[:s.n] {
		sum += step.Over
	}
	return sum
}

// String returns the steps as they are written in flags and files.
func (s Steps) String() string {
	parts := make([]string, s.n)
	for i, step := range s.list[:s.n] {
		parts[i] = shortDuration(step.Over) + ":" + strconv.FormatFloat(step.To, 'f', -1, 64)
	}
	return strings.Join(parts, ",")
}

// offers tells whether the steps ever offer anything.
func (s Steps) offers() bool {
	before := 0.0
	for _, step := range s.list[:s.n] {
		if step.Over > 0 && (before > 0 || step.To > 0) {
			return true
		}
		before = step.To
	}
	return before > 0 // what the last one holds
}

// parseSteps reads "30s:5000,2m:20k/s,30s:0".
func parseSteps(text string) (Steps, error) {
	var s Steps
	for part := range strings.SplitSeq(text, ",") {
		over, to, ok := strings.Cut(part, ":")
		if !ok || s.n == MaxSteps {
			return Steps{}, strconv.ErrSyntax
		}
		d, err := time.ParseDuration(strings.TrimSpace(over))
		if err != nil || d < 0 || d > maxDuration {
			return Steps{}, strconv.ErrRange
		}
		v, err := parseRate(strings.TrimSpace(to))
		if err != nil || !(v >= 0 && v <= maxRate) {
			return Steps{}, strconv.ErrRange
		}
		s.list[s.n] = Step{d, math.Abs(v)} // -0 is 0
		s.n++
	}
	return s, nil
}

// Shape is the level that a configuration offers over time: straight lines
// between knots. It is read-only and may be shared.
type Shape struct {
	knots  []knot
	period float64 // ns, after which the knots repeat; 0: the last level holds
}

// knot is a corner of a shape. Two at the same time are a jump.
type knot struct {
	at    float64 // ns
	level float64 // per second
	total float64 // offered until then
}

// sineLines is how many straight lines stand for one period of a sine, from
// which they are nowhere further than an eight-hundredth of its amplitude.
const sineLines = 64

// Shape returns the level that c offers, at times that count from the beginning
// of its profile. start is when that was, in the run's time: it matters where the
// run's end is part of the shape.
func (c Config) Shape(start time.Duration) Shape {
	rate := c.Rate
	if c.Model == Closed {
		rate = float64(c.Workers)
	}
	var s Shape
	switch c.Profile {
	case ProfileRamp:
		s.add(0, 0)
		s.add(c.RampTime, rate)
	case ProfileSoak:
		ramp := c.RampTime
		left := max(c.Duration-start, 0)
		if c.Duration > 0 {
			ramp = min(ramp, left/2)
		}
		s.add(0, 0)
		s.add(ramp, rate)
		if c.Duration > 0 {
			s.add(left-ramp, rate)
			s.add(left, 0)
		}
	case ProfileStages:
		at := time.Duration(0)
		s.add(0, 0)
		for _, step := range c.Steps.list[:c.Steps.n] {
			at += step.Over
			s.add(at, step.To)
		}
	case ProfileSpike:
		calm := max(c.Period-c.SpikeTime, 0)
		s.add(0, rate)
		s.add(calm, rate)
		s.add(calm, rate*c.Peak)
		s.add(c.Period, rate*c.Peak)
		s.period = float64(c.Period)
	case ProfileSine:
		for i := range sineLines + 1 {
			level := rate * (1 + (c.Peak-1)*math.Sin(2*math.Pi*float64(i)/sineLines))
			s.add(c.Period*time.Duration(i)/sineLines, max(level, 0))
		}
		s.period = float64(c.Period)
	default:
		s.add(0, rate)
	}
	return s
}

func (s *Shape) add(at time.Duration, level float64) {
	k := knot{at: float64(at), level: level}
	if n := len(s.knots); n > 0 {
		last := s.knots[n-1]
		k.total = last.total + (k.at-last.at)*(last.level+level)/2/1e9
	}
	s.knots = append(s.knots, k)
}

// fold brings a time into the shape's first period, and returns how many periods
// it took off.
func (s *Shape) fold(at float64) (in, rounds float64) {
	if s.period <= 0 || at < s.period {
		return at, 0
	}
	rounds = math.Floor(at / s.period)
	in = math.FMA(-rounds, s.period, at)
	if in < 0 { // the quotient was rounded up
		rounds--
		in += s.period
	}
	return in, rounds
}

// segment returns the index of the last knot at or before a time: of several at
// one time, the last.
func (s *Shape) segment(at float64) int {
	low, high := 0, len(s.knots)
	for low < high {
		mid := int(uint(low+high) / 2)
		if s.knots[mid].at <= at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return max(low-1, 0)
}

// last returns the last knot.
func (s *Shape) last() *knot { return &s.knots[len(s.knots)-1] }

// At returns the level at a time; where it jumps, that after the jump.
func (s *Shape) At(t time.Duration) float64 {
	at, _ := s.fold(max(float64(t), 0))
	i := s.segment(at)
	k := s.knots[i]
	if i+1 == len(s.knots) {
		return k.level
	}
	next := s.knots[i+1]
	level := k.level + (next.level-k.level)*(at-k.at)/(next.at-k.at)
	return min(max(level, min(k.level, next.level)), max(k.level, next.level)) // whatever the rounding
}

// Total returns how much was offered from the beginning to a time: the integral
// of the level over seconds. It never falls.
func (s *Shape) Total(t time.Duration) float64 { return s.total(max(float64(t), 0)) }

func (s *Shape) total(t float64) float64 {
	at, rounds := s.fold(t)
	i := s.segment(at)
	k := s.knots[i]
	if i+1 == len(s.knots) {
		return math.FMA(rounds, k.total, k.total+(at-k.at)*k.level/1e9)
	}
	next := s.knots[i+1]
	slope := (next.level - k.level) / (next.at - k.at)
	var sum float64
	if x, left := at-k.at, next.at-at; slope >= 0 {
		sum = k.total + x*(k.level+slope*x/2)/1e9
	} else {
		// Counted from the far end, so that every factor goes one way, and rounding
		// cannot make a sum fall that hardly grows any more.
		sum = next.total - left*(next.level-slope*left/2)/1e9
	}
	return math.FMA(rounds, s.last().total, min(max(sum, k.total), next.total))
}

// when returns the first time at which total reaches n, in ns; +Inf if it never
// does, or not within what a time.Duration holds. But for the rounding of its last
// digit it does not fall where n grows.
func (s *Shape) when(n float64) float64 {
	last := s.last()
	rounds := 0.0
	if s.period > 0 && n > 0 {
		if last.total <= 0 {
			return math.Inf(1)
		}
		rounds = max(math.Ceil(n/last.total)-1, 0)
		n = min(max(math.FMA(-rounds, last.total, n), 0), last.total) // whatever the rounding
	}
	t := math.FMA(rounds, s.period, s.reaches(n))
	if t >= math.MaxInt64 {
		return math.Inf(1)
	}
	return t
}

// reaches is when, within the first period.
func (s *Shape) reaches(n float64) float64 {
	low, high := 0, len(s.knots)
	for low < high {
		mid := int(uint(low+high) / 2)
		if s.knots[mid].total < n {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return s.knots[0].at
	}
	k := s.knots[low-1]
	need := (n - k.total) * 1e9 // level times ns; above 0
	if low == len(s.knots) {
		return k.at + need/k.level // a level of 0 is never enough
	}
	next := s.knots[low]
	slope := (next.level - k.level) / (next.at - k.at)
	// The smaller root of slope/2 x² + level x = need, in the form that does
	// not cancel.
	root := math.Sqrt(max(k.level*k.level+2*slope*need, 0))
	return min(k.at+2*need/(k.level+root), next.at)
}

// Highest returns the highest level that is offered for any time at all.
func (s *Shape) Highest() float64 {
	high := 0.0
	if s.period <= 0 {
		high = s.last().level
	}
	for i, k := range s.knots[:len(s.knots)-1] {
		if next := s.knots[i+1]; next.at > k.at {
			high = max(high, k.level, next.level)
		}
	}
	return high
}

// Length returns the time after which the level does not change any more, and
// the time after which it repeats: one of them is 0, or both.
func (s *Shape) Length() (settled, period time.Duration) {
	if s.period > 0 {
		return 0, time.Duration(s.period)
	}
	return time.Duration(s.last().at), 0
}
