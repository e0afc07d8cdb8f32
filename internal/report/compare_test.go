package report

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// cost is what a session costs in the slices of an arm that is made up.
type cost struct {
	allocs, bytes, hkdf, keyAllocs float64
	cpu, wall, p50, p99            time.Duration
	hits                           float64 // share of the pool's gets; without a pool 0
	cycles                         float64 // per million sessions
	gcShare                        float64
	live, peak                     float64 // bytes
}

var (
	costly = cost{
		allocs: 38.02, bytes: 6790, hkdf: 6, keyAllocs: 6, cpu: 14200, wall: 7300, p50: 21500, p99: 96 * time.Microsecond,
		cycles: 812, gcShare: 0.184, live: 9.4e6, peak: 18.3e6,
	}
	cheap = cost{
		allocs: 9.03, bytes: 1871, hkdf: 2, cpu: 7610, wall: 3920, p50: 11800, p99: 61 * time.Microsecond,
		hits: 0.9993, cycles: 96, gcShare: 0.021, live: 11.2e6, peak: 19.9e6,
	}
)

// measured makes up a slice of that cost.
func (k cost) measured(rng *rand.Rand, arm, number int) load.Slice {
	n := 60000 + rng.Uint64N(3000)
	vary := func(v, by float64) float64 { return v * (1 + float64(by*rng.NormFloat64())) } // not fused: the same on all processors
	total := func(perSession, by float64) uint64 { return uint64(math.Round(float64(n) * vary(perSession, by))) }
	s := load.Slice{
		Arm: arm, Number: number, Valid: true, Sessions: n,
		Objects: total(k.allocs, 0.0002), Bytes: total(k.bytes, 0.001), HKDF: total(k.hkdf, 0), KeyAllocs: total(k.keyAllocs, 0),
		CPU: time.Duration(total(float64(k.cpu), 0.015)), Wall: time.Duration(total(float64(k.wall), 0.02)),
		CreateP50: time.Duration(vary(float64(k.p50), 0.01)), CreateP99: time.Duration(vary(float64(k.p99), 0.06)),
		GCCycles: uint64(max(math.Round(vary(k.cycles*float64(n)/1e6, 0.1)), 0)),
		HeapLive: uint64(vary(k.live, 0.02)), HeapPeak: uint64(vary(k.peak, 0.02)),
	}
	if k.hits > 0 {
		s.PoolGets, s.PoolHits = n, uint64(vary(k.hits, 0.0001)*float64(n))
	}
	s.GCCPU = time.Duration(vary(k.gcShare, 0.05) * float64(s.CPU))
	s.GCPause = time.Duration(s.GCCycles) * time.Duration(vary(41000, 0.08))
	s.GCPauseP99 = time.Duration(vary(88000, 0.1))
	return s
}

// experiment makes up the results of an experiment of two arms.
func experiment(slices int, base, other load.Arm, costs [2]cost) *load.Results {
	rng := rand.New(rand.NewPCG(1, 2))
	r := &load.Results{
		Plan:    load.Plan{Arms: []load.Arm{base, other}, Slices: slices, Slice: load.DefaultSlice},
		Elapsed: time.Duration(2*slices) * 330 * time.Millisecond,
	}
	for number := range slices {
		for arm, k := range costs {
			r.Slices = append(r.Slices, k.measured(rng, arm, number))
		}
	}
	return r
}

func armOf(name string, o session.Optimizations) load.Arm {
	c := load.Default()
	c.Optimizations, c.Model, c.Handshake = o, load.Closed, load.HandshakeNone
	c.Lifetime = load.Fixed(time.Millisecond)
	return load.Arm{Name: name, Config: c}
}

// nasty are names that would break a terminal, a table or a file.
const (
	nastyBase = "a|b`c` *d* \x1b[31m\x9b2J\nBenchmarkX 1 2 ns/op"
	nastyNew  = "</text><script>alert(\"&\")</script> @all #1 \u202e日本語/\\|ü=\xff-2"
)

// comparisons are cases by their name.
func comparisons() map[string]load.Comparison {
	baseline, tuned := armOf("baseline", session.Baseline), armOf("tuned", session.Tuned)
	far := experiment(20, baseline, tuned, [2]cost{costly, cheap})

	same := experiment(20, tuned, tuned, [2]cost{cheap, cheap})

	short := experiment(20, baseline, tuned, [2]cost{costly, cheap})
	short.Slices, short.Partial = short.Slices[:13], true

	// With the rate behind in some slices, and another load in one arm.
	open := tuned
	open.Name, open.Config.Model, open.Config.Handshake = "conf/tuned.toml", load.Open, load.HandshakeX25519
	open.Config.GOGC, open.Config.RNGSeed = 200, 7
	behind := experiment(20, baseline, open, [2]cost{costly, cheap})
	for _, i := range []int{3, 17, 25} {
		behind.Slices[i].Valid = false
		behind.Slices[i].Reasons = []string{"behind: 4." + strconv.Itoa(i) + "k/s of 5.000k/s offered"}
		behind.Slices[i].Offered, behind.Slices[i].Achieved = 5000, uint64(4000+10*i)
	}
	bad := experiment(20, baseline, open, [2]cost{costly, cheap})
	for i := range 6 {
		bad.Slices[2*i+1].Valid = false
		bad.Slices[2*i+1].Reasons = []string{"overload: " + strconv.Itoa(i) + " sessions not started"}
		if i%3 == 2 {
			bad.Slices[2*i+1].Reasons = append(bad.Slices[2*i+1].Reasons, "cut short: "+strconv.Itoa(i)+" sessions closed before their time")
		}
	}

	// Without collections and pools, so that figures are lacking; with a share, a
	// time and a count that the base arm has none of.
	idle := costly
	idle.cycles, idle.gcShare, idle.keyAllocs = 0, 0, 0
	busy := costly
	busy.cycles = 12
	lacking := experiment(12, baseline, baseline, [2]cost{idle, busy})
	for i := range lacking.Slices {
		if s := &lacking.Slices[i]; s.Arm == 1 && s.Number < 8 {
			s.GCCycles, s.GCPause = 0, 0
		}
	}

	return map[string]load.Comparison{
		"far":     far.Compare(0, 1),
		"same":    same.Compare(0, 1),
		"partial": short.Compare(0, 1),
		"behind":  behind.Compare(0, 1),
		"bad":     bad.Compare(0, 1),
		"lacking": lacking.Compare(0, 1),
		"nasty":   experiment(10, armOf(nastyBase, session.Baseline), armOf(nastyNew, session.Seed), [2]cost{costly, cheap}).Compare(0, 1),
		"few":     experiment(4, armOf("", session.Baseline), tuned, [2]cost{costly, cheap}).Compare(0, 1),
		"empty":   experiment(0, baseline, tuned, [2]cost{costly, cheap}).Compare(0, 1),
	}
}

// testHost stands for the machine in golden files.
var testHost = host{os: "linux", arch: "amd64", cpu: "Processor of a test @ 3.00GHz", procs: 8}

// written returns what is written of a comparison, wherever the test runs.
func written(t testing.TB, format string, c load.Comparison) string {
	t.Helper()
	if format == "gobench" {
		return comparisonBench(&c, testHost)
	}
	var b strings.Builder
	write := WriteComparison
	if format == "svg" {
		write = func(w io.Writer, _ string, c load.Comparison) error { return WritePlot(w, c) }
	}
	if err := write(&b, format, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestComparisonGolden(t *testing.T) {
	all := comparisons()
	for format, names := range map[string][]string{
		"text":     {"far", "same", "partial", "behind", "bad", "lacking", "nasty", "few", "empty"},
		"markdown": {"far", "same", "partial", "behind", "lacking", "nasty"},
		"json":     {"few"},
		"gobench":  {"far", "partial", "nasty"},
		"svg":      {"far", "partial", "lacking", "nasty"},
	} {
		for _, name := range names {
			file := "compare-" + name + "." + map[string]string{"text": "txt", "markdown": "md"}[format]
			if strings.HasSuffix(file, ".") {
				file += format
			}
			t.Run(file, func(t *testing.T) {
				got := written(t, format, all[name])
				golden(t, file+".golden", got)
			})
		}
	}
}

// TestComparisonTextStaysNarrow wants no line wider than a terminal likes it.
func TestComparisonTextStaysNarrow(t *testing.T) {
	for name, c := range comparisons() {
		want := textWidth
		if name == "lacking" {
			want += 5 // with intervals of the smallest and the largest at once
		}
		for line := range strings.Lines(written(t, "text", c)) {
			if n := ansi.StringWidth(strings.TrimSuffix(line, "\n")); n > want {
				t.Errorf("%s: %d cells, want %d at most: %s", name, n, want, line)
			}
		}
	}
}

// TestNoVerdictLooksLikeNone wants nothing that could be taken for a difference
// where there is no verdict.
func TestNoVerdictLooksLikeNone(t *testing.T) {
	claims := regexp.MustCompile(`p=|~|[+-][0-9.]+ %|\[.* \.\. .*\]|\*\*[+-]|Holm`)
	for _, name := range []string{"partial", "bad", "few", "empty"} {
		for _, format := range []string{"text", "markdown", "svg"} {
			got := written(t, format, comparisons()[name])
			if found := claims.FindString(got); found != "" {
				t.Errorf("%s of %s has %q:\n%s", format, name, found, got)
			}
			if !strings.Contains(got, "no verdict") {
				t.Errorf("%s of %s does not say that there is no verdict:\n%s", format, name, got)
			}
		}
	}
}

// TestChanges: what has no effect in either arm is no difference.
func TestChanges(t *testing.T) {
	idle := func(c *load.Config) { c.Rate, c.Arrival, c.HandshakeShare = 12_000, load.Constant, 0.5 }
	tests := []struct {
		name   string
		change func(base, other *load.Config)
		want   string
	}{
		{"nothing", func(_, _ *load.Config) {}, "nothing"},
		{"in neither", func(_, other *load.Config) { idle(other) }, "nothing"},
		{"beside one that has", func(_, other *load.Config) { idle(other); other.GOGC = 200 }, "gogc 100→200"},
		{"in one of them", func(_, other *load.Config) { other.Model, other.Rate = load.Open, 12_000 }, "model closed→open, rate 5000/s→12000/s"},
		{
			"the size of no pool", func(base, other *load.Config) {
				base.Optimizations.Pool, other.Optimizations.Pool = session.PoolNone, session.PoolSync
				other.PoolCapacity = 64
			},
			"pool none→sync",
		},
		{"the kind of a pool", func(base, _ *load.Config) { base.Optimizations.Pool = session.PoolSync }, "pool sync→freelist"},
		{
			"a list and a preset", func(base, other *load.Config) {
				base.Optimizations.Pool, other.Optimizations = session.PoolSync, session.Baseline
			},
			"optimizations key-buffer,single-hkdf,pool,reusable-hash→baseline, pool sync→none",
		},
		{
			"a preset and a list with the pool of it", func(base, other *load.Config) {
				base.Optimizations, other.Optimizations.Pool = session.Seed, session.PoolSync
			},
			"optimizations seed→key-buffer,single-hkdf,pool,reusable-hash",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			arm := armOf("tuned", session.Tuned)
			c := load.Comparison{Base: load.ArmResult{Arm: arm}, New: load.ArmResult{Arm: arm}}
			tt.change(&c.Base.Config, &c.New.Config)
			if got := changes(&c); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestSigned: a difference that rounds to nothing still has a sign.
func TestSigned(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		unit string
		want string
	}{
		{0, load.UnitCount, "0"},
		{0.0001, load.UnitCount, "+0.000"},
		{-0.0001, load.UnitCount, "-0.000"},
		{-0.001, load.UnitBytes, "-0.00 B"},
		{0.001, load.UnitTime, "+0.0 ns"},
		{-4136.96, load.UnitBytes, "-4.04 KiB"},
		{-41, load.UnitCount, "-41"},
		{-0.5, load.UnitShare, "-50.0"},
	} {
		if got := signed(tt.unit)(tt.v); got != tt.want {
			t.Errorf("%v %s: got %s, want %s", tt.v, tt.unit, got, tt.want)
		}
	}
}

func TestSignedPercent(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		want string
	}{
		{0, "0"},
		{0.0123, "+0.012"},
		{-0.0123, "-0.012"},
		{-0.5, "-0.50"},
		{9.994, "+9.99"},
		{-58.93, "-58.9"},
		{-98.99, "-99.0"},
		{-99.999, "-99.99"},
		{-100, "-100"},
		{316.7, "+317"},
		{599900, "+600k"},
	} {
		if got := signedPercent(tt.v); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.v, got, tt.want)
		}
	}
}

func TestSampleOf(t *testing.T) {
	of := func(value, low, high float64) load.Samples {
		var s load.Samples
		s.Value, s.Low, s.High = value, low, high
		return s
	}
	nan := math.NaN()
	for _, tt := range []struct {
		name string
		s    load.Samples
		m    load.MetricResult
		want sample
	}{
		{"both ends", of(100, 90, 103), load.MetricResult{}, sample{"100", "± 10 %"}},
		{"no figure", of(nan, nan, nan), load.MetricResult{}, sample{"–", ""}},
		{"no interval", of(100, nan, nan), load.MetricResult{}, sample{"100", "±  ∞"}},
		{"never varies", of(6, 6, 6), load.MetricResult{Exact: true}, sample{"6", "exact"}},
		{"varied little", of(6, 6, 6), load.MetricResult{}, sample{"6", "±  0 %"}},
		{"around nothing", of(0, 0, 12e3), load.MetricResult{Metric: load.Metric{Unit: load.UnitTime}}, sample{"0 ns", "± 12.0 µs"}},
		{"wild", of(1, 0.5, 3000), load.MetricResult{}, sample{"1", "± 300k %"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sampleOf(&tt.s, &tt.m); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestComparisonJSON(t *testing.T) {
	var got struct {
		Schema string
		Arms   []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(written(t, "json", comparisons()["nasty"])), &got); err != nil {
		t.Fatal(err)
	}
	want := strings.ToValidUTF8(nastyNew, "\ufffd") // JSON has no other
	if got.Schema != load.ComparisonSchema || len(got.Arms) != 2 || got.Arms[1].Name != want {
		t.Errorf("got %+v, want the name %q", got, want)
	}
}

func TestWriteComparisonRefuses(t *testing.T) {
	err := WriteComparison(io.Discard, "yaml", load.Comparison{})
	if want := `"yaml" is not valid; want text, markdown, json or gobench`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestComparisonWriteErrorsAreReturned(t *testing.T) {
	c := comparisons()["far"]
	for _, name := range ComparisonFormats() {
		if err := WriteComparison(&brokenWriter{}, name, c); !errors.Is(err, errBroken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := WritePlot(&brokenWriter{}, c); !errors.Is(err, errBroken) {
		t.Errorf("plot: got %v", err)
	}
}
