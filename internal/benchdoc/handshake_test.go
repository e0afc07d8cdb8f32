package main

import (
	"slices"
	"testing"
)

// TestHandshakePlan: what dominates a handshake can be told for each suite and
// transport.
func TestHandshakePlan(t *testing.T) {
	shown := func(bench string, shows units) bool {
		return slices.ContainsFunc(handshakePlan(), func(s section) bool {
			return slices.ContainsFunc(s.rows, func(r row) bool { return r.bench == bench && r.shows == shows })
		})
	}
	for _, suite := range handshakeSuites {
		for _, bench := range []string{"Handshake/" + suite + "/memory", "Handshake/" + suite + "/http"} {
			for _, phase := range []string{"invitation", "request", "response", "complete"} {
				if !shown(bench, units{phase + "-ns/op", phase + "-allocs/op", phase + "-wire-B/op"}) {
					t.Errorf("no row for the %s of %s", phase, bench)
				}
			}
		}
		for _, part := range []string{"signatures", "agreement/" + suite, "keys/" + suite} {
			if !shown("Floor/"+part, perOp) {
				t.Errorf("no row for %s", part)
			}
		}
	}
}
