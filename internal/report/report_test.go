package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata, or rewrites that.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is a snapshot of a steady run of 1000 sessions a second, of which two
// allocations, 2 HKDFs, and a quarter of the pool's gets are misses.
func at(elapsed time.Duration) load.Snapshot {
	n := uint64(elapsed / time.Millisecond)
	return load.Snapshot{
		Elapsed: elapsed, Config: load.Default(), Offered: float64(n), Valid: true,
		Sessions:  load.Sessions{Created: n, Removed: n / 2, Live: n - n/2},
		Pool:      load.Pool{Kind: session.PoolFreeList, Gets: n, Hits: n - n/4, Misses: n / 4},
		HKDF:      load.HKDF{Calls: 2 * n, Bytes: 192 * n},
		KeyAllocs: n / 4,
		Allocs:    load.Allocs{Objects: 2 * n, Bytes: 100 * n},
		GC:        load.GC{Cycles: n / 500, PauseTotal: time.Duration(n/500) * 40 * time.Microsecond, HeapLive: 5 << 20},
		Messages:  load.Messages{Sealed: 2 * n, Opened: 2 * n, Bytes: 2048 * n},
		Handshakes: load.Handshakes{HandshakeCounts: load.HandshakeCounts{
			Completed: n / 10, Failed: n / 1000,
		}},
		Stages:  load.Stages{Handshake: load.Stage{Count: n / 10, Total: time.Duration(n/10) * 500 * time.Microsecond}},
		Dropped: load.Dropped{Live: n / 1000, CPU: 2 * (n / 1000), Generator: 3 * (n / 1000), Late: 5 * (n / 1000), Failed: 4 * (n / 1000)},
	}
}

func summaryOf(s load.Snapshot) load.Summary {
	created := s.Sessions.Created
	return load.Summary{
		Schema: load.SummarySchema, Valid: s.Valid, InvalidReasons: s.Reasons, Config: s.Config, Duration: s.Elapsed,
		OfferedPerSecond: 1000, AchievedPerSecond: 1000, Sessions: s.Sessions, Pool: s.Pool, Messages: s.Messages,
		HKDF:      load.HKDFSummary{Calls: s.HKDF.Calls, PerSession: load.PerSession(s.HKDF.Calls, created)},
		KeyAllocs: load.KeyAllocs{Count: s.KeyAllocs, PerSession: load.PerSession(s.KeyAllocs, created)},
		Allocs:    load.AllocsTotal{Objects: s.Allocs.Objects, PerSession: 2, BytesPerSession: 100},
		GC:        load.GCSummary{Cycles: s.GC.Cycles, CPUFraction: 0.004, HeapLive: s.GC.HeapLive},
		Latency: load.Latencies{Create: load.Response{
			Service:  load.Latency{Count: created / 2, P50: 8510, P90: 17 * time.Microsecond, P99: 43300, P999: 126 * time.Microsecond, Max: 1370 * time.Microsecond},
			Response: load.Latency{Count: created / 2, P50: 42500, P90: 85500, P99: 545 * time.Microsecond, P999: 3740 * time.Microsecond, Max: 4460 * time.Microsecond},
		}},
	}
}

// kind makes up handshakes whose phases take scale times 100, 200, 50 and 50 µs.
func kind(suite load.Handshake, transport load.Transport, n uint64, scale int, measured bool) load.HandshakeKind {
	took := func(us int) load.Latency {
		d := time.Duration(us*scale) * time.Microsecond
		return load.Latency{Count: n, Mean: d, P50: d, P99: 3 * d, Max: 4 * d}
	}
	k := load.HandshakeKind{Suite: suite, Transport: transport, HandshakeCounts: load.HandshakeCounts{Completed: n, Total: took(410)}}
	for i, p := range k.Phases.List() {
		*p = load.PhaseCost{Service: took([]int{100, 200, 50, 50}[i]), Bytes: n * 300}
		if measured {
			p.PerHandshake = load.PhaseUnit{Allocs: float64(10 * i), AllocBytes: 1000, WireBytes: 300}
		}
	}
	return k
}

func TestText(t *testing.T) {
	plain := summaryOf(at(10 * time.Second))
	plain.Pool.HitRatio = 0.75

	short := summaryOf(at(1500 * time.Millisecond))
	short.Partial, short.Valid = true, false
	short.InvalidReasons = []string{"overload: 12 sessions not started, 1s behind schedule", "messages: 1 not authentic"}
	short.Config.Model, short.Config.Workers = load.Closed, 250
	short.Config.Optimizations = session.Baseline
	short.Config.Handshake = load.HandshakeNone
	short.Pool = load.Pool{}
	short.GC.Cycles = 12
	short.GC.Pauses = load.Latency{Count: 12, P50: 40 * time.Microsecond, P99: 84 * time.Microsecond, Max: 84 * time.Microsecond}

	shaped := summaryOf(at(10 * time.Second))
	shaped.Config.Profile, shaped.Config.Handshake, shaped.Config.Transport = load.ProfileStages, load.HandshakeMixed, load.TransportHTTP
	shaped.Config.HandshakeShare = 1
	shaped.Dropped, shaped.DroppedBy = 12, load.Dropped{Live: 2, Memory: 2, Late: 4, CPU: 2, Generator: 2, Failed: 4}
	shaped.Handshakes = load.Handshakes{
		HandshakeCounts: load.HandshakeCounts{Completed: 5000, Failed: 3, FailedBy: load.Causes{"timeout": 1, "busy": 2}},
		BySuite: []load.HandshakeKind{
			kind(load.HandshakeX25519, load.TransportHTTP, 3000, 1, true),
			kind(load.HandshakeHybrid, load.TransportMemory, 2000, 2, false),
		},
	}

	for name, s := range map[string]load.Summary{"text.golden": plain, "partial.golden": short, "shaped.golden": shaped} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := Text(&got, s); err != nil {
				t.Fatal(err)
			}
			golden(t, name, got.String())
		})
	}
}

func TestProgress(t *testing.T) {
	bad := at(3 * time.Second)
	bad.Valid, bad.Reasons = false, []string{"overload: 5 sessions not started", "behind"}
	for name, tt := range map[string]struct {
		s    Stretch
		want string
	}{
		"steady":  {Stretch{at(time.Second), at(2 * time.Second)}, "00:00:02    1.000k/s    1.000k/s            2.00          2.00      75.0 %          2    80.0 µs"},
		"start":   {Stretch{To: at(time.Second)}, "00:00:01    1.000k/s    1.000k/s            2.00          2.00      75.0 %          2    80.0 µs"},
		"nothing": {Stretch{at(time.Second), at(time.Second)}, "00:00:01           –           –               –             –           –          0       0 ns"},
		"bad":     {Stretch{at(2 * time.Second), bad}, "00:00:03    1.000k/s    1.000k/s            2.00          2.00      75.0 %          2    80.0 µs  not valid: overload: 5 sessions not started; behind"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Progress(tt.s); got != tt.want {
				t.Errorf("got\n%s\n%s\nwant\n%s", ProgressHeader, got, tt.want)
			}
		})
	}
	if got, want := len([]rune(Progress(Stretch{To: at(time.Second)}))), len(ProgressHeader); got != want {
		t.Errorf("a line has %d characters, its header %d", got, want)
	}
}

// tell gives an output the stretches between the moments, and the end.
func tell(t *testing.T, format string, moments ...time.Duration) string {
	t.Helper()
	var b bytes.Buffer
	out, err := New(format, &b)
	if err != nil {
		t.Fatal(err)
	}
	var last load.Snapshot
	for _, m := range moments {
		if err := out.Stretch(Stretch{last, at(m)}); err != nil {
			t.Fatal(err)
		}
		last = at(m)
	}
	if err := out.End(summaryOf(last)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSON(t *testing.T) {
	var s map[string]any
	if err := json.Unmarshal([]byte(tell(t, "json", time.Second, 2*time.Second)), &s); err != nil {
		t.Fatal(err)
	}
	if s["schema"] != "sagetop.run/1" || s["hkdf"].(map[string]any)["per_session"] != 2.0 {
		t.Errorf("got %v", s)
	}
}

func TestNDJSON(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(tell(t, "ndjson", time.Second, 2*time.Second)), "\n")
	var got []map[string]any
	for _, line := range lines {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		got = append(got, v)
	}
	if len(got) != 3 {
		t.Fatalf("%d lines, want 3", len(got))
	}
	for i, want := range []map[string]any{
		{"type": "snapshot", "elapsed_ns": 1e9},
		{"type": "snapshot", "elapsed_ns": 2e9},
		{"type": "summary", "schema": "sagetop.run/1", "duration_ns": 2e9},
	} {
		for name, v := range want {
			if got[i][name] != v {
				t.Errorf("line %d: %s is %v, want %v", i+1, name, got[i][name], v)
			}
		}
	}
}

func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(tell(t, "csv", time.Second, 2*time.Second, 2*time.Second))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{
			"elapsed_s": "2.000", "offered_per_second": "1000.0", "achieved_per_second": "1000.0", "sessions_created": "1000",
			"sessions_live": "1000", "sessions_expired": "0", "sessions_failed": "0", "dropped": "10",
			"allocs_per_session": "2.0000", "alloc_bytes_per_session": "100.0", "key_allocations_per_session": "0.2500",
			"hkdf_per_session": "2.0000", "pool_hit_ratio": "0.750000", "gc_cycles": "2", "gc_pause_ns": "80000",
			"heap_live_bytes": "5242880", "messages_sealed": "2000", "messages_opened": "2000", "messages_failed": "0",
			"handshakes_completed": "100", "valid": "true", "invalid_reasons": "",
			"handshakes_failed": "1", "handshake_ns_per_handshake": "500000",
			"dropped_live_limit": "1", "dropped_memory": "0", "dropped_cpu": "2", "dropped_generator": "3", "dropped_failed": "4",
		},
		{"elapsed_s": "2.000", "offered_per_second": "", "allocs_per_session": "", "pool_hit_ratio": "", "gc_cycles": "0", "handshake_ns_per_handshake": ""},
	}
	for i, row := range want {
		got := make(map[string]string)
		for c, name := range rows[0] {
			got[name] = rows[i+2][c]
		}
		for name, v := range row {
			if got[name] != v {
				t.Errorf("row %d: %s is %q, want %q", i+2, name, got[name], v)
			}
		}
		if i == 0 && len(got) != len(row) {
			t.Errorf("%d columns, the test knows %d", len(got), len(row))
		}
	}
	if got := tell(t, "csv"); got != strings.Join(rows[0], ",")+"\n" {
		t.Errorf("without a stretch: %q, want the header", got)
	}
}

func TestNewRefuses(t *testing.T) {
	_, err := New("yaml", io.Discard)
	if want := `"yaml" is not valid; want text, json, ndjson or csv`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, name := range Formats() {
		if _, err := New(name, io.Discard); err != nil {
			t.Error(err)
		}
	}
}

// brokenWriter fails after some writes.
type brokenWriter struct{ left int }

var errBroken = errors.New("broken")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWriteErrorsAreReturned(t *testing.T) {
	for _, name := range Formats() {
		out, err := New(name, &brokenWriter{})
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(out.Stretch(Stretch{To: at(time.Second)}), out.End(summaryOf(at(time.Second))))
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// recorder is an output that keeps what it is told.
type recorder struct {
	stretches [][2]time.Duration
	fails     error
}

func (r *recorder) Stretch(s Stretch) error {
	r.stretches = append(r.stretches, [2]time.Duration{s.From.Elapsed, s.To.Elapsed})
	return r.fails
}

func (r *recorder) End(load.Summary) error { return nil }

func TestFollow(t *testing.T) {
	const ms = time.Millisecond
	over := errors.New("over")
	tests := []struct {
		name    string
		moments []time.Duration
		end     error // of next, after the last
		want    [][2]time.Duration
		err     error
	}{
		{"nothing", nil, io.EOF, nil, nil},
		{"too short to tell", []time.Duration{100 * ms, 200 * ms}, io.EOF, nil, nil},
		{"less than a second", []time.Duration{100 * ms, 500 * ms}, io.EOF, [][2]time.Duration{{0, 500 * ms}}, nil},
		{"each second", []time.Duration{900 * ms, 1000 * ms, 1500 * ms, 2100 * ms, 3000 * ms}, io.EOF, [][2]time.Duration{{0, 1000 * ms}, {1000 * ms, 2100 * ms}, {2100 * ms, 3000 * ms}}, nil},
		{"a rest", []time.Duration{1000 * ms, 1100 * ms, 1400 * ms}, io.EOF, [][2]time.Duration{{0, 1000 * ms}, {1000 * ms, 1400 * ms}}, nil},
		{"snapshots lost", []time.Duration{500 * ms, 4500 * ms}, io.EOF, [][2]time.Duration{{0, 4500 * ms}}, nil},
		{"ended", []time.Duration{1000 * ms, 1400 * ms}, over, [][2]time.Duration{{0, 1000 * ms}, {1000 * ms, 1400 * ms}}, over},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := 0
			next := func(context.Context) (load.Snapshot, error) {
				if i == len(tt.moments) {
					return load.Snapshot{}, tt.end
				}
				i++
				return at(tt.moments[i-1]), nil
			}
			var out recorder
			var progress strings.Builder
			if err := Follow(t.Context(), next, &out, &progress); !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, out.stretches); diff != "" {
				t.Errorf("stretches (-want +got):\n%s", diff)
			}
			if got, want := strings.Count(progress.String(), "\n"), 1+len(tt.want); got != want {
				t.Errorf("%d lines of progress, want %d:\n%s", got, want, progress.String())
			}
		})
	}
}

func TestFollowStopsWhereOutputFails(t *testing.T) {
	for name, moments := range map[string][]time.Duration{"in the middle": {time.Second, 2 * time.Second}, "at the end": {500 * time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			i := 0
			next := func(context.Context) (load.Snapshot, error) {
				if i == len(moments) {
					return load.Snapshot{}, io.EOF
				}
				i++
				return at(moments[i-1]), nil
			}
			out := recorder{fails: errBroken}
			// Progress that cannot be written is no reason to stop.
			if err := Follow(t.Context(), next, &out, &brokenWriter{}); !errors.Is(err, errBroken) || len(out.stretches) != 1 {
				t.Errorf("%v after %d stretches, want one", err, len(out.stretches))
			}
		})
	}
}

// TestWrap: lines break between figures, and nothing is lost.
func TestWrap(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"short", "load         valid\n", "load         valid\n"},
		{
			"between figures", "load         one 1   two 2   three 3\n",
			"load         one 1   two 2\n             three 3\n",
		},
		{
			"a sentence", "load         not valid: much too much of it all\n",
			"load         not valid: much\n             too much of it\n             all\n",
		},
		{"a word", "load         " + strings.Repeat("x", 30) + "\n", "load         " + strings.Repeat("x", 30) + "\n"},
		{"exactly", "load         one 1   two 2 x\n", "load         one 1   two 2 x\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := wrap(tt.text, 28); got != tt.want {
				t.Errorf("\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
