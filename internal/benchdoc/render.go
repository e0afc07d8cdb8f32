package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/SAGE-X-project/sagetop/internal/format"
)

// report is a table that was measured, with how, where and when.
type report struct {
	sections []section
	rounds   []results
	command  string
	// benchtime is how long each benchmark ran in each round.
	benchtime time.Duration
	cpu       string
	cores     int
	platform  string // linux/amd64
	goVersion string
	date      time.Time
	commit    string
}

// headings of the table's columns. The first and the last need none.
var headings = [...]string{"", "time", "allocs", "bytes", "ratio", "budget", ""}

type cells [len(headings)]string

// leftAligned are the columns of words; the others are of figures.
var leftAligned = [len(headings)]bool{0: true, 4: true, 5: true, 6: true}

const legend = "Time, allocations and bytes are those of one operation, or what the row's name says: medians over the\n" +
	"rounds. A ratio is of times, taken within a round between neighbours: median [least..most]."

func (l line) cells() cells {
	c := cells{l.what, "", "", "", "", l.budget.String(), string(l.verdict)}
	if !l.ran {
		c[1] = string(notRun)
		return c
	}
	if l.shows.time != "" {
		c[1] = format.Text(format.AppendDuration, l.time)
	}
	if l.shows.allocs != "" {
		c[2] = format.Text(appendCount, l.allocs)
	}
	if l.shows.bytes != "" {
		c[3] = format.Text(format.AppendBytes, l.bytes)
	}
	if l.ref != "" {
		c[4] = l.ratio.String()
		if l.ratio.known() {
			c[4] += " of " + l.of
		}
	}
	return c
}

func appendCount(dst []byte, v float64) []byte { return format.AppendScaled(dst, v, 3) }

// String returns the spread as a ratio.
func (s spread) String() string {
	ratio := func(v float64) string { return format.Text(format.AppendPer, v) }
	if !s.known() {
		return format.Dash
	}
	return fmt.Sprintf("%s [%s..%s]", ratio(s.median), ratio(s.least), ratio(s.most))
}

// lines returns a section's lines.
func (r *report) lines(s section) []line {
	all := make([]line, len(s.rows))
	for i, row := range s.rows {
		all[i] = evaluate(row, r.rounds)
	}
	return all
}

// count returns how many budgets there are, how many of them were not met, and
// how many could not be judged.
func (r *report) count() (budgets, failed, unjudged int) {
	for _, s := range r.sections {
		for _, l := range r.lines(s) {
			switch l.verdict {
			case noBudget:
				continue
			case missed:
				failed++
			case notRun:
				unjudged++
			}
			budgets++
		}
	}
	return budgets, failed, unjudged
}

// verdict sums the budgets up in one sentence.
func (r *report) verdict() string {
	budgets, failed, unjudged := r.count()
	text := fmt.Sprintf("%d of %d budgets are met", budgets-failed-unjudged, budgets)
	if failed > 0 {
		text += fmt.Sprintf(", %d NOT MET", failed)
	}
	if unjudged > 0 {
		text += fmt.Sprintf(", %d not run", unjudged)
	}
	return text + "."
}

// circumstances are the report's, by name, in order.
func (r *report) circumstances() [][2]string {
	cpu := r.cpu
	if cpu == "" {
		cpu = "unknown processor"
	}
	cores := "cores"
	if r.cores == 1 {
		cores = "core"
	}
	rounds := "rounds"
	if len(r.rounds) == 1 {
		rounds = "round"
	}
	fewer := ""
	for _, s := range r.sections {
		if s.rounds > 0 && s.rounds < len(r.rounds) {
			fewer = fmt.Sprintf(" (%d of %q)", s.rounds, s.title)
		}
	}
	return [][2]string{
		{"command", r.command},
		{"machine", fmt.Sprintf("%s, %d %s, %s", cpu, r.cores, cores, r.platform)},
		{"Go", r.goVersion},
		{"date", r.date.UTC().Format("2006-01-02")},
		{"commit", r.commit},
		{"measured", fmt.Sprintf("%d %s%s of %s each", len(r.rounds), rounds, fewer, r.benchtime)},
	}
}

// text returns the report for a terminal.
func (r *report) text() string {
	var widths [len(headings)]int
	widen := func(c cells) {
		for i, cell := range c {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	widen(headings)
	for _, s := range r.sections {
		for _, l := range r.lines(s) {
			widen(l.cells())
		}
	}
	var b strings.Builder
	write := func(c cells) {
		var out strings.Builder
		for i, cell := range c {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if leftAligned[i] {
				out.WriteString("  " + cell + pad)
			} else {
				out.WriteString("  " + pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(out.String(), " ") + "\n")
	}
	write(headings)
	for _, s := range r.sections {
		fmt.Fprintf(&b, "%s\n", s.title)
		for _, l := range r.lines(s) {
			write(l.cells())
		}
	}
	fmt.Fprintf(&b, "\n%s\n\n", legend)
	for _, c := range r.circumstances() {
		fmt.Fprintf(&b, "%-8s  %s\n", c[0], c[1])
	}
	fmt.Fprintf(&b, "\n%s\n", r.verdict())
	return b.String()
}

// markdown returns the report as a document.
func (r *report) markdown() string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nWritten by `make bench-doc`. " + r.verdict() + "\n\n")
	write := func(c cells) { b.WriteString("| " + strings.Join(c[:], " | ") + " |\n") }
	write(headings)
	var rule cells
	for i := range rule {
		if rule[i] = "--:"; leftAligned[i] {
			rule[i] = ":--"
		}
	}
	write(rule)
	for _, s := range r.sections {
		write(cells{"**" + s.title + "**"})
		for _, l := range r.lines(s) {
			c := l.cells()
			if l.verdict == missed {
				c[6] = "**" + c[6] + "**"
			}
			write(c)
		}
	}
	fmt.Fprintf(&b, "\n%s\n\n", legend)
	for _, c := range r.circumstances() {
		value := c[1]
		if c[0] == "command" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&b, "- %s: %s\n", c[0], value)
	}
	return b.String()
}
