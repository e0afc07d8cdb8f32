package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// cryptoBench shows the Crypto page of the rich story.
func cryptoBench(t *testing.T, w, h int, kinds []load.HandshakeKind) *bench {
	t.Helper()
	b := newBench(t, "dark", false)
	b.size(w, h)
	b.richStoryOf(kinds)
	b.press("4")
	return b
}

// row returns the first line that has text in it, with single spaces.
func (b *bench) row(text string) string {
	for line := range strings.SplitSeq(b.plain(), "\n") {
		if strings.Contains(line, text) {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	return ""
}

func TestPhasesAddUp(t *testing.T) {
	b := cryptoBench(t, 120, 40, allKinds()[:1])
	for text, want := range map[string]string{
		"invitation": "│ invitation 46.8 µs 161 µs 52.0 µs",
		"request":    "46.1 % 320 B 16 │",
		"whole":      "│ whole 359 µs 1.24 ms 399 µs",
	} {
		if got := b.row(text); !strings.Contains(got, want) {
			t.Errorf("the row %q lacks %q: %q", text, want, got)
		}
	}
	// 4 phases of 320 bytes, and 9 + 16 + 23 + 30 allocations.
	if got := b.row("whole"); !strings.HasSuffix(got, " 1.25 KiB 78 │") || !strings.Contains(got, " failed ") {
		t.Errorf("the whole is %q", got)
	}
}

// TestNothingMeasured: what was not measured is a dash, and never 0.
func TestNothingMeasured(t *testing.T) {
	b := cryptoBench(t, 120, 40, []load.HandshakeKind{{Suite: load.HandshakeHybrid, Transport: load.TransportHTTP}})
	k := &b.load.kinds[0]
	k.Completed, k.Failed, k.FailedBy = 0, 0, nil
	s := b.load.s
	s.Elapsed += time.Second
	s.Handshakes.BySuite = b.load.kinds
	s.Latency = load.Latencies{}
	b.Update(snapshotMsg{s})
	seen := func(text, want string) {
		t.Helper()
		if got := b.row(text); !strings.Contains(got, want) {
			t.Errorf("the row %q is %q, want %q", text, got, want)
		}
	}
	seen("invitation", "│ invitation – – – – – – │")
	seen("whole", "│ whole – – – 0 ok – – │")
	b.press("v")
	seen("create    service", "│ create service – – – – – – – – ")
}

// TestKindInFull: where only one is shown in full, it is the one that is asked for.
func TestKindInFull(t *testing.T) {
	for _, tt := range []struct {
		suite     load.Handshake
		transport load.Transport
		want      []string
	}{
		{load.HandshakeX25519, load.TransportMemory, []string{"x25519/memory", "x25519/http", "hpke/memory", "hpke/http", "hybrid/memory", "hybrid/http"}},
		{load.HandshakeHPKE, load.TransportHTTP, []string{"hpke/http", "x25519/memory", "x25519/http", "hpke/memory", "hybrid/memory", "hybrid/http"}},
		{load.HandshakeMixed, load.TransportHTTP, []string{"x25519/http", "x25519/memory", "hpke/memory", "hpke/http", "hybrid/memory", "hybrid/http"}},
		{load.HandshakeNone, load.TransportMemory, []string{"x25519/memory", "x25519/http", "hpke/memory", "hpke/http", "hybrid/memory", "hybrid/http"}},
	} {
		b := cryptoBench(t, 80, 24, allKinds())
		c := &b.load.s.Config
		c.Handshake, c.Transport = tt.suite, tt.transport
		b.snapshots(1)
		at := 0
		for _, name := range tt.want {
			i := strings.Index(b.plain(), name)
			if i < at {
				t.Errorf("%v over %v: %s is not in its place:\n%s", tt.suite, tt.transport, name, b.plain())
			}
			at = i
		}
		if !strings.Contains(b.row(tt.want[0]), "share") {
			t.Errorf("%v over %v: %s is not in full:\n%s", tt.suite, tt.transport, tt.want[0], b.plain())
		}
	}
}

// TestDropsAreCountedInTheWindow, besides since the start.
func TestDropsAreCountedInTheWindow(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(160, 45)
	b.press("4")
	b.press("v")
	b.load.s.Dropped = load.Dropped{Live: 11, Memory: 12, CPU: 13, Generator: 14, Failed: 16}
	b.load.s.Handshakes.Failed = 9
	b.load.s.Handshakes.FailedBy = load.Causes{"timeout": 4, "low_order": 3, "a new word": 2}
	b.snapshots(700)
	b.load.s.Dropped = load.Dropped{Live: 12, Memory: 14, CPU: 16, Generator: 18, Failed: 22}
	b.load.s.Handshakes.Failed = 12
	b.load.s.Handshakes.FailedBy = load.Causes{"timeout": 6, "low_order": 3, "a new word": 3}
	b.snapshots(5)
	at := 0
	for _, want := range []string{
		"live limit 12 1 ", "memory 14 2 ", "CPU 16 3 ", "generator 18 4 ", "failed 22 6 ",
		"failed handshakes ", "low order 3 0 ", "timeout 6 2 ", "other 3 1 ",
	} {
		frame := strings.Join(strings.Fields(b.plain()), " ")
		i := strings.Index(frame, want)
		if i < at {
			t.Errorf("%q is not in its place:\n%s", want, b.plain())
		}
		at = i
	}
	for range 10 { // a map has no order, the page has
		before := b.plain()
		b.compose()
		if b.plain() != before {
			t.Fatalf("the frame changes:\n%s\nwas\n%s", b.plain(), before)
		}
	}
}

// TestMoreCausesThanRows: those that have no row are added up.
func TestMoreCausesThanRows(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.press("4")
	b.press("v")
	all := load.Causes{}
	for _, word := range causes {
		all[word] = 10
	}
	b.load.s.Handshakes.FailedBy, b.load.s.Handshakes.Failed = all, uint64(10*len(causes))
	b.snapshots(3)
	shown := 0
	for _, name := range causeTexts {
		if strings.Contains(b.plain(), "│ "+name+"  ") {
			shown++
		}
	}
	if want := fmt.Sprintf("and others %d ", 10*(len(causes)-4)); shown != 4 || !strings.Contains(strings.Join(strings.Fields(b.plain()), " "), want) {
		t.Errorf("%d causes are shown, and not %q:\n%s", shown, want, b.plain())
	}
}

// TestCausesAreAlwaysVisible: at whatever size the panel is drawn, one cause of failed
// handshakes is in it, and those without a row of their own are counted.
func TestCausesAreAlwaysVisible(t *testing.T) {
	b := newBench(t, "dark", false)
	b.snapshots(20)
	b.load.s.Dropped = load.Dropped{Live: 20_000, Memory: 2453, CPU: 9953, Generator: 4955, Failed: 1422}
	seen := map[string]bool{}
	for w := minWidth; w <= 200; w++ {
		for h := minHeight; h <= 60; h++ {
			for _, sizes := range []int{0, 1, 6, 22} {
				drops := layoutCrypto(w, h-headerRows-footerRows, cryptoNeeds{viewLoad, 1, sizes}).drops
				for _, failed := range []load.Causes{
					{"low_order": 1},
					{"signature": 12_345},
					{"signature": 18, "timeout": 17, "busy": 12_300, "other": 6},
				} {
					for _, dropped := range []load.Dropped{{}, b.load.s.Dropped} {
						key := fmt.Sprint(drops.w, drops.h, failed, dropped)
						if seen[key] {
							continue
						}
						seen[key] = true
						s := b.load.s
						s.Dropped = dropped
						s.Handshakes.FailedBy, s.Handshakes.Failed = failed, 0
						for _, n := range failed {
							s.Handshakes.Failed += n
						}
						b.snap = s
						got := picture(drops.w, drops.h, false, func(a area) { newCrypto().drawDrops(a, b.view()) })
						words := 0
						for word := range failed {
							if strings.Contains(got, " "+strings.ReplaceAll(word, "_", " ")+" ") {
								words++
							}
						}
						if words == 0 || words < len(failed) && !strings.Contains(got, "others ") && !strings.Contains(got, " +") {
							t.Fatalf("%dx%d, %d sizes: %d of %d causes:\n%s", w, h, sizes, words, len(failed), got)
						}
					}
				}
			}
		}
	}
}

func TestCryptoFreezes(t *testing.T) {
	b := cryptoBench(t, 120, 40, allKinds()[:2])
	body := func() string {
		lines := strings.Split(b.plain(), "\n")
		return strings.Join(lines[headerRows:len(lines)-footerRows], "\n")
	}
	b.press("space")
	frozen := body()
	b.load.kinds = append(b.load.kinds, kindOf(load.HandshakeHybrid, load.TransportMemory))
	b.snapshots(50)
	if got := body(); got != frozen {
		t.Errorf("the frozen page changes:\n%s\nwas\n%s", got, frozen)
	}
	b.press("space")
	if got := body(); !strings.Contains(got, "hybrid/memory") {
		t.Errorf("what ran meanwhile is not shown:\n%s", got)
	}
}

// TestEveryFrameFits: whatever runs, and at every size, all lines of both pages are
// as wide as the terminal.
func TestEveryFrameFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &bench{engine: newFakeEngine()}
		th, err := newTheme(rapid.SampledFrom(ThemeNames()[1:]).Draw(t, "theme"), 0)
		if err != nil {
			t.Fatal(err)
		}
		ascii := rapid.Bool().Draw(t, "ascii")
		b.model = newModel(t.Context(), &Options{Engine: b.engine, ASCII: ascii, Version: "0.1.0"}, th)
		b.load = newFakeLoad(session.Tuned)
		c := &b.load.s.Config
		setParam(c, "profile", rapid.SampledFrom([]string{"steady", "ramp", "stages", "spike", "sine", "soak"}).Draw(t, "profile"))
		c.Rate = rapid.Float64Range(1, 2e6).Draw(t, "rate")
		c.Period = time.Duration(rapid.Int64Range(int64(time.Second), int64(24*time.Hour)).Draw(t, "period"))
		c.RampTime = time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "ramp"))
		c.SpikeTime = time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "spike"))
		c.Peak = rapid.Float64Range(1, 20).Draw(t, "peak")
		c.Duration = time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "duration"))
		c.Model = load.Model(rapid.IntRange(0, 1).Draw(t, "model"))
		c.Handshake = load.Handshake(rapid.IntRange(0, 4).Draw(t, "handshake"))
		c.Transport = load.Transport(rapid.IntRange(0, 1).Draw(t, "transport"))
		c.HandshakeShare = rapid.Float64Range(0, 1).Draw(t, "share")
		for _, k := range allKinds() {
			if rapid.Bool().Draw(t, "runs") {
				k.Completed = rapid.Uint64Range(0, 1e12).Draw(t, "completed")
				k.Failed = rapid.Uint64Range(0, 1e12).Draw(t, "failed")
				k.FailedBy = load.Causes{"timeout": k.Failed}
				k.Phases.Request.Service.P99 = time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "p99"))
				b.load.kinds = append(b.load.kinds, k)
			}
		}
		b.load.limit = rapid.Float64Range(0, 1e6).Draw(t, "limit")
		b.load.s.Elapsed = time.Duration(rapid.Int64Range(0, int64(30*time.Hour)).Draw(t, "elapsed"))
		b.load.s.ProfileStart = time.Duration(rapid.Int64Range(0, int64(b.load.s.Elapsed)).Draw(t, "profile start"))
		b.snapshots(rapid.IntRange(1, 30).Draw(t, "snapshots"))
		if rapid.Bool().Draw(t, "frozen") {
			b.press("space")
			b.snapshots(3)
		}
		for page := range b.pages {
			w, h := rapid.IntRange(minWidth, 220).Draw(t, "w"), rapid.IntRange(minHeight, 60).Draw(t, "h")
			b.showPage(page)
			b.size(w, h)
			lines := strings.Split(b.View(), "\n")
			if len(lines) != h {
				t.Fatalf("%dx%d: %d lines", w, h, len(lines))
			}
			for i, l := range lines {
				if got := ansi.StringWidth(l); got != w {
					t.Fatalf("%dx%d: line %d is %d wide: %q", w, h, i, got, l)
				}
			}
			if ascii && strings.ContainsFunc(b.View(), func(r rune) bool { return r > 0x7e }) {
				t.Fatalf("%dx%d: not ASCII:\n%s", w, h, b.plain())
			}
		}
	})
}
