package load

import "time"

// sleeper suspends a lane. It belongs to one goroutine, but for wake.
type sleeper interface {
	// sleep returns after d, which is at most maxNap, or a little earlier or
	// later; and at once when ready says so or wake is called. Whoever makes
	// ready say so calls wake after that.
	sleep(d time.Duration, ready func() bool)
	// wake may be called from any goroutine, until close.
	wake()
	close()
}

// timerSleeper sleeps by the runtime's timers. When a processor is idle they
// are at the mercy of the poller, which on Linux counts in milliseconds: half
// of one late on average.
type timerSleeper struct {
	timer *time.Timer
	woken chan struct{}
}

func newTimerSleeper() sleeper {
	t := time.NewTimer(0)
	t.Stop()
	return &timerSleeper{t, make(chan struct{}, 1)}
}

func (s *timerSleeper) sleep(d time.Duration, _ func() bool) {
	s.timer.Reset(d)
	select {
	case <-s.timer.C:
	case <-s.woken: // perhaps of something that was seen already: then it is a short nap
		s.timer.Stop()
	}
}

func (s *timerSleeper) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

func (s *timerSleeper) close() { s.timer.Stop() }
