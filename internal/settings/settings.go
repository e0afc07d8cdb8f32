// Package settings finds out what a command was told to do: for each setting, by
// its flag, else by its environment variable, else by the configuration file.
//
// All three name a setting alike: the flag --pool-capacity, the variable
// SAGETOP_POOL_CAPACITY, and the key pool-capacity in a TOML file. All three give
// text, which the setting itself reads, so that every value is written, checked
// and refused in the same words wherever it came from.
package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// Setting is one thing that can be set.
type Setting struct {
	// Name is that of the flag, without dashes in front, and the key in a file.
	Name string
	// Set reads, checks and stores a value. Its error says what would be right;
	// a leading "Name: " is replaced by where the value came from.
	Set func(text string) error
}

// Env returns the environment variable of the setting with that name.
func Env(name string) string {
	return load.Param{Name: name}.Env()
}

// OfConfig returns the settings that make up c, one for each of [load.Params]
// and in that order.
func OfConfig(c *load.Config) []Setting {
	params := load.Params()
	list := make([]Setting, len(params))
	for i, p := range params {
		list[i] = Setting{Name: p.Name, Set: func(text string) error { return p.Set(c, text) }}
	}
	return list
}

// Sources are the places where values are looked for, strongest first.
type Sources struct {
	// Flag returns the text given to a flag, and whether it was given.
	Flag func(name string) (string, bool)
	// Getenv returns the value of an environment variable, "" if there is none.
	// An empty variable sets nothing.
	Getenv func(name string) string
	// File is the configuration file, or nil.
	File *File
}

// Resolve sets every setting that a source has a value for, from the strongest
// of them, in the order of list. The error has one line for each value that is
// not right and for each key of the file that is no setting; it names the flag,
// the variable, or the file with line and key.
func Resolve(list []Setting, from Sources) error {
	var all []error
	if from.File != nil {
		all = append(all, from.File.unknown(list)...)
	}
	for _, s := range list {
		origin, text, ok := from.Lookup(s.Name)
		if !ok {
			continue
		}
		if err := s.Set(text); err != nil {
			all = append(all, fmt.Errorf("%s: %s", origin, strings.TrimPrefix(err.Error(), s.Name+": ")))
		}
	}
	return errors.Join(all...)
}

// Lookup returns the strongest value for a setting, and where it came from: the flag,
// the variable, or the file with line and key.
func (from Sources) Lookup(name string) (origin, text string, ok bool) {
	if text, ok := from.Flag(name); ok {
		return "--" + name, text, true
	}
	if text := from.Getenv(Env(name)); text != "" {
		return Env(name), text, true
	}
	if from.File != nil {
		if e, ok := from.File.entries[name]; ok {
			return from.File.at(e) + ": " + name, e.text, true
		}
	}
	return "", "", false
}
