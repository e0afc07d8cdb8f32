package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/internal/settings"
	"github.com/SAGE-X-project/sagetop/ui"
)

func newKeysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "print the keys of the dashboard, as a table for the file of --config",
		Long: `Prints what the keys of the dashboard do, as the table of a TOML file. What is
in the table [keys] of the file of --config counts there, as in

  [keys]
  freeze = "f"
  quit = ["q", "ctrl+q"]

What works on one page alone has its name in front. A key is a character, or
space, tab, enter, f1, up, pgup and the like, with shift+, ctrl+ or alt+ in
front. Two that can work at the same time cannot have the same key. Esc always
closes, and ctrl+c always quits.`,
		Args: noArgs,
		Example: `  sagetop keys >> sagetop.toml
  sagetop keys --config sagetop.toml`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := defaultOptions()
			if err := o.resolve(cmd); err != nil {
				return err
			}
			keys, err := o.keys()
			if err != nil {
				return err
			}
			return printKeys(os.Stdout, ui.AllKeys(keys))
		},
	}
	addFlags(cmd, configFlag)
	return cmd
}

// keys returns the keys that the file names for the dashboard, which can have them.
func (o *options) keys() (map[string][]string, error) {
	file := o.from.File
	if file == nil {
		return nil, nil
	}
	err := ui.CheckKeys(file.Keys())
	if err == nil {
		return file.Keys(), nil
	}
	var all []error
	for _, wrong := range err.(interface{ Unwrap() []error }).Unwrap() {
		if about := (*ui.KeyError)(nil); errors.As(wrong, &about) {
			wrong = fmt.Errorf("%s: %s", file.KeysAt(about.Name), about.Text)
		}
		all = append(all, wrong)
	}
	return nil, usage(errors.Join(all...))
}

// printKeys prints bindings as a table that a file can have.
func printKeys(w io.Writer, all []ui.KeyBinding) error {
	lines := make([]string, len(all))
	widest := 0
	for i, b := range all {
		lines[i] = b.Name + " = " + tomlKeys(b.Keys)
		widest = max(widest, len(lines[i]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[%s]\n", settings.KeysTable)
	for i, line := range lines {
		fmt.Fprintf(&b, "%-*s  # %s\n", widest, line, all[i].Help)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tomlKeys writes keys as TOML has them: a text, or a list of texts.
func tomlKeys(keys []string) string {
	quoted := make([]string, len(keys))
	for i, k := range keys {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(k) + `"`
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
