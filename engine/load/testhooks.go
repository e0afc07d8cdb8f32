//go:build sagetop_testhooks

package load

import (
	"os"
	"strconv"
	"time"
)

// panicAfter is how long a lane lives when SAGETOP_TEST_PANIC=worker asks for
// a panic: long enough for the dashboard to be on the screen.
const panicAfter = time.Second

var (
	hookStart = time.Now()
	hookPanic = os.Getenv("SAGETOP_TEST_PANIC") == "worker"
	// hookSlow is by what share of its work the load of every arm but the first is
	// slowed down: SAGETOP_TEST_SLOW=0.05.
	hookSlow, _ = strconv.ParseFloat(os.Getenv("SAGETOP_TEST_SLOW"), 64)
)

// laneHook makes a lane's work take longer than it does.
type laneHook struct{ began time.Time }

func (h *laneHook) begin() {
	if hookSlow > 0 {
		h.began = time.Now()
	}
}

// end spins for the planted share of the time since begin.
func (h *laneHook) end(arm int) {
	if hookSlow == 0 || arm == 0 {
		return
	}
	now := time.Now()
	for until := now.Add(time.Duration(hookSlow * float64(now.Sub(h.began)))); time.Now().Before(until); {
		continue
	}
}

// testHookLane panics in a load worker if the environment asks for it. It is
// compiled into the binaries of end-to-end tests only.
func testHookLane() {
	if hookPanic && time.Since(hookStart) > panicAfter {
		panic("forced by SAGETOP_TEST_PANIC")
	}
}
