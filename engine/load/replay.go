package load

import (
	"crypto/rand"
	"math"
	"math/bits"

	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// Calls are made in groups, and what a group allocates is measured as one, since each
// look at that stops the process. Others allocate meanwhile, but seldom within every one
// of so many groups.
const (
	replayGroups = 8
	replayGroup  = 4
)

// replayKey is what decides what the calls of a session allocate.
type replayKey struct {
	optimizations session.Optimizations
	size          int // log2 of the bytes of a message, rounded up
}

// replay is what single calls for a session take.
type replay struct {
	create, seal, open, end usage
	hkdf                    float64 // of a create
}

// usage is what one call allocates.
type usage struct{ objects, bytes float64 }

func (u *usage) least(o usage) {
	u.objects, u.bytes = min(u.objects, o.objects), min(u.bytes, o.bytes)
}

// keyOf returns what a session's calls are replayed by.
func keyOf(g *session.Glance) replayKey {
	_, _, o := readTag(g.Tag)
	k := replayKey{optimizations: o}
	if g.Messages > 0 {
		if mean := (g.BytesIn + g.BytesOut) / g.Messages; mean > 0 {
			k.size = bits.Len64(mean - 1)
		}
	}
	return k
}

// run makes the calls, on managers of its own, and returns what each took at least;
// nil where they cannot be made.
func (k replayKey) run() *replay {
	var ends [2]*session.Manager
	for i := range ends {
		m, err := session.NewManager(session.Config{
			MaxSessions: replayGroup, Shards: 1, PoolCapacity: replayGroup, Optimizations: k.optimizations, SweepInterval: -1,
		})
		if err != nil {
			return nil
		}
		defer func() { _ = m.Close() }()
		ends[i] = m
	}
	none := usage{math.Inf(1), math.Inf(1)}
	r := &replay{create: none, seal: none, open: none, end: none}
	plain := make([]byte, min(1<<k.size, maxMessageSize))
	opened := make([]byte, 0, len(plain))
	var seeds [replayGroup][]byte
	var messages [replayGroup][]byte
	for i := range seeds {
		seeds[i], messages[i] = make([]byte, session.SeedSize), make([]byte, 0, len(plain)+session.Overhead)
		defer clear(seeds[i])
	}
	var a, b [replayGroup]session.Session
	var failed error
	each := func(call func(i int) error) func() {
		return func() {
			for i := range replayGroup {
				if err := call(i); err != nil {
					failed = err
				}
			}
		}
	}
	made := func(m *session.Manager, role session.Role, h *[replayGroup]session.Session) func() {
		return each(func(i int) (err error) {
			h[i], err = m.Create(session.Params{Seed: seeds[i], Role: role})
			return err
		})
	}
	createA, createB := made(ends[0], session.Initiator, &a), made(ends[1], session.Responder, &b)
	seal := each(func(i int) (err error) { messages[i], err = a[i].Seal(messages[i][:0], plain, nil); return err })
	open := each(func(i int) error { _, err := b[i].Open(opened, messages[i], nil); return err })
	endA, endB := each(func(i int) error { return a[i].Close() }), each(func(i int) error { return b[i].Close() })
	for n := range replayGroups + 1 {
		for _, seed := range seeds {
			rand.Read(seed) // never fails
		}
		if n == 0 { // fills the pools
			for _, call := range []func(){createA, createB, seal, open, endA, endB} {
				call()
			}
			continue
		}
		createB()
		at := allocated()
		for _, stage := range []struct {
			call  func()
			least *usage
		}{{createA, &r.create}, {seal, &r.seal}, {open, &r.open}, {endA, &r.end}} {
			stage.call()
			now := allocated()
			stage.least.least(usage{(now.objects - at.objects) / replayGroup, (now.bytes - at.bytes) / replayGroup})
			at = now
		}
		endB()
		if failed != nil {
			return nil
		}
	}
	c := ends[0].Counters()
	r.hkdf = float64(c.HKDFTotal()) / float64(c.Created)
	return r
}

// allocated returns what the process allocated so far.
func allocated() usage {
	objects, bytes := stats.ExactAllocs()
	return usage{float64(objects), float64(bytes)}
}
