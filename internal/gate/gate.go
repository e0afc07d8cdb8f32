package gate

// Kind is the kind of quantity that a figure is. It decides about the units in
// which its bounds are written.
type Kind uint8

// The kinds of quantities, with the unit in which samples and bounds are given.
const (
	Number Kind = iota // a plain number: a count, a rate, a figure per session
	Time               // nanoseconds
	Bytes              // bytes
	Share              // a part of a whole, from 0 to 1
)

// Figure describes a figure that an expression may name.
type Figure struct {
	// Name is letters, digits and underscores: "allocs_per_session". A
	// percentile has its number at the end, "create_p99", and is then known as
	// p99(create) too.
	Name string
	// Kind decides how bounds on the figure are written.
	Kind Kind
}

// Options say what an expression may contain.
type Options struct {
	// Base allows bounds that are relative to the other arm.
	Base bool
	// NoBase says, in the error about such a bound, why there is no other arm and
	// what to do; "" says that there is none, and what a bound looks like.
	NoBase string
}

// Expr is a condition on one figure, such as "p99(create) > 50us". It is not
// changed once it is parsed, and may be used by several goroutines at once.
type Expr struct {
	text   string
	figure string
	op     operator
	bound  bound
}

// String returns the condition as it was written, on one line: without white
// space around it, and with one space where there was any.
func (e *Expr) String() string { return e.text }

// Figure returns the name of the figure as it is in the list given to [Parse]:
// "create_p99", also if the expression says p99(create).
func (e *Expr) Figure() string { return e.figure }

// UsesBase reports whether the bound is relative to the other arm.
func (e *Expr) UsesBase() bool { return e.bound.base }

// Holds reports whether the condition is true of the value v, in the unit of the
// figure's kind. It is not true of NaN, which is what was not measured. It
// panics if the condition is relative to a base; see [Options].
func (e *Expr) Holds(v float64) bool {
	if e.bound.base {
		panic("gate: Holds on a condition that is relative to a base: " + e.text)
	}
	return e.op.holds(v, e.bound.at(0))
}

// operator says on which side of its bound a figure has to be.
type operator struct {
	greater bool // else less
	orEqual bool
}

// operators are all that can be written, in the order of messages.
var operators = []struct {
	text string
	op   operator
}{
	{">", operator{greater: true}},
	{">=", operator{greater: true, orEqual: true}},
	{"<", operator{}},
	{"<=", operator{orEqual: true}},
}

func (o operator) holds(v, bound float64) bool {
	switch {
	case v == bound:
		return o.orEqual
	case o.greater:
		return v > bound
	default:
		return v < bound
	}
}

// bound is what a figure is held against: base*num/den + add with a base, else
// add alone.
//
// The factor is a fraction in lowest terms because 1.15 is no binary number:
// with whole numbers of usual size, base*num is exact, and one division then
// rounds the quotient to the nearest, which is itself where it is whole.
type bound struct {
	base     bool
	num, den float64
	add      float64
}

func (b bound) at(base float64) float64 {
	if !b.base {
		return b.add
	}
	return base*b.num/b.den + b.add
}
