//go:build unix

package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

const (
	enterAltScreen = "\x1b[?1049h"
	leaveAltScreen = "\x1b[?1049l"
	showCursor     = "\x1b[?25h"
)

// terminal is a pseudo-terminal of 80x24 with somebody reading what is written to it.
type terminal struct {
	measured []Measured // handed over by Run, to be read when it has returned

	t           *testing.T
	user, tty   *os.File
	mu          sync.Mutex
	written     strings.Builder
	more        *sync.Cond
	before      *term.State
	readerEnded chan struct{}
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	user, tty, err := pty.Open()
	if err != nil {
		t.Fatalf("no pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(tty, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	before, err := term.GetState(tty.Fd())
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, user: user, tty: tty, before: before, readerEnded: make(chan struct{})}
	x.more = sync.NewCond(&x.mu)
	go func() {
		defer close(x.readerEnded)
		b := make([]byte, 1<<16)
		for {
			n, err := user.Read(b)
			x.mu.Lock()
			x.written.Write(b[:n])
			x.more.Broadcast()
			x.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		tty.Close()
		user.Close()
		<-x.readerEnded
	})
	return x
}

// await waits until text has been written. The test's own time limit ends it.
func (x *terminal) await(text string) { x.awaitCount(text, 1) }

// awaitCount waits until text has been written n times.
func (x *terminal) awaitCount(text string, n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for strings.Count(x.written.String(), text) < n {
		x.more.Wait()
	}
}

func (x *terminal) press(keys string) {
	if _, err := io.WriteString(x.user, keys); err != nil {
		x.t.Error(err)
	}
}

// restored fails the test unless the terminal is as it was.
func (x *terminal) restored() {
	x.t.Helper()
	x.await(leaveAltScreen)
	after, err := term.GetState(x.tty.Fd())
	if err != nil {
		x.t.Fatal(err)
	}
	if diff := cmp.Diff(x.before, after, cmp.AllowUnexported(term.State{})); diff != "" {
		x.t.Errorf("the terminal is left changed (-before +after):\n%s", diff)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	out := x.written.String()
	if strings.Count(out, enterAltScreen) != strings.Count(out, leaveAltScreen) || !strings.Contains(out, showCursor) {
		x.t.Errorf("the screen or the cursor is not given back")
	}
	if strings.Contains(out, "\x1b]11;") || strings.Contains(out, "\x1b[6n") {
		x.t.Errorf("the terminal is queried")
	}
	if strings.Contains(out, "goroutine ") || strings.Contains(out, "panic") {
		x.t.Errorf("a panic is printed on the screen")
	}
}

// start runs the dashboard on x and returns what it will have returned.
func (x *terminal) start(ctx context.Context, e Engine) <-chan error {
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{
			Engine: e, Input: x.tty, Output: x.tty, Theme: "dark",
			Measured: func(m Measured) { x.measured = append(x.measured, m) },
		})
	}()
	return done
}

func TestRunUntilQuit(t *testing.T) {
	x := newTerminal(t)
	e := newFakeEngine()
	done := x.start(t.Context(), e)
	f := newFakeLoad(session.Tuned)
	for range 30 {
		e.snapshots <- f.step()
	}
	x.await("allocs/session")
	x.press("b")
	if c := <-e.changes; c.Optimizations.KeyBuffer {
		t.Error("the key had no effect")
	}
	x.press("q")
	if err := <-done; err != nil {
		t.Errorf("Run returns %v", err)
	}
	x.restored()
}

func TestRunUntilTheEngineStops(t *testing.T) {
	x := newTerminal(t)
	e := newFakeEngine()
	done := x.start(t.Context(), e)
	e.snapshots <- newFakeLoad(session.Tuned).step()
	x.await("sagetop") // or Bubble Tea may still ask for the size of a closed terminal
	close(e.snapshots)
	if err := <-done; err != nil {
		t.Errorf("Run returns %v", err)
	}
	x.restored()
}

// TestRunEndsWhileComparing, whatever the reason, and leaves no experiment behind.
func TestRunEndsWhileComparing(t *testing.T) {
	cause := errors.New("hangup")
	for _, tt := range []struct {
		name string
		end  func(*terminal, *fakeEngine, context.CancelCauseFunc)
		want error
	}{
		{"quit", func(x *terminal, _ *fakeEngine, _ context.CancelCauseFunc) { x.press("q") }, nil},
		{"the engine stops", func(_ *terminal, e *fakeEngine, _ context.CancelCauseFunc) { close(e.snapshots) }, nil},
		{"the context ends", func(_ *terminal, _ *fakeEngine, cancel context.CancelCauseFunc) { cancel(cause) }, cause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newTerminal(t)
			e := newFakeEngine()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			done := x.start(ctx, e)
			e.snapshots <- newFakeLoad(session.Tuned).step()
			x.await("sagetop")
			x.press("6\r")
			x.await("warming up")
			for _, s := range fakeSlices(load.Plan{Arms: make([]load.Arm, 2), Slices: 20})[:9] {
				e.slices <- s
			}
			x.await("7 of 40")
			tt.end(x, e, cancel)
			if err := <-done; !errors.Is(err, tt.want) {
				t.Errorf("Run returns %v, want %v", err, tt.want)
			}
			e.mu.Lock()
			defer e.mu.Unlock()
			if e.comparing {
				t.Error("the experiment is still under way")
			}
			if len(x.measured) != 1 {
				t.Fatalf("%d comparisons are handed over, want 1", len(x.measured))
			}
			m := &x.measured[0]
			if n := m.Comparison.Base.Measured + m.Comparison.New.Measured; n != 7 || !m.Comparison.Partial || m.Board != nil {
				t.Errorf("%d slices are handed over, partial %v, board %v", n, m.Comparison.Partial, m.Board)
			}
			x.restored()
		})
	}
}

func TestRunUntilTheContextEnds(t *testing.T) {
	x := newTerminal(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	done := x.start(ctx, newFakeEngine())
	x.await("sagetop")
	cause := errors.New("hangup")
	cancel(cause)
	if err := <-done; !errors.Is(err, cause) {
		t.Errorf("Run returns %v, want %v", err, cause)
	}
	x.restored()
}

// brokenEngine panics in Next once it has stopped, and in Apply.
type brokenEngine struct{ *fakeEngine }

func (e brokenEngine) Next(ctx context.Context) (load.Snapshot, error) {
	s, err := e.fakeEngine.Next(ctx)
	if errors.Is(err, io.EOF) {
		panic("next broke")
	}
	return s, err
}

func (e brokenEngine) Apply(load.Config) error { panic("apply broke") }

func TestRunRestoresAfterPanic(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		trigger    func(*terminal, *fakeEngine)
	}{
		{"while waiting", "next broke", func(_ *terminal, e *fakeEngine) { close(e.snapshots) }},
		{"in a command", "apply broke", func(x *terminal, _ *fakeEngine) { x.press("b") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newTerminal(t)
			e := newFakeEngine()
			done := x.start(t.Context(), brokenEngine{e})
			x.await("sagetop")
			tt.trigger(x, e)
			err := <-done
			var p *PanicError
			if !errors.As(err, &p) || p.Value != tt.want || !strings.Contains(string(p.Stack), "brokenEngine") {
				t.Errorf("Run returns %v, want a panic %q with its stack", err, tt.want)
			}
			x.restored()
		})
	}
}

// TestRunSuspends runs the dashboard in a child, since Ctrl-Z stops a whole
// process group: one that can be continued, and one that nobody could continue
// and that is therefore not stopped at all.
func TestRunSuspends(t *testing.T) {
	for _, tt := range []struct {
		name  string
		attr  syscall.SysProcAttr
		stops bool
	}{
		{"stopped and continued", syscall.SysProcAttr{Setpgid: true}, true},
		{"orphaned process group", syscall.SysProcAttr{Setsid: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newTerminal(t)
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), childVariable+"=1")
			child.Stdin, child.Stdout, child.Stderr = x.tty, x.tty, os.Stderr
			child.SysProcAttr = &tt.attr
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			x.await("sagetop")
			x.press("\x1a")
			if tt.stops {
				var status syscall.WaitStatus
				if _, err := syscall.Wait4(child.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
					t.Fatalf("the child is not stopped: %v, %v", status, err)
				}
				x.restored()
				if err := syscall.Kill(-child.Process.Pid, syscall.SIGCONT); err != nil {
					t.Fatal(err)
				}
			}
			x.awaitCount(enterAltScreen, 2)
			x.press("q")
			if err := child.Wait(); err != nil {
				t.Errorf("the child ends with %v", err)
			}
			x.awaitCount(leaveAltScreen, 2)
			x.restored()
		})
	}
}

// childVariable tells the test binary to be the child of TestRunSuspends.
const childVariable = "SAGETOP_TEST_DASHBOARD"

func init() {
	if os.Getenv(childVariable) == "" {
		return
	}
	if err := Run(context.Background(), Options{Engine: newFakeEngine()}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func TestRunRefusesBadOptions(t *testing.T) {
	if err := Run(t.Context(), Options{}); err == nil {
		t.Error("runs without an engine")
	}
	err := Run(t.Context(), Options{Engine: newFakeEngine(), Theme: "pink"})
	if err == nil || !strings.Contains(err.Error(), "pink") {
		t.Errorf("a theme that does not exist gives %v", err)
	}
}
