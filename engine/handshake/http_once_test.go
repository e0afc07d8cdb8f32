package handshake

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// deafConn is a connection whose other end goes away unnoticed: reads wait, and
// writes fail after some bytes.
type deafConn struct {
	net.Conn
	deaf *atomic.Bool
	some int
}

func (c *deafConn) Write(b []byte) (int, error) {
	if c.deaf.Load() {
		return c.some, syscall.EPIPE
	}
	return c.Conn.Write(b)
}

// TestMessagesAreSentOnce has kept connections die in several ways. A message is
// sent again only where nothing of it was sent before.
func TestMessagesAreSentOnce(t *testing.T) {
	const ok = "HTTP/1.1 204 No Content\r\n\r\n"
	t.Run("died unnoticed, nothing written", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPipeListener()
			requests := say(t, l, ok)
			var deaf atomic.Bool
			client, dialed := deafClient(t, l, &deaf, 0, 3)
			defer client.Close()
			fillPool(t, client, 3)
			deaf.Store(true) // all three; later ones are well
			before := requests.Load()
			if _, err := client.RoundTrip(t.Context(), []byte("hi")); err != nil {
				t.Error(err)
			}
			if n := requests.Load() - before; n != 1 || dialed.Load() != 4 {
				t.Errorf("message came %d times, over %d connections", n, dialed.Load())
			}
		})
	})
	t.Run("died unnoticed, a part written", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPipeListener()
			say(t, l, ok)
			var deaf atomic.Bool
			client, dialed := deafClient(t, l, &deaf, 1, 1)
			defer client.Close()
			fillPool(t, client, 1)
			deaf.Store(true)
			_, err := client.RoundTrip(t.Context(), []byte("hi"))
			// The write fails, which ends the connection, and so its read: net/http
			// tells of either.
			if !errors.Is(err, ErrTransport) || !errors.Is(err, syscall.EPIPE) && !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("error %v, want ErrTransport", err)
			}
			if dialed.Load() != 1 {
				t.Errorf("%d connections", dialed.Load())
			}
		})
	})
	t.Run("new connection takes nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPipeListener()
			say(t, l, ok)
			var deaf atomic.Bool
			deaf.Store(true)
			client, dialed := deafClient(t, l, &deaf, 0, 1)
			defer client.Close()
			if _, err := client.RoundTrip(t.Context(), []byte("hi")); !errors.Is(err, ErrTransport) {
				t.Errorf("error %v, want ErrTransport", err)
			}
			if dialed.Load() != 1 {
				t.Errorf("%d connections", dialed.Load())
			}
		})
	})
	t.Run("closed after the message", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPipeListener()
			var bodies sync.Map
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				in := bufio.NewReader(conn)
				for i := range 2 {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					body, _ := io.ReadAll(r.Body)
					bodies.Store(i, string(body))
					if i == 0 {
						_, _ = io.WriteString(conn, ok)
					}
				}
			}()
			client := newClientOf(t, l, ClientConfig{})
			defer client.Close()
			fillPool(t, client, 1)
			if _, err := client.RoundTrip(t.Context(), []byte("hi")); !errors.Is(err, ErrTransport) {
				t.Errorf("error %v, want ErrTransport", err)
			}
			if body, _ := bodies.Load(1); body != "hi" || l.dialed.Load() != 1 {
				t.Errorf("server has %q, over %d connections", body, l.dialed.Load())
			}
		})
	})
	t.Run("closed while idle", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPipeListener()
			p := newPairOver(t, l, ResponderConfig{}, ServerConfig{IdleTimeout: time.Second}, ClientConfig{})
			slow := &slowTransport{p.client, 2 * time.Second}
			if _, _, err := p.initiator.Run(t.Context(), slow, p.responder.Public(), ""); err != nil {
				t.Error(err)
			}
			if n := l.dialed.Load(); n != 3 {
				t.Errorf("%d connections, want 3", n)
			}
		})
	})
}

// deafClient returns a client whose first connections can be made deaf. They come
// to be all at once.
func deafClient(t testing.TB, l *pipeListener, deaf *atomic.Bool, some, first int) (*Client, *atomic.Int32) {
	t.Helper()
	var dialed atomic.Int32
	var together sync.WaitGroup
	together.Add(first)
	client, err := newClient("http://pipe", ClientConfig{}, func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := l.dial(ctx, network, addr)
		if err == nil && int(dialed.Add(1)) <= first {
			together.Done()
			together.Wait()
			conn = &deafConn{conn, deaf, some}
		}
		return conn, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, &dialed
}

// fillPool leaves n connections idle, in a bubble.
func fillPool(t testing.TB, client *Client, n int) {
	t.Helper()
	var working sync.WaitGroup
	for range n {
		working.Go(func() {
			if _, err := client.RoundTrip(t.Context(), []byte("hi")); err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()
	synctest.Wait()
}

// slowTransport waits before each message.
type slowTransport struct {
	Transport
	pause time.Duration
}

func (s *slowTransport) RoundTrip(ctx context.Context, msg []byte) ([]byte, error) {
	time.Sleep(s.pause)
	return s.Transport.RoundTrip(ctx, msg)
}
