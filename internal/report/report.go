// Package report writes what a run does and what it came to, for people and for
// programs: text, JSON, JSON lines and CSV, and a line a second of progress.
package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// Output writes a run in one format. Its methods are called from one goroutine,
// and return the errors of the writer.
type Output interface {
	// Stretch is told what happened since it was told before: about a second.
	Stretch(Stretch) error
	// End is told what the run came to. It is the last call.
	End(load.Summary) error
}

// Formats are the names that [New] knows.
func Formats() []string { return []string{"text", "json", "ndjson", "csv"} }

// New returns the output of that format, which is one of [Formats].
//
//   - text and json write the summary.
//   - ndjson writes an object a line: for each stretch the snapshot at its end,
//     with "type":"snapshot", and then the summary, with "type":"summary".
//   - csv writes a header, and a row for each stretch.
func New(format string, w io.Writer) (Output, error) {
	switch format {
	case "text":
		return textOutput{w}, nil
	case "json":
		return jsonOutput{w}, nil
	case "ndjson":
		return linesOutput{json.NewEncoder(w)}, nil
	case "csv":
		return &csvOutput{w: csv.NewWriter(w)}, nil
	}
	formats := Formats()
	last := len(formats) - 1
	return nil, fmt.Errorf("%q is not valid; want %s or %s", format, strings.Join(formats[:last], ", "), formats[last])
}

// Stretch is what happened between two snapshots of one run. From may be zero:
// then it is what happened since the start.
type Stretch struct{ From, To load.Snapshot }

// perSession divides a difference by the sessions created in the stretch; NaN
// without any.
func (s Stretch) perSession(from, to uint64) float64 {
	created := s.To.Sessions.Created - s.From.Sessions.Created
	if created == 0 {
		return math.NaN()
	}
	return float64(to-from) / float64(created)
}

// perSecond divides a difference by the length of the stretch.
func (s Stretch) perSecond(from, to float64) float64 {
	if d := s.To.Elapsed - s.From.Elapsed; d > 0 {
		return (to - from) / d.Seconds()
	}
	return math.NaN()
}

func (s Stretch) offered() float64 { return s.perSecond(s.From.Offered, s.To.Offered) }

func (s Stretch) achieved() float64 {
	return s.perSecond(float64(s.From.Sessions.Created), float64(s.To.Sessions.Created))
}

func (s Stretch) allocs() float64 {
	return s.perSession(s.From.Allocs.Objects, s.To.Allocs.Objects)
}

func (s Stretch) allocBytes() float64 {
	return s.perSession(s.From.Allocs.Bytes, s.To.Allocs.Bytes)
}

func (s Stretch) keyAllocs() float64 { return s.perSession(s.From.KeyAllocs, s.To.KeyAllocs) }

func (s Stretch) hkdfs() float64 { return s.perSession(s.From.HKDF.Calls, s.To.HKDF.Calls) }

// reused is the share of pool gets that were hits; NaN without gets.
func (s Stretch) reused() float64 {
	gets := s.To.Pool.Gets - s.From.Pool.Gets
	if gets == 0 {
		return math.NaN()
	}
	return float64(s.To.Pool.Hits-s.From.Pool.Hits) / float64(gets)
}

func (s Stretch) gcCycles() uint64 { return s.To.GC.Cycles - s.From.GC.Cycles }

func (s Stretch) gcPause() time.Duration { return s.To.GC.PauseTotal - s.From.GC.PauseTotal }

type jsonOutput struct{ w io.Writer }

func (jsonOutput) Stretch(Stretch) error { return nil }

func (o jsonOutput) End(s load.Summary) error {
	enc := json.NewEncoder(o.w)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

type linesOutput struct{ enc *json.Encoder }

func (o linesOutput) Stretch(s Stretch) error {
	return o.enc.Encode(struct {
		Type string `json:"type"`
		load.Snapshot
	}{"snapshot", s.To})
}

func (o linesOutput) End(s load.Summary) error {
	return o.enc.Encode(struct {
		Type string `json:"type"`
		load.Summary
	}{"summary", s})
}

// csvOutput writes its header before the first row, or at the end where there
// was none.
type csvOutput struct {
	w      *csv.Writer
	headed bool
}

// columns are those of a CSV row. A cell is empty where its figure does not
// exist: per session without sessions, reuse without a pool.
var columns = []struct {
	name string
	cell func(Stretch) string
}{
	{"elapsed_s", func(s Stretch) string { return decimal(s.To.Elapsed.Seconds(), 3) }},
	{"offered_per_second", func(s Stretch) string { return decimal(s.offered(), 1) }},
	{"achieved_per_second", func(s Stretch) string { return decimal(s.achieved(), 1) }},
	{"sessions_created", func(s Stretch) string { return whole(s.To.Sessions.Created - s.From.Sessions.Created) }},
	{"sessions_live", func(s Stretch) string { return whole(s.To.Sessions.Live) }},
	{"sessions_expired", func(s Stretch) string { return whole(s.To.Sessions.Expired - s.From.Sessions.Expired) }},
	{"sessions_failed", func(s Stretch) string { return whole(s.To.Sessions.Failed - s.From.Sessions.Failed) }},
	{"dropped", func(s Stretch) string { return whole(s.To.Dropped.Total() - s.From.Dropped.Total()) }},
	{"allocs_per_session", func(s Stretch) string { return decimal(s.allocs(), 4) }},
	{"alloc_bytes_per_session", func(s Stretch) string { return decimal(s.allocBytes(), 1) }},
	{"key_allocations_per_session", func(s Stretch) string { return decimal(s.keyAllocs(), 4) }},
	{"hkdf_per_session", func(s Stretch) string { return decimal(s.hkdfs(), 4) }},
	{"pool_hit_ratio", func(s Stretch) string { return decimal(s.reused(), 6) }},
	{"gc_cycles", func(s Stretch) string { return whole(s.gcCycles()) }},
	{"gc_pause_ns", func(s Stretch) string { return strconv.FormatInt(s.gcPause().Nanoseconds(), 10) }},
	{"heap_live_bytes", func(s Stretch) string { return whole(s.To.GC.HeapLive) }},
	{"messages_sealed", func(s Stretch) string { return whole(s.To.Messages.Sealed - s.From.Messages.Sealed) }},
	{"messages_opened", func(s Stretch) string { return whole(s.To.Messages.Opened - s.From.Messages.Opened) }},
	{"messages_failed", func(s Stretch) string { return whole(s.To.Messages.Failed - s.From.Messages.Failed) }},
	{"handshakes_completed", func(s Stretch) string { return whole(s.To.Handshakes.Completed - s.From.Handshakes.Completed) }},
	{"valid", func(s Stretch) string { return strconv.FormatBool(s.To.Valid) }},
	{"invalid_reasons", func(s Stretch) string { return strings.Join(s.To.Reasons, "; ") }},
	{"handshakes_failed", func(s Stretch) string { return whole(s.To.Handshakes.Failed - s.From.Handshakes.Failed) }},
	{"handshake_ns_per_handshake", func(s Stretch) string {
		done := s.To.Handshakes.Completed - s.From.Handshakes.Completed
		if done == 0 {
			return ""
		}
		return decimal(float64(s.To.Stages.Handshake.Total-s.From.Stages.Handshake.Total)/float64(done), 0)
	}},
	{"dropped_live_limit", func(s Stretch) string { return whole(s.To.Dropped.Live - s.From.Dropped.Live) }},
	{"dropped_memory", func(s Stretch) string { return whole(s.To.Dropped.Memory - s.From.Dropped.Memory) }},
	{"dropped_cpu", func(s Stretch) string { return whole(s.To.Dropped.CPU - s.From.Dropped.CPU) }},
	{"dropped_generator", func(s Stretch) string { return whole(s.To.Dropped.Generator - s.From.Dropped.Generator) }},
	{"dropped_failed", func(s Stretch) string { return whole(s.To.Dropped.Failed - s.From.Dropped.Failed) }},
}

func decimal(v float64, digits int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

func whole(n uint64) string { return strconv.FormatUint(n, 10) }

func (o *csvOutput) Stretch(s Stretch) error {
	if err := o.header(); err != nil {
		return err
	}
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.cell(s)
	}
	return o.write(row)
}

func (o *csvOutput) End(load.Summary) error { return o.header() }

func (o *csvOutput) header() error {
	if o.headed {
		return nil
	}
	o.headed = true
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return o.write(names)
}

// write writes one row through at once, so that a reader sees it live.
func (o *csvOutput) write(row []string) error {
	if err := o.w.Write(row); err != nil {
		return err
	}
	o.w.Flush()
	return o.w.Error()
}
