package handshake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestNewServerRefuses(t *testing.T) {
	responder, err := NewResponder(ResponderConfig{Identity: NewIdentity()})
	if err != nil {
		t.Fatal(err)
	}
	accept := func(*Result) error { return nil }
	for _, c := range []struct {
		name string
		cfg  ServerConfig
		text string
	}{
		{"no responder", ServerConfig{Accept: accept}, "Responder is not set"},
		{"no accept", ServerConfig{Responder: responder}, "Accept is not set"},
		{"conns", ServerConfig{Responder: responder, Accept: accept, MaxConns: -1}, "MaxConns -1 is negative"},
		{"header", ServerConfig{Responder: responder, Accept: accept, HeaderTimeout: -1}, "HeaderTimeout -1ns is negative"},
		{"body", ServerConfig{Responder: responder, Accept: accept, BodyTimeout: -1}, "BodyTimeout -1ns is negative"},
		{"write", ServerConfig{Responder: responder, Accept: accept, WriteTimeout: -1}, "WriteTimeout -1ns is negative"},
		{"idle", ServerConfig{Responder: responder, Accept: accept, IdleTimeout: -1}, "IdleTimeout -1ns is negative"},
		{"header bytes", ServerConfig{Responder: responder, Accept: accept, MaxHeaderBytes: -1}, "MaxHeaderBytes -1 is negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := NewServer(c.cfg)
			if s != nil || !errors.Is(err, ErrParams) || !strings.HasSuffix(err.Error(), ": "+c.text) {
				t.Errorf("server %v, error %v, want ErrParams with %q", s, err, c.text)
			}
		})
	}
}

// TestEveryRefusalHasAStatus holds the table of statuses to the list of causes.
func TestEveryRefusalHasAStatus(t *testing.T) {
	own := []error{ErrParams, ErrTransport, context.Canceled, context.DeadlineExceeded}
	for _, c := range causes {
		status := statusOf(refuse(c.err, "detail"))
		ours := false
		for _, err := range own {
			ours = ours || errors.Is(c.err, err)
		}
		switch {
		case ours: // is of this end's making, or told by the status alone
		case status == http.StatusInternalServerError:
			t.Errorf("%q is told as the server's own failure", c.word)
		case !errors.Is(refusalOf(status, c.word), c.err):
			t.Errorf("%q does not come back from status %d", c.word, status)
		}
	}
	for i, s := range statuses {
		for _, before := range statuses[:i] {
			if s == before {
				t.Errorf("%d %v is there twice", s.status, s.err)
			}
		}
	}
}

// httpRefusals are messages that a responder refuses, one for each cause.
var httpRefusals = []struct {
	name   string
	cfg    ResponderConfig
	make   func(t *testing.T, p *pair) []byte
	status int
	want   error
}{
	{"noise", ResponderConfig{}, func(*testing.T, *pair) []byte {
		return []byte("hello?")
	}, 400, ErrMalformed},
	{"nothing", ResponderConfig{}, func(*testing.T, *pair) []byte { return nil }, 400, ErrMalformed},
	{"unknown suite", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		return p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.suite = 99 })
	}, 422, ErrSuite},
	{"for somebody else", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		return p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.to[0] ^= 1 })
	}, 403, ErrIdentity},
	{"old", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		return p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.sent = 0 })
	}, 422, ErrStale},
	{"uninvited", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		return p.begin(t, "c").mustRequest(t)
	}, 409, ErrPhase},
	{"changed", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		msg := p.begin(t, "c").invitation(nil)
		msg[len(msg)-1] ^= 1
		return msg
	}, 403, ErrSignature},
	{"again", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		msg := p.begin(t, "c").invitation(nil)
		p.handle(t, msg)
		return msg
	}, 409, ErrReplay},
	{"zero share", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		return p.invited(t, "c").forge(Request, make([]byte, 32), nil)
	}, 422, ErrLowOrder},
	{"without the key", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		x := p.answered(t, "c")
		x.confirm[0] ^= 1
		return x.complete(nil)
	}, 403, ErrConfirm},
	{"one too many", ResponderConfig{MaxPending: 1}, func(t *testing.T, p *pair) []byte {
		p.invited(t, "c")
		return p.begin(t, "d").invitation(nil)
	}, 503, ErrBusy},
	{"owner says no", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		return p.answered(t, "c").complete(nil)
	}, 403, ErrRefused},
	{"responder fails", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
		withTestSuite(t, &testKEM{share: 1, err: errSecret})
		p.responder.cfg.Suites = Suites()
		p.initiator.Suite = testSuite
		return p.invited(t, "c").forge(Request, []byte{1}, nil)
	}, 500, ErrTransport},
}

// errSecret is of the responder's owner, and nobody else's business.
var errSecret = errors.New("database password is hunter2")

// TestServerRefuses delivers each refused message to the handler: the status and
// the word are right, and a client makes the error of them again.
func TestServerRefuses(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range httpRefusals {
		seen[Cause(c.want)] = true
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, c.cfg)
			var kept *Result
			server, err := NewServer(ServerConfig{Responder: p.responder, Accept: func(r *Result) error {
				kept = r
				return errSecret
			}})
			if err != nil {
				t.Fatal(err)
			}
			recorded := record(server, c.make(t, p))
			resp := recorded.Result()
			if resp.StatusCode != c.status {
				t.Errorf("status %d, want %d", resp.StatusCode, c.status)
			}
			word := Cause(c.want)
			if c.status == http.StatusInternalServerError {
				word = causeOther
			}
			if got := resp.Header.Get(HTTPRefusedHeader); got != word {
				t.Errorf("word %q, want %q", got, word)
			}
			if got := resp.Header.Get("Retry-After"); (got != "") != (c.status == 503) {
				t.Errorf("Retry-After %q with status %d", got, c.status)
			}
			if resp.Header.Get("Connection") != "close" {
				t.Error("connection is kept")
			}
			if n := server.Counters(); n.Taken != 0 || n.Refused.Of(word) != 1 || n.Refused.Total() != 1 {
				t.Errorf("counted %+v, want one %q", n, word)
			}
			text := recorded.Body.String()
			if strings.Contains(text, "hunter2") || strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "handshake: ") {
				t.Errorf("text %q", text)
			}
			reply, err := answer(resp)
			if reply != nil || !errors.Is(err, c.want) || Cause(err) != Cause(c.want) {
				t.Errorf("reply of %d bytes, error %v, want %v", len(reply), err, c.want)
			}
			if kept != nil && kept.Seed != (seed{}) {
				t.Error("seed is there after Accept returned")
			}
		})
	}
	for _, s := range statuses {
		if !seen[Cause(s.err)] {
			t.Errorf("no message is refused with %v", s.err)
		}
	}
}

// record gives a handler a message without a network.
func record(h http.Handler, msg []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, HTTPPath, bytes.NewReader(msg))
	r.Header.Set("Content-Type", HTTPContentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestServerTakesOnlyMessages sends requests that carry none.
func TestServerTakesOnlyMessages(t *testing.T) {
	p := newPair(t, ResponderConfig{})
	server, err := NewServer(ServerConfig{Responder: p.responder, Accept: func(*Result) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	msg := string(p.begin(t, "c").invitation(nil))
	for _, c := range []struct {
		name         string
		method, path string
		body         io.Reader
		header       http.Header
		status       int
		word         string
	}{
		{name: "get", method: "GET", status: 405, word: "transport"},
		{name: "head", method: "HEAD", status: 405, word: "transport"},
		{name: "put", method: "PUT", status: 405, word: "transport"},
		{name: "options", method: "OPTIONS", status: 405, word: "transport"},
		{name: "unknown method", method: "BREW", status: 405, word: "transport"},
		{name: "other path", path: "/", status: 404, word: "transport"},
		{name: "below the path", path: HTTPPath + "/x", status: 404, word: "transport"},
		{name: "other path by get", method: "GET", path: "/favicon.ico", status: 404, word: "transport"},
		{name: "no type", header: http.Header{}, status: 415, word: "transport"},
		{name: "form", header: http.Header{"Content-Type": {"text/plain"}}, status: 415, word: "transport"},
		{name: "bad type", header: http.Header{"Content-Type": {HTTPContentType + "; ="}}, status: 415, word: "transport"},
		{name: "two types", header: http.Header{"Content-Type": {HTTPContentType, "text/plain"}}, status: 415, word: "transport"},
		{name: "compressed", header: http.Header{"Content-Type": {HTTPContentType}, "Content-Encoding": {"gzip"}}, status: 415, word: "transport"},
		{name: "said to be too long", body: bytes.NewReader(make([]byte, MaxMessage+1)), status: 413, word: "malformed"},
		{name: "too long", body: io.MultiReader(bytes.NewReader(make([]byte, MaxMessage+1))), status: 413, word: "malformed"},
		{name: "as long as can be", body: io.MultiReader(bytes.NewReader(make([]byte, MaxMessage))), status: 400, word: "malformed"},
		{name: "cut off", body: io.MultiReader(strings.NewReader(msg), failing{}), status: 400, word: "transport"},
		{name: "type in capitals with a parameter", header: http.Header{"Content-Type": {strings.ToUpper(HTTPContentType) + "; v=1"}}, status: 204},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.method == "" {
				c.method = "POST"
			}
			if c.path == "" {
				c.path = HTTPPath
			}
			if c.body == nil {
				c.body = strings.NewReader(msg)
			}
			if c.header == nil {
				c.header = http.Header{"Content-Type": {HTTPContentType}}
			}
			r := httptest.NewRequest(c.method, c.path, c.body)
			r.Header = c.header
			w := httptest.NewRecorder()
			before := server.Counters()
			server.ServeHTTP(w, r)
			want := before
			if c.word == "" {
				want.Taken++
			} else {
				want.Refused[slices.Index(Causes(), c.word)]++
			}
			if got := server.Counters(); got != want {
				t.Errorf("counted %+v, then %+v", before, got)
			}
			if w.Code != c.status || w.Header().Get(HTTPRefusedHeader) != c.word {
				t.Errorf("status %d, word %q, want %d, %q", w.Code, w.Header().Get(HTTPRefusedHeader), c.status, c.word)
			}
			if got := w.Header().Get("Allow"); (got == "POST") != (c.status == 405) {
				t.Errorf("Allow %q with status %d", got, c.status)
			}
			if closed := w.Header().Get("Connection") == "close"; closed != (c.word != "") {
				t.Errorf("connection is closed: %t", closed)
			}
			if c.word == "transport" {
				if _, err := answer(w.Result()); !errors.Is(err, ErrTransport) {
					t.Errorf("error %v, want ErrTransport", err)
				}
			}
		})
	}
	p.pending(t, 1)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What Accept was given is worth nothing any more when the initiator has its
// reply, whether Accept took it or not.
func TestServerWipesResults(t *testing.T) {
	for name, verdict := range map[string]error{"taken": nil, "not taken": errors.New("no room")} {
		t.Run(name, func(t *testing.T) {
			l, err := Listen("")
			if err != nil {
				t.Fatal(err)
			}
			var kept *Result
			var seen seed
			p := newPairOver(t, l, ResponderConfig{}, ServerConfig{Accept: func(r *Result) error {
				kept, seen = r, r.Seed
				return verdict
			}}, ClientConfig{})
			result, _, err := p.initiator.Run(t.Context(), p.client, p.responder.Public(), "")
			if (verdict == nil) != (err == nil) || verdict != nil && !errors.Is(err, ErrRefused) {
				t.Fatalf("error %v", err)
			}
			if seen == (seed{}) || verdict == nil && result.Seed != seen {
				t.Error("Accept was given another seed")
			}
			if kept.Seed != (seed{}) {
				t.Error("the result was not wiped")
			}
		})
	}
}
