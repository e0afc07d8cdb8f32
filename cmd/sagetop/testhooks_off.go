//go:build !sagetop_testhooks

package main

// testHookDashboard does nothing outside of builds for tests.
func testHookDashboard() {}
