package ui

import (
	"math"
	"math/bits"
)

// dots is how many braille dots a cell has across and down, and brailleBits the
// bit of each, by row and column (Unicode, block Braille Patterns).
const (
	dotsAcross = 2
	dotsDown   = 4
	braille    = 0x2800
)

var brailleBits = [dotsDown][dotsAcross]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

func isBraille(r rune) bool { return r >= braille && r < braille+0x100 }

// dot sets one braille dot of a, counted from its top left corner, beside those
// already set in the cell.
func (a area) dot(x, y int, s style) {
	cx, cy := x/dotsAcross, y/dotsDown
	r := a.at(cx, cy).r
	if !isBraille(r) {
		r = braille
	}
	a.set(cx, cy, r|brailleBits[y%dotsDown][x%dotsAcross], s)
}

// level returns how many of n steps up from 0 the value y is: 0 at or below 0, n-1
// at or above high.
func level(y, high float64, n int) int {
	if !(high > 0) {
		return 0
	}
	v := math.Round(y / high * float64(n-1))
	return int(min(max(v, 0), float64(n-1)))
}

// drawLine draws ys, two to a cell, as a line between 0 and high. Where a value is
// missing the line has a gap. In ASCII, one value stands for each cell.
func drawLine(a area, ys []float64, high float64, s style, ascii bool) {
	if ascii {
		drawLineASCII(a, ys, high, s)
		return
	}
	rows := a.h * dotsDown
	previous := -1
	for x, y := range ys {
		if math.IsNaN(y) {
			previous = -1
			continue
		}
		now := rows - 1 - level(y, high, rows)
		from := now
		switch { // join with the column before, but for its own dot
		case previous >= 0 && previous < now:
			from = previous + 1
		case previous > now:
			from = previous - 1
		}
		for r := min(from, now); r <= max(from, now); r++ {
			a.dot(x, r, s)
		}
		previous = now
	}
}

// drawDots draws ys from index from on as drawLine does, but with every other dot
// only. Cells that are taken keep what they show.
func drawDots(a area, ys []float64, from int, high float64, s style, ascii bool) {
	rows := a.h * dotsDown
	previous := -1
	if from > 0 && from <= len(ys) && ys[from-1] == ys[from-1] {
		previous = rows - 1 - level(ys[from-1], high, rows)
	}
	for x := from; x < len(ys); x++ {
		if math.IsNaN(ys[x]) {
			previous = -1
			continue
		}
		now := rows - 1 - level(ys[x], high, rows)
		if previous < 0 {
			previous = now
		}
		for r := min(previous, now); r <= max(previous, now); r++ {
			switch {
			case ascii && r == now && x%dotsAcross == 0:
				a.set(x/dotsAcross, r/dotsDown, '.', s)
			case ascii && r != now && r%dotsDown == 0:
				a.set(x/dotsAcross, r/dotsDown, ':', s)
			case !ascii && (r == now && x%dotsAcross == 0 || r != now && r%2 == 0):
				a.dot(x, r, s)
			}
		}
		previous = now
	}
}

// drawLineASCII draws three heights to a row: _ - and ".
func drawLineASCII(a area, ys []float64, high float64, s style) {
	const steps = 3
	rows := a.h * steps
	previous := -1
	for x := range a.w {
		y := cellValue(ys, x)
		if math.IsNaN(y) {
			previous = -1
			continue
		}
		at := rows - 1 - level(y, high, rows)
		row := at / steps
		if previous >= 0 {
			for r := min(previous, row) + 1; r < max(previous, row); r++ {
				a.set(x, r, '|', s)
			}
		}
		a.set(x, row, rune(`"-_`[at%steps]), s)
		previous = row
	}
}

// cellValue returns the newer of the two values of cell x, as far as there is one.
func cellValue(ys []float64, x int) float64 {
	for i := min(dotsAcross*x+dotsAcross, len(ys)) - 1; i >= dotsAcross*x && i >= 0; i-- {
		if !math.IsNaN(ys[i]) {
			return ys[i]
		}
	}
	return nan
}

// layer is one band of a stack: its values and its looks.
type layer struct {
	ys      []float64
	style   style
	name    string
	pattern rune // braille dots to fill with
	letter  rune // the same in ASCII
}

// Fill patterns, which repeat with every cell so that a chart that moves by whole
// cells does not flicker. The first are the easiest to tell apart.
var patterns = [...]rune{0xff, 0x95, 0x2d, 0x47, 0x82, 0xb8, 0x12, 0x6a}

const letters = "#o=+:%-x"

// drawStack draws the layers on top of each other, from 0 to high. With patterns
// set, the layers are told apart by pattern besides colour.
func drawStack(a area, layers []layer, high float64, usePatterns, ascii bool) {
	if ascii {
		drawStackASCII(a, layers, high)
		return
	}
	rows := a.h * dotsDown
	for cx := range a.w {
		var tops [dotsAcross][len(patterns)]int // rows filled up to each layer
		for dx := range dotsAcross {
			sum := 0.0
			for i := range layers {
				if x := cx*dotsAcross + dx; x < len(layers[i].ys) && layers[i].ys[x] > 0 {
					sum += layers[i].ys[x]
				}
				tops[dx][i] = filled(sum, high, rows)
			}
		}
		for cy := range a.h {
			drawStackCell(a, layers, &tops, cx, cy, usePatterns)
		}
	}
}

// drawStackCell draws one cell of a stack in the style of the layer that has most
// of it.
func drawStackCell(a area, layers []layer, tops *[dotsAcross][len(patterns)]int, cx, cy int, usePatterns bool) {
	var mask rune
	most, winner := 0, 0
	bottom := (a.h - 1 - cy) * dotsDown // rows below this cell
	below := [dotsAcross]int{}
	for i := range layers {
		var band, edge rune
		for dx := range dotsAcross {
			top := tops[dx][i]
			for row := max(below[dx], bottom); row < min(top, bottom+dotsDown); row++ {
				bit := brailleBits[dotsDown-1-(row-bottom)][dx]
				band |= bit
				if row == top-1 {
					edge |= bit
				}
			}
			below[dx] = max(below[dx], top)
		}
		if n := bits.OnesCount32(uint32(band)); n > most {
			most, winner = n, i
		}
		if usePatterns {
			band = band&layers[i].pattern | edge
		}
		mask |= band
	}
	if mask != 0 {
		a.set(cx, cy, braille|mask, layers[winner].style)
	}
}

func drawStackASCII(a area, layers []layer, high float64) {
	for x := range a.w {
		sum, below := 0.0, 0
		for i := range layers {
			if y := cellValue(layers[i].ys, x); y > 0 {
				sum += y
			}
			top := filled(sum, high, a.h)
			for row := below; row < top; row++ {
				a.set(x, a.h-1-row, layers[i].letter, layers[i].style)
			}
			below = max(below, top)
		}
	}
}

// filled returns how many of n rows a value from 0 to high fills; at least one if
// there is any value.
func filled(v, high float64, n int) int {
	if !(v > 0) || !(high > 0) {
		return 0
	}
	return int(min(max(math.Round(v/high*float64(n)), 1), float64(n)))
}

// drawSpark draws ys, one to a cell, as columns from 0 to high.
func drawSpark(a area, ys []float64, high float64, s style, ascii bool) {
	const steps = 8
	for x, y := range ys {
		if math.IsNaN(y) {
			continue
		}
		n := 1 + level(y, high, a.h*steps) // a zero is seen, too
		for row := range a.h {
			part := min(n-row*steps, steps)
			if part <= 0 {
				break
			}
			r := '▁' + rune(part-1)
			if ascii {
				r = rune("__..-=+#"[part-1])
			}
			a.set(x, a.h-1-row, r, s)
		}
	}
}

// drawBar draws the share (0 to 1) of a's width as a bar, in eighths of a cell.
func drawBar(a area, share float64, s style, ascii bool) {
	if !(share > 0) {
		return
	}
	const steps = 8
	n := int(min(max(math.Round(share*float64(a.w*steps)), 1), float64(a.w*steps)))
	for x := range a.w {
		part := min(n-x*steps, steps)
		switch {
		case part <= 0:
			return
		case ascii && part >= steps/2:
			a.set(x, 0, '#', s)
		case ascii:
			if x == 0 {
				a.set(x, 0, '|', s)
			}
		default:
			a.set(x, 0, '▏'-rune(part-1), s)
		}
	}
}

// drawSpan draws a stretch from one share of a's width to another, and a thinner and
// fainter one from there on to a third. Whatever begins inside has a dot at least.
func drawSpan(a area, from, to, faint float64, s style, ascii bool) {
	const thin = 0x36 // the two rows in the middle
	if !(faint >= to && to > from) || a.w < 1 {
		return
	}
	across := dotsAcross
	if ascii {
		across = 1
	}
	dots := a.w * across
	at := func(v float64) int { return int(min(max(math.Round(v*float64(dots)), 0), float64(dots))) }
	first := min(at(from), dots-1)
	solid := max(at(to), first+1)
	last := max(at(faint), solid)
	for x := first; x < last; x++ {
		cx, in := x/across, s
		if x >= solid {
			in = styleOffered
		}
		switch {
		case ascii && x < solid:
			a.set(cx, 0, '#', in)
		case ascii:
			a.set(cx, 0, '-', in)
		default:
			for row := range dotsDown {
				if bit := brailleBits[row][x%dotsAcross]; x < solid || bit&thin != 0 {
					if a.at(cx, 0).s == s { // the solid part has the cell
						in = s
					}
					a.dot(x, row, in)
				}
			}
		}
	}
}

// What one to four steps of heat look like.
var heatRunes = [numHeats]rune{'▪', '▒', '▓', '█'}

const heatLetters = ".o0#"

// heat is one event in a heat strip: its cell across and its value up.
type heat struct {
	x int
	v float64
}

// heatRow returns the row, from the top, of the value v in h rows with a
// logarithmic axis from low to high.
func heatRow(v, low, high float64, h int) int {
	if !(v > low) {
		return h - 1
	}
	up := int(math.Log(v/low) / math.Log(high/low) * float64(h))
	return h - 1 - min(up, h-1)
}

// drawHeat draws how many events fall into each cell; counts is scratch memory
// that is returned for the next time.
func drawHeat(a area, events []heat, low, high float64, counts []uint16, ascii bool) []uint16 {
	n := a.w * a.h
	if cap(counts) < n {
		counts = make([]uint16, n)
	}
	counts = counts[:n]
	clear(counts)
	for _, e := range events {
		if e.x < 0 || e.x >= a.w || a.h == 0 {
			continue
		}
		if i := heatRow(e.v, low, high, a.h)*a.w + e.x; counts[i] < math.MaxUint16 {
			counts[i]++
		}
	}
	for i, c := range counts {
		if c == 0 {
			continue
		}
		step := min(bits.Len16(c)-1, numHeats-1) // 1, 2-3, 4-7, 8 and more
		r := heatRunes[step]
		if ascii {
			r = rune(heatLetters[step])
		}
		a.set(i%a.w, i/a.w, r, styleHeat0+style(step))
	}
	return counts
}

// decades returns the powers of ten around the values from low to high, at least
// one decade apart.
func decades(low, high float64) (float64, float64) {
	from := math.Pow10(int(math.Floor(math.Log10(low))))
	to := math.Pow10(int(math.Ceil(math.Log10(high))))
	if to <= from {
		to = from * 10
	}
	return from, to
}

// scale is the upper end of an axis. It takes round values, and goes down only
// when the values have clearly gone down, so that a chart does not jump.
type scale struct{ high float64 }

var roundSteps = []float64{1, 1.5, 2, 3, 4, 5, 6, 8, 10}

// fit returns the end of an axis for values up to v. The least is the smallest
// end that is worth showing.
func (s *scale) fit(v, least float64) float64 {
	want := roundUp(max(v, least))
	if want > s.high || want < s.high && roundUp(max(v*1.1, least)) < s.high {
		s.high = want
	}
	return s.high
}

// roundUp returns the smallest round number that is at least v.
func roundUp(v float64) float64 {
	if !(v > 0) {
		return 1
	}
	unit := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, step := range roundSteps {
		if high := step * unit; high >= v*(1-1e-9) {
			return high
		}
	}
	return 10 * unit
}
