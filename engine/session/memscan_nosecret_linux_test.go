//go:build !goexperiment.runtimesecret

package session

const runtimeSecret = false

func shielded(f func()) { f() }
