package load

import (
	"math"
	"strings"
	"testing"
)

// TestShortfalls: slices that are not valid are told by kind, with their number.
func TestShortfalls(t *testing.T) {
	slice := func(achieved uint64, reasons ...string) Slice {
		return Slice{Valid: len(reasons) == 0, Reasons: reasons, Offered: 1000, Achieved: achieved}
	}
	tests := []struct {
		name  string
		slice []Slice
		want  string
	}{
		{"all valid", []Slice{slice(1000), slice(900)}, ""},
		{
			"two kinds, the most frequent first",
			[]Slice{slice(900, "cut short: 3 sessions"), slice(940, "behind: 940/s of 1000/s"), slice(999), slice(719, "behind: 719/s of 1000/s"), slice(930, "behind: 930/s of 1000/s")},
			"3 missed their offered load (worst 71 %), 1 was cut short",
		},
		{"one has both", []Slice{slice(500, "behind: 500/s", "cut short: 3 sessions"), slice(1000, "cut short: 4 sessions")}, "2 were cut short, 1 missed its offered load (worst 50 %)"},
		{"a kind once a slice", []Slice{slice(990, "overload: 3", "overload: 4")}, "1 was overloaded (worst 99 % of the load)"},
		{"no load is offered", []Slice{{Reasons: []string{"held up: 3 sessions"}}}, "1 was held up with processor time left"},
		{"why it is behind", []Slice{slice(990, "overload: 3", "behind: 4")}, "1 was overloaded (worst 99 % of the load)"},
		{"what was reached", []Slice{slice(1000, "live limit: 3 sessions")}, "1 hit the live limit"},
		{"not about load", []Slice{slice(10, "messages: 1 not authentic")}, "1 had messages that were not authentic"},
		{"a kind that is not known", []Slice{slice(10, "flood: 3 feet"), slice(10, "flood: 4 feet")}, "flood: 3 feet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := armResult(Arm{}, tt.slice)
			if got := a.NotValid(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestShortfallKinds: each reason that a slice can have is of a kind with words.
func TestShortfallKinds(t *testing.T) {
	now, before := &Snapshot{}, &Snapshot{}
	d := &now.Dropped
	d.Live, d.Memory, d.CPU, d.Generator, d.Failed = 1, 1, 1, 1, 1
	now.Handshakes.Failed, now.Messages.Failed, now.Sessions.Failed = 1, 1, 1
	reasons := shortfalls(now, before)
	var s Slice
	s.Offered, s.CutShort = 1e6, 1
	s.judge(before, &Snapshot{}, &Config{Model: Open}, 0, 1)
	reasons = append(reasons, s.Reasons...)
	kinds := make(map[string]bool)
	for _, why := range reasons {
		kind, _, _ := strings.Cut(why, ": ")
		kinds[kind] = true
		if shortfallWords[kind].words == "" {
			t.Errorf("%q is of no kind", why)
		}
	}
	if len(kinds) != len(shortfallWords) {
		t.Errorf("%d kinds, want %d: %q", len(kinds), len(shortfallWords), reasons)
	}
	if s.Achieved != 0 || !math.IsNaN(shortfallsOf([]Slice{{Reasons: []string{"idle: nothing"}, Offered: 1}})[0].Worst) {
		t.Error("idle has a share of load")
	}
}
