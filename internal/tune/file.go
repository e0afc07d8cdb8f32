package tune

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
	"github.com/SAGE-X-project/sagetop/internal/settings"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// File returns a configuration file with the settings to use, and whether there
// are any. Comments say what they were tuned for and what was measured; keys are
// there for nothing but the parameters that a search may change.
func (o *Outcome) File(now time.Time) (string, bool) {
	s, ok := o.Settings()
	if !ok {
		return "", false
	}
	t := &o.Search.task
	c := t.Present
	var b strings.Builder
	fmt.Fprintf(&b, "# sagetop tune, %s: %s\n", now.Format(time.DateOnly), t)
	fmt.Fprintf(&b, "# load: optimizations %s, model %s, rng-seed %d\n", c.Optimizations, c.Model, c.RNGSeed)
	score := o.chosen()
	if o.Verdict == Keep {
		b.WriteString("# nothing better was found: these are the settings from before\n")
	}
	fmt.Fprintf(&b, "# %s %s", t.Aim.Name, Interval(score.Aim, t.Aim.Unit))
	if o.Verdict == Adopt {
		fmt.Fprintf(&b, ", before %s, p %s", Interval(o.Final.Present.Aim, t.Aim.Unit), format.AppendP(nil, o.Aim().P))
	}
	b.WriteByte('\n')
	for i, e := range t.Constraints {
		m, _ := load.LookupMetric(e.Figure())
		if m.Name != t.Aim.Name {
			fmt.Fprintf(&b, "# %s %s\n", m.Name, Interval(score.Constraints[i].Estimate, m.Unit))
		}
	}
	for _, v := range s.Values() {
		b.WriteString(settings.Line(v.Name, v.Text) + "\n")
	}
	return b.String(), true
}

// chosen returns the score of the settings to use, which there are.
func (o *Outcome) chosen() *Score {
	switch {
	case o.Final == nil:
		return &o.Ranking[slices.IndexFunc(o.Ranking, func(s Score) bool { return s.Present })]
	case o.Verdict == Keep:
		return &o.Final.Present
	}
	return &o.Final.Best
}

// String says in a line what is searched for: "minimize create_p99, subject to
// heap_live < 64MiB".
func (t *Task) String() string {
	text := "minimize " + t.Aim.Name
	for i, c := range t.Constraints {
		if i == 0 {
			text += ", subject to "
		} else {
			text += " and "
		}
		text += c.String()
	}
	return text
}

// Interval writes a median in its unit, with the interval where there is one:
// "41.2 µs [40.1 µs, 42.3 µs]".
func Interval(e stats.Estimate, unit string) string {
	text := string(format.AppendIn(nil, e.Value, unit))
	if e.Low <= e.High { // false for NaN
		text += fmt.Sprintf(" [%s, %s]", format.AppendIn(nil, e.Low, unit), format.AppendIn(nil, e.High, unit))
	}
	return text
}
