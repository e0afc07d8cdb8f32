//go:build !race

package main

// raceEnabled tells that the race detector is in the build. Then what the plain
// tests have already told is left out: see underRace, and [race] in the scripts.
const raceEnabled = false
