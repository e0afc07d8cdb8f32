package gate

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// baseWord is how the other arm is called in expressions.
const baseWord = "base"

// Parse reads a condition on one of figures, in the grammar of the package. Its
// error is a [*SyntaxError].
func Parse(text string, figures []Figure, o Options) (*Expr, error) {
	p, err := newParser(text, figures)
	if err != nil {
		return nil, err
	}
	fig, err := p.figure()
	if err != nil {
		return nil, err
	}
	op, err := p.operator(fig)
	if err != nil {
		return nil, err
	}
	b, err := p.bound(fig, o)
	if err != nil {
		return nil, err
	}
	if t := p.next(); t.kind != tokenEnd {
		return nil, p.fail(t, "unexpected %q after the bound; want one condition at a time", t.text)
	}
	return &Expr{text: strings.Join(strings.Fields(p.text), " "), figure: fig.Name, op: op, bound: b}, nil
}

// ParseFigure reads what stands in front of a condition's operator, and nothing
// else: the name of one of figures, or a percentile such as p99(create). It
// returns the name as in figures. Its error is a [*SyntaxError].
func ParseFigure(text string, figures []Figure) (name string, err error) {
	p, err := newParser(text, figures)
	if err != nil {
		return "", err
	}
	fig, err := p.figure()
	if err != nil {
		return "", err
	}
	if t := p.next(); t.kind != tokenEnd {
		return "", p.fail(t, "unexpected %q after %s; want a figure alone", t.text, fig.Name)
	}
	return fig.Name, nil
}

// parser reads an expression from left to right, and stops at the first fault.
type parser struct {
	figures []Figure
	text    string
	tokens  []token
	at      int // in tokens, of what comes next
}

func newParser(text string, figures []Figure) (*parser, error) {
	text = strings.TrimSpace(text)
	p := &parser{figures: figures, text: text}
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return nil, &SyntaxError{Length: 1, Msg: "an empty expression; want one with a figure: " + among(p.names())}
	case n > maxRunes:
		return nil, &SyntaxError{
			Text: text, Length: len(text),
			Msg: fmt.Sprintf("an expression of %d characters; want at most %d", n, maxRunes),
		}
	}
	p.tokens = scan(text)
	return p, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

// next returns a token and goes on to the one after it; after the end there is
// only the end.
func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// accept goes past the next token and reports true if it is that symbol.
func (p *parser) accept(symbol string) bool {
	if t := p.peek(); t.kind != tokenSymbol || t.text != symbol {
		return false
	}
	p.at++
	return true
}

// fail returns an error with t at fault. Where the expression ends too early,
// the fault is the last token, after which something is missing.
func (p *parser) fail(t token, format string, args ...any) error {
	if t.kind == tokenEnd {
		t = p.tokens[len(p.tokens)-2] // there is one: the text is not empty
	}
	return &SyntaxError{Text: p.text, Offset: t.offset, Length: len(t.text), Msg: fmt.Sprintf(format, args...)}
}

func (p *parser) operator(fig Figure) (operator, error) {
	var all []string
	t := p.next()
	for _, o := range operators {
		if t.kind == tokenOperator && t.text == o.text {
			return o.op, nil
		}
		all = append(all, o.text)
	}
	if t.kind == tokenOperator {
		return operator{}, p.fail(t, "unknown operator %q; want %s", t.text, among(all))
	}
	return operator{}, p.fail(t, "no operator after %s; want %s", fig.Name, among(all))
}

func (p *parser) bound(fig Figure, o Options) (bound, error) {
	t := p.next()
	switch {
	case isBase(t):
		if !o.Base {
			return bound{}, p.noBase(t, fig, o)
		}
		return p.afterBase(fig)
	case t.kind == tokenNumber && (o.Base || p.isFactor()) && p.accept("*"):
		if t := p.next(); !isBase(t) {
			return bound{}, p.fail(t, "no base after *; want %s", wantBound(fig, o))
		} else if !o.Base {
			return bound{}, p.noBase(t, fig, o)
		}
		factor, err := p.number(t)
		return relative(factor), err
	case t.kind == tokenNumber:
		add, err := p.literal(t, fig, quantities[fig.Kind].unitNames())
		return bound{add: add}, err
	case t.text == "-":
		return bound{}, p.fail(t, "a negative bound; want %s", wantBound(fig, o))
	default:
		return bound{}, p.fail(t, "no bound after the operator; want %s", wantBound(fig, o))
	}
}

func isBase(t token) bool { return t.kind == tokenWord && t.text == baseWord }

// isFactor reports whether what comes next is * base.
func (p *parser) isFactor() bool {
	return p.peek().text == "*" && isBase(p.tokens[p.at+1]) // * is not the end
}

func (p *parser) noBase(t token, fig Figure, o Options) error {
	if o.NoBase == "" {
		return p.fail(t, "there is no base to compare with here; want a value such as %s", wantBound(fig, o))
	}
	return p.fail(t, "base: %s", o.NoBase)
}

// wantBound says which bounds fit fig.
func wantBound(fig Figure, o Options) string {
	want := quantities[fig.Kind].example
	if o.Base {
		want += ", base + 2% or base * 1.02"
	}
	return want
}

// afterBase reads what may follow the word base.
func (p *parser) afterBase(fig Figure) (bound, error) {
	sign := p.next()
	switch {
	case sign.kind == tokenEnd:
		return relative(big.NewRat(1, 1)), nil
	case sign.kind != tokenSymbol || !slices.Contains([]string{"+", "-", "*"}, sign.text):
		return bound{}, p.fail(sign, "unexpected %q after base; want +, - or *", sign.text)
	}
	t := p.next()
	if t.kind != tokenNumber {
		want := quantities[fig.Kind].example + " or 2%"
		if sign.text == "*" {
			want = "1.02"
		}
		return bound{}, p.fail(t, "no number after base %s; want one such as %s", sign.text, want)
	}
	if sign.text != "*" && !p.accept("%") {
		add, err := p.literal(t, fig, quantities[fig.Kind].unitNames("%"))
		if sign.text == "-" {
			add = -add
		}
		return bound{base: true, num: 1, den: 1, add: add}, err
	}
	factor, err := p.number(t)
	if err != nil || sign.text == "*" {
		return relative(factor), err
	}
	part := factor.Quo(factor, big.NewRat(100, 1))
	if sign.text == "-" {
		part.Neg(part)
	}
	if part.Add(part, big.NewRat(1, 1)).Sign() < 0 {
		return bound{}, p.fail(t, "a bound below 0; want base - 100%% at most")
	}
	return relative(part), nil
}

// relative returns the bound that is base times factor.
func relative(factor *big.Rat) bound {
	float := func(i *big.Int) float64 {
		f, _ := new(big.Rat).SetInt(i).Float64()
		return f
	}
	return bound{base: true, num: float(factor.Num()), den: float(factor.Denom())}
}

// The limits of numbers. Up to the largest, whole numbers are exact in a sample.
const (
	maxNumber = 1e15
	minNumber = 1e-15
)

// number returns the number of a token, exactly as it is written. The result
// is not nil, even with an error.
func (p *parser) number(t token) (*big.Rat, error) {
	r := new(big.Rat)
	mantissa, _, _ := strings.Cut(strings.ToLower(t.text), "e")
	if !strings.ContainsAny(mantissa, "123456789") {
		return r, nil
	}
	// The size is found out first: with a huge exponent, the fraction would fill
	// the memory. The error says that the number is out of range, as f does.
	f, _ := strconv.ParseFloat(t.text, 64)
	switch {
	case f > maxNumber:
		return r, p.fail(t, "too large a number; want at most %g", maxNumber)
	case f < minNumber:
		return r, p.fail(t, "too small a number; want 0, or at least %g", minNumber)
	}
	r.SetString(t.text)
	return r, nil
}

// literal returns the value of the number t with the unit that follows, if one
// does, in the unit of the figure's kind. want lists what may follow.
func (p *parser) literal(t token, fig Figure, want []string) (float64, error) {
	r, err := p.number(t)
	if err != nil {
		return 0, err
	}
	q := quantities[fig.Kind]
	if u := p.peek(); u.kind == tokenWord || u.text == "%" {
		i := slices.IndexFunc(q.units, func(known unit) bool { return slices.Contains(known.names, u.text) })
		if i < 0 {
			return 0, p.fail(u, "unit %q does not fit %s, which is %s; want %s", u.text, fig.Name, q.noun, among(want))
		}
		p.at++
		r.Mul(r, q.units[i].size)
	} else if !q.bare && r.Sign() != 0 {
		return 0, p.fail(t, "no unit after %s, but %s is %s; want %s", t.text, fig.Name, q.noun, among(want))
	}
	f, _ := r.Float64()
	if f > q.most {
		return 0, p.fail(t, "too large for %s; want at most %s", q.noun, q.mostText)
	}
	return f, nil
}

// unit is a unit of measure.
type unit struct {
	names []string // the first is for messages
	size  *big.Rat // in the unit of samples
}

// quantity is how bounds of a kind are written.
type quantity struct {
	noun, example string
	units         []unit
	bare          bool // a number may do without a unit
	most          float64
	mostText      string
}

var quantities = map[Kind]quantity{
	Number: {
		noun: "a plain number", example: "6 or 20k", bare: true, most: maxNumber, mostText: "1e15",
		units: []unit{whole(1e3, "k"), whole(1e6, "M")},
	},
	Time: {
		noun: "a time", example: "50us", most: maxNumber, mostText: "1e15 ns",
		units: []unit{
			whole(1, "ns"),
			whole(1e3, "us", "µs", "μs"), // the micro sign, and the Greek letter
			whole(1e6, "ms"), whole(1e9, "s"),
		},
	},
	Bytes: {
		noun: "a size", example: "64MiB", most: maxNumber, mostText: "1e15 B",
		units: []unit{
			whole(1, "B"), whole(1e3, "kB"), whole(1e6, "MB"), whole(1e9, "GB"),
			whole(1<<10, "KiB"), whole(1<<20, "MiB"), whole(1<<30, "GiB"),
		},
	},
	Share: {
		noun: "a share", example: "12% or 0.12", bare: true, most: 1, mostText: "100%",
		units: []unit{{names: []string{"%"}, size: big.NewRat(1, 100)}},
	},
}

// whole returns a unit that is n units of samples.
func whole(n int64, names ...string) unit { return unit{names: names, size: big.NewRat(n, 1)} }

// unitNames lists for messages the units, and what else may follow a number.
func (q quantity) unitNames(more ...string) []string {
	var all []string
	for _, u := range q.units {
		all = append(all, u.names[0])
	}
	all = append(all, more...)
	if q.bare {
		all = append(all, "none")
	}
	return slices.Compact(all)
}
