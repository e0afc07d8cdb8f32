package ui

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muesli/termenv"

	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/termbg"
)

// style is the number of one of the looks that the dashboard uses. All of them
// are listed here and given their colours below, and nowhere else.
type style uint8

const (
	styleText   style = iota // the terminal's own colours
	styleStrong              // figures
	styleDim                 // labels and units beside figures
	styleFaint               // what only has to be found when looked for
	styleBorder
	styleTitle
	styleName // the program's name
	styleTabOn
	styleTabOff
	styleKey
	styleCursor // of a line that is typed into
	styleSelect // the time that the mouse selects
	styleGood
	styleWarn
	styleBad
	styleMarker     // the label of a change
	styleMarkerLine // its line
	styleOn         // an optimization that is on
	styleOff        // one that is off
	styleCycle      // the line of a GC cycle
	styleMoment     // the moment of all figures

	// One accent for each quantity, wherever it appears.
	styleSessions
	styleOffered
	styleAhead // what will be offered
	styleAllocs
	stylePool
	styleHKDF
	styleGC
	styleHeap
	styleGoal
	styleHandshake
	styleSeal
	styleOpen
	styleClose
	styleArm0 // the arms of a comparison
	styleArm1
	styleArm2

	// The labels of the key schedule, by session.Label, and the heat of a cell.
	styleLabel0
	styleHeat0 = styleLabel0 + style(session.NumLabels)
	numStyles  = int(styleHeat0) + numHeats
)

// numHeats is how many steps a heat strip tells apart.
const numHeats = 4

// look is how a style looks in one theme: a colour as "#rrggbb", as the number of
// an ANSI colour, or "" for the terminal's own; and attributes.
type look struct {
	color     string
	bold      bool
	faint     bool
	underline bool
	reverse   bool
	back      string // colour of the background
}

// theme is the looks of all styles, made into escape sequences.
type theme struct {
	name    string
	escape  [numStyles]string // resets and then sets everything
	painted [numStyles]bool   // whether a space in this style can be seen
	// patterns says that fills must differ by pattern, because colours cannot
	// tell them apart.
	patterns bool
	profile  termenv.Profile // of the terminal
	// plain says that there must be no colours, so that this is the only theme.
	plain bool
}

// ThemeNames returns what [Options].Theme may be. "16" is the terminal's own colours.
func ThemeNames() []string {
	return []string{"auto", "dark", "light", "colorblind", "16", "mono"}
}

// onLight is the suffix of a look for light backgrounds, where one name has two.
const onLight = "/light"

var looks = map[string][numStyles]look{
	"dark": {
		styleStrong:     {color: "#e6e9ef", bold: true},
		styleDim:        {color: "#8b93a5"},
		styleFaint:      {color: "#5d6576"},
		styleBorder:     {color: "#454d5e"},
		styleTitle:      {color: "#b4bccc"},
		styleName:       {color: "#e6e9ef", bold: true},
		styleTabOn:      {color: "#e6e9ef", bold: true, underline: true},
		styleTabOff:     {color: "#8b93a5"},
		styleKey:        {color: "#c9d1e3", bold: true},
		styleCursor:     {color: "#e6e9ef", bold: true, underline: true},
		styleSelect:     {color: "#e6e9ef", back: "#33415c"},
		styleGood:       {color: "#8fcf7f"},
		styleWarn:       {color: "#f0c060"},
		styleBad:        {color: "#f08080"},
		styleMarker:     {color: "#f5e0a3"},
		styleMarkerLine: {color: "#8a7d58"},
		styleOn:         {color: "#8fcf7f", bold: true},
		styleOff:        {color: "#8b93a5"},
		styleCycle:      {color: "#a06a78"},
		styleMoment:     {color: "#ffffff", bold: true},

		styleSessions:  {color: "#6cb2f0"},
		styleOffered:   {color: "#4d6583"},
		styleAhead:     {color: "#5d6576"},
		styleAllocs:    {color: "#eba95f"},
		stylePool:      {color: "#8fcf7f"},
		styleHKDF:      {color: "#b79af0"},
		styleGC:        {color: "#f07f95"},
		styleHeap:      {color: "#5fc9c4"},
		styleGoal:      {color: "#487a7c"},
		styleHandshake: {color: "#6cb2f0"},
		styleSeal:      {color: "#5fc9c4"},
		styleOpen:      {color: "#49a7b8"},
		styleClose:     {color: "#8b93a5"},
		styleArm0:      {color: "#eba95f"},
		styleArm1:      {color: "#6cb2f0"},
		styleArm2:      {color: "#b79af0"},

		styleLabel0:     {color: "#b79af0"},
		styleLabel0 + 1: {color: "#7f86e8"},
		styleLabel0 + 2: {color: "#e59adf"},
		styleLabel0 + 3: {color: "#c56fa8"},
		styleLabel0 + 4: {color: "#8fb4f5"},
		styleLabel0 + 5: {color: "#5a86d0"},
		styleLabel0 + 6: {color: "#76cfd6"},
		styleLabel0 + 7: {color: "#4898a6"},
		styleHeat0:      {color: "#b0566b"},
		styleHeat0 + 1:  {color: "#e06f84"},
		styleHeat0 + 2:  {color: "#f59a86"},
		styleHeat0 + 3:  {color: "#ffd9a8"},
	},
	"light": {
		styleStrong:     {color: "#1b2130", bold: true},
		styleDim:        {color: "#586074"},
		styleFaint:      {color: "#858d9e"},
		styleBorder:     {color: "#b3bac6"},
		styleTitle:      {color: "#3c4456"},
		styleName:       {color: "#1b2130", bold: true},
		styleTabOn:      {color: "#1b2130", bold: true, underline: true},
		styleTabOff:     {color: "#586074"},
		styleKey:        {color: "#26304a", bold: true},
		styleCursor:     {color: "#1b2130", bold: true, underline: true},
		styleSelect:     {color: "#1b2130", back: "#ccd8ee"},
		styleGood:       {color: "#2d7d2a"},
		styleWarn:       {color: "#946000"},
		styleBad:        {color: "#b3263a"},
		styleMarker:     {color: "#7a5a00"},
		styleMarkerLine: {color: "#cbb98a"},
		styleOn:         {color: "#2d7d2a", bold: true},
		styleOff:        {color: "#586074"},
		styleCycle:      {color: "#c98a98"},
		styleMoment:     {color: "#000000", bold: true},

		styleSessions:  {color: "#1b66b3"},
		styleOffered:   {color: "#9db7d3"},
		styleAhead:     {color: "#858d9e"},
		styleAllocs:    {color: "#b35c00"},
		stylePool:      {color: "#2d7d2a"},
		styleHKDF:      {color: "#6a3fb8"},
		styleGC:        {color: "#b8274c"},
		styleHeap:      {color: "#0b7a78"},
		styleGoal:      {color: "#90bdbc"},
		styleHandshake: {color: "#1b66b3"},
		styleSeal:      {color: "#0b7a78"},
		styleOpen:      {color: "#0e6a86"},
		styleClose:     {color: "#586074"},
		styleArm0:      {color: "#b35c00"},
		styleArm1:      {color: "#1b66b3"},
		styleArm2:      {color: "#6a3fb8"},

		styleLabel0:     {color: "#6a3fb8"},
		styleLabel0 + 1: {color: "#3a45c4"},
		styleLabel0 + 2: {color: "#b0409f"},
		styleLabel0 + 3: {color: "#8a2467"},
		styleLabel0 + 4: {color: "#4a7fd0"},
		styleLabel0 + 5: {color: "#1f4f9c"},
		styleLabel0 + 6: {color: "#2a9aa2"},
		styleLabel0 + 7: {color: "#0f626e"},
		styleHeat0:      {color: "#dd8fa2"},
		styleHeat0 + 1:  {color: "#cf4a6b"},
		styleHeat0 + 2:  {color: "#a3173c"},
		styleHeat0 + 3:  {color: "#5c0a20"},
	},
	// The colours of Okabe and Ito ("Color Universal Design", 2008), brightened or
	// darkened for the background, tell apart what they are side by side for; what
	// they cannot do is left to patterns, and good and bad are blue and vermilion.
	"colorblind": {
		styleStrong:     {color: "#f0f2f5", bold: true},
		styleDim:        {color: "#9aa3b2"},
		styleFaint:      {color: "#6b7384"},
		styleBorder:     {color: "#4c5464"},
		styleTitle:      {color: "#c2c9d6"},
		styleName:       {color: "#f0f2f5", bold: true},
		styleTabOn:      {color: "#f0f2f5", bold: true, underline: true},
		styleTabOff:     {color: "#9aa3b2"},
		styleKey:        {color: "#d6dcea", bold: true},
		styleSelect:     {color: "#f0f2f5", back: "#3a465c"},
		styleCursor:     {color: "#d6dcea", bold: true, underline: true},
		styleGood:       {color: "#56b4e9"},
		styleWarn:       {color: "#f0e442"},
		styleBad:        {color: "#ff7f3f", bold: true},
		styleMarker:     {color: "#f0e442"},
		styleMarkerLine: {color: "#8f8945"},
		styleOn:         {color: "#56b4e9", bold: true},
		styleOff:        {color: "#9aa3b2"},
		styleCycle:      {color: "#8a8f9b"},
		styleMoment:     {color: "#ffffff", bold: true},

		styleSessions:  {color: "#56b4e9"},
		styleOffered:   {color: "#5d6b7d"},
		styleAhead:     {color: "#6b7384"},
		styleAllocs:    {color: "#e69f00"},
		stylePool:      {color: "#2fc79a"},
		styleHKDF:      {color: "#dd8fbd"},
		styleGC:        {color: "#ff7f3f"},
		styleHeap:      {color: "#f0e442"},
		styleGoal:      {color: "#8f8945"},
		styleHandshake: {color: "#56b4e9"},
		styleSeal:      {color: "#2fc79a"},
		styleOpen:      {color: "#dd8fbd"},
		styleClose:     {color: "#9aa3b2"},
		styleArm0:      {color: "#e69f00"},
		styleArm1:      {color: "#56b4e9"},
		styleArm2:      {color: "#dd8fbd"},

		styleLabel0:     {color: "#dd8fbd"},
		styleLabel0 + 1: {color: "#56b4e9"},
		styleLabel0 + 2: {color: "#f0e442"},
		styleLabel0 + 3: {color: "#e69f00"},
		styleLabel0 + 4: {color: "#2fc79a"},
		styleLabel0 + 5: {color: "#3d8fd1"},
		styleLabel0 + 6: {color: "#ff7f3f"},
		styleLabel0 + 7: {color: "#c2c9d6"},
		styleHeat0:      {color: "#3d5a96"},
		styleHeat0 + 1:  {color: "#7c7b78"},
		styleHeat0 + 2:  {color: "#bcae6c"},
		styleHeat0 + 3:  {color: "#fee838"},
	},
	"colorblind/light": {
		styleStrong:     {color: "#14181f", bold: true},
		styleDim:        {color: "#525a6a"},
		styleFaint:      {color: "#808898"},
		styleBorder:     {color: "#b3bac6"},
		styleTitle:      {color: "#363e4e"},
		styleName:       {color: "#14181f", bold: true},
		styleTabOn:      {color: "#14181f", bold: true, underline: true},
		styleTabOff:     {color: "#525a6a"},
		styleKey:        {color: "#202838", bold: true},
		styleSelect:     {color: "#14181f", back: "#cfd6e2"},
		styleCursor:     {color: "#202838", bold: true, underline: true},
		styleGood:       {color: "#0072b2"},
		styleWarn:       {color: "#8a6500"},
		styleBad:        {color: "#c04f00", bold: true},
		styleMarker:     {color: "#6e5a00"},
		styleMarkerLine: {color: "#c9bc80"},
		styleOn:         {color: "#0072b2", bold: true},
		styleOff:        {color: "#525a6a"},
		styleCycle:      {color: "#a0a6b2"},
		styleMoment:     {color: "#000000", bold: true},

		styleSessions:  {color: "#0072b2"},
		styleOffered:   {color: "#9db2c6"},
		styleAhead:     {color: "#808898"},
		styleAllocs:    {color: "#a86f00"},
		stylePool:      {color: "#007d5c"},
		styleHKDF:      {color: "#a8497f"},
		styleGC:        {color: "#c04f00"},
		styleHeap:      {color: "#6e5a00"},
		styleGoal:      {color: "#c2b37a"},
		styleHandshake: {color: "#0072b2"},
		styleSeal:      {color: "#007d5c"},
		styleOpen:      {color: "#a8497f"},
		styleClose:     {color: "#525a6a"},
		styleArm0:      {color: "#a86f00"},
		styleArm1:      {color: "#0072b2"},
		styleArm2:      {color: "#a8497f"},

		styleLabel0:     {color: "#a8497f"},
		styleLabel0 + 1: {color: "#0072b2"},
		styleLabel0 + 2: {color: "#8a7600"},
		styleLabel0 + 3: {color: "#a86f00"},
		styleLabel0 + 4: {color: "#007d5c"},
		styleLabel0 + 5: {color: "#3a93cf"},
		styleLabel0 + 6: {color: "#c04f00"},
		styleLabel0 + 7: {color: "#525a6a"},
		styleHeat0:      {color: "#c3b369"},
		styleHeat0 + 1:  {color: "#8f8a75"},
		styleHeat0 + 2:  {color: "#56617c"},
		styleHeat0 + 3:  {color: "#00224e"},
	},
	"16": {
		styleStrong:     {bold: true},
		styleDim:        {},
		styleFaint:      {color: "8"},
		styleBorder:     {color: "8"},
		styleTitle:      {},
		styleName:       {bold: true},
		styleTabOn:      {bold: true, underline: true},
		styleTabOff:     {},
		styleKey:        {bold: true},
		styleCursor:     {bold: true, underline: true},
		styleSelect:     {reverse: true},
		styleGood:       {color: "2"},
		styleWarn:       {color: "3"},
		styleBad:        {color: "9"},
		styleMarker:     {color: "3"},
		styleMarkerLine: {color: "8"},
		styleOn:         {color: "2", bold: true},
		styleOff:        {},
		styleCycle:      {color: "8"},
		styleMoment:     {bold: true},

		styleSessions:  {color: "12"},
		styleOffered:   {color: "8"},
		styleAhead:     {color: "8"},
		styleAllocs:    {color: "3"},
		stylePool:      {color: "2"},
		styleHKDF:      {color: "13"},
		styleGC:        {color: "9"},
		styleHeap:      {color: "6"},
		styleGoal:      {color: "8"},
		styleHandshake: {color: "12"},
		styleSeal:      {color: "6"},
		styleOpen:      {color: "6"},
		styleClose:     {color: "8"},
		styleArm0:      {color: "3"},
		styleArm1:      {color: "6"},
		styleArm2:      {color: "13"},

		styleLabel0:     {color: "13"},
		styleLabel0 + 1: {color: "12"},
		styleLabel0 + 2: {color: "5"},
		styleLabel0 + 3: {color: "13"},
		styleLabel0 + 4: {color: "12"},
		styleLabel0 + 5: {color: "4"},
		styleLabel0 + 6: {color: "6"},
		styleLabel0 + 7: {color: "14"},
		styleHeat0:      {color: "1"},
		styleHeat0 + 1:  {color: "9"},
		styleHeat0 + 2:  {color: "3"},
		styleHeat0 + 3:  {color: "11"},
	},
	"mono": {
		styleStrong:     {bold: true},
		styleFaint:      {faint: true},
		styleBorder:     {faint: true},
		styleName:       {bold: true},
		styleTabOn:      {bold: true, underline: true},
		styleKey:        {bold: true},
		styleCursor:     {bold: true, underline: true},
		styleSelect:     {reverse: true},
		styleWarn:       {bold: true},
		styleBad:        {bold: true},
		styleMarker:     {bold: true},
		styleMarkerLine: {faint: true},
		styleOn:         {bold: true},
		styleCycle:      {faint: true},
		styleMoment:     {bold: true},
		styleOffered:    {faint: true},
		styleAhead:      {faint: true},
		styleGoal:       {faint: true},
	},
}

// newTheme makes the theme of that name for a terminal of that colour profile and
// background.
func newTheme(name string, profile termenv.Profile) (*theme, error) {
	l, ok := looks[name]
	if light, both := looks[name+onLight]; both && !termbg.Dark() {
		l = light
	}
	if !ok || !slices.Contains(ThemeNames(), name) {
		return nil, themeError(name)
	}
	t := &theme{name: name, profile: profile}
	t.patterns = name == "mono" || name == "16" || name == "colorblind"
	for i, k := range l {
		var codes []string
		for _, a := range []struct {
			on   bool
			code string
		}{{k.bold, "1"}, {k.faint, "2"}, {k.underline, "4"}, {k.reverse, "7"}} {
			if a.on {
				codes = append(codes, a.code)
			}
		}
		if k.color != "" {
			if seq := profile.Color(k.color).Sequence(false); seq != "" {
				codes = append(codes, seq)
			}
		}
		if k.back != "" {
			if seq := profile.Color(k.back).Sequence(true); seq != "" {
				codes = append(codes, seq)
			}
		}
		t.escape[i] = "\x1b[m"
		if len(codes) > 0 {
			t.escape[i] = "\x1b[0;" + strings.Join(codes, ";") + "m"
		}
		t.painted[i] = k.underline || k.reverse || k.back != ""
	}
	return t, nil
}

// next returns the theme after t, itself where there is no other.
func (t *theme) next() *theme {
	if t.plain {
		return t
	}
	names := ThemeNames()[1:]
	after, err := newTheme(names[(slices.Index(names, t.name)+1)%len(names)], t.profile)
	if err != nil {
		return t
	}
	return after
}

func themeError(name string) error {
	return fmt.Errorf("ui: theme %q is not one of %s", name, strings.Join(ThemeNames(), ", "))
}

// chooseTheme makes the theme that was asked for, or one that suits the terminal
// behind out, which is never queried: the environment tells its colours, and
// [termbg.Dark] its background.
func chooseTheme(name string, noColor bool, out io.Writer) (*theme, error) {
	if name == "" {
		name = "auto"
	}
	if !slices.Contains(ThemeNames(), name) {
		return nil, themeError(name)
	}
	profile := termenv.NewOutput(out).Profile
	plain := noColor || profile == termenv.Ascii
	switch {
	case plain:
		name = "mono"
	case name != "auto":
	case profile == termenv.ANSI:
		name = "16"
	case termbg.Dark():
		name = "dark"
	default:
		name = "light"
	}
	t, err := newTheme(name, profile)
	if err == nil {
		t.plain = plain
	}
	return t, err
}
