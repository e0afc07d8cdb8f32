package ui

import (
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// maxUndo is how many changes can be undone.
const maxUndo = 100

// past are the configurations before each change that was made on the screen, the
// newest last. It is touched only while model.applying is held.
type past struct{ list []load.Config }

func (p *past) push(c load.Config) {
	if len(p.list) == maxUndo {
		p.list = append(p.list[:0], p.list[1:]...)
	}
	p.list = append(p.list, c)
}

var errNoPast = errors.New("nothing to undo: nothing was changed on the screen")

// undo puts the configuration in force that was before the last change.
func (m *model) undo() tea.Cmd {
	engine, applying, past := m.engine, m.applying, m.past
	return m.command(func() tea.Msg {
		applying.Lock()
		defer applying.Unlock()
		last := len(past.list) - 1
		if last < 0 {
			return appliedMsg{errNoPast}
		}
		err := engine.Apply(past.list[last])
		if err == nil {
			past.list = past.list[:last]
		}
		return appliedMsg{err}
	})
}
