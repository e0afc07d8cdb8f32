package handshake

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What a [ClientConfig] means where it says nothing.
const (
	DefaultClientTimeout     = 10 * time.Second
	DefaultMaxIdleConns      = 128
	DefaultClientIdleTimeout = 30 * time.Second
)

// ClientConfig is how a [Client] is to be. A field that is zero has its default.
type ClientConfig struct {
	// Timeout is how long one exchange may take: connection, message and reply.
	Timeout time.Duration
	// MaxIdleConns is how many connections are kept for the next messages. It
	// should be as many as there are handshakes at once.
	MaxIdleConns int
	// IdleTimeout is how long an idle connection is kept. It should be shorter
	// than the server's: a message that meets the server closing its connection
	// is lost.
	IdleTimeout time.Duration
}

// Client is the [Transport] to a [Server]. It may be used from any goroutine, for
// many handshakes at once, and keeps connections to use them again. It goes to
// the server itself, through no proxy, and follows no redirect.
//
// A message that the server refused comes back as the error of this package that
// the responder had. Nobody signs that: a refusal, and equally the news that a
// message was taken, is only as good as the network. It is a hint, by which no
// session begins: the initiator's is proved by the Response. A server's answer
// that is none of a [Server], and a connection that fails, are [ErrTransport].
// When ctx ends or Timeout has passed the error is the context's, as [Memory]'s.
//
// No message is sent twice: the responder would take the second for a replay.
// If a kept connection turns out to be dead before a single byte was written, the
// message goes over another one. Otherwise it is lost with ErrTransport, and
// whether it arrived is not known: begin another handshake.
type Client struct {
	cfg       ClientConfig
	url       *url.URL
	header    http.Header
	transport *http.Transport
}

// NewClient returns a client of the server at a URL such as
// "http://127.0.0.1:8080", or [ErrParams]. A path in the URL is put before
// [HTTPPath]. It does not connect.
func NewClient(baseURL string, cfg ClientConfig) (*Client, error) {
	return newClient(baseURL, cfg, new(net.Dialer).DialContext)
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

func newClient(baseURL string, cfg ClientConfig, dial dialFunc) (*Client, error) {
	if err := cmp.Or(
		orDefault("Timeout", &cfg.Timeout, DefaultClientTimeout),
		orDefault("MaxIdleConns", &cfg.MaxIdleConns, DefaultMaxIdleConns),
		orDefault("IdleTimeout", &cfg.IdleTimeout, DefaultClientIdleTimeout),
	); err != nil {
		return nil, err
	}
	u, err := parseURL(baseURL)
	if err != nil {
		return nil, err
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/")+HTTPPath, ""
	return &Client{
		cfg: cfg,
		url: u,
		// An empty User-Agent is not sent.
		header: http.Header{"Content-Type": {HTTPContentType}, "User-Agent": {""}},
		transport: &http.Transport{
			Protocols: http1(),
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				// The library goes on dialing when nobody waits any more.
				ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
				defer cancel()
				conn, err := dial(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				return &line{Conn: conn}, nil
			},
			DisableCompression:     true,
			MaxIdleConns:           cfg.MaxIdleConns,
			MaxIdleConnsPerHost:    cfg.MaxIdleConns,
			IdleConnTimeout:        cfg.IdleTimeout,
			MaxResponseHeaderBytes: DefaultMaxHeaderBytes,
		},
	}, nil
}

func parseURL(baseURL string) (*url.URL, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, refuse(ErrParams, "URL %q cannot be read", baseURL)
	}
	switch {
	case u.Scheme != "http":
		return nil, refuse(ErrParams, "URL %q does not begin with http://", baseURL)
	case u.Hostname() == "":
		return nil, refuse(ErrParams, "URL %q names no host", baseURL)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, refuse(ErrParams, "URL %q has more than host, port and path", u.Redacted())
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, refuse(ErrParams, "URL %q: port is not 1 to 65535", baseURL)
		}
	}
	return u, nil
}

// Close drops the connections that are idle, and each of those in use when its
// exchange is over. A message that is sent later opens a new one.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// RoundTrip sends a message and returns the reply. See [Client] for its errors.
func (c *Client) RoundTrip(ctx context.Context, msg []byte) ([]byte, error) {
	if len(msg) > MaxMessage {
		return nil, refuse(ErrMalformed, "%d bytes, more than %d", len(msg), MaxMessage)
	}
	limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	// The library may read the body after it has returned; msg is not ours then.
	msg = bytes.Clone(msg)
	for {
		reply, unsent, err := c.exchange(limited, msg)
		switch {
		case err == nil || !errors.Is(err, ErrTransport):
			return reply, err // an answer; whether ctx ended since is all the same
		case ctx.Err() != nil:
			return nil, fmt.Errorf("handshake: send: %w", ctx.Err())
		case limited.Err() != nil:
			return nil, fmt.Errorf("handshake: no reply within %v: %w", c.cfg.Timeout, limited.Err())
		case !unsent:
			return nil, err
		}
		// Again: each time uses up a dead connection, and there are MaxIdleConns.
	}
}

// exchange makes one attempt. Its error is a refusal or ErrTransport. After the
// latter, unsent says that the connection was a kept one that took no byte of the
// message: it may be sent again. The library never does so itself, because it
// cannot read the body a second time.
func (c *Client) exchange(ctx context.Context, msg []byte) (reply []byte, unsent bool, err error) {
	var used *line
	var kept bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) {
			used, kept = got.Conn.(*line), got.Reused
			used.begin()
		},
	})
	req := &http.Request{
		Method: http.MethodPost, URL: c.url, Host: c.url.Host, Header: c.header,
		Body: http.NoBody, ContentLength: int64(len(msg)),
	}
	if len(msg) > 0 {
		req.Body = io.NopCloser(bytes.NewReader(msg))
	}
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, kept && used.end(), fmt.Errorf("%w: %w", ErrTransport, err)
	}
	reply, err = answer(resp)
	return reply, false, err
}

// answer reads what the server says, up to the length of a message, and closes
// the body. It returns ErrTransport if that is not what a [Server] says.
func answer(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close() //nolint:errcheck // all that matters of the body is read by then
	switch resp.StatusCode {
	case http.StatusOK:
		return messageOf(resp)
	case http.StatusNoContent:
		return nil, nil
	}
	refusal := refusalOf(resp.StatusCode, resp.Header.Get(HTTPRefusedHeader))
	if refusal == nil {
		return nil, refuse(ErrTransport, "answer is status %d", resp.StatusCode)
	}
	buf := make([]byte, 2*maxLine)
	n, err := readAll(buf, resp.Body)
	if err != nil || n == len(buf) {
		return nil, fmt.Errorf("%w, says the responder", refusal)
	}
	text := strings.TrimPrefix(oneLine(string(buf[:n])), refusal.Error())
	if text = strings.TrimPrefix(text, ": "); text == "" {
		return nil, fmt.Errorf("%w, says the responder", refusal)
	}
	return nil, fmt.Errorf("%w, says the responder: %s", refusal, text)
}

// messageOf reads a reply.
func messageOf(resp *http.Response) ([]byte, error) {
	if !isMessage(resp.Header) {
		return nil, refuse(ErrTransport, "reply is not %s", HTTPContentType)
	}
	size := resp.ContentLength // -1 if it is not said
	if size < 0 {
		size = MaxMessage
	}
	if size > MaxMessage {
		return nil, refuse(ErrTransport, "reply has %d bytes, more than %d", size, MaxMessage)
	}
	buf := make([]byte, size+1) // so that the end is seen
	n, err := readAll(buf, resp.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: read reply: %w", ErrTransport, err)
	case n > MaxMessage:
		return nil, refuse(ErrTransport, "reply has more than %d bytes", MaxMessage)
	case n == 0:
		return nil, refuse(ErrTransport, "reply is empty")
	}
	return buf[:n:n], nil
}

// line is a connection that knows whether anything was written since an exchange
// began. It serves one exchange at a time.
type line struct {
	net.Conn
	mu      sync.Mutex
	written bool
	ended   bool
}

func (l *line) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = false
}

// end waits for a Write that is under way, allows none after it, and tells
// whether nothing was written. The connection must be closed or failing.
func (l *line) end() (unwritten bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	return !l.written
}

func (l *line) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return 0, net.ErrClosed
	}
	n, err := l.Conn.Write(b)
	if n > 0 {
		l.written = true
	}
	return n, err
}
