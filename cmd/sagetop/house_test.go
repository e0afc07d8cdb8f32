package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors are the packages of the project, from the ground up. A package imports
// only what is on a lower floor than its own.
var floors = [][]string{
	{"internal/mutant", "internal/stats", "internal/format", "internal/termbg", "internal/termguard", "internal/shots"},
	{"engine/session"},
	{"engine/handshake", "internal/vectors", "internal/benchdoc"},
	{"engine/load"},
	{"internal/claims", "internal/settings", "internal/gate", "internal/calibrate"},
	{"internal/tune"},
	{"internal/report"},
	{"ui"},
	{"cmd/sagetop"},
}

// TestImportsRunOneWay keeps the house standing: cmd -> ui -> load -> handshake ->
// session, the packages beside them on their floors, and tests held to the same.
func TestImportsRunOneWay(t *testing.T) {
	const module = "github.com/SAGE-X-project/sagetop/"
	floor := make(map[string]int)
	for i, names := range floors {
		for _, name := range names {
			floor[name] = i
		}
	}
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		if strings.Contains(name, "/testdata/") {
			continue
		}
		own, known := floor[name]
		if !known {
			t.Errorf("%s has no floor", name)
			continue
		}
		seen[name] = true
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			other, ours := strings.CutPrefix(path, module)
			if ours && other != name && floor[other] >= own {
				t.Errorf("%s imports %s, which is not below it", name, other)
			}
		}
	}
	for name := range floor {
		if !seen[name] {
			t.Errorf("there is no package %s", name)
		}
	}
}
