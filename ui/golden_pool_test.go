package ui

import (
	"fmt"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestGoldenPool has the Pool page with each kind of pool.
func TestGoldenPool(t *testing.T) {
	for _, kind := range session.PoolKinds() {
		for _, s := range sizes {
			if kind != session.PoolFreeList && s[0] != 80 && s[0] != 120 {
				continue
			}
			name := fmt.Sprintf("%s-%dx%d", kind, s[0], s[1])
			t.Run(name, func(t *testing.T) {
				b := newBench(t, "dark", false)
				b.size(s[0], s[1])
				b.press("3")
				b.pooledStory(kind)
				golden(t, "pool-"+name+".golden", b.plain()+"\n")
			})
		}
	}
}
