package report

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// ProgressHeader names the columns of [Progress].
const ProgressHeader = "elapsed    offered/s  achieved/s  allocs/session  HKDF/session  pool reuse  GC cycles  GC pauses"

// Progress returns a line of progress: what happened in the stretch, in the
// columns of [ProgressHeader], and why the load was not what was asked for if it
// was not.
func Progress(s Stretch) string {
	line := fmt.Sprintf("%s  %10s  %10s  %14s  %12s  %10s  %9d  %9s",
		format.Text(format.AppendClock, s.To.Elapsed),
		format.Text(format.AppendRate, s.offered()),
		format.Text(format.AppendRate, s.achieved()),
		format.Text(format.AppendPer, s.allocs()),
		format.Text(format.AppendPer, s.hkdfs()),
		format.Text(format.AppendPercent, s.reused()),
		s.gcCycles(),
		format.Text(format.AppendDuration, float64(s.gcPause())))
	if !s.To.Valid {
		line += "  not valid: " + strings.Join(s.To.Reasons, "; ")
	}
	return line
}

type textOutput struct{ w io.Writer }

func (textOutput) Stretch(Stretch) error { return nil }

func (o textOutput) End(s load.Summary) error { return Text(o.w, s) }

// Text writes the summary for people: figures with units, a group a line. Sessions
// count both ends of a pair.
func Text(w io.Writer, s load.Summary) error { return TextIn(w, s, 0) }

// TextIn is [Text] with no line longer than width, at least 80; 0 is without limit. What
// is too long goes on below, between figures where that can be.
func TextIn(w io.Writer, s load.Summary, width int) error {
	var b strings.Builder
	length := format.Text(format.AppendDuration, float64(s.Duration))
	if s.Partial {
		length += ", stopped before its end"
	}
	if s.Compared > 0 {
		length += ", " + format.Text(format.AppendDuration, float64(s.Compared)) + " of it comparing"
	}
	fmt.Fprintf(&b, "sagetop ran %s: %s\n\n", length, describe(s.Config))
	verdict := "valid: the load was what was asked for"
	if !s.Valid {
		verdict = "not valid: " + strings.Join(s.InvalidReasons, "; ")
	}
	group(&b, "load", verdict)
	group(&b, "",
		"offered "+format.Text(format.AppendRate, s.OfferedPerSecond),
		"achieved "+format.Text(format.AppendRate, s.AchievedPerSecond),
		"dropped "+exact(s.Dropped))
	if s.Dropped > 0 {
		d := s.DroppedBy
		group(&b, "", "dropped by: live limit "+exact(d.Live), "memory "+exact(d.Memory), "CPU "+exact(d.CPU),
			"generator "+exact(d.Generator), "failed "+exact(d.Failed))
	}
	group(&b, "sessions",
		"created "+exact(s.Sessions.Created), "removed "+exact(s.Sessions.Removed),
		"expired "+exact(s.Sessions.Expired), "live "+exact(s.Sessions.Live), "failed "+exact(s.Sessions.Failed))
	group(&b, "per session",
		"allocations "+per(s.Allocs.PerSession), "allocated "+format.Text(format.AppendBytes, s.Allocs.BytesPerSession),
		"key allocations "+per(s.KeyAllocs.PerSession), "HKDF calls "+per(s.HKDF.PerSession))
	reused := math.NaN()
	if s.Pool.Gets > 0 {
		reused = s.Pool.HitRatio
	}
	group(&b, "pool", s.Pool.Kind.String(), "reused "+format.Text(format.AppendPercent, reused))
	group(&b, "", "gets "+exact(s.Pool.Gets), "hits "+exact(s.Pool.Hits), "misses "+exact(s.Pool.Misses),
		"puts "+exact(s.Pool.Puts), "drops "+exact(s.Pool.Drops))
	group(&b, "GC",
		"cycles "+exact(s.GC.Cycles), "CPU "+format.Text(format.AppendPercent, s.GC.CPUFraction),
		"heap live "+format.Text(format.AppendBytes, float64(s.GC.HeapLive)))
	group(&b, "", "pauses p50 "+pause(s.GC.Pauses, s.GC.Pauses.P50), "p99 "+pause(s.GC.Pauses, s.GC.Pauses.P99),
		"max "+pause(s.GC.Pauses, s.GC.Pauses.Max))
	group(&b, "messages",
		"sealed "+exact(s.Messages.Sealed), "opened "+exact(s.Messages.Opened), "failed "+exact(s.Messages.Failed),
		"plaintext "+format.Text(format.AppendBytes, float64(s.Messages.Bytes)))
	group(&b, "handshakes", append([]string{"completed " + exact(s.Handshakes.Completed), "failed " + exact(s.Handshakes.Failed)},
		causes(s.Handshakes.FailedBy)...)...)
	b.WriteByte('\n')
	latencies(&b, s.Latency)
	phases(&b, s.Handshakes.BySuite)
	text := b.String()
	if width > 0 {
		text = wrap(text, max(width, leastWidth))
	}
	_, err := io.WriteString(w, text)
	return err
}

const (
	leastWidth = 80
	figuresAt  = 13 // the column where the figures of a group begin
)

// wrap breaks lines that are longer than width: where two or more blanks are, or else
// where one is. The rest stands below the figures.
func wrap(text string, width int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		for {
			r := []rune(line)
			if len(r) <= width {
				break
			}
			at, wide := 0, false
			for i := figuresAt; i < width; i++ {
				switch gap := r[i] == ' ' && r[i+1] == ' '; {
				case gap && r[i-1] != ' ':
					at, wide = i, true
				case r[i] == ' ' && r[i-1] != ' ' && !wide:
					at = i
				}
			}
			if r[width] == ' ' && (!wide || width+1 < len(r) && r[width+1] == ' ') {
				at = width
			}
			if at == 0 {
				break
			}
			b.WriteString(string(r[:at]) + "\n")
			line = strings.Repeat(" ", figuresAt) + strings.TrimLeft(string(r[at:]), " ")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// describe says in a line what was run.
func describe(c load.Config) string {
	text := c.Optimizations.String() + ", pool " + c.Optimizations.Pool.String()
	if c.Model == load.Closed {
		text += fmt.Sprintf(", %s model with %s", c.Model, level(c, fmt.Sprintf("%d workers", c.Workers)))
	} else {
		text += fmt.Sprintf(", %s model at %s %s", c.Model, level(c, format.Text(format.AppendSetRate, c.Rate)), c.Arrival)
	}
	if c.Handshake != load.HandshakeNone {
		text += fmt.Sprintf(", %s", c.Handshake)
		if c.Transport != load.TransportMemory {
			text += " over " + c.Transport.String()
		}
		text += fmt.Sprintf(" for %s", format.Text(format.AppendPercent, c.HandshakeShare))
	}
	return fmt.Sprintf("%s, rng-seed %d", text, c.RNGSeed)
}

// level says how much load was asked for: full, or how it comes and goes.
func level(c load.Config, full string) string {
	switch c.Profile {
	case load.ProfileSteady:
		return full
	case load.ProfileStages:
		return "stages " + c.Steps.String()
	default:
		return full + " " + c.Profile.String()
	}
}

// causes lists why handshakes failed, by word.
func causes(by load.Causes) []string {
	var list []string
	for _, word := range slices.Sorted(maps.Keys(by)) {
		list = append(list, word+" "+exact(by[word]))
	}
	return list
}

func exact(n uint64) string { return format.Text(format.AppendExact, n) }

func per(v float64) string { return format.Text(format.AppendPer, v) }

// pause writes a pause, which does not exist where no cycle ended.
func pause[D ~int64](all load.Latency, d D) string {
	if all.Count == 0 {
		return format.Dash
	}
	return format.Text(format.AppendDuration, float64(d))
}

// group writes one line of the summary.
func group(b *strings.Builder, name string, figures ...string) {
	fmt.Fprintf(b, "%-12s %s\n", name, strings.Join(figures, "   "))
}

// latencies writes the table of latencies, those that occurred.
func latencies(b *strings.Builder, l load.Latencies) {
	fmt.Fprintf(b, "%-11s %-8s %11s %8s %8s %8s %8s %8s\n", "latency", "", "count", "p50", "p90", "p99", "p99.9", "max")
	for _, row := range []struct {
		name string
		both load.Response
	}{
		{"create", l.Create}, {"handshake", l.Handshake}, {"seal", l.Seal}, {"open", l.Open},
	} {
		name := row.name
		for _, way := range []struct {
			name string
			l    load.Latency
		}{{"service", row.both.Service}, {"response", row.both.Response}} {
			if way.l.Count == 0 {
				continue
			}
			fmt.Fprintf(b, "  %-9s %-8s %11s", name, way.name, exact(way.l.Count))
			for _, d := range []float64{float64(way.l.P50), float64(way.l.P90), float64(way.l.P99), float64(way.l.P999), float64(way.l.Max)} {
				fmt.Fprintf(b, " %8s", format.Text(format.AppendDuration, d))
			}
			b.WriteByte('\n')
			name = ""
		}
	}
}

// phases writes the table of what each handshake cost, by suite, transport and phase.
func phases(b *strings.Builder, kinds []load.HandshakeKind) {
	if len(kinds) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%-15s %10s %8s %8s %8s %7s %9s %8s\n",
		"handshake", "completed", "p50", "p99", "mean", "share", "wire/each", "allocs")
	for _, k := range kinds {
		var sum load.PhaseUnit
		for _, p := range k.Phases.List() {
			sum.WireBytes += p.PerHandshake.WireBytes
			sum.Allocs += p.PerHandshake.Allocs
		}
		phase(b, k.Suite.String()+"/"+k.Transport.String(), exact(k.Completed), k.Total, math.NaN(), sum, sum.WireBytes > 0)
		for i, p := range k.Phases.List() {
			share := math.NaN()
			if k.Total.Mean > 0 {
				share = float64(p.Service.Mean) / float64(k.Total.Mean)
			}
			phase(b, "  "+handshake.Phase(i).String(), "", p.Service, share, p.PerHandshake, sum.WireBytes > 0)
		}
	}
}

// phase writes one line of that table.
func phase(b *strings.Builder, name, count string, l load.Latency, share float64, u load.PhaseUnit, measured bool) {
	part := ""
	if !math.IsNaN(share) {
		part = format.Text(format.AppendPercent, share)
	}
	fmt.Fprintf(b, "%-15s %10s %8s %8s %8s %7s %9s %8s\n", name, count,
		pause(l, l.P50), pause(l, l.P99), pause(l, l.Mean), part, unit(u.WireBytes, measured, format.AppendBytes), unit(u.Allocs, measured, format.AppendPer))
}

// unit writes what one handshake takes, where that was measured.
func unit(v float64, measured bool, appendTo func([]byte, float64) []byte) string {
	if !measured {
		return format.Dash
	}
	return format.Text(appendTo, v)
}
