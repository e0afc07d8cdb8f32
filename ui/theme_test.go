package ui

import (
	"bytes"
	"regexp"
	"slices"
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
	if len(looks) != len(ThemeNames())-1 {
		t.Errorf("%d themes, but %d names and auto", len(looks), len(ThemeNames())-1)
	}
	_, err := chooseTheme("pink", false, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), `theme "pink"`) || !strings.Contains(err.Error(), "auto, dark, light, 16, mono") {
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
	}{
		{"dark", termenv.TrueColor, `38;2;\d+;\d+;\d+`},
		{"dark", termenv.ANSI256, `38;5;\d+`},
		{"light", termenv.ANSI, `3[0-7]|9[0-7]`},
		{"16", termenv.ANSI, `3[0-7]|9[0-7]`},
		{"mono", termenv.TrueColor, `none`},
	}
	for _, tt := range tests {
		th, err := newTheme(tt.theme, tt.profile)
		if err != nil {
			t.Fatal(err)
		}
		ok := regexp.MustCompile(`^\x1b\[(0(;[124])*(;(` + tt.allowed + `))?)?m$`)
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
	for _, name := range []string{"dark", "light"} {
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
