// Package mutant proves that a package's tests catch mistakes. A mutant is the
// package with a mistake in it that makes it unsafe, written down in a file of its
// testdata/mutants. The file says, line by line:
//
//	# which property the mistake breaks
//	run: TestThatCatchesIt|TestThatDoesToo
//	flags: -race (or -gcflags= for optimized code)
//	os: linux
//	edit: file.go
//	 a line that stays
//	-a line that goes
//	+a line that comes
//
// flags may be absent, and os, outside of which the mutant is not tried; there may
// be several edits. The lines that stay and go must be at exactly one place of the
// file, whatever their indentation.
//
// It is for tests only.
package mutant

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// mutant is what one file says.
type mutant struct {
	name   string
	breaks string
	run    []string // names of tests
	flags  string
	os     string
	edits  []edit
}

type edit struct {
	file     string
	old, new []string
}

func readMutant(path string) (*mutant, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := &mutant{name: strings.TrimSuffix(filepath.Base(path), ".mutant")}
	for n, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		last := len(m.edits) - 1
		switch {
		case key == "edit":
			m.edits = append(m.edits, edit{file: value})
		case last >= 0 && strings.HasPrefix(line, " "):
			m.edits[last].old = append(m.edits[last].old, line[1:])
			m.edits[last].new = append(m.edits[last].new, line[1:])
		case last >= 0 && strings.HasPrefix(line, "-"):
			m.edits[last].old = append(m.edits[last].old, line[1:])
		case last >= 0 && strings.HasPrefix(line, "+"):
			m.edits[last].new = append(m.edits[last].new, line[1:])
		case last < 0 && strings.HasPrefix(line, "# "):
			m.breaks = strings.TrimSpace(m.breaks + " " + line[2:])
		case last < 0 && key == "run":
			m.run = strings.Split(value, "|")
		case last < 0 && key == "flags":
			m.flags = value
		case last < 0 && key == "os":
			m.os = value
		default:
			return nil, fmt.Errorf("%s:%d: cannot read %q", path, n+1, line)
		}
	}
	if m.breaks == "" || len(m.run) == 0 || len(m.edits) == 0 {
		return nil, fmt.Errorf("%s: a mutant has a comment, run and edit", path)
	}
	return m, nil
}

// apply returns lines with the edit made.
func (e edit) apply(lines []string) ([]string, error) {
	same := func(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }
	at, n := 0, 0
	for i := 0; i+len(e.old) <= len(lines); i++ {
		if slices.EqualFunc(lines[i:i+len(e.old)], e.old, same) {
			at = i
			n++
		}
	}
	if n != 1 || len(e.old) == 0 {
		return nil, fmt.Errorf("%s has %d places for the edit that begins with %q, want 1: adapt the mutant to the source",
			e.file, n, slices.Concat(e.old, []string{""})[0])
	}
	return slices.Replace(slices.Clone(lines), at, at+len(e.old), e.new...), nil
}

// overlay writes the mutated files into dir, and the file that tells the go
// command to take them instead of the real ones, and to leave out the others.
func (m *mutant) overlay(dir string, others []string) (string, error) {
	files := make(map[string][]string)
	for _, e := range m.edits {
		if files[e.file] == nil {
			text, err := os.ReadFile(e.file)
			if err != nil {
				return "", err
			}
			files[e.file] = strings.Split(string(text), "\n")
		}
		lines, err := e.apply(files[e.file])
		if err != nil {
			return "", err
		}
		files[e.file] = lines
	}
	replace := make(map[string]string)
	for file, lines := range files {
		replace[file] = filepath.Join(dir, file)
		if err := os.WriteFile(replace[file], []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			return "", err
		}
	}
	return writeOverlay(dir, replace, others)
}

// writeOverlay writes that file: what is in the place of files of the package under
// test, and which are not there.
func writeOverlay(dir string, replace map[string]string, others []string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	all := make(map[string]string)
	for file, by := range replace {
		all[filepath.Join(here, file)] = by
	}
	for _, file := range others {
		all[filepath.Join(here, file)] = ""
	}
	text, err := json.Marshal(map[string]any{"Replace": all})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

func readMutants(t *testing.T) []*mutant {
	t.Helper()
	paths, err := filepath.Glob("testdata/mutants/*.mutant")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no mutants: %v", err)
	}
	var all []*mutant
	for _, path := range paths {
		m, err := readMutant(path)
		if err != nil {
			t.Fatal(err)
		}
		if m.os == "" || m.os == runtime.GOOS {
			all = append(all, m)
		}
	}
	return all
}
