package handshake

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
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
		{"suite", ResponderConfig{Identity: id, Suites: []Suite{X25519, 7}}, "Suites: 7 is not one of [x25519]"},
		{"window", ResponderConfig{Identity: id, Window: -time.Second}, "Window -1s is negative"},
		{"timeout", ResponderConfig{Identity: id, PendingTimeout: -1}, "PendingTimeout -1ns is negative"},
		{"pending", ResponderConfig{Identity: id, MaxPending: -2, MaxNonces: -3}, "MaxPending -2 is negative"},
		{"nonces", ResponderConfig{Identity: id, MaxNonces: -3}, "MaxNonces -3 is negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := NewResponder(c.cfg)
			if r != nil || !errors.Is(err, ErrParams) || err.Error() != "handshake: bad parameters: "+c.text {
				t.Errorf("%v, %v, want none and %q", r, err, c.text)
			}
		})
	}
}

// TestPendingIsBounded fills the table: it refuses the next handshake before it
// looks at the signature, and has room again when one is over or replaced.
func TestPendingIsBounded(t *testing.T) {
	p := newPair(t, ResponderConfig{MaxPending: 2})
	first := p.answered(t, "first")
	p.invited(t, "second")
	p.pending(t, 2)
	p.refused(t, p.begin(t, "third").invitation(nil), ErrBusy)
	unsigned := p.begin(t, "third").invitation(nil)
	p.refused(t, with(unsigned, len(unsigned)-1, ^unsigned[len(unsigned)-1]), ErrBusy)
	p.pending(t, 2)

	second := p.invited(t, "second") // starts over
	p.pending(t, 2)
	if _, _, err := p.responder.Handle(first.complete(nil)); err != nil {
		t.Fatal(err)
	}
	p.pending(t, 1)
	if err := p.run(); err != nil {
		t.Error(err)
	}
	if err := second.response(p.handle(t, second.mustRequest(t))); err != nil {
		t.Error(err)
	}
	if _, _, err := p.responder.Handle(second.complete(nil)); err != nil {
		t.Error(err)
	}
	p.pending(t, 0)
}

// TestPendingTimesOut ends a handshake at each stage to the nanosecond, and its
// secrets with it.
func TestPendingTimesOut(t *testing.T) {
	const timeout = 5 * time.Second
	for _, c := range []struct {
		name string
		wait time.Duration
		want error
	}{
		{"in time", timeout - 1, nil},
		{"late", timeout, ErrPhase},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, ResponderConfig{PendingTimeout: timeout, MaxPending: 2})
				left := 0
				if c.want == nil {
					left = 1
				}
				x := p.invited(t, "c")
				time.Sleep(c.wait)
				p.pending(t, left)
				reply, _, err := p.responder.Handle(x.mustRequest(t))
				if !errors.Is(err, c.want) || (reply == nil) != (err != nil) {
					t.Errorf("request: reply of %d bytes, %v, want %v", len(reply), err, c.want)
				}

				time.Sleep(timeout)
				p.pending(t, 0)
				x = p.answered(t, "c")
				held := p.responder.pending.oldest
				if held.seed != x.seed || held.confirm != x.confirm {
					t.Fatal("pending handshake has no secrets to lose")
				}
				time.Sleep(c.wait)
				result, err := deliver(p, x.complete(nil))
				if !errors.Is(err, c.want) || (result == nil) != (err != nil) {
					t.Errorf("complete: result %v, %v, want %v", result, err, c.want)
				}
				if held.seed != (seed{}) || held.confirm != (confirmKey{}) {
					t.Error("secrets of the ended handshake are not wiped")
				}
			})
		})
	}
}

func deliver(p *pair, msg []byte) (*Result, error) {
	_, result, err := p.responder.Handle(msg)
	return result, err
}

// TestTimeoutMakesRoom: what timed out is dropped when the next one comes, oldest
// first, and no more than that.
func TestTimeoutMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 5 * time.Second
		p := newPair(t, ResponderConfig{PendingTimeout: timeout, MaxPending: 3})
		for i := range 3 {
			p.invited(t, fmt.Sprint("c", i))
			time.Sleep(time.Second)
		}
		p.refused(t, p.begin(t, "next").invitation(nil), ErrBusy)
		time.Sleep(2 * time.Second) // the first is over
		p.invited(t, "next")
		p.refused(t, p.begin(t, "more").invitation(nil), ErrBusy)
		p.pending(t, 3)
		time.Sleep(2 * time.Second)
		p.pending(t, 1)
		time.Sleep(timeout)
		p.pending(t, 0)
	})
}

// TestWipedWhenOver looks at the secrets of handshakes that ended well, with a
// refusal, or by being replaced.
func TestWipedWhenOver(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(t *testing.T, p *pair, x *initiation)
	}{
		{"complete", func(t *testing.T, p *pair, x *initiation) { p.handle(t, x.complete(nil)) }},
		{"without the key", func(t *testing.T, p *pair, x *initiation) {
			x.confirm[0] ^= 1
			p.refused(t, x.complete(nil), ErrConfirm)
		}},
		{"replaced", func(t *testing.T, p *pair, _ *initiation) { p.invited(t, "c") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, ResponderConfig{})
			x := p.answered(t, "c")
			held := p.responder.pending.oldest
			if held.seed == (seed{}) || held.confirm == (confirmKey{}) {
				t.Fatal("pending handshake has no secrets to lose")
			}
			c.end(t, p, x)
			if held.seed != (seed{}) || held.confirm != (confirmKey{}) {
				t.Error("secrets are there after the end")
			}
		})
	}
}

// TestInitiatorWiped looks at the initiator's secrets after a run that ended well
// and after one whose last message was lost.
func TestInitiatorWiped(t *testing.T) {
	p := newPair(t, ResponderConfig{})
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
}

// TestOvertaken moves a handshake on while the responder makes the Response.
func TestOvertaken(t *testing.T) {
	kem := &testKEM{share: 100}
	withTestSuite(t, kem)
	for _, c := range []struct {
		name string
		// meanwhile happens in the middle of Handle.
		meanwhile func(t *testing.T, p *pair)
		pending   int
	}{
		{"timed out", func(t *testing.T, p *pair) {
			time.Sleep(DefaultPendingTimeout)
			p.pending(t, 0)
		}, 0},
		{"replaced", func(t *testing.T, p *pair) { p.invited(t, "c") }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, ResponderConfig{})
				p.initiator.Suite = testSuite
				x := p.invited(t, "c")
				kem.answering = func() { c.meanwhile(t, p) }
				p.refused(t, x.mustRequest(t), ErrPhase)
				p.pending(t, c.pending)
			})
		})
	}
}

// TestSecondAtOnce is what two goroutines with good messages of one handshake
// meet: the table lets one of them go on.
func TestSecondAtOnce(t *testing.T) {
	p := newPair(t, ResponderConfig{})
	x := p.invited(t, "c")
	held := p.responder.pending.oldest
	if !p.responder.pending.advance(held, awaitRequest, answering, nil) {
		t.Fatal("first was refused")
	}
	if p.responder.pending.advance(held, awaitRequest, answering, nil) {
		t.Error("second went on too")
	}
	p.refused(t, x.mustRequest(t), ErrPhase)

	p.answered(t, "d")
	held = p.responder.pending.newest
	if !p.responder.pending.take(held, awaitComplete) {
		t.Fatal("first was refused")
	}
	if p.responder.pending.take(held, awaitComplete) {
		t.Error("second got the secrets too")
	}
	p.responder.pending.drop(held) // nothing to drop
	if held.seed == (seed{}) {
		t.Error("the first one's secrets were wiped under it")
	}
	p.pending(t, 1)
}

// TestInsertAtOnce is what two goroutines meet that both found room for one.
func TestInsertAtOnce(t *testing.T) {
	table := newPendingTable(1, time.Second)
	if err := table.insert(&pending{key: pendingKey{contextID: "a"}}); err != nil {
		t.Fatal(err)
	}
	if err := table.insert(&pending{key: pendingKey{contextID: "b"}}); !errors.Is(err, ErrBusy) {
		t.Errorf("error %v, want ErrBusy", err)
	}
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

// TestNoncesAreBounded sends Invitations until the memory for nonces is full.
func TestNoncesAreBounded(t *testing.T) {
	const limit = 16
	p := newPair(t, ResponderConfig{MaxNonces: limit})
	accepted := 0
	for i := range 3 * limit {
		_, _, err := p.responder.Handle(p.begin(t, fmt.Sprint("c", i)).invitation(nil))
		switch {
		case err == nil:
			accepted++
		case !errors.Is(err, ErrBusy):
			t.Fatal(err)
		}
	}
	p.pending(t, accepted)
	// The guard spreads its capacity over 16 shards, each with one to spare.
	if accepted == 0 || accepted > 2*limit {
		t.Errorf("%d invitations accepted with room for %d nonces", accepted, limit)
	}
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
	if _, err := ParseSuite("rsa"); !errors.Is(err, ErrParams) || !strings.HasSuffix(err.Error(), `suite "rsa" is not one of [x25519]`) {
		t.Errorf("ParseSuite(rsa): %v", err)
	}
	if s := Suite(0); s.String() != "suite(0)" || s.Label() != "" || s.kem() != nil {
		t.Errorf("suite 0 is %s, label %q", s, s.Label())
	}
}

func TestResultPrintsNoSecret(t *testing.T) {
	run := goodRun(t)
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
	run := goodRun(f)
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
