package handshake

import (
	"errors"
	"maps"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestCounters follows a responder through one handshake of each end.
func TestCounters(t *testing.T) {
	p := newPair(t, ResponderConfig{})
	if c := p.responder.Counters(); c != (Counters{}) {
		t.Errorf("a new responder has counted %+v", c)
	}
	if err := p.run(); err != nil {
		t.Fatal(err)
	}
	x := p.answered(t, "broken")
	x.confirm[0] ^= 1
	p.refused(t, x.complete(nil), ErrConfirm)
	p.invited(t, "replaced")
	p.invited(t, "replaced")
	p.refused(t, nil, ErrMalformed)
	p.refused(t, nil, ErrMalformed)
	got := p.responder.Counters()
	want := Counters{Invited: 4, Answered: 2, Completed: 1, Broken: 1, Replaced: 1, Refused: got.Refused}
	if got != want {
		t.Errorf("counters %+v, want %+v", got, want)
	}
	by := got.Refused.ByCause()
	if !maps.Equal(by, map[string]uint64{"confirm": 1, "malformed": 2}) || got.Refused.Total() != 3 {
		t.Errorf("refused %v, %d in total", by, got.Refused.Total())
	}
	if n := got.Refused.Of("no such word"); n != 0 {
		t.Errorf("%d refused for no reason", n)
	}
}

// TestRefusalsHaveAPlaceForEachCause counts one error of each.
func TestRefusalsHaveAPlaceForEachCause(t *testing.T) {
	var c counters
	for _, known := range causes {
		c.refused[causeIndex(known.err)].Add(1)
	}
	c.refused[causeIndex(errors.New("cable cut"))].Add(1)
	refused := c.read().Refused
	for _, word := range Causes() {
		if n := refused.Of(word); n != 1 {
			t.Errorf("%d for %s, want 1", n, word)
		}
	}
}

// TestCountersAddUp delivers messages of a few handshakes in any order, some
// twice, some broken: every handshake is in one place and every refusal counted.
func TestCountersAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPair(t, ResponderConfig{MaxPending: 3, MaxPendingPerPeer: 2})
		other := newPairAt(t, p.responder)
		ends := []*pair{p, other}
		var messages [][]byte
		refused := uint64(0)
		deliver := func(msg []byte) []byte {
			reply, result, err := p.responder.Handle(msg)
			if err != nil {
				refused++
			}
			if result != nil {
				result.Wipe()
			}
			messages = append(messages, msg)
			return reply
		}
		var running []*initiation
		rt.Repeat(map[string]func(*rapid.T){
			"invite": func(rt *rapid.T) {
				x := rapid.SampledFrom(ends).Draw(rt, "who").begin(t, rapid.StringMatching("[a-d]").Draw(rt, "context"))
				deliver(x.invitation(nil))
				running = append(running, x)
			},
			"go on": func(rt *rapid.T) {
				if len(running) == 0 {
					rt.Skip("nobody runs")
				}
				x := rapid.SampledFrom(running).Draw(rt, "which")
				if x.said.n == 1 {
					if reply := deliver(x.mustRequest(t)); reply != nil {
						_ = x.response(reply)
					}
					return
				}
				if x.said.n == 2 {
					if rapid.Bool().Draw(rt, "without the key") {
						x.confirm[0] ^= 1
					}
					deliver(x.complete(nil))
				}
			},
			"again": func(rt *rapid.T) {
				if len(messages) == 0 {
					rt.Skip("nothing was said")
				}
				msg := rapid.SampledFrom(messages).Draw(rt, "what")
				i := rapid.IntRange(0, len(msg)-1).Draw(rt, "where")
				deliver(with(msg, i, msg[i]^rapid.Byte().Draw(rt, "change")))
			},
			"": func(rt *rapid.T) {
				p.balanced(rt)
				if got := p.responder.Counters().Refused.Total(); got != refused {
					rt.Fatalf("%d refusals counted, want %d", got, refused)
				}
			},
		})
	})
}

// TestCountersWhileBusy reads while handshakes run: no end is seen without its
// beginning.
func TestCountersWhileBusy(t *testing.T) {
	p := newPair(t, ResponderConfig{})
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			own := *p
			own.accepted = new(Result)
			own.initiator = &Initiator{Identity: NewIdentity()}
			own.memory = NewMemory(p.responder, func(r *Result) error { *own.accepted = *r; return nil })
			for range 20 {
				if err := own.run(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { working.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		c := p.responder.Counters()
		if c.Completed+c.Broken+c.TimedOut+c.Replaced > c.Invited {
			t.Fatalf("more ends than beginnings: %+v", c)
		}
	}
	if c := p.responder.Counters(); c.Completed != 80 || c.Invited != 80 || c.Answered != 80 {
		t.Errorf("counters %+v", c)
	}
}
