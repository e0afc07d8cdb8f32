package ui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestRandomEvents does 10,000 things at random to the dashboard: keys, pasted texts,
// the mouse, resizes, snapshots, and the answers of commands as late as they like. Nothing
// panics, every frame fills the terminal, and the cursor is where something was recorded.
// SAGETOP_RANDOM_SEED, which "make random" sets, is the one seed to do it with.
func TestRandomEvents(t *testing.T) {
	seeds, events := []uint64{1, 2}, 10_000
	switch text := os.Getenv("SAGETOP_RANDOM_SEED"); {
	case text != "":
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = []uint64{seed}
	case testing.Short() || raceEnabled:
		events = 1500
	}
	for i, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Chdir(t.TempDir()) // for what is exported
			look := looksOfGoldens[(int(seed%1000)+i)%len(looksOfGoldens)]
			synctest.Test(t, func(t *testing.T) { randomEvents(t, seed, events, look) })
		})
	}
}

// randomEngine measures what an experiment asks for, a slice when it is told.
type randomEngine struct {
	*fakeEngine
	turns chan struct{}
}

// Experiment implements Engine.
func (e *randomEngine) Experiment(ctx context.Context, x *load.Experiment, seen func(load.Slice)) (load.Results, error) {
	r := load.Results{Plan: x.Plan(), Partial: true}
	for _, s := range fakeSlices(x.Plan()) {
		select {
		case <-e.turns:
		case <-ctx.Done():
			return r, context.Cause(ctx)
		}
		if !s.Warmup {
			r.Slices = append(r.Slices, s)
		}
		seen(s)
	}
	r.Partial = false
	return r, nil
}

// randomUser is whoever does things at random.
type randomUser struct {
	*bench
	t       *testing.T
	rng     *rand.Rand
	engine  *randomEngine
	answers chan tea.Msg
	late    []tea.Msg
	keys    []string
	last    string // the last frame that was looked at
	w, h    int
}

func randomEvents(t *testing.T, seed uint64, events int, look goldenLook) {
	ctx, cancel := context.WithCancel(context.Background())
	b := newBench(t, look.theme, look.ascii)
	u := &randomUser{
		bench: b, t: t, rng: rand.New(rand.NewPCG(seed, 0)),
		engine:  &randomEngine{b.engine, make(chan struct{})},
		answers: make(chan tea.Msg, 10_000),
	}
	b.ctx, b.model.engine = ctx, u.engine
	u.keys = slices.Sorted(maps.Keys(namedKeys))
	for _, bind := range allBindings(b.pages) {
		for range 4 { // more often than keys that mean nothing
			u.keys = append(u.keys, bind.keys...)
		}
	}
	u.run(u.Init())
	u.resize(120, 40)
	var log []string
	for i := range events {
		what := u.act()
		log = append(log, what)
		synctest.Wait()
		u.answer()
		if err := u.wrong(); err != nil {
			t.Fatalf("seed %d, event %d: %v; the last events:\n%s", seed, i, err, strings.Join(log[max(len(log)-25, 0):], "\n"))
		}
	}
	cancel()
	b.running.close()
	synctest.Wait()
}

// run runs a command, which may take its time.
func (u *randomUser) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if all, ok := msg.(tea.BatchMsg); ok {
			for _, c := range all {
				u.run(c)
			}
			return
		}
		u.answers <- msg
	}()
}

func (u *randomUser) update(msg tea.Msg) {
	_, cmd := u.Update(msg)
	u.run(cmd)
}

// answer gives the model most of what its commands came to.
func (u *randomUser) answer() {
	for more := true; more; {
		select {
		case msg := <-u.answers:
			u.late = append(u.late, msg)
		default:
			more = false
		}
	}
	u.rng.Shuffle(len(u.late), func(i, j int) { u.late[i], u.late[j] = u.late[j], u.late[i] })
	for len(u.late) > 0 && u.rng.IntN(8) > 0 {
		msg := u.late[0]
		u.late = u.late[1:]
		// What is for Bubble Tea itself, the model never sees.
		if msg == nil || strings.Contains(reflect.TypeOf(msg).PkgPath(), "bubbletea") {
			continue
		}
		u.update(msg)
	}
}

// act does something, and says what.
func (u *randomUser) act() string {
	switch n := u.rng.IntN(100); {
	case n < 40:
		msg := keyMsg(u.keys[u.rng.IntN(len(u.keys))])
		msg.Alt = msg.Alt || u.rng.IntN(40) == 0
		u.update(msg)
		return "key " + msg.String()
	case n < 50:
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(u.text(1 + u.rng.IntN(4)))}
		u.update(msg)
		return fmt.Sprintf("runes %q", string(msg.Runes))
	case n < 53:
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(u.text(u.rng.IntN(200))), Paste: true}
		u.update(msg)
		return fmt.Sprintf("paste %q", string(msg.Runes))
	case n < 80:
		msg := u.event()
		u.update(msg)
		if u.rng.IntN(3) == 0 { // a whole click, or a drag
			msg.Action, msg.Button = tea.MouseActionPress, tea.MouseButtonLeft
			u.update(msg)
			for range u.rng.IntN(4) {
				u.update(dragged(msg.X+u.rng.IntN(41)-20, msg.Y))
			}
			u.update(released(msg.X, msg.Y))
		}
		return fmt.Sprintf("mouse %v at %d, %d", msg, msg.X, msg.Y)
	case n < 84:
		u.resize(u.rng.IntN(140), u.rng.IntN(50))
		switch u.rng.IntN(10) {
		case 0:
			u.resize(u.rng.IntN(301), u.rng.IntN(101))
		case 1, 2, 3, 4:
			u.resize(120, 40)
		}
		return fmt.Sprintf("size %dx%d", u.w, u.h)
	case n < 97:
		return u.snapshot()
	default:
		select {
		case u.engine.turns <- struct{}{}:
		default:
		}
		return "slice"
	}
}

func (u *randomUser) resize(w, h int) {
	u.w, u.h = w, h
	u.update(tea.WindowSizeMsg{Width: w, Height: h})
}

// texts are what is typed: parts of commands and filters, and what may break a row.
var texts = []string{
	"rate 5k", "age>10s ", "msgs=0", "suite=hybrid", "state=idle", "theme ", "pool-capacity ", "12", "-1", "1e9", "%", "/", ":",
	"a", "z", " ", "\t", "\n", "\r\n", "\x00", "\x1b[31m", "\x7f", "\u0085", "漢字", "한", "🙂", "👩‍👩‍👧", "e\u0301", "\u0301",
	"\u200b", "\u202e", "\ufeff", "\u00ad", "\ufffd", "ﬁ", "…", "𝔘", "ｆ", "\U000e0001", "٣",
}

func (u *randomUser) text(n int) string {
	var b strings.Builder
	for range n {
		switch u.rng.IntN(3) {
		case 0:
			b.WriteString(texts[u.rng.IntN(len(texts))])
		case 1:
			b.WriteByte(byte(' ' + u.rng.IntN(95)))
		default:
			b.WriteRune(rune(u.rng.IntN(0x3000)))
		}
	}
	return b.String()
}

// event is one of the mouse, often where it means something.
func (u *randomUser) event() tea.MouseMsg {
	msg := tea.MouseMsg{
		X: u.rng.IntN(u.w+10) - 5, Y: u.rng.IntN(u.h+10) - 5,
		Action: tea.MouseAction(u.rng.IntN(3)), Button: tea.MouseButton(u.rng.IntN(12)),
		Shift: u.rng.IntN(9) == 0, Alt: u.rng.IntN(9) == 0, Ctrl: u.rng.IntN(9) == 0,
	}
	if hits := u.canvas.hits; len(hits) > 0 && u.rng.IntN(2) > 0 {
		h := hits[u.rng.IntN(len(hits))]
		msg.X, msg.Y = h.x+u.rng.IntN(h.w), h.y+u.rng.IntN(h.h)
	}
	if u.rng.IntN(3) > 0 {
		msg.Button = tea.MouseButtonLeft
	}
	if u.rng.IntN(500) == 0 {
		msg.X = 1 << 30
	}
	return msg
}

// snapshot has the load go on, by some or by much, or begin anew.
func (u *randomUser) snapshot() string {
	what := "snapshot"
	switch s := &u.load.s; u.rng.IntN(60) {
	case 0:
		what = "counters anew"
		run := s.Run + 1
		u.load = newFakeLoad(session.Tuned)
		u.load.s.Run = run
	case 1, 2:
		s.State = load.State(u.rng.IntN(int(load.Stopped) + 1))
		what = "state " + s.State.String()
	case 3:
		what = "snapshots of minutes"
		for range u.rng.IntN(3000) {
			u.load.step()
		}
	case 4:
		u.load.kinds = allKinds()[:u.rng.IntN(len(allKinds())+1)]
		what = fmt.Sprintf("%d kinds of handshake", len(u.load.kinds))
	case 5:
		u.load.limit = float64(u.rng.IntN(20_000))
		what = "limit"
	}
	u.load.s.Config = u.engine.Config()
	time.Sleep(100 * time.Millisecond)
	select {
	case u.engine.snapshots <- u.load.step():
		return what
	default:
		u.load.step()
		return what + ", which nobody waits for"
	}
}

// wrong says what is not as promised.
func (u *randomUser) wrong() error {
	if crash := (*PanicError)(nil); errors.As(u.err, &crash) {
		return fmt.Errorf("%w\n%s", u.err, crash.Stack)
	}
	if u.err != nil {
		return u.err
	}
	v := u.view()
	if v.at < 0 || v.at > v.end || v.end > u.snap.Elapsed || v.frozen && v.at < min(u.history.oldest(), u.past.freeze) {
		return fmt.Errorf("cursor at %v of charts up to %v; recorded is %v to %v", v.at, v.end, u.history.oldest(), u.snap.Elapsed)
	}
	frame := u.View()
	if frame == u.last {
		return nil
	}
	u.last = frame
	if u.w <= 0 || u.h <= 0 {
		if frame != "" {
			return fmt.Errorf("a frame of %d bytes at %dx%d", len(frame), u.w, u.h)
		}
		return nil
	}
	if n := strings.Count(frame, "\n") + 1; n != u.h {
		return fmt.Errorf("%d lines at %dx%d", n, u.w, u.h)
	}
	for line := range strings.SplitSeq(frame, "\n") {
		if n := ansi.StringWidth(line); n != u.w {
			return fmt.Errorf("a line is %d wide at %dx%d: %q", n, u.w, u.h, line)
		}
	}
	return nil
}
