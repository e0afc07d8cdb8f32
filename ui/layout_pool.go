package ui

// What the parts of the Pool page need, in rows and columns.
const (
	poolStateHeight = 13 // border, four lines of state, a heading, five counts and the hit ratio
	leastPoolState  = 11 // two of them less
	minShardsHeight = 10 // border, and for either manager a heading, two rows of bars and the misses
	missHeight      = 6  // border, heading, hit, miss, difference
	tallMissHeight  = 7  // and what a session allocates
	minReuseHeight  = 7
	widePool        = 110
	tallPool        = 24 // from this page height on, a narrow page has everything in full
)

// poolLayout says where the parts of the Pool page are. A part without room has no
// width.
type poolLayout struct {
	state  rect
	chart  rect
	miss   rect
	shards rect
	reuse  rect
}

// layoutPool divides a page of w by h cells. The parts fill the page without gaps and
// do not overlap.
func layoutPool(w, h int) poolLayout {
	var l poolLayout
	switch {
	case w >= widePool && h >= poolStateHeight+tallMissHeight+minReuseHeight:
		left := min(max(w*3/8, 44), 68)
		l.state = rect{0, 0, left, poolStateHeight}
		l.miss = rect{0, poolStateHeight, left, tallMissHeight}
		y := poolStateHeight + tallMissHeight
		l.reuse = rect{0, y, left, h - y}
		top := min(max(h*45/100, poolStateHeight), h-minShardsHeight)
		l.chart = rect{left, 0, w - left, top}
		l.shards = rect{left, top, w - left, h - top}
	case h >= leastPoolState+minShardsHeight:
		half := split(w, 2)
		state := min(h-minShardsHeight, poolStateHeight)
		l.state = rect{0, 0, half[0].size, state}
		l.shards = rect{0, state, half[0].size, h - state}
		miss, reuse := missHeight, minReuseHeight+3
		if h >= tallPool {
			miss, reuse = tallMissHeight, max((h-tallMissHeight)/2, reuse)
		}
		chart := h - miss - reuse
		l.chart = rect{half[1].from, 0, half[1].size, chart}
		l.miss = rect{half[1].from, chart, half[1].size, miss}
		l.reuse = rect{half[1].from, chart + miss, half[1].size, reuse}
	default:
		half := split(w, 2)
		state := h
		if h >= leastPoolState+minReuseHeight {
			state = leastPoolState
			l.reuse = rect{0, state, half[0].size, h - state}
		}
		l.state = rect{0, 0, half[0].size, state}
		l.chart = rect{half[1].from, 0, half[1].size, h - missHeight}
		l.miss = rect{half[1].from, h - missHeight, half[1].size, missHeight}
	}
	return l
}
