// Package claims knows what the SAGE project claims of its session optimizations,
// and judges each claim by an experiment and by audits made here.
//
// # Verdicts
//
// Three arms are measured in turns: the code before (baseline), the optimizations
// as they were described (seed), and all that this engine has (tuned). A figure is
// the median of an arm's valid slices, or by what share an arm has less than
// baseline; either has its 95 % interval, and the verdict is the interval's:
//
//   - A claim that names a figure or a range exceeds what was claimed if all of the
//     interval is better, falls short if all of it is worse, and else holds.
//   - Of a claim that names a limit, the interval has to be on one side: it holds or
//     falls short, and has no verdict while the limit is inside. There is nothing to
//     exceed, except that of reused storage all sessions are more than most.
//   - A figure from before holds if the interval includes it, and else falls short.
//   - A reduction that is not significant neither holds nor exceeds. Its p is that of
//     the Mann-Whitney test within blocks, by the method of Holm for all reductions
//     of the board.
//   - What was audited holds without a violation, falls short with one, and where
//     nothing could be checked it is not measurable here.
//
// An experiment that allows no verdict, such as one that was stopped early, gives
// figures, and none of the rows a verdict.
package claims

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Verdict is what became of a claim.
type Verdict int

// The verdicts.
const (
	NoVerdict     Verdict = iota // there is too little to judge by
	Exceeds                      // better than claimed
	Holds                        // as claimed
	FallsShort                   // worse than claimed
	NotMeasurable                // nothing in this program can tell
)

var verdictNames = [...]string{
	NoVerdict: "no verdict", Exceeds: "exceeds", Holds: "holds", FallsShort: "falls short", NotMeasurable: "not measurable here",
}

// String returns the verdict in words.
func (v Verdict) String() string {
	if v >= 0 && int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("Verdict(%d)", int(v))
}

// MarshalText writes the verdict as [Verdict.String] does.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Row is a claim about one arm, and what was found.
type Row struct {
	// Name is that in JSON. With Arm it is unlike that of any other row.
	Name string
	// Claim says what is claimed, and Claimed which figure, both for people.
	Claim, Claimed string
	// Arm is the name of the arm.
	Arm string
	// Figure and Interval are what was measured, for people: format.Dash for what
	// there is not. Interval is "exact" for a count that never varied, and empty
	// where there is none by nature.
	Figure, Interval string
	// Value, Low and High are the same as numbers, NaN for what there is not.
	Value, Low, High float64
	// Unit is that of the numbers: one of the units of metrics.
	Unit string
	// Exact says that the figure comes from counts and was the same in each slice.
	Exact bool
	// Checked is how many things an audit looked at, of which Value were not as
	// claimed. It is 0 in other rows.
	Checked uint64
	Verdict Verdict
	// Note is what there is to say besides, in whole sentences, "" for nothing.
	// Rows may share a note.
	Note string
}

// Board is all claims, judged.
type Board struct {
	Rows []Row
	// Why says why there is no verdict, "" if there is.
	Why string
	// Partial says that the experiment was ended before its time.
	Partial bool
	// Arms are the arms with what became of their slices.
	Arms []load.ArmResult
	// Slices is how many of each arm were to be counted, each of length Slice.
	Slices int
	Slice  time.Duration
	// Elapsed is how long the experiment took.
	Elapsed time.Duration
	// Load says which load the arms had, in the words of flags.
	Load string
}

// The arms, by their index.
const (
	baseline = iota
	seed
	tuned
)

var arms = [...]session.Optimizations{baseline: session.Baseline, seed: session.Seed, tuned: session.Tuned}

// Load returns c with the load that the claims are about, which is the creation of
// sessions: that of [load.ForComparison], and no messages.
func Load(c load.Config) load.Config {
	c = load.ForComparison(c)
	c.Messages = load.Fixed(0)
	return c
}

// Arms returns the arms of the experiment that [Judge] judges by: baseline, seed
// and tuned, in this order, with the load of [Load].
func Arms(c load.Config) []load.Arm { return ArmsUnder(Load(c)) }

// ArmsUnder returns the same arms under the load of c as it is.
func ArmsUnder(c load.Config) []load.Arm {
	list := make([]load.Arm, len(arms))
	for i, o := range arms {
		c.Optimizations = o
		list[i] = load.Arm{Name: o.Preset(), Config: c}
	}
	return list
}

// auditRounds is a multiple of the 63 after which an audit has seen all
// combinations, and takes about a tenth of a second.
const auditRounds = 8 * 63

// Judge judges the claims by the results of an experiment whose arms are those of
// [Arms] or [ArmsUnder], finished or not, and by an audit of each arm that has
// optimizations, which it makes itself. The error says that the arms are others,
// or is that of [Audit].
func Judge(r load.Results) (Board, error) {
	a, err := Audit()
	if err != nil {
		return Board{}, err
	}
	return a.Judge(r)
}

// Audits are what was found in the arms that have optimizations.
type Audits struct {
	reports [len(arms)]session.AuditReport
}

// Audit audits the arms, which takes some tenths of a second in which sessions are
// made. The error is that of [session.Audit].
func Audit() (*Audits, error) {
	a := new(Audits)
	for _, arm := range with {
		var err error
		if a.reports[arm], err = session.Audit(arms[arm], auditRounds); err != nil {
			return nil, fmt.Errorf("claims: %w", err)
		}
	}
	return a, nil
}

// Judge is [Judge] by audits that were made before. It makes no sessions.
func (a *Audits) Judge(r load.Results) (Board, error) {
	if !slices.EqualFunc(r.Plan.Arms, arms[:], func(a load.Arm, o session.Optimizations) bool { return a.Config.Optimizations == o }) {
		return Board{}, fmt.Errorf("claims: the experiment has other arms than baseline, seed and tuned")
	}
	return judge(&r, &a.reports), nil
}

// judge judges by what was measured and what was found, by arm.
func judge(r *load.Results, audits *[len(arms)]session.AuditReport) Board {
	toSeed, toTuned := r.Compare(baseline, seed), r.Compare(baseline, tuned)
	b := Board{
		Why: toSeed.Why, Partial: r.Partial,
		Arms:   []load.ArmResult{toSeed.Base, toSeed.New, toTuned.New},
		Slices: r.Plan.Slices, Slice: r.Plan.Slice, Elapsed: r.Elapsed,
		Load: loadLine(&r.Plan.Arms[baseline].Config),
	}
	if b.Why == "" {
		b.Why = toTuned.Why
	}
	allowed := b.Why == ""
	b.Rows = append(measuredRows(r, allowed), auditedRows(audits, allowed)...)
	return b
}

// loadLine says which load c is, in the words of flags.
func loadLine(c *load.Config) string {
	names := []string{"model"}
	if c.Model == load.Closed {
		names = append(names, "workers")
	} else {
		names = append(names, "rate", "arrival")
	}
	names = append(names, "lifetime", "messages")
	if c.Messages.Mean() > 0 {
		names = append(names, "message-size")
	}
	names = append(names, "handshake")
	if c.Handshake != load.HandshakeNone {
		names = append(names, "handshake-share", "transport")
	}
	names = append(names, "pool-capacity", "gogc", "memory-limit", "rng-seed")
	for i, name := range names {
		if p, ok := load.Lookup(name); ok {
			names[i] += " " + p.Get(c)
		}
	}
	return strings.Join(names, ", ")
}
