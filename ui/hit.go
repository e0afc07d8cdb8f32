package ui

// hit is a rectangle of the frame in which a click means something.
type hit struct {
	rect // on the canvas
	kind hitKind
	n    int // which of its kind: a tab, a column, a row
}

// hitKind says what a click there is for.
type hitKind uint8

const (
	hitTab    hitKind = iota // a page's tab, n is its index
	hitChart                 // the curve of a chart over the window
	hitColumn                // the heading of a table's column
	hitRow                   // a row of a table
	hitKnob                  // a control of the page
)

// hit marks a as the n-th of a kind.
func (a area) hit(kind hitKind, n int) {
	if a.w > 0 && a.h > 0 {
		a.c.hits = append(a.c.hits, hit{a.rect, kind, n})
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
