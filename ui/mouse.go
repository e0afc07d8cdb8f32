package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// mouseOverlay is an overlay that has the mouse, too, while it is open.
type mouseOverlay interface {
	Mouse(m *model, msg tea.MouseMsg) tea.Cmd
}

// wheelRows is how many rows one step of the wheel moves a page by.
const wheelRows = 3

// mouseBindings are the keys about the mouse.
func mouseBindings() []binding {
	return []binding{{
		name: "mouse", keys: []string{"m"}, group: groupProgram,
		help: "mouse on or off; off, the terminal selects text", act: (*model).toggleMouse,
	}}
}

// toggleMouse turns reports of the mouse on or off. A terminal that reports them keeps
// no selection of its own.
func (m *model) toggleMouse() tea.Cmd {
	m.noMouse = !m.noMouse
	m.drag = drag{}
	if m.noMouse {
		m.tell("mouse off: the terminal's own selection works")
		return tea.DisableMouse
	}
	m.tell("mouse on")
	return tea.EnableMouseCellMotion
}

// mouse does what a movement, a click or the wheel stands for, and reports whether it
// stood for anything: if not, nothing needs to be drawn.
func (m *model) mouse(msg tea.MouseMsg) (cmd tea.Cmd, meant bool) {
	if m.noMouse { // it was on its way
		return nil, false
	}
	event := tea.MouseEvent(msg)
	switch {
	case m.help:
		return nil, m.mouseHelp(event)
	case m.drag.on && !event.IsWheel():
		return m.mouseDrag(event)
	case m.overlay != nil:
		return m.mouseOver(msg)
	case event.Action != tea.MouseActionPress:
		return nil, false
	case event.IsWheel():
		return m.wheel(event)
	case event.Button == tea.MouseButtonLeft:
		return m.click(event)
	}
	return nil, false
}

// mouseHelp turns the pages of the help, or closes it.
func (m *model) mouseHelp(event tea.MouseEvent) bool {
	switch {
	case event.Action != tea.MouseActionPress:
		return false
	case event.Button == tea.MouseButtonWheelUp:
		return m.turnHelp("up")
	case event.Button == tea.MouseButtonWheelDown:
		return m.turnHelp("down")
	case event.IsWheel():
		return false
	}
	m.help = false
	return true
}

// mouseOver gives what happens to the overlay. Its hints can be clicked at in any case,
// and where it has no use for the mouse, the wheel is the arrow keys.
func (m *model) mouseOver(msg tea.MouseMsg) (tea.Cmd, bool) {
	event := tea.MouseEvent(msg)
	pressed := event.Action == tea.MouseActionPress
	if h, ok := m.canvas.hitAt(msg.X, msg.Y); ok && h.kind == hitHint && pressed && event.Button == tea.MouseButtonLeft {
		return m.pressHint(h.n), true
	}
	if o, ok := m.overlay.(mouseOverlay); ok {
		return o.Mouse(m, msg), pressed || event.Button != tea.MouseButtonNone
	}
	switch {
	case pressed && event.Button == tea.MouseButtonWheelUp:
		return m.overlay.Key(m, tea.KeyMsg{Type: tea.KeyUp}), true
	case pressed && event.Button == tea.MouseButtonWheelDown:
		return m.overlay.Key(m, tea.KeyMsg{Type: tea.KeyDown}), true
	}
	return nil, false
}

// overlayHit returns what the overlay marked at the cell of a press of the left button.
func (m *model) overlayHit(msg tea.MouseMsg) (hit, bool) {
	if msg.Action != tea.MouseActionPress || msg.Button != tea.MouseButtonLeft {
		return hit{}, false
	}
	c := canvas{hits: m.canvas.hits[min(m.overFrom, len(m.canvas.hits)):]}
	return c.hitAt(msg.X, msg.Y)
}

// wheel zooms where it is turned over a chart, and moves through the rows of the page
// elsewhere.
func (m *model) wheel(event tea.MouseEvent) (tea.Cmd, bool) {
	by := 0
	switch event.Button {
	case tea.MouseButtonWheelUp:
		by = -1
	case tea.MouseButtonWheelDown:
		by = 1
	}
	h, ok := m.canvas.hitAt(event.X, event.Y)
	if by == 0 || event.Y < headerRows || event.Y >= m.height-footerRows {
		return nil, false
	}
	if ok && h.kind == hitChart {
		return m.zoom(by), true
	}
	if p, ok := m.pages[m.current].(wheeler); ok {
		return p.Wheel(m, by*wheelRows), true
	}
	return nil, false
}

// click does what a press of the left button stands for.
func (m *model) click(event tea.MouseEvent) (tea.Cmd, bool) {
	h, ok := m.canvas.hitAt(event.X, event.Y)
	if !ok {
		return nil, false
	}
	switch h.kind {
	case hitTab:
		return m.showPage(h.n), true
	case hitHint:
		return m.pressHint(h.n), true
	case hitChart:
		m.drag = beginDrag(h, event.X, event.Y)
		return nil, false // there is something to see once it moves
	}
	if p, ok := m.pages[m.current].(clicker); ok {
		return p.Click(m, h, event.X-h.x, event.Y-h.y), true
	}
	return nil, false
}

// drawHint draws keys and what they do, as far as they fit before column end, marks
// them to be clicked at, and returns where the next hint can be drawn. What they do is
// what the first key does, which is named key.
func (m *model) drawHint(a area, x, end int, keys, text, key string) (next int, ok bool) {
	if x+columnsOf(keys)+1+columnsOf(text) > end {
		return x, false
	}
	next = a.text(a.text(x, 0, keys, styleKey)+1, 0, text, styleDim)
	m.markHint(a.sub(rect{x, 0, next - x, 1}), key)
	if strings.IndexByte(keys, ' ') > 0 { // each key for itself
		at := x
		for word := range strings.SplitSeq(keys, " ") {
			if name := keyShown(word); name != "" {
				m.markHint(a.sub(rect{at, 0, columnsOf(word), 1}), name)
			}
			at += columnsOf(word) + 1
		}
	}
	return next + 2, true
}

// markHint marks a hint of a key.
func (m *model) markHint(a area, key string) {
	if key != "" {
		a.hit(hitHint, len(m.hinted))
		m.hinted = append(m.hinted, key)
	}
}

// pressHint presses the key of a hint that was drawn.
func (m *model) pressHint(i int) tea.Cmd {
	if i >= len(m.hinted) {
		return nil
	}
	return m.keys(keyMsg(m.hinted[i]))
}

// shownKeys are the names of keys that [keyLabel], or a hint, shows as something else.
var shownKeys = func() map[string]string {
	shown := map[string]string{"↑": "up", "↓": "down", "←": "left", "→": "right", "↵": "enter"}
	for name := range keyTypes {
		shown[keyLabel(name)] = name
	}
	shown["space"] = " "
	return shown
}()

// keyShown returns Bubble Tea's name of a key that is shown as text, of the first where
// they are several; "" where the text is no key.
func keyShown(text string) string {
	if name, ok := shownKeys[text]; ok {
		return name
	}
	if isKey(text) {
		return text
	}
	if rest, ok := strings.CutPrefix(text, "A-"); ok && isKey(rest) {
		return "alt+" + rest
	}
	if first, _, several := strings.Cut(text, " "); several {
		return keyShown(first)
	}
	return ""
}

// keyTypes are the keys that are no runes, by Bubble Tea's names.
var keyTypes = func() map[string]tea.KeyType {
	types := make(map[string]tea.KeyType)
	for t := tea.KeyType(127); t >= -200; t-- {
		if name := t.String(); namedKeys[name] {
			types[name] = t
		}
	}
	return types
}()

// keyMsg is the message of a key of that name.
func keyMsg(name string) tea.KeyMsg {
	var msg tea.KeyMsg
	if rest, ok := strings.CutPrefix(name, "alt+"); ok && rest != "" {
		msg.Alt, name = true, rest
	}
	if t, ok := keyTypes[name]; ok {
		msg.Type = t
		return msg
	}
	msg.Type, msg.Runes = tea.KeyRunes, []rune(name)
	if name == " " {
		msg.Type = tea.KeySpace
	}
	return msg
}
