package load

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestDefaultIsValidAndWhatTheTableSays(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, p := range Params() {
		if got := p.Get(&c); got != p.Default {
			t.Errorf("%s: default %q reads back as %q", p.Name, p.Default, got)
		}
	}
	if c.Optimizations != session.Tuned {
		t.Errorf("optimizations = %v, want tuned", c.Optimizations)
	}
}

func TestParamSet(t *testing.T) {
	tests := []struct {
		param, text string
		want        func(*Config)
	}{
		{"optimizations", "baseline", func(c *Config) { c.Optimizations = session.Baseline }},
		{"optimizations", "seed", func(c *Config) { c.Optimizations = session.Seed }},
		{"optimizations", "key-buffer,single-hkdf", func(c *Config) {
			c.Optimizations = session.Optimizations{KeyBuffer: true, SingleHKDF: true}
		}},
		{"optimizations", "key-buffer, pool", func(c *Config) {
			c.Optimizations = session.Optimizations{KeyBuffer: true, Pool: session.PoolFreeList}
		}},
		{"pool", "sync", func(c *Config) { c.Optimizations.Pool = session.PoolSync }},
		{"pool", "none", func(c *Config) { c.Optimizations.Pool = session.PoolNone }},
		{"pool-capacity", "0", func(c *Config) { c.PoolCapacity = 0 }},
		{"pool-capacity", "64k", func(c *Config) { c.PoolCapacity = 64000 }},
		{"model", "closed", func(c *Config) { c.Model = Closed }},
		{"rate", "20000/s", func(c *Config) { c.Rate = 20000 }},
		{"rate", "20k/s", func(c *Config) { c.Rate = 20000 }},
		{"rate", "1.5M", func(c *Config) { c.Rate = 1.5e6 }},
		{"rate", "12,500", func(c *Config) { c.Rate = 12500 }},
		{"arrival", "constant", func(c *Config) { c.Arrival = Constant }},
		{"max-live", "1.1M", func(c *Config) { c.MaxLive = 1_100_000 }},
		{"workers", "0.25k", func(c *Config) { c.Workers = 250 }},
		{"workers", "1M", func(c *Config) { c.Workers = 1_000_000 }},
		{"lifetime", "1500ms", func(c *Config) { c.Lifetime = Fixed(1500 * time.Millisecond) }},
		{"lifetime", "0", func(c *Config) { c.Lifetime = Dist{} }},
		{"messages", "1000", func(c *Config) { c.Messages = Fixed(1000) }},
		{"message-size", "64B", func(c *Config) { c.MessageSize = Fixed(64) }},
		{"message-size", "64", func(c *Config) { c.MessageSize = Fixed(64) }},
		{"message-size", "1.5KiB", func(c *Config) { c.MessageSize = Fixed(1536) }},
		{"message-size", "2kB", func(c *Config) { c.MessageSize = Fixed(2000) }},
		{"max-live", "2", func(c *Config) { c.MaxLive = 2 }},
		{"expire-share", "5%", func(c *Config) { c.ExpireShare = 0.05 }},
		{"expire-share", "0.25", func(c *Config) { c.ExpireShare = 0.25 }},
		{"expire-share", "100%", func(c *Config) { c.ExpireShare = 1 }},
		{"handshake", "none", func(c *Config) { c.Handshake = HandshakeNone }},
		{"handshake-share", "0%", func(c *Config) { c.HandshakeShare = 0 }},
		{"gogc", "off", func(c *Config) { c.GOGC = -1 }},
		{"gogc", "400", func(c *Config) { c.GOGC = 400 }},
		{"gogc", "50%", func(c *Config) { c.GOGC = 50 }},
		{"memory-limit", "off", func(c *Config) { c.MemoryLimit = math.MaxInt64 }},
		{"memory-limit", "512MiB", func(c *Config) { c.MemoryLimit = 512 << 20 }},
		{"rng-seed", "18446744073709551615", func(c *Config) { c.RNGSeed = math.MaxUint64 }},
		{"duration", "90s", func(c *Config) { c.Duration = 90 * time.Second }},
	}
	for _, tt := range tests {
		t.Run(tt.param+"="+tt.text, func(t *testing.T) {
			p, ok := Lookup(tt.param)
			if !ok {
				t.Fatal("no such parameter")
			}
			got, want := Default(), Default()
			if err := p.Set(&got, tt.text); err != nil {
				t.Fatal(err)
			}
			tt.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if err := got.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParamRefuses(t *testing.T) {
	bad := map[string][]string{
		"optimizations":   {"", "fast", "key-buffer,fast", "tuned,pool", ","},
		"pool":            {"", "Sync", "freelists"},
		"pool-capacity":   {"-1", "4000001", "many", "1.5", "1.k", "1.2345k", "1.5.5M", "9223372036854775807k"},
		"model":           {"", "half-open"},
		"rate":            {"", "0", "0.5/s", "-5", "3M/s", "NaN", "Inf", "20/m"},
		"arrival":         {"random"},
		"workers":         {"0", "-1", "1000001"},
		"lifetime":        {"-1s", "2h", "2", "long"},
		"messages":        {"-1", "1001"},
		"message-size":    {"-1B", "2MiB", "0.5B", "x", "NaNB"},
		"max-live":        {"1", "5M"},
		"expire-share":    {"-1%", "101%", "2", "NaN", "NaN%"},
		"handshake":       {"rsa"},
		"handshake-share": {"200%"},
		"gogc":            {"0", "-2", "10001", "on"},
		"memory-limit":    {"1MiB", "2TiB", "-1"},
		"rng-seed":        {"-1", "18446744073709551616", "x"},
		"duration":        {"-1s", "1000h"},
	}
	for _, p := range Params() {
		if len(bad[p.Name]) == 0 {
			t.Errorf("%s: no bad values to test", p.Name)
		}
		for _, text := range bad[p.Name] {
			c := Default()
			err := p.Set(&c, text)
			if err == nil {
				t.Errorf("%s accepts %q", p.Name, text)
				continue
			}
			if c != Default() {
				t.Errorf("%s=%q: the configuration changed in spite of the error", p.Name, text)
			}
			line := err.Error()
			if !strings.HasPrefix(line, p.Name+": ") || !strings.Contains(line, text) || !strings.Contains(line, "want ") || strings.Contains(line, "\n") {
				t.Errorf("%s=%q: error %q does not name parameter, value and what is right in one line", p.Name, text, line)
			}
		}
	}
}

// genConfig draws any valid configuration.
func genConfig() *rapid.Generator[Config] {
	return rapid.Custom(func(t *rapid.T) Config {
		return Config{
			Optimizations: session.Optimizations{
				KeyBuffer:    rapid.Bool().Draw(t, "key buffer"),
				SingleHKDF:   rapid.Bool().Draw(t, "single hkdf"),
				ReusableHash: rapid.Bool().Draw(t, "reusable hash"),
				Pool:         rapid.SampledFrom(session.PoolKinds()).Draw(t, "pool"),
			},
			PoolCapacity:   rapid.IntRange(0, maxCapacity).Draw(t, "capacity"),
			Model:          rapid.SampledFrom([]Model{Open, Closed}).Draw(t, "model"),
			Rate:           rapid.Float64Range(1, maxRate).Draw(t, "rate"),
			Arrival:        rapid.SampledFrom([]Arrival{Constant, Poisson}).Draw(t, "arrival"),
			Workers:        rapid.IntRange(1, maxWorkers).Draw(t, "workers"),
			Lifetime:       Fixed(rapid.Int64Range(0, int64(maxLifetime)).Draw(t, "lifetime")),
			Messages:       Fixed(rapid.IntRange(0, maxMessages).Draw(t, "messages")),
			MessageSize:    Fixed(rapid.Int64Range(0, maxMessageSize).Draw(t, "size")),
			MaxLive:        rapid.IntRange(2, maxMaxLive).Draw(t, "max live"),
			ExpireShare:    rapid.Float64Range(0, 1).Draw(t, "expire"),
			Handshake:      rapid.SampledFrom([]Handshake{HandshakeNone, HandshakeX25519}).Draw(t, "handshake"),
			HandshakeShare: rapid.Float64Range(0, 1).Draw(t, "handshake share"),
			GOGC:           rapid.OneOf(rapid.Just(-1), rapid.IntRange(1, maxGOGC)).Draw(t, "gogc"),
			MemoryLimit:    rapid.OneOf(rapid.Just(int64(Off)), rapid.Int64Range(minMemoryLimit, maxMemoryLimit)).Draw(t, "limit"),
			RNGSeed:        rapid.Uint64().Draw(t, "seed"),
			Duration:       time.Duration(rapid.Int64Range(0, int64(maxDuration)).Draw(t, "duration")),
		}
	})
}

// What Get writes, Set reads back to the same value: flags, files and the
// screen can all carry a configuration.
func TestParamsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genConfig().Draw(t, "config")
		if err := want.Validate(); err != nil {
			t.Fatal(err)
		}
		got := Default()
		for _, p := range Params() {
			if err := p.Set(&got, p.Get(&want)); err != nil {
				t.Fatal(err)
			}
		}
		if got != want {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

// Setting what Diff lists turns one configuration into the other.
func TestDiffIsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genConfig().Draw(t, "a"), genConfig().Draw(t, "b")
		if d := Diff(a, a); len(d) != 0 {
			t.Fatalf("a differs from itself: %v", d)
		}
		for _, change := range Diff(a, b) {
			p, _ := Lookup(change.Param)
			if err := p.Set(&a, change.New); err != nil {
				t.Fatal(err)
			}
		}
		if a != b {
			t.Fatal(cmp.Diff(b, a))
		}
	})
}

func TestDiffWords(t *testing.T) {
	a := Default()
	b := a
	b.Optimizations = session.Baseline
	if got := Diff(a, b); len(got) != 1 || got[0].String() != "optimizations tuned→baseline" {
		t.Errorf("a preset with its pool is %v, want one change", got)
	}
	b = a
	b.Rate = 20000
	if got := Diff(a, b); len(got) != 1 || got[0].String() != "rate 5000/s→20000/s" {
		t.Errorf("diff = %v", got)
	}
}

func TestConfigJSON(t *testing.T) {
	text, err := json.Marshal(Default())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"optimizations": "tuned", "pool": "freelist", "pool_capacity": 65536.0, "model": "open",
		"rate_per_second": 5000.0, "arrival": "poisson", "workers": 1000.0, "lifetime_ns": 2e9,
		"messages": 4.0, "message_size_bytes": 1024.0, "max_live": 200000.0, "expire_share": 0.05,
		"handshake": "x25519", "handshake_share": 0.01, "gogc": 100.0, "memory_limit_bytes": nil,
		"rng_seed": 1.0, "duration_ns": 0.0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzParams feeds text to every parameter: what is accepted must be in range
// and survive being written and read again.
func FuzzParams(f *testing.F) {
	for _, seed := range []string{"tuned", "5%", "20k/s", "1KiB", "2s", "off", "-1", "1e9", "0x10", "", "9223372036854775807", "1_000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range Params() {
			c := Default()
			if p.Set(&c, text) != nil {
				continue
			}
			if err := c.Validate(); err != nil {
				t.Errorf("%s accepts %q, which is not valid: %v", p.Name, text, err)
			}
			again := Default()
			if err := p.Set(&again, p.Get(&c)); err != nil || again != c {
				t.Errorf("%s=%q is written as %q, which reads as something else (%v)", p.Name, text, p.Get(&c), err)
			}
		}
	})
}
