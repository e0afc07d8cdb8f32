package load

import (
	"slices"
	"strings"
	"testing"
)

// TestMatters: what has no effect, by a configuration that is said by its settings.
func TestMatters(t *testing.T) {
	tests := []struct{ settings, idle string }{
		{"model=open", "workers stages ramp-time period spike-time peak"},
		{"model=closed", "rate arrival stages ramp-time period spike-time peak"},
		{"pool=sync", "pool-capacity workers stages ramp-time period spike-time peak"},
		{"pool=none", "pool-capacity workers stages ramp-time period spike-time peak"},
		{"handshake=none", "workers stages ramp-time period spike-time peak handshake-share transport"},
		{"handshake-share=0%", "workers stages ramp-time period spike-time peak transport"},
		{"messages=0", "workers stages ramp-time period spike-time peak message-size"},
		{"profile=stages", "workers ramp-time period spike-time peak"},
		{"profile=ramp", "workers stages period spike-time peak"},
		{"profile=soak", "workers stages period spike-time peak"},
		{"profile=spike", "workers stages ramp-time"},
		{"profile=sine", "workers stages ramp-time spike-time"},
	}
	for _, tt := range tests {
		t.Run(tt.settings, func(t *testing.T) {
			c := Default()
			name, value, _ := strings.Cut(tt.settings, "=")
			p, _ := Lookup(name)
			if err := p.Set(&c, value); err != nil {
				t.Fatal(err)
			}
			for _, name := range ParamNames() {
				if got, want := Matters(name, &c), !slices.Contains(strings.Fields(tt.idle), name); got != want {
					t.Errorf("%s matters: %v", name, got)
				}
			}
		})
	}
}
