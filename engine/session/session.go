package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
)

// Session is a handle on a session: a small value, free to copy and compare.
// It never gives access to anything but the session it was returned for: once
// that has ended, every method returns [ErrClosed], also when the storage
// serves another session. The zero Session behaves as a closed one. Its methods
// may be called from any goroutine; those of one session run one at a time.
type Session struct {
	slot *slot
	gen  uint32
}

// lock locks the slot for the session that the handle names, or returns nil where
// that has ended. Nothing is done to a slot's session by any other way.
func (h Session) lock() *slot {
	s := h.slot
	if s == nil {
		return nil
	}
	s.mu.Lock()
	if s.gen.Load() != h.gen {
		s.mu.Unlock()
		return nil
	}
	return s
}

// begin locks the session's slot for one operation, or returns why there is
// none. On a nil error the caller unlocks it, by done, fail or end.
func (h Session) begin() (*slot, int64, error) {
	s := h.lock()
	if s == nil {
		return nil, 0, ErrClosed
	}
	now := s.shard.manager.now()
	if why := s.cause(now); why != causeNone {
		s.end(why)
		return nil, 0, ErrExpired
	}
	return s, now, nil
}

// done counts one message and unlocks the slot. It returns the shard, whose
// counters outlive the session.
func (h Session) done(s *slot, now int64) *shard {
	s.lastUsed = now
	s.messages++
	sh := s.shard
	if s.spent() {
		s.expires.Store(0)
		sh.relist(s) // the next sweep finds it
	} else if s.limits.IdleTimeout > 0 {
		s.expires.Store(s.deadline())
	}
	s.mu.Unlock()
	return sh
}

// fail unlocks the slot after a message that was not authentic.
func (h Session) fail(s *slot) {
	sh := s.shard
	s.mu.Unlock()
	sh.count.failed.Add(1)
}

// Seal encrypts plaintext for the other end and appends nonce | ciphertext |
// tag, [Overhead] bytes more than the plaintext, to dst, which it returns. The
// nonce is random (96 bits; MaxMessages keeps far below the number at which
// they might repeat). aad is authenticated and not sent; it may be nil. It returns
// [ErrClosed] or [ErrExpired], and dst as it was. It panics if dst's spare
// capacity, where it would be written to, overlaps plaintext or aad.
func (h Session) Seal(dst, plaintext, aad []byte) ([]byte, error) {
	size := Overhead + len(plaintext)
	if written := spare(dst, size); overlap(written, plaintext) || overlap(written, aad) {
		panic("session: dst overlaps what is to be sealed")
	}
	s, now, err := h.begin()
	if err != nil {
		return dst, err
	}
	reserveStack()
	n := len(dst)
	out := slices.Grow(dst, size)[:n+NonceSize]
	rand.Read(out[n:]) // never returns an error: the program ends where there is no randomness
	out = s.out.Seal(out, out[n:], plaintext, aad)
	scrubStack()
	s.bytesOut += uint64(len(plaintext))
	sh := h.done(s, now)
	sh.count.sealed.Add(1)
	sh.count.bytesSealed.Add(uint64(len(plaintext)))
	return out, nil
}

// Open authenticates and decrypts what the other end's Seal made, and appends
// the plaintext to dst, which it returns. It returns [ErrShort], [ErrAuth],
// [ErrClosed] or [ErrExpired], and dst as it was; a message that is not
// authentic does not count as use. It panics if dst's spare capacity, where it
// would be written to, overlaps sealed or aad.
func (h Session) Open(dst, sealed, aad []byte) ([]byte, error) {
	if written := spare(dst, len(sealed)-Overhead); overlap(written, sealed) || overlap(written, aad) {
		panic("session: dst overlaps what is to be opened")
	}
	s, now, err := h.begin()
	if err != nil {
		return dst, err
	}
	if len(sealed) < Overhead {
		s.mu.Unlock()
		return dst, ErrShort
	}
	reserveStack()
	out, err := s.inCipher().Open(dst, sealed[:NonceSize], sealed[NonceSize:], aad)
	scrubStack()
	if err != nil {
		h.fail(s)
		return dst, ErrAuth
	}
	n := uint64(len(out) - len(dst))
	s.bytesIn += n
	sh := h.done(s, now)
	sh.count.opened.Add(1)
	sh.count.bytesOpened.Add(n)
	return out, nil
}

// spare returns what a call that appends n bytes to dst writes to: that part of
// its spare capacity, or nothing where it has to allocate. The library's ciphers
// look for overlaps too, but when they have copied the key to the stack already.
func spare(dst []byte, n int) []byte {
	if n <= 0 || n > cap(dst)-len(dst) {
		return nil
	}
	return dst[len(dst) : len(dst)+n]
}

// overlap tells whether two slices share memory.
func overlap(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	first, second := address(a), address(b)
	return first < second+uintptr(len(b)) && second < first+uintptr(len(a))
}

// Sign appends the HMAC-SHA256 of covered, [MACSize] bytes, under this end's
// sending key to dst, which it returns. It returns [ErrClosed] or [ErrExpired].
func (h Session) Sign(dst, covered []byte) ([]byte, error) {
	s, now, err := h.begin()
	if err != nil {
		return dst, err
	}
	_, sign := s.outKeys()
	reserveStack()
	if sc := s.scratch(); sc != nil {
		sc.key = *s.macKey(sc, sign)
		sc.mac(covered)
		dst = append(dst, sc.sum[:]...)
		sc.release()
	} else {
		dst = s.libraryMAC(dst, sign, covered)
	}
	scrubStack()
	h.done(s, now)
	return dst, nil
}

// Verify checks a MAC that the other end's Sign made. It returns [ErrAuth],
// [ErrClosed] or [ErrExpired]; a MAC that is not authentic does not count as use.
func (h Session) Verify(covered, mac []byte) error {
	s, now, err := h.begin()
	if err != nil {
		return err
	}
	_, sign := s.inKeys()
	var equal int
	reserveStack()
	if sc := s.scratch(); sc != nil {
		sc.key = *s.macKey(sc, sign)
		sc.mac(covered)
		equal = subtle.ConstantTimeCompare(sc.sum[:], mac)
		sc.release()
	} else {
		equal = subtle.ConstantTimeCompare(s.libraryMAC(nil, sign, covered), mac)
	}
	scrubStack()
	if equal != 1 {
		h.fail(s)
		return ErrAuth
	}
	h.done(s, now)
	return nil
}

// scratch returns a locked scratch for an HMAC of this session, or nil where
// the library is to compute it.
func (s *slot) scratch() *scratch {
	if !s.reusable {
		return nil
	}
	return scratches.acquire()
}

// macKey returns the padded states of one of the session's MAC keys.
func (s *slot) macKey(sc *scratch, sign int) *hmacKey {
	if s.mac == nil {
		s.mac = new(macKeys)
	}
	key, has := &s.mac.out, &s.mac.hasOut
	if _, out := s.outKeys(); sign != out {
		key, has = &s.mac.in, &s.mac.hasIn
	}
	if !*has {
		sc.setKey(s.keys[sign][:])
		*key, *has = sc.key, true
	}
	return key
}

func (s *slot) libraryMAC(dst []byte, key int, covered []byte) []byte {
	h := hmac.New(sha256.New, s.keys[key][:])
	h.Write(covered)
	return h.Sum(dst)
}

// SetLimits gives the session other limits, in place of those that it was created
// with; its age, its messages so far and the time of the last one count against
// them. A session that is past them by then is not found any more, and is expired
// by the next sweep or by whoever uses it before. It returns [ErrParams],
// [ErrClosed] or [ErrExpired]; then nothing changed.
func (h Session) SetLimits(l Limits) error {
	if err := l.check(); err != nil {
		return err
	}
	s, _, err := h.begin()
	if err != nil {
		return err
	}
	s.limits = l
	end := s.deadline()
	if s.spent() {
		end = 0
	}
	s.expires.Store(end)
	s.shard.relist(s)
	s.mu.Unlock()
	return nil
}

// Close ends the session: its keys are wiped before Close returns, every
// handle on it is closed, and its storage goes back to the pool. A second
// Close returns [ErrClosed] and changes nothing; one that finds the session past
// a limit returns [ErrExpired], and the session counts as expired.
func (h Session) Close() error {
	s, _, err := h.begin()
	if err != nil {
		return err
	}
	s.end(causeRemoved)
	return nil
}

// end ends the session if it still lives, and tells whether it did.
func (h Session) end(why cause) bool {
	s := h.lock()
	if s == nil {
		return false
	}
	s.end(why)
	return true
}

// end ends the session in the slot, whose lock the caller holds and end leaves.
// Whoever changes the generation is the slot's owner from then on. It changes
// last: who is told that the session is closed does not find it any more either.
func (s *slot) end(why cause) {
	id, keyIDs, sh := s.id, s.keyIDs, s.shard
	s.reset()
	// The key ids first: once the table has room for that id, they could lead
	// to the next session that has it.
	for _, keyID := range keyIDs {
		sh.manager.forgetKeyID(keyID, id)
	}
	sh.unlist(s, &id)
	s.gen.Add(1)
	s.mu.Unlock()

	sh.manager.live.Add(-1)
	sh.count.ended[why].Add(1)
	sh.release(s)
}

// expire ends the session if it is past a limit at now. If it was used in the
// meantime, it goes back into the wheel.
func (h Session) expire(now int64) bool {
	s := h.lock()
	if s == nil {
		return false
	}
	why := s.cause(now)
	if why == causeNone {
		s.shard.relist(s)
		s.mu.Unlock()
		return false
	}
	s.end(why)
	return true
}
