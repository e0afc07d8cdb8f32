package ui

import (
	"strconv"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// classesOf returns how many classes of sizes lie between the smallest and the largest
// that occurred, both included.
func classesOf(c *load.SizeClasses) int {
	low, high := classRange(c)
	return high - low + 1
}

// classRange returns the first and the last class that occurred; the last is less than
// the first if none did.
func classRange(c *load.SizeClasses) (low, high int) {
	low, high = 0, -1
	for i := range c {
		if c[i].Seal.Count == 0 && c[i].Open.Count == 0 {
			continue
		}
		if high < 0 {
			low = i
		}
		high = i
	}
	return low, high
}

// sumClasses adds up the classes from low to high.
func sumClasses(c *load.SizeClasses, low, high int) (t load.SizeClass) {
	for i := low; i <= high; i++ {
		t.Seal.Count += c[i].Seal.Count
		t.Seal.Total += c[i].Seal.Total
		t.Open.Count += c[i].Open.Count
		t.Open.Total += c[i].Open.Total
		t.Bytes += c[i].Bytes
	}
	return t
}

// appendSizes appends the sizes of the classes from low to high: 64–127 B, 1–2 KiB.
func appendSizes(dst []byte, low, high int) []byte {
	from, _ := load.SizeBounds(low)
	_, to := load.SizeBounds(high)
	unit, end := binaryUnit(uint64(from)), binaryUnit(uint64(to))
	if unit == "Mi" { // the largest stands alone
		return append(dst, "1 MiB"...)
	}
	dst = appendBinary(dst, uint64(from), unit)
	if from != to {
		if unit != end {
			dst = append(append(dst, ' '), unit...)
			if unit != "" {
				dst = append(dst, 'B')
			} else {
				dst = append(dst[:len(dst)-1], " B"...)
			}
		}
		dst = append(dst, "–"...)
		if end == "Mi" {
			dst = append(dst, '1')
		} else {
			dst = appendBinary(dst, uint64(to), end)
		}
	}
	return append(append(append(dst, ' '), end...), 'B')
}

// sizeTable says where the figures of a row end, 0 for one that is left out, and where
// its bars are.
type sizeTable struct {
	rate, bytes, seal, open, sealSpeed, openSpeed int
	sealBar, openBar                              stretch
}

// sizeName is the room for the sizes of a row, of which the longest are such as
// 128 B–512 KiB.
const sizeName = 14

// sizeColumns lays out a row of w cells: what one message took, then how fast the bytes
// went, then how many those were. Bars have what is left.
func sizeColumns(w int) sizeTable {
	const rate, bytes, each, speed, gap, leastBar = 10, 12, 9, 11, 1, 4
	t := sizeTable{rate: sizeName + rate}
	left, fast := t.rate, 0
	if left+2*(each+speed) <= w {
		fast = speed
	}
	if left+bytes+2*(each+fast) <= w {
		left += bytes
		t.bytes = left
	}
	half := (w - left) / 2
	t.seal, t.open = w-half-fast, w-fast
	if fast > 0 {
		t.sealSpeed, t.openSpeed = w-half, w
	}
	if bar := half - each - fast - 2*gap; bar >= leastBar {
		t.sealBar = stretch{t.seal - each - bar, bar}
		t.openBar = stretch{t.open - each - bar, bar}
	}
	return t
}

// drawSizes draws how fast messages are sealed and opened, by their size.
func (p *crypto) drawSizes(a area, v *view) {
	const title = "messages by size"
	in := a.box(title)
	if in.h < 2 || in.w < 50 {
		return
	}
	p.buf = format.AppendSpan(append(p.buf[:0], "last "...), v.window)
	a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	in = in.sub(rect{1, 0, in.w - 2, in.h})
	over, ok := p.tally.over, p.tally.ok
	low, high := classRange(&v.snap.Messages.BySize)
	if high < low {
		in.text(0, 0, "no message so far", styleDim)
		return
	}
	t := sizeColumns(in.w)
	in.text(0, 0, "plaintext", styleFaint)
	in.textRight(t.rate, 0, "messages", styleFaint)
	if t.bytes > 0 {
		in.textRight(t.bytes, 0, "bytes", styleFaint)
	}
	in.textRight(t.seal, 0, "seal", styleFaint)
	in.textRight(t.open, 0, "open", styleFaint)
	if t.sealSpeed > 0 {
		in.textRight(t.sealSpeed, 0, "seal speed", styleFaint)
		in.textRight(t.openSpeed, 0, "open speed", styleFaint)
	}

	rows := in.h - 1
	n := high - low + 1
	whole := n > 1 && rows > 2
	if whole {
		rows--
	}
	rows = min(rows, n)
	from := func(row int) int { return low + row*n/rows }
	most := 0.0
	for row := range rows {
		c := sumClasses(&p.tally.sizes, from(row), from(row+1)-1)
		most = max(most, perMessage(c.Seal), perMessage(c.Open))
	}
	for i := range rows {
		row := in.sub(rect{0, 1 + i, in.w, 1})
		p.buf = appendSizes(p.buf[:0], from(i), from(i+1)-1)
		row.bytesRight(sizeName-1, 0, p.buf, styleDim)
		p.drawSize(row, v, &t, sumClasses(&p.tally.sizes, from(i), from(i+1)-1), over, ok, most)
	}
	if whole {
		row := in.sub(rect{0, 1 + rows, in.w, 1})
		row.textRight(sizeName-1, 0, "all", styleText)
		p.drawSize(row, v, &t, sumClasses(&p.tally.sizes, low, high), over, ok, most)
	}
}

// perMessage returns what one took, in ns, 0 for none.
func perMessage(s load.Stage) float64 {
	if s.Count == 0 {
		return 0
	}
	return float64(s.Total) / float64(s.Count)
}

func (p *crypto) drawSize(row area, v *view, t *sizeTable, c load.SizeClass, over time.Duration, ok bool, most float64) {
	seconds := over.Seconds()
	if !ok {
		seconds = 0 // so that all are dashes
	}
	figure := func(end int, s style) { row.bytesRight(end, 0, p.buf, s) }
	p.buf = format.AppendRate(p.buf[:0], ratio(float64(c.Seal.Count), seconds))
	figure(t.rate, styleText)
	if t.bytes > 0 {
		p.buf = appendBytesRate(p.buf[:0], ratio(float64(c.Bytes), seconds))
		figure(t.bytes, styleText)
	}
	for _, g := range [...]struct {
		of         load.Stage
		bar        stretch
		end, speed int
		s          style
	}{{c.Seal, t.sealBar, t.seal, t.sealSpeed, styleSeal}, {c.Open, t.openBar, t.open, t.openSpeed, styleOpen}} {
		took, fast := nan, nan
		if ok && g.of.Count > 0 {
			took = perMessage(g.of)
			fast = ratio(float64(c.Bytes), float64(c.Seal.Count)) / took * 1e9
		}
		if g.bar.size > 0 {
			drawBar(row.sub(rect{g.bar.from, 0, g.bar.size, 1}), ratio(took, most), g.s, v.ascii)
		}
		p.buf = format.AppendDuration(p.buf[:0], took)
		figure(g.end, g.s)
		if g.speed > 0 {
			p.buf = appendBytesRate(p.buf[:0], fast)
			figure(g.speed, styleDim)
		}
	}
}

// appendBytesRate appends bytes a second: 12.3 MiB/s.
func appendBytesRate(dst []byte, v float64) []byte {
	dst = format.AppendBytes(dst, v)
	if v == v {
		dst = append(dst, "/s"...)
	}
	return dst
}

// chartSealed draws the plaintext that was sealed, over time.
func (p *crypto) chartSealed(a area, v *view) {
	c := p.columnsFor(v, plotWidth(a), dotsAcross)
	p.ys = c.collect(p.ys[:0], sealedRate)
	high := p.scales[scaleMessages].fit(highest(p.ys), 0.001)
	b := p.chart(a, "sealed, MiB/s")
	p.buf = p.appendNow(p.buf[:0], v, appendBytesRate, func(d delta) float64 { return d.rate(countSealed) })
	b.note(p.buf, styleSeal)
	plot := b.plot(v, 0, func(dst []byte, part float64) []byte { return appendLevel(dst, part*high) })
	drawLine(plot, p.ys, high, styleSeal, v.ascii)
	p.marks(plot, v, c)
}

// appendLevel is AppendTick for an axis that may end below 1.
func appendLevel(dst []byte, v float64) []byte {
	if v > 0 && v < 1 {
		return strconv.AppendFloat(dst, v, 'g', 2, 64)
	}
	return format.AppendTick(dst, v)
}

func sealedRate(d delta) float64 { return d.rate(countSealed) / mebibyte }
