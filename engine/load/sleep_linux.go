package load

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// fdSleeper sleeps by a timer of the kernel that the runtime's poller waits
// for, which is late by some 50 µs: starts are meant to be on time, and their
// lateness would be counted as response time.
type fdSleeper struct {
	file *os.File
	fd   int
	buf  [8]byte
}

// newSleeper returns the most punctual sleeper that there is.
func newSleeper() sleeper {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return newTimerSleeper()
	}
	return &fdSleeper{file: os.NewFile(uintptr(fd), "timer"), fd: fd}
}

func (s *fdSleeper) sleep(d time.Duration, ready func() bool) {
	if d <= 0 {
		return
	}
	if s.set(d) != nil {
		time.Sleep(d)
		return
	}
	if ready() { // a wake before the timer was set is undone by setting it
		return
	}
	if _, err := s.file.Read(s.buf[:]); err != nil {
		time.Sleep(d)
	}
}

// wake lets the timer run out now.
func (s *fdSleeper) wake() { _ = s.set(1) }

// set starts the timer anew, and forgets that it ran out.
func (s *fdSleeper) set(d time.Duration) error {
	return unix.TimerfdSettime(s.fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}, nil)
}

func (s *fdSleeper) close() { _ = s.file.Close() }
