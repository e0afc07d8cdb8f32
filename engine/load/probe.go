package load

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
)

// units are what the phases of one handshake take, by suite and transport; zero
// until they were measured, and where they could not be. They are a property of
// the code, so they are measured once in the life of the process, and before any
// load: while it runs, nobody can tell whose an allocation is.
var (
	units     [numSuites][numTransports][handshake.NumPhases]PhaseUnit
	unitsOnce sync.Once
)

// probes is how many handshakes are measured, by transport: those over HTTP take
// longer. The least of what they take counts: whatever else allocates meanwhile,
// a table that grows included, only adds.
var probes = [numTransports]int{TransportMemory: 8, TransportHTTP: 3}

// warmups is how many handshakes are not.
const warmups = 20

func measureUnits() {
	unitsOnce.Do(func() {
		p, err := newParties()
		if err != nil {
			return
		}
		var wired tally
		if w, err := newWire(p.responder, p.accept, wired.listen); err == nil {
			p.wire = w
			defer w.close()
		}
		line := p.newLine()
		for range warmups { // the responder's tables grow at first
			b := birth{suite: HandshakeX25519}
			p.shake(context.Background(), line, &b)
			b.wipe()
		}
		for suite := HandshakeX25519; suite < HandshakeMixed; suite++ {
			units[suite][TransportMemory] = p.measure(line, suite, TransportMemory, nil)
			if p.wire != nil {
				units[suite][TransportHTTP] = p.measure(line, suite, TransportHTTP, &wired)
			}
		}
	})
}

// measure runs handshakes, and returns the least that each phase took.
func (p *parties) measure(l *line, suite Handshake, t Transport, wired *tally) (least [handshake.NumPhases]PhaseUnit) {
	for i := range probes[t] + 1 { // the first makes connections, and fills pools
		b := &birth{suite: suite, transport: t}
		var took [handshake.NumPhases]PhaseUnit
		var now reading
		p.initiators[suite].Observe = func(phase handshake.Phase, cost handshake.Cost) {
			next := look(wired)
			took[phase].Allocs = float64(next.objects - now.objects)
			took[phase].AllocBytes = float64(next.bytes - now.bytes)
			sent, received := float64(next.in-now.in), float64(next.out-now.out)
			switch {
			case wired == nil:
				took[phase].WireBytes = float64(cost.Bytes)
			case phase == handshake.Request: // the answer to which is the Response
				took[phase].WireBytes = sent
				took[handshake.Response].WireBytes = received
			default:
				took[phase].WireBytes += sent + received
			}
			now = look(nil)
			now.in, now.out = next.in, next.out
		}
		now = look(wired) // when all of our own is made
		p.shake(context.Background(), l, b)
		p.initiators[suite].Observe = nil
		b.wipe()
		switch {
		case b.err != nil:
			return [handshake.NumPhases]PhaseUnit{}
		case i == 1:
			least = took
		case i > 1:
			for j, u := range took {
				least[j].Allocs = min(least[j].Allocs, u.Allocs)
				least[j].AllocBytes = min(least[j].AllocBytes, u.AllocBytes)
				least[j].WireBytes = min(least[j].WireBytes, u.WireBytes)
			}
		}
	}
	return least
}

// reading is what the process had allocated, and its server received and sent, at
// a moment.
type reading struct{ objects, bytes, in, out uint64 }

func look(wired *tally) reading {
	if wired != nil { // the server may still be tidying up behind its answer
		for began := time.Now(); time.Since(began) < settling; {
			runtime.Gosched() // a sleep would take ten times as long
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r := reading{objects: m.Mallocs, bytes: m.TotalAlloc}
	if wired != nil {
		r.in, r.out = wired.in.Load(), wired.out.Load()
	}
	return r
}

const settling = 100 * time.Microsecond

// tally counts the bytes on the connections of a listener.
type tally struct{ in, out atomic.Uint64 }

func (t *tally) listen(l net.Listener) net.Listener { return &talliedListener{l, t} }

type talliedListener struct {
	net.Listener
	tally *tally
}

func (l *talliedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &talliedConn{c, l.tally}, nil
}

type talliedConn struct {
	net.Conn
	tally *tally
}

func (c *talliedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.tally.in.Add(uint64(n))
	return n, err
}

func (c *talliedConn) Write(b []byte) (int, error) {
	c.tally.out.Add(uint64(len(b))) // before the other end can have it
	return c.Conn.Write(b)
}
