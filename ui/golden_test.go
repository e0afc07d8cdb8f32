package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden compares got with a file of testdata, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./ui -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("frame differs from %s (-want +got):\n%s", path, diff)
	}
}

// sizes are the terminals of which there is a picture of each page.
var sizes = [][2]int{{60, 16}, {80, 24}, {120, 40}, {160, 45}, {200, 50}}

func TestGoldenOverview(t *testing.T) {
	for _, s := range sizes {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(s[0], s[1])
			b.story()
			golden(t, fmt.Sprintf("overview-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
		})
	}
}

// TestGoldenStrip has the Overview of a load that is not steady.
func TestGoldenStrip(t *testing.T) {
	for _, s := range sizes {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(s[0], s[1])
			b.richStory()
			golden(t, fmt.Sprintf("strip-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
		})
	}
}

// TestGoldenLooks has the same moment as bytes for the terminal.
func TestGoldenLooks(t *testing.T) {
	for _, look := range []struct {
		theme string
		ascii bool
	}{{"dark", false}, {"light", false}, {"16", false}, {"mono", false}, {"mono", true}} {
		name := look.theme
		if look.ascii {
			name += "-ascii"
		}
		t.Run(name, func(t *testing.T) {
			b := newBench(t, look.theme, look.ascii)
			b.size(80, 24)
			b.story()
			golden(t, "overview-80x24-"+name+".ansi.golden", b.View()+"\n")
		})
	}
}

func TestGoldenHelp(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.story()
	b.press("?")
	golden(t, "help-120x40.golden", b.plain()+"\n")
}
