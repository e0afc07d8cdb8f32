package ui

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// soon is the time before its expiry from which on a session's row says so.
const soon = 10 * time.Second

// drawTable draws the list.
func (p *sessionsPage) drawTable(a area, v *view) {
	const title = "sessions"
	in := a.box(title)
	if in.h < 2 {
		return
	}
	has := p.look(v)
	p.drawListNotes(a, title, v, has)
	p.columns = placeColumns(in.w, p.sheet.order, p.columns)
	for _, c := range p.columns {
		p.drawHeading(in.sub(rect{0, 0, in.w, 1}), c, &p.sheet)
	}
	body := in.sub(rect{0, 1, in.w, in.h - 1})
	if !has || p.sheet.matched == 0 {
		drawEmpty(body, p.emptyText(v, has))
		return
	}
	p.drawRows(body, v)
}

// drawRows draws the sessions.
func (p *sessionsPage) drawRows(a area, v *view) {
	s := &p.sheet
	most := 0.0
	for i := range s.rows {
		most = max(most, float64(s.rows[i].BytesIn+s.rows[i].BytesOut))
	}
	most = roundUp(most)
	seen := false
	for i := range min(len(s.rows), a.h) {
		row, r := a.sub(rect{0, i, a.w, 1}), &s.rows[i]
		if !r.known {
			row.text(rowMarks, 0, "…", styleFaint)
			continue
		}
		mark := ' '
		if i == s.line {
			mark = '▸'
		}
		if s.follow != (session.Session{}) && r.Handle == s.follow {
			mark, seen = '◆', true
		}
		p.drawRow(row, v, &r.SessionRow, mark, i == s.line, most)
		row.hit(hitRow, i)
	}
	if f := &s.followed; s.follow != (session.Session{}) && !seen && f.Handle == s.follow && f.Created != 0 {
		row := a.sub(rect{0, a.h - 1, a.w, 1})
		row.fill(' ', styleText)
		p.drawRow(row, v, f, '◆', true, most)
	}
}

// drawHeading draws the name of a column, with an arrow where the list is ordered by
// it: up for the least first.
func (p *sessionsPage) drawHeading(a area, c placedColumn, s *sheet) {
	name, look := columnName(c), styleFaint
	arrow := '↑'
	if s.reverse {
		arrow = '↓'
	}
	by := c.by == s.order
	if by {
		look = styleStrong
	}
	end := c.x + c.w
	if leftAligned(c.by) {
		if x := a.text(c.x, 0, name, look); by {
			a.set(x, 0, arrow, styleKey)
		}
	} else if x := a.textRight(end, 0, name, look); by {
		a.set(x-1, 0, arrow, styleKey)
	}
	if int(c.by) < load.NumSessionColumns {
		a.sub(rect{c.x, 0, c.w, 1}).hit(hitColumn, int(c.by))
	}
}

func columnName(c placedColumn) string {
	switch c.by {
	case columnMade:
		return "made with"
	case columnBytes:
		return "in and out"
	}
	return c.by.String()
}

// drawRow draws one session.
func (p *sessionsPage) drawRow(a area, v *view, r *load.SessionRow, mark rune, chosen bool, most float64) {
	base, words := styleText, styleDim
	switch {
	case r.State == load.SessionEnded, r.Stale:
		base, words = styleFaint, styleFaint
	case chosen:
		base, words = styleStrong, styleStrong
	}
	a.set(0, 0, mark, styleKey)
	for _, c := range p.columns {
		cell := a.sub(rect{c.x, 0, c.w, 1})
		switch c.by {
		case load.ByID:
			p.drawID(cell, r.ID, base)
		case load.ByState:
			cell.text(0, 0, r.State.String(), stateStyle(r.State))
		case load.ByRole:
			cell.text(0, 0, roleText(r.Role, c.w), words)
		case load.BySuite:
			p.buf = appendSuite(p.buf[:0], r)
			cell.bytes(0, 0, p.buf, words)
		case columnMade:
			cell.text(0, 0, r.Optimizations.Preset(), words)
		case columnBytes:
			p.drawBytes(cell, r, most, v.ascii)
		default:
			look := base
			if c.by == load.ByExpires && r.Expires < soon && r.State != load.SessionEnded {
				look = styleWarn
			}
			p.buf = appendCell(p.buf[:0], r, c.by)
			cell.bytesRight(cell.w, 0, p.buf, look)
		}
	}
}

// drawID draws an id, or as much of it as there is room for.
func (p *sessionsPage) drawID(a area, id session.ID, s style) {
	base64.RawURLEncoding.Encode(p.id[:], id[:])
	if a.w >= len(p.id) {
		a.bytes(0, 0, p.id[:], s)
		return
	}
	if a.w > 0 {
		a.set(a.bytes(0, 0, p.id[:a.w-1], s), 0, '…', styleFaint)
	}
}

// drawBytes draws what went in and out as a bar of two parts.
func (p *sessionsPage) drawBytes(a area, r *load.SessionRow, most float64, ascii bool) {
	in, all := float64(r.BytesIn), float64(r.BytesIn+r.BytesOut)
	drawBar(a, all/most, styleSeal, ascii)
	if n := int(math.Round(in / most * float64(a.w))); n > 0 && r.BytesOut > 0 {
		drawBar(a.sub(rect{0, 0, n, 1}), 1, styleHandshake, ascii)
	}
}

func stateStyle(s load.SessionState) style {
	switch s {
	case load.SessionActive:
		return styleGood
	case load.SessionIdle:
		return styleDim
	}
	return styleFaint
}

// roleText returns a role in w cells.
func roleText(r session.Role, w int) string {
	if w >= fullRole {
		return r.String()
	}
	return r.String()[:min(4, len(r.String()))]
}

// appendSuite appends the handshake that made a session, and its transport where that
// is not the usual one.
func appendSuite(dst []byte, r *load.SessionRow) []byte {
	dst = append(dst, r.Suite.String()...)
	if r.Suite != load.HandshakeNone && r.Transport != load.TransportMemory {
		dst = append(append(dst, '/'), r.Transport.String()...)
	}
	return dst
}

// appendCell appends a figure of a row.
func appendCell(dst []byte, r *load.SessionRow, by load.SessionColumn) []byte {
	switch by {
	case load.ByAge:
		return appendAge(dst, r.Age)
	case load.ByIdle:
		return appendAge(dst, r.Idle)
	case load.ByMessages:
		return format.AppendCount(dst, r.Messages)
	case load.ByBytesIn:
		return format.AppendBytes(dst, float64(r.BytesIn))
	case load.ByBytesOut:
		return format.AppendBytes(dst, float64(r.BytesOut))
	case load.ByExpires:
		return appendExpires(dst, r)
	case load.BySlot:
		return strconv.AppendUint(dst, uint64(r.Slot), 10)
	default:
		return format.AppendCount(dst, uint64(r.Reuses))
	}
}

// appendExpires appends how long a session lives yet.
func appendExpires(dst []byte, r *load.SessionRow) []byte {
	switch {
	case r.State == load.SessionEnded:
		return append(dst, dash...)
	case r.Expires == load.Never:
		return append(dst, "never"...)
	}
	return appendAge(dst, r.Expires)
}

// appendAge appends a length of time in at most six cells: 312 ms, 12.4 s, 2m05s,
// 1h30m, 12d.
func appendAge(dst []byte, d time.Duration) []byte {
	pair := func(a, b int64, first, second byte) []byte {
		dst = append(strconv.AppendInt(dst, a, 10), first)
		if b < 10 {
			dst = append(dst, '0')
		}
		return append(strconv.AppendInt(dst, b, 10), second)
	}
	const day = 24 * time.Hour
	switch {
	case d < time.Millisecond:
		return append(dst, "<1 ms"...)
	case d < time.Second:
		return append(strconv.AppendInt(dst, int64(d/time.Millisecond), 10), " ms"...)
	case d < time.Minute:
		return append(strconv.AppendFloat(dst, float64(d/(100*time.Millisecond))/10, 'f', 1, 64), " s"...)
	case d < time.Hour:
		return pair(int64(d/time.Minute), int64(d%time.Minute/time.Second), 'm', 's')
	case d < 4*day:
		return pair(int64(d/time.Hour), int64(d%time.Hour/time.Minute), 'h', 'm')
	}
	return append(strconv.AppendInt(dst, int64(d/day), 10), 'd')
}
