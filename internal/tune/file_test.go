package tune

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/settings"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// TestFile: the file is read back to the settings that were tuned, and says what
// they were tuned for.
func TestFile(t *testing.T) {
	o, err := newSearch(t, taskOf(t, 1, "heap_live < 50MB", "create_p99 < 1ms")).Run(t.Context(), newMachine(1).measure)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := o.File(time.Date(2026, 11, 25, 23, 0, 0, 0, time.UTC))
	want := `# sagetop tune, 2026-11-25: minimize create_p99, subject to heap_live < 50MB and create_p99 < 1ms
# load: optimizations tuned, model closed, rng-seed 1
# create_p99 15.6 µs [15.1 µs, 16.3 µs], before 21.0 µs [20.4 µs, 22.1 µs], p <0.001
# heap_live 38.1 MiB [38.0 MiB, 38.2 MiB]
pool = "freelist"
pool-capacity = 256
gogc = 100
memory-limit = "128MiB"
`
	if diff := cmp.Diff(want, text); diff != "" || !ok {
		t.Error(diff)
	}
	best, _ := o.Settings()
	for _, s := range []Settings{
		best,
		{session.PoolNone, 65536, -1, 64 << 20},
		{session.PoolSync, 65536, 800, load.Off},
		{session.PoolFreeList, 0, 1, 1 << 40},
	} {
		t.Run(s.String(), func(t *testing.T) {
			o.Final.Best.Settings = s
			text, ok := o.File(time.Now())
			if !ok {
				t.Fatal("no file")
			}
			if got := readBack(t, text); SettingsOf(got) != s {
				t.Errorf("%s is read as %s", text, SettingsOf(got))
			}
		})
	}
}

// TestFileOfTheSame: with nothing better there is a file all the same, and it has
// the present settings.
func TestFileOfTheSame(t *testing.T) {
	m := newMachine(1)
	m.create = func(Settings) float64 { return 1000 }
	o, err := newSearch(t, taskOf(t, 1)).Run(t.Context(), m.measure)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := o.File(time.Now())
	if got := SettingsOf(readBack(t, text)); !ok || o.Verdict != Keep || got != SettingsOf(load.Default()) {
		t.Errorf("%s: %s", o.Verdict, text)
	}
}

// readBack returns what --config makes of a file.
func readBack(t *testing.T, text string) load.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tuned.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := settings.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := load.Default()
	from := settings.Sources{
		Flag:   func(string) (string, bool) { return "", false },
		Getenv: func(string) string { return "" }, File: file,
	}
	if err := settings.Resolve(settings.OfConfig(&c), from); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestInterval(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name string
		e    stats.Estimate
		unit string
		want string
	}{
		{"a time", stats.Estimate{Value: 41_200, Low: 40_100, High: 42_300}, load.UnitTime, "41.2 µs [40.1 µs, 42.3 µs]"},
		{"no interval", stats.Estimate{Value: 6, Low: nan, High: nan}, load.UnitCount, "6"},
		{"no figure", stats.Estimate{Value: nan, Low: nan, High: nan}, load.UnitShare, "–"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Interval(tt.e, tt.unit); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
