package ui

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// spending is what the dashboard itself has used since its start. It counts on.
type spending struct {
	time   time.Duration // working up messages and drawing frames
	frames uint64
	bytes  uint64 // written to the terminal
}

// restCost is what a frame was measured to cost while the load rested. All that the
// process allocates then is the dashboard's: the snapshot, the frame, and what Bubble
// Tea makes of it.
type restCost struct {
	objects, bytes float64 // allocated for one frame
	cpu            float64 // of the whole process, percent of a core; NaN if not known
	frames         uint64  // that it was measured over; 0 if it was not
	place          place
}

func (c *restCost) known() bool { return c.frames > 0 }

// place is what the frames show: their cost depends on it.
type place struct {
	page string // its title
	w, h int
	over bool // something lies over the page
}

const (
	// The runtime counts small objects by whole spans, so single intervals tell
	// little: the mean over the newest restFrames of them counts, and none below
	// leastRest.
	restIntervals = 20
	leastRest     = 12
	// The process's share of a core is sampled once a second over the second before.
	restForCPU = 2200 * time.Millisecond
)

// still is what stands still while the load rests.
type still struct {
	created, gone, sealed, opened, failed, hkdf, gets uint64
	completed, refused                                uint64
}

func stillOf(s *load.Snapshot) still {
	return still{
		s.Sessions.Created, s.Sessions.Removed + s.Sessions.Expired + s.Sessions.Failed,
		s.Messages.Sealed, s.Messages.Opened, s.Messages.Failed, s.HKDF.Calls, s.Pool.Gets,
		s.Handshakes.Completed, s.Handshakes.Failed,
	}
}

// interval is what happened between two snapshots.
type interval struct {
	objects, bytes, frames uint64
}

// cost learns what the dashboard costs.
type cost struct {
	spent time.Duration
	drawn uint64 // frames

	have   bool // whether there was a snapshot before
	still  still
	place  place
	at     time.Duration
	before interval // cumulative
	calm   time.Duration
	ring   [restIntervals]interval
	n      int // quiet intervals in a row; the first is not in ring

	learned restCost // the newest
	rest    *rest    // the measurement that was asked for, nil if none is under way
}

// see learns from a snapshot that has just arrived.
func (c *cost) see(s *load.Snapshot, p place) {
	now, total := stillOf(s), interval{s.Allocs.Objects, s.Allocs.Bytes, c.drawn}
	quiet := c.have && now == c.still && p == c.place && !p.over && s.Elapsed > c.at &&
		(s.State == load.Running || s.State == load.Paused) && total.objects >= c.before.objects
	switch {
	case !quiet:
		c.n, c.calm = 0, s.Elapsed
	case c.n == 0: // what went before may reach into it
		c.n = 1
	default:
		c.ring[(c.n-1)%restIntervals] = interval{
			total.objects - c.before.objects, total.bytes - c.before.bytes, total.frames - c.before.frames,
		}
		c.n++
		c.learn(s)
	}
	c.have, c.still, c.place, c.at, c.before = true, now, p, s.Elapsed, total
}

// learn takes the mean over the quiet intervals, if there are enough.
func (c *cost) learn(s *load.Snapshot) {
	n := min(c.n-1, restIntervals)
	if n < leastRest {
		return
	}
	var sum interval
	for _, i := range c.ring[:n] {
		sum.objects += i.objects
		sum.bytes += i.bytes
		sum.frames += i.frames
	}
	if sum.frames == 0 || sum.objects == 0 {
		return
	}
	cpu := nan
	if s.Elapsed-c.calm >= restForCPU && s.Process.Cores > 0 {
		cpu = s.Process.CPUPercent
	} else if c.learned.known() && c.learned.place == c.place {
		cpu = c.learned.cpu
	}
	frames := float64(sum.frames)
	c.learned = restCost{float64(sum.objects) / frames, float64(sum.bytes) / frames, cpu, sum.frames, c.place}
}

// enough tells whether a measurement that was asked for has what it is for.
func (c *cost) enough() bool {
	return c.n > restIntervals && c.at-c.calm >= restForCPU
}

// spending returns what the dashboard has used so far.
func (m *model) spending() spending {
	return spending{m.cost.spent, m.cost.drawn, m.out.written()}
}

// place returns what frames show now.
func (m *model) place() place {
	return place{m.pages[m.current].Title(), m.width, m.height, m.help || m.overlay != nil}
}

// The figures of a delta that the dashboard has a part in: as they were counted, or
// where the view asks for it, less what so many frames cost, and never below 0.

func (v *view) objects(d delta) float64 {
	return v.less(d, float64(d.to.objects-d.from.objects), v.own.objects)
}

func (v *view) bytes(d delta) float64 {
	return v.less(d, float64(d.to.bytes-d.from.bytes), v.own.bytes)
}

func (v *view) less(d delta, n, each float64) float64 {
	if v.net {
		n = max(n-each*float64(d.frames()), 0)
	}
	return n
}

func (v *view) objectsPerSession(d delta) float64 { return ratio(v.objects(d), d.created()) }
func (v *view) bytesPerSession(d delta) float64   { return ratio(v.bytes(d), d.created()) }
func (v *view) objectsRate(d delta) float64       { return ratio(v.objects(d), d.elapsed.Seconds()) }
func (v *view) bytesRate(d delta) float64         { return ratio(v.bytes(d), d.elapsed.Seconds()) }

// figures returns what was measured of an arrangement of the optimizations, likewise.
func (v *view) figures(f figures) figures {
	if v.net {
		f.objects = max(f.objects-v.own.objects*f.frames, 0)
	}
	return f
}

// cpu returns the process's share of a core, in percent, likewise.
func (v *view) cpu(percent float64) float64 {
	if v.net && v.own.cpu == v.own.cpu {
		return max(percent-v.own.cpu, 0)
	}
	return percent
}

// netTitle returns the longest title that fits into a box of w cells, of those for
// figures as they were counted or of those for figures less the dashboard's part.
func (v *view) netTitle(w int, plain, net []string) string {
	list := plain
	if v.net {
		list = net
	}
	for _, t := range list {
		if columnsOf(t)+4 <= w {
			return t
		}
	}
	return list[len(list)-1]
}

// frames is how many frames were drawn.
func (d delta) frames() uint64 { return d.to.own.frames - d.from.own.frames }

// perFrame is how long one frame took, in nanoseconds.
func (d delta) perFrame() float64 {
	return ratio(float64(d.to.own.time-d.from.own.time), float64(d.frames()))
}

// ownShare is the dashboard's share of a core, as far as it can time itself.
func (d delta) ownShare() float64 {
	return ratio(float64(d.to.own.time-d.from.own.time), float64(d.elapsed))
}

func (d delta) framesRate() float64 { return ratio(float64(d.frames()), d.elapsed.Seconds()) }

// writtenRate is how many bytes went to the terminal, per second.
func (d delta) writtenRate() float64 {
	return ratio(float64(d.to.own.bytes-d.from.own.bytes), d.elapsed.Seconds())
}
