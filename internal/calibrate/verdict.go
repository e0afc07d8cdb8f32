package main

import (
	"fmt"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// plantedIn is the metric in which a planted slowdown has to be found: what spins is a
// processor.
const plantedIn = "cpu_per_session"

// outcome is what a calibration is judged by.
type outcome struct {
	same   int // comparisons of the same with itself
	judged int // of them came to a verdict
	alarms int // differences found in them after the correction, of all metrics
	longer int // comparisons with a planted slowdown, with twice as many slices
	found  int // of them found it
}

func (c *calibration) outcome() outcome {
	o := outcome{same: len(c.same), longer: len(c.longer), found: tallyOf(plantedIn, c.longer).counted}
	for _, s := range c.same {
		if s.Verdict {
			o.judged++
		}
	}
	for _, m := range load.Metrics() {
		o.alarms += tallyOf(m.Name, c.same).counted
	}
	return o
}

// allowed is how many false alarms there may be: one in twenty comparisons, and one in
// fewer.
func (o outcome) allowed() int { return max(1, (o.same+19)/20) }

// failures says what is wrong, nothing if comparisons can be believed. How often p is
// below 0.05 is told in the table and fails nothing: no verdict comes from it.
func (o outcome) failures() []string {
	var all []string
	if 2*o.judged < o.same {
		all = append(all, fmt.Sprintf("%d of %d comparisons of the same came to a verdict, want half of them", o.judged, o.same))
	}
	if o.alarms > o.allowed() {
		all = append(all, fmt.Sprintf("differences of the same from itself after the correction: %d, want at most %d", o.alarms, o.allowed()))
	}
	if o.longer > 0 && 2*o.found <= o.longer {
		all = append(all, fmt.Sprintf("the planted slowdown was found in %d of %d comparisons, want more than half of them", o.found, o.longer))
	}
	return all
}

// String says in a line whether it passed, and by which figures, or what failed.
func (o outcome) String() string {
	if failed := o.failures(); len(failed) > 0 {
		return "**failed**: " + strings.Join(failed, "; ")
	}
	text := fmt.Sprintf("**passed**: differences of the same from itself after the correction: %d in %d comparisons (at most %d)", o.alarms, o.same, o.allowed())
	if o.longer > 0 {
		text += fmt.Sprintf("; the planted slowdown found in %d of %d (more than half)", o.found, o.longer)
	}
	return text
}
