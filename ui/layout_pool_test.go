package ui

import (
	"strings"
	"testing"
)

func (l poolLayout) parts() []part {
	return []part{{l.state, 'S'}, {l.chart, 'c'}, {l.miss, 'M'}, {l.shards, 'h'}, {l.reuse, 'R'}}
}

func TestPoolLayoutFillsThePage(t *testing.T) {
	for w := minWidth; w < 260; w += 3 {
		for h := minHeight - headerRows - footerRows; h < 100; h++ {
			l := layoutPool(w, h)
			for y, row := range mapOf(w, h, l.parts()) {
				if i := strings.IndexAny(string(row), ".!"); i >= 0 {
					t.Fatalf("%dx%d: cell %d, %d is %q", w, h, i, y, row[i])
				}
			}
			switch {
			case l.chart.h < minChartHeight || l.chart.w < minWidth/2 || l.state.h < leastPoolState || l.miss.h < missHeight:
				t.Fatalf("%dx%d: %+v", w, h, l)
			case w >= 80 && h >= 21 && (l.shards.h < minShardsHeight || l.reuse.h < minReuseHeight):
				t.Fatalf("%dx%d: %+v", w, h, l)
			}
		}
	}
}
