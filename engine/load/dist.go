package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DistKind is a family of distributions.
type DistKind uint8

// The families.
const (
	DistConstant  DistKind = iota // always A
	DistUniform                   // between A and B, all alike
	DistExp                       // exponential with mean A
	DistLognormal                 // log-normal with median A and 99th percentile B
)

var distNames = []string{DistConstant: "constant", DistUniform: "uniform", DistExp: "exp", DistLognormal: "lognormal"}

// Dist is how a quantity is distributed over the pairs, or over their messages.
// It is a plain value. Its parameters are in the quantity's base unit:
// nanoseconds, bytes, or messages; they are whole and not negative. Where there
// is a B it is at least A, and not 0 unless A is; where there is none it is 0.
//
// What a Dist gives is kept within the range of the parameter that it belongs to:
// a value outside counts as the nearest inside.
type Dist struct {
	Kind DistKind
	A, B float64
}

// Fixed returns the distribution that is always v.
func Fixed[T ~int | ~int64 | ~float64](v T) Dist { return Dist{Kind: DistConstant, A: float64(v)} }

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

// sigma is the standard deviation of a log-normal's logarithm.
func (d Dist) sigma() float64 { return math.Log(d.B/d.A) / z99 }

// Mean returns the expected value, before it is kept within a range.
func (d Dist) Mean() float64 {
	switch d.Kind {
	case DistUniform:
		return (d.A + d.B) / 2
	case DistLognormal:
		if d.A == d.B {
			return d.A
		}
		s := d.sigma()
		return d.A * math.Exp(s*s/2)
	default:
		return d.A
	}
}

// meanWithin returns the expected value of what draw returns.
func (d Dist) meanWithin(high float64) float64 {
	switch {
	case d.Kind == DistExp && d.A > 0:
		return d.A * -math.Expm1(-high/d.A)
	case d.Kind == DistLognormal && d.A < d.B:
		s := d.sigma()
		z := math.Log(high/d.A) / s
		return d.Mean()*normal(z-s) + high*normal(-z)
	default:
		return min(d.Mean(), high)
	}
}

// normal is the distribution function of the standard normal distribution.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// Quantile returns the value that the share p of all values, 0 to 1, does not
// exceed: +Inf for p = 1 of a distribution without end.
func (d Dist) Quantile(p float64) float64 {
	switch d.Kind {
	case DistUniform:
		return d.A + p*(d.B-d.A)
	case DistExp:
		if d.A == 0 { // p = 1 would be 0 times infinity
			return 0
		}
		return -d.A * math.Log1p(-p)
	case DistLognormal:
		if d.A == d.B {
			return d.A
		}
		return d.A * math.Exp(d.sigma()*math.Sqrt2*math.Erfinv(2*p-1))
	default:
		return d.A
	}
}

// draw returns a value, kept between 0 and high.
func (d Dist) draw(r *rand.Rand, high float64) float64 {
	v := d.A
	switch d.Kind {
	case DistUniform:
		v = d.A + r.Float64()*(d.B-d.A)
	case DistExp:
		v = d.A * r.ExpFloat64()
	case DistLognormal:
		if d.A > 0 {
			v = d.A * math.Exp(d.sigma()*r.NormFloat64())
		}
	}
	return min(max(v, 0), high)
}

// drawWhole is draw for a quantity that comes in whole numbers, and keeps what
// the distribution was given by: of a uniform one all those from A to B are alike,
// an exponential value is rounded up as often as keeps the mean, and a log-normal
// one to the nearest, which keeps the percentiles.
func (d Dist) drawWhole(r *rand.Rand, high int64) int64 {
	switch d.Kind {
	case DistConstant:
		return min(int64(d.A), high)
	case DistUniform:
		return min(int64(d.A)+r.Int64N(int64(d.B)-int64(d.A)+1), high)
	case DistExp:
		down, rest := math.Modf(d.draw(r, float64(high)))
		if r.Float64() < rest {
			down++
		}
		return int64(down)
	default:
		return int64(math.Round(d.draw(r, float64(high))))
	}
}

// bound returns what no value that draw returns is above.
func (d Dist) bound(high float64) float64 {
	switch {
	case d.Kind == DistConstant || d.A == 0 && d.B == 0:
		return min(d.A, high)
	case d.Kind == DistUniform || d.A == d.B:
		return min(d.B, high)
	default:
		return high
	}
}

// parseDist reads "2s", "constant(2s)", "uniform(1s,3s)", "exp(2s)" or
// "lognormal(2s,10s)"; value reads one of its parameters.
func parseDist(text string, value func(string) (float64, error)) (Dist, error) {
	name, inside, called := strings.Cut(text, "(")
	if !called {
		v, err := value(text)
		return Dist{A: v}, err
	}
	inside, closed := strings.CutSuffix(strings.TrimSpace(inside), ")")
	args := strings.Split(inside, ",")
	kind := slices.Index(distNames, strings.TrimSpace(name))
	d := Dist{Kind: DistKind(max(kind, 0))}
	if kind < 0 || !closed || len(args) != d.params() {
		return Dist{}, strconv.ErrSyntax
	}
	for i, to := range []*float64{&d.A, &d.B}[:len(args)] {
		v, err := value(strings.TrimSpace(args[i]))
		if err != nil {
			return Dist{}, err
		}
		*to = v
	}
	return d, nil
}

// within tells whether all parameters of d are between low and high.
func (d Dist) within(low, high float64) bool {
	in := func(v float64) bool { return v >= low && v <= high }
	return in(d.A) && (d.params() == 1 || in(d.B))
}

// params returns how many parameters d has: A, or A and B.
func (d Dist) params() int {
	if d.Kind == DistUniform || d.Kind == DistLognormal {
		return 2
	}
	return 1
}

// text writes d so that parseDist reads it back; value writes a parameter.
// What is no valid distribution becomes text that parseDist refuses.
func (d Dist) text(value func(float64) string) string {
	switch {
	case d.params() == 2 || d.B != 0:
		return fmt.Sprintf("%s(%s,%s)", nameOf(distNames, int(d.Kind)), value(d.A), value(d.B))
	case d.Kind == DistConstant:
		return value(d.A)
	default:
		return fmt.Sprintf("%s(%s)", nameOf(distNames, int(d.Kind)), value(d.A))
	}
}

// valueText reads and writes one parameter of a distribution.
type valueText struct {
	parse func(string) (float64, error)
	print func(float64) string
	what  string // for people: "a time"
	like  string // examples
}

var (
	durationText = valueText{
		func(text string) (float64, error) { d, err := time.ParseDuration(text); return float64(d), err },
		whole(func(v int64) string { return shortDuration(time.Duration(v)) }),
		"a time", "such as 2s, uniform(1s,3s), exp(2s) or lognormal(2s,10s)",
	}
	countText = valueText{
		func(text string) (float64, error) { n, err := parseCount(text); return float64(n), err },
		whole(func(v int64) string { return strconv.FormatInt(v, 10) }),
		"a whole number", "such as 4, uniform(1,8), exp(4) or lognormal(4,40)",
	}
	sizeText = valueText{
		func(text string) (float64, error) { n, err := parseSize(text); return float64(n), err },
		whole(formatSize),
		"a size", "such as 1KiB, uniform(64B,4KiB), exp(1KiB) or lognormal(1KiB,16KiB)",
	}
)

// whole makes a printer of numbers out of one of whole numbers. Others become
// text that no parser of a valueText takes.
func whole(format func(int64) string) func(float64) string {
	return func(v float64) string {
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return format(int64(v))
	}
}

// distribution makes a parameter whose values have a distribution.
func distribution(name string, kind Kind, unit string, low, high float64, def, help string, text valueText, field func(*Config) *Dist) Param {
	span := fmt.Sprintf("%s to %s", text.print(low), text.print(high))
	return Param{
		Name: name, Kind: kind, Unit: unit, Default: def, Help: help, Range: span, Distributed: true,
		Set: func(c *Config, typed string) error {
			d, err := parseDist(typed, text.parse)
			switch {
			case err != nil || !d.within(low, high):
				return badValue(name, typed, fmt.Sprintf("%s from %s, %s", text.what, span, text.like))
			case d.A > d.B && d.Kind == DistUniform:
				return badValue(name, typed, "the smaller end first")
			case d.A > d.B && d.Kind == DistLognormal:
				return badValue(name, typed, "a 99th percentile that is not below the median")
			case d.A == 0 && d.B > 0 && d.Kind == DistLognormal:
				return badValue(name, typed, "a median above 0")
			}
			*field(c) = d
			return nil
		},
		Get: func(c *Config) string { return field(c).text(text.print) },
		Value: func(c *Config) any {
			mean := field(c).meanWithin(high)
			if kind != KindCount {
				mean = math.Round(mean) // times and sizes are whole in JSON
			}
			return mean
		},
	}
}
