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
		{"sessions", "1.5M", func(c *Config) { c.Sessions = 1_500_000 }},
		{"rate", "1.001k", func(c *Config) { c.Rate = 1001 }}, // of which 1.001 times 1000 falls short
		{"lifetime", "exp(2s)", func(c *Config) { c.Lifetime = Dist{DistExp, 2e9, 0} }},
		{"messages", "uniform(1,8)", func(c *Config) { c.Messages = Dist{DistUniform, 1, 8} }},
		{"message-size", "lognormal(1KiB,16KiB)", func(c *Config) { c.MessageSize = Dist{DistLognormal, 1024, 16384} }},
		{"handshake", "hpke", func(c *Config) { c.Handshake = HandshakeHPKE }},
		{"handshake", "hybrid", func(c *Config) { c.Handshake = HandshakeHybrid }},
		{"handshake", "mixed", func(c *Config) { c.Handshake = HandshakeMixed }},
		{"transport", "http", func(c *Config) { c.Transport = TransportHTTP }},
		{"profile", "ramp", func(c *Config) { c.Profile = ProfileRamp }},
		{"profile", "stages", func(c *Config) { c.Profile = ProfileStages }},
		{"profile", "spike", func(c *Config) { c.Profile = ProfileSpike }},
		{"profile", "sine", func(c *Config) { c.Profile = ProfileSine }},
		{"profile", "soak", func(c *Config) { c.Profile = ProfileSoak }},
		{"stages", "0s : 1M/s, 720h:0.5k", func(c *Config) {
			c.Steps = Steps{n: 2, list: [MaxSteps]Step{{0, 1e6}, {maxDuration, 500}}}
		}},
		{"ramp-time", "0s", func(c *Config) { c.RampTime = 0 }},
		{"period", "1m", func(c *Config) { c.Period = time.Minute }},
		{"spike-time", "24h", func(c *Config) { c.SpikeTime = 24 * time.Hour }},
		{"peak", "150%", func(c *Config) { c.Peak = 1.5 }},
		{"peak", "3", func(c *Config) { c.Peak = 3 }},
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
		"optimizations": {"", "fast", "key-buffer,fast", "tuned,pool", ","},
		"pool":          {"", "Sync", "freelists"},
		"pool-capacity": {"-1", "4000001", "many", "1.5", "1.k", "1.2345k", "1.5.5M", "9223372036854775807k"},
		"model":         {"", "half-open"},
		"rate":          {"", "0", "0.5/s", "-5", "3M/s", "NaN", "Inf", "20/m"},
		"arrival":       {"random"},
		"workers":       {"0", "-1", "1000001"},
		"lifetime": {
			"-1s", "2h", "2", "long", "exp", "exp(", "exp()", "exp(2s", "exp(2s))", "exp(1s,2s)", "exp(2)", "exp(Inf)", "exp(-1s)", "exp(2h)",
			"Exp(2s)", "(2s)", "gauss(1s,2s)", "constant(1s,2s)", "uniform(1s)", "uniform(1s,2s,3s)", "uniform(2s,1s)", "uniform(1s,2h)", "uniform(1s,)",
			"lognormal(2s,1s)", "lognormal(0s,1s)", "lognormal(1s)", "lognormal(1s,NaN)",
		},
		"messages":     {"-1", "1001", "1.5", "exp(1.5)", "exp(-1)", "uniform(1,NaN)", "uniform(1,1001)", "uniform(8,1)", "lognormal(0,3)"},
		"message-size": {"-1B", "2MiB", "0.5B", "x", "NaNB", "exp(Inf)", "exp(NaN)", "exp(0.5B)", "uniform(0B,2MiB)", "lognormal(2KiB,1KiB)"},
		"max-live":     {"1", "5M"},
		"expire-share": {"-1%", "101%", "2", "NaN", "NaN%"},
		"handshake":    {"rsa", "", "X25519"},
		"transport":    {"", "https", "HTTP"},
		"profile":      {"", "flat", "Ramp"},
		"stages": {
			"", ",", "30s", "30s:", ":5", "30s:5,", "30s5", "30:5", "-1s:5", "721h:5", "30s:-1", "30s:3M", "30s:NaN", "30s:Inf", "30s:5:6", "30s:5,000",
			strings.Repeat("1s:1,", MaxSteps) + "1s:1", "720h:5,1ns:5", "30s:0", "0s:5,0s:0",
		},
		"ramp-time":       {"", "-1s", "2h", "5"},
		"period":          {"", "0s", "999ms", "25h"},
		"spike-time":      {"", "-1s", "25h"},
		"peak":            {"", "99%", "0.5", "2001%", "200", "NaN", "Inf", "high"},
		"sessions":        {"", "-1", "1.5", "2000M"},
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
		c := Config{
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
			Profile:        Profile(rapid.IntRange(0, len(profileNames)-1).Draw(t, "profile")),
			Steps:          genSteps().Draw(t, "steps"),
			RampTime:       genTime(time.Hour).Draw(t, "ramp"),
			Period:         max(genTime(24*time.Hour).Draw(t, "period"), time.Second),
			SpikeTime:      genTime(24*time.Hour).Draw(t, "spike"),
			Peak:           rapid.OneOf(rapid.Just(1.0), rapid.Just(2.0), rapid.Float64Range(1, maxPeak)).Draw(t, "peak"),
			Lifetime:       genDist(int64(maxLifetime)).Draw(t, "lifetime"),
			Messages:       genDist(maxMessages).Draw(t, "messages"),
			MessageSize:    genDist(maxMessageSize).Draw(t, "size"),
			MaxLive:        rapid.IntRange(2, maxMaxLive).Draw(t, "max live"),
			ExpireShare:    rapid.Float64Range(0, 1).Draw(t, "expire"),
			Handshake:      Handshake(rapid.IntRange(0, len(handshakeNames)-1).Draw(t, "handshake")),
			HandshakeShare: rapid.Float64Range(0, 1).Draw(t, "handshake share"),
			Transport:      Transport(rapid.IntRange(0, len(transportNames)-1).Draw(t, "transport")),
			GOGC:           rapid.OneOf(rapid.Just(-1), rapid.IntRange(1, maxGOGC)).Draw(t, "gogc"),
			MemoryLimit:    rapid.OneOf(rapid.Just(int64(Off)), rapid.Int64Range(minMemoryLimit, maxMemoryLimit)).Draw(t, "limit"),
			RNGSeed:        rapid.Uint64().Draw(t, "seed"),
			Duration:       genTime(maxDuration).Draw(t, "duration"),
			Sessions:       rapid.IntRange(0, maxSessions).Draw(t, "sessions"),
		}
		if c.Profile == ProfileSpike {
			c.SpikeTime = min(c.SpikeTime, c.Period-1)
		}
		return c
	})
}

// A spike must leave room for the time between spikes, where there are any.
func TestSpikeFitsItsPeriod(t *testing.T) {
	c := Default()
	c.Period = 4 * time.Second
	if err := c.Validate(); err != nil {
		t.Errorf("a steady load: %v", err)
	}
	c.Profile = ProfileSpike
	want := `spike-time: "5s" is not valid; want less than the period, which is 4s`
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	c.SpikeTime = 4*time.Second - 1
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
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

func poolOf(o session.Optimizations, k session.PoolKind) session.Optimizations {
	o.Pool = k
	return o
}

func TestDiffWords(t *testing.T) {
	a := Default()
	b := a
	b.Optimizations = session.Baseline
	if got := Diff(a, b); len(got) != 1 || got[0].String() != "optimizations tuned→baseline" {
		t.Errorf("a preset with its pool is %v, want one change", got)
	}
	for _, tt := range []struct {
		old, now session.Optimizations
		want     string
	}{
		{poolOf(session.Tuned, session.PoolSync), session.Tuned, "pool sync→freelist"},
		{session.Tuned, poolOf(session.Tuned, session.PoolNone), "pool freelist→none"},
		{session.Seed, session.Tuned, "optimizations seed→tuned"},
		{session.Seed, poolOf(session.Tuned, session.PoolNone), "optimizations seed→key-buffer,single-hkdf,reusable-hash"},
		{session.Baseline, poolOf(session.Tuned, session.PoolSync), "optimizations baseline→key-buffer,single-hkdf,pool,reusable-hash, pool none→sync"},
		{poolOf(session.Tuned, session.PoolSync), session.Baseline, "optimizations key-buffer,single-hkdf,pool,reusable-hash→baseline, pool sync→none"},
	} {
		a, b := Default(), Default()
		a.Optimizations, b.Optimizations = tt.old, tt.now
		var got []string
		for _, change := range Diff(a, b) {
			got = append(got, change.String())
		}
		if got := strings.Join(got, ", "); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	b = a
	b.Rate = 20000
	if got := Diff(a, b); len(got) != 1 || got[0].String() != "rate 5000/s→20000/s" {
		t.Errorf("diff = %v", got)
	}
	b = a
	b.Profile, b.Peak, b.Lifetime, b.Transport = ProfileSpike, 5, Dist{DistExp, 2e9, 0}, TransportHTTP
	set(t, "stages", "0s:1k,1m:1k")(&b)
	var got []string
	for _, change := range Diff(a, b) {
		got = append(got, change.String())
	}
	want := []string{
		"profile steady→spike", "stages 30s:5000,2m:20000,30s:0→0s:1000,1m:1000", "peak 200%→500%",
		"lifetime 2s→exp(2s)", "transport memory→http",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
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
		"rate_per_second": 5000.0, "arrival": "poisson", "workers": 1000.0,
		"profile": "steady", "stages": "30s:5000,2m:20000,30s:0", "ramp_time_ns": 30e9, "period_ns": 30e9,
		"spike_time_ns": 5e9, "peak": 2.0, "lifetime_ns": 2e9, "lifetime_distribution": "2s",
		"messages": 4.0, "messages_distribution": "4",
		"message_size_bytes": 1024.0, "message_size_distribution": "1KiB", "max_live": 200000.0, "expire_share": 0.05,
		"handshake": "x25519", "handshake_share": 0.01, "transport": "memory", "gogc": 100.0, "memory_limit_bytes": nil,
		"rng_seed": 1.0, "duration_ns": 0.0, "sessions": 0.0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Times, sizes and counts are whole numbers in JSON, written without an exponent:
// who reads them as integers may go on. Only a mean number of messages may not be
// whole.
func TestConfigJSONNumbers(t *testing.T) {
	c := Default()
	c.Lifetime, c.Messages, c.MessageSize = Fixed(maxLifetime), Fixed(maxMessages), Fixed(maxMessageSize)
	c.Duration, c.Sessions, c.RNGSeed = maxDuration, maxSessions, math.MaxUint64
	for edit, want := range map[*Config][]string{
		&c: {
			`"lifetime_ns":3600000000000,"lifetime_distribution":"1h"`, `"messages":1000,`, `"message_size_bytes":1048576,`,
			`"duration_ns":2592000000000000,"sessions":1000000000}`, `"rng_seed":18446744073709551615,`,
		},
		{Lifetime: Dist{DistExp, 2e9, 0}, Messages: Dist{DistUniform, 1, 4}, MessageSize: Dist{DistLognormal, 1024, 1024}}: {
			`"lifetime_ns":2000000000,"lifetime_distribution":"exp(2s)"`, `"messages":2.5,"messages_distribution":"uniform(1,4)"`,
			`"message_size_bytes":1024,"message_size_distribution":"lognormal(1KiB,1KiB)"`,
		},
		// What is drawn stays within the range, and so does its mean.
		{Lifetime: Dist{DistLognormal, 1, 3.6e12}, MessageSize: Dist{DistUniform, 0, 1}}: {`"lifetime_ns":45407709729,`, `"message_size_bytes":1,`},
	} {
		text, err := json.Marshal(*edit)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range want {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s\nlacks %s", text, part)
			}
		}
	}
}

// The words of errors that more than the name of a parameter tell apart.
func TestErrorsSayWhatIsRight(t *testing.T) {
	tests := []struct{ param, text, want string }{
		{"profile", "flat", "steady, ramp, stages, spike, sine or soak"},
		{"handshake", "rsa", "none, x25519, hpke, hybrid or mixed"},
		{"transport", "tcp", "memory or http"},
		{"stages", "30s", "1 to 16 of TIME:LEVEL with commas between, TIME to 720h and LEVEL to 2M, such as 30s:5000,2m:20k,30s:0"},
		{"stages", "400h:5,400h:5", "stages that take no more than 720h together"},
		{"stages", "30s:0", "a LEVEL above 0 for some time, as these never start anything"},
		{"peak", "50%", "a share from 100% to 2000%"},
		{"lifetime", "uniform(3s,1s)", "the smaller end first"},
		{"lifetime", "lognormal(0s,1s)", "a median above 0"},
		{"lifetime", "lognormal(2s,1s)", "a 99th percentile that is not below the median"},
		{"lifetime", "exp(2h)", "a time from 0s to 1h, such as 2s, uniform(1s,3s), exp(2s) or lognormal(2s,10s)"},
		{"messages", "exp(1.5)", "a whole number from 0 to 1000, such as 4, uniform(1,8), exp(4) or lognormal(4,40)"},
		{"message-size", "2MiB", "a size from 0B to 1MiB, such as 1KiB, uniform(64B,4KiB), exp(1KiB) or lognormal(1KiB,16KiB)"},
		{"sessions", "-1", "a whole number from 0 to 1000000000"},
	}
	for _, tt := range tests {
		p, _ := Lookup(tt.param)
		c := Default()
		want := tt.param + `: "` + tt.text + `" is not valid; want ` + tt.want
		if err := p.Set(&c, tt.text); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// FuzzParams feeds text to every parameter: what is accepted must be in range
// and survive being written and read again.
func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		"tuned", "5%", "20k/s", "1KiB", "2s", "off", "-1", "1e9", "0x10", "", "9223372036854775807", "1_000",
		"exp(2s)", "uniform(1,8)", "uniform(1s,NaN)", "lognormal(1KiB,16KiB)", "constant(4)", "exp(Inf)",
		"30s:5000,2m:20k/s,30s:0", "0s:2M", "1s:0", "1s:5,", "1s:-0",
	} {
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

// TestExamplesAreAccepted: what an error suggests is right itself.
func TestExamplesAreAccepted(t *testing.T) {
	c, tried := Default(), 0
	for _, p := range Params() {
		err := p.Set(&c, "nonsense")
		if err == nil {
			t.Errorf("%s takes nonsense", p.Name)
			continue
		}
		_, examples, ok := strings.Cut(err.Error(), ", such as ")
		if !ok {
			continue
		}
		texts := []string{examples} // stages have commas within
		if p.Kind != KindSteps {
			texts = strings.Split(strings.ReplaceAll(examples, " or ", ", "), ", ")
		}
		for _, text := range texts {
			tried++
			if err := p.Set(&c, text); err != nil {
				t.Errorf("suggested %q: %v", text, err)
			}
		}
	}
	if tried < 10 {
		t.Errorf("%d examples", tried)
	}
}
