// Package stats measures: times, the Go runtime, the process and its host, and
// whether two sets of measurements differ. It imports nothing of the project.
//
// # What is exact
//
// [Histogram] loses no sample: count, sum and maximum are exact, and a quantile
// is at most 1/128 above the sample it stands for. [ExactAllocs] counts every
// allocation of the process; bracket a stretch of work with two calls. [GCLog]
// tells each collection once, and says how many it had to leave out. The
// intervals and p-values of the A/B functions assume no distribution, and are
// exact for small samples; each says where it begins to approximate.
//
// # What lags
//
// [Runtime] reads what the runtime has written down so far. Allocation counts
// stay with each processor until its span is full or a collection begins, so a
// hundred real allocations may read as none. Processor seconds and the live
// heap move only when a collection ends. Use these figures for what is seen
// while it runs, and ExactAllocs for what is reported at the end.
//
// # What is cheap
//
// [Histogram.Record], [Mailbox.Put], [Ring.Push], [Runtime.Read], [Waits.Read] and
// [GCLog.Poll] allocate nothing once warm. ExactAllocs stops the world for some
// tens of microseconds. [Host.Sample] reads files or makes system calls and
// allocates; it is meant for once a second.
package stats
