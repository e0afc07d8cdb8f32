package handshake

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestHandshake runs a handshake of every suite and talks over the session that
// comes of it.
func TestHandshake(t *testing.T) {
	withTestSuite(t, &testKEM{share: 1216})
	for _, suite := range Suites() {
		t.Run(suite.String(), func(t *testing.T) {
			managers := [2]*session.Manager{}
			for i := range managers {
				m, err := session.NewManager(session.Config{})
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				managers[i] = m
			}
			p := newPair(t, ResponderConfig{})
			p.initiator.Suite = suite
			var atResponder session.Session
			var kept *Result
			memory := NewMemory(p.responder, func(r *Result) (err error) {
				atResponder, err = managers[1].Create(r.Params())
				p.accepted, kept = new(Result), r
				*p.accepted = *r
				return err
			})
			result, _, err := p.initiator.Run(context.Background(), memory, p.responder.Public(), "errand-7")
			if err != nil {
				t.Fatal(err)
			}
			if kept.Seed != (seed{}) {
				t.Error("responder's seed is there after accept returned")
			}
			if result.Seed != p.accepted.Seed || result.ID != p.accepted.ID {
				t.Fatalf("%v has another seed or id than %v", result, p.accepted)
			}
			if result.ID != session.DeriveID(result.Seed[:], suite.Label()) {
				t.Error("id is not that of seed and label")
			}
			for _, end := range []struct {
				result *Result
				role   session.Role
				peer   ed25519.PublicKey
			}{
				{result, session.Initiator, p.responder.Public()},
				{p.accepted, session.Responder, p.initiator.Identity.Public()},
			} {
				r := end.result
				if r.Role != end.role || !r.PeerIdentity.Equal(end.peer) || r.Suite != suite ||
					r.Label != suite.Label() || r.ContextID != "errand-7" {
					t.Errorf("result is %v", r)
				}
			}
			atInitiator, err := managers[0].Create(result.Params())
			if err != nil {
				t.Fatal(err)
			}
			result.Wipe()
			if result.Seed != (seed{}) {
				t.Error("seed is there after Wipe")
			}
			for _, way := range []struct{ from, to session.Session }{
				{atInitiator, atResponder}, {atResponder, atInitiator},
			} {
				sealed, err := way.from.Seal(nil, []byte("good morning"), nil)
				if err != nil {
					t.Fatal(err)
				}
				if opened, err := way.to.Open(nil, sealed, nil); err != nil || string(opened) != "good morning" {
					t.Errorf("opened %q, %v", opened, err)
				}
			}
			p.pending(t, 0)
		})
	}
}

// TestSeedIsSAGEs computes the seed of a run by SAGE's rule from outside: from
// the responder's private key of that run, and the two shares on the wire.
func TestSeedIsSAGEs(t *testing.T) {
	p := newPair(t, ResponderConfig{})
	x := p.invited(t, "errand-7")
	raw := x.mustRequest(t)
	reply := p.handle(t, raw)
	request, err := parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	response, err := parse(reply)
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ecdh.X25519().NewPublicKey(response.share)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x.offer.(*x25519Offer).private.ECDH(peer)
	if err != nil {
		t.Fatal(err)
	}
	low, high := request.share, response.share
	if bytes.Compare(low, high) > 0 {
		low, high = high, low
	}
	salt := sha256.Sum256(bytes.Join([][]byte{[]byte("a2a/handshake v1errand-7"), low, high}, nil))
	want, err := hkdf.Extract(sha256.New, secret, salt[:])
	if err != nil {
		t.Fatal(err)
	}
	if err := x.response(reply); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x.seed[:], want) {
		t.Errorf("seed = %x, want %x", x.seed, want)
	}
}

// TestRunsShareNothing compares two runs of the same two ends under one context
// id: no key, share, nonce or signature comes twice.
func TestRunsShareNothing(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		seen := map[string]string{}
		note := func(what string, b []byte) {
			t.Helper()
			if before, again := seen[string(b)]; again {
				t.Errorf("%s is also %s", what, before)
			}
			seen[string(b)] = what
		}
		for run := range 2 {
			tap := transportFunc(func(msg []byte) ([]byte, error) {
				reply, err := p.memory.RoundTrip(context.Background(), msg)
				for _, raw := range [][]byte{msg, reply} {
					if len(raw) == 0 {
						continue
					}
					m, err := parse(raw)
					if err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("run %d %s ", run, m.phase)
					note(name+"nonce", m.nonce[:])
					note(name+"signature", m.signature)
					if m.phase.hasShare() {
						note(name+"share", m.share)
					}
					if m.phase.hasConfirm() {
						note(name+"confirmation", m.confirm)
					}
				}
				return reply, err
			})
			result, _, err := p.initiator.Run(context.Background(), tap, p.responder.Public(), "errand-7")
			if err != nil {
				t.Fatal(err)
			}
			note(fmt.Sprintf("run %d seed", run), result.Seed[:])
			note(fmt.Sprintf("run %d id", run), result.ID[:])
		}
	})
}

// TestRunErrors are failures of the initiator's own making or of its transport.
func TestRunErrors(t *testing.T) {
	p := newPair(t, ResponderConfig{})
	peer := p.responder.Public()
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancelLate := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancelLate()
	broken := errors.New("cable cut")
	good := *p.initiator
	change := func(alter func(*Initiator)) *Initiator {
		in := good
		alter(&in)
		return &in
	}
	withTestSuite(t, &testKEM{share: 1, err: broken})
	for _, c := range []struct {
		name      string
		initiator *Initiator
		ctx       context.Context
		transport Transport
		peer      ed25519.PublicKey
		contextID string
		want      error
		cause     string
		text      string
	}{
		{name: "no identity", initiator: &Initiator{}, want: ErrParams, cause: "params", text: "handshake: bad parameters: Identity is not set"},
		{name: "suite", initiator: change(func(in *Initiator) { in.Suite = 9 }), want: ErrParams, cause: "params", text: "handshake: bad parameters: Suite 9 is not one of [x25519 hpke hybrid test]"},
		{name: "window", initiator: change(func(in *Initiator) { in.Window = -1 }), want: ErrParams, cause: "params", text: "handshake: bad parameters: Window -1ns is negative"},
		{name: "context id", contextID: "a b", want: ErrParams, cause: "params", text: `handshake: bad parameters: context id "a b" is not 1 to 64 printable ASCII characters`},
		{name: "peer", peer: peer[1:], want: ErrParams, cause: "params", text: "handshake: bad parameters: peer has 31 bytes, not 32"},
		{name: "itself", peer: good.Identity.Public(), want: ErrIdentity, cause: "identity", text: "handshake: wrong identity: peer is this end itself"},
		{name: "canceled", ctx: canceled, want: context.Canceled, cause: "canceled", text: "handshake: send: context canceled (invitation)"},
		{name: "deadline", ctx: late, want: context.DeadlineExceeded, cause: "timeout", text: "handshake: send: context deadline exceeded (invitation)"},
		{name: "key generation", initiator: change(func(in *Initiator) { in.Suite = testSuite }), transport: transportFunc(func([]byte) ([]byte, error) { return nil, nil }), want: broken, cause: "other", text: "cable cut (request)"},
		{name: "transport", transport: transportFunc(func([]byte) ([]byte, error) { return nil, broken }), want: broken, cause: "other", text: "cable cut (invitation)"},
		{name: "transport in request", transport: p.failingAt(Request, broken), want: broken, cause: "other", text: "cable cut (request)"},
		{name: "transport in complete", transport: p.failingAt(Complete, broken), want: broken, cause: "other", text: "cable cut (complete)"},
		{name: "reply to an invitation", transport: transportFunc(func([]byte) ([]byte, error) { return []byte("hi"), nil }), want: ErrPhase, cause: "phase", text: "handshake: message out of turn: 2 bytes where no reply is due (invitation)"},
		{name: "no reply to a request", transport: transportFunc(func([]byte) ([]byte, error) { return nil, nil }), want: ErrMalformed, cause: "malformed", text: "handshake: malformed message: 0 bytes, fewer than 92 (response)"},
		{name: "refused by owner", transport: NewMemory(p.responder, func(*Result) error { return session.ErrFull }), want: ErrRefused, cause: "refused", text: "handshake: session refused: session: too many sessions (complete)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.initiator == nil {
				c.initiator = &good
			}
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			if c.transport == nil {
				c.transport = p.memory
			}
			if c.peer == nil {
				c.peer = peer
			}
			result, _, err := c.initiator.Run(c.ctx, c.transport, c.peer, c.contextID)
			if result != nil || !errors.Is(err, c.want) {
				t.Fatalf("result %v, error %v, want none and %v", result, err, c.want)
			}
			if err.Error() != c.text {
				t.Errorf("error text %q, want %q", err, c.text)
			}
			if got := Cause(err); got != c.cause {
				t.Errorf("cause %q, want %q", got, c.cause)
			}
		})
	}
}

// failingAt is p's transport until the message of that phase.
func (p *pair) failingAt(phase Phase, err error) Transport {
	return transportFunc(func(msg []byte) ([]byte, error) {
		if m, parseErr := parse(msg); parseErr != nil || m.phase == phase {
			return nil, errors.Join(parseErr, err)
		}
		return p.memory.RoundTrip(context.Background(), msg)
	})
}

// TestTiming runs in time that only the transport, and who observes, takes.
func TestTiming(t *testing.T) {
	for _, c := range []struct {
		suite Suite
		bytes [NumPhases]int
	}{
		{X25519, [NumPhases]int{164, 198, 230, 196}},
		{HPKE, [NumPhases]int{164, 198, 230, 196}},
		{Hybrid, [NumPhases]int{164, 1382, 1318, 196}},
	} {
		t.Run(c.suite.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := suitePair(t, c.suite, ResponderConfig{})
				slow := transportFunc(func(msg []byte) ([]byte, error) {
					m, err := parse(msg)
					if err != nil {
						return nil, err
					}
					time.Sleep(time.Duration(m.phase+1) * time.Second)
					return p.memory.RoundTrip(context.Background(), msg)
				})
				want := Timing{
					Invitation: {1 * time.Second, c.bytes[Invitation]},
					Request:    {2 * time.Second, c.bytes[Request]},
					Response:   {0, c.bytes[Response]},
					Complete:   {4 * time.Second, c.bytes[Complete]},
				}
				var seen Timing
				next := Invitation
				p.initiator.Observe = func(phase Phase, cost Cost) {
					if phase != next {
						t.Errorf("observed %s where %s is due", phase, next)
					}
					seen[phase] = cost
					next++
					time.Sleep(500 * time.Millisecond)
				}
				_, timing, err := p.initiator.Run(context.Background(), slow, p.responder.Public(), "errand-7")
				if err != nil {
					t.Fatal(err)
				}
				if timing != want || seen != want || next != NumPhases {
					t.Errorf("timing %+v, observed %+v, want %+v", timing, seen, want)
				}
				total := 0
				for _, n := range c.bytes {
					total += n
				}
				if got := timing.Total(); got != (Cost{7 * time.Second, total}) {
					t.Errorf("total %+v", got)
				}
			})
		})
	}
}

// TestTimingOfFailure: phases that did not end well cost nothing, and nobody is
// told of them.
func TestTimingOfFailure(t *testing.T) {
	p := newPair(t, ResponderConfig{})
	var observed []Phase
	p.initiator.Observe = func(phase Phase, _ Cost) { observed = append(observed, phase) }
	_, timing, err := p.initiator.Run(context.Background(), p.failingAt(Request, errors.New("cable cut")), p.responder.Public(), "c")
	if err == nil {
		t.Fatal("no error")
	}
	if timing[Invitation].Bytes == 0 || timing[Request] != (Cost{}) || timing[Response] != (Cost{}) || timing[Complete] != (Cost{}) {
		t.Errorf("timing %+v", timing)
	}
	if !slices.Equal(observed, []Phase{Invitation}) {
		t.Errorf("observed %v", observed)
	}
	if timing.Total() != timing[Invitation] {
		t.Errorf("total %+v, want %+v", timing.Total(), timing[Invitation])
	}
}

// TestMemoryKeepsNothing overwrites each buffer after its use.
func TestMemoryKeepsNothing(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		overwriting := transportFunc(func(msg []byte) ([]byte, error) {
			copied := bytes.Clone(msg)
			reply, err := p.memory.RoundTrip(context.Background(), copied)
			clear(copied)
			return reply, err
		})
		result, _, err := p.initiator.Run(context.Background(), overwriting, p.responder.Public(), "")
		if err != nil || result.ID != p.accepted.ID {
			t.Errorf("result %v, %v, responder has %v", result, err, p.accepted)
		}
	})
}

// TestConcurrentHandshakes has many initiators with one responder, some under
// one identity.
func TestConcurrentHandshakes(t *testing.T) {
	const workers, each = 8, 8
	responder, err := NewResponder(ResponderConfig{Identity: NewIdentity()})
	if err != nil {
		t.Fatal(err)
	}
	var accepted sync.Map // seed by id
	memory := NewMemory(responder, func(r *Result) error {
		accepted.Store(r.ID, r.Seed)
		return nil
	})
	shared := NewIdentity()
	var working sync.WaitGroup
	for i := range workers {
		working.Go(func() {
			in := Initiator{Identity: shared}
			if i%2 == 1 {
				in.Identity = NewIdentity()
			}
			for range each {
				result, _, err := in.Run(context.Background(), memory, responder.Public(), "")
				if err != nil {
					t.Error(err)
					return
				}
				if s, ok := accepted.LoadAndDelete(result.ID); !ok || s != result.Seed {
					t.Errorf("responder has another seed for %v", result)
				}
			}
		})
	}
	working.Wait()
	if n := responder.Pending(); n != 0 {
		t.Errorf("%d handshakes pending after all are over", n)
	}
}

// TestOnceOnly delivers each message of a run many times at once: one delivery
// has the effect, whatever the others are refused with.
func TestOnceOnly(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		const copies = 8
		p := suitePair(t, suite, ResponderConfig{})
		type outcome struct {
			reply  []byte
			result *Result
		}
		deliver := func(msg []byte) outcome {
			t.Helper()
			var mu sync.Mutex
			var good []outcome
			var working sync.WaitGroup
			for range copies {
				working.Go(func() {
					reply, result, err := p.responder.Handle(msg)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						good = append(good, outcome{reply, result})
					case !errors.Is(err, ErrReplay) && !errors.Is(err, ErrPhase):
						t.Error(err)
					}
				})
			}
			working.Wait()
			if len(good) != 1 {
				t.Fatalf("%d of %d copies were taken, want 1", len(good), copies)
			}
			return good[0]
		}
		for range 5 {
			x := p.begin(t, "errand-7")
			deliver(x.invitation(nil))
			reply := deliver(x.mustRequest(t)).reply
			if err := x.response(reply); err != nil {
				t.Fatal(err)
			}
			if result := deliver(x.complete(nil)).result; result.Seed != x.seed {
				t.Error("the ends disagree")
			}
		}
	})
}

// TestHMAC compares the package's HMAC and one-block HKDF-Expand with the
// library's.
func TestHMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var key seed
		copy(key[:], rapid.SliceOfN(rapid.Byte(), len(key), len(key)).Draw(t, "key"))
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		h := hmac.New(sha256.New, key[:])
		h.Write(data)
		if got := hmacSHA256(&key, data); !bytes.Equal(got[:], h.Sum(nil)) {
			t.Errorf("HMAC = %x, want %x", got, h.Sum(nil))
		}
		want, err := hkdf.Expand(sha256.New, key[:], confirmInfo, sha256.Size)
		if err != nil {
			t.Fatal(err)
		}
		if got := newConfirmKey(&key); !bytes.Equal(got[:], want) {
			t.Errorf("key = %x, want %x", got, want)
		}
	})
}

// TestAllocations pins what a handshake allocates, both ends together.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	// The library's contexts allocate most of those of HPKE, and its keys most
	// of those of Hybrid.
	for suite, want := range map[Suite]float64{X25519: 32, HPKE: 227, Hybrid: 198} {
		t.Run(suite.String(), func(t *testing.T) {
			p := suitePair(t, suite, ResponderConfig{})
			got := testing.AllocsPerRun(100, func() {
				if err := p.run(); err != nil {
					t.Fatal(err)
				}
			})
			if got != want {
				t.Errorf("%v allocations, want %v", got, want)
			}
		})
	}
}
