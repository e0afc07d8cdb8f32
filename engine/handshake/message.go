package handshake

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// Phase is one of the four messages, in the order in which they are sent. Its
// value is the phase byte of a message.
type Phase uint8

// The phases.
const (
	Invitation Phase = iota // initiator to responder: let us talk
	Request                 // initiator to responder: my key share
	Response                // responder to initiator: my key share, and proof of the key
	Complete                // initiator to responder: proof of the key

	NumPhases = iota
)

var phaseNames = [NumPhases]string{"invitation", "request", "response", "complete"}

// String returns the phase's name in lower case.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return fmt.Sprintf("phase(%d)", uint8(p))
}

func (p Phase) hasShare() bool   { return p == Request || p == Response }
func (p Phase) hasConfirm() bool { return p == Response || p == Complete }

const (
	version   = 1
	nonceSize = 16
	// MaxContextID bounds context ids, in bytes.
	MaxContextID = 64

	fixedSize = 4 + 2*ed25519.PublicKeySize + nonceSize + 8
	// MaxMessage is the length of the longest message, in bytes. A transport
	// need not carry a longer one.
	MaxMessage = fixedSize + MaxContextID + 2 + maxShare + confirmSize + ed25519.SignatureSize
)

type nonce [nonceSize]byte

// nonces are those of a handshake's messages so far, whoever sent them.
type nonces struct {
	list [NumPhases]nonce
	n    int
}

func (s *nonces) add(n nonce) {
	s.list[s.n] = n
	s.n++
}

func (s *nonces) has(n nonce) bool { return slices.Contains(s.list[:s.n], n) }

// message is what both ends say. On the wire, in this order and with all
// numbers big-endian:
//
//	version 1 | phase 1 | suite 1 | length of context id 1
//	from 32 | to 32 | nonce 16 | sent 8 (Unix time in ns)
//	context id 1..64
//	length of share 2, share 1..1216     in Request and Response
//	confirmation 32                      in Response and Complete
//	signature 64
//
// There is one encoding for a message, and what is not one is refused whole.
type message struct {
	phase     Phase
	suite     Suite
	from, to  publicKey
	nonce     nonce
	sent      int64
	contextID []byte
	share     []byte

	// Of a parsed message: its bytes before the confirmation, and what follows.
	// These, contextID and share point into the parsed bytes.
	head, confirm, signature []byte
}

// stamp makes a message fresh.
func (m *message) stamp() {
	rand.Read(m.nonce[:]) // never returns an error: the program ends where there is no randomness
	m.sent = time.Now().UnixNano()
}

// size returns the length of the whole message.
func (m *message) size() int {
	n := fixedSize + len(m.contextID) + ed25519.SignatureSize
	if m.phase.hasShare() {
		n += 2 + len(m.share)
	}
	if m.phase.hasConfirm() {
		n += confirmSize
	}
	return n
}

// appendHead appends all that comes before confirmation and signature.
func (m *message) appendHead(dst []byte) []byte {
	dst = append(dst, version, byte(m.phase), byte(m.suite), byte(len(m.contextID)))
	dst = append(dst, m.from[:]...)
	dst = append(dst, m.to[:]...)
	dst = append(dst, m.nonce[:]...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.sent))
	dst = append(dst, m.contextID...)
	if m.phase.hasShare() {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(m.share)))
		dst = append(dst, m.share...)
	}
	return dst
}

// parse reads a message, whose slices point into raw. It checks the form and
// nothing else, and returns [ErrMalformed].
func parse(raw []byte) (message, error) {
	if len(raw) > MaxMessage {
		return message{}, refuse(ErrMalformed, "%d bytes, more than %d", len(raw), MaxMessage)
	}
	r := reader{rest: raw}
	fixed := r.take(fixedSize)
	if r.short {
		return message{}, refuse(ErrMalformed, "%d bytes, fewer than %d", len(raw), fixedSize)
	}
	if fixed[0] != version {
		return message{}, refuse(ErrMalformed, "version %d, not %d", fixed[0], version)
	}
	f := reader{rest: fixed[4:]}
	m := message{
		phase: Phase(fixed[1]),
		suite: Suite(fixed[2]),
		from:  publicKey(f.take(ed25519.PublicKeySize)),
		to:    publicKey(f.take(ed25519.PublicKeySize)),
		nonce: nonce(f.take(nonceSize)),
		sent:  int64(binary.BigEndian.Uint64(f.take(8))),
	}
	if m.phase >= NumPhases {
		return message{}, refuse(ErrMalformed, "no phase has number %d", fixed[1])
	}
	m.contextID = r.take(int(fixed[3]))
	if m.phase.hasShare() {
		if size := r.take(2); size != nil {
			m.share = r.take(int(binary.BigEndian.Uint16(size)))
		}
	}
	m.head = raw[:len(raw)-len(r.rest)]
	if m.phase.hasConfirm() {
		m.confirm = r.take(confirmSize)
	}
	m.signature = r.take(ed25519.SignatureSize)
	switch {
	case r.short:
		return message{}, refuse(ErrMalformed, "%s cut off at %d bytes", m.phase, len(raw))
	case len(r.rest) > 0:
		return message{}, refuse(ErrMalformed, "%d bytes after the %s", len(r.rest), m.phase)
	case !validContextID(m.contextID):
		return message{}, refuse(ErrMalformed, "context id is not 1 to %d printable ASCII characters", MaxContextID)
	case m.phase.hasShare() && (len(m.share) == 0 || len(m.share) > maxShare):
		return message{}, refuse(ErrMalformed, "key share has %d bytes, not 1 to %d", len(m.share), maxShare)
	}
	return m, nil
}

// check refuses a message that is not for self, comes from self, or is not of
// this time.
func (m *message) check(self *publicKey, window time.Duration) error {
	switch {
	case m.from == *self:
		return refuse(ErrIdentity, "own %s came back", m.phase)
	case m.to != *self:
		return refuse(ErrIdentity, "%s is for somebody else", m.phase)
	}
	age := time.Since(time.Unix(0, m.sent))
	if age > window || age < -window {
		return refuse(ErrStale, "%s is %v old, window is %v either way", m.phase, age, window)
	}
	return nil
}

// validContextID tells whether a context id can be sent, hashed and shown:
// printable ASCII without space, 1 to [MaxContextID] bytes.
func validContextID[T string | []byte](id T) bool {
	if len(id) == 0 || len(id) > MaxContextID {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// reader takes bytes off the front. Once there are too few it gives nil and
// remains so.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if r.short || n > len(r.rest) {
		r.short = true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// confirmSize is the length of a key confirmation.
const confirmSize = sha256.Size
