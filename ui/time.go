package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// farStep is how many cells the cursor moves with shift or ctrl.
const farStep = 10

// timeBindings are the keys that say which time is shown.
func timeBindings() []binding {
	return []binding{
		{
			name: "freeze", keys: []string{" "}, show: "space", group: groupView, hint: "freeze",
			help: "freeze the view; recording goes on", act: (*model).toggleFreeze,
		},
		{
			name: "earlier", keys: []string{"left"}, show: "← →", group: groupView,
			help: "freeze, and left or right through the past", alone: "freeze, and go to an earlier moment", act: func(m *model) tea.Cmd { return m.step(-1) },
		},
		{
			name: "later", keys: []string{"right"}, group: groupView, with: true,
			help: "later moment", act: func(m *model) tea.Cmd { return m.step(1) },
		},
		{
			name: "much-earlier", keys: []string{"shift+left", "ctrl+left"}, show: "S-← S-→", group: groupView,
			help: "ten times as far: shift-left, shift-right", alone: "ten times as far, earlier", act: func(m *model) tea.Cmd { return m.step(-farStep) },
		},
		{
			name: "much-later", keys: []string{"shift+right", "ctrl+right"}, show: "S-→", group: groupView, with: true,
			help: "ten times as far, later", act: func(m *model) tea.Cmd { return m.step(farStep) },
		},
		{
			name: "oldest-moment", keys: []string{"home"}, group: groupView,
			help: "oldest moment; end is that of the freeze", alone: "oldest moment recorded", act: (*model).toOldest,
		},
		{
			name: "newest-moment", keys: []string{"end"}, group: groupView, with: true,
			help: "moment of the freeze", act: (*model).toFreeze,
		},
		{
			name: "zoom-in", keys: []string{"+", "="}, show: "+ -", group: groupView, hint: "zoom", hintKeys: "+ -", hintWith: []string{"zoom-out"},
			help: "zoom in, or out: a shorter window, or a longer one", alone: "zoom in: a shorter window", act: func(m *model) tea.Cmd { return m.zoom(-1) },
		},
		{
			name: "zoom-out", keys: []string{"-", "_"}, group: groupView, with: true,
			help: "zoom out", act: func(m *model) tea.Cmd { return m.zoom(1) },
		},
	}
}

// toggleFreeze stops the view at the newest moment, or goes back to live.
func (m *model) toggleFreeze() tea.Cmd {
	if m.frozen {
		m.frozen = false
		return nil
	}
	m.freeze()
	return nil
}

// freeze stops the view, unless it stands or there is nothing to see, and reports
// whether it stands.
func (m *model) freeze() bool {
	if !m.frozen && m.have {
		m.frozen = true
		m.past.begin(m.history, &m.snap)
		m.frozenCost = m.cost.learned
	}
	return m.frozen
}

// step moves the cursor by so many cells of a chart. The first step out of live
// begins at the newest moment.
func (m *model) step(cells int) tea.Cmd {
	if m.freeze() {
		m.past.moveTo(m.history, m.past.at+time.Duration(cells)*m.cellTime(), m.window)
	}
	return nil
}

// cellTime is the time that a cell of the charts on the screen stands for; no less
// than there is between snapshots.
func (m *model) cellTime() time.Duration {
	const least = 100 * time.Millisecond
	cells := max(m.width/2-axisWidth-3, 1)
	for _, h := range m.canvas.hits {
		if h.kind == hitChart {
			cells = h.w
			break
		}
	}
	return max(m.window/time.Duration(cells), least)
}

func (m *model) toOldest() tea.Cmd {
	if m.freeze() {
		m.past.moveTo(m.history, 0, m.window)
	}
	return nil
}

func (m *model) toFreeze() tea.Cmd {
	if m.freeze() {
		m.past.moveTo(m.history, m.past.freeze, m.window)
	}
	return nil
}

// jumpTo freezes the view with the cursor at a moment, which has some time around it.
func (m *model) jumpTo(at time.Duration) tea.Cmd {
	if !m.freeze() {
		return nil
	}
	p := &m.past
	if p.kept(m.history, at) < at { // what happened then is known only after it
		at = min(m.history.keptAfter(at), p.freeze)
	}
	if at <= p.end-m.window || at > p.end {
		p.end = min(at+m.window/2, p.freeze)
	}
	p.moveTo(m.history, at, m.window)
	return nil
}

// zoom takes the next shorter of the windows, or the next longer.
func (m *model) zoom(by int) tea.Cmd {
	to := m.window
	for _, w := range windows {
		switch {
		case by < 0 && w < m.window:
			to = w
		case by > 0 && w > to && to == m.window:
			to = w
		}
	}
	m.setWindow(to)
	return nil
}

// setWindow changes the length of time that is shown. Where the view stands, the
// cursor stays about where it is on the screen.
func (m *model) setWindow(to time.Duration) {
	if p := &m.past; m.frozen {
		right := float64(p.end-p.at) / float64(m.window)
		p.end = p.at + time.Duration(right*float64(to))
		p.moveTo(m.history, p.at, to)
	}
	m.window = to
}

// zoomTo freezes the view and shows the stretch of time between two moments, or as
// much of it as was recorded, with the cursor at the last moment of it that has figures.
func (m *model) zoomTo(from, to time.Duration) {
	if !m.freeze() {
		return
	}
	if from > to {
		from, to = to, from
	}
	p := &m.past
	to = min(max(to, m.history.oldest()), p.freeze)
	p.end, p.at = to, p.kept(m.history, to)
	m.window = tidySpan(to - min(max(from, 0), p.at))
	p.fill(m.history)
}

const leastWindow = time.Second

// tidySpan makes a window of a length of time: one that is short to write.
func tidySpan(d time.Duration) time.Duration {
	unit := 6 * time.Second // a tenth of a minute
	switch {
	case d < windows[0]:
		unit = 100 * time.Millisecond
	case d < time.Minute:
		unit = time.Second
	}
	if rest := d % unit; rest > 0 {
		d += unit - rest
	}
	return min(max(d, leastWindow), windows[len(windows)-1])
}
