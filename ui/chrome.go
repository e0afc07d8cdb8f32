package ui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// headParts is the left part of the header, which changes only with the
// configuration.
type headParts struct {
	config load.Config
	made   bool
	texts  [len(headOrder)]string
}

// The parts of the header's left side, as they stand from left to right.
const (
	headEmbedded = iota
	headPreset
	headModel
	headProfile
	headHandshake
	headSeed
)

// headOrder is the order in which these parts are left out where room is short,
// the first first.
var headOrder = [...]int{headSeed, headEmbedded, headHandshake, headProfile, headModel, headPreset}

func (h *headParts) update(c load.Config) {
	if h.made && h.config == c {
		return
	}
	h.made, h.config = true, c
	h.texts[headEmbedded] = "embedded"
	h.texts[headPreset] = c.Optimizations.Preset()
	h.texts[headModel], h.texts[headProfile] = modelText(&c), profileText(&c)
	h.texts[headHandshake] = "no handshake"
	if c.Handshake != load.HandshakeNone {
		h.texts[headHandshake] = handshakeText(&c) + " " + string(appendSetShare(nil, c.HandshakeShare))
	}
	h.texts[headSeed] = "rng-seed " + strconv.FormatUint(c.RNGSeed, 10)
}

// modelText says what decides the load. Stages have levels of their own.
func modelText(c *load.Config) string {
	level := ""
	switch {
	case c.Model == load.Closed && c.Profile == load.ProfileStages:
		return "closed"
	case c.Model == load.Closed:
		return "closed " + string(format.AppendCount(nil, uint64(c.Workers))) + " workers"
	case c.Profile != load.ProfileStages:
		level = " " + string(format.AppendSetRate(nil, c.Rate))
	}
	return "open" + level + " " + c.Arrival.String()
}

// profileText names the profile, "" where it is steady, and the highest level where
// the model's text does not tell it.
func profileText(c *load.Config) string {
	switch c.Profile {
	case load.ProfileSteady:
		return ""
	case load.ProfileStages:
		shape := c.Shape(0)
		if c.Model == load.Closed {
			return "stages to " + string(format.AppendCount(nil, uint64(shape.Highest()))) + " workers"
		}
		return "stages to " + string(format.AppendSetRate(nil, shape.Highest()))
	}
	return c.Profile.String()
}

// handshakeText names the suite, and the transport where it is not the usual one.
func handshakeText(c *load.Config) string {
	if c.Transport == load.TransportMemory {
		return c.Handshake.String()
	}
	return c.Handshake.String() + "/" + c.Transport.String()
}

// appendSetShare appends a share that somebody set, without zeros after the point:
// 1 %, 2.5 %.
func appendSetShare(dst []byte, v float64) []byte {
	return append(strconv.AppendFloat(dst, math.Round(v*1e4)/100, 'f', -1, 64), " %"...)
}

const headSeparator = " · "

// The verdicts on the load.
const (
	verdictStarting  = "starting"
	verdictValid     = "valid"
	verdictNot       = "not valid" // as long as any
	verdictComparing = "comparing"
)

// drawHeader draws the two lines at the top: what runs and how it goes, and the
// pages and what the charts show. The verdict has a fixed width, and its reason
// stands in the footer, so that the figures stay where they are when it changes.
func (m *model) drawHeader(a area, v *view) {
	m.head.update(v.snap.Config)
	verdict, verdictStyle := verdictValid, styleGood
	m.reason = ""
	switch {
	case !m.have:
		verdict, verdictStyle = verdictStarting, styleDim
	case v.snap.State == load.Comparing:
		verdict, verdictStyle = verdictComparing, styleDim
	case !v.snap.Valid:
		verdict, verdictStyle = verdictNot, styleWarn
		m.reason = strings.Join(v.snap.Reasons, "; ")
	}

	const name = "sagetop"
	end := a.w - 1
	room := end - columnsOf(name) - 1 - columnsOf(headSeparator) - columnsOf(verdictNot) - 1
	status := m.appendStatus(m.buf[:0], v, true)
	m.buf = status
	if v.frozen && columnsOfBytes(status) > room {
		status = m.appendStatus(m.buf[:0], v, false)
		m.buf = status
	}
	if columnsOfBytes(status) > room {
		status = m.appendState(m.buf[:0], v, false)
		m.buf = status
	}
	x := end
	if m.trial == nil {
		x -= columnsOf(verdictNot)
		a.text(x, 0, verdict, verdictStyle)
		x = a.textRight(x, 0, headSeparator, styleFaint)
	}
	x = a.bytesRight(x, 0, status, styleText)
	a.set(x, 0, m.stateRune(v), m.stateStyle(v))
	head := a.text(1, 0, name, styleName) + 2
	m.drawHead(a, head, x-2-head)

	x = 1
	gap, inner := 2, 1
	if a.w < roomyTabs {
		gap = 1
	}
	tabs := x - gap
	for i, p := range m.pages {
		tabs += columnsOf(m.tabLabels[i]) + inner + columnsOf(p.Title()) + gap
	}
	if tabs > a.w {
		inner = 0 // the key is told from the title by its colour
	}
	for i, p := range m.pages {
		s := styleTabOff
		if i == m.current {
			s = styleTabOn
		}
		from := x
		x = a.text(x, 1, m.tabLabels[i], styleFaint)
		x = a.text(x+inner, 1, p.Title(), s)
		a.sub(rect{from, 1, x - from, 1}).hit(hitTab, i)
		x += gap
	}
	span := format.AppendSpan(m.buf[:0], v.window)
	const window, helpText = "window ", " help"
	help := findNamed(m.bindings, "help")
	need := columnsOfBytes(span) + columnsOf(window)
	if x+need+columnsOf(headSeparator)+columnsOf(help.label())+columnsOf(helpText) <= end {
		from := a.textRight(a.textRight(end, 1, helpText, styleDim), 1, help.label(), styleDim)
		m.markHint(a.sub(rect{from, 1, end - from, 1}), help.keys[0])
		end = from
		end = a.textRight(end, 1, headSeparator, styleFaint)
	}
	if x+need <= end {
		end = a.bytesRight(end, 1, span, styleStrong)
		end = a.textRight(end, 1, window, styleDim)
		m.drawOwn(a, x, end, v)
	}
}

// drawOwn draws how long frames take, if there is room for it between x and end.
func (m *model) drawOwn(a area, x, end int, v *view) {
	const unit, width = " ms/frame", 5
	if end-x < width+len(unit)+columnsOf(headSeparator)+2 {
		return
	}
	d, ok := v.history.between(v.at, recent)
	m.buf = append(m.buf[:0], dash...)
	if ok && d.frames() > 0 {
		m.buf = strconv.AppendFloat(m.buf[:0], d.perFrame()/1e6, 'f', 2, 64)
	}
	end = a.textRight(end, 1, headSeparator, styleFaint)
	a.bytesRight(a.textRight(end, 1, unit, styleFaint), 1, m.buf, styleDim)
}

// drawHead draws as many parts of the left side as fit into room cells.
func (m *model) drawHead(a area, x, room int) {
	var left [len(headOrder)]bool
	need := 0
	for i, t := range m.head.texts {
		if t == "" {
			continue
		}
		left[i] = true
		need += columnsOf(t) + columnsOf(headSeparator)
	}
	need -= columnsOf(headSeparator)
	for _, i := range headOrder {
		if need <= room {
			break
		}
		if !left[i] {
			continue
		}
		left[i] = false
		need -= columnsOf(m.head.texts[i]) + columnsOf(headSeparator)
	}
	first := true
	for i, t := range m.head.texts {
		if !left[i] {
			continue
		}
		if !first {
			x = a.text(x, 0, headSeparator, styleFaint)
		}
		s := styleDim
		if i == headPreset {
			s = styleStrong
		}
		x = a.text(x, 0, t, s)
		first = false
	}
}

// appendState appends the state and its time: that of the run, and where the view
// stands, how long ago that was, or, without the clock, that alone.
func (m *model) appendState(dst []byte, v *view, clock bool) []byte {
	dst = append(dst, "  "...) // room for the rune of the state
	if v.frozen {
		dst = append(dst, "frozen "...)
		if clock {
			dst = append(format.AppendClock(dst, v.at), headSeparator...)
		}
		at := len(dst)
		return append(padLeft(appendAgo(dst, max(m.snap.Elapsed-v.at, 0)), at, len("59m")), " ago"...)
	}
	state := "live"
	if v.snap.State != load.Running && m.have {
		state = v.snap.State.String()
	}
	return format.AppendClock(append(append(dst, state...), ' '), v.at)
}

// appendStatus appends the state, its time, and the achieved of the offered rate.
// Its width does not depend on the figures.
func (m *model) appendStatus(dst []byte, v *view, clock bool) []byte {
	if m.trial != nil {
		return m.appendTrial(dst)
	}
	dst = append(m.appendState(dst, v, clock), headSeparator...)
	const rateWidth = 8
	at := len(dst)
	rate := v.snap.AchievedRate
	if v.snap.State == load.Comparing {
		rate = math.NaN() // the load rested in most of the time that it is of
	}
	dst = padLeft(format.AppendRate(dst, rate), at, rateWidth)
	if v.snap.Config.Model == load.Closed {
		return append(dst, " closed"...)
	}
	dst = append(dst, " of "...)
	if hasStrip(&v.snap.Config) {
		at = len(dst)
		return padLeft(format.AppendRate(dst, v.snap.OfferedRate), at, rateWidth)
	}
	return format.AppendSetRate(dst, v.snap.Config.Rate)
}

// appendTrial appends how far the comparison is that runs.
func (m *model) appendTrial(dst []byte) []byte {
	n, of := m.trial.counted()
	dst = appendOf(append(dst, "  comparing "...), n, of)
	return append(appendTimeLeft(append(dst, headSeparator...), m.trial.left()), " left"...)
}

// appendAgo appends a time past in one unit: 4s, 12m, 3h.
func appendAgo(dst []byte, d time.Duration) []byte {
	switch {
	case d < time.Minute:
		return append(strconv.AppendInt(dst, int64(d/time.Second), 10), 's')
	case d < time.Hour:
		return append(strconv.AppendInt(dst, int64(d/time.Minute), 10), 'm')
	}
	return append(strconv.AppendInt(dst, int64(d/time.Hour), 10), 'h')
}

func (m *model) stateRune(v *view) rune {
	switch {
	case m.trial != nil:
		return '◆'
	case v.frozen || v.snap.State == load.Paused:
		return '‖'
	case v.snap.State == load.Stopped || v.snap.State == load.Draining:
		return '■'
	}
	return '●'
}

func (m *model) stateStyle(v *view) style {
	if m.trial != nil {
		return styleArm1
	}
	if v.frozen || v.snap.State != load.Running {
		return styleWarn
	}
	return styleGood
}

// drawFooter draws what went wrong, if anything did, or else what the keys do.
func (m *model) drawFooter(a area, v *view) {
	x := 1
	// Help and quit have their room whatever else there is, and so have the keys of what
	// lies over the page.
	const apart = 3
	last := a.w - 1 - m.lastHints() - apart
	if m.overlay != nil {
		last = a.w / 2
	}
	if m.trial != nil {
		last -= columnsOf("esc stop") + apart
	}
	if m.notice != "" && m.now()-m.noticeAt <= noticeTime && m.now() >= m.noticeAt {
		end := last
		if m.reason != "" {
			end = last * 3 / 5
		}
		sign, st := "▲ ", styleBad
		if m.told {
			sign, st = "● ", styleGood
		}
		x = a.text(x, 0, sign, st)
		x = a.text(x, 0, fitText(m.notice, end-x), st) + 2
	}
	if m.reason != "" {
		x = a.text(x, 0, "▲ ", styleWarn)
		x = a.text(x, 0, fitReason(m.reason, last-x), styleWarn) + 2
	}
	if x > 1 {
		x++
	}
	if m.trial != nil {
		x, _ = m.drawHint(a, x, a.w-1, "esc", "stop", "esc")
	}
	if m.overlay != nil {
		m.drawHints(a, x, m.overlay.Hints())
		return
	}
	own := m.own()
	end := a.w - 1 - m.hintsWidth(func(b *binding) bool { return b.group == groupProgram })
	for _, list := range [...][]binding{own, m.bindings} {
		for i := range list {
			b := &list[i]
			// Where a page has keys of its own, they have the room of the others.
			if b.hint == "" || m.refuses(b) || len(own) > 0 && b.group != groupPage && b.group != groupProgram {
				continue
			}
			limit := end
			switch {
			case isLast(b):
				limit = a.w - 1
			case b.group == groupProgram:
				limit = a.w - 1 - m.lastHints()
			}
			x, _ = m.drawHint(a, x, limit, hintKeys(b), b.hint, b.keys[0])
		}
	}
	if m.trial != nil { // and figures of the process would be old
		const late = "keys show with the next slice"
		if m.measuring() && columnsOf(late)+x+2 <= a.w {
			a.textRight(a.w-1, 0, late, styleFaint)
		}
		return
	}
	if p := v.snap.Process; p.RSS > 0 {
		m.buf = strconv.AppendFloat(append(m.buf[:0], "cpu "...), v.cpu(p.CPUPercent), 'f', 0, 64)
		m.buf = append(m.buf, " % of a core"...)
		if v.net && v.own.cpu == v.own.cpu {
			m.buf = append(m.buf, " without dashboard"...)
		}
		m.buf = append(m.buf, " · rss "...)
		m.buf = format.AppendBytes(m.buf, float64(p.RSS))
		if n := columnsOfBytes(m.buf); x+n+2 <= a.w {
			a.bytesRight(a.w-1, 0, m.buf, styleFaint)
		}
	}
}

// hintKeys is how the footer shows the key of a binding.
func hintKeys(b *binding) string {
	if b.hintKeys != "" {
		return b.hintKeys
	}
	return b.label()
}

// hintsWidth returns the cells that the hints of some of the global bindings take.
func (m *model) hintsWidth(of func(*binding) bool) int {
	n := 0
	for i := range m.bindings {
		if b := &m.bindings[i]; b.hint != "" && of(b) {
			n += columnsOf(hintKeys(b)) + columnsOf(b.hint) + 3
		}
	}
	return n
}

// isLast tells whether a hint is one of those that are left where there is no room.
func isLast(b *binding) bool { return b.name == "help" || b.name == "quit" }

// lastHints returns the cells that these take.
func (m *model) lastHints() int { return m.hintsWidth(isLast) }

// fitReason gives as much of the reasons why a load is not valid as fits: without what
// follows the first comma of each, if not all does.
func fitReason(t string, w int) string {
	if columnsOf(t) <= w {
		return t
	}
	var short []string
	for _, why := range strings.Split(t, "; ") {
		why, _, _ = strings.Cut(why, ", ")
		short = append(short, why)
	}
	return fitText(strings.Join(short, "; "), w)
}

// fitText is fitWords, but gives as much of the first word as fits when not one
// word does.
func fitText(t string, w int) string {
	if s := fitWords(t, w); s != "" || w < 2 {
		return s
	}
	used := 0
	for i, r := range t {
		n := max(runeWidth(r), 1)
		if used+n > w-1 {
			return t[:i] + "…"
		}
		used += n
	}
	return t
}

// composeSmall draws the one line of a terminal that is too small.
func (m *model) composeSmall(a area) {
	for _, t := range [...]string{
		"sagetop needs " + strconv.Itoa(minWidth) + "x" + strconv.Itoa(minHeight) + " cells; the load goes on",
		"needs " + strconv.Itoa(minWidth) + "x" + strconv.Itoa(minHeight) + "; load goes on",
		strconv.Itoa(minWidth) + "x" + strconv.Itoa(minHeight) + " needed",
		strconv.Itoa(minWidth) + "x" + strconv.Itoa(minHeight),
	} {
		if n := columnsOf(t); n <= a.w {
			a.text((a.w-n)/2, a.h/2, t, styleDim)
			return
		}
	}
}

// drawHints draws keys and what they do, as many as fit.
func (m *model) drawHints(a area, x int, hints []hint) {
	for _, h := range hints {
		var fits bool
		if x, fits = m.drawHint(a, x, a.w-1, h.key, h.text, keyShown(h.key)); !fits {
			return
		}
	}
}
