package ui

import tea "github.com/charmbracelet/bubbletea"

// eventsPage lists what happened.
type eventsPage struct{ w, h int }

func newEvents() *eventsPage { return &eventsPage{} }

func (p *eventsPage) Title() string                    { return "Events" }
func (p *eventsPage) SetSize(w, h int)                 { p.w, p.h = w, h }
func (p *eventsPage) Bindings() []binding              { return nil }
func (p *eventsPage) HandleKey(string) (tea.Cmd, bool) { return nil, false }
func (p *eventsPage) Render(a area, v *view)           { a.box("Events") }
