// Command sagetop puts load on secure sessions and shows, live, what the
// optimizations of their code are worth.
//
// Each command has a file of its own and does no work of its own: it reads what
// it is told to do, hands it to the packages that do it, and turns what comes
// back into output and an exit code: 0 done, 1 a failure while running, 2 a
// usage error, 99 a gate that failed, 128 and the number for a signal.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/SAGE-X-project/sagetop/internal/termguard"
)

// The exit codes that are not a signal's.
const (
	exitFailed = 1
	exitUsage  = 2
	exitGate   = 99 // a condition of --fail-if came true
)

func main() {
	termguard.Main()
	os.Exit(execute(os.Args[1:]))
}

// execute runs the command line and returns the exit code.
func execute(args []string) int {
	root := newRootCommand()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return 0
	}
	code := exitFailed
	if exit := (*exitError)(nil); errors.As(err, &exit) {
		code, err = exit.code, exit.err
	}
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(os.Stderr, "sagetop:", line)
		}
	}
	return code
}

// exitError ends the program with a code. Where err is nil, everything was said.
type exitError struct {
	code int
	err  error
}

// Error implements error.
func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// Unwrap returns what there is to say.
func (e *exitError) Unwrap() error { return e.err }

// usage returns the error of a command that was not called as it should be.
func usage(err error) error { return &exitError{exitUsage, err} }

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }
