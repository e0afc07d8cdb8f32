package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/SAGE-X-project/sagetop/internal/claims"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// ClaimsFormats are the names that [WriteClaims] knows.
func ClaimsFormats() []string { return []string{"text", "markdown", "json"} }

// WriteClaims writes the board in a format, which is one of [ClaimsFormats].
//
//   - text is a table for people, with notes below.
//   - markdown is the same for a README or a pull request.
//   - json is an object, schema [claims.Schema].
func WriteClaims(w io.Writer, name string, b claims.Board) error {
	switch name {
	case "text":
		return claimsText(w, b)
	case "markdown":
		return claimsMarkdown(w, b)
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(b)
	}
	return fmt.Errorf("%q is not valid; want text, markdown or json", name)
}

// claimsWidth is the width of the text in cells.
const claimsWidth = 110

// claimsColumns are the headings of the table.
var claimsColumns = []string{"claim", "claimed", "arm", "measured", "95 % interval", "verdict", "note"}

// verdictsMean says what the verdicts are, after internal/claims.
const verdictsMean = "Measured is the median of an arm's slices, or by what share an arm has less than baseline, each with an " +
	"interval of its own. A verdict is exceeds if all of the interval is better than what is claimed, falls short if all of " +
	"it is worse, and else holds; of a limit (under 10, most) all of it has to be on one side. A reduction counts only " +
	"if it is significant at 0.05, by the Mann-Whitney test with Holm's correction for all reductions of the board."

// claimsAbout says in lines what was measured, and how.
func claimsAbout(b *claims.Board) []string {
	lines := []string{
		"load: " + b.Load,
		fmt.Sprintf("slices: %d of %s for each arm, in turns; %s in all", b.Slices, b.Slice, format.Text(format.AppendDuration, float64(b.Elapsed))),
	}
	for _, a := range b.Arms {
		if left := a.Measured - a.Valid; left > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d of %d slices not valid and left out: %s", a.Name, left, a.Measured, a.NotValid()))
		}
	}
	if b.Partial {
		var have []string
		for _, a := range b.Arms {
			have = append(have, fmt.Sprintf("%s %d", a.Name, a.Measured))
		}
		lines = append(lines, fmt.Sprintf("partial: of %d slices there are: %s", b.Slices, strings.Join(have, ", ")))
	}
	if b.Why != "" {
		lines = append(lines, "no verdict: "+b.Why)
	}
	return lines
}

// claimsTable returns the cells of the board by row, and the notes that the last
// cell of a row numbers, from 1. Each note is there once.
func claimsTable(b *claims.Board) (rows [][]string, notes []string) {
	numbers := make(map[string]int)
	for i := range b.Rows {
		r := &b.Rows[i]
		note := ""
		if r.Note != "" {
			if numbers[r.Note] == 0 {
				notes = append(notes, r.Note)
				numbers[r.Note] = len(notes)
			}
			note = strconv.Itoa(numbers[r.Note])
		}
		rows = append(rows, []string{r.Claim, r.Claimed, r.Arm, r.Figure, r.Interval, r.Verdict.String(), note})
	}
	return rows, notes
}

func claimsText(w io.Writer, b claims.Board) error {
	rows, notes := claimsTable(&b)
	for i := len(rows) - 1; i > 0; i-- { // what a row has in common with that above is said once
		if b.Rows[i].Name == b.Rows[i-1].Name {
			rows[i][0], rows[i][1] = "", ""
		}
	}
	rows = append([][]string{claimsColumns}, rows...)
	widths := make([]int, len(claimsColumns))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	out.WriteString("What is claimed of the optimizations, and what was measured here\n\n")
	for _, line := range claimsAbout(&b) {
		hanging(&out, "", line, "  ")
	}
	out.WriteByte('\n')
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	out.WriteByte('\n')
	hanging(&out, "", verdictsMean, "")
	for i, note := range notes {
		first := fmt.Sprintf("%2d  ", i+1)
		hanging(&out, first, note, strings.Repeat(" ", len(first)))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// hanging writes text behind first, in lines of at most claimsWidth cells if its
// words allow it, those after the first indented.
func hanging(b *strings.Builder, first, text, indent string) {
	line := first
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > claimsWidth:
			b.WriteString(line + "\n")
			line = indent
		default:
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}

func claimsMarkdown(w io.Writer, b claims.Board) error {
	rows, notes := claimsTable(&b)
	var out strings.Builder
	for i, cell := range claimsColumns {
		out.WriteString("| " + cell + " ")
		if i == len(claimsColumns)-1 {
			out.WriteString("|\n" + strings.Repeat("|---", len(claimsColumns)) + "|\n")
		}
	}
	for _, row := range rows {
		for _, cell := range row {
			out.WriteString("| " + inMarkdown(cell) + " ")
		}
		out.WriteString("|\n")
	}
	out.WriteByte('\n')
	for _, line := range claimsAbout(&b) {
		out.WriteString("- " + inMarkdown(line) + "\n")
	}
	out.WriteString("\n" + inMarkdown(verdictsMean) + "\n\n")
	for i, note := range notes {
		fmt.Fprintf(&out, "%d. %s\n", i+1, inMarkdown(note))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// markdownEscapes are for what would not be itself in a line of Markdown.
var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "|", `\|`, "~", `\~`, "#", `\#`,
	"&", `\&`, "\n", " ", "\r", " ",
)

// inMarkdown returns text as Markdown that shows it as it is.
func inMarkdown(text string) string { return markdownEscapes.Replace(text) }
