package ui

import tea "github.com/charmbracelet/bubbletea"

// timeBindings are the keys that say which time is shown.
func timeBindings() []binding {
	return []binding{
		{
			name: "freeze", keys: []string{" "}, show: "space", group: groupView, hint: "freeze",
			help: "freeze the view; recording goes on", act: (*model).toggleFreeze,
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
