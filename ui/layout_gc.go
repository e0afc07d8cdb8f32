package ui

// What the parts of the GC page need, in rows and columns.
const (
	wideGC      = 110 // from here on collector and cost stand side by side
	fourCharts  = 150 // from here on four charts stand in a row, and the heap beside the pauses
	tallGC      = 30  // from this page height on they have all their rows
	tallStacked = 38  // likewise where they do not stand side by side
	smallPanel  = 4   // border and two rows
	tallPanel   = 7   // border and five
	minHeat     = 5   // border and three rows
	maxGCCharts = 5
)

// gcLayout says where the parts of the GC page are. A part without room has no width.
type gcLayout struct {
	heat      rect
	charts    [maxGCCharts]rect // in order of importance
	n         int               // of charts
	collector rect
	cost      rect
}

func (l *gcLayout) row(y, h int, parts []stretch) {
	for _, p := range parts {
		l.charts[l.n] = rect{p.from, y, p.size, h}
		l.n++
	}
}

// layoutGC divides a page of w by h cells. The parts fill the page without gaps and do
// not overlap.
func layoutGC(w, h int) gcLayout {
	var l gcLayout
	room := l.panels(w, h)
	switch {
	case w >= fourCharts && room >= minHeat+minChartHeight:
		top := max(room*54/100, minHeat)
		thirds := split(w, 3)
		l.heat = rect{0, 0, thirds[2].from, top}
		l.row(0, top, thirds[2:])
		l.row(top, room-top, split(w, 4))
	case w >= fourCharts:
		thirds := split(w, 3)
		l.heat = rect{0, 0, thirds[2].from, room}
		l.row(0, room, thirds[2:])
	case room >= minHeat+1+2*minChartHeight:
		height := max(room*3/10, minChartHeight)
		l.heat = rect{0, 0, w, room - 2*height}
		l.row(room-2*height, height, split(w, 2))
		l.row(room-height, height, split(w, 2))
	case room >= minHeat+minChartHeight:
		height := max(room/2, minChartHeight)
		l.heat = rect{0, 0, w, room - height}
		l.row(room-height, height, split(w, 2))
	default:
		l.heat = rect{0, 0, w, room}
	}
	return l
}

// panels places what is below, and returns how many rows that leaves.
func (l *gcLayout) panels(w, h int) int {
	height := smallPanel
	if w >= wideGC {
		if h >= tallGC {
			height = tallPanel
		}
		half := split(w, 2)
		l.collector = rect{0, h - height, half[0].size, height}
		l.cost = rect{half[1].from, h - height, half[1].size, height}
		return h - height
	}
	if h >= tallStacked {
		height = tallPanel
	}
	l.collector = rect{0, h - 2*height, w, height}
	l.cost = rect{0, h - height, w, height}
	return h - 2*height
}
