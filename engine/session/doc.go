// Package session creates, finds, uses and drops secure sessions: the two ends
// of a conversation that agreed on a secret seal messages for each other until
// one closes the session or a limit ends it. It is the part of sagetop that is
// being measured, and a service can use it without the rest: it imports nothing
// of the project, starts at most one goroutine a [Manager], and writes no logs.
//
// A Manager owns the sessions of one party. [Manager.Create] derives a
// session's six keys from a seed (see [DeriveSeed] for how a handshake gets
// one) and returns a [Session], a small handle, with which messages are sealed
// and opened, and signed and verified. [Manager.Get] finds it again by its id,
// [Manager.GetByKeyID] by a name that was bound to it. A [ReplayGuard] beside it
// tells whether a nonce was seen before. The keys, the wire format and the ids
// are those of the SAGE project, byte for byte: HKDF-SHA256 (RFC 5869) with the
// id as salt, ChaCha20-Poly1305 (RFC 8439) with a random nonce in front,
// HMAC-SHA256 (RFC 2104).
//
// # Threats
//
// The package defends against a peer, or somebody between the peers, who sends
// anything at any time: what is not authentic is refused before it changes
// anything, in constant time as far as the library's primitives are; ids are
// spread over the table by a secret hash, so that nobody can aim at one place of
// it; the number of sessions, of key ids and of remembered nonces is bounded, and
// beyond a bound there is an error, never a process out of memory. It defends
// against mistakes of the program that uses it: a handle kept too long, closed
// twice, or used by several goroutines reaches no session but its own. And it
// keeps keys no longer than sessions live, for whoever comes to see the memory
// later: see below.
//
// It does not hide how many sessions there are or how long messages are; it does
// not order messages or notice a missing one; whether a message came before is
// for the ReplayGuard, if the caller asks it. Who the peer is was for the
// handshake to find out. Somebody who reads the process's memory while a session
// lives has its keys.
//
// # Ownership
//
// The manager owns all storage. A handle is a value that can be copied, kept
// and compared; it names one session and no other. When that session has ended,
// by Close, Remove, a limit or the manager's Close, the handle gets [ErrClosed],
// also when the storage meanwhile serves another session: each operation
// compares the handle's generation with the slot's, under the slot's lock.
// Nobody else holds a reference to storage, so none can be left over when it goes
// back to the pool. Input slices are only read, and not kept. Output goes into a
// buffer of the caller, append-style.
//
// All methods may be called from any goroutine. Operations on one session run one
// at a time, those on different sessions side by side; no cryptography runs under
// a lock that sessions share, and [Manager.Get] takes no lock as a rule.
//
// # Limits
//
// A session ends by its age, by the time since it was last used, or with its last
// message ([Limits]). Each limit holds to the nanosecond: the first operation at it
// or later ends the session and gets [ErrExpired], those after it [ErrClosed], and
// lookups do not find it. ([Session.Info] and [Session.ID] only look.) Sessions that
// nobody asks for any more are collected by [Manager.Sweep], which a goroutine of
// the manager calls from time to time, and which costs what expired and not what
// lives: it looks again at a session that is in use once every idle time, and at
// one that is not, not at all.
//
// # Errors
//
// The errors of managers, sessions and guards are, by [errors.Is], one of the
// package's variables each, but for what the library says where it refuses its
// cipher (see [NewManager]). After an error nothing has changed, but for the
// counters, and for a session that was past a limit, which has ended. A result
// buffer is returned as it was. Buffers that overlap are a mistake in the program,
// and [Session.Seal] and [Session.Open] panic.
//
// # Optimizations
//
// [Optimizations] are switches that can be changed while the manager works, for
// the sessions created from then on. Without any of them the package does what
// SAGE did before it was optimized; [Tuned] is what a service wants: a session
// whose storage comes from the pool is created, used and closed without an
// allocation. Two ends must agree on SingleHKDF, which changes the keys; all
// other switches are nobody else's business.
//
// # What remains of a key
//
// With ReusableHash (and so with Tuned), and in a build without the tag
// sagetop_safe:
//
//   - When Close, Remove, or the operation or sweep that found a session past its
//     limit, returns, nothing of the session's secrets is left in memory that the
//     package or the library used for it: not the six keys, their copies in the
//     cipher objects, the padded MAC keys or the hash states behind them, the
//     seed, the pseudorandom key, or any intermediate hash of the derivation.
//     Storage in the pool holds zeroes. A test searches all memory of a process
//     for what is left of ended sessions.
//   - While a session lives, its keys are in memory, with their copies in two
//     ciphers and, once it has signed or verified, two hash states a MAC key; but
//     not the seed they came from, and nothing of it on stacks: what the library
//     used is cleared after each operation, to a depth that its optimized code on
//     amd64 does not exceed.
//   - The caller's copy of the seed is the caller's to wipe; so are results of
//     [DeriveSeed] and [DeriveKeys].
//
// [Audit] looks at what of this, and of the rules for handles, can be seen from
// within any program.
//
// Only after a collection, and then only once the runtime uses the memory again,
// is it gone where the library allocates for each call: HKDF and HMAC state while
// ReusableHash is off, and the cipher objects of a build with the tag
// sagetop_safe, or with a library whose layout is not the one this package knows.
// That these copies are unreachable does not clear them.
//
// Only with GOEXPERIMENT=runtimesecret, for a caller who wraps operations in
// [runtime/secret.Do]: what the library left on the heap is cleared when it is
// collected, and registers, and stacks that the runtime moved in the middle of an
// operation, are cleared too.
//
// Not at all: registers that the runtime saved when it preempted a goroutine in
// the middle of an operation, or the kernel when it delivered a signal; a stack
// that a collection shrank at that moment; pages that were swapped out, and core
// dumps.
package session
