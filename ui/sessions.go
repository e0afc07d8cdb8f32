package ui

import tea "github.com/charmbracelet/bubbletea"

// sessionsPage lists the sessions, and shows one of them.
type sessionsPage struct{ w, h int }

func newSessions() *sessionsPage { return &sessionsPage{} }

func (p *sessionsPage) Title() string                    { return "Sessions" }
func (p *sessionsPage) SetSize(w, h int)                 { p.w, p.h = w, h }
func (p *sessionsPage) Bindings() []binding              { return nil }
func (p *sessionsPage) HandleKey(string) (tea.Cmd, bool) { return nil, false }
func (p *sessionsPage) Render(a area, v *view)           { a.box("Sessions") }
