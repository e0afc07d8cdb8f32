package ui

import "slices"

// helpWords explain what the figures mean.
var helpWords = [...][2]string{
	{"session", "one end of a pair; both ends are counted"},
	{"allocation", "a heap object of the whole process, screen included"},
	{"pool reuse", "share of new sessions whose storage came from the pool"},
	{"response", "from the intended start; service: from the actual one"},
	{"not valid", "the load that was asked for was not reached"},
}

const (
	helpKeyWidth  = 8
	helpWordWidth = 12
)

// drawHelp draws all bindings in force over the page: under headings with an
// explanation of words, without them, or in two columns, as there is room.
func (m *model) drawHelp(a area) {
	list := slices.DeleteFunc(m.inForce(), func(b binding) bool { return b.with })
	widest := 0
	for i := range list {
		widest = max(widest, columnsOf(list[i].help))
	}
	w := min(helpKeyWidth+widest+6, a.w)
	full := len(list) + len(helpWords) + 1
	for _, g := range groups {
		if inGroup(list, g) {
			full += 2
		}
	}
	switch {
	case a.h >= full+2:
		m.drawHelpGroups(m.helpBox(a, max(w, 72), full), list)
	case a.h >= len(list)+2:
		in := m.helpBox(a, w, len(list))
		for i := range list {
			m.helpRow(in.sub(rect{0, i, in.w, 1}), &list[i])
		}
	default:
		m.drawHelpColumns(a, min(2*w, a.w), list)
	}
}

// drawHelpColumns draws the bindings in two columns of a box of w cells, with texts in
// as many rows as they need, if there is room for that anywhere.
func (m *model) drawHelpColumns(a area, w int, list []binding) {
	half := (w - 2) / 2
	first, rows := splitHelp(list, func(b *binding) int { return wordRows(b.help, half-3-helpKeyWidth) })
	if rows+2 > a.h {
		a = m.canvas.all() // over the header and footer, too
	}
	whole := rows+2 <= a.h
	if !whole {
		first, rows = splitHelp(list, func(*binding) int { return 1 })
	}
	in := m.helpBox(a, w, rows)
	x, y := 0, 0
	for i := range list {
		if i == first {
			x, y = half, 0
		}
		n := 1
		if whole {
			n = wordRows(list[i].help, half-3-helpKeyWidth)
		}
		m.helpRow(in.sub(rect{x, y, half, n}), &list[i])
		y += n
	}
}

// splitHelp returns the first binding of the second column, so that the columns need
// the fewest rows, and how many those are.
func splitHelp(list []binding, rowsOf func(*binding) int) (first, rows int) {
	right := 0
	for i := range list {
		right += rowsOf(&list[i])
	}
	first, rows = 0, right
	left := 0
	for i := range list {
		n := rowsOf(&list[i])
		left, right = left+n, right-n
		if most := max(left, right); most < rows {
			first, rows = i+1, most
		}
	}
	return first, rows
}

// inForce returns the bindings of the page and those that work everywhere.
func (m *model) inForce() []binding {
	return append(append([]binding(nil), m.pages[m.current].Bindings()...), m.bindings...)
}

// helpBox clears a box in the middle of a with room for that many rows.
func (m *model) helpBox(a area, w, rows int) area {
	h := min(rows+2, a.h)
	w = min(w, a.w)
	b := a.sub(rect{(a.w - w) / 2, (a.h - h) / 2, w, h})
	b.fill(' ', styleText)
	in := b.box("keys")
	b.boxNote("keys", b.noteEnd(), []byte("sagetop "+m.version), styleFaint)
	return in
}

func (m *model) drawHelpGroups(in area, list []binding) {
	y := 0
	for _, g := range groups {
		if !inGroup(list, g) {
			continue
		}
		in.text(1, y, g, styleTitle)
		y++
		for i := range list {
			if list[i].group == g {
				m.helpRow(in.sub(rect{0, y, in.w, 1}), &list[i])
				y++
			}
		}
		y++
	}
	in.text(1, y, "words", styleTitle)
	y++
	for _, word := range helpWords {
		in.text(2, y, word[0], styleKey)
		in.text(2+helpWordWidth, y, fitText(word[1], in.w-3-helpWordWidth), styleDim)
		y++
	}
}

// inGroup tells whether any binding is in a group.
func inGroup(list []binding, group string) bool {
	return slices.ContainsFunc(list, func(b binding) bool { return b.group == group })
}

// helpRow draws a key and what it does; both faint while the key is refused.
func (m *model) helpRow(a area, b *binding) {
	key, text := styleKey, styleDim
	if b.idle && m.trial != nil {
		key, text = styleFaint, styleFaint
	}
	a.text(2, 0, b.label(), key)
	drawWords(a.sub(rect{2 + helpKeyWidth, 0, a.w - 3 - helpKeyWidth, a.h}), 0, b.help, text)
}
