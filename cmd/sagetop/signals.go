package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// stopSignal is the cause of a context that a signal has ended.
type stopSignal struct{ signal syscall.Signal }

// Error implements error.
func (s *stopSignal) Error() string { return "received " + s.signal.String() }

// exitCode is what shells report of a program that the signal ended.
func (s *stopSignal) exitCode() int { return 128 + int(s.signal) }

// signalled reports whether err is that of a context that a signal has ended.
func signalled(err error) bool {
	stop := (*stopSignal)(nil)
	return errors.As(err, &stop)
}

// untilSignal returns a context that ends when the program is asked to, with a
// *stopSignal as its cause. If it is asked a second time, the program ends at
// once. The caller calls release when it needs no more of this.
func untilSignal(parent context.Context) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(parent)
	came := make(chan os.Signal, 2)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // by nohup, for one
			signal.Notify(came, s)
		}
	}
	over := make(chan struct{})
	go func() {
		asked := false
		for {
			select {
			case s := <-came:
				stop := &stopSignal{s.(syscall.Signal)}
				if asked {
					os.Exit(stop.exitCode())
				}
				asked = true
				cancel(stop)
			case <-over:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(came)
		close(over)
		cancel(nil)
	}
}

// keepBrokenPipes lets writes to a closed pipe return an error. Otherwise the
// runtime ends the program where standard output is concerned, and nothing would
// be drained.
func keepBrokenPipes() { signal.Ignore(syscall.SIGPIPE) }

// nobodyReads reports whether err is that of a pipe whose reader has gone, which
// has seen all that it wanted.
func nobodyReads(err error) bool { return errors.Is(err, syscall.EPIPE) }
