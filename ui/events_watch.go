package ui

import (
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// watch is what events need to know of the snapshot before.
type watch struct {
	seen     bool
	point    point
	state    load.State
	compared time.Duration
	valid    bool
	short    time.Duration // since when the load is not reached
	forged   uint64
	forced   uint64
	cycle    uint64 // the newest known
	full     bool   // the pool serves almost all
	limited  bool   // memory is near its limit
	// resting is whether a comparison has the process, or had it just now: it empties
	// the pool, and the load has to come up again.
	resting bool
	until   time.Duration // so long, once it has ended
}

// restTime is for how long after a comparison nothing is said of load and pool.
const restTime = 2 * time.Second

const (
	poolFull, poolMissing = 0.9, 0.5
	limitNear, limitFar   = 0.9, 0.8
)

// changed notes that the configuration changed.
func (e *events) changed(at time.Duration, label string) {
	if label != "" {
		e.add(event{at: at, kind: eventSettings, code: codeChanged, text: label}, 0)
	}
}

// update notes what happened between the newest snapshot, which the history has, and
// the one before.
func (e *events) update(h *history, s *load.Snapshot) {
	p := h.fine.point(h.fine.n - 1)
	w := &e.watch
	if w.seen {
		e.loadState(s)
		if w.rests(s) {
			w.full = false
		} else {
			e.loadReached(s)
			e.refused(s.Elapsed, p)
			e.pool(h, s, p)
		}
		if n := s.Messages.Failed - w.forged; n > 0 && s.Messages.Failed > w.forged {
			e.add(event{
				at: s.Elapsed, kind: eventLoad, sev: sevBad, code: codeForged, n: n, counted: true, text: "messages not authentic",
			}, quietTime)
		}
		e.memory(s)
	} else {
		w.valid = true
		e.loadReached(s)
	}
	i := len(h.cycles)
	for i > 0 && h.cycle(i-1).Number > w.cycle {
		i--
	}
	for ; i < len(h.cycles); i++ {
		e.pause(h.cycle(i).At, h.cycle(i).Pause)
		w.cycle = h.cycle(i).Number
	}
	w.seen, w.point, w.state, w.compared = true, *p, s.State, s.Compared
	w.forged, w.forced = s.Messages.Failed, s.GC.Forced
}

// rests reports whether a comparison is on, or was just now.
func (w *watch) rests(s *load.Snapshot) bool {
	if s.State == load.Comparing || w.state == load.Comparing {
		w.resting, w.until = true, s.Elapsed+restTime
	}
	w.resting = w.resting && s.Elapsed < w.until
	return w.resting
}

// loadState notes what somebody did to the load.
func (e *events) loadState(s *load.Snapshot) {
	was := e.watch.state
	if was == s.State {
		return
	}
	ev := event{at: s.Elapsed, kind: eventLoad}
	if was == load.Comparing {
		ev.code, ev.text = codeCompared, "comparison ended after "
		ev.text += string(appendTime(nil, s.Compared-e.watch.compared))
		e.add(ev, 0)
	}
	switch s.State {
	case load.Paused:
		ev.code, ev.text = codePaused, "load paused"
	case load.Running:
		if was != load.Paused {
			return
		}
		ev.code, ev.text = codeResumed, "load goes on"
	case load.Comparing:
		ev.code, ev.text = codeComparing, "comparison begun"
	case load.Draining, load.Stopped:
		if was == load.Draining {
			return
		}
		ev.code, ev.text = codeEnding, "load ends"
	default:
		return
	}
	e.add(ev, 0)
}

// loadReached notes when the load is not what was asked for, and when it is again.
func (e *events) loadReached(s *load.Snapshot) {
	w := &e.watch
	if s.State != load.Running || s.Valid == w.valid {
		return
	}
	w.valid = s.Valid
	if !s.Valid {
		w.short = s.Elapsed
		text := "load not reached"
		if len(s.Reasons) > 0 {
			text += ": " + strings.Join(s.Reasons, "; ")
		}
		e.add(event{at: s.Elapsed, kind: eventLoad, sev: sevWarn, code: codeShort, text: text}, foldTime)
		return
	}
	text := "load reached again after " + string(appendTime(nil, s.Elapsed-w.short))
	e.add(event{at: s.Elapsed, kind: eventLoad, sev: sevGood, code: codeReached, text: text}, foldTime)
}

// refused notes sessions that were not started and handshakes that failed, by cause.
func (e *events) refused(at time.Duration, p *point) {
	before := &e.watch.point
	for i := range p.drops {
		if p.drops[i] > before.drops[i] {
			e.add(event{
				at: at, kind: eventLoad, sev: sevWarn, code: codeDropped0 + eventCode(i), counted: true,
				n: p.drops[i] - before.drops[i], base: before.drops[i], text: dropEvents[i],
			}, quietTime)
		}
	}
	for i := range causes {
		if n := p.failed[i] - before.failed[i]; n > 0 {
			e.add(event{
				at: at, kind: eventHandshakes, sev: sevBad, code: codeFailed0 + eventCode(i), counted: true,
				n: uint64(n), base: uint64(before.failed[i]), text: failEvents[i],
			}, quietTime)
		}
	}
}

// dropEvents and failEvents are the texts of what was not started, and what failed.
var (
	dropEvents = func() (texts [numDrops]string) {
		for i, name := range dropNames {
			texts[i] = "not started: " + name
		}
		texts[dropFailed] = "not started: refused"
		return texts
	}()
	failEvents = func() []string {
		texts := make([]string, len(causes))
		for i, text := range causeTexts {
			texts[i] = "handshake failed: " + text
		}
		return texts
	}()
)

// pool notes when the pool cannot serve any more.
func (e *events) pool(h *history, s *load.Snapshot, p *point) {
	w := &e.watch
	if s.Config.Optimizations.Pool == session.PoolNone {
		w.full = false
		return
	}
	got := p.gets > w.point.gets
	if got && s.Config.Optimizations.Pool == session.PoolFreeList && p.free <= 0 && w.point.free > 0 {
		e.add(event{at: s.Elapsed, kind: eventPool, sev: sevWarn, code: codeEmptied, text: "pool emptied: no slot is free"}, foldTime)
	}
	d, ok := h.between(s.Elapsed, recent)
	if !ok || !got || d.to.gets == d.from.gets {
		return
	}
	switch reuse := d.reuse(); {
	case reuse >= poolFull:
		w.full = true
	case reuse < poolMissing && w.full:
		w.full = false
		e.add(event{at: s.Elapsed, kind: eventPool, sev: sevWarn, code: codeMissing, text: "pool serves less than half of the sessions"}, foldTime)
	}
}

// memory notes collections that were asked for, and when there is little left.
func (e *events) memory(s *load.Snapshot) {
	w := &e.watch
	if s.GC.Forced > w.forced {
		e.add(event{at: s.Elapsed, kind: eventGC, code: codeForced, n: s.GC.Forced - w.forced, text: "collection forced"}, quietTime)
	}
	used, limit := float64(s.GC.HeapLive+s.GC.StackBytes), float64(s.GC.HeapLimit)
	switch {
	case limit == 0 || used < limitFar*limit:
		w.limited = false
	case used >= limitNear*limit && !w.limited:
		w.limited = true
		e.add(event{at: s.Elapsed, kind: eventGC, sev: sevBad, code: codeLimit, text: "memory is near its limit"}, foldTime)
	}
}
