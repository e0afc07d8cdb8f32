package ui

import (
	"fmt"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// BenchmarkFrameOfAMillion is a frame of each page at 200x50 on the real engine with a
// million live sessions, which come and go meanwhile. It takes a minute to have them.
func BenchmarkFrameOfAMillion(b *testing.B) {
	const many = 1_000_000
	c := load.Default()
	for name, text := range map[string]string{
		"rate": "50k/s", "lifetime": "24s", "messages": "1", "max-live": "1.3M", "pool-capacity": "1M", "handshake": "none",
	} {
		setParam(&c, name, text)
	}
	engine, err := load.New(c)
	if err != nil {
		b.Fatal(err)
	}
	if err := engine.Start(); err != nil {
		b.Fatal(err)
	}
	defer engine.Stop()
	th, err := newTheme("dark", termenv.TrueColor)
	if err != nil {
		b.Fatal(err)
	}
	m := newModel(b.Context(), &Options{Engine: engine}, th)
	m.resize(200, 50)
	next := func() {
		s, err := engine.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		_, cmd := m.Update(snapshotMsg{s})
		if batch, ok := cmd().(tea.BatchMsg); ok { // the next snapshot, and what the page asks for
			for _, ask := range batch[1:] {
				m.Update(ask())
			}
		}
	}
	for begin := time.Now(); m.snap.Sessions.Live < many; next() {
		if time.Since(begin) > 2*time.Minute {
			b.Skipf("this machine has %d sessions alive, not %d", m.snap.Sessions.Live, many)
		}
	}
	for i, p := range m.pages {
		b.Run(fmt.Sprint(p.Title()), func(b *testing.B) {
			m.current = i
			for range 30 { // until a list has come
				next()
			}
			b.ReportAllocs()
			for b.Loop() {
				m.compose()
			}
			b.ReportMetric(float64(m.snap.Sessions.Live), "live")
		})
	}
}
