package ui

import (
	"errors"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// rest is a measurement of the dashboard's cost for which the load was told to rest.
type rest struct {
	until  time.Duration // then it is given up, as model.now has it
	own    bool          // it has paused the load, and has to let it go on
	paused bool          // the load has been seen to be paused
}

// maxRest is how long sessions may take to end before the measurement is given up.
const maxRest = 20 * time.Second

// restMsg says that the load was told to rest.
type restMsg struct{ rest *rest }

var (
	errNotMeasured = errors.New("what the dashboard costs is not measured: see the page GC")
	errNoRest      = errors.New("the load did not come to rest: sessions that live on send messages")
)

// measureCost has the load rest, as long as it takes to measure the dashboard, or ends
// a measurement that is under way.
func (m *model) measureCost() tea.Cmd {
	if m.cost.rest != nil {
		return m.endRest()
	}
	r := &rest{until: m.now() + maxRest, own: m.snap.State != load.Paused}
	m.cost.rest = r
	m.cost.n, m.cost.have = 0, false // what was learned before does not count
	if !r.own {
		return nil
	}
	engine := m.engine
	return m.command(func() tea.Msg {
		engine.Pause()
		return restMsg{r}
	})
}

// resting is told that the load was paused for r. Where r has ended meanwhile, it goes on.
func (m *model) resting(r *rest) tea.Cmd {
	if m.cost.rest == r {
		return nil
	}
	return m.resumeLoad()
}

func (m *model) resumeLoad() tea.Cmd {
	engine := m.engine
	return m.command(func() tea.Msg {
		engine.Resume()
		return nil
	})
}

// dropRest ends the measurement that is under way, if one is, and reports whether the
// load has to be told to go on.
func (m *model) dropRest() (resume bool) {
	r := m.cost.rest
	m.cost.rest = nil
	return r != nil && r.own
}

func (m *model) endRest() tea.Cmd {
	if m.dropRest() {
		return m.resumeLoad()
	}
	return nil
}

// restSeen goes on with the measurement after a snapshot was learned from.
func (m *model) restSeen() tea.Cmd {
	r := m.cost.rest
	switch {
	case r == nil:
		return nil
	case m.cost.enough():
		return m.endRest()
	case r.paused && m.snap.State != load.Paused: // somebody else lets it go on
		m.cost.rest = nil
		return nil
	case m.snap.Elapsed > r.until:
		return tea.Batch(m.endRest(), refuse(errNoRest))
	}
	r.paused = m.snap.State == load.Paused
	return nil
}

// toggleNet shows figures less what the dashboard costs, or as they were counted.
func (m *model) toggleNet() tea.Cmd {
	if !m.net && !m.view().own.known() {
		return refuse(errNotMeasured)
	}
	m.net = !m.net
	return nil
}
