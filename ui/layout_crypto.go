package ui

// What the parts of the Crypto page need, in rows and columns.
const (
	blockHeight   = 6 // of a kind of handshake in full: heading, four phases, the whole
	twoBlocks     = 158
	leastLatency  = 4  // border, heading, the first of the four
	minLatency    = 5  // the first two
	plainLatency  = 7  // all four
	stackedHeight = 11 // and each in two rows
	minDrops      = 3  // border and a line
	minDropsSmall = 4  // which are two where the page is narrow
	listDrops     = 11 // as a list: border, a heading each, what is dropped, a cause of failure and the others
	tallDrops     = 12 // with causes
	wideCrypto    = 110
	allQuantiles  = 94 // the width of the latencies with all quantiles side by side
	leastDrops    = 26
	mostDrops     = 60
)

// cryptoLayout says where the parts of the Crypto page are. A part without room has
// no width.
type cryptoLayout struct {
	phases  rect
	columns int // blocks beside each other
	full    int // so many kinds of handshake are shown in full, the others in a line
	latency rect
	drops   rect
	hkdf    rect // charts
	rate    rect
}

// phasesHeight is what so many kinds need, of which full are shown in full.
func phasesHeight(kinds, full, columns int) int {
	up := func(n int) int { return (n + columns - 1) / columns }
	if full == 0 {
		return 2 + 1 + max(up(kinds), 1) // one heading for all
	}
	return 2 + up(full)*blockHeight + up(kinds-full)
}

// layoutCrypto divides a page of w by h cells for so many kinds of handshake. The
// parts fill the page without gaps and do not overlap.
func layoutCrypto(w, h, kinds int) cryptoLayout {
	l := cryptoLayout{columns: 1}
	if w >= twoBlocks && kinds > 1 {
		l.columns = 2
	}
	wide := w >= wideCrypto
	drops := 0 // below the latencies
	if !wide {
		drops = minDrops
		if w < 80 {
			drops = minDropsSmall
		}
	}
	height, latency := fitPhases(&l, h, kinds, drops)
	l.phases = rect{0, 0, w, height}
	rest := h - height
	if wide {
		l.below(w, height, rest)
		return l
	}

	extra := rest - drops
	if latency {
		l.latency = rect{0, height, w, min(plainLatency, extra)}
		extra -= l.latency.h
	}
	grow := func(to *int, by int) {
		if extra >= by {
			*to, extra = *to+by, extra-by
		}
	}
	grow(&drops, minDropsSmall-drops)
	grow(&drops, listDrops-drops)
	if latency && l.latency.h == plainLatency {
		grow(&l.latency.h, stackedHeight-plainLatency)
	}
	grow(&drops, tallDrops-listDrops)
	if extra < minChartHeight {
		drops, extra = drops+extra, 0
	}
	y := height + l.latency.h
	l.drops = rect{0, y, w, drops}
	if extra > 0 {
		l.charts(rect{0, y + drops, w, extra})
	}
	return l
}

// fitPhases chooses how many kinds are shown in full, as many as leave the other
// parts enough, and returns the height of the phases and whether there is room for
// the latencies.
func fitPhases(l *cryptoLayout, h, kinds, drops int) (height int, latency bool) {
	for full := kinds; full >= 0; full-- {
		if full != kinds && full%l.columns != 0 {
			continue
		}
		height = phasesHeight(kinds, full, l.columns)
		least := plainLatency
		if full <= l.columns {
			least = minLatency
		}
		l.full = full
		switch {
		case height+least+drops <= h:
			return height, true
		case full <= 1 && height+max(drops, minDropsSmall) <= h:
			return height, false
		}
	}
	return min(height, h-max(drops, leastLatency)), false
}

// below divides the rows under the phases of a wide page: latencies and what was
// not started side by side, and charts below.
func (l *cryptoLayout) below(w, y, h int) {
	row := h
	if h >= plainLatency+minChartHeight {
		row = max(min(h-minChartHeight, tallDrops), plainLatency)
	}
	side := min(max(w-allQuantiles, leastDrops), mostDrops)
	l.latency = rect{0, y, w - side, row}
	l.drops = rect{w - side, y, side, row}
	if h > row {
		l.charts(rect{0, y + row, w, h - row})
	}
}

func (l *cryptoLayout) charts(r rect) {
	half := split(r.w, 2)
	l.hkdf = rect{r.x, r.y, half[0].size, r.h}
	l.rate = rect{r.x + half[1].from, r.y, half[1].size, r.h}
}
