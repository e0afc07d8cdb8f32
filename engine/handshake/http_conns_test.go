package handshake

import (
	"io"
	"log"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// exhausted is a listener that fails for want of file descriptors, as long as
// there are failures left.
type exhausted struct {
	*pipeListener
	failures atomic.Int32
}

func (l *exhausted) Accept() (net.Conn, error) {
	if l.failures.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept", syscall.EMFILE)}
	}
	return l.pipeListener.Accept()
}

// TestAcceptFails: a listener that fails for a while takes no connection's place.
func TestAcceptFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &exhausted{pipeListener: newPipeListener()}
		l.failures.Store(5)
		p := newPair(t, ResponderConfig{})
		server, err := NewServer(ServerConfig{
			Responder: p.responder, MaxConns: 2, ErrorLog: log.New(io.Discard, "", 0),
			Accept: func(r *Result) error { *p.accepted = *r; return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		client := newClientOf(t, l.pipeListener, ClientConfig{})
		if _, _, err := p.initiator.Run(t.Context(), client, p.responder.Public(), ""); err != nil {
			t.Errorf("handshake after accepting failed: %v", err)
		}
		if n := len(server.open); n != 1 {
			t.Errorf("%d connections are counted, want 1", n)
		}
		client.Close()
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// TestListenersShare serves more listeners than there may be connections: none
// waits because another does, and together they keep to the limit.
func TestListenersShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []*pipeListener
		first := newPipeListener()
		p := newPairOver(t, first, ResponderConfig{}, ServerConfig{MaxConns: 1}, ClientConfig{Timeout: time.Second})
		all = append(all, first)
		served := make(chan error, 2)
		for range 2 {
			l := newPipeListener()
			all = append(all, l)
			go func() { served <- p.server.Serve(l) }()
		}
		synctest.Wait()
		for i, l := range all {
			client := newClientOf(t, l, ClientConfig{})
			result, _, err := p.initiator.Run(t.Context(), client, p.responder.Public(), "")
			if err != nil {
				t.Fatalf("listener %d: %v", i, err)
			}
			result.Wipe()
			if i < len(all)-1 {
				client.Close()
				synctest.Wait()
				continue
			}
			defer client.Close()
		}
		if err := p.run(); Cause(err) != "timeout" {
			t.Errorf("handshake at one while another has the only connection: %v, want a timeout", err)
		}
		if n := len(p.server.open); n != 1 {
			t.Errorf("%d connections are counted, want 1", n)
		}
		// The one that waits is closed with its listener.
		waiting := all[1].connect(t)
		if err := p.server.Close(); err != nil {
			t.Error(err)
		}
		if status, _ := waiting.status(t); status != 0 {
			t.Errorf("status %d from a closed server", status)
		}
		for range 2 {
			if err := <-served; err != nil {
				t.Error(err)
			}
		}
	})
}
