package ui

import (
	"fmt"
	"strings"
	"testing"
)

// part is a rectangle and the letter that stands for it in a picture.
type part struct {
	rect
	letter byte
}

// mapOf draws a layout: one letter for each part, "." where nothing is, "!" where
// two are, or one stands out.
func mapOf(w, h int, parts []part) [][]byte {
	rows := make([][]byte, h)
	for y := range rows {
		rows[y] = []byte(strings.Repeat(".", w))
	}
	for _, p := range parts {
		for y := p.y; y < p.y+p.h; y++ {
			for x := p.x; x < p.x+p.w; x++ {
				if y < 0 || y >= h || x < 0 || x >= w {
					rows[0][0] = '!'
					continue
				}
				if rows[y][x] != '.' {
					p.letter = '!'
				}
				rows[y][x] = p.letter
			}
		}
	}
	return rows
}

func (l overviewLayout) parts() []part {
	var all []part
	for i, r := range l.tiles {
		all = append(all, part{r, '1' + byte(i)})
	}
	for i, r := range l.charts {
		all = append(all, part{r, 'a' + byte(i)})
	}
	return append(all, part{l.strip, 'L'}, part{l.news, 'N'}, part{l.switches, 'S'}, part{l.stages, 'T'})
}

func (l cryptoLayout) parts() []part {
	return []part{
		{l.phases, 'P'},
		{l.hkdf, 'h'},
		{l.derive, 'd'},
		{l.rate, 'r'},
		{l.stages, 'S'},
		{l.drops, 'D'},
		{l.sizes, 'M'},
		{l.latency, 'L'},
		{l.bytes, 'b'},
	}
}

// pictureOf has a letter for ten cells of a layout, and how many rows look like that.
func pictureOf(w, h int, parts []part) string {
	var got []string
	var last string
	n := 0
	for _, row := range append(mapOf(w, h, parts), nil) {
		var line []byte
		for x := 0; x < len(row); x += 10 {
			line = append(line, row[x])
		}
		if string(line) != last {
			if n > 0 {
				got = append(got, fmt.Sprint(n, " ", last))
			}
			last, n = string(line), 0
		}
		n++
	}
	return strings.Join(got, "\n")
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
			"12 aaaabbbb",
			"12 ccccdddd",
			"5 NNNNNNNN",
			"7 SSSSSSSS",
			"7 TTTTTTTT",
		}},
		{120, 40, false, []string{
			"4 111222333444",
			"12 aaaaaabbbbbb",
			"11 ccccccdddddd",
			"3 NNNNNNNNNNNN",
			"7 SSSSSSSSSTTT",
		}},
		{120, 60, false, []string{
			"4 111222333444",
			"14 aaaaaabbbbbb",
			"13 ccccccdddddd",
			"13 eeeeeeffffff",
			"6 NNNNNNNNNNNN",
			"7 SSSSSSSSSTTT",
		}},
		{160, 45, false, []string{
			"4 1111222233334444",
			"14 aaaaaabbbbbccccc",
			"13 ddddddeeeeefffff",
			"4 NNNNNNNNNNNNNNNN",
			"7 SSSSSSSSSSSSTTTT",
		}},
		{200, 50, false, []string{
			"4 11111222223333344444",
			"16 aaaaaaabbbbbbbcccccc",
			"15 dddddddeeeeeeeffffff",
			"5 NNNNNNNNNNNNNNNNNNNN",
			"7 SSSSSSSSSSSSSSSTTTTT",
		}},
		{60, 16, true, []string{
			"3 112334",
			"6 aaabbb",
			"4 SSSSSS",
		}},
		{80, 24, true, []string{
			"3 11223344",
			"5 LLLLLLLL",
			"7 aaaabbbb",
			"6 SSSSSSSS",
		}},
		{80, 27, true, []string{
			"3 11223344",
			"5 LLLLLLLL",
			"5 aaaabbbb",
			"5 ccccdddd",
			"6 SSSSSSSS",
		}},
		{120, 40, true, []string{
			"4 111222333444",
			"6 LLLLLLLLLLLL",
			"9 aaaaaabbbbbb",
			"8 ccccccdddddd",
			"3 NNNNNNNNNNNN",
			"7 SSSSSSSSSTTT",
		}},
		{200, 50, true, []string{
			"4 11111222223333344444",
			"7 LLLLLLLLLLLLLLLLLLLL",
			"12 aaaaaaabbbbbbbcccccc",
			"12 dddddddeeeeeeeffffff",
			"5 NNNNNNNNNNNNNNNNNNNN",
			"7 SSSSSSSSSSSSSSSTTTTT",
		}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%dx%d strip %v", tt.w, tt.h, tt.strip), func(t *testing.T) {
			l := layoutOverview(tt.w, tt.h-head, tt.strip, nil)
			compare(t, pictureOf(tt.w, tt.h-head, l.parts()), tt.want...)
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
				for y, row := range mapOf(w, h, l.parts()) {
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
