package handshake

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
)

// What separates the uses of hash, signature and key from each other and from
// those of anything else that has the same keys.
const (
	transcriptDomain = "sagetop handshake/1 transcript"
	signatureDomain  = "sagetop handshake/1 signature"
	confirmInfo      = "sagetop handshake/1 confirmation"
)

// transcript is a hash of everything both ends have said so far. Each message
// adds its parts, one by one: its head, its confirmation if it has one, its
// signature. A part is hashed together with the transcript before it, so equal
// transcripts mean equal parts in equal order.
type transcript [sha256.Size]byte

// emptyTranscript is where every handshake begins.
var emptyTranscript = transcript(sha256.Sum256([]byte(transcriptDomain)))

// with returns the transcript with one more part.
func (t transcript) with(part []byte) transcript {
	h := sha256.New()
	h.Write(t[:])
	h.Write(part)
	h.Sum(t[:0])
	return t
}

// toSign is what a signature covers: everything up to it.
func (t transcript) toSign() [len(signatureDomain) + sha256.Size]byte {
	var b [len(signatureDomain) + sha256.Size]byte
	copy(b[copy(b[:], signatureDomain):], t[:])
	return b
}

// confirmKey is the key of both ends' confirmations. They differ because the
// transcripts do.
type confirmKey [sha256.Size]byte

// newConfirmKey derives the key from a session seed: HKDF-Expand (RFC 5869 §2.3)
// of one block. The session's own keys come from the same seed through another
// salt and other labels.
func newConfirmKey(s *seed) confirmKey {
	const block = "\x01"
	return hmacSHA256(s, []byte(confirmInfo+block))
}

// mac returns the confirmation of a transcript that ends with its message's head.
func (k *confirmKey) mac(t transcript) [confirmSize]byte {
	return hmacSHA256((*[sha256.Size]byte)(k), t[:])
}

// hmacSHA256 is HMAC (RFC 2104) with a key of one hash's length. The library's
// allocates seven times, which for a handshake's six would be most of all that
// is allocated; and it leaves the padded keys behind.
func hmacSHA256(key *[sha256.Size]byte, data []byte) (mac [sha256.Size]byte) {
	const inner, outer = 0x36, 0x5c
	var pad [sha256.BlockSize]byte
	defer clear(pad[:])
	copy(pad[:], key[:])
	for i := range pad {
		pad[i] ^= inner
	}
	h := sha256.New()
	h.Write(pad[:])
	h.Write(data)
	h.Sum(mac[:0])
	for i := range pad {
		pad[i] ^= inner ^ outer
	}
	h.Reset()
	h.Write(pad[:])
	h.Write(mac[:])
	h.Sum(mac[:0])
	return mac
}

// verify returns [ErrConfirm] if the confirmation is not that of t.
func (k *confirmKey) verify(t transcript, confirm []byte) error {
	mac := k.mac(t)
	if subtle.ConstantTimeCompare(mac[:], confirm) != 1 {
		return ErrConfirm
	}
	return nil
}

// appendSealed appends the message, complete with confirmation and signature, to
// dst, and returns the transcript with it. A message without confirmation needs
// no key.
func (m *message) appendSealed(dst []byte, id Identity, key *confirmKey, t transcript) ([]byte, transcript) {
	start := len(dst)
	dst = m.appendHead(dst)
	t = t.with(dst[start:])
	if m.phase.hasConfirm() {
		mac := key.mac(t)
		dst = append(dst, mac[:]...)
		t = t.with(mac[:])
	}
	signed := t.toSign()
	signature := ed25519.Sign(id.pair.private, signed[:])
	return append(dst, signature...), t.with(signature)
}

// authenticate checks the signature of a parsed message that follows on t. It
// returns the transcript as far as the confirmation covers it, and with the
// whole message; or [ErrSignature].
func (m *message) authenticate(t transcript) (head, whole transcript, err error) {
	head = t.with(m.head)
	whole = head
	if m.phase.hasConfirm() {
		whole = whole.with(m.confirm)
	}
	signed := whole.toSign()
	if !ed25519.Verify(m.from[:], signed[:], m.signature) {
		return transcript{}, transcript{}, refuse(ErrSignature, "%s", m.phase)
	}
	return head, whole.with(m.signature), nil
}
