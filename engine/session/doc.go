// Package session creates, finds, uses and drops secure sessions: the two ends
// of a conversation that agreed on a secret seal messages for each other until
// one closes the session or a limit ends it. It is the part of sagetop that is
// being measured, and it can be used without the rest.
//
// A [Manager] owns the sessions of one party. [Manager.Create] derives a
// session's six keys from a seed (see [DeriveSeed] for how a handshake gets
// one) and returns a [Session], a small handle. The keys, the wire format and
// the ids are those of the SAGE project, byte for byte: HKDF-SHA256 (RFC 5869)
// with the id as salt, ChaCha20-Poly1305 (RFC 8439) with a random nonce in
// front, HMAC-SHA256 (RFC 2104).
//
// # Ownership
//
// The manager owns all storage. A handle is a value that can be copied, kept
// and compared; it names one session and no other. When that session has ended,
// by Close, Remove, a limit or the manager's Close, the handle gets [ErrClosed],
// also when the storage meanwhile serves another session: each operation
// compares the handle's generation with the slot's, under the slot's lock.
// Output goes into a buffer of the caller, append-style.
//
// # Optimizations
//
// [Optimizations] are switches that can be changed while the manager works, for
// the sessions created from then on. Without any of them the package does what
// SAGE did before it was optimized. Two ends must agree on SingleHKDF, which
// changes the keys; all other switches are nobody else's business.
//
// # What is wiped, and when
//
// When a session has ended, before the call that ended it returns: the six
// keys, and the copies of two of them inside the cipher objects (where the
// library's layout is the one this package knows, see the build tag
// sagetop_safe; elsewhere those copies wait for the collector). Between uses,
// what the reusable hash kept. Not wiped, because the library owns it: the
// state of library HKDF and HMAC, used while ReusableHash is off, and what the
// processor's registers or the stack held for a moment.
package session
