//go:build !unix

package termguard

// Main does nothing: there is no guard on this system.
func Main() {}

// Start does nothing: there is no guard on this system.
func Start() (release func()) { return func() {} }
