package ui

import (
	"math"
	"strconv"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// overview is the page that shows everything that the optimizations change.
type overview struct {
	plotter
	w, h   int
	strips bool // whether the layout has room for the strip
	layout overviewLayout
	strip  strip
	name   []byte
}

func newOverview() *overview { return &overview{} }

func (o *overview) Title() string                    { return "Overview" }
func (o *overview) Bindings() []binding              { return nil }
func (o *overview) HandleKey(string) (tea.Cmd, bool) { return nil, false }
func (o *overview) SetSize(w, h int)                 { o.w, o.h = w, h; o.arrange() }

func (o *overview) arrange() { o.layout = layoutOverview(o.w, o.h, o.strips, o.layout.charts) }

// charts are what the Overview draws, in the order of layoutOverview.
var charts = [...]func(*plotter, area, *view){
	(*plotter).chartAllocs,
	(*plotter).chartPool,
	(*plotter).chartHKDF,
	(*plotter).chartPauses,
	(*plotter).chartSessions,
	(*plotter).chartHeap,
}

// wideOrder is the same for three charts in a row, so that the two of load and
// memory stand at the right.
var wideOrder = [...]int{0, 1, 4, 2, 3, 5}

// Render implements page.
func (o *overview) Render(a area, v *view) {
	o.begin()
	if strips := hasStrip(&v.snap.Config); strips != o.strips {
		o.strips = strips
		o.arrange()
	}
	if o.layout.strip.h > 0 {
		o.strip.draw(a.sub(o.layout.strip), v)
	}
	for i, r := range o.layout.tiles {
		o.tile(a.sub(r), v, i)
	}
	for i, r := range o.layout.charts {
		if i >= len(charts) {
			break
		}
		n := i
		if len(o.layout.charts) == len(charts) && a.w >= threeColumns {
			n = wideOrder[i]
		}
		charts[n](&o.plotter, a.sub(r), v)
	}
	if o.layout.news.h > 0 {
		o.drawNews(a.sub(o.layout.news), v)
	}
	o.drawSwitches(a.sub(o.layout.switches), v)
	if o.layout.news.h == 0 {
		o.newsBelow(a.sub(o.layout.switches), v)
	}
	if o.layout.stages.w > 0 {
		o.drawStages(a.sub(o.layout.stages), v)
	}
}

// The tiles, from left to right.
const (
	tileSessions = iota
	tileAllocs
	tilePool
	tilePauses
)

var (
	// tileTitles are the titles of each tile, the longest first.
	tileTitles = [...][]string{
		{"sessions/s"},
		{"allocations/session", "allocs/session", "allocations"},
		{"pool reuse"},
		{"GC pause p99", "GC p99"},
	}
	// netTileTitles say that the dashboard's part is not in the figure.
	netTileTitles = []string{"allocations/session, without dashboard", "allocs/session, net", "net allocations", "net allocs"}
	tileStyles    = [...]style{styleSessions, styleAllocs, stylePool, styleGC}
)

// tile draws one figure with its course, and a line of detail where there is room.
func (o *overview) tile(a area, v *view, which int) {
	net := tileTitles[which]
	if which == tileAllocs {
		net = netTileTitles
	}
	title := v.netTitle(a.w, tileTitles[which], net)
	in := a.box(title)
	in = in.sub(rect{1, 0, in.w - 2, in.h})
	if in.w < 1 {
		return
	}
	s := tileStyles[which]
	now, ok := v.history.between(v.at, recent)
	o.buf = o.tileValue(o.buf[:0], v, which, now, ok)
	n := len(o.buf)
	if in.h > 1 {
		o.buf = o.tileDetail(o.buf, v, which, now, ok)
	}
	value, detail := o.buf[:n], o.buf[n:]

	const valueWidth, detailWidth = 8, 17
	in.bytes(0, 0, value, s)
	if in.h > 1 {
		in.bytes(0, 1, detail, styleDim)
	}
	left := valueWidth
	if in.h > 1 {
		left = min(detailWidth, in.w)
	}
	spark := in.sub(rect{left, 0, in.w - left, in.h})
	if spark.w >= 3 {
		o.spark(spark, v, which, s)
	}
}

func (o *overview) tileValue(dst []byte, v *view, which int, now delta, ok bool) []byte {
	if which == tilePauses {
		if pauses := o.pausesIn(v); len(pauses) > 0 {
			return format.AppendDuration(dst, float64(quantile(pauses, 0.99)))
		}
		return append(dst, dash...)
	}
	if !ok {
		return append(dst, dash...)
	}
	switch which {
	case tileSessions:
		return format.AppendScaled(dst, now.rate(countCreated), 4)
	case tileAllocs:
		return format.AppendPer(dst, v.objectsPerSession(now))
	default:
		return format.AppendPercent(dst, now.reuse())
	}
}

func (o *overview) tileDetail(dst []byte, v *view, which int, now delta, ok bool) []byte {
	if !ok && which != tilePauses {
		return dst
	}
	switch which {
	case tileSessions:
		return append(format.AppendCount(dst, now.to.live), " live"...)
	case tileAllocs:
		return append(format.AppendBytes(dst, v.bytesPerSession(now)), "/session"...)
	case tilePool:
		if v.snap.Config.Optimizations.Pool == session.PoolFreeList {
			return append(format.AppendCount(dst, uint64(max(now.to.free, 0))), " slots free"...)
		}
		return append(append(dst, "pool "...), v.snap.Config.Optimizations.Pool.String()...)
	default:
		n := len(o.pauses)
		if n == 0 {
			return format.AppendSpan(append(dst, "no GC in "...), v.window)
		}
		if n == 1 {
			return append(dst, "1 GC cycle"...)
		}
		return append(format.AppendCount(dst, uint64(n)), " GC cycles"...)
	}
}

// spark draws the course of a tile's figure over the window.
func (o *overview) spark(a area, v *view, which int, s style) {
	c := o.columnsFor(v, a.w, 1)
	high := 1.0
	switch which {
	case tileSessions:
		o.ys = c.collect(o.ys[:0], sessionsRate)
		high = o.scales[scaleTileSessions].fit(highest(o.ys), 1)
	case tileAllocs:
		o.ys = c.collect(o.ys[:0], func(d delta) float64 { return v.objectsPerSession(d) })
		high = o.scales[scaleTileAllocs].fit(highest(o.ys), 1)
	case tilePool:
		o.ys = c.collect(o.ys[:0], delta.reuse)
	case tilePauses:
		o.ys = o.ys[:0]
		for range c.n {
			o.ys = append(o.ys, nan)
		}
		low, end := v.history.cyclesIn(c.start, v.end)
		for i := low; i < end; i++ {
			cycle := v.history.cycle(i)
			if x := c.column(cycle.At); x >= 0 && x < c.n && !(o.ys[x] >= float64(cycle.Pause)) {
				o.ys[x] = float64(cycle.Pause)
			}
		}
		high = o.scales[scaleTilePauses].fit(highest(o.ys), 1e3)
	}
	drawSpark(a, o.ys, high, s, v.ascii)
	if v.cursor {
		a.cursor(c.column(v.at), v.ascii)
	}
}

// drawSwitches draws the optimizations, each with its own measure, off and on.
func (o *overview) drawSwitches(a area, v *view) {
	title := "optimizations"
	if v.net {
		title = "optimizations, without dashboard"
	}
	in := a.box(title)
	if in.h < 1 || in.w < 1 {
		return
	}
	if in.h < len(optimizations) {
		o.compactSwitches(in, v)
		return
	}
	o.buf = append(o.buf[:0], "measured, off and on"...)
	switch left := minSteady - v.footing.steady(v.at); {
	case v.snap.Elapsed == 0:
	case v.snap.State == load.Paused:
		o.buf = append(o.buf[:0], "not measured while paused"...)
	case !v.footing.level(v.at):
		o.buf = append(o.buf[:0], "needs a steady load"...)
	case left > 0:
		o.buf = append(o.buf[:0], "settling, measured in "...)
		o.buf = append(strconv.AppendInt(o.buf, int64((left+time.Second-1)/time.Second), 10), " s"...)
	}
	a.boxNote(title, a.noteEnd(), o.buf, styleFaint)
	t := switchColumns(in.w)
	for i := range optimizations {
		o.switchRow(in.sub(rect{0, i, in.w, 1}), v, i, t)
	}
	if in.h > len(optimizations) {
		in.text(1, in.h-1, fitWords("exact counts over 2 to 10 s of steady load, all else equal; "+dash+" not yet measured",
			in.w-2), styleFaint)
	}
}

// switchTable says in which columns a row of the switches has its parts: 0 for a
// part that is left out.
type switchTable struct {
	name, about, metric int
	shortMetric         bool
	slots               [3]stretch
}

// switchColumns lays out a row of w cells.
func switchColumns(w int) switchTable {
	const (
		nameWidth, aboutWidth, metricWidth, shortWidth = 25, 41, 28, 11
	)
	t := switchTable{name: 7}
	x := t.name + nameWidth - 6
	slots, gap := [3]int{10, 13, 17}, 0
	sum := slots[0] + slots[1] + slots[2]
	if w > x+aboutWidth+metricWidth+sum {
		t.about = x
		x += aboutWidth
	}
	t.metric = x
	if w > x+metricWidth+sum {
		x += metricWidth
		slots[0] = slots[1] // off and on alike
		gap = min(max(w-1-x-slots[0]-slots[1]-slots[2], 0)/3, 4)
	} else {
		t.shortMetric = true
		x += shortWidth
	}
	for i, n := range slots {
		t.slots[i] = stretch{x, n}
		x += n + gap
	}
	return t
}

// switchStyles are the accents of what the switches change.
var switchStyles = [...]style{styleHKDF, styleHKDF, stylePool, styleAllocs}

// switchBox draws key, box and name.
func switchBox(a area, v *view, i int, code bool) {
	opt := &optimizations[i]
	s, box := styleOff, "[ ]"
	if opt.on(v.snap.Config.Optimizations) {
		s, box = styleOn, "[x]"
	}
	key := v.key(opt.binding, opt.key)
	if len(key) > 1 { // there is room for one character
		key = "…"
	}
	a.text(1, 0, key, styleKey)
	a.text(3, 0, box, s)
	x := 7
	if code {
		a.text(x, 0, opt.code, styleDim)
		x += 5
	}
	a.text(x, 0, opt.name, styleText)
}

// compactSwitches draws two switches in a row, with the figure in force only.
func (o *overview) compactSwitches(in area, v *view) {
	half := in.w / 2
	f, ok := o.current(v)
	for i := range optimizations {
		a := in.sub(rect{i % 2 * half, i / 2, half, 1})
		switchBox(a, v, i, false)
		o.buf = o.appendFigure(o.buf[:0], i, f, ok)
		a.bytesRight(a.w-1, 0, o.buf, switchStyles[i])
	}
}

// current returns the figures of the configuration in force: of its newest
// seconds, and never of time before it.
func (o *overview) current(v *view) (figures, bool) {
	const most, least = 5 * time.Second, 500 * time.Millisecond
	since := v.at - v.changed
	if since < least {
		return figures{}, false
	}
	d, ok := v.history.between(v.at, min(since, most))
	if !ok {
		return figures{}, false
	}
	return v.figures(d.figures()), true
}

func (o *overview) appendFigure(dst []byte, i int, f figures, ok bool) []byte {
	if !ok {
		return append(dst, dash...)
	}
	if optimizations[i].share {
		return format.AppendPercent(dst, optimizations[i].figure(f))
	}
	return format.AppendPer(dst, optimizations[i].figure(f))
}

func (o *overview) switchRow(a area, v *view, i int, t switchTable) {
	opt := &optimizations[i]
	accent := switchStyles[i]
	switchBox(a, v, i, true)
	if t.about > 0 {
		a.text(t.about, 0, opt.about, styleDim)
	}
	metric := opt.metric
	if t.shortMetric {
		metric = opt.short
	}
	a.text(t.metric, 0, metric, styleDim)

	config := v.snap.Config
	if opt.share {
		for slot, kind := range session.PoolKinds() {
			with := config.Optimizations
			with.Pool = kind
			o.slot(a, v, t.slots[slot], kind.String(), i, with, accent)
		}
		return
	}
	var known [2]float64
	both, changeStyle := true, styleDim
	for slot, on := range [...]bool{false, true} {
		with := opt.set(config.Optimizations, on)
		f, ok := o.slot(a, v, t.slots[slot], onOff(on), i, with, accent)
		if !ok && with != config.Optimizations {
			if f, ok = o.earlier(v, opt); ok {
				o.buf = o.appendFigure(o.buf[:0], i, f, true)
				at := t.slots[slot]
				a.bytesRight(at.from+at.size, 0, o.buf, styleFaint)
				changeStyle = styleFaint
			}
		}
		known[slot] = opt.figure(f)
		both = both && ok
	}
	o.buf = append(o.buf[:0], dash...)
	if both {
		o.buf = appendChange(o.buf[:0], known[0], known[1])
	}
	at := t.slots[2]
	a.text(at.from+1, 0, "change", styleFaint)
	a.bytesRight(at.from+at.size, 0, o.buf, changeStyle)
}

// earlier returns the figures of a switch's other position as they were measured
// while other switches were set otherwise: only where these did not matter, which
// shows in the figure of the present position being the same then and now.
func (o *overview) earlier(v *view, opt *optimization) (figures, bool) {
	const same = 0.01
	now, ok := v.measured.with(v.footing.key, v.snap.Config.Optimizations)
	if !ok {
		return figures{}, false
	}
	then, other, ok := v.measured.earlier(v.footing.key, opt)
	if !ok || math.Abs(opt.figure(then)-opt.figure(now)) > same*opt.figure(now) {
		return figures{}, false
	}
	return v.figures(other), true
}

// appendChange appends by how many percent b is more or less than a.
func appendChange(dst []byte, a, b float64) []byte {
	change := ratio(b-a, a) * 100
	switch {
	case change != change:
		return append(dst, dash...)
	case change > -0.5 && change < 0.5:
		change = 0
	case change > 0:
		dst = append(dst, '+')
	default:
		dst = append(dst, "−"...)
		change = -change
	}
	return append(strconv.AppendFloat(dst, change, 'f', 0, 64), " %"...)
}

// slot draws one position of a switch: its label and the figure measured in it,
// which it returns. As long as the position in force is not measured under a load that
// is level, its present figure is drawn without its colour, and is not returned.
func (o *overview) slot(a area, v *view, at stretch, label string, i int, with session.Optimizations, accent style) (figures, bool) {
	f, ok := v.measured.with(v.footing.key, with)
	f = v.figures(f)
	shown, known := f, ok
	labelStyle, valueStyle := styleFaint, styleDim
	if with == v.snap.Config.Optimizations {
		labelStyle, valueStyle = styleText, accent
		level := v.footing.level(v.at)
		if level {
			ok = ok && v.footing.steady(v.at) >= minSteady
		}
		if !ok {
			valueStyle = styleText
		}
		if level && !ok {
			shown, known = o.current(v)
		}
	}
	a.text(at.from+1, 0, label, labelStyle)
	o.buf = o.appendFigure(o.buf[:0], i, shown, known)
	a.bytesRight(at.from+at.size, 0, o.buf, valueStyle)
	return f, ok
}

// drawStages draws where a session's time goes.
func (o *overview) drawStages(a area, v *view) {
	title := "where a session's time goes"
	in := a.box(title)
	d, ok := v.history.between(v.at, v.window)
	if in.h < 1 || in.w < 30 {
		return
	}
	names := [numStages]string{"handshake", "create", "seal", "open", "close"}
	styles := [numStages]style{styleHandshake, styleHKDF, styleSeal, styleOpen, styleClose}
	var mean [numStages]float64
	sum, longest := 0.0, 0.0
	for i := range mean {
		mean[i] = nan
		if ok {
			mean[i] = d.stagePerSession(i)
		}
		sum += mean[i]
		longest = max(longest, mean[i])
	}
	if sum == sum {
		o.buf = append(format.AppendDuration(o.buf[:0], sum), "/session"...)
		a.boxNote(title, a.noteEnd(), o.buf, styleFaint)
	}
	const valueWidth, shareWidth = 10, 8
	nameWidth := 11
	o.name = append(o.name[:0], names[stageHandshake]...)
	if c := &v.snap.Config; c.Handshake != load.HandshakeNone && in.w >= wideStages {
		nameWidth = 17
		o.name = appendSetShare(append(o.name, ' '), c.HandshakeShare)
	}
	bar := in.w - 2 - nameWidth - valueWidth - shareWidth
	for i := range mean {
		y := i
		if i == stageHandshake {
			in.bytes(1, y, o.name, styleDim)
		} else {
			in.text(1, y, names[i], styleDim)
		}
		drawBar(in.sub(rect{1 + nameWidth, y, bar, 1}), ratio(mean[i], longest), styles[i], v.ascii)
		o.buf = format.AppendDuration(o.buf[:0], mean[i])
		x := in.w - 1 - shareWidth
		in.bytesRight(x, y, o.buf, styleText)
		o.buf = format.AppendPercent(o.buf[:0], ratio(mean[i], sum))
		in.bytesRight(in.w-1, y, o.buf, styleDim)
	}
}
