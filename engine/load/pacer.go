package load

import "math/rand/v2"

// pacer fixes the intended start times of one lane's pairs, ahead of time and
// whatever becomes of them. Times are engine time in nanoseconds. Lanes pace
// themselves: n Poisson streams of rate r/n are one of rate r, and n constant
// ones that are shifted against each other are one too.
type pacer struct {
	rng      *rand.Rand
	poisson  bool
	interval float64 // mean ns between starts
	due      float64 // the next intended start
}

// retime begins a new schedule at now: rate pairs per second, of which this is
// part number lane of lanes.
func (p *pacer) retime(now int64, rate float64, arrival Arrival, lane, lanes int) {
	p.poisson = arrival == Poisson
	p.interval = 1e9 * float64(lanes) / rate
	if p.poisson {
		p.due = float64(now) + p.rng.ExpFloat64()*p.interval
		return
	}
	p.due = float64(now) + p.interval*float64(lane+1)/float64(lanes)
}

// next returns the next intended start.
func (p *pacer) next() int64 { return int64(p.due) }

// take returns the next intended start, and goes on to the one after it.
func (p *pacer) take() int64 {
	t := int64(p.due)
	if p.poisson {
		p.due += p.rng.ExpFloat64() * p.interval
	} else {
		p.due += p.interval
	}
	return t
}
