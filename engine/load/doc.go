// Package load puts synthetic load on two session managers, as the two parties
// of a conversation would, and tells how it goes.
//
// A session is one end: the object that a manager holds. The load makes pairs,
// an initiator's end in one manager and a responder's in another; they share an
// id, and send each other real sealed messages until the pair is closed or left
// to expire. Rates and counts are of sessions, so both ends are counted.
//
// A [Config] says what to offer; every field is declared once, in the table
// that [Params] returns. An [Engine] runs it, takes a changed one while it
// runs, and publishes a [Snapshot] ten times a second; when it has stopped,
// its [Summary] is what the run came to.
//
// # Models
//
// In the open model pairs start at times fixed in advance, whether or not the
// engine keeps up. Latency is told both from the actual start (service) and
// from the intended one (response), so that a stall shows in the figures of all
// who would have waited. What could not be started is counted as dropped, with
// the cause. In the closed model a number of pairs is kept alive.
//
// A [Profile] shapes the level, which is the rate of the open model and the number
// of the closed: it goes by straight lines, a [Shape], and where an intended start
// lies is where the integral of the shape reaches it. Lifetimes, messages and
// their sizes have distributions, [Dist]. What becomes of a pair is drawn from its
// number and the seed, so that a run of so many sessions in the closed model does
// the same each time, on any number of processors.
//
// # Handshakes
//
// A share of the pairs begins with a full handshake of engine/handshake, within
// the process or over HTTP on loopback. Every phase is timed. What a phase
// allocates cannot be told while others allocate too; it is measured alone, once,
// before the first load begins.
//
// # How it runs
//
// There is one lane for each processor: a goroutine that owns its pairs, its
// schedule, its random numbers and its histograms, and shares only the managers.
// The live pairs of a lane wait in a timing wheel for their next message or
// their end. Lanes allocate nothing while they run, so the allocations of the
// process are those of the sessions, but for handshakes and for what takes the
// snapshots. A handshake that only computes is done by the lane; one that has to
// wait for the network is handed to a goroutine beside it, so that the lane goes
// on with its other pairs. The clock is read around each call; that cost is in the load's
// CPU time and not in the latencies.
package load
