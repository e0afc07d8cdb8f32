package handshake

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestNewClientRefuses(t *testing.T) {
	for _, c := range []struct {
		url  string
		cfg  ClientConfig
		text string
	}{
		{"", ClientConfig{}, `URL "" does not begin with http://`},
		{"127.0.0.1:80", ClientConfig{}, `URL "127.0.0.1:80" cannot be read`},
		{"https://127.0.0.1", ClientConfig{}, `URL "https://127.0.0.1" does not begin with http://`},
		{"http://", ClientConfig{}, `URL "http://" names no host`},
		{"http://:80", ClientConfig{}, `URL "http://:80" names no host`},
		{"http:///path", ClientConfig{}, `URL "http:///path" names no host`},
		{"http://me@here", ClientConfig{}, `URL "http://me@here" has more than host, port and path`},
		{"http://me:hunter2@here", ClientConfig{}, `URL "http://me:xxxxx@here" has more than host, port and path`},
		{"http://here/?", ClientConfig{}, `URL "http://here/?" has more than host, port and path`},
		{"http://here/#a", ClientConfig{}, `URL "http://here/#a" has more than host, port and path`},
		{"http://here:0", ClientConfig{}, `URL "http://here:0": port is not 1 to 65535`},
		{"http://here:65536", ClientConfig{}, `URL "http://here:65536": port is not 1 to 65535`},
		{"http://here", ClientConfig{Timeout: -1}, "Timeout -1ns is negative"},
		{"http://here", ClientConfig{MaxIdleConns: -1}, "MaxIdleConns -1 is negative"},
		{"http://here", ClientConfig{IdleTimeout: -1}, "IdleTimeout -1ns is negative"},
	} {
		t.Run(c.url, func(t *testing.T) {
			client, err := NewClient(c.url, c.cfg)
			if client != nil || !errors.Is(err, ErrParams) || !strings.HasSuffix(err.Error(), ": "+c.text) {
				t.Errorf("client %v, error %v, want ErrParams with %q", client, err, c.text)
			}
		})
	}
	for url, want := range map[string]string{
		"http://here":            "http://here" + HTTPPath,
		"HTTP://here:80/":        "http://here:80" + HTTPPath,
		"http://[::1]:80/a/b%20": "http://[::1]:80/a/b%20" + HTTPPath,
	} {
		if c, err := NewClient(url, ClientConfig{}); err != nil || c.url.String() != want {
			t.Errorf("%s goes to %v, %v, want %s", url, c.url, err, want)
		}
	}
}

// TestRefusalsOverHTTP delivers each refused message over the network: the error
// is that of the responder, and says who says so.
func TestRefusalsOverHTTP(t *testing.T) {
	for _, c := range httpRefusals {
		t.Run(c.name, func(t *testing.T) {
			l, err := Listen("")
			if err != nil {
				t.Fatal(err)
			}
			p := newPairOver(t, l, c.cfg, ServerConfig{Accept: func(*Result) error { return errSecret }}, ClientConfig{})
			reply, err := p.client.RoundTrip(t.Context(), c.make(t, p.pair))
			if reply != nil || !errors.Is(err, c.want) || Cause(err) != Cause(c.want) {
				t.Errorf("reply of %d bytes, error %v, want %v", len(reply), err, c.want)
			}
			if errors.Is(c.want, ErrTransport) {
				return // a failure that is nobody's word
			}
			if text := err.Error(); !strings.Contains(text, ", says the responder") || strings.Count(text, "handshake: ") != 1 {
				t.Errorf("error text %q", text)
			}
			if errors.Is(c.want, ErrBusy) {
				return
			}
			if _, err := p.client.RoundTrip(t.Context(), p.begin(t, "e").invitation(nil)); err != nil {
				t.Errorf("message after that: %v", err)
			}
		})
	}
	if _, err := new(Client).RoundTrip(t.Context(), make([]byte, MaxMessage+1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("message of too many bytes: %v, want ErrMalformed", err)
	}
}

// say is a server that answers each request with the same bytes, and counts. An
// empty answer is a closed connection.
func say(t testing.TB, l *pipeListener, answer string) *atomic.Int32 {
	var requests atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					requests.Add(1)
					if answer == "" {
						return
					}
					if _, err := io.WriteString(conn, answer); err != nil || strings.Contains(answer, "Connection: close") {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(func() { l.Close() })
	return &requests
}

// foreignAnswers are of servers that are not of this package, or are broken.
var foreignAnswers = []struct {
	name, answer string
	cause        string
	text         string // somewhere in the error
}{
	{"connection closed", "", "transport", "EOF"},
	{"noise", "\x15\x03\x01\x00\x02\x02\x46\r\n\r\n", "transport", "malformed HTTP"},
	{"page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", "transport", "reply is not application/vnd.sagetop.handshake"},
	{"empty reply", "HTTP/1.1 200 OK\r\nContent-Type: " + HTTPContentType + "\r\nContent-Length: 0\r\n\r\n", "transport", "reply is empty"},
	{"reply cut off", "HTTP/1.1 200 OK\r\nContent-Type: " + HTTPContentType + "\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhi", "transport", "read reply: unexpected EOF"},
	{"reply withheld", "HTTP/1.1 200 OK\r\nContent-Type: " + HTTPContentType + "\r\nContent-Length: 9\r\n\r\nhi", "timeout", "handshake: no reply within 10s"},
	{"reply said to be too long", "HTTP/1.1 200 OK\r\nContent-Type: " + HTTPContentType + "\r\nContent-Length: " + strconv.Itoa(MaxMessage+1) + "\r\n\r\n", "transport", fmt.Sprintf("reply has %d bytes, more than %d", MaxMessage+1, MaxMessage)},
	{"reply too long", "HTTP/1.1 200 OK\r\nContent-Type: " + HTTPContentType + "\r\n\r\n" + strings.Repeat("x", 1<<20), "transport", fmt.Sprintf("reply has more than %d bytes", MaxMessage)},
	{"reply compressed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: " + HTTPContentType + "\r\nContent-Length: 2\r\n\r\nhi", "transport", "reply is not"},
	{"redirect", "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", "transport", "answer is status 307"},
	{"switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "transport", "answer is status 101"},
	{"authentication", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "transport", "answer is status 401"},
	{"proxy that is busy", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "transport", "answer is status 503"},
	{"word without its status", "HTTP/1.1 503 Service Unavailable\r\nSagetop-Refused: replay\r\nContent-Length: 0\r\n\r\n", "transport", "answer is status 503"},
	{"word of no refusal", "HTTP/1.1 400 Bad Request\r\nSagetop-Refused: timeout\r\nContent-Length: 0\r\n\r\n", "transport", "answer is status 400"},
	{"success with a word", "HTTP/1.1 201 Created\r\nSagetop-Refused: replay\r\nContent-Length: 0\r\n\r\n", "transport", "answer is status 201"},
	{"long header", "HTTP/1.1 204 No Content\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", "transport", "exceeded"},
	{"provisional answers without end", strings.Repeat("HTTP/1.1 103 Early Hints\r\nX: "+strings.Repeat("x", 1000)+"\r\n\r\n", 100), "transport", ""},
	{"refusal without text", "HTTP/1.1 409 Conflict\r\nSagetop-Refused: replay\r\nContent-Length: 0\r\n\r\n", "replay", "handshake: nonce replayed, says the responder"},
	{"refusal that clears the screen", "HTTP/1.1 409 Conflict\r\nSagetop-Refused: replay\r\nContent-Length: 9\r\n\r\n\x1b[2J\nhi\xff!", "replay", "handshake: nonce replayed, says the responder: ?[2J?hi?!"},
	{"refusal without end", "HTTP/1.1 409 Conflict\r\nSagetop-Refused: replay\r\n\r\n" + strings.Repeat("x", 1<<20), "replay", "handshake: nonce replayed, says the responder"},
	{"half a header", "HTTP/1.1 204 No Content\r\nX:", "timeout", "handshake: no reply within 10s: context deadline exceeded"},
}

func TestForeignAnswers(t *testing.T) {
	for _, c := range foreignAnswers {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipeListener()
				requests := say(t, l, c.answer)
				client := newClientOf(t, l, ClientConfig{})
				defer client.Close()
				reply, err := client.RoundTrip(context.Background(), []byte("hi"))
				if reply != nil || Cause(err) != c.cause {
					t.Fatalf("reply of %d bytes, error %v, want cause %q", len(reply), err, c.cause)
				}
				text := err.Error()
				if !strings.Contains(text, c.text) || !strings.HasPrefix(text, "handshake: ") {
					t.Errorf("error text %q, want %q", text, c.text)
				}
				if c.cause == "transport" && !errors.Is(err, ErrTransport) {
					t.Errorf("error %v is no ErrTransport", err)
				}
				if n := requests.Load(); n != 1 {
					t.Errorf("message was sent %d times", n)
				}
			})
		})
	}
}

// TestTransportCause: a context's end has its own word, whatever it ended.
func TestTransportCause(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{ErrTransport, "transport"},
		{fmt.Errorf("%w: %w", ErrTransport, syscall.ECONNREFUSED), "transport"},
		{fmt.Errorf("%w: %w", ErrTransport, context.DeadlineExceeded), "timeout"},
		{fmt.Errorf("%w: %w", ErrTransport, context.Canceled), "canceled"},
		{fmt.Errorf("%w: %w", ErrReplay, ErrTransport), "replay"},
	} {
		if got := Cause(c.err); got != c.want {
			t.Errorf("cause of %v is %q, want %q", c.err, got, c.want)
		}
	}
}

// TestClientContext ends the caller's context before and during an exchange.
func TestClientContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		say(t, l, "HTTP/1.1 204") // and no more
		client := newClientOf(t, l, ClientConfig{Timeout: time.Minute})
		defer client.Close()
		canceled, cancel := context.WithCancelCause(context.Background())
		cancel(errSecret)
		soon, cancelSoon := context.WithTimeout(context.Background(), time.Second)
		defer cancelSoon()
		later, cancelLater := context.WithCancel(context.Background())
		time.AfterFunc(2*time.Second, cancelLater)
		for _, c := range []struct {
			ctx   context.Context
			cause string
			text  string
		}{
			{canceled, "canceled", "handshake: send: context canceled"},
			{soon, "timeout", "handshake: send: context deadline exceeded"},
			{later, "canceled", "handshake: send: context canceled"},
			{context.Background(), "timeout", "handshake: no reply within 1m0s: context deadline exceeded"},
		} {
			if _, err := client.RoundTrip(c.ctx, []byte("hi")); Cause(err) != c.cause || err.Error() != c.text || errors.Is(err, ErrTransport) {
				t.Errorf("error %v, want %q", err, c.text)
			}
		}
	})
}

// TestNoServer: nobody listens.
func TestNoServer(t *testing.T) {
	l, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	client := newClientOf(t, l, ClientConfig{})
	defer client.Close()
	l.Close()
	if _, err := client.RoundTrip(t.Context(), []byte("hi")); !errors.Is(err, ErrTransport) || Cause(err) != "transport" {
		t.Errorf("error %v, want ErrTransport", err)
	}
}

// TestClientIgnoresEnvironment: a proxy in the environment does not see a message.
func TestClientIgnoresEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:9")
	t.Setenv("http_proxy", "http://192.0.2.1:9")
	c, err := NewClient("http://example.org", ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if c.transport.Proxy != nil {
		t.Error("client asks for a proxy")
	}
}

// countingListener counts what it accepts.
type countingListener struct {
	net.Listener
	accepted atomic.Int32
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.accepted.Add(1)
	}
	return conn, err
}

// TestKeepAlive does many handshakes over one connection, which ends with a refusal.
func TestKeepAlive(t *testing.T) {
	loopback, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	l := &countingListener{Listener: loopback}
	p := newPairOver(t, l, ResponderConfig{}, ServerConfig{}, ClientConfig{})
	for connections := range int32(3) {
		for range 50 {
			if err := p.run(); err != nil {
				t.Fatal(err)
			}
		}
		if n := l.accepted.Load(); n != connections+1 {
			t.Errorf("%d connections, want %d", n, connections+1)
		}
		if _, err := p.client.RoundTrip(t.Context(), []byte("noise")); !errors.Is(err, ErrMalformed) {
			t.Fatalf("error %v, want ErrMalformed", err)
		}
	}
}

// noting is a connection that notes what is written to it, or would be.
type noting struct {
	net.Conn
	mu   sync.Mutex
	said []byte
}

func (c *noting) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.said = append(c.said, b...)
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// TestClientKeepsNothing overwrites a message when RoundTrip has returned, where
// the server answered before the library wrote it: what goes out is the message.
func TestClientKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		conn := &noting{Conn: ours}
		client, err := newClient("http://pipe", ClientConfig{}, func(context.Context, string, string) (net.Conn, error) { return conn, nil })
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		defer theirs.Close()
		overwritten := make(chan struct{})
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			WroteHeaders: func() { // and not yet the body
				_, _ = io.WriteString(theirs, "HTTP/1.1 204 No Content\r\n\r\n")
				<-overwritten
			},
		})
		msg := []byte("invitation")
		if reply, err := client.RoundTrip(ctx, msg); err != nil || reply != nil {
			t.Errorf("reply of %d bytes, %v", len(reply), err)
		}
		clear(msg)
		close(overwritten)
		synctest.Wait()
		conn.mu.Lock()
		defer conn.mu.Unlock()
		if !bytes.HasSuffix(conn.said, []byte("\r\n\r\ninvitation")) {
			t.Errorf("sent %q, want the message at its end", conn.said)
		}
	})
}

// TestDialingEnds: nobody waits any more, and still the network is not asked for
// longer than an exchange may take.
func TestDialingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 3 * time.Second
		began := time.Now()
		var took time.Duration
		client, err := newClient("http://pipe", ClientConfig{Timeout: timeout}, func(ctx context.Context, _, _ string) (net.Conn, error) {
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
			took = time.Since(began)
			return nil, syscall.ETIMEDOUT
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := client.RoundTrip(ctx, []byte("hi")); Cause(err) != "timeout" {
			t.Errorf("error %v, want a timeout", err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if took == 0 || took > timeout {
			t.Errorf("dialing took %v, want %v at most", took, timeout)
		}
	})
}

// TestConcurrentHTTP has many initiators share a client, and checks what is left
// when both ends are closed: nothing.
func TestConcurrentHTTP(t *testing.T) {
	const workers, each = 32, 8
	before := goleak.IgnoreCurrent()
	l, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	responder, err := NewResponder(ResponderConfig{Identity: NewIdentity()})
	if err != nil {
		t.Fatal(err)
	}
	var accepted sync.Map // seed by id
	server, err := NewServer(ServerConfig{Responder: responder, Accept: func(r *Result) error {
		accepted.Store(r.ID, r.Seed)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(l) }()
	client := newClientOf(t, l, ClientConfig{})
	var working sync.WaitGroup
	for i := range workers {
		working.Go(func() {
			all := Suites()
			in := Initiator{Identity: NewIdentity(), Suite: all[i%len(all)]}
			for range each {
				result, _, err := in.Run(context.Background(), client, responder.Public(), "")
				if err != nil {
					t.Error(err)
					return
				}
				if s, ok := accepted.LoadAndDelete(result.ID); !ok || s != result.Seed {
					t.Errorf("responder has another seed for %v", result)
				}
			}
		})
	}
	working.Wait()
	if n := responder.Pending(); n != 0 {
		t.Errorf("%d handshakes pending after all are over", n)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-serving; err != nil {
		t.Error(err)
	}
	client.Close()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
