//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// BenchmarkDashboardThroughput tells what watching costs: the sessions that go
// through with the dashboard on, over those of "run", at full load. Both run as
// programs, in turns. Each iteration is one pair of runs.
func BenchmarkDashboardThroughput(b *testing.B) {
	bin := filepath.Join(b.TempDir(), "sagetop")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	load := []string{"--model", "closed", "--lifetime", "0s", "--handshake", "none", "--duration", "2s"}
	var run, dashboard float64
	for b.Loop() {
		out, err := exec.Command(bin, append([]string{"run"}, load...)...).Output()
		if err != nil {
			b.Fatal(err)
		}
		run += created(b, out)
		dashboard += created(b, onTerminal(b, exec.Command(bin, load...)))
	}
	b.ReportMetric(dashboard/run, "dashboard/run")
	b.ReportMetric(run/float64(b.N)/2, "run-sessions/s")
	b.ReportMetric(0, "ns/op") // of a fixed duration: it would say nothing
}

// created reads the number of sessions from a summary in text.
func created(b *testing.B, out []byte) float64 {
	b.Helper()
	m := regexp.MustCompile(`created ([0-9,]+)`).FindSubmatch(out)
	if m == nil {
		b.Fatalf("no count of sessions in %q", out)
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(string(m[1]), ",", ""), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// onTerminal runs cmd on a terminal of 200x50 and returns all that it wrote.
func onTerminal(b *testing.B, cmd *exec.Cmd) []byte {
	b.Helper()
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 200, Rows: 50})
	if err != nil {
		b.Fatal(err)
	}
	defer tty.Close()
	var out bytes.Buffer
	_, _ = io.Copy(&out, tty) // ends with an error when the program has closed its side
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}
