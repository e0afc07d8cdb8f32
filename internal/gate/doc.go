// Package gate reads conditions on measured figures, and judges them: the gates
// of a comparison or of a run, and the constraints of a search for settings.
//
//	allocs_per_session > base + 2%
//	p99(create) > 50us
//	heap_live < 64MiB
//
// # Grammar
//
//	condition  = figure operator bound
//	figure     = name | percentile "(" name ")"
//	percentile = "p50" | "p75" | "p90" | "p95" | "p99" | "p99.9" | "p999"
//	operator   = ">" | ">=" | "<" | "<="
//	bound      = literal
//	           | "base" [ ("+" | "-") (literal | number "%") ]
//	           | "base" "*" number | number "*" "base"
//	literal    = number [ unit ]
//	number     = digits [ "." digits ] [ "e" ["+" | "-"] digits ]
//
// White space is free between all of these, and names are case-sensitive.
// p99(create) is the figure create_p99, which may be written so too; p99.9 and
// p999 both are the _p999 of a figure.
//
// The unit is that of the figure's [Kind]: ns, us, µs, ms, s for times, which
// cannot do without one; likewise B, kB, MB, GB, KiB, MiB, GiB for bytes; k, M
// or none for plain numbers; % or none for shares, which are written as 12% or
// as 0.12. A plain 0 fits them all.
//
// base is the other arm of a comparison. base + 2% is base times 1.02 for every
// kind, for shares too: with a base of 50%, it is 51%. Two percentage points
// more than that base are base + 0.02.
//
// Literals are kept as the decimal numbers that they are, and a factor as a
// fraction: a count of exactly 115 is not above a base of 100 + 15%, though in
// binary 100*1.15 is less than 115.
package gate
