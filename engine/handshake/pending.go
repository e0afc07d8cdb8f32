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

// pendingTable holds the handshakes under way: at most limit, each for at most
// timeout. They leave in the order in which they came, so those past their time
// are found at the front; whoever takes the lock drops them.
type pendingTable struct {
	limit   int
	timeout time.Duration

	mu             sync.Mutex
	byKey          map[pendingKey]*pending
	oldest, newest *pending
}

func newPendingTable(limit int, timeout time.Duration) *pendingTable {
	return &pendingTable{limit: limit, timeout: timeout, byKey: make(map[pendingKey]*pending)}
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
	}
}

// len returns how many handshakes are under way.
func (t *pendingTable) len() int {
	t.lock()
	defer t.mu.Unlock()
	return len(t.byKey)
}

// room returns [ErrBusy] if there is no room for key.
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

// insert adds a handshake, in place of an older one with the same key. It
// returns [ErrBusy] if there is no room.
func (t *pendingTable) insert(p *pending) error {
	t.lock()
	defer t.mu.Unlock()
	replaced := t.byKey[p.key]
	if err := t.roomLocked(replaced); err != nil {
		return err
	}
	if replaced != nil {
		t.unlist(replaced)
	}
	p.deadline = time.Now().Add(t.timeout)
	p.listed = true
	p.older = t.newest
	if p.older != nil {
		p.older.newer = p
	} else {
		t.oldest = p
	}
	t.newest = p
	t.byKey[p.key] = p
	return nil
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

// drop removes p from the table, if it is there, and wipes it.
func (t *pendingTable) drop(p *pending) {
	t.lock()
	defer t.mu.Unlock()
	if p.listed {
		t.unlist(p)
	}
}

func (t *pendingTable) unlist(p *pending) {
	t.detach(p)
	p.wipe()
}

func (t *pendingTable) detach(p *pending) {
	delete(t.byKey, p.key)
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
}
