package load

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Shortfall is one way in which slices of an arm were not what was asked for.
type Shortfall struct {
	Kind   string // what stands before the colon of a reason
	Slices int    // that have it; one may have several kinds
	// Worst is the least share of the offered load that one of them started in time,
	// of kinds that are about that; else NaN.
	Worst float64
	First string // reason of the kind
}

// kindBehind is that of a load which was not reached, for no other reason if it is
// told alone.
const kindBehind = "behind"

// shortfallWords say of several slices what each kind is, and whether it is about how
// much was started.
var shortfallWords = map[string]struct {
	words string
	load  bool
}{
	"live limit": {"hit the live limit", true},
	"memory":     {"hit the memory limit", true},
	"overload":   {"were overloaded", true},
	"held up":    {"were held up with processor time left", true},
	"refused":    {"had sessions refused", true},
	"handshakes": {"had handshakes that failed", false},
	"messages":   {"had messages that were not authentic", false},
	"sessions":   {"had sessions closed after a failure", false},
	kindBehind:   {"missed their offered load", true},
	"cut short":  {"were cut short", false},
	"idle":       {"started no session", false},
}

// String says it with the number of slices: "5 missed their offered load (worst 71 %)".
func (s *Shortfall) String() string {
	known, ok := shortfallWords[s.Kind]
	if !ok {
		return s.First
	}
	text := fmt.Sprintf("%d %s", s.Slices, known.words)
	if s.Slices == 1 {
		text = strings.Replace(text, "1 were ", "1 was ", 1)
		text = strings.Replace(text, " their ", " its ", 1)
	}
	if !math.IsNaN(s.Worst) {
		of := " of the load"
		if s.Kind == kindBehind {
			of = ""
		}
		text += fmt.Sprintf(" (worst %.0f %%%s)", math.Floor(100*s.Worst), of)
	}
	return text
}

// shortfallsOf groups the reasons of slices by their kind, the most frequent first.
func shortfallsOf(all []Slice) []Shortfall {
	var list []Shortfall
	for i := range all {
		s := &all[i]
		if s.Valid {
			continue
		}
		var kinds []string // of this slice
		for _, why := range s.Reasons {
			kind, _, _ := strings.Cut(why, ": ")
			if slices.Contains(kinds, kind) || kind == kindBehind && startedLess(kinds) {
				continue
			}
			kinds = append(kinds, kind)
			at := slices.IndexFunc(list, func(have Shortfall) bool { return have.Kind == kind })
			if at < 0 {
				at, list = len(list), append(list, Shortfall{Kind: kind, Worst: math.NaN(), First: why})
			}
			have := &list[at]
			have.Slices++
			if share := float64(s.Achieved) / s.Offered; shortfallWords[kind].load && s.Offered > 0 && share < 1 {
				if !(have.Worst <= share) { // or NaN
					have.Worst = share
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Shortfall) int { return cmp.Compare(b.Slices, a.Slices) })
	return list
}

// startedLess reports whether one of kinds is why a load was not reached.
func startedLess(kinds []string) bool {
	return slices.ContainsFunc(kinds, func(kind string) bool { return shortfallWords[kind].load })
}

// NotValid says in a line why slices of the arm were not valid, by kind with their
// number; "" if all were.
func (a *ArmResult) NotValid() string {
	texts := make([]string, len(a.Shortfalls))
	for i := range a.Shortfalls {
		texts[i] = a.Shortfalls[i].String()
	}
	return strings.Join(texts, ", ")
}
