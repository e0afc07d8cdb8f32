package load

import "time"

const (
	// maxLateness is how far behind its schedule the engine may fall before
	// starts are dropped instead of made late: long enough to show what an
	// overload does to response times, short enough to recover from it.
	maxLateness = 2 * time.Second
	// longStep is what no piece of a lane's work takes: it was held up.
	longStep = 100 * time.Millisecond
)

// delay knows how much of the last maxLateness or so a lane did no work in although
// there was some. All times are engine time, ns.
type delay struct {
	seen        int64 // when the lane last looked at the clock between two pieces of work
	since       int64 // when now began to count
	now, before int64 // lost in the present stretch of maxLateness, and the one before
}

// look notes that the lane is at work, and if it was held up since it looked last.
func (d *delay) look(now int64) {
	if gap := now - d.seen; gap > int64(longStep) {
		d.lose(now, gap)
	}
	d.seen = now
}

// lose counts time that was lost until now.
func (d *delay) lose(now, lost int64) {
	d.roll(now)
	d.now += lost
	d.seen = now
}

// lost returns how much was.
func (d *delay) lost(now int64) int64 {
	d.roll(now)
	return d.now + int64(float64(d.before)*(1-float64(now-d.since)/float64(maxLateness)))
}

func (d *delay) roll(now int64) {
	switch passed := now - d.since; {
	case passed >= 2*int64(maxLateness):
		d.since, d.now, d.before = now, 0, 0
	case passed >= int64(maxLateness):
		d.since, d.now, d.before = d.since+int64(maxLateness), 0, d.now
	}
}
