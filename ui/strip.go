package ui

import (
	"math"
	"strconv"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// strip draws the shape of the load over time: what was offered and achieved so
// far, now, and what lies ahead. While the load is paused nothing is offered, but the
// profile's clock goes on: now moves through the shape, and what is ahead is what will
// be offered if the load goes on by then.
type strip struct {
	shape load.Shape
	of    load.Config // what the shape is of,
	start time.Duration
	made  bool // and whether it is of anything

	cut   columns
	level []float64 // offered, or in the closed model meant to be alive
	ys    []float64
	high  scale
	buf   []byte
	tick  []byte
}

// hasStrip reports whether the load has a shape that is worth drawing.
func hasStrip(c *load.Config) bool { return c.Profile != load.ProfileSteady }

// update makes the shape of a configuration. It is made anew only when there is
// another, since making it allocates.
func (st *strip) update(s *load.Snapshot) {
	if st.made && st.of == s.Config && st.start == s.ProfileStart {
		return
	}
	if st.of.Profile != s.Config.Profile || st.of.Model != s.Config.Model {
		st.high = scale{}
	}
	st.made, st.of, st.start = true, s.Config, s.ProfileStart
	st.shape = s.Config.Shape(s.ProfileStart)
}

const (
	// A strip shows so many periods of a shape that repeats, of which one is past,
	stripPeriods = 3
	// and of one that ends, this part more than the whole.
	stripMargin = 8
	// It is never shorter than this, so that it does not race.
	minStrip = 10 * time.Second
)

// span is the stretch of a shape that a strip shows, in times that count from the
// beginning of the shape.
type span struct {
	from time.Duration // the left border, a multiple of cell
	cell time.Duration
	now  int  // the cell of now
	past bool // whether the beginning has gone by: now stands still, and time moves
}

// spanOf returns what n cells show of a shape with that [load.Shape.Length]. It
// moves by whole cells.
func spanOf(settled, period, now time.Duration, n int) span {
	n = max(n, 1)
	length, place := settled+settled/stripMargin, n-1-n/(stripMargin+1)
	if period > 0 {
		length, place = stripPeriods*period, n/stripPeriods
	}
	cell := max(length, minStrip) / time.Duration(n)
	cell -= cell % dotsAcross
	s := span{cell: cell, now: int(max(now, 0) / cell)}
	if s.now > place {
		s.from = time.Duration(s.now-place) * cell
		s.now, s.past = place, true
	}
	return s
}

// x returns the cell of a time.
func (s *span) x(at time.Duration) int {
	if at < s.from {
		return -1
	}
	return int((at - s.from) / s.cell)
}

// draw draws the strip into a.
func (st *strip) draw(a area, v *view) {
	st.update(v.snap)
	title := "load, sessions/s"
	if st.of.Model == load.Closed {
		title = "load, live pairs"
	}
	in := a.box(title)
	plot := in.valueAxis()
	if plot.w < 3 || plot.h < 1 {
		return
	}
	settled, period := st.shape.Length()
	now := v.at - st.start // what came after the cursor is ahead, too
	sp := spanOf(settled, period, now, plot.w)
	st.collect(v, &sp, plot.w)

	high := st.shape.Highest()
	// What is achieved may stray above by chance: that alone does not halve the
	// rest.
	high = st.high.fit(max(high, highest(st.ys)/1.1), 1)

	st.drawLevels(plot, &sp, high, v.ascii)
	for y := range plot.h {
		plot.set(sp.now, y, '│', styleStrong)
	}
	for _, at := range [...]struct {
		y    int
		part float64
	}{{0, 1}, {in.h - 1, 0}, {in.h / 2, 0.5}} {
		if at.part == 0.5 && (in.h < 5 || in.h%2 == 0) {
			continue
		}
		st.tick = format.AppendTick(st.tick[:0], at.part*high)
		in.tick(at.y, st.tick)
	}
	st.notes(a, title, now, settled, period, v.snap.State == load.Paused)
	st.times(a, &sp, plot.w, v.frozen)
}

// collect gathers the columns: level is what was and will be offered, and ys what
// was achieved, with gaps where that is not known.
func (st *strip) collect(v *view, sp *span, cells int) {
	n, step := cells*dotsAcross, sp.cell/dotsAcross
	c := &st.cut
	c.place(v.history.seriesAt(v.at, sp.cell*time.Duration(cells)), st.start+sp.from, step, n, v.at)
	if st.of.Model == load.Closed {
		st.ys = c.gauge(st.ys[:0], livePairs)
		for i := range st.ys {
			if i/dotsAcross > sp.now {
				st.ys[i] = nan
			}
		}
		st.level = c.gauge(st.level[:0], aimedPairs)
	} else {
		st.ys = c.collect(st.ys[:0], sessionsRate)
		st.level = c.collect(st.level[:0], delta.offeredRate)
	}
	paused := v.snap.State == load.Paused
	for i, level := range st.level {
		// What the history does not tell of the past, the shape does.
		switch cell := i / dotsAcross; {
		case cell == sp.now && paused:
			level = 0
		case cell >= sp.now || math.IsNaN(level):
			from := sp.from + time.Duration(i)*step
			level = (st.shape.Total(from+step) - st.shape.Total(from)) / step.Seconds()
		}
		// A difference of large sums is not exact: what is level must look it.
		st.level[i] = math.Round(level*100) / 100
	}
}

func livePairs(p *point) float64  { return float64(p.live) / 2 }
func aimedPairs(p *point) float64 { return p.aim }

// drawLevels draws what is past as lines, what was achieved over what was offered,
// and what is ahead as dots.
func (st *strip) drawLevels(a area, sp *span, high float64, ascii bool) {
	now := (sp.now + 1) * dotsAcross
	drawLine(a, st.level[:now], high, styleOffered, ascii)
	drawLine(a, st.ys, high, styleSessions, ascii)
	drawDots(a, st.level, now, high, styleAhead, ascii)
}

// notes writes into the upper border where in the shape the load is: as much of it
// as fits.
func (st *strip) notes(a area, title string, now, settled, period time.Duration, paused bool) {
	end := a.noteEnd()
	st.buf = append(st.buf[:0], st.of.Profile.String()...)
	from := len(st.buf)
	over := period == 0 && now >= settled
	switch {
	case paused:
		st.buf = append(st.buf, " · paused"...)
	case over:
		st.buf = st.appendLevel(append(st.buf, " · holds "...), st.shape.At(settled), false)
	default:
		st.buf = st.appendLevel(append(st.buf, " · now "...), st.shape.At(now), true)
		st.buf = st.appendLevel(append(st.buf, " of "...), st.shape.Highest(), false)
	}
	if !over {
		until := len(st.buf)
		st.buf = st.appendNext(append(st.buf, " · "...), now, settled, period)
		if columnsOf(title)+columnsOfBytes(st.buf)+6 > end {
			st.buf = append(st.buf[:from], st.buf[until:]...)
		}
	}
	end = a.boxNote(title, end, st.buf, styleText)
	end = a.boxNote(title, end, append(st.buf[:0], "achieved"...), styleSessions)
	a.boxNote(title, end, append(st.buf[:0], "offered"...), styleOffered)
}

// appendLevel appends a level with its unit, where it changes in a fixed width.
func (st *strip) appendLevel(dst []byte, level float64, changes bool) []byte {
	at := len(dst)
	if st.of.Model == load.Closed {
		dst = append(format.AppendTick(dst, level), " pairs"...)
		if changes {
			dst = padLeft(append(format.AppendCount(dst[:at], uint64(level)), " pairs"...), at, 11)
		}
		return dst
	}
	if changes {
		return padLeft(format.AppendRate(dst, level), at, 8)
	}
	return format.AppendSetRate(dst, level)
}

// appendNext appends what comes next, and when.
func (st *strip) appendNext(dst []byte, now, settled, period time.Duration) []byte {
	if period == 0 {
		return append(appendLeft(dst, settled-now, settled), " left"...)
	}
	in := max(now, 0) % period
	text, at := "peak in ", period/4
	if st.of.Profile == load.ProfileSpike {
		text, at = "next in ", max(period-st.of.SpikeTime, 0)
		if in >= at {
			text, at = "ends in ", period
		}
	} else if in >= at {
		at += period
	}
	return appendLeft(append(dst, text...), at-in, period)
}

// times writes times into the lower border: now, and round ones around it, which
// count from the beginning of the shape while that is shown, and from now when time
// moves.
func (st *strip) times(a area, sp *span, cells int, frozen bool) {
	const left, gap = axisWidth + 2, 2
	y := a.h - 1
	put := func(x int, t []byte, s style) {
		a.set(x-1, y, ' ', styleBorder)
		a.set(a.bytes(x, y, t, s), y, ' ', styleBorder)
	}
	word := "now"
	if frozen {
		word = "frozen"
	}
	nowFrom := min(max(left+sp.now-len(word)/2, 2), a.w-2-len(word))
	nowTo := nowFrom + len(word)
	put(nowFrom, append(st.buf[:0], word...), styleStrong)

	step := roundTime(sp.cell * 16)
	first, last := time.Duration(0), sp.from+sp.cell*time.Duration(cells)
	if sp.past {
		first = -(time.Duration(sp.now) * sp.cell).Truncate(step)
		last = time.Duration(cells-sp.now) * sp.cell
	}
	free := 1 // the first column that no label has taken
	for t := first; t <= last; t += step {
		x := left + sp.x(t)
		st.buf = st.buf[:0]
		switch {
		case !sp.past:
			st.buf = appendTime(st.buf, t)
		case t < 0:
			x = left + sp.now + int(t/sp.cell)
			st.buf = append(appendTime(st.buf, -t), " ago"...)
		case t == 0:
			continue
		default:
			x = left + sp.now + int(t/sp.cell)
			st.buf = appendTime(append(st.buf, "in "...), t)
		}
		n := columnsOfBytes(st.buf)
		x = max(x-n/2, 2)
		if x <= free || x+n+1 >= a.w || x+n+gap > nowFrom && x < nowTo+gap {
			continue
		}
		put(x, st.buf, styleFaint)
		free = x + n + gap
	}
}

// timeSteps are the distances between times on an axis.
var timeSteps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// roundTime returns the smallest step that is not less than d.
func roundTime(d time.Duration) time.Duration {
	for _, step := range timeSteps {
		if step >= d {
			return step
		}
	}
	day := timeSteps[len(timeSteps)-1]
	return (d + day - 1).Truncate(day)
}

// appendTime appends a time in its largest two units, rounded up to whole seconds:
// 8s, 1m 12s, 2h 05m. Zeros that nothing follows are left out: 2m.
func appendTime(dst []byte, d time.Duration) []byte {
	s := int64((max(d, 0) + time.Second - 1) / time.Second)
	big, small, units := s/60, s%60, "ms"
	switch {
	case s < 60:
		return append(strconv.AppendInt(dst, s, 10), 's')
	case s >= 3600:
		big, small, units = s/3600, s/60%60, "hm"
	}
	dst = append(strconv.AppendInt(dst, big, 10), units[0])
	if small == 0 {
		return dst
	}
	dst = append(dst, ' ')
	if small < 10 {
		dst = append(dst, '0')
	}
	return append(strconv.AppendInt(dst, small, 10), units[1])
}

// appendLeft appends how much of a time is left, as appendTime does, but with the
// zeros that keep its width while it becomes less.
func appendLeft(dst []byte, d, of time.Duration) []byte {
	at := len(dst)
	s := int64((max(d, 0) + time.Second - 1) / time.Second)
	if of < time.Minute || s >= 3600 || s >= 60 && s%60 != 0 {
		dst = appendTime(dst, d)
	} else {
		dst = append(strconv.AppendInt(dst, s/60, 10), 'm', ' ')
		dst = append(append(dst, byte('0'+s%60/10), byte('0'+s%10)), 's')
	}
	width := len("59s")
	switch {
	case of >= 10*time.Minute && of < time.Hour, of >= 10*time.Hour:
		width = len("59m 59s")
	case of >= time.Minute:
		width = len("9m 59s")
	}
	return padLeft(dst, at, width)
}

// padLeft moves what was appended to dst since at to the right, so that it takes
// width columns.
func padLeft(dst []byte, at, width int) []byte {
	n := width - columnsOfBytes(dst[at:])
	if n <= 0 {
		return dst
	}
	for range n {
		dst = append(dst, ' ')
	}
	copy(dst[at+n:], dst[at:len(dst)-n])
	for i := range n {
		dst[at+i] = ' '
	}
	return dst
}
