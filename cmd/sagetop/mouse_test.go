//go:build unix

package main

import (
	"strings"
	"testing"
)

const mouseOn = "\x1b[?1002h"

// TestE2EMouse clicks at tabs and hints, drags over a chart, and turns the mouse off, on,
// and off again.
func TestE2EMouse(t *testing.T) {
	x := start(t, usual, builtBinary(t), "--rate", "1000/s")
	x.shows(live)
	x.keys("\x1b[<0;35;2M\x1b[<0;35;2m")
	x.shows("handshakes by phase")
	x.keys("\x1b[<0;4;2M\x1b[<0;4;2m")
	x.shows("allocations per session")
	x.keys("\x1b[<0;112;12M\x1b[<32;90;12M")
	x.shows("┃")
	x.keys("\x1b[<0;90;12m")
	x.shows("frozen")
	x.keys(" m")
	x.shows("mouse off")
	x.until("the mouse to be off", func(string) bool { return strings.Contains(x.written(), "\x1b[?1002l") })
	x.keys("m")
	x.shows("mouse on")
	x.keys("\x1b[<0;25;2M") // a tab
	x.shows("3 Pool")
	x.keys("q")
	x.ends(0)
	x.restored()
}

// TestE2ENoMouse leaves the mouse to the terminal until it is told otherwise.
func TestE2ENoMouse(t *testing.T) {
	h := usual
	h.env = []string{"SAGETOP_NO_MOUSE=true"}
	x := start(t, h, builtBinary(t), "--rate", "1000/s")
	x.shows(live)
	if strings.Contains(x.written(), mouseOn) {
		t.Error("the mouse is on")
	}
	x.keys("m")
	x.until("the mouse to be on", func(string) bool { return strings.Contains(x.written(), mouseOn) })
	x.keys("q")
	x.ends(0)
	x.restored()
}
