//go:build !sagetop_testhooks

package load

// testHookLane does nothing outside of builds for tests.
func testHookLane() {}
