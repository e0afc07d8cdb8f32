package claims

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// asClaimed makes each arm's slice as claimed: what there is to be judged holds.
func asClaimed(s *load.Slice) {
	if s.Arm == baseline {
		return
	}
	s.HKDF, s.KeyAllocs, s.Objects = 2*sessions, sessions, 38*sessions*35/100
	s.GCCycles, s.GCCPU = 20, 200e6
	s.PoolGets, s.PoolHits = sessions, sessions*9/10
}

// TestBoard: as claimed, all rows that can be judged hold but the target, which the
// rest of the claims does not reach.
func TestBoard(t *testing.T) {
	b := judge(made(asClaimed), &clean)
	if b.Why != "" || b.Partial || len(b.Rows) != 26 {
		t.Errorf("%q, partial %v, %d rows", b.Why, b.Partial, len(b.Rows))
	}
	seen := make(map[[2]string]bool)
	for _, r := range b.Rows {
		want := Holds
		switch r.Name {
		case "allocs_before", "sage_code":
			want = NotMeasurable
		case "allocs_target":
			want = FallsShort
		}
		if r.Verdict != want {
			t.Errorf("%s of %s: %s (%s, %s)", r.Name, r.Arm, r.Verdict, r.Figure, r.Interval)
		}
		if seen[[2]string{r.Name, r.Arm}] {
			t.Errorf("%s of %s is there twice", r.Name, r.Arm)
		}
		seen[[2]string{r.Name, r.Arm}] = true
	}
}

// TestNoVerdict: what the experiment does not allow is not judged, and its figures
// are shown all the same.
func TestNoVerdict(t *testing.T) {
	tests := []struct {
		name   string
		spoil  func(*load.Results)
		why    string
		figure string // of HKDF calls with seed
	}{
		{"stopped early", func(r *load.Results) { r.Partial, r.Slices = true, r.Slices[:20] }, "stopped early", "2"},
		{"stopped in the first block", func(r *load.Results) { r.Partial, r.Slices = true, r.Slices[:2] }, "stopped early", "2"},
		{"stopped before the first slice", func(r *load.Results) { r.Partial, r.Slices = true, nil }, "stopped early", format.Dash},
		{"too few slices", func(r *load.Results) { r.Plan.Slices, r.Slices = 9, r.Slices[:27] }, "a verdict needs 10", "2"},
		{"seed missed its load", func(r *load.Results) { spoil(r, seed, 3) }, "3 of 10 slices of seed are not valid: busy", "2"},
		{"tuned missed its load", func(r *load.Results) { spoil(r, tuned, 3) }, "3 of 10 slices of tuned are not valid: busy", "2"},
		{"baseline missed all of its load", func(r *load.Results) { spoil(r, baseline, 10) }, "10 of 10 slices of baseline are not valid: busy", "2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := made(asClaimed)
			tt.spoil(r)
			b := judge(r, &clean)
			if !strings.Contains(b.Why, tt.why) || b.Partial != r.Partial {
				t.Errorf("why %q, partial %v", b.Why, b.Partial)
			}
			for _, row := range b.Rows {
				want := NoVerdict
				if row.Name == "allocs_before" || row.Name == "sage_code" {
					want = NotMeasurable
				}
				if row.Verdict != want {
					t.Errorf("%s of %s: %s", row.Name, row.Arm, row.Verdict)
				}
				if strings.Contains(row.Note, "No verdict") {
					t.Errorf("%s of %s gives a reason of its own: %s", row.Name, row.Arm, row.Note)
				}
			}
			if got := rowOf(t, &b, "hkdf", "seed").Figure; got != tt.figure {
				t.Errorf("figure %q, want %q", got, tt.figure)
			}
			if _, err := json.Marshal(b); err != nil {
				t.Error(err)
			}
		})
	}
}

// spoil makes n slices of an arm invalid, with a figure that nobody is to see.
func spoil(r *load.Results, arm, n int) {
	for i := range r.Slices {
		if s := &r.Slices[i]; s.Arm == arm && s.Number < n {
			s.Valid, s.Reasons, s.HKDF = false, []string{"busy"}, 9*sessions
		}
	}
}

// TestInvalidLeftOut: up to a fifth of the slices may be invalid, and count for
// nothing.
func TestInvalidLeftOut(t *testing.T) {
	r := made(asClaimed)
	spoil(r, seed, 2)
	b := judge(r, &clean)
	if row := rowOf(t, &b, "hkdf", "seed"); b.Why != "" || row.Verdict != Holds || !row.Exact || row.Interval != "exact" {
		t.Errorf("%q: %+v", b.Why, row)
	}
	if b.Arms[seed].Valid != 8 || b.Arms[seed].Measured != 10 {
		t.Errorf("seed: %+v", b.Arms[seed])
	}
}

// TestUndecided: what the board allows, a single row may not.
func TestUndecided(t *testing.T) {
	tests := []struct {
		name string
		row  string
		set  func(s *load.Slice)
		want string
	}{
		{"no collection in a slice of baseline", "gc_cycles_less", func(s *load.Slice) {
			if s.Arm == baseline && s.Number == 4 {
				s.GCCycles = 0
			}
		}, noPercentage},
		{"no pool", "reused", func(s *load.Slice) { s.PoolGets = 0 }, noInterval},
		{"noise alone", "allocs_less", func(s *load.Slice) { s.Objects = []uint64{sessions, 10 * sessions}[s.Number%2] }, notSignificant},
		// One slice of either arm is far off: p is 0.015, which is often the least
		// of six.
		{"one of several", "allocs_less", func(s *load.Slice) {
			s.GCCycles, s.GCCPU = 100, 1e9
			if s.Number == 0 {
				s.Objects = []uint64{13 * sessions, 100 * sessions, 100 * sessions}[s.Arm]
			}
		}, notSignificant},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := judge(made(func(s *load.Slice) { asClaimed(s); tt.set(s) }), &clean)
			row := rowOf(t, &b, tt.row, "seed")
			if b.Why != "" || row.Verdict != NoVerdict || !strings.HasSuffix(row.Note, tt.want) {
				t.Errorf("%q: %+v", b.Why, row)
			}
		})
	}
}

// TestAudited: the claims that audits tell of.
func TestAudited(t *testing.T) {
	tests := []struct {
		name                string
		checked, violations uint64
		want                Verdict
		figure              string
	}{
		{"nothing checked", 0, 0, NotMeasurable, format.Dash},
		{"none", 12288, 0, Holds, "0 of 12,288"},
		{"one", 12288, 1, FallsShort, "1 of 12,288"},
		{"all", 1, 1, FallsShort, "1 of 1"},
	}
	findings := map[string]func(*session.AuditReport) *session.Finding{
		"keys_zeroed":           func(r *session.AuditReport) *session.Finding { return &r.KeysZeroed },
		"no_pool_leak":          func(r *session.AuditReport) *session.Finding { return &r.NoPoolLeak },
		"no_dangling_reference": func(r *session.AuditReport) *session.Finding { return &r.NoDanglingReference },
	}
	for _, tt := range tests {
		for name, finding := range findings {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				audits := clean
				*finding(&audits[tuned]) = session.Finding{Checked: tt.checked, Violations: tt.violations}
				b := judge(made(asClaimed), &audits)
				row := rowOf(t, &b, name, "tuned")
				if row.Verdict != tt.want || row.Figure != tt.figure || row.Checked != tt.checked {
					t.Errorf("%+v", row)
				}
				if other := rowOf(t, &b, name, "seed"); other.Verdict != Holds {
					t.Errorf("seed: %+v", other)
				}
			})
		}
	}
}

// TestBaselineIsNotSage: the board says what a baseline is that is not like the
// claim's.
func TestBaselineIsNotSage(t *testing.T) {
	tests := []struct {
		name           string
		base, seed     float64
		says, saysSeed string
	}{
		{"more", 100, 41.8, "more than was claimed, so percentages against it flatter", "seed has 10.0 % more"},
		{"less", 20, 19, "less than was claimed, so percentages against it belittle", "seed has 50.0 % fewer"},
		{"the same", 38, 38, "HKDF.", "seed has 0 % fewer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := judge(made(func(s *load.Slice) { in(&s.Objects, []float64{tt.base, tt.seed, 0}[s.Arm]) }), &clean)
			if note := rowOf(t, &b, "allocs_before", "baseline").Note; !strings.Contains(note, tt.says) {
				t.Error(note)
			}
			if note := rowOf(t, &b, "allocs_less", "seed").Note; !strings.Contains(note, tt.saysSeed) {
				t.Error(note)
			}
		})
	}
}

// TestJudge: the audits are real.
func TestJudge(t *testing.T) {
	b, err := Judge(*made(asClaimed))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"keys_zeroed", "no_pool_leak", "no_dangling_reference"} {
		for _, arm := range []string{"seed", "tuned"} {
			if r := rowOf(t, &b, name, arm); r.Verdict != Holds || r.Checked == 0 || r.Value != 0 {
				t.Errorf("%+v", r)
			}
		}
	}
}

func TestJudgeRefusesOthers(t *testing.T) {
	for name, change := range map[string]func(*load.Plan){
		"two arms":    func(p *load.Plan) { p.Arms = p.Arms[:2] },
		"other order": func(p *load.Plan) { p.Arms[0], p.Arms[1] = p.Arms[1], p.Arms[0] },
		"other arm":   func(p *load.Plan) { p.Arms[1].Config.Optimizations.SingleHKDF = false },
	} {
		t.Run(name, func(t *testing.T) {
			r := made(nil)
			change(&r.Plan)
			if b, err := Judge(*r); err == nil || len(b.Rows) > 0 {
				t.Errorf("%v, %d rows", err, len(b.Rows))
			}
		})
	}
}

func TestArms(t *testing.T) {
	c := load.Default()
	c.Optimizations, c.GOGC = session.Optimizations{SingleHKDF: true}, 400
	for i, a := range Arms(c) {
		want := []string{"baseline", "seed", "tuned"}[i]
		if a.Name != want || a.Config.Optimizations.Preset() != want {
			t.Errorf("arm %d is %s, %s", i, a.Name, a.Config.Optimizations)
		}
		if a.Config.Messages != load.Fixed(0) || a.Config.Model != load.Closed || a.Config.GOGC != 400 {
			t.Errorf("load of %s: %s", a.Name, loadLine(&a.Config))
		}
	}
	c.Messages = load.Fixed(7)
	if a := ArmsUnder(c)[seed].Config; a.Messages != c.Messages || a.Model != c.Model {
		t.Errorf("not under its load: %s", loadLine(&a))
	}
}

func TestLoadLine(t *testing.T) {
	open := load.Default()
	open.HandshakeShare, open.Messages = 1, load.Fixed(4)
	closed := Load(load.Default())
	closed.Workers = 500
	for name, tt := range map[string]struct {
		c    load.Config
		want string
	}{
		"closed": {closed, "model closed, workers 500, lifetime 1ms, messages 0, handshake none, pool-capacity 65536, gogc 100, memory-limit off, rng-seed 1"},
		"open":   {open, "model open, rate 5000/s, arrival poisson, lifetime 2s, messages 4, message-size 1KiB, handshake x25519, handshake-share 100%, transport memory, pool-capacity 65536, gogc 100, memory-limit off, rng-seed 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := loadLine(&tt.c); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestJSON: what programs read, with null for what there is not.
func TestJSON(t *testing.T) {
	r := made(asClaimed)
	r.Partial, r.Slices = true, r.Slices[:3]
	text, err := json.Marshal(judge(r, &clean))
	if err != nil {
		t.Fatal(err)
	}
	var b struct {
		Schema    string
		Verdict   bool
		Why       string `json:"no_verdict_reason"`
		Partial   bool
		ElapsedNs int64 `json:"elapsed_ns"`
		Arms      []struct{ Name string }
		Claims    []struct {
			Name, Arm, Unit, Verdict string
			Value, Low, High         *float64
			Checked                  uint64
		}
	}
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	if b.Schema != Schema || b.Verdict || b.Why == "" || !b.Partial || b.ElapsedNs != 10e9 || len(b.Arms) != 3 || b.Arms[2].Name != "tuned" {
		t.Errorf("%s", text)
	}
	for _, c := range b.Claims {
		switch {
		case c.Name == "hkdf" && c.Arm == "seed":
			if c.Verdict != "no verdict" || *c.Value != 2 || c.Low != nil || c.High != nil {
				t.Errorf("%+v", c)
			}
		case c.Name == "allocs_less":
			if c.Unit != "ratio" || math.Abs(*c.Value-0.65) > 1e-9 {
				t.Errorf("%+v", c)
			}
		case c.Name == "sage_code" && (c.Value != nil || c.Verdict != "not measurable here"):
			t.Errorf("%+v", c)
		}
	}
}
