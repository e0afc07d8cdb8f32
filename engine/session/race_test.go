//go:build race

package session

// raceEnabled tells that the race detector is in the build: it allocates, and
// makes sync.Pool forget at random, so that exact counts of either do not hold.
const raceEnabled = true
