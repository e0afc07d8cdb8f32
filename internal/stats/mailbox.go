package stats

import (
	"context"
	"io"
	"sync"
)

// Mailbox hands the latest value from producers to takers. It holds one value:
// a newer one replaces it, so it is lossy by design, and a slow taker never
// slows the producer down.
//
// Each value goes to at most one taker; with several, each gets some. A taker
// receives values in the order in which they were put, with gaps. The producer
// closes. All methods may be called from any goroutine. Make one with
// [NewMailbox].
type Mailbox[T any] struct {
	mu     sync.Mutex // held by producers only, and never while they wait
	closed bool
	box    chan T // capacity 1
}

// NewMailbox returns an empty mailbox.
func NewMailbox[T any]() *Mailbox[T] {
	return &Mailbox[T]{box: make(chan T, 1)}
}

// Put leaves v for the next taker, in the place of a value that nobody has
// taken. It never blocks and does not allocate. After [Mailbox.Close] it does
// nothing.
func (m *Mailbox[T]) Put(v T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	select {
	case <-m.box:
	default:
	}
	m.box <- v // there is room: producers alone fill it, one at a time
}

// Take waits for a value and removes it. It returns [io.EOF] once the mailbox
// is closed and its last value taken, and ctx.Err() when ctx ends first; a
// value that is already there is returned even if ctx has ended.
func (m *Mailbox[T]) Take(ctx context.Context) (T, error) {
	select {
	case v, ok := <-m.box:
		return taken(v, ok)
	default:
	}
	select {
	case v, ok := <-m.box:
		return taken(v, ok)
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func taken[T any](v T, ok bool) (T, error) {
	if !ok {
		return v, io.EOF
	}
	return v, nil
}

// Close ends the mailbox and wakes all takers. A value that waits can still be
// taken. Closing twice is the same as closing once.
func (m *Mailbox[T]) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.box)
	}
}
