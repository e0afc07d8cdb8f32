package handshake

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestX25519NeedsContext: no seed comes of an exchange without a context, even if
// a caller forgot to check.
func TestX25519NeedsContext(t *testing.T) {
	share, _, err := x25519KEM{}.offer()
	if err != nil {
		t.Fatal(err)
	}
	if _, s, err := (x25519KEM{}).answer(share, binding{}); !errors.Is(err, session.ErrParams) || s != (seed{}) {
		t.Errorf("seed %x, %v, want none and ErrParams", s, err)
	}
}

// TestX25519NotAllowed runs where the library refuses the curve, which only a
// process of its own can be told. The handshake fails at both ends with the
// library's error, by HPKE too. Hybrid, whose ML-KEM is allowed, goes on.
func TestX25519NotAllowed(t *testing.T) {
	const inside = "HANDSHAKE_TEST_FIPS_ONLY"
	if os.Getenv(inside) == "" {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, "-test.run=^TestX25519NotAllowed$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1", "GODEBUG=fips140=only")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestX25519NotAllowed") {
			t.Errorf("%v in the other process:\n%s", err, out)
		}
		return
	}
	p := newPair(t, ResponderConfig{})
	result, _, err := p.initiator.Run(context.Background(), p.memory, p.responder.Public(), "")
	if result != nil || Cause(err) != causeOther || !strings.Contains(err.Error(), "make X25519 key") {
		t.Errorf("result %v, error %v", result, err)
	}
	p.initiator.Suite = HPKE
	result, _, err = p.initiator.Run(context.Background(), p.memory, p.responder.Public(), "")
	if result != nil || Cause(err) != causeOther || !strings.Contains(err.Error(), "make hpke key") {
		t.Errorf("hpke: result %v, error %v", result, err)
	}
	p.initiator.Suite = Hybrid
	if err := p.run(); err != nil {
		t.Errorf("hybrid: %v", err)
	}
	p.initiator.Suite = X25519
	x := p.invited(t, "c")
	_, _, err = p.responder.Handle(x.forge(Request, make([]byte, 32), nil))
	if Cause(err) != causeOther || !strings.Contains(err.Error(), "make X25519 key") {
		t.Errorf("error %v", err)
	}
}
