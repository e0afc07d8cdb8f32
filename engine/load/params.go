package load

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// The limits that keep memory bounded whatever is asked for, and the ranges
// that the table shows.
const (
	maxRate        = 2_000_000 // sessions/s; a core does not reach it
	maxWorkers     = 1_000_000
	maxLifetime    = time.Hour
	maxMessages    = 1000 // the message limit of a session
	maxMessageSize = 1 << 20
	maxMaxLive     = 4_000_000
	maxCapacity    = 4_000_000
	maxGOGC        = 10_000
	minMemoryLimit = 32 << 20
	maxMemoryLimit = 1 << 40
	maxDuration    = 30 * 24 * time.Hour
	maxPeak        = 20
	maxSessions    = 1_000_000_000
)

// Params returns the table of all parameters. "optimizations" comes before
// "pool", so that a preset sets the kind of pool and an explicit kind wins.
func Params() []Param { return slices.Clone(table) }

var table = []Param{
	{
		Name: "optimizations", Kind: KindList, Default: "tuned",
		Range: "baseline | seed | tuned | list of " + strings.Join(session.OptimizationNames(), ","),
		Help:  "which optimizations new sessions use",
		Set: func(c *Config, text string) error {
			o, err := session.ParseOptimizations(text)
			if err != nil {
				return badValue("optimizations", text, "baseline, seed, tuned, or a list of "+strings.Join(session.OptimizationNames(), ","))
			}
			// "pool" in a list keeps a kind of pool that is already on.
			if o.Preset() == "custom" && o.Pool != session.PoolNone && c.Optimizations.Pool != session.PoolNone {
				o.Pool = c.Optimizations.Pool
			}
			c.Optimizations = o
			return nil
		},
		Get:   func(c *Config) string { return c.Optimizations.String() },
		Value: func(c *Config) any { return c.Optimizations.String() },
	},
	{
		Name: "pool", Kind: KindChoice, Default: "freelist", Range: "none | sync | freelist",
		Choices: []string{"none", "sync", "freelist"},
		Help:    "where session storage comes from; a preset sets it too",
		Set: func(c *Config, text string) error {
			k, err := session.ParsePoolKind(text)
			if err != nil {
				return badValue("pool", text, "none, sync or freelist")
			}
			c.Optimizations.Pool = k
			return nil
		},
		Get:   func(c *Config) string { return c.Optimizations.Pool.String() },
		Value: func(c *Config) any { return c.Optimizations.Pool.String() },
	},
	count("pool-capacity", "slots", 0, maxCapacity, "65536",
		"how many free slots each manager's free lists may hold",
		func(c *Config) *int { return &c.PoolCapacity }),
	choice("model", modelNames, "open",
		"open starts sessions at a rate, closed keeps a number of pairs alive",
		func(c *Config) *Model { return &c.Model }),
	{
		Name: "rate", Kind: KindRate, Unit: "sessions/s", Default: "5000/s", Range: "1/s to 2M/s",
		Help: "open model: sessions started per second, both ends of a pair counted",
		Set: func(c *Config, text string) error {
			v, err := parseRate(text)
			if err != nil || !(v >= 1 && v <= maxRate) {
				return badValue("rate", text, "a rate from 1/s to 2M/s, such as 20000/s or 20k/s")
			}
			c.Rate = v
			return nil
		},
		Get:   func(c *Config) string { return strconv.FormatFloat(c.Rate, 'f', -1, 64) + "/s" },
		Value: func(c *Config) any { return c.Rate },
	},
	choice("arrival", arrivalNames, "poisson",
		"open model: how the starts are spaced",
		func(c *Config) *Arrival { return &c.Arrival }),
	count("workers", "pairs", 1, maxWorkers, "1000",
		"closed model: how many pairs run side by side, each replaced when it ends",
		func(c *Config) *int { return &c.Workers }),
	choice("profile", profileNames, "steady",
		"how the rate, or the closed model's workers, go over time",
		func(c *Config) *Profile { return &c.Profile }),
	{
		Name: "stages", Kind: KindSteps, Default: "30s:5000,2m:20000,30s:0",
		Range: fmt.Sprintf("1 to %d of TIME:LEVEL, LEVEL 0 to 2M", MaxSteps),
		Help:  "profile stages: for how long, to which sessions/s or workers; 0s is a jump",
		Set: func(c *Config, text string) error {
			s, err := parseSteps(text)
			if err != nil {
				return badValue("stages", text, fmt.Sprintf("1 to %d of TIME:LEVEL with commas between, TIME to 720h and LEVEL to 2M, such as 30s:5000,2m:20k,30s:0", MaxSteps))
			}
			if s.Length() > maxDuration {
				return badValue("stages", text, "stages that take no more than 720h together")
			}
			if !s.offers() {
				return badValue("stages", text, "a LEVEL above 0 for some time, as these never start anything")
			}
			c.Steps = s
			return nil
		},
		Get:   func(c *Config) string { return c.Steps.String() },
		Value: func(c *Config) any { return c.Steps.String() },
	},
	duration("ramp-time", 0, time.Hour, "30s",
		"profiles ramp and soak: how long the way up takes, and soak's down before the run's end",
		func(c *Config) *time.Duration { return &c.RampTime }),
	duration("period", time.Second, 24*time.Hour, "30s",
		"profiles spike and sine: how long until it repeats",
		func(c *Config) *time.Duration { return &c.Period }),
	duration("spike-time", 0, 24*time.Hour, "5s",
		"profile spike: how long a spike lasts, at the end of each period",
		func(c *Config) *time.Duration { return &c.SpikeTime }),
	{
		Name: "peak", Kind: KindShare, Default: "200%", Range: "100% to 2000%",
		Help: "profiles spike and sine: how high, in percent of the rate or workers",
		Set: func(c *Config, text string) error {
			v, err := parseShare(text)
			if err != nil || !(v >= 1 && v <= maxPeak) {
				return badValue("peak", text, "a share from 100% to 2000%")
			}
			c.Peak = v
			return nil
		},
		Get:   func(c *Config) string { return formatShare(c.Peak) },
		Value: func(c *Config) any { return c.Peak },
	},
	distribution("lifetime", KindDuration, "", 0, float64(maxLifetime), "2s",
		"how long a pair lives", durationText,
		func(c *Config) *Dist { return &c.Lifetime }),
	distribution("messages", KindCount, "per pair", 0, maxMessages, "4",
		"messages that the ends of a pair send in turn, spread over its lifetime", countText,
		func(c *Config) *Dist { return &c.Messages }),
	distribution("message-size", KindSize, "", 0, maxMessageSize, "1KiB",
		"plaintext bytes of a message", sizeText,
		func(c *Config) *Dist { return &c.MessageSize }),
	count("max-live", "sessions", 2, maxMaxLive, "200000",
		"cap on live sessions; starts beyond it are dropped and counted",
		func(c *Config) *int { return &c.MaxLive }),
	share("expire-share", "5%",
		"share of the pairs left to expire instead of being closed",
		func(c *Config) *float64 { return &c.ExpireShare }),
	choice("handshake", handshakeNames, "x25519",
		"handshake that opens a pair; none resumes every pair from a fresh secret",
		func(c *Config) *Handshake { return &c.Handshake }),
	share("handshake-share", "1%",
		"share of the pairs that run the full handshake, the others resume",
		func(c *Config) *float64 { return &c.HandshakeShare }),
	choice("transport", transportNames, "memory",
		"how the ends of a handshake reach each other; http is HTTP/1.1 on loopback",
		func(c *Config) *Transport { return &c.Transport }),
	{
		Name: "gogc", Kind: KindCount, Unit: "%", Default: "100", Range: "off | 1 to 10000",
		Help: "garbage collection target, as the GOGC variable",
		Set: func(c *Config, text string) error {
			if text == "off" || text == "-1" {
				c.GOGC = -1
				return nil
			}
			v, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
			if err != nil || v < 1 || v > maxGOGC {
				return badValue("gogc", text, "off, or a whole number from 1 to 10000")
			}
			c.GOGC = v
			return nil
		},
		Get: func(c *Config) string {
			if c.GOGC == -1 {
				return "off"
			}
			return strconv.Itoa(c.GOGC)
		},
		Value: func(c *Config) any { return c.GOGC },
	},
	size("memory-limit", minMemoryLimit, maxMemoryLimit, "off", "off",
		"soft memory limit of the Go runtime, as GOMEMLIMIT",
		func(c *Config) *int64 { return &c.MemoryLimit }),
	{
		Name: "rng-seed", Kind: KindCount, Default: "1", Range: "0 to 2^64-1",
		Help: "seed of the random numbers that shape the load; keys and nonces are never seeded",
		Set: func(c *Config, text string) error {
			v, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return badValue("rng-seed", text, "a whole number from 0 to 18446744073709551615")
			}
			c.RNGSeed = v
			return nil
		},
		Get:   func(c *Config) string { return strconv.FormatUint(c.RNGSeed, 10) },
		Value: func(c *Config) any { return c.RNGSeed },
	},
	duration("duration", 0, maxDuration, "0s",
		"how long to run; 0s is until stopped",
		func(c *Config) *time.Duration { return &c.Duration }),
	count("sessions", "sessions", 0, maxSessions, "0",
		"end when so many sessions were started and are over; 0 is no such end",
		func(c *Config) *int { return &c.Sessions }),
}

func badValue(name, text, right string) error {
	return fmt.Errorf("%s: %q is not valid; want %s", name, text, right)
}

func choice[T ~uint8](name string, names []string, def, help string, field func(*Config) *T) Param {
	right := strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
	return Param{
		Name: name, Kind: KindChoice, Default: def, Help: help,
		Range: strings.Join(names, " | "), Choices: names,
		Set: func(c *Config, text string) error {
			i := slices.Index(names, text)
			if i < 0 {
				return badValue(name, text, right)
			}
			*field(c) = T(i)
			return nil
		},
		Get:   func(c *Config) string { return nameOf(names, int(*field(c))) },
		Value: func(c *Config) any { return nameOf(names, int(*field(c))) },
	}
}

func count(name, unit string, low, high int, def, help string, field func(*Config) *int) Param {
	return Param{
		Name: name, Kind: KindCount, Unit: unit, Default: def, Help: help,
		Range: fmt.Sprintf("%d to %d", low, high),
		Set: func(c *Config, text string) error {
			v, err := parseCount(text)
			if err != nil || v < int64(low) || v > int64(high) {
				return badValue(name, text, fmt.Sprintf("a whole number from %d to %d", low, high))
			}
			*field(c) = int(v)
			return nil
		},
		Get:   func(c *Config) string { return strconv.Itoa(*field(c)) },
		Value: func(c *Config) any { return *field(c) },
	}
}

func share(name, def, help string, field func(*Config) *float64) Param {
	return Param{
		Name: name, Kind: KindShare, Default: def, Help: help, Range: "0% to 100%",
		Set: func(c *Config, text string) error {
			v, err := parseShare(text)
			if err != nil || !(v >= 0 && v <= 1) {
				return badValue(name, text, "a share from 0% to 100%")
			}
			*field(c) = v
			return nil
		},
		Get:   func(c *Config) string { return formatShare(*field(c)) },
		Value: func(c *Config) any { return *field(c) },
	}
}

func duration(name string, low, high time.Duration, def, help string, field func(*Config) *time.Duration) Param {
	return Param{
		Name: name, Kind: KindDuration, Default: def, Help: help,
		Range: fmt.Sprintf("%s to %s", shortDuration(low), shortDuration(high)),
		Set: func(c *Config, text string) error {
			v, err := time.ParseDuration(text)
			if err != nil || v < low || v > high {
				return badValue(name, text, fmt.Sprintf("a time from %s to %s, such as 1500ms or 2s", shortDuration(low), shortDuration(high)))
			}
			*field(c) = v
			return nil
		},
		Get:   func(c *Config) string { return shortDuration(*field(c)) },
		Value: func(c *Config) any { return field(c).Nanoseconds() },
	}
}

// size makes a parameter in bytes. Where off is not "", that word stands for [Off].
func size(name string, low, high int64, def, off, help string, field func(*Config) *int64) Param {
	right := fmt.Sprintf("a size from %s to %s, such as %s", formatSize(low), formatSize(high), formatSize(min(2*low, high)))
	span := fmt.Sprintf("%s to %s", formatSize(low), formatSize(high))
	if off != "" {
		right, span = off+", or "+right, off+" | "+span
	}
	return Param{
		Name: name, Kind: KindSize, Default: def, Help: help, Range: span,
		Set: func(c *Config, text string) error {
			if off != "" && text == off {
				*field(c) = Off
				return nil
			}
			v, err := parseSize(text)
			if err != nil || v < low || v > high {
				return badValue(name, text, right)
			}
			*field(c) = v
			return nil
		},
		Get: func(c *Config) string {
			if off != "" && *field(c) == Off {
				return off
			}
			return formatSize(*field(c))
		},
		Value: func(c *Config) any {
			if off != "" && *field(c) == Off {
				return nil
			}
			return *field(c)
		},
	}
}

// parseCount reads a whole number, with a thousands suffix k or M, before which
// there may be decimals as long as the number is whole (1.5k), and underscores or
// commas between digits allowed.
func parseCount(text string) (int64, error) {
	text = strings.NewReplacer("_", "", ",", "").Replace(text)
	places := 0
	switch {
	case strings.HasSuffix(text, "k"):
		text, places = strings.TrimSuffix(text, "k"), 3
	case strings.HasSuffix(text, "M"):
		text, places = strings.TrimSuffix(text, "M"), 6
	}
	whole, decimals, point := strings.Cut(text, ".")
	if point && (decimals == "" || len(decimals) > places) {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(whole+decimals+strings.Repeat("0", places-len(decimals)), 10, 64)
}

// parseRate reads a number per second: "20000/s", "20k/s", "20000".
func parseRate(text string) (float64, error) {
	text = strings.NewReplacer("_", "", ",", "").Replace(strings.TrimSuffix(text, "/s"))
	// An exponent is exact where a product would not be: 1.001k is 1001.
	if number, ok := strings.CutSuffix(text, "k"); ok {
		text = number + "e3"
	} else if number, ok := strings.CutSuffix(text, "M"); ok {
		text = number + "e6"
	}
	return strconv.ParseFloat(text, 64)
}

// parseShare reads "5%" or a fraction such as "0.05".
func parseShare(text string) (float64, error) {
	if number, ok := strings.CutSuffix(text, "%"); ok {
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		return v / 100, err
	}
	return strconv.ParseFloat(text, 64)
}

// formatShare writes a share so that parseShare gives back the same value.
func formatShare(v float64) string {
	text := strconv.FormatFloat(v*100, 'g', 12, 64) + "%"
	if back, err := parseShare(text); err == nil && back == v {
		return text
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"KB", 1e3},
	{"B", 1},
	{"", 1},
}

// parseSize reads a whole or decimal number of bytes with a unit: "512B",
// "1KiB", "1.5MiB", "2kB".
func parseSize(text string) (int64, error) {
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil {
			return 0, err
		}
		v *= float64(u.bytes)
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return 0, strconv.ErrRange
		}
		return int64(v), nil
	}
	return 0, strconv.ErrSyntax
}

// formatSize writes bytes in the largest binary unit that divides them.
func formatSize(v int64) string {
	for _, u := range sizeUnits[:4] {
		if v >= u.bytes && v%u.bytes == 0 {
			return strconv.FormatInt(v/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(v, 10) + "B"
}

// shortDuration writes a time without zero minutes and seconds behind it:
// "1h" where the standard library says "1h0m0s".
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
