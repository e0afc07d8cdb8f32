//go:build unix

package main

import (
	"regexp"
	"strings"
	"testing"
)

// storyTitle is the id in the border of the page of one session.
var storyTitle = regexp.MustCompile(`╭ ([A-Za-z0-9_-]{22}) ─`)

// TestE2ESessions finds a session of the real engine in the list, opens its page,
// closes it, and sees it gone.
func TestE2ESessions(t *testing.T) {
	x := start(t, usual, builtBinary(t), "--rate", "100/s", "--lifetime", "10m", "--messages", "200")
	x.shows(live)
	x.keys("2")
	x.shows("active")
	x.shows(" resp ")
	x.keys("/")
	x.shows("part of an id")
	x.keys("rle=initiator")
	x.shows(`"rle" is not a column`)
	x.keys("\x15role=initiator\r")
	x.until("initiators alone", func(screen string) bool {
		return strings.Contains(screen, "/role=initiator") && strings.Contains(screen, " init ") && !strings.Contains(screen, " resp ")
	})

	x.keys("\r")
	x.shows("initiator active")
	x.shows("of 200 planned")
	x.shows("seal")
	id := storyTitle.FindStringSubmatch(x.text())
	if id == nil {
		t.Fatalf("no id in the title:\n%s", x.text())
	}
	x.keys("\x1b")
	x.shows("filter")
	x.keys("/\x15role=initiator id=" + id[1] + "\r")
	x.shows("─ 1 of ")

	x.keys("\r")
	x.shows("its cost")
	x.keys("x")
	x.shows("close session " + id[1][:8])
	x.keys("y")
	x.shows("closed by hand")
	x.keys("\x1b")
	x.shows("no session is as the filter says")
	x.keys("q")
	x.ends(0)
	x.restored()
}
