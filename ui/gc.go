package ui

import (
	"math"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// gcPage shows the collector, what memory is used, and what the dashboard itself takes
// of all that.
type gcPage struct {
	plotter
	w, h     int
	layout   gcLayout
	bindings []binding
}

// The page's keys, in the order of its bindings.
const (
	gcLower = iota
	gcHigher
	limitLower
	limitHigher
	gcMeasure
	gcNet
)

// knobCollect is the knob for the key that works everywhere.
const knobCollect = -1

func newGC() *gcPage {
	return &gcPage{bindings: []binding{
		gcLower: {
			name: "gogc-down", keys: []string{"["}, show: "[ ]", group: groupPage, hint: "GOGC", hintKeys: "[ ]", idle: true,
			help: "GOGC down, or up", alone: "GOGC down", act: func(m *model) tea.Cmd { return m.stepGOGC(-1) },
		},
		gcHigher: {
			name: "gogc-up", keys: []string{"]"}, group: groupPage, with: true, idle: true,
			help: "GOGC up", act: func(m *model) tea.Cmd { return m.stepGOGC(1) },
		},
		limitLower: {
			name: "memory-limit-down", keys: []string{"{"}, show: "{ }", group: groupPage, hint: "limit", hintKeys: "{ }", idle: true,
			help: "memory limit down, or up", alone: "memory limit down", act: func(m *model) tea.Cmd { return m.stepLimit(-1) },
		},
		limitHigher: {
			name: "memory-limit-up", keys: []string{"}"}, group: groupPage, with: true, idle: true,
			help: "memory limit up", act: func(m *model) tea.Cmd { return m.stepLimit(1) },
		},
		gcMeasure: {
			name: "measure-dashboard", keys: []string{"M"}, group: groupPage, hint: "measure", idle: true,
			help: "measure the dashboard's cost", act: (*model).measureCost,
		},
		gcNet: {
			name: "without-dashboard", keys: []string{"c"}, group: groupPage, hint: "net",
			help: "figures without that cost", act: (*model).toggleNet,
		},
	}}
}

func (p *gcPage) Title() string                    { return "GC" }
func (p *gcPage) Bindings() []binding              { return p.bindings }
func (p *gcPage) HandleKey(string) (tea.Cmd, bool) { return nil, false }
func (p *gcPage) SetSize(w, h int)                 { p.w, p.h, p.layout = w, h, layoutGC(w, h) }

// collectName is the name of the binding that forces a collection.
const collectName = "collect"

// collectBindings are the keys that act on the collector from any page.
func collectBindings() []binding {
	return []binding{{
		name: collectName, keys: []string{"G"}, group: groupLoad, idle: true,
		help: "force a garbage collection", act: (*model).forceCollection,
	}}
}

// forceCollection has the engine collect; that it did is seen in the next snapshot.
func (m *model) forceCollection() tea.Cmd {
	engine := m.engine
	return m.command(func() tea.Msg { return appliedMsg{err: engine.Collect(), did: "collection forced"} })
}

// Click implements clicker.
func (p *gcPage) Click(m *model, h hit, _, _ int) tea.Cmd {
	if h.kind != hitKnob {
		return nil
	}
	if h.n >= 0 && h.n < len(p.bindings) {
		return m.perform(&p.bindings[h.n])
	}
	for i := range m.bindings {
		if m.bindings[i].name == collectName {
			return m.perform(&m.bindings[i])
		}
	}
	return nil
}

// gogcSteps are the positions of the knob; off comes after the last.
var gogcSteps = []int{25, 50, 75, 100, 150, 200, 300, 400, 800}

const gogcOff = -1

// nextGOGC returns the next position above v, or below it.
func nextGOGC(v, by int) int {
	last := gogcSteps[len(gogcSteps)-1]
	switch {
	case by > 0 && v == gogcOff:
		return v
	case by > 0:
		for _, s := range gogcSteps {
			if s > v {
				return s
			}
		}
		return gogcOff
	case v == gogcOff:
		return last
	}
	next := min(v, gogcSteps[0])
	for _, s := range gogcSteps {
		if s < v {
			next = s
		}
	}
	return next
}

func (m *model) stepGOGC(by int) tea.Cmd {
	return m.change(func(c *load.Config) error {
		c.GOGC = nextGOGC(c.GOGC, by)
		return nil
	})
}

// The positions of the memory limit are the powers of two between these; none comes
// after the last.
const (
	leastLimit = 64 << 20
	mostLimit  = 64 << 30
)

// nextLimit returns the next position above v, or below it. Below none is the one that
// is just above what the runtime has mapped.
func nextLimit(v, mapped int64, by int) int64 {
	power := func(n int64) int64 { // the least that is not below n
		p := int64(leastLimit)
		for p < n && p < mostLimit {
			p *= 2
		}
		return p
	}
	switch {
	case by > 0 && v >= mostLimit:
		return load.Off
	case by > 0:
		return power(v + 1)
	case v == load.Off:
		return power(mapped)
	case v <= leastLimit:
		return v
	case v > mostLimit:
		return mostLimit
	}
	if p := power(v); p > leastLimit {
		return p / 2
	}
	return leastLimit
}

func (m *model) stepLimit(by int) tea.Cmd {
	mapped := int64(min(m.snap.GC.TotalMapped, math.MaxInt64))
	return m.change(func(c *load.Config) error {
		c.MemoryLimit = nextLimit(c.MemoryLimit, mapped, by)
		return nil
	})
}

// Render implements page.
func (p *gcPage) Render(a area, v *view) {
	p.begin()
	p.chartHeat(a.sub(p.layout.heat), v)
	for i := range p.layout.n {
		gcCharts[i](p, a.sub(p.layout.charts[i]), v)
	}
	p.drawCollector(a.sub(p.layout.collector), v)
	p.drawCost(a.sub(p.layout.cost), v)
}
