package load

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// SessionFilter says which sessions a list shows. The zero value wants all. Make one
// with [ParseSessionFilter].
type SessionFilter struct{ conditions []condition }

// FilterError says what is wrong with a filter's text, and where.
type FilterError struct {
	Offset, Length int    // of the faulty part, in bytes of the text
	Part           string // the same
	Problem        string // what is wrong with it, and what would be right
}

// Error returns one line.
func (e *FilterError) Error() string { return fmt.Sprintf("filter: %q %s", e.Part, e.Problem) }

// condition is one word of a filter.
type condition struct {
	what   filterColumn
	op     operator
	n      uint64 // what to compare with, in the column's unit
	within uint64 // for a time that is to be equal, how exactly
	text   []byte // of a bare word, in lower case, or of an id
	named  named  // of a bare word
}

// operator is how a filter compares.
type operator uint8

const (
	equal operator = iota
	notEqual
	above
	atLeast
	below
	atMost
)

// operators are in the order in which they are looked for: the longer ones first.
var operators = []struct {
	text string
	op   operator
}{{"!=", notEqual}, {">=", atLeast}, {"<=", atMost}, {"=", equal}, {">", above}, {"<", below}}

// filterColumn is what a filter can ask about: the columns of a list, and some more.
type filterColumn uint8

const (
	ofTransport = filterColumn(iota) + filterColumn(ByReuses) + 1
	ofBytes
	ofAny // a bare word
)

// filterNames are the columns as a filter writes them.
var filterNames = func() map[string]filterColumn {
	names := map[string]filterColumn{
		"messages": filterColumn(ByMessages), "bytes": ofBytes, "transport": ofTransport,
	}
	for c, name := range sessionColumnNames {
		names[name] = filterColumn(c)
	}
	return names
}()

const filterColumns = "id, state, role, suite, transport, age, idle, msgs, in, out, bytes, expires, slot, reuses"

// FilterColumns returns the columns that a filter can compare.
func FilterColumns() []string { return strings.Split(filterColumns, ", ") }

// wordsOf are the values of the columns that have names for them.
var wordsOf = map[filterColumn][]string{
	filterColumn(ByState): sessionStateNames,
	filterColumn(ByRole):  {session.Symmetric.String(), session.Initiator.String(), session.Responder.String()},
	filterColumn(BySuite): handshakeNames[:HandshakeMixed],
	ofTransport:           transportNames,
}

// ParseSessionFilter reads a filter: words with spaces between them, all of which
// have to hold. A bare word holds where it is part of the id, the state, the role,
// the suite or the transport, in upper or lower case. The others are a column, an
// operator and a value, without spaces:
//
//   - age, idle and expires compare with times (10s, 1m30s); expires also with never.
//     A time is = another to the second, or to the millisecond where it is written
//     with more than seconds.
//   - msgs (or messages), slot and reuses compare with counts (5, 10k).
//   - in, out and bytes, which is both, compare with sizes (4KiB, 4k).
//   - state, role, suite and transport are = or != one of their words.
//   - id is = or != what an id begins with, in the very case.
//
// The operators are =, !=, >, >=, < and <=. The error is a [*FilterError]. "" wants
// all.
func ParseSessionFilter(text string) (SessionFilter, error) {
	var f SessionFilter
	for at := 0; at < len(text); {
		if text[at] == ' ' || text[at] == '\t' {
			at++
			continue
		}
		end := at
		for end < len(text) && text[end] != ' ' && text[end] != '\t' {
			end++
		}
		c, err := parseCondition(text[at:end], at)
		if err != nil {
			return SessionFilter{}, err
		}
		f.conditions = append(f.conditions, c)
		at = end
	}
	return f, nil
}

// parseCondition reads one word, which begins at an offset.
func parseCondition(word string, offset int) (condition, error) {
	wrong := func(from, to int, format string, args ...any) error {
		return &FilterError{offset + from, to - from, word[from:to], fmt.Sprintf(format, args...)}
	}
	at := strings.IndexAny(word, "=!<>")
	if at < 0 {
		word = strings.ToLower(word)
		return condition{what: ofAny, text: []byte(word), named: namedBy(word)}, nil
	}
	name := word[:at]
	what, known := filterNames[strings.ToLower(name)]
	switch {
	case name == "":
		return condition{}, wrong(0, len(word), "has no column before it; want one of %s", filterColumns)
	case !known:
		return condition{}, wrong(0, at, "is not a column; want one of %s", filterColumns)
	}
	c := condition{what: what}
	value := ""
	for _, o := range operators {
		if rest, ok := strings.CutPrefix(word[at:], o.text); ok {
			c.op, value = o.op, rest
			break
		}
	}
	if value == "" && strings.HasPrefix(word[at:], "!") && !strings.HasPrefix(word[at:], "!=") {
		return condition{}, wrong(at, at+1, "is not an operator; want =, !=, >, >=, < or <=")
	}
	from := len(word) - len(value)
	if value == "" {
		return condition{}, wrong(0, len(word), "has no value behind it; want %s", wantedOf(what))
	}
	if words, ok := wordsOf[what]; ok || what == filterColumn(ByID) {
		if c.op > notEqual {
			return condition{}, wrong(at, from, "cannot compare %s, which has no order; want = or !=", strings.ToLower(name))
		}
		if !ok {
			c.text = []byte(value)
			return c, nil
		}
		for n, w := range words {
			if strings.EqualFold(w, value) {
				c.n = uint64(n)
				return c, nil
			}
		}
		return condition{}, wrong(from, len(word), "is not a %s; want %s", strings.ToLower(name), wantedOf(what))
	}
	if !c.parse(value) {
		return condition{}, wrong(from, len(word), "is not valid for %s; want %s", strings.ToLower(name), wantedOf(what))
	}
	return c, nil
}

// parse reads the value of a column of numbers.
func (c *condition) parse(value string) bool {
	var n int64
	var err error
	c.within = 1
	switch c.what {
	case filterColumn(ByExpires), filterColumn(ByAge), filterColumn(ByIdle):
		if c.what == filterColumn(ByExpires) && strings.EqualFold(value, "never") {
			c.n = uint64(Never)
			return true
		}
		var d time.Duration
		d, err = time.ParseDuration(value)
		n = int64(d)
		for _, unit := range []time.Duration{time.Millisecond, time.Second} {
			if d%unit == 0 {
				c.within = uint64(unit)
			}
		}
	case filterColumn(ByBytesIn), filterColumn(ByBytesOut), ofBytes:
		if n, err = parseSize(value); err != nil {
			n, err = parseCount(value)
		}
	default:
		n, err = parseCount(value)
	}
	c.n = uint64(n)
	return err == nil && n >= 0 // a bare -0 is 0
}

// wantedOf says what a column can be compared with.
func wantedOf(what filterColumn) string {
	if words, ok := wordsOf[what]; ok {
		return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	}
	switch what {
	case filterColumn(ByID):
		return "what an id begins with"
	case filterColumn(ByAge), filterColumn(ByIdle):
		return "a time such as 10s or 1m30s"
	case filterColumn(ByExpires):
		return "a time such as 10s or 1m30s, or never"
	case filterColumn(ByBytesIn), filterColumn(ByBytesOut), ofBytes:
		return "a size such as 512, 4k or 4KiB"
	default:
		return "a whole number such as 5 or 10k"
	}
}

// All tells whether the filter wants all sessions.
func (f *SessionFilter) All() bool { return len(f.conditions) == 0 }

// Match tells whether the filter wants a session. It allocates nothing.
func (f *SessionFilter) Match(row *SessionRow) bool {
	for i := range f.conditions {
		if !f.conditions[i].holds(row) {
			return false
		}
	}
	return true
}

func (c *condition) holds(row *SessionRow) bool {
	switch c.what {
	case ofAny:
		return c.found(row)
	case filterColumn(ByID):
		var id [encodedID]byte
		base64.RawURLEncoding.Encode(id[:], row.ID[:])
		return bytes.HasPrefix(id[:], c.text) == (c.op == equal)
	case ofTransport:
		if row.Suite == HandshakeNone { // which went over none
			return c.op == notEqual
		}
	}
	n := c.of(row)
	if c.op <= notEqual && c.within > 1 {
		n -= n % c.within
	}
	switch c.op {
	case equal:
		return n == c.n
	case notEqual:
		return n != c.n
	case above:
		return n > c.n
	case atLeast:
		return n >= c.n
	case below:
		return n < c.n
	default:
		return n <= c.n
	}
}

// encodedID is the length of an id's text.
const encodedID = (session.IDSize*8 + 5) / 6

// lowerDigits are the digits of an id's text in lower case.
const lowerDigits = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789-_"

// found tells whether the word is part of any of the row's.
func (c *condition) found(row *SessionRow) bool {
	n := &c.named
	switch {
	case n.has(n.state, uint8(row.State)), n.has(n.role, uint8(row.Role)), n.has(n.suite, uint8(row.Suite)),
		row.Suite != HandshakeNone && n.has(n.transport, uint8(row.Transport)):
		return true
	}
	var id [encodedID]byte
	at := 0
	for i := 0; i < len(row.ID); i += 3 { // three bytes are four digits, and the last has two of its own
		v := uint(row.ID[i]) << 16
		if i+2 < len(row.ID) {
			v |= uint(row.ID[i+1])<<8 | uint(row.ID[i+2])
		}
		for shift := 18; shift >= 0 && at < len(id); shift -= 6 {
			id[at] = lowerDigits[v>>shift&63]
			at++
		}
	}
	return bytes.Contains(id[:], c.text)
}

// named are the values in whose names a word is, as bits: it is looked for in
// each name once, and not in a million rows.
type named struct{ state, role, suite, transport uint8 }

func (named) has(bits, value uint8) bool { return bits>>value&1 != 0 }

func namedBy(word string) (n named) {
	in := func(names []string) (bits uint8) {
		for i, name := range names {
			if strings.Contains(name, word) {
				bits |= 1 << i
			}
		}
		return bits
	}
	return named{
		in(sessionStateNames), in(wordsOf[filterColumn(ByRole)]),
		in(wordsOf[filterColumn(BySuite)]), in(transportNames),
	}
}

// of returns what the row has in the column.
func (c *condition) of(row *SessionRow) uint64 {
	switch c.what {
	case filterColumn(ByState):
		return uint64(row.State)
	case filterColumn(ByRole):
		return uint64(row.Role)
	case filterColumn(BySuite):
		return uint64(row.Suite)
	case ofTransport:
		return uint64(row.Transport)
	case filterColumn(ByAge):
		return uint64(max(row.Age, 0))
	case filterColumn(ByIdle):
		return uint64(max(row.Idle, 0))
	case filterColumn(ByMessages):
		return row.Messages
	case filterColumn(ByBytesIn):
		return row.BytesIn
	case filterColumn(ByBytesOut):
		return row.BytesOut
	case ofBytes:
		return row.BytesIn + row.BytesOut
	case filterColumn(ByExpires):
		return uint64(max(row.Expires, 0))
	case filterColumn(BySlot):
		return uint64(row.Slot)
	default:
		return uint64(row.Reuses)
	}
}
