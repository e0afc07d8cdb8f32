// Package termbg decides, while the program initializes, whether the terminal's
// background is dark, so that nothing ever has to ask the terminal.
//
// Bubble Tea v1 asks in an init of its own, and a terminal that does not answer
// then stalls every command for five seconds, even --version. Lip Gloss does not
// ask once it has been told, and this package tells it. That works only if this
// init runs before Bubble Tea's. Go initializes, of all packages whose imports are
// ready, the one whose path sorts first (The Go Programming Language
// Specification, "Program initialization"): this package needs no more than Lip
// Gloss, which Bubble Tea needs too, and "github.com/SAGE-X-project" sorts before
// "github.com/charmbracelet". So do not add imports here, and do not change the
// spelling of the module path.
package termbg

import (
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

var dark = FromColorFGBG(os.Getenv("COLORFGBG"))

func init() { lipgloss.SetHasDarkBackground(dark) }

// Dark reports whether the terminal's background is taken to be dark: as
// COLORFGBG says, and true where it says nothing.
func Dark() bool { return dark }

// FromColorFGBG reads the value of COLORFGBG, which terminals such as rxvt and
// Konsole set to "foreground;background" or "foreground;default;background", in
// numbers of the 16 ANSI colours. It reports true for a dark background and for
// a value that it cannot read.
func FromColorFGBG(value string) bool {
	_, background, found := strings.Cut(value, ";")
	if !found {
		return true
	}
	if i := strings.LastIndexByte(background, ';'); i >= 0 {
		background = background[i+1:]
	}
	n, err := strconv.Atoi(background)
	if err != nil || n < 0 || n > 15 {
		return true
	}
	// 7 is light grey and 9 to 15 are the bright colours; 8 is dark grey.
	return n < 7 || n == 8
}
