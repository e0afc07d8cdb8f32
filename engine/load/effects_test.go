package load

import (
	"encoding/json"
	"runtime/debug"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Every parameter does what its help says: for each, a run with it changed
// differs from one without in the figure that it governs. Whether the change
// is there from the start or comes through Apply must not matter.
func TestEveryParameterHasItsEffect(t *testing.T) {
	figure := map[string]struct {
		value string
		base  []func(*Config)
		// shows tells whether what happened after the change shows it.
		shows func(d Summary, e *Engine) bool
	}{
		"optimizations": {value: "baseline", shows: func(d Summary, _ *Engine) bool { return d.HKDF.PerSession == 6 && d.KeyAllocs.PerSession == 6 }},
		"pool":          {value: "none", shows: func(d Summary, _ *Engine) bool { return d.Pool.Gets == 0 && d.Pool.Kind == session.PoolNone }},
		"pool-capacity": {value: "0", shows: func(d Summary, _ *Engine) bool { return d.Pool.Drops > 0 && d.Pool.Puts == 0 && d.Pool.Capacity == 0 }},
		"model": {value: "closed", base: []func(*Config){set(t, "workers", "3")}, shows: func(d Summary, _ *Engine) bool {
			return d.AchievedPerSecond > 0 && d.AchievedPerSecond < 1000 // three pairs of 20 ms are 300/s
		}},
		"rate": {value: "500/s", shows: func(d Summary, _ *Engine) bool { return d.AchievedPerSecond > 250 && d.AchievedPerSecond < 1000 }},
		"arrival": {value: "constant", shows: func(_ Summary, e *Engine) bool {
			if !stopped(e) { // its lanes are writing what is read here
				return false
			}
			l := e.run.lanes[0]
			return l.rec.pairs.Load() > 0 && !l.schedule.pacers[0].poisson
		}},
		"workers": {value: "7", base: []func(*Config){set(t, "model", "closed"), set(t, "expire-share", "0%"), set(t, "lifetime", "1h")}, shows: func(d Summary, _ *Engine) bool {
			return d.Sessions.Created == 2*7 && d.Sessions.Live == 2*7 // whose time is not up
		}},
		"lifetime": {value: "10m", base: []func(*Config){set(t, "messages", "0")}, shows: func(d Summary, _ *Engine) bool { return d.Sessions.Removed == 0 && d.Sessions.Created > 300 }},
		"messages": {value: "0", shows: func(d Summary, _ *Engine) bool { return d.Messages.Sealed == 0 }},
		"message-size": {value: "16B", shows: func(d Summary, _ *Engine) bool {
			return d.Messages.Bytes == 16*d.Messages.Sealed && d.Messages.Sealed > 0
		}},
		"max-live":        {value: "10", base: []func(*Config){set(t, "lifetime", "1h")}, shows: func(d Summary, _ *Engine) bool { return d.DroppedBy.Live > 0 && !d.Valid }},
		"expire-share":    {value: "100%", shows: func(d Summary, _ *Engine) bool { return d.Sessions.Expired > 0 && d.Sessions.Removed == 0 }},
		"handshake":       {value: "none", base: []func(*Config){set(t, "handshake-share", "100%"), set(t, "rate", "200/s")}, shows: func(d Summary, _ *Engine) bool { return d.Handshakes.Completed == 0 }},
		"handshake-share": {value: "100%", base: []func(*Config){set(t, "rate", "200/s")}, shows: func(d Summary, _ *Engine) bool { return 2*d.Handshakes.Completed == d.Sessions.Created }},
		"gogc":            {value: "50", shows: func(Summary, *Engine) bool { return gcPercent() == 50 }},
		"memory-limit":    {value: "1GiB", shows: func(Summary, *Engine) bool { return debug.SetMemoryLimit(-1) == 1<<30 }},
		"rng-seed":        {value: "99", shows: func(_ Summary, e *Engine) bool { return stopped(e) && e.run.lanes[0].cfg.RNGSeed == 99 }},
		"profile":         {value: "ramp", base: []func(*Config){set(t, "ramp-time", "1h")}, shows: func(d Summary, _ *Engine) bool { return d.Sessions.Created < 10 }},
		"stages": {value: "0s:900", base: []func(*Config){set(t, "profile", "stages")}, shows: func(d Summary, _ *Engine) bool {
			return d.OfferedPerSecond > 890 && d.OfferedPerSecond < 910 && d.AchievedPerSecond > 450
		}},
		"ramp-time": {value: "1h", base: []func(*Config){set(t, "profile", "ramp"), set(t, "ramp-time", "0s")}, shows: func(d Summary, _ *Engine) bool { return d.Sessions.Created < 10 }},
		"period": {value: "1s", base: []func(*Config){set(t, "profile", "sine")}, shows: func(d Summary, _ *Engine) bool {
			return d.OfferedPerSecond > 1.3*d.Config.Rate // in the first half, the upper one, of a period
		}},
		"spike-time": {value: "29999ms", base: []func(*Config){set(t, "profile", "spike")}, shows: func(d Summary, _ *Engine) bool { return d.OfferedPerSecond > 1.9*d.Config.Rate }},
		"peak":       {value: "400%", base: []func(*Config){set(t, "profile", "spike"), set(t, "spike-time", "29999ms")}, shows: func(d Summary, _ *Engine) bool { return d.OfferedPerSecond > 3.9*d.Config.Rate }},
		"transport": {value: "http", base: []func(*Config){set(t, "handshake-share", "100%"), set(t, "rate", "200/s")}, shows: func(d Summary, _ *Engine) bool {
			return len(d.Handshakes.BySuite) == 1 && d.Handshakes.BySuite[0].Transport == TransportHTTP
		}},
		"sessions": {value: "100", shows: func(d Summary, _ *Engine) bool {
			return d.Sessions.Created >= 100 && d.Sessions.Live == 0 && !d.Partial
		}},
		"duration": {value: "400ms", shows: func(d Summary, _ *Engine) bool { return d.Config.Duration == 400*time.Millisecond }},
	}
	for _, p := range Params() {
		f, ok := figure[p.Name]
		if !ok {
			t.Errorf("%s: its effect is not tested", p.Name)
			continue
		}
		for _, way := range []string{"from the start", "through Apply"} {
			t.Run(p.Name+"/"+way, func(t *testing.T) {
				base := quick(f.base...)
				base.Duration = 0
				changed := base
				set(t, p.Name, f.value)(&changed)
				if changed == base {
					t.Fatal("the change is none")
				}
				// A machine that does something else meanwhile can hide any effect, but
				// not every time.
				first := base
				if way == "from the start" {
					first = changed
				}
				unseen := tryEffect(t, p.Name, first, changed, 1, f.shows)
				for try := 1; unseen != "" && try < 5; try++ {
					unseen = tryEffect(t, p.Name, first, changed, 2, f.shows)
				}
				if unseen != "" {
					t.Errorf("%s=%s %s", p.Name, f.value, unseen)
				}
			})
		}
	}
}

// tryEffect changes a run of one configuration into one of another, if they are not
// the same, and returns what is wrong if the effect of a parameter does not show. The
// more patient, the longer is what it looks at.
func tryEffect(t *testing.T, name string, first, changed Config, patience int, shows func(Summary, *Engine) bool) string {
	t.Helper()
	e, err := New(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	if first != changed {
		waitFor(t, "the first sessions", func() bool { return e.Snapshot().Sessions.Created > 50 })
		if name != "duration" && shows(e.Summary(), e) {
			return "shows before the change: the check tells nothing"
		}
		if err := e.Apply(changed); err != nil {
			t.Fatal(err)
		}
		// What was under way by the old configuration must end first.
		time.Sleep(time.Duration(60*patience) * time.Millisecond)
		if err := e.Reset(); err != nil && name != "sessions" { // which has ended the run
			t.Fatal(err)
		}
	}
	time.Sleep(time.Duration(200*patience) * time.Millisecond)
	if name == "duration" || name == "sessions" {
		<-e.Done()
	}
	e.end(nil)
	if s := e.Summary(); !shows(s, e) {
		text, _ := json.Marshal(s)
		return "does not show: " + string(text)
	}
	return ""
}
