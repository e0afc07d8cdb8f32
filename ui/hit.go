package ui

import "time"

// hit is a rectangle of the frame in which a click means something.
type hit struct {
	rect // on the canvas
	kind hitKind
	n    int // which of its kind: a tab, a column, a row

	// Of a chart: the time at its left, that of each cell, and where it ends.
	start, cell, end time.Duration
}

// hitKind says what a click there is for.
type hitKind uint8

const (
	hitTab    hitKind = iota // a page's tab, n is its index
	hitChart                 // the curve of a chart over the window
	hitColumn                // the heading of a table's column
	hitRow                   // a row of a table
	hitKnob                  // a control of the page
	hitHint                  // a hint in the footer
)

// hit marks a as the n-th of a kind.
func (a area) hit(kind hitKind, n int) {
	if a.w > 0 && a.h > 0 {
		a.c.hits = append(a.c.hits, hit{rect: a.rect, kind: kind, n: n})
	}
}

// hitTime marks a as a chart of the window of v, which is cut as by
// [plotter.columnsFor].
func (a area) hitTime(v *view) {
	if a.w > 0 && a.h > 0 {
		var c columns
		c.span(v.window, v.end, a.w, dotsAcross)
		a.c.hits = append(a.c.hits, hit{rect: a.rect, kind: hitChart, start: c.start, cell: c.step * dotsAcross, end: v.end})
	}
}

// hitAt returns the uppermost hit at a cell.
func (c *canvas) hitAt(x, y int) (hit, bool) {
	for i := len(c.hits) - 1; i >= 0; i-- {
		if h := c.hits[i]; x >= h.x && x < h.x+h.w && y >= h.y && y < h.y+h.h {
			return h, true
		}
	}
	return hit{}, false
}
