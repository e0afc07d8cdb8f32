package report

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shirou/gopsutil/v3/cpu"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// host is what Go benchmarks tell of where they ran.
type host struct {
	os, arch, cpu string // cpu is "" where it is not known
	procs         int    // that ran at once
}

// thisHost describes where the process runs, which measured the slices.
func thisHost() host {
	h := host{os: runtime.GOOS, arch: runtime.GOARCH, procs: runtime.GOMAXPROCS(0)}
	if list, err := cpu.Info(); err == nil && len(list) > 0 {
		h.cpu = clean(list[0].ModelName)
	}
	return h
}

// comparisonBench writes a comparison as a Go benchmark of two arms would, whose
// operation is a session: a line of each arm for each valid slice. A figure that
// some slices do not have is in the first of the lines; their order has no meaning.
func comparisonBench(c *load.Comparison, h host) string {
	var b strings.Builder
	key := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	key("goos", h.os)
	key("goarch", h.arch)
	key("pkg", "github.com/SAGE-X-project/sagetop")
	key("cpu", h.cpu)
	key("load", strings.Join(loads(c), "; "))
	if !c.Verdict { // benchstat repeats it over each of its tables
		key("no-verdict", clean(c.Why))
	}
	rounds := 0
	for i := range c.Metrics {
		m := &c.Metrics[i]
		rounds = max(rounds, len(m.Base.Values), len(m.New.Values))
		if len(m.Base.Values)+len(m.New.Values) == 0 {
			continue
		}
		fmt.Fprintf(&b, "Unit %s better=%s", benchUnit(m.Metric), map[load.Better]string{load.Lower: "lower", load.Higher: "higher"}[m.Metric.Better])
		if m.Exact {
			b.WriteString(" assume=exact")
		}
		b.WriteByte('\n')
	}
	base, other := benchNames(c)
	for round := range rounds {
		writeBenchLine(&b, base, h, c, round, func(m *load.MetricResult) []float64 { return m.Base.Values })
		writeBenchLine(&b, other, h, c, round, func(m *load.MetricResult) []float64 { return m.New.Values })
	}
	return b.String()
}

// writeBenchLine writes a line of an arm, if that has a figure left. The name ends
// in the number of processors even if that is 1: otherwise a number at the end of
// the arm's name would be taken for it.
func writeBenchLine(b *strings.Builder, arm string, h host, c *load.Comparison, round int, values func(*load.MetricResult) []float64) {
	line := ""
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if all := values(m); round < len(all) && !math.IsInf(all[round], 0) && !math.IsNaN(all[round]) {
			v := all[round]
			if m.Unit == load.UnitTime {
				v /= 1e9
			}
			line += "\t" + strconv.FormatFloat(v, 'f', -1, 64) + " " + benchUnit(m.Metric)
		}
	}
	if line != "" {
		fmt.Fprintf(b, "BenchmarkSession/arm=%s-%d\t1%s\n", arm, h.procs, line)
	}
}

// benchUnit returns the unit of a metric, which is also its name there: cpu-sec/op.
// Time by the clock and bytes have those that benchmarks have for them. Times are
// in seconds, as benchstat shows them: it would take a 0 of nanoseconds for a
// figure of another unit.
func benchUnit(m load.Metric) string {
	switch m.Name {
	case "wall_per_session":
		return "sec/op"
	case "bytes_per_session":
		return "B/op"
	}
	name, per := m.Name, ""
	for _, p := range []struct{ words, unit string }{{"_per_session", "/op"}, {"_per_million", "/Mop"}} {
		if rest, ok := strings.CutSuffix(name, p.words); ok {
			name, per = rest, p.unit
		}
	}
	unit := map[string]string{load.UnitTime: "-sec", load.UnitBytes: "-B", load.UnitPerSec: "/s"}[m.Unit]
	return strings.ReplaceAll(name, "_", "-") + unit + per
}

// benchNames returns what the arms are called in names of benchmarks, which
// differ.
func benchNames(c *load.Comparison) (base, other string) {
	base, other = benchName(c.Base.Name, "base"), benchName(c.New.Name, "new")
	if base == other {
		return base + ".base", other + ".new"
	}
	return base, other
}

// benchName encodes what would end a name, or part it, as in a URL.
func benchName(name, unnamed string) string {
	if name == "" {
		return unnamed
	}
	var b strings.Builder
	for len(name) > 0 {
		r, size := utf8.DecodeRuneInString(name)
		plain := unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._+:-", r)
		for _, raw := range []byte(name[:size]) {
			if plain {
				b.WriteByte(raw)
			} else {
				fmt.Fprintf(&b, "%%%02X", raw)
			}
		}
		name = name[size:]
	}
	return b.String()
}
