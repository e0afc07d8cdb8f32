package stats

import (
	"fmt"
	"math"
	"math/bits"
	"sync/atomic"
)

// The buckets are log-linear: each power of two is cut into 128 buckets of equal
// width, and the values below 128 have a bucket each. Compare HdrHistogram by
// Gil Tene, and runtime/histogram.go in the Go tree.
const (
	subBits    = 7 // a bucket is at most 1/128 of its lower bound wide
	subBuckets = 1 << subBits
	rangeBits  = 36 // 2^36 ns = 68.7 s

	overflow   = subBuckets * (rangeBits - subBits + 1) // index of the bucket for all that is larger
	numBuckets = overflow + 1
)

// MaxTracked is the largest time, in ns, that a [Histogram] tells apart from
// longer ones: 2^36-1, about 68.7 s.
const MaxTracked = 1<<rangeBits - 1

// bucketOf returns the index of the bucket that holds v.
func bucketOf(v uint64) int {
	if v < subBuckets {
		return int(v)
	}
	if v > MaxTracked {
		return overflow
	}
	shift := bits.Len64(v) - 1 - subBits
	return shift*subBuckets + int(v>>shift)
}

// upperBound returns the largest value that bucket i holds.
func upperBound(i int) uint64 {
	if i < 2*subBuckets {
		return uint64(i)
	}
	if i >= overflow {
		return math.MaxInt64
	}
	shift := i/subBuckets - 1
	return (uint64(i%subBuckets+subBuckets)+1)<<shift - 1
}

// Histogram is a distribution of times in memory of fixed size (31 KB),
// whatever is recorded and for however long. Its zero value is empty and ready.
//
// One goroutine records, and any number may read at the same time with
// [Histogram.AddTo]. It must not be copied.
type Histogram struct {
	buckets [numBuckets]atomic.Uint64
	sum     atomic.Uint64
	max     atomic.Uint64
}

// Record adds a time of ns nanoseconds, without allocating. A negative time, as
// a stepped clock yields, counts as 0. A time over [MaxTracked] counts in the
// last bucket; sum and maximum hold it exactly.
func (h *Histogram) Record(ns int64) {
	v := uint64(max(ns, 0))
	// The bucket comes last: who sees the sample there sees it in sum and
	// maximum too.
	if v > h.max.Load() {
		h.max.Store(v)
	}
	h.sum.Add(v)
	h.buckets[bucketOf(v)].Add(1)
}

// AddTo adds all that was recorded so far to c, and allocates nothing. Of what
// is being recorded at the same moment it may take the sum before the count.
func (h *Histogram) AddTo(c *Counts) {
	// The maximum bounds what has to be read: no sample counted before this
	// line lies in a higher bucket, and later ones are left for next time.
	top := bucketOf(h.max.Load())
	for i := 0; i <= top; i++ {
		if n := h.buckets[i].Load(); n > 0 {
			c.buckets[i] += n
			c.n += n
		}
	}
	// Read after the buckets, so that they cover every sample counted above.
	c.sum += h.sum.Load()
	c.max = max(c.max, h.max.Load())
}

// Counts is the content of one or more histograms at one moment: a plain value,
// to be merged, subtracted and asked for quantiles. Its zero value is empty. It
// is large (31 KB): keep it, and pass a pointer.
type Counts struct {
	buckets [numBuckets]uint64
	n       uint64
	sum     uint64
	max     uint64
}

// Add adds all of o to c, as if both had been recorded in one histogram.
func (c *Counts) Add(o *Counts) {
	for i := 0; i <= bucketOf(o.max); i++ {
		c.buckets[i] += o.buckets[i]
	}
	c.n += o.n
	c.sum += o.sum
	c.max = max(c.max, o.max)
}

// Sub takes o away from c, and leaves what was recorded between the two. It
// panics if o is not an earlier state of what c is a state of.
//
// The maximum of a window is not known exactly afterwards: it becomes the upper
// bound of the highest bucket that still holds a sample, or the former maximum
// where that is less.
func (c *Counts) Sub(o *Counts) {
	top := -1
	for i := 0; i <= max(bucketOf(c.max), bucketOf(o.max)); i++ {
		if c.buckets[i] < o.buckets[i] {
			panic(fmt.Sprintf("stats: Counts.Sub: %d samples in bucket %d, cannot take away %d", c.buckets[i], i, o.buckets[i]))
		}
		c.buckets[i] -= o.buckets[i]
		if c.buckets[i] > 0 {
			top = i
		}
	}
	c.n -= o.n
	c.sum -= o.sum
	if top < 0 {
		c.max = 0
		return
	}
	c.max = min(c.max, upperBound(top))
}

// Reset empties c.
func (c *Counts) Reset() {
	clear(c.buckets[:bucketOf(c.max)+1]) // no sample lies higher
	c.n, c.sum, c.max = 0, 0, 0
}

// N returns how many samples there are.
func (c *Counts) N() uint64 { return c.n }

// Sum returns the sum of all samples, in ns.
func (c *Counts) Sum() uint64 { return c.sum }

// Between returns how many samples are at least low and less than high, in ns: exactly
// where both are bounds of buckets, such as all multiples of 1/128 of a power of two up
// to the next, and 2^36. A bucket that a bound cuts counts as below it.
func (c *Counts) Between(low, high int64) uint64 {
	var n uint64
	first, last := firstFrom(low), firstFrom(high)
	for i := first; i < min(last, bucketOf(c.max)+1); i++ {
		n += c.buckets[i]
	}
	return n
}

// firstFrom returns the first bucket that holds nothing below v.
func firstFrom(v int64) int {
	if v <= 0 {
		return 0
	}
	return bucketOf(uint64(v-1)) + 1
}

// Max returns the largest sample in ns, exactly but after [Counts.Sub], or 0
// without samples.
func (c *Counts) Max() int64 { return int64(c.max) }

// Mean returns the mean of all samples in ns, or 0 without samples.
func (c *Counts) Mean() float64 {
	if c.n == 0 {
		return 0
	}
	return float64(c.sum) / float64(c.n)
}

// Quantile returns the q-quantile in ns: with x the ceil(q*N)-th smallest
// sample (the smallest for q at or below 0, the largest from 1 on), the upper
// bound of the bucket that holds x, or the maximum where that is less. Hence it
// is never below x, and above it by less than x/128; for samples over
// [MaxTracked] it is the maximum. Without samples it is 0.
func (c *Counts) Quantile(q float64) int64 {
	if c.n == 0 {
		return 0
	}
	rank, i := rankOf(q, c.n), 0
	for seen := c.buckets[0]; seen < rank; seen += c.buckets[i] {
		i++ // stays in range: n is the sum of the buckets
	}
	return int64(min(upperBound(i), c.max))
}

// rankOf returns ceil(q*n) within 1..n. A decimal fraction is seldom a binary
// one, so a product that is a whole number but for rounding counts as whole:
// 0.07 of 100 samples is rank 7, although 0.07*100 > 7 in floating point.
func rankOf(q float64, n uint64) uint64 {
	if !(q > 0) { // NaN too
		return 1
	}
	if q >= 1 {
		return n
	}
	exact := q * float64(n)
	rank := math.Floor(exact)
	if exact-rank > exact*0x1p-50 {
		rank++
	}
	return min(max(uint64(rank), 1), n)
}
