//go:build !race

package ui

// raceEnabled says whether the race detector runs, which allocates by itself.
const raceEnabled = false
