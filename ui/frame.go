package ui

import (
	"time"
)

// compose draws the frame.
func (m *model) compose() {
	m.cost.drawn++
	if m.width <= 0 || m.height <= 0 {
		m.frame = ""
		return
	}
	m.canvas.reset(m.width, m.height)
	m.hinted = m.hinted[:0]
	a := m.canvas.all()
	if m.width < minWidth || m.height < minHeight {
		m.composeSmall(a)
	} else {
		v := m.view()
		m.drawHeader(a.sub(rect{0, 0, a.w, headerRows}), v)
		body := a.sub(rect{0, headerRows, a.w, a.h - headerRows - footerRows})
		m.pages[m.current].Render(body, v)
		m.drawDrag()
		m.drawFooter(a.sub(rect{0, a.h - 1, a.w, 1}), v)
		if m.help {
			m.drawHelp(body)
		}
		m.overFrom = len(m.canvas.hits)
		if m.overlay != nil {
			m.overlay.Draw(m, body, v)
		}
	}
	m.encoded = m.canvas.appendFrame(m.encoded[:0], m.theme, m.ascii)
	m.frame = string(m.encoded)
}

// now is the engine's time. No snapshots come while a comparison runs, and it goes
// on with the slices.
func (m *model) now() time.Duration {
	if m.trial != nil {
		return m.snap.Elapsed + m.trial.found.results.Elapsed
	}
	return m.snap.Elapsed
}

// view is the moment to show: the newest, or that of the freeze.
func (m *model) view() *view {
	v := &m.shown
	*v = view{
		history: m.history,
		snap:    &m.snap,
		end:     m.snap.Elapsed,
		at:      m.snap.Elapsed,
		newest:  m.snap.Elapsed,
		window:  m.window,
		changed: m.history.changed,
		frozen:  m.frozen,

		footing:  &m.history.footing,
		measured: &m.history.measured,
		own:      m.cost.learned,
		net:      m.net,
		resting:  m.cost.rest != nil,
		rested:   m.cost.n,
		config:   &m.config,
		keymap:   m.keymap,
		theme:    m.theme,
		ascii:    m.ascii,

		comparing: m.trial != nil,
	}
	if p := &m.past; m.frozen {
		v.snap, v.end, v.at, v.newest = &p.snap, p.end, p.at, p.freeze
		v.changed, v.footing, v.measured = p.changed, &p.footing, &p.measured
		v.cursor = p.at < p.freeze
		v.own = m.frozenCost
	}
	return v
}
