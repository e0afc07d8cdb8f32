package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// EffectsFormats are the names that [WriteEffects] knows.
func EffectsFormats() []string { return []string{"text", "markdown", "json"} }

// WriteEffects writes what each optimization is worth in that format, which is one
// of [EffectsFormats]: a table for people, the same for GitHub, or JSON under
// [load.EffectsSchema]. The errors are those of w, and that there is no such
// format.
func WriteEffects(w io.Writer, format string, e load.Effects) error {
	var text string
	switch format {
	case "text":
		text = effectsText(&e)
	case "markdown":
		text = effectsMarkdown(&e)
	case "json":
		data, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		text = string(data) + "\n"
	default:
		return unknownFormat(format, EffectsFormats())
	}
	_, err := io.WriteString(w, text)
	return err
}

const (
	aloneHead = "alone, vs baseline"
	lastHead  = "last, vs tuned without it"
)

// effectGroup is what the table says of one metric: where both ends are, and a row
// for each optimization.
type effectGroup struct {
	title           string
	baseline, tuned string // medians
	rows            []effectRow
}

type effectRow struct {
	name        string
	alone, last effectCell
}

// effectCell is one difference, by how much and by how many percent. Without a
// verdict there is the median of the arm instead of the amount.
type effectCell struct{ amount, delta, interval string }

// effectGroups return the table, a group for each metric.
func effectGroups(e *load.Effects) []effectGroup {
	if len(e.Of) == 0 {
		return nil
	}
	first := &e.Of[0]
	groups := make([]effectGroup, len(first.Alone))
	for i := range groups {
		alone, last := &first.Alone[i], &first.Last[i]
		g := effectGroup{
			title:    alone.Title,
			baseline: inUnit(alone.Base.Value, alone.Unit), tuned: inUnit(last.New.Value, last.Unit),
		}
		for j := range e.Of {
			of := &e.Of[j]
			g.rows = append(g.rows, effectRow{
				of.Name,
				effectCellOf(e, &of.Alone[i], of.Alone[i].New.Value),
				effectCellOf(e, &of.Last[i], of.Last[i].Base.Value),
			})
		}
		groups[i] = g
	}
	return groups
}

// effectCellOf returns the cell of a difference; median is that of the arm which
// is neither baseline nor tuned.
func effectCellOf(e *load.Effects, m *load.MetricResult, median float64) effectCell {
	if !e.Verdict {
		return effectCell{amount: inUnit(median, m.Unit)}
	}
	r := rowOf(&load.Comparison{Verdict: e.Verdict}, m)
	cell := effectCell{delta: r.delta, interval: r.interval}
	// Amounts can be compared where what they are percent of is not the same.
	if m.Significant && !math.IsNaN(m.DeltaPercent.Value) {
		cell.amount = signed(m.Unit)(m.Delta.Value)
	}
	return cell
}

// effectsRemarks say what was measured, and what it lacks.
func effectsRemarks(e *load.Effects) (head, lacks []remark) {
	valid, measured := 0, 0
	for i := range e.Arms {
		a := &e.Arms[i]
		valid, measured = valid+a.Valid, measured+a.Measured
		if a.Valid < a.Measured {
			lacks = append(lacks, leftOut(a, a.Name))
		}
	}
	slices := fmt.Sprintf("%d slices of %s of each of %d arms, alternated; valid: %d", e.Slices, e.Slice, len(e.Arms), valid)
	if e.Elapsed > 0 {
		slices += "; took " + format.Text(format.AppendDuration, float64(e.Elapsed))
	}
	if len(e.Arms) > 0 {
		head = append(head, remark{"load", loadOf(e.Arms[0].Config)})
	}
	head = append(head, remark{"slices", slices})
	if e.Partial {
		lacks = append(lacks, remark{"stopped early", fmt.Sprintf("%d of %d slices", measured, e.Slices*len(e.Arms))})
	}
	if !e.Verdict {
		lacks = append(lacks, remark{"no verdict", clean(e.Why)})
	}
	return head, lacks
}

// effectsLegend explains the table, a sentence an entry.
func effectsLegend(e *load.Effects) []string {
	if !e.Verdict {
		return []string{"Figures are medians: of baseline with each one, and of tuned without each one."}
	}
	list := []string{
		"alone is baseline with it; last is tuned, against tuned without it.",
		"What brings much alone and little as the last is brought by the others, too.",
	}
	if e.Tests > 0 {
		list = append(list,
			fmt.Sprintf("Differences are corrected for %d tests at once (Holm); ~ is no difference at %.2g.", e.Tests, load.Significance),
			"The interval is that of the difference, and not corrected: beside ~ it may leave out 0.")
	}
	return list
}

func effectsText(e *load.Effects) string {
	var b strings.Builder
	head, lacks := effectsRemarks(e)
	for _, r := range head {
		writeWrapped(&b, pad(r.label, 9), r.text)
	}
	b.WriteByte('\n')
	writeEffects(&b, effectGroups(e))
	b.WriteByte('\n')
	for _, r := range lacks {
		writeWrapped(&b, "", r.label+": "+r.text)
	}
	for _, text := range effectsLegend(e) {
		writeWrapped(&b, "", text)
	}
	return b.String()
}

// writeEffects writes the table. The heads, and the medians of a metric, stand over
// the columns of a way.
func writeEffects(b *strings.Builder, groups []effectGroup) {
	var names []string
	ways := make([]effectWidths, 2)
	for _, g := range groups {
		names = append(names, g.title)
		for _, r := range g.rows {
			names = append(names, "  "+r.name)
			ways[0].fit(r.alone)
			ways[1].fit(r.last)
		}
	}
	first, second := widest(names), max(ways[0].total(), ansi.StringWidth(aloneHead))
	line := func(name, alone, last string) {
		text := pad(name, first) + "  " + pad(alone, second) + "  " + last
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	line("", aloneHead, lastHead)
	for _, g := range groups {
		line(g.title, "baseline "+g.baseline, "tuned "+g.tuned)
		for _, r := range g.rows {
			line("  "+r.name, ways[0].line(r.alone), ways[1].line(r.last))
		}
	}
}

// effectWidths are the widths of the columns of a way.
type effectWidths struct{ amount, delta, interval int }

func (w *effectWidths) fit(c effectCell) {
	w.amount = max(w.amount, ansi.StringWidth(c.amount))
	w.delta = max(w.delta, ansi.StringWidth(c.delta))
	w.interval = max(w.interval, ansi.StringWidth(c.interval))
}

func (w *effectWidths) total() int { return w.amount + 1 + w.delta + 1 + w.interval }

func (w *effectWidths) line(c effectCell) string {
	return padLeft(c.amount, w.amount) + " " + padLeft(c.delta, w.delta) + " " + c.interval
}

func effectsMarkdown(e *load.Effects) string {
	var b strings.Builder
	b.WriteString("### sagetop: what each optimization is worth\n\n")
	head, lacks := effectsRemarks(e)
	for _, r := range lacks {
		fmt.Fprintf(&b, "- **%s**: %s\n", r.label, markdown(r.text))
	}
	for _, r := range head {
		fmt.Fprintf(&b, "- %s: %s\n", r.label, markdown(r.text))
	}
	fmt.Fprintf(&b, "\n| metric | optimization | %s | %s |\n| :-- | :-- | --: | --: |\n", aloneHead, lastHead)
	for _, g := range effectGroups(e) {
		fmt.Fprintf(&b, "| **%s** | | baseline %s | tuned %s |\n", g.title, g.baseline, g.tuned)
		for _, r := range g.rows {
			fmt.Fprintf(&b, "| | %s | %s | %s |\n", r.name, r.alone.markdown(), r.last.markdown())
		}
	}
	b.WriteByte('\n')
	for _, text := range effectsLegend(e) {
		b.WriteString(text + "\n")
	}
	return b.String()
}

func (c effectCell) markdown() string {
	text := c.delta
	switch {
	case text == "":
		text = c.amount
	case c.amount != "":
		text = c.amount + " (**" + c.delta + "**)"
	}
	return strings.TrimSpace(text + " " + c.interval)
}
