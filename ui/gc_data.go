package ui

import (
	"time"
)

// Data implements dataSource: the cycles in the window, and the courses of the charts.
// What is allocated is as it was counted, whatever the page shows.
func (p *gcPage) Data(v *view) []dataset {
	cycles := dataset{name: "gc-cycles", columns: []string{"number", "elapsed_s", "pause_ns", "forced"}}
	low, high := v.history.cyclesIn(v.end-v.window, v.end)
	for i := low; i < high; i++ {
		c := v.history.cycle(i)
		cycles.rows = append(cycles.rows, []any{c.Number, c.At.Seconds(), int64(c.Pause), c.Forced})
	}

	courses := dataset{name: "gc", columns: []string{
		"elapsed_s", "heap_live_bytes", "heap_goal_bytes", "heap_limit_bytes",
		"allocated_bytes_per_s", "allocated_objects_per_s", "gc_cycles", "gc_cpu_share", "scheduler_p99_ns",
		"dashboard_ms_per_frame", "dashboard_frames_per_s", "dashboard_bytes_written_per_s",
	}}
	s := v.history.seriesAt(v.end, v.window)
	last := s.last(v.end)
	for i := max(s.last(v.end-v.window), 0) + 1; i <= last; i++ {
		d := delta{s.point(i - 1), s.point(i), s.time(i) - s.time(i-1)}
		limit := nan
		if d.to.limit > 0 {
			limit = float64(d.to.limit)
		}
		courses.rows = append(courses.rows, []any{
			s.time(i).Seconds(), d.to.heapLive, d.to.heapGoal, limit,
			d.rate(countBytes), d.rate(countObjects), d.to.cycles - d.from.cycles, d.gcCPU(), schedulerP99(d.to),
			d.perFrame() / float64(time.Millisecond), d.framesRate(), d.writtenRate(),
		})
	}
	return []dataset{cycles, courses}
}

// Copy implements copier: the figures of the moment shown, in a line.
func (p *gcPage) Copy(v *view) string {
	var line []byte
	for which := range numGCFigures {
		if which > 0 {
			line = append(line, ", "...)
		}
		line = append(append(line, p.figureName(v, which)...), ' ')
		line = p.appendFigure(line, v, which)
	}
	return string(line)
}
