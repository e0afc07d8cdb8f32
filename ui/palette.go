package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// paletteBindings are the keys of the command palette.
func paletteBindings() []binding {
	return []binding{{
		name: "command", keys: []string{":"}, group: groupProgram, hint: "command",
		help: "type a command; tab completes", act: (*model).openPalette,
	}}
}

// maxSaid is how many lines the palette remembers.
const maxSaid = 50

// palette is the overlay in which commands are typed.
type palette struct {
	line     lineEdit
	commands []command
	found    []candidate // what the line may become, the best first
	chosen   int         // of found, -1 for the line as it was typed
	top      int         // the first one that is seen
	recalled int         // how many lines back in what was said; 0 for none
	err      string
	save     saver
}

// candidate is what a line may become.
type candidate struct {
	line string // the whole of it
	show string
	key  string
	help string
	more bool // an argument follows
}

func (m *model) openPalette() tea.Cmd {
	p := &palette{commands: commands(m)}
	p.search(m)
	return m.open(p)
}

// Hints implements overlay.
func (p *palette) Hints() []hint {
	if p.save.state != saveIdle {
		return p.save.hints()
	}
	return hintsOfPalette
}

var hintsOfPalette = []hint{{"enter", "do"}, {"tab", "complete"}, {"↑ ↓", "choose"}, {"esc", "close"}}

// Key implements overlay.
func (p *palette) Key(m *model, msg tea.KeyMsg) tea.Cmd {
	if p.save.state != saveIdle {
		cmd := p.save.Key(m, msg, func(_ string, err error) { p.err = errText(err) })
		if p.save.state == saveName { // the name is in the line
			p.save.state = saveIdle
		}
		return cmd
	}
	switch msg.Type {
	case tea.KeyEsc:
		m.overlay = nil
	case tea.KeyEnter:
		return p.enter(m)
	case tea.KeyTab:
		p.complete(m)
	case tea.KeyShiftTab:
		p.choose(-1)
	case tea.KeyUp, tea.KeyCtrlP:
		if !p.recall(m, 1) {
			p.choose(-1)
		}
	case tea.KeyDown, tea.KeyCtrlN:
		if !p.recall(m, -1) {
			p.choose(1)
		}
	case tea.KeyBackspace:
		if p.line.Text() == "" {
			m.overlay = nil
			return nil
		}
		fallthrough
	default:
		was := p.line.Text()
		if p.line.Key(msg) && p.line.Text() != was {
			p.recalled = 0
			p.search(m)
		}
	}
	return nil
}

// recall turns to a line that was said before, if the line is empty or is one.
func (p *palette) recall(m *model, by int) bool {
	n := p.recalled + by
	if p.line.Text() != "" && p.recalled == 0 || n < 0 || n > len(m.said) || len(m.said) == 0 {
		return p.recalled > 0
	}
	p.recalled = n
	p.line.Set("")
	if n > 0 {
		p.line.Set(m.said[len(m.said)-n])
	}
	p.search(m)
	return true
}

// choose goes through what was found.
func (p *palette) choose(by int) {
	p.err = ""
	p.chosen = min(max(p.chosen+by, -1), len(p.found)-1)
}

// complete makes the line what is chosen, or the first that was found.
func (p *palette) complete(m *model) {
	if len(p.found) == 0 {
		return
	}
	c := p.found[max(p.chosen, 0)]
	text := c.line
	if c.more {
		text += " "
	}
	p.line.Set(text)
	p.search(m)
}

// search finds what the line may become.
func (p *palette) search(m *model) {
	p.err, p.chosen, p.top = "", -1, 0
	p.found = p.found[:0]
	name, arg, hasArg := strings.Cut(strings.TrimLeft(p.line.Text(), " "), " ")
	if !hasArg {
		for _, i := range rank(name, len(p.commands), func(i int) string { return p.commands[i].name }) {
			c := &p.commands[i]
			p.found = append(p.found, candidate{c.name, strings.TrimSpace(c.name + " " + c.args), c.key, c.help, c.args != ""})
		}
		// What is seen first is what enter does, unless the line is a command.
		if p.command(name) == nil && name != "" && len(p.found) > 0 {
			p.chosen = 0
		}
		return
	}
	c := p.command(name)
	if c == nil || c.complete == nil {
		return
	}
	arg = strings.TrimLeft(arg, " ")
	all := c.complete(m, arg)
	for _, i := range rank(arg, len(all), func(i int) string { return all[i] }) {
		text := strings.TrimRight(all[i], " ")
		p.found = append(p.found, candidate{line: c.name + " " + text, show: text, help: c.about(text), more: text != all[i]})
	}
}

// command returns the command of that name, nil if there is none.
func (p *palette) command(name string) *command {
	if i := slices.IndexFunc(p.commands, func(c command) bool { return c.name == name }); i >= 0 {
		return &p.commands[i]
	}
	return nil
}

// enter does what the line says, or what is chosen.
func (p *palette) enter(m *model) tea.Cmd {
	text := strings.TrimSpace(p.line.Text())
	if p.chosen >= 0 && p.chosen < len(p.found) {
		if c := p.found[p.chosen]; c.more {
			p.complete(m)
			return nil
		}
		text = p.found[p.chosen].line
	}
	if text == "" {
		m.overlay = nil
		return nil
	}
	name, arg, _ := strings.Cut(text, " ")
	c := p.command(name)
	if c == nil {
		p.err = fmt.Sprintf("%q is no command; want one such as set, page or window", name)
		return nil
	}
	m.said = slices.DeleteFunc(m.said, func(line string) bool { return line == text })
	m.said = append(m.said, text)
	m.said = m.said[max(len(m.said)-maxSaid, 0):]
	m.overlay = nil // what the command opens stays open
	cmd, err := c.run(m, strings.TrimSpace(arg))
	if err != nil {
		m.open(p)
		p.err = errText(err)
	}
	return cmd
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return oneLine(err)
}

// rank returns those of n texts that what was typed may stand for, the best first:
// texts that begin with it, that have it within, and that have its letters in order.
func rank(typed string, n int, text func(int) string) []int {
	var by [3][]int
	typed = strings.ToLower(typed)
	for i := range n {
		switch t := strings.ToLower(text(i)); {
		case strings.HasPrefix(t, typed):
			by[0] = append(by[0], i)
		case strings.Contains(t, typed):
			by[1] = append(by[1], i)
		case inOrder(typed, t):
			by[2] = append(by[2], i)
		}
	}
	return slices.Concat(by[:]...)
}

// inOrder tells whether t has the letters in their order.
func inOrder(letters, t string) bool {
	for _, r := range letters {
		i := strings.IndexRune(t, r)
		if i < 0 {
			return false
		}
		t = t[i+len(string(r)):]
	}
	return true
}

// paletteRows is how many candidates are seen at most.
const paletteRows = 10

// Draw implements overlay.
func (p *palette) Draw(_ *model, body area, _ *view) {
	shown := min(len(p.found), paletteRows, body.h-4)
	errs := 0
	if p.err != "" {
		errs = min(wordRows(p.err, body.w-6), 3)
		shown = min(shown, body.h-3-errs)
	}
	h := shown + errs + 3
	a := body.sub(rect{0, body.h - h, body.w, h})
	a.fill(' ', styleText)
	in := a.box("command")
	p.top = min(p.top, max(p.chosen, 0))
	p.top = max(p.top, p.chosen-shown+1, 0)
	keys, show := 1+8, 0
	for i := p.top; i < p.top+shown; i++ {
		show = max(show, columnsOf(p.found[i].show))
	}
	show = min(max(show, 16), in.w/2)
	for i := range shown {
		p.drawCandidate(in.sub(rect{0, i, in.w, 1}), p.top+i, show, keys)
	}
	y := shown
	if errs > 0 {
		x := in.text(1, y, "▲ ", styleBad)
		drawWords(in.sub(rect{x, y, in.w - x - 1, errs}), 0, p.err, styleBad)
		y += errs
	}
	if p.save.state == saveOver {
		x := in.text(1, y, "▲ ", styleWarn)
		x = in.text(x, y, "write over ", styleWarn)
		in.text(x, y, fitTail(p.save.path, in.w-x-14)+"?  y  n", styleWarn)
		return
	}
	in.text(1, y, ":", styleKey)
	p.line.Draw(in.sub(rect{2, y, in.w - 3, 1}), styleStrong)
}

func (p *palette) drawCandidate(a area, i, show, keys int) {
	c := &p.found[i]
	a.hit(hitRow, i)
	look := styleText
	if i == p.chosen {
		a.text(0, 0, "▸", styleKey)
		look = styleStrong
	}
	a.text(2, 0, fitText(c.show, show), look)
	x := 2 + show + 2
	a.text(x, 0, c.key, styleKey)
	x += keys
	a.words(x, 0, c.help, a.w-x-1, styleDim)
}

// Mouse has a click do what it is at.
func (p *palette) Mouse(m *model, msg tea.MouseMsg) tea.Cmd {
	event := tea.MouseEvent(msg)
	if event.Action != tea.MouseActionPress || p.save.state != saveIdle {
		return nil
	}
	switch event.Button {
	case tea.MouseButtonWheelUp:
		p.choose(-1)
	case tea.MouseButtonWheelDown:
		p.choose(1)
	case tea.MouseButtonLeft:
		if h, ok := m.overlayHit(msg); ok && h.kind == hitRow && h.n < len(p.found) {
			p.chosen = h.n
			return p.enter(m)
		}
	}
	return nil
}

// errNoSuch says that an argument is none of those that a command takes.
func errNoSuch(command, arg string, want []string) error {
	return fmt.Errorf("%s: %q is not valid; want %s", command, arg, strings.Join(want, ", "))
}

// errIdle refuses what would change the load.
var errIdle = load.ErrComparing
