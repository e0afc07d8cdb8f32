package tune

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestSpace(t *testing.T) {
	tests := []struct {
		name string
		set  map[string]string
		axes []string
		want []string
	}{
		{"pool", nil, []string{"pool"}, []string{
			"pool freelist, pool-capacity 65536, gogc 100, memory-limit off",
			"pool none, gogc 100, memory-limit off",
			"pool sync, gogc 100, memory-limit off",
		}},
		{"capacity around what the load needs", map[string]string{"workers": "1000", "pool-capacity": "1024"}, []string{"pool-capacity"}, []string{
			"pool freelist, pool-capacity 1024, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 64, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 256, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 4096, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 16384, gogc 100, memory-limit off",
		}},
		{"capacity of a small load", map[string]string{"workers": "1", "pool-capacity": "0"}, []string{"pool-capacity"}, []string{
			"pool freelist, pool-capacity 0, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 64, gogc 100, memory-limit off",
		}},
		{"capacity of the open model", map[string]string{"model": "open", "rate": "1M/s", "lifetime": "1s", "max-live": "4M", "pool-capacity": "524288"}, []string{"pool-capacity"}, []string{
			"pool freelist, pool-capacity 524288, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 32768, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 131072, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 2097152, gogc 100, memory-limit off",
		}},
		{"capacity of no free list", map[string]string{"pool": "sync"}, []string{"pool-capacity"}, []string{
			"pool sync, gogc 100, memory-limit off",
		}},
		{"gogc is not off without a limit", map[string]string{"gogc": "150"}, []string{"gogc"}, []string{
			"pool freelist, pool-capacity 65536, gogc 150, memory-limit off",
			"pool freelist, pool-capacity 65536, gogc 25, memory-limit off",
			"pool freelist, pool-capacity 65536, gogc 50, memory-limit off",
			"pool freelist, pool-capacity 65536, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 65536, gogc 200, memory-limit off",
			"pool freelist, pool-capacity 65536, gogc 400, memory-limit off",
			"pool freelist, pool-capacity 65536, gogc 800, memory-limit off",
		}},
		{"no limit is off with gogc", map[string]string{"gogc": "off", "memory-limit": "100MiB"}, []string{"memory-limit"}, []string{
			"pool freelist, pool-capacity 65536, gogc off, memory-limit 100MiB",
			"pool freelist, pool-capacity 65536, gogc off, memory-limit 64MiB",
			"pool freelist, pool-capacity 65536, gogc off, memory-limit 128MiB",
			"pool freelist, pool-capacity 65536, gogc off, memory-limit 256MiB",
		}},
		{"limits of a large load", map[string]string{"workers": "50000", "max-live": "200k"}, []string{"memory-limit"}, []string{
			"pool freelist, pool-capacity 65536, gogc 100, memory-limit off",
			"pool freelist, pool-capacity 65536, gogc 100, memory-limit 1GiB",
			"pool freelist, pool-capacity 65536, gogc 100, memory-limit 2GiB",
			"pool freelist, pool-capacity 65536, gogc 100, memory-limit 4GiB",
		}},
		{"what is there now may make no sense", map[string]string{"gogc": "off"}, []string{"pool"}, []string{
			"pool freelist, pool-capacity 65536, gogc off, memory-limit off",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := load.ForComparison(load.Default())
			for name, text := range tt.set {
				p, _ := load.Lookup(name)
				if err := p.Set(&c, text); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, s := range space(c, tt.axes) {
				got = append(got, s.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSampleProperties: a sample has the present settings first, nothing twice and
// nothing that does not validate, and every value of an axis as soon as it is large
// enough.
func TestSampleProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := load.ForComparison(load.Default())
		c.Workers = rapid.IntRange(1, 100_000).Draw(t, "workers")
		c.PoolCapacity = rapid.IntRange(0, 100_000).Draw(t, "capacity")
		c.Optimizations.Pool = rapid.SampledFrom(session.PoolKinds()).Draw(t, "pool")
		c.GOGC = rapid.SampledFrom([]int{-1, 1, 100, 10_000}).Draw(t, "gogc")
		c.MemoryLimit = rapid.SampledFrom([]int64{load.Off, 32 << 20, 64 << 20}).Draw(t, "limit")
		all := space(c, Axes())
		n := rapid.IntRange(MinCandidates, MaxCandidates).Draw(t, "n")
		got := sample(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), all, n)
		if len(got) != min(n, len(all)) || got[0] != SettingsOf(c) {
			t.Fatalf("%d of %d settings, the first of which are %s", len(got), n, got[0])
		}
		twice, drawn, there := make(map[Settings]bool), make(map[stratum]bool), make(map[stratum]bool)
		for i, s := range got {
			if twice[s] {
				t.Fatalf("%s is there twice", s)
			}
			twice[s] = true
			if err := s.In(c).Validate(); err != nil {
				t.Fatal(err)
			}
			if i > 0 && s.GOGC == -1 && s.MemoryLimit == load.Off {
				t.Fatalf("%s never collects", s)
			}
			for _, v := range s.strata() {
				drawn[v] = true
			}
		}
		for _, s := range all {
			for _, v := range s.strata() {
				there[v] = true
			}
		}
		if n >= len(there) && len(drawn) != len(there) {
			t.Fatalf("%d of %d values were drawn", len(drawn), len(there))
		}
	})
}
