package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// FuzzArmNames wants every format to hold whatever an arm is called.
func FuzzArmNames(f *testing.F) {
	for _, seed := range [][2]string{{"baseline", "tuned"}, {"", ""}, {nastyBase, nastyNew}, {"tuned-2", "\\|\\\\|"}, {"\u200f\u0301", strings.Repeat("長い", 100)}} {
		f.Add(seed[0], seed[1])
	}
	all := comparisons()
	f.Fuzz(func(t *testing.T, base, other string) {
		for _, c := range []load.Comparison{all["far"], all["bad"]} {
			c.Base.Name, c.New.Name = base, other
			c.New.Shortfalls = []load.Shortfall{{Kind: other, Slices: 1, First: base}}
			if !c.Verdict {
				c.Why = "not valid: " + other
			}
			for _, format := range append(ComparisonFormats(), "svg") {
				got := written(t, format, c)
				bad := strings.IndexFunc(got, func(r rune) bool {
					return !unicode.IsPrint(r) && r != '\n' && (r != '\t' || format != "gobench")
				})
				if bad >= 0 || !utf8.ValidString(got) {
					t.Errorf("%s has what cannot be shown, at %d of %q", format, bad, got)
				}
				checks[format](t, got)
			}
		}
	})
}

// checks want a format to be kept, whatever the names in it.
var checks = map[string]func(*testing.T, string){
	"text": func(t *testing.T, got string) {
		for line := range strings.Lines(got) {
			if n := ansi.StringWidth(strings.TrimSuffix(line, "\n")); n > textWidth {
				t.Errorf("%d cells: %s", n, line)
			}
		}
	},
	"markdown": func(t *testing.T, got string) {
		rows := 0
		for line := range strings.Lines(got) {
			if bars := strings.Count(line, "|"); bars != 0 && bars != 7 {
				t.Errorf("%d bars: %s", bars, line)
			} else if bars > 0 {
				rows++
			}
		}
		if want := 2 + len(load.Metrics()); rows != want {
			t.Errorf("%d rows, want %d", rows, want)
		}
	},
	"json": func(t *testing.T, got string) {
		if !json.Valid([]byte(got)) {
			t.Errorf("not JSON: %s", got)
		}
	},
	"gobench": func(t *testing.T, got string) {
		line := regexp.MustCompile(`^(Benchmark[^ \t]+\t1(\t[0-9.]+ [^ \t]+)+|Unit [^ \t]+ better=(lower|higher)( assume=exact)?|[a-z-]+: .+)\n$`)
		for text := range strings.Lines(got) {
			if !line.MatchString(text) {
				t.Errorf("not a line of a benchmark: %q", text)
			}
		}
	},
	"svg": func(t *testing.T, got string) {
		var elements []string
		for dec := xml.NewDecoder(strings.NewReader(got)); ; {
			token, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("not well-formed: %v", err)
			}
			if start, ok := token.(xml.StartElement); ok {
				elements = append(elements, start.Name.Local)
			}
		}
		slices.Sort(elements)
		if diff := cmp.Diff([]string{"circle", "g", "path", "rect", "svg", "text", "title"}, slices.Compact(elements)); diff != "" {
			t.Errorf("elements (-want +got):\n%s", diff)
		}
	},
}
