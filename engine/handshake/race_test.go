//go:build race

package handshake

// raceEnabled tells that the race detector is in the build: it allocates, so
// that exact counts do not hold.
const raceEnabled = true
