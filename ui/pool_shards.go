package ui

import (
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// shardSum is what several shards come to.
type shardSum struct {
	n                    int
	live, free, capacity float64
	hits, misses         float64
}

// sumShards adds up shards, the counters from those before on.
func sumShards(now, before []shardState) (t shardSum) {
	t.n = len(now)
	for i := range now {
		s := &now[i]
		t.live += float64(s.live)
		t.free += float64(s.free)
		t.capacity += float64(s.capacity)
		if before != nil {
			t.hits += float64(s.hits - before[i].hits)
			t.misses += float64(s.misses - before[i].misses)
		}
	}
	return t
}

// shardBars says how n shards of a manager share a row of w cells: all of it, and where
// there are more shards than cells, several to a bar.
type shardBars struct{ w, group, n int }

func shardBarsOf(n, w int) shardBars {
	if n <= 0 || w <= 0 {
		return shardBars{w: w, group: 1}
	}
	group := (n + w - 1) / w
	return shardBars{w, group, (n + group - 1) / group}
}

// from returns the cell where a bar begins. Bars stand equally far apart where that
// leaves little of the row empty.
func (b shardBars) from(bar int) int {
	const little = 8 // an eighth
	if step := b.w / b.n; b.w-step*b.n <= b.w/little {
		return bar * step
	}
	return bar * b.w / b.n
}

// dots returns how many dots across each bar has: all but a gap.
func (b shardBars) dots() int {
	if cells := b.w / b.n; cells > 1 {
		return (cells - 1) * dotsAcross
	}
	return 1
}

// drawShards draws a bar for each shard of either manager: the sessions that it holds
// and on top of them its free slots, and below it how many of its gets missed.
func (p *poolPage) drawShards(a area, v *view) {
	const title = "shards"
	in := a.box(title)
	if in.h < 6 || in.w < axisWidth+12 {
		return
	}
	now, from := p.known.at(v)
	if now == nil {
		t := "not looked at yet"
		if v.frozen || v.cursor {
			t = "not looked at, at that time"
		}
		in.text(1, 0, t, styleDim)
		return
	}
	managers := [...][]shardState{now.shards[:now.first], now.shards[now.first:]}
	var before [len(managers)][]shardState
	if from != nil && len(from.shards) == len(now.shards) {
		before = [...][]shardState{from.shards[:now.first], from.shards[now.first:]}
	}
	width := in.w - axisWidth - 1
	bars := shardBarsOf(max(len(managers[0]), len(managers[1])), width)
	p.shardNotes(a, v, title, bars, now)

	top := 0.0
	for _, all := range managers {
		for k := 0; k < len(all); k += bars.group {
			s := sumShards(all[k:min(k+bars.group, len(all))], nil)
			top = max(top, (s.live+s.free)/float64(s.n))
		}
	}
	high := p.scales[scaleShards].fit(top, 4)
	half := split(in.h, 2)
	for i, name := range [...]string{"initiator", "responder"} {
		p.drawManager(in.sub(rect{0, half[i].from, in.w, half[i].size}), v, name, managers[i], before[i], bars, high)
	}
}

// shardNotes says in the border what the bars are.
func (p *poolPage) shardNotes(a area, v *view, title string, bars shardBars, now *shardList) {
	end := a.noteEnd()
	p.buf = format.AppendCount(p.buf[:0], uint64(len(now.shards)))
	if bars.group > 1 {
		p.buf = append(p.buf, ", mean of "...)
		p.buf = append(format.AppendCount(p.buf, uint64(bars.group)), " a bar"...)
	}
	end = a.boxNote(title, end, p.buf, styleFaint)
	if v.snap.Pool.Kind == session.PoolFreeList {
		end = a.boxNote(title, end, append(p.buf[:0], "free"...), stylePool)
	}
	a.boxNote(title, end, append(p.buf[:0], "live"...), styleSessions)
	y := a.h - 1
	if c := now.shards[0].capacity; c > 0 {
		p.buf = format.AppendExact(append(p.buf[:0], "capacity of a shard "...), uint64(c))
		if columnsOfBytes(p.buf)+6 <= a.w {
			a.set(2, y, ' ', styleBorder)
			a.set(a.bytes(3, y, p.buf, styleFaint), y, ' ', styleBorder)
		}
	}
}

// drawManager draws the shards of one manager.
func (p *poolPage) drawManager(a area, v *view, name string, now, before []shardState, bars shardBars, high float64) {
	sum := sumShards(now, before)
	x := a.text(1, 0, name, styleText) + 2
	put := func(label string, s style) {
		if x+columnsOf(label)+columnsOfBytes(p.buf)+1 <= a.w-1 {
			x = a.bytes(a.text(x, 0, label, styleDim)+1, 0, p.buf, s) + 2
		}
	}
	p.buf = padLeft(format.AppendCount(p.buf[:0], uint64(sum.live)), 0, 5)
	put("live", styleSessions)
	if v.snap.Pool.Kind == session.PoolFreeList {
		p.buf = padLeft(format.AppendCount(p.buf[:0], uint64(sum.free)), 0, 5)
		put("free", stylePool)
	}
	if a.w >= 60 {
		p.buf = padLeft(format.AppendPercent(p.buf[:0], ratio(sum.misses, sum.hits+sum.misses)), 0, 7)
		put("missed", styleAllocs)
	}

	stack := a.sub(rect{0, 1, a.w, a.h - 2})
	plot := stack.valueAxis()
	p.buf = format.AppendTick(p.buf[:0], high)
	stack.tick(0, p.buf)
	if stack.h > 1 {
		stack.tick(stack.h-1, append(p.buf[:0], '0'))
	}
	row := a.sub(rect{0, a.h - 1, a.w, 1})
	row.bytesRight(axisWidth, 0, append(p.buf[:0], "miss"...), styleFaint)
	row.set(axisWidth, 0, '│', styleBorder)
	below := row.sub(rect{axisWidth + 1, 0, a.w - axisWidth - 1, 1})

	for i := range p.bars {
		p.bars[i].ys = p.bars[i].ys[:0]
	}
	p.misses = p.misses[:0]
	for bar := range min(bars.n, (len(now)+bars.group-1)/bars.group) {
		s := bars.sum(bar, now, before)
		live, free, miss := s.live/float64(s.n), s.free/float64(s.n), ratio(s.misses, s.hits+s.misses)
		for x := range bars.from(bar+1) - bars.from(bar) {
			for d := range dotsAcross {
				l, f := nan, nan
				if dot := x*dotsAcross + d; dot < bars.dots() {
					l, f = live, free
				}
				p.bars[0].ys, p.bars[1].ys = append(p.bars[0].ys, l), append(p.bars[1].ys, f)
			}
			if x*dotsAcross >= bars.dots() {
				miss = nan
			}
			p.misses = append(p.misses, miss)
		}
	}
	drawStack(plot, p.bars[:], high, v.theme.patterns, v.ascii)
	drawSpark(below, p.misses, 1, styleAllocs, v.ascii)
	p.shardFigures(below, now, before, bars)
}

// sum returns what the shards of a bar come to.
func (b shardBars) sum(bar int, now, before []shardState) shardSum {
	from, end := bar*b.group, min((bar+1)*b.group, len(now))
	if before == nil {
		return sumShards(now[from:end], nil)
	}
	return sumShards(now[from:end], before[from:end])
}

// shardFigures writes the share of the misses in percent under bars that are wide
// enough, in place of the columns.
func (p *poolPage) shardFigures(a area, now, before []shardState, bars shardBars) {
	const figure = 4 // 100%
	if bars.n == 0 || bars.w/bars.n < figure+1 {
		return
	}
	for bar := range min(bars.n, len(now)) {
		s := bars.sum(bar, now, before)
		x := bars.from(bar)
		cell := a.sub(rect{x, 0, bars.from(bar+1) - x, 1})
		cell.fill(' ', styleText)
		p.buf = append(p.buf[:0], dash...)
		if n := s.hits + s.misses; n > 0 {
			p.buf = append(format.AppendCount(p.buf[:0], uint64(s.misses/n*100+0.5)), '%')
		}
		cell.bytes(0, 0, p.buf, styleAllocs)
	}
}
