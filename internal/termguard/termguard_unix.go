//go:build unix

package termguard

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// guardName is the name, argv[0], of the guard.
const guardName = "sagetop-terminal-guard"

// done is the last that a program says that ends in good order.
const done = "\x00terminal restored\x00"

// maxReport bounds what is kept for printing, in bytes. The trace of a million
// goroutines helps nobody.
const maxReport = 1 << 20

// startWait is how long the guard may take to start. Without one the program
// runs all the same.
const startWait = 2 * time.Second

// resetModes ends what a full-screen program may have begun: the alternate
// screen, a hidden cursor, mouse reports, focus reports, bracketed paste, colours.
var resetModes = ansi.ResetStyle +
	ansi.ResetMode(ansi.ModeMouseNormal, ansi.ModeMouseButtonEvent, ansi.ModeMouseAnyEvent, ansi.ModeMouseExtSgr) +
	ansi.ResetMode(ansi.ModeFocusEvent) + ansi.ResetMode(ansi.ModeBracketedPaste) +
	ansi.ResetMode(ansi.ModeAltScreenSaveCursor) + ansi.ShowCursor

// Main runs the guard, and never returns, in a process that [Start] has started.
// In any other it does nothing. It is to be called before anything else.
func Main() {
	if os.Args[0] != guardName {
		return
	}
	if err := guard(); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// Start starts a guard for the terminal on standard output, and sends standard
// error to it. release ends that; the program calls it once the terminal is
// restored. Where no guard can be started, release does nothing.
func Start() (release func()) {
	release, err := start()
	if err != nil {
		return func() {}
	}
	return release
}

func start() (func(), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	from, to, err := os.Pipe() // what the guard reads
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }()
	heard, ready, err := os.Pipe()
	if err != nil {
		_ = to.Close()
		return nil, err
	}
	defer func() { _ = heard.Close() }()
	cmd := exec.Cmd{
		Path: self, Args: []string{guardName},
		Stdin: from, Stdout: os.Stdout, Stderr: os.Stderr, ExtraFiles: []*os.File{ready},
	}
	err = cmd.Start()
	_ = ready.Close()
	if err != nil {
		_ = to.Close()
		return nil, err
	}
	saved := -1
	undo := func() {
		if saved >= 0 {
			_ = unix.Dup2(saved, syscall.Stderr)
			_ = unix.Close(saved)
		}
		_ = to.Close()
		_ = cmd.Wait() // its exit code says nothing that could be acted upon
	}
	// The guard has to have seen the terminal before the program changes it.
	err = heard.SetReadDeadline(time.Now().Add(startWait))
	if err == nil {
		_, err = io.ReadFull(heard, make([]byte, 1))
	}
	if err == nil {
		saved, err = unix.FcntlInt(uintptr(syscall.Stderr), unix.F_DUPFD_CLOEXEC, 0)
	}
	if err == nil {
		err = unix.Dup2(int(to.Fd()), syscall.Stderr)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		undo()
		return nil, err
	}
	return func() {
		_, _ = io.WriteString(to, done)
		undo()
	}, nil
}

// guard waits for the end of the program, which closes its end of standard input.
func guard() error {
	// What is meant for the program, and reaches the whole process group, is not
	// for the guard; nor is being stopped for setting a terminal's modes from
	// the background.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTOU, syscall.SIGPIPE)
	before, err := term.GetState(os.Stdout.Fd())
	if err != nil {
		return err
	}
	ready := os.NewFile(3, "ready")
	if _, err := ready.Write([]byte{1}); err != nil {
		return err
	}
	_ = ready.Close()

	report, inGoodOrder, err := readReport(os.Stdin)
	if !inGoodOrder {
		err = errors.Join(err, restore(os.Stdout, before))
	}
	_, printed := os.Stderr.Write(report)
	return errors.Join(err, printed)
}

// readReport reads what the program writes until it ends, and tells whether it
// said at last that all is well. It keeps the beginning only, at most maxReport.
func readReport(r io.Reader) (report []byte, inGoodOrder bool, err error) {
	var tail []byte // the last that was read, as long as done
	for buf := make([]byte, 4096); err == nil; {
		var n int
		n, err = r.Read(buf)
		report = append(report, buf[:min(n, maxReport-len(report))]...)
		tail = append(tail, buf[:n]...)
		tail = tail[max(0, len(tail)-len(done)):]
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return bytes.TrimSuffix(report, []byte(done)), string(tail) == done, err
}

// restore resets the terminal. Its modes are left alone if another process
// group has the terminal by now: a shell that sets them itself.
func restore(terminal *os.File, before *term.State) error {
	_, err := terminal.WriteString(resetModes)
	owner, unknown := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	if unknown == nil && owner != unix.Getpgrp() {
		return err
	}
	return errors.Join(err, term.Restore(terminal.Fd(), before))
}
