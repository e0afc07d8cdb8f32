package handshake

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestNoncesOfOnePeerAreBounded has one initiator begin again and again under one
// context id, of which he has never more than one handshake under way: when his
// share of the memory is used up he is refused, and nobody else.
func TestNoncesOfOnePeerAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window, share = 3 * time.Second, 4
		p := newPair(t, ResponderConfig{Window: window, MaxNonces: 3 * share, MaxNoncesPerPeer: share})
		began := time.Now()
		first := p.begin(t, "c").invitation(nil)
		p.handle(t, first)
		for range share - 1 {
			time.Sleep(time.Second)
			p.refused(t, first, ErrReplay) // and uses up nothing
			p.invited(t, "c")
		}
		time.Sleep(time.Second)
		p.refused(t, p.begin(t, "c").invitation(nil), ErrBusy)
		p.refused(t, p.begin(t, "d").invitation(nil), ErrBusy)
		friend := newPairAt(t, p.responder)
		for range share {
			friend.invited(t, "c")
			time.Sleep(time.Nanosecond)
		}
		friend.refused(t, friend.begin(t, "c").invitation(nil), ErrBusy)

		// The first is forgotten when it is not good any more.
		time.Sleep(2*window - time.Since(began))
		p.refused(t, p.begin(t, "c").invitation(nil), ErrBusy)
		time.Sleep(time.Nanosecond)
		p.invited(t, "c")
		p.refused(t, p.begin(t, "c").invitation(nil), ErrBusy)

		time.Sleep(2*window + time.Nanosecond)
		friend.invited(t, "c")
		if n, queued := len(p.responder.nonces.ofPeer), len(p.responder.nonces.queue); n != 1 || queued != 1 {
			t.Errorf("%d nonces of %d initiators are counted after all but one are forgotten", queued, n)
		}
	})
}

// TestShareOfNonces: what one initiator may use up is a part of what there is.
func TestShareOfNonces(t *testing.T) {
	for _, c := range []struct{ all, of, want int }{
		{0, 0, DefaultMaxNoncesPerPeer},
		{DefaultMaxNonces, 0, DefaultMaxNoncesPerPeer},
		{1600, 0, 100},
		{3, 0, 1},
		{3, 7, 7},
	} {
		r, err := NewResponder(ResponderConfig{Identity: NewIdentity(), MaxNonces: c.all, MaxNoncesPerPeer: c.of})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.nonces.perPeer; got != c.want {
			t.Errorf("%d of %d: share is %d, want %d", c.of, c.all, got, c.want)
		}
	}
}

// TestFullMemoryTakesNoShare: what could not be remembered is not counted.
func TestFullMemoryTakesNoShare(t *testing.T) {
	v := newInvitations(1, 5, time.Minute)
	one, two := publicKey{1}, publicKey{2}
	if err := v.check(one, nonce{1}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := v.check(two, nonce{2}); !errors.Is(err, ErrBusy) {
			t.Errorf("error %v, want ErrBusy", err)
		}
		if err := v.check(one, nonce{1}); !errors.Is(err, ErrReplay) {
			t.Errorf("error %v, want ErrReplay", err)
		}
	}
	if len(v.queue) != 1 || len(v.ofPeer) != 1 || v.ofPeer[one].n != 1 {
		t.Errorf("counted %d of %v", len(v.queue), v.ofPeer)
	}
}
