package handshake

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// FuzzClientAnswer: whatever a server says is a reply of at most MaxMessage bytes,
// no reply, or an error of this package that can be shown.
func FuzzClientAnswer(f *testing.F) {
	for _, c := range foreignAnswers {
		if len(c.answer) < 10_000 {
			f.Add([]byte(c.answer))
		}
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Type: " + HTTPContentType + "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 503 busy\r\nSagetop-Refused: busy\r\n\r\nhandshake: responder busy: 9 handshakes"))
	ours := []error{ErrTransport}
	for _, s := range statuses {
		ours = append(ours, s.err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), &http.Request{Method: http.MethodPost})
		if err != nil {
			return
		}
		reply, err := answer(resp)
		switch {
		case err == nil && len(reply) == 0:
			if resp.StatusCode != http.StatusNoContent {
				t.Fatalf("status %d is taken for success", resp.StatusCode)
			}
		case err == nil:
			if resp.StatusCode != http.StatusOK || len(reply) > MaxMessage {
				t.Fatalf("status %d with %d bytes is taken for a reply", resp.StatusCode, len(reply))
			}
		default:
			if reply != nil || !slices.ContainsFunc(ours, func(e error) bool { return errors.Is(err, e) }) {
				t.Fatalf("%d bytes with error %v", len(reply), err)
			}
			// What the library says of bad chunks quotes nothing.
			if text := err.Error(); oneLineOf(text) != text {
				t.Fatalf("error text %q", text)
			}
		}
	})
}

// oneLineOf is oneLine without its limit.
func oneLineOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}

// FuzzServerHandler: whatever a client sends is answered with a status of the
// table, with a word exactly if it is a refusal; and no session comes of it.
func FuzzServerHandler(f *testing.F) {
	responder, err := NewResponder(ResponderConfig{Identity: NewIdentity(), MaxPending: 4})
	if err != nil {
		f.Fatal(err)
	}
	server, err := NewServer(ServerConfig{Responder: responder, Accept: func(*Result) error {
		panic("a session from bytes that nobody signed")
	}})
	if err != nil {
		f.Fatal(err)
	}
	for _, suite := range Suites() {
		for _, raw := range goodRun(f, suite).messages {
			f.Add([]byte(post(raw)))
			f.Add([]byte(post(raw, "Content-Type: text/plain")))
			f.Add([]byte(strings.Replace(post(raw), "POST", "GET", 1)))
		}
	}
	f.Add([]byte(post(make([]byte, MaxMessage+1))))
	f.Add([]byte("POST " + HTTPPath + " HTTP/1.1\r\nHost: a\r\nContent-Type: " + HTTPContentType + "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		word := w.Header().Get(HTTPRefusedHeader)
		if refusalOf(w.Code, word) == nil {
			t.Fatalf("status %d with word %q", w.Code, word)
		}
		if _, err := answer(w.Result()); Cause(err) != word {
			t.Fatalf("status %d with word %q is read as %v", w.Code, word, err)
		}
	})
}
