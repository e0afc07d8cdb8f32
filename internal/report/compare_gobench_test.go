package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// TestBenchUnits wants metrics to be told apart by their units.
func TestBenchUnits(t *testing.T) {
	seen := make(map[string]string)
	for _, m := range load.Metrics() {
		unit := benchUnit(m)
		if other, ok := seen[unit]; ok || strings.ContainsFunc(unit, unicode.IsSpace) {
			t.Errorf("%s has the unit %q, as has %q", m.Name, unit, other)
		}
		seen[unit] = m.Name
	}
	for name, want := range map[string]string{
		"allocs_per_session": "allocs/op", "bytes_per_session": "B/op", "wall_per_session": "sec/op", "cpu_per_session": "cpu-sec/op",
		"pool_hit_ratio": "pool-hit-ratio", "gc_pause_per_million": "gc-pause-sec/Mop", "heap_live": "heap-live-B",
	} {
		if m, _ := load.LookupMetric(name); benchUnit(m) != want {
			t.Errorf("%s: got %s, want %s", name, benchUnit(m), want)
		}
	}
}

func TestBenchNames(t *testing.T) {
	for _, tt := range []struct{ base, other, wantBase, wantNew string }{
		{"baseline", "tuned", "baseline", "tuned"},
		{"tuned", "tuned", "tuned.base", "tuned.new"},
		{"", "new", "base", "new"},
		{"", "base", "base.base", "base.new"},
		{"a b/c=d%", "ü,\xff", "a%20b%2Fc%3Dd%25", "ü%2C%FF"},
	} {
		c := load.Comparison{Base: load.ArmResult{Arm: load.Arm{Name: tt.base}}, New: load.ArmResult{Arm: load.Arm{Name: tt.other}}}
		if base, other := benchNames(&c); base != tt.wantBase || other != tt.wantNew {
			t.Errorf("%q, %q: got %s, %s, want %s, %s", tt.base, tt.other, base, other, tt.wantBase, tt.wantNew)
		}
	}
}

// TestBenchstatReads has benchstat itself read what is written for it. "make test"
// and "make race" put it into .tools.
func TestBenchstatReads(t *testing.T) {
	benchstat, err := exec.LookPath(filepath.Join("..", "..", ".tools", "benchstat"))
	switch {
	case testing.Short():
		t.Skip("runs benchstat")
	case err != nil && os.Getenv("CI") != "":
		t.Fatal("needs benchstat, which make test installs: ", err)
	case err != nil:
		t.Skip("needs benchstat: make tools")
	}
	for name, c := range comparisons() {
		if name == "empty" {
			continue // has nothing to read
		}
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bench.txt")
			var text bytes.Buffer
			if err := WriteComparison(&text, "gobench", c); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), benchstat, "-col", "/arm", file)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, &stderr)
			}
			if stderr.Len() > 0 {
				t.Errorf("benchstat complains: %s", &stderr)
			}
			base, other := benchNames(&c)
			columns := regexp.MustCompile(`│ +` + regexp.QuoteMeta(base) + ` +│ +` + regexp.QuoteMeta(other) + ` +│\n`)
			for i := range c.Metrics {
				m := &c.Metrics[i]
				unit := regexp.QuoteMeta(benchUnit(m.Metric))
				table := regexp.MustCompile(`(?m)^.*\n +│ +` + unit + ` +│( +` + unit + ` .*)?$`).FindString(stdout.String())
				if want := len(m.Base.Values) + len(m.New.Values); (table != "") != (want > 0) {
					t.Errorf("a table of %s: %q, for %d figures", unit, table, want)
				}
				if len(m.Base.Values) > 0 && len(m.New.Values) > 0 && !columns.MatchString(table) {
					t.Errorf("no columns of %s and %s in\n%s", base, other, table)
				}
			}
		})
	}
}
