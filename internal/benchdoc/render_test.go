package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// sample is a report of three rounds that were written down once.
func sample(t *testing.T) *report {
	t.Helper()
	r := &report{
		sections: plan, command: "go run ./internal/benchdoc -rounds 3", benchtime: 150 * time.Millisecond,
		cores: 2, platform: "linux/amd64", goVersion: "go1.26.8", commit: "0123456789ab",
		date: time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC),
	}
	for _, name := range []string{"round1.txt", "round2.txt", "round3.txt"} {
		output, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		found := make(results)
		if cpu := parse(found, output); cpu != "" {
			r.cpu = cpu
		}
		r.rounds = append(r.rounds, found)
	}
	return r
}

func TestGolden(t *testing.T) {
	r := sample(t)
	for name, got := range map[string]string{"table.golden": r.text(), "table.md.golden": r.markdown()} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestFits holds the text to a terminal of 110 columns, also where every figure
// is as wide as it gets.
func TestFits(t *testing.T) {
	r := sample(t)
	wide := make(results)
	for _, s := range plan {
		for _, l := range s.rows {
			wide[l.bench] = figures{
				l.shows.time: 888_888, l.shows.allocs: 123_456, l.shows.bytes: 888_888,
			}
		}
	}
	for name, text := range map[string]string{"sample": r.text(), "wide": (&report{sections: plan, rounds: []results{wide}}).text()} {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 110 {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}

// TestMarkdownIsATable counts cells: a row with more or fewer is not shown.
func TestMarkdownIsATable(t *testing.T) {
	rows := 0
	for line := range strings.Lines(sample(t).markdown()) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		rows++
		if n := strings.Count(line, "|"); n != len(headings)+1 {
			t.Errorf("%d bars, want %d: %s", n, len(headings)+1, line)
		}
	}
	want := 2 // the heading and its rule
	for _, s := range plan {
		want += 1 + len(s.rows)
	}
	if rows != want {
		t.Errorf("%d rows, want %d", rows, want)
	}
}

func TestExitCode(t *testing.T) {
	kept := row{bench: "A", shows: perOp, budget: budget{time: 10}}
	over := row{bench: "B", shows: perOp, budget: budget{time: 10}}
	absent := row{bench: "C", shows: perOp, budget: budget{time: 10}}
	found := []results{{"A": {"ns/op": 9}, "B": {"ns/op": 11}}}
	for _, tt := range []struct {
		name   string
		rows   []row
		strict int
		want   string
	}{
		{"met", []row{kept}, 0, "1 of 1 budgets are met."},
		{"missed", []row{kept, over}, 1, "1 of 2 budgets are met, 1 NOT MET."},
		{"absent", []row{kept, over, absent}, 1, "1 of 3 budgets are met, 1 NOT MET, 1 not run."},
		{"only absent", []row{absent}, 1, "0 of 1 budgets are met, 1 not run."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &report{sections: []section{{rows: tt.rows}}, rounds: found}
			if got := r.exitCode(false); got != 0 {
				t.Errorf("exit code %d, want 0", got)
			}
			if got := r.exitCode(true); got != tt.strict {
				t.Errorf("strict exit code %d, want %d", got, tt.strict)
			}
			if got := r.verdict(); got != tt.want {
				t.Errorf("verdict %q, want %q", got, tt.want)
			}
		})
	}
}
