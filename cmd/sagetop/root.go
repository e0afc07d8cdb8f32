package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/report"
	"github.com/SAGE-X-project/sagetop/internal/termguard"
	"github.com/SAGE-X-project/sagetop/ui"
)

// newRootCommand returns the whole command line. Without a command it opens the
// dashboard.
func newRootCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "sagetop",
		Short:         "watch secure sessions under load, live, and what each optimization is worth",
		Args:          noArgs,
		Version:       versionText(),
		SilenceErrors: true, // execute prints them, in one line
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
		Example: `  sagetop --optimizations baseline --rate 20k/s
  SAGETOP_THEME=light sagetop --config load.toml
  sagetop compare --base seed --new tuned`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := defaultOptions()
			if err := o.resolve(cmd); err != nil {
				return err
			}
			keys, err := o.keys()
			if err != nil {
				return err
			}
			if err := needTerminal(); err != nil {
				return err
			}
			return dashboard(cmd.Context(), o, keys)
		},
	}
	addFlags(cmd, append(loadFlags(), append(screenFlags, configFlag)...)...)
	cmd.Flags().Bool("version", false, "print version, commit and Go version")
	cmd.PersistentFlags().BoolP("help", "h", false, "print this help")
	cmd.SetFlagErrorFunc(flagError)
	cmd.SetHelpFunc(printHelp)
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(newRunCommand(), newCompareCommand(), newClaimsCommand(), newTuneCommand(),
		newKeysCommand(), newVerifyCommand(), newVersionCommand(), newCompletionCommand())
	cmd.SetHelpCommand(newHelpCommand())
	cmd.InitDefaultHelpCmd()
	return cmd
}

// needTerminal says what to do instead where there is no screen to draw on.
func needTerminal() error {
	const instead = "use 'sagetop run' to run without a screen"
	switch {
	case !term.IsTerminal(os.Stdin.Fd()):
		return usagef("the dashboard needs a terminal, and standard input is none; %s", instead)
	case !term.IsTerminal(os.Stdout.Fd()):
		return usagef("the dashboard needs a terminal, and standard output is none; %s", instead)
	case os.Getenv("TERM") == "dumb":
		return usagef("the dashboard needs a terminal that can move its cursor, and TERM is dumb; %s", instead)
	}
	return nil
}

// dashboard shows the load until the user quits, the load ends or a signal
// comes, and prints what it came to once the terminal is back.
func dashboard(ctx context.Context, o *options, keys map[string][]string) error {
	engine, err := load.New(o.config, load.WithHost())
	if err != nil {
		return usage(err)
	}
	ctx, release := untilSignal(ctx)
	defer release()
	if err := engine.Start(); err != nil {
		return err
	}
	log.SetOutput(io.Discard) // only libraries log, and would across the screen
	unguard := termguard.Start()
	testHookDashboard()
	var compared []ui.Measured
	var last string
	shown := ui.Run(ctx, ui.Options{
		Engine: engine, Theme: o.theme, ASCII: o.ascii, NoColor: o.noColor, NoMouse: o.noMouse,
		Version: versionText(), Keys: keys,
		Measured: func(c ui.Measured) { compared = append(compared, c) },
		Last:     func(frame string) { last = frame },
	})
	unguard()
	summary := engine.Stop()
	summary.Partial = summary.Partial || signalled(shown)
	var printed error
	if last != "" {
		_, printed = io.WriteString(os.Stdout, last+"\n\n")
	}
	printed = cmp.Or(printed, report.TextIn(os.Stdout, summary, terminalWidth()))
	for _, c := range compared {
		printed = cmp.Or(printed, printCompared(os.Stdout, &c))
	}
	if crash := (*ui.PanicError)(nil); errors.As(shown, &crash) {
		return crashed(crash, crash.Stack)
	}
	return outcome(engine.Err(), shown, printed)
}

// terminalWidth is the width of the terminal at standard output, 0 if it is none.
func terminalWidth() int {
	w, _, err := term.GetSize(os.Stdout.Fd())
	if err != nil {
		return 0
	}
	return w
}

// printCompared prints what a comparison on the screen came to, below the summary.
func printCompared(w io.Writer, c *ui.Measured) error {
	const heap = "Measured in the dashboard, whose heap is in the figures: its collections are rarer than those of\n" +
		"'sagetop compare' and 'sagetop claims'.\n"
	if _, err := io.WriteString(w, "\n"+heap); err != nil {
		return err
	}
	if c.Board != nil {
		return report.WriteClaims(w, "text", *c.Board)
	}
	return report.WriteComparison(w, "text", c.Comparison)
}

// outcome makes one error of a run's: a panic counts most, then a signal, and
// what could not be printed least.
func outcome(failed, ended, printed error) error {
	if crash := (*load.PanicError)(nil); errors.As(failed, &crash) {
		return crashed(crash, crash.Stack)
	}
	if stop := (*stopSignal)(nil); errors.As(ended, &stop) {
		return &exitError{code: stop.exitCode()} // whoever sent it knows
	}
	for _, err := range []error{failed, ended, printed} {
		if err != nil && !errors.Is(err, io.EOF) && !nobodyReads(err) {
			return err
		}
	}
	return nil
}

// crashed prints where a panic happened, and returns what is left to say.
func crashed(err error, stack []byte) error {
	fmt.Fprintf(os.Stderr, "sagetop: %v\n\n%s\n", err, stack)
	return &exitError{code: exitFailed}
}
