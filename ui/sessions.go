package ui

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// sessionsPage lists the sessions, and shows one of them.
type sessionsPage struct {
	plotter
	w, h      int
	layout    sessionsLayout
	columns   []placedColumn
	listKeys  []binding
	storyKeys []binding

	// What is asked for.
	order   load.SessionColumn
	reverse bool
	filter  string
	// Rows are counted from the first on or, in the tail, from the last back: place is
	// that of the cursor, top the least that is shown. Not more than reach of either
	// can be shown.
	tail       bool
	top, place int
	follow     session.Session // stays under the cursor; the zero Session is none
	edge       bool            // the cursor was to go where rows are not kept

	// What is known.
	list    load.SessionList // the last that a pass has made
	known   bool             // whether there is one
	pending bool             // it does not answer what is asked for now
	err     error            // why it is not renewed
	waiting bool             // a command asks the engine
	changed bool             // and what it asks is not what is wanted any more
	late    bool             // the list of the freeze is on its way

	one     *oneSession // whose page is open, nil for none
	editing *filterLine // nil where no filter is typed
	recall  []string    // earlier filters, the newest last
	past    sheetRing
	sheet   sheet // that was drawn last
	id      [fullID]byte
}

const (
	// reach is how many rows can be shown from either end of the list: as many as one
	// answer can have, so that a million sessions take no more memory than these.
	reach = load.MaxSessionRows
	// listMargin is how many rows are asked for above and below those that are seen,
	// so that scrolling shows rows at once.
	listMargin = 16
)

func newSessions() *sessionsPage {
	// By id, both ends of a pair stand together, and rows stay where they are.
	p := &sessionsPage{order: load.ByID}
	p.listKeys, p.storyKeys = p.listBindings(), p.storyBindings()
	return p
}

func (p *sessionsPage) Title() string { return "Sessions" }

func (p *sessionsPage) SetSize(w, h int) {
	p.w, p.h = w, h
	p.arrange()
	p.settle()
}

// arrange lays out the list anew.
func (p *sessionsPage) arrange() {
	p.layout = layoutSessions(p.w, p.h, p.editing != nil)
}

// rows is how many sessions there is room for.
func (p *sessionsPage) rows() int { return max(p.layout.table.h-tableFrame, 1) }

// Bindings implements page.
func (p *sessionsPage) Bindings() []binding {
	if p.one != nil {
		return p.storyKeys
	}
	return p.listKeys
}

// HandleKey implements page: esc leaves the page of one session, and else stops
// following.
func (p *sessionsPage) HandleKey(key string) (tea.Cmd, bool) {
	switch {
	case key != "esc":
	case p.one != nil:
		p.one = nil
		return nil, true
	case p.follow != (session.Session{}):
		p.follow = session.Session{}
		return nil, true
	}
	return nil, false
}

// Render implements page.
func (p *sessionsPage) Render(a area, v *view) {
	p.begin()
	if p.one != nil {
		p.drawStory(a, v)
		return
	}
	p.drawTable(a.sub(p.layout.table), v)
}

// question is what the list is asked for.
func (p *sessionsPage) question() load.SessionQuery {
	from := max(p.top-listMargin, 0)
	q := load.SessionQuery{
		Filter: p.filter, Order: p.order, Reverse: p.reverse != p.tail,
		Offset: from, Limit: min(p.top+p.rows()+listMargin, reach) - from, Follow: p.follow,
	}
	if p.one != nil {
		q.Follow = p.one.handle
	}
	return q
}

// sessionsMsg is what the engine answered.
type sessionsMsg struct {
	again    bool          // this is the second answer to one poll
	resets   int           // of the history, when it was asked
	freeze   time.Duration // the moment of the freeze that it was asked for; 0 for none
	list     load.SessionList
	err      error
	one      session.Session // the zero Session where no story was asked for
	detail   load.SessionDetail
	oneError error
}

// closedMsg tells what became of closing a session.
type closedMsg struct {
	name string
	err  error
}

// reset implements resetter: none of the sessions is left.
func (p *sessionsPage) reset() {
	p.list, p.known, p.pending, p.err = load.SessionList{}, false, false, nil
	p.one, p.follow, p.edge = nil, session.Session{}, false
	p.tail, p.top, p.place = false, 0, 0
	p.past.clear()
	p.sheet = sheet{rows: p.sheet.rows[:0], line: -1}
}

// Poll implements poller.
func (p *sessionsPage) Poll(m *model) tea.Cmd { return p.ask(m, false) }

// ask asks the engine for what is shown, unless it is being asked. A frozen view
// asks nothing.
func (p *sessionsPage) ask(m *model, again bool) tea.Cmd {
	if p.waiting {
		p.changed = true
		return nil
	}
	if m.frozen || m.trial != nil {
		return nil
	}
	p.waiting, p.changed = true, false
	engine, q, resets := m.engine, p.question(), m.history.resets
	var one session.Session
	if p.one != nil {
		one = p.one.handle
	}
	return m.command(func() tea.Msg {
		msg := sessionsMsg{again: again, resets: resets, one: one}
		if one != (session.Session{}) {
			msg.detail, msg.oneError = engine.Session(one)
		}
		msg.list, msg.err = engine.Sessions(q)
		return msg
	})
}

// Receive implements receiver.
func (p *sessionsPage) Receive(m *model, msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case sessionsMsg:
		if msg.freeze > 0 {
			p.takeFrozen(m, &msg)
			return nil, true
		}
		p.waiting = false
		if m.frozen || msg.resets != m.history.resets {
			return nil, true
		}
		if p.one != nil && msg.one == p.one.handle {
			p.one.take(&msg, m.snap.Elapsed)
		}
		p.take(&msg)
		if p.known && !p.pending && p.err == nil {
			p.record(m)
		}
		if m.pages[m.current] == page(p) && (p.changed || !msg.again && !p.covered()) {
			return p.ask(m, true), true
		}
		return nil, true
	case closedMsg:
		if msg.err != nil {
			text := oneLine(msg.err)
			if errors.Is(msg.err, session.ErrClosed) {
				text = "session " + msg.name + " had ended already"
			}
			m.warn(text)
		} else if m.frozen {
			m.tellUnseen("session " + msg.name + " closed")
		}
		return p.ask(m, false), true
	}
	return nil, false
}

// take takes over a list, if it answers what is asked for.
func (p *sessionsPage) take(msg *sessionsMsg) {
	p.err = msg.err
	q := &msg.list.Query
	if msg.err != nil && p.known || q.Filter != p.filter || q.Order != p.order || q.Reverse != (p.reverse != p.tail) {
		return
	}
	if msg.list.At == 0 { // no pass was made for it yet
		return
	}
	p.list, p.known, p.pending = msg.list, true, false
	if q.Follow != (session.Session{}) && q.Follow == p.question().Follow {
		p.goTo(p.list.FollowedPlace)
	}
	p.settle()
}

// goTo moves the cursor to the followed session, if it is within reach.
func (p *sessionsPage) goTo(place int) {
	switch {
	case place < 0 || p.list.Followed.State == load.SessionEnded:
	case place < reach:
		p.place = place
	case p.list.Matched-1-place < reach:
		p.turn(p.list.Matched - 1 - place)
	}
}

// turn counts rows from the other end, and puts the cursor on the row of that number
// there.
func (p *sessionsPage) turn(place int) {
	p.tail = !p.tail
	p.place, p.top = place, max(place-p.rows()/2, 0)
	p.pending, p.changed = true, true
}

// settle keeps the cursor on a row that there is, and what is shown around it.
func (p *sessionsPage) settle() {
	if !p.known || p.pending {
		return
	}
	n, rows := min(p.list.Matched, reach), p.rows()
	p.place = max(min(p.place, n-1), 0)
	p.top = max(min(p.top, p.place, n-rows), p.place-rows+1, 0)
}

// covered tells whether all rows that are shown were asked for.
func (p *sessionsPage) covered() bool {
	q := &p.list.Query
	last := min(p.top+p.rows(), p.list.Matched, reach)
	return !p.known || p.pending || p.top >= q.Offset && last <= q.Offset+q.Limit
}

// move moves the cursor down by so many rows.
func (p *sessionsPage) move(m *model, by int) tea.Cmd {
	p.follow, p.edge = session.Session{}, false
	if p.tail {
		by = -by
	}
	p.place += by
	if m.frozen { // within what is there
		q := &p.list.Query
		p.place = max(min(p.place, q.Offset+len(p.list.Rows)-1), q.Offset)
		p.settle()
		return nil
	}
	if n := p.list.Matched; p.place >= reach && n > reach {
		if other := n - 1 - p.place; other < reach {
			p.turn(max(other, 0))
		} else {
			p.edge = true
		}
	}
	p.settle()
	return p.ask(m, false)
}

// scroll moves what is shown down by so many rows, and the cursor if it would not be
// seen.
func (p *sessionsPage) scroll(m *model, by int) tea.Cmd {
	if p.tail {
		by = -by
	}
	n, rows := min(p.list.Matched, reach), p.rows()
	top := max(min(p.top+by, n-rows), 0)
	if m.frozen {
		q := &p.list.Query
		top = max(min(top, q.Offset+len(p.list.Rows)-rows), q.Offset)
	}
	p.edge = by > 0 && top == p.top && p.list.Matched > reach
	p.follow, p.top = session.Session{}, top
	p.place = min(max(p.place, top), top+rows-1)
	p.settle()
	return p.ask(m, false)
}

// goEnd moves the cursor to the first row or the last one.
func (p *sessionsPage) goEnd(m *model, last bool) tea.Cmd {
	p.follow, p.edge = session.Session{}, false
	if m.frozen {
		return p.move(m, map[bool]int{false: -reach, true: reach}[last])
	}
	far := last && p.list.Matched > reach
	switch {
	case far != p.tail:
		p.turn(0)
	case last && !far:
		p.place = p.list.Matched - 1
	default:
		p.place = 0
	}
	p.settle()
	return p.ask(m, false)
}

// sort orders the list by a column, or the other way round where it is already.
func (p *sessionsPage) sort(m *model, by load.SessionColumn) tea.Cmd {
	if int(by) >= load.NumSessionColumns {
		return nil
	}
	if by == p.order {
		p.reverse = !p.reverse
	} else {
		// Of figures, the largest are what one looks for; but what expires next.
		p.order, p.reverse = by, by >= load.ByAge && by != load.ByExpires && by != load.BySlot
	}
	return p.renew(m)
}

// renew asks what has no answer yet, from the first row on.
func (p *sessionsPage) renew(m *model) tea.Cmd {
	p.tail, p.top, p.place, p.edge, p.pending = false, 0, 0, false, true
	return p.ask(m, false)
}

// errFrozen is the notice that a frozen view shows nothing new.
var errFrozen = errors.New("the view is frozen, and shows nothing new")

// live makes an action of one that needs the engine's answer.
func live(act func(*model) tea.Cmd) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd {
		if m.frozen {
			return refuse(errFrozen)
		}
		return act(m)
	}
}

// chosen returns the session under the cursor, as it was drawn.
func (p *sessionsPage) chosen() (*load.SessionRow, bool) {
	if p.one != nil {
		return p.one.row(), true
	}
	if s := &p.sheet; s.line >= 0 && s.line < len(s.rows) && s.rows[s.line].known {
		return &s.rows[s.line].SessionRow, true
	}
	return nil, false
}

// toggleFollow keeps the cursor on its session while the table moves, or not.
func (p *sessionsPage) toggleFollow(m *model) tea.Cmd {
	row, ok := p.chosen()
	if p.follow != (session.Session{}) || !ok {
		p.follow = session.Session{}
		return nil
	}
	p.follow = row.Handle
	return p.ask(m, false)
}

// lost stops following a session that has ended, in whose place there is another now,
// and says so; nil if there is none.
func (p *sessionsPage) lost(row *load.SessionRow) error {
	gone := &p.list.Followed
	if p.one != nil || p.follow == (session.Session{}) || p.list.Query.Follow != p.follow ||
		gone.State != load.SessionEnded || row.Handle == p.follow {
		return nil
	}
	p.follow = session.Session{}
	return fmt.Errorf("session %s, which was followed, has ended; the cursor is on another", shortID(gone.ID))
}

// openChosen opens the page of the session under the cursor.
func (p *sessionsPage) openChosen(m *model) tea.Cmd {
	row, ok := p.chosen()
	if !ok {
		return nil
	}
	if err := p.lost(row); err != nil {
		return refuse(err)
	}
	p.one = newOneSession(row)
	return p.ask(m, false)
}

// neighbour opens the page of the session so many rows further in the table.
func (p *sessionsPage) neighbour(m *model, by int) tea.Cmd {
	if p.tail {
		by = -by
	}
	q := &p.list.Query
	i := p.place + by - q.Offset
	if p.pending || i < 0 || i >= len(p.list.Rows) {
		return nil
	}
	follow := p.follow != (session.Session{})
	p.one = newOneSession(&p.list.Rows[i])
	p.place += by
	if follow {
		p.follow = p.one.handle
	}
	p.settle()
	return p.ask(m, false)
}

// askClose asks whether to close the session under the cursor.
func (p *sessionsPage) askClose(m *model) tea.Cmd {
	row, ok := p.chosen()
	switch {
	case !ok:
		return nil
	case row.State == load.SessionEnded:
		return refuse(fmt.Errorf("session %s has ended already", shortID(row.ID)))
	}
	if err := p.lost(row); err != nil {
		return refuse(err)
	}
	return m.open(&closeQuestion{row: *row})
}

// Click implements clicker: a heading orders the list, a row is chosen, and opened
// when it was.
func (p *sessionsPage) Click(m *model, h hit, _, _ int) tea.Cmd {
	switch {
	case p.one != nil || h.kind != hitColumn && h.kind != hitRow:
		return nil
	case h.kind == hitColumn && m.trial != nil:
		return refuse(load.ErrComparing)
	case h.kind == hitColumn:
		return live(func(m *model) tea.Cmd { return p.sort(m, load.SessionColumn(h.n)) })(m)
	case h.n != p.sheet.line:
		return p.move(m, h.n-p.sheet.line)
	case m.trial != nil:
		return refuse(load.ErrComparing)
	}
	return live(p.openChosen)(m)
}

// Wheel implements wheeler.
func (p *sessionsPage) Wheel(m *model, by int) tea.Cmd {
	if p.one != nil {
		return p.neighbourLive(cmp.Compare(by, 0))(m)
	}
	return p.scroll(m, by)
}

func (p *sessionsPage) neighbourLive(by int) func(*model) tea.Cmd {
	return live(func(m *model) tea.Cmd { return p.neighbour(m, by) })
}
