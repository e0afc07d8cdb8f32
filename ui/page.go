package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// page is one screen of the dashboard: what is between the header and the footer.
type page interface {
	// Title is what its tab says.
	Title() string
	// Bindings are the keys that work on this page besides those that work
	// everywhere.
	Bindings() []binding
	// SetSize tells the cells it has. Sizes below minWidth and minHeight less the
	// header and footer are not drawn.
	SetSize(w, h int)
	// HandleKey does what the key stands for, and reports whether it stands for
	// anything here.
	HandleKey(key string) (tea.Cmd, bool)
	// Render draws the page into a, which has the size that was set.
	Render(a area, v *view)
}

// newPages returns all pages, in the order of their tabs.
func newPages() []page { return []page{newOverview(), newCrypto(), newCompare()} }

// view is the moment that is shown, and how.
type view struct {
	history *history
	snap    *load.Snapshot // the newest at or before end
	end     time.Duration  // the right end of all charts, as Snapshot.Elapsed
	window  time.Duration  // the width of all charts
	changed time.Duration  // when the configuration of snap came into force
	frozen  bool
	footing *footing // of the load at end
	// measured is what was known of the optimizations at that moment.
	measured *measurements
	config   *load.Config // in force, also where the view is frozen
	theme    *theme
	ascii    bool
}

// windows are the lengths of time that the charts can show.
var windows = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour,
}

// defaultWindow is the index of the first one shown.
const defaultWindow = 2

// recent is what the present figures are taken over: long enough to be calm, short
// enough that a change is seen within a second.
const recent = time.Second
