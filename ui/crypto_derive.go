package ui

import (
	"math"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// bucketQuantile returns the time that the share q of the samples in the buckets does
// not exceed, taking those of a bucket to lie evenly in it; NaN where there is none.
func bucketQuantile(counts *[load.NumTimeBuckets]uint64, q float64) float64 {
	total := uint64(0)
	for _, n := range counts {
		total += n
	}
	want := q * float64(total)
	before := 0.0
	for i, n := range counts {
		if n == 0 {
			continue
		}
		if before+float64(n) >= want {
			low, high := load.TimeBucket(i)
			if i == load.NumTimeBuckets-1 {
				return float64(low) // and more
			}
			return float64(low) + (want-before)/float64(n)*float64(high-low)
		}
		before += float64(n)
	}
	return nan
}

// bucketPlace returns where a time is on the axis of the buckets, from 0 to their
// number.
func bucketPlace(t time.Duration) float64 {
	for i := range load.NumTimeBuckets {
		low, high := load.TimeBucket(i)
		if t >= high {
			continue
		}
		if i == load.NumTimeBuckets-1 {
			return float64(i)
		}
		return float64(i) + float64(t-low)/float64(high-low)
	}
	return load.NumTimeBuckets
}

// bucketAxis is how buckets of time become columns of a chart: several buckets to a
// column, or several cells, as there is room.
type bucketAxis struct{ first, columns, group, step int }

// axisOf returns an axis of at most that many cells for all buckets that hold anything,
// from one doubling to another and of four of them at least.
func axisOf(counts *[load.NumTimeBuckets]uint64, cells int) bucketAxis {
	const each, least = 4, 4
	low, high := 0, 0
	for i, n := range counts {
		if n == 0 {
			continue
		}
		if high == 0 {
			low = i
		}
		high = i + 1
	}
	low = max((low-1)/each, 0) // doublings
	high = (high + each - 2) / each
	for high-low < least {
		if low > 0 {
			low--
		}
		if high-low < least {
			high++
		}
	}
	x := bucketAxis{first: 1 + low*each}
	if low == 0 {
		x.first = 0
	}
	n := min(1+high*each, load.NumTimeBuckets) - x.first
	x.group = max((n+cells-1)/max(cells, 1), 1)
	x.columns = (n + x.group - 1) / x.group
	x.step = max(cells/x.columns, 1)
	return x
}

// place returns the cell of a time, in ns.
func (x bucketAxis) place(ns float64) int {
	at := (bucketPlace(time.Duration(ns)) - float64(x.first)) / float64(x.group) * float64(x.step)
	return int(min(max(at, 0), float64(x.columns*x.step-1)))
}

// deriveTicks are the moments that the axis names: all of them where there is room, or
// else the powers of ten, so that they stand at even distances.
var deriveTicks = [...]time.Duration{
	200 * time.Nanosecond, 500 * time.Nanosecond,
	time.Microsecond, 2 * time.Microsecond, 5 * time.Microsecond,
	10 * time.Microsecond, 20 * time.Microsecond, 50 * time.Microsecond,
	100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond, time.Millisecond,
}

// deriveDecade is the first of them that is a power of ten.
const deriveDecade = 2

// drawDerive draws how long the key schedule of one end took, as a histogram over the
// window with a logarithmic axis of time.
func (p *crypto) drawDerive(a area, v *view) {
	title := "time per derivation"
	if a.w < 56 {
		title = "derivation"
	}
	in := a.box(title)
	if in.h < 2 || in.w < load.NumTimeBuckets/4+axisWidth {
		return
	}
	counts, total := &p.tally.derive, uint64(0)
	for _, n := range counts {
		total += n
	}
	if every := v.snap.Sampled.Every; every > 0 {
		p.buf = format.AppendCount(p.buf[:0], total)
		p.buf = format.AppendCount(append(p.buf, " samples, 1 in "...), uint64(every))
		if columnsOfBytes(p.buf)+columnsOf(title)+6 > a.noteEnd() {
			p.buf = format.AppendCount(p.buf[:0], total)
			p.buf = format.AppendCount(append(p.buf, ", 1 in "...), uint64(every))
		}
		a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	}
	if !p.tally.ok || total == 0 {
		in.text(1, 0, fitWords("none timed in the window", in.w-1), styleDim)
		return
	}

	p50, p99 := bucketQuantile(counts, 0.5), bucketQuantile(counts, 0.99)
	if in.h >= 4 {
		x := 1
		for _, q := range [...]struct {
			name string
			v    float64
		}{{"p50", p50}, {"p99", p99}} {
			p.buf = padLeft(format.AppendDuration(p.buf[:0], q.v), 0, 7)
			x = in.bytes(in.text(x, 0, q.name, styleDim)+1, 0, p.buf, styleHKDF) + 3
		}
		in = in.sub(rect{0, 1, in.w, in.h - 1})
	}
	x := axisOf(&v.snap.Sampled.DeriveBuckets, in.w-axisWidth-1)
	p.ys = p.ys[:0]
	top := 0.0
	for c := range x.columns {
		n := uint64(0)
		for _, k := range counts[x.first+c*x.group : min(x.first+(c+1)*x.group, load.NumTimeBuckets)] {
			n += k
		}
		y := nan
		if n > 0 {
			y = float64(n) / float64(total)
			top = max(top, y)
		}
		for range x.step {
			p.ys = append(p.ys, y)
		}
	}
	high := min(p.scales[scaleDerive].fit(top*100, 1)/100, 1)
	plot := in.valueAxis()
	p.buf = append(format.AppendTick(p.buf[:0], high*100), '%')
	in.tick(0, p.buf)
	if in.h > 1 {
		in.tick(in.h-1, append(p.buf[:0], "0%"...))
	}
	drawSpark(plot, p.ys, high, styleHKDF, v.ascii)
	p.notes = append(p.notes[:0], note{x.place(p50), "p50"}, note{x.place(p99), "p99"})
	drawNotes(plot, p.notes)

	if !p.deriveAxis(a, x, 1, false) {
		p.deriveAxis(a, x, 3, true)
		return
	}
	p.deriveAxis(a, x, 1, true)
}

// deriveAxis names every so many of the moments in the lower border, if draw is set, and
// tells whether there is room between those names.
func (p *crypto) deriveAxis(a area, x bucketAxis, every int, draw bool) bool {
	y, end := a.h-1, 0
	for i := deriveDecade % every; i < len(deriveTicks); i += every {
		t := deriveTicks[i]
		p.buf = format.AppendDecade(p.buf[:0], float64(t))
		w := columnsOfBytes(p.buf)
		from := 1 + axisWidth + 1 + x.place(float64(t)) - w/2
		if at := bucketPlace(t); at < float64(x.first) || at >= float64(x.first+x.columns*x.group) || from+w >= a.w-1 {
			continue
		}
		if from <= end {
			return false
		}
		end = from + w
		if draw {
			a.set(from-1, y, ' ', styleBorder)
			a.set(a.bytes(from, y, p.buf, styleFaint), y, ' ', styleBorder)
		}
	}
	return true
}

// drawShares draws where the time of a session's life goes, by stage.
func (p *crypto) drawShares(a area, v *view) {
	const title = "time by stage"
	in := a.box(title)
	p.drawView(a)
	if in.h < numStages || in.w < 30 {
		return
	}
	p.buf = format.AppendSpan(append(p.buf[:0], "wall time of the calls, last "...), v.window)
	if columnsOfBytes(p.buf)+columnsOf(title)+8 > a.w {
		p.buf = format.AppendSpan(append(p.buf[:0], "last "...), v.window)
	}
	a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	const name, share, each, cpu = 11, 8, 10, 9
	end := in.w - 1
	cpuEnd, eachEnd := 0, end
	if in.w >= 40 {
		cpuEnd = end
		eachEnd -= cpu
	}
	shareEnd := eachEnd - each
	bar := rect{1 + name, 0, max(shareEnd-share-name-2, 0), 1}
	in.textRight(shareEnd, 0, "share", styleFaint)
	in.textRight(eachEnd, 0, "/session", styleFaint)
	if cpuEnd > 0 {
		in.textRight(cpuEnd, 0, "of CPU", styleFaint)
	}
	d, ok := v.history.between(v.at, v.window)
	now, known := v.history.between(v.at, recent)
	var spent [numStages]float64
	sum, most := 0.0, 0.0
	for i := range spent {
		spent[i] = nan
		if ok {
			spent[i] = float64(d.to.stages[i] - d.from.stages[i])
		}
		sum += spent[i]
		most = max(most, spent[i])
	}
	if cpuEnd > 0 {
		p.sayUnknownCPU(a, v, now, known)
	}
	for i, s := range stageStyles {
		row := in.sub(rect{0, 1 + i, in.w, 1})
		row.text(1, 0, stageNames[i], styleDim)
		drawBar(row.sub(bar), ratio(spent[i], most), s, v.ascii)
		p.buf = format.AppendPercent(p.buf[:0], ratio(spent[i], sum))
		row.bytesRight(shareEnd, 0, p.buf, styleText)
		per := nan
		if ok {
			per = d.stagePerSession(i)
		}
		p.buf = format.AppendDuration(p.buf[:0], per)
		row.bytesRight(eachEnd, 0, p.buf, styleDim)
		if cpuEnd > 0 {
			p.buf = format.AppendPercent(p.buf[:0], ofCPU(v, now, known, i))
			row.bytesRight(cpuEnd, 0, p.buf, styleDim)
		}
	}
}

// ofCPU returns what share of the processor time that the process uses now is spent in
// the calls of a stage. Calls are timed by the clock: those of a handshake that waits for
// the network tell nothing of that, and where all together take more than the processor
// time that there was, as they do when they are held up, none is known.
func ofCPU(v *view, now delta, known bool, stage int) float64 {
	used := v.snap.Process.CPUPercent / 100 * now.elapsed.Seconds()
	first := stageHandshake
	if v.snap.Config.Transport == load.TransportHTTP {
		first = stageCreate
	}
	if !known || used <= 0 || stage < first {
		return nan
	}
	var busy, all time.Duration
	for i := first; i < numStages; i++ {
		spent := now.to.stages[i] - now.from.stages[i]
		all += spent
		if i == stage {
			busy = spent
		}
	}
	if all.Seconds() > used {
		return nan
	}
	return busy.Seconds() / used
}

// Why the share of the processor is not known: of handshakes, or of any call.
var (
	awayTexts = [...]string{"handshakes wait for the network, not for the CPU", "handshakes wait for the network", "handshakes wait"}
	heldTexts = [...]string{"calls are held up: what they take of the CPU is not known", "calls are held up, CPU not known", "calls are held up"}
)

// sayUnknownCPU says in the lower border why there is no share of the processor time.
func (p *crypto) sayUnknownCPU(a area, v *view, now delta, known bool) {
	texts := &awayTexts
	switch {
	case !known || v.snap.Process.CPUPercent <= 0:
		return
	case math.IsNaN(ofCPU(v, now, known, stageCreate)):
		texts = &heldTexts
	case !math.IsNaN(ofCPU(v, now, known, stageHandshake)):
		return
	}
	y, room := a.h-1, a.w-3-viewRoom
	for _, t := range texts {
		if columnsOf(t) <= room {
			a.set(2, y, ' ', styleBorder)
			a.set(a.text(3, y, t, styleFaint), y, ' ', styleBorder)
			return
		}
	}
}

var (
	stageNames  = [numStages]string{"handshake", "create", "seal", "open", "close"}
	stageStyles = [numStages]style{styleHandshake, styleHKDF, styleSeal, styleOpen, styleClose}
)
