package main

import (
	"cmp"
	"context"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/claims"
	"github.com/SAGE-X-project/sagetop/internal/report"
)

func newClaimsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "claims",
		Short: "judge what is claimed of the optimizations by what is measured here",
		Long: `Measures baseline, seed and tuned in turns, in short slices of the same load,
tries on sessions of seed and tuned whether keys are wiped, pools leak and old
handles work, and prints each claim with what was found and a verdict: exceeds,
holds, falls short, or not measurable here.

  text      a table, for people
  markdown  the same, for a README
  json      the same, schema ` + claims.Schema + `

Unless told otherwise, sessions are created and closed without a message, as
the claims are about creating them.

Exit code 0 whatever the verdicts are; 1 if there are none, as more than a fifth
of an arm's slices was not valid; 2 for wrong usage. Ctrl-C ends the experiment
early and prints the board so far, marked partial and without verdicts; a second
Ctrl-C ends at once.`,
		Args: noArgs,
		Example: `  sagetop claims
  sagetop claims --slices 50 --output markdown > claims.md
  sagetop claims --messages 4 --gogc 400`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := claimsOptions()
			if err := o.resolve(cmd); err != nil {
				return err
			}
			return judgeClaims(cmd.Context(), o)
		},
	}
	addFlags(cmd, claimsFlags()...)
	return cmd
}

// claimsOptions are those of an experiment, with the load that the claims are about.
func claimsOptions() *options {
	o := comparisonOptions(report.ClaimsFormats())
	o.config = claims.Load(o.config)
	return o
}

// claimsFlags are those of an experiment, but for what the arms differ in.
func claimsFlags() []flag {
	list := slices.DeleteFunc(comparisonFlags(), func(f flag) bool { return f.name == "optimizations" || f.name == "pool" })
	defaults := claims.Load(load.Default())
	for i, f := range list {
		if p, ok := load.Lookup(f.name); ok {
			list[i].initial = p.Get(&defaults)
		}
	}
	return append(list, slicesFlag, sliceFlag, outputFlagOf(report.ClaimsFormats()), quietFlag, configFlag)
}

// judgeClaims runs the experiment and prints the board, also of what a signal or a
// failure has left of it.
func judgeClaims(ctx context.Context, o *options) error {
	if err := o.otherModels([]load.Config{o.config}); err != nil {
		return usage(err)
	}
	x, err := load.NewExperiment(load.Plan{Arms: claims.ArmsUnder(o.config), Slices: o.slices, Slice: o.slice, Seed: o.config.RNGSeed})
	if err != nil {
		return usage(err)
	}
	o.tell(os.Stderr)
	keepBrokenPipes()
	results, ended := o.measure(ctx, x)
	board, failed := claims.Judge(results)
	var printed error
	if failed == nil {
		printed = report.WriteClaims(os.Stdout, o.output, board)
	}
	if err := outcome(cmp.Or(failed, ended), ended, printed); err != nil {
		return err
	}
	return noVerdict(board.Why)
}
