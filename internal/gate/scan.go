package gate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is what a token is.
type tokenKind uint8

const (
	tokenEnd      tokenKind = iota // of the expression; has no text
	tokenWord                      // a name, a percentile, a unit, base
	tokenNumber                    // without sign and unit
	tokenOperator                  // of comparison, known or not
	tokenSymbol                    // any other rune
)

// token is a piece of an expression.
type token struct {
	kind   tokenKind
	text   string
	offset int // in bytes
}

// operatorRunes make up comparisons. What nobody may write is among them, so
// that "==" is refused as one operator and not as two strange signs.
const operatorRunes = "<>=!~≤≥≠≈"

// scan cuts text into tokens, of which the last is a tokenEnd.
func scan(text string) []token {
	var all []token
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		kind := tokenSymbol
		switch {
		case unicode.IsSpace(r):
			at += size
			continue
		case isDigit(r):
			kind, size = tokenNumber, numberLen(text[at:])
		case isLetter(r):
			kind, size = tokenWord, wordLen(text[at:])
		case strings.ContainsRune(operatorRunes, r):
			kind, size = tokenOperator, runLen(text[at:], func(r rune) bool { return strings.ContainsRune(operatorRunes, r) })
		}
		all = append(all, token{kind, text[at : at+size], at})
		at += size
	}
	return append(all, token{tokenEnd, "", len(text)})
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) }

// runLen returns how many bytes at the start of s are runes that is accepts.
func runLen(s string, is func(rune) bool) int {
	if n := strings.IndexFunc(s, func(r rune) bool { return !is(r) }); n >= 0 {
		return n
	}
	return len(s)
}

// wordLen returns the length of the word at the start of s: letters and digits,
// and a point between digits, as p99.9 has it.
func wordLen(s string) int {
	inWord := func(r rune) bool { return isLetter(r) || isDigit(r) }
	n := runLen(s, inWord)
	if fraction := fractionLen(s[n:]); fraction > 0 && isDigit(rune(s[n-1])) {
		n += fraction
		n += runLen(s[n:], inWord)
	}
	return n
}

// numberLen returns the length of the number at the start of s.
func numberLen(s string) int {
	n := runLen(s, isDigit)
	n += fractionLen(s[n:])
	// An e is of the number only if digits follow; else it begins a word.
	if rest := s[n:]; rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		sign := 1
		if len(rest) > 1 && (rest[1] == '+' || rest[1] == '-') {
			sign = 2
		}
		if digits := runLen(rest[sign:], isDigit); digits > 0 {
			n += sign + digits
		}
	}
	return n
}

// fractionLen returns the length of the point with digits at the start of s, 0
// if there is none.
func fractionLen(s string) int {
	if !strings.HasPrefix(s, ".") {
		return 0
	}
	if digits := runLen(s[1:], isDigit); digits > 0 {
		return 1 + digits
	}
	return 0
}
