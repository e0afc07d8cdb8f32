package ui

import "github.com/SAGE-X-project/sagetop/engine/load"

// What the parts of the Sessions page need, in rows and columns.
const (
	filterHeight  = 5  // border, the text, where it is wrong, what is wrong
	leastStory    = 6  // border and four lines
	usualStory    = 7  // with one for the keys
	mostStory     = 11 // with all lines
	leastLedger   = 7  // border, heading, four stages
	usualLedger   = 9  // five stages and their sum
	besideStory   = 76 // from here on the handshake stands beside the story
	belowStory    = 34 // from this height on it stands below, where not beside
	leastShake    = 38
	mostShake     = 84
	twoTraffics   = 110 // from here on there are two charts
	trafficHeight = 5
)

// sessionsLayout says where the parts of the list are.
type sessionsLayout struct{ filter, table rect }

// layoutSessions divides a page of w by h cells, with the line to type a filter into,
// or without it.
func layoutSessions(w, h int, editing bool) sessionsLayout {
	if !editing {
		return sessionsLayout{table: rect{0, 0, w, h}}
	}
	top := min(filterHeight, h)
	return sessionsLayout{filter: rect{0, 0, w, top}, table: rect{0, top, w, h - top}}
}

// storyLayout says where the parts of one session's page are. A part without room has
// no height.
type storyLayout struct{ story, shake, ledger, messages, bytes rect }

// layoutStory divides a page of w by h cells. The parts fill the page without gaps and
// do not overlap.
func layoutStory(w, h int) storyLayout {
	var l storyLayout
	ledger, traffic := min(usualLedger, max(leastLedger, h-usualStory-trafficHeight)), 0
	if h >= usualStory+leastLedger+trafficHeight {
		traffic = trafficHeight
	} else {
		ledger = min(usualLedger, max(leastLedger, h-usualStory))
	}
	shake := 0
	if w < besideStory && h >= belowStory {
		shake = usualStory
	}
	story := h - ledger - traffic - shake
	if traffic > 0 {
		story = min(story, mostStory)
		traffic = h - story - ledger - shake
	}
	l.story = rect{0, 0, w, story}
	switch {
	case shake > 0:
		l.shake = rect{0, story, w, shake}
	case w >= besideStory:
		side := min(max(w*42/100, leastShake), mostShake)
		l.story.w = w - side
		l.shake = rect{w - side, 0, side, story}
	}
	y := story + shake
	l.ledger = rect{0, y, w, ledger}
	y += ledger
	switch {
	case traffic == 0:
	case w >= twoTraffics:
		half := split(w, 2)
		l.messages = rect{0, y, half[0].size, traffic}
		l.bytes = rect{half[1].from, y, half[1].size, traffic}
	default:
		l.messages = rect{0, y, w, traffic}
	}
	return l
}

// Columns of the list that it cannot be ordered by, after those that it can.
const (
	columnMade  load.SessionColumn = 254 // the optimizations in force when it was created
	columnBytes load.SessionColumn = 255 // in and out, as a bar
)

// placedColumn is where a column of the list is.
type placedColumn struct {
	by   load.SessionColumn
	x, w int
}

// columnWidths are the least that the columns need, with room for the arrow beside the
// name of that which the list is ordered by.
var columnWidths = [...]int{
	load.ByID: 9, load.ByState: 6, load.ByRole: 5, load.BySuite: 11, load.ByAge: 6, load.ByIdle: 6,
	load.ByMessages: 6, load.ByBytesIn: 8, load.ByBytesOut: 8, load.ByExpires: 8, load.BySlot: 7, load.ByReuses: 7,
}

// columnImportance is the order in which columns get room.
var columnImportance = [...]load.SessionColumn{
	load.ByID, load.ByState, load.ByAge, load.ByMessages, load.ByBytesOut, load.ByExpires,
	load.ByRole, load.ByBytesIn, load.ByIdle, load.BySuite, load.BySlot, load.ByReuses,
}

const (
	rowMarks     = 2  // cells before the first column
	fullID       = 22 // an id in full
	fullRole     = 9
	madeWidth    = 9
	leastTraffic = 12
	roomyTable   = 90 // from here on there are two cells between columns
	bestGap      = 4
)

// leftAligned tells whether a column has words, not figures.
func leftAligned(by load.SessionColumn) bool {
	return by <= load.BySuite || by == columnMade || by == columnBytes
}

// placeColumns lays out a row of w cells, using the memory of dst: the least important
// columns are left out, but not the one by which the list is ordered, and what is left
// over makes the others wider.
func placeColumns(w int, order load.SessionColumn, dst []placedColumn) []placedColumn {
	gap := 1
	if w >= roomyTable {
		gap = 2
	}
	room := w - rowMarks - 1
	var has [len(columnWidths)]bool
	n := 0
	for i := range len(columnImportance) + 1 {
		by := order // after the id, the most important
		switch {
		case i == 0:
			by = load.ByID
		case i > 1:
			by = columnImportance[i-1]
		}
		if has[by] {
			continue
		}
		need := columnWidths[by]
		if n > 0 {
			need += gap
		}
		if need > room {
			break
		}
		room -= need
		has[by] = true
		n++
	}
	take := func(most int) int {
		took := min(room, most)
		room -= took
		return took
	}
	id := columnWidths[load.ByID] + take(fullID-columnWidths[load.ByID])
	role, made, bytes := columnWidths[load.ByRole], 0, 0
	if has[load.ByRole] && room >= fullRole-role {
		role += take(fullRole - role)
	}
	if room >= madeWidth+gap {
		made = take(madeWidth+gap) - gap
		n++
	}
	if room >= leastTraffic+gap {
		bytes = take(leastTraffic+gap) - gap
		n++
	}
	if spread := n - 1; spread > 0 {
		more := min(room/spread, bestGap-gap)
		gap += more
		room -= more * spread
	}
	if bytes > 0 {
		bytes += take(room)
	}
	dst = dst[:0]
	x := rowMarks
	place := func(by load.SessionColumn, w int) {
		dst = append(dst, placedColumn{by, x, w})
		x += w + gap
	}
	for i, width := range columnWidths {
		switch by := load.SessionColumn(i); {
		case !has[i]:
		case by == load.ByID:
			place(by, id)
		case by == load.ByRole:
			place(by, role)
		default:
			place(by, width)
		}
	}
	if made > 0 {
		place(columnMade, made)
	}
	if bytes > 0 {
		place(columnBytes, bytes)
	}
	return dst
}
