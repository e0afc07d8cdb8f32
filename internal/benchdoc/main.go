// Command benchdoc runs the benchmarks of engine/session and engine/handshake and
// prints one table of them: figures, ratios to what they are to be compared with,
// and budgets. "make bench" and "make bench-doc" call it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings are what the command line asks for.
type settings struct {
	rounds    int
	benchtime time.Duration
	filter    *regexp.Regexp
	markdown  string
	strict    bool
}

// run does everything and returns the exit code: 0 done, 1 something failed, or
// a budget was not met and that matters, 2 wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parseArgs(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 2
	}
	r := report{
		sections: only(plan, s.filter), benchtime: s.benchtime,
		command: commandLine(args),
		cores:   runtime.NumCPU(), platform: runtime.GOOS + "/" + runtime.GOARCH, goVersion: runtime.Version(),
		date: time.Now(), commit: commit(ctx),
	}
	if len(r.sections) == 0 {
		fmt.Fprintf(stderr, "benchdoc: -filter: nothing matches %q\n", s.filter)
		return 2
	}
	if err := r.measure(ctx, s, stderr); err != nil {
		fmt.Fprintln(stderr, "benchdoc:", err)
		return 1
	}
	fmt.Fprint(stdout, r.text())
	if s.markdown != "" {
		if err := writeFile(s.markdown, []byte(r.markdown())); err != nil {
			fmt.Fprintln(stderr, "benchdoc:", err)
			return 1
		}
	}
	return r.exitCode(s.strict)
}

// exitCode is 0 if budgets do not matter, or all are met.
func (r *report) exitCode(strict bool) int {
	if _, failed, unjudged := r.count(); strict && failed+unjudged > 0 {
		return 1
	}
	return 0
}

// commandLine returns what somebody types to do the same again.
func commandLine(args []string) string {
	line := "go run ./internal/benchdoc"
	for _, arg := range args {
		if strings.ContainsAny(arg, " |*?$^()[]'\"\\") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		line += " " + arg
	}
	return line
}

// measure compiles the benchmarks, runs them, and keeps the results.
func (r *report) measure(ctx context.Context, s settings, progress io.Writer) error {
	dir, err := os.MkdirTemp("", "benchdoc-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bench, err := build(ctx, r.sections, dir, s.benchtime)
	if err != nil {
		return err
	}
	r.rounds, r.cpu, err = measure(ctx, r.sections, s.rounds, bench, progress)
	return err
}

func parseArgs(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("benchdoc", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is one line, run's
	flags.IntVar(&s.rounds, "rounds", 7, "how often everything runs, one round after the other")
	flags.DurationVar(&s.benchtime, "benchtime", 150*time.Millisecond, "how long each benchmark runs in each round")
	filter := flags.String("filter", "", "only sections and benchmarks that match this `pattern`, and their references")
	flags.StringVar(&s.markdown, "markdown", "", "also write the table to this `file`, as Markdown")
	flags.BoolVar(&s.strict, "strict", false, "exit with 1 if a budget is not met or was not run; on a busy machine that is noise")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(stderr)
		flags.Usage()
	}
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("%q is not expected; there are only flags", flags.Arg(0))
	case s.rounds < 1:
		err = fmt.Errorf("-rounds: %d is not valid; want at least 1", s.rounds)
	case s.benchtime <= 0:
		err = fmt.Errorf("-benchtime: %s is not valid; want a time above zero, such as 150ms", s.benchtime)
	default:
		s.filter, err = regexp.Compile(*filter)
		if err != nil {
			err = fmt.Errorf("-filter: %q is not a pattern: %w", *filter, err)
		}
	}
	if err != nil {
		return settings{}, fmt.Errorf("benchdoc: %w", err)
	}
	return s, nil
}
