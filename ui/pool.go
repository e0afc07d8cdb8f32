package ui

import (
	"errors"
	"math/bits"
	"strconv"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// poolPage shows what the session pool does, and sets its kind and capacity.
type poolPage struct {
	plotter
	w, h   int
	layout poolLayout
	tally  windowTally // what was counted in the window
	known  shardRing
	asked  bool // for the shards, and there is no answer yet
	bars   [2]layer
	misses []float64
}

func newPool() *poolPage {
	p := &poolPage{}
	p.bars[0] = layer{style: styleSessions, pattern: patterns[0], letter: '#'}
	p.bars[1] = layer{style: stylePool, pattern: patterns[4], letter: '.'}
	return p
}

func (p *poolPage) Title() string                    { return "Pool" }
func (p *poolPage) HandleKey(string) (tea.Cmd, bool) { return nil, false }

func (p *poolPage) SetSize(w, h int) {
	p.w, p.h = w, h
	p.layout = layoutPool(w, h)
}

// Bindings implements page.
func (p *poolPage) Bindings() []binding { return poolBindings }

var poolBindings = []binding{
	{
		name: "pool-kind", keys: []string{"k"}, group: groupPage, hint: "kind", idle: true,
		help: "next pool: none, sync, freelist", act: (*model).nextPoolKind,
	},
	{
		name: "less-capacity", keys: []string{"["}, show: "[ ]", group: groupPage, hint: "capacity", hintKeys: "[ ]", idle: true,
		help: "halve the capacity, or double it", act: func(m *model) tea.Cmd { return m.stepCapacity(-1) },
	},
	{
		name: "more-capacity", keys: []string{"]"}, group: groupPage, with: true, idle: true,
		help: "double the capacity", act: func(m *model) tea.Cmd { return m.stepCapacity(1) },
	},
}

// errCapacity is the notice that the capacity cannot be doubled any more.
var errCapacity = errors.New("pool-capacity cannot be twice as much")

func (m *model) nextPoolKind() tea.Cmd {
	return m.change(func(c *load.Config) error {
		c.Optimizations.Pool = nextPool(c.Optimizations.Pool)
		return nil
	})
}

// stepCapacity sets the capacity to the next power of two, as far as the parameter
// goes.
func (m *model) stepCapacity(by int) tea.Cmd {
	return m.change(func(c *load.Config) error {
		next := powerStep(c.PoolCapacity, by)
		param, _ := load.Lookup("pool-capacity")
		err := param.Set(c, strconv.Itoa(next))
		if err != nil && next > c.PoolCapacity { // between here and the end
			return errCapacity
		}
		return err
	})
}

// powerStep returns the next power of two above v (by 1), or below it and down to 0
// (by -1).
func powerStep(v, by int) int {
	switch {
	case by > 0:
		return 1 << bits.Len(uint(v))
	case v <= 1:
		return 0
	}
	return 1 << (bits.Len(uint(v-1)) - 1)
}

// The knobs of the page: the kinds of pool, and then the capacity down and up.
const (
	knobLess = iota + 3
	knobMore
)

// Click implements clicker.
func (p *poolPage) Click(m *model, h hit, _, _ int) tea.Cmd {
	kinds := session.PoolKinds()
	switch {
	case h.kind != hitKnob || h.n > knobMore:
		return nil
	case m.trial != nil:
		return refuse(load.ErrComparing)
	case h.n == knobLess:
		return m.stepCapacity(-1)
	case h.n == knobMore:
		return m.stepCapacity(1)
	}
	return m.change(func(c *load.Config) error {
		c.Optimizations.Pool = kinds[h.n]
		return nil
	})
}

// reset implements resetter.
func (p *poolPage) reset() {
	p.known.clear()
	p.tally.made = false
}

// shardsMsg is what the engine told of the shards.
type shardsMsg struct {
	list   []load.PoolShard
	resets int           // of the history, when it was asked
	freeze time.Duration // the moment of the freeze that it was asked for; 0 for none
}

// Poll implements poller. While the view is frozen, nothing that it shows may be
// overwritten.
func (p *poolPage) Poll(m *model) tea.Cmd {
	if p.asked || m.frozen || !p.known.due(m.snap.Elapsed) {
		return nil
	}
	p.asked = true
	engine, resets := m.engine, m.history.resets
	return m.command(func() tea.Msg { return shardsMsg{list: engine.PoolShards(), resets: resets} })
}

// PollFrozen implements freezer.
func (p *poolPage) PollFrozen(m *model) tea.Cmd {
	if !p.known.due(m.past.freeze) {
		return nil
	}
	engine, resets, freeze := m.engine, m.history.resets, m.past.freeze
	return m.command(func() tea.Msg {
		return shardsMsg{list: engine.PoolShards(), resets: resets, freeze: freeze}
	})
}

// Receive implements receiver.
func (p *poolPage) Receive(m *model, msg tea.Msg) (tea.Cmd, bool) {
	s, ok := msg.(shardsMsg)
	if !ok {
		return nil, false
	}
	if s.freeze > 0 {
		if m.frozen && s.freeze == m.past.freeze && s.resets == m.history.resets {
			p.known.push(s.freeze, s.list)
		}
		return nil, true
	}
	p.asked = false
	if !m.frozen && s.resets == m.history.resets {
		p.known.push(m.snap.Elapsed, s.list)
	}
	return nil, true
}

// Render implements page.
func (p *poolPage) Render(a area, v *view) {
	p.begin()
	p.tally.update(v)
	p.drawState(a.sub(p.layout.state), v)
	p.chartPool(a.sub(p.layout.chart), v)
	p.drawMiss(a.sub(p.layout.miss), v)
	if p.layout.shards.h > 0 {
		p.drawShards(a.sub(p.layout.shards), v)
	}
	if p.layout.reuse.h > 0 {
		p.drawReuse(a.sub(p.layout.reuse), v)
	}
}
