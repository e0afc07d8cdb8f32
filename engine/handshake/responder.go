package handshake

import (
	"cmp"
	"crypto/ed25519"
	"slices"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// What a [ResponderConfig] means where it says nothing.
const (
	DefaultPendingTimeout    = 10 * time.Second
	DefaultMaxPending        = 1024
	DefaultMaxPendingPerPeer = 64
	DefaultMaxNonces         = 1 << 20
	DefaultMaxNoncesPerPeer  = DefaultMaxNonces / 16
)

// ResponderConfig is how a [Responder] is to be. A field that is zero has its
// default.
type ResponderConfig struct {
	Identity Identity
	// Suites are those that may be used; nil is all.
	Suites []Suite
	// Authorize says whether that identity may have a session. It is asked
	// once a handshake, after the Invitation's signature was verified, from any
	// goroutine. Nil lets everybody in.
	Authorize func(peer ed25519.PublicKey) bool
	// Window is how far a timestamp may be from now, either way.
	Window time.Duration
	// PendingTimeout is how long a handshake may take from Invitation to
	// Complete.
	PendingTimeout time.Duration
	// MaxPending is how many handshakes may be under way, at about 500 bytes
	// each.
	MaxPending int
	// MaxPendingPerPeer is how many of them may be of one initiator, so that
	// none can keep the others out. It has to be higher where one identity runs
	// more at once, under different context ids.
	MaxPendingPerPeer int
	// MaxNonces is how many nonces of Invitations may be remembered, at about
	// 100 bytes each once they were that many, and 250 where each is of another
	// initiator. One is remembered for twice the window.
	MaxNonces int
	// MaxNoncesPerPeer is how many of them may be of one initiator, so that none
	// can use up the memory of all by beginning over and over: he is refused
	// with [ErrBusy] until his oldest is forgotten. It bounds how often one
	// identity can begin, to that number in twice the window. Where MaxNonces is
	// set and this is not, it is a sixteenth of that.
	MaxNoncesPerPeer int
}

// Responder answers handshakes, of many initiators at once. Its methods may be
// called from any goroutine. A handshake that is past its time is dropped and its
// secrets wiped then, by a timer that runs while any is pending; there is no
// goroutine of its own that waits. So it needs no closing, and leaves nothing
// behind but that timer, for PendingTimeout at most.
type Responder struct {
	cfg     ResponderConfig
	self    publicKey
	pending *pendingTable
	nonces  *invitations
	count   counters
}

// NewResponder returns a responder, or [ErrParams].
func NewResponder(cfg ResponderConfig) (*Responder, error) {
	if cfg.Identity.pair == nil {
		return nil, refuse(ErrParams, "Identity is not set")
	}
	if cfg.Suites == nil {
		cfg.Suites = Suites()
	}
	cfg.Suites = slices.Clone(cfg.Suites)
	for _, s := range cfg.Suites {
		if s.kem() == nil {
			return nil, refuse(ErrParams, "Suites: %d is not one of %v", uint8(s), Suites())
		}
	}
	if err := cmp.Or(
		orDefault("Window", &cfg.Window, DefaultWindow),
		orDefault("PendingTimeout", &cfg.PendingTimeout, DefaultPendingTimeout),
		orDefault("MaxPending", &cfg.MaxPending, DefaultMaxPending),
		orDefault("MaxPendingPerPeer", &cfg.MaxPendingPerPeer, DefaultMaxPendingPerPeer),
		orDefault("MaxNonces", &cfg.MaxNonces, DefaultMaxNonces),
		orDefault("MaxNoncesPerPeer", &cfg.MaxNoncesPerPeer, max(1, cfg.MaxNonces/16)),
	); err != nil {
		return nil, err
	}
	r := &Responder{
		cfg:    cfg,
		self:   cfg.Identity.pair.public,
		nonces: newInvitations(cfg.MaxNonces, cfg.MaxNoncesPerPeer, cfg.Window),
	}
	r.pending = newPendingTable(cfg.MaxPending, cfg.MaxPendingPerPeer, cfg.PendingTimeout, &r.count)
	return r, nil
}

func orDefault[T int | time.Duration](name string, value *T, preset T) error {
	if *value < 0 {
		return refuse(ErrParams, "%s %v is negative", name, *value)
	}
	if *value == 0 {
		*value = preset
	}
	return nil
}

// Public returns the responder's public key. The slice is the caller's.
func (r *Responder) Public() ed25519.PublicKey { return r.cfg.Identity.Public() }

// Pending returns how many handshakes are under way.
func (r *Responder) Pending() int { return r.pending.len() }

// Counters returns the responder's counts as they are now.
func (r *Responder) Counters() Counters {
	r.pending.len() // drops and counts what is past its time
	return r.count.read()
}

// Handle takes one message of an initiator. For a Request it returns the reply
// to send, and for a Complete the result, which is the caller's to wipe; for an
// Invitation neither. It reads msg only until it returns.
//
// A message that is refused, with one of this package's errors, leaves no trace
// if it is not authentic: otherwise anybody could end the handshakes of others.
// If it is authentic and wrong, its handshake is over. A handshake that is over,
// well or not, leaves nothing but the nonce of its Invitation, for as long as
// that could be replayed.
func (r *Responder) Handle(msg []byte) (reply []byte, result *Result, err error) {
	reply, result, err = r.handle(msg)
	if err != nil {
		r.count.refused[causeIndex(err)].Add(1)
	}
	return reply, result, err
}

func (r *Responder) handle(msg []byte) (reply []byte, result *Result, err error) {
	m, err := parse(msg)
	if err != nil {
		return nil, nil, err
	}
	if err := m.check(&r.self, r.cfg.Window); err != nil {
		return nil, nil, err
	}
	if !slices.Contains(r.cfg.Suites, m.suite) {
		return nil, nil, refuse(ErrSuite, "%s is not among %v", m.suite, r.cfg.Suites)
	}
	switch m.phase {
	case Invitation:
		return nil, nil, r.invitation(&m)
	case Request:
		reply, err = r.request(&m)
		return reply, nil, err
	case Complete:
		result, err = r.complete(&m)
		return nil, result, err
	default:
		return nil, nil, refuse(ErrPhase, "%s sent to a responder", m.phase)
	}
}

func (r *Responder) invitation(m *message) error {
	// Before the signature, which is dear: a flood of invitations should not
	// also cost the time to verify them.
	if err := r.pending.room(m.from, m.contextID); err != nil {
		return err
	}
	_, whole, err := m.authenticate(emptyTranscript)
	if err != nil {
		return err
	}
	if r.cfg.Authorize != nil && !r.cfg.Authorize(slices.Clone(m.from[:])) {
		return refuse(ErrIdentity, "initiator is not authorized")
	}
	// After the signature, since only it says whose handshake this is. The nonce
	// comes before the initiator's share of the table: what is refused for want of
	// that is signed and good, and whoever saw it could send it again later.
	if err := r.nonces.check(m.from, m.nonce); err != nil {
		return err
	}
	p := &pending{
		key:        pendingKey{m.from, string(m.contextID)},
		suite:      m.suite,
		sent:       m.sent,
		transcript: whole,
	}
	p.said.add(m.nonce)
	return r.pending.insert(p)
}

// locate finds the handshake that a message belongs to, and whether it is that
// message's turn. It returns the handshake, and the transcript with the message,
// which is authentic.
func (r *Responder) locate(m *message, at stage) (p *pending, head, whole transcript, err error) {
	p, pos := r.pending.find(m.from, m.contextID)
	switch {
	case p == nil:
		err = refuse(ErrPhase, "no handshake is under way for this %s", m.phase)
	case pos.said.has(m.nonce):
		err = refuse(ErrReplay, "%s", m.phase)
	case pos.stage != at:
		err = refuse(ErrPhase, "%s is not due", m.phase)
	case pos.suite != m.suite:
		err = refuse(ErrSuite, "%s is by %s, not %s", m.phase, m.suite, pos.suite)
	default:
		head, whole, err = m.authenticate(pos.transcript)
	}
	return p, head, whole, err
}

func (r *Responder) request(m *message) ([]byte, error) {
	p, _, whole, err := r.locate(m, awaitRequest)
	if err != nil {
		return nil, err
	}
	if !r.pending.advance(p, awaitRequest, answering, func() { p.said.add(m.nonce) }) {
		return nil, overtaken(m)
	}
	share, s, err := p.suite.kem().answer(m.share, binding{p.key.contextID, whole})
	if err != nil {
		if r.pending.drop(p) {
			r.count.broken.Add(1)
		}
		return nil, err
	}
	defer clear(s[:])
	key := newConfirmKey(&s)
	defer clear(key[:])
	answer := message{
		phase: Response, suite: p.suite, from: r.self, to: m.from,
		contextID: m.contextID, share: share,
	}
	answer.stamp()
	reply, whole := answer.appendSealed(make([]byte, 0, answer.size()), r.cfg.Identity, &key, whole)
	if !r.pending.advance(p, answering, awaitComplete, func() {
		p.transcript, p.seed, p.confirm = whole, s, key
		p.said.add(answer.nonce)
		r.count.answered.Add(1)
	}) {
		return nil, overtaken(m)
	}
	return reply, nil
}

func (r *Responder) complete(m *message) (*Result, error) {
	p, head, _, err := r.locate(m, awaitComplete)
	if err != nil {
		return nil, err
	}
	if !r.pending.take(p, awaitComplete) {
		return nil, overtaken(m)
	}
	defer p.wipe()
	if err := p.confirm.verify(head, m.confirm); err != nil {
		r.count.broken.Add(1)
		return nil, err
	}
	r.count.completed.Add(1)
	return newResult(&p.seed, p.suite, session.Responder, p.key.contextID, &p.key.peer), nil
}

// overtaken is the refusal of a message whose handshake another goroutine moved
// on, or time ended, while the message was examined.
func overtaken(m *message) error {
	return refuse(ErrPhase, "handshake went on without this %s", m.phase)
}
