package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestSpanOf(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name                 string
		settled, period, now time.Duration
		n                    int
		want                 span
	}{
		{"the start of a ramp", 80 * s, 0, 0, 90, span{0, s, 0, false}},
		{"within it", 80 * s, 0, 30500 * time.Millisecond, 90, span{0, s, 30, false}},
		{"at its end", 80 * s, 0, 79 * s, 90, span{0, s, 79, false}},
		{"after it", 80 * s, 0, 200 * s, 90, span{121 * s, s, 79, true}},
		{"the start of a sine", 0, 30 * s, 0, 90, span{0, s, 0, false}},
		{"its second period", 0, 30 * s, 45 * s, 90, span{15 * s, s, 30, true}},
		{"long after", 0, 30 * s, 3600 * s, 90, span{3570 * s, s, 30, true}},
		{"a short period", 0, s, 0, 10, span{0, s, 0, false}},
		{"no length", 0, 0, 4 * s, 10, span{0, s, 4, false}},
		{"before the start", 80 * s, 0, -s, 90, span{0, s, 0, false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := spanOf(tt.settled, tt.period, tt.now, tt.n); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestSpanMovesByWholeCells: now is in the cell that is marked, the whole of a
// shape is seen until it is over, and what moves moves by whole cells.
func TestSpanMovesByWholeCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := time.Duration(rapid.Int64Range(0, int64(20*time.Hour)).Draw(t, "length"))
		now := time.Duration(rapid.Int64Range(0, int64(30*time.Hour)).Draw(t, "now"))
		n := rapid.IntRange(3, 400).Draw(t, "cells")
		settled, period := length, time.Duration(0)
		if repeats := rapid.Bool().Draw(t, "repeats"); repeats {
			settled, period = 0, max(length, time.Second)
		}
		s := spanOf(settled, period, now, n)
		if s.now < 0 || s.now >= n || s.x(now) != s.now {
			t.Fatalf("now is in cell %d, marked %d of %d", s.x(now), s.now, n)
		}
		if s.from < 0 || s.from%s.cell != 0 || s.past != (s.from > 0) {
			t.Fatalf("the left border is %v of cells of %v", s.from, s.cell)
		}
		if period == 0 && now < settled && n > stripMargin && s.past {
			t.Fatalf("the beginning goes by before the end")
		}
		later := spanOf(settled, period, now+s.cell, n)
		if moved := later.from - s.from; moved != 0 && moved != s.cell {
			t.Fatalf("moves by %v in the time of one cell, %v", moved, s.cell)
		}
	})
}

func TestStripTimes(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 100 * time.Millisecond: "1s", 59 * time.Second: "59s", 60 * time.Second: "1m",
		72 * time.Second: "1m 12s", 3599 * time.Second: "59m 59s", time.Hour: "1h", 125 * time.Minute: "2h 05m",
	} {
		if got := string(appendTime(nil, d)); got != want {
			t.Errorf("time %v = %q, want %q", d, got, want)
		}
	}
	for _, tt := range []struct {
		d, of time.Duration
		want  string
	}{
		{8 * time.Second, 30 * time.Second, " 8s"},
		{8 * time.Second, 2 * time.Minute, "0m 08s"},
		{time.Minute, 2 * time.Minute, "1m 00s"},
		{72 * time.Second, 20 * time.Minute, " 1m 12s"},
		{10 * time.Minute, 20 * time.Minute, "10m 00s"},
		{time.Hour + time.Minute, 2 * time.Hour, "1h 01m"},
	} {
		if got := string(appendLeft(nil, tt.d, tt.of)); got != tt.want {
			t.Errorf("%v left of %v = %q, want %q", tt.d, tt.of, got, tt.want)
		}
	}
	for d, want := range map[time.Duration]time.Duration{
		1: time.Second, 11 * time.Second: 15 * time.Second, 25 * time.Hour: 48 * time.Hour,
	} {
		if got := roundTime(d); got != want {
			t.Errorf("roundTime(%v) = %v, want %v", d, got, want)
		}
	}
}

// stripBench runs a load of that profile for some tenths of a second.
func stripBench(t *testing.T, profile string, tenths int, settings ...string) *bench {
	t.Helper()
	b := newBench(t, "dark", false)
	b.size(120, 40)
	c := &b.load.s.Config
	c.Rate = 5000
	setParam(c, "profile", profile)
	for i := 0; i < len(settings); i += 2 {
		setParam(c, settings[i], settings[i+1])
	}
	b.snapshots(tenths)
	return b
}

// strip returns the rows of the strip.
func (b *bench) strip() string {
	r := b.pages[0].(*overview).layout.strip
	lines := strings.Split(b.plain(), "\n")
	return strings.Join(lines[headerRows+r.y:headerRows+r.y+r.h], "\n")
}

func TestStripNotes(t *testing.T) {
	tests := []struct {
		profile  string
		tenths   int
		settings []string
		want     []string
	}{
		{"ramp", 100, []string{"ramp-time", "20s"}, []string{"load, sessions/s", "ramp · now 2.500k/s of 5k/s · 10s left", " 0s ", " now "}},
		{"ramp", 400, []string{"ramp-time", "20s"}, []string{"ramp · holds 5k/s", "15s ago", " now "}},
		{"stages", 300, []string{"stages", "10s:1k,1m:3k,0s:0"}, []string{"now 1.667k/s of 3k/s · 0m 40s left"}},
		{"soak", 100, []string{"ramp-time", "20s", "duration", "2m"}, []string{"soak · now 2.500k/s of 5k/s · 1m 50s left"}},
		{"spike", 350, []string{"period", "20s", "spike-time", "2s"}, []string{"spike · now 5.000k/s of 10k/s · next in  3s", "10s ago", "in 10s"}},
		{"spike", 590, []string{"period", "20s", "spike-time", "2s"}, []string{"spike · now 10.00k/s of 10k/s · ends in  1s"}},
		{"sine", 50, []string{"period", "1m"}, []string{"sine · now 7.497k/s of 10k/s · peak in 0m 10s"}},
		{"sine", 200, []string{"period", "1m"}, []string{"peak in 0m 55s"}},
		{"ramp", 100, []string{"ramp-time", "20s", "model", "closed"}, []string{"load, live pairs", "ramp · now   500 pairs of 1k pairs · 10s left"}},
		{"ramp", 50, []string{"ramp-time", "0s"}, []string{"ramp · holds 5k/s"}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.profile, " ", tt.tenths, " ", tt.settings), func(t *testing.T) {
			b := stripBench(t, tt.profile, tt.tenths, tt.settings...)
			for _, want := range tt.want {
				if !strings.Contains(b.strip(), want) {
					t.Errorf("the strip lacks %q:\n%s", want, b.strip())
				}
			}
		})
	}
}

// TestStripWhilePaused: nothing is offered, in either model, and after it the pause is
// a gap in what was.
func TestStripWhilePaused(t *testing.T) {
	for _, model := range []string{"open", "closed"} {
		t.Run(model, func(t *testing.T) {
			b := stripBench(t, "ramp", 100, "ramp-time", "20s", "model", model)
			b.load.s.State = load.Paused
			b.snapshots(50)
			if got := b.strip(); !strings.Contains(got, " ramp · paused ·  5s left ") || strings.Contains(got, "· now ") {
				t.Errorf("the strip does not say that the load is paused:\n%s", got)
			}
			st := &b.pages[0].(*overview).strip
			v := b.view()
			check := func(sp *span) {
				t.Helper()
				for i := range (sp.now + 1) * dotsAcross {
					at := sp.from + time.Duration(i)*sp.cell/dotsAcross
					level, within := st.level[i], at > 10100*time.Millisecond && at < 14700*time.Millisecond
					if within && level != 0 || at > time.Second && at < 9700*time.Millisecond && level == 0 {
						t.Errorf("at %v the level is %v", at, level)
					}
				}
			}
			sp := spanOf(20*time.Second, 0, v.end, 100)
			st.collect(v, &sp, 100)
			if last := st.level[(sp.now+1)*dotsAcross-1]; last != 0 {
				t.Errorf("now the level is %v", last)
			}
			check(&sp)
			if ahead := st.level[(sp.now+2)*dotsAcross]; ahead == 0 {
				t.Error("nothing is ahead")
			}
			b.load.s.State = load.Running
			b.snapshots(100)
			v = b.view()
			sp = spanOf(20*time.Second, 0, v.end, 100)
			st.collect(v, &sp, 100)
			check(&sp)
			if !strings.Contains(b.strip(), "ramp · holds ") {
				t.Errorf("after the pause the strip is\n%s", b.strip())
			}
			b.load.s.State = load.Paused
			b.snapshots(1)
			if got := b.strip(); !strings.Contains(got, " ramp · paused ─╮") {
				t.Errorf("paused at its level, the strip is\n%s", got)
			}
		})
	}
}

// TestStripComesAndGoes with the profile.
func TestStripComesAndGoes(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(80, 24)
	for _, profile := range []string{"steady", "sine", "steady"} {
		setParam(&b.load.s.Config, "profile", profile)
		b.snapshots(3)
		if got := strings.Contains(b.plain(), "load, sessions/s"); got != (profile != "steady") {
			t.Errorf("%s: strip %v:\n%s", profile, got, b.plain())
		}
	}
}

func TestStripFreezes(t *testing.T) {
	b := stripBench(t, "sine", 100, "period", "20s")
	b.press("space")
	frozen := b.strip()
	if !strings.Contains(frozen, " frozen ") {
		t.Errorf("the strip does not say that it is frozen:\n%s", frozen)
	}
	b.snapshots(60)
	setParam(&b.load.s.Config, "period", "40s")
	b.load.s.ProfileStart = b.load.s.Elapsed
	b.snapshots(40)
	if got := b.strip(); got != frozen {
		t.Errorf("the frozen strip changes:\n%s\nwas\n%s", got, frozen)
	}
	b.press("space")
	if got := b.strip(); got == frozen || !strings.Contains(got, " 1m 30s ") {
		t.Errorf("the strip of the new shape is\n%s", got)
	}
}

// TestStripDoesNotRescaleByChance: a little more than was offered does not change
// the axis, much more does.
func TestStripDoesNotRescaleByChance(t *testing.T) {
	b := stripBench(t, "ramp", 400, "ramp-time", "20s")
	if !strings.Contains(b.strip(), "   5k┤") {
		t.Errorf("the axis does not end at 5k:\n%s", b.strip())
	}
	b.load.s.Sessions.Created += 700
	b.snapshots(2)
	if strings.Contains(b.strip(), "   5k┤") {
		t.Errorf("what was achieved is cut off:\n%s", b.strip())
	}
}

func TestProfileInTheHeader(t *testing.T) {
	tests := []struct {
		set  []string
		want string
	}{
		{nil, " open 5k/s poisson · x25519 1 % · rng"},
		{[]string{"profile", "sine"}, " open 5k/s poisson · sine · x25519 1 % · rng"},
		{[]string{"profile", "stages", "handshake", "none"}, " open poisson · stages to 20k/s · no handshake"},
		{[]string{"profile", "soak", "model", "closed"}, " closed 1000 workers · soak · "},
		{[]string{"profile", "stages", "stages", "5s:30", "model", "closed"}, " closed · stages to 30 workers · "},
		{[]string{"handshake", "hybrid", "handshake-share", "100%", "transport", "http"}, " hybrid/http 100 % · "},
		{[]string{"handshake", "mixed", "handshake-share", "2.5%"}, " mixed 2.5 % · "},
	}
	for _, tt := range tests {
		b := newBench(t, "dark", false)
		b.size(160, 45)
		b.load = newFakeLoad(session.Tuned)
		b.load.s.Config = load.Default()
		for i := 0; i < len(tt.set); i += 2 {
			setParam(&b.load.s.Config, tt.set[i], tt.set[i+1])
		}
		b.snapshots(1)
		if head, _, _ := strings.Cut(b.plain(), "\n"); !strings.Contains(head, tt.want) {
			t.Errorf("%v: the header lacks %q: %q", tt.set, tt.want, head)
		}
	}
}

// TestStatusDoesNotMove: while the offered rate changes, the header stands still.
func TestStatusDoesNotMove(t *testing.T) {
	b := newBench(t, "dark", false)
	b.size(120, 40)
	setParam(&b.load.s.Config, "profile", "sine")
	at := -1
	for range 300 {
		b.snapshots(1)
		head, _, _ := strings.Cut(b.plain(), "\n")
		if i := strings.Index(head, "●"); at >= 0 && i != at {
			t.Fatalf("the status moves from column %d to %d: %q", at, i, head)
		} else {
			at = i
		}
	}
}

// TestVerdictMovesNothing: the figures of the header stand where they stood when the
// verdict changes, whatever its reason.
func TestVerdictMovesNothing(t *testing.T) {
	b := newBench(t, "dark", false)
	b.snapshots(20)
	for w := minWidth; w <= 220; w++ {
		at, first := -1, ""
		for _, reasons := range [][]string{nil, {"x"}, {"overload: 12,345 sessions not started", "handshakes: 3 failed"}, {""}} {
			b.snap.Valid, b.snap.Reasons = reasons == nil, reasons
			b.size(w, 24)
			head, _, _ := strings.Cut(b.plain(), "\n")
			left, _, ok := strings.Cut(head, " · valid")
			if reasons != nil {
				left, _, ok = strings.Cut(head, " · not valid")
			}
			if i := strings.Index(head, "● live"); i < 0 || !ok {
				t.Fatalf("%d columns: %q", w, head)
			} else if at < 0 {
				at, first = i, left
			} else if i != at || left != first {
				t.Fatalf("%d columns, not valid because of %q: the header changes from %q to %q", w, reasons, first, head)
			}
		}
	}
}
