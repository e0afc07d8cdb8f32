package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestOutcome(t *testing.T) {
	good := outcome{same: 20, judged: 20, alarms: 1, longer: 10, found: 6}
	tests := []struct {
		name   string
		change func(*outcome)
		want   string // of what failed, "" for nothing
	}{
		{"good", func(*outcome) {}, ""},
		{"one alarm too many", func(o *outcome) { o.alarms = 2 }, "differences of the same from itself after the correction: 2, want at most 1"},
		{"twice as many runs", func(o *outcome) { o.same, o.judged, o.alarms = 40, 40, 2 }, ""},
		{"three in twice as many", func(o *outcome) { o.same, o.judged, o.alarms = 40, 40, 3 }, "differences of the same from itself after the correction: 3, want at most 2"},
		{"one in few runs", func(o *outcome) { o.same, o.judged = 3, 3 }, ""},
		{"found in half", func(o *outcome) { o.found = 5 }, "the planted slowdown was found in 5 of 10 comparisons, want more than half of them"},
		{"nothing planted", func(o *outcome) { o.longer, o.found = 0, 0 }, ""},
		{"half without a verdict", func(o *outcome) { o.judged = 10 }, ""},
		{"most without a verdict", func(o *outcome) { o.judged = 9 }, "9 of 20 comparisons of the same came to a verdict, want half of them"},
		{"both", func(o *outcome) { o.alarms, o.found = 3, 0 }, "differences of the same from itself after the correction: 3, want at most 1; the planted slowdown was found in 0 of 10 comparisons, want more than half of them"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.change(&o)
			if got := strings.Join(o.failures(), "; "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			word, text, _ := strings.Cut(o.String(), ": ")
			if failed := word == "**failed**"; failed != (tt.want != "") || failed && text != tt.want || !failed && word != "**passed**" {
				t.Error(o)
			}
		})
	}
}

// TestOutcomeOf: what is counted, and that the document ends with it.
func TestOutcomeOf(t *testing.T) {
	cpu := func(n int) time.Duration { return time.Second + time.Duration(n)*time.Millisecond }
	slow := func(n int) time.Duration { return cpu(n) * 21 / 20 }
	same, other := compared(t, cpu, cpu), compared(t, cpu, slow)
	none := compared(t, cpu, cpu)
	none[0].Verdict = false
	c := calibration{
		settings: settings{slower: 0.05, slices: 20, slice: time.Second},
		same:     append(append(append(same, other...), other...), none...),
		longer:   append(append(other, other...), same...),
	}
	if got, want := c.outcome(), (outcome{same: 4, judged: 3, alarms: 2, longer: 3, found: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var out strings.Builder
	if err := c.write(&out); !errors.Is(err, errFailed) {
		t.Errorf("got %v", err)
	}
	text := strings.TrimSuffix(out.String(), "\n")
	if last := text[strings.LastIndexByte(text, '\n')+1:]; !strings.HasPrefix(last, "**failed**: differences of the same from itself after the correction: 2, ") {
		t.Errorf("the last line is %q", last)
	}
	c.same, c.longer = same, other
	if err := c.write(&out); err != nil || !strings.Contains(out.String(), "\n**passed**: ") {
		t.Errorf("%v after %s", err, out.String())
	}
}
