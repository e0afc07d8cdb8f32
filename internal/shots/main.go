// Command shots takes the pictures in docs/: it runs sagetop on a pseudo-terminal, types
// what a user would, has it export its page as SVG, and turns that into a PNG with
// rsvg-convert (Debian: librsvg2-bin). So a picture is what the program drew, to the dot.
//
//	go run ./internal/shots [-binary bin/sagetop] [-out docs] [NAME ...]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/creack/pty"
)

// shot is one picture: what is run, on which sizes, and what is typed.
type shot struct {
	name  string
	sizes [][2]int // columns and rows
	args  []string
	steps []step
}

// step is a pause, and keys that are typed after it.
type step struct {
	wait time.Duration
	keys string
}

const (
	enter = "\r"
	down  = "\x1b[B"
)

var wide = [][2]int{{160, 45}}

// optimizing turns one optimization after the other on.
var optimizing = []step{
	{8 * time.Second, "b"}, {7 * time.Second, "h"}, {7 * time.Second, "p"}, {time.Second, "p"}, {7 * time.Second, "u"}, {8 * time.Second, ""},
}

var shots = []shot{
	{"overview", [][2]int{{80, 24}, {120, 40}, {160, 45}, {200, 50}}, []string{"--optimizations", "baseline"}, optimizing},
	{"sessions", wide, []string{"--rate", "20k/s", "--lifetime", "5s"}, []step{{8 * time.Second, "2"}, {3 * time.Second, down + down + down}, {time.Second, ""}}},
	{
		"session", wide,
		[]string{"--handshake", "hybrid", "--handshake-share", "20%", "--lifetime", "20s", "--messages", "40"},
		[]step{{12 * time.Second, "2"}, {2 * time.Second, "/"}, {0, "suite=hybrid age>4s" + enter}, {2 * time.Second, enter}, {8 * time.Second, ""}},
	},
	{"pool", wide, []string{"--pool", "sync"}, []step{{10 * time.Second, "3"}, {8 * time.Second, "k"}, {10 * time.Second, ""}}},
	{"crypto", wide, []string{"--profile", "sine", "--period", "10s", "--handshake", "mixed", "--handshake-share", "5%"}, []step{{14 * time.Second, "4"}, {2 * time.Second, ""}}},
	{"gc", wide, []string{"--optimizations", "baseline"}, []step{{10 * time.Second, "5"}, {5 * time.Second, "G"}, {8 * time.Second, "h"}, {8 * time.Second, ""}}},
	{"compare", wide, nil, []step{{3 * time.Second, "6"}, {time.Second, enter}, {22 * time.Second, "jj"}, {2 * time.Second, ""}}},
	{
		"events", wide,
		[]string{"--optimizations", "seed", "--profile", "spike", "--period", "10s", "--spike-time", "3s", "--rate", "20k/s"},
		[]step{{8 * time.Second, "b"}, {6 * time.Second, "G"}, {8 * time.Second, "7"}, {time.Second, ""}},
	},
}

func main() {
	binary := flag.String("binary", "bin/sagetop", "the program")
	out := flag.String("out", "docs", "where the pictures go")
	flag.Parse()
	if err := run(*binary, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "shots:", err)
		os.Exit(1)
	}
}

func run(binary, out string, names []string) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("rsvg-convert"); err != nil {
		return errors.New("rsvg-convert is needed to turn SVG into PNG: apt install librsvg2-bin, or brew install librsvg")
	}
	for _, name := range names {
		if !slices.ContainsFunc(shots, func(s shot) bool { return s.name == name }) {
			return fmt.Errorf("there is no picture %q", name)
		}
	}
	for _, s := range shots {
		if len(names) > 0 && !slices.Contains(names, s.name) {
			continue
		}
		for _, size := range s.sizes {
			path := filepath.Join(out, fmt.Sprintf("%s-%dx%d.png", s.name, size[0], size[1]))
			if err := s.take(binary, path, size); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			fmt.Println(path)
		}
	}
	return nil
}

// exportWait is for how long a picture is waited for.
const exportWait = 20 * time.Second

// take runs the program and leaves its picture at path.
func (s *shot) take(binary, path string, size [2]int) (err error) {
	dir, err := os.MkdirTemp("", "shots")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cmd := exec.Command(binary, s.args...) //nolint:gosec // whoever runs this says which
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "COLORFGBG=15;0", "NO_COLOR=")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(size[0]), Rows: uint16(size[1])})
	if err != nil {
		return err
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, terminal) // ends with an error when the program does
	}()
	picture, err := s.drive(terminal, dir)
	_, quit := terminal.WriteString("\x03") // ctrl+c
	err = errors.Join(err, quit, cmd.Wait())
	_ = terminal.Close()
	<-drained
	if err != nil {
		return err
	}
	convert := exec.Command("rsvg-convert", "--zoom", "1.25", "-o", path, picture) //nolint:gosec // our own file
	convert.Stderr = os.Stderr
	return convert.Run()
}

// drive types what the shot says, has the page exported, and returns the file.
func (s *shot) drive(terminal io.StringWriter, dir string) (string, error) {
	for _, st := range append(slices.Clone(s.steps), step{0, "e"}, step{500 * time.Millisecond, "s"}) {
		time.Sleep(st.wait)
		for len(st.keys) > 0 {
			n := 1
			if strings.HasPrefix(st.keys, "\x1b[") {
				n = len(down)
			}
			if _, err := terminal.WriteString(st.keys[:n]); err != nil {
				return "", err
			}
			st.keys = st.keys[n:]
			time.Sleep(50 * time.Millisecond)
		}
	}
	for end := time.Now().Add(exportWait); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		found, err := filepath.Glob(filepath.Join(dir, "*.svg"))
		if err != nil || len(found) == 0 {
			continue
		}
		time.Sleep(200 * time.Millisecond) // until it is written whole
		return found[0], nil
	}
	return "", errors.New("no picture came")
}
