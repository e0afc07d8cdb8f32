package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A mutant is the engine with a mistake in it that makes it unsafe, written
// down in testdata/mutants in order that the tests prove that they would catch
// it. Its file says, line by line:
//
//	# which property the mistake breaks
//	run: TestThatCatchesIt|TestThatDoesToo
//	flags: -race (or -gcflags= for optimized code)
//	os: linux
//	edit: file.go
//	 a line that stays
//	-a line that goes
//	+a line that comes
//
// flags may be absent, and os, outside of which the mutant is not tried; there may
// be several edits. The lines that stay and go
// must be at exactly one place of the file, whatever their indentation.
type mutant struct {
	name   string
	breaks string
	run    []string // names of tests
	flags  string
	os     string
	edits  []edit
}

type edit struct {
	file     string
	old, new []string
}

func readMutant(path string) (*mutant, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := &mutant{name: strings.TrimSuffix(filepath.Base(path), ".mutant")}
	for n, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		last := len(m.edits) - 1
		switch {
		case key == "edit":
			m.edits = append(m.edits, edit{file: value})
		case last >= 0 && strings.HasPrefix(line, " "):
			m.edits[last].old = append(m.edits[last].old, line[1:])
			m.edits[last].new = append(m.edits[last].new, line[1:])
		case last >= 0 && strings.HasPrefix(line, "-"):
			m.edits[last].old = append(m.edits[last].old, line[1:])
		case last >= 0 && strings.HasPrefix(line, "+"):
			m.edits[last].new = append(m.edits[last].new, line[1:])
		case last < 0 && strings.HasPrefix(line, "# "):
			m.breaks = strings.TrimSpace(m.breaks + " " + line[2:])
		case last < 0 && key == "run":
			m.run = strings.Split(value, "|")
		case last < 0 && key == "flags":
			m.flags = value
		case last < 0 && key == "os":
			m.os = value
		default:
			return nil, fmt.Errorf("%s:%d: cannot read %q", path, n+1, line)
		}
	}
	if m.breaks == "" || len(m.run) == 0 || len(m.edits) == 0 {
		return nil, fmt.Errorf("%s: a mutant has a comment, run and edit", path)
	}
	return m, nil
}

// apply returns lines with the edit made.
func (e edit) apply(lines []string) ([]string, error) {
	same := func(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }
	at, n := 0, 0
	for i := 0; i+len(e.old) <= len(lines); i++ {
		if slices.EqualFunc(lines[i:i+len(e.old)], e.old, same) {
			at = i
			n++
		}
	}
	if n != 1 || len(e.old) == 0 {
		return nil, fmt.Errorf("%s has %d places for the edit that begins with %q, want 1: adapt the mutant to the source",
			e.file, n, slices.Concat(e.old, []string{""})[0])
	}
	return slices.Replace(slices.Clone(lines), at, at+len(e.old), e.new...), nil
}

// overlay writes the mutated files into dir, and the file that tells the go
// command to take them instead of the real ones.
func (m *mutant) overlay(dir string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	files := make(map[string][]string)
	for _, e := range m.edits {
		if files[e.file] == nil {
			text, err := os.ReadFile(e.file)
			if err != nil {
				return "", err
			}
			files[e.file] = strings.Split(string(text), "\n")
		}
		if files[e.file], err = e.apply(files[e.file]); err != nil {
			return "", err
		}
	}
	replace := make(map[string]string)
	for file, lines := range files {
		replace[filepath.Join(here, file)] = filepath.Join(dir, file)
		if err := os.WriteFile(filepath.Join(dir, file), []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// goTest runs tests of this package in another process.
func goTest(t *testing.T, tests []string, flags string, more ...string) (output string, passed bool) {
	t.Helper()
	args := slices.Concat(
		[]string{"test", "-count=1", "-timeout=30s", "-run=^(" + strings.Join(tests, "|") + ")$"},
		[]string{"-vet=off", "-gcflags=-N -l", "-ldflags=-s -w"}, // most of the time goes into building
		strings.Fields(flags), more, []string{".", "-rapid.nofailfile"})
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOGC=800") // the compiler's, mostly: a fifth of its time
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err == nil
}

// caught finds the first line that tells that a test failed, and how. Whatever
// else made the go command fail, the mutant is to blame.
var caught = regexp.MustCompile(`(?m)^ *--- FAIL: .*|^WARNING: DATA RACE$|^panic: test timed out.*|` +
	`^fatal error: all goroutines are asleep - deadlock!$|^panic: deadlock: .*|^panic: session: impossible: .*`)

// verdict judges the output of a mutant's tests, which failed.
func verdict(output string) (evidence string, err error) {
	if regexp.MustCompile(`(?m)\[(build|setup) failed\]$`).MatchString(output) {
		return "", errors.New("the mutant does not compile")
	}
	found := caught.FindStringIndex(output)
	if found == nil {
		return "", errors.New("something else than a test failed")
	}
	lines := strings.SplitN(output[found[0]:], "\n", 9)
	return strings.Join(lines[:len(lines)-1], "\n"), nil
}

func readMutants(t *testing.T) []*mutant {
	t.Helper()
	paths, err := filepath.Glob("testdata/mutants/*.mutant")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no mutants: %v", err)
	}
	var all []*mutant
	for _, path := range paths {
		m, err := readMutant(path)
		if err != nil {
			t.Fatal(err)
		}
		if m.os == "" || m.os == runtime.GOOS {
			all = append(all, m)
		}
	}
	return all
}

// TestMutants builds each mutant and wants its tests to fail, after it has seen
// them pass without the mistake.
func TestMutants(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("builds many programs")
	}
	mutants := readMutants(t)
	tests := make(map[string][]string) // by flags
	for _, m := range mutants {
		tests[m.flags] = append(tests[m.flags], m.run...)
	}
	for _, flags := range slices.Sorted(maps.Keys(tests)) {
		names := slices.Compact(slices.Sorted(slices.Values(tests[flags])))
		out, passed := goTest(t, names, flags, "-v")
		if !passed && flags == "-race" && strings.Contains(out, "[build failed]") {
			t.Logf("no mutants that need -race: it does not build here\n%s", out)
			mutants = slices.DeleteFunc(mutants, func(m *mutant) bool { return m.flags == flags })
			continue
		}
		if !passed {
			t.Fatalf("without any mutant, tests fail:\n%s", out)
		}
		for _, name := range names {
			if !strings.Contains(out, "\n--- PASS: "+name+" ") {
				t.Errorf("%s did not run", name)
			}
		}
	}

	room := make(chan struct{}, 2) // each takes a core, or two
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			room <- struct{}{}
			defer func() { <-room }()
			overlay, err := m.overlay(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			out, passed := goTest(t, m.run, m.flags, "-overlay="+overlay)
			if passed {
				t.Fatalf("survived %s: %s", strings.Join(m.run, ", "), m.breaks)
			}
			evidence, err := verdict(out)
			if err != nil {
				t.Fatalf("%v:\n%s", err, out)
			}
			t.Logf("%s\n%s", m.breaks, evidence)
		})
	}
}

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
