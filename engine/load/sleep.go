package load

import "time"

// sleeper suspends a lane. It belongs to one goroutine.
type sleeper interface {
	// sleep returns after d, which is at most maxNap, or a little earlier or
	// later.
	sleep(d time.Duration)
	close()
}

// timerSleeper sleeps by the runtime's timers. When a processor is idle they
// are at the mercy of the poller, which on Linux counts in milliseconds: half
// of one late on average.
type timerSleeper struct{}

func (timerSleeper) sleep(d time.Duration) { time.Sleep(d) }
func (timerSleeper) close()                {}
