package ui

import (
	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// poolCounts are the counters of the pool, as the table has them.
var poolCounts = [...]struct {
	name  string
	of    func(*counters) uint64
	total func(*load.Pool) uint64
	s     style
}{
	{"gets", countGets, func(p *load.Pool) uint64 { return p.Gets }, styleText},
	{"hits", countHits, func(p *load.Pool) uint64 { return p.Hits }, stylePool},
	{"misses", countMisses, func(p *load.Pool) uint64 { return p.Misses }, styleAllocs},
	{"puts", countPuts, func(p *load.Pool) uint64 { return p.Puts }, styleText},
	{"drops", countPoolDrops, func(p *load.Pool) uint64 { return p.Drops }, styleText},
}

// drawState draws what the pool is set to and holds, and the table of what it did.
func (p *poolPage) drawState(a area, v *view) {
	in := a.box("pool")
	if in.h < len(poolCounts)+4 || in.w < 26 {
		return
	}
	in = in.sub(rect{1, 0, in.w - 2, in.h})
	const value = 10 // where values begin
	roomy := in.w >= 36
	keys := func(y int, t string) { // which keys change the line
		if roomy {
			in.textRight(in.w, y, t, styleKey)
		}
	}

	lines := in.h - len(poolCounts) - 1 // but for the table
	p.drawKinds(in, v, roomy)
	keys(0, "k")

	y := 1
	in.text(0, y, "capacity", styleDim)
	less := in.sub(rect{value - 1, y, 3, 1})
	less.text(1, 0, "[", styleKey)
	less.hit(hitKnob, knobLess)
	p.buf = format.AppendExact(p.buf[:0], uint64(v.snap.Config.PoolCapacity))
	const figure = 9 // as many cells as the greatest takes
	in.bytesRight(value+1+figure, y, p.buf, styleStrong)
	more := in.sub(rect{value + figure + 1, y, 3, 1})
	more.text(1, 0, "]", styleKey)
	more.hit(hitKnob, knobMore)
	if roomy {
		in.text(value+figure+4, y, "each manager", styleFaint)
	}

	y++
	in.text(0, y, "in flight", styleDim)
	p.buf = format.AppendCount(p.buf[:0], v.snap.Pool.InFlight)
	x := value + 6
	in.bytesRight(x, y, p.buf, styleSessions)
	if lines >= 4 {
		y++
		x = value + 6
		in.text(0, y, "free", styleDim)
	} else {
		in.text(x+2, y, "free", styleDim)
		x += 13
	}
	p.buf = append(p.buf[:0], dash...)
	list := v.snap.Pool.Kind == session.PoolFreeList
	if list {
		p.buf = format.AppendCount(p.buf[:0], uint64(max(v.snap.Pool.Free, 0)))
	}
	in.bytesRight(x, y, p.buf, stylePool)
	if list && in.w >= x+12 {
		p.buf = format.AppendCount(append(p.buf[:0], "of "...), uint64(max(v.snap.Pool.Capacity, 0)))
		in.bytes(x+1, y, p.buf, styleFaint)
	} else if !list && lines >= 4 && in.w >= x+14 {
		in.text(x+1, y, poolFree[v.snap.Pool.Kind], styleFaint)
	}

	y++
	spare := in.h - y - 1 - len(poolCounts) - 1 // with the hit ratio
	if spare > 0 {
		y++
	}
	p.drawCounts(in.sub(rect{0, y, in.w, in.h - y}), v)
}

// poolFree says why nobody knows how many slots are free.
var poolFree = map[session.PoolKind]string{
	session.PoolNone: "no pool", session.PoolSync: "the runtime's",
}

// drawKinds draws the kinds of pool, each to be clicked, with the one in force marked.
func (p *poolPage) drawKinds(in area, v *view, roomy bool) {
	x, gap := 0, 1
	if roomy { // or else the kinds say what they are
		in.text(0, 0, "kind", styleDim)
		x = 10
	}
	for i, kind := range session.PoolKinds() {
		mark, s := '○', styleOff
		if kind == v.snap.Config.Optimizations.Pool {
			mark, s = '●', styleOn
		}
		from := x
		in.set(x, 0, mark, s)
		x = in.text(x+2, 0, kind.String(), s)
		in.sub(rect{from, 0, x - from, 1}).hit(hitKnob, i)
		x += gap
	}
}

// drawCounts draws the table of the counters, now and in total, and in the last row
// of what the share of the hits is.
func (p *poolPage) drawCounts(a area, v *view) {
	now, total := 20, a.w
	if a.w >= 44 { // a third of the room for each
		now, total = a.w/2, a.w
	}
	if a.w < 34 {
		now = a.w - 11
	}
	a.textRight(now, 0, "now", styleFaint)
	a.textRight(total, 0, "in total", styleFaint)
	d, ok := v.history.between(v.at, recent)
	pool := &v.snap.Pool
	for i := range poolCounts {
		c := &poolCounts[i]
		a.text(0, 1+i, c.name, styleDim)
		p.buf = append(p.buf[:0], dash...)
		if ok {
			p.buf = format.AppendRate(p.buf[:0], d.rate(c.of))
		}
		a.bytesRight(now, 1+i, p.buf, c.s)
		p.buf = format.AppendExact(p.buf[:0], c.total(pool))
		if columnsOfBytes(p.buf) > total-now-1 {
			p.buf = format.AppendCount(p.buf[:0], c.total(pool))
		}
		a.bytesRight(total, 1+i, p.buf, styleText)
	}
	y := len(poolCounts) + 1
	if y >= a.h {
		return
	}
	if y+1 < a.h {
		y++
	}
	name := "hit ratio"
	if a.w < 34 {
		name = "ratio"
	}
	a.text(0, y, name, styleDim)
	share := nan
	if ok {
		share = hitShare(d)
	}
	p.buf = format.AppendPercent(p.buf[:0], share)
	a.bytesRight(now, y, p.buf, stylePool)
	p.buf = format.AppendPercent(p.buf[:0], ratio(float64(pool.Hits), float64(pool.Gets)))
	a.bytesRight(total, y, p.buf, styleText)
}

// hitShare is the share of gets that the pool could serve; with no pool there is none.
func hitShare(d delta) float64 {
	return ratio(float64(d.to.hits-d.from.hits), float64(d.to.gets-d.from.gets))
}

// drawMiss draws what it costs that the pool has no slot: the creations of either
// kind that were timed, and the difference.
func (p *poolPage) drawMiss(a area, v *view) {
	const title = "what a miss costs"
	in := a.box(title)
	if in.h < 4 || in.w < 26 {
		return
	}
	s := &v.snap.Sampled
	if s.Every > 0 {
		p.buf = format.AppendCount(append(p.buf[:0], "over the run, 1 in "...), uint64(s.Every))
		if columnsOfBytes(p.buf)+columnsOf(title)+8 > a.w {
			p.buf = format.AppendCount(append(p.buf[:0], "1 in "...), uint64(s.Every))
		}
		a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	}
	in = in.sub(rect{1, 0, in.w - 2, in.h})
	const name, figure, samples = 5, 8, 7
	figures := [...]struct {
		name string
		of   func(*load.Latency) float64
	}{
		{"mean", func(l *load.Latency) float64 { return float64(l.Mean) }},
		{"p50", func(l *load.Latency) float64 { return float64(l.P50) }},
		{"p99", func(l *load.Latency) float64 { return float64(l.P99) }},
	}
	columns, room := figures[:], in.w-name
	counted := room >= len(figures)*figure+samples
	switch {
	case counted:
		room -= samples
		in.textRight(in.w, 0, "timed", styleFaint)
	case room < len(figures)*figure:
		figures[1] = figures[2] // without the median
		columns = figures[:2]
	}
	each := room / len(columns)
	rows := [...]struct {
		name string
		l    *load.Latency
		s    style
	}{{"hit", &s.CreateHit, stylePool}, {"miss", &s.CreateMiss, styleAllocs}}
	for y, r := range rows {
		in.text(0, 1+y, r.name, styleDim)
		if counted {
			p.buf = format.AppendCount(p.buf[:0], r.l.Count)
			in.bytesRight(in.w, 1+y, p.buf, styleDim)
		}
	}
	in.text(0, 3, "more", styleDim)
	for i, c := range columns {
		end := name + (i+1)*each
		in.textRight(end, 0, c.name, styleFaint)
		var times [len(rows)]float64
		for y, r := range rows {
			times[y] = nan
			if r.l.Count > 0 {
				times[y] = c.of(r.l)
			}
			p.buf = format.AppendDuration(p.buf[:0], times[y])
			in.bytesRight(end, 1+y, p.buf, r.s)
		}
		if i == 0 {
			p.drawMore(in, end, times[1]-times[0], min(s.CreateHit.Count, s.CreateMiss.Count))
		}
	}
	if in.h > 4 {
		p.drawAllocated(in, v)
	}
}

// fewTimed is how many creations of either kind tell nothing yet about their difference.
const fewTimed = 30

// drawMore draws by how much longer a miss takes, in the mean: the difference of two
// percentiles would be that of no creation at all. A difference below zero, or of a few,
// is chance.
func (p *poolPage) drawMore(in area, end int, more float64, timed uint64) {
	if timed >= fewTimed && !(more < 0) {
		p.buf = format.AppendDuration(p.buf[:0], more)
		in.bytesRight(end, 3, p.buf, styleStrong)
		return
	}
	in.textRight(end, 3, dash, styleDim)
	if timed == 0 {
		return
	}
	for _, t := range [...]string{"no more than noise", "just noise", "noise"} {
		if end+2+columnsOf(t) <= in.w {
			in.text(end+2, 3, t, styleFaint)
			return
		}
	}
}

// drawAllocated draws what a session allocates on the heap, whose storage is a part
// of that where it does not come from the pool.
func (p *poolPage) drawAllocated(in area, v *view) {
	in.text(0, 4, "allocated", styleDim)
	d, ok := v.history.between(v.at, recent)
	p.buf = append(p.buf[:0], dash...)
	if ok {
		p.buf = format.AppendBytes(p.buf[:0], d.perSession(countBytes))
		p.buf = append(p.buf, " in "...)
		p.buf = format.AppendPer(p.buf, d.perSession(countObjects))
	}
	p.buf = append(p.buf, " objects/session"...)
	if columnsOfBytes(p.buf)+14 <= in.w {
		p.buf = append(p.buf, " now"...)
	}
	in.bytesRight(in.w, 4, p.buf, styleText)
}
