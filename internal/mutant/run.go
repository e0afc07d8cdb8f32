package mutant

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goTest runs tests of the package under test, which m mutates if it is not nil, in
// another process. The files of the package's other tests are left out.
func goTest(t *testing.T, m *mutant, tests []string, flags string, more ...string) (output string, passed bool) {
	t.Helper()
	others, rapid, err := notNeeded(".", tests)
	if err != nil {
		t.Fatal(err)
	}
	if m == nil {
		m = new(mutant)
	}
	overlay, err := m.overlay(t.TempDir(), others)
	if err != nil {
		t.Fatal(err)
	}
	args := slices.Concat(
		[]string{"test", "-count=1", "-timeout=30s", "-run=^(" + strings.Join(tests, "|") + ")$", "-overlay=" + overlay},
		[]string{"-vet=off", "-gcflags=-N -l -dwarf=false", "-ldflags=-s -w"}, // most of the time goes into building
		strings.Fields(flags), more, []string{"."})
	if rapid {
		args = append(args, "-rapid.nofailfile")
	}
	cmd := exec.CommandContext(t.Context(), "go", args...) //nolint:gosec // the go command, with what the mutants' files say
	cmd.Env = append(os.Environ(), "GOGC=800")             // the compiler's, mostly: a fifth of its time
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err == nil
}

// caught finds the first line that tells that a test failed, and how. Whatever
// else made the go command fail, the mutant is to blame.
var caught = regexp.MustCompile(`(?m)^ *--- FAIL: .*|^WARNING: DATA RACE$|^panic: test timed out.*|` +
	`^fatal error: all goroutines are asleep - deadlock!$|^panic: deadlock: .*|^panic: [a-z]+: impossible: .*`)

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

// Run builds each mutant of the package under test and wants its tests to fail,
// after it has seen them pass without the mistake. Each takes a second or two of a
// core. pgregory.net/rapid is told to leave no files.
func Run(t *testing.T) {
	t.Helper()
	mutants := readMutants(t)
	tests := make(map[string][]string) // by flags
	for _, m := range mutants {
		tests[m.flags] = append(tests[m.flags], m.run...)
	}
	for _, flags := range slices.Sorted(maps.Keys(tests)) {
		names := slices.Compact(slices.Sorted(slices.Values(tests[flags])))
		out, passed := goTest(t, nil, names, flags, "-v")
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
			out, passed := goTest(t, m, m.run, m.flags)
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
