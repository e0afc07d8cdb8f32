package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// ofModel are the parameters that have an effect in one model of the load alone.
var ofModel = []struct {
	name  string
	model load.Model
	like  string // what is the same of the other model, "" for nothing
}{
	{"rate", load.Open, "workers"}, {"arrival", load.Open, ""}, {"workers", load.Closed, "rate"},
}

// isOfOtherModel reports whether the parameter is one of ofModel, and not of c's.
func isOfOtherModel(name string, c *load.Config) bool {
	for _, p := range ofModel {
		if p.name == name {
			return !load.Matters(name, c)
		}
	}
	return false
}

// otherModel says of a parameter that it has no effect, and what would be right; model
// is how the model is given.
func otherModel(name, model string) string {
	for _, p := range ofModel {
		if p.name == name {
			other := load.Closed
			if p.model == load.Closed {
				other = load.Open
			}
			text := fmt.Sprintf("has no effect in the %s model, which is measured here; want "+model+" beside it", other, p.model)
			if p.like != "" {
				text += ", or " + p.like + " in its place"
			}
			return text
		}
	}
	panic("sagetop: " + name + " is of both models")
}

// otherModels looks for what was given and has no effect in any of these
// configurations, as it is of another model. Slices have a model of their own by
// default, so this is easily missed. A flag is an error. A file or a variable may be
// meant for other commands: about these there are notes.
func (o *options) otherModels(all []load.Config) error {
	var wrong []error
	for _, p := range ofModel {
		origin, _, given := o.from.Lookup(p.name)
		if !given || slices.ContainsFunc(all, func(c load.Config) bool { return load.Matters(p.name, &c) }) {
			continue
		}
		text := origin + ": " + otherModel(p.name, "--model %s")
		if o.typed(p.name) {
			wrong = append(wrong, errors.New(text))
		} else {
			o.notes = append(o.notes, text)
		}
	}
	return errors.Join(wrong...)
}

// tell prints the notes, unless o is quiet.
func (o *options) tell(w io.Writer) {
	if o.quiet {
		return
	}
	for _, text := range o.notes {
		fmt.Fprintf(w, "sagetop: note: %s\n", printable(text))
	}
}

// configsOf returns the configurations of arms.
func configsOf(arms []load.Arm) []load.Config {
	all := make([]load.Config, len(arms))
	for i := range arms {
		all[i] = arms[i].Config
	}
	return all
}
