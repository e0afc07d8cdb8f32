package ui

import (
	"slices"
	"strings"

	"github.com/SAGE-X-project/sagetop/internal/claims"
)

const (
	boardNotes = 2              // rows below the board that explain the chosen claim
	boardFrame = 3 + boardNotes // what the board takes besides its rows: border, heading, and those
	leastBoard = 8              // rows, before it is known how many claims there are
)

// boardColumns says where the parts of a claim begin, 0 for one that is left out.
type boardColumns struct{ claimed, arm, figure, interval, verdict int }

// columnsOfBoard lays out the rows of a board in w cells. Where that is too little
// for all, the interval is left out, then what is claimed, the figure and the arm.
func columnsOfBoard(rows []claims.Row, w int) boardColumns {
	claim, claimed, arm, figure, interval := len("claim"), len("claimed"), len("arm"), len("measured"), len("95 % interval")
	for i := range rows {
		r := &rows[i]
		claim, claimed, arm = max(claim, columnsOf(r.Claim)), max(claimed, columnsOf(r.Claimed)), max(arm, columnsOf(r.Arm))
		figure, interval = max(figure, columnsOf(r.Figure)), max(interval, columnsOf(r.Interval))
	}
	verdict := columnsOf(verdictText(claims.NotMeasurable, w))
	gap := 2
	if 3+claim+claimed+arm+figure+verdict+4*gap > w {
		gap = 1
	}
	room := w - 3 - claim - gap - verdict
	with := func(width int) bool {
		if width+gap > room {
			return false
		}
		room -= width + gap
		return true
	}
	hasArm, hasFigure, hasClaimed, hasInterval := with(arm), with(figure), with(claimed), with(interval)
	claim += min(room, 0)
	gap += min(max(room, 0)/5, 6) // spread
	var c boardColumns
	x := 2 + claim + gap
	column := func(to *int, has bool, width int) {
		if has {
			*to = x
			x += width + gap
		}
	}
	column(&c.claimed, hasClaimed, claimed)
	column(&c.arm, hasArm, arm)
	column(&c.figure, hasFigure, figure)
	column(&c.interval, hasInterval, interval)
	c.verdict = x
	return c
}

// verdictText names a verdict on a board of w cells.
func verdictText(v claims.Verdict, w int) string {
	const roomy = 100
	if v == claims.NotMeasurable && w < roomy {
		return "not measurable"
	}
	return v.String()
}

// screenText writes figures with the dashes of the screen: 10–15 for a range, and −3.1
// for what is negative, without a sign where that is rounded to nothing.
func screenText(text string) string {
	var out strings.Builder
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	for i := range len(text) {
		switch {
		case text[i] != '-' || !digit(i+1):
			out.WriteByte(text[i])
		case digit(i - 1):
			out.WriteString("–")
		case !roundedToNothing(text[i+1:]):
			out.WriteString("−")
		}
	}
	return out.String()
}

// roundedToNothing tells whether a text begins with a figure of zeros.
func roundedToNothing(text string) bool {
	end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(text)
	}
	return strings.Trim(text[:end], "0.") == ""
}

// forScreen returns the rows of a board with their figures in the dashes of the screen.
func forScreen(b *claims.Board) []claims.Row {
	rows := slices.Clone(b.Rows)
	for i := range rows {
		for _, text := range [...]*string{&rows[i].Claimed, &rows[i].Figure, &rows[i].Interval} {
			*text = screenText(*text)
		}
		if r := &rows[i]; r.Low == r.High && !r.Exact {
			r.Interval = dash // as in the table of metrics
		}
	}
	return rows
}

// drawBoard draws the claims and what became of them.
func (p *comparePage) drawBoard(a area, t *trial) {
	const title = "what was claimed, and what was measured"
	in := a.box(title)
	b := p.board()
	if b == nil || len(b.Rows) == 0 {
		drawVerdictWords(in)
		return
	}
	p.buf = append(p.buf[:0], t.planned...)
	a.boxNote(title, a.noteEnd(), p.buf, styleDim)
	if p.columnsFor != b || p.columnsIn != in.w {
		if p.columnsFor != b {
			p.boardRows = forScreen(b)
		}
		p.columns, p.columnsFor, p.columnsIn = columnsOfBoard(p.boardRows, in.w), b, in.w
	}
	c := &p.columns
	in.text(2, 0, "claim", styleFaint)
	heading := func(x int, text string) {
		if x > 0 {
			in.text(x, 0, text, styleFaint)
		}
	}
	heading(c.claimed, "claimed")
	heading(c.arm, "arm")
	heading(c.figure, "measured")
	heading(c.interval, "95 % interval")
	heading(c.verdict, "verdict")

	rows := max(in.h-1-boardNotes, 1)
	chosen := min(p.rows[1], len(p.boardRows)-1)
	first := firstRow(chosen, len(p.boardRows), rows)
	for i := range min(rows, len(p.boardRows)-first) {
		drawClaim(in.sub(rect{0, 1 + i, in.w, 1}), &p.boardRows[first+i], c, t, first+i == chosen)
	}
	p.drawMore(a, first, rows, len(p.boardRows))
	p.drawNote(in.sub(rect{2, in.h - boardNotes, in.w - 4, boardNotes}), &p.boardRows[chosen], c)
}

// drawNote draws what there is to say of a claim, and what its row has no room for.
func (p *comparePage) drawNote(a area, r *claims.Row, c *boardColumns) {
	x := 0
	for _, part := range [...]struct {
		at         int
		word, text string
	}{{c.arm, "arm ", r.Arm}, {c.claimed, "claimed ", r.Claimed}, {c.figure, "measured ", r.Figure}} {
		if part.at > 0 {
			continue
		}
		if x > 0 {
			x = a.text(x, 0, headSeparator, styleFaint)
		}
		x = a.text(a.text(x, 0, part.word, styleDim), 0, part.text, styleText)
	}
	if x > 0 && r.Note != "" {
		x = a.text(x, 0, headSeparator, styleFaint)
	}
	drawWords(a, x, r.Note, styleDim)
}

// verdictWords tell how claims are judged, before any is.
var verdictWords = [...]struct {
	word, text string
	look       style
}{
	{"exceeds", "all of the 95 % interval is better than what was claimed", styleGood},
	{"holds", "the interval includes what was claimed, or keeps the limit", styleGood},
	{"falls short", "all of the interval is worse", styleBad},
	{"not measurable", "nothing in this program can tell", styleDim},
	{"no verdict", "there is too little to judge by", styleWarn},
}

// drawVerdictWords draws how claims are judged.
func drawVerdictWords(a area) {
	const word = 16
	a.words(2, 0, "what SAGE claims of its optimizations, judged by what is measured here", a.w-4, styleText)
	list := a.sub(rect{0, 1, a.w, a.h - 1})
	for i := range verdictWords {
		y := listRow(i, len(verdictWords), list.h)
		list.text(2, y, verdictWords[i].word, verdictWords[i].look)
		list.words(2+word, y, verdictWords[i].text, a.w-3-word, styleDim)
	}
}

// drawClaim draws the row of one claim. Before the trial is over there is no verdict.
func drawClaim(a area, r *claims.Row, c *boardColumns, t *trial, chosen bool) {
	room := c.verdict
	for _, x := range [...]int{c.interval, c.figure, c.arm, c.claimed} {
		if x > 0 {
			room = x
		}
	}
	chosenTitle(a, r.Claim, room-3, chosen)
	cell := func(x int, text string, s style) {
		if x == 0 {
			return
		}
		if text == dash {
			s = styleFaint
		}
		a.text(x, 0, text, s)
	}
	cell(c.claimed, r.Claimed, styleDim)
	cell(c.arm, r.Arm, styleDim)
	cell(c.figure, r.Figure, styleStrong)
	cell(c.interval, r.Interval, styleDim)
	verdict, look := verdictText(r.Verdict, a.w), styleDim
	switch r.Verdict {
	case claims.Exceeds, claims.Holds:
		look = styleGood
	case claims.FallsShort:
		look = styleBad
	case claims.NotMeasurable:
	default:
		if !t.ended {
			verdict, look = dash, styleFaint
		}
	}
	a.text(c.verdict, 0, verdict, look)
}

// drawVerdicts draws how many claims have which verdict.
func (p *comparePage) drawVerdicts(a area, x int, t *trial) {
	for i, v := range [...]struct {
		verdict claims.Verdict
		look    style
	}{
		{claims.Exceeds, styleGood},
		{claims.Holds, styleGood},
		{claims.FallsShort, styleBad},
		{claims.NotMeasurable, styleDim},
		{claims.NoVerdict, styleWarn},
	} {
		if t.found.board == nil {
			return
		}
		n := 0
		for k := range t.found.board.Rows {
			if t.found.board.Rows[k].Verdict == v.verdict {
				n++
			}
		}
		if n == 0 && v.verdict == claims.NoVerdict {
			continue
		}
		word := verdictText(v.verdict, a.w)
		if x+len("12 ")+columnsOf(headSeparator)+columnsOf(word) > a.w {
			return
		}
		if i > 0 {
			x = a.text(x, 0, headSeparator, styleFaint)
		}
		x = p.count(a, x, n, "", v.look)
		x = a.text(x+1, 0, word, styleDim)
	}
}
