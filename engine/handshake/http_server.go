package handshake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// What a [ServerConfig] means where it says nothing.
const (
	DefaultMaxConns       = 1024
	DefaultHeaderTimeout  = 10 * time.Second
	DefaultBodyTimeout    = 5 * time.Second
	DefaultWriteTimeout   = 5 * time.Second
	DefaultIdleTimeout    = time.Minute
	DefaultMaxHeaderBytes = 8 << 10
)

// ServerConfig is how a [Server] is to be. A field that is zero has its default;
// Responder and Accept have none.
type ServerConfig struct {
	Responder *Responder
	// Accept is given the responder's result of each completed handshake, from
	// any goroutine and before the initiator has its reply. The result is wiped
	// when Accept returns: Accept makes the session. Its error is the initiator's
	// [ErrRefused], and its text is not sent.
	Accept func(*Result) error

	// BodyTimeout is how long a message may take to arrive once its header has.
	BodyTimeout time.Duration
	// WriteTimeout is how long a reply may take to be taken.
	WriteTimeout time.Duration

	// The rest holds for Serve only. Where the Server is a handler of somebody
	// else's, these are that server's business.

	// MaxConns is how many connections are served at once, of all listeners
	// together. Idle ones count. One more of each listener waits for its turn, and
	// those that come then with the operating system.
	MaxConns int
	// HeaderTimeout is how long a header may take to arrive, and the first also
	// to begin.
	HeaderTimeout time.Duration
	// IdleTimeout is how long a connection is kept between two messages. It
	// should be longer than the clients'.
	IdleTimeout time.Duration
	// MaxHeaderBytes bounds a request's header; the library adds 4096.
	MaxHeaderBytes int
	// ErrorLog is told of panics in Accept and of failures to accept connections.
	// Nil is the log package's standard logger.
	ErrorLog *log.Logger
}

// Server offers a [Responder]'s handshakes over HTTP/1.1. It takes a message as
// the body of a POST with [HTTPContentType] to [HTTPPath]. The answer is 200 with
// the Response to a Request, and 204 to an Invitation and a Complete. A refusal
// has the word of [Cause] in the field [HTTPRefusedHeader], one line of text, and
// its status:
//
//	400 malformed; or the body was cut off
//	403 signature, identity, confirm, refused
//	409 phase, replay
//	413 malformed: longer than MaxMessage
//	422 suite, stale, low_order
//	503 busy, with Retry-After
//	404, 405, 408, 415 transport: what the status says, and no message was read
//	500 other: the server's own failure
//
// What is not HTTP is answered as the library does.
//
// After a refusal the connection is closed: who was refused and goes on has to
// connect again, which costs a good client little, and ends with the limits on time
// what one connection may take up without a message that is taken. Many connections
// from many addresses can still take up all of MaxConns, for the time of a header
// and a body each; and who is let in can keep one open by beginning a handshake in
// each IdleTimeout. Bounds by address are for what stands in front of a Server.
//
// A Server is an [http.Handler], with the limits on body and time in force in
// anybody's server; or it serves a listener itself. Its methods may be called
// from any goroutine.
type Server struct {
	cfg     ServerConfig
	http    http.Server
	taken   atomic.Uint64
	refused [len(Refusals{})]atomic.Uint64

	open chan struct{} // has an element for each connection that is served

	mu      sync.Mutex
	unused  map[net.Conn]struct{} // connections from which no request came yet
	closing bool
}

// NewServer returns a server, or [ErrParams].
func NewServer(cfg ServerConfig) (*Server, error) {
	switch {
	case cfg.Responder == nil:
		return nil, refuse(ErrParams, "Responder is not set")
	case cfg.Accept == nil:
		return nil, refuse(ErrParams, "Accept is not set")
	}
	if err := cmp.Or(
		orDefault("BodyTimeout", &cfg.BodyTimeout, DefaultBodyTimeout),
		orDefault("WriteTimeout", &cfg.WriteTimeout, DefaultWriteTimeout),
		orDefault("MaxConns", &cfg.MaxConns, DefaultMaxConns),
		orDefault("HeaderTimeout", &cfg.HeaderTimeout, DefaultHeaderTimeout),
		orDefault("IdleTimeout", &cfg.IdleTimeout, DefaultIdleTimeout),
		orDefault("MaxHeaderBytes", &cfg.MaxHeaderBytes, DefaultMaxHeaderBytes),
	); err != nil {
		return nil, err
	}
	s := &Server{
		cfg:    cfg,
		open:   make(chan struct{}, cfg.MaxConns),
		unused: make(map[net.Conn]struct{}),
	}
	s.http = http.Server{
		Handler:                      s,
		Protocols:                    http1(),
		DisableGeneralOptionsHandler: true, // there is one method
		ReadHeaderTimeout:            cfg.HeaderTimeout,
		WriteTimeout:                 cfg.BodyTimeout + min(cfg.WriteTimeout, math.MaxInt64-cfg.BodyTimeout), // of what the library answers itself
		IdleTimeout:                  cfg.IdleTimeout,
		MaxHeaderBytes:               cfg.MaxHeaderBytes,
		ErrorLog:                     cfg.ErrorLog,
		ConnState:                    s.connState,
	}
	return s, nil
}

// Counters returns the server's counts as they are now.
func (s *Server) Counters() ServerCounters {
	now := ServerCounters{Taken: s.taken.Load()}
	for i := range s.refused {
		now.Refused[i] = s.refused[i].Load()
	}
	return now
}

func http1() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	return &p
}

// Serve answers what comes over l, until Shutdown or Close, which it returns nil
// after; or until l fails. It closes l. It may serve several listeners at once.
func (s *Server) Serve(l net.Listener) error {
	err := s.http.Serve(limit(l, s.open))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("handshake: serve: %w", err)
}

// Shutdown ends Serve without ending an exchange: it takes no more connections,
// closes those on which no exchange is under way, waits for the others, and
// returns. A handshake that is between two messages does not go on. If ctx ends
// first, Shutdown closes all connections, as Close, and says so in an error that
// wraps ctx's.
func (s *Server) Shutdown(ctx context.Context) error {
	s.dropUnused()
	err := s.http.Shutdown(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		_ = s.http.Close() // why it came to this is the better error
		return fmt.Errorf("handshake: shut down: connections closed with exchanges under way: %w", err)
	}
	if err != nil {
		return fmt.Errorf("handshake: shut down: %w", err)
	}
	return nil
}

// Close ends Serve and closes all connections. It does not wait for what is in
// Accept.
func (s *Server) Close() error {
	s.dropUnused()
	if err := s.http.Close(); err != nil {
		return fmt.Errorf("handshake: close: %w", err)
	}
	return nil
}

// connState keeps the list of unused connections. The library's Shutdown waits
// five seconds for one; clients open them in advance, and leave them.
func (s *Server) connState(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.unused, c)
	case s.closing:
		_ = c.Close() // nothing was said on it
	default:
		s.unused[c] = struct{}{}
	}
}

func (s *Server) dropUnused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	for c := range s.unused {
		_ = c.Close() // nothing was said on it
	}
	clear(s.unused)
}

// body has room for a message and for one byte by which it is too long. Messages
// are public, so it is not cleared.
type body [MaxMessage + 1]byte

var bodies = sync.Pool{New: func() any { return new(body) }}

// ServeHTTP answers one message.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Not every ResponseWriter has deadlines; one that has none is not from a
	// network.
	limits := http.NewResponseController(w)
	_ = limits.SetReadDeadline(time.Now().Add(s.cfg.BodyTimeout))
	buf := bodies.Get().(*body)
	defer bodies.Put(buf)
	msg, status, err := receive(r, buf)
	var reply []byte
	if err == nil {
		reply, err = s.exchange(msg)
		status = statusOf(err)
	}
	_ = limits.SetWriteDeadline(time.Now().Add(s.cfg.WriteTimeout))
	if err != nil {
		s.refuse(w, status, err)
		return
	}
	s.taken.Add(1)
	switch {
	case len(reply) == 0:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", HTTPContentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(reply)))
		_, _ = w.Write(reply) // an initiator that is gone has its pending handshake time out
	}
}

// receive reads the message of a request. If there is none it returns the status
// and the error that say so.
func receive(r *http.Request, buf *body) (msg []byte, status int, err error) {
	switch {
	case r.URL.Path != HTTPPath:
		return nil, http.StatusNotFound, refuse(ErrTransport, "messages go to %s", HTTPPath)
	case r.Method != http.MethodPost:
		return nil, http.StatusMethodNotAllowed, refuse(ErrTransport, "messages are sent by POST")
	case !isMessage(r.Header):
		return nil, http.StatusUnsupportedMediaType, refuse(ErrTransport, "messages are %s", HTTPContentType)
	case r.ContentLength > MaxMessage:
		return nil, http.StatusRequestEntityTooLarge, refuse(ErrMalformed, "%d bytes, more than %d", r.ContentLength, MaxMessage)
	}
	n, err := readAll(buf[:], r.Body)
	switch {
	case n > MaxMessage:
		return nil, http.StatusRequestEntityTooLarge, refuse(ErrMalformed, "more than %d bytes", MaxMessage)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, http.StatusRequestTimeout, refuse(ErrTransport, "body did not arrive in time")
	case err != nil:
		return nil, http.StatusBadRequest, refuse(ErrTransport, "body did not arrive whole")
	}
	return buf[:n], http.StatusOK, nil
}

// exchange has the responder take a message, and its owner the result.
func (s *Server) exchange(msg []byte) ([]byte, error) {
	reply, result, err := s.cfg.Responder.Handle(msg)
	if err != nil || result == nil {
		return reply, err
	}
	defer result.Wipe()
	if err := s.cfg.Accept(result); err != nil {
		return nil, ErrRefused // the owner's reasons are not for strangers
	}
	return nil, nil
}

// refuse writes a refusal, and counts it before anybody has it.
func (s *Server) refuse(w http.ResponseWriter, status int, err error) {
	cause := causeIndex(err)
	text := oneLine(err.Error())
	h := w.Header()
	switch status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1") // a handshake under way ends at any moment
	case http.StatusInternalServerError:
		cause = len(causes)
		text = "handshake: responder failed" // how is its owner's business
	}
	s.refused[cause].Add(1)
	h.Set(HTTPRefusedHeader, Causes()[cause])
	h.Set("Content-Type", "text/plain; charset=utf-8")
	// Who sends what is refused takes up no connection for longer; and what is left
	// of a body is not worth waiting for.
	h.Set("Connection", "close")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // whoever does not listen is told nothing
}
