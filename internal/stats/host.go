package stats

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/process"
)

// HostSample is what the process and its host use. A figure that the platform
// does not tell is 0, and Known does not have its bit.
type HostSample struct {
	// ProcessCPU is the processor time of the process since the Sample
	// before, user and system, in percent of one core: 200 is two cores busy.
	ProcessCPU float64
	RSS        uint64 // resident memory of the process, in bytes
	// HostCPU is how busy all cores together were since the Sample before, in
	// percent, 0 to 100.
	HostCPU     float64
	Cores       int    // logical cores of the host
	MemoryTotal uint64 // physical memory of the host, in bytes

	Known HostFigures
}

// HostFigures is a set of the figures in a [HostSample].
type HostFigures uint8

// The figures.
const (
	KnowProcessCPU HostFigures = 1 << iota
	KnowRSS
	KnowHostCPU
	KnowCores
	KnowMemoryTotal
)

// Has reports whether all of want are in the set.
func (f HostFigures) Has(want HostFigures) bool { return f&want == want }

// Host samples the process and its host through gopsutil. A sample reads files
// or makes system calls and allocates: take one a second, not one a frame. It is
// not for use from several goroutines at once. Make one with [NewHost].
type Host struct {
	source hostSource
	last   hostReading
	sample HostSample // the last one
	err    error
}

// hostSource is what a platform tells.
type hostSource interface {
	now() time.Time
	processCPU() (used float64, err error)     // seconds since the process started
	hostCPU() (busy, total float64, err error) // seconds of all cores since some fixed time
	rss() (bytes uint64, err error)
	cores() (int, error)
	memory() (bytes uint64, err error)
}

// hostReading is the cumulative times at one moment.
type hostReading struct {
	at          time.Time
	used        float64
	busy, total float64
	known       HostFigures
}

// NewHost returns a sampler whose first sample covers the time since this call.
// What the platform does not tell is missing in the samples; [Host.Err] says
// why.
func NewHost() *Host { return newHost(newPlatform()) }

func newHost(source hostSource) *Host {
	h := &Host{source: source}
	cores, errCores := source.cores()
	memory, errMemory := source.memory()
	if errCores == nil {
		h.sample.Cores, h.sample.Known = cores, h.sample.Known|KnowCores
	}
	if errMemory == nil {
		h.sample.MemoryTotal, h.sample.Known = memory, h.sample.Known|KnowMemoryTotal
	}
	var errTimes error
	h.last, errTimes = h.read()
	_, errRSS := source.rss()
	h.err = errors.Join(
		describe("cores of the host", errCores), describe("memory of the host", errMemory),
		errTimes, describe("memory of the process", errRSS))
	return h
}

// Err returns what the platform did not tell when the sampler was made, or nil.
func (h *Host) Err() error { return h.err }

// Sample returns what is used now. Percentages cover the time since the Sample
// before; if the clocks of the platform have not moved since, they repeat.
func (h *Host) Sample() HostSample {
	now, _ := h.read() // what failed is not among the known
	s := h.sample
	s.Known &^= KnowProcessCPU | KnowRSS | KnowHostCPU
	s.RSS = 0
	if rss, err := h.source.rss(); err == nil {
		s.RSS, s.Known = rss, s.Known|KnowRSS
	}
	both := now.known & h.last.known
	s.Known |= both
	switch elapsed := now.at.Sub(h.last.at).Seconds(); {
	case !both.Has(KnowProcessCPU):
		s.ProcessCPU = 0
	case elapsed > 0:
		s.ProcessCPU = 100 * max(now.used-h.last.used, 0) / elapsed
	}
	switch total := now.total - h.last.total; {
	case !both.Has(KnowHostCPU):
		s.HostCPU = 0
	case total > 0:
		s.HostCPU = 100 * min(max((now.busy-h.last.busy)/total, 0), 1)
	}
	h.last, h.sample = now, s
	return s
}

// read takes the cumulative times of now, as far as they can be had.
func (h *Host) read() (hostReading, error) {
	r := hostReading{at: h.source.now()}
	var errProcess, errHost error
	if r.used, errProcess = h.source.processCPU(); errProcess == nil {
		r.known |= KnowProcessCPU
	}
	if r.busy, r.total, errHost = h.source.hostCPU(); errHost == nil {
		r.known |= KnowHostCPU
	}
	return r, errors.Join(describe("processor time of the process", errProcess), describe("processor time of the host", errHost))
}

func describe(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("stats: %s: %w", what, err)
}

// platform is the machine that the process runs on, as gopsutil sees it.
type platform struct {
	process *process.Process
	err     error // why there is no process
}

func newPlatform() platform {
	p, err := process.NewProcess(int32(os.Getpid()))
	return platform{process: p, err: err}
}

func (platform) now() time.Time { return time.Now() }

func (p platform) processCPU() (float64, error) {
	if p.err != nil {
		return 0, p.err
	}
	t, err := p.process.Times()
	if err != nil {
		return 0, err
	}
	return t.User + t.System, nil
}

func (p platform) rss() (uint64, error) {
	if p.err != nil {
		return 0, p.err
	}
	m, err := p.process.MemoryInfo()
	if err != nil {
		return 0, err
	}
	return m.RSS, nil
}

func (platform) hostCPU() (busy, total float64, err error) {
	all, err := cpu.Times(false)
	if err != nil {
		return 0, 0, err
	}
	if len(all) == 0 {
		return 0, 0, errors.New("no processor listed")
	}
	t := all[0]
	// Linux has the time of guests in User and Nice already; see proc(5).
	busy = t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
	return busy, busy + t.Idle + t.Iowait, nil
}

func (platform) cores() (int, error) { return cpu.Counts(true) }

func (platform) memory() (uint64, error) {
	m, err := mem.VirtualMemory()
	if err != nil {
		return 0, err
	}
	return m.Total, nil
}
