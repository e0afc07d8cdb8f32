package handshake

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// DefaultWindow is how far a message's timestamp may be from now, either way,
// unless told otherwise: clocks that are kept by NTP, and a slow network.
const DefaultWindow = 30 * time.Second

// Initiator begins handshakes. Its fields are not changed while it runs any; it
// may run many at once.
type Initiator struct {
	Identity Identity
	// Suite is the key agreement to use; 0 is X25519.
	Suite Suite
	// Window is how far a timestamp may be from now, either way; 0 is
	// [DefaultWindow].
	Window time.Duration
	// Observe, if not nil, is called by Run's goroutine when a phase has ended
	// well, before the next begins. The time spent in it belongs to no phase.
	Observe func(phase Phase, cost Cost)
}

// Run agrees on a session with peer over t, and returns this end's result, which
// is the caller's to wipe, and what each phase cost. contextID names the
// conversation: 1 to [MaxContextID] printable ASCII characters, or "" for a
// random one. An identity has at most one handshake under way with a responder
// under one context id: one that is newer, by the identity's clock, ends the older.
// Where that clock was set back, the newer is refused with [ErrStale] until the
// older has timed out.
//
// On an error there is no result and nothing is kept. It is a refusal of this
// package, by this end or as the transport tells it, or whatever else the
// transport returns. If the transport fails in the last phase, the responder may
// have its session although this end has none; limits end it there.
func (in *Initiator) Run(ctx context.Context, t Transport, peer ed25519.PublicKey, contextID string) (*Result, Timing, error) {
	x, err := in.begin(peer, contextID)
	if err != nil {
		return nil, Timing{}, err
	}
	return x.run(ctx, t)
}

// initiation is one handshake at its initiator.
type initiation struct {
	self       Identity
	peer       publicKey
	suite      Suite
	kem        kem
	window     time.Duration
	observe    func(Phase, Cost)
	contextID  string
	transcript transcript
	said       nonces
	offer      offer
	seed       seed
	confirm    confirmKey
}

func (in *Initiator) begin(peer ed25519.PublicKey, contextID string) (*initiation, error) {
	x := &initiation{
		self: in.Identity, suite: in.Suite, window: in.Window, observe: in.Observe,
		contextID: contextID, transcript: emptyTranscript,
	}
	if x.suite == 0 {
		x.suite = X25519
	}
	if x.window == 0 {
		x.window = DefaultWindow
	}
	if x.contextID == "" {
		x.contextID = randomContextID()
	}
	x.kem = x.suite.kem()
	var err error
	x.peer, err = parsePublic("peer", peer)
	switch {
	case err != nil:
		return nil, err
	case in.Identity.pair == nil:
		return nil, refuse(ErrParams, "Identity is not set")
	case x.kem == nil:
		return nil, refuse(ErrParams, "Suite %d is not one of %v", uint8(x.suite), Suites())
	case x.window < 0:
		return nil, refuse(ErrParams, "Window %v is negative", x.window)
	case !validContextID(x.contextID):
		return nil, refuse(ErrParams, "context id %q is not 1 to %d printable ASCII characters", x.contextID, MaxContextID)
	case x.peer == x.self.pair.public:
		return nil, refuse(ErrIdentity, "peer is this end itself")
	}
	return x, nil
}

func randomContextID() string {
	var id [16]byte
	rand.Read(id[:]) // never returns an error
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// run does the handshake, after which x holds no secret.
func (x *initiation) run(ctx context.Context, t Transport) (*Result, Timing, error) {
	defer x.wipe()
	var timing Timing
	at, began := Invitation, time.Now()
	spent := func(bytes int) {
		now := time.Now()
		timing[at] = Cost{now.Sub(began), bytes}
		if x.observe != nil {
			x.observe(at, timing[at])
			now = time.Now()
		}
		at, began = at+1, now
	}
	fail := func(err error) (*Result, Timing, error) {
		return nil, timing, fmt.Errorf("%w (%s)", err, at)
	}

	msg := x.invitation(make([]byte, 0, 512))
	if err := noReply(t.RoundTrip(ctx, msg)); err != nil {
		return fail(err)
	}
	spent(len(msg))

	msg, err := x.request(msg[:0])
	if err != nil {
		return fail(err)
	}
	reply, err := t.RoundTrip(ctx, msg)
	if err != nil {
		return fail(err)
	}
	spent(len(msg))

	if err := x.response(reply); err != nil {
		return fail(err)
	}
	spent(len(reply))

	msg = x.complete(msg[:0])
	if err := noReply(t.RoundTrip(ctx, msg)); err != nil {
		return fail(err)
	}
	result := newResult(&x.seed, x.suite, session.Initiator, x.contextID, &x.peer)
	spent(len(msg))
	return result, timing, nil
}

func noReply(reply []byte, err error) error {
	if err == nil && len(reply) > 0 {
		return refuse(ErrPhase, "%d bytes where no reply is due", len(reply))
	}
	return err
}

// say appends this end's next message to dst.
func (x *initiation) say(dst []byte, phase Phase, share []byte) []byte {
	m := message{
		phase: phase, suite: x.suite, from: x.self.pair.public, to: x.peer,
		contextID: []byte(x.contextID), share: share,
	}
	m.stamp()
	x.said.add(m.nonce)
	dst = slices.Grow(dst, m.size()) // at once: a share may be longer than all before
	dst, x.transcript = m.appendSealed(dst, x.self, &x.confirm, x.transcript)
	return dst
}

func (x *initiation) invitation(dst []byte) []byte { return x.say(dst, Invitation, nil) }

func (x *initiation) request(dst []byte) ([]byte, error) {
	share, o, err := x.kem.offer()
	if err != nil {
		return dst, err
	}
	x.offer = o
	return x.say(dst, Request, share), nil
}

// response examines the responder's message. If it is refused, x is as before.
func (x *initiation) response(raw []byte) error {
	m, err := parse(raw)
	if err != nil {
		return err
	}
	if err := m.check(&x.self.pair.public, x.window); err != nil {
		return err
	}
	switch {
	case m.from != x.peer:
		return refuse(ErrIdentity, "%s is not from the peer", m.phase)
	case m.phase != Response:
		return refuse(ErrPhase, "%s where the response is due", m.phase)
	case string(m.contextID) != x.contextID:
		return refuse(ErrPhase, "response is of another context")
	case m.suite != x.suite:
		return refuse(ErrSuite, "response is by %s, not %s", m.suite, x.suite)
	case x.said.has(m.nonce):
		return ErrReplay
	}
	head, whole, err := m.authenticate(x.transcript)
	if err != nil {
		return err
	}
	s, err := x.offer.open(m.share, binding{x.contextID, x.transcript})
	if err != nil {
		return err
	}
	defer clear(s[:])
	key := newConfirmKey(&s)
	defer clear(key[:])
	if err := key.verify(head, m.confirm); err != nil {
		return err
	}
	x.transcript, x.seed, x.confirm = whole, s, key
	return nil
}

func (x *initiation) complete(dst []byte) []byte { return x.say(dst, Complete, nil) }

// wipe overwrites what is secret.
func (x *initiation) wipe() {
	clear(x.seed[:])
	clear(x.confirm[:])
}
