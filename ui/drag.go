package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/internal/format"
)

// drag is a stretch of time that is being selected in a chart: from the cell in which
// the button was pressed to the one where the pointer is. It is kept as time, since the
// charts of a live view move under the pointer.
type drag struct {
	on     bool
	x, y   int // where it began
	n      int // the pointer's cell, in the chart
	from   timeSpan
	to     timeSpan
	beyond bool // the pointer was in another cell than that
}

// timeSpan is a stretch of time, such as that of one cell of a chart: after from, up
// to to.
type timeSpan struct{ from, to time.Duration }

// timeOf returns the time of the cell in column x of a chart, or of the nearest that
// has any.
func (h *hit) timeOf(x int) timeSpan {
	first := int(max(-h.start, 0) / max(h.cell, 1)) // the run began in it
	last := int((h.end - h.start - 1) / max(h.cell, 1))
	x = max(min(x, last, h.w-1), first, 0)
	from := h.start + time.Duration(x)*h.cell
	return timeSpan{max(from, 0), min(from+h.cell, h.end)}
}

// beginDrag returns the drag that begins with a press in a chart.
func beginDrag(h hit, x, y int) drag {
	at := h.timeOf(x - h.x)
	return drag{on: true, x: x, y: y, n: x - h.x, from: at, to: at}
}

// span returns the time that is selected.
func (d *drag) span() timeSpan {
	return timeSpan{min(d.from.from, d.to.from), max(d.from.to, d.to.to)}
}

// mouseDrag follows the pointer, and ends the selection when the button is released.
func (m *model) mouseDrag(event tea.MouseEvent) (tea.Cmd, bool) {
	d := &m.drag
	chart, ok := m.canvas.hitAt(d.x, d.y)
	if !ok || chart.kind != hitChart {
		drawn := d.beyond
		m.drag = drag{} // the chart is gone
		return nil, drawn
	}
	x := min(max(event.X-chart.x, 0), chart.w-1)
	switch event.Action {
	case tea.MouseActionMotion:
		if x == d.n {
			return nil, false
		}
		d.n, d.to = x, chart.timeOf(x)
		d.beyond = true
		return nil, true
	case tea.MouseActionRelease:
		if x != d.n {
			d.to = chart.timeOf(x)
		}
		done := *d
		m.drag = drag{}
		if x == done.x-chart.x { // where it began: a click
			return m.jumpTo(done.from.to), true
		}
		at := done.span()
		m.zoomTo(at.from, at.to)
		return nil, true
	case tea.MouseActionPress: // a release was lost, or it is another button
		drawn := d.beyond
		m.drag = drag{}
		if event.Button != tea.MouseButtonLeft {
			return nil, drawn
		}
		cmd, meant := m.click(event)
		return cmd, meant || drawn
	}
	return nil, false
}

// drawDrag draws the selected time over all charts of the page, and over the one in
// which the pointer is, which time that is.
func (m *model) drawDrag() {
	if !m.drag.beyond {
		return
	}
	at := m.drag.span()
	for _, h := range m.canvas.hits {
		if h.kind != hitChart || h.cell <= 0 {
			continue
		}
		a := area{&m.canvas, h.rect}
		low := max(int((at.from-h.start+h.cell/2)/h.cell), 0)
		high := min(int((at.to-h.start+h.cell-1)/h.cell), h.w)
		if at.to <= h.start || low >= high {
			continue
		}
		a.sub(rect{low, 0, high - low, h.h}).repaint(styleSelect)
		for y := range h.h {
			for _, x := range [...]int{low, high - 1} {
				if r := a.at(x, y).r; r == ' ' || r == noteRune || r == gcRune {
					a.set(x, y, selectRune, styleSelect)
				}
			}
		}
		if h.x <= m.drag.x && m.drag.x < h.x+h.w && h.y <= m.drag.y && m.drag.y < h.y+h.h {
			m.drawSpan(a, at, low, high)
		}
	}
}

// selectRune is at both ends of what is selected.
const selectRune = '┃'

// repaint gives all cells of a another style.
func (a area) repaint(s style) {
	for y := range a.h {
		row := a.c.cells[(a.y+y)*a.c.w+a.x:][:a.w]
		for x := range row {
			row[x].s = s
		}
	}
}

// drawSpan writes between which moments of the run the time from cell low to cell high
// of a chart is, or where there is little room, how long.
func (m *model) drawSpan(a area, at timeSpan, low, high int) {
	long := func(dst []byte) []byte { return format.AppendDuration(dst, float64(at.to-at.from)) }
	m.buf = format.AppendClock(append(m.buf[:0], ' '), at.from)
	m.buf = append(format.AppendClock(append(m.buf, " – "...), at.to), headSeparator...)
	m.buf = append(long(m.buf), ' ')
	if columnsOfBytes(m.buf) > a.w {
		m.buf = append(long(append(m.buf[:0], ' ')), ' ')
	}
	w := columnsOfBytes(m.buf)
	x := min(max((low+high-w)/2, 0), a.w-w)
	a.bytes(x, a.h/2, m.buf, styleSelect)
}
