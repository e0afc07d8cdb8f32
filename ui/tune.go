package ui

import (
	"errors"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// tuneBindings are the keys of the tuning panel.
func tuneBindings() []binding {
	return []binding{{
		name: "tune", keys: []string{"t"}, group: groupLoad, hint: "tune",
		help: "every parameter, live", act: (*model).openTuning,
	}}
}

// tunePanel is the overlay in which every parameter of the load is set. What it shows
// is what is in force; a change shows once it is. It keeps its place while it is closed.
type tunePanel struct {
	params []load.Param
	groups []string // of each
	row    int
	top    int // the first row that is seen
	rows   int // as many are

	err      string // why the last change was refused; "" if it was not
	said     string // what went well
	editing  bool
	edit     lineEdit
	save     saver
	fresh    bool // the texts below are of config
	config   load.Config
	values   []string
	fitting  []string // as much of these as fits
	changed  []bool   // from the default
	matters  []bool
	inForce  [len(presets)]bool
	defaults string // of the row, and its range, for detailOf
	detailOf int
	buf      []byte
}

func newTunePanel() *tunePanel {
	p := &tunePanel{detailOf: -1}
	p.params, p.groups = tuneParams()
	n := len(p.params)
	p.values, p.fitting, p.changed, p.matters = make([]string, n), make([]string, n), make([]bool, n), make([]bool, n)
	return p
}

// tunedMsg says what became of a change that was made in the panel.
type tunedMsg struct{ err error }

func (m *model) openTuning() tea.Cmd {
	p := m.tuning
	p.err, p.said, p.editing, p.save.state = "", "", false, saveIdle
	return m.open(p)
}

// Hints implements overlay.
func (p *tunePanel) Hints() []hint {
	switch {
	case p.save.state != saveIdle:
		return p.save.hints()
	case p.editing:
		return hintsOfLine
	}
	return hintsOfList
}

var (
	hintsOfLine = []hint{{"enter", "set"}, {"esc", "leave as it is"}}
	hintsOfList = []hint{
		{"↑ ↓", "row"},
		{"← →", "step"},
		{"enter", "set"},
		{"esc", "close"},
		{"d", "default"},
		{"u", "undo"},
		{"1-9", "preset"},
		{"w", "save"},
		{"?", "more"},
	}
)

// Key implements overlay.
func (p *tunePanel) Key(m *model, msg tea.KeyMsg) tea.Cmd {
	if p.save.state != saveIdle {
		return p.save.Key(m, msg, p.told)
	}
	if p.editing {
		return p.editKey(m, msg)
	}
	if msg.Paste {
		return nil // a text that was meant for somebody else
	}
	if msg.Type != tea.KeyRunes || len(msg.Runes) < 2 {
		return p.key(m, msg.String())
	}
	var all []tea.Cmd
	for i, r := range msg.Runes { // typed so quickly that they came as one
		if p.editing {
			all = append(all, p.editKey(m, tea.KeyMsg{Type: tea.KeyRunes, Runes: msg.Runes[i:]}))
			break
		}
		all = append(all, p.Key(m, tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}))
		if m.overlay != p {
			break
		}
	}
	return tea.Batch(all...)
}

// told takes note of what became of saving.
func (p *tunePanel) told(said string, err error) {
	p.said, p.err = said, ""
	if err != nil {
		p.err = oneLine(err)
	}
}

// passed are the bindings that work while the panel is open, so that what a change
// does can be looked at.
var passed = []string{"freeze", "zoom-in", "zoom-out", "less-load", "more-load", "pause", "reset", "collect"}

// key does what a key stands for in the list.
func (p *tunePanel) key(m *model, key string) tea.Cmd {
	switch key {
	case "up", "k":
		p.move(-1)
	case "down", "j":
		p.move(1)
	case "pgup":
		p.move(-max(p.rows-1, 1))
	case "pgdown":
		p.move(max(p.rows-1, 1))
	case "home":
		p.move(-len(p.params))
	case "end":
		p.move(len(p.params))
	case "left", "right", "h", "l":
		by := 1
		if key == "left" || key == "h" {
			by = -1
		}
		return p.change(m, func(c *load.Config) error { return stepParam(c, &p.params[p.row], by) })
	case "enter", "=":
		p.clear()
		p.editing = true
		p.edit.Set(p.params[p.row].Get(&m.config))
		if key == "=" {
			p.edit.Set("")
		}
	case "d":
		return p.change(m, func(c *load.Config) error { return setParamText(c, &p.params[p.row], p.params[p.row].Default) })
	case "u":
		if p.rests(m) {
			return nil
		}
		return p.answer(m.undo())
	case "w":
		p.clear()
		p.save.ask(&m.config)
	case "?":
		p.told("= types anew; pgup, pgdn, home and end turn", nil)
	case "esc":
		m.overlay = nil
	default:
		if len(key) == 1 && key[0] >= '1' && int(key[0]-'1') < len(presets) {
			return p.change(m, presets[key[0]-'1'].apply)
		}
		if b := findBinding(m.bindings, key); b != nil {
			if b.name == "tune" {
				m.overlay = nil
			} else if slices.Contains(passed, b.name) && (!b.idle || m.trial == nil) {
				return b.act(m)
			}
		}
	}
	return nil
}

// editKey does what a key stands for while a value is typed.
func (p *tunePanel) editKey(m *model, msg tea.KeyMsg) tea.Cmd {
	switch msg.Type {
	case tea.KeyEnter:
		text := p.edit.Text()
		cmd := p.change(m, func(c *load.Config) error { return setParamText(c, &p.params[p.row], text) })
		p.editing = p.err != "" // so that it can be put right
		return cmd
	case tea.KeyEsc:
		p.editing, p.err = false, ""
	default:
		if p.edit.Key(msg) {
			p.err = ""
		}
	}
	return nil
}

func (p *tunePanel) clear() { p.err, p.said = "", "" }

func (p *tunePanel) move(by int) {
	p.clear()
	p.row = stepIn(len(p.params), p.row, by)
}

// change has the engine do what edit does, and says why it does not.
func (p *tunePanel) change(m *model, edit func(*load.Config) error) tea.Cmd {
	if p.rests(m) {
		return nil
	}
	probe := m.config
	if err := edit(&probe); err != nil {
		p.err = oneLine(err)
		return nil
	}
	return p.answer(m.change(edit))
}

// rests tells whether nothing can be changed now, and says so.
func (p *tunePanel) rests(m *model) bool {
	p.clear()
	if m.trial != nil {
		p.err = load.ErrComparing.Error()
	}
	return m.trial != nil
}

// answer has the panel told what a command's change came to.
func (p *tunePanel) answer(change tea.Cmd) tea.Cmd {
	return func() tea.Msg {
		msg := change()
		if applied, ok := msg.(appliedMsg); ok {
			return tunedMsg{applied.err}
		}
		return msg
	}
}

// Receive takes what became of changes and files. Where the panel was closed in the
// meantime, the footer has it.
func (p *tunePanel) Receive(m *model, msg tea.Msg) (tea.Cmd, bool) {
	var said string
	var err error
	switch msg := msg.(type) {
	case tunedMsg:
		err = msg.err
	case savedMsg:
		if said, err = msg.saver.saved(msg); errors.Is(err, errAsks) {
			return nil, true
		}
	default:
		return nil, false
	}
	line, typed := m.overlay.(*palette)
	switch {
	case m.overlay == overlay(p):
		p.told(said, err)
	case typed && err != nil:
		line.save.state, line.err = saveIdle, oneLine(err)
	case err != nil:
		return refuse(err), true
	case said != "":
		if typed && line.save.path != "" {
			m.overlay = nil
		}
		m.tell(said)
	}
	return nil, true
}

// Mouse has a click choose a row, or begin to set the row that is chosen.
func (p *tunePanel) Mouse(m *model, msg tea.MouseMsg) tea.Cmd {
	event := tea.MouseEvent(msg)
	if event.Action != tea.MouseActionPress || p.editing || p.save.state != saveIdle {
		return nil
	}
	switch event.Button {
	case tea.MouseButtonWheelUp:
		p.move(-1)
	case tea.MouseButtonWheelDown:
		p.move(1)
	case tea.MouseButtonLeft:
		h, ok := m.overlayHit(msg)
		switch {
		case !ok:
		case h.kind == hitKnob && h.n < len(presets):
			return p.change(m, presets[h.n].apply)
		case h.kind == hitRow && h.n == p.row:
			return p.key(m, "enter")
		case h.kind == hitRow && h.n < len(p.params):
			p.move(h.n - p.row)
		}
	}
	return nil
}

// refresh writes the texts of what is in force, if that is another configuration.
func (p *tunePanel) refresh(c *load.Config) {
	if p.fresh && p.config == *c {
		return
	}
	p.fresh, p.config = true, *c
	standard := load.Default()
	for i := range p.params {
		param := &p.params[i]
		p.values[i] = param.Get(c)
		p.fitting[i] = fitList(p.values[i], tuneValue-1)
		p.changed[i] = p.values[i] != param.Get(&standard)
		p.matters[i] = load.Matters(param.Name, c)
	}
	for i := range presets {
		with := *c
		p.inForce[i] = presets[i].apply(&with) == nil && with == *c
	}
}

// fitList returns as many whole words of a list with commas between as fit into w
// columns, with an ellipsis where some are missing.
func fitList(t string, w int) string {
	if columnsOf(t) <= w {
		return t
	}
	for end := strings.LastIndexByte(t, ','); end > 0; end = strings.LastIndexByte(t[:end], ',') {
		if columnsOf(t[:end])+2 <= w {
			return t[:end+1] + "…"
		}
	}
	return fitText(t, w)
}
