//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestE2ETuneSignal: a signal, here in the final, ends a search with the ranking so
// far, and no file.
func TestE2ETuneSignal(t *testing.T) {
	file := t.TempDir() + "/tuned.toml"
	cmd := exec.Command(builtBinary(t), "tune", "--minimize", "allocs_per_session", "--candidates", "5", "--slice", "20ms", "--slices", "100",
		"--workers", "50", "--output", "json", "--write", file)
	var out bytes.Buffer
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "final, ") {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // its exit code says it all
	if code := cmd.ProcessState.ExitCode(); code != 143 || !strings.Contains(said.String(), "received terminated, ending the search") {
		t.Errorf("exit code %d, want 143, with %s", code, said.String())
	}
	var o struct {
		Partial    bool
		Verdict    *string
		RoundsDone int `json:"rounds_done"`
		Ranking    []struct{ Present bool }
	}
	if err := json.Unmarshal(out.Bytes(), &o); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	if !o.Partial || o.Verdict != nil || o.RoundsDone != 1 || len(o.Ranking) != 5 {
		t.Errorf("%+v", o)
	}
	if mayCreate(file) != nil {
		t.Error("there is a file")
	}
}
