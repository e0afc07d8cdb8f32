package ui

import (
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// maxUndo is how many changes can be undone.
const maxUndo = 100

// changes are the configurations before each change that was made on the screen, the
// newest last. It is touched only while model.applying is held.
type changes struct{ list []load.Config }

func (h *changes) push(c load.Config) {
	if len(h.list) == maxUndo {
		h.list = append(h.list[:0], h.list[1:]...)
	}
	h.list = append(h.list, c)
}

var errNoPast = errors.New("nothing to undo: nothing was changed on the screen")

// undo puts the configuration in force that was before the last change.
func (m *model) undo() tea.Cmd {
	engine, applying, changes := m.engine, m.applying, m.changes
	return m.command(func() tea.Msg {
		applying.Lock()
		defer applying.Unlock()
		last := len(changes.list) - 1
		if last < 0 {
			return appliedMsg{err: errNoPast}
		}
		was, before := engine.Config(), changes.list[last]
		if err := engine.Apply(before); err != nil {
			return appliedMsg{err: err}
		}
		changes.list = changes.list[:last]
		return appliedMsg{did: changeLabel(was, before)}
	})
}
