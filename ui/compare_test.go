package ui

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// TestPickingArms: what keys make of the choice, and what would be measured then.
func TestPickingArms(t *testing.T) {
	tests := []struct {
		name, keys string
		base, new  string
		baseIs     session.Optimizations
		newIs      session.Optimizations
	}{
		{"at first", "", "baseline", "tuned", session.Baseline, session.Tuned},
		{"next base", "v", "seed", "tuned", session.Seed, session.Tuned},
		{"base before the first", "V", "running", "tuned", session.Seed, session.Tuned},
		{"base around", "vvvv", "baseline", "tuned", session.Baseline, session.Tuned},
		{"next new", "n", "baseline", "running", session.Baseline, session.Seed},
		{"new before", "N", "baseline", "seed", session.Baseline, session.Seed},
		{"both alike", "vv", "tuned", "tuned", session.Tuned, session.Tuned},
		{"marked", "M", "marked", "running", session.Seed, session.Seed},
		{"marked, then another base", "Mv", "baseline", "running", session.Baseline, session.Seed},
		{"marked, then another new", "MN", "marked", "tuned", session.Seed, session.Tuned},
		{"marked and changed", "Mb", "marked", "running", session.Seed, session.Optimizations{SingleHKDF: true, Pool: session.PoolSync}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.load = newFakeLoad(session.Seed)
			b.engine.config = b.load.s.Config
			b.size(80, 24)
			onCompare(b, func(*bench) {})
			for _, k := range tt.keys {
				b.press(string(k))
				b.load.s.Config = b.engine.Config()
				b.snapshots(1)
			}
			p := b.comparePage().choice.plan(b.config, false)
			if got := p.Arms[0]; got.Name != tt.base || got.Config.Optimizations != tt.baseIs {
				t.Errorf("base is %s, %+v; want %s, %+v", got.Name, got.Config.Optimizations, tt.base, tt.baseIs)
			}
			if got := p.Arms[1]; got.Name != tt.new || got.Config.Optimizations != tt.newIs {
				t.Errorf("new is %s, %+v; want %s, %+v", got.Name, got.Config.Optimizations, tt.new, tt.newIs)
			}
			for _, a := range p.Arms {
				if a.Config != load.ForComparison(a.Config) {
					t.Errorf("the load of %s is not one for comparisons", a.Name)
				}
			}
			row := strings.Split(b.plain(), "\n")[headerRows+1]
			if !strings.Contains(row, "v base   "+tt.base+" ") || !strings.Contains(row, "n new  "+tt.new+" ") {
				t.Errorf("the arms are not shown: %q", row)
			}
		})
	}
}

func TestSlicesAndLength(t *testing.T) {
	tests := []struct {
		keys   string
		slices int
		want   string
	}{
		{"", 20, "20 slices of each arm, 250 ms each"},
		{"s", 30, "30 slices of each arm, 250 ms each"},
		{"ssssssssss", 100, "100 slices of each arm, 250 ms each"},
		{"SS", 10, "10 slices of each arm, 250 ms each"},
		{"l", 20, "20 slices of each arm, 500 ms each"},
		{"lll", 20, "20 slices of each arm, 1 s each"},
		{"LLL", 20, "20 slices of each arm, 50 ms each"},
	}
	for _, tt := range tests {
		t.Run(tt.keys, func(t *testing.T) {
			b := newBench(t, "dark", false)
			b.size(80, 24)
			onCompare(b, func(*bench) {})
			for _, k := range tt.keys {
				b.press(string(k))
			}
			p := b.comparePage().choice.plan(b.config, false)
			if p.Slices != tt.slices || !strings.Contains(b.plain(), tt.want) {
				t.Errorf("%d slices, want %d and %q:\n%s", p.Slices, tt.slices, tt.want, b.plain())
			}
			x, err := load.NewExperiment(p)
			if err != nil {
				t.Fatal(err)
			}
			if want := string(appendTimeLeft([]byte("about "), x.Estimate())); !strings.Contains(b.plain(), want) {
				t.Errorf("the time is not shown, %q:\n%s", want, b.plain())
			}
		})
	}
}

func TestDifferText(t *testing.T) {
	base := load.Default()
	tests := []struct {
		name string
		edit func(*load.Config)
		want string
	}{
		{"nothing", func(*load.Config) {}, "in nothing: what then differs is noise"},
		{"a switch", func(c *load.Config) { c.Optimizations.KeyBuffer = false }, "P0-1 on → off"},
		{"a preset", func(c *load.Config) { c.Optimizations = session.Seed }, "pool freelist → sync · P0+ on → off"},
		{"a parameter", func(c *load.Config) { setParam(c, "gogc", "400") }, "gogc 100 → 400"},
		{"both", func(c *load.Config) { c.Optimizations.ReusableHash = false; setParam(c, "messages", "9") }, "P0+ on → off · messages 4 → 9"},
		{"what is no part of a slice", func(c *load.Config) { c.Rate, c.RNGSeed = 17, 9; setParam(c, "profile", "sine") }, "in nothing: what then differs is noise"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := base
			tt.edit(&other)
			ch := choice{base: armMarked, other: armRunning, marked: base, isMarked: true}
			arms := ch.plan(other, false).Arms
			if got := textsOf(arms).differ; got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestNewScale(t *testing.T) {
	tests := []struct {
		name   string
		unit   string
		values []float64
		want   linear
	}{
		{"nothing", load.UnitCount, nil, linear{0, 1, 0.5, 24}},
		{"from 0 where much differs", load.UnitCount, values(0, 35), linear{0, 40, 20, 24}},
		{"near each other", load.UnitTime, values(5200, 5300), linear{5200, 5300, 50, 24}},
		{"all the same", load.UnitCount, values(6, 6), linear{5.5, 6.5, 0.5, 24}},
		{"all 0", load.UnitCount, values(0, 0), linear{0, 1, 0.5, 24}},
		{"bytes in powers of two", load.UnitBytes, values(1024, 4096), linear{0, 4096, 2048, 24}},
		{"in the unit of the highest", load.UnitBytes, values(0, 1500), linear{0, 2048, 1024, 24}},
		{"shares", load.UnitShare, values(0.998, 1), linear{0.998, 1, 0.001, 24}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			low, high := math.Inf(1), math.Inf(-1)
			for _, v := range tt.values {
				low, high = min(low, v), max(high, v)
			}
			got := newScale(low, high, tt.unit, 24)
			if fmt.Sprintf("%.6g", []float64{got.low, got.high, got.step}) != fmt.Sprintf("%.6g", []float64{tt.want.low, tt.want.high, tt.want.step}) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestAppendPercentChange(t *testing.T) {
	for v, want := range map[float64]string{-100: "−100.0 %", -99.996: "−99.99 %", -99.95: "−99.95 %", -99.94: "−99.9 %", -0.04: "0.0 %", 0: "0.0 %", 3: "+3.0 %", 1234: "+1234 %", 12345: "+12.3k %", math.Inf(1): dash} {
		if got := string(appendPercentChange(nil, v)); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := string(appendPercentChange(nil, nan)); got != dash {
		t.Errorf("NaN: %q", got)
	}
}

// TestCompareEverySize: in each state the frame fills the terminal.
func TestCompareEverySize(t *testing.T) {
	stepW, stepH := 4, 1
	if raceEnabled { // which is ten times as slow
		stepW, stepH = 20, 6
	}
	for _, look := range looksOfGoldens {
		t.Run(look.name(), func(t *testing.T) {
			t.Parallel()
			for _, state := range compareStates {
				b := onCompare(newBench(t, look.theme, look.ascii), state.lead)
				for w := minWidth; w <= 200; w += stepW {
					for h := minHeight; h <= 50; h += stepH {
						b.size(w, h)
						everyLineIsAsWide(t, b, w, h)
					}
				}
				for _, s := range sizes { // each row can be chosen
					b.size(s[0], s[1])
					for range 20 {
						b.press("down")
						b.compose()
						everyLineIsAsWide(t, b, s[0], s[1])
					}
				}
			}
		})
	}
}

func TestCompareLayoutFillsThePage(t *testing.T) {
	for arms := 2; arms <= 3; arms++ {
		for w := minWidth; w < 260; w += 7 {
			for h := minHeight - headerRows - footerRows; h < 100; h++ {
				l := layoutCompare(w, h, 18, arms)
				parts := []part{{l.plan, 'P'}, {l.strips, 'S'}, {l.table, 'T'}}
				for y, row := range mapOf(w, h, parts) {
					if i := strings.IndexAny(string(row), ".!"); i >= 0 {
						t.Fatalf("%dx%d, %d arms: cell %d, %d is %q", w, h, arms, i, y, row[i])
					}
				}
				if l.table.h < minTable || l.strips.h > 0 && l.strips.h < 2+2*arms+1 {
					t.Fatalf("%dx%d, %d arms: strips of %d rows, a table of %d", w, h, arms, l.strips.h, l.table.h)
				}
			}
		}
	}
}

// TestNoVerdictBeforeTheEnd: neither p nor a verdict is shown before all slices are
// there, and the verdict does not rest on colour.
func TestNoVerdictBeforeTheEnd(t *testing.T) {
	b := newBench(t, "mono", false)
	b.size(120, 40)
	onCompare(b, func(b *bench) { b.compared(41) })
	if f := b.plain(); strings.Contains(f, "better │") || strings.Contains(f, "<0.001") || strings.Contains(f, "verdict  tuned") {
		t.Errorf("a verdict with one slice to come:\n%s", f)
	}
	b.end(b.trial.turns, nil)
	for _, want := range []string{"verdict  tuned against baseline: ", "<0.001", " better ", " ~ ", "beside ~ one may leave out 0"} {
		if !strings.Contains(b.plain(), want) {
			t.Errorf("at the end there is no %q:\n%s", want, b.plain())
		}
	}
}

// TestFiguresOfAnotherChoice: after a trial the choice may change, and the page says
// that its figures are not of that.
func TestFiguresOfAnotherChoice(t *testing.T) {
	tests := []struct {
		name, keys string
		want       string // "" where they are of the choice
	}{
		{"the same", "", ""},
		{"another arm", "v", unlikeChoice},
		{"and back", "vV", ""},
		{"more slices", "s", unlikeChoice},
		{"longer slices", "l", unlikeChoice},
		{"less load, which is not that of a slice", "<", ""},
		{"another arm in force, which is none of both", "b", ""},
		{"marked", "M", unlikeChoice},
	}
	for _, tt := range tests {
		for _, w := range []int{60, 80, 120} {
			b := newBench(t, "dark", false)
			b.size(w, 24)
			onCompare(b, func(b *bench) { b.compared(19); b.end(b.trial.turns, nil) })
			for _, k := range tt.keys {
				b.press(string(k))
				b.load.s.Config = b.engine.Config()
				b.snapshots(1)
			}
			f := b.plain()
			if said := strings.Contains(f, "▲ figures of tuned against baseline, 20 × 250 ms · "); said != (tt.want != "") ||
				w > 60 && !strings.Contains(f, tt.want) {
				t.Errorf("%s, %d columns: said so: %v, want %q:\n%s", tt.name, w, said, tt.want, f)
			}
			if !strings.Contains(f, "╭ tuned against baseline, 20 × 250 ms ") {
				t.Errorf("%s, %d columns: the table does not say what it is of:\n%s", tt.name, w, f)
			}
		}
	}
}

// TestFiguresOfOtherSettings: the arms have the same names, and other settings.
func TestFiguresOfOtherSettings(t *testing.T) {
	for _, state := range []string{"", "c"} {
		b := newBench(t, "dark", false)
		b.size(120, 40)
		onCompare(b, func(b *bench) {
			for _, k := range state {
				b.press(string(k))
			}
			b.compared(19)
			b.end(b.trial.turns, nil)
		})
		setParam(&b.load.s.Config, "message-size", "99")
		b.snapshots(1)
		if f := b.plain(); !strings.Contains(f, "20 × 250 ms · "+unlikeSettings+" · ") {
			t.Errorf("%q: the figures are said to be of the settings in force:\n%s", state, f)
		}
	}
}
