package ui

import (
	"context"
	"math/rand/v2"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/claims"
)

// comparePageOf is the Compare page of a bench.
func (b *bench) comparePage() *comparePage {
	for _, p := range b.pages {
		if p, ok := p.(*comparePage); ok {
			return p
		}
	}
	panic("no such page")
}

// compareKey is the key of its tab.
func (b *bench) compareKey() string {
	for i, p := range b.pages {
		if p.Title() == "Compare" {
			return tabKey(i)
		}
	}
	panic("no such page")
}

// fakeSlices makes up what an experiment by a plan measures, warm-ups included: one
// slice in nineteen is not valid.
func fakeSlices(p load.Plan) []load.Slice {
	rng := rand.New(rand.NewPCG(1, 2))
	n := len(p.Arms)
	var all []load.Slice
	for turn := range n * (p.Slices + 1) {
		s := load.Slice{Turn: turn, Arm: turn, Warmup: turn < n, Valid: true}
		if counted := turn - n; counted >= 0 {
			s.Number = counted / n
			s.Arm = counted % n
			if s.Number%2 == 1 { // the way back
				s.Arm = n - 1 - s.Arm
			}
			if (s.Number/2)%3 == 1 { // BAAB
				s.Arm = n - 1 - s.Arm
			}
		}
		fakeSlice(&s, p.Arms[s.Arm].Config.Optimizations, rng)
		if turn%19 == 17 {
			s.Valid, s.Reasons = false, []string{"dropped: 12 sessions for want of processor time"}
			s.Wall, s.CPU = s.Wall*3/2, s.CPU*5/4
		}
		all = append(all, s)
	}
	return all
}

// fakeSlice makes up what a slice comes to.
func fakeSlice(s *load.Slice, o session.Optimizations, rng *rand.Rand) {
	const sessions = 20000
	s.Sessions, s.HKDF, s.KeyAllocs = sessions, 6*sessions, 6*sessions
	objects, ns, cycles := 35.0, 14e3, uint64(9)
	if o.SingleHKDF {
		s.HKDF = 2 * sessions
		objects, ns = objects-16, ns-3e3
	}
	if o.KeyBuffer {
		s.KeyAllocs = sessions
		objects -= 5
	}
	if o.Pool != session.PoolNone {
		s.PoolGets, s.PoolHits = sessions, sessions-uint64(rng.IntN(40))
		s.KeyAllocs = s.PoolGets - s.PoolHits
		objects, cycles = objects-4, 5
	}
	if o.ReusableHash {
		objects, ns, cycles = 0, 5200, 0
	}
	vary := func(v, by float64) float64 { return v * (1 + by*rng.NormFloat64()) }
	s.Objects, s.Bytes = uint64(objects*sessions), uint64(objects*sessions*71)
	s.CPU = time.Duration(vary(ns, 0.02) * sessions)
	s.Wall = time.Duration(vary(ns*0.6, 0.05) * sessions)
	s.CreateP50, s.CreateP99 = time.Duration(vary(ns*0.9, 0.01)), time.Duration(vary(ns*4, 0.2))
	s.GCCycles = cycles
	if cycles > 0 {
		s.GCCycles += uint64(rng.IntN(3))
		s.GCCPU = time.Duration(vary(0.08, 0.1) * float64(s.CPU))
		s.GCPause = time.Duration(vary(90e3, 0.3) * float64(s.GCCycles))
		s.GCPauseP99 = time.Duration(vary(140e3, 0.2))
	}
	s.HeapLive, s.HeapPeak = uint64(vary(18e6, 0.02)), uint64(vary(34e6, 0.04))
}

// fakeBoard makes up what was claimed, and what became of it.
func fakeBoard(done bool) *claims.Board {
	const pool = "The claim names no figure. It is taken to be that most sessions are in reused storage; that all are exceeds it."
	const tried = "Tried just now on sessions of sagetop's own engine with these optimizations. What keeps them safe are its handles and its wiping, which are its own."
	rows := []claims.Row{
		{Claim: "key allocs/session, before", Claimed: "6", Arm: "baseline", Figure: "6", Interval: "exact", Verdict: claims.Holds},
		{Claim: "key allocs/session, after", Claimed: "1", Arm: "seed", Figure: "0.001", Interval: "0 to 0.002", Verdict: claims.Exceeds, Note: "The claim adds: 0 where the storage comes from the pool."},
		{Claim: "key allocs/session, after", Claimed: "1", Arm: "tuned", Figure: "0", Interval: "exact", Verdict: claims.Exceeds, Note: "The claim adds: 0 where the storage comes from the pool."},
		{Claim: "HKDF calls/session, after", Claimed: "2", Arm: "seed", Figure: "2", Interval: "exact", Verdict: claims.Holds},
		{Claim: "HKDF calls/session, after", Claimed: "2", Arm: "tuned", Figure: "2", Interval: "exact", Verdict: claims.Holds},
		{Claim: "objects reused by the pool", Claimed: "most", Arm: "seed", Figure: "99.81 %", Interval: "99.72 % to 99.90 %", Verdict: claims.Holds, Note: pool},
		{Claim: "objects reused by the pool", Claimed: "most", Arm: "tuned", Figure: "100 %", Interval: "exact", Verdict: claims.Exceeds, Note: pool},
		{Claim: "allocations/session, before", Claimed: "~38", Arm: "baseline", Figure: dash, Interval: dash, Verdict: claims.NotMeasurable, Note: "The claim is of SAGE's own code, which is not in this program."},
		{Claim: "allocations/session, after", Claimed: "~10-15", Arm: "seed", Figure: "21.0", Interval: "exact", Verdict: claims.FallsShort},
		{Claim: "allocations/session, after", Claimed: "~10-15", Arm: "tuned", Figure: "0", Interval: "exact", Verdict: claims.Exceeds},
		{Claim: "fewer allocations/session", Claimed: "60-70 %", Arm: "seed", Figure: "40.0 %", Interval: "39.9 % to 40.1 %", Verdict: claims.FallsShort},
		{Claim: "GC pressure: fewer cycles", Claimed: "~80 %", Arm: "seed", Figure: "44.2 %", Interval: "38.1 % to 50.3 %", Verdict: claims.FallsShort},
		{Claim: "GC pressure: less CPU time", Claimed: "~80 %", Arm: "seed", Figure: "12.6 %", Interval: "−3.1 % to 30.3 %", Verdict: claims.NoVerdict, Note: "No verdict: the difference is not significant."},
		{Claim: "keys zeroed: bytes left", Claimed: "none", Arm: "seed", Figure: "0 of 247,296", Verdict: claims.Holds, Note: tried},
		{Claim: "no pool leak: sessions", Claimed: "none", Arm: "seed", Figure: "0 of 504", Verdict: claims.Holds, Note: tried},
		{Claim: "no dangling reference: uses", Claimed: "none", Arm: "seed", Figure: "0 of 57,808", Verdict: claims.Holds, Note: tried},
		{Claim: "the same of SAGE's own code", Claimed: "none", Arm: "SAGE", Figure: dash, Interval: dash, Verdict: claims.NotMeasurable},
	}
	for i := range rows {
		rows[i].Low, rows[i].High = nan, nan
		if !done && rows[i].Verdict != claims.NotMeasurable {
			rows[i].Verdict = claims.NoVerdict
		}
	}
	return &claims.Board{Rows: rows, Partial: !done}
}

// compared starts what the Compare page offers, and has so many turns of it measured
// in a third of a second each.
func (b *bench) compared(turns int) {
	b.press("enter")
	t := b.trial
	b.measured(measuredMsg{t, foundOf(t, turns)})
	b.compose()
}

// nextSlice draws what a slice that arrives has drawn.
func (b *bench) nextSlice() { b.Update(measuredMsg{b.trial, b.trial.found}) }

// foundOf is what a trial has come to after so many turns.
func foundOf(t *trial, turns int) *findings {
	r := load.Results{Plan: t.plan, Partial: turns < t.turns, Elapsed: time.Duration(turns) * 330 * time.Millisecond}
	for _, s := range fakeSlices(t.plan)[:turns] {
		if !s.Warmup {
			r.Slices = append(r.Slices, s)
		}
	}
	if t.claims && turns > 0 {
		return newFindings(r, turns, fakeBoard(turns == t.turns))
	}
	return newFindings(r, turns, nil)
}

// end ends the trial that runs after so many turns.
func (b *bench) end(turns int, err error) {
	t := b.trial
	b.Update(trialEndedMsg{t, foundOf(t, turns), err})
}

// compareStates are the states of the Compare page, by name, each with what leads to
// it from the idle page.
var compareStates = []struct {
	name string
	lead func(b *bench)
}{
	{"idle", func(*bench) {}},
	{"running", func(b *bench) { b.rows(2); b.compared(19) }},
	{"done", func(b *bench) { b.rows(3); b.compared(19); b.end(b.trial.turns, nil) }},
	{"cancelled", func(b *bench) { b.rows(3); b.compared(19); b.end(19, context.Canceled) }},
	{"claims idle", func(b *bench) { b.press("c") }},
	{"claims running", func(b *bench) { b.press("c"); b.compared(25) }},
	{"claims", func(b *bench) { b.press("c"); b.compared(25); b.rows(5); b.end(b.trial.turns, nil) }},
}

// rows goes so many rows down.
func (b *bench) rows(n int) {
	for range n {
		b.press("down")
	}
}

// onCompare returns a model that shows the Compare page in a state.
func onCompare(b *bench, lead func(*bench)) *bench {
	b.snapshots(30)
	b.press(b.compareKey())
	lead(b)
	return b
}

// runAll runs commands, each on a goroutine of its own, and sends their messages.
func runAll(cmd tea.Cmd, to chan<- tea.Msg) {
	if cmd == nil {
		return
	}
	go func() {
		switch msg := cmd().(type) {
		case tea.BatchMsg:
			for _, c := range msg {
				runAll(c, to)
			}
		default:
			to <- msg
		}
	}()
}
