package load

import (
	"math"
	"math/rand/v2"
)

// pacer fixes the intended start times of one lane's pairs, ahead of time and
// whatever becomes of them. Times are engine time in nanoseconds.
//
// It counts what the shape of the load offers: pair number k is due when the
// shape's total has reached k pairs, whatever the level did meanwhile. Lanes pace
// themselves. In constant spacing each takes every n-th pair. In Poisson spacing
// each has a stream of its own, exponential steps of the total (a Poisson process
// of changing rate is one of rate 1 on the scale of its expected count), and n
// independent streams of a rate are one of n times the rate.
type pacer struct {
	rng     *rand.Rand
	shape   *Shape
	start   int64 // when the shape began
	poisson bool
	lanes   float64
	count   float64 // of pairs, at which the next is due: of all lanes, or in Poisson spacing of this one
	due     int64
	end     int64 // the last moment of it
}

// never is a time that does not come.
const never = math.MaxInt64

// retime begins a new schedule at now, by a shape that began at start. This is
// lane number lane of lanes.
func (p *pacer) retime(now int64, shape *Shape, start int64, arrival Arrival, lane, lanes int) {
	p.shape, p.start = shape, start
	p.poisson, p.lanes = arrival == Poisson, float64(lanes)
	past := shape.total(float64(max(now-start, 0))) / 2
	if p.poisson {
		p.count = past/p.lanes + p.rng.ExpFloat64()
	} else {
		// The first whole number beyond the past that is this lane's.
		first := math.Floor(past) + 1
		p.count = first + math.Mod(float64(lane)-first, p.lanes)
		if p.count < first {
			p.count += p.lanes
		}
	}
	p.settle()
}

// settle computes when the next pair is due.
func (p *pacer) settle() {
	pairs := p.count
	if p.poisson {
		pairs *= p.lanes
	}
	at := float64(p.start) + p.shape.when(2*pairs)
	if at >= never {
		p.due = never
		return
	}
	p.due = int64(at)
}

// next returns the next intended start; never if there is none.
func (p *pacer) next() int64 { return p.due }

// take returns the next intended start, and goes on to the one after it.
func (p *pacer) take() int64 {
	t := p.due
	if p.poisson {
		p.count += p.rng.ExpFloat64()
	} else {
		p.count += p.lanes
	}
	p.settle()
	return t
}

// schedule is when a lane's pairs are due: by the pacer in force, and before that
// by those of earlier orders, as far as they owe pairs from the time until they
// ended. What was offered is started or counted as dropped, whatever is ordered
// meanwhile.
type schedule struct {
	rng    *rand.Rand
	pacers []pacer
}

// end ends the pacer in force at a time.
func (s *schedule) end(at int64) {
	if n := len(s.pacers); n > 0 {
		s.pacers[n-1].end = min(s.pacers[n-1].end, at)
	}
}

// begin puts a new pacer in force, after the one before was ended; see
// [pacer.retime].
func (s *schedule) begin(at int64, shape *Shape, start int64, arrival Arrival, lane, lanes int) {
	p := pacer{rng: s.rng, end: never}
	p.retime(at, shape, start, arrival, lane, lanes)
	s.pacers = append(s.pacers, p)
}

// due returns when the next pair is due; never if there is none.
func (s *schedule) due() int64 {
	for len(s.pacers) > 0 {
		if p := &s.pacers[0]; p.due <= p.end {
			return p.due
		}
		s.pacers = append(s.pacers[:0], s.pacers[1:]...)
	}
	return never
}

// take goes on to the pair after the one that is due next, of which there is one.
func (s *schedule) take() { s.pacers[0].take() }
