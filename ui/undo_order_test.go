package ui

import (
	"context"
	"io"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// TestChangesInOrder: what keys change is changed in their order, though each has a
// goroutine of its own, and what came before the program quit is not lost.
func TestChangesInOrder(t *testing.T) {
	standard := newFakeEngine().Config()
	after := func(list ...int) load.Config {
		c := standard
		for _, n := range list {
			if err := presets[n-1].apply(&c); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	for _, tt := range []struct {
		name string
		keys []string // one message each
		want load.Config
	}{
		{"at once", []string{"t", "12"}, after(1, 2)},
		{"one by one", []string{"t", "1", "5", "1", "2"}, after(5, 1, 2)},
		{"undone at once", []string{"t", "5u"}, standard},
		{"undone", []string{"t", "5", "u"}, standard},
		{"the last of two", []string{"t", "51u"}, after(5)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 20 {
				e := newFakeEngine()
				th, err := newTheme("dark", termenv.Ascii)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				m := newModel(ctx, &Options{Engine: e}, th)
				p := tea.NewProgram(m, tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithoutSignalHandler())
				go func() {
					p.Send(tea.WindowSizeMsg{Width: 100, Height: 40})
					for _, k := range tt.keys {
						p.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})
					}
					time.Sleep(time.Millisecond)
					p.Quit()
				}()
				if _, err := p.Run(); err != nil {
					t.Fatal(err)
				}
				cancel()
				m.running.close()
				if err := m.queue.finish(); err != nil {
					t.Fatal(err)
				}
				if got := e.Config(); got != tt.want {
					t.Fatalf("%v", load.Diff(tt.want, got))
				}
			}
		})
	}
}
