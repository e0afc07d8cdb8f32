package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"help", []string{"-h"}, 0, "-benchtime"},
		{"unknown flag", []string{"-fast"}, 2, "-fast"},
		{"argument", []string{"Derive"}, 2, `"Derive" is not expected`},
		{"no rounds", []string{"-rounds", "0"}, 2, "-rounds: 0 is not valid"},
		{"no time", []string{"-benchtime", "-1s"}, 2, "-benchtime: -1s is not valid"},
		{"broken pattern", []string{"-filter", "("}, 2, `-filter: "(" is not a pattern`},
		{"nothing left", []string{"-filter", "sloop"}, 2, `-filter: nothing matches "sloop"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), tt.args, &stdout, &stderr); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
				t.Errorf("stderr %q, want %q in it; stdout %q, want nothing", &stderr, tt.want, &stdout)
			}
			if lines := strings.Count(stderr.String(), "\n"); tt.code == 2 && lines != 1 {
				t.Errorf("%d lines, want one: %q", lines, &stderr)
			}
		})
	}
}

// TestRun builds the benchmarks, runs one of them, and reads what became of it.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	file := filepath.Join(t.TempDir(), "benchmarks.md")
	args := []string{"-rounds", "2", "-benchtime", "1ms", "-filter", "^Lifecycle/tuned$", "-markdown", file}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	document, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"text": stdout.String(), "document": string(document)} {
		for _, want := range []string{"tuned", "] of seed", "-filter '^Lifecycle/tuned$'", "2 rounds of 1ms each"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, got)
			}
		}
		if strings.Contains(got, "baseline") || strings.Contains(got, string(notRun)) {
			t.Errorf("%s has what was not asked for, or lacks what was:\n%s", name, got)
		}
	}
	if want := "round 2 of 2"; !strings.Contains(stderr.String(), want) {
		t.Errorf("progress %q lacks %q", &stderr, want)
	}
}

func TestCommandLine(t *testing.T) {
	got := commandLine([]string{"-rounds", "3", "-filter", "a|b's"})
	if want := `go run ./internal/benchdoc -rounds 3 -filter 'a|b'\''s'`; got != want {
		t.Errorf("command line %s, want %s", got, want)
	}
}
