package session

// The library's ChaCha20-Poly1305 copies the key to the stack, and its assembly
// spills it there once more; SHA-256, on processors without instructions for it,
// leaves what it was given. So each operation that runs either calls reserveStack
// before and scrubStack after: the runtime leaves an outgrown stack as it is, so
// the stack has to have grown before there is a secret on it.

// reserveStack makes sure that the stack reaches scrubBytes below the caller.
func reserveStack() { stackBelow(false) }

// scrubStack clears the stack that reserveStack asked for.
func scrubStack() { stackBelow(true) }

// stackBelow has a frame of scrubBytes, which it clears if it is to.
//
//go:noinline
func stackBelow(scrub bool) {
	if scrub {
		var below [scrubBytes]byte
		touch(&below)
	}
}

//go:noinline
func touch(*[scrubBytes]byte) {}
