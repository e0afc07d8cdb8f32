package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
	"github.com/SAGE-X-project/sagetop/internal/gate"
	"github.com/SAGE-X-project/sagetop/internal/report"
)

// failIfFlag returns the flag for gates on these figures.
func failIfFlag(figures []gate.Figure, example string) flag {
	return flag{
		name: "fail-if", value: "EXPR", repeated: true,
		help: fmt.Sprintf("end with exit code %d if this is so, such as '%s'", exitGate, example),
		complete: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			names := make([]string, len(figures))
			for i, f := range figures {
				names[i] = f.Name
			}
			return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		},
	}
}

// gateKinds are the kinds of quantities by unit.
var gateKinds = map[string]gate.Kind{
	load.UnitCount: gate.Number, load.UnitPerSec: gate.Number,
	load.UnitTime: gate.Time, load.UnitBytes: gate.Bytes, load.UnitShare: gate.Share,
}

// sliceFigures are the figures that gates of a comparison are on.
func sliceFigures() []gate.Figure {
	var list []gate.Figure
	for _, m := range load.Metrics() {
		list = append(list, gate.Figure{Name: m.Name, Kind: gateKinds[m.Unit]})
	}
	return list
}

// runGateFigures are the figures that gates of a run are on.
func runGateFigures() []gate.Figure {
	var list []gate.Figure
	for _, f := range load.RunFigures() {
		list = append(list, gate.Figure{Name: f.Name, Kind: gateKinds[f.Unit]})
	}
	return list
}

// parseGates reads the values of --fail-if. The error has lines for each that is
// wrong.
func parseGates(texts []string, figures []gate.Figure, o gate.Options) ([]*gate.Expr, error) {
	var list []*gate.Expr
	var all []error
	for _, text := range texts {
		expr, err := gate.Parse(text, figures, o)
		if err != nil {
			all = append(all, fmt.Errorf("--fail-if: %w", err))
			continue
		}
		list = append(list, expr)
	}
	return list, errors.Join(all...)
}

// gateReport prints what became of gates, a line each.
type gateReport struct {
	w                io.Writer
	failed, unjudged int
}

func (r *gateReport) fails(e *gate.Expr, found string) {
	r.failed++
	fmt.Fprintf(r.w, "sagetop: FAIL %s: %s\n", e, found)
}

func (r *gateReport) holds(e *gate.Expr, found string) {
	fmt.Fprintf(r.w, "sagetop: ok %s: %s\n", e, found)
}

// unknown tells of a gate that could not be judged, which is no pass.
func (r *gateReport) unknown(e *gate.Expr, why string) {
	r.unjudged++
	fmt.Fprintf(r.w, "sagetop: not judged: %s: %s\n", e, why)
}

// err returns the exit code that the gates come to.
func (r *gateReport) err() error {
	switch {
	case r.failed > 0:
		return &exitError{code: exitGate}
	case r.unjudged > 0:
		return &exitError{code: exitFailed}
	}
	return nil
}

// judgeComparison prints what became of gates on a comparison. Only what is
// significant fails.
func judgeComparison(w io.Writer, gates []*gate.Expr, c *load.Comparison) error {
	r := gateReport{w: w}
	judged := gate.JudgeAll(gates, func(figure string) (base, other [][]float64) {
		m := c.Metric(figure)
		return m.Base.Blocks, m.New.Blocks
	})
	for i, e := range gates {
		j := &judged[i]
		if !c.Verdict {
			r.unknown(e, c.Why)
			continue
		}
		if !j.Testable() {
			r.unknown(e, j.Reason)
			continue
		}
		value, bound := twoFigures(j.Value, j.Bound, c.Metric(e.Figure()).Unit)
		found := fmt.Sprintf("%s, limit %s (%s)", value, bound, report.P(j.Adjusted))
		switch {
		case j.Significant:
			r.fails(e, found)
		case j.Holds:
			r.holds(e, found+", which is not significant")
		default:
			r.holds(e, found)
		}
	}
	return r.err()
}

// judgeRun prints what became of gates on a run.
func judgeRun(w io.Writer, gates []*gate.Expr, s *load.Summary) error {
	r := gateReport{w: w}
	figures := make(map[string]load.RunFigure)
	for _, f := range load.RunFigures() {
		figures[f.Name] = f
	}
	for _, e := range gates {
		f := figures[e.Figure()]
		v := f.Of(s)
		switch found := string(format.AppendIn(nil, v, f.Unit)); {
		case s.Partial:
			r.unknown(e, "the run was ended before its time")
		case !s.Valid:
			r.unknown(e, "the run is not valid: "+strings.Join(s.InvalidReasons, "; "))
		case math.IsNaN(v):
			r.unknown(e, "the run has no such figure")
		case e.Holds(v):
			r.fails(e, found)
		default:
			r.holds(e, found)
		}
	}
	return r.err()
}

// closeBy is within which share of each other three digits may not tell two values
// apart.
const closeBy = 0.01

// twoFigures writes two values in a unit so that it is seen which is the larger.
func twoFigures(a, b float64, unit string) (string, string) {
	write := func(v float64) string { return string(format.AppendIn(nil, v, unit)) }
	if a != b && math.Abs(a-b) <= closeBy*math.Max(math.Abs(a), math.Abs(b)) {
		write = func(v float64) string {
			text := strconv.FormatFloat(v, 'g', 9, 64)
			if unit == load.UnitTime || unit == load.UnitBytes {
				text += " " + unit
			}
			return text
		}
	}
	return write(a), write(b)
}
