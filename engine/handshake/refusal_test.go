package handshake

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// runAgainst runs p's initiator against a hostile responder that has the right
// identity and changes its Response.
func (p *pair) runAgainst(t *testing.T, alter func(*message, *confirmKey)) error {
	t.Helper()
	var said [][]byte
	hostile := transportFunc(func(msg []byte) ([]byte, error) {
		switch said = append(said, bytes.Clone(msg)); len(said) {
		case 1:
			return nil, nil
		case 2:
			return forgeResponse(t, p.responder.cfg.Identity, said[0], said[1], alter), nil
		default:
			t.Error("initiator went on to Complete")
			return nil, nil
		}
	})
	result, _, err := p.initiator.Run(context.Background(), hostile, p.responder.Public(), "errand-7")
	if result != nil {
		t.Errorf("result %v with error %v", result, err)
	}
	return err
}

// TestResponderRefuses has an initiator with a good identity break each rule in
// turn.
func TestResponderRefuses(t *testing.T) {
	other := NewIdentity()
	for _, c := range []struct {
		name string
		// make returns the message to be refused.
		make    func(t *testing.T, p *pair) []byte
		want    error
		pending int // handshakes left
	}{
		{"invitation for somebody else", func(t *testing.T, p *pair) []byte {
			return p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.to = other.pair.public })
		}, ErrIdentity, 0},
		{"invitation under another's name", func(t *testing.T, p *pair) []byte {
			return p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.from = other.pair.public })
		}, ErrSignature, 0},
		{"invitation from the responder", func(t *testing.T, p *pair) []byte {
			return p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.from = p.responder.self })
		}, ErrIdentity, 0},
		{"unknown suite", func(t *testing.T, p *pair) []byte {
			return p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.suite = 9 })
		}, ErrSuite, 0},
		{"suite not allowed", func(t *testing.T, p *pair) []byte {
			p.responder.cfg.Suites = []Suite{p.otherSuite()}
			return p.begin(t, "c").invitation(nil)
		}, ErrSuite, 0},
		{"response", func(t *testing.T, p *pair) []byte {
			return p.begin(t, "c").forge(Response, []byte("share"), nil)
		}, ErrPhase, 0},
		{"request first", func(t *testing.T, p *pair) []byte {
			return p.begin(t, "c").mustRequest(t)
		}, ErrPhase, 0},
		{"complete first", func(t *testing.T, p *pair) []byte {
			return p.begin(t, "c").complete(nil)
		}, ErrPhase, 0},
		{"complete for request", func(t *testing.T, p *pair) []byte {
			return p.invited(t, "c").complete(nil)
		}, ErrPhase, 1},
		{"request of another context", func(t *testing.T, p *pair) []byte {
			return p.invited(t, "c").forge(Request, []byte("share"), func(m *message) { m.contextID = []byte("d") })
		}, ErrPhase, 1},
		{"request of another invitation", func(t *testing.T, p *pair) []byte {
			request := p.invited(t, "c").mustRequest(t)
			p.invited(t, "c") // takes the other's place
			return request
		}, ErrSignature, 1},
		{"request by another suite", func(t *testing.T, p *pair) []byte {
			return p.invited(t, "c").forge(Request, []byte("share"), func(m *message) { m.suite = p.otherSuite() })
		}, ErrSuite, 1},
		{"request with the invitation's nonce", func(t *testing.T, p *pair) []byte {
			x := p.invited(t, "c")
			return x.forge(Request, []byte("share"), func(m *message) { m.nonce = x.said.list[0] })
		}, ErrReplay, 1},
		{"request signed by another", func(t *testing.T, p *pair) []byte {
			x := p.invited(t, "c")
			x.self = other
			return x.forge(Request, []byte("share"), func(m *message) { m.from = p.initiator.Identity.pair.public })
		}, ErrSignature, 1},
		{"request with a share of a wrong length", func(t *testing.T, p *pair) []byte {
			return p.invited(t, "c").forge(Request, make([]byte, 33), nil)
		}, ErrMalformed, 0},
		{"second request", func(t *testing.T, p *pair) []byte {
			x := p.answered(t, "c")
			return x.mustRequest(t)
		}, ErrPhase, 1},
		{"complete with the response's nonce", func(t *testing.T, p *pair) []byte {
			x := p.invited(t, "c")
			reply := p.handle(t, x.mustRequest(t))
			if err := x.response(reply); err != nil {
				t.Fatal(err)
			}
			m, err := parse(reply)
			if err != nil {
				t.Fatal(err)
			}
			return x.forge(Complete, nil, func(c *message) { c.nonce = m.nonce })
		}, ErrReplay, 1},
		{"complete without the response", func(t *testing.T, p *pair) []byte {
			x := p.invited(t, "c")
			p.handle(t, x.mustRequest(t))
			return x.complete(nil)
		}, ErrSignature, 1},
		{"complete without the key", func(t *testing.T, p *pair) []byte {
			x := p.answered(t, "c")
			x.confirm[0] ^= 1
			return x.complete(nil)
		}, ErrConfirm, 0},
		{"noise", func(*testing.T, *pair) []byte { return bytes.Repeat([]byte{1}, 300) }, ErrMalformed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachSuite(t, func(t *testing.T, suite Suite) {
				p := suitePair(t, suite, ResponderConfig{})
				p.refused(t, c.make(t, p), c.want)
				p.pending(t, c.pending)
				p.balanced(t)
			})
		})
	}
}

// TestInitiatorRefuses has a responder with the right identity break each rule in
// turn.
func TestInitiatorRefuses(t *testing.T) {
	eachSuite(t, testInitiatorRefuses)
}

func testInitiatorRefuses(t *testing.T, suite Suite) {
	other := NewIdentity()
	for _, c := range []struct {
		name  string
		alter func(m *message, key *confirmKey)
		want  error
	}{
		{"for somebody else", func(m *message, _ *confirmKey) { m.to = other.pair.public }, ErrIdentity},
		{"from somebody else", func(m *message, _ *confirmKey) { m.from = other.pair.public }, ErrIdentity},
		{"invitation", func(m *message, _ *confirmKey) { m.phase = Invitation }, ErrPhase},
		{"other context", func(m *message, _ *confirmKey) { m.contextID = []byte("errand-8") }, ErrPhase},
		{"other suite", func(m *message, _ *confirmKey) { m.suite = anotherThan(suite) }, ErrSuite},
		{"stale", func(m *message, _ *confirmKey) { m.sent = 0 }, ErrStale},
		{"share of a wrong length", func(m *message, _ *confirmKey) { m.share = make([]byte, 31) }, ErrMalformed},
		{"without the key", func(_ *message, key *confirmKey) { key[0] ^= 1 }, ErrConfirm},
		// ML-KEM refuses no ciphertext, and X25519 hardly a key: that the answer
		// was changed shows in what the responder cannot confirm.
		{"share with another first byte", func(m *message, _ *confirmKey) { m.share = with(m.share, 0, ^m.share[0]) }, ErrConfirm},
		{"share with another last byte", func(m *message, _ *confirmKey) {
			m.share = with(m.share, len(m.share)-1, m.share[len(m.share)-1]^1)
		}, ErrConfirm},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := suitePair(t, suite, ResponderConfig{}).runAgainst(t, c.alter); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}

	t.Run("own request come back", func(t *testing.T) {
		p := suitePair(t, suite, ResponderConfig{})
		x := p.invited(t, "c")
		if err := x.response(x.mustRequest(t)); !errors.Is(err, ErrIdentity) {
			t.Errorf("error %v, want ErrIdentity", err)
		}
	})
	t.Run("own nonce come back", func(t *testing.T) {
		p := suitePair(t, suite, ResponderConfig{})
		x := p.begin(t, "c")
		invitation := x.invitation(nil)
		request := x.mustRequest(t)
		forged := forgeResponse(t, p.responder.cfg.Identity, invitation, request,
			func(m *message, _ *confirmKey) { m.nonce = x.said.list[1] })
		if err := x.response(forged); !errors.Is(err, ErrReplay) {
			t.Errorf("error %v, want ErrReplay", err)
		}
	})
	t.Run("response to another run", func(t *testing.T) {
		p := suitePair(t, suite, ResponderConfig{})
		first := p.invited(t, "c")
		reply := p.handle(t, first.mustRequest(t))
		second := p.invited(t, "c")
		p.handle(t, second.mustRequest(t))
		if err := second.response(reply); !errors.Is(err, ErrSignature) {
			t.Errorf("error %v, want ErrSignature", err)
		}
	})
	t.Run("signed by another", func(t *testing.T) {
		p := suitePair(t, suite, ResponderConfig{})
		x := p.invited(t, "c")
		p.responder.cfg.Identity = other // which signs
		if err := x.response(p.handle(t, x.mustRequest(t))); !errors.Is(err, ErrSignature) {
			t.Errorf("error %v, want ErrSignature", err)
		}
	})
}

// TestReplay delivers each message of a good run again, during the run and after.
func TestReplay(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		x := p.begin(t, "errand-7")
		invitation := x.invitation(nil)
		p.handle(t, invitation)
		p.refused(t, invitation, ErrReplay)
		request := x.mustRequest(t)
		reply := p.handle(t, request)
		p.refused(t, request, ErrReplay)
		p.refused(t, invitation, ErrReplay)
		if err := x.response(reply); err != nil {
			t.Fatal(err)
		}
		p.refused(t, reply, ErrIdentity) // its own
		complete := x.complete(nil)
		if _, result, err := p.responder.Handle(complete); err != nil || result.Seed != x.seed {
			t.Fatalf("result %v, %v", result, err)
		}
		p.refused(t, invitation, ErrReplay)
		p.refused(t, request, ErrPhase)
		p.refused(t, complete, ErrPhase)
		p.pending(t, 0)

		// A new run under the same context does not take messages of the old one.
		p.invited(t, "errand-7")
		p.refused(t, request, ErrSignature)
		p.refused(t, complete, ErrPhase)
		p.pending(t, 1)
	})
}

// TestReplayToForgetfulResponder is a responder started again: it takes the
// recorded Invitation and Request, and gives no session for the rest.
func TestReplayToForgetfulResponder(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		run := goodRun(t, suite)
		again := newPair(t, run.responder.cfg)
		again.handle(t, run.messages[Invitation])
		again.handle(t, run.messages[Request])
		again.refused(t, run.messages[Complete], ErrSignature)
	})
}

// TestAuthorize lets one of two initiators in, and asks only about those who
// signed.
func TestAuthorize(t *testing.T) {
	friend, stranger := NewIdentity(), NewIdentity()
	var asked []ed25519.PublicKey
	p := newPair(t, ResponderConfig{Authorize: func(peer ed25519.PublicKey) bool {
		asked = append(asked, peer)
		return peer.Equal(friend.Public())
	}})
	p.initiator.Identity = stranger
	p.refused(t, p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.from = friend.pair.public }), ErrSignature)
	if len(asked) > 0 {
		t.Errorf("asked about %x, who did not sign", asked)
	}
	if err := p.run(); !errors.Is(err, ErrIdentity) {
		t.Errorf("stranger: %v, want ErrIdentity", err)
	}
	p.pending(t, 0)
	p.initiator.Identity = friend
	if err := p.run(); err != nil {
		t.Error(err)
	}
	if len(asked) != 2 || !asked[0].Equal(stranger.Public()) || !asked[1].Equal(friend.Public()) {
		t.Errorf("asked about %x", asked)
	}
}

// TestWindow checks both ends' window to the nanosecond.
func TestWindow(t *testing.T) {
	const window = 3 * time.Second
	for _, c := range []struct {
		name string
		off  time.Duration // of the sender's clock
		want error
	}{
		{"on time", 0, nil},
		{"oldest", -window, nil},
		{"too old", -window - 1, ErrStale},
		{"furthest ahead", window, nil},
		{"too far ahead", window + 1, ErrStale},
		{"as old as can be", -1 << 62, ErrStale},
		{"as far ahead as can be", 1 << 62, ErrStale},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, ResponderConfig{Window: window})
				p.initiator.Window = window
				shift := func(m *message) { m.sent += int64(c.off) }
				_, _, err := p.responder.Handle(p.begin(t, "c").forge(Invitation, nil, shift))
				if !errors.Is(err, c.want) {
					t.Errorf("responder: %v, want %v", err, c.want)
				}
				x := p.begin(t, "d")
				invitation := x.invitation(nil)
				request := x.mustRequest(t)
				err = x.response(forgeResponse(t, p.responder.cfg.Identity, invitation, request,
					func(m *message, _ *confirmKey) { shift(m) }))
				if !errors.Is(err, c.want) {
					t.Errorf("initiator: %v, want %v", err, c.want)
				}
			})
		})
	}
}

// TestReplayForAsLongAsFresh repeats an Invitation from the furthest future until
// its time is over: at no moment is it taken again.
func TestReplayForAsLongAsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window = 3 * time.Second
		p := newPair(t, ResponderConfig{Window: window})
		ahead := p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.sent += int64(window) })
		p.handle(t, ahead)
		time.Sleep(2 * window) // its timestamp is good to the last
		p.refused(t, ahead, ErrReplay)
		time.Sleep(time.Nanosecond)
		p.refused(t, ahead, ErrStale)
	})
}

func TestCause(t *testing.T) {
	words := Causes()
	if len(words) != len(causes)+1 || words[len(words)-1] != "other" {
		t.Errorf("causes %v", words)
	}
	seen := map[string]bool{}
	for i, c := range causes {
		if got := Cause(refuse(c.err, "detail")); got != c.word || words[i] != c.word {
			t.Errorf("cause of %v is %q, listed as %q, want %q", c.err, got, words[i], c.word)
		}
		if seen[c.word] || strings.Trim(c.word, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("word %q is there twice or not snake_case", c.word)
		}
		seen[c.word] = true
	}
	if got := Cause(nil); got != "" {
		t.Errorf("cause of nil is %q", got)
	}
	if got := Cause(errors.New("cable cut")); got != "other" {
		t.Errorf("cause of a foreign error is %q", got)
	}
}
