//go:build unix

package termguard

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	Main() // this binary is its own guard
	goleak.VerifyTestMain(m)
}

func TestReadReport(t *testing.T) {
	long := strings.Repeat("x", maxReport)
	broken := errors.New("broken")
	tests := []struct {
		name        string
		in          io.Reader
		report      string
		inGoodOrder bool
		err         error
	}{
		{"killed", strings.NewReader(""), "", false, nil},
		{"good", strings.NewReader(done), "", true, nil},
		{"good, a byte at a time", iotest.OneByteReader(strings.NewReader(done)), "", true, nil},
		{"good after a message", strings.NewReader("warning\n" + done), "warning\n", true, nil},
		{"panic", strings.NewReader("panic: x\n"), "panic: x\n", false, nil},
		{"panic after the word", strings.NewReader(done + "panic"), done + "panic", false, nil},
		{"as long as is kept", strings.NewReader(long), long, false, nil},
		{"longer", strings.NewReader(long + "y"), long, false, nil},
		{"longer, and good", strings.NewReader(long + "y" + done), long, true, nil},
		{"longer, and good, a byte at a time", iotest.OneByteReader(strings.NewReader(long + done)), long, true, nil},
		{"the word across the limit", strings.NewReader(long[5:] + done), long[5:] + done[:5], true, nil},
		{"broken", io.MultiReader(strings.NewReader("pa"), iotest.ErrReader(broken)), "pa", false, broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report, inGoodOrder, err := readReport(tt.in)
			if string(report) != tt.report || inGoodOrder != tt.inGoodOrder || !errors.Is(err, tt.err) {
				t.Errorf("got %.60q, %v, %v; want %.60q, %v, %v", report, inGoodOrder, err, tt.report, tt.inGoodOrder, tt.err)
			}
		})
	}
}

// TestStartWithoutTerminal: the guard finds no terminal and goes, and the
// program runs on as if there never had been one.
func TestStartWithoutTerminal(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	stdout := os.Stdout
	os.Stdout = null
	defer func() { os.Stdout = stdout }()
	before, err := os.Stderr.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := start(); err == nil {
		t.Error("a guard runs without a terminal")
	}
	Start()()
	after, err := os.Stderr.Stat()
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("standard error is not what it was: %v, %v, %v", before, after, err)
	}
}
