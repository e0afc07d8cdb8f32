package ui

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ramp returns n values from 0 to 10.
func ramp(n int) []float64 {
	ys := make([]float64, n)
	for i := range ys {
		ys[i] = 10 * float64(i) / float64(n-1)
	}
	return ys
}

func values(v ...float64) []float64 { return v }

func compare(t *testing.T, got string, want ...string) {
	t.Helper()
	if w := strings.Join(want, "\n"); got != w {
		t.Errorf("got\n%s\nwant\n%s", got, w)
	}
}

func TestDrawLine(t *testing.T) {
	tests := []struct {
		name  string
		w, h  int
		ys    []float64
		ascii bool
		want  []string
	}{
		{"a ramp", 4, 2, ramp(8), false, []string{"  ⡠⠊", "⡠⠊"}},
		{"flat at the bottom", 3, 1, values(0, 0, 0, 0, 0, 0), false, []string{"⣀⣀⣀"}},
		{"flat at the top", 3, 1, values(10, 10, 10, 10, 10, 10), false, []string{"⠉⠉⠉"}},
		{"outside of the axis", 2, 1, values(-5, -5, 20, 20), false, []string{"⣀⠏"}},
		{"a step", 2, 2, values(0, 0, 10, 10), false, []string{" ⡏", "⣀⠇"}},
		{"a gap", 3, 1, values(0, 0, nan, nan, 0, 0), false, []string{"⣀ ⣀"}},
		{"one value", 2, 1, values(nan, 5), false, []string{"⠐"}},
		{"nothing", 2, 1, values(nan, nan, nan, nan), false, []string{""}},
		{"no range", 1, 1, values(3, 3), false, []string{"⣀"}},
		{"a ramp in ASCII", 6, 2, ramp(12), true, []string{`   _-"`, `_-"`}},
		{"a step in ASCII", 4, 3, values(0, 0, 0, 0, 10, 10, 10, 10), true, []string{`  ""`, `  |`, `__`}},
		{"a gap in ASCII", 3, 1, values(0, 0, nan, nan, 0, 0), true, []string{"_ _"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			high := 10.0
			if tt.name == "no range" {
				high = 0
			}
			compare(t, picture(tt.w, tt.h, tt.ascii, func(a area) { drawLine(a, tt.ys, high, styleText, tt.ascii) }), tt.want...)
		})
	}
}

func TestDrawStack(t *testing.T) {
	layersOf := func(all ...[]float64) []layer {
		var l []layer
		for i, ys := range all {
			l = append(l, layer{ys: ys, style: styleLabel0 + style(i), pattern: patterns[i], letter: rune(letters[i])})
		}
		return l
	}
	tests := []struct {
		name            string
		layers          []layer
		patterns, ascii bool
		want            []string
	}{
		{"one", layersOf(values(4, 4, 4, 4)), false, false, []string{"", "⣿⣿"}},
		{"two", layersOf(values(2, 2, 2, 2), values(4, 4, 4, 4)), false, false, []string{"⣤⣤", "⣿⣿"}},
		{"two by pattern", layersOf(values(4, 4, 4, 4), values(4, 4, 4, 4)), true, false, []string{"⢝⢝", "⣿⣿"}},
		{"a little is seen", layersOf(values(0.01, 0.01, 0, 0)), false, false, []string{"", "⣀"}},
		{"missing values", layersOf(values(nan, nan, 8, 8)), false, false, []string{" ⣿", " ⣿"}},
		{"too much", layersOf(values(80, 80, 80, 80)), false, false, []string{"⣿⣿", "⣿⣿"}},
		{"two in ASCII", layersOf(values(4, 4, 4, 4), values(4, 4, nan, nan)), false, true, []string{"o", "##"}},
		{"nothing", nil, false, false, []string{"", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, picture(2, 2, tt.ascii, func(a area) { drawStack(a, tt.layers, 8, tt.patterns, tt.ascii) }), tt.want...)
		})
	}
}

// TestStackColours: a cell has the colour of the layer that has most of it.
func TestStackColours(t *testing.T) {
	var c canvas
	c.reset(1, 1)
	drawStack(c.all(), []layer{
		{ys: values(1, 1), style: styleLabel0},
		{ys: values(3, 3), style: styleLabel0 + 1},
	}, 4, false, false)
	if got := c.all().at(0, 0); got.s != styleLabel0+1 || got.r != braille+0xff {
		t.Errorf("cell is %q in style %d, want a full one in %d", got.r, got.s, styleLabel0+1)
	}
}

func TestDrawSpark(t *testing.T) {
	tests := []struct {
		name  string
		h     int
		ys    []float64
		ascii bool
		want  []string
	}{
		{"a ramp", 1, ramp(8), false, []string{"▁▂▃▄▅▆▇█"}},
		{"two rows", 2, values(0, 5, 10), false, []string{" ▁█", "▁██"}},
		{"a gap", 1, values(10, nan, 10), false, []string{"█ █"}},
		{"above the axis", 1, values(50), false, []string{"█"}},
		{"in ASCII", 1, ramp(8), true, []string{"__..-=+#"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, picture(len(tt.ys), tt.h, tt.ascii, func(a area) { drawSpark(a, tt.ys, 10, styleText, tt.ascii) }), tt.want...)
		})
	}
}

func TestDrawBar(t *testing.T) {
	tests := []struct {
		share float64
		ascii bool
		want  string
	}{
		{0, false, ""},
		{math.NaN(), false, ""},
		{0.0001, false, "▏"},
		{0.5, false, "██"},
		{0.53125, false, "██▏"},
		{0.96875, false, "███▉"},
		{1, false, "████"},
		{7, false, "████"},
		{0.5, true, "##"},
		{0.0001, true, "|"},
		{0.65, true, "###"},
	}
	for _, tt := range tests {
		got := picture(4, 1, tt.ascii, func(a area) { drawBar(a, tt.share, styleText, tt.ascii) })
		if got != tt.want {
			t.Errorf("bar of %v (ascii %v) = %q, want %q", tt.share, tt.ascii, got, tt.want)
		}
	}
}

func TestDrawHeat(t *testing.T) {
	events := []heat{{0, 1e3}, {1, 15e3}, {1, 15e3}, {2, 200e3}, {3, 5e6}, {-1, 1e5}, {9, 1e5}}
	for range 5 {
		events = append(events, heat{2, 200e3})
	}
	for range 9 {
		events = append(events, heat{3, 90e3})
	}
	draw := func(ascii bool) string {
		return picture(4, 2, ascii, func(a area) { drawHeat(a, events, 10e3, 1e6, nil, ascii) })
	}
	compare(t, draw(false), "  ▓▪", "▪▒ █")
	compare(t, draw(true), "  0.", ".o #")
}

func TestDecades(t *testing.T) {
	tests := []struct{ low, high, wantLow, wantHigh float64 }{
		{10e3, 1e6, 10e3, 1e6},
		{9e3, 1.1e6, 1e3, 1e7},
		{100, 100, 100, 1000},
	}
	for _, tt := range tests {
		low, high := decades(tt.low, tt.high)
		if math.Abs(low/tt.wantLow-1) > 1e-9 || math.Abs(high/tt.wantHigh-1) > 1e-9 {
			t.Errorf("decades(%v, %v) = %v, %v; want %v, %v", tt.low, tt.high, low, high, tt.wantLow, tt.wantHigh)
		}
	}
}

func TestScale(t *testing.T) {
	var s scale
	for i, step := range []struct{ v, want float64 }{
		{35, 40}, {39, 40}, {41, 50}, {39.9, 50}, {34, 40}, {0, 1}, {0.2, 1},
	} {
		if got := s.fit(step.v, 1); got != step.want {
			t.Errorf("step %d: fit(%v) = %v, want %v", i, step.v, got, step.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(1e-6, 1e12).Draw(t, "v")
		if high := roundUp(v); high < v*(1-1e-6) || high > 2*v {
			t.Fatalf("roundUp(%v) = %v", v, high)
		}
	})
}

func TestDrawNotes(t *testing.T) {
	tests := []struct {
		name  string
		curve string // in the row below the top
		notes []note
		want  []string
	}{
		{"none", "", nil, []string{"", "", ""}},
		{"one", "", []note{{2, "on"}}, []string{"  ╎on", "  ╎", "  ╎"}},
		{"at the right end", "", []note{{13, "pool"}}, []string{"         pool╎", "             ╎", "             ╎"}},
		{"apart", "", []note{{0, "P0-1"}, {8, "P0-2"}}, []string{"╎P0-1   ╎P0-2", "╎       ╎", "╎       ╎"}},
		{"an older one below", "", []note{{4, "first"}, {6, "second"}}, []string{"    ╎ ╎second", "    ╎first", "    ╎ ╎"}},
		{
			"not over the curve", "⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀",
			[]note{{2, "one"}, {4, "two"}, {5, "three"}},
			[]string{"  ╎ ╎╎three", "⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀", "  ╎ ╎two"},
		},
		{"outside", "", []note{{-1, "x"}, {99, "y"}}, []string{"", "", ""}},
		{"too long", "", []note{{3, "longer than the chart"}}, []string{"   ╎", "   ╎", "   ╎"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, picture(14, 3, false, func(a area) {
				a.text(0, 1, tt.curve, styleText)
				drawNotes(a, tt.notes)
			}), tt.want...)
		})
	}
}

func TestNewestNoteWhereNothingIsFree(t *testing.T) {
	got := picture(8, 2, false, func(a area) {
		a.fill('#', styleText)
		drawNotes(a, []note{{1, "old"}, {3, "new"}})
	})
	compare(t, got, "####new#", "########")
}

// TestNotesNeverOverlap: every label that is drawn is drawn whole.
func TestNotesNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var notes []note
		labels := []string{"aaaa", "bbb", "cccccc", "dd", "eeeee"}
		for i := range rapid.IntRange(1, len(labels)).Draw(t, "n") {
			notes = append(notes, note{rapid.IntRange(0, 19).Draw(t, "x"), labels[i]})
		}
		got := picture(20, 3, false, func(a area) { drawNotes(a, notes) })
		for i, n := range notes {
			letter := n.label[:1]
			whole := strings.Count(got, n.label)
			if strings.Count(got, letter) != whole*len(n.label) || i == len(notes)-1 && whole != 1 {
				t.Fatalf("label %q is not whole:\n%s", n.label, got)
			}
		}
	})
}

func TestDrawDots(t *testing.T) {
	tests := []struct {
		name  string
		w, h  int
		ys    []float64
		from  int
		ascii bool
		want  []string
	}{
		{"flat", 3, 1, values(0, 0, 0, 0, 0, 0), 0, false, []string{"⡀⡀⡀"}},
		{"from the middle", 3, 1, values(0, 0, 0, 0, 0, 0), 4, false, []string{"  ⡀"}},
		{"a ramp", 4, 2, ramp(8), 0, false, []string{"  ⡀⠆", "⡀⠆⠁"}},
		{"a step", 2, 2, values(0, 0, 10, 10), 0, false, []string{" ⠅", "⡀⠅"}},
		{"a step at the beginning", 2, 2, values(0, 0, 10, 10), 2, false, []string{" ⠅", " ⠅"}},
		{"a gap", 3, 1, values(0, 0, nan, nan, 10, 10), 0, false, []string{"⡀ ⠁"}},
		{"a step in ASCII", 3, 3, values(0, 0, 10, 10, 10, 10), 0, true, []string{" ..", " :", ".:"}},
		{"nothing", 1, 1, nil, 0, false, []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, picture(tt.w, tt.h, tt.ascii, func(a area) { drawDots(a, tt.ys, tt.from, 10, styleText, tt.ascii) }), tt.want...)
		})
	}
}
