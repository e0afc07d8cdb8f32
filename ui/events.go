package ui

import (
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/internal/format"
)

// eventsPage lists what happened.
type eventsPage struct {
	plotter
	w, h   int
	layout eventsLayout

	filter int    // 0 for all, or a kind and 1
	seq    uint64 // the event under the cursor; 0 stays with the newest
	top    int    // the first row shown
	rows   []int  // indices of the events listed, newest first
	shown  int    // rows of the table
	worst  []uint8
	keys   []binding
}

func newEvents() *eventsPage {
	p := &eventsPage{}
	p.keys = p.bindings()
	return p
}

func (p *eventsPage) Title() string                    { return "Events" }
func (p *eventsPage) HandleKey(string) (tea.Cmd, bool) { return nil, false }

func (p *eventsPage) SetSize(w, h int) {
	p.w, p.h = w, h
	p.layout = layoutEvents(w, h)
}

// Bindings implements page.
func (p *eventsPage) Bindings() []binding { return p.keys }

func (p *eventsPage) bindings() []binding {
	move := func(by int) func(*model) tea.Cmd { return func(m *model) tea.Cmd { return p.Wheel(m, by) } }
	far := func(by int) func(*model) tea.Cmd {
		return func(m *model) tea.Cmd { return p.Wheel(m, by*max(p.shown-1, 1)) }
	}
	threshold := func(by int) func(*model) tea.Cmd {
		return func(m *model) tea.Cmd {
			p.setThreshold(m, by)
			return nil
		}
	}
	return []binding{
		{
			name: "row-up", keys: []string{"up"}, show: "↑ ↓", group: groupPage,
			help: "event above; down is the one below", alone: "event above", act: move(-1),
		},
		{name: "row-down", keys: []string{"down"}, group: groupPage, with: true, help: "event below", act: move(1)},
		{
			name: "rows-up", keys: []string{"pgup"}, group: groupPage,
			help: "rows up; pgdown is rows down", alone: "a screen of rows up", act: far(-1),
		},
		{name: "rows-down", keys: []string{"pgdown"}, group: groupPage, with: true, help: "a screen of rows down", act: far(1)},
		{
			name: "jump", keys: []string{"enter"}, group: groupPage, hint: "go there",
			help: "freeze all pages at that moment", act: p.jump,
		},
		{
			name: "filter", keys: []string{"f"}, group: groupPage, hint: "filter",
			help: "next kind of event, or all", act: func(*model) tea.Cmd {
				p.setFilter((p.filter + 1) % (int(numEventKinds) + 1))
				return nil
			},
		},
		{
			name: "shorter-pauses", keys: []string{"["}, show: "[ ]", group: groupPage, hint: "pauses", hintKeys: "[ ]", hintWith: []string{"longer-pauses"},
			help: "pauses count from less on, or more", alone: "pauses count from less on", act: threshold(-1),
		},
		{
			name: "longer-pauses", keys: []string{"]"}, group: groupPage, with: true,
			help: "pauses count from more on", act: threshold(1),
		},
	}
}

func (p *eventsPage) setFilter(f int) { p.filter, p.seq, p.top = f, 0, 0 }

// Wheel moves the cursor by rows.
func (p *eventsPage) Wheel(m *model, by int) tea.Cmd {
	v := m.view()
	p.list(v)
	if len(p.rows) == 0 {
		return nil
	}
	p.choose(v, min(max(p.row(v)+by, 0), len(p.rows)-1))
	return nil
}

// Click puts the cursor on a row, and jumps to the one that has it; a click on a kind
// lists that kind alone, or all again.
func (p *eventsPage) Click(m *model, h hit, _, _ int) tea.Cmd {
	switch h.kind {
	case hitRow:
		v := m.view()
		p.list(v)
		if h.n >= len(p.rows) {
			return nil
		}
		if p.row(v) == h.n {
			return p.jump(m)
		}
		p.choose(v, h.n)
	case hitKnob:
		if p.filter == h.n+1 {
			p.setFilter(0)
		} else {
			p.setFilter(h.n + 1)
		}
	}
	return nil
}

// jump goes to the moment of the event under the cursor.
func (p *eventsPage) jump(m *model) tea.Cmd {
	v := m.view()
	p.list(v)
	if len(p.rows) == 0 {
		return nil
	}
	row := p.row(v)
	ev := &v.history.events.list[p.rows[row]]
	p.seq = ev.seq // the cursor stays with it
	return m.jumpTo(ev.at)
}

// list gathers the events that the table has: all that the view knows.
func (p *eventsPage) list(v *view) {
	e := &v.history.events
	p.rows = p.rows[:0]
	for i := e.until(v.newest) - 1; i >= 0; i-- {
		if p.filter == 0 || int(e.list[i].kind) == p.filter-1 {
			p.rows = append(p.rows, i)
		}
	}
}

// setThreshold takes another threshold for pauses. The cursor stays with its event, or
// goes to what was last before it where that is no event any more.
func (p *eventsPage) setThreshold(m *model, by int) {
	e := &m.history.events
	i := slices.IndexFunc(e.list, func(ev event) bool { return p.seq > 0 && ev.seq == p.seq })
	var was event
	if i >= 0 {
		was = e.list[i]
	}
	e.setThreshold(m.history, by)
	if i < 0 || slices.ContainsFunc(e.list, func(ev event) bool { return ev.seq == was.seq }) {
		return
	}
	p.seq = 0
	for _, ev := range e.list {
		if (p.filter == 0 || int(ev.kind) == p.filter-1) && (p.seq == 0 || ev.at <= was.at) {
			p.seq = ev.seq
		}
	}
}

// row returns the row of the cursor.
func (p *eventsPage) row(v *view) int {
	for row, i := range p.rows {
		if p.seq > 0 && v.history.events.list[i].seq == p.seq {
			return row
		}
	}
	return 0
}

// choose puts the cursor on a row. In the first, it stays with the newest.
func (p *eventsPage) choose(v *view, row int) {
	p.seq = 0
	if row > 0 || v.frozen {
		p.seq = v.history.events.list[p.rows[row]].seq
	}
}

// appendEventCount appends how often an event happened, or to how many; nothing where
// that is not worth telling, and a dash where it is not known.
func appendEventCount(dst []byte, ev *event, known bool) []byte {
	switch {
	case ev.n < 2 && !ev.counted:
		return dst
	case !known:
		return append(dst, dash...)
	case ev.counted:
		return format.AppendCount(dst, ev.n)
	}
	return append(format.AppendCount(dst, ev.n), 'x')
}

// appendEventText appends what happened.
func appendEventText(dst []byte, ev *event) []byte {
	dst = append(dst, ev.text...)
	if ev.longest == 0 {
		return dst
	}
	if ev.n > 1 {
		dst = append(dst, "s, longest"...)
	}
	return format.AppendDuration(append(dst, ' '), float64(ev.longest))
}

// Copy returns the event under the cursor as a line of text.
func (p *eventsPage) Copy(v *view) string {
	p.list(v)
	if len(p.rows) == 0 {
		return ""
	}
	ev := v.history.events.list[p.rows[p.row(v)]]
	ev, known := v.history.eventAt(ev, max(v.at, ev.at))
	b := format.AppendClock(nil, ev.at)
	b = append(append(b, ' '), severityNames[ev.sev]...)
	b = append(append(append(b, ", "...), eventKindNames[ev.kind]...), ": "...)
	b = appendEventText(b, &ev)
	if n := appendEventCount(nil, &ev, known); len(n) > 0 {
		b = append(append(append(b, ' '), '('), n...)
		b = append(b, ')')
	}
	return string(b)
}

// Data implements dataSource.
func (p *eventsPage) Data(v *view) []dataset {
	d := dataset{name: "events", columns: []string{"elapsed_s", "until_s", "kind", "severity", "text", "count", "longest_pause_ms"}}
	e := &v.history.events
	for i := range e.until(v.at) {
		ev, known := v.history.eventAt(e.list[i], v.at)
		if p.filter > 0 && int(ev.kind) != p.filter-1 {
			continue
		}
		until, n, longest := nan, nan, nan
		if known {
			until, n = ev.last.Seconds(), float64(ev.n)
		}
		if ev.longest > 0 {
			longest = float64(ev.longest) / float64(time.Millisecond)
		}
		d.rows = append(d.rows, []any{
			ev.at.Seconds(), until, eventKindNames[ev.kind], severityNames[ev.sev], ev.text, n, longest,
		})
	}
	return []dataset{d}
}
