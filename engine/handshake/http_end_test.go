package handshake

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// TestShutdownWaits shuts down while a handshake's last exchange is under way, with
// one connection idle and one that was never used: the exchange finishes, and
// nothing else is waited for.
func TestShutdownWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		accepting := make(chan struct{})
		p := newPairOver(t, l, ResponderConfig{}, ServerConfig{Accept: func(*Result) error {
			close(accepting)
			time.Sleep(time.Second)
			return nil
		}}, ClientConfig{})
		l.connect(t)
		idle := l.connect(t)
		idle.send(post(p.begin(t, "idle").invitation(nil)))
		idle.status(t)
		var result *Result
		var failed error
		var running sync.WaitGroup
		running.Go(func() {
			result, _, failed = p.initiator.Run(context.Background(), p.client, p.responder.Public(), "")
		})
		<-accepting
		began := time.Now()
		if err := p.server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		// The library looks at growing intervals whether it is over.
		if took := time.Since(began); took < time.Second || took > 2*time.Second {
			t.Errorf("shut down after %v, want when Accept returned", took)
		}
		running.Wait()
		if failed != nil || result == nil {
			t.Errorf("handshake under way ends with %v, %v", result, failed)
		}
		if _, err := p.client.RoundTrip(t.Context(), nil); !errors.Is(err, ErrTransport) {
			t.Errorf("after Shutdown: %v, want ErrTransport", err)
		}
		if err := p.server.Serve(newPipeListener()); err != nil {
			t.Errorf("Serve after Shutdown: %v", err)
		}
	})
}

// TestShutdownGivesUp: a context that ends closes what is still under way.
func TestShutdownGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		accepting := make(chan struct{})
		p := newPairOver(t, newPipeListener(), ResponderConfig{}, ServerConfig{Accept: func(*Result) error {
			close(accepting)
			<-release
			return nil
		}}, ClientConfig{})
		defer close(release)
		var failed error
		var running sync.WaitGroup
		running.Go(func() { failed = p.run() })
		<-accepting
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := p.server.Shutdown(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "handshake: shut down: connections closed with exchanges under way: context deadline exceeded" {
			t.Errorf("error %v", err)
		}
		running.Wait()
		if !errors.Is(failed, ErrTransport) {
			t.Errorf("handshake under way: %v, want ErrTransport", failed)
		}
	})
}

// TestShutdownIdle: a server with nothing under way is gone at once, whatever
// connections there are; one that never served, too.
func TestShutdownIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		p := newPairOver(t, l, ResponderConfig{}, ServerConfig{}, ClientConfig{})
		if err := p.run(); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			l.connect(t)
		}
		began := time.Now()
		if err := p.server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 5*time.Millisecond { // by the bubble's clock, which does not count work
			t.Errorf("took %v", took)
		}
	})
	p := newPair(t, ResponderConfig{})
	for _, end := range []func(*Server) error{
		(*Server).Close,
		func(s *Server) error { return s.Shutdown(t.Context()) },
	} {
		s, err := NewServer(ServerConfig{Responder: p.responder, Accept: func(*Result) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(end(s), end(s)); err != nil {
			t.Error(err)
		}
	}
}

// TestShutdownUnderLoad shuts down in the middle of many handshakes: each finishes
// or fails by the network's word, both ends know of the same sessions but for
// those whose last reply was lost, and no goroutine is left.
func TestShutdownUnderLoad(t *testing.T) {
	const workers = 16
	before := goleak.IgnoreCurrent()
	l, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	responder, err := NewResponder(ResponderConfig{Identity: NewIdentity()})
	if err != nil {
		t.Fatal(err)
	}
	var accepted sync.Map
	var done atomic.Int32
	enough := make(chan struct{})
	server, err := NewServer(ServerConfig{Responder: responder, Accept: func(r *Result) error {
		accepted.Store(r.ID, r.Seed)
		if done.Add(1) == 2*workers {
			close(enough)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(l) }()
	client := newClientOf(t, l, ClientConfig{})
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			in := Initiator{Identity: NewIdentity()}
			for {
				result, _, err := in.Run(context.Background(), client, responder.Public(), "")
				if err != nil {
					if !errors.Is(err, ErrTransport) {
						t.Errorf("error %v, want ErrTransport", err)
					}
					return
				}
				if s, ok := accepted.Load(result.ID); !ok || s != result.Seed {
					t.Errorf("responder has another seed for %v", result)
				}
			}
		})
	}
	<-enough
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	working.Wait()
	client.Close()
	if err := <-serving; err != nil {
		t.Error(err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// atPhase is a transport that does something before it sends a certain message,
// or after the reply to it.
type atPhase struct {
	Transport
	phase         Phase
	before, after func()
}

func (a *atPhase) RoundTrip(ctx context.Context, msg []byte) ([]byte, error) {
	m, err := parse(msg)
	if err != nil {
		return nil, err
	}
	if m.phase == a.phase && a.before != nil {
		a.before()
	}
	reply, err := a.Transport.RoundTrip(ctx, msg)
	if m.phase == a.phase && a.after != nil {
		a.after()
	}
	return reply, err
}

// TestServerEndsBetweenPhases ends the server before each message: the initiator
// has its error, and the responder forgets the handshake at its time.
func TestServerEndsBetweenPhases(t *testing.T) {
	const timeout = 3 * time.Second
	for phase, pending := range map[Phase]int{Invitation: 0, Request: 1, Complete: 1} {
		for name, end := range map[string]func(*Server) error{
			"close":    (*Server).Close,
			"shutdown": func(s *Server) error { return s.Shutdown(context.Background()) },
		} {
			t.Run(fmt.Sprintf("%s before %s", name, phase), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPairOver(t, newPipeListener(), ResponderConfig{PendingTimeout: timeout}, ServerConfig{}, ClientConfig{})
					ends := &atPhase{Transport: p.client, phase: phase, before: func() {
						if err := end(p.server); err != nil {
							t.Error(err)
						}
					}}
					result, _, err := p.initiator.Run(t.Context(), ends, p.responder.Public(), "")
					if result != nil || !errors.Is(err, ErrTransport) {
						t.Errorf("result %v, error %v, want ErrTransport", result, err)
					}
					p.pending(t, pending)
					time.Sleep(timeout)
					p.pending(t, 0)
				})
			})
		}
	}
}

// TestClientEndsBetweenPhases leaves a handshake after each reply: the responder
// forgets it at its time, and the connection is gone.
func TestClientEndsBetweenPhases(t *testing.T) {
	const timeout = 3 * time.Second
	for phase, pending := range map[Phase]int{Invitation: 1, Request: 1, Complete: 0} {
		t.Run(phase.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipeListener()
				p := newPairOver(t, l, ResponderConfig{PendingTimeout: timeout}, ServerConfig{}, ClientConfig{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				leaves := &atPhase{Transport: p.client, phase: phase, after: cancel}
				result, _, err := p.initiator.Run(ctx, leaves, p.responder.Public(), "")
				if (err == nil) != (phase == Complete) || (result == nil) != (phase != Complete) {
					t.Errorf("result %v, error %v", result, err)
				}
				p.client.Close()
				synctest.Wait()
				if n := len(p.server.open); n != 0 {
					t.Errorf("%d connections are counted after all are gone", n)
				}
				p.pending(t, pending)
				time.Sleep(timeout)
				p.pending(t, 0)
			})
		})
	}
}
