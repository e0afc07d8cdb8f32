package stats

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBuckets(t *testing.T) {
	t.Run("every boundary", func(t *testing.T) {
		next := uint64(0) // the smallest value not yet covered
		for i := range overflow {
			high := upperBound(i)
			if high < next {
				t.Fatalf("bucket %d ends at %d, before its start %d", i, high, next)
			}
			if got := bucketOf(next); got != i {
				t.Fatalf("bucketOf(%d) = %d, want %d: its lowest value", next, got, i)
			}
			if got := bucketOf(high); got != i {
				t.Fatalf("bucketOf(%d) = %d, want %d: its highest value", high, got, i)
			}
			if width := high - next; width*128 > next && width > 0 {
				t.Fatalf("bucket %d is %d..%d: wider than 1/128", i, next, high)
			}
			next = high + 1
		}
		if next != MaxTracked+1 {
			t.Errorf("buckets end at %d, want %d", next-1, MaxTracked)
		}
	})
	t.Run("beyond", func(t *testing.T) {
		for _, v := range []uint64{MaxTracked + 1, math.MaxInt64} {
			if got := bucketOf(v); got != overflow {
				t.Errorf("bucketOf(%d) = %d, want %d", v, got, overflow)
			}
		}
	})
	t.Run("range", func(t *testing.T) {
		if MaxTracked < int64(60*time.Second) {
			t.Errorf("MaxTracked is %v, want at least a minute", time.Duration(MaxTracked))
		}
	})
}

// Between counts exactly where bounds are those of buckets, and leaves nothing out
// and counts nothing twice in any case.
func TestBetween(t *testing.T) {
	samples := []int64{0, 1, 127, 128, 159, 160, 1 << 20, 1<<20 - 1, MaxTracked, MaxTracked + 1, math.MaxInt64}
	var h Histogram
	for _, v := range samples {
		h.Record(v)
	}
	var c Counts
	if n := c.Between(0, math.MaxInt64); n != 0 {
		t.Errorf("%d of nothing", n)
	}
	h.AddTo(&c)
	for _, tt := range []struct {
		low, high int64
		want      uint64
	}{
		{0, 1, 1},
		{-5, 0, 0},
		{0, 128, 3},
		{128, 160, 2},
		{160, 1 << 20, 2},
		{1 << 20, 1 << 21, 1},
		{1 << 21, MaxTracked + 1, 1},
		{160, 128, 0},
		{128, 128, 0},
	} {
		if n := c.Between(tt.low, tt.high); n != tt.want {
			t.Errorf("%d from %d to %d, want %d", n, tt.low, tt.high, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(0, math.MaxInt64).Draw(t, "at")
		if n := c.Between(0, at) + c.Between(at, math.MaxInt64); n != c.N() {
			t.Fatalf("%d below and from %d, want %d", n, at, c.N())
		}
	})
}

func TestQuantileOfFewSamples(t *testing.T) {
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(i + 1)
	}
	tests := []struct {
		name    string
		samples []int64
		q       float64
		want    int64
	}{
		{"empty", nil, 0.5, 0},
		{"one", []int64{42}, 0.5, 42},
		{"one, capped by the maximum", []int64{1_000_000}, 0.5, 1_000_000},
		{"median of three", []int64{1, 2, 3}, 0.5, 2},
		{"median of four is the lower", []int64{1, 2, 3, 4}, 0.5, 2},
		{"smallest at 0", []int64{3, 5, 9}, 0, 3},
		{"smallest below 0", []int64{3, 5, 9}, -1, 3},
		{"smallest for NaN", []int64{3, 5, 9}, math.NaN(), 3},
		{"largest at 1", []int64{3, 5, 9}, 1, 9},
		{"largest above 1", []int64{3, 5, 9}, 7, 9},
		{"0.07 of 100 is the 7th", hundred, 0.07, 7},
		{"0.55 of 100 is the 55th", hundred, 0.55, 55},
		{"0.99 of 100 is the 99th", hundred, 0.99, 99},
		{"0.999 of 100 is the 100th", hundred, 0.999, 100},
		{"just above 0.5 of 100 is the 51st", hundred, 0.501, 51},
		{"negative counts as 0", []int64{-5, -1}, 1, 0},
		{"end of a bucket", []int64{1000, 5000}, 0.5, 1003}, // 1000..1003 share one
		{"over range gives the maximum", []int64{1, MaxTracked + 2, 1 << 50}, 0.5, 1 << 50},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := countsOf(tt.samples)
			if got := c.Quantile(tt.q); got != tt.want {
				t.Errorf("Quantile(%v) = %d, want %d", tt.q, got, tt.want)
			}
		})
	}
}

func countsOf(samples []int64) *Counts {
	var h Histogram
	for _, v := range samples {
		h.Record(v)
	}
	c := new(Counts)
	h.AddTo(c)
	return c
}

func TestCountsAreExact(t *testing.T) {
	c := countsOf([]int64{-7, 0, 10, 1 << 40, 2000})
	if c.N() != 5 || c.Sum() != 1<<40+2010 || c.Max() != 1<<40 {
		t.Errorf("n %d, sum %d, max %d; want 5, %d, %d", c.N(), c.Sum(), c.Max(), 1<<40+2010, 1<<40)
	}
	if want := float64(1<<40+2010) / 5; c.Mean() != want {
		t.Errorf("mean %v, want %v", c.Mean(), want)
	}
	c.Reset()
	if *c != (Counts{}) || c.Mean() != 0 {
		t.Errorf("after Reset: n %d, mean %v", c.N(), c.Mean())
	}
}

// checkQuantiles compares quantiles with the samples themselves, ordered: never
// below the one at the rank, and above it by less than 1/128.
func checkQuantiles(quantile func(q float64) int64, samples []int64) error {
	sorted := slices.Clone(samples)
	slices.Sort(sorted)
	n := len(sorted)
	for _, permyriad := range []int{0, 1, 700, 2500, 5000, 7500, 9000, 9500, 9900, 9990, 9999, 10000} {
		rank := max((permyriad*n+9999)/10000, 1) // in whole numbers
		x, got := sorted[rank-1], quantile(float64(permyriad)/10000)
		switch {
		case got > sorted[n-1]:
			return fmt.Errorf("quantile %d/10000 is %d, above the maximum %d", permyriad, got, sorted[n-1])
		case got < x:
			return fmt.Errorf("quantile %d/10000 is %d, below sample %d", permyriad, got, x)
		case x <= MaxTracked && (got-x)*128 > x:
			return fmt.Errorf("quantile %d/10000 is %d, more than 1/128 above sample %d", permyriad, got, x)
		}
	}
	return nil
}

// times draws times of all magnitudes, a few of them out of range.
func times() *rapid.Generator[[]int64] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) int64 {
		bits := rapid.IntRange(0, 37).Draw(t, "bits")
		return rapid.Int64Range(0, 1<<bits).Draw(t, "ns")
	}), 1, 300)
}

func TestQuantilesAgainstSortedSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := times().Draw(t, "samples")
		if err := checkQuantiles(countsOf(samples).Quantile, samples); err != nil {
			t.Fatal(err)
		}
	})
}

// The check above must find each of these faults, or it proves nothing.
func TestQuantileCheckFindsFaults(t *testing.T) {
	samples := make([]int64, 2000)
	for i := range samples {
		samples[i] = int64(1000 + 37*i)
	}
	c := countsOf(samples)
	if err := checkQuantiles(c.Quantile, samples); err != nil {
		t.Fatalf("no fault planted, yet: %v", err)
	}
	faults := []struct {
		name, want string
		quantile   func(q float64) int64
	}{
		{"64 buckets to a power of two", "more than 1/128", func(q float64) int64 {
			v := c.Quantile(q)
			return min(v|(1<<(bitLen(v)-7)-1), c.Max())
		}},
		{"lower bound of the bucket", "below sample", func(q float64) int64 {
			v := c.Quantile(q)
			return v &^ (1<<(bitLen(v)-8) - 1)
		}},
		{"one rank too low", "below sample", func(q float64) int64 { return c.Quantile(q - 0.01) }},
		{"one rank too high", "more than 1/128", func(q float64) int64 { return c.Quantile(q + 0.02) }},
		{"not capped", "above the maximum", func(q float64) int64 { return int64(upperBound(bucketOf(uint64(c.Quantile(q))))) }},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			err := checkQuantiles(f.quantile, samples)
			if err == nil || !strings.Contains(err.Error(), f.want) {
				t.Errorf("found %v, want an error with %q", err, f.want)
			}
		})
	}
}

func bitLen(v int64) int {
	n := 0
	for ; v > 0; v >>= 1 {
		n++
	}
	return n
}

// Merging, in whatever way, is the same as recording in one place.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := times().Draw(t, "a"), times().Draw(t, "b")
		merged := countsOf(a)
		merged.Add(countsOf(b))
		if *merged != *countsOf(slices.Concat(a, b)) {
			t.Fatal("Add differs from recording all in one histogram")
		}
	})
}

// A window is what was recorded in it.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, in := times().Draw(t, "before"), times().Draw(t, "in")
		window := countsOf(slices.Concat(before, in))
		window.Sub(countsOf(before))
		want := countsOf(in)
		if window.buckets != want.buckets || window.N() != want.N() || window.Sum() != want.Sum() {
			t.Fatal("counts or sum differ from those of the window alone")
		}
		top := upperBound(bucketOf(uint64(want.Max())))
		if got := uint64(window.Max()); got < uint64(want.Max()) || got > top {
			t.Fatalf("maximum %d, want %d..%d", got, want.Max(), top)
		}
		if want.Max() <= MaxTracked {
			if err := checkQuantiles(func(q float64) int64 { return min(window.Quantile(q), want.Max()) }, in); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestEmptyWindow(t *testing.T) {
	c := countsOf([]int64{5, 1 << 40})
	c.Sub(countsOf([]int64{5, 1 << 40}))
	if *c != (Counts{}) {
		t.Errorf("n %d, sum %d, max %d are left", c.N(), c.Sum(), c.Max())
	}
}

func TestSubOfWhatWasNotThere(t *testing.T) {
	mustPanic(t, "Sub of a later state", func() { countsOf([]int64{5}).Sub(countsOf([]int64{5, 70000})) })
}

// While one goroutine records, readers see states that only grow, and whose
// figures fit together.
func TestReadersBesideTheWriter(t *testing.T) {
	const samples = 20000
	var h Histogram
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			earlier := new(Counts)
			for earlier.N() < samples {
				now := new(Counts)
				h.AddTo(now)
				if now.Quantile(1) > now.Max() || now.Sum() < now.N() {
					t.Errorf("n %d, sum %d, max %d, quantile 1 %d", now.N(), now.Sum(), now.Max(), now.Quantile(1))
					return
				}
				window := *now
				window.Sub(earlier) // panics if a bucket shrank
				earlier = now
			}
		})
	}
	for i := range int64(samples) {
		h.Record(1 + i*i)
	}
	wg.Wait()
	c := new(Counts)
	h.AddTo(c)
	if want := int64(1 + (samples-1)*(samples-1)); c.N() != samples || c.Max() != want {
		t.Errorf("in the end n %d, max %d; want %d, %d", c.N(), c.Max(), samples, want)
	}
}

func TestHistogramAllocatesNothing(t *testing.T) {
	var h Histogram
	c, o := new(Counts), new(Counts)
	noAllocs(t, "Record", func() { h.Record(12345) })
	noAllocs(t, "AddTo", func() { h.AddTo(c) })
	noAllocs(t, "Add", func() { c.Add(o) })
	noAllocs(t, "Sub", func() { c.Sub(o) })
	noAllocs(t, "Quantile", func() { c.Quantile(0.99) })
	noAllocs(t, "Reset", func() { c.Reset() })
}

func BenchmarkHistogramRecord(b *testing.B) {
	var h Histogram
	b.ReportAllocs()
	ns := int64(1)
	for b.Loop() {
		h.Record(ns)
		ns = ns*5/4&(1<<30-1) + 1
	}
}

func BenchmarkHistogramAddTo(b *testing.B) {
	var h Histogram
	for v := int64(1); v < int64(time.Second); v += v/64 + 1 {
		h.Record(v)
	}
	c := new(Counts)
	b.ReportAllocs()
	for b.Loop() {
		h.AddTo(c)
	}
}

func BenchmarkCountsQuantile(b *testing.B) {
	var h Histogram
	for v := int64(1); v < int64(time.Second); v += v/64 + 1 {
		h.Record(v)
	}
	c := new(Counts)
	h.AddTo(c)
	b.ReportAllocs()
	for b.Loop() {
		c.Quantile(0.99)
	}
}
