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
//   - The suite turns offer and answer into the session seed: see below.
//   - A confirmation is HMAC-SHA256 of the transcript up to it, under a key that
//     HKDF-Expand makes of the seed. It proves that the sender has the seed, not
//     only the signing key.
//
// The initiator has its result after a Response, and the responder after a
// Complete, that passes every check. Checks come in this order: form, identities,
// time, suite, turn, signature, then what changes anything.
//
// # Suites
//
//	suite     offer    answer   label of sessions   bytes on the wire
//	x25519    32 B     32 B     a2a/handshake v1    164 +  198 +  230 + 196 =  788
//	hpke      32 B     32 B     sagetop/hpke v1     164 +  198 +  230 + 196 =  788
//	hybrid    1216 B   1120 B   sagetop/hybrid v1   164 + 1382 + 1318 + 196 = 3060
//
// The bytes are those of the four messages under a context id of eight characters;
// each further one adds a byte to each message.
//
//   - For [X25519] the seed is SAGE's: [session.DeriveSeed] of the Diffie-Hellman
//     secret, label, context id and both shares.
//   - For [HPKE] and [Hybrid] the offer is an ephemeral public key, and the answer
//     is what the responder encapsulates to it. The seed is exported from that
//     context of RFC 9180, mode base, AEAD export only. Its info is the suite and
//     the transcript of Invitation and Request: ends that do not agree on who they
//     are, on the context id, the suite, a nonce or the offer have different seeds.
//     Hybrid is X-Wing, an ML-KEM-768 key before an X25519 one: breaking one of the
//     two is not enough.
//
// Base mode authenticates nobody: it makes a secret between who has the private
// key of an offer and who answered it, whoever they are. What says who they are is
// the same for all suites: each signs the transcript with both shares in it, and
// before a session is given out each has proved, by its confirmation, that it came
// to the same seed. Where ML-KEM meets a changed ciphertext it makes another
// secret and no error, and that is where it shows.
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
//   - Handshakes that are begun and left are bounded in time, in number, and in
//     number for each initiator; so are the nonces that are remembered, of all and
//     of each. A full table answers [ErrBusy] before it verifies a signature; an
//     initiator's share of the table and of the nonces is looked at afterwards, when
//     it is known who he is. So nobody can use up another's share with messages of
//     his own, and one initiator cannot keep the others out. Where anybody may be
//     an initiator, strangers are many: see [ResponderConfig].Authorize and the
//     limits there.
//   - Who holds an Invitation back, or saw one that was refused because the table or
//     the memory for nonces was full, can deliver it later: once, and while its
//     timestamp is good. It takes a place and a nonce of its initiator's share, and
//     leads to no session. It ends no handshake that began later: an Invitation that
//     is not newer than the one whose place it would take is refused with [ErrStale].
//   - Strangers can ask whether somebody has a handshake under way under a context
//     id that they know: a Request in his name is out of turn if not, and its
//     signature does not verify if so. Who is told which of the two is wrong can
//     mend it; and who sees the messages sees as much. How many he has under way is
//     told to nobody else.
//   - A share of low order, which would make a secret that everybody knows, is
//     refused, the X25519 half of a hybrid one too.
//   - There is nothing to negotiate, and so nothing to downgrade. A suite that is
//     not allowed is refused, and all four messages sign the one that is used.
//   - Recorded messages do not give the session away to who steals the identity
//     keys later: the shares are fresh, and their secrets are kept by nobody. With
//     Hybrid that holds against who has a quantum computer later, too. Signatures
//     are Ed25519 in every suite, which such a computer forges from then on.
//   - Each refusal is counted by its cause: see [Responder.Counters], and
//     [Server.Counters] for what did not get as far as a responder.
//
// Identities and context ids are sent in the clear: who talks to whom is not
// hidden. Which keys to trust is the caller's knowledge.
//
// # Ownership
//
// A result is its receiver's, to be wiped when the session exists. The seed of a
// handshake under way, and what is derived from it, is wiped when it is over; at
// the responder also when it timed out, at that time, by a timer. The library's
// ephemeral private keys and HPKE contexts cannot be wiped and wait for the
// collector.
package handshake
