//go:build sagetop_testhooks

package load

import (
	"os"
	"time"
)

// panicAfter is how long a lane lives when SAGETOP_TEST_PANIC=worker asks for
// a panic: long enough for the dashboard to be on the screen.
const panicAfter = time.Second

var (
	hookStart = time.Now()
	hookPanic = os.Getenv("SAGETOP_TEST_PANIC") == "worker"
)

// testHookLane panics in a load worker if the environment asks for it. It is
// compiled into the binaries of end-to-end tests only.
func testHookLane() {
	if hookPanic && time.Since(hookStart) > panicAfter {
		panic("forced by SAGETOP_TEST_PANIC")
	}
}
