package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
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
// nanoseconds, bytes, or messages; they are finite and not negative, and A is at
// most B where there is a B.
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
		if d.A == 0 {
			return 0
		}
		s := d.sigma()
		return d.A * math.Exp(s*s/2)
	default:
		return d.A
	}
}

// Quantile returns the value that the share p of all values, 0 to 1, does not
// exceed: +Inf for p = 1 of a distribution without end.
func (d Dist) Quantile(p float64) float64 {
	switch d.Kind {
	case DistUniform:
		return d.A + p*(d.B-d.A)
	case DistExp:
		return -d.A * math.Log1p(-p)
	case DistLognormal:
		if d.A == 0 {
			return 0
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

// drawWhole is draw for a quantity that comes in whole numbers. All those of a
// uniform distribution are alike, both ends included.
func (d Dist) drawWhole(r *rand.Rand, high int64) int64 {
	switch d.Kind {
	case DistConstant:
		return int64(min(d.A, float64(high)))
	case DistUniform:
		return min(int64(d.A)+r.Int64N(int64(d.B)-int64(d.A)+1), high)
	default:
		return int64(math.Round(d.draw(r, float64(high))))
	}
}

// bound returns the largest value that draw can return.
func (d Dist) bound(high float64) float64 {
	switch d.Kind {
	case DistConstant:
		return min(d.A, high)
	case DistUniform:
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
	inside, closed := strings.CutSuffix(inside, ")")
	args := strings.Split(inside, ",")
	var d Dist
	want := 1
	switch strings.TrimSpace(name) {
	case "constant":
	case "uniform":
		d.Kind, want = DistUniform, 2
	case "exp":
		d.Kind = DistExp
	case "lognormal":
		d.Kind, want = DistLognormal, 2
	default:
		return Dist{}, strconv.ErrSyntax
	}
	if !closed || len(args) != want {
		return Dist{}, strconv.ErrSyntax
	}
	for i, to := range []*float64{&d.A, &d.B}[:want] {
		v, err := value(strings.TrimSpace(args[i]))
		if err != nil {
			return Dist{}, err
		}
		*to = v
	}
	return d, nil
}

// valid tells whether the parameters make a distribution within low and high.
func (d Dist) valid(low, high float64) bool {
	in := func(v float64) bool { return v >= low && v <= high }
	switch d.Kind {
	case DistConstant, DistExp:
		return in(d.A) && d.B == 0
	case DistUniform:
		return in(d.A) && in(d.B) && d.A <= d.B
	case DistLognormal:
		return in(d.A) && in(d.B) && d.A <= d.B && (d.A > 0 || d.B == 0)
	default:
		return false
	}
}

// text writes d so that parseDist reads it back; value writes a parameter.
func (d Dist) text(value func(float64) string) string {
	switch d.Kind {
	case DistConstant:
		return value(d.A)
	case DistExp:
		return fmt.Sprintf("%s(%s)", distNames[d.Kind], value(d.A))
	default:
		return fmt.Sprintf("%s(%s,%s)", nameOf(distNames, int(d.Kind)), value(d.A), value(d.B))
	}
}
