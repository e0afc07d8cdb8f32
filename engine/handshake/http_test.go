package handshake

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// httpPair is a pair with a server and a client between its ends.
type httpPair struct {
	*pair
	server   *Server
	client   *Client
	listener net.Listener
}

// newPairOver returns a pair that talks over l until the test ends. Accept is filled in if it is not set.
func newPairOver(t testing.TB, l net.Listener, cfg ResponderConfig, sc ServerConfig, cc ClientConfig) *httpPair {
	t.Helper()
	p := &httpPair{pair: newPair(t, cfg), listener: l}
	sc.Responder = p.responder
	if sc.Accept == nil {
		sc.Accept = func(r *Result) error {
			*p.accepted = *r
			return nil
		}
	}
	var err error
	if p.server, err = NewServer(sc); err != nil {
		t.Fatal(err)
	}
	serving := make(chan error, 1)
	go func() { serving <- p.server.Serve(l) }()
	p.client = newClientOf(t, l, cc)
	t.Cleanup(func() {
		p.client.Close()
		// Not Shutdown: a test that fails may leave an exchange under way.
		if err := p.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if err := <-serving; err != nil {
			t.Error(err)
		}
	})
	return p
}

// newClientOf returns a client of whatever listens on l.
func newClientOf(t testing.TB, l net.Listener, cc ClientConfig) *Client {
	t.Helper()
	dial := new(net.Dialer).DialContext
	url := "http://" + l.Addr().String()
	if pipes, ok := l.(*pipeListener); ok {
		dial, url = pipes.dial, "http://pipe"
	}
	c, err := newClient(url, cc, dial)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run does one handshake over HTTP and compares what the ends have.
func (p *httpPair) run() error {
	result, _, err := p.initiator.Run(context.Background(), p.client, p.responder.self[:], "")
	if err != nil {
		return err
	}
	if result.ID != p.accepted.ID || result.Seed != p.accepted.Seed {
		return errors.New("the ends disagree")
	}
	result.Wipe()
	p.accepted.Wipe()
	return nil
}

// pipeListener is a network in memory, for bubbles of synctest.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	dialed atomic.Int32
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		l.dialed.Add(1)
		return ours, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// connect opens a connection for a test that speaks HTTP by itself.
func (l *pipeListener) connect(t testing.TB) *rawConn {
	t.Helper()
	c, err := l.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &rawConn{Conn: c, in: bufio.NewReader(c)}
}

type rawConn struct {
	net.Conn
	in *bufio.Reader
}

// send writes in the background: a pipe waits for its reader.
func (c *rawConn) send(text string) {
	go func() { _, _ = c.Write([]byte(text)) }()
}

// status reads one answer, whole, and returns its status and word of refusal; 0 if
// the connection was closed instead.
func (c *rawConn) status(t testing.TB) (int, string) {
	t.Helper()
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	buf := make([]byte, 4096)
	if _, err := readAll(buf, resp.Body); err != nil {
		t.Errorf("body of answer %d: %v", resp.StatusCode, err)
	}
	return resp.StatusCode, resp.Header.Get(HTTPRefusedHeader)
}

// post is a request with a message, as text.
func post(msg []byte, headers ...string) string {
	var b strings.Builder
	r, _ := http.NewRequest(http.MethodPost, "http://pipe"+HTTPPath, strings.NewReader(string(msg)))
	r.Header.Set("Content-Type", HTTPContentType)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	_ = r.Write(&b)
	return b.String()
}

// within fails the test if f is not done in a time that is ample.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s is not over after 30 s", what)
	}
}

// eventually waits for something that other goroutines or processes bring about.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after 30 s: %s", what)
		}
	}
}
