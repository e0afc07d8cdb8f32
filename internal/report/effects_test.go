package report

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// eachOf makes up the results of an experiment in which an optimization takes
// away what it does alone, and no two take away the same but of the allocations.
func eachOf(slices int) *load.Results {
	rng := rand.New(rand.NewPCG(3, 4))
	c := armOf("", session.Baseline).Config
	r := &load.Results{
		Plan:    load.Plan{Arms: load.EachArms(c), Slices: slices, Slice: load.DefaultSlice},
		Elapsed: time.Duration(10*slices) * 330 * time.Millisecond,
	}
	for number := range slices {
		for arm, a := range r.Plan.Arms {
			k, o := costly, a.Config.Optimizations
			if o.KeyBuffer {
				k.allocs, k.keyAllocs = k.allocs-5, k.keyAllocs-5
			}
			if o.SingleHKDF {
				k.hkdf, k.cpu, k.p50 = 2, k.cpu-3000, k.p50-4000
				k.allocs -= 12
			}
			if o.ReusableHash {
				k.cpu, k.p50, k.cycles = k.cpu-2000, k.p50-3000, k.cycles-400
				k.allocs = min(k.allocs-2, 12)
			}
			if o.Pool != session.PoolNone {
				k.bytes, k.cycles, k.hits = k.bytes-4000, k.cycles-350, 0.999
				k.allocs--
				if o.KeyBuffer {
					k.keyAllocs--
				}
			}
			r.Slices = append(r.Slices, k.measured(rng, arm, number))
		}
	}
	return r
}

// effects are cases by their name.
func effects() map[string]load.Effects {
	short := eachOf(20)
	short.Slices, short.Partial = short.Slices[:137], true
	bad := eachOf(10)
	for i := range bad.Slices {
		if s := &bad.Slices[i]; s.Arm == 3 && s.Number < 4 || s.Arm == 7 && s.Number < 1 {
			s.Valid, s.Reasons = false, []string{"overload: 12 sessions not started"}
		}
	}
	nothing := eachOf(0)
	nothing.Plan.Slices, nothing.Partial, nothing.Elapsed = 20, true, 0
	return map[string]load.Effects{
		"far": eachOf(20).Each(), "partial": short.Each(), "bad": bad.Each(), "empty": nothing.Each(),
	}
}

func writtenEffects(t *testing.T, format string, e load.Effects) string {
	t.Helper()
	var b strings.Builder
	if err := WriteEffects(&b, format, e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEffectsGolden(t *testing.T) {
	all := effects()
	for format, names := range map[string][]string{
		"text":     {"far", "partial", "bad", "empty"},
		"markdown": {"far", "bad"},
	} {
		for _, name := range names {
			file := "each-" + name + map[string]string{"text": ".txt", "markdown": ".md"}[format]
			t.Run(file, func(t *testing.T) {
				got := writtenEffects(t, format, all[name])
				golden(t, file+".golden", got)
			})
		}
	}
}

func TestEffectsTextStaysNarrow(t *testing.T) {
	for name, e := range effects() {
		for line := range strings.Lines(writtenEffects(t, "text", e)) {
			if width := ansi.StringWidth(strings.TrimSuffix(line, "\n")); width > textWidth {
				t.Errorf("%s: %d cells: %s", name, width, line)
			}
		}
	}
}

// TestEffectsWithoutVerdict: nothing can be taken for a difference then.
func TestEffectsWithoutVerdict(t *testing.T) {
	for _, name := range []string{"partial", "bad", "empty"} {
		for _, format := range []string{"text", "markdown"} {
			text := writtenEffects(t, format, effects()[name])
			if strings.Contains(text, "[") || strings.Contains(text, "~") || !strings.Contains(text, "no verdict") {
				t.Errorf("%s, %s:\n%s", name, format, text)
			}
		}
	}
}

func TestEffectsJSON(t *testing.T) {
	for name, e := range effects() {
		var got struct {
			Schema  string
			Effects []struct{ Optimization string }
		}
		if err := json.Unmarshal([]byte(writtenEffects(t, "json", e)), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Schema != load.EffectsSchema || len(got.Effects) != len(session.OptimizationNames()) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWriteEffectsErrors(t *testing.T) {
	for _, format := range EffectsFormats() {
		if err := WriteEffects(&brokenWriter{}, format, effects()["empty"]); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", format, err)
		}
	}
	want := `"gobench" is not valid; want text, markdown or json`
	if err := WriteEffects(&strings.Builder{}, "gobench", load.Effects{}); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
