//go:build !linux

package load

// newSleeper returns the most punctual sleeper that there is.
func newSleeper() sleeper { return newTimerSleeper() }
