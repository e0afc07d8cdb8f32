package ui

import tea "github.com/charmbracelet/bubbletea"

// poolPage shows what the session pool does.
type poolPage struct{ w, h int }

func newPool() *poolPage { return &poolPage{} }

func (p *poolPage) Title() string                    { return "Pool" }
func (p *poolPage) SetSize(w, h int)                 { p.w, p.h = w, h }
func (p *poolPage) Bindings() []binding              { return nil }
func (p *poolPage) HandleKey(string) (tea.Cmd, bool) { return nil, false }
func (p *poolPage) Render(a area, v *view)           { a.box("Pool") }
