package ui

import (
	"flag"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(2) // the load of a comparison follows it, and is in golden frames
	goleak.VerifyTestMain(m)
}
