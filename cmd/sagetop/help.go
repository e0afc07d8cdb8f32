package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/SAGE-X-project/sagetop/internal/settings"
)

// helpWidth is the line length of the help.
const helpWidth = 80

// helpGroups say under which heading the help shows a flag. A flag in none of
// them is shown under the last.
var helpGroups = []struct {
	heading string
	flags   []string
}{
	{"What is compared", []string{"base", "new", "base-config", "new-config", "set", "each", "optimizations", "pool", "pool-capacity"}},
	{"Load", []string{"model", "rate", "arrival", "workers", "lifetime", "messages", "message-size", "max-live", "expire-share", "rng-seed", "duration", "sessions"}},
	{"Load over time", []string{"profile", "stages", "ramp-time", "period", "spike-time", "peak"}},
	{"Handshakes", []string{"handshake", "handshake-share", "transport"}},
	{"Go runtime", []string{"gogc", "memory-limit"}},
	{"Experiment", []string{"minimize", "subject-to", "search", "candidates", "slices", "slice"}},
	{"Gates", []string{"fail-if"}},
	{"Screen", []string{"theme", "ascii", "no-color", "no-mouse"}},
	{"Output", []string{"output", "plot", "write", "quiet"}},
	{"Other", nil},
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "print help about a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("unknown command %q; see '%s --help'", strings.Join(args, " "), cmd.Root().Name())
			}
			return about.Help()
		},
	}
}

// printHelp is the help of every command.
func printHelp(cmd *cobra.Command, _ []string) {
	cmd.InitDefaultHelpFlag() // which "help COMMAND" would lack
	var b strings.Builder
	about := cmd.Long
	if about == "" {
		about = wrap(cmd.CommandPath()+": "+cmd.Short+".", 0)
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s", about, cmd.CommandPath())
	if _, args, found := strings.Cut(cmd.Use, " "); found {
		b.WriteString(" " + args)
	}
	shown := commandFlags(cmd)
	if cmd.LocalFlags().HasAvailableFlags() {
		b.WriteString(" [flags]")
	}
	b.WriteByte('\n')
	if cmd.HasAvailableSubCommands() {
		b.WriteString("  sagetop COMMAND ...\n\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				fmt.Fprintf(&b, "  %-18s %s\n", sub.Use, wrap(sub.Short, 21))
			}
		}
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, g := range helpGroups {
		printGroup(&b, g.heading, shown[g.heading])
	}
	if cmd.Flags().Lookup(configFlag.name) != nil {
		b.WriteString("\n" + wrap("DIST is a distribution: uniform(LOW,HIGH), exp(MEAN) or lognormal(MEDIAN,P99), "+
			"such as --lifetime 'exp(2s)', with quotes because of the shell.", 0) + "\n")
		sources := fmt.Sprintf("Each flag can also be set by a variable, --pool-capacity by %s, "+
			"and in the TOML file of --config, pool-capacity = 4096. A flag counts more than a variable, "+
			"and a variable more than the file.", settings.Env("pool-capacity"))
		if names := repeatedFlags(cmd); names != "" {
			sources += fmt.Sprintf(" Only a flag: %s, which may be given several times.", names)
		}
		b.WriteString("\n" + wrap(sources, 0) + "\n")
	}
	fmt.Fprint(cmd.OutOrStdout(), b.String())
}

// commandFlags returns the flags of cmd by the heading that they are shown under.
func commandFlags(cmd *cobra.Command) map[string][]flag {
	headings := make(map[string]string)
	for _, g := range helpGroups {
		for _, name := range g.flags {
			headings[name] = g.heading
		}
	}
	shown := make(map[string][]flag)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		heading := headings[f.Name]
		if heading == "" {
			heading = helpGroups[len(helpGroups)-1].heading
		}
		about := flag{name: f.Name, help: f.Usage}
		if t, ok := f.Value.(*flagText); ok {
			about = t.flag
		}
		shown[heading] = append(shown[heading], about)
	})
	return shown
}

// repeatedFlags lists the flags of cmd that may be given several times.
func repeatedFlags(cmd *cobra.Command) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if t, ok := f.Value.(*flagText); ok && t.flag.repeated {
			names = append(names, "--"+f.Name)
		}
	})
	return strings.Join(names, " and ")
}

// nameWidth is the width of the left column, with its indentation and gap.
const nameWidth = 28

func printGroup(b *strings.Builder, heading string, flags []flag) {
	if len(flags) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", heading)
	for _, f := range flags {
		text := f.help
		if f.limits != "" {
			text += "; " + f.limits
		}
		if f.initial != "" {
			text += fmt.Sprintf(" (default %s)", f.initial)
		}
		fmt.Fprintf(b, "%-*s%s\n", nameWidth, strings.TrimRight("  --"+f.name+" "+f.value, " "), wrap(text, nameWidth))
	}
}

// wrap breaks text at spaces into lines that end before helpWidth, all but the
// first indented.
func wrap(text string, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > helpWidth:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
