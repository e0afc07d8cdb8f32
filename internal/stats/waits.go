package stats

import (
	"math"
	"time"
)

// WaitWindow is the stretch of time that [Waits] looks back, and waitStep how often
// it notes down where the runtime stands, so that the stretch may be longer by that.
const (
	WaitWindow = time.Second
	waitStep   = WaitWindow / 10
)

// Waits tells for how long goroutines of the process waited of late between ready and
// running. It is not for use from several goroutines at once. Its zero value is ready,
// and begins with its first Read.
//
// The runtime looks at one wait in eight, and sorts it into buckets, 64 ns wide up to
// 256 ns and up to 25 % wide from there.
type Waits struct {
	past [int(WaitWindow/waitStep) + 1]waitCounts // a ring
	next int                                      // counts what was noted down in it
}

// waitCounts is where the runtime's counts stood at a time.
type waitCounts struct {
	at     time.Time
	counts []uint64
}

// Forget makes the window begin with the next Read.
func (w *Waits) Forget() { w.next = 0 }

// Read fills dst with the quantiles q, which ascend, of the waits that r's last Read
// knew of and that began to run within the window before it: each is the upper bound
// of a bucket, or the lower one of the last. It returns how many waits the runtime
// looked at, and how long the window was. Without any, dst becomes 0. It allocates
// nothing after the first time round.
func (w *Waits) Read(r *Runtime, q []float64, dst []time.Duration) (n uint64, window time.Duration) {
	clear(dst)
	h := histogramIn(r.samples[schedLatencies].Value)
	if h == nil {
		return 0, 0
	}
	now := time.Now()
	since := &w.past[0]
	if w.next > len(w.past) {
		since = &w.past[w.next%len(w.past)] // the oldest
	}
	if w.next > 0 {
		window = now.Sub(since.at)
		for i := range h.Counts {
			n += h.Counts[i] - since.counts[i]
		}
	}
	if n > 0 {
		i, seen := 0, h.Counts[0]-since.counts[0]
		for j := range q {
			for rank := rankOf(q[j], n); seen < rank; seen += h.Counts[i] - since.counts[i] {
				i++ // stays in range: n is the sum
			}
			dst[j] = boundOf(h.Buckets, i) //nolint:gosec // dst is as long as q
		}
	}
	if w.next == 0 || now.Sub(w.past[(w.next-1)%len(w.past)].at) >= waitStep {
		p := &w.past[w.next%len(w.past)]
		p.at, p.counts = now, append(p.counts[:0], h.Counts...)
		w.next++
	}
	return n, window
}

// boundOf returns the upper bound of bucket i, or the lower one where the upper is
// infinite.
func boundOf(buckets []float64, i int) time.Duration {
	bound := buckets[i+1]
	if math.IsInf(bound, 1) {
		bound = buckets[i]
	}
	return time.Duration(math.Max(bound, 0) * float64(time.Second))
}
