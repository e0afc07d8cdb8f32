package session

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Finding is one result of [Audit].
type Finding struct {
	// Checked counts what was looked at, Violations what of it was not as it is
	// to be: never more than Checked.
	Checked, Violations uint64
}

// check counts one look, and tells whether it was a good one.
func (f *Finding) check(good bool) bool {
	f.Checked++
	if !good {
		f.Violations++
	}
	return good
}

// AuditReport is what [Audit] found. Where Checked is 0 there was nothing to look
// at, and nothing is shown.
type AuditReport struct {
	// KeysZeroed counts bytes of key material, and those that were not zero
	// after the session's end: the six keys, the ciphers' copies of them, and the
	// hash states behind the padded MAC keys, as far as the session had any. They
	// are looked at where they were, before the storage serves another session.
	// Sessions end, in turn, by Close, by Remove, by use after the last message,
	// by use, lookup and sweep past a limit of time, and by the manager's Close. A
	// cipher's copy counts only where this build reaches it: see "What remains of
	// a key" for those that it does not. What is elsewhere in memory, on stacks
	// for instance, does not count: to find that, all of it has to be searched,
	// which a test does (TestNoKeyByteRemains).
	KeysZeroed Finding
	// NoPoolLeak counts sessions in storage that had another session before, which
	// was closed, and those that showed anything of it: its counts, limits or key
	// ids; any of the eight-byte words of its keys and hash states; or that took
	// what it or its peer had sealed or signed, or made what its peer takes. Without
	// a pool no storage is reused, and Checked is 0; a [sync.Pool] may forget some.
	NoPoolLeak Finding
	// NoDanglingReference counts uses of what is left when a session has ended,
	// and those that did anything. A use is a call of a method by a handle, right
	// after the end, when the storage serves another session, after the manager's
	// end, or in the middle of others' creations and closings; a lookup by the
	// ended session's id; or a look at the session that is in the storage by then,
	// whether it is as it was before such calls, and works. A handle that once got
	// more than [ErrClosed] is not called any further.
	NoDanglingReference Finding
}

// Audit tries whether the engine keeps its promises about ended sessions with the
// optimizations, in this build and on this machine. It does so with managers of
// its own and sessions of random seeds, so that it can run beside any others. A
// round is one of each finding, eight sessions together; after 21, roles and ways
// to end have met in all combinations. A thousand take a fraction of a second.
//
// It returns [ErrParams] for no rounds and for a pool that there is not, and
// [NewManager]'s error. Another error says that sessions did not do what they are
// for; the report then has what was found all the same. Violations are no error.
// Damage that the engine itself notices is a panic, as it is outside of an audit.
func Audit(o Optimizations, rounds int) (AuditReport, error) {
	var r AuditReport
	if rounds < 1 {
		return r, badParams("%d rounds of an audit", rounds)
	}
	m, err := newAuditManager(o)
	if err != nil {
		return r, err // of the optimizations or the library: nothing can be audited
	}
	_ = m.Close()
	if err := errors.Join(
		auditKeys(&r.KeysZeroed, o, rounds),
		auditPool(&r.NoPoolLeak, o, rounds),
		auditHandles(&r.NoDanglingReference, o, rounds),
	); err != nil {
		return r, fmt.Errorf("session: audit: %w", err)
	}
	return r, nil
}

// newAuditManager returns a manager in which nothing happens but what the audit
// does, and whose sessions meet in one free list.
func newAuditManager(o Optimizations) (*Manager, error) {
	return NewManager(Config{Optimizations: o, PoolCapacity: 2 * auditWorkers, Shards: 1, SweepInterval: -1})
}

// auditEnds are the ways to end a session, the manager's own last. Nobody looks
// whether a session ended: if not, that is what the audit finds.
var auditEnds = []struct {
	limits *Limits // of sessions that end so
	end    func(m *Manager, h Session, id ID)
}{
	{nil, func(_ *Manager, h Session, _ ID) { _ = h.Close() }},
	{nil, func(m *Manager, _ Session, id ID) { _ = m.Remove(id) }},
	{&Limits{MaxMessages: auditMessages}, func(_ *Manager, h Session, _ ID) { _, _ = h.Sign(nil, nil) }},
	{&Limits{IdleTimeout: time.Minute}, func(m *Manager, h Session, _ ID) { letPass(m); _, _ = h.Seal(nil, nil, nil) }},
	{&Limits{MaxAge: time.Minute}, func(m *Manager, _ Session, id ID) { letPass(m); _, _ = m.Get(id) }},
	{&Limits{MaxAge: time.Minute}, func(m *Manager, _ Session, _ ID) { letPass(m); m.Sweep() }},
	{nil, func(m *Manager, _ Session, _ ID) { _ = m.Close() }},
}

// letPass moves the clock of a manager that nobody else uses past those limits.
func letPass(m *Manager) { m.epoch = m.epoch.Add(-2 * time.Minute) }

// auditMessages is how many messages a session has that said something and heard
// something.
const auditMessages = 4

// auditText is what all sessions of an audit say.
var auditText = []byte("what is said in an audit")

// said is what a session says: the text, sealed and signed.
type said struct{ sealed, mac []byte }

func say(h Session) (s said, err error) {
	if s.sealed, err = h.Seal(nil, auditText, nil); err == nil {
		s.mac, err = h.Sign(nil, auditText)
	}
	return s, err
}

// hear returns why h does not take what the other end said.
func hear(h Session, s said) error {
	text, err := h.Open(nil, s.sealed, nil)
	if err == nil && !bytes.Equal(text, auditText) {
		err = ErrAuth
	}
	if err != nil {
		return err
	}
	return h.Verify(auditText, s.mac)
}

// auditPair has managers for the two ends of sessions: they have the same id.
type auditPair struct{ near, far *Manager }

func newAuditPair(o Optimizations) (p auditPair, err error) {
	if p.near, err = newAuditManager(o); err == nil {
		p.far, err = newAuditManager(o)
	}
	return p, err
}

func (p auditPair) close() {
	_ = p.near.Close()
	_ = p.far.Close()
}

// talk makes a session between the managers and has its ends talk, so that all
// that holds keys is in use.
func (p auditPair) talk(role Role, limits *Limits) (ends [2]Session, words [2]said, err error) {
	seed := auditSeed()
	defer clear(seed)
	if ends[0], err = p.near.Create(Params{Seed: seed, Role: role, Limits: limits}); err != nil {
		return ends, words, err
	}
	if ends[1], err = p.far.Create(Params{Seed: seed, Role: opposite(role), Limits: limits}); err != nil {
		return ends, words, err
	}
	for i, h := range ends {
		if words[i], err = say(h); err != nil {
			return ends, words, err
		}
	}
	for i, h := range ends {
		if err = hear(h, words[1-i]); err != nil {
			return ends, words, err
		}
	}
	return ends, words, nil
}

// auditSeed returns a seed of nobody else's, for the caller to wipe.
func auditSeed() []byte {
	seed := make([]byte, SeedSize)
	rand.Read(seed) // never returns an error
	return seed
}

// auditCreate makes a session that hears what it says itself.
func auditCreate(m *Manager, role Role, limits *Limits) (Session, error) {
	seed := auditSeed()
	defer clear(seed)
	return m.Create(Params{Seed: seed, Role: role, Limits: limits})
}

var auditRoles = []Role{Initiator, Symmetric, Responder}

// opposite returns the role of the other end.
func opposite(r Role) Role {
	switch r {
	case Initiator:
		return Responder
	case Responder:
		return Initiator
	default:
		return r
	}
}

// keyMemory is where a slot has key material, of which none is all zero.
type keyMemory struct {
	keys   []*[KeySize]byte // in the slot, and in its ciphers
	states []*chain
}

func keyMemoryOf(s *slot) (k keyMemory) {
	for _, key := range slices.Concat(s.keys[:], []*[KeySize]byte{heldKey(s.out), heldKey(s.in)}) {
		if key != nil && !allZero(key[:]) {
			k.keys = append(k.keys, key)
		}
	}
	if s.mac == nil {
		return k
	}
	for _, key := range []*hmacKey{&s.mac.out, &s.mac.in} {
		for _, state := range []*chain{&key.inner, &key.outer} {
			if *state != (chain{}) {
				k.states = append(k.states, state)
			}
		}
	}
	return k
}

// read returns a copy of what is there now, for the caller to wipe.
func (k keyMemory) read() []byte {
	b := make([]byte, len(k.keys)*KeySize+len(k.states)*sha256.Size)
	rest := b
	for _, key := range k.keys {
		rest = rest[copy(rest, key[:]):]
	}
	for _, state := range k.states {
		state.put(rest)
		rest = rest[sha256.Size:]
	}
	return b
}

// auditKeys looks at the memory of keys when their sessions have ended.
func auditKeys(f *Finding, o Optimizations, rounds int) error {
	for turn := 0; rounds > 0; turn++ {
		ways := min(rounds, len(auditEnds))
		if err := auditKeysTurn(f, o, ways, auditRoles[turn%len(auditRoles)]); err != nil {
			return err
		}
		rounds -= ways
	}
	return nil
}

// auditKeysTurn ends sessions in as many ways, one after the other in the same
// storage if there is a pool.
func auditKeysTurn(f *Finding, o Optimizations, ways int, role Role) error {
	p, err := newAuditPair(o)
	if err != nil {
		return err
	}
	defer p.close()
	for _, way := range auditEnds[:ways] {
		ends, _, err := p.talk(role, way.limits)
		if err != nil {
			return err
		}
		for i, m := range []*Manager{p.near, p.far} {
			h := ends[i]
			memory := keyMemoryOf(h.slot)
			way.end(m, h, h.ID())
			// That it is zero says more than that it is not what it was, and
			// needs no copy of a key.
			left := memory.read()
			for _, b := range left {
				f.check(b == 0)
			}
			clear(left)
		}
	}
	return nil
}

// auditPool looks at sessions for traces of those whose storage they have.
func auditPool(f *Finding, o Optimizations, rounds int) error {
	p, err := newAuditPair(o)
	if err != nil {
		return err
	}
	defer p.close()
	for n := range rounds {
		before, after := auditRoles[n%len(auditRoles)], auditRoles[n/len(auditRoles)%len(auditRoles)]
		if err := auditReuse(f, p, before, after); err != nil {
			return err
		}
	}
	return nil
}

// auditKeyID and auditLimits are of the session before, and not of the next.
const auditKeyID = "a name of the session before"

var auditLimits = &Limits{MaxMessages: 1 << 20}

// auditReuse ends a session of one role, makes another one of its own seed and
// role, and looks at it if it has the storage of the first.
func auditReuse(f *Finding, p auditPair, before, after Role) error {
	ends, words, err := p.talk(before, auditLimits)
	if err != nil {
		return err
	}
	old, peer := ends[0], ends[1]
	defer func() { _ = peer.Close() }()
	if err := p.near.Bind(auditKeyID, old.ID()); err != nil {
		return err
	}
	keys := keyMemoryOf(old.slot).read()
	defer clear(keys)
	if err := old.Close(); err != nil {
		return err
	}
	next, err := auditCreate(p.near, after, nil)
	if err != nil {
		return err
	}
	defer func() { _ = next.Close() }()
	if next.slot != old.slot {
		return nil
	}
	clean := !remembers(p.near, next) && !holds(next, keys)
	if clean { // else what it does is no news
		if clean, err = isStranger(next, peer, words); err != nil {
			return err
		}
	}
	f.check(clean)
	return nil
}

// remembers tells whether a new session has anything that is not a secret of the
// one before.
func remembers(m *Manager, h Session) bool {
	info, err := h.Info()
	_, named := m.GetByKeyID(auditKeyID)
	return err != nil || !errors.Is(named, ErrNotFound) || len(info.KeyIDs) > 0 || info.Limits != m.limits ||
		info.Messages > 0 || info.BytesIn > 0 || info.BytesOut > 0 || !info.LastUsed.Equal(info.Created)
}

// holds tells whether the session's storage has one of the keys' eight-byte words.
func holds(h Session, keys []byte) bool {
	const word = 8
	now := keyMemoryOf(h.slot).read()
	defer clear(now)
	for ; len(now) > 0; now = now[word:] {
		for k := keys; len(k) > 0; k = k[word:] {
			if bytes.Equal(now[:word], k[:word]) {
				return true
			}
		}
	}
	return false
}

// isStranger tells whether the session neither takes what the two ends of another
// said, nor says anything that could be theirs.
func isStranger(h, peer Session, words [2]said) (bool, error) {
	own, err := say(h)
	if err != nil {
		return false, err
	}
	deaf := func(h Session, s said) bool {
		_, err := h.Open(nil, s.sealed, nil)
		return errors.Is(err, ErrAuth) && errors.Is(h.Verify(auditText, s.mac), ErrAuth)
	}
	for _, s := range words {
		if !deaf(h, s) || bytes.Equal(own.mac, s.mac) {
			return false, nil
		}
	}
	return deaf(peer, own), nil
}
