package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/SAGE-X-project/sagetop/internal/format"
)

// copiedMsg says that a text was sent to the clipboard, or why not.
type copiedMsg struct {
	text string
	err  error
}

// copyRow sends the row under the cursor, or where a page has none the figures of the
// moment, to the clipboard of whoever looks at the terminal: by OSC 52 (xterm, "ctlseqs"),
// which also works over SSH. A terminal that does not know it, or may not, ignores it.
func (m *model) copyRow() tea.Cmd {
	v := m.view()
	text := ""
	if p, ok := m.pages[m.current].(copier); ok {
		text = p.Copy(v)
	}
	if text == "" {
		text = figuresText(v)
	}
	out := m.out
	return m.command(func() tea.Msg {
		_, err := out.Write([]byte(ansi.SetSystemClipboard(text)))
		return copiedMsg{text, err}
	})
}

// copied tells what became of it. Nothing answers, so it says what was sent.
func (m *model) copied(msg copiedMsg) {
	if msg.err != nil {
		m.warn("copy: " + oneLine(msg.err))
		return
	}
	const enough = 24
	m.tell("sent to the clipboard: " + fitText(strings.Join(strings.Fields(msg.text), " "), enough))
}

// figuresText is the main figures of the moment, in one line.
func figuresText(v *view) string {
	b := format.AppendClock([]byte("sagetop at "), v.at)
	b = append(append(b, ", "...), v.snap.Config.Optimizations.Preset()...)
	d, ok := v.history.between(v.at, recent)
	if !ok {
		return string(append(b, ": nothing measured yet"...))
	}
	b = append(b, ": "...)
	b = append(format.AppendRate(b, sessionsRate(d)), " sessions, "...)
	b = append(format.AppendPer(b, d.perSession(countObjects)), " allocations/session, "...)
	b = append(format.AppendPer(b, hkdfPerSession(d)), " HKDF calls/session, pool reuse "...)
	b = append(format.AppendPercent(b, d.reuse()), ", "...)
	b = append(format.AppendCount(b, d.to.live), " live"...)
	if !v.snap.Valid {
		b = append(b, " (not valid: "+strings.Join(v.snap.Reasons, "; ")+")"...)
	}
	return string(b)
}
