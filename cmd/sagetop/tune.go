package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/gate"
	"github.com/SAGE-X-project/sagetop/internal/report"
	"github.com/SAGE-X-project/sagetop/internal/settings"
	"github.com/SAGE-X-project/sagetop/internal/tune"
)

// tuneOptions are what "tune" can be told besides the load and the slices.
type tuneOptions struct {
	aim         load.Metric // without a name if it was not given
	constraints []*gate.Expr
	axes        []string
	candidates  int
	write       string // file for the settings, "" for standard output
}

func defaultTuneOptions() tuneOptions {
	return tuneOptions{axes: tune.Axes(), candidates: tune.DefaultCandidates}
}

var (
	subjectToFlag = flag{name: "subject-to", value: "CONDITION", repeated: true, help: "what must be true of the settings, such as 'heap_live < 64MiB'", complete: completeFigures}
	writeFlag     = flag{name: "write", value: "FILE", ending: "toml", help: "write the settings to a new TOML file instead of standard output"}
)

// tuneFlags are the flags of "tune" besides the load and the slices.
var tuneFlags = []flag{
	{name: "minimize", value: "FIGURE", help: "the aim, such as allocs_per_session or 'p99(create)'", complete: completeFigures},
	subjectToFlag,
	{name: "search", value: "LIST", help: "which parameters may change", initial: strings.Join(tune.Axes(), ","), choices: tune.Axes(), list: true},
	{name: "candidates", value: "N", help: "how many settings are tried at most, the present ones included", limits: fmt.Sprintf("%d to %d", tune.MinCandidates, tune.MaxCandidates), initial: fmt.Sprint(tune.DefaultCandidates)},
}

// settings returns the settings that these options are.
func (t *tuneOptions) settings() []settings.Setting {
	return []settings.Setting{
		{Name: "minimize", Set: t.setAim},
		{Name: "search", Set: t.setAxes},
		{Name: "candidates", Set: within(&t.candidates, tune.MinCandidates, tune.MaxCandidates)},
		{Name: "write", Set: fileName(&t.write)},
	}
}

func (t *tuneOptions) setAim(text string) error {
	name, err := gate.ParseFigure(text, sliceFigures())
	if err != nil {
		return err
	}
	m, _ := load.LookupMetric(name)
	if m.Better == load.Higher {
		return fmt.Errorf("%q is better the higher it is; want a figure that is better the lower it is, and this one as --subject-to '%s > ...'", name, name)
	}
	t.aim = m
	return nil
}

// setConstraints reads the values of --subject-to. The error has lines for each
// that is wrong.
func (t *tuneOptions) setConstraints(given []string) error {
	var all []error
	for _, text := range given {
		e, err := gate.Parse(text, sliceFigures(), gate.Options{})
		if err != nil {
			all = append(all, fmt.Errorf("--%s: %w", subjectToFlag.name, err))
		}
		t.constraints = append(t.constraints, e)
	}
	return errors.Join(all...)
}

func (t *tuneOptions) setAxes(text string) error {
	var axes []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); !slices.Contains(tune.Axes(), word) {
			return fmt.Errorf("%q is not valid; want some of %s", text, strings.Join(tune.Axes(), ","))
		}
		axes = append(axes, word)
	}
	t.axes = slices.DeleteFunc(tune.Axes(), func(name string) bool { return !slices.Contains(axes, name) })
	return nil
}

// completeFigures completes the name of a figure, after which more may follow.
func completeFigures(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, f := range sliceFigures() {
		names = append(names, f.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func newTuneCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tune",
		Short: "search the pool's and the collector's settings that are best for an aim",
		Long: `Searches kind and capacity of the pool, GOGC and memory limit for the settings
that make one figure of the load small, while conditions on others are true. The
flags of the load say what is there now.

The present settings and a sample of the sensible ones are measured in turns, in
short slices of the same load in one process. The better half is measured again
in twice as many, until two or three are left. The best of them then meets the
present settings in slices of its own, which alone decide whether it is better.
That is so if it is by a test, and if all of its intervals meet the conditions.

  text    the last rounds, the verdict, and a file for --config
  json    the same with all candidates, schema ` + tune.Schema + `

Figures are the metrics of slices; p99(create) is create_p99, and so on:
` + metricsHelp() + `
Exit code 0 if there are settings to use, which may be the present ones; 1 if
nothing that was tried meets the conditions, or if no verdict was possible; 2
for wrong usage. Ctrl-C ends the search and prints the ranking so far; a second
Ctrl-C ends at once.`,
		Args: noArgs,
		Example: `  sagetop tune --minimize allocs_per_session
  sagetop tune --minimize 'p99(create)' --subject-to 'heap_live < 64MiB'
  sagetop tune --minimize cpu_per_session --search gogc,memory-limit \
    --subject-to 'heap_peak < 200MiB' --write tuned.toml`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := comparisonOptions(report.TuneFormats())
			if err := o.resolve(cmd); err != nil {
				return err
			}
			if err := o.tune.setConstraints(given(cmd, subjectToFlag)); err != nil {
				return usage(err)
			}
			return runTune(cmd.Context(), o)
		},
	}
	number, length := slicesFlag, sliceFlag
	number.help = "how many slices of each are counted in the final"
	length.help = "for how long a slice of the final offers load; those before take two fifths"
	addFlags(cmd, slices.Concat(tuneFlags, []flag{number, length}, comparisonFlags(),
		[]flag{outputFlagOf(report.TuneFormats()), writeFlag, quietFlag, configFlag})...)
	return cmd
}

// runTune searches until there is a verdict or a signal comes.
func runTune(ctx context.Context, o *options) error {
	if o.tune.aim.Name == "" {
		return usagef("tune needs an aim: --minimize FIGURE, such as --minimize 'p99(create)'; see 'sagetop tune --help'")
	}
	if err := o.otherModels([]load.Config{o.config}); err != nil {
		return usage(err)
	}
	search, err := tune.New(tune.Task{
		Present: o.config, Aim: o.tune.aim, Constraints: o.tune.constraints, Axes: o.tune.axes,
		Candidates: o.tune.candidates, Slices: o.slices, Slice: o.slice,
	})
	if err != nil {
		return usage(err)
	}
	if err := mayCreate(o.tune.write); err != nil {
		return usage(err)
	}
	o.tell(os.Stderr)
	keepBrokenPipes()
	ctx, release := untilSignal(ctx)
	defer release()
	p := newTuneProgress(o, search)
	found, ended := search.Run(ctx, p.measure)
	p.end()
	if signalled(ended) {
		fmt.Fprintf(p.w, "sagetop: %v, ending the search; again to end at once\n", ended)
	}
	return finishTune(o, &found, ended)
}

// finishTune prints what was found and writes the file that was asked for.
func finishTune(o *options, found *tune.Outcome, ended error) error {
	file, ok := found.File(time.Now())
	shown := file
	if o.tune.write != "" || found.Verdict != tune.Adopt {
		shown = ""
	}
	if err := outcome(ended, ended, report.Tune(os.Stdout, o.output, found, shown)); err != nil {
		return err
	}
	switch {
	case !ok:
		return &exitError{code: exitFailed} // it was printed why
	case o.tune.write != "":
		return settings.Save(o.tune.write, file, false)
	}
	return nil
}

// mayCreate says in time what would keep a file from being created.
func mayCreate(path string) error {
	if path == "" {
		return nil
	}
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("--%s: %q exists; want the name of a new file", writeFlag.name, path)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--%s: %w", writeFlag.name, err)
	}
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return fmt.Errorf("--%s: %q is in no directory that exists; want one that does", writeFlag.name, path)
	}
	return nil
}

// tuneProgress is the progress over all rounds of a search.
type tuneProgress struct {
	*progress
	rounds   []tune.Round
	estimate time.Duration
	round    int           // the one under way
	done     int           // slices of the rounds before it
	before   time.Duration // what they were estimated to take
}

// newTuneProgress returns the progress of a search, which it announces.
func newTuneProgress(o *options, s *tune.Search) *tuneProgress {
	estimate, turns := s.Estimate()
	p := &tuneProgress{progress: startProgress(o, turns), rounds: s.Rounds(), estimate: estimate}
	task := s.Task()
	fmt.Fprintf(p.w, "sagetop: %s: %d of %d settings, %d slices, about %s\n",
		&task, len(s.Candidates()), s.Size(), turns, estimate.Round(time.Second))
	return p
}

// measure measures a round.
func (p *tuneProgress) measure(ctx context.Context, plan load.Plan) (load.Results, error) {
	x, err := load.NewExperiment(plan)
	if err != nil {
		return load.Results{}, err
	}
	r := p.rounds[p.round]
	p.stage = fmt.Sprintf("round %d of %d, ", p.round+1, len(p.rounds)-1)
	if p.round == len(p.rounds)-1 {
		p.stage = "final, "
	}
	results, err := x.Run(ctx, func(s load.Slice) {
		of := s.Turn + 1
		took := p.before + r.Estimate*time.Duration(of)/time.Duration(r.Turns)
		p.step(p.done+of, float64(took)/float64(p.estimate))
	})
	p.round++
	p.done += r.Turns
	p.before += r.Estimate
	return results, err
}
