//go:build race

package session

// scrubBytes is larger under the race detector, whose frames are.
const scrubBytes = 4096
