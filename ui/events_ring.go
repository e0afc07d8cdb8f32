package ui

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// eventKind is what an event is about.
type eventKind uint8

// The kinds, in the order in which they are shown.
const (
	eventLoad eventKind = iota
	eventPool
	eventGC
	eventHandshakes
	eventSettings
	numEventKinds
)

var eventKindNames = [numEventKinds]string{"load", "pool", "gc", "handshakes", "settings"}

// severity is how bad an event is.
type severity uint8

const (
	sevNote severity = iota
	sevGood          // something is as it should be again
	sevWarn
	sevBad
	numSeverities
)

// The severities are told apart by these signs, and besides by colours.
var (
	severityRunes  = [numSeverities]rune{'·', '○', '▲', '■'}
	severityStyles = [numSeverities]style{styleDim, styleGood, styleWarn, styleBad}
	severityNames  = [numSeverities]string{"note", "good", "warning", "bad"}
)

// eventCode is what happened, so that the same can be folded.
type eventCode uint8

const (
	codeChanged eventCode = iota
	codeReset
	codePaused
	codeResumed
	codeComparing
	codeCompared
	codeEnding
	codeShort   // the load is not reached
	codeReached // and is again
	codeForged  // messages that are not authentic
	codeEmptied
	codeMissing // the pool serves less than half
	codePause   // of the collector
	codeForced
	codeLimit // memory
	codeDropped0
	codeFailed0 = codeDropped0 + eventCode(numDrops)
	numCodes    = int(codeFailed0) + maxCauses
)

// event is something that happened, once or several times on end.
type event struct {
	seq     uint64        // counts from 1
	at      time.Duration // when it began
	last    time.Duration // when it happened last
	n       uint64        // how often, or to how many
	base    uint64        // of what is counted in the history: how much there was before
	longest time.Duration // of pauses
	text    string
	kind    eventKind
	sev     severity
	code    eventCode
	counted bool // n counts things, also where it is 1
}

const (
	maxEvents    = 1000 // in 96 bytes each, and a text
	maxEventText = 120  // bytes
	// What goes on is one event until it has stopped for quietTime, and what comes
	// again within foldTime is the same event once more.
	quietTime = 2 * time.Second
	foldTime  = 10 * time.Second
)

// events are the newest events, oldest first.
type events struct {
	list  []event
	seq   uint64
	total [numEventKinds]uint64 // also of those that are no longer kept
	// pauses is how many of these are pauses of the collector.
	pauses uint64
	// threshold is how long a pause has to be to count as an event.
	threshold time.Duration
	watch     watch
}

// thresholds are the choices for that.
var thresholds = []time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond,
}

// defaultThreshold is many times what a healthy collector needs.
const defaultThreshold = time.Millisecond

func newEventRing() events {
	return events{list: make([]event, 0, maxEvents), threshold: defaultThreshold}
}

// clear forgets all that was before the counters began anew, at that moment.
func (e *events) clear(at time.Duration) {
	e.list, e.watch, e.total, e.pauses = e.list[:0], watch{}, [numEventKinds]uint64{}, 0
	e.add(event{at: at, kind: eventLoad, code: codeReset, text: "all counters set to zero"}, 0)
}

// add notes an event, or counts it to the last of its sort if that was within fold.
func (e *events) add(ev event, fold time.Duration) {
	ev.n, ev.last = max(ev.n, 1), max(ev.last, ev.at)
	for i := len(e.list) - 1; i >= 0 && fold > 0; i-- {
		if old := &e.list[i]; old.code == ev.code {
			if ev.at-old.last <= fold {
				old.n += ev.n
				old.last = max(old.last, ev.last)
				old.longest = max(old.longest, ev.longest)
				return
			}
			break
		}
	}
	e.note(ev, 0)
}

// note counts an event, and lists it unless it began before from, or before all that are
// listed where there is no room for more.
func (e *events) note(ev event, from time.Duration) {
	e.seq++
	ev.seq = e.seq
	if len(ev.text) > maxEventText {
		ev.text = strings.ToValidUTF8(ev.text[:maxEventText], "")
	}
	e.total[ev.kind]++
	if ev.code == codePause {
		e.pauses++
	}
	if full := len(e.list) == maxEvents; ev.at < from || full && ev.at < e.list[0].at {
		return
	} else if full {
		copy(e.list, e.list[1:])
		e.list = e.list[:maxEvents-1]
	}
	// Cycles are told a little after they ended.
	i := len(e.list)
	e.list = append(e.list, ev)
	for ; i > 0 && e.list[i-1].at > ev.at; i-- {
		e.list[i] = e.list[i-1]
	}
	e.list[i] = ev
}

// until returns how many events began at or before t.
func (e *events) until(t time.Duration) int {
	return sort.Search(len(e.list), func(i int) bool { return e.list[i].at > t })
}

// counts returns how many events of each kind began in the window up to t, and in the
// whole run up to then.
func (e *events) counts(t, window time.Duration) (recent, all [numEventKinds]uint64) {
	all = e.total
	for i := range e.list {
		switch ev := &e.list[i]; {
		case ev.at > t:
			all[ev.kind]--
		case ev.at > t-window:
			recent[ev.kind]++
		}
	}
	return recent, all
}

// setThreshold takes another threshold for pauses, also for those that are known: their
// events are made anew, of the cycles that are kept.
func (e *events) setThreshold(h *history, by int) {
	i := 0
	for i < len(thresholds)-1 && thresholds[i] < e.threshold {
		i++
	}
	e.threshold = thresholds[min(max(i+by, 0), len(thresholds)-1)]
	var from time.Duration
	if len(e.list) == maxEvents {
		from = e.list[0].at // what was before is no longer listed
	}
	e.list = slices.DeleteFunc(e.list, func(ev event) bool { return ev.code == codePause })
	e.total[eventGC] -= e.pauses
	e.pauses = 0
	var one event // what pauses are folded into
	for i := range h.cycles {
		c := h.cycle(i)
		if c.Pause < e.threshold {
			continue
		}
		ev := pauseEvent(c.At, c.Pause)
		if one.n > 0 && c.At-one.last <= quietTime {
			one.n, one.last, one.longest = one.n+1, c.At, max(one.longest, c.Pause)
			continue
		}
		e.put(one, from)
		one = ev
	}
	e.put(one, from)
}

// put notes an event that stands for all it has, if it does; it is not listed if it
// began before from.
func (e *events) put(ev event, from time.Duration) {
	if ev.n > 0 {
		e.note(ev, from)
	}
}

// eventAt returns an event as it was at a moment after it began. Of one that went on
// later, known tells whether that can be told.
func (h *history) eventAt(ev event, at time.Duration) (_ event, known bool) {
	last := ev.last
	if ev.counted && at-last <= quietTime { // nobody could know that it was over
		ev.last = at
	}
	if last <= at {
		return ev, true
	}
	s := h.seriesAt(at, 0)
	i := s.last(at)
	switch {
	case i < 0:
		return ev, false
	case ev.code >= codeFailed0:
		ev.n = uint64(s.point(i).failed[ev.code-codeFailed0] - uint32(ev.base))
	case ev.code >= codeDropped0:
		ev.n = s.point(i).drops[ev.code-codeDropped0] - ev.base
	case ev.code == codePause:
		ev.n, ev.longest = 0, 0
		from, to := h.cyclesIn(ev.at-1, at)
		for i := from; i < to; i++ {
			if c := h.cycle(i); c.Pause >= h.events.threshold {
				ev.n, ev.last, ev.longest = ev.n+1, c.At, max(ev.longest, c.Pause)
			}
		}
	default:
		return ev, false
	}
	return ev, true
}

// pause notes a pause of the collector, if it is long enough.
func (e *events) pause(at, pause time.Duration) {
	if pause >= e.threshold {
		e.add(pauseEvent(at, pause), quietTime)
	}
}

func pauseEvent(at, pause time.Duration) event {
	return event{at: at, last: at, n: 1, kind: eventGC, sev: sevWarn, code: codePause, longest: pause, text: "GC pause"}
}
