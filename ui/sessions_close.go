package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// closeQuestion is the overlay that asks whether a session is to be closed.
type closeQuestion struct{ row load.SessionRow }

// shortID returns what tells an id from others in a sentence.
func shortID(id session.ID) string { return id.String()[:8] + "…" }

func (q *closeQuestion) text() string {
	return "close session " + shortID(q.row.ID) + ", " + q.row.Role.String() + "?"
}

// Key implements overlay: y closes the session, n and all that usually means no do
// not.
func (q *closeQuestion) Key(m *model, msg tea.KeyMsg) tea.Cmd {
	switch msg.String() {
	case "y", "Y":
		m.overlay = nil
		engine, h, name := m.engine, q.row.Handle, shortID(q.row.ID)
		return m.command(func() tea.Msg { return closedMsg{name, engine.CloseSession(h)} })
	case "n", "N", "esc", "q":
		m.overlay = nil
	}
	return nil
}

// Draw implements overlay.
func (q *closeQuestion) Draw(_ *model, body area, _ *view) {
	const peer = "its peer goes on until the next message"
	text := q.text()
	w := max(columnsOf(text), columnsOf(peer)) + 6
	const h = 6
	a := body.sub(rect{(body.w - w) / 2, (body.h - h) / 2, w, h})
	a.fill(' ', styleText)
	in := a.box("")
	in.text(2, 0, text, styleStrong)
	in.text(2, 1, peer, styleDim)
	x := in.text(2, 3, "y", styleKey)
	x = in.text(x+1, 3, "yes", styleDim)
	x = in.text(x+3, 3, "n", styleKey)
	in.text(x+1, 3, "no", styleDim)
}

// Hints implements overlay.
func (q *closeQuestion) Hints() []hint { return []hint{{"y", "close it"}, {"n", "leave it"}} }
