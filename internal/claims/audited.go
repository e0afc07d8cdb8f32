package claims

import (
	"math"

	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

const (
	noteAudited = "Tried just now on sessions of sagetop's own engine with these optimizations. What keeps them safe are its " +
		"handles and its wiping, which are its own."
	noteSage = "SAGE's own code is not in this program, and what sagetop's engine does says nothing of it."
)

// promise is a claim that is judged by an audit.
type promise struct {
	name, text string
	finding    func(*session.AuditReport) session.Finding
}

var promises = []promise{
	{"keys_zeroed", "keys zeroed: bytes left", func(r *session.AuditReport) session.Finding { return r.KeysZeroed }},
	{"no_pool_leak", "no pool leak: sessions", func(r *session.AuditReport) session.Finding { return r.NoPoolLeak }},
	{"no_dangling_reference", "no dangling reference: uses", func(r *session.AuditReport) session.Finding { return r.NoDanglingReference }},
}

// auditedRows judges the claims that audits tell of, if the board allows verdicts.
func auditedRows(audits *[len(arms)]session.AuditReport, allowed bool) []Row {
	var rows []Row
	for _, p := range promises {
		for _, arm := range with {
			row := auditedRow(p.finding(&audits[arm]), allowed)
			row.Name, row.Claim, row.Arm = p.name, p.text, arms[arm].Preset()
			rows = append(rows, row)
		}
	}
	return append(rows, Row{
		Name: "sage_code", Claim: "the same of SAGE's own code", Claimed: "none", Arm: "SAGE", Figure: format.Dash, Interval: format.Dash,
		Value: math.NaN(), Low: math.NaN(), High: math.NaN(), Verdict: NotMeasurable, Note: noteSage,
	})
}

func auditedRow(f session.Finding, allowed bool) Row {
	row := Row{
		Claimed: "none", Value: float64(f.Violations), Low: math.NaN(), High: math.NaN(), Checked: f.Checked,
		Figure: format.Text(format.AppendExact, f.Violations) + " of " + format.Text(format.AppendExact, f.Checked),
		Note:   noteAudited,
	}
	switch {
	case f.Checked == 0:
		row.Verdict, row.Value, row.Figure = NotMeasurable, math.NaN(), format.Dash
	case !allowed:
	case f.Violations > 0:
		row.Verdict = FallsShort
	default:
		row.Verdict = Holds
	}
	return row
}
