package load

import (
	"crypto/rand"
	"math"
	"math/bits"

	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// replays is how often each call is made to find out what it allocates. Others
// allocate meanwhile, but seldom within every one of so many calls.
const replays = 24

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
		k.size = bits.Len64((g.BytesIn + g.BytesOut) / g.Messages)
	}
	return k
}

// run makes the calls, on managers of its own, and returns what each took at least;
// nil where they cannot be made.
func (k replayKey) run() *replay {
	var ends [2]*session.Manager
	for i := range ends {
		m, err := session.NewManager(session.Config{
			MaxSessions: 2, Shards: 1, PoolCapacity: 2, Optimizations: k.optimizations, SweepInterval: -1,
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
	sealed, opened := make([]byte, 0, len(plain)+session.Overhead), make([]byte, 0, len(plain))
	seed := make([]byte, session.SeedSize)
	defer clear(seed)
	for n := range replays + 1 {
		rand.Read(seed) // never fails
		var a, b session.Session
		var err error
		create := measured(func() { a, err = ends[0].Create(session.Params{Seed: seed, Role: session.Initiator}) })
		if err != nil {
			return nil
		}
		if b, err = ends[1].Create(session.Params{Seed: seed, Role: session.Responder}); err != nil {
			return nil
		}
		var message []byte
		seal := measured(func() { message, _ = a.Seal(sealed, plain, nil) })
		open := measured(func() { _, err = b.Open(opened, message, nil) })
		end := measured(func() { _ = a.Close() })
		_ = b.Close()
		if err != nil {
			return nil
		}
		if n == 0 {
			continue // the first fills the pools
		}
		r.create.least(create)
		r.seal.least(seal)
		r.open.least(open)
		r.end.least(end)
	}
	c := ends[0].Counters()
	r.hkdf = float64(c.HKDFTotal()) / float64(c.Created)
	return r
}

// measured returns what the process allocates during a call.
func measured(call func()) usage {
	objects, bytes := stats.ExactAllocs()
	call()
	objectsAfter, bytesAfter := stats.ExactAllocs()
	return usage{float64(objectsAfter - objects), float64(bytesAfter - bytes)}
}
