package mutant

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadMutant(t *testing.T) {
	read := func(text string) (*mutant, error) {
		path := filepath.Join(t.TempDir(), "name.mutant")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return readMutant(path)
	}
	const good = "# What\n# it breaks.\nrun: TestA|TestB\nflags: -race\nos: plan9\nedit: a.go\n stays\n-goes\n+comes\nedit: b.go\n-x\n"
	m, err := read(good)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s; %s; %q; %s; %s; %q", m.name, m.breaks, m.run, m.flags, m.os, m.edits)
	want := `name; What it breaks.; ["TestA" "TestB"]; -race; plan9; ` +
		`[{"a.go" ["stays" "goes"] ["stays" "comes"]} {"b.go" ["x"] []}]`
	if got != want {
		t.Errorf("read\n%s, want\n%s", got, want)
	}
	for _, bad := range []string{
		"",
		strings.Replace(good, "run: ", "ran: ", 1),
		strings.Replace(good, "# What\n# it breaks.\n", "", 1),
		strings.Replace(good, "edit: a.go\n", "", 1),
		strings.Replace(good, "+comes", "comes", 1),
	} {
		if m, err := read(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, m)
		}
	}
}

// TestStaleMutant applies edits that fit their file, or do not any more.
func TestStaleMutant(t *testing.T) {
	lines := []string{"if a {", "\treturn", "}", "if b {", "\treturn", "}"}
	for _, tt := range []struct {
		old, want string // "" is an error
	}{
		{"if b {|return", "if a {|\treturn|}|new|}"},
		{"\t\tif a {", "new|\treturn|}|if b {|\treturn|}"},
		{"return", ""},
		{"if c {", ""},
		{"if a {|}", ""},
	} {
		got, err := edit{file: "f.go", old: strings.Split(tt.old, "|"), new: []string{"new"}}.apply(lines)
		if strings.Join(got, "|") != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("edit of %q = %q, %v, want %q", tt.old, got, err, tt.want)
		}
	}
	if got, err := (edit{file: "f.go", new: []string{"new"}}).apply(lines); err == nil {
		t.Errorf("an edit of nothing gave %q", got)
	}
}

func TestVerdict(t *testing.T) {
	for _, tt := range []struct{ output, evidence string }{
		{"--- FAIL: TestX (0.00s)\n    x_test.go:1: why\nFAIL\n", "--- FAIL: TestX (0.00s)\n    x_test.go:1: why\nFAIL"},
		{"==================\nWARNING: DATA RACE\nWrite\n", "WARNING: DATA RACE\nWrite"},
		{"ok so far\npanic: test timed out after 30s\n", "panic: test timed out after 30s"},
		{"fatal error: all goroutines are asleep - deadlock!\n", "fatal error: all goroutines are asleep - deadlock!"},
		{"# p [p.test]\n./session.go:1:1: syntax error\nFAIL\tp [build failed]\nFAIL\n", ""},
		{"# p\nFAIL\tp [setup failed]\n--- FAIL: TestX\n", ""},
		{"panic: init\nFAIL\tp 0.01s\n", ""},
		{"testing: warning: no tests to run\n", ""},
	} {
		got, err := verdict(tt.output)
		if got != tt.evidence || (err == nil) != (tt.evidence != "") {
			t.Errorf("verdict of %q = %q, %v, want %q", tt.output, got, err, tt.evidence)
		}
	}
}

// TestNotNeeded leaves out files of tests, and none that another needs.
func TestNotNeeded(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main":    "func TestMain(m *testing.M) { finish() }",
		"finish":  "func finish() {}",
		"a":       `import "pgregory.net/rapid"; func TestA(t *testing.T) { help(rapid.Int(), x.lonely) }`,
		"help":    "func help(v T) { v.read() }",
		"type":    "type T struct{}",
		"methods": "func (v *T) read() { v.write() }\nfunc (v T) write()",
		"foreign": "func (m *Manager[K]) write() { constant++ }",
		"names":   "const constant = iota",
		"lonely":  "func lonely() {}",
		"b":       `func TestB(t *testing.T) { run("-test.run=^TestChild$") }`,
		"child":   "func TestChild(t *testing.T) {}",
		"c":       "func TestC(t *testing.T) {}\nfunc init() {}",
	} {
		text = "package p; " + text + "\n"
		if err := os.WriteFile(filepath.Join(dir, name+"_test.go"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		run, others string
		rapid       bool
	}{
		{"TestA", "b child lonely", true},
		{"TestB", "a foreign help lonely methods names type", false},
		{"TestA|TestB", "lonely", true},
		{"TestC", "a b child foreign help lonely methods names type", false},
	} {
		others, rapid, err := notNeeded(dir, strings.Split(tt.run, "|"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range others {
			others[i] = strings.TrimSuffix(filepath.Base(others[i]), "_test.go")
		}
		if got := strings.Join(others, " "); got != tt.others || rapid != tt.rapid {
			t.Errorf("%s does not need %s, rapid %v; want %s, %v", tt.run, got, rapid, tt.others, tt.rapid)
		}
	}
}
