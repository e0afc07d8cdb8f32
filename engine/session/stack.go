package session

// The library's ChaCha20-Poly1305 copies the key to the stack, and its assembly
// spills it there once more; SHA-256, on processors without instructions for it,
// leaves what it was given. So each operation that runs either calls reserveStack
// before and scrubStack after: the runtime leaves an outgrown stack as it is, so
// the stack has to have grown before there is a secret on it.

// scrubStack clears the stack below its caller, as far as the library's calls
// reach.
//
//go:noinline
func scrubStack() {
	var below [scrubBytes]byte
	touch(&below)
}

// reserveStack makes room for scrubStack. It has the same frame, and does not
// touch it.
//
//go:noinline
func reserveStack(never bool) {
	if never {
		var below [scrubBytes]byte
		touch(&below)
	}
}

//go:noinline
func touch(*[scrubBytes]byte) {}
