package ui

// What the parts of the Events page need, in rows and columns.
const (
	lanesHeight    = int(numEventKinds) + 2 // border and a row for each kind
	tallLanes      = 34                     // from this page height on each kind has a row more room
	tallLaneHeight = 2*int(numEventKinds) + 1
)

// eventsLayout says where the parts of the Events page are.
type eventsLayout struct {
	lanes rect // the kinds, their counts and when they were
	laneH int  // rows from one kind to the next
	table rect
}

// layoutEvents divides a page of w by h cells. The parts fill the page without gaps
// and do not overlap.
func layoutEvents(w, h int) eventsLayout {
	l := eventsLayout{laneH: 1}
	height := lanesHeight
	if h >= tallLanes {
		height, l.laneH = tallLaneHeight, 2
	}
	height = min(height, h)
	l.lanes = rect{0, 0, w, height}
	l.table = rect{0, height, w, h - height}
	return l
}

// eventTable says in which columns a row of the events has its parts: 0 for one that
// is left out. Figures end before their column.
type eventTable struct {
	clock, ago, sign, kind, text, count, lasted int
	textWidth                                   int
}

// eventColumns lays out a row of w cells.
func eventColumns(w int) eventTable {
	const (
		clockWidth, agoWidth, signWidth, kindWidth = 8, 8, 2, 12
		countWidth, lastedWidth                    = 6, 9
		roomy, wide                                = 72, 100
	)
	t := eventTable{clock: 3}
	x := t.clock + clockWidth
	t.ago = x + agoWidth
	x = t.ago + 2
	t.sign = x
	x += signWidth
	if w >= roomy {
		t.kind = x
		x += kindWidth
	}
	t.text = x
	t.count = w - 1
	if w >= wide {
		t.lasted = w - 1
		t.count = t.lasted - lastedWidth
	}
	t.textWidth = t.count - countWidth - t.text
	return t
}
