package ui

import (
	"fmt"
	"strings"
	"testing"
)

// mapOf draws a layout: one letter for each part, "." where nothing is.
func mapOf(w, h int, l overviewLayout) [][]byte {
	rows := make([][]byte, h)
	for y := range rows {
		rows[y] = []byte(strings.Repeat(".", w))
	}
	put := func(r rect, letter byte) {
		for y := r.y; y < r.y+r.h; y++ {
			for x := r.x; x < r.x+r.w; x++ {
				if rows[y][x] != '.' {
					letter = '!' // two parts in one place
				}
				rows[y][x] = letter
			}
		}
	}
	for i, r := range l.tiles {
		put(r, '1'+byte(i))
	}
	for i, r := range l.charts {
		put(r, 'a'+byte(i))
	}
	put(l.strip, 'L')
	put(l.switches, 'S')
	put(l.stages, 'T')
	return rows
}

// TestLayoutPictures shows each layout: a letter for ten cells, and how many rows
// look like that.
func TestLayoutPictures(t *testing.T) {
	const head = headerRows + footerRows
	tests := []struct {
		w, h  int
		strip bool
		want  []string
	}{
		{60, 16, false, []string{
			"3 112334",
			"6 aaabbb",
			"4 SSSSSS",
		}},
		{80, 24, false, []string{
			"3 11223344",
			"6 aaaabbbb",
			"6 ccccdddd",
			"6 SSSSSSSS",
		}},
		{80, 50, false, []string{
			"4 11223344",
			"15 aaaabbbb",
			"14 ccccdddd",
			"7 SSSSSSSS",
			"7 TTTTTTTT",
		}},
		{120, 40, false, []string{
			"4 111222333444",
			"13 aaaaaabbbbbb",
			"13 ccccccdddddd",
			"7 SSSSSSSSSTTT",
		}},
		{120, 60, false, []string{
			"4 111222333444",
			"16 aaaaaabbbbbb",
			"15 ccccccdddddd",
			"15 eeeeeeffffff",
			"7 SSSSSSSSSTTT",
		}},
		{160, 45, false, []string{
			"4 1111222233334444",
			"16 aaaaaabbbbbccccc",
			"15 ddddddeeeeefffff",
			"7 SSSSSSSSSSSSTTTT",
		}},
		{200, 50, false, []string{
			"4 11111222223333344444",
			"18 aaaaaaabbbbbbbcccccc",
			"18 dddddddeeeeeeeffffff",
			"7 SSSSSSSSSSSSSSSTTTTT",
		}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%dx%d strip %v", tt.w, tt.h, tt.strip), func(t *testing.T) {
			var got []string
			var last string
			n := 0
			flush := func() {
				if n > 0 {
					got = append(got, fmt.Sprint(n, " ", last))
				}
			}
			for _, row := range mapOf(tt.w, tt.h-head, layoutOverview(tt.w, tt.h-head, tt.strip, nil)) {
				var line []byte
				for x := 0; x < tt.w; x += 10 {
					line = append(line, row[x])
				}
				if string(line) != last {
					flush()
					last, n = string(line), 0
				}
				n++
			}
			flush()
			compare(t, strings.Join(got, "\n"), tt.want...)
		})
	}
}

// TestLayoutFillsThePage: at every size that is drawn, each cell belongs to exactly
// one part, and no part is too small to be of use.
func TestLayoutFillsThePage(t *testing.T) {
	for _, strip := range []bool{false, true} {
		for w := minWidth; w < 260; w += 7 {
			for h := minHeight - headerRows - footerRows; h < 100; h++ {
				l := layoutOverview(w, h, strip, nil)
				for y, row := range mapOf(w, h, l) {
					if i := strings.IndexAny(string(row), ".!"); i >= 0 {
						t.Fatalf("%dx%d: cell %d, %d is %q", w, h, i, y, row[i])
					}
				}
				for i, r := range l.charts {
					if r.h < minChartHeight || r.w < minWidth/2 {
						t.Fatalf("%dx%d: chart %d has %dx%d cells", w, h, i, r.w, r.h)
					}
				}
				if len(l.charts) > len(charts) {
					t.Fatalf("%dx%d: %d places for %d charts", w, h, len(l.charts), len(charts))
				}
				if want := strip && h >= minStripPage; want != (l.strip.h >= minStripHeight) || !want && l.strip.h > 0 {
					t.Fatalf("%dx%d: a strip of %d rows", w, h, l.strip.h)
				}
			}
		}
	}
}
