package stats

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"time"
)

// sink keeps what a test allocates on the heap.
var sink [100]*[64]byte

// leastOf returns the smallest of several tries: other goroutines of the test
// binary can only add to what f is seen to allocate.
func leastOf(f func() (objects, bytes uint64)) (objects, bytes uint64) {
	objects, bytes = f()
	for range 9 {
		o, b := f()
		objects, bytes = min(objects, o), min(bytes, b)
	}
	return objects, bytes
}

func TestExactAllocsCountsEachAllocation(t *testing.T) {
	tests := []struct {
		name           string
		allocate       func()
		objects, bytes uint64
	}{
		{"nothing", func() {}, 0, 0},
		{"100 of 64 bytes", func() {
			for i := range sink {
				sink[i] = new([64]byte)
			}
		}, 100, 6400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			objects, bytes := leastOf(func() (uint64, uint64) {
				o0, b0 := ExactAllocs()
				tt.allocate()
				o1, b1 := ExactAllocs()
				return o1 - o0, b1 - b0
			})
			if objects != tt.objects || bytes != tt.bytes {
				t.Errorf("counted %d objects and %d bytes, want %d and %d", objects, bytes, tt.objects, tt.bytes)
			}
		})
	}
}

var tinySink [1000]*byte

func TestExactAllocsCountsTinyObjects(t *testing.T) {
	objects, _ := leastOf(func() (uint64, uint64) {
		o0, b0 := ExactAllocs()
		for i := range tinySink {
			tinySink[i] = new(byte)
		}
		o1, b1 := ExactAllocs()
		return o1 - o0, b1 - b0
	})
	if objects != 1000 {
		t.Errorf("counted %d objects, want 1000: one for each, though they share blocks", objects)
	}
}

func TestRuntimeRead(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 40))
	r := NewRuntime()
	var before, after RuntimeSample
	r.Read(&before)
	for range 100 { // the collection makes all processors write down what they hold
		for i := range sink {
			sink[i] = new([64]byte)
		}
	}
	for i := range tinySink { // their blocks alone are 63 objects
		tinySink[i] = new(byte)
	}
	stop := make(chan struct{})
	for range 50 {
		go func() { <-stop }()
	}
	runtime.GC()
	r.Read(&after)
	close(stop)

	if after.GOGC != 77 || after.MemoryLimit != 1<<40 {
		t.Errorf("GOGC %d, memory limit %d; want 77, %d", after.GOGC, after.MemoryLimit, int64(1<<40))
	}
	if n := after.GCCycles - before.GCCycles; n < 1 {
		t.Errorf("%d cycles, want at least the forced one", n)
	}
	if n := after.Objects - before.Objects; n < 11000 || after.AllocBytes-before.AllocBytes < 640000 {
		t.Errorf("%d objects and %d bytes after a collection, want at least 11000 and 640000", n, after.AllocBytes-before.AllocBytes)
	}
	if after.Goroutines < 51 {
		t.Errorf("%d goroutines, want at least 51", after.Goroutines)
	}
	if after.HeapLive == 0 || after.HeapGoal < after.HeapLive || after.HeapObjectsBytes == 0 ||
		after.OverheadBytes == 0 || after.OverheadBytes > 1<<30 {
		t.Errorf("heap: live %d, goal %d, objects %d, overhead %d", after.HeapLive, after.HeapGoal, after.HeapObjectsBytes, after.OverheadBytes)
	}
	if after.GCCPUSeconds <= before.GCCPUSeconds || after.UsedCPUSeconds() < after.GCCPUSeconds || after.IdleCPUSeconds > after.TotalCPUSeconds {
		t.Errorf("processor seconds: GC %v then %v, used %v, idle %v of %v",
			before.GCCPUSeconds, after.GCCPUSeconds, after.UsedCPUSeconds(), after.IdleCPUSeconds, after.TotalCPUSeconds)
	}
}

func TestRuntimeReadSettingsThatAreOff(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	var s RuntimeSample
	NewRuntime().Read(&s)
	if s.GOGC != -1 || s.MemoryLimit != math.MaxInt64 {
		t.Errorf("GOGC %d, memory limit %d; want -1, %d", s.GOGC, s.MemoryLimit, int64(math.MaxInt64))
	}
}

// This Go version knows every metric that is asked for, as what it is taken for.
func TestRuntimeMetricsExist(t *testing.T) {
	known := map[string]metrics.ValueKind{}
	for _, d := range metrics.All() {
		known[d.Name] = d.Kind
	}
	for i, name := range metricNames {
		want := metrics.KindUint64
		switch i {
		case cpuGC, cpuAssist, cpuTotal, cpuIdle:
			want = metrics.KindFloat64
		case schedLatencies:
			want = metrics.KindFloat64Histogram
		}
		if known[name] != want {
			t.Errorf("%s has kind %v, want %v", name, known[name], want)
		}
	}
}

// Names or kinds of another Go version give zeros, not a panic.
func TestRuntimeUnknownMetrics(t *testing.T) {
	zero := RuntimeSample{}
	t.Run("unknown names", func(t *testing.T) {
		names := make([]string, numMetrics)
		for i := range names {
			names[i] = "/no/such:metric"
		}
		r, s := newRuntime(names), RuntimeSample{Objects: 1}
		r.Read(&s)
		if s != zero {
			t.Errorf("read %+v, want zeros", s)
		}
	})
	t.Run("other kinds", func(t *testing.T) {
		names := slices.Clone(metricNames[:])
		names[cpuGC], names[heapLive], names[schedLatencies] = names[heapLive], names[schedLatencies], names[cpuGC]
		r, s := newRuntime(names), RuntimeSample{}
		r.Read(&s)
		if s.GCCPUSeconds != 0 || s.HeapLive != 0 || s.SchedLatencyP99 != 0 {
			t.Errorf("read %+v, want zeros for the three", s)
		}
	})
}

func TestQuantileSince(t *testing.T) {
	edges := []float64{math.Inf(-1), 0, 0.5, 1, 2, math.Inf(1)}
	tests := []struct {
		name          string
		before, after []uint64
		q             float64
		want          time.Duration
	}{
		{"nothing came", []uint64{1, 2, 3, 4, 5}, []uint64{1, 2, 3, 4, 5}, 0.99, 0},
		{"only what is new counts", []uint64{0, 9, 0, 0, 900}, []uint64{0, 9, 7, 0, 900}, 0.99, time.Second},
		{"median", []uint64{0, 0, 0, 0, 0}, []uint64{0, 2, 1, 1, 0}, 0.5, time.Second / 2},
		{"largest", []uint64{0, 0, 0, 0, 0}, []uint64{0, 2, 1, 1, 0}, 1, 2 * time.Second},
		{"last bucket has no upper bound", []uint64{0, 0, 0, 0, 0}, []uint64{0, 0, 0, 0, 1}, 0.99, 2 * time.Second},
		{"below zero is zero", []uint64{0, 0, 0, 0, 0}, []uint64{1, 0, 0, 0, 0}, 0.99, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &metrics.Float64Histogram{Counts: tt.after, Buckets: edges}
			if got := quantileSince(h, tt.before, tt.q); got != tt.want {
				t.Errorf("quantile %v is %v, want %v", tt.q, got, tt.want)
			}
		})
	}
}

// The latency covers the time since the last Read only.
func TestSchedLatencyIsOfTheWindow(t *testing.T) {
	r := NewRuntime()
	var s RuntimeSample
	r.Read(&s)
	h := histogramIn(r.samples[schedLatencies].Value)
	if !slices.Equal(r.waited, h.Counts) {
		t.Error("Read did not keep the counts that the next is set against")
	}
}

func TestRuntimeAllocatesNothing(t *testing.T) {
	r := NewRuntime()
	var s RuntimeSample
	noAllocs(t, "Read", func() { r.Read(&s) })
	noAllocs(t, "ExactAllocs", func() { ExactAllocs() })
}

func BenchmarkRuntimeRead(b *testing.B) {
	r := NewRuntime()
	var s RuntimeSample
	b.ReportAllocs()
	for b.Loop() {
		r.Read(&s)
	}
}

func BenchmarkExactAllocs(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ExactAllocs()
	}
}
