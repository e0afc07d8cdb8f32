package handshake

import (
	"context"
	"errors"
	"fmt"
)

// The refusals of this package, for use with [errors.Is]. Whoever gets one has
// no session, and neither end keeps anything of the message that was refused, but
// the responder the nonce of an Invitation that was signed as it should be.
var (
	// ErrMalformed says that a message is not in the one encoding there is for
	// it, is too long, or carries a key share that its suite cannot read.
	ErrMalformed = errors.New("handshake: malformed message")
	// ErrSuite says that a message names a suite that is unknown, not allowed
	// here, or not the one the handshake began with.
	ErrSuite = errors.New("handshake: suite refused")
	// ErrIdentity says that a message is for somebody else, from somebody who
	// is not the peer or not authorized, or one's own come back.
	ErrIdentity = errors.New("handshake: wrong identity")
	// ErrStale says that a message's timestamp is further from now than the
	// window allows, in the past or in the future; or that an Invitation is not
	// newer than the one whose handshake it would take the place of.
	ErrStale = errors.New("handshake: stale timestamp")
	// ErrPhase says that a message is not the one whose turn it is, or belongs
	// to no handshake that is under way: it may have timed out, or be over.
	ErrPhase = errors.New("handshake: message out of turn")
	// ErrSignature says that a signature does not verify: the message was
	// changed, or signed by another key, or is of another handshake.
	ErrSignature = errors.New("handshake: signature does not verify")
	// ErrReplay says that the sender used the message's nonce before.
	ErrReplay = errors.New("handshake: nonce replayed")
	// ErrLowOrder says that a key share forces an all-zero shared secret
	// (RFC 7748 §6.1).
	ErrLowOrder = errors.New("handshake: key share of low order")
	// ErrConfirm says that the peer signed the handshake and did not prove that
	// it derived the same keys.
	ErrConfirm = errors.New("handshake: key confirmation failed")
	// ErrBusy says that the responder has as many handshakes under way, or
	// remembers as many nonces, as it may.
	ErrBusy = errors.New("handshake: responder busy")
	// ErrRefused says that the handshake was good, and the responder's owner
	// did not take the session.
	ErrRefused = errors.New("handshake: session refused")
	// ErrTransport says that a message or its reply did not get through: a
	// connection was refused or reset, or the answer is none of a server of this
	// package. Time that ran out is told by the context's errors instead.
	ErrTransport = errors.New("handshake: message did not get through")
	// ErrParams says that a value given by this end's own program is wrong; the
	// text names it.
	ErrParams = errors.New("handshake: bad parameters")
)

// causes is the order in which Cause looks and Causes lists.
var causes = [...]struct {
	err  error
	word string
}{
	{ErrMalformed, "malformed"},
	{ErrSuite, "suite"},
	{ErrIdentity, "identity"},
	{ErrStale, "stale"},
	{ErrPhase, "phase"},
	{ErrSignature, "signature"},
	{ErrReplay, "replay"},
	{ErrLowOrder, "low_order"},
	{ErrConfirm, "confirm"},
	{ErrBusy, "busy"},
	{ErrRefused, "refused"},
	{ErrParams, "params"},
	{context.Canceled, "canceled"},
	{context.DeadlineExceeded, "timeout"},
	// Last, because an operation that a context ended may be told as a failure of
	// the network as well.
	{ErrTransport, "transport"},
}

// causeOther is the word for what is no error of this package, such as the failure
// of a transport from elsewhere.
const causeOther = "other"

// Cause returns one word for why a handshake failed, for counting: snake_case,
// one of [Causes], the same in every release. It returns "" for nil.
func Cause(err error) string {
	if err == nil {
		return ""
	}
	if i := causeIndex(err); i < len(causes) {
		return causes[i].word
	}
	return causeOther
}

// causeIndex returns the place in Causes of an error's word.
func causeIndex(err error) int {
	for i, c := range causes {
		if errors.Is(err, c.err) {
			return i
		}
	}
	return len(causes)
}

// Causes returns all words that [Cause] has for an error, in a fixed order. The
// slice is the caller's.
func Causes() []string {
	words := make([]string, 0, len(causes)+1)
	for _, c := range causes {
		words = append(words, c.word)
	}
	return append(words, causeOther)
}

// refuse adds to a sentinel what was wrong.
func refuse(sentinel error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", sentinel, fmt.Sprintf(format, args...))
}
