package ui

// The smallest terminal that the dashboard is drawn on, header and footer
// included, and their rows.
const (
	minWidth, minHeight    = 60, 16
	headerRows, footerRows = 2, 1
	roomyTabs              = 76 // from here on tabs stand apart
)

// What the parts of the Overview need, in cells.
const (
	minChartHeight  = 5  // border and three rows of curve
	minStagesWidth  = 38 // beside the switches
	maxStagesWidth  = 52
	wideStages      = 44  // inside of them, from here on the handshake says how many pairs do one
	wideOverview    = 110 // from here on the stages stand beside the switches
	threeColumns    = 150 // from here on there are three charts in a row
	tallTiles       = 32  // from this page height on a tile has two rows
	tallSwitches    = 34  // from here on the switches have a line that explains them
	tallStages      = 34  // from here on the stages stand below, where not beside
	compactSwitches = 17  // below, the switches share two rows
	stagesHeight    = numStages + 2
	tallChartRow    = 12 // a third row of charts must leave this much to each
	minStripPage    = 21 // from this page height on there is room for the shape of the load
	minStripHeight  = 5  // border and three rows of curve
	minNewsPage     = 36 // from this page height on the newest events are listed,
	newsStep        = 5  // and one more of them with each so many rows
	maxNews         = 4
)

// overviewLayout says where the parts of the Overview are. A part without room has
// no width.
type overviewLayout struct {
	tiles    [4]rect
	strip    rect   // over the whole width
	charts   []rect // in order of importance
	news     rect   // the newest events
	switches rect
	stages   rect
}

// layoutOverview divides a page of w by h cells, using the memory of charts, with
// or without the strip that shows the shape of the load. The parts fill the page
// without gaps and do not overlap.
func layoutOverview(w, h int, strip bool, charts []rect) overviewLayout {
	l := overviewLayout{charts: charts[:0]}
	y := 0

	tileHeight := 3
	if h >= tallTiles {
		tileHeight = 4
	}
	for i, c := range split(w, len(l.tiles)) {
		l.tiles[i] = rect{c.from, y, c.size, tileHeight}
	}
	y += tileHeight

	if strip && h >= minStripPage {
		height := minStripHeight
		switch {
		case h >= tallStages+8:
			height += 2
		case h >= tallStages:
			height++
		}
		l.strip = rect{0, y, w, height}
		y += height
	}

	switchHeight := len(optimizations) + 2
	switch {
	case h < compactSwitches:
		switchHeight = len(optimizations)/2 + 2
	case h >= tallSwitches:
		switchHeight++
	}
	bottom := h - switchHeight
	l.switches = rect{0, bottom, w, switchHeight}
	switch {
	case w >= wideOverview && switchHeight > len(optimizations):
		side := min(max(minStagesWidth, w*30/100), maxStagesWidth)
		l.switches.w = w - side
		l.stages = rect{w - side, bottom, side, switchHeight}
	case h >= tallStages:
		bottom -= stagesHeight
		l.switches.y = bottom
		l.stages = rect{0, bottom + switchHeight, w, stagesHeight}
	}

	if h >= minNewsPage {
		height := 2 + min(1+(h-minNewsPage)/newsStep, maxNews)
		bottom -= height
		l.news = rect{0, bottom, w, height}
	}

	columns, rows := 2, 1
	if w >= threeColumns {
		columns = 3
	}
	room := bottom - y
	if room >= 2*minChartHeight {
		rows = 2
	}
	if columns == 2 && room >= 3*tallChartRow {
		rows = 3
	}
	for _, r := range split(room, rows) {
		for _, c := range split(w, columns) {
			l.charts = append(l.charts, rect{c.from, y + r.from, c.size, r.size})
		}
	}
	return l
}

type stretch struct{ from, size int }

// split divides n cells into at most four parts of like size, the larger ones
// first.
func split(n, parts int) []stretch {
	var all [4]stretch
	from := 0
	for i := range parts {
		size := n / parts
		if i < n%parts {
			size++
		}
		all[i] = stretch{from, size}
		from += size
	}
	return all[:parts]
}
