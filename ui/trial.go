package ui

import (
	"context"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/claims"
)

// trial is an experiment that was started on the screen. What it measures is the
// whole process, the dashboard included. So nothing moves on the screen while it
// runs: a frame is drawn when a slice has arrived, and what keys did is seen then.
// Slices come between two measurements, and the next begins with a lead-in that does
// not count and is longer than it takes to work the slice up and draw it.
type trial struct {
	plan   load.Plan
	turns  int // slices in all, warm-ups included
	about  time.Duration
	claims bool // it is that of the claims board
	stop   context.CancelFunc
	feed   *feed
	found  *findings // the newest
	ended  bool
	err    error // why it ended before its time, nil if it did not

	planned string // the plan in words
	stopped bool   // the user has ended it
}

// findings is what a trial has come to so far. It does not change any more.
type findings struct {
	results load.Results
	turns   int // slices measured, warm-ups included
	// compared is the first arm against each of the others.
	compared []load.Comparison
	board    *claims.Board // of the claims, nil before the first was judged
}

// newFindings works up what was measured, which takes a millisecond or two.
func newFindings(r load.Results, turns int, board *claims.Board) *findings {
	f := &findings{results: r, turns: turns, board: board}
	for i := range r.Plan.Arms[1:] {
		f.compared = append(f.compared, r.Compare(0, i+1))
	}
	return f
}

// exact tells whether a metric is a count that is the same in all slices of an arm,
// and in all of the arm that it is compared with.
func (f *findings) exact(arm, metric int) bool {
	return f.compared[max(arm-1, 0)].Metrics[metric].Exact
}

// samples returns the figures of an arm's valid slices.
func (f *findings) samples(arm, metric int) *load.Samples {
	if arm == 0 {
		return &f.compared[0].Metrics[metric].Base
	}
	return &f.compared[arm-1].Metrics[metric].New
}

// arm returns what became of an arm's slices.
func (f *findings) arm(arm int) *load.ArmResult {
	if arm == 0 {
		return &f.compared[0].Base
	}
	return &f.compared[arm-1].New
}

// left estimates how long the trial will take, by how long it took so far.
func (t *trial) left() time.Duration {
	const enough = 4 // turns
	left := t.turns - t.found.turns
	each := t.about / time.Duration(t.turns)
	if t.found.turns >= enough {
		each = t.found.results.Elapsed / time.Duration(t.found.turns)
	}
	return each * time.Duration(left)
}

// slicesOf returns how many slices of each arm have been counted.
func (t *trial) slicesOf() int {
	least := t.plan.Slices
	for arm := range t.plan.Arms {
		least = min(least, t.found.arm(arm).Measured)
	}
	return least
}

// feed hands slices from the experiment's goroutine, which never waits for it, to
// the command that waits for them. None is lost: whoever comes late gets several.
type feed struct {
	wake chan struct{} // capacity 1; closed at the end

	audits   *claims.Audits // nil before the first slice
	judgedBy int            // slices, by the newest board

	mu      sync.Mutex
	began   time.Time
	slices  []load.Slice // without warm-ups; grows, and is not changed
	turns   int
	elapsed time.Duration
	board   *claims.Board
}

func newFeed() *feed { return &feed{wake: make(chan struct{}, 1)} }

// begin is called before the first slice.
func (f *feed) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.began = time.Now()
}

// put adds a slice. It must not be called after close.
func (f *feed) put(s load.Slice) {
	f.mu.Lock()
	f.turns++
	f.elapsed = time.Since(f.began)
	if !s.Warmup {
		f.slices = append(f.slices, s)
	}
	f.mu.Unlock()
	f.tell()
}

// judged puts a board in the place of the one before.
func (f *feed) judged(b *claims.Board) {
	f.mu.Lock()
	f.board = b
	f.mu.Unlock()
	f.tell()
}

// tell wakes who waits.
func (f *feed) tell() {
	select {
	case f.wake <- struct{}{}:
	default: // who is to wake will see this, too
	}
}

// close ends the feed.
func (f *feed) close() { close(f.wake) }

// findings works up what has come so far.
func (f *feed) findings(plan load.Plan) *findings {
	f.mu.Lock()
	all, turns, elapsed, board := f.slices[:len(f.slices):len(f.slices)], f.turns, f.elapsed, f.board
	f.mu.Unlock()
	return newFindings(load.Results{Plan: plan, Slices: all, Elapsed: elapsed, Partial: true}, turns, board)
}

// judge judges the claims by what has come so far, where it is time to: after the
// first slice, which tells what is claimed, after each block, and after the last one.
// It does so between two slices, on the goroutine that measures them, and that alone
// changes f. The audits make sessions, so they are made once, after the first slice,
// which is a warm-up.
func (f *feed) judge(plan load.Plan, turns int) error {
	if f.audits == nil {
		var err error
		if f.audits, err = claims.Audit(); err != nil {
			return err
		}
	}
	counted, block := f.turns-len(plan.Arms), 2*len(plan.Arms)
	if last := f.turns == turns; f.turns > 1 && !last && (counted <= 0 || counted%block > 0) {
		return nil
	}
	return f.judgeNow(plan, f.turns < turns)
}

// judgeRest judges by what has come since, where the end has come before its time: the
// board is of the slices that are shown.
func (f *feed) judgeRest(plan load.Plan) {
	if f.audits != nil && len(f.slices) > f.judgedBy {
		_ = f.judgeNow(plan, true) // which has gone well before
	}
}

func (f *feed) judgeNow(plan load.Plan, partial bool) error {
	b, err := f.audits.Judge(load.Results{Plan: plan, Slices: f.slices, Elapsed: f.elapsed, Partial: partial})
	if err != nil {
		return err
	}
	f.judgedBy = len(f.slices)
	f.judged(&b)
	return nil
}

// Messages of a trial.
type (
	// measuredMsg says that more slices were measured.
	measuredMsg struct {
		trial *trial
		found *findings
	}
	// trialEndedMsg says that the experiment has returned, and with what error.
	trialEndedMsg struct {
		trial *trial
		found *findings
		err   error
	}
)

// startTrial has the engine run an experiment by a plan, unless one runs already.
func (m *model) startTrial(plan load.Plan, board bool) (*trial, tea.Cmd) {
	if m.trial != nil {
		return nil, refuse(load.ErrComparing)
	}
	x, err := load.NewExperiment(plan)
	if err != nil {
		return nil, refuse(err)
	}
	ctx, stop := context.WithCancel(m.ctx)
	t := &trial{
		plan: x.Plan(), turns: x.Turns(), about: x.Estimate(), claims: board,
		stop: stop, feed: newFeed(),
	}
	t.planned = plannedText(&t.plan, board)
	t.found = newFindings(load.Results{Plan: t.plan, Partial: true}, 0, nil)
	m.trial = t
	engine, resting := m.engine, m.dropRest()
	run := m.command(func() tea.Msg {
		defer stop()
		defer t.feed.close()
		if resting != nil {
			resting.end(engine)
		}
		return t.run(ctx, engine, x)
	})
	return t, tea.Batch(run, m.nextSlices(t))
}

// run has the engine run the experiment, to its end or that of ctx.
func (t *trial) run(ctx context.Context, engine Engine, x *load.Experiment) tea.Msg {
	t.feed.begin()
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	results, err := engine.Experiment(ctx, x, func(s load.Slice) {
		t.feed.put(s)
		if t.claims {
			if err := t.feed.judge(t.plan, t.turns); err != nil {
				give(err) // and up
			}
		}
	})
	if err != nil && t.claims {
		t.feed.judgeRest(t.plan)
	}
	found := t.feed.findings(t.plan)
	if err == nil {
		found = newFindings(results, found.turns, found.board)
	}
	return trialEndedMsg{t, found, err}
}

// refuse is a command that says why nothing was done.
func refuse(err error) tea.Cmd {
	return func() tea.Msg { return appliedMsg{err: err} }
}

// nextSlices waits for more slices of a trial, until it is over.
func (m *model) nextSlices(t *trial) tea.Cmd {
	ctx := m.ctx
	return m.command(func() tea.Msg {
		select {
		case _, more := <-t.feed.wake:
			if !more {
				return nil
			}
		case <-ctx.Done():
			return nil // the results come with the end
		}
		return measuredMsg{t, t.feed.findings(t.plan)}
	})
}

// measured shows more slices of a trial, and waits for the next.
func (m *model) measured(msg measuredMsg) tea.Cmd {
	if msg.trial.ended {
		return nil
	}
	msg.trial.found = msg.found
	return m.nextSlices(msg.trial)
}

// trialEnded shows what a trial has come to, and lets another one begin.
func (m *model) trialEnded(msg trialEndedMsg) {
	msg.trial.found, msg.trial.ended, msg.trial.err = msg.found, true, msg.err
	m.trial = nil
}

// stopTrial ends the trial that runs, if one does.
func (m *model) stopTrial() {
	if m.trial != nil {
		m.trial.stopped = true
		m.trial.stop()
	}
}

// measuring tells whether a trial is measuring what this process does.
func (m *model) measuring() bool { return m.trial != nil && !m.trial.stopped }
