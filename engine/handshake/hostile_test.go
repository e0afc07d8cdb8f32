package handshake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// stages are the moments of a handshake at which each of its messages is due.
// deliver gives a message to the end that waits for it.
func stages(t *testing.T, p *pair, x *initiation, each func(phase Phase, msg []byte, deliver func([]byte) error)) {
	t.Helper()
	handle := func(msg []byte) error {
		reply, result, err := p.responder.Handle(msg)
		if err != nil && (reply != nil || result != nil) {
			t.Errorf("reply of %d bytes, result %v with error %v", len(reply), result, err)
		}
		return err
	}
	invitation := x.invitation(nil)
	each(Invitation, invitation, handle)
	p.pending(t, 0)
	p.handle(t, invitation)

	request := x.mustRequest(t)
	each(Request, request, handle)
	p.pending(t, 1)
	reply := p.handle(t, request)

	each(Response, reply, x.response)
	if x.seed != (seed{}) || x.confirm != (confirmKey{}) {
		t.Error("initiator has secrets from a message that it refused")
	}
	if err := x.response(reply); err != nil {
		t.Fatal(err)
	}

	complete := x.complete(nil)
	each(Complete, complete, handle)
	p.pending(t, 1)
	if _, result, err := p.responder.Handle(complete); err != nil || result.Seed != x.seed {
		t.Errorf("genuine run ends with %v, %v", result, err)
	}
	p.balanced(t)
}

// TestEveryBit flips each bit of each message of a good run. None is accepted,
// and the handshake is as it was: its genuine message is taken after all.
func TestEveryBit(t *testing.T) {
	step := 1
	if testing.Short() || raceEnabled {
		step = 41 // a signature is verified for each bit
	}
	eachSuite(t, func(t *testing.T, suite Suite) {
		t.Parallel()
		p := suitePair(t, suite, ResponderConfig{})
		stages(t, p, p.begin(t, "errand-7"), func(phase Phase, msg []byte, deliver func([]byte) error) {
			for bit := 0; bit < 8*len(msg); bit += step {
				err := deliver(with(msg, bit/8, msg[bit/8]^1<<(bit%8)))
				if word := Cause(err); word == "" || word == causeOther {
					t.Errorf("%s, bit %d of %d: error %v", phase, bit, 8*len(msg), err)
				}
			}
		})
	})
}

// TestEveryLength cuts each message of a good run to each length below its own,
// and lengthens it.
func TestEveryLength(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		stages(t, p, p.begin(t, "errand-7"), func(phase Phase, msg []byte, deliver func([]byte) error) {
			for n := range msg {
				if err := deliver(msg[:n:n]); !errors.Is(err, ErrMalformed) {
					t.Errorf("%s, %d of %d bytes: %v, want ErrMalformed", phase, n, len(msg), err)
				}
			}
			for _, n := range []int{1, 64, MaxMessage - len(msg), MaxMessage - len(msg) + 1, 1 << 20} {
				if err := deliver(append(slices.Clone(msg), make([]byte, n)...)); !errors.Is(err, ErrMalformed) {
					t.Errorf("%s and %d bytes: %v, want ErrMalformed", phase, n, err)
				}
			}
		})
	})
}

// TestDowngrade has each message of a good run name each other suite, with the
// lengths that the other suite would have or not.
func TestDowngrade(t *testing.T) {
	const atSuite = 2
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		stages(t, p, p.begin(t, "errand-7"), func(phase Phase, msg []byte, deliver func([]byte) error) {
			for _, other := range []Suite{0, X25519, HPKE, Hybrid, 4, 255} {
				if other == suite {
					continue
				}
				want := ErrSuite
				if phase == Invitation && other.kem() != nil {
					want = ErrSignature // there is no suite yet that it could differ from
				}
				if err := deliver(with(msg, atSuite, byte(other))); !errors.Is(err, want) {
					t.Errorf("%s by %s for %s: %v, want %v", phase, other, suite, err, want)
				}
			}
		})
	})
}

// TestManInTheMiddleOfSuites changes the suite to another in all messages, both
// ways, so that each end sees but one.
func TestManInTheMiddleOfSuites(t *testing.T) {
	const atSuite = 2
	eachSuite(t, func(t *testing.T, suite Suite) {
		for _, other := range Suites() {
			if other == suite {
				continue
			}
			p := suitePair(t, suite, ResponderConfig{})
			middle := transportFunc(func(msg []byte) ([]byte, error) {
				reply, err := p.memory.RoundTrip(context.Background(), with(msg, atSuite, byte(other)))
				if len(reply) > 0 {
					reply = with(reply, atSuite, byte(suite))
				}
				return reply, err
			})
			result, _, err := p.initiator.Run(context.Background(), middle, p.responder.Public(), "")
			if result != nil || !errors.Is(err, ErrSignature) {
				t.Errorf("%s as %s: result %v, %v", suite, other, result, err)
			}
			p.pending(t, 0)
		}
	})
}

// TestCrossSuite replays what two ends said in a run by one suite in their next
// one, under the same context id and by another.
func TestCrossSuite(t *testing.T) {
	for _, suite := range Suites() {
		for _, next := range Suites() {
			if next == suite {
				continue
			}
			t.Run(fmt.Sprintf("%s to %s", suite, next), func(t *testing.T) {
				old := goodRun(t, suite)
				p := old.pair
				p.initiator.Suite = next
				x := p.begin(t, "errand-7")
				p.handle(t, x.invitation(nil))
				p.refused(t, old.messages[Invitation], ErrReplay)
				p.refused(t, old.messages[Request], ErrSuite)
				p.refused(t, old.messages[Complete], ErrPhase)
				reply := p.handle(t, x.mustRequest(t))
				if err := x.response(old.messages[Response]); !errors.Is(err, ErrSuite) {
					t.Errorf("old response: %v, want ErrSuite", err)
				}
				if err := x.response(reply); err != nil {
					t.Fatal(err)
				}
				p.refused(t, old.messages[Request], ErrPhase)
				p.refused(t, old.messages[Complete], ErrSuite)
				p.handle(t, x.complete(nil))
				p.pending(t, 0)
			})
		}
	}
}

// TestReorder delivers what an initiator said in every order but the right one, to
// a responder that has seen none of it.
func TestReorder(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		run := goodRun(t, suite)
		for _, c := range []struct {
			order []Phase
			want  []error
		}{
			{[]Phase{Invitation, Complete, Request}, []error{nil, ErrPhase, nil}},
			{[]Phase{Request, Invitation, Complete}, []error{ErrPhase, nil, ErrPhase}},
			{[]Phase{Request, Complete, Invitation}, []error{ErrPhase, ErrPhase, nil}},
			{[]Phase{Complete, Invitation, Request}, []error{ErrPhase, nil, nil}},
			{[]Phase{Complete, Request, Invitation}, []error{ErrPhase, ErrPhase, nil}},
			{[]Phase{Invitation, Response, Request}, []error{nil, ErrIdentity, nil}},
		} {
			p := suitePair(t, suite, run.responder.cfg)
			for i, phase := range c.order {
				if c.want[i] == nil {
					p.handle(t, run.messages[phase])
				} else {
					p.refused(t, run.messages[phase], c.want[i])
				}
			}
			if done := p.responder.Counters().Completed; done != 0 {
				t.Errorf("%v: %d sessions", c.order, done)
			}
		}
	})
}

// TestReflection sends each end's messages back to it, and two handshakes in both
// directions into each other.
func TestReflection(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		x := p.begin(t, "errand-7")
		invitation := x.invitation(nil)
		request := x.mustRequest(t)
		for _, own := range [][]byte{invitation, request} {
			if err := x.response(own); !errors.Is(err, ErrIdentity) {
				t.Errorf("own message: %v, want ErrIdentity", err)
			}
		}
		p.handle(t, invitation)
		p.refused(t, p.handle(t, request), ErrIdentity)

		// The same two, each as the other's initiator: what one says is never
		// what the other waits for.
		back := suitePair(t, suite, ResponderConfig{Identity: p.initiator.Identity})
		back.initiator.Identity = p.responder.cfg.Identity
		y := back.invited(t, "errand-7")
		back.refused(t, invitation, ErrIdentity)
		back.refused(t, request, ErrIdentity)
		p.refused(t, y.mustRequest(t), ErrIdentity)
	})
}

// TestSharesThatCannotBeRead are signed by who has the right identitx.
func TestSharesThatCannotBeRead(t *testing.T) {
	lengths := map[Suite][2]int{X25519: {32, 32}, HPKE: {32, 32}, Hybrid: {1216, 1120}}
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		for _, n := range []int{1, 31, 32, 33, 1088, 1119, 1120, 1121, 1184, 1215, 1216} {
			if n != lengths[suite][0] {
				x := p.invited(t, "c")
				p.refused(t, x.forge(Request, make([]byte, n), nil), ErrMalformed)
				p.pending(t, 0)
			}
			if n != lengths[suite][1] {
				err := p.runAgainst(t, func(m *message, _ *confirmKey) { m.share = make([]byte, n) })
				if !errors.Is(err, ErrMalformed) {
					t.Errorf("answer of %d bytes: %v, want ErrMalformed", n, err)
				}
			}
		}
	})
	t.Run("modulus", func(t *testing.T) {
		// The first coefficient of the ML-KEM key is 4095, and the modulus 3329.
		p := suitePair(t, Hybrid, ResponderConfig{})
		share, _, err := Hybrid.kem().offer()
		if err != nil {
			t.Fatal(err)
		}
		copy(share, bytes.Repeat([]byte{0xff}, 2))
		p.refused(t, p.invited(t, "c").forge(Request, share, nil), ErrMalformed)
		p.pending(t, 0)
	})
}

// TestHostileOffer has an initiator offer a key that it does not have: the
// responder cannot know, until there is no proof of the seed.
func TestHostileOffer(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		strange, _, err := suite.kem().offer()
		if err != nil {
			t.Fatal(err)
		}
		x := p.invited(t, "c")
		if _, x.offer, err = suite.kem().offer(); err != nil {
			t.Fatal(err)
		}
		reply := p.handle(t, x.say(nil, Request, strange))
		if err := x.response(reply); !errors.Is(err, ErrConfirm) {
			t.Errorf("error %v, want ErrConfirm", err)
		}
		m, err := parse(reply)
		if err != nil {
			t.Fatal(err)
		}
		if _, x.transcript, err = m.authenticate(x.transcript); err != nil {
			t.Fatal(err)
		}
		p.refused(t, x.complete(nil), ErrConfirm)
		p.pending(t, 0)
	})
}

// TestFlood begins handshakes and never completes them. The table fills up, says
// so, and is empty when their time is over although nobody calls any more.
func TestFlood(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		synctest.Test(t, func(t *testing.T) {
			const limit, timeout = 8, 5 * time.Second
			p := suitePair(t, suite, ResponderConfig{MaxPending: limit, PendingTimeout: timeout})
			var held []*pending
			for i := range 3 * limit {
				x := p.begin(t, fmt.Sprint("c", i))
				if i >= limit {
					p.refused(t, x.invitation(nil), ErrBusy)
					continue
				}
				p.handle(t, x.invitation(nil))
				p.handle(t, x.mustRequest(t))
				held = append(held, p.responder.pending.newest)
			}
			time.Sleep(timeout + time.Nanosecond)
			synctest.Wait()
			table := p.responder.pending
			if len(table.byKey) != 0 || len(table.ofPeer) != 0 || table.oldest != nil || table.newest != nil {
				t.Errorf("table has %d handshakes of %d peers", len(table.byKey), len(table.ofPeer))
			}
			for _, h := range held {
				if h.seed != (seed{}) || h.confirm != (confirmKey{}) {
					t.Error("secrets are not wiped")
				}
			}
			if c := p.responder.count.read(); c.TimedOut != limit || c.Invited != limit || c.Refused.Of("busy") != 2*limit {
				t.Errorf("counters %+v", c)
			}
		})
	})
}
