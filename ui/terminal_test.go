package ui

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestOutputCountsAndKeepsWritesWhole(t *testing.T) {
	var all bytes.Buffer
	o := newOutput(&all)
	var wg sync.WaitGroup
	for _, text := range []string{"aaaa", "bbbb", "cccc"} {
		wg.Go(func() {
			for range 100 {
				if _, err := io.WriteString(o.writer(), text); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if o.written() != 1200 || all.Len() != 1200 {
		t.Errorf("%d bytes are counted, %d written, want 1200", o.written(), all.Len())
	}
	for s := all.Bytes(); len(s) > 0; s = s[4:] {
		if s[0] != s[1] || s[0] != s[3] {
			t.Fatalf("a write is torn: %q", s[:4])
		}
	}
}

// TestOutputOfAFile: Bubble Tea must find a file in it, and no way to write past it.
func TestOutputOfAFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o := newOutput(f)
	w := o.writer()
	if got, ok := w.(interface{ Fd() uintptr }); !ok || got.Fd() != f.Fd() {
		t.Error("the file is not to be seen")
	}
	if _, err := io.WriteString(w, "text"); err != nil || o.written() != 4 {
		t.Errorf("%d bytes are counted, error %v", o.written(), err)
	}
	if _, ok := newOutput(nil).writer().(interface{ Fd() uintptr }); ok {
		t.Error("nothing looks like a file")
	}
}
