package load

import (
	"context"
	"time"
)

// Experiment measures x in place of the load, which goes on afterwards as it was:
// running or paused, with its counters and its elapsed time. All its sessions are
// closed and its free lists emptied before the first slice, and no snapshot is
// taken until it is over but two that say [Comparing], at both ends: so what its reader does with
// snapshots falls outside of what is measured. What the process allocates and
// collects meanwhile is not counted as the load's.
//
// It returns [ErrNotRunning] before Start and after the end, [ErrComparing] if there
// is an experiment already, and otherwise what [Experiment.Run] does; if the load
// ends meanwhile, so does the experiment, with ErrNotRunning as its error.
func (e *Engine) Experiment(ctx context.Context, x *Experiment, seen func(Slice)) (Results, error) {
	before, r, err := e.hold()
	if err != nil {
		return Results{Plan: x.plan, Partial: true}, err
	}
	defer e.control.Done()
	defer e.letGo(before)
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-e.done:
			end(ErrNotRunning)
		case <-over:
		}
	}()
	if !e.drained(ctx, r) {
		return Results{Plan: x.plan, Partial: true}, context.Cause(ctx)
	}
	e.sampling.Lock()
	e.sampler.lend()
	e.sampling.Unlock()
	return x.Run(ctx, seen)
}

// hold ends the load for a while, and returns its state before.
func (e *Engine) hold() (before State, r *run, err error) {
	e.collecting.Lock() // a collection that was forced before ends before
	defer e.collecting.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.usable(); err != nil {
		return 0, nil, err
	}
	before, e.state = e.state, Comparing
	e.held.since = e.run.now()
	if err := e.command(e.cfg, e.shape, e.start); err != nil {
		e.state = before
		return 0, nil, err
	}
	for _, m := range e.run.managers() {
		m.SetPoolCapacity(0) // or what was pooled would be in the arms' heap
	}
	<-e.lister.leave(ErrComparing)
	e.watching.quiet()
	e.control.Add(1) // Stop waits, and then sets GOGC and memory limit back
	e.box.Put(e.snapshot())
	return before, e.run, nil
}

// drained waits until nothing of the load is left, and tells whether that came
// before the end of ctx.
func (e *Engine) drained(ctx context.Context, r *run) bool {
	t := time.NewTicker(restInterval)
	defer t.Stop()
	for !r.quiet() {
		select {
		case <-t.C:
		case <-ctx.Done():
			return false
		}
		for _, m := range r.managers() {
			m.Sweep()
		}
	}
	return ctx.Err() == nil
}

// held is how long experiments have held the load.
type held struct {
	total time.Duration // without the one that runs
	since int64         // when that began, engine time in ns
}

// at returns the whole at a time at which the engine is in a state.
func (h *held) at(now int64, state State) time.Duration {
	if state == Comparing {
		return h.total + time.Duration(now-h.since)
	}
	return h.total
}

func (h *held) end(now int64) { h.total = h.at(now, Comparing) }

// letGo lets the load go on.
func (e *Engine) letGo(before State) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sampling.Lock()
	e.sampler.giveBack()
	e.sampling.Unlock()
	if e.state != Comparing {
		return // it has ended
	}
	// One more that says so: what comes before it is not what comes after.
	s := e.snapshot()
	e.box.Put(s)
	e.sampling.Lock()
	e.sampler.forget(s)
	e.sampling.Unlock()
	e.held.end(e.run.now())
	e.state = before
	for _, m := range e.run.managers() {
		m.SetPoolCapacity(e.cfg.PoolCapacity)
	}
	_ = e.command(e.cfg, e.shape, e.start) // no transport is new in it
	e.lister.use(e.run)
}
