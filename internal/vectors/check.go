package vectors

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Result is what the engine says of one case.
type Result struct {
	Name string
	// Differ names the fields that are not as the engine computes them, in the
	// order of the file: for a sealed message, that it does not open to the
	// plaintext.
	Differ []string
	// Refused is the engine's error where it would not take the inputs; then
	// nothing could be compared.
	Refused error
}

// OK reports whether every field agrees.
func (r Result) OK() bool { return len(r.Differ) == 0 && r.Refused == nil }

// String says the result in words: "ok", "mac differs", "seed, mac differ".
func (r Result) String() string {
	switch {
	case r.Refused != nil:
		return "refused: " + r.Refused.Error()
	case len(r.Differ) == 0:
		return "ok"
	case len(r.Differ) == 1:
		return r.Differ[0] + " differs"
	default:
		return strings.Join(r.Differ, ", ") + " differ"
	}
}

// PrintableName returns name as it can be shown on a terminal: quoted if it
// holds anything that does not print.
func PrintableName(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(name)
	}
	return name
}

// Checker checks cases. Its sessions live in managers of its own: one with the
// library's HKDF and HMAC, one with the engine's, so that both are checked.
type Checker struct {
	managers []*session.Manager
}

// NewChecker returns a checker, which the caller closes.
func NewChecker() (*Checker, error) {
	c := new(Checker)
	for _, o := range []session.Optimizations{session.Seed, session.Tuned} {
		m, err := session.NewManager(session.Config{Optimizations: o, MaxSessions: 8, Shards: 1, PoolCapacity: 8, SweepInterval: -1})
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("vectors: %w", err)
		}
		c.managers = append(c.managers, m)
	}
	return c, nil
}

// Close ends the checker's managers.
func (c *Checker) Close() {
	for _, m := range c.managers {
		_ = m.Close() // a second Close is its only error
	}
}

// Check compares every field of v with what the engine makes of v's inputs.
func (c *Checker) Check(v *Case) Result {
	differs, err := c.compare(v)
	r := Result{Name: v.Name, Refused: err}
	if err != nil {
		return r
	}
	for _, f := range v.fields() {
		if differs[f.name] {
			r.Differ = append(r.Differ, f.name)
		}
	}
	return r
}

// compare returns the names of the fields that differ.
func (c *Checker) compare(v *Case) (map[string]bool, error) {
	differs := make(map[string]bool)
	seed, err := session.DeriveSeed(session.Exchange{
		SharedSecret: v.SharedSecret, ContextID: v.ContextID, Label: v.Label,
		SelfEphemeral: v.SelfEph, PeerEphemeral: v.PeerEph,
	})
	if err != nil {
		return nil, err
	}
	expect := func(name string, got, want []byte) {
		if !bytes.Equal(got, want) {
			differs[name] = true
		}
	}
	expect("seed", seed[:], v.Seed)
	id := session.DeriveID(seed[:], v.Label)
	expect("session_id", []byte(id.String()), []byte(v.SessionID))
	for _, reusable := range []bool{false, true} {
		for prefix, single := range map[string]bool{"": true, "separate_": false} {
			want := &v.Separate
			if single {
				want = &v.Keys
			}
			var keys [session.KeyMaterialSize]byte
			o := session.Optimizations{SingleHKDF: single, ReusableHash: reusable}
			if err := session.DeriveKeys(&keys, seed[:], id, o); err != nil {
				return nil, err
			}
			for i, name := range keyNames {
				expect(prefix+name, keys[i*session.KeySize:][:session.KeySize], want[i])
			}
		}
	}
	for _, m := range c.managers {
		if err := compareMessages(m, v, seed[:], differs); err != nil {
			return nil, err
		}
	}
	return differs, nil
}

// compareMessages makes the sessions that v's messages and MAC are for, and
// lets them open, sign and verify.
func compareMessages(m *session.Manager, v *Case, seed []byte, differs map[string]bool) error {
	inRole := func(role session.Role, use func(s session.Session)) error {
		s, err := m.Create(session.Params{Seed: seed, Label: v.Label, Role: role})
		if err != nil {
			return err
		}
		use(s)
		return s.Close()
	}
	opens := func(s session.Session, name string, sealed, aad []byte) {
		if got, err := s.Open(nil, sealed, aad); err != nil || !bytes.Equal(got, v.Plaintext) {
			differs[name] = true
		}
	}
	err := inRole(session.Symmetric, func(s session.Session) {
		opens(s, "sealed", v.Sealed, nil)
		opens(s, "sealed_aad", v.SealedAAD, v.AAD)
		mac, err := s.Sign(nil, v.Covered)
		if err != nil || !bytes.Equal(mac, v.MAC) || s.Verify(v.Covered, v.MAC) != nil {
			differs["mac"] = true
		}
	})
	if err != nil {
		return err
	}
	err = inRole(session.Responder, func(s session.Session) { opens(s, "sealed_c2s", v.SealedC2S, nil) })
	if err != nil {
		return err
	}
	return inRole(session.Initiator, func(s session.Session) { opens(s, "sealed_s2c", v.SealedS2C, nil) })
}
