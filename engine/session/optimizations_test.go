package session

import (
	"strings"
	"testing"
)

func TestParseOptimizations(t *testing.T) {
	for text, want := range map[string]Optimizations{
		"baseline":                           Baseline,
		"seed":                               Seed,
		"tuned":                              Tuned,
		"key-buffer":                         {KeyBuffer: true},
		"single-hkdf, reusable-hash":         {SingleHKDF: true, ReusableHash: true},
		"pool":                               {Pool: PoolFreeList},
		"reusable-hash,pool,pool,key-buffer": {KeyBuffer: true, ReusableHash: true, Pool: PoolFreeList},
	} {
		if got, err := ParseOptimizations(text); got != want || err != nil {
			t.Errorf("%q = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"":                `optimization "" is not`,
		"fast":            `optimization "fast" is not a preset (baseline, seed, tuned) or one of key-buffer, single-hkdf, pool, reusable-hash`,
		"key-buffer,seed": `optimization "seed"`,
		"key-buffer,":     `optimization ""`,
		"Tuned":           `optimization "Tuned"`,
	} {
		if got, err := ParseOptimizations(text); err == nil || !strings.Contains(err.Error(), says) || got != (Optimizations{}) {
			t.Errorf("%q = %+v, %v, want an error that says %s", text, got, err, says)
		}
	}
}

// TestOptimizationsString reads back what String wrote. A list does not tell
// the kind of pool, and is read as that of the free list.
func TestOptimizationsString(t *testing.T) {
	for _, o := range everyOptimization() {
		got, err := ParseOptimizations(o.String())
		want := o
		if o.Preset() == "custom" && o.Pool != PoolNone {
			want.Pool = PoolFreeList
		}
		if got != want || err != nil {
			t.Errorf("%+v is written %q and read as %+v, %v", o, o, got, err)
		}
	}
	for o, want := range map[Optimizations]string{
		Baseline: "baseline", Seed: "seed", Tuned: "tuned",
		{KeyBuffer: true, Pool: PoolSync}: "custom",
	} {
		if got := o.Preset(); got != want {
			t.Errorf("preset of %+v = %q, want %q", o, got, want)
		}
	}
}

func TestPoolKindText(t *testing.T) {
	want := []string{"none", "sync", "freelist"}
	for i, kind := range PoolKinds() {
		text, err := kind.MarshalText()
		if err != nil || string(text) != want[i] || kind.String() != want[i] {
			t.Errorf("kind %d = %q, %q, %v, want %q", kind, text, kind, err, want[i])
		}
		read := PoolKind(99)
		if err := read.UnmarshalText(text); err != nil || read != kind {
			t.Errorf("%q is read as %s, %v", text, read, err)
		}
	}
	read := PoolSync
	err := read.UnmarshalText([]byte("ring"))
	if err == nil || !strings.Contains(err.Error(), `pool kind "ring" is not one of none, sync, freelist`) || read != PoolSync {
		t.Errorf("ring is read as %s, %v", read, err)
	}
	if _, err := PoolKind(7).MarshalText(); err == nil {
		t.Error("a kind that there is not was written")
	}
	if got := PoolKind(7).String(); got != "PoolKind(7)" {
		t.Errorf("a kind that there is not = %q", got)
	}
}
