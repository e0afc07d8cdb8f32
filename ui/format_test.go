package ui

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/internal/format"
)

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 12 * time.Minute: "12m", 3 * time.Hour: "3h",
	} {
		if got := string(appendAgo(nil, d)); got != want {
			t.Errorf("ago %v = %q, want %q", d, got, want)
		}
	}
}

// TestFormatWidth: no figure outgrows the column that is kept for it.
func TestFormatWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(0, 2e6).Draw(t, "v")
		for _, f := range []struct {
			name   string
			append func([]byte, float64) []byte
			width  int
		}{{"rate", format.AppendRate, 8}, {"per", format.AppendPer, 5}, {"duration", format.AppendDuration, 7}, {"tick", format.AppendTick, 5}} {
			if got := f.append(nil, v); columnsOfBytes(got) > f.width {
				t.Fatalf("%s %v = %q, wider than %d", f.name, v, got, f.width)
			}
		}
	})
}
