package handshake

import (
	"errors"
	"math"
	"sync"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// invitations remembers the nonces of those who were let in, for as long as their
// Invitations could be replayed: at most limit of all, and perPeer of one. How many
// are whose is counted beside the guard, which knows nonces only by their hash.
type invitations struct {
	limit, perPeer int
	window         time.Duration
	guard          *session.ReplayGuard
	epoch          time.Time

	mu     sync.Mutex
	ofPeer map[publicKey]*share
	queue  []leaving // oldest first
}

// share is how many nonces of a peer are remembered.
type share struct {
	peer publicKey
	n    int
}

// leaving is a nonce that is part of a share until it is gone.
type leaving struct {
	of   *share
	gone time.Duration // since epoch
}

func newInvitations(limit, perPeer int, window time.Duration) *invitations {
	// A message from the window's future is good until, and at, twice the window.
	// Twice as much as there can be is for ever.
	window = 2*min(window, math.MaxInt64/2) + 1
	return &invitations{
		limit: limit, perPeer: perPeer, window: window,
		guard:  session.NewReplayGuard(window, limit),
		epoch:  time.Now(),
		ofPeer: make(map[publicKey]*share),
	}
}

// check remembers a nonce of peer, who has signed for it. It returns [ErrReplay]
// if it was there, and [ErrBusy] if peer has used up his share, or all together
// the memory.
func (v *invitations) check(peer publicKey, n nonce) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Since(v.epoch)
	v.forget(now)
	own := v.ofPeer[peer]
	if own != nil && own.n >= v.perPeer {
		return refuse(ErrBusy, "%d nonces of this initiator are remembered", v.perPeer)
	}
	err := v.guard.Check(string(peer[:]), n[:])
	switch {
	case errors.Is(err, session.ErrReplayed):
		return ErrReplay
	case err != nil: // the guard is full
		return refuse(ErrBusy, "%d nonces are remembered", v.limit)
	}
	if own == nil {
		own = &share{peer: peer}
		v.ofPeer[peer] = own
	}
	own.n++
	if v.queue == nil {
		v.queue = make([]leaving, 0, 64) // and not one, two, four at a time
	}
	v.queue = append(v.queue, leaving{own, now + min(v.window, math.MaxInt64-now)})
	return nil
}

// forget gives back the shares that are gone at now. The caller holds the lock.
func (v *invitations) forget(now time.Duration) {
	for len(v.queue) > 0 && v.queue[0].gone <= now {
		of := v.queue[0].of
		if of.n--; of.n == 0 {
			delete(v.ofPeer, of.peer)
		}
		v.queue[0] = leaving{}
		v.queue = v.queue[1:]
	}
	if len(v.queue) == 0 {
		v.queue = nil
	}
}
