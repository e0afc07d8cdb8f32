package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/gate"
	"github.com/SAGE-X-project/sagetop/internal/report"
)

var (
	eachFlag = flag{name: "each", help: "what each optimization brings: alone, and as the last one of all"}
	plotFlag = flag{name: "plot", value: "FILE", help: "draw the slices of both arms into an SVG file", ending: "svg"}

	compareFailIf = failIfFlag(sliceFigures(), "allocs_per_session > base + 2%")
)

func newCompareCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "measure two configurations in turns, and say what is really different",
		Long: `Measures two configurations in turns: short slices of the same load, with the
same random inputs, in one process, in an order drawn in balanced blocks. Prints
for each figure the median of both arms, the difference with its 95 % interval,
and p, corrected for the number of figures. ~ marks what may well be chance.

Both arms have the load of flags, variables and --config: unless told otherwise,
as many pairs side by side as keep the processors busy, all resuming. On top of
that, the later the stronger, each arm has what these say of it:

  --base-config FILE      --new-config FILE      the load; all else is ignored
  --base LIST             --new LIST             optimizations
  --set base.NAME=VALUE   --set new.NAME=VALUE   one parameter

Without a file, --base is baseline and --new is tuned, whatever variables and
--config say of optimizations and pool. How long a load runs, --slices and
--slice say, and neither file.

  text      a table as that of benchstat, for people
  markdown  the same for a pull request
  json      all figures, schema ` + load.ComparisonSchema + `
  gobench   a benchmark line a slice: benchstat -col /arm FILE

--each measures baseline with each optimization and tuned without each one, and
prints one table, in JSON of schema ` + load.EffectsSchema + `.

--fail-if says what must not be, for a pipeline, of the new arm:

  allocs_per_session > base + 2%    p99(create) > 50us    pool_hit_ratio < 95%

It fails only if it is significant, corrected for all gates: a line for each on
standard error, and exit code 99; 1 where one could not be judged. The figures:

` + metricsHelp() + `
Exit code 0 whatever differs, unless a gate fails; 1 if there is no verdict, as
more than a fifth of an arm's slices was not valid; 2 for wrong usage. Ctrl-C
ends the measuring and prints what there is, without a verdict.`,
		Args: noArgs,
		Example: `  sagetop compare --base seed --new tuned
  sagetop compare --base tuned --set base.pool=sync --output markdown
  sagetop compare --base-config a.toml --new-config b.toml --plot diff.svg
  sagetop compare --base seed --fail-if 'allocs_per_session > base + 2%'
  sagetop compare --each`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := comparisonOptions(report.ComparisonFormats())
			if err := o.resolve(cmd); err != nil {
				return err
			}
			if o.each {
				return runEach(cmd, o)
			}
			return runCompare(cmd, o)
		},
	}
	flags := append(armFlags(), eachFlag)
	for _, f := range comparisonFlags() {
		if f.name != "optimizations" && f.name != "pool" { // which the arms have
			flags = append(flags, f)
		}
	}
	flags = append(flags, slicesFlag, sliceFlag, compareFailIf, outputFlagOf(report.ComparisonFormats()), plotFlag, quietFlag, configFlag)
	addFlags(cmd, flags...)
	return cmd
}

// metricsHelp lists the figures of a comparison.
func metricsHelp() string {
	const width = 26
	var b strings.Builder
	for _, m := range load.Metrics() {
		fmt.Fprintf(&b, "%-*s%s\n", width, "  "+m.Name, wrap(m.Help, width))
	}
	return b.String()
}

// runCompare compares two arms. All that can be wrong with what was asked for is
// found before anything is measured.
func runCompare(cmd *cobra.Command, o *options) error {
	arms, wrongArms := o.arms(given(cmd, setFlag))
	gates, wrongGates := parseGates(given(cmd, compareFailIf), sliceFigures(), gate.Options{Base: true})
	if err := errors.Join(wrongArms, wrongGates); err != nil {
		return usage(err)
	}
	if err := o.otherModels(configsOf(arms)); err != nil {
		return usage(err)
	}
	x, err := load.NewExperiment(o.plan(arms))
	if err != nil {
		return usage(err)
	}
	plot, err := createPlot(o.plot)
	if err != nil {
		return usagef("--plot: %w", err)
	}
	o.tell(os.Stderr)
	keepBrokenPipes()
	results, ended := o.measure(cmd.Context(), x)
	c := results.Compare(0, 1)
	printed := report.WriteComparison(os.Stdout, o.output, c)
	plotted := plot.write(c)
	judged := judgeComparison(os.Stderr, gates, &c)
	for _, err := range []error{outcome(ended, ended, printed), plotted, noVerdict(c.Why), judged} {
		if err != nil {
			return err
		}
	}
	return nil
}

// plan is what to measure for these arms. The seed of the load decides the order,
// too.
func (o *options) plan(arms []load.Arm) load.Plan {
	return load.Plan{Arms: arms, Slices: o.slices, Slice: o.slice, Seed: o.config.RNGSeed}
}

// runEach measures what each optimization is worth.
func runEach(cmd *cobra.Command, o *options) error {
	if err := errors.Join(o.onlyEach(cmd), o.otherModels([]load.Config{o.config})); err != nil {
		return usage(err)
	}
	x, err := load.NewExperiment(o.plan(load.EachArms(o.config)))
	if err != nil {
		return usage(err)
	}
	o.tell(os.Stderr)
	keepBrokenPipes()
	results, ended := o.measure(cmd.Context(), x)
	e := results.Each()
	if err := outcome(ended, ended, report.WriteEffects(os.Stdout, o.output, e)); err != nil {
		return err
	}
	return noVerdict(e.Why)
}

// noVerdict is the error of an experiment that came to none though it was measured to
// its end; nil if why is "".
func noVerdict(why string) error {
	if why == "" {
		return nil
	}
	return &exitError{exitFailed, fmt.Errorf("no verdict: %s", printable(why))}
}

// onlyEach reports what --each cannot have beside it.
func (o *options) onlyEach(cmd *cobra.Command) error {
	var names []string
	add := func(name string, there bool) {
		if there {
			names = append(names, "--"+name)
		}
	}
	for _, s := range o.sides {
		add(s.name, s.optimizations != "")
	}
	for _, s := range o.sides {
		add(s.name+"-config", s.file != "")
	}
	add(setFlag.name, len(given(cmd, setFlag)) > 0)
	add(plotFlag.name, o.plot != "")
	add(compareFailIf.name, len(given(cmd, compareFailIf)) > 0)
	if len(names) > 0 {
		return fmt.Errorf("--each measures arms of its own and cannot go with %s", strings.Join(names, ", "))
	}
	if !o.typed("output") && !slices.Contains(report.EffectsFormats(), o.output) {
		o.output = report.EffectsFormats()[0]
	}
	if err := oneOf(&o.output, report.EffectsFormats())(o.output); err != nil {
		return fmt.Errorf("--output: %w, with --each", err)
	}
	return nil
}

const plotEnding = ".svg"

// plotName returns the setter of the name of a plot.
func plotName(to *string) func(string) error {
	return func(text string) error {
		if len(text) <= len(plotEnding) || !strings.EqualFold(text[len(text)-len(plotEnding):], plotEnding) {
			return fmt.Errorf("%q is not valid; want a name that ends in %s", text, plotEnding)
		}
		*to = text
		return nil
	}
}

// plotFile is where a plot goes. It is nil if there is to be none.
type plotFile struct{ f *os.File }

// createPlot opens the file of a plot before anything is measured, so that what
// cannot be written is not measured first. What is in the file stays until there
// is a plot.
func createPlot(name string) (*plotFile, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666) //nolint:gosec // a picture to be shown, as the shell would redirect it
	if err != nil {
		return nil, err
	}
	return &plotFile{f}, nil
}

// write draws a comparison into the file and closes it.
func (p *plotFile) write(c load.Comparison) error {
	if p == nil {
		return nil
	}
	var b bytes.Buffer
	drawn := report.WritePlot(&b, c)
	emptied := p.f.Truncate(0)
	_, written := p.f.Write(b.Bytes())
	closed := p.f.Close()
	for _, err := range []error{drawn, emptied, written, closed} {
		if err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
	}
	return nil
}
