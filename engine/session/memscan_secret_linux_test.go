//go:build goexperiment.runtimesecret

package session

import "runtime/secret"

// runtimeSecret tells that the runtime clears what an operation leaves behind.
const runtimeSecret = true

func shielded(f func()) { secret.Do(f) }
