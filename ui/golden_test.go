package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// looksOfGoldens are the themes and drawings of which there is a picture as bytes
// for the terminal.
var looksOfGoldens = []goldenLook{{"dark", false}, {"light", false}, {"colorblind", false}, {"16", false}, {"mono", false}, {"mono", true}}

type goldenLook struct {
	theme string
	ascii bool
}

func (l goldenLook) name() string {
	if l.ascii {
		return l.theme + "-ascii"
	}
	return l.theme
}

// inLookSizes compares what is shown, in a look and at each of lookSizes, with a file.
func (b *bench) inLookSizes(t *testing.T, name string, look goldenLook) {
	t.Helper()
	for _, s := range lookSizes {
		b.size(s[0], s[1])
		golden(t, fmt.Sprintf("%s-%dx%d-%s.ansi.golden", name, s[0], s[1], look.name()), b.View()+"\n")
	}
}

func TestGoldenLooks(t *testing.T) {
	for _, look := range looksOfGoldens {
		t.Run(look.name(), func(t *testing.T) {
			b := newBench(t, look.theme, look.ascii)
			b.size(80, 24)
			b.story()
			b.inLookSizes(t, "overview", look)
		})
	}
}

func TestGoldenStripLooks(t *testing.T) {
	for _, look := range looksOfGoldens {
		t.Run(look.name(), func(t *testing.T) {
			b := newBench(t, look.theme, look.ascii)
			b.size(80, 24)
			b.richStory()
			b.inLookSizes(t, "strip", look)
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

// TestGoldenCompare has the Compare page in each of its states.
func TestGoldenCompare(t *testing.T) {
	for _, state := range compareStates {
		for _, s := range sizes {
			name := fmt.Sprintf("%s-%dx%d", strings.ReplaceAll(state.name, " ", "-"), s[0], s[1])
			t.Run(name, func(t *testing.T) {
				b := onCompare(newBench(t, "dark", false), state.lead)
				b.size(s[0], s[1])
				golden(t, "compare-"+name+".golden", b.plain()+"\n")
			})
		}
	}
}

func TestGoldenCompareLooks(t *testing.T) {
	for _, look := range looksOfGoldens {
		for _, state := range compareStates {
			if state.name != "done" && state.name != "claims" {
				continue
			}
			t.Run(look.name()+" "+state.name, func(t *testing.T) {
				b := onCompare(newBench(t, look.theme, look.ascii), state.lead)
				b.inLookSizes(t, "compare-"+state.name, look)
			})
		}
	}
}

// TestGoldenComparing has another page while a comparison runs.
func TestGoldenComparing(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.story()
	b.press(b.compareKey())
	b.compared(19)
	b.press("1")
	b.nextSlice()
	golden(t, "overview-comparing-80x24.golden", b.plain()+"\n")
}
