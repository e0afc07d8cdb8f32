// Package handshake lets two identities agree on a session. An [Initiator] and
// a [Responder], each with an Ed25519 key pair, exchange four messages over a
// [Transport]; then both have a [Result] with the same seed and session id, from
// which each makes its end in a session manager. The package holds no sessions
// itself.
//
// # Protocol
//
//	phase       from → to               key share      confirmation
//	Invitation  initiator → responder
//	Request     initiator → responder   offer
//	Response    responder → initiator   answer         yes
//	Complete    initiator → responder                  yes
//
// Every message also has a version, the [Suite], the identities of its sender
// and of who is to read it, a context id that names the conversation, 16 random
// bytes as nonce, the time in nanoseconds, and a signature.
//
//   - A transcript hash (SHA-256) runs through all messages. It takes in each
//     message's head, confirmation and signature, in order; see the source for
//     the exact form. A signature covers the transcript up to itself: all of its
//     message and all of those before, and so both identities, the context id,
//     the suite, both key shares and all nonces.
//   - The suite turns offer and answer into the session seed. For [X25519] that
//     is SAGE's: [session.DeriveSeed] of the Diffie-Hellman secret, label
//     "a2a/handshake v1", context id and both shares.
//   - A confirmation is HMAC-SHA256 of the transcript up to it, under a key that
//     HKDF-Expand makes of the seed. It proves that the sender has the seed, not
//     only the signing key.
//
// The initiator has its result after a Response, and the responder after a
// Complete, that passes every check. Checks come in this order: form, identities,
// time, suite, turn, signature, then what changes anything.
//
// # What a hostile peer gets
//
// The network may read, change, drop, delay, repeat and make up messages, and
// one of the ends may be hostile to the other. Each of the sentinel errors is one
// kind of refusal, and [Cause] gives it a word. None of them leaves a session.
//
//   - Who can only send bytes can end no handshake of others: what is not
//     authentic changes nothing.
//   - A repeated Invitation is refused by its nonce, which is remembered for as
//     long as its timestamp is good. Later messages sign that nonce, so they fit
//     no other handshake. Even an Invitation and a Request that the responder
//     has forgotten, because it was started again or its clock set back, lead
//     to no session: Complete must sign the new Response.
//   - Handshakes that are begun and left are bounded in number and in time. A
//     full table answers [ErrBusy] before it verifies a signature. Where anybody
//     may be an initiator, strangers can keep it full: see
//     [ResponderConfig].Authorize and the limits there.
//   - There is nothing to negotiate. A suite that is not allowed is refused, and
//     all four messages sign the one that is used.
//   - Recorded messages do not give the session away to who steals the identity
//     keys later: the shares are fresh, and their secrets are kept by nobody.
//
// Identities and context ids are sent in the clear: who talks to whom is not
// hidden. Which keys to trust is the caller's knowledge.
//
// # Ownership
//
// A result is its receiver's, to be wiped when the session exists. The seed of a
// handshake under way, and what is derived from it, is wiped when it is over; at
// the responder also when it timed out, by whichever call comes next. The
// library's ephemeral private keys cannot be wiped and wait for the collector.
package handshake
