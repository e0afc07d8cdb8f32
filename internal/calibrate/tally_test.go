package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// compared returns what is read of a comparison in which the CPU times are these.
func compared(t *testing.T, base, other func(n int) time.Duration) []comparison {
	t.Helper()
	cfg := load.ForComparison(load.Default())
	r := load.Results{Plan: load.Plan{Arms: []load.Arm{{Name: "a", Config: cfg}, {Name: "b", Config: cfg}}, Slices: 20, Slice: time.Second}}
	for n := range 20 {
		for arm, cpu := range []time.Duration{base(n), other(n)} {
			r.Slices = append(r.Slices, load.Slice{Arm: arm, Number: n, Valid: true, Sessions: 1000, CPU: cpu, Wall: time.Second})
		}
	}
	data, err := json.Marshal(r.Compare(0, 1))
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(bytes.NewReader(append(data, '\n')), func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTally(t *testing.T) {
	cpu := func(n int) time.Duration { return time.Second + time.Duration(n)*time.Millisecond }
	slow := func(n int) time.Duration { return cpu(n) * 105 / 100 }
	odd := func(n int) time.Duration { // slower in eight blocks, faster in two
		if n%20 < 16 {
			return cpu(n) + 3*time.Millisecond
		}
		return cpu(n) - 3*time.Millisecond
	}

	same := tallyOf("cpu_per_session", compared(t, cpu, cpu))
	if same.compared != 1 || same.below != 0 || same.counted != 0 || same.delta != 0 || !(same.uncertain > 0.1 && same.uncertain < 2) {
		t.Errorf("the same: %+v", same)
	}
	slower := tallyOf("cpu_per_session", append(compared(t, cpu, slow), compared(t, cpu, cpu)...))
	if slower.compared != 2 || slower.below != 1 || slower.counted != 1 {
		t.Errorf("one slowed down: %+v", slower)
	}
	chance := tallyOf("cpu_per_session", compared(t, cpu, odd))
	if chance.below != 1 || chance.counted != 0 {
		t.Errorf("a difference that does not survive the correction: %+v", chance)
	}
	if none := tallyOf("gc_pause_p99", compared(t, cpu, slow)); none.compared != 0 || none.delta == none.delta {
		t.Errorf("what has no figures: %+v", none)
	}
}

func TestDocument(t *testing.T) {
	cpu := func(n int) time.Duration { return time.Second + time.Duration(n)*time.Millisecond }
	c := calibration{
		settings: settings{slower: 0.05, slices: 20, slice: time.Second},
		same:     compared(t, cpu, cpu),
		slowed:   compared(t, cpu, cpu),
		longer:   compared(t, cpu, func(n int) time.Duration { return cpu(n) * 21 / 20 }),
	}
	text := c.markdown()
	for _, want := range []string{
		"| CPU/session | ", "| 0 of 1 | 0 | +5.0 % | 0 of 1 | 1 of 1 |\n", "| GC pause p99 | – | 0 of 0 | 0 | – | 0 of 0 | 0 of 0 |\n", "1 of them came to a verdict",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q:\n%s", want, text)
		}
	}
}

func TestWithoutHooks(t *testing.T) {
	if hooks {
		t.Skip("built with them")
	}
	var out, said bytes.Buffer
	if err := run(t.Context(), []string{"-runs", "1"}, &out, &said); err == nil || !strings.Contains(err.Error(), "sagetop_testhooks") {
		t.Errorf("got %v", err)
	}
}

// What the program has its child do.
func TestChild(t *testing.T) {
	var out, said bytes.Buffer
	if err := run(t.Context(), []string{"-child", "-runs", "1", "-slices", "1", "-slice", "20ms"}, &out, &said); err != nil {
		t.Fatal(err)
	}
	all, err := read(&out, func(int) {})
	if err != nil || len(all) != 1 || len(all[0].Metrics) != len(load.Metrics()) {
		t.Errorf("%d comparisons: %v", len(all), err)
	}
}
