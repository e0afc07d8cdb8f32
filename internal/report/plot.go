package report

import (
	"fmt"
	"html"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// The measures of a plot, in pixels.
const (
	plotWidth   = 960
	plotMargin  = 20
	plotColumns = 2
	panelGap    = 28
	panelWidth  = (plotWidth - 2*plotMargin - (plotColumns-1)*panelGap) / plotColumns
	panelHeight = 134
	lineHeight  = 18
	// Within a panel, from its top.
	titleAt, deltaAt  = 14, 31
	baseAt, newAt     = 54, 82
	axisAt, ticksAt   = 100, 114
	stripHalf, jitter = 11.0, 7.0
	// plotLine is about how many cells of text a line has room for.
	plotLine = 130
)

// Blue and vermilion can be told apart with any kind of color vision, and on white.
var (
	plotBase = strip{"#0072b2", baseAt}
	plotNew  = strip{"#d55e00", newAt}
)

// strip is where and how an arm is drawn in a panel.
type strip struct {
	color string
	at    float64
}

// WritePlot draws the distributions of a comparison as an SVG image: a panel for
// each metric that has a figure, in it for each arm a dot a slice, the median and
// its 95 % interval, and what the comparison says of the two. The same comparison
// gives the same bytes. The errors are those of w.
func WritePlot(w io.Writer, c load.Comparison) error {
	var shown []*load.MetricResult
	for i := range c.Metrics {
		if m := &c.Metrics[i]; len(m.Base.Values)+len(m.New.Values) > 0 {
			shown = append(shown, m)
		}
	}
	var b strings.Builder
	base, other := armNames(&c)
	lines := plotLines(&c)
	top := float64(plotMargin + 2*lineHeight + len(lines)*lineHeight + 20)
	height := int(top) + (len(shown)+plotColumns-1)/plotColumns*panelHeight + plotMargin

	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" font-family="sans-serif" font-size="12" fill="#1a1a1a">`+"\n", plotWidth, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString("sagetop: "+other+" against "+base))
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", plotWidth, height)
	y := float64(plotMargin) + 8
	for i, name := range []string{"base: " + base, "new: " + other} {
		arm := []strip{plotBase, plotNew}[i]
		fmt.Fprintf(&b, `<circle cx="%d" cy="%s" r="5" fill="%s"/>`+"\n", plotMargin+6, px(y-4), arm.color)
		writePlotText(&b, plotMargin+18, y, `font-size="14" font-weight="bold"`, name)
		y += lineHeight
	}
	for _, line := range lines {
		writePlotText(&b, plotMargin, y, `fill="#595959"`, line)
		y += lineHeight
	}
	for i, m := range shown {
		x := plotMargin + float64(i%plotColumns)*(panelWidth+panelGap)
		writePanel(&b, &c, m, x, top+float64(i/plotColumns)*panelHeight)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// plotLines are what is told over the panels.
func plotLines(c *load.Comparison) []string {
	all := []string{"differs: " + changes(c)}
	for _, text := range loads(c) {
		all = append(all, "load: "+text)
	}
	all = append(all, slicesOf(c))
	for _, r := range shortcomings(c) {
		all = append(all, r.label+": "+r.text)
	}
	all = append(all, "A dot is a slice, a bar the median, a band its 95 % interval.")
	if c.Verdict {
		all = append(all, legend(c)[0])
	}
	for i := range all {
		all[i] = ansi.Truncate(all[i], plotLine, "…")
	}
	return all
}

// writePanel draws a metric with the panel's corner at x and y.
func writePanel(b *strings.Builder, c *load.Comparison, m *load.MetricResult, x, y float64) {
	a := axisOf(m)
	title := m.Title
	if a.label != "" {
		title += ", " + a.label
	}
	fmt.Fprintf(b, `<g transform="translate(%s %s)">`+"\n", px(x), px(y))
	writePlotText(b, 0, titleAt, `font-size="13" font-weight="bold"`, title)
	style := `fill="#595959"`
	if m.Significant {
		style = `font-weight="bold"`
	}
	writePlotText(b, 0, deltaAt, style, plotDelta(c, m))
	fmt.Fprintf(b, `<path d="M0 %dH%d" stroke="#8c8c8c"/>`+"\n", axisAt, panelWidth)
	for _, tick := range a.ticks() {
		at := px(a.at(tick * a.factor))
		fmt.Fprintf(b, `<path d="M%s %dV%d" stroke="#d9d9d9"/>`+"\n", at, baseAt-int(stripHalf), axisAt)
		writePlotText(b, a.at(tick*a.factor), ticksAt, `font-size="11" fill="#595959" text-anchor="middle"`, a.text(tick))
	}
	writeStrip(b, plotBase, &m.Base, a)
	writeStrip(b, plotNew, &m.New, a)
	b.WriteString("</g>\n")
}

// plotDelta says what the comparison says of a metric.
func plotDelta(c *load.Comparison, m *load.MetricResult) string {
	r := rowOf(c, m)
	switch {
	case !c.Verdict:
		return "no verdict, n=" + r.n
	case r.delta == format.Dash:
		return "not compared, n=" + r.n
	case r.delta == "~":
		r.delta = "~ no significant difference"
	}
	text := r.delta
	if r.interval != "" {
		text += " " + r.interval
	}
	text += ", " + equation(r.p) + " n=" + r.n
	switch m.Better() {
	case 1:
		text += ", better"
	case -1:
		text += ", worse"
	}
	return text
}

// writeStrip draws an arm's figures of a metric.
func writeStrip(b *strings.Builder, s strip, of *load.Samples, a axis) {
	if math.IsNaN(of.Value) {
		writePlotText(b, 4, s.at+4, `fill="#8c8c8c"`, "no figure")
		return
	}
	if !math.IsNaN(of.Low) {
		left, right := a.at(of.Low), a.at(of.High)
		fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" fill-opacity="0.22"/>`+"\n",
			px(left-0.5), px(s.at-stripHalf), px(right-left+1), px(2*stripHalf), s.color)
	}
	fmt.Fprintf(b, `<g fill="%s" fill-opacity="0.6">`, s.color)
	for i, v := range of.Values {
		// Multiples of the golden ratio spread evenly, however many there are.
		_, spread := math.Modf(float64(i+1) * math.Phi)
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="2.5"/>`, px(a.at(v)), px(s.at+(2*spread-1)*jitter))
	}
	b.WriteString("</g>\n")
	fmt.Fprintf(b, `<path d="M%s %sv%s" stroke="%s" stroke-width="2.5"/>`+"\n",
		px(a.at(of.Value)), px(s.at-stripHalf), px(2*stripHalf), s.color)
}

// writePlotText writes text that may be anything.
func writePlotText(b *strings.Builder, x, y float64, style, text string) {
	fmt.Fprintf(b, `<text x="%s" y="%s" %s>%s</text>`+"\n", px(x), px(y), style, html.EscapeString(text))
}

// px writes a coordinate.
func px(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// axis maps figures of a metric to a panel.
type axis struct {
	low, high float64
	factor    float64 // of the unit in which it is labeled
	label     string  // that unit
}

// axisOf returns an axis that takes all figures of a metric, in a unit that
// leaves them few digits.
func axisOf(m *load.MetricResult) axis {
	a := axis{low: math.Inf(1), high: math.Inf(-1), factor: 1}
	for _, s := range []*load.Samples{&m.Base, &m.New} {
		for _, v := range s.Values {
			a.low, a.high = min(a.low, v), max(a.high, v)
		}
	}
	scales := map[string]struct {
		step   float64
		labels []string
	}{
		load.UnitCount:  {1e3, []string{"", "thousands", "millions", "billions"}},
		load.UnitBytes:  {1024, []string{"B", "KiB", "MiB", "GiB"}},
		load.UnitTime:   {1e3, []string{"ns", "µs", "ms", "s"}},
		load.UnitPerSec: {1e3, []string{"1/s", "thousands/s", "millions/s"}},
	}
	if m.Unit == load.UnitShare {
		a.factor, a.label = 0.01, "%"
	} else if s := scales[m.Unit]; s.labels != nil {
		a.label = s.labels[0]
		for _, label := range s.labels[1:] {
			if a.high < 2*s.step*a.factor {
				break
			}
			a.factor, a.label = a.factor*s.step, label
		}
	}
	margin := 0.03 * (a.high - a.low)
	if margin == 0 { // all the same
		margin = max(0.05*math.Abs(a.high), a.factor/2)
	}
	a.low, a.high = a.low-margin, a.high+margin
	return a
}

// at returns where v is, from the left edge of the panel.
func (a axis) at(v float64) float64 { return panelWidth * (v - a.low) / (a.high - a.low) }

// step returns the distance between ticks in the unit of the axis: 1, 2 or 5 times
// a power of ten, for two to five ticks.
func (a axis) step() float64 {
	span := (a.high - a.low) / a.factor
	power := math.Pow(10, math.Floor(math.Log10(span)))
	for _, s := range []float64{0.2, 0.5, 1} {
		if span/(s*power) <= 6 {
			return s * power
		}
	}
	return 2 * power
}

// ticks returns the ticks in the unit of the axis, those at its edges left out:
// their labels would not fit.
func (a axis) ticks() []float64 {
	const edge = 12 // pixels
	step := a.step()
	var list []float64
	for i := max(math.Ceil(a.low/a.factor/step), 0); i*step*a.factor <= a.high; i++ {
		if x := a.at(i * step * a.factor); x >= edge && x <= panelWidth-edge {
			list = append(list, i*step)
		}
	}
	return list
}

// text labels a tick with the digits that tell it from the next.
func (a axis) text(tick float64) string {
	digits := max(0, int(-math.Floor(math.Log10(a.step())+1e-9)))
	return strconv.FormatFloat(tick, 'f', digits, 64)
}
