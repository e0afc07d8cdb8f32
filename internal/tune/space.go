package tune

import (
	"cmp"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Settings are the values of the parameters that a search may change.
type Settings struct {
	Pool session.PoolKind
	// Capacity is how many slots the free lists of one manager may hold. It is
	// of no effect without free lists.
	Capacity    int
	GOGC        int   // percent; -1 is off
	MemoryLimit int64 // bytes; [load.Off] is none
}

// SettingsOf returns the settings that are in c.
func SettingsOf(c load.Config) Settings {
	return Settings{Pool: c.Optimizations.Pool, Capacity: c.PoolCapacity, GOGC: c.GOGC, MemoryLimit: c.MemoryLimit}
}

// In returns c with these settings.
func (s Settings) In(c load.Config) load.Config {
	c.Optimizations.Pool, c.PoolCapacity = s.Pool, s.Capacity
	c.GOGC, c.MemoryLimit = s.GOGC, s.MemoryLimit
	return c
}

// Value is one parameter with its value, as its [load.Param] writes it.
type Value struct{ Name, Text string }

// Values returns those of the settings that have an effect, in the order of
// [Axes].
func (s Settings) Values() []Value {
	var all []Value
	c := s.In(load.Default())
	for _, name := range Axes() {
		if name == "pool-capacity" && s.Pool != session.PoolFreeList {
			continue
		}
		p, _ := load.Lookup(name)
		all = append(all, Value{name, p.Get(&c)})
	}
	return all
}

// String returns the settings on one line: "pool sync, gogc 200, memory-limit off".
func (s Settings) String() string {
	var words []string
	for _, v := range s.Values() {
		words = append(words, v.Name+" "+v.Text)
	}
	return strings.Join(words, ", ")
}

// Axes returns the names of the parameters that a search may change.
func Axes() []string { return []string{"pool", "pool-capacity", "gogc", "memory-limit"} }

const (
	// leastCapacity is the smallest capacity that is tried.
	leastCapacity = 64
	// leastLimit is the smallest memory limit that is tried; twice and four times
	// of it are, too.
	leastLimit = 64 << 20
	// heapPerSession is more than a session takes, so that no limit is tried under
	// which the load does not fit.
	heapPerSession = 8 << 10
)

// targets are the values of GOGC that are tried, besides off.
var targets = []int{25, 50, 100, 200, 400, 800}

// alive returns how many sessions the load has in one manager at a time.
func alive(c *load.Config) int {
	n := float64(c.Workers)
	if c.Model == load.Open {
		n = c.Rate / 2 * c.Lifetime.Mean() / 1e9
	}
	return max(min(int(n), c.MaxLive/2), 1)
}

// powerOfTwo returns the smallest power of two that is not below n.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(max(n, 1)-1)) }

// space returns all sensible settings that differ from the present ones in
// nothing but the axes. The present ones are the first, and none is there twice.
func space(present load.Config, axes []string) []Settings {
	now := SettingsOf(present)
	all := []Settings{now}
	for _, pool := range pools(present, axes) {
		for _, gogc := range gogcs(now, axes) {
			for _, limit := range limits(present, axes) {
				if gogc == -1 && limit == load.Off {
					continue // nothing would ever be collected
				}
				s := Settings{Pool: pool.Pool, Capacity: pool.Capacity, GOGC: gogc, MemoryLimit: limit}
				if s != now {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// pools returns the kinds of pool that are tried, with their capacities: with free
// lists, a few around what the load needs. A kind that has none keeps the present.
func pools(present load.Config, axes []string) []Settings {
	kinds := []session.PoolKind{present.Optimizations.Pool}
	if slices.Contains(axes, "pool") {
		kinds = session.PoolKinds()
	}
	capacities := []int{present.PoolCapacity}
	if slices.Contains(axes, "pool-capacity") {
		need := powerOfTwo(alive(&present))
		for _, n := range []int{need / 16, need / 4, need, 4 * need, 16 * need} {
			c := present
			c.PoolCapacity = max(n, leastCapacity)
			if !slices.Contains(capacities, c.PoolCapacity) && c.Validate() == nil {
				capacities = append(capacities, c.PoolCapacity)
			}
		}
	}
	var all []Settings
	for _, kind := range kinds {
		for _, n := range capacities {
			if kind == session.PoolFreeList || n == present.PoolCapacity {
				all = append(all, Settings{Pool: kind, Capacity: n})
			}
		}
	}
	return all
}

// gogcs returns the values of GOGC that are tried.
func gogcs(now Settings, axes []string) []int {
	if !slices.Contains(axes, "gogc") {
		return []int{now.GOGC}
	}
	all := append(slices.Clone(targets), -1)
	if !slices.Contains(all, now.GOGC) {
		all = append(all, now.GOGC)
	}
	return all
}

// limits returns the memory limits that are tried.
func limits(present load.Config, axes []string) []int64 {
	all := []int64{present.MemoryLimit}
	if !slices.Contains(axes, "memory-limit") {
		return all
	}
	least := int64(max(leastLimit, powerOfTwo(2*alive(&present)*heapPerSession)))
	for _, limit := range []int64{load.Off, least, 2 * least, 4 * least} {
		if !slices.Contains(all, limit) {
			all = append(all, limit)
		}
	}
	return all
}

// sample returns n of all, or all if there are no more, drawn by rng so that each
// value of an axis comes up about as often as every other. The first stays the
// first.
func sample(rng *rand.Rand, all []Settings, n int) []Settings {
	if len(all) <= n {
		return slices.Clone(all)
	}
	left := slices.Clone(all[1:])
	rng.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	drawn := make([]Settings, 0, n)
	seen := make(map[stratum]int) // how often a value was drawn
	draw := func(s Settings) {
		drawn = append(drawn, s)
		for _, v := range s.strata() {
			seen[v]++
		}
	}
	draw(all[0])
	for len(drawn) < n {
		next := slices.MinFunc(left, func(a, b Settings) int {
			newA, oftenA := novelty(seen, a)
			newB, oftenB := novelty(seen, b)
			return cmp.Or(cmp.Compare(newB, newA), cmp.Compare(oftenA, oftenB))
		})
		draw(next)
		left = slices.DeleteFunc(left, func(s Settings) bool { return s == next })
	}
	return drawn
}

// stratum is a value that a sample is to be even in.
type stratum struct {
	axis string
	a, b int64
}

// strata are those of s. A kind of pool and its capacity are one.
func (s Settings) strata() [3]stratum {
	return [...]stratum{{"pool", int64(s.Pool), int64(s.Capacity)}, {"gogc", int64(s.GOGC), 0}, {"memory-limit", s.MemoryLimit, 0}}
}

// novelty says how many values of s were not drawn yet, and how often its values
// were drawn.
func novelty(seen map[stratum]int, s Settings) (fresh, often int) {
	for _, v := range s.strata() {
		if seen[v] == 0 {
			fresh++
		}
		often += seen[v]
	}
	return fresh, often
}
