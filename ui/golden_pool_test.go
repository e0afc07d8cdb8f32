package ui

import (
	"fmt"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestGoldenPool has the Pool page with each kind of pool.
func TestGoldenPool(t *testing.T) {
	for _, kind := range session.PoolKinds() {
		t.Run(kind.String(), func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.press("3")
			b.size(80, 24)
			b.pooledStory(kind)
			for _, s := range sizes {
				if kind == session.PoolFreeList || s[0] == 80 || s[0] == 120 {
					b.size(s[0], s[1])
					golden(t, fmt.Sprintf("pool-%s-%dx%d.golden", kind, s[0], s[1]), b.plain()+"\n")
				}
			}
		})
	}
}

// TestGoldenCrypto has both views of the Crypto page with four kinds of handshake, and
// with all and none.
func TestGoldenCrypto(t *testing.T) {
	for view := range numViews {
		t.Run(viewNames[view], func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(80, 24)
			b.pooledStory(session.PoolFreeList)
			b.press("4")
			for range view {
				b.press("v")
			}
			for _, s := range sizes {
				b.size(s[0], s[1])
				golden(t, fmt.Sprintf("crypto-%s-%dx%d.golden", viewNames[view], s[0], s[1]), b.plain()+"\n")
			}
		})
	}
	t.Run("all kinds", func(t *testing.T) {
		b := newBench(t, "dark", false)
		b.richStoryOf(allKinds())
		b.press("4")
		for _, s := range [][2]int{{80, 24}, {160, 45}} {
			b.size(s[0], s[1])
			golden(t, fmt.Sprintf("crypto-all-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
		}
	})
	t.Run("none", func(t *testing.T) {
		b := newBench(t, "dark", false)
		b.size(80, 24)
		b.story()
		b.press("4")
		golden(t, "crypto-none-80x24.golden", b.plain()+"\n")
	})
}

// lookSizes are the terminals of which there is a picture of each page in each look.
var lookSizes = [][2]int{{80, 24}, {120, 40}, {200, 50}}

func TestGoldenPoolAndCryptoLooks(t *testing.T) {
	for _, look := range looksOfGoldens {
		t.Run(look.name(), func(t *testing.T) {
			b := newBench(t, look.theme, look.ascii)
			b.press("3")
			b.size(80, 24)
			b.pooledStory(session.PoolFreeList)
			b.inLookSizes(t, "pool", look)
			b.press("4")
			b.inLookSizes(t, "crypto-keys", look)
			b.press("v")
			b.inLookSizes(t, "crypto-load", look)
		})
	}
}
