package ui

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// fakeLoad makes a deterministic sequence of snapshots, ten a second.
type fakeLoad struct {
	s      load.Snapshot
	debt   float64 // bytes allocated since the last GC cycle
	warm   float64 // share of gets that the pool can serve
	forced bool    // a collection is forced in the next step
	// kinds are the handshakes that run, and limit what the load can reach:
	// sessions/s, 0 for no limit. What is above is dropped.
	kinds []load.HandshakeKind
	limit float64
}

func newFakeLoad(o session.Optimizations) *fakeLoad {
	f := &fakeLoad{}
	f.s.Config = load.Default()
	f.s.Config.Rate = 20000
	f.s.Config.Optimizations = o
	f.s.State = load.Running
	return f
}

// tick is the time between two snapshots.
const tick = 100 * time.Millisecond

// step returns the snapshot a tenth of a second later.
func (f *fakeLoad) step() load.Snapshot {
	const dt = tick
	s := &f.s
	s.Seq++
	s.Elapsed += dt
	if s.State == load.Paused {
		return *s
	}
	i := float64(s.Seq)
	shape := s.Config.Shape(s.ProfileStart)
	at := s.Elapsed - s.ProfileStart
	rate := (shape.Total(at) - shape.Total(at-dt)) / dt.Seconds()
	n := uint64(rate*dt.Seconds()*(1+0.02*math.Sin(i/3))) &^ 1
	s.Valid, s.Reasons = true, nil
	if most := uint64(f.limit * dt.Seconds()); f.limit > 0 && n > most {
		f.drop(n - most)
		n = most
	}
	s.Offered += rate * dt.Seconds()
	s.Sessions.Created += n
	s.Sessions.Removed += n
	s.Sessions.Live = uint64(2 * rate)
	s.OfferedRate, s.AchievedRate = rate, float64(n)/dt.Seconds()
	f.handshakes(n)

	o := s.Config.Optimizations
	objects := 3.0
	switch {
	case !o.KeyBuffer:
		s.KeyAllocs += 6 * n
		objects += 6
	case o.Pool == session.PoolNone:
		s.KeyAllocs += n
		objects++
	}
	labels := []session.Label{
		session.LabelEncryption, session.LabelSigning, session.LabelC2SEnc,
		session.LabelC2SSign, session.LabelS2CEnc, session.LabelS2CSign,
	}
	if o.SingleHKDF {
		labels = []session.Label{session.LabelSession, session.LabelDirectional}
	}
	for _, l := range labels {
		s.HKDF.ByLabel[l] += n
		s.HKDF.Calls += n
	}
	if !o.ReusableHash {
		objects += 4 * float64(len(labels))
	}
	f.warm += (1 - f.warm) / 8
	if o.Pool == session.PoolNone {
		f.warm = 0
		objects += 3
	} else {
		s.Pool.Gets += n
		s.Pool.Hits += uint64(float64(n) * f.warm)
		s.Pool.Free = int64(n)
	}
	s.Allocs.Objects += uint64(float64(n) * objects)
	s.Allocs.Bytes += uint64(float64(n) * objects * 60)
	forced := f.forced
	if f.debt += float64(n) * objects * 60; f.debt > 40e6 || forced {
		f.forced = false
		f.debt = 0
		s.GC.Cycles++
		pause := time.Duration(80e3 * math.Exp(math.Sin(i)))
		s.GC.PauseTotal += pause
		s.GC.Pauses.Count++
		s.GC.Pauses.Max = max(s.GC.Pauses.Max, pause)
		used := 0.41 * s.Elapsed.Seconds()
		s.GC.CPUSeconds += (used - s.GC.TotalCPUSeconds) * (0.06 + 0.02*math.Sin(i/7))
		s.GC.TotalCPUSeconds, s.GC.AssistCPUSeconds = used, s.GC.CPUSeconds/9
		s.GC.Recent = append(slices.Clone(s.GC.Recent), load.Cycle{Number: s.GC.Cycles, At: s.Elapsed - dt/2, Pause: pause, Forced: forced})
		if forced {
			s.GC.Forced++
		}
		s.GC.Recent = s.GC.Recent[max(len(s.GC.Recent)-load.RecentCycles, 0):]
		if o.Pool == session.PoolSync {
			f.warm /= 2
		}
	}
	s.GC.HeapLive, s.GC.HeapGoal = uint64(30e6+f.debt), 72e6
	s.GC.HeapLimit = 0
	if limit := s.Config.MemoryLimit; limit != load.Off {
		s.GC.HeapLimit = uint64(limit)
	}
	s.GC.StackBytes, s.GC.TotalMapped = 1228800, 96<<20
	s.Scheduler = load.Scheduler{Window: time.Second, Latency: latencyOf(400, 11e3*(1.2+math.Sin(i/9)))}
	for _, st := range []struct {
		stage *load.Stage
		ns    float64
	}{
		{&s.Stages.Handshake, 2500},
		{&s.Stages.Create, 2000 + 60*objects},
		{&s.Stages.Seal, 3800},
		{&s.Stages.Open, 3400},
		{&s.Stages.Close, 310},
	} {
		st.stage.Count += n
		st.stage.Total += time.Duration(float64(n) * st.ns)
	}
	s.Process = load.Process{CPUPercent: 41, RSS: 91 << 20, Cores: 2}
	return *s
}

// drop does not start n sessions, for several reasons.
func (f *fakeLoad) drop(n uint64) {
	d := &f.s.Dropped
	d.Live += n / 2
	d.CPU += n / 4
	d.Generator += n / 8
	d.Memory += n / 16
	d.Late = d.CPU + d.Generator
	f.s.Valid, f.s.Reasons = false, []string{"sessions were dropped"}
}

// handshakes has a hundredth of n pairs do a handshake, of each kind as many.
func (f *fakeLoad) handshakes(n uint64) {
	hs := &f.s.Handshakes
	hs.Suite, hs.Transport = f.s.Config.Handshake, f.s.Config.Transport
	if len(f.kinds) == 0 {
		return
	}
	f.kinds = slices.Clone(f.kinds) // snapshots share what was in them before
	hs.HandshakeCounts = load.HandshakeCounts{FailedBy: load.Causes{}}
	for i := range f.kinds {
		k := &f.kinds[i]
		k.Completed += max(n/2/uint64(100*len(f.kinds)), 1)
		if f.s.Seq%40 == uint64(i) {
			word := []string{"timeout", "signature", "busy"}[i%3]
			by := load.Causes{word: k.FailedBy[word] + 1}
			k.Failed, k.FailedBy = k.Failed+1, by
			f.s.Dropped.Failed += 2
		}
		hs.Completed += k.Completed
		hs.Failed += k.Failed
		for word, c := range k.FailedBy {
			hs.FailedBy[word] += c
		}
	}
	hs.BySuite = f.kinds
	f.s.Latency = load.Latencies{
		Create:    load.Response{Service: latencyOf(hs.Completed, 4200), Response: latencyOf(hs.Completed, 61e3)},
		Handshake: load.Response{Service: latencyOf(hs.Completed, 812e3), Response: latencyOf(hs.Completed, 1.9e6)},
		Seal:      load.Response{Service: latencyOf(hs.Completed, 2100), Response: latencyOf(hs.Completed, 14e3)},
		Open:      load.Response{Service: latencyOf(hs.Completed, 1950)},
	}
}

// latencyOf makes up a distribution of n times around mean, in ns.
func latencyOf(n uint64, mean float64) load.Latency {
	q := func(times float64) time.Duration { return time.Duration(mean * times) }
	return load.Latency{
		Count: n, Mean: q(1), P50: q(0.9), P75: q(1.2), P90: q(1.6), P95: q(2),
		P99: q(3.1), P999: q(8.4), P9999: q(19), Max: q(43.7),
	}
}

// kindOf makes up what the handshakes of a suite over a transport take.
func kindOf(suite load.Handshake, transport load.Transport) load.HandshakeKind {
	k := load.HandshakeKind{Suite: suite, Transport: transport}
	slower := []float64{1, 1, 1.3, 1.9}[suite]
	wire := []float64{0, 320, 410, 2690}[suite]
	extra := 0.0
	if transport == load.TransportHTTP {
		extra = 118e3
	}
	sum := 0.0
	for i, c := range k.Phases.List() {
		mean := []float64{52e3, 184e3, 97e3, 66e3}[i]*slower + extra
		sum += mean
		c.Service = latencyOf(1, mean)
		c.PerHandshake = load.PhaseUnit{
			Allocs: float64(9+7*i) + extra/4e3, AllocBytes: 2048, WireBytes: wire + extra/400,
		}
	}
	k.Total = latencyOf(1, sum)
	return k
}

// allKinds are all suites over all transports.
func allKinds() []load.HandshakeKind {
	var all []load.HandshakeKind
	for _, suite := range []load.Handshake{load.HandshakeX25519, load.HandshakeHPKE, load.HandshakeHybrid} {
		for _, transport := range []load.Transport{load.TransportMemory, load.TransportHTTP} {
			all = append(all, kindOf(suite, transport))
		}
	}
	return all
}

// fakeEngine is an Engine that hands out what is sent to it.
type fakeEngine struct {
	snapshots chan load.Snapshot // closed when the engine has stopped
	changes   chan load.Config   // what was applied, as far as there is room
	slices    chan load.Slice    // what experiments measure

	mu        sync.Mutex
	config    load.Config
	applied   []load.Config
	calls     []string
	comparing bool
	shards    []load.PoolShard // written by the test, while no command runs
}

func newFakeEngine() *fakeEngine {
	return &fakeEngine{
		snapshots: make(chan load.Snapshot), changes: make(chan load.Config, 1), slices: make(chan load.Slice),
		config: newFakeLoad(session.Tuned).s.Config,
	}
}

func (e *fakeEngine) Next(ctx context.Context) (load.Snapshot, error) {
	select {
	case s, ok := <-e.snapshots:
		if !ok {
			return load.Snapshot{}, io.EOF
		}
		return s, nil
	case <-ctx.Done():
		return load.Snapshot{}, ctx.Err()
	}
}

func (e *fakeEngine) Apply(c load.Config) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.comparing {
		return load.ErrComparing
	}
	if err := c.Validate(); err != nil {
		return err
	}
	e.config = c
	e.applied = append(e.applied, c)
	select {
	case e.changes <- c:
	default:
	}
	return nil
}

func (e *fakeEngine) Config() load.Config {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.config
}

func (e *fakeEngine) call(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, name)
}

func (e *fakeEngine) Pause()  { e.call("pause") }
func (e *fakeEngine) Resume() { e.call("resume") }
func (e *fakeEngine) Reset() error {
	e.call("reset")
	return nil
}

func (e *fakeEngine) Collect() error {
	e.call("collect")
	return nil
}

func (e *fakeEngine) Sessions(q load.SessionQuery) (load.SessionList, error) {
	return load.SessionList{Query: q, FollowedPlace: -1}, nil
}

func (e *fakeEngine) Session(session.Session) (load.SessionDetail, error) {
	return load.SessionDetail{}, session.ErrClosed
}

func (e *fakeEngine) CloseSession(session.Session) error {
	e.call("close")
	return nil
}

func (e *fakeEngine) PoolShards() []load.PoolShard { return e.shards }

// Experiment has measured what is sent to slices.
func (e *fakeEngine) Experiment(ctx context.Context, x *load.Experiment, seen func(load.Slice)) (load.Results, error) {
	compare := func(on bool) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.comparing = on
	}
	compare(true)
	defer compare(false)
	r := load.Results{Plan: x.Plan(), Partial: true}
	for range x.Turns() {
		select {
		case s := <-e.slices:
			if !s.Warmup {
				r.Slices = append(r.Slices, s)
			}
			seen(s)
		case <-ctx.Done():
			return r, context.Cause(ctx)
		}
	}
	r.Partial = false
	return r, nil
}

// bench is a model with what a test needs around it.
type bench struct {
	*model
	engine *fakeEngine
	load   *fakeLoad
}

func newBench(t testing.TB, theme string, ascii bool) *bench {
	t.Helper()
	th, err := newTheme(theme, termenv.TrueColor)
	if err != nil {
		t.Fatal(err)
	}
	e := newFakeEngine()
	m := newModel(t.Context(), &Options{Engine: e, ASCII: ascii, Version: "0.1.0"}, th)
	clock := time.Unix(0, 0)
	m.clock = func() time.Time { // each message takes as long
		clock = clock.Add(210 * time.Microsecond)
		return clock
	}
	return &bench{model: m, engine: e, load: newFakeLoad(session.Tuned)}
}

// snapshots feeds that many snapshots, and drops the commands that wait for more.
func (b *bench) snapshots(n int) {
	for range n {
		b.Update(snapshotMsg{b.load.step()})
	}
}

// story feeds 50 s in which one optimization after the other is turned on.
func (b *bench) story() {
	b.load = newFakeLoad(session.Baseline)
	b.snapshots(150)
	b.load.s.Config.Optimizations.KeyBuffer = true
	b.snapshots(100)
	b.load.s.Config.Optimizations.SingleHKDF = true
	b.snapshots(100)
	b.load.s.Config.Optimizations.Pool = session.PoolSync
	b.snapshots(150)
}

// richStory feeds 70 s of a load in stages that meets its limit, with handshakes
// of four kinds.
func (b *bench) richStory() { b.richStoryOf(allKinds()[:4]) }

func (b *bench) richStoryOf(kinds []load.HandshakeKind) {
	b.load = newFakeLoad(session.Tuned)
	c := &b.load.s.Config
	setParam(c, "profile", "stages")
	setParam(c, "stages", "20s:8k,40s:8k,0s:20k,30s:20k,30s:2k")
	c.Handshake, c.HandshakeShare, c.Transport = load.HandshakeMixed, 0.025, load.TransportHTTP
	b.load.kinds, b.load.limit = kinds, 16000
	b.snapshots(700)
}

// setParam sets a parameter as a user does.
func setParam(c *load.Config, name, text string) {
	p, ok := load.Lookup(name)
	if !ok {
		panic("no parameter " + name)
	}
	if err := p.Set(c, text); err != nil {
		panic(err)
	}
}

// press types a key, runs the command that it gives, and returns its message.
func (b *bench) press(key string) tea.Msg {
	msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(key)}
	switch key {
	case "space":
		msg = tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	case "esc":
		msg = tea.KeyMsg{Type: tea.KeyEsc}
	case "tab":
		msg = tea.KeyMsg{Type: tea.KeyTab}
	case "shift+tab":
		msg = tea.KeyMsg{Type: tea.KeyShiftTab}
	case "left":
		msg = tea.KeyMsg{Type: tea.KeyLeft}
	case "right":
		msg = tea.KeyMsg{Type: tea.KeyRight}
	case "enter":
		msg = tea.KeyMsg{Type: tea.KeyEnter}
	case "up":
		msg = tea.KeyMsg{Type: tea.KeyUp}
	case "down":
		msg = tea.KeyMsg{Type: tea.KeyDown}
	case "ctrl+c":
		msg = tea.KeyMsg{Type: tea.KeyCtrlC}
	}
	_, cmd := b.Update(msg)
	if cmd == nil {
		return nil
	}
	answer := cmd()
	if _, ok := answer.(appliedMsg); ok {
		b.Update(answer)
	}
	return answer
}

func (b *bench) size(w, h int) { b.Update(tea.WindowSizeMsg{Width: w, Height: h}) }

// plain returns the frame without escape sequences.
func (b *bench) plain() string { return plain(b.View()) }

func plain(frame string) string {
	var out strings.Builder
	for {
		i := strings.IndexByte(frame, 0x1b)
		if i < 0 {
			out.WriteString(frame)
			return out.String()
		}
		out.WriteString(frame[:i])
		frame = frame[i:]
		frame = frame[strings.IndexByte(frame, 'm')+1:]
	}
}

// picture draws with f on a canvas and returns what is to be seen, with dots for
// spaces at the ends of lines.
func picture(w, h int, ascii bool, f func(area)) string {
	var c canvas
	c.reset(w, h)
	f(c.all())
	th, err := newTheme("mono", termenv.Ascii)
	if err != nil {
		panic(err)
	}
	lines := strings.Split(plain(string(c.appendFrame(nil, th, ascii))), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// everyLineIsAsWide fails the test unless the frame fills w by h cells.
func everyLineIsAsWide(t *testing.T, b *bench, w, h int) {
	t.Helper()
	if w == 0 || h == 0 {
		if b.View() != "" {
			t.Fatalf("%dx%d: a frame of %d bytes", w, h, len(b.View()))
		}
		return
	}
	lines := strings.Split(b.View(), "\n")
	if len(lines) != h {
		t.Fatalf("%dx%d: %d lines", w, h, len(lines))
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got != w {
			t.Fatalf("%dx%d: line %d is %d wide: %q", w, h, i, got, l)
		}
	}
}
