package ui

import (
	"context"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

func TestAppendSigned(t *testing.T) {
	tests := []struct {
		v    float64
		unit string
		want string
	}{
		{0, load.UnitCount, "0"},
		{2, load.UnitCount, "+2"},
		{-0.25, load.UnitCount, "−0.250"},
		{-0.0004, load.UnitCount, "0.000"},
		{0.0004, load.UnitCount, "0.000"},
		{0.002, load.UnitBytes, "0.00 B"},
		{-2048, load.UnitBytes, "−2.00 KiB"},
		{-0.04, load.UnitTime, "0.0 ns"},
		{84_000, load.UnitTime, "+84.0 µs"},
		{-0.012, load.UnitShare, "−1.2 pp"},
		{-0.0001, load.UnitShare, "0.0 pp"},
		{math.NaN(), load.UnitCount, dash},
		{math.Inf(-1), load.UnitShare, dash},
	}
	for _, tt := range tests {
		if got := string(appendSigned([]byte("1 "), tt.v, tt.unit)); got != "1 "+tt.want {
			t.Errorf("%v %q: %q, want %q", tt.v, tt.unit, got, "1 "+tt.want)
		}
	}
}

func TestAppendSpread(t *testing.T) {
	tests := []struct {
		name             string
		low, value, high float64
		want             string
	}{
		{"both ways", 9, 10, 12, "±20 %"},
		{"little", 9.99, 10, 10.01, "±<1 %"},
		{"more than the figure", 0, 0.001, 0.002, "wide"},
		{"none", 6, 6, 6, dash},
		{"not of 0", 0, 0, 0.002, dash},
		{"too few", math.NaN(), 6, math.NaN(), dash},
	}
	for _, tt := range tests {
		s := load.Samples{Estimate: stats.Estimate{Low: tt.low, Value: tt.value, High: tt.high}}
		if got := string(appendSpread(nil, &s, false)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAppendInterval(t *testing.T) {
	percent := func(dst []byte, v float64, _ string) []byte { return appendPercentChange(dst, v) }
	for want, e := range map[string]stats.Estimate{
		"−64.1 … −62.9 %": {Low: -64.1, High: -62.9},
		"−2.4 … 0.0 %":    {Low: -2.4, High: 0.01},
	} {
		if got := string(appendInterval(nil, &e, "", percent)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, e := range map[string]stats.Estimate{
		"+312 ns … +4.21 µs": {Low: 312, High: 4210},
		"−1.00 … +1.00 µs":   {Low: -1000, High: 1000},
		"0.0 … +12 ns":       {Low: 0.01, High: 12},
	} {
		if got := string(appendInterval(nil, &e, load.UnitTime, appendSigned)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestScreenText(t *testing.T) {
	for text, want := range map[string]string{
		"~10-15": "~10–15", "60-70 %": "60–70 %", "-3.1 % to 30.3 %": "−3.1 % to 30.3 %",
		"-12.0 % to -3.1 %": "−12.0 % to −3.1 %", "-0.0 % to 0.2 %": "0.0 % to 0.2 %", "-0 %": "0 %",
		"-0.05 %": "−0.05 %", ">-0.1 %": ">−0.1 %", "under 10": "under 10", dash: dash, "": "",
	} {
		if got := screenText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestNoChangeWithoutAVerdict, nor an interval or a picture of one, and none where a
// metric cannot be compared.
func TestNoChangeWithoutAVerdict(t *testing.T) {
	change := regexp.MustCompile(`\d %? … |[+−][\d.]+k? %`)
	table := func(b *bench) string {
		_, after, _ := strings.Cut(b.plain(), "tuned against baseline, 20 × 250 ms ─")
		return after
	}
	for _, state := range []struct {
		name string
		err  error
		end  bool
	}{{name: "running"}, {"stopped", context.Canceled, true}} {
		b := newBench(t, "dark", false)
		b.size(160, 45)
		onCompare(b, func(b *bench) {
			b.compared(35)
			if state.end {
				b.end(35, state.err)
			}
		})
		if f := table(b); change.MatchString(f) || strings.Contains(f, "┊") {
			t.Errorf("%s: a change is shown:\n%s", state.name, f)
		}
	}
	b := newBench(t, "dark", false)
	b.size(160, 45)
	onCompare(b, func(b *bench) { b.compared(35); b.end(b.trial.turns, nil) })
	seen := 0
	for _, line := range strings.Split(table(b), "\n") {
		if !strings.Contains(line, "pool hits") && !strings.Contains(line, "GC pause p99") {
			continue
		}
		if seen++; change.MatchString(line) || strings.Contains(line, "●") {
			t.Errorf("what only one arm has is compared: %q", line)
		}
	}
	if seen != 2 {
		t.Errorf("%d rows of 2:\n%s", seen, b.plain())
	}
}

// TestDashboardHeapIsSaid: of the figures of the collector and the heap, the page says
// that the dashboard is in them.
func TestDashboardHeapIsSaid(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(160, 45)
	b.story()
	b.press(b.compareKey())
	b.compared(42)
	for i, m := range load.Metrics() {
		b.comparePage().rows[0] = i
		b.nextSlice()
		want := strings.HasPrefix(m.Name, "gc_") || strings.HasPrefix(m.Name, "heap_")
		if strings.Contains(b.plain(), "with the dashboard's own heap: ") != want || !strings.Contains(b.plain(), m.Help) {
			t.Errorf("%s:\n%s", m.Name, b.plain())
		}
	}
}
