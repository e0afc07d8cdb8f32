package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/report"
)

// compareTold returns what compare makes of a command line.
func compareTold(t *testing.T, args ...string) (*cobra.Command, *options, error) {
	t.Helper()
	cmd := newCompareCommand()
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	o := comparisonOptions(report.ComparisonFormats())
	return cmd, o, o.resolve(cmd)
}

func TestArms(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	seed := file("seed.toml", "optimizations = \"seed\"\ngogc = 300\nduration = \"3s\"\nsessions = 12\ntheme = \"pink\"\noutput = \"csv\"\nslices = 1\n")
	pool := file("pool.toml", "pool = \"sync\"\n")
	type arm struct {
		name string
		set  map[string]string // parameters that are not those of both
	}
	baseline := arm{"baseline", map[string]string{"optimizations": "baseline"}}
	tuned := arm{"tuned", map[string]string{"optimizations": "tuned"}}
	tests := []struct {
		name      string
		args      []string
		env       map[string]string
		base, new arm
	}{
		{name: "nothing", base: baseline, new: tuned},
		{
			name: "presets and lists", args: []string{"--base", "seed", "--new", "pool, key-buffer"},
			base: arm{"seed", map[string]string{"optimizations": "seed"}},
			new:  arm{"key-buffer,pool", map[string]string{"optimizations": "key-buffer,pool"}},
		},
		{
			name: "one against itself", args: []string{"--base", "tuned"},
			base: arm{"tuned (base)", tuned.set}, new: arm{"tuned (new)", tuned.set},
		},
		{
			name: "parameters", args: []string{"--base", "tuned", "--set", "base.pool=sync", "--set", "new.gogc=200", "--set", "new.gogc=300"},
			base: arm{"tuned pool=sync", map[string]string{"optimizations": "tuned", "pool": "sync"}},
			new:  arm{"tuned gogc=200 gogc=300", map[string]string{"optimizations": "tuned", "gogc": "300"}},
		},
		{
			name: "a pool that is named before the preset that sets one", args: []string{"--set", "new.pool=none", "--set", "new.optimizations=seed"},
			base: baseline,
			new:  arm{"tuned optimizations=seed pool=none", map[string]string{"optimizations": "seed", "pool": "none"}},
		},
		{
			name: "a file, which needs no optimizations", args: []string{"--base-config", pool, "--new-config", seed},
			base: arm{"pool.toml", map[string]string{"pool": "sync"}},
			new:  arm{"seed.toml", map[string]string{"optimizations": "seed", "gogc": "300", "duration": "3s", "sessions": "12"}},
		},
		{
			name: "all three", args: []string{"--new-config", seed, "--new", "tuned", "--set", "new.pool=none"},
			base: baseline,
			new:  arm{"seed.toml tuned pool=none", map[string]string{"optimizations": "tuned", "pool": "none", "gogc": "300", "duration": "3s", "sessions": "12"}},
		},
		{
			name: "optimizations of both count for files alone", args: []string{"--base-config", pool},
			env:  map[string]string{"SAGETOP_OPTIMIZATIONS": "key-buffer"},
			base: arm{"pool.toml", map[string]string{"optimizations": "key-buffer", "pool": "sync"}}, new: tuned,
		},
		{
			name: "variables", env: map[string]string{"SAGETOP_BASE": "seed", "SAGETOP_NEW_CONFIG": pool},
			base: arm{"seed", map[string]string{"optimizations": "seed"}},
			new:  arm{"pool.toml", map[string]string{"pool": "sync"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, v := range tt.env {
				t.Setenv(name, v)
			}
			cmd, o, err := compareTold(t, append(tt.args, "--workers", "77")...)
			if err != nil {
				t.Fatal(err)
			}
			arms, err := o.arms(given(cmd, setFlag))
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []arm{tt.base, tt.new} {
				c := load.ForComparison(load.Default())
				c.Workers = 77
				for _, name := range load.ParamNames() { // optimizations before the pool
					if text, ok := want.set[name]; ok {
						if err := setParam(&c, name, text); err != nil {
							t.Fatal(err)
						}
					}
				}
				if arms[i].Name != want.name || arms[i].Config != c {
					t.Errorf("got %q that differs by %v, want %q", arms[i].Name, load.Diff(c, arms[i].Config), want.name)
				}
			}
		})
	}
}

// TestOutput: a format of another command leaves the default, unless it is typed.
func TestOutput(t *testing.T) {
	tests := []struct {
		name, variable string
		args           []string
		want, err      string
	}{
		{name: "nothing", want: "text"},
		{name: "one that there is", variable: "markdown", want: "markdown"},
		{name: "that of another command", variable: "csv", want: "text"},
		{name: "that of no command", variable: "xml", err: "SAGETOP_OUTPUT: "},
		{name: "a flag counts more", variable: "csv", args: []string{"--output", "json"}, want: "json"},
		{name: "a flag is refused", args: []string{"--output", "csv"}, err: "--output: "},
		{name: "each has fewer", variable: "gobench", args: []string{"--each"}, want: "text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("SAGETOP_OUTPUT", tt.variable)
			cmd, o, err := compareTold(t, tt.args...)
			if err == nil && o.each {
				err = o.onlyEach(cmd)
			}
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || exitCodeOf(err) != exitUsage {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil || o.output != tt.want {
				t.Errorf("got %s, %v; want %s", o.output, err, tt.want)
			}
		})
	}
}

// TestAssignments: every parameter that slices can have reaches the arm that is
// named and no other, and the others are refused.
func TestAssignments(t *testing.T) {
	refused := []string{"duration", "sessions", "profile", "stages", "ramp-time", "period", "spike-time", "peak"}
	for _, p := range load.Params() {
		text := "new." + p.Name + "=" + notDefault(t, p)
		args := []string{"--base", "tuned", "--set", text}
		if p.Name == "rate" || p.Name == "arrival" {
			args = append(args, "--model", "open") // or they would be refused
		}
		cmd, o, err := compareTold(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		arms, err := o.arms(given(cmd, setFlag))
		if slices.Contains(refused, p.Name) {
			if err == nil || !strings.Contains(err.Error(), p.Name+" cannot be set") {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		want := arms[0].Config
		if err := p.Set(&want, notDefault(t, p)); err != nil {
			t.Fatal(err)
		}
		if got := arms[1].Config; got != want {
			t.Errorf("%s sets %v", text, load.Diff(arms[0].Config, got))
		}
		if c := arms[0].Config; c != o.config || c.Optimizations != session.Tuned {
			t.Errorf("%s reaches the base arm: %v", text, load.Diff(o.config, c))
		}
	}
}

// TestCompareFlags: every flag of the load reaches both arms.
func TestCompareFlags(t *testing.T) {
	cmd := newCompareCommand()
	for _, f := range comparisonFlags() {
		if has := cmd.Flags().Lookup(f.name) != nil; has == (f.name == "optimizations" || f.name == "pool") {
			t.Errorf("--%s is there: %v", f.name, has)
		}
	}
	for _, f := range commandFlags(cmd)["Other"] {
		if f.name != "config" && f.name != "help" {
			t.Errorf("--%s is under no heading of the help", f.name)
		}
	}
}

// TestPlotFile: what a file holds stays until there is a plot, which replaces all
// of it.
func TestPlotFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.SVG")
	const before = "what was there before"
	if err := os.WriteFile(name, []byte(strings.Repeat(before, 10000)), 0o600); err != nil {
		t.Fatal(err)
	}
	plot, err := createPlot(name)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(text), before) {
		t.Errorf("lost before there was a plot: %.30q, %v", text, err)
	}
	arms := load.EachArms(load.ForComparison(load.Default()))
	results := load.Results{Plan: load.Plan{Arms: arms[:2], Slices: 10, Slice: load.MinSlice}, Partial: true}
	if err := plot.write(results.Compare(0, 1)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil || strings.Contains(string(text), before) || !strings.HasSuffix(strings.TrimSpace(string(text)), "</svg>") {
		t.Errorf("the plot is %.100q, %v", text, err)
	}
}
