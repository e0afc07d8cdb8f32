package ui

import (
	"io"
	"sync"
	"sync/atomic"
)

// output is what is written to the terminal, by whomever: whole calls of Write, one
// after the other, and counted.
type output struct {
	mu    sync.Mutex
	w     io.Writer
	bytes atomic.Uint64
}

// newOutput returns the output to w; nil is for nothing.
func newOutput(w io.Writer) *output {
	if w == nil {
		w = io.Discard
	}
	return &output{w: w}
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.w.Write(p)
	o.bytes.Add(uint64(n))
	return n, err
}

// written returns how many bytes went out so far.
func (o *output) written() uint64 { return o.bytes.Load() }

// file is what Bubble Tea knows a terminal by: it asks for its size and its modes.
type file interface {
	io.ReadWriteCloser
	Fd() uintptr
}

// fileOutput is an output that is still seen to be a file. It has no methods of the
// file but those, or there would be ways to write past the output.
type fileOutput struct {
	file
	out *output
}

// Write implements io.Writer.
func (f fileOutput) Write(p []byte) (int, error) { return f.out.Write(p) }

// writer returns the output for Bubble Tea.
func (o *output) writer() io.Writer {
	if f, ok := o.w.(file); ok {
		return fileOutput{f, o}
	}
	return o
}
