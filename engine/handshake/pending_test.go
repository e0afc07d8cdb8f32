package handshake

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

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
	eachSuite(t, func(t *testing.T, suite Suite) {
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
					p := suitePair(t, suite, ResponderConfig{PendingTimeout: timeout, MaxPending: 2})
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
					if secret, _ := p.held(held); !secret {
						t.Fatal("pending handshake has no secrets to lose")
					}
					time.Sleep(c.wait)
					result, err := deliver(p, x.complete(nil))
					if !errors.Is(err, c.want) || (result == nil) != (err != nil) {
						t.Errorf("complete: result %v, %v, want %v", result, err, c.want)
					}
					if secret, _ := p.held(held); secret {
						t.Error("secrets of the ended handshake are not wiped")
					}
				})
			})
		}
	})
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
	eachSuite(t, func(t *testing.T, suite Suite) {
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
				p := suitePair(t, suite, ResponderConfig{})
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
	})
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
		{"replaced", func(t *testing.T, p *pair) {
			time.Sleep(time.Nanosecond)
			p.invited(t, "c")
		}, 1},
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
	for _, c := range []struct {
		name           string
		limit, perPeer int
	}{{"of all", 1, 2}, {"of one initiator", 2, 1}} {
		t.Run(c.name, func(t *testing.T) {
			table := newPendingTable(c.limit, c.perPeer, time.Second, new(counters))
			first := &pending{key: pendingKey{contextID: "a"}}
			if err := table.insert(first); err != nil {
				t.Fatal(err)
			}
			if err := table.insert(&pending{key: pendingKey{contextID: "b"}}); !errors.Is(err, ErrBusy) {
				t.Errorf("error %v, want ErrBusy", err)
			}
			if !table.drop(first) || table.drop(first) {
				t.Error("a handshake is not dropped once")
			}
		})
	}
}

// TestNoncesAreBounded sends Invitations until the memory for nonces is full.
func TestNoncesAreBounded(t *testing.T) {
	const limit = 16
	p := newPair(t, ResponderConfig{MaxNonces: limit, MaxNoncesPerPeer: limit})
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

func deliver(p *pair, msg []byte) (*Result, error) {
	_, result, err := p.responder.Handle(msg)
	return result, err
}

// TestPendingOfOnePeerIsBounded has one initiator begin as many handshakes as it
// may: another is still let in, and the first may start one over.
func TestPendingOfOnePeerIsBounded(t *testing.T) {
	p := newPair(t, ResponderConfig{MaxPending: 5, MaxPendingPerPeer: 2, MaxNonces: 1 << 10})
	friend := newPair(t, p.responder.cfg)
	friend.responder = p.responder
	first := p.answered(t, "first")
	p.invited(t, "second")
	third := p.begin(t, "third").invitation(nil)
	p.refused(t, third, ErrBusy)
	p.refused(t, third, ErrReplay) // who saw it cannot use it
	friend.invited(t, "first")
	friend.invited(t, "third")
	p.pending(t, 4)

	// Who only has the name of somebody who is busy is told nothing of that.
	forged := with(third, len(third)-1, ^third[len(third)-1])
	p.refused(t, forged, ErrSignature)

	p.invited(t, "second") // starts over
	p.pending(t, 4)
	p.handle(t, first.complete(nil))
	p.refused(t, third, ErrReplay) // not now either, when there is room
	p.invited(t, "third")
	p.refused(t, p.begin(t, "fourth").invitation(nil), ErrBusy)
	p.pending(t, 4)
	friend.refused(t, friend.begin(t, "more").invitation(nil), ErrBusy)
	newPairAt(t, p.responder).invited(t, "c")
	newPairAt(t, p.responder).refused(t, newPairAt(t, p.responder).begin(t, "c").invitation(nil), ErrBusy) // of all
	c := p.responder.Counters()
	if c.Invited != 7 || c.Replaced != 1 || c.Completed != 1 || c.Refused.Of("busy") != 4 || c.Refused.Of("replay") != 2 || c.Refused.Total() != 7 {
		t.Errorf("counters %+v", c)
	}
}

// newPairAt is a new initiator at a responder that is there.
func newPairAt(t testing.TB, r *Responder) *pair {
	p := newPair(t, ResponderConfig{})
	p.responder = r
	return p
}

// TestForgedInvitationsTakeNoPlace sends Invitations under somebody's name, who
// is let in all the same.
func TestForgedInvitationsTakeNoPlace(t *testing.T) {
	p := newPair(t, ResponderConfig{MaxPending: 4, MaxPendingPerPeer: 1})
	for i := range 8 {
		forged := p.begin(t, fmt.Sprint("c", i)).invitation(nil)
		p.refused(t, with(forged, len(forged)-1, ^forged[len(forged)-1]), ErrSignature)
	}
	if err := p.run(); err != nil {
		t.Error(err)
	}
}

// TestTimerWipes ends handshakes of which nobody hears again: each at its time,
// to the nanosecond, without any call.
func TestTimerWipes(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		synctest.Test(t, func(t *testing.T) {
			const timeout = 5 * time.Second
			p := suitePair(t, suite, ResponderConfig{PendingTimeout: timeout})
			table := p.responder.pending
			var held [3]*pending
			for i := range held {
				p.answered(t, fmt.Sprint("c", i))
				held[i] = table.newest
				time.Sleep(time.Second)
			}
			p.responder.pending.drop(held[1]) // so that the timer comes for one that is not there
			check := func(want ...bool) {
				t.Helper()
				synctest.Wait()
				for i, h := range held {
					if secret, listed := p.held(h); secret != want[i] || listed != want[i] {
						t.Errorf("handshake %d: secret %t, listed %t, want %t", i, secret, listed, want[i])
					}
				}
			}
			time.Sleep(2*time.Second - 1)
			check(true, false, true)
			time.Sleep(time.Nanosecond)
			check(false, false, true)
			time.Sleep(2*time.Second - 1)
			check(false, false, true)
			time.Sleep(time.Nanosecond)
			check(false, false, false)
			if n := p.responder.count.read().TimedOut; n != 2 {
				t.Errorf("%d timed out, want 2", n)
			}
			if table.timer.Stop() {
				t.Error("timer runs while nothing is pending")
			}
		})
	})
}

// TestTimerRunsWhileSomethingIsPending looks at the timer itself.
func TestTimerRunsWhileSomethingIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, ResponderConfig{})
		table := p.responder.pending
		if table.timer != nil {
			t.Error("there is a timer before there is a handshake")
		}
		for range 3 {
			x := p.answered(t, "c")
			if !table.timer.Reset(DefaultPendingTimeout) {
				t.Error("timer does not run while a handshake is pending")
			}
			p.handle(t, x.complete(nil))
			if table.timer.Stop() {
				t.Error("timer runs while nothing is pending")
			}
		}
	})
}

// TestKilledInitiator stops an initiator after each of its messages: the
// responder is as before when the time is over.
func TestKilledInitiator(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		for _, last := range []Phase{Invitation, Request} {
			synctest.Test(t, func(t *testing.T) {
				p := suitePair(t, suite, ResponderConfig{})
				killed := errors.New("killed")
				_, _, err := p.initiator.Run(t.Context(), p.failingAt(last+1, killed), p.responder.Public(), "c")
				if last == Request {
					_, _, err = p.initiator.Run(t.Context(), p.failingAt(Complete, killed), p.responder.Public(), "c")
				}
				if !errors.Is(err, killed) {
					t.Fatal(err)
				}
				p.pending(t, 1)
				time.Sleep(DefaultPendingTimeout)
				synctest.Wait()
				if n := len(p.responder.pending.byKey); n != 0 {
					t.Errorf("%d handshakes pending", n)
				}
				if err := p.run(); err != nil {
					t.Errorf("next handshake: %v", err)
				}
				p.balanced(t)
			})
		}
	})
}

// TestOlderInvitationEndsNothing has somebody who saw an Invitation, or held it
// back, deliver it while a newer one's handshake is under way: that goes on.
func TestOlderInvitationEndsNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  ResponderConfig
		// capture returns an Invitation under "c" of which no handshake is under way.
		capture func(t *testing.T, p *pair) []byte
		want    error
	}{
		{"delayed", ResponderConfig{}, func(t *testing.T, p *pair) []byte {
			return p.begin(t, "c").invitation(nil)
		}, ErrStale},
		{"refused by a full table", ResponderConfig{MaxPending: 1}, func(t *testing.T, p *pair) []byte {
			other := p.answered(t, "other")
			msg := p.begin(t, "c").invitation(nil)
			p.refused(t, msg, ErrBusy)
			p.handle(t, other.complete(nil))
			return msg
		}, ErrStale},
		{"refused for want of a share", ResponderConfig{MaxPendingPerPeer: 1}, func(t *testing.T, p *pair) []byte {
			other := p.answered(t, "other")
			msg := p.begin(t, "c").invitation(nil)
			p.refused(t, msg, ErrBusy)
			p.handle(t, other.complete(nil))
			p.refused(t, msg, ErrReplay) // and takes no place
			p.pending(t, 0)
			return msg
		}, ErrReplay},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, c.cfg)
			captured := c.capture(t, p)
			replaced := p.responder.Counters().Replaced
			x := p.invited(t, "c")
			p.refused(t, captured, c.want)
			reply := p.handle(t, x.mustRequest(t))
			p.refused(t, captured, ErrReplay)
			if err := x.response(reply); err != nil {
				t.Fatal(err)
			}
			if _, result, err := p.responder.Handle(x.complete(nil)); err != nil || result.Seed != x.seed {
				t.Errorf("result %v, %v", result, err)
			}
			if n := p.responder.Counters().Replaced; n != replaced {
				t.Errorf("%d handshakes were replaced", n-replaced)
			}
		})
	}
}

// TestInvitationOfTheSameTime: which of two is newer cannot be told.
func TestInvitationOfTheSameTime(t *testing.T) {
	p := newPair(t, ResponderConfig{})
	now := time.Now().UnixNano()
	at := func(sent int64) []byte {
		return p.begin(t, "c").forge(Invitation, nil, func(m *message) { m.sent = sent })
	}
	p.handle(t, at(now))
	p.refused(t, at(now), ErrStale)
	p.refused(t, at(now-1), ErrStale)
	p.handle(t, at(now+1))
	p.pending(t, 1)
}
