package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"
)

// newKeyedBench is newBench with other keys.
func newKeyedBench(t *testing.T, keys map[string][]string) *bench {
	t.Helper()
	if err := CheckKeys(keys); err != nil {
		t.Fatal(err)
	}
	th, err := newTheme("dark", termenv.TrueColor)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, "dark", false)
	b.model = newModel(t.Context(), &Options{Engine: b.engine, Keys: keys}, th)
	b.size(120, 40)
	b.snapshots(20)
	return b
}

func TestCheckKeys(t *testing.T) {
	tests := []struct {
		name string
		keys map[string][]string
		want []string // parts of each line
	}{
		{"nothing", nil, nil},
		{"a free key", map[string][]string{"freeze": {"f5"}}, nil},
		{"its own", map[string][]string{"freeze": {"space"}}, nil},
		{"two change places", map[string][]string{"less-load": {">"}, "more-load": {"<"}}, nil},
		{"one leaves, one comes", map[string][]string{"pause": {"ctrl+p"}, "freeze": {"P"}}, nil},
		{"of another page", map[string][]string{"compare.mark": {"ctrl+x"}}, nil},
		{"both global", map[string][]string{"freeze": {"P"}}, []string{`keys.freeze: "P" is the key of freeze and of pause; want a key that is free`}},
		{"page and global", map[string][]string{"compare.mark": {"P"}}, []string{`"P" is the key of compare.mark and of pause`}},
		{"global and page", map[string][]string{"pause": {"M"}}, []string{`"M" is the key of pause and of gc.measure-dashboard`}},
		{"same page", map[string][]string{"compare.mark": {"v"}}, []string{`"v" is the key of compare.mark and of compare.next-base`}},
		{"both are changed", map[string][]string{"freeze": {"f5"}, "pause": {"f5"}}, []string{"keys.freeze: \"f5\"", "keys.pause: \"f5\""}},
		{"unknown name", map[string][]string{"frieze": {"f5"}}, []string{"keys.frieze: no binding has this name; 'sagetop keys' lists them"}},
		{"page forgotten", map[string][]string{"mark": {"f5"}}, []string{"keys.mark: no binding has this name; compare.mark has"}},
		{"unknown key", map[string][]string{"freeze": {"Ctrl+F"}}, []string{`"Ctrl+F" is not the name of a key; want a character, or a name such as`}},
		{"several characters", map[string][]string{"freeze": {"ff"}}, []string{`"ff" is not the name of a key`}},
		{"no key", map[string][]string{"freeze": {}}, []string{"no key is given"}},
		{"what quits", map[string][]string{"freeze": {"ctrl+c"}}, []string{`"ctrl+c" is the key of freeze and of quit`}},
		{"what quits, though that has another", map[string][]string{"freeze": {"ctrl+c"}, "quit": {"Q"}}, []string{`"ctrl+c" is the key of freeze and of quit`, "keys.quit"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckKeys(tt.keys)
			var lines []string
			if err != nil {
				lines = strings.Split(err.Error(), "\n")
			}
			if len(lines) != len(tt.want) {
				t.Fatalf("got %q, want %q", lines, tt.want)
			}
			for i, want := range tt.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("got %q, want %q", lines[i], want)
				}
			}
			if about := (*KeyError)(nil); err != nil && (!errors.As(err, &about) || tt.keys[about.Name] == nil) {
				t.Errorf("%v tells no name that was given", err)
			}
		})
	}
}

// TestOwnKeysAreKeys: what AllKeys prints can be given back, and changes nothing.
func TestOwnKeysAreKeys(t *testing.T) {
	keys := map[string][]string{}
	for _, b := range AllKeys(nil) {
		if _, twice := keys[b.Name]; twice || strings.HasSuffix(b.Name, ".") || b.Name == "" || b.Help == "" {
			t.Errorf("%q is no name of one binding, or has no help", b.Name)
		}
		keys[b.Name] = b.Keys
	}
	if err := CheckKeys(keys); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(AllKeys(nil), AllKeys(keys)); diff != "" {
		t.Error(diff)
	}
}

func TestReboundKeys(t *testing.T) {
	keys := map[string][]string{
		"freeze": {"f5", "F"}, "zoom-out": {"space"}, "page-compare": {"ctrl+k"}, "session-pool": {"ctrl+p"},
		"quit": {"Q"}, "compare.next-new": {"x"}, "compare.claims": {"ctrl+l"}, "compare.next-base": {"n"},
	}
	b := newKeyedBench(t, keys)
	b.press("F")
	if !b.frozen {
		t.Error("the new key does not freeze")
	}
	b.press("space")
	if !b.frozen || b.window != 5*time.Minute {
		t.Errorf("space does what it did: frozen %v, window %s", b.frozen, b.window)
	}
	b.press("6")
	if b.current != 0 {
		t.Error("the old key shows the page")
	}
	b.Update(tea.KeyMsg{Type: tea.KeyCtrlK})
	if b.pages[b.current].Title() != "Compare" {
		t.Fatalf("on page %s", b.pages[b.current].Title())
	}
	p := b.pages[b.current].(*comparePage)
	before := p.choice
	b.press("v")
	if p.choice != before {
		t.Error("v still picks a base")
	}
	b.press("n")
	if p.choice.base == before.base || p.choice.other != before.other {
		t.Errorf("n does not pick the base: %+v", p.choice)
	}
	before = p.choice
	b.press("x")
	if p.choice.base != before.base || p.choice.other == before.other {
		t.Errorf("x does not pick the new arm: %+v", p.choice)
	}
	frame := b.plain()
	for _, want := range []string{"n base", "x new", "n x arms", "C-k Compare", "Q quit"} {
		if !strings.Contains(frame, want) {
			t.Errorf("the frame lacks %q:\n%s", want, frame)
		}
	}
	b.press("1")
	if frame := b.plain(); !strings.Contains(frame, "+ space zoom") || !strings.Contains(frame, "f5 freeze") || !strings.Contains(frame, "b h C-p u switch") {
		t.Errorf("the footer has other keys:\n%s", frame)
	}
	b.press("?")
	if frame := b.plain(); !strings.Contains(frame, "f5      freeze the view") || !strings.Contains(frame, "space   zoom out") ||
		!strings.Contains(frame, "C-k     page Compare") {
		t.Errorf("the help has other keys:\n%s", frame)
	}
	for _, key := range []tea.KeyMsg{{Type: tea.KeyCtrlC}, {Type: tea.KeyRunes, Runes: []rune{'Q'}}} {
		_, cmd := b.Update(key)
		if cmd == nil || cmd() != (tea.QuitMsg{}) {
			t.Errorf("%s does not quit", key)
		}
	}
}

func TestKeyLabels(t *testing.T) {
	for key, want := range map[string]string{
		" ": "space", "a": "a", "ctrl+a": "C-a", "shift+tab": "S-tab", "alt+pgdown": "A-pgdn", "ctrl+": "ctrl+", "alt+x": "A-x",
	} {
		if got := keyLabel(key); got != want {
			t.Errorf("%q is shown as %q, want %q", key, got, want)
		}
	}
	for _, key := range []string{"ä", "space", "ctrl+a", "alt+x", "f12", "shift+tab", "backspace", "世"} {
		if !isKey(keyFrom(key)) {
			t.Errorf("%q is no key", key)
		}
	}
	for _, key := range []string{"", "ctrl+ä", "ctrl", "runes", "\x00", "\n", "e\u0301", "alt+", "hyper+x"} {
		if isKey(keyFrom(key)) {
			t.Errorf("%q is a key", key)
		}
	}
	if !slices.IsSorted([]int{columnsOf(keyLabel("ctrl+pgup")), helpKeyWidth - 1}) {
		t.Error("a label is wider than its column")
	}
}
