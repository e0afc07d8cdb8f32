package ui

import (
	"strconv"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// reuseRows says how the classes of reuse share some rows: those of which nothing had
// been used before have the first, and so many classes each of the others.
type reuseRows struct{ rows, each int }

// leastReuseRows are shown even if nothing was used that often: so the first minute does
// not grow row by row.
const leastReuseRows = 8

// reuseRowsOf makes rows for the classes up to last, at most so many. Those above are
// left out: as a class that ever occurred stays, rows are added and never go.
func reuseRowsOf(last, rows int) reuseRows {
	r := reuseRows{each: 1}
	if rows < 2 {
		return r
	}
	for r.each*(rows-1) < last {
		r.each++
	}
	up := func(classes int) int { return 1 + (classes+r.each-1)/r.each }
	r.rows = min(rows, max(up(last), leastReuseRows), up(load.NumReuseClasses-1))
	return r
}

// classes returns the first and the last class of a row.
func (r reuseRows) classes(row int) (low, high int) {
	if row == 0 {
		return 0, 0
	}
	low = 1 + (row-1)*r.each
	return low, min(low+r.each, load.NumReuseClasses) - 1
}

func (r reuseRows) sum(row int, counts *[load.NumReuseClasses]uint64) uint64 {
	low, high := r.classes(row)
	n := uint64(0)
	for _, c := range counts[low : high+1] {
		n += c
	}
	return n
}

// appendBinary appends a bound of a class, a power of two or one less, in its unit.
func appendBinary(dst []byte, n uint64, unit string) []byte {
	switch unit {
	case "Ki":
		n = (n + 1) >> 10
	case "Mi":
		n = (n + 1) >> 20
	}
	return strconv.AppendUint(dst, n, 10)
}

func binaryUnit(n uint64) string {
	switch {
	case n+1 >= 1<<20:
		return "Mi"
	case n >= 1<<10:
		return "Ki"
	}
	return ""
}

// appendReuse appends how often the slots of a row had been used.
func appendReuse(dst []byte, r reuseRows, row int) []byte {
	first, last := r.classes(row)
	low, _ := load.ReuseBounds(first)
	_, high := load.ReuseBounds(last)
	unit, end := binaryUnit(uint64(low)), binaryUnit(uint64(high))
	dst = appendBinary(dst, uint64(low), unit)
	switch {
	case last == load.NumReuseClasses-1:
		return append(append(dst, unit...), '+')
	case low == high:
		return dst
	case unit != end:
		dst = append(dst, unit...)
	}
	dst = append(dst, "–"...)
	return append(appendBinary(dst, uint64(high), end), end...)
}

// drawReuse draws how often the storage of the sessions had been used before: of those
// created in the window, and of all.
func (p *poolPage) drawReuse(a area, v *view) {
	const title = "slot reuse"
	in := a.box(title)
	if in.h < 3 || in.w < 26 {
		return
	}
	in = in.sub(rect{1, 0, in.w - 2, in.h})
	all := &v.snap.Pool.ByReuse
	last := 0
	sums := [2]float64{}
	ok := p.tally.ok
	for i, n := range all {
		if n > 0 {
			last = i
		}
		sums[0] += float64(p.tally.reuse[i])
		sums[1] += float64(n)
	}
	if !ok {
		sums[0] = nan
	}
	p.buf = append(format.AppendCount(p.buf[:0], uint64(sums[1])), " sessions"...)
	a.boxNote(title, a.noteEnd(), p.buf, styleFaint)

	const label, count, share = 9, 6, 8
	// From the right: the share of all, their count, that in the window, its share.
	total := in.w
	counted, recounted := 0, 0
	x := total - share
	if in.w >= 52 {
		counted = x
		x -= count
	}
	within := x - 1
	x = within - share
	if in.w >= 42 {
		recounted = x
		x -= count
	}
	bar := rect{label + 1, 0, max(x-label-2, 0), 1}

	in.text(0, 0, "uses before", styleFaint)
	in.textRight(total, 0, "in total", styleFaint)
	p.buf = format.AppendSpan(append(p.buf[:0], "last "...), v.window)
	in.bytesRight(within, 0, p.buf, styleFaint)

	rows := reuseRowsOf(last, in.h-1)
	most := 0.0
	for row := range rows.rows {
		most = max(most, float64(rows.sum(row, &p.tally.reuse)))
	}
	for row := range rows.rows {
		line := in.sub(rect{0, 1 + row, in.w, 1})
		p.buf = appendReuse(p.buf[:0], rows, row)
		s := styleDim
		now, ever := rows.sum(row, &p.tally.reuse), rows.sum(row, all)
		if ever == 0 {
			s = styleFaint
		}
		line.bytesRight(label, 0, p.buf, s)
		accent := stylePool
		if row == 0 {
			accent = styleAllocs
		}
		if ok {
			drawBar(line.sub(bar), ratio(float64(now), most), accent, v.ascii)
		}
		figure := func(end int, of func([]byte) []byte, s style) {
			if end > 0 {
				p.buf = of(p.buf[:0])
				line.bytesRight(end, 0, p.buf, s)
			}
		}
		figure(recounted, func(dst []byte) []byte {
			if !ok {
				return append(dst, dash...)
			}
			return format.AppendCount(dst, now)
		}, s)
		figure(within, func(dst []byte) []byte { return format.AppendPercent(dst, ratio(float64(now), sums[0])) }, s)
		figure(counted, func(dst []byte) []byte { return format.AppendCount(dst, ever) }, s)
		figure(total, func(dst []byte) []byte { return format.AppendPercent(dst, ratio(float64(ever), sums[1])) }, s)
	}
}
