package ui

import (
	"fmt"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Data implements dataSource. It has what both views show.
func (p *crypto) Data(v *view) []dataset {
	return []dataset{phaseData(v), hkdfData(v), deriveData(v), stageData(v), sizeData(v)}
}

func phaseData(v *view) dataset {
	d := dataset{
		name: "handshake-phases",
		columns: []string{
			"suite", "transport", "phase", "count", "mean_ns", "p50_ns", "p99_ns", "wire_bytes", "allocations",
		},
	}
	for i := range v.snap.Handshakes.BySuite {
		k := &v.snap.Handshakes.BySuite[i]
		for phase, c := range k.Phases.List() {
			l := &c.Service
			row := []any{
				k.Suite.String(), k.Transport.String(), phaseNames[phase], l.Count,
				nan, nan, nan, c.PerHandshake.WireBytes, c.PerHandshake.Allocs,
			}
			if l.Count > 0 {
				row[4], row[5], row[6] = int64(l.Mean), int64(l.P50), int64(l.P99)
			}
			d.rows = append(d.rows, row)
		}
	}
	return d
}

func hkdfData(v *view) dataset {
	d := dataset{name: "hkdf", columns: []string{"label", "now_per_s", "window_s", "in_window", "total"}}
	now, known := v.history.between(v.at, recent)
	over, ok := v.history.between(v.at, v.window)
	for i, total := range v.snap.HKDF.ByLabel {
		row := []any{session.Label(i).String(), nan, nan, nan, total}
		if known {
			row[1] = ratio(float64(now.to.hkdf[i]-now.from.hkdf[i]), now.elapsed.Seconds())
		}
		if ok {
			row[2], row[3] = over.elapsed.Seconds(), over.to.hkdf[i]-over.from.hkdf[i]
		}
		d.rows = append(d.rows, row)
	}
	return d
}

func deriveData(v *view) dataset {
	d := dataset{
		name:    "derivations",
		columns: []string{"from_ns", "to_ns", "one_in", "window_s", "samples_in_window", "samples_total"},
	}
	var t tally
	over, ok := v.tallyOver(&t, v.window)
	for i, total := range v.snap.Sampled.DeriveBuckets {
		low, high := load.TimeBucket(i)
		row := []any{int64(low), int64(high), v.snap.Sampled.Every, nan, nan, total}
		if i == load.NumTimeBuckets-1 {
			row[1] = nan // it has no end
		}
		if ok {
			row[3], row[4] = over.Seconds(), t.derive[i]
		}
		d.rows = append(d.rows, row)
	}
	return d
}

func stageData(v *view) dataset {
	d := dataset{name: "stages", columns: []string{"stage", "window_s", "ns_in_window", "ns_per_session", "of_cpu_now"}}
	over, ok := v.history.between(v.at, v.window)
	now, known := v.history.between(v.at, recent)
	for i, name := range stageNames {
		row := []any{name, nan, nan, nan, ofCPU(v, now, known, i)}
		if ok {
			row[1], row[2] = over.elapsed.Seconds(), int64(over.to.stages[i]-over.from.stages[i])
			row[3] = over.stagePerSession(i)
		}
		d.rows = append(d.rows, row)
	}
	return d
}

func sizeData(v *view) dataset {
	d := dataset{
		name: "messages-by-size",
		columns: []string{
			"from_bytes", "to_bytes", "window_s", "sealed", "sealed_bytes", "seal_ns", "opened", "open_ns",
		},
	}
	var t tally
	over, ok := v.tallyOver(&t, v.window)
	if !ok {
		return d
	}
	for i := range t.sizes {
		if v.snap.Messages.BySize[i] == (load.SizeClass{}) {
			continue
		}
		low, high := load.SizeBounds(i)
		c := &t.sizes[i]
		d.rows = append(d.rows, []any{
			low, high, over.Seconds(), c.Seal.Count, c.Bytes, int64(c.Seal.Total), c.Open.Count, int64(c.Open.Total),
		})
	}
	return d
}

// Copy implements copier: a line for each kind of handshake.
func (p *crypto) Copy(v *view) string {
	var b strings.Builder
	for i := range v.snap.Handshakes.BySuite {
		k := &v.snap.Handshakes.BySuite[i]
		fmt.Fprintf(&b, "%v/%v: p50 %v, p99 %v, %d completed, %d failed\n",
			k.Suite, k.Transport, k.Total.P50, k.Total.P99, k.Completed, k.Failed)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
