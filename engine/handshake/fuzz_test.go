package handshake

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// frozen is a good run whose every moment can be gone back to.
type frozen struct {
	recorded
	initiation initiation // before the Response
	answered   pending    // at the responder, before the Complete
}

// freeze does a run by each suite. Its clock is wide, so that what was recorded
// stays fresh.
func freeze(f *testing.F) map[Suite]*frozen {
	f.Helper()
	all := make(map[Suite]*frozen)
	for _, suite := range Suites() {
		r := &frozen{recorded: recorded{pair: suitePair(f, suite, ResponderConfig{Window: 24 * time.Hour})}}
		r.initiator.Window = 24 * time.Hour
		x := r.begin(f, "errand-7")
		r.messages[Invitation] = x.invitation(nil)
		r.handle(f, r.messages[Invitation])
		r.messages[Request] = x.mustRequest(f)
		r.messages[Response] = r.handle(f, r.messages[Request])
		r.initiation, r.answered = *x, *r.responder.pending.newest
		if err := x.response(r.messages[Response]); err != nil {
			f.Fatal(err)
		}
		r.messages[Complete] = x.complete(nil)
		r.responder.pending.drop(r.responder.pending.newest)
		all[suite] = r
	}
	return all
}

// fresh returns the run's pair as it was before the run.
func (r *frozen) fresh(t *testing.T) *pair {
	t.Helper()
	p := suitePair(t, r.initiator.Suite, r.responder.cfg)
	p.initiator.Identity = r.initiator.Identity
	t.Cleanup(func() {
		p.responder.pending.mu.Lock()
		defer p.responder.pending.mu.Unlock()
		for p.responder.pending.oldest != nil { // so that no timer outlives the input
			p.responder.pending.unlist(p.responder.pending.oldest)
		}
	})
	return p
}

// addPhase adds the messages of that phase by each suite, and parts of them.
func addPhase(f *testing.F, runs map[Suite]*frozen, phase Phase) {
	f.Helper()
	for suite := range runs {
		for _, other := range runs {
			msg := other.messages[phase]
			f.Add(byte(suite), msg)
			f.Add(byte(suite), msg[:len(msg)-1])
			f.Add(byte(suite), with(msg, len(msg)-1, ^msg[len(msg)-1]))
			f.Add(byte(suite), with(msg, fixedSize+1, ^msg[fixedSize+1]))
		}
	}
}

// suiteAt picks one of the suites by a byte.
func suiteAt(b byte) Suite { return Suites()[int(b)%len(Suites())] }

// fuzzResponder feeds what may be a message of that phase to a responder for
// which it is due. Only the genuine one has any effect.
func fuzzResponder(f *testing.F, phase Phase, prepare func(t *testing.T, r *frozen, p *pair)) {
	f.Helper()
	runs := freeze(f)
	addPhase(f, runs, phase)
	f.Fuzz(func(t *testing.T, which byte, msg []byte) {
		r := runs[suiteAt(which)]
		p := r.fresh(t)
		prepare(t, r, p)
		before := p.responder.Pending()
		if bytes.Equal(msg, r.messages[phase]) {
			_, result, err := p.responder.Handle(msg)
			if err != nil || (result != nil) != (phase == Complete) {
				t.Fatalf("genuine %s: result %v, %v", phase, result, err)
			}
			return
		}
		// An Invitation by another suite is as genuine as that by this one.
		for _, other := range runs {
			if phase == Invitation && bytes.Equal(msg, other.messages[phase]) {
				return
			}
		}
		reply, result, err := p.responder.Handle(msg)
		if word := Cause(err); word == "" || word == causeOther {
			t.Fatalf("%x: error %v", msg, err)
		}
		if reply != nil || result != nil || p.responder.Pending() != before {
			t.Fatalf("%x: reply %x, result %v, %d pending", msg, reply, result, p.responder.Pending())
		}
		if p.responder.Counters().Refused.Total() != 1 {
			t.Fatal("refusal is not counted")
		}
	})
}

func FuzzInvitation(f *testing.F) {
	fuzzResponder(f, Invitation, func(*testing.T, *frozen, *pair) {})
}

func FuzzRequest(f *testing.F) {
	fuzzResponder(f, Request, func(t *testing.T, r *frozen, p *pair) { p.handle(t, r.messages[Invitation]) })
}

func FuzzComplete(f *testing.F) {
	fuzzResponder(f, Complete, func(t *testing.T, r *frozen, p *pair) {
		again := r.answered
		again.older, again.newer = nil, nil
		if err := p.responder.pending.insert(&again); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzResponse: an initiator that waits for a Response takes the genuine one, and
// has no secret from any other.
func FuzzResponse(f *testing.F) {
	runs := freeze(f)
	addPhase(f, runs, Response)
	f.Fuzz(func(t *testing.T, which byte, msg []byte) {
		r := runs[suiteAt(which)]
		x := r.initiation
		err := x.response(msg)
		if bytes.Equal(msg, r.messages[Response]) {
			if err != nil || x.seed != r.answered.seed {
				t.Fatalf("genuine response: %v", err)
			}
			return
		}
		if word := Cause(err); word == "" || word == causeOther {
			t.Fatalf("%x: error %v", msg, err)
		}
		if x.seed != (seed{}) || x.confirm != (confirmKey{}) || x.transcript != r.initiation.transcript {
			t.Fatalf("%x changed the initiator", msg)
		}
	})
}

// FuzzShares gives any offer and any answer to a suite, as a peer may that signs
// what it likes: there is a seed, or one of two errors.
func FuzzShares(f *testing.F) {
	type end struct {
		offer offer
		to    binding
	}
	ends := make(map[Suite]end)
	for _, suite := range Suites() {
		share, o, err := suite.kem().offer()
		if err != nil {
			f.Fatal(err)
		}
		to := binding{"errand-7", emptyTranscript}
		answer, _, err := suite.kem().answer(share, to)
		if err != nil {
			f.Fatal(err)
		}
		ends[suite] = end{o, to}
		for which := range Suites() {
			for _, s := range [][]byte{share, answer, make([]byte, len(share)), make([]byte, len(answer)), share[1:]} {
				f.Add(byte(which), s)
				f.Add(byte(which), bytes.ReplaceAll(s, s[:1], []byte{0xff}))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which byte, share []byte) {
		suite := suiteAt(which)
		end := ends[suite]
		judge := func(what string, s seed, err error) {
			if (s == seed{}) == (err == nil) || err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrLowOrder) {
				t.Fatalf("%s %x: seed %x, error %v", what, share, s, err)
			}
		}
		_, s, err := suite.kem().answer(share, end.to)
		judge("offer", s, err)
		s, err = end.offer.open(share, end.to)
		judge("answer", s, err)
	})
}
