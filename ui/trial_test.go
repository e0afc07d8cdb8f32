package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/claims"
)

// feedAll has the engine measure slices and gives the model what comes of it, until
// the trial is over, or enough were measured.
func (b *bench) feedAll(all []load.Slice, messages chan tea.Msg) {
	for _, s := range all {
		b.engine.slices <- s
		for b.trial.found.turns <= s.Turn {
			b.handle(<-messages, messages)
			if b.trial == nil {
				return
			}
		}
	}
}

// drain gives the model what comes until no trial runs.
func (b *bench) drain(messages chan tea.Msg) {
	for b.trial != nil {
		b.handle(<-messages, messages)
	}
}

// handle gives the model a message, and runs the command it answers with.
func (b *bench) handle(msg tea.Msg, messages chan tea.Msg) {
	_, cmd := b.Update(msg)
	runAll(cmd, messages)
}

// begin starts what the page offers.
func (b *bench) begin(messages chan tea.Msg) {
	_, cmd := b.Update(tea.KeyMsg{Type: tea.KeyEnter})
	runAll(cmd, messages)
}

// manyMessages is room for all that a test sends: nobody waits for it to be taken.
const manyMessages = 1000

// TestCompareFromStartToEnd walks through a comparison as a user does.
func TestCompareFromStartToEnd(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	onCompare(b, func(*bench) {})
	messages := make(chan tea.Msg, manyMessages)
	b.begin(messages)
	all := fakeSlices(b.trial.plan)
	b.feedAll(all[:15], messages)
	p := b.comparePage()
	if got, want := p.trials[0].found.results.Slices, all[2:15]; len(got) != len(want) {
		t.Fatalf("%d slices are shown of %d", len(got), len(want))
	}
	if !strings.Contains(b.plain(), "13 of 40 slices") {
		t.Errorf("the page does not say how far it is:\n%s", b.plain())
	}

	// The other pages can be looked at, and nothing changes the load.
	b.press("1")
	b.nextSlice()
	if !strings.Contains(b.plain(), "◆ comparing 13 of 40") || !strings.Contains(b.plain(), "sessions/s") {
		t.Errorf("another page while it runs:\n%s", b.plain())
	}
	for _, key := range []string{"b", "<", "P", "a", "R"} {
		b.press(key)
		b.nextSlice()
		if !strings.Contains(b.plain(), "▲ "+load.ErrComparing.Error()) {
			t.Errorf("%s is not refused:\n%s", key, b.plain())
		}
		b.notice = ""
	}
	if len(b.engine.applied) > 0 || len(b.engine.calls) > 0 {
		t.Errorf("applied %v, called %v", b.engine.applied, b.engine.calls)
	}
	b.press(b.compareKey())
	for _, key := range []string{"v", "N", "M", "s", "L", "enter"} {
		before := p.choice
		b.press(key)
		b.nextSlice()
		if p.choice != before || !strings.Contains(b.plain(), "▲ "+load.ErrComparing.Error()) {
			t.Errorf("%s is not refused", key)
		}
		b.notice = ""
	}

	b.feedAll(all[15:], messages)
	b.drain(messages)
	if b.trial != nil || !p.trials[0].ended || p.trials[0].found.results.Partial {
		t.Fatal("it does not end")
	}
	if !strings.Contains(b.plain(), "verdict  tuned against baseline: ") || !strings.Contains(b.plain(), "● live") {
		t.Errorf("at the end:\n%s", b.plain())
	}
	b.snapshots(10)
	if !strings.Contains(b.plain(), "verdict  tuned against baseline: ") {
		t.Errorf("the result goes with the next snapshots:\n%s", b.plain())
	}

	// Another one, which is cancelled; what the claims page has is its own.
	b.begin(messages)
	b.feedAll(all[:9], messages)
	b.press("c")
	b.nextSlice()
	if !strings.Contains(b.plain(), "two arms are being compared: c shows that") {
		t.Errorf("the claims do not say that something else runs:\n%s", b.plain())
	}
	b.press("c")
	b.press("esc")
	b.drain(messages)
	if !strings.Contains(b.plain(), "no verdict, stopped after 3 of 20 slices") {
		t.Errorf("it does not say that it was cancelled:\n%s", b.plain())
	}
	if got := len(p.trials[0].found.results.Slices); got != 7 {
		t.Errorf("%d slices are kept of 7", got)
	}
	b.press("b")
	if len(b.engine.applied) != 1 {
		t.Errorf("the keys do not work afterwards: applied %v", b.engine.applied)
	}
}

// TestNothingIsOfferedThatIsRefused while a comparison runs, on any page.
func TestNothingIsOfferedThatIsRefused(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(160, 45)
	onCompare(b, func(b *bench) { b.compared(9) })
	for i, page := range b.pages {
		for _, claims := range []bool{false, true} {
			b.press(tabKey(i))
			b.comparePage().claims = claims
			b.nextSlice()
			lines := strings.Split(b.plain(), "\n")
			footer := lines[len(lines)-1]
			if !strings.Contains(footer, "esc stop") || !strings.Contains(footer, "? help") {
				t.Errorf("%s: the footer is %q", page.Title(), footer)
			}
			for _, bind := range b.inForce() {
				if bind.idle && bind.hint != "" && strings.Contains(footer, " "+bind.hint+" ") {
					t.Errorf("%s: the footer offers %s, %q", page.Title(), bind.hint, footer)
				}
				if !bind.idle {
					continue
				}
				before := b.comparePage().choice
				if msg, ok := b.press(bind.keys[0]).(appliedMsg); !ok || !errors.Is(msg.err, load.ErrComparing) {
					t.Errorf("%s: %s is not refused", page.Title(), bind.keys[0])
				}
				if b.comparePage().choice != before || len(b.engine.applied)+len(b.engine.calls) > 0 {
					t.Fatalf("%s: %s changes something", page.Title(), bind.keys[0])
				}
			}
		}
	}
}

// TestClaimsKeepTheChoiceOfArms: keys for what is not seen there change nothing.
func TestClaimsKeepTheChoiceOfArms(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	onCompare(b, func(b *bench) { b.press("c") })
	before := b.comparePage().choice
	for _, key := range []string{"v", "V", "n", "N", "M"} {
		b.press(key)
		if b.comparePage().choice != before || !strings.Contains(b.plain(), "▲ "+errArmsOfClaims.Error()) {
			t.Errorf("%s is not refused:\n%s", key, b.plain())
		}
		b.notice = ""
	}
	b.compose()
	if f := b.plain(); strings.Contains(f, "v n arms") || strings.Contains(f, "m mark") || !strings.Contains(f, "c two arms") {
		t.Errorf("the footer offers what is refused:\n%s", f)
	}
	b.press("s")
	if b.comparePage().choice == before {
		t.Error("the number of slices cannot be changed")
	}
}

// TestNothingIsDrawnDuringASlice: keys work at once and are seen with the next slice;
// what the process does until then is measured.
func TestNothingIsDrawnDuringASlice(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	onCompare(b, func(*bench) {})
	before := b.View()
	messages := make(chan tea.Msg, manyMessages)
	b.begin(messages)
	if b.View() == before {
		t.Error("the start is not shown")
	}
	all := fakeSlices(b.trial.plan)
	b.feedAll(all[:5], messages)
	p := b.comparePage()
	before = b.View()
	for _, key := range []string{"down", "c", "?", "esc", "1", "v", "b", "space", "+"} {
		if b.press(key); b.View() != before {
			t.Errorf("%s is drawn during a slice:\n%s", key, b.plain())
		}
	}
	b.snapshots(1)
	if b.View() != before {
		t.Errorf("a snapshot is drawn during a slice:\n%s", b.plain())
	}
	if !p.claims || p.rows[0] != 1 || b.current != 0 || b.trial == nil {
		t.Error("the keys have not worked at once")
	}
	b.press(b.compareKey())
	b.press("c")
	b.feedAll(all[5:6], messages)
	if !strings.Contains(b.plain(), "4 of 40 slices") || !strings.Contains(b.plain(), "▸ bytes/session") {
		t.Errorf("the next slice does not show what the keys did:\n%s", b.plain())
	}

	b.press("k")
	before = b.View()
	b.size(100, 30) // or nothing would fit
	if b.View() == before || !strings.Contains(b.plain(), "▸ allocations/session") {
		t.Errorf("a new size is not drawn at once:\n%s", b.plain())
	}
	b.press("esc")
	if !strings.Contains(b.plain(), "stopping") {
		t.Errorf("esc is not drawn at once:\n%s", b.plain())
	}
	b.press("down")
	if !strings.Contains(b.plain(), "▸ bytes/session") {
		t.Errorf("after the last slice keys are not drawn at once:\n%s", b.plain())
	}
	b.drain(messages)
	if !strings.Contains(b.plain(), "no verdict, stopped after 2 of 20 slices") {
		t.Errorf("it does not end:\n%s", b.plain())
	}
	b.begin(messages)
	b.feedAll(all[:3], messages)
	if b.press("q") != (tea.QuitMsg{}) {
		t.Error("q does not quit at once")
	}
	b.press("esc")
	b.drain(messages)
}

// TestEscapeClosesTheHelpFirst and leaves the comparison alone.
func TestEscapeClosesTheHelpFirst(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	onCompare(b, func(*bench) {})
	messages := make(chan tea.Msg, manyMessages)
	b.begin(messages)
	b.feedAll(fakeSlices(b.trial.plan)[:3], messages)
	b.press("?")
	b.press("esc")
	if b.help {
		t.Error("esc does not close the help")
	}
	b.feedAll(fakeSlices(b.trial.plan)[3:4], messages)
	b.press("esc")
	b.drain(messages)
}

// TestExperimentRefused: an engine that cannot compare says why.
func TestExperimentRefused(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	onCompare(b, func(b *bench) { b.compared(0) })
	b.Update(trialEndedMsg{b.trial, newFindings(load.Results{Plan: b.trial.plan, Partial: true}, 0, nil), load.ErrNotRunning})
	if !strings.Contains(b.plain(), "▲ "+load.ErrNotRunning.Error()) {
		t.Errorf("the reason is not shown:\n%s", b.plain())
	}
}

func TestFeedLosesNothing(t *testing.T) {
	f := newFeed()
	f.begin()
	const n = 200
	go func() {
		for i := range n {
			f.put(load.Slice{Number: i, Warmup: i == 0})
		}
		f.close()
	}()
	plan := load.Plan{Arms: make([]load.Arm, 1)}
	seen := 0
	for range f.wake {
		got := f.findings(plan)
		if len(got.results.Slices) < seen || got.turns < len(got.results.Slices) {
			t.Fatalf("%d slices and %d turns after %d slices", len(got.results.Slices), got.turns, seen)
		}
		seen = len(got.results.Slices)
	}
	got := f.findings(plan)
	if len(got.results.Slices) != n-1 || got.turns != n {
		t.Fatalf("%d slices, %d turns of %d", len(got.results.Slices), got.turns, n)
	}
	for i, s := range got.results.Slices {
		if s.Number != i+1 {
			t.Fatalf("slice %d is in the place of %d", s.Number, i+1)
		}
	}
}

// TestClaimsAreJudged as the slices come: what is claimed at once, figures later, and
// verdicts at the end.
func TestClaimsAreJudged(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 45)
	onCompare(b, func(b *bench) { b.press("c"); b.press("S") })
	messages := make(chan tea.Msg, manyMessages)
	b.begin(messages)
	p := b.comparePage()
	all := fakeSlices(b.trial.plan)
	for i := range all { // each is valid
		all[i].Valid, all[i].Reasons = true, nil
	}
	b.feedAll(all[:2], messages)
	for p.board() == nil {
		b.handle(<-messages, messages)
	}
	if f := b.plain(); !strings.Contains(f, "HKDF calls/session, after") || strings.Contains(f, "holds") {
		t.Errorf("after a slice:\n%s", f)
	}
	b.feedAll(all[2:], messages)
	b.drain(messages)
	board := p.board()
	if board.Partial || board.Why != "" {
		t.Fatalf("partial %v, no verdict: %q", board.Partial, board.Why)
	}
	holds := 0
	for _, r := range board.Rows {
		if r.Verdict == claims.Holds {
			holds++
		}
	}
	if holds == 0 || !strings.Contains(b.plain(), fmt.Sprintf("%d holds", holds)) {
		t.Errorf("%d claims hold:\n%s", holds, b.plain())
	}
}

// TestClaimsOfACancelledTrial: the board is of all slices that are shown.
func TestClaimsOfACancelledTrial(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 45)
	onCompare(b, func(b *bench) { b.press("c") })
	messages := make(chan tea.Msg, manyMessages)
	b.begin(messages)
	b.feedAll(fakeSlices(b.trial.plan)[:3+6+4], messages) // warm-ups, a block, and a part of one
	b.press("esc")
	b.drain(messages)
	p := b.comparePage()
	if n := len(p.trials[1].found.results.Slices); n != 10 {
		t.Fatalf("%d slices are shown of 10", n)
	}
	n := 0
	for _, a := range p.board().Arms {
		n += a.Measured
	}
	if n != 10 || !p.board().Partial {
		t.Errorf("the board is of %d slices of 10, partial %v", n, p.board().Partial)
	}
	if !strings.Contains(b.plain(), "no verdict, stopped after 3 of 20 slices") {
		t.Errorf("it does not say so:\n%s", b.plain())
	}
}

// TestCommandsOfATrialEnd when the program does, whatever has begun.
func TestCommandsOfATrialEnd(t *testing.T) {
	for _, fed := range []int{0, 5} {
		b := newBench(t, "dark", false)
		ctx, cancel := context.WithCancelCause(t.Context())
		b.ctx = ctx
		b.size(80, 24)
		onCompare(b, func(*bench) {})
		messages := make(chan tea.Msg, manyMessages)
		b.begin(messages)
		b.feedAll(fakeSlices(b.trial.plan)[:fed], messages)
		cancel(errors.New("the end"))
		b.running.close() // as Run does; waits for what has begun
	}
}

// TestCompareOnAnEngine compares for real, in as few and short slices as there are.
func TestCompareOnAnEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	e, err := load.New(load.Default())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	b := newBench(t, "dark", false)
	b.model.engine, b.config = e, e.Config()
	b.size(120, 40)
	onCompare(b, func(*bench) {})
	for _, key := range []string{"S", "L", "L", "L"} {
		b.press(key)
	}
	messages := make(chan tea.Msg, manyMessages)
	b.begin(messages)
	b.drain(messages)
	f := b.comparePage().trials[0].found
	if hkdf := f.compared[0].Metric("hkdf_per_session"); f.results.Partial || hkdf.Base.Value != 6 || hkdf.New.Value != 2 {
		t.Errorf("HKDF calls: %+v, partial %v", hkdf, f.results.Partial)
	}
	if err := e.Apply(load.Default()); err != nil {
		t.Errorf("afterwards the load cannot be changed: %v", err)
	}
}

// TestNoRateOfTheRest: between a trial and the first snapshot of the load that goes
// on, the header tells no rate, which would be of the time in which the load rested.
func TestNoRateOfTheRest(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.story()
	s := b.snap
	s.State, s.AchievedRate = load.Comparing, 0.3
	b.Update(snapshotMsg{s})
	head, _, _ := strings.Cut(b.plain(), "\n")
	if !strings.Contains(head, "● comparing") || !strings.Contains(head, "– of 20k/s · comparing") {
		t.Errorf("the header: %s", head)
	}
}
