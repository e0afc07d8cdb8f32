package session

import (
	"errors"
	"fmt"
)

// The errors of this package, for use with [errors.Is].
var (
	// ErrClosed says that a handle's session has ended: by Close, Remove, a
	// limit, or the manager's end. It stays so, whatever became of the
	// storage since.
	ErrClosed = errors.New("session: closed")
	// ErrExpired is the ErrClosed of the call that found the session past one
	// of its limits and ended it. Later calls get ErrClosed alone.
	ErrExpired = fmt.Errorf("%w: a limit was reached", ErrClosed)
	// ErrAuth says that a message or a MAC is not authentic. Nothing about the
	// session changed, apart from its count of failures.
	ErrAuth = errors.New("session: message authentication failed")
	// ErrShort says that a sealed message is shorter than [Overhead].
	ErrShort = errors.New("session: sealed message too short")
	// ErrFull says that the manager holds MaxSessions already, those that are
	// being created included, even if they are about to be refused.
	ErrFull = errors.New("session: too many sessions")
	// ErrExists says that a live session has that id. Two sessions have the
	// same id only if they have the same seed and label.
	ErrExists = errors.New("session: id exists")
	// ErrNotFound says that no live session has that id or key id.
	ErrNotFound = errors.New("session: not found")
	// ErrBound says that a key id belongs to another live session.
	ErrBound = errors.New("session: key id is bound to another session")
	// ErrManagerClosed says that the manager was closed.
	ErrManagerClosed = errors.New("session: manager closed")
	// ErrParams says that an input has a wrong size or is missing; the text
	// tells which.
	ErrParams = errors.New("session: bad parameters")
	// ErrReplayed says that a nonce was seen before within the window.
	ErrReplayed = errors.New("session: nonce replayed")
	// ErrReplayFull says that the replay guard holds as many nonces as it
	// may, so that it cannot remember another one and has to refuse it.
	ErrReplayFull = errors.New("session: replay guard full")
)

func badParams(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrParams, fmt.Sprintf(format, args...))
}
