package ui

import (
	"errors"

	tea "github.com/charmbracelet/bubbletea"
)

// lookBindings are the keys that change how everything looks.
func lookBindings() []binding {
	return []binding{{
		name: "theme", keys: []string{"T"}, group: groupView,
		help: "next theme: dark, light, colorblind, 16, mono", act: (*model).cycleTheme,
	}}
}

// errNoColours is the notice that there is one theme only.
var errNoColours = errors.New("without colours there is one theme: NO_COLOR, --no-color, or a terminal that has none")

// cycleTheme turns to the next theme.
func (m *model) cycleTheme() tea.Cmd {
	if m.theme.plain {
		return refuse(errNoColours)
	}
	m.theme = m.theme.next()
	m.tell("theme " + m.theme.name)
	return nil
}

// setTheme turns to the theme of that name.
func (m *model) setTheme(name string) error {
	if m.theme.plain && name != m.theme.name {
		return errNoColours
	}
	th, err := newTheme(name, m.theme.profile)
	if err != nil {
		return err
	}
	th.plain = m.theme.plain
	m.theme = th
	return nil
}
