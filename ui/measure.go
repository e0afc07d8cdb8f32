package ui

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

const (
	// A configuration's figures count as measured from this much steady load on.
	minSteady = 2 * time.Second
	// They are taken over at most this much of it, the newest.
	maxSteady = 10 * time.Second
	// Before that the load settles for one lifetime, since a pool fills with what
	// the first sessions leave; within these bounds.
	minSettle, maxSettle = time.Second, 10 * time.Second
	// So many configurations are remembered.
	maxMeasured = 64
)

// figures is what the optimizations are judged by, in exact counts over a stretch
// of steady load.
type figures struct {
	keyAllocs float64 // allocations to hold keys, per session
	hkdf      float64 // HKDF calls per session
	reuse     float64 // share of sessions in reused storage, 0 to 1
	objects   float64 // heap allocations of the whole process, per session
	frames    float64 // of the dashboard, per session
}

func (d delta) figures() figures {
	return figures{
		keyAllocs: d.perSession(countKeyAllocs),
		hkdf:      d.perSession(countHKDF),
		reuse:     d.reuse(),
		objects:   d.perSession(countObjects),
		frames:    ratio(float64(d.frames()), d.created()),
	}
}

// measurements remembers the newest figures of each configuration that ran long
// enough. What a switch brings is the difference between two entries whose
// configurations differ in that switch alone, so nothing is ever compared that
// was measured under other conditions.
type measurements struct {
	of    map[load.Config]figures
	order []load.Config // oldest first
}

func newMeasurements() measurements {
	return measurements{of: make(map[load.Config]figures, maxMeasured)}
}

// conditions returns c without what does not change what a session costs. Under a
// profile that comes to hold a level, all there is to that level is the level itself.
func conditions(c load.Config) load.Config {
	c.Duration = 0
	switch c.Profile {
	case load.ProfileSpike, load.ProfileSine:
		return c
	case load.ProfileStages:
		shape := c.Shape(0)
		end, _ := shape.Length()
		if c.Model == load.Closed {
			c.Workers = int(shape.At(end))
		} else {
			c.Rate = shape.At(end)
		}
	}
	c.Profile, c.Steps = load.ProfileSteady, load.Steps{}
	c.RampTime, c.Period, c.SpikeTime, c.Peak = 0, 0, 0, 0
	return c
}

// footing is what the load stands on for measurements: under which conditions, and
// when it is level. It changes with the configuration and the state of the engine.
type footing struct {
	key load.Config // the conditions
	// The load is level from this moment of the run until that one. One that never is
	// begins to be so after forever.
	from, until time.Duration
}

const forever = time.Duration(math.MaxInt64 / 4) // far from where sums overflow

// footingOf returns the footing at s, whose configuration or state is new, and whose
// load has that shape.
func footingOf(s *load.Snapshot, shape *load.Shape) footing {
	c := &s.Config
	f := footing{key: conditions(*c), from: forever, until: forever}
	if s.State != load.Running {
		return f
	}
	end, period := shape.Length()
	switch {
	case period > 0:
		return f
	case c.Profile != load.ProfileSoak:
		f.from = s.ProfileStart + end
	case c.Duration == 0:
		f.from = s.ProfileStart + c.RampTime
	default: // as long down as up
		ramp := min(c.RampTime, end/2)
		f.from, f.until = s.ProfileStart+ramp, s.ProfileStart+end-ramp
	}
	f.from = max(f.from, s.Elapsed)
	return f
}

// level tells whether the load is level at a moment of the run.
func (f *footing) level(at time.Duration) bool { return f.from <= at && at <= f.until }

// steady returns for how long a level load has been steady at a moment of the run;
// below 0, how long it takes until then.
func (f *footing) steady(at time.Duration) time.Duration {
	settle := time.Duration(f.key.Lifetime.Quantile(0.9))
	return at - f.from - min(max(settle, minSettle), maxSettle)
}

// set makes m what other is.
func (m *measurements) set(other *measurements) {
	if m.of == nil {
		m.of = make(map[load.Config]figures, maxMeasured)
	}
	clear(m.of)
	maps.Copy(m.of, other.of)
	m.order = append(m.order[:0], other.order...)
}

// steadyFigures returns the figures of a configuration at a moment, if the load has
// been level for what they are taken over, and for what it took to settle before.
func (h *history) steadyFigures(f *footing, at time.Duration) (figures, bool) {
	if !f.level(at) {
		return figures{}, false
	}
	steady := f.steady(at)
	if steady < minSteady {
		return figures{}, false
	}
	d, ok := h.between(at, min(steady, maxSteady))
	if !ok || d.created() == 0 || d.elapsed < minSteady-minSteady/10 {
		return figures{}, false
	}
	return d.figures(), true
}

// put remembers the newest figures under conditions.
func (m *measurements) put(key load.Config, f figures) {
	if _, known := m.of[key]; !known {
		if len(m.order) == maxMeasured {
			delete(m.of, m.order[0])
			copy(m.order, m.order[1:])
			m.order = m.order[:maxMeasured-1]
		}
		m.order = append(m.order, key)
	}
	m.of[key] = f
}

// with returns what was measured with the optimizations o and everything else as
// in c.
func (m *measurements) with(c load.Config, o session.Optimizations) (figures, bool) {
	c.Optimizations = o
	f, ok := m.of[conditions(c)]
	return f, ok
}

// earlier returns the newest two measurements that differ in the switch opt
// alone, and from c in nothing but the other switches: in the position that opt
// has in c, and in the other.
func (m *measurements) earlier(c load.Config, opt *optimization) (same, other figures, ok bool) {
	on := opt.on(c.Optimizations)
	for _, base := range slices.Backward(m.order) {
		o := base.Optimizations
		c.Optimizations = o
		if opt.on(o) != on || conditions(c) != base {
			continue
		}
		if other, ok = m.with(c, opt.set(o, !on)); ok {
			return m.of[base], other, true
		}
	}
	return figures{}, figures{}, false
}

// optimization is one switch as the dashboard shows it.
type optimization struct {
	key     string
	code    string // as the SAGE project numbers it
	name    string
	binding string // the name of the key that turns it
	about   string // what it does, in a few words
	metric  string // what it is judged by
	short   string // the same where there is little room
	figure  func(figures) float64
	share   bool // whether the figure is a share, not a number per session
	on      func(session.Optimizations) bool
	set     func(session.Optimizations, bool) session.Optimizations
}

// optimizations are the switches in the order of the panel. The pool has three
// positions, and set turns it to the free list.
var optimizations = []optimization{
	{
		key: "b", code: "P0-1", name: "key buffer", binding: "key-buffer", about: "all six keys in one 192-byte buffer",
		metric: "key allocations/session", short: "key allocs",
		figure: func(f figures) float64 { return f.keyAllocs },
		on:     func(o session.Optimizations) bool { return o.KeyBuffer },
		set: func(o session.Optimizations, on bool) session.Optimizations {
			o.KeyBuffer = on
			return o
		},
	},
	{
		key: "h", code: "P0-2", name: "single HKDF", binding: "single-hkdf", about: "six keys from two HKDFs, not six",
		metric: "HKDF calls/session", short: "HKDF calls",
		figure: func(f figures) float64 { return f.hkdf },
		on:     func(o session.Optimizations) bool { return o.SingleHKDF },
		set: func(o session.Optimizations, on bool) session.Optimizations {
			o.SingleHKDF = on
			return o
		},
	},
	{
		key: "p", code: "P0-3", name: "session pool", binding: "session-pool", about: "new sessions in closed ones' storage",
		metric: "sessions in reused storage", short: "reused",
		figure: func(f figures) float64 { return f.reuse }, share: true,
		on: func(o session.Optimizations) bool { return o.Pool != session.PoolNone },
		set: func(o session.Optimizations, on bool) session.Optimizations {
			o.Pool = session.PoolNone
			if on {
				o.Pool = session.PoolFreeList
			}
			return o
		},
	},
	{
		key: "u", code: "P0+", name: "reusable hash", binding: "reusable-hash", about: "HKDF and HMAC over kept SHA-256 state",
		metric: "allocations/session", short: "allocs",
		figure: func(f figures) float64 { return f.objects },
		on:     func(o session.Optimizations) bool { return o.ReusableHash },
		set: func(o session.Optimizations, on bool) session.Optimizations {
			o.ReusableHash = on
			return o
		},
	},
}

// nextPool returns the kind of pool after k, beginning again after the last.
func nextPool(k session.PoolKind) session.PoolKind {
	kinds := session.PoolKinds()
	for i, kind := range kinds {
		if kind == k {
			return kinds[(i+1)%len(kinds)]
		}
	}
	return kinds[0]
}

// changeLabel says in a few words what has to be done to make b out of a, as the
// markers in the charts have it: "P0-1 on", "pool sync", "rate 10k/s".
// What only a preset does at once has its name: "preset heavy".
func changeLabel(a, b load.Config) string {
	changes := load.Diff(a, b)
	for i := range presets {
		if with := a; len(changes) > 1 && presets[i].load && presets[i].apply(&with) == nil && with == b {
			return "preset " + presets[i].name
		}
	}
	if was, now := a.Optimizations, b.Optimizations; was != now {
		var last string
		n := 0
		for _, o := range optimizations {
			switch {
			case o.key == "p" && was.Pool != now.Pool:
				last = "pool " + now.Pool.String()
			case o.key != "p" && o.on(was) != o.on(now):
				last = o.code + " " + onOff(o.on(now))
			default:
				continue
			}
			n++
		}
		a.Optimizations = now
		if n > 1 {
			last = now.Preset()
		}
		return andMore(last, len(load.Diff(a, b)))
	}
	if len(changes) == 0 {
		return ""
	}
	c := changes[0]
	label := c.Param + " " + c.New
	if c.Param == "rate" {
		label = "rate " + string(format.AppendSetRate(nil, b.Rate))
	}
	return andMore(label, len(changes)-1)
}

func andMore(label string, n int) string {
	if n == 0 {
		return label
	}
	return label + " +" + string(format.AppendCount(nil, uint64(n)))
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
