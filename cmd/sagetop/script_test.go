package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// TestScript runs what users type without a terminal: testdata/script, in the
// language of testscript and with three commands more:
//
//	exits CODE ARG...       sagetop ARG... ends with that exit code
//	json FILE PATH VALUE    the value at PATH (a.b.c) in a JSON file is VALUE, or
//	                        within a fifth of it if that is written ~VALUE
//	balanced FILE           a JSON summary's sessions and pool add up
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
			"balanced": balancedCommand,
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
	var v any
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	dec.UseNumber() // so that numbers print as they stand there
	ts.Check(dec.Decode(&v))
	for name := range strings.SplitSeq(args[1], ".") {
		object, _ := v.(map[string]any)
		var ok bool
		if v, ok = object[name]; !ok {
			ts.Fatalf("%s: no %q", args[1], name)
		}
	}
	if about, ok := strings.CutPrefix(args[2], "~"); ok {
		want, err := strconv.ParseFloat(about, 64)
		ts.Check(err)
		got, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		ts.Check(err)
		if math.Abs(got-want) > want/5 {
			ts.Fatalf("%s is %v, want about %v", args[1], v, want)
		}
		return
	}
	if got := fmt.Sprint(v); got != args[2] {
		ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
	}
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

// notDefault returns a value of p that is not its default.
func notDefault(t *testing.T, p load.Param) string {
	t.Helper()
	for _, v := range append(slices.Clone(p.Choices), "baseline", "3", "3%", "7s", "2KiB", "64MiB") {
		c := load.Default()
		if p.Set(&c, v) == nil && c != load.Default() {
			return v
		}
	}
	t.Fatalf("no value for %s", p.Name)
	return ""
}
