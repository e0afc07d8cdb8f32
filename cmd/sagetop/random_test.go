//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestE2ERandom sends the real program 10,000 things at random, as fast as it takes
// them: keys, pasted texts, the mouse, and sizes of the terminal. It must not panic, and
// ends in good order with the terminal restored. SAGETOP_RANDOM_SEED is another seed.
func TestE2ERandom(t *testing.T) {
	const events, atMost = 10_000, 50 * time.Second
	seed := uint64(1)
	if text := os.Getenv("SAGETOP_RANDOM_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	program := builtBinary(t)
	t.Chdir(t.TempDir()) // for what is exported
	rng := rand.New(rand.NewPCG(seed, 0))
	sent, starts, deadline := 0, 0, time.Now().Add(atMost)
	for sent < events && time.Now().Before(deadline) {
		x := start(t, usual, program, "--rate", "1000/s")
		x.shows(live)
		starts++
		u := randomUser{x, rng, int(usual.cols), int(usual.rows)}
		for ended := false; !ended && sent < events && time.Now().Before(deadline); sent++ {
			u.act()
			select {
			case <-x.exited: // something that was clicked at was for that
				ended = true
			default:
			}
		}
		x.resize(120, 40)
		u.quit()
		x.ends(0)
		x.restored()
		if w := x.written(); strings.Contains(w, "panic") || strings.Contains(w, "goroutine ") {
			t.Errorf("seed %d: panicked after %d events:\n%s", seed, sent, w[max(len(w)-8000, 0):])
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("seed %d: %d events, %d starts", seed, sent, starts)
	if sent < events/10 {
		t.Errorf("only %d events in %v", sent, atMost)
	}
}

// randomUser does things at random.
type randomUser struct {
	*terminal
	rng        *rand.Rand
	cols, rows int
}

// randomKeys are keys that are no characters, as a terminal sends them.
var randomKeys = []string{
	"\r", "\t", " ", "\x1b", "\x7f", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~", "\x1b[3~",
	"\x1b[Z", "\x1b[1;2C", "\x1b[1;2D", "\x1b[1;5C", "\x1b[1;5D", "\x1bOP", "\x01", "\x05", "\x0b", "\x15", "\x17", "\x1bx", "\x1b\r",
	"\x1b[I", "\x1b[O", "\x1b[?1;2c", "\x1b[<", "\x1b[1;9", "\x1b]11;rgb:0/0/0\x07",
}

// randomTexts are what is typed or pasted.
var randomTexts = []string{
	"rate 5k\r", ":theme mono\r", "/age>1s\r", "msgs=0", "12", "é", "漢字", "한", "🙂", "e\u0301", "\u200b", "\xff\xfe", "\u202e", "\u0085",
}

// act sends something. All but what ends the program, or stops it, is sent.
func (u *randomUser) act() {
	switch n := u.rng.IntN(100); {
	case n < 30:
		c := byte('!' + u.rng.IntN('~'-'!'+1))
		if c == 'q' {
			c = '\r'
		}
		u.send(string(c))
	case n < 50:
		u.send(randomKeys[u.rng.IntN(len(randomKeys))])
	case n < 55:
		u.send(randomTexts[u.rng.IntN(len(randomTexts))])
	case n < 57:
		u.send("\x1b[200~" + strings.Repeat(randomTexts[u.rng.IntN(len(randomTexts))], u.rng.IntN(9)) + "q\x1b[201~")
	case n < 62:
		u.send("\x1b" + string(rune('1'+u.rng.IntN(7))))
	case n < 66:
		u.send(string(rune('1' + u.rng.IntN(7))))
	case n < 97:
		u.mouse()
	default:
		switch u.rng.IntN(4) {
		case 0:
			u.size(u.rng.IntN(301), u.rng.IntN(101))
		case 1:
			u.size(u.rng.IntN(4), u.rng.IntN(4))
		default:
			u.size(40+u.rng.IntN(100), 10+u.rng.IntN(40))
		}
	}
}

// mouse sends a click, a drag or a turn of the wheel, or only a part of one.
func (u *randomUser) mouse() {
	x, y := 1+u.rng.IntN(u.cols+5), 1+u.rng.IntN(max(u.rows-1, 1)) // not in the footer, where it could quit
	event := func(button, x, y int, end byte) string {
		return fmt.Sprintf("\x1b[<%d;%d;%d%c", button, max(x, 1), y, end)
	}
	switch n := u.rng.IntN(10); {
	case n < 3:
		u.send(event(0, x, y, 'M') + event(0, x, y, 'm'))
	case n < 6:
		s := event(0, x, y, 'M')
		for range u.rng.IntN(6) {
			x += u.rng.IntN(21) - 10
			s += event(32, x, y, 'M')
		}
		u.send(s + event(0, x, y, 'm'))
	case n < 9:
		u.send(event(64+u.rng.IntN(2), x, y, 'M'))
	default:
		u.send(event(u.rng.IntN(132), x, y, "Mm"[u.rng.IntN(2)]))
	}
}

func (u *randomUser) size(cols, rows int) {
	u.cols, u.rows = cols, rows
	u.resize(uint16(cols), uint16(rows))
}

// send types something, unless the program has ended: then nobody takes it any more, and
// a terminal that is full would never be done.
func (u *randomUser) send(text string) {
	typed := make(chan struct{})
	go func() {
		defer close(typed)
		_, _ = u.pty.WriteString(text) // fails when the terminal is closed
	}()
	select {
	case <-typed:
	case <-u.exited:
	case <-time.After(patience):
		u.t.Fatalf("nothing was read for %v", patience)
	}
}

// quit types Ctrl-C until the program ends: the first may come behind half a sequence.
func (u *randomUser) quit() {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		u.send("\x03")
		select {
		case <-u.exited:
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}
