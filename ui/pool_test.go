package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// poolBench shows the Pool page of a load with a free list.
func poolBench(t *testing.T, w, h int) (*bench, *poolPage) {
	t.Helper()
	b := newBench(t, "dark", false)
	b.size(w, h)
	b.press("3")
	b.pooledStory(session.PoolFreeList)
	return b, b.pages[2].(*poolPage)
}

func TestPoolKeysChangeTheConfig(t *testing.T) {
	for _, tt := range []struct {
		key  string
		edit func(*load.Config)
		want func(*load.Config) bool
	}{
		{"k", nil, func(c *load.Config) bool { return c.Optimizations.Pool == session.PoolNone }},
		{"[", nil, func(c *load.Config) bool { return c.PoolCapacity == 32768 }},
		{"]", nil, func(c *load.Config) bool { return c.PoolCapacity == 131072 }},
		{"[", func(c *load.Config) { c.PoolCapacity = 1 }, func(c *load.Config) bool { return c.PoolCapacity == 0 }},
		{"]", func(c *load.Config) { c.PoolCapacity = 0 }, func(c *load.Config) bool { return c.PoolCapacity == 1 }},
		{"]", func(c *load.Config) { c.PoolCapacity = 1000 }, func(c *load.Config) bool { return c.PoolCapacity == 1024 }},
		{"[", func(c *load.Config) { c.PoolCapacity = 1000 }, func(c *load.Config) bool { return c.PoolCapacity == 512 }},
	} {
		b, _ := poolBench(t, 80, 24)
		if tt.edit != nil {
			tt.edit(&b.engine.config)
		}
		was := b.engine.config
		b.press(tt.key)
		if n := len(b.engine.applied); n != 1 || !tt.want(&b.engine.applied[0]) || len(load.Diff(was, b.engine.applied[0])) != 1 {
			t.Errorf("%s from %d slots: applied %v", tt.key, was.PoolCapacity, b.engine.applied)
		}
	}
}

func TestCapacityHasAnEnd(t *testing.T) {
	b, _ := poolBench(t, 80, 24)
	b.engine.config.PoolCapacity = 1 << 21
	b.press("]")
	if len(b.engine.applied) > 0 || !strings.Contains(b.plain(), errCapacity.Error()) {
		t.Errorf("applied %v, shown\n%s", b.engine.applied, b.plain())
	}
}

func TestPoolKnobsAreClicked(t *testing.T) {
	b, p := poolBench(t, 120, 40)
	for n, want := range []func(*load.Config) bool{
		func(c *load.Config) bool { return c.Optimizations.Pool == session.PoolKinds()[0] },
		func(c *load.Config) bool { return c.Optimizations.Pool == session.PoolKinds()[1] },
		func(c *load.Config) bool { return c.Optimizations.Pool == session.PoolKinds()[2] },
		func(c *load.Config) bool { return c.PoolCapacity == 32768 },
		func(c *load.Config) bool { return c.PoolCapacity == 65536 },
	} {
		i := slices.IndexFunc(b.canvas.hits, func(h hit) bool { return h.kind == hitKnob && h.n == n })
		if i < 0 {
			t.Fatalf("no knob %d", n)
		}
		if msg, ok := p.Click(b.model, b.canvas.hits[i], 0, 0)().(appliedMsg); !ok || msg.err != nil {
			t.Fatalf("knob %d: %v", n, msg.err)
		}
		if c := b.engine.Config(); !want(&c) {
			t.Errorf("knob %d made %v", n, c)
		}
	}
}

// TestFrozenPoolStands: nothing on either page moves while recording goes on, however
// long.
func TestFrozenPoolStands(t *testing.T) {
	for _, keys := range [][]string{{"3"}, {"4"}, {"4", "v"}} {
		b, _ := poolBench(t, 160, 45)
		for _, key := range keys {
			b.press(key)
		}
		body := func() string {
			lines := strings.Split(b.plain(), "\n")
			return strings.Join(lines[headerRows:len(lines)-footerRows], "\n")
		}
		b.press("space")
		frozen := body()
		b.pooledSnapshots(1500)
		if got := body(); got != frozen {
			t.Errorf("page %v moves:\n%s\nwas\n%s", keys, got, frozen)
		}
	}
}

// TestReuseRowsHaveAllClasses, each once, however many rows there are.
func TestReuseRowsHaveAllClasses(t *testing.T) {
	for last := range load.NumReuseClasses {
		for rows := 2; rows < 40; rows++ {
			var counts [load.NumReuseClasses]uint64
			want := uint64(0)
			for i := range last + 1 {
				counts[i] = uint64(1) << i
				want += counts[i]
			}
			r := reuseRowsOf(last, rows)
			got, labels := uint64(0), map[string]bool{}
			for row := range r.rows {
				got += r.sum(row, &counts)
				labels[string(appendReuse(nil, r, row))] = true
			}
			if got != want || r.rows > rows || len(labels) != r.rows {
				t.Fatalf("last %d, %d rows: %+v has %d of %d, labels %v", last, rows, r, got, want, labels)
			}
		}
	}
}

func TestClassLabels(t *testing.T) {
	for row, want := range map[int]string{0: "0", 1: "1", 2: "2–3", 10: "512–1023", 11: "1–2Ki", 20: "512Ki–1Mi", 21: "1–2Mi", 23: "4Mi+"} {
		if got := string(appendReuse(nil, reuseRows{24, 1}, row)); got != want {
			t.Errorf("reuse %d: %q, want %q", row, got, want)
		}
	}
	for classes, want := range map[[2]int]string{
		{0, 0}: "0 B", {1, 1}: "1 B", {0, 3}: "0–7 B", {10, 10}: "512–1023 B", {11, 11}: "1–2 KiB",
		{10, 11}: "512 B–2 KiB", {20, 20}: "512 KiB–1 MiB", {21, 21}: "1 MiB", {19, 21}: "256 KiB–1 MiB",
	} {
		if got := string(appendSizes(nil, classes[0], classes[1])); got != want {
			t.Errorf("sizes %v: %q, want %q", classes, got, want)
		}
	}
}

// TestTalliesAddUp: what is counted in windows that follow each other is what is counted
// in all, whatever the windows.
func TestTalliesAddUp(t *testing.T) {
	b := newBench(t, "dark", false)
	b.pooledStory(session.PoolSync)
	v := *b.view()
	for _, window := range windows {
		var p struct{ tally tally }
		over, ok := v.tallyOver(&p.tally, window)
		want := min(window, v.snap.Elapsed)
		if !ok || over < want || over > want+want/5+time.Second {
			t.Fatalf("%v: over %v, %v", window, over, ok)
		}
		sum := uint64(0)
		for _, n := range p.tally.reuse {
			sum += n
		}
		d, _ := v.history.between(v.at, over)
		if window > v.snap.Elapsed { // and the first snapshot came after the start
			d.from = new(point)
		}
		if got := uint64(d.created()); sum != got {
			t.Errorf("%v: %d sessions by reuse, %d created", window, sum, got)
		}
		c := sumClasses(&p.tally.sizes, 0, load.NumSizeClasses-1)
		if c.Seal.Count != 2*sum || c.Bytes != d.to.sealed-d.from.sealed {
			t.Errorf("%v: %d messages of %d bytes by size", window, c.Seal.Count, c.Bytes)
		}
	}
}

// TestTalliesOfAnHour: the start of each window is found, though little is kept.
func TestTalliesOfAnHour(t *testing.T) {
	h := newHistory()
	var s load.Snapshot
	for range 2 * 3600 {
		s.Elapsed += time.Second
		s.Pool.ByReuse[3]++
		h.push(&s)
	}
	v := view{history: h, snap: &s, at: s.Elapsed, end: s.Elapsed}
	for _, window := range windows {
		var tl tally
		over, ok := v.tallyOver(&tl, window)
		if !ok || over < window-coarseSnapStep || over > window+coarseSnapStep || tl.reuse[3] != uint64(over/time.Second) {
			t.Errorf("%v: %d over %v, %v", window, tl.reuse[3], over, ok)
		}
	}
}

func TestBucketQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var counts [load.NumTimeBuckets]uint64
		for range rapid.IntRange(1, 20).Draw(t, "n") {
			counts[rapid.IntRange(0, load.NumTimeBuckets-1).Draw(t, "bucket")] += rapid.Uint64Range(1, 1000).Draw(t, "count")
		}
		before := 0.0
		for _, q := range []float64{0, 0.5, 0.99, 1} {
			v := bucketQuantile(&counts, q)
			if v < before {
				t.Fatalf("quantile %v is %v, after %v", q, v, before)
			}
			before = v
			place := bucketPlace(time.Duration(v))
			if i := min(int(place), load.NumTimeBuckets-1); counts[i] == 0 && (i == 0 || counts[i-1] == 0) {
				t.Fatalf("quantile %v is %v in bucket %d, which is empty", q, v, i)
			}
		}
		x := axisOf(&counts, rapid.IntRange(10, 200).Draw(t, "cells"))
		for i, n := range counts {
			if n > 0 && (i < x.first || i >= x.first+x.columns*x.group) {
				t.Fatalf("bucket %d is not on the axis %+v", i, x)
			}
		}
	})
	if v := bucketQuantile(new([load.NumTimeBuckets]uint64), 0.5); v == v {
		t.Errorf("the median of nothing is %v", v)
	}
}

// TestShardsAddUp: bars of several shards have all of them, each once.
func TestShardsAddUp(t *testing.T) {
	for n := 1; n < 300; n += 7 {
		shards := make([]shardState, n)
		want := shardSum{n: n}
		for i := range shards {
			shards[i] = shardState{live: int32(i), free: 1, hits: uint64(3 * i), misses: 5}
			want.live += float64(i)
			want.hits += float64(3 * i)
		}
		zero := make([]shardState, n)
		for w := 1; w < 200; w += 3 {
			b := shardBarsOf(n, w)
			var got shardSum
			for bar := range b.n {
				s := b.sum(bar, shards, zero)
				got.n, got.live, got.hits = got.n+s.n, got.live+s.live, got.hits+s.hits
			}
			if got != want || b.n > w || b.from(b.n) > w || b.from(b.n) < w-w/8 {
				t.Fatalf("%d shards in %d cells: %+v has %+v, want %+v", n, w, b, got, want)
			}
		}
	}
}

// TestManyShards says how many are in a bar.
func TestManyShards(t *testing.T) {
	b, p := poolBench(t, 80, 24)
	p.known.push(b.snap.Elapsed+1, fakeShards(&b.load.s, 512))
	b.snap.Elapsed++
	b.compose()
	if got := b.row("a bar"); !strings.Contains(got, "1024, mean of 16 a bar") {
		t.Errorf("%q:\n%s", got, b.plain())
	}
}

// TestShardRing keeps a minute, in the same memory, and begins anew with the counters.
func TestShardRing(t *testing.T) {
	b := newBench(t, "dark", false)
	b.pooledStory(session.PoolFreeList)
	list := fakeShards(&b.load.s, 32)
	var r shardRing
	at := time.Duration(0)
	push := func() { at += shardStep; r.push(at, list) }
	for range 100 {
		push()
	}
	if got := testing.AllocsPerRun(100, push); got > 0 || len(r.lists) != shardLists {
		t.Errorf("%v allocations, %d lists", got, len(r.lists))
	}
	if l := r.before(at - 10*shardStep); l == nil || l.at != at-10*shardStep {
		t.Errorf("ten seconds ago: %+v", l)
	}
	if l := r.before(at - 61*shardStep); l != nil {
		t.Errorf("more than a minute ago: %v", l.at)
	}
	r.push(time.Second, list)
	if len(r.lists) != 1 || r.newest().at != time.Second || r.newest().first != 32 {
		t.Errorf("%d lists after a reset", len(r.lists))
	}
}

// TestShardsAreAskedForOnceASecond, while the page is shown and one at a time.
func TestShardsAreAskedForOnceASecond(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	p := b.pages[2].(*poolPage)
	b.snapshots(20)
	if p.asked {
		t.Error("asked while another page is shown")
	}
	b.press("3")
	asked := 0
	for i := range 50 {
		b.snapshots(1)
		if p.asked && i%3 == 2 { // the answer takes a while
			asked++
			b.Update(shardsMsg{list: fakeShards(&b.load.s, 4)})
		}
	}
	if asked < 4 || asked > 6 {
		t.Errorf("%d lists in 5 s", asked)
	}
}

// TestPoolAndCryptoData: the columns have figures, and rows are as long as the heading.
func TestPoolAndCryptoData(t *testing.T) {
	b, p := poolBench(t, 80, 24)
	v := b.view()
	for _, d := range append(p.Data(v), b.pages[3].(*crypto).Data(v)...) {
		if d.name == "" || len(d.rows) == 0 {
			t.Errorf("%q has %d rows", d.name, len(d.rows))
		}
		for _, row := range d.rows {
			if len(row) != len(d.columns) {
				t.Errorf("%s: %d figures for %d columns", d.name, len(row), len(d.columns))
			}
		}
	}
	if got := p.Copy(v); !strings.HasPrefix(got, "pool freelist, capacity 65536 each manager, in flight 4") {
		t.Errorf("copied %q", got)
	}
	if got := b.pages[3].(*crypto).Copy(v); !strings.HasPrefix(got, "x25519/memory: p50 ") {
		t.Errorf("copied %q", got)
	}
}

// TestNoMissSeen: what was never timed is a dash, and so is the difference.
func TestNoMissSeen(t *testing.T) {
	b, _ := poolBench(t, 120, 40)
	s := b.load.s
	s.Elapsed += time.Second
	s.Sampled.CreateMiss = load.Latency{}
	b.Update(snapshotMsg{s})
	if got := b.row("│ miss "); !strings.HasPrefix(got, "│ miss – – – 0 ") {
		t.Errorf("%q", got)
	}
	if got := b.row("│ more "); !strings.HasPrefix(got, "│ more – │") {
		t.Errorf("%q", got)
	}
}

// TestShareOfCPU is of what the process uses, and not known where calls by the clock took
// more than that.
func TestShareOfCPU(t *testing.T) {
	b, _ := poolBench(t, 80, 24)
	v := b.view()
	now, ok := v.history.between(v.at, recent)
	sum := 0.0
	for i := range numStages {
		sum += ofCPU(v, now, ok, i)
	}
	spent := 0.0
	for i := range numStages {
		spent += (now.to.stages[i] - now.from.stages[i]).Seconds()
	}
	if want := spent / now.elapsed.Seconds() / 0.41; sum < want*0.99 || sum > want*1.01 {
		t.Errorf("stages have %v of the processor time, want %v", sum, want)
	}
	for _, percent := range []float64{0, 5} {
		b.snap.Process.CPUPercent = percent
		if got := ofCPU(b.view(), now, ok, stageSeal); got == got {
			t.Errorf("at %v %%: %v", percent, got)
		}
	}
}
