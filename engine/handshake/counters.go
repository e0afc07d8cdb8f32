package handshake

import "sync/atomic"

// Counters say what became of a [Responder]'s handshakes and of the messages that
// it was given, since it was made. Numbers only grow.
//
// Every handshake that was Invited is Completed, Broken, TimedOut, Replaced or
// still pending. While messages are dealt with, one may be in none of these for a
// moment, and none is ever in two.
type Counters struct {
	// Invited are the Invitations taken: handshakes begun.
	Invited uint64
	// Answered are the Responses made.
	Answered uint64
	// Completed are the results given out. Whether their receiver took the
	// session is not known here.
	Completed uint64
	// Broken are the handshakes ended by an authentic message that was wrong,
	// or by a failure of the responder itself.
	Broken uint64
	// TimedOut are the handshakes that were not completed in their time.
	TimedOut uint64
	// Replaced are the handshakes that gave way to a newer one, of the same
	// initiator under the same context id.
	Replaced uint64
	// Refused are the messages for which Handle returned an error.
	Refused Refusals
}

// ServerCounters say what a [Server] answered since it was made. Numbers only grow.
type ServerCounters struct {
	// Taken are the messages answered with 200 or 204.
	Taken uint64
	// Refused are all refusals, by the word that was sent: those of the responder,
	// who counts them too; "refused" by Accept; "malformed" of what was too long to
	// be read; "transport" of requests that carried no message or not all of one.
	// What the library answers because it is not HTTP is not among them.
	Refused Refusals
}

// Refusals are numbers of errors by their [Cause], in the order of [Causes].
type Refusals [len(causes) + 1]uint64

// Of returns the number for a word of [Causes], and 0 for any other.
func (r Refusals) Of(cause string) uint64 {
	for i, word := range Causes() {
		if word == cause {
			return r[i]
		}
	}
	return 0
}

// ByCause returns the numbers that are not zero. The map is the caller's.
func (r Refusals) ByCause() map[string]uint64 {
	by := make(map[string]uint64)
	for i, word := range Causes() {
		if r[i] > 0 {
			by[word] = r[i]
		}
	}
	return by
}

// Total returns the sum over all causes.
func (r Refusals) Total() uint64 {
	var sum uint64
	for _, n := range r {
		sum += n
	}
	return sum
}

// counters are where a responder counts.
type counters struct {
	invited, answered, completed, broken, timedOut, replaced atomic.Uint64
	refused                                                  [len(Refusals{})]atomic.Uint64
}

func (c *counters) read() Counters {
	// Ends before beginnings, so that no end is seen without its beginning.
	now := Counters{
		Completed: c.completed.Load(),
		Broken:    c.broken.Load(),
		TimedOut:  c.timedOut.Load(),
		Replaced:  c.replaced.Load(),
		Answered:  c.answered.Load(),
	}
	now.Invited = c.invited.Load()
	for i := range c.refused {
		now.Refused[i] = c.refused[i].Load()
	}
	return now
}
