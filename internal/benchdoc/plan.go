package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// section is a part of the table: benchmarks that are compared with each other.
type section struct {
	title string
	pkg   string // where the benchmarks are, from the module's root; "" is engine/session
	rows  []row
	// together runs the whole section in one process, where its benchmarks
	// share what takes long to set up. Otherwise each has a process of its own.
	together bool
	// rounds is how often the section runs at most; 0 is as often as asked for.
	rounds int
}

// home returns the package of the section's benchmarks.
func (s section) home() string { return cmp.Or(s.pkg, "engine/session") }

// row is one line of the table.
type row struct {
	what   string
	bench  string // the benchmark's name, without "Benchmark"
	shows  units
	ref    string // the benchmark that the ratio is to, of the same section
	of     string // what the reference is called behind the ratio
	budget budget
}

// units say which of a benchmark's figures are shown. An empty one shows none.
type units struct{ time, allocs, bytes string }

var perOp = units{"ns/op", "allocs/op", "B/op"}

// budget is what a row has to keep to; the zero value is none. Figures are
// limits of the medians.
type budget struct {
	ratio   float64 // at most
	time    float64 // less than this, in nanoseconds
	bytes   float64 // at most
	nothing bool    // no allocation, of no bytes
}

// String returns the budget as the table has it, or "".
func (b budget) String() string {
	var parts []string
	if b.ratio > 0 {
		parts = append(parts, fmt.Sprintf("≤ %g", b.ratio))
	}
	switch {
	case b.time >= millisecond:
		parts = append(parts, fmt.Sprintf("< %g ms", b.time/millisecond))
	case b.time > 0:
		parts = append(parts, fmt.Sprintf("< %g µs", b.time/microsecond))
	}
	if b.bytes > 0 {
		parts = append(parts, fmt.Sprintf("≤ %g B", b.bytes))
	}
	if b.nothing {
		parts = append(parts, "0 allocs, 0 B")
	}
	return strings.Join(parts, ", ")
}

const (
	microsecond = 1e3 // in nanoseconds, as the benchmarks report
	millisecond = 1e6
)

// plan is the whole table. A row stands next to its reference: that is the order
// in which they run.
var plan = slices.Concat(sessionPlan, handshakePlan())

// sessionPlan is the part of the table that is about sessions.
var sessionPlan = []section{
	{title: "Create and remove one end, with all six keys", rows: []row{
		{what: "baseline, plain", bench: "CreateRemove/baseline/plain", shows: perOp, ref: "CreateRemove/seed/plain", of: "seed"},
		{what: "seed, plain", bench: "CreateRemove/seed/plain", shows: perOp},
		{what: "tuned, plain", bench: "CreateRemove/tuned/plain", shows: perOp, ref: "CreateRemove/seed/plain", of: "seed", budget: budget{nothing: true}},
		{what: "baseline, directed", bench: "CreateRemove/baseline/directional", shows: perOp, ref: "CreateRemove/seed/directional", of: "seed"},
		{what: "seed, directed", bench: "CreateRemove/seed/directional", shows: perOp},
		{
			what: "tuned, directed", bench: "CreateRemove/tuned/directional", shows: perOp, ref: "CreateRemove/seed/directional", of: "seed",
			budget: budget{nothing: true},
		},
		{what: "used once, seed", bench: "CreateUseRemove/seed", shows: perOp},
		{
			what: "used once, tuned", bench: "CreateUseRemove/tuned", shows: perOp, ref: "CreateUseRemove/seed", of: "seed",
			budget: budget{ratio: 0.45, nothing: true},
		},
	}},
	{title: "Full lifecycle: both ends, 1 KiB each way", rows: []row{
		{what: "baseline", bench: "Lifecycle/baseline", shows: perOp, ref: "Lifecycle/seed", of: "seed"},
		{what: "seed", bench: "Lifecycle/seed", shows: perOp},
		{what: "tuned", bench: "Lifecycle/tuned", shows: perOp, ref: "Lifecycle/seed", of: "seed"},
	}},
	{title: "Derive six keys", rows: []row{
		{what: "baseline", bench: "Derive/baseline", shows: perOp, ref: "Derive/sha256", of: "sha256"},
		{what: "seed", bench: "Derive/seed", shows: perOp, ref: "Derive/sha256", of: "sha256"},
		{
			what: "tuned", bench: "Derive/tuned", shows: perOp, ref: "Derive/sha256", of: "sha256",
			budget: budget{ratio: 1.25, nothing: true},
		},
		{what: "its SHA-256 alone", bench: "Derive/sha256", shows: perOp},
	}},
	{title: "Seal and open, tuned", rows: []row{
		{what: "64 B", bench: "SealOpen/64", shows: perOp, ref: "SealOpenBare/64", of: "bare"},
		{what: "64 B, bare AEAD", bench: "SealOpenBare/64", shows: perOp},
		{
			what: "1 KiB", bench: "SealOpen/1024", shows: perOp, ref: "SealOpenBare/1024", of: "bare",
			budget: budget{ratio: 1.15, nothing: true},
		},
		{what: "1 KiB, bare AEAD", bench: "SealOpenBare/1024", shows: perOp},
		{what: "16 KiB", bench: "SealOpen/16384", shows: perOp, ref: "SealOpenBare/16384", of: "bare"},
		{what: "16 KiB, bare AEAD", bench: "SealOpenBare/16384", shows: perOp},
	}},
	{title: "Sign and verify 256 B, tuned", rows: []row{
		{what: "session", bench: "SignVerify/tuned", shows: perOp, ref: "SignVerify/library", of: "library"},
		{what: "library, kept HMAC", bench: "SignVerify/library", shows: perOp},
	}},
	{title: "Lookup among 100,000, in parallel", rows: []row{
		{
			what: "manager", bench: "LookupParallel/manager", shows: perOp, ref: "LookupParallel/one-map", of: "one map",
			budget: budget{ratio: 0.3},
		},
		{what: "one map, one lock", bench: "LookupParallel/one-map", shows: perOp},
	}},
	{title: "Sweep of 100,000", rows: []row{
		{what: "none expired", bench: "Sweep/idle", shows: perOp, budget: budget{time: 20 * microsecond}},
		{what: "none, all in use", bench: "SweepInUse", shows: perOp},
		{what: "one percent expired", bench: "Sweep/one-percent", shows: perOp},
	}},
	{title: "List the 50 used last of 100,000", rows: []row{
		{what: "inspect", bench: "Inspect", shows: perOp},
	}},
	{title: "Replay check", rows: []row{
		{what: "guard", bench: "ReplayCheck/guard", shows: perOp, ref: "ReplayCheck/one-map", of: "one map"},
		{what: "one map, one lock", bench: "ReplayCheck/one-map", shows: perOp},
	}},
	{title: "From a thousand sessions to a million", together: true, rounds: 3, rows: []row{
		{what: "look up, of 1k", bench: "Live/1k/lookup", shows: perOp},
		{what: "look up, of 10k", bench: "Live/10k/lookup", shows: perOp, ref: "Live/1k/lookup", of: "1k"},
		{what: "look up, of 100k", bench: "Live/100k/lookup", shows: perOp, ref: "Live/1k/lookup", of: "1k"},
		{what: "look up, of 1M", bench: "Live/1M/lookup", shows: perOp, ref: "Live/1k/lookup", of: "1k"},
		{what: "create, beside 1k", bench: "Live/1k/churn", shows: units{time: "ns/create"}},
		{what: "create, beside 10k", bench: "Live/10k/churn", shows: units{time: "ns/create"}, ref: "Live/1k/churn", of: "1k"},
		{what: "create, beside 100k", bench: "Live/100k/churn", shows: units{time: "ns/create"}, ref: "Live/1k/churn", of: "1k"},
		{what: "create, beside 1M", bench: "Live/1M/churn", shows: units{time: "ns/create"}, ref: "Live/1k/churn", of: "1k"},
		{what: "remove, of 1k", bench: "Live/1k/churn", shows: units{time: "ns/remove"}},
		{what: "remove, of 10k", bench: "Live/10k/churn", shows: units{time: "ns/remove"}, ref: "Live/1k/churn", of: "1k"},
		{what: "remove, of 100k", bench: "Live/100k/churn", shows: units{time: "ns/remove"}, ref: "Live/1k/churn", of: "1k"},
		{what: "remove, of 1M", bench: "Live/1M/churn", shows: units{time: "ns/remove"}, ref: "Live/1k/churn", of: "1k"},
		{what: "memory each, of 1M", bench: "Live/1M/collect", shows: units{bytes: "B/session"}, budget: budget{bytes: 700}},
		{what: "p99 GC pause, 1k", bench: "Live/1k/collect", shows: units{time: "p99-pause-ns"}},
		{
			what: "p99 GC pause, 1M", bench: "Live/1M/collect", shows: units{time: "p99-pause-ns"}, ref: "Live/1k/collect", of: "1k",
			budget: budget{time: 1 * millisecond},
		},
	}},
}

// only returns the part of the plan that the pattern matches, by a section's
// title or a benchmark's name, with the references that its rows have.
func only(plan []section, pattern *regexp.Regexp) []section {
	var some []section
	for _, s := range plan {
		wanted := func(r row) bool { return pattern.MatchString(s.title) || pattern.MatchString(r.bench) }
		rows := s.rows
		s.rows = nil
		for _, r := range rows {
			refers := func(other row) bool { return other.ref == r.bench && other.shows == r.shows && wanted(other) }
			if wanted(r) || slices.ContainsFunc(rows, refers) {
				s.rows = append(s.rows, r)
			}
		}
		if len(s.rows) > 0 {
			some = append(some, s)
		}
	}
	return some
}

// benches returns the section's benchmarks, each once.
func (s section) benches() []string {
	var names []string
	for _, r := range s.rows {
		if !slices.Contains(names, r.bench) {
			names = append(names, r.bench)
		}
	}
	return names
}
