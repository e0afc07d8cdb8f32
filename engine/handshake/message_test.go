package handshake

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyMessage draws a message of any form that can be sent, with its wire form.
func anyMessage(t *rapid.T) (message, []byte) {
	array := func(dst []byte, name string) {
		copy(dst, rapid.SliceOfN(rapid.Byte(), len(dst), len(dst)).Draw(t, name))
	}
	m := message{
		phase:     Phase(rapid.IntRange(0, NumPhases-1).Draw(t, "phase")),
		suite:     Suite(rapid.Uint8().Draw(t, "suite")),
		sent:      rapid.Int64().Draw(t, "sent"),
		contextID: rapid.SliceOfN(rapid.ByteRange('!', '~'), 1, MaxContextID).Draw(t, "context"),
	}
	array(m.from[:], "from")
	array(m.to[:], "to")
	array(m.nonce[:], "nonce")
	if m.phase.hasShare() {
		m.share = rapid.SliceOfN(rapid.Byte(), 1, maxShare).Draw(t, "share")
	}
	raw := m.appendHead(nil)
	m.head = bytes.Clone(raw)
	if m.phase.hasConfirm() {
		m.confirm = make([]byte, confirmSize)
		array(m.confirm, "confirm")
		raw = append(raw, m.confirm...)
	}
	m.signature = make([]byte, ed25519.SignatureSize)
	array(m.signature, "signature")
	return m, append(raw, m.signature...)
}

func TestParseInvertsMarshal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, raw := anyMessage(t)
		if len(raw) != want.size() || len(raw) > MaxMessage {
			t.Fatalf("%d bytes, size says %d, limit %d", len(raw), want.size(), MaxMessage)
		}
		got, err := parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(message{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestParseTakesNothingElse cuts and lengthens messages: every length but the
// right one is refused.
func TestParseTakesNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, raw := anyMessage(t)
		cut := raw[:rapid.IntRange(0, len(raw)-1).Draw(t, "cut")]
		if _, err := parse(cut); !errors.Is(err, ErrMalformed) {
			t.Fatalf("%d of %d bytes: %v, want ErrMalformed", len(cut), len(raw), err)
		}
		long := slices.Concat(raw, rapid.SliceOfN(rapid.Byte(), 1, MaxMessage).Draw(t, "tail"))
		if _, err := parse(long); !errors.Is(err, ErrMalformed) {
			t.Fatalf("%d bytes too many: %v, want ErrMalformed", len(long)-len(raw), err)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	good := func(m message) []byte {
		m.contextID = cmpOr(m.contextID, []byte("context"))
		raw := m.appendHead(nil)
		return append(raw, make([]byte, m.size()-len(raw))...)
	}
	const atVersion, atPhase, atContextLength = 0, 1, 3
	for _, c := range []struct {
		name string
		raw  []byte
		text string
	}{
		{"nothing", nil, "0 bytes, fewer than 92"},
		{"too long", make([]byte, MaxMessage+1), "1471 bytes, more than 1470"},
		{"version 0", with(good(message{}), atVersion, 0), "version 0, not 1"},
		{"version 2", with(good(message{}), atVersion, 2), "version 2, not 1"},
		{"phase 4", with(good(message{}), atPhase, 4), "no phase has number 4"},
		{"phase needs more", with(good(message{}), atPhase, byte(Complete)), "complete cut off at"},
		{"phase needs less", with(good(message{phase: Complete}), atPhase, byte(Invitation)), "32 bytes after the invitation"},
		{"no context id", with(good(message{contextID: []byte{}}), atContextLength, 0), "context id is not 1 to 64 printable ASCII characters"},
		{"long context id", good(message{contextID: bytes.Repeat([]byte("x"), 65)}), "context id is not"},
		{"context id with a space", good(message{contextID: []byte("a b")}), "context id is not"},
		{"context id with an escape", good(message{contextID: []byte("\x1b[2J")}), "context id is not"},
		{"context id beyond ASCII", good(message{contextID: []byte("\x7f")}), "context id is not"},
		{"empty share", good(message{phase: Request}), "key share has 0 bytes, not 1 to 1216"},
		{"long share", good(message{phase: Response, contextID: []byte("c"), share: make([]byte, 1217)}), "key share has 1217 bytes"},
		{"share length cut off", good(message{phase: Request})[:fixedSize+len("context")+1], "request cut off at 100 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.raw)
			if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("parse = %v, want ErrMalformed with %q", err, c.text)
			}
		})
	}
}

// cmpOr returns a, or b if a is nil.
func cmpOr(a, b []byte) []byte {
	if a == nil {
		return b
	}
	return a
}

// with returns raw with another byte at i.
func with(raw []byte, i int, b byte) []byte {
	raw = bytes.Clone(raw)
	raw[i] = b
	return raw
}

func TestPhaseString(t *testing.T) {
	for p, want := range map[Phase]string{
		Invitation: "invitation", Request: "request", Response: "response", Complete: "complete", 4: "phase(4)",
	} {
		if got := p.String(); got != want {
			t.Errorf("phase %d = %q, want %q", uint8(p), got, want)
		}
	}
}

// FuzzParse: whatever parses is what its parts marshal to, so that no two
// encodings mean the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte{})
	for _, suite := range Suites() {
		for _, raw := range goodRun(f, suite).messages {
			f.Add(raw)
			f.Add(raw[:len(raw)-1])
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parse(raw)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%v, want ErrMalformed", err)
			}
			return
		}
		again := append(append(m.appendHead(nil), m.confirm...), m.signature...)
		if !bytes.Equal(again, raw) || m.size() != len(raw) {
			t.Fatalf("parsed %x, which marshals to %x", raw, again)
		}
	})
}
