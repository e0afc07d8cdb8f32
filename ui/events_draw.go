package ui

import (
	"strconv"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/format"
)

// Render implements page.
func (p *eventsPage) Render(a area, v *view) {
	p.begin()
	p.list(v)
	p.drawLanes(a.sub(p.layout.lanes), v)
	p.drawTable(a.sub(p.layout.table), v)
}

// The columns of the lanes before their marks.
const (
	laneName  = 12
	laneCount = 6
)

// drawLanes draws each kind with how many events it had in the window and in the run,
// and when those of the window were.
func (p *eventsPage) drawLanes(a area, v *view) {
	const title = "kinds"
	in := a.box(title)
	const left = 1 + laneName + 2*laneCount + 1
	if in.h < 1 || in.w <= left+2 {
		return
	}
	recent, all := v.history.events.counts(v.at, v.window)
	p.buf = append(format.AppendSpan(append(p.buf[:0], "in the last "...), v.window), " · in the run"...)
	a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	for y := range in.h {
		in.set(left, y, '│', styleBorder)
	}
	// The headings of the counts, whose columns have no row for them.
	heading := func(end int) {
		x := a.bytesRight(end, 0, p.buf, styleFaint)
		a.set(x-1, 0, ' ', styleBorder)
		a.set(end, 0, ' ', styleBorder)
	}
	p.buf = format.AppendSpan(p.buf[:0], v.window)
	heading(2 + laneName + laneCount)
	p.buf = append(p.buf[:0], "run"...)
	heading(2 + laneName + 2*laneCount)
	plot := in.sub(rect{left + 1, 0, in.w - left - 1, in.h})
	plot.hit(hitChart, 0)
	a.timesOf(left+2, plot.w, v)
	c := p.columnsFor(v, plot.w, dotsAcross)
	p.gatherLanes(v, c, plot.w)
	for k := range int(numEventKinds) {
		y := k * p.layout.laneH
		if y >= in.h {
			break
		}
		row := in.sub(rect{0, y, left, 1})
		row.hit(hitKnob, k)
		name, figure := styleText, styleText
		switch {
		case p.filter == k+1:
			name = styleStrong
			row.set(1, 0, '▸', styleKey)
		case p.filter > 0:
			name, figure = styleFaint, styleFaint
		}
		row.text(3, 0, eventKindNames[k], name)
		if recent[k] == 0 {
			figure = styleFaint
		}
		p.buf = format.AppendCount(p.buf[:0], recent[k])
		row.bytesRight(1+laneName+laneCount, 0, p.buf, figure)
		p.buf = format.AppendCount(p.buf[:0], all[k])
		row.bytesRight(1+laneName+2*laneCount, 0, p.buf, styleDim)
		for x := range plot.w {
			if w := p.worst[k*plot.w+x]; w > 0 {
				plot.set(x, y, severityRunes[w-1], severityStyles[w-1])
			}
		}
	}
	if v.cursor {
		if x := c.column(v.at); x >= 0 {
			plot.cursor(x/dotsAcross, v.ascii)
		}
	}
}

// gatherLanes finds the worst event of each kind in each cell of the window; an event
// that went on is in all cells until it ended.
func (p *eventsPage) gatherLanes(v *view, c *columns, cells int) {
	n := cells * int(numEventKinds)
	if cap(p.worst) < n {
		p.worst = make([]uint8, n)
	}
	p.worst = p.worst[:n]
	clear(p.worst)
	e := &v.history.events
	for i := e.until(v.end) - 1; i >= 0; i-- {
		ev := &e.list[i]
		last := min(ev.last, v.end)
		if last <= c.start {
			continue
		}
		from, to := max(c.column(ev.at), 0)/dotsAcross, c.column(last)/dotsAcross
		for x := from; x <= min(to, cells-1); x++ {
			at := &p.worst[int(ev.kind)*cells+x]
			*at = max(*at, uint8(ev.sev)+1)
		}
	}
}

// drawTable lists the events, the newest first.
func (p *eventsPage) drawTable(a area, v *view) {
	const title = "events"
	in := a.box(title)
	p.shown = max(in.h-1, 0)
	if in.h < 2 || in.w < 40 {
		return
	}
	p.tableNotes(a, title, v)
	t := eventColumns(in.w)
	heading := in.sub(rect{0, 0, in.w, 1})
	heading.text(t.clock, 0, "time", styleFaint)
	heading.textRight(t.ago, 0, "ago", styleFaint)
	if t.kind > 0 {
		heading.text(t.kind, 0, "kind", styleFaint)
	}
	heading.text(t.text, 0, "what happened", styleFaint)
	heading.textRight(t.count, 0, "count", styleFaint)
	if t.lasted > 0 {
		heading.textRight(t.lasted, 0, "lasted", styleFaint)
	}
	rows := in.sub(rect{0, 1, in.w, in.h - 1})
	if len(p.rows) == 0 {
		rows.text(t.clock, 0, "none yet", styleDim)
		return
	}
	at := p.row(v)
	if p.seq == 0 {
		p.top = 0
	}
	p.top = min(max(p.top, at-rows.h+1), at)
	p.top = max(min(p.top, len(p.rows)-rows.h), 0)
	for y := range min(rows.h, len(p.rows)-p.top) {
		row := rows.sub(rect{0, y, rows.w, 1})
		row.hit(hitRow, p.top+y)
		if p.top+y == at {
			row.set(1, 0, '▸', styleKey)
		}
		p.buf = drawEvent(row, v, &v.history.events.list[p.rows[p.top+y]], &t, p.top+y == at, p.buf)
	}
	p.wholeText(a, v, &v.history.events.list[p.rows[at]], t.textWidth)
}

// wholeText writes the text of the event under the cursor into the lower border, where
// its row has no room for it.
func (p *eventsPage) wholeText(a area, v *view, ev *event, room int) {
	at := v.at
	if ev.at > at {
		at = v.newest
	}
	then, _ := v.history.eventAt(*ev, at)
	p.buf = appendEventText(p.buf[:0], &then)
	if columnsOfBytes(p.buf) <= room {
		return
	}
	y := a.h - 1
	a.set(2, y, ' ', styleBorder)
	drawFitting(a.sub(rect{3, y, a.w - 6, 1}), 0, p.buf, a.w-7, styleText)
	a.set(3+min(columnsOfBytes(p.buf), a.w-7), y, ' ', styleBorder)
}

// tableNotes writes into the border of the table what is listed.
func (p *eventsPage) tableNotes(a area, title string, v *view) {
	end := a.noteEnd()
	p.buf = append(p.buf[:0], "pauses from "...)
	p.buf = format.AppendDuration(p.buf, float64(v.history.events.threshold))
	end = a.boxNote(title, end, p.buf, styleGC)
	p.buf = append(p.buf[:0], "all kinds"...)
	if p.filter > 0 {
		p.buf = append(append(p.buf[:0], eventKindNames[p.filter-1]...), " only"...)
	}
	end = a.boxNote(title, end, p.buf, styleStrong)
	if n := len(p.rows); n > p.shown {
		p.buf = strconv.AppendInt(p.buf[:0], int64(min(p.top+p.shown, n)), 10)
		p.buf = strconv.AppendInt(append(p.buf, " of "...), int64(n), 10)
		a.boxNote(title, end, p.buf, styleFaint)
	}
}

// drawEvent draws one event into a row; faint, where it came after the moment shown.
// It returns buf, its memory.
func drawEvent(row area, v *view, ev *event, t *eventTable, chosen bool, buf []byte) []byte {
	sign, clock, kind, text := severityStyles[ev.sev], styleDim, styleDim, styleText
	if chosen {
		text = styleStrong
	}
	ahead := ev.at > v.at
	if ahead {
		sign, clock, kind, text = styleFaint, styleFaint, styleFaint, styleFaint
	}
	at := v.at
	if ahead {
		at = v.newest
	}
	then, known := v.history.eventAt(*ev, at)
	ev = &then
	buf = format.AppendClock(buf[:0], ev.at)
	row.bytes(t.clock, 0, buf, clock)
	buf = buf[:0]
	if ahead {
		buf = appendAgo(append(buf, "in "...), ev.at-v.at)
	} else {
		buf = append(appendAgo(buf, v.at-ev.at), " ago"...)
	}
	row.bytesRight(t.ago, 0, buf, clock)
	row.set(t.sign, 0, severityRunes[ev.sev], sign)
	if t.kind > 0 {
		row.text(t.kind, 0, eventKindNames[ev.kind], kind)
	}
	buf = appendEventText(buf[:0], ev)
	drawFitting(row, t.text, buf, t.textWidth, text)
	buf = appendEventCount(buf[:0], ev, known)
	row.bytesRight(t.count, 0, buf, text)
	if t.lasted > 0 && ev.last > ev.at {
		buf = append(buf[:0], dash...)
		if known {
			buf = appendTime(buf[:0], ev.last-ev.at)
		}
		row.bytesRight(t.lasted, 0, buf, kind)
	}
	return buf
}

// drawFitting draws as many words of t as fit into w columns.
func drawFitting(a area, x int, t []byte, w int, s style) {
	if columnsOfBytes(t) <= w {
		a.bytes(x, 0, t, s)
		return
	}
	a.text(x, 0, fitText(string(t), w), s)
}

// newsTime is how long an event is news where there is no room for a list of them.
const newsTime = 8 * time.Second

// drawNews lists the newest events of the moment, as many as there are rows for.
func (o *overview) drawNews(a area, v *view) {
	const title = "events"
	in := a.box(title)
	if in.h < 1 || in.w < 40 {
		return
	}
	e := &v.history.events
	recent, _ := e.counts(v.at, v.window)
	n := uint64(0)
	for _, k := range recent {
		n += k
	}
	o.buf = format.AppendSpan(append(format.AppendCount(o.buf[:0], n), " in the last "...), v.window)
	a.boxNote(title, a.noteEnd(), o.buf, styleFaint)
	newest := e.until(v.at)
	if newest == 0 {
		in.text(1, 0, "none yet", styleFaint)
		return
	}
	t := eventColumns(in.w)
	for y := range min(in.h, newest) {
		o.buf = drawEvent(in.sub(rect{0, y, in.w, 1}), v, &e.list[newest-1-y], &t, false, o.buf)
	}
}

// newsBelow writes the newest event into the lower border of a box while it is news.
func (o *overview) newsBelow(a area, v *view) {
	e := &v.history.events
	i := e.until(v.at) - 1
	if i < 0 || a.w < 30 {
		return
	}
	ev, _ := v.history.eventAt(e.list[i], v.at)
	if v.at-min(ev.last, v.at) > newsTime {
		return
	}
	y := a.h - 1
	a.set(2, y, ' ', styleBorder)
	a.set(3, y, severityRunes[ev.sev], severityStyles[ev.sev])
	a.set(4, y, ' ', styleBorder)
	o.buf = append(appendEventText(append(format.AppendClock(o.buf[:0], ev.at), ' '), &ev), ' ')
	room := a.w - 8
	if columnsOfBytes(o.buf) > room {
		return
	}
	a.bytes(5, y, o.buf, styleDim)
}
