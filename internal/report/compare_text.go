package report

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

const (
	// textWidth is how many cells a line of text has at most, figures aside.
	textWidth = 100
	// maxHead is how many cells an arm's name has over its column.
	maxHead = 15
)

// comparisonText writes a comparison in a table as benchstat has it.
func comparisonText(c *load.Comparison) string {
	var b strings.Builder
	base, other := armNames(c)
	head := []remark{{"base", base}, {"new", other}, {"differs", changes(c)}}
	label := "load"
	for _, text := range loads(c) {
		head = append(head, remark{label, text})
		label = ""
	}
	for _, line := range append(head, remark{"slices", slicesOf(c)}) {
		writeWrapped(&b, pad(line.label, 9), line.text)
	}
	b.WriteByte('\n')
	writeTable(&b, c)
	b.WriteByte('\n')
	for _, r := range shortcomings(c) {
		writeWrapped(&b, "", r.label+": "+r.text)
	}
	for _, text := range legend(c) {
		writeWrapped(&b, "", text)
	}
	return b.String()
}

// column is one of the table: its cells, and how they stand in it.
type column struct {
	cells []string
	right bool // aligned
	gap   int  // spaces before it
	width int
}

// writeTable writes the table. The name of an arm stands over two columns: its
// medians, and how far they are known.
func writeTable(b *strings.Builder, c *load.Comparison) {
	columns := []column{
		{}, // metric
		{right: true, gap: 2},
		{gap: 1},
		{right: true, gap: 2},
		{gap: 1},
		{right: true, gap: 2}, // vs base
		{gap: 1},              // its interval
		{gap: 1},              // p and n
	}
	add := func(cells ...string) {
		for i, cell := range cells {
			columns[i].cells = append(columns[i].cells, cell)
		}
	}
	for i := range c.Metrics {
		r := rowOf(c, &c.Metrics[i])
		test := "(" + equation(r.p) + " n=" + r.n + ")"
		if r.p == format.Dash {
			test = "(n=" + r.n + ")"
		}
		add(r.title, r.base.median, r.base.spread, r.new.median, r.new.spread, r.delta, r.interval, test)
	}
	for i := range columns {
		columns[i].width = widest(columns[i].cells)
	}
	base, other := armNames(c)
	heads := []string{"", ansi.Truncate(base, maxHead, "…"), ansi.Truncate(other, maxHead, "…"), "vs base", "95 % interval"}
	if !c.Verdict {
		heads[4] = ""
	}
	metric, delta, interval := &columns[0], &columns[5], &columns[6]
	delta.width = max(delta.width, ansi.StringWidth(heads[3]))
	interval.width = max(interval.width, ansi.StringWidth(heads[4]))
	line := strings.Repeat(" ", metric.width)
	for i, name := range heads[1:3] {
		median, spread := &columns[1+2*i], &columns[2+2*i]
		span := median.width + spread.gap + spread.width
		if more := ansi.StringWidth(name) - span; more > 0 {
			median.width, span = median.width+more, span+more
		}
		left := (span - ansi.StringWidth(name)) / 2
		line += strings.Repeat(" ", median.gap) + pad(strings.Repeat(" ", left)+name, span)
	}
	line += strings.Repeat(" ", delta.gap) + padLeft(heads[3], delta.width) + strings.Repeat(" ", interval.gap) + heads[4]
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	for row := range c.Metrics {
		line = ""
		for i := range columns {
			col := &columns[i]
			cell := pad(col.cells[row], col.width)
			if col.right {
				cell = padLeft(col.cells[row], col.width)
			}
			line += strings.Repeat(" ", col.gap) + cell
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// widest returns the number of cells of the widest text.
func widest(texts []string) int {
	width := 0
	for _, t := range texts {
		width = max(width, ansi.StringWidth(t))
	}
	return width
}

// pad fills text with spaces up to a number of cells, at its end.
func pad(text string, cells int) string {
	return text + strings.Repeat(" ", max(cells-ansi.StringWidth(text), 0))
}

// padLeft is pad at the beginning.
func padLeft(text string, cells int) string {
	return strings.Repeat(" ", max(cells-ansi.StringWidth(text), 0)) + text
}

// writeWrapped writes text after a label, in as many lines as it takes, which
// begin under each other. A word that no line has room for is cut.
func writeWrapped(b *strings.Builder, label, text string) {
	indent := ansi.StringWidth(label)
	line, used := label, indent
	for i, word := range slices.Collect(strings.FieldsSeq(text)) {
		word = ansi.Truncate(word, textWidth-indent, "…")
		width := ansi.StringWidth(word)
		switch {
		case i == 0:
		case used+1+width > textWidth:
			b.WriteString(line + "\n")
			line, used = strings.Repeat(" ", indent), indent
		default:
			line += " "
			used++
		}
		line += word
		used += width
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
