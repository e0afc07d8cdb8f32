package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// ComparisonFormats are the names that [WriteComparison] knows.
func ComparisonFormats() []string { return []string{"text", "markdown", "json", "gobench"} }

// WriteComparison writes a comparison in that format, which is one of
// [ComparisonFormats].
//
//   - text is a table for a terminal, at most 100 cells wide where figures let it.
//   - markdown is the same for a pull request on GitHub.
//   - json is under [load.ComparisonSchema].
//   - gobench is what Go benchmarks print: benchstat -col /arm reads it.
//
// Names of arms may be any text. What of it could not be shown, or would break a
// terminal or a table, is left out or encoded. The errors are those of w, and that
// there is no such format.
func WriteComparison(w io.Writer, format string, c load.Comparison) error {
	write, ok := map[string]func(*load.Comparison) (string, error){
		"text":     func(c *load.Comparison) (string, error) { return comparisonText(c), nil },
		"markdown": func(c *load.Comparison) (string, error) { return comparisonMarkdown(c), nil },
		"json":     comparisonJSON,
		"gobench":  func(c *load.Comparison) (string, error) { return comparisonBench(c, thisHost()), nil },
	}[format]
	if !ok {
		return unknownFormat(format, ComparisonFormats())
	}
	text, err := write(&c)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = io.WriteString(w, text)
	return err
}

// unknownFormat says which formats there are.
func unknownFormat(format string, formats []string) error {
	last := len(formats) - 1
	return fmt.Errorf("%q is not valid; want %s or %s", format, strings.Join(formats[:last], ", "), formats[last])
}

func comparisonJSON(c *load.Comparison) (string, error) {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, r := range string(text) {
		switch { // what encoding/json leaves as it is may still move a terminal's cursor
		case r < 0x7f || unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	b.WriteByte('\n')
	return b.String(), nil
}

// clean returns text in one line of what can be seen: other spaces become a space,
// and controls, marks of direction and what is no UTF-8 go.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// maxName is how many cells of an arm's name are shown.
const maxName = 80

// armNames returns the names of the arms for people.
func armNames(c *load.Comparison) (base, other string) {
	name := func(a *load.ArmResult, unnamed string) string {
		if text := clean(a.Name); text != "" {
			return ansi.Truncate(text, maxName, "…")
		}
		return unnamed
	}
	return name(&c.Base, "base"), name(&c.New, "new")
}

// changes lists what has to be set to make the new arm out of the base, but for what
// has an effect in neither.
func changes(c *load.Comparison) string {
	var list []string
	for _, change := range load.Diff(c.Base.Config, c.New.Config) {
		if change.Old == change.New {
			continue // it only undoes what setting another one does besides
		}
		if load.Matters(change.Param, &c.Base.Config) || load.Matters(change.Param, &c.New.Config) {
			list = append(list, change.String())
		}
	}
	if list == nil {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// loads say under which load was measured: one line, or two where the arms differ
// in that.
func loads(c *load.Comparison) []string {
	base, other := loadOf(c.Base.Config), loadOf(c.New.Config)
	if base == other {
		return []string{base}
	}
	return []string{"base: " + base, "new: " + other}
}

func loadOf(cfg load.Config) string {
	get := func(name string) string {
		p, _ := load.Lookup(name)
		return p.Get(&cfg)
	}
	text := "closed model, " + get("workers") + " workers"
	if cfg.Model == load.Open {
		text = "open model, " + get("rate") + " " + get("arrival")
	}
	text += ", lifetime " + get("lifetime") + ", messages " + get("messages") + " of " + get("message-size") + ", handshake " + get("handshake")
	if cfg.Handshake != load.HandshakeNone {
		text += " for " + get("handshake-share") + " over " + get("transport")
	}
	return text
}

// slicesOf says how many slices there are and are valid.
func slicesOf(c *load.Comparison) string {
	text := fmt.Sprintf("%d slices of %s of each arm, alternated; valid: %d of base, %d of new",
		c.Slices, c.Slice, c.Base.Valid, c.New.Valid)
	if c.Elapsed > 0 {
		text += "; took " + format.Text(format.AppendDuration, float64(c.Elapsed))
	}
	return text
}

// remark is a line under, or over, the figures.
type remark struct{ label, text string }

// shortcomings tell what keeps the comparison from being all that was asked for.
func shortcomings(c *load.Comparison) []remark {
	var list []remark
	base, other := armNames(c)
	for i, a := range []*load.ArmResult{&c.Base, &c.New} {
		if a.Valid == a.Measured {
			continue
		}
		list = append(list, leftOut(a, []string{base, other}[i]))
	}
	if c.Partial {
		list = append(list, remark{"stopped early", fmt.Sprintf("%d of %d slices of base, %d of %d of new",
			c.Base.Measured, c.Slices, c.New.Measured, c.Slices)})
	}
	if !c.Verdict {
		list = append(list, remark{"no verdict", clean(c.Why)})
	}
	return list
}

// leftOut tells which slices of an arm are not valid, and why.
func leftOut(a *load.ArmResult, name string) remark {
	return remark{"left out", fmt.Sprintf("%d of %d slices of %s, not valid: %s",
		a.Measured-a.Valid, a.Measured, name, clean(a.NotValid()))}
}

// legend explains what a table shows, a sentence an entry.
func legend(c *load.Comparison) []string {
	var list []string
	if tested := tested(c); c.Verdict && tested > 0 {
		list = append(list,
			fmt.Sprintf("p is of Mann-Whitney U within blocks of the order, corrected for %d metrics tested at once (Holm); ~ is no difference at %.2g.", tested, load.Significance),
			"The interval is that of the difference, and not corrected: beside ~ it may leave out 0.")
	}
	return append(list, "± is how far the 95 % interval of the median goes; exact is a count that was the same in every slice.")
}

// tested counts the metrics that have a p.
func tested(c *load.Comparison) int {
	n := 0
	for i := range c.Metrics {
		if !math.IsNaN(c.Metrics[i].P) {
			n++
		}
	}
	return n
}

// row is what a table says of a metric.
type row struct {
	title     string
	base, new sample
	delta     string // ~ where not significant, a dash where nothing can be said
	interval  string // "" with a dash
	p, n      string
}

// sample is the median of an arm and what is known of it.
type sample struct{ median, spread string }

// rowOf returns the row of a metric. Without a verdict there is no difference, no
// interval of it and no p in it: nothing that could be taken for one.
func rowOf(c *load.Comparison, m *load.MetricResult) row {
	r := row{
		title: m.Title,
		base:  sampleOf(&m.Base, m), new: sampleOf(&m.New, m),
		delta: format.Dash, p: format.Dash,
		n: strconv.Itoa(len(m.Base.Values)),
	}
	if a, b := len(m.Base.Values), len(m.New.Values); a != b {
		r.n = fmt.Sprintf("%d+%d", a, b)
	}
	if !c.Verdict || math.IsNaN(m.Adjusted) {
		return r
	}
	r.p = format.Text(format.AppendP, m.Adjusted)
	e, value, unit := m.DeltaPercent, signedPercent, " %"
	if math.IsNaN(e.Value) {
		e, value, unit = m.Delta, signed(m.Unit), ""
		if m.Unit == load.UnitShare {
			unit = " pts" // points: percent would be of the base
		}
	}
	r.delta = value(e.Value) + unit
	if !math.IsNaN(e.Low) {
		r.interval = "[" + value(e.Low) + " .. " + value(e.High) + "]"
	}
	if !m.Significant {
		r.delta = "~"
		if r.interval != "" {
			r.interval += unit
		}
	}
	return r
}

// P writes a probability as "p=0.042" or "p<0.001".
func P(p float64) string { return equation(format.Text(format.AppendP, p)) }

// equation puts p in front of what it is, or is less than.
func equation(text string) string {
	if strings.HasPrefix(text, "<") {
		return "p" + text
	}
	return "p=" + text
}

func sampleOf(s *load.Samples, m *load.MetricResult) sample {
	if math.IsNaN(s.Value) {
		return sample{median: format.Dash}
	}
	f := sample{median: inUnit(s.Value, m.Unit)}
	further := math.Max(s.High-s.Value, s.Value-s.Low)
	switch {
	case m.Exact:
		f.spread = "exact"
	case math.IsNaN(further):
		f.spread = "±  ∞"
	case further == 0:
		f.spread = "±  0 %"
	case s.Value == 0:
		f.spread = "± " + inUnit(further, m.Unit)
	default:
		f.spread = fmt.Sprintf("± %2s %%", format.Text(rounded, 100*further/s.Value))
	}
	return f
}

func rounded(dst []byte, v float64) []byte { return format.AppendScaled(dst, math.Round(v), 2) }

func inUnit(v float64, unit string) string { return string(format.AppendIn(nil, v, unit)) }

// signed returns a writer of differences in a unit. One that rounds to nothing, and
// is not nothing, has its sign before the nothing, as percentages have.
func signed(unit string) func(float64) string {
	return func(v float64) string {
		if unit == load.UnitShare {
			return signedPercent(100 * v)
		}
		text := string(format.AppendRounded(nil, math.Abs(v), unit))
		switch {
		case v > 0:
			return "+" + text
		case v < 0:
			return "-" + text
		}
		return text
	}
}

// signedPercent writes a percentage with its sign and without the unit. -100 is
// only what has nothing left.
func signedPercent(v float64) string {
	if v == 0 {
		return "0"
	}
	sign, size := "+", math.Abs(v)
	if v < 0 {
		sign = "-"
	}
	fixed := func(v float64, digits int) string { return sign + strconv.FormatFloat(v, 'f', digits, 64) }
	switch {
	case size < 0.0995:
		return fixed(size, 3)
	case size < 9.995:
		return fixed(size, 2)
	case size < 99:
		return fixed(size, 1)
	case size < 100:
		return fixed(math.Floor(size*100)/100, 2)
	case size < 9999.5:
		return fixed(size, 0)
	}
	return string(format.AppendScaled([]byte(sign), size, 3))
}
