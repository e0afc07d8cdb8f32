package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// module is where the packages are whose benchmarks the plan names.
const module = "github.com/SAGE-X-project/sagetop/"

// batch is what one process runs: benchmarks of one package, in order.
type batch struct {
	pkg     string
	benches []string
}

// runner runs a batch in a process and returns what that printed.
type runner func(ctx context.Context, b batch) ([]byte, error)

// measure runs the plan in rounds: each of them once, then each of them again,
// so that what the machine does meanwhile meets a row and its reference alike.
// Every other round runs backwards, so that neither is always the first. It
// returns the results of each round, and the processor's name.
func measure(ctx context.Context, plan []section, rounds int, run runner, progress io.Writer) (all []results, cpu string, err error) {
	start := time.Now()
	for round := range rounds {
		r := make(results)
		for _, b := range batches(plan, round) {
			output, err := run(ctx, b)
			if err != nil {
				return nil, "", err
			}
			if name := parse(r, output); name != "" {
				cpu = name
			}
		}
		all = append(all, r)
		fmt.Fprintf(progress, "round %d of %d, after %s\n", round+1, rounds, time.Since(start).Round(time.Second))
	}
	return all, cpu, nil
}

// batches returns what one process each runs in a round, in order. A benchmark
// that is in several sections runs in the first, beside its reference there.
func batches(plan []section, round int) []batch {
	var all []batch
	ran := make(map[string]bool)
	for _, s := range plan {
		if s.rounds > 0 && round >= s.rounds {
			continue
		}
		names := slices.DeleteFunc(s.benches(), func(name string) bool { return ran[name] })
		for _, name := range names {
			ran[name] = true
		}
		switch {
		case len(names) == 0:
		case s.together:
			all = append(all, batch{s.home(), names})
		default:
			if round%2 == 1 {
				slices.Reverse(names)
			}
			for _, name := range names {
				all = append(all, batch{s.home(), []string{name}})
			}
		}
	}
	return all
}

// build compiles the benchmarks of a plan into dir, and returns what runs them,
// each for benchtime.
func build(ctx context.Context, plan []section, dir string, benchtime time.Duration) (runner, error) {
	type built struct{ binary, home string }
	programs := make(map[string]built)
	for _, s := range plan {
		pkg := s.home()
		if _, done := programs[pkg]; done {
			continue
		}
		at, err := output(ctx, "", "go", "list", "-f", "{{.Dir}}", module+pkg)
		if err != nil {
			return nil, err
		}
		binary := filepath.Join(dir, path.Base(pkg)+".test")
		if _, err := output(ctx, "", "go", "test", "-c", "-o", binary, module+pkg); err != nil {
			return nil, err
		}
		programs[pkg] = built{binary, strings.TrimSpace(string(at))}
	}
	return func(ctx context.Context, b batch) ([]byte, error) {
		p := programs[b.pkg]
		return output(ctx, p.home, p.binary,
			"-test.run=^$", "-test.bench="+pattern(b.benches), "-test.benchtime="+benchtime.String())
	}, nil
}

// pattern returns what makes the testing package run exactly these benchmarks.
func pattern(benches []string) string {
	var exact []string
	for _, name := range benches {
		levels := strings.Split("Benchmark"+name, "/")
		for i, level := range levels {
			levels[i] = "^" + regexp.QuoteMeta(level) + "$"
		}
		exact = append(exact, strings.Join(levels, "/"))
	}
	return strings.Join(exact, "|")
}

// output runs a program in dir and returns what it printed. An error has the
// end of that.
func output(ctx context.Context, dir, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the go command, git, and what was just built
	cmd.Dir = dir
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(args, " "), err, tail(out, complaints.Bytes()))
	}
	return out, nil
}

// tail returns the last lines of two outputs.
func tail(outputs ...[]byte) string {
	lines := strings.Split(strings.TrimSpace(string(bytes.Join(outputs, []byte("\n")))), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// commit returns the commit that is measured, and says if the code was changed
// since.
func commit(ctx context.Context) string {
	id, err := output(ctx, "", "git", "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	text := strings.TrimSpace(string(id))
	if changed, err := output(ctx, "", "git", "status", "--porcelain", "--", ":/*.go", ":/go.mod", ":/go.sum"); err != nil || len(changed) > 0 {
		text += ", with changes"
	}
	return text
}

// writeFile replaces a file at once, so that an interrupted run leaves the old
// one.
func writeFile(name string, data []byte) error {
	if err := os.WriteFile(name+".new", data, 0o644); err != nil { //nolint:gosec // a document
		return err
	}
	return os.Rename(name+".new", name)
}
