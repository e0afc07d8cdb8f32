//go:build unix

package ui

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// suspend gives the terminal back and stops the process, as Ctrl-Z does for a
// program that does not read keys itself.
func (m *model) suspend() tea.Cmd {
	return tea.Exec(stopSelf{}, func(error) tea.Msg { return resumedMsg{} })
}

// stopSelf is run by Bubble Tea with the terminal restored. It stops the process
// group and returns when it goes on.
type stopSelf struct{}

// stopWait is how long a stop may take to come. A process group without a shell
// that could continue it is not stopped at all (POSIX, orphaned process groups);
// without a limit it would wait for ever.
const stopWait = 300 * time.Millisecond

// Run implements tea.ExecCommand.
func (stopSelf) Run() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err
	}
	select {
	case <-continued:
	case <-time.After(stopWait):
	}
	return nil
}

// SetStdin, SetStdout and SetStderr implement tea.ExecCommand.
func (stopSelf) SetStdin(io.Reader)  {}
func (stopSelf) SetStdout(io.Writer) {}
func (stopSelf) SetStderr(io.Writer) {}
