package tune

import (
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

func hasFile(o *Outcome) bool {
	text, ok := o.File(time.Unix(0, 0))
	return ok && text != ""
}

// TestDecide: what the final comes to, by the constraint's figure in its slices. A bound
// between two medians tells nothing if it is within their intervals.
func TestDecide(t *testing.T) {
	const below, around, above = 0, 1, 2
	heap := map[int]func(n int) uint64{
		below:  func(int) uint64 { return 90 },
		around: func(n int) uint64 { return 80 + uint64(n%5)*10 }, // 80 to 120
		above:  func(int) uint64 { return 110 },
	}
	tests := []struct {
		name          string
		bound         string // around has 100 as its median
		present, best int
		faster        bool
		want          Verdict
		why           string
	}{
		{name: "both certainly meet it", bound: "100B", want: Keep},
		{name: "both certainly meet it, and the best is faster", bound: "100B", faster: true, want: Adopt},
		{name: "the best alone certainly meets it", bound: "100B", present: above, best: below, want: Adopt},
		{name: "a miss of the present that may be chance", bound: "95B", present: around, best: below, want: Undecided, why: "it is not certain that the present settings miss heap_live < 95B"},
		{name: "such a miss, and the best is faster", bound: "95B", present: around, best: below, faster: true, want: Adopt},
		{name: "the best may meet it by chance", bound: "105B", present: above, best: around, want: Undecided, why: "it is not certain that the best settings meet heap_live < 105B"},
		{name: "such a best that is faster", bound: "105B", present: above, best: around, faster: true, want: Undecided, why: "it is not certain that the best settings meet heap_live < 105B"},
		{name: "faster, but may miss what the present meet", bound: "105B", present: below, best: around, faster: true, want: Keep},
		{name: "both miss it", bound: "95B", present: around, best: above, faster: true, want: Unsatisfied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSearch(t, taskOf(t, 1, "heap_live < "+tt.bound))
			p := s.plan(len(s.rounds)-1, s.candidates[:2])
			r := load.Results{Plan: p}
			for n := range p.Slices {
				for arm, of := range []int{tt.present, tt.best} {
					create := 100 + time.Duration(n)
					if tt.faster && arm == 1 {
						create -= 50
					}
					r.Slices = append(r.Slices, load.Slice{Arm: arm, Number: n, Valid: true, Sessions: 1000, CreateP99: create, HeapLive: heap[of](n)})
				}
			}
			o := Outcome{Search: s}
			o.decide(s, &r)
			if o.Verdict != tt.want || o.Why != tt.why {
				t.Errorf("%s, %q; want %s, %q", o.Verdict, o.Why, tt.want, tt.why)
			}
		})
	}
}

// TestMissedInTheFinal: constraints are judged by the final, too.
func TestMissedInTheFinal(t *testing.T) {
	s := newSearch(t, taskOf(t, 1, "heap_live < 1kB"))
	m := newMachine(1)
	m.noise, m.heap = 0, func(c Settings) float64 {
		switch {
		case len(m.plans) < len(s.Rounds()):
			return 10
		case c == s.candidates[0]:
			return 5000
		}
		return 2000
	}
	o, err := s.Run(t.Context(), m.measure)
	if err != nil {
		t.Fatal(err)
	}
	if o.Verdict != Unsatisfied || o.Nearest != &o.Final.Best {
		t.Errorf("%s, nearest %+v", o.Verdict, o.Nearest)
	}
}

// TestFinalist: of those in the last round, the first that meets the constraints for
// certain, besides the present settings; if none does, the first that meets them.
func TestFinalist(t *testing.T) {
	certain, edge, missed := Constrained{Met: true, Certain: true}, Constrained{Met: true}, Constrained{Certain: true, Off: 1}
	of := func(round int, present bool, c ...Constrained) Score {
		s := Score{Round: round, Present: present, Slices: 1, Valid: 1, Constraints: c}
		s.Aim.Value = 1
		return s
	}
	unknown := of(3, false, certain)
	unknown.Valid = 0
	tests := []struct {
		name    string
		ranking []Score
		want    int
	}{
		{"no constraints", []Score{of(3, false), of(3, false)}, 0},
		{"present first", []Score{of(3, true), of(3, false)}, 1},
		{"at the edge", []Score{of(3, false, edge), of(3, false, certain, edge), of(3, false, certain, certain)}, 2},
		{"present and then one at the edge", []Score{of(3, true, certain), of(3, false, edge), of(3, false, certain)}, 2},
		{"none certain", []Score{of(3, true, certain), of(3, false, edge), of(3, false, missed)}, 1},
		{"certain of a round before", []Score{of(3, false, edge), of(3, true, certain), of(2, false, certain)}, 0},
		{"certain of nothing", []Score{of(3, false, edge), unknown}, 0},
		{"the others of the last round miss", []Score{of(3, true, certain), of(3, false, missed), of(2, false, edge)}, 2},
		{"all others miss", []Score{of(3, true, certain), of(3, false, missed), unknown}, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Outcome{Ranking: tt.ranking}
			var want *Score
			if tt.want >= 0 {
				want = &tt.ranking[tt.want]
			}
			if got := o.finalist(); got != want {
				t.Errorf("got %+v", got)
			}
		})
	}
}
