package stats

import (
	"runtime/debug"
	"time"
)

// GCCycle is one completed garbage collection.
type GCCycle struct {
	// Number counts collections from 1 at the start of the process.
	Number uint64
	// End is when it ended, on the wall clock: the runtime keeps no monotonic
	// time of it, so a stepped clock shifts it against other times.
	End time.Time
	// Pause is the time for which the world was stopped, all phases together,
	// the wait for goroutines to stop included.
	Pause time.Duration
}

// GCLog tells each garbage collection of the process once. It is not for use
// from several goroutines at once. Make one with [NewGCLog].
type GCLog struct {
	stats debug.GCStats // keeps its buffers from poll to poll
	last  uint64        // number of the last cycle told
}

// NewGCLog returns a log that begins with the next collection to end.
func NewGCLog() *GCLog {
	l := new(GCLog)
	debug.ReadGCStats(&l.stats)
	l.last = uint64(l.stats.NumGC)
	return l
}

// Poll calls fn for each collection that ended since the last Poll, oldest
// first, and allocates nothing. The runtime remembers 256 of them; missing is
// how many more there were, which are told to nobody.
func (l *GCLog) Poll(fn func(GCCycle)) (missing uint64) {
	debug.ReadGCStats(&l.stats)
	return l.tell(fn)
}

// tell passes on what is new in l.stats.
func (l *GCLog) tell(fn func(GCCycle)) (missing uint64) {
	now := uint64(l.stats.NumGC)
	fresh := now - l.last
	kept := min(fresh, uint64(len(l.stats.Pause)), uint64(len(l.stats.PauseEnd)))
	l.last = now
	for i := kept; i > 0; i-- { // the latest is first in the runtime's lists
		fn(GCCycle{Number: now - i + 1, End: l.stats.PauseEnd[i-1], Pause: l.stats.Pause[i-1]})
	}
	return fresh - kept
}
