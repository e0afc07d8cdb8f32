package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
	"github.com/SAGE-X-project/sagetop/internal/stats"
	"github.com/SAGE-X-project/sagetop/internal/tune"
)

// TuneFormats are the formats of [Tune].
func TuneFormats() []string { return []string{"text", "json"} }

// Tune writes what a search for settings found out, in one of [TuneFormats]. The
// text ends with the configuration file to use, unless that is "".
func Tune(w io.Writer, name string, o *tune.Outcome, file string) error {
	if name == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(o)
	}
	t := tuneText{Outcome: o, task: o.Search.Task()}
	t.columns = tuneColumns(&t.task)
	t.searched()
	t.ranking()
	t.final()
	t.verdict()
	if file != "" {
		fmt.Fprintf(&t.b, "\n# ---- a file for --config ----\n%s# ---- end of the file ----\n", file)
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

// tuneText is the text about a search, as it is written.
type tuneText struct {
	*tune.Outcome
	task    tune.Task
	columns []tuneColumn
	b       strings.Builder
}

// tuneColumn is a figure in the tables: the aim, then those of the constraints.
type tuneColumn struct {
	metric      load.Metric
	constraints []int // on this figure, by their index
}

// tuneColumns returns the columns of a task, each figure once.
func tuneColumns(task *tune.Task) []tuneColumn {
	all := []tuneColumn{{metric: task.Aim}}
	for i, c := range task.Constraints {
		at := slices.IndexFunc(all, func(have tuneColumn) bool { return have.metric.Name == c.Figure() })
		if at < 0 {
			m, _ := load.LookupMetric(c.Figure())
			at, all = len(all), append(all, tuneColumn{metric: m})
		}
		all[at].constraints = append(all[at].constraints, i)
	}
	return all
}

// searched says what was searched, and for what.
func (t *tuneText) searched() {
	rounds := len(t.Search.Rounds()) - 1 // before the final
	done := fmt.Sprint(min(t.Rounds, rounds))
	if t.Partial {
		done += fmt.Sprintf(" of %d", rounds)
	}
	done += " rounds"
	if rounds == 1 {
		done = strings.TrimSuffix(done, "s")
	}
	if t.Final != nil {
		done += " and a final"
	}
	partial := ""
	if t.Partial {
		partial = ", partial"
	}
	fmt.Fprintf(&t.b, "sagetop tried %d of %d settings in %s: %s slices, %.1f s%s\n\n",
		len(t.Ranking), t.Search.Size(), done, exact(uint64(t.Slices)), t.Elapsed.Seconds(), partial)
	group(&t.b, "aim", t.task.String())
	group(&t.b, "load", describe(t.task.Present))
	group(&t.b, "present", tune.SettingsOf(t.task.Present).String())
	group(&t.b, "searched", strings.Join(t.task.Axes, ", "))
}

// ranking writes the table of the last two rounds, and where the present settings
// came.
func (t *tuneText) ranking() {
	if len(t.Ranking) == 0 {
		return
	}
	header := append([]string{"rank", "round", "slices"}, tune.Axes()...)
	for _, column := range t.columns {
		header = append(header, column.metric.Name)
	}
	rows, missed, present := [][]string{header}, false, false
	for i := range t.Ranking {
		s := &t.Ranking[i]
		if s.Round < t.Ranking[0].Round-1 && !s.Present {
			continue
		}
		rows = append(rows, append(tunePlace(i+1, s), t.figures(s)...))
		missed, present = missed || !s.Met(), present || s.Present
	}
	t.b.WriteByte('\n')
	t.table(rows)
	if present {
		t.b.WriteString("* the present settings\n")
	}
	if missed {
		t.b.WriteString("! misses a constraint\n")
	}
	if n := len(t.Search.Candidates()); len(t.Ranking) < n {
		fmt.Fprintf(&t.b, "not measured yet: %d of %d settings\n", n-len(t.Ranking), n)
	}
}

// tunePlace is the rank of a score, and the settings it is of.
func tunePlace(rank int, s *tune.Score) []string {
	cells := []string{fmt.Sprint(rank), fmt.Sprint(s.Round), fmt.Sprint(s.Slices)}
	if s.Present {
		cells[0] += " *"
	}
	if s.Valid < s.Slices {
		cells[2] = fmt.Sprintf("%d of %d valid", s.Valid, s.Slices)
	}
	values := s.Settings.Values()
	for _, name := range tune.Axes() {
		text := format.Dash
		if i := slices.IndexFunc(values, func(v tune.Value) bool { return v.Name == name }); i >= 0 {
			text = values[i].Text
		}
		cells = append(cells, text)
	}
	return cells
}

// figures are those of a score, by column.
func (t *tuneText) figures(s *tune.Score) []string {
	cells := make([]string, len(t.columns))
	for i, column := range t.columns {
		figure, missed := s.Aim, ""
		for _, at := range column.constraints {
			figure = s.Constraints[at].Estimate
			if !s.Constraints[at].Met {
				missed = " !"
			}
		}
		cells[i] = tune.Interval(figure, column.metric.Unit) + missed
	}
	return cells
}

// final writes what the final came to: present and best settings side by side.
func (t *tuneText) final() {
	f := t.Final
	if f == nil {
		return
	}
	c := &f.Comparison
	t.b.WriteByte('\n')
	group(&t.b, "final", fmt.Sprintf("%d slices of %s each, which decided nothing before", c.Slices, c.Slice))
	group(&t.b, "best", f.Best.Settings.String()+t.passedOver())
	t.b.WriteByte('\n')
	rows := [][]string{{"", "present", "best", "difference", "p"}}
	present, best := t.figures(&f.Present), t.figures(&f.Best)
	for i, column := range t.columns {
		m := c.Metric(column.metric.Name)
		rows = append(rows, []string{m.Name, present[i], best[i], tuneDifference(m), format.Text(format.AppendP, m.P)})
	}
	t.table(rows)
	t.b.WriteString("difference is within blocks of the order, so it need not be that of the medians\n")
	for i, e := range t.task.Constraints {
		fmt.Fprintf(&t.b, "%s: present %s, best %s\n", e, tuneHolds(f.Present.Constraints[i]), tuneHolds(f.Best.Constraints[i]))
	}
}

// passedOver says why the best of the final is not the first in the ranking.
func (t *tuneText) passedOver() string {
	for i := range t.Ranking {
		switch s := &t.Ranking[i]; {
		case s.Present:
		case s.Settings == t.Final.Best.Settings:
			return ""
		default:
			at := slices.IndexFunc(t.Ranking, func(s tune.Score) bool { return s.Settings == t.Final.Best.Settings })
			return fmt.Sprintf(" (rank %d: it is not certain that those before meet the constraints)", at+1)
		}
	}
	return ""
}

// tuneHolds says whether a constraint holds.
func tuneHolds(c tune.Constrained) string {
	text := "holds"
	if !c.Met {
		text = "does not hold"
	}
	if !c.Certain {
		text += " (not certain)"
	}
	return text
}

// tuneDifference writes by how much the best settings have more, in percent where
// there is such a thing.
func tuneDifference(m *load.MetricResult) string {
	has := func(e stats.Estimate) bool { return e.Low <= e.High } // false for NaN
	e, write := m.DeltaPercent, func(v float64) string { return fmt.Sprintf("%+.1f %%", v) }
	if !has(e) {
		e, write = m.Delta, func(v float64) string {
			text := string(format.AppendIn(nil, v, m.Unit))
			if v > 0 {
				text = "+" + text
			}
			return text
		}
	}
	if !has(e) {
		return format.Dash
	}
	return fmt.Sprintf("%s [%s, %s]", write(e.Value), write(e.Low), write(e.High))
}

// verdict says in a line or two what to do.
func (t *tuneText) verdict() {
	t.b.WriteByte('\n')
	switch t.Verdict {
	case tune.Adopt:
		t.adopt()
	case tune.Keep:
		t.b.WriteString("keep the present settings: " + t.kept() + "\n")
	case tune.Unsatisfied:
		fmt.Fprintf(&t.b, "nothing that was tried meets the constraints; nearest: %s\n", t.Nearest.Settings)
		for i, e := range t.task.Constraints {
			if !t.Nearest.Constraints[i].Met {
				m, _ := load.LookupMetric(e.Figure())
				fmt.Fprintf(&t.b, "%s: it has %s\n", e, tune.Interval(t.Nearest.Constraints[i].Estimate, m.Unit))
			}
		}
	case tune.Undecided:
		fmt.Fprintf(&t.b, "no verdict: %s\n", t.Why)
	default:
		t.b.WriteString("no verdict: ended before its time\n")
	}
}

// kept says why the present settings are kept.
func (t *tuneText) kept() string {
	switch f := t.Final; {
	case f == nil:
		return "nothing else that was tried meets the constraints"
	case !f.Best.Met():
		return "the best of the others misses a constraint"
	case t.Better() && !f.Best.Certain():
		return "the best of the others has less " + t.task.Aim.Name + ", but it is not certain that it meets the constraints"
	}
	return "nothing that was tried is significantly better by " + t.task.Aim.Name
}

func (t *tuneText) adopt() {
	fmt.Fprintf(&t.b, "use %s:\n", t.Final.Best.Settings)
	aim := fmt.Sprintf("%s %s, p %s", t.task.Aim.Name, tuneDifference(t.Aim()), format.Text(format.AppendP, t.Aim().P))
	if !t.Better() {
		t.b.WriteString("the present settings certainly miss a constraint, and these certainly do not; ")
	}
	t.b.WriteString(aim + "\n")
}

// table writes rows, the first of them the header, in columns.
func (t *tuneText) table(rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += fmt.Sprintf("%-*s  ", width[i], cell) // counts runes
		}
		t.b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
