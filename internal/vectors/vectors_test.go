package vectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sageFile = "../../engine/session/testdata/sage_sessions.json"

func sageText(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(sageFile)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func sageCases(t testing.TB) []Case {
	t.Helper()
	cases, err := Parse(bytes.NewReader(sageText(t)))
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func newChecker(t *testing.T) *Checker {
	t.Helper()
	c, err := NewChecker()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// marshal writes cases as a file, the inverse of Parse.
func marshal(t testing.TB, cases []Case) []byte {
	t.Helper()
	list := make([]map[string]string, len(cases))
	for i := range cases {
		list[i] = make(map[string]string)
		for _, f := range cases[i].fields() {
			if f.text != nil {
				list[i][f.name] = *f.text
			} else {
				list[i][f.name] = hex.EncodeToString(*f.bytes)
			}
		}
	}
	text, err := json.Marshal(map[string]any{"schema": Schema, "cases": list})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCheckSAGE(t *testing.T) {
	cases := sageCases(t)
	if len(cases) != 24 {
		t.Fatalf("%d cases, want 24", len(cases))
	}
	checker := newChecker(t)
	for i := range cases {
		if r := checker.Check(&cases[i]); !r.OK() || r.String() != "ok" || r.Name != cases[i].Name {
			t.Errorf("%s: %s", r.Name, r)
		}
	}
}

// TestCheckNamesTheField changes one field of a good case at a time, by a bit
// and by its length, and wants exactly that field named, and for an input those
// that follow from it.
func TestCheckNamesTheField(t *testing.T) {
	// Case 5 has a plaintext, associated data and covered bytes.
	good := sageCases(t)[5]
	if len(good.Plaintext) == 0 || len(good.AAD) == 0 || len(good.Covered) == 0 {
		t.Fatalf("%s has an empty field, take another case", good.Name)
	}
	var all []string // what follows from the inputs of the derivation
	inputs := map[string]bool{
		"name": true, "context_id": true, "label": true, "shared_secret": true, "self_eph": true, "peer_eph": true,
		"covered": true, "plaintext": true, "aad": true,
	}
	for _, f := range good.fields() {
		if !inputs[f.name] {
			all = append(all, f.name)
		}
	}
	wants := map[string][]string{
		"name": nil, "context_id": all, "label": all, "shared_secret": all, "self_eph": all, "peer_eph": all,
		"covered": {"mac"}, "plaintext": {"sealed", "sealed_aad", "sealed_c2s", "sealed_s2c"}, "aad": {"sealed_aad"},
	}
	checker := newChecker(t)
	for i, f := range good.fields() {
		want, isInput := wants[f.name]
		if !isInput {
			want = []string{f.name}
		}
		changes := map[string]func([]byte) []byte{
			"bit":       func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
			"shortened": func(b []byte) []byte { return b[:len(b)-1] },
			"longer":    func(b []byte) []byte { return append(b, 'x') },
		}
		for how, change := range changes {
			t.Run(f.name+"/"+how, func(t *testing.T) {
				bad := good
				g := bad.fields()[i]
				if g.text != nil {
					*g.text = string(change([]byte(*g.text)))
				} else {
					*g.bytes = change(bytes.Clone(*g.bytes))
				}
				r := checker.Check(&bad)
				if r.Refused != nil {
					t.Fatal(r)
				}
				if diff := cmp.Diff(want, r.Differ); diff != "" {
					t.Errorf("fields that differ (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestCheckRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Case)
	}{
		{"all-zero secret", func(c *Case) { c.SharedSecret = make([]byte, 32) }},
		{"no secret", func(c *Case) { c.SharedSecret = nil }},
		{"no context id", func(c *Case) { c.ContextID = "" }},
		{"no ephemeral", func(c *Case) { c.PeerEph = nil }},
		{"label that no session takes", func(c *Case) { c.Label = strings.Repeat("l", 65) }},
	}
	checker := newChecker(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := sageCases(t)[0]
			tt.change(&c)
			r := checker.Check(&c)
			if r.OK() || !errors.Is(r.Refused, session.ErrParams) || !strings.HasPrefix(r.String(), "refused: ") {
				t.Errorf("got %v, %v", r, r.Refused)
			}
		})
	}
}

func TestResultString(t *testing.T) {
	for want, r := range map[string]Result{
		"ok":                {},
		"mac differs":       {Differ: []string{"mac"}},
		"seed, mac differ":  {Differ: []string{"seed", "mac"}},
		"refused: too long": {Refused: errors.New("too long")},
	} {
		if got := r.String(); got != want || r.OK() != (want == "ok") {
			t.Errorf("%+v: %q, ok %v, want %q", r, got, r.OK(), want)
		}
	}
}

func TestPrintableName(t *testing.T) {
	for name, want := range map[string]string{
		"case-00":    "case-00",
		"Fall ß":     "Fall ß",
		"a\x1b[2Jb":  `"a\x1b[2Jb"`,
		"two\nlines": `"two\nlines"`,
		"\u202e":     `"\u202e"`,
	} {
		if got := PrintableName(name); got != want {
			t.Errorf("PrintableName(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	// edit changes the good file's only case.
	edit := func(change func(map[string]any)) string {
		var file map[string]any
		if err := json.Unmarshal(marshal(t, sageCases(t)[3:4]), &file); err != nil {
			t.Fatal(err)
		}
		change(file["cases"].([]any)[0].(map[string]any))
		text, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	set := func(name string, v any) string {
		return edit(func(c map[string]any) { c[name] = v })
	}
	good := string(marshal(t, sageCases(t)[3:4]))
	tests := []struct{ name, text, want string }{
		{"nothing", "", "is not JSON: line 1: unexpected end of JSON input"},
		{"no JSON", "{\n\"schema\": yes}", "is not JSON: line 2: invalid character 'y' looking for beginning of value"},
		{"cut off", good[:len(good)-1], "is not JSON: line 1: unexpected end of JSON input"},
		{"more behind it", good + "\n{}", "is not JSON: line 2: invalid character '{' after top-level value"},
		{"not UTF-8", `{"schema": "` + "\xff" + `"}`, "is not JSON: not UTF-8"},
		{"a list", "[1, 2]", "is [1,2], want an object"},
		{"null", "null", "is null, want an object"},
		{"no schema", `{"cases": []}`, `schema is missing, want "sagetop.vectors/1"`},
		{"schema in capitals", `{"SCHEMA": "sagetop.vectors/1"}`, `schema is missing, want "sagetop.vectors/1"`},
		{"another schema", `{"schema": "sagetop.vectors/2", "cases": []}`, `schema is "sagetop.vectors/2", want "sagetop.vectors/1"`},
		{"a long schema", `{"schema": "` + strings.Repeat("x", 100) + `"}`, `schema is something else, want "sagetop.vectors/1"`},
		{"schema no text", `{"schema": 1}`, `schema is 1, want "sagetop.vectors/1"`},
		{"schema twice", `{"schema": "sagetop.vectors/1", "schema": "sagetop.vectors/1"}`, `"schema" is given twice`},
		{"cases missing", `{"schema": "sagetop.vectors/1"}`, "cases is missing, want a list"},
		{"cases an object", `{"schema": "sagetop.vectors/1", "cases": {}}`, "cases is {}, want a list"},
		{"cases null", `{"schema": "sagetop.vectors/1", "cases": null}`, "has no cases"},
		{"no cases", `{"schema": "sagetop.vectors/1", "cases": []}`, "has no cases"},
		{"a case no object", `{"schema": "sagetop.vectors/1", "cases": ["x"]}`, `case number 1: is "x", want an object`},
		{"name missing", edit(func(c map[string]any) { delete(c, "name") }), "case number 1: name is missing"},
		{"name empty", set("name", ""), "case number 1: name is empty"},
		{"field missing", edit(func(c map[string]any) { delete(c, "mac") }), "case-03: mac is missing"},
		{"field no text", set("seed", 12), "case-03: seed is not a string"},
		{"field null", set("seed", nil), "case-03: seed is not a string"},
		{"field a list", set("label", []string{"x"}), "case-03: label is not a string"},
		{"no hex", set("c2s_enc", "00zz"), `case-03: c2s_enc: 'z' at position 2 is not lower-case hexadecimal`},
		{"hex in capitals", set("mac", "00FF"), `case-03: mac: 'F' at position 2 is not lower-case hexadecimal`},
		{"hex with another script's digits", set("mac", "00é"), `case-03: mac: 'é' at position 2 is not lower-case hexadecimal`},
		{"odd hex", set("sealed", "123"), "case-03: sealed: an odd number of hexadecimal digits, 3"},
		{"name twice", strings.Replace(good, `"cases":[`, `"cases":[`+good[strings.Index(good, "[")+1:strings.LastIndex(good, "]")]+",", 1), "case-03: a second case of that name"},
		{"field twice", strings.Replace(good, `"mac":`, `"mac":"","mac":`, 1), `case number 1: "mac" is given twice`},
		{"a name that would move the cursor", strings.Replace(set("mac", "x"), "case-03", `\u001b[2J`, 1), `"\x1b[2J": mac: 'x' at position 0 is not lower-case hexadecimal`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cases, err := Parse(strings.NewReader(tt.text))
			if err == nil {
				t.Fatalf("accepted, with %d cases", len(cases))
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParsePassesOverWhatItDoesNotKnow(t *testing.T) {
	text := strings.Replace(string(sageText(t)), `"name": "case-00"`, `"name": "case-00", "remark": {"a": [1]}`, 1)
	cases, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sageCases(t), cases); diff != "" {
		t.Error(diff)
	}
}

func TestParseBoundsTheFile(t *testing.T) {
	blank := bytes.Repeat([]byte{' '}, MaxSize)
	_, err := Parse(bytes.NewReader(append(blank, "[]"...)))
	if err == nil || err.Error() != "is larger than 64 MiB" {
		t.Errorf("got %v", err)
	}
}

func TestParseReportsReadErrors(t *testing.T) {
	broken := errors.New("disk is gone")
	if _, err := Parse(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// FuzzParse: whatever is accepted is what marshalling it gives back, so no two
// spellings of a field mean the same; and checking it does not panic.
func FuzzParse(f *testing.F) {
	cases := sageCases(f)
	f.Add(marshal(f, cases[:1]))
	f.Add(marshal(f, cases[4:6]))
	f.Add([]byte(`{"schema": "sagetop.vectors/1", "cases": []}`))
	f.Add([]byte(`{"schema": "sagetop.vectors/1", "cases": [{"name": "\u0000"}]}`))
	checker, err := NewChecker()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(checker.Close)
	f.Fuzz(func(t *testing.T, text []byte) {
		cases, err := Parse(bytes.NewReader(text))
		if err != nil {
			if cases != nil || strings.Contains(err.Error(), "\n") {
				t.Fatalf("cases %v, error %q", cases, err)
			}
			return
		}
		again, err := Parse(bytes.NewReader(marshal(t, cases)))
		if err != nil {
			t.Fatalf("marshalled, it is refused: %v", err)
		}
		if diff := cmp.Diff(cases, again); diff != "" {
			t.Fatal(diff)
		}
		var file map[string]json.RawMessage // not a struct, which would take "CASES" for "cases"
		var list []map[string]any
		if err := errors.Join(json.Unmarshal(text, &file), json.Unmarshal(file["cases"], &list)); err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			for _, field := range cases[i].fields() {
				if want, got := fieldText(field), list[i][field.name]; got != want {
					t.Fatalf("%s read as %q, stands there as %q", field.name, want, got)
				}
			}
			checker.Check(&cases[i])
		}
	})
}

func fieldText(f field) string {
	if f.text != nil {
		return *f.text
	}
	return hex.EncodeToString(*f.bytes)
}

func TestFieldNamesAreUnique(t *testing.T) {
	names := make(map[string]int)
	for _, f := range new(Case).fields() {
		names[f.name]++
	}
	if len(names) != 28 {
		t.Errorf("%d fields, want 28", len(names))
	}
	maps.DeleteFunc(names, func(_ string, n int) bool { return n == 1 })
	if len(names) > 0 {
		t.Errorf("more than once: %v", names)
	}
}
