package gate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// maxRunes is how long an expression may be. All that make sense are far
// shorter, and a longer one would not fit on a line under which carets stand.
const maxRunes = 200

// SyntaxError tells what is wrong with an expression, where, and what would be
// right.
type SyntaxError struct {
	// Text is the expression, without white space around it.
	Text string
	// Offset and Length say which bytes of Text are at fault. There is at least
	// one, but for an empty Text, where Length is 1 all the same.
	Offset, Length int
	// Msg is one line.
	Msg string
}

// Error returns three lines: the message; the expression, indented; and carets
// under what is at fault. An expression that is empty or too long for a line is
// not repeated, and the message stands alone.
func (e *SyntaxError) Error() string {
	if e.Text == "" || utf8.RuneCountInString(e.Text) > maxRunes {
		return e.Msg
	}
	shown, upTo := display(e.Text), display(e.Text[:e.Offset+e.Length])
	// Runes that share cells, as the two of a flag do, can be on either side of
	// where the fault begins or ends: there is a caret even so, and below the text.
	cells := ansi.StringWidth(shown)
	before := min(ansi.StringWidth(display(e.Text[:e.Offset])), cells-1)
	fault := min(max(ansi.StringWidth(upTo)-before, 1), cells-before)
	return e.Msg + "\n  " + shown + "\n  " + strings.Repeat(" ", before) + strings.Repeat("^", fault)
}

// display returns s as a terminal can show it. What would move the cursor or
// take no room (control characters, tabs, newlines, marks of direction, combining
// ones) is a space, so that the terminal stays in order, and nothing is hidden.
func display(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.IsMark(r) || ansi.StringWidth(string(r)) == 0 {
			return ' '
		}
		return r
	}, s)
}

// among returns a list for messages: "a, b or c".
func among(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " or " + list[last]
}

// Closest returns the one of names that word was most likely meant to be, and
// whether there is one: as good as the same, but for case and a typing error in
// every four letters.
func Closest(word string, names []string) (string, bool) {
	best, least := "", max(1, utf8.RuneCountInString(word)/4)+1
	for _, name := range names {
		if d := editDistance(strings.ToLower(word), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	return best, best != ""
}

// editDistance returns how many letters must be inserted, removed or replaced to
// make b of a (Levenshtein, 1966).
func editDistance(a, b string) int {
	to := []rune(b)
	row := make([]int, len(to)+1) // distances from what was read of a to each beginning of b
	for j := range row {
		row[j] = j
	}
	read := 0
	for _, r := range a {
		read++
		diagonal := row[0]
		row[0] = read
		for j, s := range to {
			change := diagonal
			if r != s {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
