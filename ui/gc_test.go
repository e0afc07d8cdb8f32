package ui

import (
	"fmt"
	"testing"
)

// gcStory shows the GC page of a load that was paused for a while, in which the
// dashboard's cost was learned.
func (b *bench) gcStory() {
	b.story()
	b.press("5")
	b.rest(30)
	b.load.s.Config.GOGC = 200
	b.shown(60)
	b.load.collect()
	b.shown(40)
	setParam(&b.load.s.Config, "memory-limit", "128MiB")
	b.shown(60)
}

// rest feeds so many snapshots of a load that rests: what is allocated meanwhile is the
// dashboard's.
func (b *bench) rest(n int) {
	for range n {
		b.load.s.Elapsed += tick
		b.load.s.Allocs.Objects += 340
		b.load.s.Allocs.Bytes += 21 << 10
		b.load.s.Process.CPUPercent = 1.4
		b.out.bytes.Add(3 << 10)
		b.Update(snapshotMsg{b.load.s})
	}
}

// shown feeds so many snapshots of a load, each of which writes to the terminal.
func (b *bench) shown(n int) {
	for range n {
		b.out.bytes.Add(3 << 10)
		b.snapshots(1)
	}
}

// collect is a forced collection.
func (f *fakeLoad) collect() { f.forced = true }

func TestGoldenGC(t *testing.T) {
	for _, s := range sizes {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(s[0], s[1])
			b.gcStory()
			golden(t, fmt.Sprintf("gc-%dx%d.golden", s[0], s[1]), b.plain()+"\n")
		})
	}
	t.Run("not measured", func(t *testing.T) {
		b := newBench(t, "dark", false)
		b.size(80, 24)
		b.story()
		b.press("5")
		golden(t, "gc-not-measured-80x24.golden", b.plain()+"\n")
	})
	t.Run("net", func(t *testing.T) {
		b := newBench(t, "dark", false)
		b.size(120, 40)
		b.gcStory()
		b.press("c")
		golden(t, "gc-net-120x40.golden", b.plain()+"\n")
	})
}
