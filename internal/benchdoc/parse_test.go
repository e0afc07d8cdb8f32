package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const output = `goos: linux
cpu: Abacus 9000 @ 2 beads
BenchmarkSealOpen/64-2         	  123456	       853.4 ns/op	 75.00 MB/s	       0 B/op	       0 allocs/op
BenchmarkLive/1M/churn-16      	   28970	      3667 ns/op	      2308 ns/create	      1352 ns/remove
BenchmarkSweep/one-percent     	     100	   1.5e+06 ns/op
BenchmarkReplayCheck-2         	 1000000	      1052 ns/op
BenchmarkLive/1k/lookup-2
--- SKIP: BenchmarkLive
BenchmarkOdd-2                 	     100	       12 ns/op	 7
BenchmarkWords-2               	    many	       12 ns/op
BenchmarkWords-2               	     100	   twelve ns/op
    bench_test.go:7: BenchmarkTalk 100 12 ns/op
PASS
`
	got := make(results)
	cpu := parse(got, []byte(output))
	want := results{
		"SealOpen/64":       {"ns/op": 853.4, "MB/s": 75, "B/op": 0, "allocs/op": 0},
		"Live/1M/churn":     {"ns/op": 3667, "ns/create": 2308, "ns/remove": 1352},
		"Sweep/one-percent": {"ns/op": 1.5e6},
		"ReplayCheck":       {"ns/op": 1052},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := "Abacus 9000 @ 2 beads"; cpu != want {
		t.Errorf("cpu %q, want %q", cpu, want)
	}
}
