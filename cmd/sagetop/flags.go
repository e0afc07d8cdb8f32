package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/report"
	"github.com/SAGE-X-project/sagetop/internal/settings"
	"github.com/SAGE-X-project/sagetop/ui"
)

// runDuration is how long "run" runs unless it is told, or the load has a length.
const runDuration = 10 * time.Second

// options is all that the commands can be told.
type options struct {
	config load.Config

	theme          string // dashboard
	ascii, noColor bool   // dashboard
	noMouse        bool   // dashboard

	output  string                 // of commands that print figures
	formats []string               // that it may be
	typed   func(name string) bool // whether it is a flag that was given
	from    settings.Sources       // of what was resolved
	notes   []string               // for people, about what was given to no effect
	quiet   bool

	slices int           // of each arm of an experiment
	slice  time.Duration // how long one is

	sides [2]side // that compare compares: base and new
	each  bool    // compare
	plot  string  // compare; "" for none

	tune tuneOptions
}

func defaultOptions() *options {
	return &options{
		config: load.Default(), theme: "auto", output: "text", formats: report.Formats(),
		typed: func(string) bool { return false }, from: settings.Sources{Flag: noFlag, Getenv: noVariable},
		slices: load.DefaultSlices, slice: load.DefaultSlice, sides: defaultSides,
		tune: defaultTuneOptions(),
	}
}

// flag describes a flag for people.
type flag struct {
	name    string
	value   string // what stands for its value in the help, "" for a switch
	help    string
	limits  string // range or choices, "" where the help says it all
	initial string // default, "" for none
	choices []string
	list    bool   // a value is several choices with commas between
	ending  string // of the names of files that a value can be, "" for no file
	// repeated says that the flag may be given several times, each time with one
	// value more. It is then a flag alone, and neither variable nor key of a file.
	repeated bool
	complete cobra.CompletionFunc // nil for what the fields above say
}

// placeholders stand for values in the help.
var placeholders = map[load.Kind]string{
	load.KindChoice: "NAME", load.KindList: "LIST", load.KindCount: "N", load.KindRate: "RATE",
	load.KindShare: "SHARE", load.KindSize: "SIZE", load.KindDuration: "TIME", load.KindSteps: "TIME:LEVEL,...",
}

// orDistribution is behind the placeholder of what may have a distribution.
const orDistribution = "|DIST"

// loadFlags returns a flag for each parameter of the load, in its order.
func loadFlags() []flag {
	params := load.Params()
	list := make([]flag, len(params))
	for i, p := range params {
		f := flag{name: p.Name, value: placeholders[p.Kind], help: p.Help, limits: p.Range, initial: p.Default, choices: p.Choices}
		if p.Unit != "" && p.Kind != load.KindRate { // a rate's range says it
			f.limits += " " + p.Unit
		}
		if p.Distributed {
			f.value += orDistribution
		}
		if p.Kind == load.KindList {
			f.list = true
			f.choices = append([]string{"baseline", "seed", "tuned"}, session.OptimizationNames()...)
		}
		list[i] = f
	}
	return list
}

var (
	configFlag = flag{name: "config", value: "FILE", help: "read settings from a TOML file whose keys are the names of flags", ending: "toml"}

	screenFlags = []flag{
		{name: "theme", value: "NAME", help: "colours of the dashboard", limits: strings.Join(ui.ThemeNames(), " | "), initial: "auto", choices: ui.ThemeNames()},
		{name: "ascii", help: "draw with 7-bit characters only"},
		{name: "no-color", help: "draw without colours, as with NO_COLOR set"},
		{name: "no-mouse", help: "leave the mouse to the terminal, whose selection works then; m changes it"},
	}
	outputFlags = []flag{
		outputFlagOf(report.Formats()),
		quietFlag,
	}
)

// settings returns everything that can be set, whichever command has the flag:
// one file and one environment serve all commands.
func (o *options) settings() []settings.Setting {
	return append(slices.Concat(settings.OfConfig(&o.config), o.compareSettings(), o.tune.settings()),
		settings.Setting{Name: "theme", Set: oneOf(&o.theme, ui.ThemeNames())},
		settings.Setting{Name: "ascii", Set: boolean(&o.ascii)},
		settings.Setting{Name: "no-color", Set: boolean(&o.noColor)},
		settings.Setting{Name: "no-mouse", Set: boolean(&o.noMouse)},
		settings.Setting{Name: "output", Set: o.setOutput},
		settings.Setting{Name: "quiet", Set: boolean(&o.quiet)},
		settings.Setting{Name: "slices", Set: within(&o.slices, load.MinSlices, load.MaxSlices)},
		settings.Setting{Name: "slice", Set: length(&o.slice, load.MinSlice, load.MaxSlice)},
	)
}

// setOutput sets the format of what is printed. One file and one environment serve
// all commands: what they name for another command leaves this one its default.
func (o *options) setOutput(text string) error {
	others := slices.Concat(report.Formats(), report.ComparisonFormats(), report.EffectsFormats(), report.ClaimsFormats(), report.TuneFormats())
	if !o.typed("output") && !slices.Contains(o.formats, text) && slices.Contains(others, text) {
		return nil
	}
	return oneOf(&o.output, o.formats)(text)
}

func oneOf(to *string, names []string) func(string) error {
	return func(text string) error {
		if !slices.Contains(names, text) {
			last := len(names) - 1
			return fmt.Errorf("%q is not valid; want %s or %s", text, strings.Join(names[:last], ", "), names[last])
		}
		*to = text
		return nil
	}
}

func fileName(to *string) func(string) error {
	return func(text string) error {
		if text == "" {
			return errors.New(`"" is not valid; want the name of a file`)
		}
		*to = text
		return nil
	}
}

func boolean(to *bool) func(string) error {
	return func(text string) error {
		v, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is not valid; want true or false", text)
		}
		*to = v
		return nil
	}
}

func within(to *int, low, high int) func(string) error {
	return func(text string) error {
		v, err := strconv.Atoi(text)
		if err != nil || v < low || v > high {
			return fmt.Errorf("%q is not valid; want a whole number from %d to %d", text, low, high)
		}
		*to = v
		return nil
	}
}

func length(to *time.Duration, low, high time.Duration) func(string) error {
	return func(text string) error {
		v, err := time.ParseDuration(text)
		if err != nil || v < low || v > high {
			return fmt.Errorf("%q is not valid; want a time from %s to %s, such as 250ms", text, low, high)
		}
		*to = v
		return nil
	}
}

// resolve finds out what cmd was told by its flags, the environment and the
// configuration file.
func (o *options) resolve(cmd *cobra.Command) error {
	o.typed = cmd.Flags().Changed
	from := settings.Sources{
		Flag: func(name string) (string, bool) {
			f := cmd.Flags().Lookup(name)
			if f == nil || !f.Changed {
				return "", false
			}
			return f.Value.String(), true
		},
		Getenv: os.Getenv,
	}
	if path, given := from.Flag(configFlag.name); given || os.Getenv(settings.Env(configFlag.name)) != "" {
		origin := "--" + configFlag.name
		if !given {
			origin = settings.Env(configFlag.name)
			path = os.Getenv(origin)
		}
		file, err := settings.ReadFile(path)
		if err != nil {
			return usagef("%s: %w", origin, err)
		}
		from.File = file
	}
	if err := settings.Resolve(o.settings(), from); err != nil {
		return usage(err)
	}
	o.from = from
	return nil
}

// noFlag and noVariable are the sources of what a file alone says.
func noFlag(string) (string, bool) { return "", false }
func noVariable(string) string     { return "" }

// flagText is the value of a flag as it was typed. What it means is for the
// setting to say, which reads the environment and the file too.
type flagText struct {
	flag  flag
	typed []string // one, unless the flag is repeated
}

func (t *flagText) String() string { return strings.Join(t.typed, " ") }
func (t *flagText) Type() string   { return t.flag.value }

func (t *flagText) Set(typed string) error {
	if !t.flag.repeated {
		t.typed = nil
	}
	t.typed = append(t.typed, typed)
	return nil
}

// given returns the values of a repeated flag of cmd, in order.
func given(cmd *cobra.Command, f flag) []string {
	return cmd.Flags().Lookup(f.name).Value.(*flagText).typed
}

// addFlags gives cmd flags, and completion for their values.
func addFlags(cmd *cobra.Command, flags ...flag) {
	cmd.Flags().SortFlags = false
	for _, f := range flags {
		v := cmd.Flags().VarPF(&flagText{flag: f}, f.name, "", f.help)
		complete := cobra.NoFileCompletions
		switch {
		case f.value == "":
			v.NoOptDefVal = "true"
		case f.complete != nil:
			complete = f.complete
		case f.ending != "":
			complete = cobra.FixedCompletions([]string{f.ending}, cobra.ShellCompDirectiveFilterFileExt)
		case f.list:
			complete = completeList(f.choices)
		case len(f.choices) > 0:
			complete = cobra.FixedCompletions(f.choices, cobra.ShellCompDirectiveNoFileComp)
		}
		if err := cmd.RegisterFlagCompletionFunc(f.name, complete); err != nil {
			panic(err) // the flag was added just now
		}
	}
}

// completeList completes the last word of a list, with those not in it yet.
func completeList(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		var all []string
		for _, w := range words {
			if !slices.Contains(strings.Split(before, ","), w) {
				all = append(all, before+w)
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// flagError says in one line what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	see := fmt.Sprintf("see '%s --help'", cmd.CommandPath())
	if missing := (*pflag.NotExistError)(nil); errors.As(err, &missing) {
		if short := missing.GetSpecifiedShortnames(); short != "" {
			return usagef("unknown flag -%s; %s", short, see)
		}
		return usagef("unknown flag --%s; %s", missing.GetSpecifiedName(), see)
	}
	if bare := (*pflag.ValueRequiredError)(nil); errors.As(err, &bare) {
		return usagef("--%s needs a value; %s", bare.GetSpecifiedName(), see)
	}
	return usagef("%w; %s", err, see)
}

// noArgs refuses arguments, and says which command was perhaps meant.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		hint := fmt.Sprintf("see '%s --help'", cmd.CommandPath())
		if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
			hint = fmt.Sprintf("did you mean %q?", like[0])
		}
		return usagef("unknown command %q; %s", args[0], hint)
	default:
		return usagef("%s takes no arguments, but got %q", cmd.CommandPath(), args[0])
	}
}
