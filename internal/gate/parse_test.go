package gate

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	greater, less := operator{greater: true}, operator{}
	atLeast, atMost := operator{greater: true, orEqual: true}, operator{orEqual: true}
	times := func(num, den float64) bound { return bound{base: true, num: num, den: den} }
	plus := func(add float64) bound { return bound{base: true, num: 1, den: 1, add: add} }
	tests := []struct {
		name, text string
		want       Expr // without the text
	}{
		{"an absolute one", "allocs_per_session > 6", Expr{figure: "allocs_per_session", op: greater, bound: bound{add: 6}}},
		{"greater or equal", "allocs_per_session >= 6", Expr{figure: "allocs_per_session", op: atLeast, bound: bound{add: 6}}},
		{"less", "allocs_per_session < 6", Expr{figure: "allocs_per_session", op: less, bound: bound{add: 6}}},
		{"less or equal", "allocs_per_session <= 6", Expr{figure: "allocs_per_session", op: atMost, bound: bound{add: 6}}},
		{"thousands", "allocs_per_session > 1.1k", Expr{figure: "allocs_per_session", op: greater, bound: bound{add: 1100}}},
		{"millions", "allocs_per_session > 2M", Expr{figure: "allocs_per_session", op: greater, bound: bound{add: 2e6}}},
		{"an exponent", "allocs_per_session > 2e3", Expr{figure: "allocs_per_session", op: greater, bound: bound{add: 2000}}},
		{"an exponent with a sign", "allocs_per_session > 25E-1k", Expr{figure: "allocs_per_session", op: greater, bound: bound{add: 2500}}},
		{"a zero with an exponent", "allocs_per_session > 0e999999999999999999999", Expr{figure: "allocs_per_session", op: greater}},
		{"the largest", "allocs_per_session > 1e15", Expr{figure: "allocs_per_session", op: greater, bound: bound{add: 1e15}}},
		{"nanoseconds", "create_p99 > 50ns", Expr{figure: "create_p99", op: greater, bound: bound{add: 50}}},
		{"microseconds", "create_p99 > 50us", Expr{figure: "create_p99", op: greater, bound: bound{add: 50e3}}},
		{"the micro sign", "create_p99 > 50\u00b5s", Expr{figure: "create_p99", op: greater, bound: bound{add: 50e3}}},
		{"the letter mu", "create_p99 > 50\u03bcs", Expr{figure: "create_p99", op: greater, bound: bound{add: 50e3}}},
		{"milliseconds", "create_p99 > 1.5ms", Expr{figure: "create_p99", op: greater, bound: bound{add: 1.5e6}}},
		{"seconds", "create_p99 > 2s", Expr{figure: "create_p99", op: greater, bound: bound{add: 2e9}}},
		{"no time", "create_p99 > 0", Expr{figure: "create_p99", op: greater}},
		{"bytes", "heap_live < 64B", Expr{figure: "heap_live", op: less, bound: bound{add: 64}}},
		{"kB", "heap_live < 64kB", Expr{figure: "heap_live", op: less, bound: bound{add: 64e3}}},
		{"MB", "heap_live < 64MB", Expr{figure: "heap_live", op: less, bound: bound{add: 64e6}}},
		{"GB", "heap_live < 64GB", Expr{figure: "heap_live", op: less, bound: bound{add: 64e9}}},
		{"KiB", "heap_live < 64KiB", Expr{figure: "heap_live", op: less, bound: bound{add: 1 << 16}}},
		{"MiB", "heap_live < 64MiB", Expr{figure: "heap_live", op: less, bound: bound{add: 1 << 26}}},
		{"GiB", "heap_live < 64GiB", Expr{figure: "heap_live", op: less, bound: bound{add: 1 << 36}}},
		{"a percentage", "gc_cpu_share <= 0.29%", Expr{figure: "gc_cpu_share", op: atMost, bound: bound{add: 0.0029}}},
		{"a fraction", "gc_cpu_share <= 0.25", Expr{figure: "gc_cpu_share", op: atMost, bound: bound{add: 0.25}}},
		{"the whole", "gc_cpu_share <= 100%", Expr{figure: "gc_cpu_share", op: atMost, bound: bound{add: 1}}},

		{"a percentile", "p99(create) > 1us", Expr{figure: "create_p99", op: greater, bound: bound{add: 1000}}},
		{"the median", "p50(create) > 1us", Expr{figure: "create_p50", op: greater, bound: bound{add: 1000}}},
		{"p99.9", "p99.9(create) > 1us", Expr{figure: "create_p999", op: greater, bound: bound{add: 1000}}},
		{"p999", "p999(create) > 1us", Expr{figure: "create_p999", op: greater, bound: bound{add: 1000}}},

		{"base", "allocs_per_session > base", Expr{figure: "allocs_per_session", op: greater, bound: times(1, 1)}},
		{"base and a part of it", "allocs_per_session > base + 2%", Expr{figure: "allocs_per_session", op: greater, bound: times(51, 50)}},
		{"less a part of it", "allocs_per_session < base - 2.5%", Expr{figure: "allocs_per_session", op: less, bound: times(39, 40)}},
		{"less all of it", "allocs_per_session < base - 100%", Expr{figure: "allocs_per_session", op: less, bound: times(0, 1)}},
		{"a part of a share", "gc_cpu_share > base + 2%", Expr{figure: "gc_cpu_share", op: greater, bound: times(51, 50)}},
		{"points more than a share", "gc_cpu_share > base + 0.25", Expr{figure: "gc_cpu_share", op: greater, bound: plus(0.25)}},
		{"base and a number", "allocs_per_session > base + 3", Expr{figure: "allocs_per_session", op: greater, bound: plus(3)}},
		{"base less a time", "create_p99 < base - 10us", Expr{figure: "create_p99", op: less, bound: plus(-10e3)}},
		{"base and a size", "heap_live > base + 1MiB", Expr{figure: "heap_live", op: greater, bound: plus(1 << 20)}},
		{"base and nothing", "create_p99 > base + 0", Expr{figure: "create_p99", op: greater, bound: plus(0)}},
		{"base and a factor", "create_p99 > base * 1.05", Expr{figure: "create_p99", op: greater, bound: times(21, 20)}},
		{"a factor and base", "create_p99 > 2 * base", Expr{figure: "create_p99", op: greater, bound: times(2, 1)}},

		{"no space", "p99(create)>base+2%", Expr{figure: "create_p99", op: greater, bound: times(51, 50)}},
		{"much space", "\t p99 ( create )\n>= base + 2 %\u00a0", Expr{figure: "create_p99", op: atLeast, bound: times(51, 50)}},
		{"space before a unit", "p99(create) > 84.0 µs", Expr{figure: "create_p99", op: greater, bound: bound{add: 84e3}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.text, figures, compare)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.text = strings.Join(strings.Fields(tt.text), " ")
			if *got != tt.want {
				t.Errorf("Parse = %+v, want %+v", *got, tt.want)
			}
			if got.String() != tt.want.text || got.Figure() != tt.want.figure || got.UsesBase() != tt.want.bound.base {
				t.Errorf("it says of itself %q, %q, %v", got, got.Figure(), got.UsesBase())
			}
			// What needs no base is read alike without one.
			alone, err := Parse(tt.text, figures, Options{})
			if tt.want.bound.base != (err != nil) || err == nil && *alone != *got {
				t.Errorf("without a base, Parse = %+v, %v", alone, err)
			}
		})
	}
}

func TestParseFigure(t *testing.T) {
	tests := []struct{ name, text, want, err string }{
		{"a name", " heap_live ", "heap_live", ""},
		{"a percentile", "p99(create)", "create_p99", ""},
		{"a percentile by its name", "create_p99", "create_p99", ""},
		{"nothing", "  ", "", "an empty expression; want one with a figure: allocs_per_session, bytes_per_session, " +
			"heap_live, gc_cpu_share, create_p50, create_p99, create_p999 or pause_p99"},
		{"unknown", "heap_life", "", "unknown figure \"heap_life\"; did you mean \"heap_live\"?\n  heap_life\n  ^^^^^^^^^"},
		{"a condition", "p99(create) > 5us", "", "unexpected \">\" after create_p99; want a figure alone\n" +
			"  p99(create) > 5us\n              ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseFigure(tt.text, figures)
			if got != tt.want || err == nil && tt.err != "" || err != nil && err.Error() != tt.err {
				t.Errorf("ParseFigure = %q, %v\nwant %q, %s", got, err, tt.want, tt.err)
			}
		})
	}
}

// The whole of each message: what is wrong, and the carets below it.
func TestSyntaxErrors(t *testing.T) {
	const (
		all      = "allocs_per_session, bytes_per_session, heap_live, gc_cpu_share, create_p50, create_p99, create_p999 or pause_p99"
		allCalls = "p50(create), p99(create), p99.9(create) or p99(pause)"
		relative = ", base + 2% or base * 1.02"
	)
	tests := []struct{ name, text, msg, carets string }{
		{"a typing error", "alocs_per_session > base + 2%", `unknown figure "alocs_per_session"; did you mean "allocs_per_session"?`, "^^^^^^^^^^^^^^^^^"},
		{"another case", "Heap_Live > 2MiB", `unknown figure "Heap_Live"; did you mean "heap_live"?`, "^^^^^^^^^"},
		{"nothing like it", "sessions > 5", `unknown figure "sessions"; want ` + all, "^^^^^^^^"},
		{"no percentile", "create > 5us", `unknown figure "create"; want p50(create), p99(create) or p99.9(create)`, "^^^^^^"},
		{"a percentile of nothing", "p99 > 5us", `unknown figure "p99"; want ` + allCalls, "^^^"},
		{"no figure", "> 5us", `no figure in front of ">"; want ` + all, "^"},
		{"a number for a figure", "5us > p99(create)", `no figure in front of "5"; want ` + all, "^"},
		{"unknown function", "p98(create) > 5us", `unknown function "p98"; want ` + allCalls, "^^^"},
		{"no such percentile", "p75(create) > 5us", `there is no p75(create); want p50(create), p99(create) or p99.9(create)`, "^^^"},
		{"of what has none", "p99(heap_live) > 5us", `there is no p99(heap_live); want ` + allCalls, "    ^^^^^^^^^"},
		{"empty parentheses", "p99() > 5us", `no figure after p99(; want ` + allCalls, "    ^"},
		{"open at the end", "p99(", `no figure after p99(; want ` + allCalls, "   ^"},
		{"not closed", "p99(create > 5us", `p99(create is not closed; want )`, "           ^"},
		{"not closed at the end", "p99(create", `p99(create is not closed; want )`, "    ^^^^^^"},

		{"a figure alone", "heap_live", `no operator after heap_live; want >, >=, < or <=`, "^^^^^^^^^"},
		{"no operator", "heap_live 5B", `no operator after heap_live; want >, >=, < or <=`, "          ^"},
		{"=", "heap_live = 5B", `unknown operator "="; want >, >=, < or <=`, "          ^"},
		{"==", "heap_live == 5B", `unknown operator "=="; want >, >=, < or <=`, "          ^^"},
		{"!=", "heap_live != 5B", `unknown operator "!="; want >, >=, < or <=`, "          ^^"},
		{"=>", "heap_live => 5B", `unknown operator "=>"; want >, >=, < or <=`, "          ^^"},
		{"≥", "heap_live ≥ 5B", `unknown operator "≥"; want >, >=, < or <=`, "          ^"},

		{"no bound", "heap_live <", `no bound after the operator; want 64MiB` + relative, "          ^"},
		{"a word for a bound", "heap_live < much", `no bound after the operator; want 64MiB` + relative, "            ^^^^"},
		{"not a number", "gc_cpu_share < NaN", `no bound after the operator; want 12% or 0.12` + relative, "               ^^^"},
		{"infinite", "p99(create) < Inf", `no bound after the operator; want 50us` + relative, "              ^^^"},
		{"negative", "allocs_per_session < -5", `a negative bound; want 6 or 20k` + relative, "                     ^"},
		{"base of another case", "heap_live < Base", `no bound after the operator; want 64MiB` + relative, "            ^^^^"},
		{"too large", "allocs_per_session < 1e16", `too large a number; want at most 1e+15`, "                     ^^^^"},
		{"a huge exponent", "allocs_per_session < 1e999999999", `too large a number; want at most 1e+15`, "                     ^^^^^^^^^^^"},
		{"a tiny exponent", "allocs_per_session < 1e-99999999999999999999", `too small a number; want 0, or at least 1e-15`, "                     ^^^^^^^^^^^^^^^^^^^^^^^"},
		{"too large with its unit", "heap_live < 1e9GiB", `too large for a size; want at most 1e15 B`, "            ^^^"},
		{"more than all", "gc_cpu_share > 120%", `too large for a share; want at most 100%`, "               ^^^"},

		{"time without a unit", "p99(create) > 50", `no unit after 50, but create_p99 is a time; want ns, us, ms or s`, "              ^^"},
		{"size without a unit", "heap_live > 50", `no unit after 50, but heap_live is a size; want B, kB, MB, GB, KiB, MiB or GiB`, "            ^^"},
		{"a size for a time", "p99(create) > 50MiB", `unit "MiB" does not fit create_p99, which is a time; want ns, us, ms or s`, "                ^^^"},
		{"a percentage for a time", "p99(create) > 50%", `unit "%" does not fit create_p99, which is a time; want ns, us, ms or s`, "                ^"},
		{"a time for a number", "allocs_per_session > 5us", `unit "us" does not fit allocs_per_session, which is a plain number; want k, M or none`, "                      ^^"},
		{"a time for a share", "gc_cpu_share > 5us", `unit "us" does not fit gc_cpu_share, which is a share; want % or none`, "                ^^"},
		{"a unit of another case", "heap_live > 5kib", `unit "kib" does not fit heap_live, which is a size; want B, kB, MB, GB, KiB, MiB or GiB`, "             ^^^"},
		{"the unit after µ", "p99(create) > 5µb", `unit "µb" does not fit create_p99, which is a time; want ns, us, ms or s`, "               ^^"},

		{"base and nothing", "heap_live > base +", `no number after base +; want one such as 64MiB or 2%`, "                 ^"},
		{"base times nothing", "heap_live > base *", `no number after base *; want one such as 1.02`, "                 ^"},
		{"base and less", "heap_live > base + -2%", `no number after base +; want one such as 64MiB or 2%`, "                   ^"},
		{"base and a number", "heap_live > base 2%", `unexpected "2" after base; want +, - or *`, "                 ^"},
		{"divided", "heap_live > base / 2", `unexpected "/" after base; want +, - or *`, "                 ^"},
		{"base and no unit", "p99(create) > base + 2", `no unit after 2, but create_p99 is a time; want ns, us, ms, s or %`, "                     ^"},
		{"base and another unit", "allocs_per_session > base + 2us", `unit "us" does not fit allocs_per_session, which is a plain number; want k, M, % or none`, "                             ^^"},
		{"less than nothing", "heap_live < base - 101%", `a bound below 0; want base - 100% at most`, "                   ^^^"},
		{"a factor with a unit", "p99(create) > base * 2us", `unexpected "us" after the bound; want one condition at a time`, "                      ^^"},
		{"too large a factor", "p99(create) > base * 1e16", `too large a number; want at most 1e+15`, "                     ^^^^"},
		{"too large a percentage", "p99(create) > base + 1e16%", `too large a number; want at most 1e+15`, "                     ^^^^"},
		{"too large a factor in front", "p99(create) > 1e16 * base", `too large a number; want at most 1e+15`, "              ^^^^"},
		{"a factor of nothing", "heap_live > 2 *", `no base after *; want 64MiB` + relative, "              ^"},
		{"a factor of a number", "heap_live > 2 * 3", `no base after *; want 64MiB` + relative, "                ^"},

		{"two conditions", "heap_live > 2B && p99(create) > 2us", `unexpected "&" after the bound; want one condition at a time`, "               ^"},
		{"a sum", "heap_live > base + 2% + 3%", `unexpected "+" after the bound; want one condition at a time`, "                      ^"},
		{"two points", "allocs_per_session > 1.2.3", `unexpected "." after the bound; want one condition at a time`, "                        ^"},

		{"half an exponent", "allocs_per_session > 5e", `unit "e" does not fit allocs_per_session, which is a plain number; want k, M or none`, "                      ^"},
		{"half an exponent with its sign", "allocs_per_session > 5e+", `unit "e" does not fit allocs_per_session, which is a plain number; want k, M or none`, "                      ^"},
		{"after a letter of two bytes", "p99(create) > 5µs or so", `unexpected "or" after the bound; want one condition at a time`, "                  ^^"},
		{"after letters of one cell", "p99(µ) > 5us", `there is no p99(µ); want ` + allCalls, "    ^"},
		{"after letters of which three share two cells", "p99(\u1112\u1161\u11ab) > 5us", "there is no p99(\u1112\u1161\u11ab); want " + allCalls, "    ^^"},
		{"after letters of two cells", "p99(생성) > 5us", `there is no p99(생성); want ` + allCalls, "    ^^^^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text, figures, compare)
			want := tt.msg + "\n  " + tt.text + "\n  " + tt.carets
			if err == nil || err.Error() != want {
				t.Errorf("got:\n%v\nwant:\n%s", err, want)
			}
		})
	}
}

func TestNoBase(t *testing.T) {
	const (
		none = "there is no base to compare with here; want a value such as 64MiB"
		run  = "base: one run has no base; use 'sagetop compare'"
	)
	tests := []struct{ name, text, msg, carets string }{
		{"base", "heap_live > base + 2%", none, "            ^^^^"},
		{"a factor in front", "heap_live > 2 * base", none, "                ^^^^"},
		{"no bound", "heap_live >", "no bound after the operator; want 64MiB", "          ^"},
		{"a factor of nothing", "heap_live > 2MiB *", `unexpected "*" after the bound; want one condition at a time`, "                 ^"},
		{"a factor of a number", "allocs_per_session > 2 * 3", `unexpected "*" after the bound; want one condition at a time`, "                       ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, o := range []Options{{}, {NoBase: strings.TrimPrefix(run, "base: ")}} {
				_, err := Parse(tt.text, figures, o)
				msg := tt.msg
				if msg == none && o.NoBase != "" {
					msg = run
				}
				want := msg + "\n  " + tt.text + "\n  " + tt.carets
				if err == nil || err.Error() != want {
					t.Errorf("got:\n%v\nwant:\n%s", err, want)
				}
			}
		})
	}
}

// What a terminal would take for an order, or for nothing, is shown as a space.
func TestSyntaxErrorIsThreeCleanLines(t *testing.T) {
	tests := []struct{ name, text, shown, carets string }{
		{"white space", "x\n\t> \r5", "x  >  5", "^"},
		{"an escape sequence", "heap_live \x1b[2J", "heap_live  [2J", "          ^"},
		{"a line separator", "heap_live\u2028? > 5", "heap_live ? > 5", "          ^"},
		{"a private character", "heap_live \ue000 > 5", "heap_live   > 5", "          ^"},
		{"a change of direction", "heap_live \u202e > 5", "heap_live   > 5", "          ^"},
		{"a combining mark", "heap_live\u0301", "heap_live ", "         ^"},
		{"a mark that joins the indent", "\u0d40 > 5", "  > 5", "^"},
		{"not UTF-8", "heap_live \xff\xfe", "heap_live \ufffd\ufffd", "          ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text, figures, compare)
			if err == nil {
				t.Fatal("no error")
			}
			msg, rest, _ := strings.Cut(err.Error(), "\n")
			if want := "  " + tt.shown + "\n  " + tt.carets; rest != want {
				t.Errorf("got:\n%q\nwant:\n%q", rest, want)
			}
			if strings.ContainsFunc(msg, func(r rune) bool { return r < ' ' }) {
				t.Errorf("the message has control characters: %q", msg)
			}
		})
	}
}

func TestLongTextIsNotRepeated(t *testing.T) {
	fits := "heap_live > " + strings.Repeat("0", 200-len("heap_live > "))
	if _, err := Parse(fits, figures, compare); err != nil {
		t.Errorf("200 characters: %v", err)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"one more", fits + "µ", "an expression of 201 characters; want at most 200"},
		{"many", strings.Repeat("x", 1<<20), "an expression of 1048576 characters; want at most 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.text, figures, compare); err == nil || err.Error() != tt.want {
				t.Errorf("Parse: %v, want %s", err, tt.want)
			}
		})
	}
}

func TestWithoutPercentiles(t *testing.T) {
	_, err := Parse("p99(create) > 5us", []Figure{{"heap_live", Bytes}}, compare)
	want := "there is no p99(create); want heap_live\n  p99(create) > 5us\n      ^^^^^^"
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestEditDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"kitten", "sitting", 3},
		{"flaw", "lawn", 2},
		{"µs", "us", 1},
	} {
		if got := editDistance(tt.a, tt.b); got != tt.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// A condition of random parts, written with random spaces, is read as its parts
// say.
func TestParseReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fig := rapid.SampledFrom(figures).Draw(t, "figure")
		o := rapid.SampledFrom(operators).Draw(t, "operator")
		space := func() string { return rapid.SampledFrom([]string{"", " ", "\t ", "\n"}).Draw(t, "space") }

		// Numbers of hundredths, so that what is expected is exact here too.
		hundredths := rapid.IntRange(0, 1e6).Draw(t, "hundredths")
		number := strconv.FormatFloat(float64(hundredths)/100, 'f', -1, 64)
		literal := func() (text string, value float64) {
			q := quantities[fig.Kind]
			if fig.Kind == Share {
				part := rapid.IntRange(0, 100).Draw(t, "percent")
				return fmt.Sprint(part) + space() + "%", float64(part) / 100
			}
			u := rapid.SampledFrom(q.units).Draw(t, "unit")
			size, _ := u.size.Float64()
			return number + space() + rapid.SampledFrom(u.names).Draw(t, "name"), float64(hundredths) * size / 100
		}

		want := bound{base: true, num: 1, den: 1}
		text := "base"
		form := rapid.IntRange(0, 6).Draw(t, "form")
		if fig.Kind == Share && (form == 5 || form == 6) {
			form = 0 // a percentage after base is none of the whole
		}
		switch form {
		case 1:
			text += space() + "+" + space() + number + "%"
			want.num = (10000 + float64(hundredths)) / 10000
		case 2:
			hundredths %= 10001
			text += space() + "-" + space() + strconv.FormatFloat(float64(hundredths)/100, 'f', -1, 64) + "%"
			want.num = (10000 - float64(hundredths)) / 10000
		case 3:
			text += space() + "*" + space() + number
			want.num = float64(hundredths) / 100
		case 4:
			text = number + space() + "*" + space() + text
			want.num = float64(hundredths) / 100
		case 5:
			var add string
			add, want.add = literal()
			text += space() + "+" + space() + add
		case 6:
			var add string
			add, want.add = literal()
			text += space() + "-" + space() + add
			want.add = -want.add
		default:
			if rapid.Bool().Draw(t, "absolute") {
				want = bound{den: 1}
				text, want.add = literal()
			}
		}
		text = fig.Name + space() + o.text + space() + text

		got, err := Parse(text, figures, compare)
		if err != nil {
			t.Fatal(err)
		}
		if got.figure != fig.Name || got.op != o.op || got.bound.base != want.base {
			t.Fatalf("%q is read as %+v", text, *got)
		}
		for _, base := range []float64{0, 1, 6, 115, 1e6} {
			v, w := got.bound.at(base), want.at(base)
			if math.Abs(v-w) > 1e-12*max(math.Abs(w), base) {
				t.Fatalf("the bound of %q at a base of %v is %v, want %v", text, base, v, w)
			}
		}
		again, err := Parse(got.String(), figures, compare)
		if err != nil || *again != *got {
			t.Fatalf("%q is written as %q, and read as %+v, %v", text, got, again, err)
		}
	})
}

// FuzzParse feeds any text: what is accepted can be written and read again, and
// what is not has its fault within the text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"allocs_per_session > base + 2%", "p99(create) > 50us", "heap_live < 64MiB", "gc_cpu_share <= 12%",
		"p99.9(create) >= 1.05 * base", "create_p99 < base - 10µs", "alocs > 5", "p99(heap_live) > 5", "heap_live == 5B",
		"heap_live <", "heap_live < 5us", "", " \t\n", "p99(", "p99.9.9(x", "1e999 > 2", "heap_live > 1e-999B",
		"heap_live\u0301 > 5", "\u1175\u1161", "\u0d40", "heap_live > 5B\U0001f1f0\U0001f1f7", "생성 > \x1b[2J", "\xff\xfe", "heap_live > base * 1e15", strings.Repeat("µ", 201),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range []Options{{}, compare} {
			e, err := Parse(text, figures, o)
			if err != nil {
				checkSyntaxError(t, err)
				continue
			}
			if e.UsesBase() && !o.Base {
				t.Errorf("%q uses a base where there is none", text)
			}
			if b := e.bound.at(1); math.IsNaN(b) || math.IsInf(b, 0) {
				t.Errorf("%q has a bound of %v", text, b)
			}
			again, err := Parse(e.String(), figures, o)
			if err != nil || *again != *e {
				t.Errorf("%q is written as %q, which is read as something else (%v)", text, e, err)
			}
		}
		if _, err := ParseFigure(text, figures); err != nil {
			checkSyntaxError(t, err)
		}
	})
}

// checkSyntaxError holds what is true of every error.
func checkSyntaxError(t *testing.T, err error) {
	t.Helper()
	var s *SyntaxError
	if !errors.As(err, &s) {
		t.Fatalf("the error is a %T", err)
	}
	if s.Offset < 0 || s.Length < 1 || s.Text != "" && s.Offset+s.Length > len(s.Text) {
		t.Fatalf("the fault is at %d, %d long, in %q", s.Offset, s.Length, s.Text)
	}
	if !strings.Contains(s.Msg, "want ") && !strings.Contains(s.Msg, "did you mean") && !strings.Contains(s.Msg, "use ") {
		t.Errorf("%q does not say what would be right", s.Msg)
	}
	lines := strings.Split(err.Error(), "\n")
	if s.Text == "" || utf8.RuneCountInString(s.Text) > maxRunes {
		if len(lines) != 1 {
			t.Errorf("%d lines: %q", len(lines), err)
		}
		return
	}
	if len(lines) != 3 || !strings.HasSuffix(lines[2], "^") || ansi.StringWidth(lines[2]) > ansi.StringWidth(lines[1]) {
		t.Errorf("not a line with carets below it: %q", lines)
	}
}
