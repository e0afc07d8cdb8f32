package handshake

import (
	"sync"
	"time"
)

// stage is how far a pending handshake has come.
type stage uint8

const (
	awaitRequest stage = iota
	answering          // one goroutine makes the Response
	awaitComplete
)

// pendingKey is what an initiator has at most one handshake under way for.
type pendingKey struct {
	peer      publicKey
	contextID string
}

// pending is a handshake under way at its responder. While it is in the table,
// stage, transcript, said and secrets are read and written under the table's
// lock.
type pending struct {
	key      pendingKey
	suite    Suite
	sent     int64 // of the Invitation, by its initiator's clock
	deadline time.Time

	stage      stage
	transcript transcript
	said       nonces
	seed       seed
	confirm    confirmKey

	listed       bool
	older, newer *pending
}

func (p *pending) wipe() {
	clear(p.seed[:])
	clear(p.confirm[:])
}

// position is the public part of a pending handshake: enough to judge a message
// without holding the lock.
type position struct {
	suite      Suite
	stage      stage
	transcript transcript
	said       nonces
}

// pendingTable holds the handshakes under way: at most limit, at most perPeer of
// one identity, each for at most timeout. They leave in the order in which they
// came, so those past their time are found at the front. Whoever takes the lock
// drops them; so does a timer, if nobody does.
type pendingTable struct {
	limit, perPeer int
	timeout        time.Duration
	count          *counters

	mu             sync.Mutex
	byKey          map[pendingKey]*pending
	ofPeer         map[publicKey]int
	oldest, newest *pending
	timer          *time.Timer // runs as long as there is an oldest
}

func newPendingTable(limit, perPeer int, timeout time.Duration, count *counters) *pendingTable {
	return &pendingTable{
		limit: limit, perPeer: perPeer, timeout: timeout, count: count,
		byKey: make(map[pendingKey]*pending), ofPeer: make(map[publicKey]int),
	}
}

// lock takes the lock and drops what is past its time. The caller unlocks mu.
func (t *pendingTable) lock() {
	t.mu.Lock()
	if t.oldest == nil {
		return
	}
	now := time.Now()
	for t.oldest != nil && !now.Before(t.oldest.deadline) {
		t.unlist(t.oldest)
		t.count.timedOut.Add(1)
	}
}

// expire is what the timer calls. The oldest that it was set for may be over by
// now: then it finds nothing, and sets itself for the one that is.
func (t *pendingTable) expire() {
	t.lock()
	defer t.mu.Unlock()
	if t.oldest != nil {
		t.timer.Reset(time.Until(t.oldest.deadline))
	}
}

// len returns how many handshakes are under way.
func (t *pendingTable) len() int {
	t.lock()
	defer t.mu.Unlock()
	return len(t.byKey)
}

// room returns [ErrBusy] if the table has no room for key, whoever asks.
func (t *pendingTable) room(peer publicKey, contextID []byte) error {
	t.lock()
	defer t.mu.Unlock()
	return t.roomLocked(t.byKey[pendingKey{peer, string(contextID)}])
}

func (t *pendingTable) roomLocked(replaced *pending) error {
	if replaced == nil && len(t.byKey) >= t.limit {
		return refuse(ErrBusy, "%d handshakes are under way", t.limit)
	}
	return nil
}

func (t *pendingTable) roomOfLocked(peer publicKey, replaced *pending) error {
	if replaced == nil && t.ofPeer[peer] >= t.perPeer {
		return refuse(ErrBusy, "%d handshakes of this initiator are under way", t.perPeer)
	}
	return nil
}

// insert adds a handshake, in place of an older one with the same key. It
// returns [ErrBusy] if there is no room, and [ErrStale] if the one with the same key
// is not older: whoever held an Invitation back could end it with that.
func (t *pendingTable) insert(p *pending) error {
	t.lock()
	defer t.mu.Unlock()
	replaced := t.byKey[p.key]
	if err := t.roomLocked(replaced); err != nil {
		return err
	}
	if err := t.roomOfLocked(p.key.peer, replaced); err != nil {
		return err
	}
	if replaced != nil && p.sent <= replaced.sent {
		return refuse(ErrStale, "invitation is not newer than that of the handshake under way")
	}
	if replaced != nil {
		t.unlist(replaced)
		t.count.replaced.Add(1)
	}
	p.deadline = time.Now().Add(t.timeout)
	p.listed = true
	p.older = t.newest
	if p.older != nil {
		p.older.newer = p
	} else {
		t.oldest = p
		t.start()
	}
	t.newest = p
	t.byKey[p.key] = p
	t.ofPeer[p.key.peer]++
	t.count.invited.Add(1)
	return nil
}

// start sets the timer for the only handshake there is. When that is over before
// its time and others are not, the timer is left as it is: it comes early and
// looks for the next.
func (t *pendingTable) start() {
	if t.timer == nil {
		t.timer = time.AfterFunc(t.timeout, t.expire)
		return
	}
	t.timer.Reset(t.timeout)
}

// find returns the handshake with that key and its position, or nil.
func (t *pendingTable) find(peer publicKey, contextID []byte) (*pending, position) {
	t.lock()
	defer t.mu.Unlock()
	p := t.byKey[pendingKey{peer, string(contextID)}]
	if p == nil {
		return nil, position{}
	}
	return p, position{p.suite, p.stage, p.transcript, p.said}
}

// advance moves p from one stage to the next, after update if that is not nil,
// and tells whether it did: of several callers one does, and none if p has left
// the table.
func (t *pendingTable) advance(p *pending, from, to stage, update func()) bool {
	t.lock()
	defer t.mu.Unlock()
	if !p.listed || p.stage != from {
		return false
	}
	if update != nil {
		update()
	}
	p.stage = to
	return true
}

// take removes p at that stage from the table and tells whether it did. It is
// the caller's then, with its secrets.
func (t *pendingTable) take(p *pending, at stage) bool {
	t.lock()
	defer t.mu.Unlock()
	if !p.listed || p.stage != at {
		return false
	}
	t.detach(p)
	return true
}

// drop removes p from the table and wipes it, and tells whether it was there.
func (t *pendingTable) drop(p *pending) bool {
	t.lock()
	defer t.mu.Unlock()
	if !p.listed {
		return false
	}
	t.unlist(p)
	return true
}

func (t *pendingTable) unlist(p *pending) {
	t.detach(p)
	p.wipe()
}

func (t *pendingTable) detach(p *pending) {
	delete(t.byKey, p.key)
	if t.ofPeer[p.key.peer]--; t.ofPeer[p.key.peer] == 0 {
		delete(t.ofPeer, p.key.peer)
	}
	if p.older != nil {
		p.older.newer = p.newer
	} else {
		t.oldest = p.newer
	}
	if p.newer != nil {
		p.newer.older = p.older
	} else {
		t.newest = p.older
	}
	p.older, p.newer, p.listed = nil, nil, false
	if t.oldest == nil {
		t.timer.Stop()
	}
}
