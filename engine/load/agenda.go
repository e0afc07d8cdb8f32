package load

import (
	"math"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// pair is the two ends of a session, as the load sees them. Pairs are reused:
// the load itself allocates nothing while it runs.
type pair struct {
	a, b   session.Session // the initiator's end, the responder's
	number uint64          // counts the pairs of a run from 0
	born   int64           // engine time, ns
	life   int64           // from born to the end, ns
	due    int64           // the next event
	sent   int32           // messages so far
	// messages and expire were fixed when the pair began.
	messages int32
	expire   bool
	costs    costs
	watch    *watch // nil unless somebody looks at one of its ends
	link     *pair
}

// costs are what a pair's stages took so far, in nanoseconds. A sum that is too
// large stays as large as it can be.
type costs struct {
	create     uint32            // both ends together
	seal, open [2]uint32         // by end: the initiator's is the first
	shake      *handshake.Timing // nil for a pair that resumed
}

// charge adds a time to a sum.
func charge(sum *uint32, d int64) {
	*sum = uint32(min(int64(*sum)+max(d, 0), math.MaxUint32))
}

// plan sets when the pair's next event is due: its messages are spread evenly
// over its life, and its end comes last, each at the next tick of the agenda.
func (p *pair) plan() {
	step := float64(p.life) * float64(p.sent+1) / float64(p.messages+1)
	if p.sent >= p.messages {
		step = float64(p.life)
	}
	p.due = tickAfter(p.born+int64(step)) << agendaTickBits
}

// agenda holds the pairs of one lane by the time of their next event: a timing
// wheel, so that adding and taking cost the same however many there are. It
// looks at its clock in ticks: what is due between two comes up at the second.
type agenda struct {
	buckets [agendaBuckets]*pair
	tick    int64 // all before it were taken
	ready   *pair // taken from the wheel, waiting to be handed out
	n       int
}

const (
	agendaTickBits = 20 // 2^20 ns is 1 ms: fine enough for messages, and few wakes
	agendaBuckets  = 1 << 12
	agendaMask     = agendaBuckets - 1
)

// tickAfter returns the first tick at or after a time.
func tickAfter(t int64) int64 { return (t + 1<<agendaTickBits - 1) >> agendaTickBits }

func (a *agenda) add(p *pair) {
	b := &a.buckets[max(tickAfter(p.due), a.tick)&agendaMask]
	p.link, *b = *b, p
	a.n++
}

// pop returns a pair whose event is due at now, or nil.
func (a *agenda) pop(now int64) *pair {
	for a.ready == nil {
		last := now >> agendaTickBits
		if a.n == 0 {
			a.tick = max(a.tick, last+1)
		}
		if a.tick > last {
			return nil
		}
		b := &a.buckets[a.tick&agendaMask]
		p := *b
		*b = nil
		for p != nil {
			next := p.link
			if tickAfter(p.due) > a.tick { // of a later round
				p.link, *b = *b, p
			} else {
				p.link, a.ready = a.ready, p
			}
			p = next
		}
		a.tick++
	}
	p := a.ready
	a.ready, p.link = p.link, nil
	a.n--
	return p
}

// wake returns when pop will have something at the earliest, not later than
// limit.
func (a *agenda) wake(limit int64) int64 {
	if a.ready != nil {
		return 0
	}
	if a.n == 0 {
		return limit
	}
	end := min(limit>>agendaTickBits, a.tick+agendaBuckets-1)
	for tick := a.tick; tick <= end; tick++ {
		if a.buckets[tick&agendaMask] != nil {
			return min(tick<<agendaTickBits, limit)
		}
	}
	return limit
}

// each calls fn with every pair and empties the agenda.
func (a *agenda) each(fn func(*pair)) {
	drain := func(p *pair) {
		for p != nil {
			next := p.link
			p.link = nil
			fn(p)
			p = next
		}
	}
	drain(a.ready)
	a.ready = nil
	for i, p := range a.buckets {
		a.buckets[i] = nil
		drain(p)
	}
	a.n = 0
}
