// Command calibrate measures how far comparisons can be believed: it compares a
// configuration with itself many times and counts how often that finds a
// difference, and with itself slowed down, and counts how often that is found.
// "make calibrate" calls it.
//
// It has to be built with the tag sagetop_testhooks, by which load can be slowed
// down.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

// settings are what the command line asks for.
type settings struct {
	runs, planted int
	slower        float64
	slices        int
	slice         time.Duration
	markdown      string
	child         bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var s settings
	flags := flag.NewFlagSet("calibrate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.runs, "runs", 20, "how often tuned is compared with itself")
	flags.IntVar(&s.planted, "planted", 10, "how often it is compared with itself slowed down, and again with twice as many slices")
	flags.Float64Var(&s.slower, "slower", 0.05, "by what share of its work it is slowed down")
	flags.IntVar(&s.slices, "slices", load.DefaultSlices, "counted slices of each arm")
	flags.DurationVar(&s.slice, "slice", load.DefaultSlice, "how long a slice is")
	flags.StringVar(&s.markdown, "markdown", "", "also write the table to this `file`, as Markdown")
	flags.BoolVar(&s.child, "child", false, "compare -runs times and print a line of JSON for each; the program calls itself so")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.child {
		return compare(ctx, s, stdout)
	}
	if !hooks {
		return errors.New("was built without the tag sagetop_testhooks, and cannot slow load down; see 'make calibrate'")
	}
	c := calibration{
		settings: s, date: time.Now(), cores: runtime.NumCPU(),
		platform: runtime.GOOS + "/" + runtime.GOARCH, goVersion: runtime.Version(),
	}
	var err error
	if c.same, err = inChild(ctx, s, s.runs, 0, stderr); err != nil {
		return err
	}
	if c.slowed, err = inChild(ctx, s, s.planted, s.slower, stderr); err != nil {
		return err
	}
	s.slices *= 2
	if c.longer, err = inChild(ctx, s, s.planted, s.slower, stderr); err != nil {
		return err
	}
	return c.write(stdout)
}

// write writes the document, and returns an error then if comparisons cannot be
// believed.
func (c *calibration) write(stdout io.Writer) error {
	text := c.markdown()
	if file := c.settings.markdown; file != "" {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // a document
			return err
		}
	}
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if len(c.outcome().failures()) > 0 {
		return errFailed
	}
	return nil
}

// errFailed is what is left to say below the table, whose last line says why.
var errFailed = errors.New("comparisons cannot be believed")

// compare compares tuned with itself, with another seed each time.
func compare(ctx context.Context, s settings, w io.Writer) error {
	cfg := load.ForComparison(load.Default())
	out := json.NewEncoder(w)
	for n := range s.runs {
		x, err := load.NewExperiment(load.Plan{
			Arms:   []load.Arm{{Name: "tuned", Config: cfg}, {Name: "tuned again", Config: cfg}},
			Slices: s.slices, Slice: s.slice, Seed: uint64(n + 1),
		})
		if err != nil {
			return err
		}
		results, err := x.Run(ctx, nil)
		if err != nil {
			return err
		}
		if err := out.Encode(results.Compare(0, 1)); err != nil {
			return err
		}
	}
	return nil
}

// comparison is what is read of a [load.Comparison].
type comparison struct {
	Verdict bool   `json:"verdict"`
	Why     string `json:"no_verdict_reason"`
	Metrics []struct {
		Name    string    `json:"name"`
		Base    interval  `json:"base"`
		Percent *interval `json:"delta_percent"`
		P       *float64  `json:"p"`
		// Significant is after the correction for all metrics.
		Significant bool `json:"significant"`
	} `json:"metrics"`
}

type interval struct {
	Value  *float64 `json:"value"`
	Median *float64 `json:"median"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
}

// inChild compares so many times in a process whose second arm is slower by a
// share of its work.
func inChild(ctx context.Context, s settings, runs int, slower float64, progress io.Writer) ([]comparison, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-child", "-runs", fmt.Sprint(runs), "-slices", fmt.Sprint(s.slices), "-slice", s.slice.String()) //nolint:gosec // itself
	cmd.Env = append(os.Environ(), fmt.Sprintf("SAGETOP_TEST_SLOW=%g", slower))
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	all, broken := read(out, func(n int) {
		fmt.Fprintf(progress, "%d of %d comparisons, the second arm slowed down by %g %%\n", n, runs, 100*slower)
	})
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	return all, broken
}

// read reads a comparison a line, and tells how many there are after each.
func read(r io.Reader, told func(int)) ([]comparison, error) {
	var all []comparison
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c comparison
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, err
		}
		all = append(all, c)
		told(len(all))
	}
	return all, lines.Err()
}
