package session

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"
)

// peer is the far end of a session, made of library parts only: nothing in it
// is pooled, reused or shared with the engine. What it sends only the session
// with the right keys can open, and what it accepts only that session can have
// sent.
type peer struct {
	id ID
	// The session's sides, not the peer's: it sends what the peer opens.
	sends, receives         cipher.AEAD
	sendsSign, receivesSign []byte
	nonce                   uint64
}

// newPeer derives the far end of the session that a manager makes of the same
// seed, label, role and key schedule.
func newPeer(seed []byte, label string, role Role, single bool) *peer {
	if label == "" {
		label = "a2a/handshake v1"
	}
	sum := sha256.Sum256(slices.Concat([]byte(label), seed))
	p := &peer{id: ID(sum[:16])}
	salt := []byte(base64.RawURLEncoding.EncodeToString(sum[:16]))
	derive := func(info string, n int) []byte { return must(hkdf.Key(sha256.New, seed, salt, info, n)) }
	var all []byte
	if single {
		all = slices.Concat(derive("sage-session-keys-v1", 64), derive("sage-directional-keys-v1", 128))
	} else {
		for _, info := range []string{"encryption", "signing", "c2s|enc|v1", "c2s|sign|v1", "s2c|enc|v1", "s2c|sign|v1"} {
			all = append(all, derive(info, 32)...)
		}
	}
	side := func(n int) (cipher.AEAD, []byte) {
		keys := all[n*64 : n*64+64]
		return must(chacha20poly1305.New(keys[:32])), keys[32:]
	}
	sends, receives := 0, 0
	switch role {
	case Initiator:
		sends, receives = 1, 2 // c2s, s2c
	case Responder:
		sends, receives = 2, 1
	}
	p.sends, p.sendsSign = side(sends)
	p.receives, p.receivesSign = side(receives)
	return p
}

// seal returns a message to the session. One goroutine at a time may call it.
func (p *peer) seal(text, aad []byte) []byte {
	p.nonce++
	nonce := binary.BigEndian.AppendUint64(make([]byte, 4, 100), p.nonce)
	return p.receives.Seal(nonce, nonce, text, aad)
}

// open returns what the session sealed.
func (p *peer) open(sealed, aad []byte) ([]byte, error) {
	return p.sends.Open(nil, sealed[:NonceSize], sealed[NonceSize:], aad)
}

// sign returns a MAC for the session to verify, signed the one that the session
// is to give.
func (p *peer) sign(covered []byte) []byte   { return macOf(p.receivesSign, covered) }
func (p *peer) signed(covered []byte) []byte { return macOf(p.sendsSign, covered) }

func macOf(key, covered []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(covered)
	return h.Sum(nil)
}
