package ui

import (
	"math"
	"time"
)

var nan = math.NaN()

// ratio returns a/b, NaN for nothing of nothing.
func ratio(a, b float64) float64 {
	if b == 0 {
		return nan
	}
	return a / b
}

// columns cuts a window of the history into equal stretches of time, one for
// each column of a chart. Their borders are whole multiples of the cell's
// duration, not of the distance from now: the figures of a past column never
// change, and the chart moves by whole cells.
//
// A column's figures are the difference between the last points at or before its
// two borders, over the time between these points. So columns add up to the
// difference over the whole window, whatever snapshots are missing.
type columns struct {
	series *series
	start  time.Duration // the left border
	step   time.Duration // of one column
	n      int
	edge   []int // n+1 indices into series; -1 before the first point
}

// minPartial is how much of the newest, unfinished column must have passed for it
// to be shown.
const minPartial = 400 * time.Millisecond

// cut fills c with cells*perCell columns that cover the window up to end.
func (c *columns) cut(s *series, window, end time.Duration, cells, perCell int) {
	c.span(window, end, cells, perCell)
	c.place(s, c.start, c.step, c.n, end)
}

// span sets the borders of the columns of cut.
func (c *columns) span(window, end time.Duration, cells, perCell int) {
	cells, perCell = max(cells, 1), max(perCell, 1)
	cell := max(window/time.Duration(cells), time.Duration(perCell))
	cell -= cell % time.Duration(perCell)
	right := end.Truncate(cell)
	if right < end {
		right += cell
	}
	c.start, c.step, c.n = right-time.Duration(cells)*cell, cell/time.Duration(perCell), cells*perCell
}

// place fills c with n columns of that duration from start on, of which those
// after end are empty.
func (c *columns) place(s *series, start, step time.Duration, n int, end time.Duration) {
	c.series, c.start, c.step, c.n = s, start, step, n
	if cap(c.edge) < n+1 {
		c.edge = make([]int, n+1)
	}
	c.edge = c.edge[:n+1]

	last := s.last(end)
	at := s.last(c.start)
	for i := range c.edge {
		border := c.start + time.Duration(i)*c.step
		for at < last && s.time(at+1) <= border {
			at++
		}
		c.edge[i] = at
	}
}

// delta returns what happened in column i. A column without a point of its own
// belongs to the stretch between the points around it. ok is false before the
// first point, after the last, and while the newest column is too young.
func (c *columns) delta(i int) (d delta, ok bool) {
	from, to := c.edge[i], c.edge[i+1]
	newest := c.edge[c.n]
	if from < 0 {
		from = 0
	}
	if to <= from {
		if c.edge[i] < 0 || to+1 > newest {
			return delta{}, false
		}
		from, to = to, to+1
	}
	d = delta{c.series.point(from), c.series.point(to), c.series.time(to) - c.series.time(from)}
	if to == newest && c.start+time.Duration(i+1)*c.step > c.series.time(newest) && d.elapsed < min(c.step, minPartial) && from > 0 {
		return delta{}, false
	}
	return d, true
}

// point returns the newest point at the right border of column i, nil where
// there is none.
func (c *columns) point(i int) *point {
	at := c.edge[i+1]
	if at < 0 || at == c.edge[c.n] && c.start+time.Duration(i)*c.step > c.series.time(at) {
		return nil
	}
	return c.series.point(at)
}

// column returns the column that holds the moment t; it may lie outside of 0..n-1.
func (c *columns) column(t time.Duration) int {
	if t <= c.start {
		return -1
	}
	return int((t - c.start - 1) / c.step)
}

// collect appends the figure of every column to dst, NaN where there is none.
func (c *columns) collect(dst []float64, figure func(delta) float64) []float64 {
	for i := range c.n {
		v := nan
		if d, ok := c.delta(i); ok {
			v = figure(d)
		}
		dst = append(dst, v)
	}
	return dst
}

// gauge appends a value read at the end of every column, NaN where there is none.
func (c *columns) gauge(dst []float64, value func(*point) float64) []float64 {
	for i := range c.n {
		v := nan
		if p := c.point(i); p != nil {
			v = value(p)
		}
		dst = append(dst, v)
	}
	return dst
}

// highest returns the greatest number in ys, 0 if there is none.
func highest(ys []float64) float64 {
	top := 0.0
	for _, y := range ys {
		if y > top {
			top = y
		}
	}
	return top
}

// quantile returns the smallest value that at least the share q of the values do
// not exceed (nearest rank). It reorders values.
func quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	k := min(max(int(math.Ceil(q*float64(len(values))))-1, 0), len(values)-1)
	low, high := 0, len(values)-1
	for low < high {
		pivot := values[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return values[k]
		}
	}
	return values[k]
}
