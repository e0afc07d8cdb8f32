//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// patience is how long anything may take. It is no measurement: a test that
// waits that long has failed.
const patience = 60 * time.Second

// underRace are the end-to-end tests that run under the race detector too, which is
// then in the program that they start: every command that shows a load, with what
// happens to it meanwhile. The others are about the terminal, exit codes and signals.
var underRace = []string{"TestE2EToggle", "TestE2EQuitComparing", "TestE2EResizeStorm", "TestE2ERunSignals", "TestE2ECompareInterrupted"}

// binary is the real program, built once for all tests, with the hooks that
// force a panic.
var binary struct {
	once sync.Once
	path string
	err  error
}

func builtBinary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program and runs it on a pseudo-terminal")
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	if raceEnabled && !slices.Contains(underRace, name) {
		t.Skip("the plain tests tell the same")
	}
	binary.once.Do(func() {
		dir, err := os.MkdirTemp("", "sagetop-e2e-") //nolint:usetesting // it outlives the test that is first
		if err != nil {
			binary.err = err
			return
		}
		atEnd = func() { _ = os.RemoveAll(dir) }
		binary.path = filepath.Join(dir, "sagetop")
		build := exec.Command("go", "build", fmt.Sprintf("-race=%v", raceEnabled), "-tags", "sagetop_testhooks",
			"-ldflags", "-X main.version=v9.9.9 -X main.commit=0123456789ab", "-o", binary.path, ".")
		if out, err := build.CombinedOutput(); err != nil {
			binary.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

// terminal is a pseudo-terminal with a program on it: its other side is an
// emulator, whose screen the test reads.
type terminal struct {
	t      *testing.T
	pty    *os.File // our side
	tty    *os.File // the program's side, kept open to look at its modes
	before *term.State
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of the program, once exited is closed
	copied sync.WaitGroup

	replies io.Closer // ends what the emulator answers

	mu     sync.Mutex
	screen *vt.Emulator
	modes  map[ansi.Mode]bool // that the program changed, and to what
	raw    bytes.Buffer       // all that it wrote
}

// how a program is started.
type how struct {
	cols, rows uint16
	env        []string // on top of the test's own
	answers    bool     // whether the terminal answers queries
}

var usual = how{cols: 120, rows: 40, answers: true}

// start runs a command line on a new terminal.
func start(t *testing.T, h how, command ...string) *terminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{
		t: t, pty: master, tty: slave, exited: make(chan struct{}),
		screen: vt.NewEmulator(max(int(h.cols), 1), max(int(h.rows), 1)),
		modes:  make(map[ansi.Mode]bool),
	}
	pipe, ok := x.screen.InputPipe().(io.Closer)
	if !ok {
		t.Fatal("the emulator's input cannot be closed")
	}
	x.replies = pipe
	x.screen.SetCallbacks(vt.Callbacks{
		EnableMode:  func(m ansi.Mode) { x.modes[m] = true },
		DisableMode: func(m ansi.Mode) { x.modes[m] = false },
	})
	if err := pty.Setsize(master, &pty.Winsize{Cols: h.cols, Rows: h.rows}); err != nil {
		t.Fatal(err)
	}
	if x.before, err = term.GetState(slave.Fd()); err != nil {
		t.Fatal(err)
	}
	x.cmd = exec.Command(command[0], command[1:]...)
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = slave, slave, slave
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "SAGETOP_") || strings.HasPrefix(v, "NO_COLOR=") || strings.HasPrefix(v, "GODEBUG=")
	})
	x.cmd.Env = append(append(env, "TERM=xterm-256color", "COLORTERM=truecolor"), h.env...)
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	replies := io.Discard
	if h.answers {
		replies = master
	}
	x.copied.Go(func() { _, _ = io.Copy(replies, x.screen) })
	x.copied.Go(x.read)
	go func() {
		x.err = x.cmd.Wait()
		close(x.exited)
	}()
	t.Cleanup(x.close)
	return x
}

// read feeds the emulator until the terminal is closed.
func (x *terminal) read() {
	buf := make([]byte, 32<<10)
	for {
		n, err := x.pty.Read(buf)
		x.mu.Lock()
		x.raw.Write(buf[:n])
		_, _ = x.screen.Write(buf[:n])
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// close ends the program if it still runs, and everything of the terminal.
func (x *terminal) close() {
	_ = x.cmd.Process.Kill()
	<-x.exited
	_ = x.tty.Close()
	_ = x.pty.Close()
	// Not the emulator's Close, which others may not be reading while it runs.
	_ = x.replies.Close()
	x.copied.Wait()
}

// text returns the screen, without the empty lines at its end.
func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.TrimRight(x.screen.String(), " \n")
}

func (x *terminal) written() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw.String()
}

// until waits for the screen to be as ok says.
func (x *terminal) until(what string, ok func(screen string) bool) {
	x.t.Helper()
	for deadline := time.Now().Add(patience); !ok(x.text()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			x.t.Fatalf("waited in vain for %s; the screen:\n%s", what, x.text())
		}
	}
}

// shows waits for a text on the screen.
func (x *terminal) shows(text string) {
	x.t.Helper()
	x.until(fmt.Sprintf("%q", text), func(screen string) bool { return strings.Contains(screen, text) })
}

func (x *terminal) keys(typed string) {
	x.t.Helper()
	if _, err := x.pty.WriteString(typed); err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) resize(cols, rows uint16) {
	x.t.Helper()
	x.mu.Lock()
	x.screen.Resize(max(int(cols), 1), max(int(rows), 1))
	x.mu.Unlock()
	if err := pty.Setsize(x.pty, &pty.Winsize{Cols: cols, Rows: rows}); err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) signal(s syscall.Signal) {
	x.t.Helper()
	if err := x.cmd.Process.Signal(s); err != nil {
		x.t.Fatal(err)
	}
}

// ends waits for the program to exit with a code of its own.
func (x *terminal) ends(code int) {
	x.t.Helper()
	select {
	case <-x.exited:
	case <-time.After(patience):
		x.t.Fatalf("the program does not end; the screen:\n%s", x.text())
	}
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(x.err, &exit) {
		got = exit.ExitCode()
	} else if x.err != nil {
		x.t.Fatal(x.err)
	}
	if got != code {
		x.t.Errorf("exit code %d, want %d; the screen:\n%s", got, code, x.text())
	}
}

// restored checks that the terminal is as it was before the program started.
func (x *terminal) restored() {
	x.t.Helper()
	after, err := term.GetState(x.tty.Fd())
	if err != nil {
		x.t.Fatal(err)
	}
	if !reflect.DeepEqual(after, x.before) {
		x.t.Errorf("the terminal's settings are not as they were:\n%+v\n%+v", after, x.before)
	}
	// What the program wrote last may still be on its way.
	left := func() []string {
		x.mu.Lock()
		defer x.mu.Unlock()
		var left []string
		for m, on := range x.modes {
			if atRest := m == ansi.ModeTextCursorEnable || m == ansi.ModeAutoWrap; on != atRest {
				left = append(left, fmt.Sprintf("mode %v is %v", m, on))
			}
		}
		if x.screen.IsAltScreen() {
			left = append(left, "the alternate screen is shown")
		}
		if x.screen.CursorHidden() {
			left = append(left, "the cursor is hidden")
		}
		return left
	}
	for deadline := time.Now().Add(patience); len(left()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			x.t.Errorf("the terminal is not as it was: %s", strings.Join(left(), "; "))
			return
		}
	}
}
