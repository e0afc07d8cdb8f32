package handshake

import (
	"context"
	"fmt"
)

// Transport carries an initiator's messages to a responder.
type Transport interface {
	// RoundTrip delivers msg and returns the responder's reply: the Response
	// to a Request, and nothing to an Invitation or a Complete. It returns an
	// error if the message was not delivered or was refused; a refusal should
	// be one of this package's errors. It reads msg only until it returns. The
	// reply is the caller's.
	RoundTrip(ctx context.Context, msg []byte) (reply []byte, err error)
}

// Memory is a [Transport] to a [Responder] in the same process. It may be used
// from any goroutine. The responder's work is done by the goroutine that calls
// RoundTrip.
type Memory struct {
	responder *Responder
	accept    func(*Result) error
}

// NewMemory returns a transport to r. The responder's result of each completed
// handshake is given to accept, from the goroutine that runs the handshake and
// before the initiator has its own. It is wiped when accept returns: accept
// makes the session. Its error is the initiator's [ErrRefused].
func NewMemory(r *Responder, accept func(*Result) error) *Memory {
	return &Memory{r, accept}
}

// RoundTrip has the responder handle msg. It returns ctx's error if ctx is over.
func (m *Memory) RoundTrip(ctx context.Context, msg []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("handshake: send: %w", err)
	}
	reply, result, err := m.responder.Handle(msg)
	if err != nil || result == nil {
		return reply, err
	}
	defer result.Wipe()
	if err := m.accept(result); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil, nil
}
