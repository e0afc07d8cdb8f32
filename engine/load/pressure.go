package load

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/internal/stats"
)

const (
	watchInterval = 100 * time.Millisecond
	// watchSpan is over how many intervals processor time is judged.
	watchSpan = 10
	// saturated is the share of all processor time from which on there is no
	// more to be had.
	saturated = 0.85
	// nearLimit is the share of the memory limit that what no collection can
	// free may take: beyond, the collector would do little else than run.
	nearLimit = 0.95
	// fewSlots is when storage that sessions left behind does not keep the next
	// ones from needing more.
	fewSlots = 1024
)

// pressure says what the process is short of.
type pressure struct {
	cpu    atomic.Bool // all processor time is used up
	idle   atomic.Bool // less than half of it is, as far as is known
	memory atomic.Bool // more sessions would not fit under the memory limit
}

// watch looks at it until the run stops.
func (p *pressure) watch(r *run) {
	t := time.NewTicker(watchInterval)
	defer t.Stop()
	sampler := stats.NewRuntime()
	var used [watchSpan]time.Duration
	var at [watchSpan]time.Time
	for i := 0; ; i++ {
		slot := i % watchSpan
		now, cpu := time.Now(), stats.ProcessCPU()
		if !at[slot].IsZero() {
			available := now.Sub(at[slot]) * time.Duration(runtime.GOMAXPROCS(0))
			p.cpu.Store(float64(cpu-used[slot]) >= saturated*float64(available))
			p.idle.Store(cpu > 0 && cpu-used[slot] < available/2)
		}
		used[slot], at[slot] = cpu, now
		p.memory.Store(short(sampler, r))
		select {
		case <-t.C:
		case <-r.stop:
			return
		}
	}
}

// short tells whether memory is.
func short(sampler *stats.Runtime, r *run) bool {
	limit := r.orders.Load().cfg.MemoryLimit
	if limit == Off {
		return false
	}
	var s stats.RuntimeSample
	sampler.Read(&s)
	return float64(s.HeapLive+s.OverheadBytes) >= nearLimit*float64(limit) && r.counters().Free < fewSlots
}
