package claims

import (
	"math"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// rule judges a figure that has an interval.
type rule func(stats.Estimate) Verdict

// stated is the rule for a claim that names a figure or a range, both ends of which
// are as claimed.
func stated(from, to float64, better load.Better) rule {
	below, above := Exceeds, FallsShort
	if better == load.Higher {
		below, above = above, below
	}
	return func(e stats.Estimate) Verdict {
		switch {
		case e.High < from:
			return below
		case e.Low > to:
			return above
		}
		return Holds
	}
}

// under is the rule for a claim that the figure is below a limit.
func under(limit float64) rule {
	return func(e stats.Estimate) Verdict {
		switch {
		case e.High < limit:
			return Holds
		case e.Low >= limit:
			return FallsShort
		}
		return NoVerdict
	}
}

// most is the rule for a claim that something is done: in more than half of the
// cases, and if in all, then more than that.
func most(e stats.Estimate) Verdict {
	switch {
	case e.Low >= 1:
		return Exceeds
	case e.Low > 0.5:
		return Holds
	case e.High <= 0.5:
		return FallsShort
	}
	return NoVerdict
}

// before is the rule for what the figure was without the optimizations.
func before(figure float64) rule {
	return func(e stats.Estimate) Verdict {
		if e.Low <= figure && figure <= e.High {
			return Holds
		}
		return FallsShort
	}
}

// lessBy returns by what share b is less than a in its blocks, with its interval: 0.6
// is 60 % fewer, and below 0 is more.
func lessBy(a, b [][]float64) stats.Estimate {
	d, _ := stats.PercentDeltaBlocks(a, b) // NaN says what it does not know
	return stats.Estimate{Value: (0 - d.Value) / 100, Low: (0 - d.High) / 100, High: (0 - d.Low) / 100, Coverage: d.Coverage}
}

// known tells whether an estimate has an interval.
func known(e stats.Estimate) bool { return !math.IsNaN(e.Low) && !math.IsNaN(e.High) }
