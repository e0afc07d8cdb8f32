package report

import (
	"fmt"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// comparisonMarkdown writes a comparison for GitHub.
func comparisonMarkdown(c *load.Comparison) string {
	var b strings.Builder
	base, other := armNames(c)
	base, other = markdownName(base), markdownName(other)
	fmt.Fprintf(&b, "### sagetop: %s against %s\n\n", other, base)
	for _, r := range shortcomings(c) {
		fmt.Fprintf(&b, "- **%s**: %s\n", r.label, markdown(r.text))
	}
	for _, r := range []remark{{"differs", changes(c)}, {"load", strings.Join(loads(c), "; ")}, {"slices", slicesOf(c)}} {
		fmt.Fprintf(&b, "- %s: %s\n", r.label, markdown(r.text))
	}
	fmt.Fprintf(&b, "\n| metric | base: %s | new: %s | difference [95 %% interval] | p | n |\n", base, other)
	b.WriteString("| :-- | --: | --: | --: | --: | --: |\n")
	for i := range c.Metrics {
		m := &c.Metrics[i]
		r := rowOf(c, m)
		delta := r.delta
		if m.Significant {
			delta = "**" + delta + "**"
		}
		if r.interval != "" {
			delta += " " + r.interval
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.title, markdownSample(r.base), markdownSample(r.new), delta, r.p, r.n)
	}
	b.WriteByte('\n')
	for _, text := range legend(c) {
		b.WriteString(text + "\n")
	}
	return b.String()
}

func markdownSample(s sample) string {
	return strings.Join(strings.Fields(s.median+" "+s.spread), " ")
}

// markdownName writes a name as code: GitHub makes no mention and no link of it. A
// code span would not do, since no name with a bar fits one in a table.
func markdownName(name string) string { return "<code>" + markdown(name) + "</code>" }

// markdown writes text so that it stands for itself. A character reference never
// has a meaning in Markdown, neither for the table nor for what is within a cell.
// The comment keeps @ and # from calling people and issues.
func markdown(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;<!-- -->", r)
		case strings.ContainsRune("\\`*_{}[]<>|~!$&\"'^", r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "://", "&#58;//")
}
