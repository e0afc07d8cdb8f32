package handshake

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// What a [Server] and a [Client] agree on, beyond HTTP/1.1 itself (RFC 9110,
// RFC 9112).
const (
	// HTTPPath is where a Server takes messages, each the body of a POST.
	HTTPPath = "/sagetop/handshake/1"
	// HTTPContentType is the media type of a message. It is none of those that a
	// web page may send to other sites unasked.
	HTTPContentType = "application/vnd.sagetop.handshake"
	// HTTPRefusedHeader is the field in which a refusal has the word of [Cause].
	HTTPRefusedHeader = "Sagetop-Refused"
)

// statuses is how refusals are told in HTTP. A refusal by the responder has the
// first status of its error; the others are for a message that did not get as
// far. What is not here is the server's own failure, 500. There is no 401: it
// would have to name a challenge (RFC 9110 §15.5.2).
var statuses = []struct {
	err    error
	status int
}{
	{ErrMalformed, http.StatusBadRequest},
	{ErrMalformed, http.StatusRequestEntityTooLarge},
	{ErrIdentity, http.StatusForbidden},
	{ErrSignature, http.StatusForbidden},
	{ErrConfirm, http.StatusForbidden},
	{ErrRefused, http.StatusForbidden},
	{ErrPhase, http.StatusConflict},
	{ErrReplay, http.StatusConflict},
	{ErrSuite, http.StatusUnprocessableEntity},
	{ErrStale, http.StatusUnprocessableEntity},
	{ErrLowOrder, http.StatusUnprocessableEntity},
	{ErrBusy, http.StatusServiceUnavailable},
	{ErrTransport, http.StatusBadRequest}, // the body was cut off
	{ErrTransport, http.StatusNotFound},
	{ErrTransport, http.StatusMethodNotAllowed},
	{ErrTransport, http.StatusRequestTimeout},
	{ErrTransport, http.StatusUnsupportedMediaType},
}

// statusOf returns the status for a responder's error.
func statusOf(err error) int {
	word := Cause(err)
	for _, s := range statuses {
		if Cause(s.err) == word {
			return s.status
		}
	}
	return http.StatusInternalServerError
}

// refusalOf returns the error that a status and a word stand for, or nil if a
// Server does not say the one with the other.
func refusalOf(status int, word string) error {
	for _, s := range statuses {
		if s.status == status && Cause(s.err) == word {
			return s.err
		}
	}
	return nil
}

// isMessage tells whether a header announces a message as it is, not encoded.
func isMessage(h http.Header) bool {
	if len(h["Content-Type"]) != 1 || len(h["Content-Encoding"]) > 0 {
		return false
	}
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && mediaType == HTTPContentType
}

// readAll reads all of r into buf and returns how much that is: len(buf) means
// that there may be more.
func readAll(buf []byte, r io.Reader) (int, error) {
	n := 0
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// maxLine bounds the text of a refusal, in bytes.
const maxLine = 200

// oneLine makes a text fit to be sent and shown: what comes from the network must
// not reach a terminal as it is.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.TrimSpace(text))
	return text[:min(len(text), maxLine)]
}
