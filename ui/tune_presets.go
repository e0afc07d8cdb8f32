package ui

import (
	"slices"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// preset is a set of parameters that a digit applies as one change.
type preset struct {
	name  string
	about string
	set   [][2]string // parameters and their values
	// load says that the parameters of the load that set does not name get their
	// defaults, so that the preset is the same whatever was before.
	load bool
}

// presets are those of the digits from 1 on.
var presets = [...]preset{
	{name: "baseline", about: "no optimization", set: [][2]string{{"optimizations", "baseline"}}},
	{name: "seed", about: "the optimizations that the SAGE project began with", set: [][2]string{{"optimizations", "seed"}}},
	{name: "tuned", about: "all optimizations, and pools of free lists", set: [][2]string{{"optimizations", "tuned"}}},
	{name: "light", about: "load: 500 sessions/s", load: true, set: [][2]string{{"rate", "500/s"}}},
	{name: "heavy", about: "load: 50k sessions/s, short lives", load: true, set: [][2]string{{"rate", "50k/s"}, {"lifetime", "1s"}}},
	{name: "hybrid", about: "load: a hybrid handshake for every pair", load: true, set: [][2]string{
		{"rate", "500/s"}, {"handshake", "hybrid"}, {"handshake-share", "100%"},
	}},
	{name: "gc", about: "load: messages of 16 KiB, and a collector that always runs", load: true, set: [][2]string{
		{"message-size", "16KiB"}, {"gogc", "10"},
	}},
	{name: "long", about: "load: sessions that live for a minute or more", load: true, set: [][2]string{
		{"rate", "2k/s"}, {"lifetime", "lognormal(1m,3m)"}, {"messages", "20"}, {"max-live", "500k"},
	}},
	{name: "spikes", about: "load: five times the rate, for 3 s in every 15 s", load: true, set: [][2]string{
		{"profile", "spike"}, {"period", "15s"}, {"spike-time", "3s"}, {"peak", "500%"},
	}},
}

// apply puts a preset into c. Its texts are right: a test reads them.
func (p *preset) apply(c *load.Config) error {
	if p.load {
		for _, g := range tuneGroups {
			for _, name := range g.params {
				if param, ok := load.Lookup(name); ok && g.load {
					if err := param.Set(c, param.Default); err != nil {
						return err
					}
				}
			}
		}
	}
	for _, s := range p.set {
		param, _ := load.Lookup(s[0])
		if err := param.Set(c, s[1]); err != nil {
			return err
		}
	}
	return c.Validate()
}

// tuneGroup is a heading of the tuning panel, and the parameters below it.
type tuneGroup struct {
	name   string
	params []string
	load   bool // a preset of a load sets them
}

var tuneGroups = [...]tuneGroup{
	{"optimize", []string{"optimizations", "pool", "pool-capacity"}, false},
	{"load", []string{"model", "rate", "arrival", "workers", "max-live"}, true},
	{"profile", []string{"profile", "stages", "ramp-time", "period", "spike-time", "peak"}, true},
	{"sessions", []string{"lifetime", "messages", "message-size", "expire-share"}, true},
	{"handshake", []string{"handshake", "handshake-share", "transport"}, true},
	{"collector", []string{"gogc", "memory-limit"}, true},
	{"run", []string{"rng-seed", "duration", "sessions"}, false},
}

// tuneParams returns all parameters in the order of the panel, and the group of each.
func tuneParams() (params []load.Param, groups []string) {
	all := load.Params()
	for _, g := range tuneGroups {
		for _, name := range g.params {
			if i := slices.IndexFunc(all, func(p load.Param) bool { return p.Name == name }); i >= 0 {
				params, groups = append(params, all[i]), append(groups, g.name)
				all = slices.Delete(all, i, i+1)
			}
		}
	}
	for _, p := range all { // that are new
		params, groups = append(params, p), append(groups, tuneGroups[len(tuneGroups)-1].name)
	}
	return params, groups
}
