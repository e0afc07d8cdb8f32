package ui

import (
	"errors"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// rest is a measurement of the dashboard's cost for which the load was told to rest.
type rest struct {
	until  time.Duration // then it is given up, as model.now has it
	paused bool          // the load has been seen to be paused

	mu    sync.Mutex
	own   bool // it has paused the load, and has to let it go on
	ended bool
}

// pause has the load rest, unless it is too late for that.
func (r *rest) pause(e Engine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		e.Pause()
		r.own = true
	}
}

// end lets the load go on, if it was r that paused it.
func (r *rest) end(e Engine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.own {
		e.Resume()
		r.own = false
	}
}

// maxRest is how long sessions may take to end before the measurement is given up.
const maxRest = 20 * time.Second

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
	r := &rest{until: m.now() + maxRest}
	m.cost.rest = r
	m.cost.n, m.cost.have = 0, false // what was learned before does not count
	if m.snap.State == load.Paused {
		return nil
	}
	engine := m.engine
	return m.command(func() tea.Msg {
		r.pause(engine)
		return appliedMsg{}
	})
}

// dropRest returns the measurement that is under way, if one is, for the caller to end.
func (m *model) dropRest() *rest {
	r := m.cost.rest
	m.cost.rest = nil
	return r
}

// endRest ends the measurement that is under way, if one is.
func (m *model) endRest() tea.Cmd {
	r, engine := m.dropRest(), m.engine
	if r == nil {
		return nil
	}
	return m.command(func() tea.Msg {
		r.end(engine)
		return nil
	})
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
