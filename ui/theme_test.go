package ui

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muesli/termenv"
)

func TestThemeNames(t *testing.T) {
	for _, name := range ThemeNames() {
		if name == "auto" {
			continue
		}
		if _, err := newTheme(name, termenv.TrueColor); err != nil {
			t.Errorf("theme %s: %v", name, err)
		}
	}
	for name := range looks {
		if !slices.Contains(ThemeNames(), strings.TrimSuffix(name, onLight)) {
			t.Errorf("the look %s has no name", name)
		}
	}
	_, err := chooseTheme("pink", false, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), `theme "pink"`) || !strings.Contains(err.Error(), "auto, dark, light, colorblind, 16, mono") {
		t.Errorf("an unknown theme gives %v", err)
	}
}

func TestChooseTheme(t *testing.T) {
	tests := []struct {
		name    string
		ask     string
		noColor bool
		env     map[string]string
		want    string
	}{
		{"no terminal", "auto", false, nil, "mono"},
		{"no terminal, one asked for", "dark", false, nil, "mono"},
		{"16 colours", "auto", false, map[string]string{"CLICOLOR_FORCE": "1"}, "16"},
		{"one asked for", "light", false, map[string]string{"CLICOLOR_FORCE": "1"}, "light"},
		{"NO_COLOR over all", "light", false, map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, "mono"},
		{"no colours asked for", "", true, map[string]string{"CLICOLOR_FORCE": "1"}, "mono"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, k := range []string{"NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"} {
				t.Setenv(k, tt.env[k])
			}
			th, err := chooseTheme(tt.ask, tt.noColor, &bytes.Buffer{})
			if err != nil {
				t.Fatal(err)
			}
			if th.name != tt.want {
				t.Errorf("theme %s, want %s", th.name, tt.want)
			}
		})
	}
}

// TestColours: the profile of the terminal decides how a colour is written, and
// mono writes none.
func TestColours(t *testing.T) {
	tests := []struct {
		theme   string
		profile termenv.Profile
		allowed string
		behind  string // backgrounds
	}{
		{"dark", termenv.TrueColor, `38;2;\d+;\d+;\d+`, `48;2;\d+;\d+;\d+`},
		{"dark", termenv.ANSI256, `38;5;\d+`, `48;5;\d+`},
		{"light", termenv.ANSI, `3[0-7]|9[0-7]`, `4[0-7]|10[0-7]`},
		{"16", termenv.ANSI, `3[0-7]|9[0-7]`, `4[0-7]|10[0-7]`},
		{"mono", termenv.TrueColor, `none`, `none`},
	}
	for _, tt := range tests {
		th, err := newTheme(tt.theme, tt.profile)
		if err != nil {
			t.Fatal(err)
		}
		ok := regexp.MustCompile(`^\x1b\[(0(;[1247])*(;(` + tt.allowed + `))?(;(` + tt.behind + `))?)?m$`)
		colours := 0
		for s, esc := range th.escape {
			if !ok.MatchString(esc) {
				t.Errorf("%s: style %d is %q", tt.theme, s, esc)
			}
			if strings.Contains(esc, ";3") || strings.Contains(esc, ";9") {
				colours++
			}
		}
		if (colours > 0) != (tt.theme != "mono") {
			t.Errorf("%s has %d coloured styles", tt.theme, colours)
		}
	}
}

// TestLabelsDiffer: the bands of the HKDF chart can be told apart, by colour where
// there are enough and by pattern and letter everywhere.
func TestLabelsDiffer(t *testing.T) {
	for _, name := range []string{"dark", "light", "colorblind", "colorblind/light"} {
		l := looks[name]
		bands := slices.Collect(slices.Values(l[styleLabel0:styleHeat0]))
		for i, a := range bands {
			for j, b := range bands[:i] {
				if a == b {
					t.Errorf("%s: labels %d and %d look alike", name, i, j)
				}
			}
		}
	}
	for i := range patterns {
		for j := range patterns[:i] {
			if patterns[i] == patterns[j] || letters[i] == letters[j] {
				t.Errorf("labels %d and %d have one pattern", i, j)
			}
		}
	}
}

// TestThemesCycle: T goes through all themes and back, and stays where there are no
// colours.
func TestThemesCycle(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	b.snapshots(5)
	for _, want := range []string{"light", "colorblind", "16", "mono", "dark"} {
		b.press("T")
		if b.theme.name != want || !strings.Contains(b.plain(), "theme "+want) {
			t.Fatalf("the theme is %s, want %s:\n%s", b.theme.name, want, b.plain())
		}
	}
	b = newBench(t, "mono", false)
	b.size(80, 24)
	b.theme.plain = true
	b.snapshots(5)
	b.press("T")
	if b.theme.name != "mono" || !strings.Contains(b.plain(), "without colours there is one theme") {
		t.Errorf("the theme is %s:\n%s", b.theme.name, b.plain())
	}
	if err := b.setTheme("dark"); err == nil {
		t.Error("a coloured theme where there are no colours")
	}
}

// TestColoursCanBeRead: every colour of a theme stands out from its background, the
// faint ones enough to be found (contrast ratio of WCAG 2.1, relative luminance).
func TestColoursCanBeRead(t *testing.T) {
	for name, background := range map[string]string{
		"dark": "#12151c", "colorblind": "#12151c", "light": "#ffffff", "colorblind/light": "#ffffff",
	} {
		for s, l := range looks[name] {
			least := 3.0
			switch style(s) {
			case styleBorder, styleMarkerLine, styleOffered, styleGoal, styleCycle, styleAhead, styleHeat0, styleHeat0 + 1:
				least = 1.5 // lines, not letters
			}
			if l.color == "" {
				continue
			}
			if got := contrast(l.color, background); got < least {
				t.Errorf("%s: style %d, %s on %s: contrast %.2f, want %.1f", name, s, l.color, background, got, least)
			}
		}
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(color string) float64 {
	n, _ := strconv.ParseUint(color[1:], 16, 32)
	part := func(shift uint) float64 {
		v := float64(n>>shift&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
