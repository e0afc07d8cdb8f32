package ui

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// noticeTime is how long an error stays in the footer, in the engine's time.
const noticeTime = 6 * time.Second

// model is the whole program: it owns everything that is shown. Only Bubble Tea's
// event loop touches it; commands get what they need as values.
type model struct {
	ctx     context.Context
	engine  Engine
	out     *output // the terminal; commands may write to it what is no frame
	version string
	theme   *theme
	ascii   bool

	history *history
	snap    load.Snapshot // the newest
	have    bool          // whether there is one
	config  load.Config   // in force, as far as known

	frozen   bool
	past     moment        // where the view stands while frozen
	window   time.Duration // the width of all charts
	pages    []page
	current  int
	bindings []binding
	help     bool
	helpTop  int           // the page of the help
	overlay  overlay       // nil if nothing lies over the page
	notice   string        // to show in the footer
	told     bool          // it is news, not an error
	noticeAt time.Duration // when it came, as now has it

	keymap    keymap // the keys that were changed
	tuning    *tunePanel
	said      []string // in the palette
	rebound   []bool   // the pages of which some were
	ownBuf    []binding
	tabLabels []string
	noMouse   bool // the mouse is the terminal's
	drag      drag
	hinted    []string // the keys of the hints drawn, by the n of their hits
	overFrom  int      // where the hits of the overlay begin

	width, height int
	canvas        canvas
	encoded       []byte
	frame         string
	shown         view // what view returns
	head          headParts
	reason        string // why the load is not valid, for the footer
	buf           []byte

	trial *trial // the comparison that runs, nil if none does

	cost       cost     // what the dashboard itself takes
	net        bool     // figures are shown less that
	frozenCost restCost // as it was known when the view was frozen
	clock      func() time.Time

	queue   *queue   // of changes to the configuration
	changes *changes // that can be undone
	running *gate    // the commands that use the engine
	err     error    // why the program ends, nil for the user's wish
}

func newModel(ctx context.Context, o *Options, th *theme) *model {
	m := &model{
		ctx:     ctx,
		engine:  o.Engine,
		out:     newOutput(o.Output),
		version: o.Version,
		theme:   th,
		ascii:   o.ASCII,
		noMouse: o.NoMouse,
		history: newHistory(),
		config:  o.Engine.Config(),
		window:  defaultWindow,
		pages:   newPages(),
		clock:   time.Now,
		queue:   new(queue),
		changes: new(changes),
		running: new(gate),
	}
	m.tuning = newTunePanel()
	m.rebind(o.Keys)
	m.snap.Config = m.config
	return m
}

// Messages tell what happened elsewhere.
type (
	// snapshotMsg is the next snapshot.
	snapshotMsg struct{ snap load.Snapshot }
	// endedMsg says that there are no more snapshots, and why: nil if the engine
	// has stopped.
	endedMsg struct{ err error }
	// appliedMsg says that a change was refused, if err is not nil, or what was done,
	// if that is to be told where it is not seen.
	appliedMsg struct {
		err error
		did string
	}
	// resumedMsg says that the program is back after a suspension.
	resumedMsg struct{}
	// panickedMsg carries the panic of a command.
	panickedMsg struct{ err *PanicError }
)

// Init implements tea.Model.
func (m *model) Init() tea.Cmd { return m.next() }

// command makes a command of f, which may wait and use the engine, but not the
// model. Once f has begun, Run does not return before it has returned; a command
// that comes too late for that does nothing.
func (m *model) command(f func() tea.Msg) tea.Cmd {
	running := m.running
	return func() (msg tea.Msg) {
		if !running.enter() {
			return nil
		}
		defer running.leave()
		defer func() {
			if r := recover(); r != nil {
				msg = panickedMsg{newPanicError(r)}
			}
		}()
		return f()
	}
}

// next waits for the next snapshot.
func (m *model) next() tea.Cmd {
	ctx, engine := m.ctx, m.engine
	return m.command(func() tea.Msg {
		s, err := engine.Next(ctx)
		switch {
		case err == nil:
			return snapshotMsg{s}
		case errors.Is(err, io.EOF):
			return endedMsg{}
		case ctx.Err() != nil:
			return nil // the program is ending for that same reason
		}
		return endedMsg{err}
	})
}

// change has the engine apply what edit makes of the configuration in force, unless
// edit refuses. Changes are made in the order of the calls, and each reads what the one
// before left. The command must be run.
func (m *model) change(edit func(*load.Config) error) tea.Cmd {
	engine, changes := m.engine, m.changes
	return m.inTurn(func() appliedMsg {
		was := engine.Config()
		c := was
		if err := edit(&c); err != nil {
			return appliedMsg{err: err}
		}
		err := engine.Apply(c)
		if err != nil || c == was {
			return appliedMsg{err: err}
		}
		changes.push(was)
		return appliedMsg{did: changeLabel(was, c)}
	})
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	began := m.clock()
	defer func() {
		m.cost.spent += m.clock().Sub(began)
		if r := recover(); r != nil {
			m.err, m.frame, cmd = newPanicError(r), "", tea.Quit
		}
	}()
	measuring, frozen := m.measuring(), m.frozen
	switch msg := msg.(type) {
	case snapshotMsg:
		m.snap, m.have, m.config = msg.snap, true, msg.snap.Config
		m.cost.see(&m.snap, m.place())
		m.history.spent = m.spending()
		resets := m.history.resets
		m.history.push(&m.snap)
		if m.history.resets != resets {
			m.frozen, m.drag = false, drag{} // of what it showed nothing is left
			for _, p := range m.pages {
				if r, ok := p.(resetter); ok {
					r.reset()
				}
			}
		}
		cmd = tea.Batch(m.next(), m.poll(), m.restSeen())
	case endedMsg:
		m.err = msg.err
		return m, tea.Quit
	case panickedMsg:
		m.err = msg.err
		return m, tea.Quit
	case appliedMsg:
		switch {
		case msg.err != nil:
			m.warn(oneLine(msg.err))
		case m.frozen && msg.did != "":
			m.tellUnseen(msg.did)
		case !m.told:
			m.notice = ""
		}
	case measuredMsg:
		cmd = m.measured(msg)
	case trialEndedMsg:
		m.trialEnded(msg)
	case exportedMsg:
		m.exported(msg)
	case copiedMsg:
		m.copied(msg)
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case tea.KeyMsg:
		cmd = m.keys(msg)
	case tea.MouseMsg:
		var meant bool
		if cmd, meant = m.mouse(msg); !meant {
			return m, cmd
		}
	case resumedMsg:
		// The terminal was repainted by others: nothing of it can be relied on.
		cmd = tea.ClearScreen
		if !m.noMouse {
			cmd = tea.Batch(cmd, tea.EnableMouseCellMotion)
		}
	default:
		cmd = m.receive(msg)
	}
	if m.frozen && !frozen {
		cmd = tea.Batch(cmd, m.pollFrozen())
	}
	if !measuring || !m.measuring() || drawnAtOnce(msg) {
		m.compose()
	}
	return m, cmd
}

// drawnAtOnce tells what is drawn while a slice may be measured: what comes between
// two of them, and what leaves nothing on the terminal to look at. All else is drawn
// with the next slice, since a frame would be measured with that.
func drawnAtOnce(msg tea.Msg) bool {
	switch msg.(type) {
	case measuredMsg, trialEndedMsg, tea.WindowSizeMsg, resumedMsg:
		return true
	}
	return false
}

// View implements tea.Model. Bubble Tea asks for it after each message, so it must
// not cost anything.
func (m *model) View() string { return m.frame }

func (m *model) resize(w, h int) {
	m.width, m.height = w, h
	for _, p := range m.pages {
		p.SetSize(w, max(h-headerRows-footerRows, 0))
	}
}

// keys does what the keys of one message stand for: Bubble Tea puts runes that
// come close together, as in quick typing, into one.
func (m *model) keys(msg tea.KeyMsg) tea.Cmd {
	if m.drag.on {
		m.drag = drag{}
		if msg.Type == tea.KeyEsc {
			return nil
		}
	}
	if m.overlay != nil && msg.Type != tea.KeyCtrlC {
		return m.overlay.Key(m, msg)
	}
	if msg.Paste {
		return nil // a text that was meant for somebody else
	}
	if msg.Type != tea.KeyRunes || len(msg.Runes) == 1 {
		return m.key(msg.String())
	}
	var all []tea.Cmd
	for i, r := range msg.Runes {
		if m.overlay != nil { // that one of them opened
			all = append(all, m.overlay.Key(m, tea.KeyMsg{Type: tea.KeyRunes, Runes: msg.Runes[i:]}))
			break
		}
		all = append(all, m.key(string(r)))
	}
	return tea.Batch(all...)
}

// key does what a key stands for on this page or anywhere.
func (m *model) key(key string) tea.Cmd {
	p := m.pages[m.current]
	if m.turnHelp(key) {
		return nil
	}
	typed := key
	if m.rebound[m.current] {
		typed = m.keymap.typed(pagePrefix(p), p.Bindings(), key)
	}
	if typed != "" {
		if cmd, ok := p.HandleKey(typed); ok {
			m.notice = ""
			return cmd
		}
	}
	b := findBinding(m.own(), key)
	if b == nil {
		b = findBinding(m.bindings, key)
	}
	if b == nil {
		return nil
	}
	return m.perform(b)
}

// refuses reports whether a binding does nothing at present.
func (m *model) refuses(b *binding) bool { return b.idle && m.trial != nil || b.live && m.frozen }

// perform does what a binding is for, unless it has to rest. What the footer told until
// then makes room.
func (m *model) perform(b *binding) tea.Cmd {
	m.notice = ""
	if b.idle && m.trial != nil {
		return refuse(load.ErrComparing)
	}
	return b.act(m)
}

// tell shows news in the footer for a while.
func (m *model) tell(text string) { m.notice, m.told, m.noticeAt = text, true, m.now() }

// tellUnseen tells of what was done to the load while the view is of another time, so
// that nothing of it is seen.
func (m *model) tellUnseen(what string) {
	m.tell(what + ", now; the view is of " + string(format.AppendClock(nil, m.view().at)))
}

// warn shows there what went wrong.
func (m *model) warn(text string) { m.notice, m.told, m.noticeAt = text, false, m.now() }

// poll has the page shown ask for more than snapshots tell.
func (m *model) poll() tea.Cmd {
	if p, ok := m.pages[m.current].(poller); ok && m.trial == nil {
		return p.Poll(m)
	}
	return nil
}

// pollFrozen has all pages ask once for what they are to show of the moment of the
// freeze.
func (m *model) pollFrozen() tea.Cmd {
	if m.trial != nil {
		return nil
	}
	var all []tea.Cmd
	for _, p := range m.pages {
		if p, ok := p.(freezer); ok {
			all = append(all, p.PollFrozen(m))
		}
	}
	return tea.Batch(all...)
}

// receive gives a message to the page whose it is.
func (m *model) receive(msg tea.Msg) tea.Cmd {
	if cmd, its := m.tuning.Receive(m, msg); its {
		return cmd
	}
	for _, p := range m.pages {
		if r, ok := p.(receiver); ok {
			if cmd, its := r.Receive(m, msg); its {
				return cmd
			}
		}
	}
	return nil
}

// The actions of the bindings.

func (m *model) showPage(i int) tea.Cmd { m.current = i; return nil }

// turnPage goes so many pages on, from the last to the first.
func (m *model) turnPage(by int) tea.Cmd {
	m.current = (m.current + by + len(m.pages)) % len(m.pages)
	return nil
}

func (m *model) toggleHelp() tea.Cmd { m.help, m.helpTop = !m.help, 0; return nil }

// escape closes the help, or else ends the comparison that runs.
func (m *model) escape() tea.Cmd {
	if m.help {
		m.help = false
	} else {
		m.stopTrial()
	}
	return nil
}

func (m *model) quit() tea.Cmd { return tea.Quit }

// toggle turns the i-th optimization to its next position.
func (m *model) toggle(i int) tea.Cmd {
	return m.change(func(c *load.Config) error {
		if opt := &optimizations[i]; opt.share {
			c.Optimizations.Pool = nextPool(c.Optimizations.Pool)
		} else {
			c.Optimizations = opt.set(c.Optimizations, !opt.on(c.Optimizations))
		}
		return nil
	})
}

// errStages is the notice that the keys for more and less load do nothing.
var errStages = errors.New("stages have levels of their own")

// stepLoad raises or lowers what decides the load.
func (m *model) stepLoad(by int) tea.Cmd {
	return m.change(func(c *load.Config) error {
		switch {
		case c.Profile == load.ProfileStages:
			return errStages
		case c.Model == load.Closed:
			c.Workers = int(step125(float64(c.Workers), by))
		default:
			c.Rate = step125(c.Rate, by)
		}
		return nil
	})
}

// cycle sets a parameter to the next of its choices.
func (m *model) cycle(param load.Param) tea.Cmd {
	return m.change(func(c *load.Config) error {
		i := slices.Index(param.Choices, param.Get(c))
		return param.Set(c, param.Choices[(i+1)%len(param.Choices)])
	})
}

func (m *model) togglePause() tea.Cmd {
	if m.cost.rest != nil {
		return m.endRest() // which the user wants to go on
	}
	engine, paused := m.engine, m.snap.State == load.Paused
	return m.command(func() tea.Msg {
		if paused {
			engine.Resume()
			return appliedMsg{did: "load goes on"}
		}
		engine.Pause()
		return appliedMsg{did: "load paused"}
	})
}

func (m *model) resetCounters() tea.Cmd {
	engine := m.engine
	m.frozen = false
	return m.command(func() tea.Msg {
		return appliedMsg{err: engine.Reset()}
	})
}

// step125 returns the next number above v (by 1) or below it (by -1) of the row
// 1, 2, 5, 10, 20, 50 and so on, and never less than 1.
func step125(v float64, by int) float64 {
	const slack = 1e-9
	unit := 1.0
	previous := 1.0
	for {
		for _, digit := range [...]float64{1, 2, 5} {
			step := digit * unit
			if by > 0 && step > v*(1+slack) {
				return step
			}
			if by < 0 && step >= v*(1-slack) {
				return previous
			}
			previous = step
		}
		unit *= 10
	}
}

// oneLine returns the first line of an error.
func oneLine(err error) string {
	text := err.Error()
	for i, r := range text {
		if r == '\n' {
			return text[:i]
		}
	}
	return text
}
