package ui

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// sheet is what can be seen of the list at one moment.
type sheet struct {
	rows           []sheetRow // from the top down
	first          int        // the number of the first, from 1
	line           int        // of the cursor; -1 for none
	matched, total int
	order          load.SessionColumn
	reverse        bool
	filter         string
	at, took       time.Duration // of the pass
	follow         session.Session
	followed       load.SessionRow // the zero row where none is
	followedNumber int             // from 1; 0 where it is not in the list
}

// sheetRow is a row of the list, or a place for one that is not there yet.
type sheetRow struct {
	load.SessionRow
	known bool
}

// fill puts what can be seen of the list into s, whose memory it uses.
func (p *sessionsPage) fill(s *sheet) {
	l := &p.list
	q := &l.Query
	tail := q.Reverse != p.reverse
	n := max(min(p.rows(), min(l.Matched, reach)-p.top), 0)
	*s = sheet{
		rows: s.rows[:0], first: p.top + 1, line: p.place - p.top,
		matched: l.Matched, total: l.Total, order: q.Order, filter: q.Filter, reverse: p.reverse,
		at: l.At, took: l.Took, follow: p.follow, followedNumber: l.FollowedPlace + 1,
	}
	if p.follow != (session.Session{}) && q.Follow == p.follow {
		s.followed = l.Followed
	}
	if tail {
		s.first = l.Matched - p.top - n + 1
		s.line = n - 1 - s.line
		if l.FollowedPlace >= 0 {
			s.followedNumber = l.Matched - l.FollowedPlace
		}
	}
	from := p.top - q.Offset
	for i := range n {
		k := from + i
		if tail {
			k = from + n - 1 - i
		}
		var row sheetRow
		if k >= 0 && k < len(l.Rows) {
			row = sheetRow{l.Rows[k], true}
		}
		s.rows = append(s.rows, row)
	}
}

// The past of the list: what could be seen of it, about once a second.
const (
	pastMoments = 60
	pastStep    = time.Second
	// pastReach is for how long a moment stands for those after it.
	pastReach = pastStep + pastStep/2
)

// moments is a ring of what was seen at times.
type moments[T any] struct {
	at    [pastMoments]time.Duration
	what  [pastMoments]T
	first int
	n     int
}

func (r *moments[T]) clear() { r.first, r.n = 0, 0 }

// next returns the memory to put what is seen now into, nil where it is not time yet.
func (r *moments[T]) next(now time.Duration) *T {
	if r.n > 0 {
		last := r.at[(r.first+r.n-1)%pastMoments]
		switch {
		case now < last: // time began anew
			r.clear()
		case now-last < pastStep-snapSlack:
			return nil
		}
	}
	if r.n == pastMoments {
		r.first = (r.first + 1) % pastMoments
		r.n--
	}
	i := (r.first + r.n) % pastMoments
	r.n++
	r.at[i] = now
	return &r.what[i]
}

// find returns what was seen at a time, nil where that was nothing.
func (r *moments[T]) find(at time.Duration) *T {
	for k := r.n - 1; k >= 0; k-- {
		if i := (r.first + k) % pastMoments; r.at[i] <= at {
			if at-r.at[i] > pastReach {
				return nil
			}
			return &r.what[i]
		}
	}
	return nil
}

type sheetRing = moments[sheet]

// record keeps what can be seen now.
func (p *sessionsPage) record(m *model) {
	if s := p.past.next(m.snap.Elapsed); s != nil {
		p.fill(s)
	}
}

// look puts what can be seen at the moment of v into p.sheet, and tells whether there
// is anything.
func (p *sessionsPage) look(v *view) bool {
	if !v.cursor {
		if p.pending { // what was there stands until there is an answer
			p.sheet.order, p.sheet.reverse, p.sheet.filter = p.order, p.reverse, p.filter
			p.sheet.rows = p.sheet.rows[:min(len(p.sheet.rows), p.rows())]
		} else {
			p.fill(&p.sheet)
		}
		return p.known
	}
	then := p.past.find(v.at)
	if then == nil {
		p.sheet = sheet{rows: p.sheet.rows[:0], line: -1}
		return false
	}
	line, rows := p.place-p.top, p.sheet.rows[:0]
	rows = append(rows, then.rows[:min(len(then.rows), p.rows())]...)
	if p.tail {
		line = len(rows) - 1 - line
	}
	p.sheet = *then
	p.sheet.rows = rows
	p.sheet.line = min(max(line, 0), len(p.sheet.rows)-1)
	return true
}
