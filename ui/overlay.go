package ui

import tea "github.com/charmbracelet/bubbletea"

// overlay is what lies over the page and has the keys while it is open: a panel, a
// question, a line to type in. It closes itself by setting model.overlay to nil.
type overlay interface {
	// Key has every key but ctrl+c, which quits, and pasted texts.
	Key(m *model, msg tea.KeyMsg) tea.Cmd
	// Draw draws it over what is between header and footer.
	Draw(m *model, body area, v *view)
	// Hints are for the footer.
	Hints() []hint
}

// hint is a key and what it does, in a word or two.
type hint struct{ key, text string }

// open puts an overlay over the page.
func (m *model) open(o overlay) tea.Cmd {
	m.overlay, m.help, m.notice = o, false, "" // the footer has its keys
	m.overFrom = len(m.canvas.hits)            // nothing of it can be clicked before it is drawn
	return nil
}
