package load

import (
	"runtime"
	"runtime/debug"
)

// Collect forces a garbage collection and returns when it is over; the load goes on
// meanwhile, as far as the collector lets it. It returns [ErrNotRunning] before Start
// and after the end, and [ErrComparing] while an experiment has the process; then
// there was none. Calls run one after the other.
func (e *Engine) Collect() error {
	e.collecting.Lock()
	defer e.collecting.Unlock()
	e.mu.Lock()
	r, err := e.run, e.usable()
	e.mu.Unlock()
	if err != nil {
		return err
	}

	before := lastCycle()
	runtime.GC()
	after := lastCycle()
	if after != before+1 {
		after = 0 // another one ended meanwhile, and nothing says which was forced
	}

	e.mu.Lock()
	defer e.mu.Unlock()
	if e.run != r || e.state == Stopped {
		return nil // what it is to be counted with is over
	}
	e.sampling.Lock()
	defer e.sampling.Unlock()
	e.sampler.collected(after)
	return nil
}

// lastCycle returns the number of the last collection that ended.
func lastCycle() uint64 {
	var s debug.GCStats
	debug.ReadGCStats(&s)
	return uint64(s.NumGC)
}

// PoolShards returns what the pool does in each shard of both managers, the
// initiators' first, always in the same order; nothing before Start and after Stop.
// It costs some tens of nanoseconds a shard.
func (e *Engine) PoolShards() []PoolShard {
	e.mu.Lock()
	r := e.run
	e.mu.Unlock()
	if r == nil {
		return nil
	}
	names := [...]string{"initiator", "responder"}
	all := make([]PoolShard, 0, r.initiators.Shards()+r.responders.Shards())
	for i, m := range r.managers() {
		for j, p := range m.AppendShards(nil) {
			all = append(all, PoolShard{
				Manager: names[i], Shard: j,
				Live: p.Live, Free: p.Free, Capacity: p.Capacity,
				Gets: p.Hits + p.Misses, Hits: p.Hits, Misses: p.Misses, Puts: p.Puts, Drops: p.Drops,
			})
		}
	}
	return all
}
