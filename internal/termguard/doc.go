// Package termguard gives the terminal back when the program that draws on it
// dies: by a panic in a goroutine that nobody watches, by a fatal error of the
// runtime, or killed. Nothing within a process can do that for it, so a second
// one does, the guard: the same executable under another name, which waits for
// the end of the first and does nothing else.
//
// While the guard is there, what the program writes to standard error, the
// report of a panic above all, goes to the guard. It prints it once the terminal
// is restored, where it can be read.
package termguard
