package ui

import (
	"errors"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// filterLine is the overlay in which a filter is typed. What parses is in force at
// once.
type filterLine struct {
	page   *sessionsPage
	line   lineEdit
	former string            // in force before
	wrong  *load.FilterError // nil where the text parses
	at     int               // index into the page's recall; its length for what is typed
	typed  string            // before others were recalled
}

// maxRecall is how many earlier filters are kept.
const maxRecall = 50

// What is said while a filter is typed.
const filterExample = "age>10s msgs=0 suite=hybrid state=idle, or part of an id"

var filterNames = "columns: " + strings.Join(load.FilterColumns(), " ")

// editFilter opens the line.
func (p *sessionsPage) editFilter(m *model) tea.Cmd {
	f := &filterLine{page: p, former: p.filter, at: len(p.recall)}
	f.line.Set(p.filter)
	p.editing = f
	p.arrange()
	p.settle()
	return m.open(f)
}

// Key implements overlay.
func (f *filterLine) Key(m *model, msg tea.KeyMsg) tea.Cmd {
	switch msg.String() {
	case "enter":
		if f.wrong == nil {
			f.page.remember(f.page.filter)
			return f.close(m)
		}
		return nil
	case "esc":
		f.line.Set(f.former)
		return tea.Batch(f.apply(m), f.close(m))
	case "up", "ctrl+p":
		return f.call(m, -1)
	case "down", "ctrl+n":
		return f.call(m, 1)
	}
	if f.line.Key(msg) {
		return f.apply(m)
	}
	return nil
}

// close ends typing.
func (f *filterLine) close(m *model) tea.Cmd {
	m.overlay = nil
	f.page.editing = nil
	f.page.arrange()
	f.page.settle()
	return f.page.ask(m, false)
}

// apply puts the text in force if it parses, and else says what is wrong with it.
func (f *filterLine) apply(m *model) tea.Cmd {
	text := f.line.Text()
	f.wrong = nil
	if _, err := load.ParseSessionFilter(text); err != nil {
		if !errors.As(err, &f.wrong) {
			f.wrong = &load.FilterError{Length: len(text), Part: text, Problem: err.Error()}
		}
		return nil
	}
	if text = strings.TrimSpace(text); text == f.page.filter {
		return nil
	}
	f.page.filter = text
	return f.page.renew(m)
}

// call recalls an earlier filter, or a later one.
func (f *filterLine) call(m *model, by int) tea.Cmd {
	recall := f.page.recall
	to := f.at + by
	if to < 0 || to > len(recall) {
		return nil
	}
	if f.at == len(recall) {
		f.typed = f.line.Text()
	}
	if f.at = to; to == len(recall) {
		f.line.Set(f.typed)
	} else {
		f.line.Set(recall[to])
	}
	return f.apply(m)
}

// remember keeps a filter to be recalled, as the newest.
func (p *sessionsPage) remember(text string) {
	if text == "" {
		return
	}
	kept := slices.DeleteFunc(p.recall, func(t string) bool { return t == text })
	if len(kept) == maxRecall {
		kept = slices.Delete(kept, 0, 1)
	}
	kept = append(kept, text)
	p.recall = kept
}

// Draw implements overlay.
func (f *filterLine) Draw(_ *model, body area, _ *view) {
	a := body.sub(f.page.layout.filter)
	a.fill(' ', styleText)
	in := a.box("filter")
	in.text(1, 0, "/", styleKey)
	text := in.sub(rect{3, 0, in.w - 4, 1})
	f.line.Draw(text, styleStrong)
	w := f.wrong
	if w == nil {
		in.words(3, 1, filterExample, in.w-4, styleDim)
		in.words(3, 2, filterNames, in.w-4, styleFaint)
		return
	}
	at := f.line.cells(w.Offset, w.Offset+w.Length)
	for x := at.from; x < min(at.from+at.size, text.w); x++ {
		if c := text.at(x, 0); c.r != 0 && c.s != styleCursor {
			text.c.cells[text.y*text.c.w+text.x+x].s = styleBad
		}
		in.set(3+x, 1, '^', styleBad)
	}
	x := in.text(3, 2, "\"", styleBad)
	x = in.text(x, 2, fitText(w.Part, (in.w-4)/3), styleBad)
	x = in.text(x, 2, "\" ", styleBad)
	in.words(x, 2, w.Problem, in.w-1-x, styleBad)
}

// Hints implements overlay.
func (f *filterLine) Hints() []hint {
	if f.wrong != nil {
		return []hint{{"esc", "as before"}, {"↑ ↓", "earlier"}}
	}
	return []hint{{"enter", "keep"}, {"esc", "as before"}, {"↑ ↓", "earlier"}}
}
