package ui

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// dataset is a table of figures to take away.
type dataset struct {
	name    string   // in lower case, such as "shards"
	columns []string // with units: elapsed_s, sessions_per_s
	rows    [][]any  // strings, integers, floats (NaN for none), booleans
}

// pageSchema names what a page's JSON is.
const pageSchema = "sagetop.page/1"

// exportSteps is how many moments of the window a course has at most.
const exportSteps = 600

// datasets returns the figures of the page shown: its own, and the course of the main
// ones over the window.
func (m *model) datasets() []dataset {
	v := m.view()
	var all []dataset
	if p, ok := m.pages[m.current].(dataSource); ok {
		all = p.Data(v)
	}
	return append(all, courseOf(v))
}

// courseOf returns the main figures over the window, one row for each of its stretches.
func courseOf(v *view) dataset {
	d := dataset{name: "course", columns: []string{
		"from_s", "to_s", "sessions_per_s", "offered_per_s", "live", "allocations_per_session",
		"allocated_bytes_per_session", "hkdf_calls_per_session", "pool_reuse", "handshakes_per_s",
		"heap_live_bytes", "heap_goal_bytes", "gc_cycles",
	}}
	var c columns
	n := min(max(int(v.window/time.Second), 1), exportSteps)
	c.cut(v.history.seriesAt(v.end, v.window), v.window, v.end, n, 1)
	for i := range c.n {
		s, ok := c.delta(i)
		if !ok || c.start+time.Duration(i)*c.step < 0 {
			continue
		}
		from := c.start + time.Duration(i)*c.step
		d.rows = append(d.rows, []any{
			from.Seconds(), (from + c.step).Seconds(), s.rate(countCreated), s.offeredRate(), s.to.live,
			s.perSession(countObjects), s.perSession(countBytes), s.perSession(countHKDF), s.reuse(), s.rate(countHandshakes),
			s.to.heapLive, s.to.heapGoal, s.to.cycles - s.from.cycles,
		})
	}
	return d
}

// exportCSV writes one file for each table.
func exportCSV(m *model) ([]exportFile, error) {
	var files []exportFile
	for _, d := range m.datasets() {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		_ = w.Write(d.columns) // a buffer takes all
		for _, row := range d.rows {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = csvCell(cell)
			}
			_ = w.Write(cells)
		}
		w.Flush()
		if err := w.Error(); err != nil {
			return nil, fmt.Errorf("%s: %w", d.name, err)
		}
		files = append(files, exportFile{"-" + d.name + ".csv", b.Bytes()})
	}
	return files, nil
}

// csvCell writes a figure, nothing where there is none. A text that a spreadsheet would
// take for a formula gets an apostrophe in front.
func csvCell(v any) string {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
	case string:
		if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			return "'" + v
		}
	}
	return fmt.Sprint(v)
}

// exportJSON writes all tables and what they were measured under.
func exportJSON(m *model) ([]exportFile, error) {
	type table struct {
		Name    string   `json:"name"`
		Columns []string `json:"columns"`
		Rows    [][]any  `json:"rows"`
	}
	v := m.view()
	out := struct {
		Schema  string        `json:"schema"`
		Version string        `json:"version"`
		Page    string        `json:"page"`
		At      time.Duration `json:"at_ns"`     // as Snapshot.Elapsed
		Window  time.Duration `json:"window_ns"` // up to the right end of the charts
		Valid   bool          `json:"valid"`
		Reasons []string      `json:"invalid_reasons"`
		Config  load.Config   `json:"config"`
		Tables  []table       `json:"tables"`
	}{
		Schema: pageSchema, Version: m.version, Page: strings.ToLower(m.pages[m.current].Title()),
		At: v.at, Window: v.window, Valid: v.snap.Valid, Reasons: v.snap.Reasons, Config: v.snap.Config,
	}
	for _, d := range m.datasets() {
		t := table{d.name, d.columns, make([][]any, 0, len(d.rows))}
		for _, row := range d.rows {
			cells := make([]any, len(row))
			for i, cell := range row {
				if f, ok := cell.(float64); !ok || !math.IsNaN(f) && !math.IsInf(f, 0) {
					cells[i] = cell
				}
			}
			t.Rows = append(t.Rows, cells)
		}
		out.Tables = append(out.Tables, t)
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, err
	}
	return []exportFile{{".json", append(data, '\n')}}, nil
}
