package stats

import (
	"errors"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// fakeHost is a platform whose clocks the test turns, and whose parts it breaks.
type fakeHost struct {
	at                time.Time
	used, busy, total float64
	broken            HostFigures
}

var errBroken = errors.New("broken")

func (f *fakeHost) check(part HostFigures) error {
	if f.broken.Has(part) {
		return errBroken
	}
	return nil
}

func (f *fakeHost) now() time.Time               { return f.at }
func (f *fakeHost) processCPU() (float64, error) { return f.used, f.check(KnowProcessCPU) }
func (f *fakeHost) hostCPU() (float64, float64, error) {
	return f.busy, f.total, f.check(KnowHostCPU)
}
func (f *fakeHost) rss() (uint64, error)    { return 300, f.check(KnowRSS) }
func (f *fakeHost) cores() (int, error)     { return 4, f.check(KnowCores) }
func (f *fakeHost) memory() (uint64, error) { return 9000, f.check(KnowMemoryTotal) }

// pass lets a second go by, in which the process uses two cores and the host
// three of four.
func (f *fakeHost) pass() {
	f.at = f.at.Add(time.Second)
	f.used += 2
	f.busy += 3
	f.total += 4
}

const knowAll = KnowProcessCPU | KnowRSS | KnowHostCPU | KnowCores | KnowMemoryTotal

func TestHostSample(t *testing.T) {
	f := &fakeHost{at: time.Unix(100, 0), used: 50, busy: 1000, total: 3000}
	h := newHost(f)
	if h.Err() != nil {
		t.Fatal(h.Err())
	}
	f.pass()
	want := HostSample{ProcessCPU: 200, RSS: 300, HostCPU: 75, Cores: 4, MemoryTotal: 9000, Known: knowAll}
	if got := h.Sample(); got != want {
		t.Errorf("sample is %+v, want %+v", got, want)
	}
	if got := h.Sample(); got != want {
		t.Errorf("no time has passed: sample is %+v, want the last, %+v", got, want)
	}
	f.at = f.at.Add(time.Second) // and nothing was used, nor do the host's clocks move
	want.ProcessCPU = 0
	if got := h.Sample(); got != want {
		t.Errorf("idle: sample is %+v, want %+v", got, want)
	}
	f.at, f.used, f.busy, f.total = f.at.Add(time.Second), f.used-1, f.busy-1, f.total+1
	want.HostCPU = 0
	if got := h.Sample(); got != want {
		t.Errorf("clocks ran back: sample is %+v, want %+v", got, want)
	}
}

// Each part that the platform refuses is missing alone, and named.
func TestHostWithoutPart(t *testing.T) {
	tests := []struct {
		part HostFigures
		name string
		zero func(*HostSample)
	}{
		{KnowProcessCPU, "processor time of the process", func(s *HostSample) { s.ProcessCPU = 0 }},
		{KnowRSS, "memory of the process", func(s *HostSample) { s.RSS = 0 }},
		{KnowHostCPU, "processor time of the host", func(s *HostSample) { s.HostCPU = 0 }},
		{KnowCores, "cores of the host", func(s *HostSample) { s.Cores = 0 }},
		{KnowMemoryTotal, "memory of the host", func(s *HostSample) { s.MemoryTotal = 0 }},
	}
	for _, tt := range tests {
		want := HostSample{ProcessCPU: 200, RSS: 300, HostCPU: 75, Cores: 4, MemoryTotal: 9000, Known: knowAll &^ tt.part}
		tt.zero(&want)
		t.Run("never "+tt.name, func(t *testing.T) {
			f := &fakeHost{broken: tt.part}
			h := newHost(f)
			if !errors.Is(h.Err(), errBroken) || !strings.Contains(h.Err().Error(), tt.name) {
				t.Errorf("error %v, want one that names %s", h.Err(), tt.name)
			}
			f.pass()
			if got := h.Sample(); got != want {
				t.Errorf("sample is %+v, want %+v", got, want)
			}
		})
		t.Run("from now on "+tt.name, func(t *testing.T) {
			f := &fakeHost{}
			h := newHost(f)
			f.pass()
			full := h.Sample()
			f.broken = tt.part
			f.pass()
			got := h.Sample()
			if tt.part == KnowCores || tt.part == KnowMemoryTotal {
				if got != full { // asked for once, at the start
					t.Errorf("sample is %+v, want %+v", got, full)
				}
				return
			}
			if got != want {
				t.Errorf("sample is %+v, want %+v", got, want)
			}
			f.broken = 0
			f.pass()
			// Back, yet a percentage needs an earlier reading to set it against.
			if got := h.Sample(); tt.part != KnowRSS && got != want {
				t.Errorf("just mended: sample is %+v, want %+v", got, want)
			}
			f.pass()
			if got := h.Sample(); got != full {
				t.Errorf("mended: sample is %+v, want %+v", got, full)
			}
		})
	}
}

// What the platform that the test runs on says is plausible.
func TestHostOfThisMachine(t *testing.T) {
	h := NewHost()
	if err := h.Err(); err != nil && runtime.GOOS == "linux" {
		t.Errorf("Linux tells everything, yet: %v", err)
	}
	s := h.Sample()
	if s.Known.Has(KnowRSS) && (s.RSS < 1<<20 || s.RSS > 1<<40) {
		t.Errorf("resident memory is %d bytes", s.RSS)
	}
	if s.Known.Has(KnowCores) && s.Cores < runtime.GOMAXPROCS(0) && os.Getenv("GOMAXPROCS") == "" {
		t.Errorf("%d cores, but Go uses %d", s.Cores, runtime.GOMAXPROCS(0))
	}
	if s.Known.Has(KnowMemoryTotal|KnowRSS) && s.MemoryTotal < s.RSS {
		t.Errorf("the host has %d bytes, the process %d", s.MemoryTotal, s.RSS)
	}
	if s.HostCPU < 0 || s.HostCPU > 100 || s.ProcessCPU < 0 || math.IsNaN(s.ProcessCPU+s.HostCPU) {
		t.Errorf("host at %v %%, process at %v %%", s.HostCPU, s.ProcessCPU)
	}
}

// A platform without the process's own entry, such as a container without
// /proc, tells nothing of the process.
func TestPlatformWithoutProcess(t *testing.T) {
	p := platform{err: errBroken}
	if _, err := p.processCPU(); !errors.Is(err, errBroken) {
		t.Errorf("processCPU: %v, want %v", err, errBroken)
	}
	if _, err := p.rss(); !errors.Is(err, errBroken) {
		t.Errorf("rss: %v, want %v", err, errBroken)
	}
}

func BenchmarkHostSample(b *testing.B) {
	h := NewHost()
	b.ReportAllocs()
	for b.Loop() {
		h.Sample()
	}
}
