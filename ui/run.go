package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/claims"
	_ "github.com/SAGE-X-project/sagetop/internal/termbg" // before Bubble Tea asks the terminal
)

// Engine is what the dashboard needs of a load engine. A *load.Engine is one. Its
// methods are called from several goroutines.
type Engine interface {
	// Next waits for the next snapshot. It returns io.EOF once the engine has
	// stopped and the last one was taken.
	Next(ctx context.Context) (load.Snapshot, error)
	// Apply puts a configuration in force, or says why it cannot.
	Apply(load.Config) error
	// Config returns the one in force.
	Config() load.Config
	Pause()
	Resume()
	// Reset begins the counters anew, or says why it cannot.
	Reset() error
	// Experiment runs x in place of the load, which goes on when it returns. It
	// calls seen after each slice, from any goroutine, and returns what it has, with
	// [context.Cause] of ctx, soon after that has ended.
	Experiment(ctx context.Context, x *load.Experiment, seen func(load.Slice)) (load.Results, error)
	// Sessions lists sessions, and does not wait for them to be looked at.
	Sessions(q load.SessionQuery) (load.SessionList, error)
	// Session tells the story of one.
	Session(h session.Session) (load.SessionDetail, error)
	// CloseSession closes one end.
	CloseSession(h session.Session) error
	// PoolShards tells what the pool does in each shard.
	PoolShards() []load.PoolShard
	// Collect forces a garbage collection and returns when it is over.
	Collect() error
}

// Options is what [Run] shows, and where.
type Options struct {
	// Engine is started and stopped by the caller.
	Engine Engine
	// Theme is one of [ThemeNames]; "" is "auto".
	Theme string
	// ASCII draws everything in 7-bit characters.
	ASCII bool
	// NoColor draws without colours, whatever the theme; the NO_COLOR variable
	// does the same.
	NoColor bool
	// Keys are those of bindings that are not to have their own, by name, as
	// [AllKeys] has both. [CheckKeys] must find nothing wrong with them.
	Keys map[string][]string
	// NoMouse leaves the mouse to the terminal, until the user asks for it.
	NoMouse bool
	// Input and Output are the terminal; nil stands for standard input and output.
	Input  io.Reader
	Output io.Writer
	// Version is shown in the help.
	Version string
	// Measured, if not nil, is called before Run returns, when the terminal is as it
	// was, with the newest comparison of two arms and then with that of the claims, if
	// there were any, ended or not.
	Measured func(Measured)
	// Last, if not nil, is called before Run returns, when the terminal is as it was,
	// with the frame shown last, lines with their colours; not with what lay over the page.
	Last func(frame string)
}

// Measured is what a comparison on the screen has come to.
type Measured struct {
	Comparison load.Comparison // of its first two arms
	Board      *claims.Board   // nil if the claims were not what it was about
}

// framesPerSecond is how often at most the terminal is written to. Snapshots come
// ten times a second; more is for the answer to keys.
const framesPerSecond = 30

// PanicError is a panic inside the dashboard. The terminal is restored by the
// time that Run returns it.
type PanicError struct {
	Value any
	Stack []byte
}

// Error implements error; the stack is not part of it.
func (e *PanicError) Error() string { return fmt.Sprintf("ui: panic: %v", e.Value) }

func newPanicError(value any) *PanicError {
	return &PanicError{Value: value, Stack: debug.Stack()}
}

// Run shows the dashboard until the user quits or the engine has stopped, and
// then returns nil; or until ctx is done, and then returns [context.Cause] of it.
// Any other error says what failed; a panic is a [*PanicError]. On return the
// terminal is as it was, and no call into the engine is under way. Signals are the
// caller's: Run handles none but, for Ctrl-Z, SIGTSTP and SIGCONT.
func Run(ctx context.Context, o Options) error {
	if o.Engine == nil {
		return errors.New("ui: Options.Engine is nil")
	}
	if err := CheckKeys(o.Keys); err != nil {
		return fmt.Errorf("ui: %w", err)
	}
	if o.Input == nil {
		o.Input = os.Stdin
	}
	if o.Output == nil {
		o.Output = os.Stdout
	}
	th, err := chooseTheme(o.Theme, o.NoColor, o.Output)
	if err != nil {
		return err
	}
	// The fonts of the Linux console have no braille.
	o.ASCII = o.ASCII || os.Getenv("TERM") == "linux"

	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	m := newModel(inner, &o, th)
	settings := []tea.ProgramOption{
		tea.WithInput(o.Input),
		tea.WithOutput(m.out.writer()),
		tea.WithAltScreen(),
		tea.WithFPS(framesPerSecond),
		tea.WithoutSignalHandler(),
	}
	if !o.NoMouse {
		settings = append(settings, tea.WithMouseCellMotion())
	}
	program := tea.NewProgram(m, settings...)
	// Bubble Tea ends in order when told to quit. When its own context ends, it
	// does not wait for the goroutine that reads the terminal, which may then stay.
	stop := context.AfterFunc(ctx, func() { program.Send(tea.Quit()) })
	_, err = program.Run()
	stop()
	cancel()
	m.running.close()
	if m.err == nil {
		m.err = m.queue.finish()
	}
	if o.Last != nil && m.err == nil {
		if frame := m.lastFrame(); frame != "" {
			o.Last(frame)
		}
	}
	if o.Measured != nil {
		m.handOver(o.Measured)
	}
	switch {
	case m.err != nil:
		return m.err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("ui: terminal: %w", err)
	}
	return nil
}

// lastFrame returns the frame shown last, without help or overlay, "" if there was none.
func (m *model) lastFrame() (frame string) {
	defer func() {
		if r := recover(); r != nil { // the program has ended well, and what is printed does not change that
			frame = ""
		}
	}()
	if !m.have || m.width < minWidth || m.height < minHeight {
		return ""
	}
	m.help, m.overlay, m.notice, m.drag = false, nil, "", drag{}
	m.compose()
	return m.frame
}

// handOver calls measured with what the screen would be lost with. No trial runs.
func (m *model) handOver(measured func(Measured)) {
	for _, p := range m.pages {
		compare, ok := p.(*comparePage)
		if !ok {
			continue
		}
		for _, t := range compare.trials {
			if t == nil {
				continue
			}
			found := t.found
			if !t.ended { // its end came too late to be told
				found = t.feed.findings(t.plan)
			}
			if len(found.results.Slices) > 0 && (!t.claims || found.board != nil) {
				measured(Measured{found.compared[0], found.board})
			}
		}
	}
}
