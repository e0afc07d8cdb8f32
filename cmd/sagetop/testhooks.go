//go:build sagetop_testhooks

package main

import (
	"os"
	"time"
)

// testHookDashboard panics in a goroutine that nobody watches, if
// SAGETOP_TEST_PANIC=goroutine asks for it. It is compiled into the binaries of
// end-to-end tests only.
func testHookDashboard() {
	if os.Getenv("SAGETOP_TEST_PANIC") == "goroutine" {
		time.AfterFunc(time.Second, func() { panic("forced by SAGETOP_TEST_PANIC") })
	}
}
