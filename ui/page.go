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

// What a page may be besides.
type (
	// poller asks the engine for what is not in snapshots. Poll is called after each
	// snapshot while the page is shown; nil asks for nothing.
	poller interface{ Poll(m *model) tea.Cmd }
	// freezer asks the engine once when the view freezes, for what the page would have
	// if it had been shown; nil if it was.
	freezer interface{ PollFrozen(m *model) tea.Cmd }
	// receiver gets the messages of its own commands, whether it is shown or not,
	// and reports whether a message was one of them.
	receiver interface {
		Receive(m *model, msg tea.Msg) (tea.Cmd, bool)
	}
	// clicker is told of clicks into what it marked with area.hit; x and y count from
	// the upper left of that.
	clicker interface {
		Click(m *model, h hit, x, y int) tea.Cmd
	}
	// wheeler has rows to move through by the wheel.
	wheeler interface {
		Wheel(m *model, by int) tea.Cmd
	}
	// resetter keeps what the engine or snapshots told, and forgets it when all counters
	// began anew.
	resetter interface{ reset() }
	// dataSource can be exported as figures.
	dataSource interface{ Data(v *view) []dataset }
	// copier has a row under a cursor, as text.
	copier interface{ Copy(v *view) string }
)

// newPages returns all pages, in the order of their tabs.
func newPages() []page {
	return []page{newOverview(), newSessions(), newPool(), newCrypto(), newGC(), newCompare(), newEvents()}
}

// view is the moment that is shown, and how.
type view struct {
	history *history
	snap    *load.Snapshot // the newest at or before at
	end     time.Duration  // the right end of all charts, as Snapshot.Elapsed
	at      time.Duration  // the moment of all figures: end, or where the cursor is
	newest  time.Duration  // what there is to show ends here, also where end is before it
	window  time.Duration  // the width of all charts
	changed time.Duration  // when the configuration of snap came into force
	frozen  bool
	cursor  bool     // charts show where at is
	footing *footing // of the load at that moment
	// measured is what was known of the optimizations at that moment.
	measured *measurements
	own      restCost     // what the dashboard costs, as known at that moment
	net      bool         // figures are shown less that, and say so
	resting  bool         // that is being measured
	rested   int          // so many quiet snapshots in a row
	config   *load.Config // in force, also where the view is frozen
	keymap   keymap
	theme    *theme
	ascii    bool
	// comparing is whether a comparison runs: no snapshots come meanwhile.
	comparing bool
}

// key is how the key of a binding is shown, by the binding's whole name; own is how
// it is unless it was changed.
func (v *view) key(full, own string) string { return v.keymap.label(full, own) }

// windows are the lengths of time that the charts can show.
var windows = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour,
}

// defaultWindow is the first one shown.
const defaultWindow = time.Minute

// recent is what the present figures are taken over: long enough to be calm, short
// enough that a change is seen within a second.
const recent = time.Second
