//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// live is on the screen as soon as the dashboard shows figures.
const live = "● live"

// hkdfShown is the heading of a chart: HKDF calls per session.
var hkdfShown = regexp.MustCompile(`HKDF calls/s .* (\d+\.\d+)/session`)

// showsHKDF waits until that many HKDF calls per session are shown.
func (x *terminal) showsHKDF(want float64) {
	x.t.Helper()
	x.until(fmt.Sprintf("%.2f HKDF calls/session", want), func(screen string) bool {
		m := hkdfShown.FindStringSubmatch(screen)
		if m == nil {
			return false
		}
		got, err := strconv.ParseFloat(m[1], 64)
		return err == nil && got == want
	})
}

// TestE2EToggle starts the dashboard, switches an optimization off and on, sees
// the figures follow, and quits.
func TestE2EToggle(t *testing.T) {
	x := start(t, usual, builtBinary(t), "--rate", "2000/s", "--optimizations", "seed")
	x.shows(live)
	x.shows("1 Overview")
	x.showsHKDF(2)
	x.keys("h")
	x.shows("[ ] P0-2")
	x.shows("P0-2 off") // the marker in the charts
	x.showsHKDF(6)
	x.keys("h")
	x.shows("[x] P0-2")
	x.showsHKDF(2)
	x.keys("q")
	x.ends(0)
	x.restored()
	x.shows("sagetop ran ")
	if strings.Contains(x.text(), live) {
		t.Errorf("the dashboard is still on the screen:\n%s", x.text())
	}
}

// TestE2ETuning changes the rate in the tuning panel and by a command, with other keys
// than the usual ones, and saves what came of it.
func TestE2ETuning(t *testing.T) {
	dir := t.TempDir()
	config, saved := filepath.Join(dir, "keys.toml"), filepath.Join(dir, "saved.toml")
	if err := os.WriteFile(config, []byte("rate = 2000\n[keys]\ntune = \"ctrl+t\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := start(t, usual, builtBinary(t), "--config", config)
	x.shows(live)
	x.keys("\x14")
	x.shows("which optimizations new sessions use")
	x.keys("\x1b[C")
	x.shows("embedded · baseline")
	x.keys("u")
	x.shows("embedded · tuned")
	x.keys("jjjj")
	x.shows("default 5000/s")
	x.keys("=3k/s\r")
	x.shows("open 3k/s")
	x.keys("\x1b")
	x.shows("rate 3k/s") // the marker in the charts
	x.keys(":set rate fast\r")
	x.shows(`rate: "fast" is not valid`)
	x.keys("\x15set rate 4k/s\r")
	x.shows("open 4k/s")
	x.shows("rate 4k/s")
	x.keys(":save " + saved + "\r")
	x.shows("saved to ")
	x.keys(":quit\r")
	x.ends(0)
	x.restored()
	text, err := os.ReadFile(saved)
	if err != nil || !strings.Contains(string(text), "\nrate = \"4000/s\"\n") {
		t.Errorf("saved: %v\n%s", err, text)
	}
}

func TestE2EEndings(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  []string
		end  func(x *terminal)
		code int
		says string // a regular expression
	}{
		{"q", nil, nil, func(x *terminal) { x.keys("q") }, 0, "sagetop ran "},
		{"Ctrl-C", nil, nil, func(x *terminal) { x.keys("\x03") }, 0, "sagetop ran "},
		{"SIGINT", nil, nil, func(x *terminal) { x.signal(syscall.SIGINT) }, 130, "stopped before its end"},
		{"SIGTERM", nil, nil, func(x *terminal) { x.signal(syscall.SIGTERM) }, 143, "stopped before its end"},
		{"SIGHUP", nil, nil, func(x *terminal) { x.signal(syscall.SIGHUP) }, 129, "stopped before its end"},
		{"duration over", []string{"--duration", "2s"}, nil, nil, 0, `sagetop ran [2-9]\.\d`},
		{"panic in a load worker", nil, []string{"SAGETOP_TEST_PANIC=worker"}, nil, 1, "forced by SAGETOP_TEST_PANIC"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := usual
			h.env = tt.env
			x := start(t, h, append([]string{builtBinary(t), "--rate", "1000/s"}, tt.args...)...)
			if tt.end != nil { // or it may be over before anybody looks
				x.shows(live)
				tt.end(x)
			}
			x.ends(tt.code)
			x.restored()
			says := regexp.MustCompile(tt.says)
			x.until("the report", func(string) bool { return says.MatchString(x.written()) })
			// Nothing of what is printed goes to the alternate screen, which is gone.
			_, after, _ := strings.Cut(x.written(), "\x1b[?1049l")
			if !says.MatchString(after) {
				t.Errorf("%q was printed before the terminal was restored", tt.says)
			}
			if tt.code == exitFailed && !strings.Contains(after, "goroutine ") {
				t.Errorf("no stack trace after the panic:\n%s", after)
			}
		})
	}
}

// TestE2EQuitComparing: a comparison that is ended with the dashboard prints what it
// has. It takes all of the machine, so it runs alone.
func TestE2EQuitComparing(t *testing.T) {
	x := start(t, usual, builtBinary(t), "--rate", "1000/s")
	x.shows(live)
	x.keys("6\r")
	measured := regexp.MustCompile(`[1-9]\d* of 40 slices`)
	x.until("a slice", measured.MatchString)
	x.keys("q")
	x.ends(0)
	x.restored()
	x.until("the comparison", func(string) bool { return strings.Contains(x.written(), "no verdict: stopped early") })
	_, after, _ := strings.Cut(x.written(), "\x1b[?1049l")
	if !strings.Contains(after, "sagetop ran ") || !regexp.MustCompile(`HKDF calls/session +(6|–)`).MatchString(after) {
		t.Errorf("printed after the terminal was restored:\n%s", after)
	}
}

// TestE2ETerminalGone closes the terminal under the dashboard: nobody is left to
// be shown anything, and it must end all the same.
func TestE2ETerminalGone(t *testing.T) {
	x := start(t, usual, builtBinary(t), "--rate", "1000/s")
	x.shows(live)
	_ = x.tty.Close()
	_ = x.pty.Close()
	x.ends(128 + int(syscall.SIGHUP))
}

// TestE2ESuspend stops the dashboard with Ctrl-Z under a shell with job control,
// looks at the terminal, and continues it.
func TestE2ESuspend(t *testing.T) {
	const script = `set -m; "$0" --rate 1000/s; echo "stopped $?"; read go; fg >/dev/null; echo "ended $?"`
	x := start(t, usual, "sh", "-c", script, builtBinary(t))
	x.shows(live)
	x.keys("\x1a")
	x.shows("stopped ")
	x.restored()
	x.keys("\n")
	x.shows(live)
	x.keys("q")
	x.shows("ended 0")
	x.ends(0)
	x.restored()
}

// TestE2ESuddenDeath: even where the program cannot restore the terminal itself,
// it is restored. The program runs under a shell, as the end of a session's first
// process takes the terminal with it.
func TestE2ESuddenDeath(t *testing.T) {
	tests := []struct {
		name string
		env  []string
		kill syscall.Signal // 0 for none
		says []string
	}{
		{"panic in any goroutine", []string{"SAGETOP_TEST_PANIC=goroutine"}, 0, []string{"panic: forced by SAGETOP_TEST_PANIC", "goroutine ", "ended 2"}},
		{"killed", nil, syscall.SIGKILL, []string{"ended 137"}},
		{"fatal signal", nil, syscall.SIGQUIT, []string{"SIGQUIT: quit", "ended 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := usual
			h.env = tt.env
			pidFile := filepath.Join(t.TempDir(), "pid")
			const script = `sh -c 'echo $$ >"$1"; exec "$0" --rate 1000/s' "$0" "$1"; echo "ended $?"`
			x := start(t, h, "sh", "-c", script, builtBinary(t), pidFile)
			x.shows(live)
			if tt.kill != 0 {
				text, err := os.ReadFile(pidFile)
				if err != nil {
					t.Fatal(err)
				}
				pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
				if err != nil {
					t.Fatal(err)
				}
				if err := syscall.Kill(pid, tt.kill); err != nil {
					t.Fatal(err)
				}
			}
			for _, text := range tt.says {
				x.until(fmt.Sprintf("%q", text), func(string) bool { return strings.Contains(x.written(), text) })
			}
			x.ends(0)
			x.restored()
			_, after, _ := strings.Cut(x.written(), "\x1b[?1049l")
			for _, text := range tt.says[:len(tt.says)-1] {
				if !strings.Contains(after, text) {
					t.Errorf("%q was printed before the terminal was restored", text)
				}
			}
		})
	}
}

// TestE2ESilentTerminal: a terminal that answers no query is asked none, so that
// there is nothing to wait for.
func TestE2ESilentTerminal(t *testing.T) {
	queries := []string{"\x1b[6n", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[>q", "\x1b]10;?", "\x1b]11;?", "\x1b[?u", "$p"}
	for name, args := range map[string][]string{
		"dashboard": {"--rate", "1000/s"},
		"version":   {"--version"},
		"help":      {"--help"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := start(t, how{cols: 120, rows: 40}, append([]string{builtBinary(t)}, args...)...)
			if name == "dashboard" {
				x.shows(live)
				x.keys("q")
			}
			x.ends(0)
			x.restored()
			for _, q := range queries {
				if strings.Contains(x.written(), q) {
					t.Errorf("the terminal was asked %q", q)
				}
			}
			if name != "dashboard" && strings.Contains(x.written(), "\x1b") {
				t.Errorf("escape sequences in plain output: %q", x.written())
			}
		})
	}
}

// TestE2EVersion reads what the linker set.
func TestE2EVersion(t *testing.T) {
	x := start(t, usual, builtBinary(t), "--version")
	x.ends(0)
	x.shows("sagetop v9.9.9, commit 0123456789ab, go1.")
}

func TestE2EDumbTerminal(t *testing.T) {
	h := usual
	h.env = []string{"TERM=dumb"}
	x := start(t, h, builtBinary(t))
	x.ends(exitUsage)
	x.shows("TERM is dumb; use 'sagetop run'")
	if strings.Contains(x.written(), "\x1b") {
		t.Errorf("escape sequences on a dumb terminal: %q", x.written())
	}
	x.restored()
}

func TestE2ENoColor(t *testing.T) {
	h := usual
	h.env = []string{"NO_COLOR=1"}
	x := start(t, h, builtBinary(t), "--rate", "1000/s")
	x.shows(live)
	x.keys("q")
	x.ends(0)
	colour := regexp.MustCompile(`\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9;]*)?m`)
	if got := colour.FindString(x.written()); got != "" {
		t.Errorf("colours in spite of NO_COLOR: %q", got)
	}
}

// TestE2ETinyTerminal starts where there is no room, and then makes room.
func TestE2ETinyTerminal(t *testing.T) {
	for _, size := range [][2]uint16{{0, 0}, {1, 1}, {20, 5}, {59, 15}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			x := start(t, how{cols: size[0], rows: size[1], answers: true}, builtBinary(t), "--rate", "1000/s")
			x.until("the alternate screen", func(string) bool { return strings.Contains(x.written(), "\x1b[?1049h") })
			if size[0] >= 20 {
				x.shows("60x16") // what it takes
			}
			x.resize(80, 24)
			x.shows(live)
			x.resize(size[0], size[1])
			x.keys("q")
			x.ends(0)
			x.restored()
		})
	}
}

// TestE2EResizeStorm changes the size faster than frames are drawn.
func TestE2EResizeStorm(t *testing.T) {
	x := start(t, usual, builtBinary(t), "--rate", "1000/s")
	x.shows(live)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		x.resize(uint16(rng.IntN(220)), uint16(rng.IntN(70)))
		time.Sleep(time.Duration(rng.IntN(3)) * time.Millisecond)
	}
	x.resize(100, 30)
	x.until("a frame of 100x30", func(screen string) bool {
		lines := strings.Split(screen, "\n")
		return len(lines) == 30 && strings.Contains(lines[0], live) && strings.Contains(lines[29], "quit")
	})
	x.keys("q")
	x.ends(0)
	x.restored()
}
