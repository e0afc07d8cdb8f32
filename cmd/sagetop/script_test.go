package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// TestScript runs what users type without a terminal: testdata/script, in the
// language of testscript and with four commands more:
//
//	exits CODE ARG...       sagetop ARG... ends with that exit code
//	json FILE PATH VALUE    the value at PATH (a.b.0.c) in a JSON file is VALUE, or
//	                        within a fifth of it if that is written ~VALUE
//	same FILE FILE PATH     two JSON files have the same value at PATH
//	balanced FILE           a JSON summary's sessions and pool add up
//
// and the condition [race], under which the longest are skipped: experiments have a
// script left, compare, and their packages' own tests.
func TestScript(t *testing.T) {
	vectors, err := filepath.Abs("../../engine/session/testdata/sage_sessions.json")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("VECTORS", vectors)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":    exitsCommand,
			"json":     jsonCommand,
			"same":     sameCommand,
			"balanced": balancedCommand,
		},
		Condition: func(cond string) (bool, error) {
			if cond != "race" {
				return false, fmt.Errorf("no condition %q", cond)
			}
			return raceEnabled, nil
		},
		RequireExplicitExec: true,
	})
}

func exitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("sagetop", args[1:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func jsonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH VALUE")
	}
	v := jsonValue(ts, args[0], args[1])
	if about, ok := strings.CutPrefix(args[2], "~"); ok {
		want, err := strconv.ParseFloat(about, 64)
		ts.Check(err)
		got, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		ts.Check(err)
		if math.Abs(got-want) > math.Abs(want)/5 {
			ts.Fatalf("%s is %v, want about %v", args[1], v, want)
		}
		return
	}
	if got := fmt.Sprint(v); got != args[2] {
		ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
	}
}

func sameCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: same FILE FILE PATH")
	}
	a, b := jsonValue(ts, args[0], args[2]), jsonValue(ts, args[1], args[2])
	if !reflect.DeepEqual(a, b) {
		ts.Fatalf("%s is %v in %s and %v in %s", args[2], a, args[0], b, args[1])
	}
}

// jsonValue returns what is at path in a JSON file.
func jsonValue(ts *testscript.TestScript, file, path string) any {
	var v any
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(file)))
	dec.UseNumber() // so that numbers print as they stand there
	ts.Check(dec.Decode(&v))
	for name := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok {
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(list) {
				ts.Fatalf("%s: no %q in a list of %d", path, name, len(list))
			}
			v = list[i]
			continue
		}
		object, _ := v.(map[string]any)
		var ok bool
		if v, ok = object[name]; !ok {
			ts.Fatalf("%s: no %q", path, name)
		}
	}
	return v
}

func balancedCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: balanced FILE")
	}
	// Not a load.Summary: its field of the pool's kind reads back, but that of
	// the configuration does not.
	var s struct {
		Sessions load.Sessions
		Pool     struct{ Gets, Hits, Misses uint64 }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &s))
	n := s.Sessions
	if n.Created == 0 || n.Created != n.Removed+n.Expired+n.Live+n.Failed {
		ts.Fatalf("sessions do not add up: %+v", n)
	}
	if s.Pool.Gets != s.Pool.Hits+s.Pool.Misses {
		ts.Fatalf("the pool does not add up: %+v", s.Pool)
	}
}

// TestFlags: every parameter of the load is a flag of the dashboard and of run
// that reaches the configuration, and is in the help under a heading of its own.
func TestFlags(t *testing.T) {
	root := newRootCommand()
	for _, path := range [][]string{nil, {"run"}} {
		cmd, _, err := root.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range load.Params() {
			f := cmd.Flags().Lookup(p.Name)
			if f == nil {
				t.Errorf("%s has no flag --%s", cmd.CommandPath(), p.Name)
				continue
			}
			if f.NoOptDefVal != "" {
				t.Errorf("%s --%s takes no value", cmd.CommandPath(), p.Name)
			}
			value := notDefault(t, p)
			if err := cmd.Flags().Set(p.Name, value); err != nil {
				t.Fatal(err)
			}
			o := defaultOptions()
			if err := o.resolve(cmd); err != nil {
				t.Fatal(err)
			}
			want := load.Default()
			if err := p.Set(&want, value); err != nil {
				t.Fatal(err)
			}
			if got := p.Get(&o.config); got != p.Get(&want) || o.config == load.Default() {
				t.Errorf("%s --%s %s: got %s", cmd.CommandPath(), p.Name, value, got)
			}
			f.Changed = false
		}
		for _, f := range commandFlags(cmd)["Other"] {
			if _, isParam := load.Lookup(f.name); isParam {
				t.Errorf("%s --%s is under no heading of the help", cmd.CommandPath(), f.name)
			}
		}
	}
}

// TestHelpFits: no line of the help about the load is broken by a terminal of the
// usual width.
func TestHelpFits(t *testing.T) {
	for _, path := range [][]string{nil, {"run"}, {"compare"}, {"tune"}, {"version"}, {"completion"}, {"help"}} {
		root := newRootCommand()
		var b strings.Builder
		root.SetOut(&b)
		root.SetArgs(append(path, "--help"))
		if err := root.Execute(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if line = strings.TrimSuffix(line, "\n"); len(line) > helpWidth {
				t.Errorf("%v: %d columns: %s", path, len(line), line)
			}
		}
	}
}

// TestRunLasts: how long a run is that was given no duration, and that any source
// can give one.
func TestRunLasts(t *testing.T) {
	stages := func(text string) []string { return []string{"--profile", "stages", "--stages", text} }
	tests := []struct {
		name string
		args []string
		env  string
		want time.Duration
	}{
		{"nothing", nil, "", runDuration},
		{"stages", stages("1s:5,2m:0"), "", 121 * time.Second},
		{"the default stages", []string{"--profile", "stages"}, "", 3 * time.Minute},
		{"stages without the profile", []string{"--stages", "1s:5"}, "", runDuration},
		{"stages that only jump", stages("0s:5"), "", runDuration},
		{"stages and a duration", append(stages("1s:5"), "--duration", "4s"), "", 4 * time.Second},
		{"stages until stopped", append(stages("1s:5"), "--duration", "0s"), "", 0},
		{"stages and a variable", stages("1s:5"), "3s", 3 * time.Second},
		{"sessions", []string{"--sessions", "5"}, "", 0},
		{"no sessions", []string{"--sessions", "0"}, "", runDuration},
		{"sessions and a duration", []string{"--sessions", "5", "--duration", "4s"}, "", 4 * time.Second},
		{"sessions and stages", append(stages("1s:5"), "--sessions", "5"), "", time.Second},
		{"soak", []string{"--profile", "soak"}, "", runDuration},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("SAGETOP_DURATION", tt.env)
			cmd := newRunCommand()
			if err := cmd.ParseFlags(tt.args); err != nil {
				t.Fatal(err)
			}
			o, err := runOptions(cmd)
			if err != nil {
				t.Fatal(err)
			}
			if got := o.config.Duration; got != tt.want {
				t.Errorf("runs for %v, want %v", got, tt.want)
			}
		})
	}
}

// notDefault returns a value of p that is not its default.
func notDefault(t *testing.T, p load.Param) string {
	t.Helper()
	for _, v := range append(slices.Clone(p.Choices), "baseline", "3", "3%", "7s", "2KiB", "64MiB", "1s:7") {
		c := load.Default()
		if p.Set(&c, v) == nil && c != load.Default() {
			return v
		}
	}
	t.Fatalf("no value for %s", p.Name)
	return ""
}
