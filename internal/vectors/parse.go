package vectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Schema is the only schema that [Parse] reads.
const Schema = "sagetop.vectors/1"

// MaxSize bounds a file, in bytes. A case takes about 8 KiB.
const MaxSize = 64 << 20

// Case is one vector. Nothing about the length of its fields is promised: a
// field of a wrong length differs from what the engine computes, like one with
// a wrong byte.
type Case struct {
	Name, ContextID, Label, SessionID string

	SharedSecret, SelfEph, PeerEph, Seed []byte

	// Keys are those of the single-HKDF schedule, in the order of the layout of
	// session.DeriveKeys; Separate are those of the schedule without it.
	Keys, Separate [len(keyNames)][]byte

	Covered, MAC, Plaintext, AAD []byte

	Sealed, SealedAAD, SealedC2S, SealedS2C []byte
}

// keyNames are the fields of the keys, in the order of their layout.
var keyNames = [...]string{"encrypt_key", "signing_key", "c2s_enc", "c2s_sign", "s2c_enc", "s2c_sign"}

// field is one member of a case: text or bytes, whichever is not nil.
type field struct {
	name  string
	text  *string
	bytes *[]byte
}

// fields lists every field of c. All of them are required.
func (c *Case) fields() []field {
	list := []field{
		{name: "name", text: &c.Name},
		{name: "context_id", text: &c.ContextID},
		{name: "label", text: &c.Label},
		{name: "shared_secret", bytes: &c.SharedSecret},
		{name: "self_eph", bytes: &c.SelfEph},
		{name: "peer_eph", bytes: &c.PeerEph},
		{name: "seed", bytes: &c.Seed},
		{name: "session_id", text: &c.SessionID},
	}
	for i, name := range keyNames {
		list = append(list, field{name: name, bytes: &c.Keys[i]})
	}
	for i, name := range keyNames {
		list = append(list, field{name: "separate_" + name, bytes: &c.Separate[i]})
	}
	return append(list,
		field{name: "covered", bytes: &c.Covered},
		field{name: "mac", bytes: &c.MAC},
		field{name: "plaintext", bytes: &c.Plaintext},
		field{name: "aad", bytes: &c.AAD},
		field{name: "sealed", bytes: &c.Sealed},
		field{name: "sealed_aad", bytes: &c.SealedAAD},
		field{name: "sealed_c2s", bytes: &c.SealedC2S},
		field{name: "sealed_s2c", bytes: &c.SealedS2C},
	)
}

// Parse reads a file of at most [MaxSize] bytes. Its error says in one line what
// is wrong, and names the case and the field: text that is not JSON, another
// schema, no cases, two cases of one name, a field that is missing, of another
// type, given twice, or not lower-case hexadecimal. Members that the schema does
// not have are passed over.
func Parse(r io.Reader) ([]Case, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > MaxSize:
		return nil, fmt.Errorf("is larger than %d MiB", MaxSize>>20)
	case !utf8.Valid(data):
		return nil, errors.New("is not JSON: not UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, notJSON(data, err)
	}
	top, err := members(whole)
	if err != nil {
		return nil, err
	}
	var schema string
	if err := json.Unmarshal(top["schema"], &schema); err != nil || schema != Schema {
		return nil, fmt.Errorf("schema is %s, want %q", orMissing(top["schema"]), Schema)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(top["cases"], &raw); err != nil {
		return nil, fmt.Errorf("cases is %s, want a list", orMissing(top["cases"]))
	}
	if len(raw) == 0 {
		return nil, errors.New("has no cases")
	}
	cases := make([]Case, len(raw))
	seen := make(map[string]bool, len(raw))
	for i := range cases {
		if err := cases[i].parse(raw[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", nameOr(cases[i].Name, i), err)
		}
		if seen[cases[i].Name] {
			return nil, fmt.Errorf("%s: a second case of that name", nameOr(cases[i].Name, i))
		}
		seen[cases[i].Name] = true
	}
	return cases, nil
}

// parse fills c from one element of the list. Once the name is known it is set,
// so that an error about the rest can tell it.
func (c *Case) parse(raw json.RawMessage) error {
	obj, err := members(raw)
	if err != nil {
		return err
	}
	for _, f := range c.fields() {
		v, ok := obj[f.name]
		if !ok {
			return fmt.Errorf("%s is missing", f.name)
		}
		var text string
		if v[0] != '"' || json.Unmarshal(v, &text) != nil {
			return fmt.Errorf("%s is not a string", f.name)
		}
		if f.text != nil {
			*f.text = text
			continue
		}
		if *f.bytes, err = unhex(text); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if c.Name == "" {
		return errors.New("name is empty")
	}
	return nil
}

// members splits a JSON object. It refuses a member that is given twice, of
// which encoding/json would take the last without a word. raw is valid JSON.
func members(raw json.RawMessage) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("is %s, want an object", orMissing(raw))
	}
	all := make(map[string]json.RawMessage)
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // the only token that can stand there
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("%q is given twice", name)
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, err
		}
		all[name] = v
	}
	return all, nil
}

// unhex is hex.DecodeString, but accepts one spelling of each value only.
func unhex(text string) ([]byte, error) {
	if i := slices.IndexFunc([]byte(text), func(b byte) bool {
		return (b < '0' || b > '9') && (b < 'a' || b > 'f')
	}); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return nil, fmt.Errorf("%q at position %d is not lower-case hexadecimal", r, i)
	}
	if len(text)%2 != 0 {
		return nil, fmt.Errorf("an odd number of hexadecimal digits, %d", len(text))
	}
	return hex.DecodeString(text)
}

// notJSON says on which line data stops being JSON.
func notJSON(data []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte{'\n'})
		return fmt.Errorf("is not JSON: line %d: %w", line, err)
	}
	return fmt.Errorf("is not JSON: %w", err)
}

// shown is how much of an offending value an error repeats, in bytes.
const shown = 40

func orMissing(raw json.RawMessage) string {
	if raw == nil {
		return "missing"
	}
	var line bytes.Buffer
	if json.Compact(&line, raw) != nil || line.Len() > shown {
		return "something else"
	}
	return line.String()
}

func nameOr(name string, i int) string {
	if name == "" {
		return fmt.Sprintf("case number %d", i+1)
	}
	return PrintableName(name)
}
