package stats

import (
	"testing"
	"time"
)

func TestProcessCPU(t *testing.T) {
	before := ProcessCPU()
	if before == 0 {
		t.Skip("the platform does not tell")
	}
	began := time.Now()
	for ProcessCPU() < before+20*time.Millisecond { // by working: a clock that stood still would end this test by its time
		if time.Since(began) > 30*time.Second {
			t.Fatalf("30 s of work took %s of processor time", ProcessCPU()-before)
		}
	}
	if n := testing.AllocsPerRun(100, func() { ProcessCPU() }); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
}
