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
	styleGood
	styleWarn
	styleBad
	styleMarker     // the label of a change
	styleMarkerLine // its line
	styleOn         // an optimization that is on
	styleOff        // one that is off
	styleCycle      // the line of a GC cycle

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
}

// theme is the looks of all styles, made into escape sequences.
type theme struct {
	name    string
	escape  [numStyles]string // resets and then sets everything
	painted [numStyles]bool   // whether a space in this style can be seen
	// patterns says that fills must differ by pattern, because colours cannot
	// tell them apart.
	patterns bool
}

// ThemeNames returns what [Options].Theme may be.
func ThemeNames() []string { return []string{"auto", "dark", "light", "16", "mono"} }

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
		styleGood:       {color: "#8fcf7f"},
		styleWarn:       {color: "#f0c060"},
		styleBad:        {color: "#f08080"},
		styleMarker:     {color: "#f5e0a3"},
		styleMarkerLine: {color: "#8a7d58"},
		styleOn:         {color: "#8fcf7f", bold: true},
		styleOff:        {color: "#8b93a5"},
		styleCycle:      {color: "#a06a78"},

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
		styleGood:       {color: "#2d7d2a"},
		styleWarn:       {color: "#946000"},
		styleBad:        {color: "#b3263a"},
		styleMarker:     {color: "#7a5a00"},
		styleMarkerLine: {color: "#cbb98a"},
		styleOn:         {color: "#2d7d2a", bold: true},
		styleOff:        {color: "#586074"},
		styleCycle:      {color: "#c98a98"},

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
		styleGood:       {color: "2"},
		styleWarn:       {color: "3"},
		styleBad:        {color: "9"},
		styleMarker:     {color: "3"},
		styleMarkerLine: {color: "8"},
		styleOn:         {color: "2", bold: true},
		styleOff:        {},
		styleCycle:      {color: "8"},

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
		styleWarn:       {bold: true},
		styleBad:        {bold: true},
		styleMarker:     {bold: true},
		styleMarkerLine: {faint: true},
		styleOn:         {bold: true},
		styleCycle:      {faint: true},
		styleOffered:    {faint: true},
		styleAhead:      {faint: true},
		styleGoal:       {faint: true},
	},
}

// newTheme makes the theme of that name for a terminal of that colour profile.
func newTheme(name string, profile termenv.Profile) (*theme, error) {
	l, ok := looks[name]
	if !ok {
		return nil, fmt.Errorf("ui: theme %q is not one of %s", name, strings.Join(ThemeNames(), ", "))
	}
	t := &theme{name: name, patterns: name == "mono" || name == "16"}
	for i, k := range l {
		var codes []string
		for _, a := range []struct {
			on   bool
			code string
		}{{k.bold, "1"}, {k.faint, "2"}, {k.underline, "4"}} {
			if a.on {
				codes = append(codes, a.code)
			}
		}
		if k.color != "" {
			if seq := profile.Color(k.color).Sequence(false); seq != "" {
				codes = append(codes, seq)
			}
		}
		t.escape[i] = "\x1b[m"
		if len(codes) > 0 {
			t.escape[i] = "\x1b[0;" + strings.Join(codes, ";") + "m"
		}
		t.painted[i] = k.underline
	}
	return t, nil
}

// chooseTheme makes the theme that was asked for, or one that suits the terminal
// behind out, which is never queried: the environment tells its colours, and
// [termbg.Dark] its background.
func chooseTheme(name string, noColor bool, out io.Writer) (*theme, error) {
	if name == "" {
		name = "auto"
	}
	if !slices.Contains(ThemeNames(), name) {
		return nil, fmt.Errorf("ui: theme %q is not one of %s", name, strings.Join(ThemeNames(), ", "))
	}
	profile := termenv.NewOutput(out).Profile
	switch {
	case noColor || profile == termenv.Ascii:
		name = "mono"
	case name != "auto":
	case profile == termenv.ANSI:
		name = "16"
	case termbg.Dark():
		name = "dark"
	default:
		name = "light"
	}
	return newTheme(name, profile)
}
