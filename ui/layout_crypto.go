package ui

// What the parts of the Crypto page need, in rows and columns.
const (
	blockHeight   = 6 // of a kind of handshake in full: heading, four phases, the whole
	twoBlocks     = 158
	leastKeys     = 4  // the charts below the phases, where the terminal is as small as can be
	minKeys       = 7  // and where it is not
	twoKeyRows    = 20 // from here on they stand in two rows
	stagesTable   = numStages + 3
	plainLatency  = 7  // border, heading, a row for each
	stackedHeight = 11 // and each in two rows
	minSizes      = 5  // border, heading, two classes
	minDropsSmall = 4
	listDrops     = 11 // as a list: border, a heading each, what is dropped, a cause of failure and the others
	tallDrops     = 14 // with causes
	wideCrypto    = 110
	leastDrops    = 26
	mostDrops     = 60
)

// The views of the page.
const (
	viewKeys = iota // how keys are agreed on and derived
	viewLoad        // what the sessions do with them
	numViews
)

// cryptoNeeds is what the layout depends on besides the size of the page.
type cryptoNeeds struct {
	view  int
	kinds int // of handshakes that ran
	sizes int // classes of messages that occurred
}

// cryptoLayout says where the parts of the Crypto page are. A part without room, or
// not in the view, has no width.
type cryptoLayout struct {
	// Of the view of the keys.
	phases  rect
	columns int // blocks beside each other
	full    int // so many kinds of handshake are shown in full, the others in a line
	hkdf    rect
	derive  rect
	rate    rect // of handshakes, in either view
	// Of the view of the load.
	stages  rect
	drops   rect
	sizes   rect
	latency rect
	bytes   rect // sealed over time
}

// phasesHeight is what so many kinds need, of which full are shown in full.
func phasesHeight(kinds, full, columns int) int {
	up := func(n int) int { return (n + columns - 1) / columns }
	if full == 0 {
		return 2 + 1 + max(up(kinds), 1) // one heading for all
	}
	return 2 + up(full)*blockHeight + up(kinds-full)
}

// layoutCrypto divides a page of w by h cells. The parts fill the page without gaps
// and do not overlap.
func layoutCrypto(w, h int, n cryptoNeeds) cryptoLayout {
	l := cryptoLayout{columns: 1}
	if n.view == viewLoad {
		l.load(w, h, n.sizes)
	} else {
		l.keys(w, h, n.kinds)
	}
	return l
}

// keys has the phases at the top, with as many kinds in full as leave the charts
// enough, and below them the key schedule.
func (l *cryptoLayout) keys(w, h, kinds int) {
	if w >= twoBlocks && kinds > 1 {
		l.columns = 2
	}
	least := max(leastKeys, min(minKeys, h/3))
	height := phasesHeight(kinds, 0, l.columns)
	for full := kinds; full > 0; full-- {
		if full != kinds && full%l.columns != 0 {
			continue
		}
		if n := phasesHeight(kinds, full, l.columns); n+least <= h {
			l.full, height = full, n
			break
		}
	}
	height = min(height, h-leastKeys)
	l.phases = rect{0, 0, w, height}
	rest := h - height
	switch {
	case w >= threeColumns && rest >= minChartHeight:
		c := split(w, 3)
		l.hkdf = rect{c[0].from, height, c[0].size, rest}
		l.derive = rect{c[1].from, height, c[1].size, rest}
		l.rate = rect{c[2].from, height, c[2].size, rest}
	case rest >= twoKeyRows:
		r := split(rest, 2)
		c := split(w, 2)
		l.hkdf = rect{0, height, w, r[0].size}
		l.derive = rect{0, height + r[1].from, c[0].size, r[1].size}
		l.rate = rect{c[1].from, height + r[1].from, c[1].size, r[1].size}
	default:
		c := split(w, 2)
		l.hkdf = rect{0, height, c[0].size, rest}
		l.derive = rect{c[1].from, height, c[1].size, rest}
	}
}

// load has the stages and what was not started side by side, then the messages by
// size, and the latencies at the bottom.
func (l *cryptoLayout) load(w, h, sizes int) {
	side := min(max(w*3/10, leastDrops), mostDrops)
	need := max(3+sizes, minSizes)
	if sizes > 1 { // and all of them
		need++
	}
	latency := 0
	switch {
	case h >= stagesTable+minSizes+stackedHeight+3:
		latency = stackedHeight
	case h >= stagesTable+minSizes+plainLatency:
		latency = plainLatency
	}
	l.latency = rect{0, h - latency, w, latency}
	if latency == 0 {
		l.latency = rect{}
	}
	top := h - latency
	left := w
	if w >= wideCrypto && top >= listDrops+minChartHeight {
		// What was not started has a column of its own.
		left = w - side
		l.drops = rect{left, 0, side, min(tallDrops, top-minChartHeight)}
		l.rate = rect{left, l.drops.h, side, top - l.drops.h}
		l.stages = rect{0, 0, left, stagesTable}
	} else {
		l.stages = rect{0, 0, w - side, stagesTable}
		l.drops = rect{w - side, 0, side, stagesTable}
	}
	rest := top - stagesTable
	if rest >= need+minChartHeight {
		l.bytes = rect{0, stagesTable + need, left, rest - need}
		rest = need
	}
	l.sizes = rect{0, stagesTable, left, rest}
}
