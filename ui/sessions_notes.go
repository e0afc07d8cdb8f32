package ui

import (
	"errors"
	"strconv"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// drawListNotes says in the border how many sessions the list has, of how many, by
// what filter, in which order, and where in it one is.
func (p *sessionsPage) drawListNotes(a area, title string, v *view, has bool) {
	s := &p.sheet
	end := a.noteEnd()
	if has {
		p.buf = format.AppendExact(p.buf[:0], uint64(s.matched))
		if s.matched != s.total {
			p.buf = format.AppendExact(append(p.buf, " of "...), uint64(s.total))
		}
		end = a.boxNote(title, end, p.buf, styleStrong)
	}
	if s.filter != "" {
		p.buf = append(p.buf[:0], '/')
		p.buf = appendCut(p.buf, s.filter, max(end-columnsOf(title)-10, 8))
		end = a.boxNote(title, end, p.buf, styleMarker)
	}
	if has {
		p.buf = p.appendOrder(p.buf[:0], v)
		a.boxNote(title, end, p.buf, styleDim)
	}
	right := p.drawPlace(a, has)
	if text, look := p.remark(v, has); text != "" {
		room := right - 4
		y := a.h - 1
		a.set(2, y, ' ', styleBorder)
		a.set(a.words(3, y, text, room, look), y, ' ', styleBorder)
	}
}

// appendOrder appends what the list is ordered by, and how old that order is.
func (p *sessionsPage) appendOrder(dst []byte, v *view) []byte {
	s := &p.sheet
	dst = append(append(dst, "by "...), s.order.String()...)
	if s.reverse {
		dst = append(dst, "↓ · "...)
	} else {
		dst = append(dst, "↑ · "...)
	}
	const tenth = 100 * time.Millisecond
	age := max(v.at-s.at, tenth)
	if age >= time.Minute {
		dst = appendAge(dst, age)
	} else {
		dst = append(strconv.AppendFloat(dst, float64(age/tenth)/10, 'f', 1, 64), " s"...)
	}
	return append(dst, " old"...)
}

// drawPlace says in the lower border which rows are seen, and returns where it begins.
func (p *sessionsPage) drawPlace(a area, has bool) int {
	s := &p.sheet
	if !has || len(s.rows) == 0 || len(s.rows) == s.matched {
		return a.w - 2
	}
	b := format.AppendExact(append(p.buf[:0], "rows "...), uint64(s.first))
	b = format.AppendExact(append(b, "–"...), uint64(s.first+len(s.rows)-1))
	p.buf = format.AppendExact(append(b, " of "...), uint64(s.matched))
	x, y := a.w-3-columnsOfBytes(p.buf), a.h-1
	a.set(x-1, y, ' ', styleBorder)
	a.set(a.bytes(x, y, p.buf, styleDim), y, ' ', styleBorder)
	return x - 2
}

// remark is what is to be said of the list as a whole, "" for nothing.
func (p *sessionsPage) remark(v *view, has bool) (string, style) {
	s := &p.sheet
	switch {
	case v.cursor:
		return "", styleDim
	case v.comparing || errors.Is(p.err, load.ErrComparing):
		return "a comparison runs: this is the list of before", styleMarker
	case p.err != nil && has:
		return "the load has ended: this is the last list", styleMarker
	case p.pending && has:
		return "looking at all sessions …", styleMarker
	case p.follow != (session.Session{}) && s.followed.Handle == p.follow && s.followed.Created != 0:
		switch {
		case s.followed.State == load.SessionEnded:
			return "the followed session has ended", styleWarn
		case s.followedNumber == 0:
			return "the followed session is not among these", styleMarker
		case p.place != p.list.FollowedPlace:
			p.buf = format.AppendExact(append(p.buf[:0], "the followed session is in row "...), uint64(s.followedNumber))
			return string(p.buf), styleMarker
		}
		return "following", styleMarker
	case p.edge:
		return "rows further than 10,000 from both ends are not kept; a filter brings them near", styleMarker
	}
	return "", styleDim
}

// emptyText says why there are no rows.
func (p *sessionsPage) emptyText(v *view, has bool) string {
	switch {
	case v.cursor && !has:
		return "no list was kept of this moment: the page was not shown"
	case v.comparing && !has:
		return "a comparison runs; the sessions are listed when it is over"
	case v.frozen && p.late && !has:
		return "looking at all sessions …"
	case v.frozen && !has:
		return "the page was not shown before the view was frozen"
	case p.err != nil && !has:
		return "the load has ended, and with it its sessions"
	case !has:
		return "looking at all sessions …"
	case p.sheet.filter != "":
		return "no session is as the filter says; " + v.key("sessions.filter", "/") + " changes it"
	}
	return "no session lives at present"
}

// drawEmpty draws a line in the middle of a.
func drawEmpty(a area, text string) {
	text = fitWords(text, a.w-2)
	a.text((a.w-columnsOf(text))/2, (a.h-1)/2, text, styleDim)
}

// appendCut appends a text, or as much of it as fits into w cells with an ellipsis.
func appendCut(dst []byte, text string, w int) []byte {
	if columnsOf(text) <= w {
		return append(dst, text...)
	}
	used := 0
	for i, r := range text {
		if used += max(runeWidth(r), 1); used > w-1 {
			return append(append(dst, text[:i]...), "…"...)
		}
	}
	return dst
}
