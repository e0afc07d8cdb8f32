package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
)

// closing is how long the exchanges that are under way when a run ends may take
// to be over. Their initiators have gone by then.
const closing = time.Second

var errUnexpected = errors.New("nobody waits for this handshake")

// wire is the way of handshakes over HTTP: a server on loopback, on a port that
// the system chose, and a client whose connections all handshakes share.
type wire struct {
	*handshake.Client
	server *handshake.Server
	served chan struct{} // closed when the server has ended
}

// connect makes sure that there is a wire.
func (p *parties) connect() error {
	p.wiring.Lock()
	defer p.wiring.Unlock()
	if p.wire != nil {
		return nil
	}
	w, err := newWire(p.responder, p.accept)
	if err != nil {
		return fmt.Errorf("transport http: %w", err)
	}
	p.wire = w
	return nil
}

// disconnect ends the wire, if there is one, and returns when it is gone.
func (p *parties) disconnect() {
	p.wiring.Lock()
	defer p.wiring.Unlock()
	if p.wire != nil {
		p.wire.close()
	}
}

// newWire makes a wire to r, whose results go to accept. The listener is passed
// through each of wrap.
func newWire(r *handshake.Responder, accept func(*handshake.Result) error, wrap ...func(net.Listener) net.Listener) (*wire, error) {
	server, err := handshake.NewServer(handshake.ServerConfig{
		Responder: r, Accept: accept, MaxConns: maxPending,
		ErrorLog: log.New(io.Discard, "", 0), // who asked for a load asked for no log
	})
	if err != nil {
		return nil, err
	}
	listener, err := handshake.Listen("")
	if err != nil {
		return nil, err
	}
	client, err := handshake.NewClient("http://"+listener.Addr().String(), handshake.ClientConfig{MaxIdleConns: maxPending})
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	for _, with := range wrap {
		listener = with(listener)
	}
	w := &wire{Client: client, server: server, served: make(chan struct{})}
	go func() {
		defer close(w.served)
		_ = server.Serve(listener) // what ended it shows in the handshakes that fail
	}()
	return w, nil
}

func (w *wire) close() {
	w.Close()
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if w.server.Shutdown(ctx) != nil {
		_ = w.server.Close() // what did not end by itself
	}
	<-w.served
}
