package termbg

import (
	"go/build"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
)

func TestFromColorFGBG(t *testing.T) {
	tests := []struct {
		name, value string
		dark        bool
	}{
		{"unset", "", true},
		{"white on black", "15;0", true},
		{"black on white", "0;15", false},
		{"with a default between", "0;default;15", false},
		{"dark with a default between", "15;default;0", true},
		{"light grey", "0;7", false},
		{"dark grey", "15;8", true},
		{"background by name", "15;default", true},
		{"one number", "15", true},
		{"not a colour", "0;255", true},
		{"negative", "0;-1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := FromColorFGBG(tt.value); got != tt.dark {
				t.Errorf("FromColorFGBG(%q) = %v, want %v", tt.value, got, tt.dark)
			}
		})
	}
}

func TestLipGlossIsTold(t *testing.T) {
	if lipgloss.HasDarkBackground() != Dark() {
		t.Errorf("Lip Gloss says dark = %v, this package %v", lipgloss.HasDarkBackground(), Dark())
	}
}

// TestInitOrder looks at the order in which a real program initializes: the
// runtime traces each package with init work.
func TestInitOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	const self = "github.com/SAGE-X-project/sagetop/internal/termbg"
	bin := t.TempDir() + "/order"
	build := exec.Command("go", "build", "-o", bin, "./testdata/order")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	run := exec.Command(bin)
	run.Env = append(os.Environ(), "GODEBUG=inittrace=1", "COLORFGBG=0;15")
	var trace strings.Builder
	run.Stderr = &trace
	out, err := run.Output()
	if err != nil {
		t.Fatalf("run: %v\n%s", err, trace.String())
	}
	if got := strings.TrimSpace(string(out)); got != "dark=false" {
		t.Errorf("program says %q, want dark=false by COLORFGBG", got)
	}
	ours := strings.Index(trace.String(), "init "+self+" ")
	theirs := strings.Index(trace.String(), "init github.com/charmbracelet/bubbletea ")
	if ours < 0 || theirs < 0 {
		t.Fatalf("the trace names not both packages (at %d and %d):\n%s", ours, theirs, trace.String())
	}
	if ours > theirs {
		t.Errorf("Bubble Tea initializes before this package:\n%s", trace.String())
	}
}

// TestImports keeps the package ready as soon as Lip Gloss is.
func TestImports(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range p.Imports {
		if strings.Contains(path, ".") && path != "github.com/charmbracelet/lipgloss" {
			t.Errorf("imports %s: Bubble Tea may now initialize first", path)
		}
	}
}
