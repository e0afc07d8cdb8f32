//go:build !sagetop_testhooks

package load

// testHookLane does nothing outside of builds for tests.
func testHookLane() {}

// laneHook does nothing outside of builds for tests.
type laneHook struct{}

func (*laneHook) begin()  {}
func (*laneHook) end(int) {}
