package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/gate"
	"github.com/SAGE-X-project/sagetop/internal/report"
)

var runFailIf = failIfFlag(runGateFigures(), "p99(create) > 50us")

func newRunCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "put the load on without a screen, and print what it came to",
		Long: `Puts the load on without a screen: a line of progress a second on standard
error, and what the run came to on standard output.

  text    the summary, for people
  json    the summary, schema ` + load.SummarySchema + `
  ndjson  a snapshot a second, one object a line with "type":"snapshot", then
          the summary with "type":"summary"
  csv     a header, and a row a second with the figures of that second

Unless --duration says how long, --profile stages runs for its stages,
--sessions until so many are over, and all else for 10 s. The times of
--ramp-time and --period are 30 s unless set: the other profiles need them
shorter, or a longer --duration, to show all of their shape.

--fail-if says what must not be, for a pipeline; what is so fails, with a line
for each on standard error, and exit code 99. It is 1 where one could not be
judged: of a run that was not valid, or ended early. The figures:

` + runFiguresHelp() + `
Ctrl-C ends the run early and prints the summary so far, marked partial; a
second Ctrl-C ends at once.`,
		Args: noArgs,
		Example: `  sagetop run --duration 3s --optimizations baseline --output json
  sagetop run --duration 1m --output csv > run.csv
  sagetop run --profile stages --stages 10s:5k,20s:20k,10s:0
  sagetop run --sessions 10k --handshake hybrid --handshake-share 100%
  sagetop run --fail-if 'p99(create) > 50us' --fail-if 'allocs_per_session > 50'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := runOptions(cmd)
			if err != nil {
				return err
			}
			gates, err := parseGates(given(cmd, runFailIf), runGateFigures(), gate.Options{NoBase: "one run has no base; use 'sagetop compare'"})
			if err != nil {
				return usage(err)
			}
			return runLoad(cmd.Context(), o, gates)
		},
	}
	flags := loadFlags()
	for i := range flags {
		if flags[i].name == "duration" {
			flags[i].initial = runDuration.String()
		}
	}
	addFlags(cmd, append(flags, append([]flag{runFailIf}, append(outputFlags, configFlag)...)...)...)
	return cmd
}

// runFiguresHelp lists the figures of a run, those of latencies by what they are of.
func runFiguresHelp() string {
	var plain, timed []string
	for _, f := range load.RunFigures() {
		of, isPercentile := strings.CutSuffix(f.Name, "_p99")
		switch {
		case isPercentile:
			timed = append(timed, of)
		case f.Unit != load.UnitTime || f.Name == "gc_pause_per_million":
			plain = append(plain, f.Name)
		}
	}
	const indent = 2
	return "  " + wrap(strings.Join(plain, ", "), indent) + "\n  " +
		wrap("p50, p75, p90, p95, p99 and p99.9, as in p99(create), of "+strings.Join(timed, ", "), indent) + "\n"
}

// runOptions returns what "run" was told.
func runOptions(cmd *cobra.Command) (*options, error) {
	o := defaultOptions()
	o.config.Duration = notGiven
	if err := o.resolve(cmd); err != nil {
		return nil, err
	}
	if o.config.Duration == notGiven {
		o.config.Duration = lasts(&o.config)
	}
	return o, nil
}

// notGiven is a duration that no flag, variable or file can set.
const notGiven time.Duration = -1

// lasts returns how long "run" runs c if it is not told.
func lasts(c *load.Config) time.Duration {
	switch length := c.Steps.Length(); {
	case c.Profile == load.ProfileStages && length > 0:
		return length
	case c.Sessions > 0:
		return 0
	default:
		return runDuration
	}
}

// runLoad runs until the load ends, a signal comes, or nobody reads its output
// any more, and judges the gates by what it came to.
func runLoad(ctx context.Context, o *options, gates []*gate.Expr) error {
	engine, err := load.New(o.config)
	if err != nil {
		return usage(err)
	}
	keepBrokenPipes()
	out, err := report.New(o.output, os.Stdout)
	if err != nil {
		return usage(err)
	}
	var progress io.Writer = os.Stderr
	if o.quiet {
		progress = io.Discard
	}
	ctx, release := untilSignal(ctx)
	defer release()
	if err := engine.Start(); err != nil {
		return err
	}
	ended := report.Follow(ctx, engine.Next, out, progress)
	if ended != nil && ctx.Err() != nil {
		fmt.Fprintf(progress, "sagetop: %v, ending the run; again to end at once\n", context.Cause(ctx))
		ended = context.Cause(ctx)
	}
	summary := engine.Stop()
	summary.Partial = summary.Partial || signalled(ended)
	var printed error
	if !nobodyReads(ended) {
		printed = out.End(summary)
	}
	judged := judgeRun(os.Stderr, gates, &summary)
	if err := outcome(engine.Err(), ended, printed); err != nil {
		return err
	}
	return judged
}
