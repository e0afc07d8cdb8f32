package ui

import tea "github.com/charmbracelet/bubbletea"

// mouseBindings are the keys about the mouse.
func mouseBindings() []binding { return nil }

// mouse does what a movement, a click or the wheel stands for.
func (m *model) mouse(tea.MouseMsg) tea.Cmd { return nil }
