package report

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/claims"
)

// claimsBoard is a board with a row of each kind.
func claimsBoard() claims.Board {
	const shared = "A note that two rows share, and that is too long for the line that it begins on, so that it goes on below, behind its number."
	nan := math.NaN()
	arms := claims.Arms(load.Default())
	result := func(arm, measured, valid int, lacks ...load.Shortfall) load.ArmResult {
		r := load.ArmResult{Arm: arms[arm], Measured: measured, Valid: valid, Shortfalls: lacks}
		for _, s := range lacks {
			r.Reasons = append(r.Reasons, s.First)
		}
		return r
	}
	return claims.Board{
		Load: "model closed, workers 1000, lifetime 1ms, messages 0", Slices: 20, Slice: 250 * time.Millisecond, Elapsed: 21700 * time.Millisecond,
		Arms: []load.ArmResult{result(0, 20, 20), result(1, 20, 19, load.Shortfall{Kind: "messages", Slices: 1, Worst: nan, First: "messages: 1 not authentic"}), result(2, 20, 20)},
		Rows: []claims.Row{
			{Name: "hkdf", Claim: "HKDF calls/session, after", Claimed: "2", Arm: "seed", Figure: "2", Interval: "exact", Value: 2, Low: 2, High: 2, Exact: true, Verdict: claims.Holds},
			{Name: "hkdf", Claim: "HKDF calls/session, after", Claimed: "2", Arm: "tuned", Figure: "2", Interval: "exact", Value: 2, Low: 2, High: 2, Exact: true, Verdict: claims.Holds},
			{Name: "allocs_before", Claim: "allocations/session, before", Claimed: "~38", Arm: "baseline", Figure: "100", Interval: "99.8 to 100", Value: 100, Low: 99.8, High: 100.2, Verdict: claims.NotMeasurable, Note: "Percentages against it *flatter*."},
			{Name: "allocs_less", Claim: "fewer allocations/session", Claimed: "60-70 %", Arm: "seed", Figure: "58.9 %", Interval: "58.8 % to 58.9 %", Value: 0.589, Low: 0.588, High: 0.5895, Unit: load.UnitShare, Verdict: claims.FallsShort, Note: shared},
			{Name: "allocs_less", Claim: "fewer allocations/session", Claimed: "60-70 %", Arm: "tuned", Figure: "99.99 %", Interval: "99.95 % to 100 %", Value: 0.9999, Low: 0.9995, High: 1, Unit: load.UnitShare, Verdict: claims.Exceeds, Note: shared},
			{Name: "keys_zeroed", Claim: "keys zeroed: bytes left", Claimed: "none", Arm: "seed", Figure: "0 of 12,288", Low: nan, High: nan, Checked: 12288, Verdict: claims.Holds},
			{Name: "sage_code", Claim: "the same of SAGE's own code", Claimed: "none", Arm: "SAGE", Figure: "–", Interval: "–", Value: nan, Low: nan, High: nan, Verdict: claims.NotMeasurable},
		},
	}
}

// stoppedClaims is what is left of it when it was stopped early.
func stoppedClaims() claims.Board {
	b := claimsBoard()
	b.Partial, b.Why, b.Elapsed = true, "stopped early: when to stop must not depend on what is seen", 2*time.Second
	for i := range b.Arms {
		b.Arms[i].Measured, b.Arms[i].Valid, b.Arms[i].Reasons = 3-i, 3-i, nil
		b.Arms[i].Shortfalls = nil
	}
	b.Rows = b.Rows[1:4]
	for i := range b.Rows {
		r := &b.Rows[i]
		r.Interval, r.Low, r.High, r.Exact = "–", math.NaN(), math.NaN(), false
		if r.Verdict != claims.NotMeasurable {
			r.Verdict = claims.NoVerdict
		}
	}
	return b
}

func TestWriteClaims(t *testing.T) {
	for name, tt := range map[string]struct {
		format string
		board  claims.Board
	}{
		"claims.text.golden":             {"text", claimsBoard()},
		"claims.markdown.golden":         {"markdown", claimsBoard()},
		"claims-partial.text.golden":     {"text", stoppedClaims()},
		"claims-partial.markdown.golden": {"markdown", stoppedClaims()},
		"claims-partial.json.golden":     {"json", stoppedClaims()},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := WriteClaims(&got, tt.format, tt.board); err != nil {
				t.Fatal(err)
			}
			golden(t, name, got.String())
			for line := range strings.Lines(got.String()) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); tt.format == "text" && n > claimsWidth {
					t.Errorf("%d cells: %s", n, line)
				}
			}
		})
	}
}

// TestClaimsWidth: the board of a real run fits, whatever its figures.
func TestClaimsWidth(t *testing.T) {
	r := load.Results{Plan: load.Plan{Arms: claims.Arms(load.Default()), Slices: 20, Slice: load.DefaultSlice}}
	for number := range 20 {
		for arm := range 3 {
			n := uint64(100_000_000 + number)
			r.Slices = append(r.Slices, load.Slice{
				Arm: arm, Number: number, Valid: true, Sessions: n,
				Objects: n * 1023, KeyAllocs: n * 9, HKDF: n, PoolGets: n, PoolHits: n - 1, GCCycles: 999 + 9*uint64(arm), GCCPU: time.Hour + time.Hour*time.Duration(arm),
			})
		}
	}
	board, err := claims.Judge(r)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := WriteClaims(&got, "text", board); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(got.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > claimsWidth {
			t.Errorf("%d cells: %s", n, line)
		}
	}
}

// TestInMarkdown: nothing that stands in a cell ends it or is taken for a mark.
func TestInMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"plain, 60-70 %":  "plain, 60-70 %",
		"~38":             `\~38`,
		"a|b":             `a\|b`,
		`a\|b`:            `a\\\|b`,
		"*a* _b_ `c`":     "\\*a\\* \\_b\\_ \\`c\\`",
		"<b> [a](c) &lt;": `\<b\> \[a\](c) \&lt;`,
		"# one\ntwo":      `\# one two`,
	} {
		if got := inMarkdown(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestWriteClaimsFails(t *testing.T) {
	if err := WriteClaims(&strings.Builder{}, "csv", claimsBoard()); err == nil || !strings.Contains(err.Error(), "want text, markdown or json") {
		t.Error(err)
	}
	full := errors.New("full")
	for _, format := range ClaimsFormats() {
		if err := WriteClaims(failing{full}, format, claimsBoard()); !errors.Is(err, full) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// failing is a writer that has no room.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
