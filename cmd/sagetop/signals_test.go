//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// process is the real program with pipes for its output.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr *bufio.Reader
	exited chan struct{}
}

// startRun starts "sagetop run" with stdout as its standard output.
func startRun(t *testing.T, stdout *os.File, args ...string) *process {
	t.Helper()
	return startCommand(t, stdout, append([]string{"run"}, args...)...)
}

func startCommand(t *testing.T, stdout *os.File, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(builtBinary(t), args...), exited: make(chan struct{})}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = stdout, w
	p.stderr = bufio.NewReader(r)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
		_ = r.Close()
	})
	return p
}

// says waits for a line on standard error that holds text.
func (p *process) says(text string) {
	p.t.Helper()
	for {
		line, err := p.stderr.ReadString('\n')
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			p.t.Fatalf("standard error ended before %q: %v", text, err)
		}
	}
}

func (p *process) ends(code int) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatal("the program does not end")
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("%v, want exit code %d", p.cmd.ProcessState, code)
	}
}

func outputPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

// TestE2ERunSignals: the first signal ends the run, with the summary so far.
func TestE2ERunSignals(t *testing.T) {
	for s, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			r, w := outputPipe(t)
			p := startRun(t, w, "--duration", "1h", "--rate", "1000/s", "--output", "json")
			_ = w.Close()
			p.says("00:00:01")
			if err := p.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			p.says("received " + s.String())
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			p.ends(code)
			var summary struct {
				Partial  bool
				Sessions struct{ Created, Removed, Expired, Live, Failed uint64 }
			}
			if err := json.Unmarshal(text, &summary); err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			n := summary.Sessions
			if !summary.Partial || n.Created == 0 || n.Created != n.Removed+n.Expired+n.Live+n.Failed {
				t.Errorf("summary %+v", summary)
			}
		})
	}
}

// TestE2ERunSecondSignal: while the summary cannot be written, because the pipe
// is full and nobody reads it, a second signal ends the program at once.
func TestE2ERunSecondSignal(t *testing.T) {
	_, w := outputPipe(t)
	fill(t, w)
	p := startRun(t, w, "--duration", "1h", "--rate", "1000/s", "--output", "json")
	p.says("00:00:01")
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	p.says("received interrupt")
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	p.ends(143)
}

// fill writes to a pipe until it takes no more.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	fd := int(w.Fd()) // in blocking mode from here on
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 4096); len(chunk) > 0; {
		switch _, err := syscall.Write(fd, chunk); {
		case errors.Is(err, syscall.EAGAIN):
			chunk = chunk[:len(chunk)/2]
		case err != nil:
			t.Fatal(err)
		}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}

// TestE2ERunIgnoresHangup: under nohup a terminal that goes away ends nothing.
func TestE2ERunIgnoresHangup(t *testing.T) {
	cmd := exec.Command("sh", "-c", `trap "" HUP; "$0" run --duration 2s --rate 1000/s --output json & read go; kill -HUP $!; wait $!`, builtBinary(t))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(errs)
	for lines.Scan() && !strings.Contains(lines.Text(), "00:00:01") {
	}
	if _, err := io.WriteString(in, "\n"); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // to the end, before Wait closes the pipe
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"partial": false`) {
		t.Errorf("the run was cut short: %s", out.String())
	}
}

// TestE2ERunBrokenPipe: a reader that has seen enough ends the run, and nothing
// is said of it.
func TestE2ERunBrokenPipe(t *testing.T) {
	r, w := outputPipe(t)
	p := startRun(t, w, "--duration", "1h", "--rate", "1000/s", "--output", "ndjson", "--quiet")
	_ = w.Close()
	if line, err := bufio.NewReader(r).ReadString('\n'); err != nil || !strings.HasPrefix(line, `{"type":"snapshot"`) {
		t.Fatalf("%q, %v", line, err)
	}
	_ = r.Close()
	p.ends(0)
	if rest, err := io.ReadAll(p.stderr); err != nil || len(rest) > 0 {
		t.Errorf("standard error: %q, %v", rest, err)
	}
}

// TestE2ERunFullDisk: what could not be written is a failure, and said.
func TestE2ERunFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full on this system")
	}
	defer full.Close()
	p := startRun(t, full, "--duration", "200ms", "--rate", "1000/s", "--quiet")
	p.says("no space left on device")
	p.ends(exitFailed)
}

// TestE2ERunPanic: the panic of a load worker is reported, after the summary of
// what ran until then.
func TestE2ERunPanic(t *testing.T) {
	cmd := exec.Command(builtBinary(t), "run", "--duration", "1h", "--rate", "1000/s", "--output", "json", "--quiet")
	cmd.Env = append(os.Environ(), "SAGETOP_TEST_PANIC=worker")
	var out, report bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &report
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("got %v, want exit code 1", err)
	}
	if !strings.Contains(out.String(), `"partial": true`) {
		t.Errorf("no partial summary: %s", out.String())
	}
	if !strings.Contains(report.String(), "forced by SAGETOP_TEST_PANIC") || !strings.Contains(report.String(), "goroutine ") {
		t.Errorf("no report of the panic: %s", report.String())
	}
}

// TestE2ECompareInterrupted: a comparison that is ended in the middle prints and
// draws what it has, says that it is partial, and judges no gate by it.
func TestE2ECompareInterrupted(t *testing.T) {
	r, w := outputPipe(t)
	plot := filepath.Join(t.TempDir(), "partial.svg")
	p := startCommand(t, w, "compare", "--slices", "60", "--slice", "50ms", "--output", "json", "--plot", plot,
		"--fail-if", "hkdf_per_session > 1")
	_ = w.Close()
	p.says(" of 122 slices")
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.says("received interrupt")
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	p.says("not judged: hkdf_per_session > 1: stopped early")
	p.ends(130)
	var c struct {
		Schema           string
		Partial, Verdict bool
		Arms             []struct{ Slices int }
		Metrics          []struct {
			Name string
			Base struct{ Median float64 }
		}
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if c.Schema != load.ComparisonSchema || !c.Partial || c.Verdict || len(c.Arms) != 2 || len(c.Metrics) != len(load.Metrics()) {
		t.Fatalf("comparison %+v", c)
	}
	if n := c.Arms[0].Slices; n < 1 || n >= 60 {
		t.Errorf("%d slices of the base arm were measured", n)
	}
	for _, m := range c.Metrics {
		if m.Name == "hkdf_per_session" && m.Base.Median != 6 {
			t.Errorf("%v HKDF calls in the base arm", m.Base.Median)
		}
	}
	if drawn, err := os.ReadFile(plot); err != nil || !bytes.Contains(drawn, []byte("</svg>")) {
		t.Errorf("the plot is %q, %v", drawn, err)
	}
}

// TestE2EComparePanic: the panic of a load worker is reported, after what was
// measured until then.
func TestE2EComparePanic(t *testing.T) {
	cmd := exec.Command(builtBinary(t), "compare", "--slices", "60", "--slice", "50ms", "--quiet")
	cmd.Env = append(os.Environ(), "SAGETOP_TEST_PANIC=worker")
	var out, report bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &report
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("got %v, want exit code 1", err)
	}
	if !strings.Contains(out.String(), "stopped early") {
		t.Errorf("no partial comparison: %s", out.String())
	}
	if !strings.Contains(report.String(), "forced by SAGETOP_TEST_PANIC") || !strings.Contains(report.String(), "goroutine ") {
		t.Errorf("no report of the panic: %s", report.String())
	}
}

// TestE2ECompareBrokenPipe: a reader that has gone is no failure, and a gate that
// fails is one all the same.
func TestE2ECompareBrokenPipe(t *testing.T) {
	for gate, code := range map[string]int{"hkdf_per_session > 6": 0, "hkdf_per_session > 1": exitGate} {
		t.Run(gate, func(t *testing.T) {
			t.Parallel()
			r, w := outputPipe(t)
			p := startCommand(t, w, "compare", "--slices", "10", "--slice", "20ms", "--quiet", "--fail-if", gate)
			_, _ = w.Close(), r.Close()
			p.says(gate)
			p.ends(code)
			if rest, err := io.ReadAll(p.stderr); err != nil || len(rest) > 0 {
				t.Errorf("standard error: %q, %v", rest, err)
			}
		})
	}
}
