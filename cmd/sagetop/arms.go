package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/gate"
	"github.com/SAGE-X-project/sagetop/internal/settings"
)

// side is what compare is told of one of its arms.
type side struct {
	name          string // of its flags: base or new
	preset        string // its optimizations, where nothing says otherwise
	optimizations string // "" for not given
	file          string // of configuration; "" for none
}

var defaultSides = [2]side{{name: "base", preset: "baseline"}, {name: "new", preset: "tuned"}}

var setFlag = flag{
	name: "set", value: "ARM.NAME=VALUE", repeated: true, complete: completeAssignment,
	help: "set one parameter of the load in one arm, such as base.pool=sync or new.gogc=200",
}

// armFlags are the flags that say what is compared.
func armFlags() []flag {
	var optimizations flag
	for _, f := range loadFlags() {
		if f.name == "optimizations" {
			optimizations = f
		}
	}
	var list []flag
	for _, s := range defaultSides {
		f := optimizations
		f.name, f.initial = s.name, s.preset
		f.help = "optimizations of the " + s.name + " arm"
		list = append(list, f)
	}
	for _, s := range defaultSides {
		list = append(list, flag{
			name: s.name + "-config", value: "FILE", ending: "toml",
			help: "load of the " + s.name + " arm alone, in a file as that of --config, whose other settings are ignored",
		})
	}
	return append(list, setFlag)
}

// compareSettings returns the settings of compare.
func (o *options) compareSettings() []settings.Setting {
	list := []settings.Setting{
		{Name: "each", Set: boolean(&o.each)},
		{Name: "plot", Set: plotName(&o.plot)},
	}
	for i := range o.sides {
		s := &o.sides[i]
		list = append(list,
			settings.Setting{Name: s.name, Set: func(text string) error {
				var c load.Config
				s.optimizations = text
				return unnamed("optimizations", setParam(&c, "optimizations", text))
			}},
			settings.Setting{Name: s.name + "-config", Set: fileName(&s.file)})
	}
	return list
}

// unnamed takes the name of a parameter away from an error about its value.
func unnamed(name string, err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimPrefix(err.Error(), name+": "))
}

// setParam sets a parameter that there is.
func setParam(c *load.Config, name, text string) error {
	p, ok := load.Lookup(name)
	if !ok {
		panic("sagetop: no parameter " + name)
	}
	return p.Set(c, text)
}

// arms returns the arms of a comparison: the load that both have, and then, each
// stronger than the one before, the arm's file, its optimizations, and what was
// assigned to it. The error has a line for each thing that is wrong.
func (o *options) arms(assigned []string) ([]load.Arm, error) {
	sets, err := assignments(assigned)
	all := []error{err}
	arms := make([]load.Arm, len(o.sides))
	for i := range o.sides {
		arms[i], err = o.arm(&o.sides[i], sets)
		all = append(all, err)
	}
	if arms[0].Name == arms[1].Name {
		for i := range arms {
			arms[i].Name += " (" + o.sides[i].name + ")"
		}
	}
	return arms, errors.Join(all...)
}

func (o *options) arm(s *side, sets []assignment) (load.Arm, error) {
	own := comparisonOptions(o.formats)
	own.config = o.config
	var name []string
	optimizations := s.optimizations
	if s.file != "" {
		name = append(name, filepath.Base(s.file))
		if err := own.readFile(s.file); err != nil {
			return load.Arm{}, fmt.Errorf("--%s-config: %w", s.name, err)
		}
	} else if optimizations == "" {
		optimizations = s.preset
	}
	if optimizations != "" {
		if err := setParam(&own.config, "optimizations", optimizations); err != nil {
			return load.Arm{}, fmt.Errorf("--%s: %w", s.name, unnamed("optimizations", err))
		}
		name = append(name, own.config.Optimizations.String())
	}
	for _, a := range sets {
		if a.side != s.name {
			continue
		}
		if err := a.param.Set(&own.config, a.text); err != nil {
			return load.Arm{}, fmt.Errorf("--set: %s.%w", s.name, err)
		}
		name = append(name, a.param.Name+"="+a.text)
	}
	for _, a := range sets {
		if a.side == s.name && isOfOtherModel(a.param.Name, &own.config) {
			return load.Arm{}, fmt.Errorf("--set: %s.%s: %s", s.name, a.param.Name, otherModel(a.param.Name, s.name+".model=%s"))
		}
	}
	if err := own.otherModels([]load.Config{own.config}); err != nil { // none is a flag
		return load.Arm{}, err
	}
	o.notes = append(o.notes, own.notes...)
	return load.Arm{Name: strings.Join(name, " "), Config: own.config}, nil
}

// readFile sets what a configuration file says of the load. What else it says is
// for commands, and an arm is none: so any file of --config can be an arm's.
func (o *options) readFile(path string) error {
	file, err := settings.ReadFile(path)
	if err != nil {
		return err
	}
	list := o.settings()
	for i, s := range list {
		if _, ok := load.Lookup(s.Name); !ok {
			list[i].Set = func(string) error { return nil }
		}
	}
	o.from = settings.Sources{Flag: noFlag, Getenv: noVariable, File: file}
	return settings.Resolve(list, o.from)
}

// assignment is one value of --set.
type assignment struct {
	side  string
	param load.Param
	text  string
}

// assignments reads the values of --set. They come in the order of the table of
// parameters, so that a preset sets the pool and a pool that is named wins.
func assignments(texts []string) ([]assignment, error) {
	var list []assignment
	var all []error
	for _, text := range texts {
		a, err := parseAssignment(text)
		if err != nil {
			all = append(all, fmt.Errorf("--set: %w", err))
			continue
		}
		list = append(list, a)
	}
	names := load.ParamNames()
	slices.SortStableFunc(list, func(a, b assignment) int {
		return slices.Index(names, a.param.Name) - slices.Index(names, b.param.Name)
	})
	return list, errors.Join(all...)
}

// parseAssignment reads ARM.NAME=VALUE. Whether the value is right is for the
// parameter to say.
func parseAssignment(text string) (assignment, error) {
	target, value, hasValue := strings.Cut(text, "=")
	arm, name, hasArm := strings.Cut(target, ".")
	if !hasValue || !hasArm {
		return assignment{}, fmt.Errorf("%q is not valid; want base.NAME=VALUE or new.NAME=VALUE, such as base.pool=sync", text)
	}
	if !slices.ContainsFunc(defaultSides[:], func(s side) bool { return s.name == arm }) {
		return assignment{}, fmt.Errorf("unknown arm %q in %q; want base or new", arm, text)
	}
	param, known := load.Lookup(name)
	settable := assignable()
	switch {
	case !known:
		hint := "want " + strings.Join(settable[:len(settable)-1], ", ") + " or " + settable[len(settable)-1]
		if like, ok := gate.Closest(name, settable); ok {
			hint = fmt.Sprintf("did you mean %q?", like)
		}
		return assignment{}, fmt.Errorf("unknown parameter %q in %q; %s", name, text, hint)
	case !slices.Contains(settable, name):
		return assignment{}, fmt.Errorf("%s cannot be set in %q; slices are of one level of the load, and as long as --slice says", name, text)
	}
	return assignment{side: arm, param: param, text: value}, nil
}

// assignable returns the names of the parameters that an arm can have of its own.
func assignable() []string {
	var names []string
	for _, f := range comparisonFlags() {
		names = append(names, f.name)
	}
	return names
}

// completeAssignment completes base.NAME= and, behind that, the values of what has
// choices.
func completeAssignment(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var all []string
	target, _, hasValue := strings.Cut(typed, "=")
	for _, s := range defaultSides {
		for _, f := range comparisonFlags() {
			if name := s.name + "." + f.name; !hasValue {
				all = append(all, name+"=")
			} else if name == target {
				for _, c := range f.choices {
					all = append(all, name+"="+c)
				}
			}
		}
	}
	directive := cobra.ShellCompDirectiveNoFileComp
	if !hasValue {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return all, directive
}
