package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// PollFrozen implements freezer: it asks for as much of the list as is seen at once.
func (p *sessionsPage) PollFrozen(m *model) tea.Cmd {
	const fresh = 2 * time.Second
	freeze := m.past.freeze
	p.late = false
	if p.known && !p.pending && freeze-p.list.At < fresh {
		return nil
	}
	p.late = true
	ctx, engine, q, resets := m.ctx, m.engine, p.question(), m.history.resets
	return m.command(func() tea.Msg {
		// The first answers may be from before a pass that was made for them.
		const tries, pause = 20, 50 * time.Millisecond
		msg := sessionsMsg{resets: resets, freeze: freeze}
		for range tries {
			msg.list, msg.err = engine.Sessions(q)
			if msg.err != nil || msg.list.At > 0 && msg.list.At >= freeze-fresh {
				break
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(pause):
			}
		}
		return msg
	})
}

// takeFrozen takes over the list of the freeze, while the view is that.
func (p *sessionsPage) takeFrozen(m *model, msg *sessionsMsg) {
	if !m.frozen || msg.freeze != m.past.freeze || msg.resets != m.history.resets {
		return
	}
	p.late = false
	if msg.err == nil && msg.list.At > 0 {
		p.take(msg)
	}
}
