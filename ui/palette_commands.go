package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// command is what can be typed in the palette.
type command struct {
	name string
	args string // what follows, in capitals; "" for nothing
	help string
	key  string // that does the same
	// complete returns what the argument can be, whole; that which ends in a space
	// goes on. Which of it begins like arg is the palette's to find. nil for nothing.
	complete func(m *model, arg string) []string
	// explain says in a few words what an argument is; nil for nothing.
	explain func(arg string) string
	// run does it, or says why not.
	run func(m *model, arg string) (tea.Cmd, error)
}

func (c *command) about(arg string) string {
	if c.explain == nil {
		return ""
	}
	return c.explain(arg)
}

// commander is a page that has commands besides its keys.
type commander interface{ Commands(m *model) []command }

// commands returns everything that can be typed now: what takes arguments, and all
// bindings in force by their names, those of the page first.
func commands(m *model) []command {
	all := []command{
		setCommand(m), defaultCommand(), presetCommand(), pageCommand(), windowCommand(), themeCommand(), saveCommand(), exportCommand(),
		{name: "undo", help: "undo the last change", run: func(m *model, _ string) (tea.Cmd, error) {
			if m.trial != nil {
				return nil, errIdle
			}
			return m.undo(), nil
		}},
		{name: "keys", help: "what all keys do", run: func(m *model, _ string) (tea.Cmd, error) {
			m.help = true
			return nil, nil
		}},
	}
	if p, ok := m.pages[m.current].(commander); ok {
		all = append(p.Commands(m), all...)
	}
	for _, b := range m.inForce() {
		if b.name == "" || slices.ContainsFunc(all, func(c command) bool { return c.name == b.name }) || b.name == "command" {
			continue
		}
		all = append(all, command{name: b.name, help: b.helpAlone(), key: keyLabel(b.keys[0]), run: func(m *model, arg string) (tea.Cmd, error) {
			switch {
			case arg != "":
				return nil, fmt.Errorf("%s takes no argument, but got %q", b.name, arg)
			case b.idle && m.trial != nil:
				return nil, errIdle
			case b.live && m.frozen:
				return nil, errFrozen
			}
			return b.act(m), nil
		}})
	}
	return all
}

// changed has the engine do what edit does, unless that is wrong now.
func changed(m *model, edit func(*load.Config) error) (tea.Cmd, error) {
	if m.trial != nil {
		return nil, errIdle
	}
	probe := m.config
	if err := edit(&probe); err != nil {
		return nil, err
	}
	return m.change(edit), nil
}

func setCommand(m *model) command {
	return command{
		name: "set", args: "PARAM VALUE", help: "set a parameter of the load",
		complete: func(m *model, arg string) []string {
			name, _, hasValue := strings.Cut(arg, " ")
			p, ok := load.Lookup(name)
			if !ok || !hasValue {
				return spaced(load.ParamNames())
			}
			values := append([]string{p.Get(&m.config), p.Default}, p.Choices...)
			if p.Kind == load.KindList {
				values = append(values, presetNames[:]...)
			}
			for _, by := range [...]int{1, -1} {
				c := m.config
				if stepParam(&c, &p, by) == nil {
					values = append(values, p.Get(&c))
				}
			}
			var all []string
			for _, v := range values {
				if line := name + " " + v; !slices.Contains(all, line) {
					all = append(all, line)
				}
			}
			return all
		},
		explain: func(arg string) string {
			name, value, _ := strings.Cut(arg, " ")
			p, ok := load.Lookup(name)
			switch {
			case !ok:
				return ""
			case value == p.Get(&m.config):
				return "as it is"
			case value == p.Default:
				return "the default"
			case value == "":
				return p.Help
			}
			return ""
		},
		run: func(m *model, arg string) (tea.Cmd, error) {
			name, value, _ := strings.Cut(arg, " ")
			p, ok := load.Lookup(name)
			if !ok {
				return nil, fmt.Errorf("set: %q is no parameter; want one such as rate, lifetime or pool", name)
			}
			return changed(m, func(c *load.Config) error { return setParamText(c, &p, value) })
		},
	}
}

func defaultCommand() command {
	return command{
		name: "default", args: "PARAM", help: "set a parameter to its default",
		complete: func(*model, string) []string { return load.ParamNames() },
		explain: func(arg string) string {
			p, _ := load.Lookup(arg)
			return p.Default
		},
		run: func(m *model, arg string) (tea.Cmd, error) {
			p, ok := load.Lookup(arg)
			if !ok {
				return nil, fmt.Errorf("default: %q is no parameter; want one such as rate, lifetime or pool", arg)
			}
			return changed(m, func(c *load.Config) error { return setParamText(c, &p, p.Default) })
		},
	}
}

func presetCommand() command {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return command{
		name: "preset", args: "NAME", help: "set several parameters at once",
		complete: func(*model, string) []string { return names },
		explain: func(arg string) string {
			if i := slices.Index(names, arg); i >= 0 {
				return presets[i].about
			}
			return ""
		},
		run: func(m *model, arg string) (tea.Cmd, error) {
			i := slices.Index(names, arg)
			if i < 0 {
				return nil, errNoSuch("preset", arg, names)
			}
			return changed(m, presets[i].apply)
		},
	}
}

func pageCommand() command {
	titles := func(m *model) []string {
		var all []string
		for _, p := range m.pages {
			all = append(all, strings.ToLower(p.Title()))
		}
		return all
	}
	return command{
		name: "page", args: "NAME", help: "show a page",
		complete: func(m *model, _ string) []string { return titles(m) },
		run: func(m *model, arg string) (tea.Cmd, error) {
			i := slices.Index(titles(m), strings.ToLower(arg))
			if i < 0 {
				return nil, errNoSuch("page", arg, titles(m))
			}
			return m.showPage(i), nil
		},
	}
}

func windowCommand() command {
	var texts []string
	for _, w := range windows {
		texts = append(texts, string(format.AppendSpan(nil, w)))
	}
	return command{
		name: "window", args: "TIME", help: "how much of the past the charts show",
		complete: func(*model, string) []string { return texts },
		run: func(m *model, arg string) (tea.Cmd, error) {
			d, err := time.ParseDuration(arg)
			if least, most := windows[0], windows[len(windows)-1]; err != nil || d < least || d > most {
				return nil, fmt.Errorf("window: %q is not valid; want a time from %s to %s, such as 1m30s", arg, texts[0], texts[len(texts)-1])
			}
			m.setWindow(d)
			return nil, nil
		},
	}
}

func themeCommand() command {
	names := slices.DeleteFunc(ThemeNames(), func(name string) bool { return name == "auto" })
	return command{
		name: "theme", args: "[NAME]", help: "colours of the dashboard, or the next ones",
		complete: func(*model, string) []string { return names },
		run: func(m *model, arg string) (tea.Cmd, error) {
			if arg == "" {
				return m.cycleTheme(), nil
			}
			if !slices.Contains(names, arg) {
				return nil, errNoSuch("theme", arg, names)
			}
			return nil, m.setTheme(arg)
		},
	}
}

func saveCommand() command {
	return command{
		name: "save", args: "FILE", help: "save all settings as a TOML file for --config",
		complete: func(*model, string) []string { return []string{defaultFile} },
		run: func(m *model, arg string) (tea.Cmd, error) {
			if arg == "" {
				return nil, errNoName
			}
			p := &palette{commands: commands(m), chosen: -1}
			p.line.Set("save " + arg)
			p.save.ask(&m.config)
			p.save.path = arg
			m.open(p)
			return p.save.write(m, false), nil
		},
	}
}

func exportCommand() command {
	var names []string
	for i := range exportFormats {
		names = append(names, exportFormats[i].name)
	}
	format := func(name string) *exportFormat {
		if i := slices.Index(names, name); i >= 0 {
			return &exportFormats[i]
		}
		return nil
	}
	return command{
		name: "export", args: "[FORMAT [FILE]]", help: "write this page as text, SVG, CSV or JSON",
		complete: func(*model, string) []string { return names },
		explain: func(arg string) string {
			if f := format(arg); f != nil {
				return f.about
			}
			return ""
		},
		run: func(m *model, arg string) (tea.Cmd, error) {
			if arg == "" {
				return m.askExport(), nil
			}
			name, file, _ := strings.Cut(arg, " ")
			f := format(name)
			if f == nil {
				return nil, errNoSuch("export", name, names)
			}
			return m.export(f, strings.TrimSpace(file)), nil
		},
	}
}

// spaced returns words with a space behind them, as something follows.
func spaced(words []string) []string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w + " "
	}
	return all
}
