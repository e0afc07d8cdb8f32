package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

func TestPlotTakesAnyRange(t *testing.T) {
	for _, tt := range []struct {
		name      string
		unit      string
		values    []float64
		wantLabel string
		wantTicks []string
	}{
		{"all the same", load.UnitCount, []float64{6, 6}, "", []string{"5.6", "5.8", "6.0", "6.2", "6.4"}},
		{"nothing", load.UnitCount, []float64{0, 0}, "", []string{"0.0", "0.2", "0.4"}},
		{"times", load.UnitTime, []float64{7600, 14200}, "µs", []string{"8", "10", "12", "14"}},
		{"bytes", load.UnitBytes, []float64{9 << 20, 11 << 20}, "MiB", []string{"9.0", "9.5", "10.0", "10.5", "11.0"}},
		{"shares", load.UnitShare, []float64{0.01, 0.02}, "%", []string{"1.0", "1.2", "1.4", "1.6", "1.8", "2.0"}},
		{"close to each other", load.UnitCount, []float64{41.301, 41.302}, "", []string{"41.3010", "41.3012", "41.3014", "41.3016", "41.3018", "41.3020"}},
		{"many", load.UnitCount, []float64{2e6, 9e6}, "millions", []string{"2", "4", "6", "8"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := axisOf(&load.MetricResult{Metric: load.Metric{Unit: tt.unit}, Base: load.Samples{Values: tt.values}})
			var ticks []string
			for _, tick := range a.ticks() {
				ticks = append(ticks, a.text(tick))
			}
			if diff := cmp.Diff(tt.wantTicks, ticks); diff != "" || a.label != tt.wantLabel {
				t.Errorf("unit %q, want %q; ticks (-want +got):\n%s", a.label, tt.wantLabel, diff)
			}
			for _, v := range tt.values {
				if x := a.at(v); !(x > 0 && x < panelWidth) {
					t.Errorf("%v is at %v", v, x)
				}
			}
		})
	}
}
