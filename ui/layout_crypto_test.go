package ui

import (
	"fmt"
	"strings"
	"testing"
)

func TestCryptoLayoutPictures(t *testing.T) {
	const head = headerRows + footerRows
	tests := []struct {
		w, h int
		need cryptoNeeds
		full int
		want []string
	}{
		{60, 16, cryptoNeeds{viewKeys, 0, 0}, 0, []string{"4 PPPPPP", "9 hhhddd"}},
		{60, 16, cryptoNeeds{viewKeys, 1, 0}, 1, []string{"8 PPPPPP", "5 hhhddd"}},
		{60, 16, cryptoNeeds{viewKeys, 6, 0}, 0, []string{"9 PPPPPP", "4 hhhddd"}},
		{60, 16, cryptoNeeds{viewLoad, 0, 5}, 0, []string{"8 SSSSDD", "5 MMMMMM"}},
		{80, 24, cryptoNeeds{viewKeys, 1, 0}, 1, []string{"8 PPPPPPPP", "13 hhhhdddd"}},
		{80, 24, cryptoNeeds{viewKeys, 6, 0}, 1, []string{"13 PPPPPPPP", "8 hhhhdddd"}},
		{80, 24, cryptoNeeds{viewLoad, 0, 1}, 0, []string{"8 SSSSSSDD", "6 MMMMMMMM", "7 LLLLLLLL"}},
		{120, 40, cryptoNeeds{viewKeys, 3, 0}, 3, []string{"20 PPPPPPPPPPPP", "17 hhhhhhdddddd"}},
		{120, 40, cryptoNeeds{viewLoad, 0, 1}, 0, []string{"8 SSSSSSSSSDDD", "5 MMMMMMMMMDDD", "1 bbbbbbbbbDDD", "12 bbbbbbbbbrrr", "11 LLLLLLLLLLLL"}},
		{120, 40, cryptoNeeds{viewLoad, 0, 22}, 0, []string{"8 SSSSSSSSSDDD", "6 MMMMMMMMMDDD", "12 MMMMMMMMMrrr", "11 LLLLLLLLLLLL"}},
		{200, 50, cryptoNeeds{viewKeys, 6, 0}, 6, []string{"20 PPPPPPPPPPPPPPPPPPPP", "27 hhhhhhhdddddddrrrrrr"}},
		{200, 50, cryptoNeeds{viewLoad, 0, 5}, 0, []string{"8 SSSSSSSSSSSSSSDDDDDD", "6 MMMMMMMMMMMMMMDDDDDD", "3 MMMMMMMMMMMMMMrrrrrr", "19 bbbbbbbbbbbbbbrrrrrr", "11 LLLLLLLLLLLLLLLLLLLL"}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%dx%d %v", tt.w, tt.h, tt.need), func(t *testing.T) {
			l := layoutCrypto(tt.w, tt.h-head, tt.need)
			compare(t, pictureOf(tt.w, tt.h-head, l.parts()), tt.want...)
			if l.full != tt.full {
				t.Errorf("%d in full, want %d", l.full, tt.full)
			}
		})
	}
}

// TestCryptoLayoutFillsThePage, whatever runs; what is shown of the handshakes has
// room for it.
func TestCryptoLayoutFillsThePage(t *testing.T) {
	for view := range numViews {
		for n := range 23 {
			need := cryptoNeeds{view, min(n, 6), n}
			for w := minWidth; w < 260; w += 7 {
				for h := minHeight - headerRows - footerRows; h < 100; h++ {
					l := layoutCrypto(w, h, need)
					for y, row := range mapOf(w, h, l.parts()) {
						if i := strings.IndexAny(string(row), ".!"); i >= 0 {
							t.Fatalf("%dx%d, %v: cell %d, %d is %q", w, h, need, i, y, row[i])
						}
					}
					switch {
					case view == viewKeys && phasesHeight(need.kinds, l.full, l.columns) > l.phases.h:
						t.Fatalf("%dx%d: %d of %d kinds in full in %d rows", w, h, l.full, need.kinds, l.phases.h)
					case view == viewKeys && w >= 80 && h >= 21 && (need.kinds > 0 && l.full == 0 || l.derive.h < minKeys):
						t.Fatalf("%dx%d, %v: %d in full, the key schedule in %d rows", w, h, need, l.full, l.derive.h)
					case view == viewKeys && (l.hkdf.h < leastKeys || l.hkdf.w < minWidth/2):
						t.Fatalf("%dx%d, %v: charts of %dx%d", w, h, need, l.hkdf.w, l.hkdf.h)
					case view == viewLoad && (l.stages.h < stagesTable || l.drops.h < minDropsSmall || l.sizes.h < minSizes):
						t.Fatalf("%dx%d, %v: stages %v drops %v sizes %v", w, h, need, l.stages, l.drops, l.sizes)
					case view == viewLoad && w >= 80 && h >= 21 && l.latency.h < plainLatency:
						t.Fatalf("%dx%d, %v: latencies in %d rows", w, h, need, l.latency.h)
					case l.rate.h > 0 && l.rate.h < minChartHeight || l.bytes.h > 0 && l.bytes.h < minChartHeight:
						t.Fatalf("%dx%d, %v: charts %v %v", w, h, need, l.rate, l.bytes)
					}
				}
			}
		}
	}
}
