package ui

import (
	"strconv"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// What the panel needs, in cells.
const (
	tuneBeside     = 110 // from this page width on the page is seen beside the panel
	tuneWidth      = 82
	tuneRoomy      = 160 // from here on it is wider
	tuneWide       = 92
	tuneMark       = 2
	tuneGroupWidth = 10
	tuneName       = 17
	tuneValue      = 17
	tuneUnit       = 11
	tuneLeast      = 5 // rows of the list
	tuneDetails    = 3 // rows that tell of the row under the cursor
	tuneErrors     = 3 // rows that say what is wrong, at most
	presetColumns  = 5 // where there is no room to explain presets
	presetRows     = (len(presets) + presetColumns - 1) / presetColumns
)

// tuneLayout says which rows of the panel's inside have what.
type tuneLayout struct {
	list, details, presets rect // without the lines between
	columns                int  // of presets; 1 has room to explain them
}

// layoutTuning divides the w by h cells inside the panel's border.
func layoutTuning(w, h, params int) tuneLayout {
	var l tuneLayout
	l.columns = presetColumns
	rows := presetRows
	if h >= params+1+tuneDetails+1+len(presets) {
		l.columns, rows = 1, len(presets)
	}
	details := tuneDetails
	if rest := h - rows - 2 - details; rest < tuneLeast {
		details = max(details-(tuneLeast-rest), 2)
	}
	l.presets = rect{0, h - rows, w, rows}
	l.details = rect{0, l.presets.y - 1 - details, w, details}
	l.list = rect{0, 0, w, l.details.y - 1}
	if more := l.list.h - params; more > 0 { // what the list does not need
		l.list.h -= more
		l.details.y -= more
		l.details.h += more
	}
	return l
}

// Draw implements overlay.
func (p *tunePanel) Draw(_ *model, body area, v *view) {
	p.refresh(v.config)
	w, h := body.w, body.h
	if w >= tuneBeside {
		w = tuneWidth
		if body.w >= tuneRoomy {
			w = tuneWide
		}
		const lines = 4 // the border, and between the parts
		most := len(p.params) + tuneDetails + lines
		if h >= most+len(presets) {
			most += len(presets)
		} else {
			most += presetRows
		}
		h = min(h, most)
	}
	a := body.sub(rect{body.w - w, 0, w, h})
	a.fill(' ', styleText)
	const title = "tuning"
	in := a.box(title)
	l := layoutTuning(in.w, in.h, len(p.params))
	p.drawList(in.sub(l.list))
	if p.rows < len(p.params) {
		p.buf = strconv.AppendInt(p.buf[:0], int64(p.top+1), 10)
		p.buf = strconv.AppendInt(append(p.buf, " to "...), int64(p.top+p.rows), 10)
		p.buf = strconv.AppendInt(append(p.buf, " of "...), int64(len(p.params)), 10)
		a.boxNote(title, a.noteEnd(), p.buf, styleFaint)
	}
	about := p.params[p.row].Name
	if p.save.state != saveIdle {
		about = "save"
	}
	rule(a, 1+l.details.y-1, about)
	p.drawDetails(in.sub(l.details))
	rule(a, 1+l.presets.y-1, "presets")
	p.drawPresets(in.sub(l.presets), l.columns)
}

// rule draws a line with a title in it across a box.
func rule(a area, y int, title string) {
	a.set(0, y, '├', styleBorder)
	a.set(a.w-1, y, '┤', styleBorder)
	for x := 1; x < a.w-1; x++ {
		a.set(x, y, '─', styleBorder)
	}
	a.set(1, y, ' ', styleBorder)
	a.set(a.text(2, y, title, styleTitle), y, ' ', styleBorder)
}

// drawList draws the rows around the cursor, and below that of the cursor what is
// wrong with it.
func (p *tunePanel) drawList(a area) {
	wrong := 0
	if p.err != "" {
		wrong = min(wordRows(p.err, a.w-tuneMark-tuneGroupWidth-3), tuneErrors, a.h-1)
	}
	p.rows = min(a.h-wrong, len(p.params))
	if p.top > p.row {
		p.top = p.row
	}
	p.top = max(min(p.top, len(p.params)-p.rows), p.row-p.rows+1, 0)
	y := 0
	for i := p.top; i < p.top+p.rows; i++ {
		row := a.sub(rect{0, y, a.w, 1})
		if i == p.top || p.groups[i] != p.groups[i-1] {
			row.text(tuneMark, 0, p.groups[i], styleTitle)
		}
		p.drawRow(row, i)
		y++
		if i == p.row && wrong > 0 {
			x := a.text(tuneMark+tuneGroupWidth, y, "▲ ", styleBad)
			drawWords(a.sub(rect{x, y, a.w - x - 1, wrong}), 0, p.err, styleBad)
			y += wrong
		}
	}
}

// drawRow draws a parameter: its name, value, unit and range.
func (p *tunePanel) drawRow(a area, i int) {
	a.hit(hitRow, i)
	param := &p.params[i]
	name, value, faint := styleText, styleStrong, styleFaint
	switch {
	case i == p.row:
		a.text(0, 0, "▸", styleKey)
		name, faint = styleKey, styleDim
	case !p.matters[i]:
		name, value = styleFaint, styleFaint
	}
	x := tuneMark + tuneGroupWidth
	a.text(x, 0, param.Name, name)
	x += tuneName
	if p.changed[i] {
		a.text(x-2, 0, "•", styleMarker)
		if p.matters[i] {
			value = styleMarker
		}
	}
	if i == p.row && p.editing {
		p.edit.Draw(a.sub(rect{x, 0, a.w - x - 1, 1}), styleStrong)
		return
	}
	a.text(x, 0, p.fitting[i], value)
	x += tuneValue
	switch {
	case len(param.Choices) > 0:
		drawChoices(a, x, param.Choices, p.values[i], faint)
		return
	case param.Kind != load.KindList && param.Kind != load.KindSteps:
		a.text(x, 0, param.Unit, styleDim)
		x += tuneUnit
	}
	a.words(x, 0, param.Range, a.w-x-1, faint)
}

// drawChoices draws all choices, as far as they fit, and the one in force brighter.
func drawChoices(a area, x int, choices []string, now string, s style) {
	for i, c := range choices {
		more := 2 // an ellipsis behind this one
		if i == len(choices)-1 {
			more = 0
		}
		if x+columnsOf(c)+more > a.w-1 {
			a.text(x, 0, "…", s)
			return
		}
		look := s
		if c == now {
			look = styleText
		}
		x = a.text(x, 0, c, look) + 1
	}
}

// drawDetails draws what there is to say of the row under the cursor, or what is asked.
func (p *tunePanel) drawDetails(a area) {
	in := a.sub(rect{1, 0, a.w - 2, a.h})
	switch {
	case p.save.state == saveOver:
		x := in.text(0, 0, "▲ ", styleWarn)
		in.text(x, 0, "there is such a file: write over it?", styleWarn)
		in.text(in.text(0, 1, "y", styleKey), 1, " yes", styleDim)
		in.text(in.text(8, 1, "n", styleKey), 1, " no", styleDim)
		in.text(18, 1, fitTail(p.save.path, in.w-18), styleText)
		return
	case p.save.state != saveIdle:
		in.text(0, 0, "save all settings as a TOML file for --config:", styleDim)
		x := in.text(0, 1, "file ", styleText)
		p.save.name.Draw(in.sub(rect{x, 1, in.w - x, 1}), styleStrong)
		return
	}
	param := &p.params[p.row]
	if p.detailOf != p.row {
		p.detailOf, p.defaults = p.row, "default "+param.Default+", range "+param.Range
		if param.Unit != "" && param.Kind != load.KindRate {
			p.defaults += " " + param.Unit
		}
	}
	help := min(wordRows(param.Help, in.w), max(in.h-1, 1))
	drawWords(in.sub(rect{0, 0, in.w, help}), 0, param.Help, styleText)
	last := in.h
	if p.said != "" || !p.matters[p.row] {
		last-- // the last row is for that
	}
	room := max(last-help, 1)
	drawWords(in.sub(rect{0, help, in.w, room}), 0, p.defaults, styleDim)
	switch {
	case p.said != "":
		const saved = "saved to "
		x := in.text(0, in.h-1, "● ", styleGood)
		x = in.text(x, in.h-1, saved, styleGood)
		in.text(x, in.h-1, fitTail(p.said[min(len(saved), len(p.said)):], in.w-x), styleText)
	case !p.matters[p.row]:
		in.text(in.text(0, in.h-1, "▲ ", styleWarn), in.h-1, "has no effect with the other settings as they are", styleWarn)
	}
}

// fitTail returns the end of a path that fits into w columns, with an ellipsis in
// front where some is missing.
func fitTail(t string, w int) string {
	if columnsOf(t) <= w {
		return t
	}
	for i, r := range t {
		if r == '/' && columnsOf(t[i:])+1 <= w {
			return "…" + t[i:]
		}
	}
	return fitText(t, w)
}

// drawPresets draws the digits and what they set. That which is in force is bright.
func (p *tunePanel) drawPresets(a area, columns int) {
	w := (a.w - 1) / columns
	for i := range presets {
		x, y := 1+i%columns*w, i/columns
		a.sub(rect{x, y, w, 1}).hit(hitKnob, i)
		a.set(x, y, rune('1'+i), styleKey)
		a.text(x+2, y, presets[i].name, styleText)
		if p.inForce[i] {
			a.text(a.text(x+2, y, presets[i].name, styleOn)+1, y, "•", styleOn)
		}
		if columns == 1 {
			a.words(x+tuneMark+tuneGroupWidth, y, presets[i].about, a.w-x-tuneMark-tuneGroupWidth-1, styleDim)
		}
	}
}
