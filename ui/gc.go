package ui

import tea "github.com/charmbracelet/bubbletea"

// gcPage shows the collector and what memory is used.
type gcPage struct{ w, h int }

func newGC() *gcPage { return &gcPage{} }

func (p *gcPage) Title() string                    { return "GC" }
func (p *gcPage) SetSize(w, h int)                 { p.w, p.h = w, h }
func (p *gcPage) Bindings() []binding              { return nil }
func (p *gcPage) HandleKey(string) (tea.Cmd, bool) { return nil, false }
func (p *gcPage) Render(a area, v *view)           { a.box("GC") }

// collectBindings are the keys that act on the collector from any page.
func collectBindings() []binding { return nil }
