package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// two sections, of which the second shares its set-up and runs once.
var small = []section{
	{title: "letters", rows: []row{
		{what: "a", bench: "A", shows: perOp, ref: "B"},
		{what: "b", bench: "B", shows: perOp},
		{what: "c", bench: "C", shows: perOp},
	}},
	{title: "numbers", pkg: "engine/numbers", together: true, rounds: 1, rows: []row{
		{what: "one", bench: "1", shows: perOp},
		{what: "two", bench: "2", shows: units{time: "ns/x"}},
		{what: "two again", bench: "2", shows: units{time: "ns/y"}},
	}},
	{title: "numbers again", pkg: "engine/numbers", rounds: 1, rows: []row{
		{what: "three", bench: "2", shows: units{time: "ns/z"}},
	}},
}

func TestMeasureInterleaves(t *testing.T) {
	var order []string
	fake := func(_ context.Context, b batch) ([]byte, error) {
		order = append(order, b.pkg+":"+strings.Join(b.benches, "+"))
		return fmt.Appendf(nil, "cpu: x\nBenchmark%s 1 %d ns/op\n", b.benches[0], len(order)), nil
	}
	all, cpu, err := measure(t.Context(), small, 3, fake, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	const s, n = "engine/session:", "engine/numbers:"
	want := []string{s + "A", s + "B", s + "C", n + "1+2", s + "C", s + "B", s + "A", s + "A", s + "B", s + "C"}
	if !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	found := []results{
		{"A": {"ns/op": 1}, "B": {"ns/op": 2}, "C": {"ns/op": 3}, "1": {"ns/op": 4}},
		{"C": {"ns/op": 5}, "B": {"ns/op": 6}, "A": {"ns/op": 7}},
		{"A": {"ns/op": 8}, "B": {"ns/op": 9}, "C": {"ns/op": 10}},
	}
	if diff := cmp.Diff(found, all); diff != "" || cpu != "x" {
		t.Errorf("cpu %q, results %s", cpu, diff)
	}
}

func TestMeasureFails(t *testing.T) {
	broken := errors.New("broken")
	_, _, err := measure(t.Context(), small, 3, func(context.Context, batch) ([]byte, error) { return nil, broken }, io.Discard)
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestOutputOfWhatFails(t *testing.T) {
	_, err := output(t.Context(), "", "go", "no-such-command")
	if err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("error %v, want what the program said", err)
	}
}

func TestPattern(t *testing.T) {
	got := pattern([]string{"Live/1M/churn", "A.b"})
	if want := `^BenchmarkLive$/^1M$/^churn$|^BenchmarkA\.b$`; got != want {
		t.Errorf("pattern %s, want %s", got, want)
	}
}

func TestOnly(t *testing.T) {
	for _, tt := range []struct{ name, pattern, want string }{
		{"all", "", "A B C 1 2 2"},
		{"one, with its reference", "^A$", "A B"},
		{"a reference alone", "^B$", "B"},
		{"by title", "numbers$", "1 2"},
		{"none", "sloop", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, s := range only(small, regexp.MustCompile(tt.pattern)) {
				got = append(got, s.benches()...)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("left %v, want %s", got, tt.want)
			}
		})
	}
}

// TestPlan checks what the table takes for granted.
func TestPlan(t *testing.T) {
	homes := make(map[string]string)
	for _, s := range plan {
		for _, name := range s.benches() {
			// Results are kept by the benchmark's name alone.
			if home := homes[name]; home != "" && home != s.home() {
				t.Errorf("%s is in %s and in %s", name, home, s.home())
			}
			homes[name] = s.home()
		}
		seen := make(map[string]bool)
		for _, r := range s.rows {
			if seen[r.what] {
				t.Errorf("%s: there are two rows %q", s.title, r.what)
			}
			seen[r.what] = true
			if (r.ref == "") != (r.of == "") || r.ref == r.bench {
				t.Errorf("%s: %s: reference %q, called %q", s.title, r.what, r.ref, r.of)
			}
			if r.budget.ratio > 0 && r.ref == "" {
				t.Errorf("%s: %s: a budget of a ratio, and no reference", s.title, r.what)
			}
			found := r.ref == ""
			for _, other := range s.rows {
				found = found || other.bench == r.ref && other.shows.time == r.shows.time
			}
			if !found {
				t.Errorf("%s: %s: the reference %s is not in the section", s.title, r.what, r.ref)
			}
		}
	}
}
