package ui

import (
	"context"
	"errors"
	"math"
	"strconv"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// Why figures are not of what is picked now.
const (
	unlikeChoice   = "not of this choice"
	unlikeSettings = "of other settings"
)

// unlike says why a trial's figures are not of what is offered, "" if they are.
func (o *offer) unlike(t *trial) string {
	if o.unlikeFor != t {
		o.unlikeFor, o.unlikeText = t, whyUnlike(&o.plan, &t.plan)
	}
	return o.unlikeText
}

func whyUnlike(offered, shown *load.Plan) string {
	if offered.Slices != shown.Slices || offered.Slice != shown.Slice {
		return unlikeChoice
	}
	why := ""
	if offered.Seed != shown.Seed {
		why = unlikeSettings
	}
	for i := range shown.Arms { // a page has always as many
		a, b := &offered.Arms[i], &shown.Arms[i]
		switch {
		case a.Name != b.Name:
			return unlikeChoice
		case ofSlice(a.Config) != ofSlice(b.Config):
			why = unlikeSettings
		}
	}
	return why
}

// plannedText tells what is measured: tuned against baseline, 20 × 250 ms. On the
// board are always the same arms.
func plannedText(p *load.Plan, board bool) string {
	text := string(appendSlices(nil, p))
	if board {
		return text
	}
	return p.Arms[1].Name + " against " + p.Arms[0].Name + ", " + text
}

// appendSlices appends how many slices of each arm there are, and how long they are.
func appendSlices(dst []byte, p *load.Plan) []byte {
	dst = append(strconv.AppendInt(dst, int64(p.Slices), 10), " × "...)
	return appendMillis(dst, p.Slice)
}

// drawOutcome draws what a trial came to.
func (p *comparePage) drawOutcome(a area, t *trial) {
	c := &t.found.compared[0]
	for i := range t.found.compared {
		if c.Verdict {
			c = &t.found.compared[i]
		}
	}
	if t.err != nil && !errors.Is(t.err, context.Canceled) { // not the user's wish
		a.text(a.text(0, 0, "▲ ", styleBad), 0, fitText(oneLine(t.err), a.w-2), styleBad)
		return
	}
	x := 0
	why := p.offer.unlike(t)
	if why != "" {
		const roomy = 110
		x = a.text(0, 0, "▲ ", styleWarn)
		x = a.text(a.text(x, 0, "figures of ", styleWarn), 0, t.planned, styleWarn)
		x = a.text(x, 0, headSeparator, styleFaint)
		if x = a.words(x, 0, why, a.w-x, styleWarn); a.w < roomy {
			return
		}
		x = a.text(x, 0, headSeparator, styleFaint)
	}
	if !c.Verdict {
		x = a.text(x, 0, "no verdict", styleWarn)
		if c.Partial {
			p.buf = append(appendOf(append(p.buf[:0], ", stopped after "...), t.slicesOf(), t.plan.Slices), " slices: "...)
			x = a.bytes(x, 0, p.buf, styleDim)
			a.words(x, 0, "when to stop must not depend on what is seen", a.w-x, styleDim)
			return
		}
		x = a.text(x, 0, ": ", styleDim)
		a.words(x, 0, c.Why, a.w-x, styleDim)
		return
	}
	if why == "" {
		x = a.text(0, 0, "verdict", styleStrong) + 2
	}
	if t.claims {
		p.drawVerdicts(a, x, t)
		return
	}
	if a.w >= 72 && why == "" {
		x = a.text(x, 0, c.New.Name, armStyle(1))
		x = a.text(a.text(x, 0, " against ", styleDim), 0, c.Base.Name, armStyle(0))
		x = a.text(x, 0, ": ", styleDim)
	}
	var better, worse, neither int
	for i := range c.Metrics {
		m := &c.Metrics[i]
		switch sign := m.Better(); {
		case sign > 0:
			better++
		case sign < 0:
			worse++
		case !math.IsNaN(m.P): // others have figures of one arm only
			neither++
		}
	}
	x = p.count(a, x, better, " better", styleGood)
	x = p.count(a, a.text(x, 0, ", ", styleDim), worse, " worse", styleBad)
	x = p.count(a, a.text(x, 0, ", ", styleDim), neither, " not significant", styleText)
	for _, t := range [...]string{"   at 0.05, corrected for the number of metrics (Holm)", "   at 0.05 (Holm)"} {
		if x+columnsOf(t) <= a.w {
			a.text(x, 0, t, styleFaint)
			break
		}
	}
}

// count draws how many there are of something, without colour for none.
func (p *comparePage) count(a area, x, n int, what string, s style) int {
	if n == 0 {
		s = styleDim
	}
	p.buf = append(strconv.AppendInt(p.buf[:0], int64(n), 10), what...)
	return a.bytes(x, 0, p.buf, s)
}
