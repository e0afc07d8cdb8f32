//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// TestE2EGC has the page GC on the real engine: knobs change what is in force, a
// forced collection is marked, and what the dashboard costs is measured.
func TestE2EGC(t *testing.T) {
	x := start(t, usual, builtBinary(t), "--rate", "2000/s", "--lifetime", "200ms")
	x.shows(live)
	x.keys("5")
	x.shows("the dashboard itself")
	x.shows("100 % ]")
	x.keys("]")
	x.shows("150 % ]")
	x.shows("gogc 150") // the marker
	x.keys("{")
	x.shows("MiB }")
	x.shows("memory-limit ")
	x.keys("}G")
	x.shows("GC forced")
	x.shows("1 forced")
	x.shows("ms/frame")
	x.keys("M")
	x.shows("a frame of GC at 120x40")
	x.shows(live) // the load goes on
	x.keys("c")
	x.shows("allocated, MiB/s, without dashboard")
	x.keys("q")
	x.ends(0)
	x.restored()
}

// BenchmarkDashboardIdle tells what the dashboard takes of a core at ten snapshots a
// second and next to no load, one session a second: the processor time of the whole
// program between two moments while it runs on a terminal of 200x50.
func BenchmarkDashboardIdle(b *testing.B) {
	bin := filepath.Join(b.TempDir(), "sagetop")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	for _, page := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		b.Run("page"+page, func(b *testing.B) {
			var used, wall time.Duration
			for b.Loop() {
				short := idleRun(b, bin, page, 2*time.Second)
				long := idleRun(b, bin, page, 7*time.Second)
				used += long - short // without start and end
				wall += 5 * time.Second
			}
			b.ReportMetric(100*float64(used)/float64(wall), "%core")
			b.ReportMetric(0, "ns/op") // of a fixed duration: it would say nothing
		})
	}
}

// idleRun returns the processor time of a run of that duration.
func idleRun(b *testing.B, bin, page string, d time.Duration) time.Duration {
	b.Helper()
	cmd := exec.Command(bin, "--rate", "1/s", "--handshake", "none", "--duration", d.String())
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 200, Rows: 50})
	if err != nil {
		b.Fatal(err)
	}
	defer tty.Close()
	go func() {
		buf := make([]byte, 1<<16)
		typed := false
		for {
			if _, err := tty.Read(buf); err != nil {
				return
			}
			if !typed {
				typed = true
				_, _ = tty.WriteString(page)
			}
		}
	}()
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("no usage of the process")
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
