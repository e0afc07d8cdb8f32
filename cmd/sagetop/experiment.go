package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// Flags of the commands that measure in slices. Their load has other defaults than
// that of the dashboard.
var (
	slicesFlag = flag{name: "slices", value: "N", help: "how many slices of each arm are counted", limits: fmt.Sprintf("%d to %d", load.MinSlices, load.MaxSlices), initial: fmt.Sprint(load.DefaultSlices)}
	sliceFlag  = flag{name: "slice", value: "TIME", help: "for how long a slice offers load", limits: fmt.Sprintf("%s to %s", load.MinSlice, "1m"), initial: load.DefaultSlice.String()}
	quietFlag  = flag{name: "quiet", help: "neither progress nor notes on standard error"}
)

// comparisonFlags returns a flag for each parameter of the load that a slice can
// have, with the defaults of [load.ForComparison].
func comparisonFlags() []flag {
	defaults := load.ForComparison(load.Default())
	var list []flag
	for _, f := range loadFlags() {
		switch f.name {
		case "duration", "sessions", "profile", "stages", "ramp-time", "period", "spike-time", "peak":
			continue // slices are of one level, and say how long
		}
		if p, ok := load.Lookup(f.name); ok {
			f.initial = p.Get(&defaults)
		}
		list = append(list, f)
	}
	return list
}

// outputFlagOf returns the flag for one of these formats.
func outputFlagOf(formats []string) flag {
	return flag{name: "output", value: "NAME", help: "format of what is printed on standard output", limits: strings.Join(formats, " | "), initial: formats[0], choices: formats}
}

// comparisonOptions are the options of a command that measures in slices and
// prints in one of these formats.
func comparisonOptions(formats []string) *options {
	o := defaultOptions()
	o.config = load.ForComparison(o.config)
	o.formats = formats
	return o
}

// measure runs an experiment until it is over or a signal comes, with progress on
// standard error unless o is quiet. What was measured until then comes with the
// error, which is a *stopSignal for a signal.
func (o *options) measure(ctx context.Context, x *load.Experiment) (load.Results, error) {
	ctx, release := untilSignal(ctx)
	defer release()
	p := newProgress(o, x)
	results, err := x.Run(ctx, p.seen)
	p.end()
	if err != nil && signalled(err) {
		fmt.Fprintf(p.w, "sagetop: %v, ending the experiment; again to end at once\n", err)
	}
	return results, err
}

// progress tells on standard error how an experiment goes, or several in a row: on
// a terminal in one line that is written over, and else in a line for each tenth.
type progress struct {
	w       io.Writer
	live    bool
	turns   int    // of all experiments
	stage   string // in front of each line
	started time.Time
	tenth   int
}

// startProgress returns progress over so many slices, which has told nothing yet.
func startProgress(o *options, turns int) *progress {
	p := &progress{w: os.Stderr, turns: turns, started: time.Now()}
	if o.quiet {
		p.w = io.Discard
		return p
	}
	p.live = term.IsTerminal(os.Stderr.Fd()) && os.Getenv("TERM") != "dumb"
	return p
}

// newProgress returns the progress of an experiment, which it announces.
func newProgress(o *options, x *load.Experiment) *progress {
	p := startProgress(o, x.Turns())
	arms := x.Plan().Arms
	names := make([]string, len(arms))
	for i, a := range arms {
		names[i] = a.Name
	}
	if len(names) > 4 {
		names = []string{fmt.Sprintf("%d arms", len(names))}
	}
	fmt.Fprintf(p.w, "sagetop: %s: %d slices of %s each, about %s\n",
		printable(strings.Join(names, ", ")), x.Plan().Slices, x.Plan().Slice, x.Estimate().Round(time.Second))
	return p
}

// barWidth is the width of the bar of progress.
const barWidth = 30

// seen tells of a slice that is over. It runs between slices.
func (p *progress) seen(s load.Slice) {
	done := s.Turn + 1
	p.step(done, float64(done)/float64(p.turns))
}

// step tells that so many slices are over, which are that share of the work.
func (p *progress) step(done int, share float64) {
	left := time.Duration(float64(time.Since(p.started)) * (1 - share) / share).Round(time.Second)
	line := fmt.Sprintf("%s%d of %d slices, %s left", p.stage, done, p.turns, left)
	switch tenth := int(10 * share); {
	case p.live:
		full := int(barWidth * share)
		fmt.Fprintf(p.w, "\r\x1b[K%s%s %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), line)
	case tenth > p.tenth:
		p.tenth = tenth
		fmt.Fprintln(p.w, line)
	}
}

// end takes the line away.
func (p *progress) end() {
	if p.live {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// printable replaces what would do something to a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}
