package session

import (
	"fmt"
	"strings"
)

// PoolKind says where a [Manager] takes the storage of a new session from, and
// where it puts the storage of a removed one (P0-3).
type PoolKind uint8

const (
	// PoolNone allocates every session anew and leaves it to the collector.
	PoolNone PoolKind = iota
	// PoolSync reuses storage through a [sync.Pool], which the garbage
	// collector empties over two cycles.
	PoolSync
	// PoolFreeList reuses storage through free lists of bounded length, one a
	// shard, which the garbage collector leaves alone.
	PoolFreeList
)

var poolNames = [...]string{PoolNone: "none", PoolSync: "sync", PoolFreeList: "freelist"}

// PoolKinds returns the kinds in the order in which a user steps through them.
func PoolKinds() []PoolKind { return []PoolKind{PoolNone, PoolSync, PoolFreeList} }

// String returns the kind as it is written in flags and files.
func (k PoolKind) String() string {
	if int(k) < len(poolNames) {
		return poolNames[k]
	}
	return fmt.Sprintf("PoolKind(%d)", uint8(k))
}

// ParsePoolKind is the inverse of [PoolKind.String].
func ParsePoolKind(s string) (PoolKind, error) {
	for k, name := range poolNames {
		if s == name {
			return PoolKind(k), nil
		}
	}
	return 0, fmt.Errorf("session: pool kind %q is not one of %s", s, strings.Join(poolNames[:], ", "))
}

// MarshalText writes the kind as [PoolKind.String] does.
func (k PoolKind) MarshalText() ([]byte, error) {
	if int(k) >= len(poolNames) {
		return nil, fmt.Errorf("session: pool kind %d is unknown", uint8(k))
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads what [PoolKind.MarshalText] wrote.
func (k *PoolKind) UnmarshalText(text []byte) error {
	v, err := ParsePoolKind(string(text))
	if err == nil {
		*k = v
	}
	return err
}

// Optimizations are the switches that sagetop exists to compare. The zero
// value is the "before" column: every switch off, which is a real
// implementation of what the code did before, not a slowed-down one. A change
// made through [Manager.SetOptimizations] holds for the sessions created
// afterwards. Every combination derives keys that any other peer with the same
// SingleHKDF setting derives too.
type Optimizations struct {
	// KeyBuffer (P0-1) keeps all six keys in one 192-byte buffer instead of
	// six allocations of 32 bytes.
	KeyBuffer bool
	// SingleHKDF (P0-2) derives the keys with two HKDFs, one for the shared
	// keys and one for the directional ones, instead of six. It changes the
	// key schedule: both ends of a session must agree on it.
	SingleHKDF bool
	// ReusableHash computes HKDF and HMAC over SHA-256 state that is kept and
	// reused, instead of through the library, which allocates its own for
	// each call. The bytes are the same.
	ReusableHash bool
	// Pool (P0-3) says whether and how session storage is reused.
	Pool PoolKind
}

// reusableHash is ReusableHash where there is a hash to reuse.
func (o Optimizations) reusableHash() bool { return o.ReusableHash && hashReusable }

// The presets.
var (
	// Baseline is the code before the optimizations.
	Baseline = Optimizations{}
	// Seed is the three optimizations as the SAGE project describes them:
	// library HKDF, and a [sync.Pool].
	Seed = Optimizations{KeyBuffer: true, SingleHKDF: true, Pool: PoolSync}
	// Tuned is everything this engine has.
	Tuned = Optimizations{KeyBuffer: true, SingleHKDF: true, ReusableHash: true, Pool: PoolFreeList}
)

var presets = []struct {
	name string
	opts Optimizations
}{{"baseline", Baseline}, {"seed", Seed}, {"tuned", Tuned}}

// OptimizationNames returns the words a list for [ParseOptimizations] is made
// of, after the presets "baseline", "seed" and "tuned".
func OptimizationNames() []string {
	return []string{"key-buffer", "single-hkdf", "pool", "reusable-hash"}
}

// Preset returns the name of the preset that o equals, or "custom".
func (o Optimizations) Preset() string {
	for _, p := range presets {
		if o == p.opts {
			return p.name
		}
	}
	return "custom"
}

// String returns the name of the preset that o equals, or the switches that
// are on as a list: "key-buffer,pool". The list does not tell which kind of
// pool; that is [Optimizations.Pool]'s own to say.
func (o Optimizations) String() string {
	if name := o.Preset(); name != "custom" {
		return name
	}
	on := []bool{o.KeyBuffer, o.SingleHKDF, o.Pool != PoolNone, o.ReusableHash}
	var list []string
	for i, name := range OptimizationNames() {
		if on[i] {
			list = append(list, name)
		}
	}
	return strings.Join(list, ",")
}

// ParseOptimizations reads the name of a preset, or a comma-separated list of
// [OptimizationNames]. In a list, "pool" means [PoolFreeList].
func ParseOptimizations(s string) (Optimizations, error) {
	for _, p := range presets {
		if s == p.name {
			return p.opts, nil
		}
	}
	var o Optimizations
	for word := range strings.SplitSeq(s, ",") {
		switch strings.TrimSpace(word) {
		case "key-buffer":
			o.KeyBuffer = true
		case "single-hkdf":
			o.SingleHKDF = true
		case "pool":
			o.Pool = PoolFreeList
		case "reusable-hash":
			o.ReusableHash = true
		default:
			return Optimizations{}, fmt.Errorf("session: optimization %q is not a preset (baseline, seed, tuned) or one of %s",
				strings.TrimSpace(word), strings.Join(OptimizationNames(), ", "))
		}
	}
	return o, nil
}
