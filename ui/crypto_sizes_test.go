package ui

import (
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// TestSizesHaveRoom: no range of sizes is wider than its column, which would cut it at
// the left, and show another.
func TestSizesHaveRoom(t *testing.T) {
	for low := range load.NumSizeClasses {
		for high := low; high < load.NumSizeClasses; high++ {
			if text := appendSizes(nil, low, high); columnsOfBytes(text) > sizeName-1 {
				t.Errorf("%q has %d columns, want at most %d", text, columnsOfBytes(text), sizeName-1)
			}
		}
	}
}

// TestSizeColumns: what a message took is always shown, how fast bytes go wherever
// there is room, and no two columns overlap.
func TestSizeColumns(t *testing.T) {
	for w := 56; w <= 200; w++ {
		c := sizeColumns(w)
		if fast := w >= 64; (c.sealSpeed > 0) != fast || (c.openSpeed > 0) != fast {
			t.Errorf("at %d columns speeds end at %d and %d", w, c.sealSpeed, c.openSpeed)
		}
		x := sizeName
		for _, end := range []int{c.rate, c.bytes, c.sealBar.from + c.sealBar.size, c.seal, c.sealSpeed, c.openBar.from + c.openBar.size, c.open, c.openSpeed} {
			if end == 0 {
				continue
			}
			if end <= x || end > w {
				t.Errorf("at %d columns %+v: %d after %d", w, c, end, x)
			}
			x = end
		}
	}
}
