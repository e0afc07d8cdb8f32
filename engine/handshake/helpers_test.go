package handshake

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// pair is an initiator, a responder and what lies between them.
type pair struct {
	initiator *Initiator
	responder *Responder
	memory    *Memory
	accepted  *Result // a copy of the responder's latest result
}

func newPair(t testing.TB, cfg ResponderConfig) *pair {
	t.Helper()
	p := &pair{initiator: &Initiator{Identity: NewIdentity()}, accepted: new(Result)}
	if cfg.Identity == (Identity{}) {
		cfg.Identity = NewIdentity()
	}
	var err error
	if p.responder, err = NewResponder(cfg); err != nil {
		t.Fatal(err)
	}
	p.memory = NewMemory(p.responder, func(r *Result) error {
		*p.accepted = *r
		return nil
	})
	return p
}

// suitePair is newPair with an initiator that uses that suite.
func suitePair(t testing.TB, suite Suite, cfg ResponderConfig) *pair {
	t.Helper()
	p := newPair(t, cfg)
	p.initiator.Suite = suite
	return p
}

// eachSuite runs a test for each suite.
func eachSuite(t *testing.T, test func(t *testing.T, suite Suite)) {
	t.Helper()
	for _, suite := range Suites() {
		t.Run(suite.String(), func(t *testing.T) { test(t, suite) })
	}
}

// anotherThan returns a suite that is not that one.
func anotherThan(suite Suite) Suite {
	all := Suites()
	i := slices.Index(all, suite)
	return all[(i+1)%len(all)]
}

func (p *pair) otherSuite() Suite { return anotherThan(p.initiator.Suite) }

// run does one handshake and compares what the ends have.
func (p *pair) run() error {
	result, _, err := p.initiator.Run(context.Background(), p.memory, p.responder.self[:], "")
	if err != nil {
		return err
	}
	if result.ID != p.accepted.ID || result.Seed != p.accepted.Seed || result.ID == (session.ID{}) {
		return errors.New("the ends disagree")
	}
	result.Wipe()
	p.accepted.Wipe()
	return nil
}

// begin starts a handshake whose messages the test delivers itself.
func (p *pair) begin(t testing.TB, contextID string) *initiation {
	t.Helper()
	x, err := p.initiator.begin(p.responder.Public(), contextID)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// invited starts a handshake and has the responder take the Invitation.
func (p *pair) invited(t testing.TB, contextID string) *initiation {
	t.Helper()
	x := p.begin(t, contextID)
	p.handle(t, x.invitation(nil))
	return x
}

// answered takes a handshake to where the Complete is due.
func (p *pair) answered(t testing.TB, contextID string) *initiation {
	t.Helper()
	x := p.invited(t, contextID)
	if err := x.response(p.handle(t, x.mustRequest(t))); err != nil {
		t.Fatal(err)
	}
	return x
}

// handle delivers a message that is to be accepted and returns the reply.
func (p *pair) handle(t testing.TB, msg []byte) []byte {
	t.Helper()
	reply, _, err := p.responder.Handle(msg)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// refused delivers a message that is to be refused with want, and counted.
func (p *pair) refused(t testing.TB, msg []byte, want error) {
	t.Helper()
	before := p.responder.Counters()
	reply, result, err := p.responder.Handle(msg)
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	if reply != nil || result != nil {
		t.Errorf("reply of %d bytes and result %v with error %v", len(reply), result, err)
	}
	after := p.responder.Counters()
	if after.Refused.Of(Cause(want)) != before.Refused.Of(Cause(want))+1 || after.Refused.Total() != before.Refused.Total()+1 {
		t.Errorf("refusals went from %v to %v with error %v", before.Refused.ByCause(), after.Refused.ByCause(), err)
	}
	p.balanced(t)
}

// balanced checks that every handshake that was begun is in one place.
func (p *pair) balanced(t interface{ Errorf(string, ...any) }) {
	c, pending := p.responder.Counters(), p.responder.Pending()
	if c.Invited != c.Completed+c.Broken+c.TimedOut+c.Replaced+uint64(pending) {
		t.Errorf("%d pending and counters %+v do not add up", pending, c)
	}
}

// pending checks how many handshakes are under way.
func (p *pair) pending(t testing.TB, want int) {
	t.Helper()
	if got := p.responder.Pending(); got != want {
		t.Errorf("%d handshakes pending, want %d", got, want)
	}
}

// held tells whether a handshake has secrets and is in the responder's table,
// while the timer may be about to see to both.
func (p *pair) held(h *pending) (secret, listed bool) {
	p.responder.pending.mu.Lock()
	defer p.responder.pending.mu.Unlock()
	return h.seed != (seed{}) || h.confirm != (confirmKey{}), h.listed
}

func (x *initiation) mustRequest(t testing.TB) []byte {
	t.Helper()
	msg, err := x.request(nil)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// forge is say of a hostile initiator: it changes the message before it signs.
func (x *initiation) forge(phase Phase, share []byte, alter func(*message)) []byte {
	m := message{
		phase: phase, suite: x.suite, from: x.self.pair.public, to: x.peer,
		contextID: []byte(x.contextID), share: share,
	}
	m.stamp()
	if alter != nil {
		alter(&m)
	}
	raw, _ := m.appendSealed(nil, x.self, &x.confirm, x.transcript)
	return raw
}

// forgeResponse answers an Invitation and a Request as a responder would that
// changes its message, or the key that it confirms, before it signs.
func forgeResponse(t testing.TB, id Identity, invitation, request []byte, alter func(*message, *confirmKey)) []byte {
	t.Helper()
	said := emptyTranscript
	var m message
	for _, raw := range [][]byte{invitation, request} {
		var err error
		if m, err = parse(raw); err != nil {
			t.Fatal(err)
		}
		if _, said, err = m.authenticate(said); err != nil {
			t.Fatal(err)
		}
	}
	share, s, err := m.suite.kem().answer(m.share, binding{string(m.contextID), said})
	if err != nil {
		t.Fatal(err)
	}
	key := newConfirmKey(&s)
	answer := message{
		phase: Response, suite: m.suite, from: id.pair.public, to: m.from,
		contextID: m.contextID, share: share,
	}
	answer.stamp()
	alter(&answer, &key)
	raw, _ := answer.appendSealed(nil, id, &key, said)
	return raw
}

// recorded is a good run.
type recorded struct {
	*pair
	messages [NumPhases][]byte
	result   *Result // the responder's
}

func goodRun(t testing.TB, suite Suite) recorded {
	t.Helper()
	r := recorded{pair: suitePair(t, suite, ResponderConfig{})}
	x := r.begin(t, "errand-7")
	r.messages[Invitation] = x.invitation(nil)
	r.handle(t, r.messages[Invitation])
	r.messages[Request] = x.mustRequest(t)
	r.messages[Response] = r.handle(t, r.messages[Request])
	if err := x.response(r.messages[Response]); err != nil {
		t.Fatal(err)
	}
	r.messages[Complete] = x.complete(nil)
	var err error
	if _, r.result, err = r.responder.Handle(r.messages[Complete]); err != nil {
		t.Fatal(err)
	}
	if r.result.Seed != x.seed {
		t.Fatal("the ends disagree")
	}
	return r
}

// transportFunc makes a function a transport.
type transportFunc func(msg []byte) ([]byte, error)

func (f transportFunc) RoundTrip(_ context.Context, msg []byte) ([]byte, error) { return f(msg) }

// testSuite is a suite with shares as long as those of a post-quantum one, and
// without any secrecy. It is there only within withTestSuite.
const testSuite Suite = 200

// testKEM does what it is told to instead of a key agreement.
type testKEM struct {
	share     int    // length
	answering func() // called by answer, if not nil
	err       error  // of whatever can fail
}

func (k *testKEM) offer() ([]byte, offer, error) {
	return slices.Repeat([]byte{1}, k.share), k, k.err
}

func (k *testKEM) answer(_ []byte, to binding) ([]byte, seed, error) {
	if k.answering != nil {
		k.answering()
	}
	answer := slices.Repeat([]byte{2}, k.share)
	s, err := k.open(answer, to)
	return answer, s, err
}

func (k *testKEM) open(answer []byte, to binding) (seed, error) {
	return sha256.Sum256(append([]byte(to.contextID), answer...)), k.err
}

// withTestSuite adds testSuite for the rest of the test.
func withTestSuite(t *testing.T, k *testKEM) {
	before := suites
	suites = append(slices.Clip(suites), suiteInfo{testSuite, "test", "test v1", k})
	t.Cleanup(func() { suites = before })
}
