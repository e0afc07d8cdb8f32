package handshake

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNewResponderRefuses(t *testing.T) {
	id := NewIdentity()
	for _, c := range []struct {
		name string
		cfg  ResponderConfig
		text string
	}{
		{"no identity", ResponderConfig{}, "Identity is not set"},
		{"suite", ResponderConfig{Identity: id, Suites: []Suite{X25519, 7}}, "Suites: 7 is not one of [x25519 hpke hybrid]"},
		{"window", ResponderConfig{Identity: id, Window: -time.Second}, "Window -1s is negative"},
		{"timeout", ResponderConfig{Identity: id, PendingTimeout: -1}, "PendingTimeout -1ns is negative"},
		{"pending", ResponderConfig{Identity: id, MaxPending: -2, MaxNonces: -3}, "MaxPending -2 is negative"},
		{"pending of one", ResponderConfig{Identity: id, MaxPendingPerPeer: -1}, "MaxPendingPerPeer -1 is negative"},
		{"nonces", ResponderConfig{Identity: id, MaxNonces: -3}, "MaxNonces -3 is negative"},
		{"nonces of one", ResponderConfig{Identity: id, MaxNoncesPerPeer: -4}, "MaxNoncesPerPeer -4 is negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := NewResponder(c.cfg)
			if r != nil || !errors.Is(err, ErrParams) || err.Error() != "handshake: bad parameters: "+c.text {
				t.Errorf("%v, %v, want none and %q", r, err, c.text)
			}
		})
	}
}

// TestLongestDurations: the longest that can be said is no panic, and no window
// that is shut.
func TestLongestDurations(t *testing.T) {
	const longest = time.Duration(math.MaxInt64)
	for _, window := range []time.Duration{longest, longest - 1, longest/2 + 1, longest / 2} {
		t.Run(window.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPairOver(t, newPipeListener(),
					ResponderConfig{Window: window, PendingTimeout: longest},
					ServerConfig{BodyTimeout: longest, WriteTimeout: longest, HeaderTimeout: longest, IdleTimeout: longest},
					ClientConfig{Timeout: longest, IdleTimeout: longest})
				p.initiator.Window = window
				invitation := p.begin(t, "c").invitation(nil)
				p.handle(t, invitation)
				time.Sleep(24 * time.Hour)
				p.refused(t, invitation, ErrReplay)
				p.pending(t, 1)
				if err := p.run(); err != nil {
					t.Error(err)
				}
				if p.server.http.WriteTimeout < 0 {
					t.Errorf("server has a WriteTimeout of %v", p.server.http.WriteTimeout)
				}
				p.responder.pending.drop(p.responder.pending.oldest) // and its timer with it
			})
		})
	}
}

// TestInitiatorWiped looks at the initiator's secrets after a run that ended well
// and after one whose last message was lost.
func TestInitiatorWiped(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		lost := errors.New("cable cut")
		for _, c := range []struct {
			name      string
			transport Transport
			want      error
		}{
			{"complete", p.memory, nil},
			{"lost", p.failingAt(Complete, lost), lost},
		} {
			t.Run(c.name, func(t *testing.T) {
				x := p.begin(t, "c")
				had := false
				watch := transportFunc(func(msg []byte) ([]byte, error) {
					had = x.seed != (seed{}) && x.confirm != (confirmKey{}) // true at Complete
					return c.transport.RoundTrip(context.Background(), msg)
				})
				if _, _, err := x.run(context.Background(), watch); !errors.Is(err, c.want) {
					t.Fatalf("error %v, want %v", err, c.want)
				}
				if !had {
					t.Error("there were no secrets to lose")
				}
				if x.seed != (seed{}) || x.confirm != (confirmKey{}) {
					t.Error("secrets are there after the run")
				}
			})
		}
	})
}

// TestKeyAgreementFails has the suite fail for a reason of its own at the
// responder.
func TestKeyAgreementFails(t *testing.T) {
	kem := &testKEM{share: 100}
	withTestSuite(t, kem)
	p := newPair(t, ResponderConfig{})
	p.initiator.Suite = testSuite
	x := p.invited(t, "c")
	request := x.mustRequest(t)
	broken := errors.New("no entropy")
	kem.err = broken
	p.refused(t, request, broken)
	p.pending(t, 0)
}

// verbs are ways to print a value that might show what it holds.
var verbs = []string{"%v", "%+v", "%#v", "%x", "%d", "%s"}

func TestIdentity(t *testing.T) {
	id := NewIdentity()
	if NewIdentity().Public().Equal(id.Public()) {
		t.Error("two identities have one key")
	}
	if (Identity{}).Public() != nil {
		t.Error("nobody has a key")
	}
	id.Public()[0] ^= 1
	if !id.Public().Equal(id.pair.private.Public()) {
		t.Error("identity changed through what Public returned")
	}
	private := slices.Clone(id.pair.private)
	again, err := IdentityOf(private)
	if err != nil || !again.Public().Equal(id.Public()) {
		t.Errorf("identity of %x, %v", again.Public(), err)
	}
	clear(private)
	if !again.pair.private.Equal(id.pair.private) {
		t.Error("identity changed with the key it was made of")
	}
	for _, verb := range verbs {
		if got, want := fmt.Sprintf(verb, id), fmt.Sprintf("identity %x", []byte(id.Public())[:4]); got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
		if got := fmt.Sprintf(verb, Identity{}); got != "identity nobody" {
			t.Errorf("%s prints nobody as %q", verb, got)
		}
	}

	for _, c := range []struct {
		name string
		key  ed25519.PrivateKey
		text string
	}{
		{"short", id.pair.private[:63], "private key has 63 bytes, not 64"},
		{"another's public half", append(id.pair.private[:32:32], NewIdentity().Public()...), "private key does not match its public half"},
	} {
		if _, err := IdentityOf(c.key); !errors.Is(err, ErrParams) || !strings.HasSuffix(err.Error(), c.text) {
			t.Errorf("%s: %v, want %q", c.name, err, c.text)
		}
	}
}

func TestSuites(t *testing.T) {
	for _, s := range Suites() {
		got, err := ParseSuite(s.String())
		if err != nil || got != s {
			t.Errorf("ParseSuite(%q) = %v, %v", s, got, err)
		}
		if s.Label() == "" || s.kem() == nil {
			t.Errorf("%s has label %q and key agreement %v", s, s.Label(), s.kem())
		}
	}
	if _, err := ParseSuite("rsa"); !errors.Is(err, ErrParams) || !strings.HasSuffix(err.Error(), `suite "rsa" is not one of [x25519 hpke hybrid]`) {
		t.Errorf("ParseSuite(rsa): %v", err)
	}
	if s := Suite(0); s.String() != "suite(0)" || s.Label() != "" || s.kem() != nil {
		t.Errorf("suite 0 is %s, label %q", s, s.Label())
	}
}

func TestResultPrintsNoSecret(t *testing.T) {
	run := goodRun(t, X25519)
	peer := run.initiator.Identity.Public()
	want := fmt.Sprintf("session %s by x25519 as responder of %q with %x", run.result.ID, "errand-7", peer[:4])
	for _, verb := range verbs {
		if got := fmt.Sprintf(verb, run.result); got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
		if got := fmt.Sprintf(verb, *run.result); got != want {
			t.Errorf("%s of the value prints %q, want %q", verb, got, want)
		}
	}
}

// FuzzResponder sends anything, in any order: whoever cannot sign gets neither
// reply nor session, and leaves no handshake.
func FuzzResponder(f *testing.F) {
	run := goodRun(f, X25519)
	cfg := run.responder.cfg
	cfg.Window = 24 * time.Hour // so that what is recorded stays fresh
	for _, first := range run.messages {
		for _, second := range run.messages {
			f.Add(first, second)
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		p := newPair(t, cfg)
		recorded := func(msg []byte) bool {
			return slices.ContainsFunc(run.messages[:], func(m []byte) bool { return slices.Equal(m, msg) })
		}
		for _, msg := range [][]byte{first, second} {
			before := p.responder.Pending()
			reply, result, err := p.responder.Handle(msg)
			if word := Cause(err); word == causeOther {
				t.Fatalf("error %v", err)
			}
			if result != nil {
				t.Fatalf("session %v from messages that were not made for this responder", result)
			}
			if !recorded(msg) && (err == nil || reply != nil || p.responder.Pending() != before) {
				t.Fatalf("%x was taken: reply %x, %v", msg, reply, err)
			}
		}
	})
}
