package ui

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/format"
)

// oneSession is the session whose page is open.
type oneSession struct {
	handle session.Session
	name   string // its id
	first  load.SessionRow
	now    told
	past   moments[told]
	shown  *told // that was drawn last
}

// told is a story as it was told at one moment.
type told struct {
	detail load.SessionDetail
	at     time.Duration // on the clock of Snapshot.Elapsed
	known  bool          // whether there is a story
	err    error         // why there is none, or why it does not go on
	// Texts that do not change: the ids of the keys, the optimizations in force at
	// its creation, and what ends it.
	keys, made, limits string
}

func newOneSession(row *load.SessionRow) *oneSession {
	o := &oneSession{handle: row.Handle, name: row.ID.String(), first: *row}
	o.shown = &o.now
	return o
}

// row returns what a row of the list tells of it.
func (o *oneSession) row() *load.SessionRow {
	if o.shown.known {
		return &o.shown.detail.SessionRow
	}
	return &o.first
}

// take takes over what was told at a time.
func (o *oneSession) take(msg *sessionsMsg, at time.Duration) {
	d := &o.now.detail
	o.now.err = msg.oneError
	switch {
	case msg.detail.Handle == o.handle:
		if !o.now.known {
			o.now.keys = strings.Join(msg.detail.KeyIDs, ", ")
			o.now.made = strings.ReplaceAll(msg.detail.Optimizations.String(), ",", ", ")
			o.now.limits = string(appendLimits(nil, &msg.detail.Limits))
		}
		*d, o.now.at, o.now.known = msg.detail, at, true
	case o.now.known && d.EndedBy == "" && errors.Is(msg.oneError, session.ErrClosed):
		d.State, d.EndedBy = load.SessionEnded, "ended while nobody looked"
	}
	if then := o.past.next(at); then != nil {
		*then = o.now
	}
}

// look returns what was told at the moment of v.
func (o *oneSession) look(v *view) *told {
	o.shown = &o.now
	if v.cursor {
		o.shown = o.past.find(v.at)
		if o.shown == nil {
			o.shown = &told{at: v.at}
		}
	}
	return o.shown
}

// drawStory draws the page of one session.
func (p *sessionsPage) drawStory(a area, v *view) {
	t := p.one.look(v)
	l := layoutStory(a.w, a.h)
	p.drawLife(a.sub(l.story), t, v)
	if l.shake.h > 0 {
		p.drawShake(a.sub(l.shake), t, v)
	}
	p.drawLedger(a.sub(l.ledger), t, v)
	if l.messages.h > 0 {
		p.drawTraffic(a.sub(l.messages), t, v)
	}
	if l.bytes.h > 0 {
		p.drawTrafficBytes(a.sub(l.bytes), t, v)
	}
}

// labelWidth is the room for the labels of the story.
const labelWidth = 11

// drawLife draws who the session is, how it came to be, and how far its life is.
func (p *sessionsPage) drawLife(a area, t *told, v *view) {
	in := a.box(p.one.name)
	r := p.one.row()
	state, look := r.State.String(), stateStyle(r.State)
	if v.cursor && !t.known { // r is that of another moment
		state, look = dash, styleDim
	}
	p.buf = append(append(append(p.buf[:0], roleText(r.Role, in.w/4)...), ' '), state...)
	a.boxNote(p.one.name, a.noteEnd(), p.buf, look)
	d := &t.detail
	if !t.known {
		drawEmpty(in, p.whyUntold(t, v))
		return
	}
	y := 0
	line := func(label string) area {
		row := in.sub(rect{1, y, in.w - 2, 1})
		row.text(0, 0, label, styleDim)
		y++
		return row.sub(rect{labelWidth, 0, row.w - labelWidth, 1})
	}
	put := func(label string, s style) {
		line(label).bytes(0, 0, p.buf, s)
	}
	p.buf = append(appendAge(p.buf[:0], d.Age), " ago"...)
	if d.State == load.SessionEnded {
		p.buf = format.AppendClock(append(p.buf[:0], "at "...), d.Created)
	}
	if d.Known {
		p.buf = format.AppendExact(append(p.buf, ", pair "...), d.Pair)
	}
	put("created", styleStrong)
	p.buf = appendOrigin(p.buf[:0], d)
	put("opened by", styleText)
	p.drawMessages(line("messages"), d, v)
	p.drawExpiry(line, d, t, v)
	say := func(label, text string) {
		row := line(label)
		row.words(0, 0, text, row.w, styleText)
	}
	if t.keys != "" {
		say("key ids", t.keys)
	}
	p.buf = appendPlan(p.buf[:0], d, t.at)
	put("planned", styleText)
	say("made with", t.made)
	say("limits", t.limits)
	p.buf = strconv.AppendUint(append(p.buf[:0], "slot "...), uint64(d.Slot), 10)
	p.buf = append(format.AppendExact(append(p.buf, ", reused "...), uint64(d.Reuses)), "×"...)
	if d.Known {
		p.buf = strconv.AppendInt(append(p.buf, ", lane "...), int64(d.Lane), 10)
	}
	put("storage", styleText)
	if t.keys == "" {
		say("key ids", dash)
	}
}

// whyUntold says why there is no story.
func (p *sessionsPage) whyUntold(t *told, v *view) string {
	switch {
	case t.err != nil:
		return "it ended before its story could be read"
	case v.cursor:
		return "nothing was kept of this moment: its page was not open"
	}
	return "reading its story …"
}

// appendOrigin appends what made a session.
func appendOrigin(dst []byte, d *load.SessionDetail) []byte {
	if d.Suite == load.HandshakeNone {
		return append(dst, "resumption, no handshake"...)
	}
	dst = append(append(dst, d.Suite.String()...), " over "...)
	return append(dst, d.Transport.String()...)
}

// drawMessages draws how far a pair is with its messages.
func (p *sessionsPage) drawMessages(a area, d *load.SessionDetail, v *view) {
	if !d.Known {
		p.buf = format.AppendExact(p.buf[:0], d.Messages)
		a.bytes(0, 0, p.buf, styleStrong)
		return
	}
	p.buf = format.AppendExact(p.buf[:0], uint64(d.Sent))
	p.buf = format.AppendExact(append(p.buf, " of "...), uint64(d.Planned))
	x := a.bytes(0, 0, p.buf, styleStrong)
	x = a.text(x, 0, " planned", styleDim)
	share := ratio(float64(d.Sent), float64(d.Planned))
	drawMeter(a.sub(rect{meterFrom, 0, a.w - meterFrom, 1}), x-meterFrom, share, styleSessions, v.ascii)
}

// meterFrom is where the bars of the story begin, so that they stand below each other.
const meterFrom = 20

// drawMeter draws a share as a bar with what is left of it, behind taken cells.
func drawMeter(a area, taken int, share float64, s style, ascii bool) {
	if taken >= 0 {
		a = a.sub(rect{taken + 1, 0, a.w - taken - 1, 1})
	}
	const most = 40
	a = a.sub(rect{0, 0, min(a.w, most), 1})
	if a.w < 4 {
		return
	}
	a.fill('·', styleBorder)
	drawBar(a, min(share, 1), s, ascii)
}

// drawExpiry draws how long a session lives yet if it is not used, or how it ended.
func (p *sessionsPage) drawExpiry(line func(string) area, d *load.SessionDetail, t *told, v *view) {
	if d.EndedBy != "" {
		a := line("ended")
		text := d.EndedBy
		if columnsOf(text) > a.w { // without "closed" or "expired:", which go without saying
			_, text, _ = strings.Cut(text, " ")
		}
		x := a.words(0, 0, text, a.w, styleWarn)
		if ago := t.at - d.EndedAt; d.EndedAt > 0 && ago >= 0 {
			p.buf = append(appendAge(append(p.buf[:0], ", "...), ago), " ago"...)
			if x+columnsOfBytes(p.buf) <= a.w {
				a.bytes(x, 0, p.buf, styleDim)
			}
		}
		return
	}
	a := line("expires")
	if d.Expires == load.Never {
		a.text(0, 0, "never", styleText)
		return
	}
	limit, name := expiryLimit(d)
	look := styleStrong
	if d.Expires < soon {
		look = styleWarn
	}
	p.buf = appendAge(append(p.buf[:0], "in "...), d.Expires)
	a.bytes(0, 0, p.buf, look)
	a.text(10, 0, name, styleDim)
	drawMeter(a.sub(rect{meterFrom, 0, a.w - meterFrom, 1}), -1, ratio(float64(d.Expires), float64(limit)), stylePool, v.ascii)
}

// expiryLimit returns the limit that would end a session first, and what to call it.
func expiryLimit(d *load.SessionDetail) (time.Duration, string) {
	l := &d.Limits
	if l.IdleTimeout > 0 && (l.MaxAge == 0 || l.IdleTimeout-d.Idle < l.MaxAge-d.Age) {
		return l.IdleTimeout, "if idle"
	}
	return l.MaxAge, "of age"
}

// appendPlan appends what is to end a pair.
func appendPlan(dst []byte, d *load.SessionDetail, now time.Duration) []byte {
	switch {
	case !d.Known:
		return append(dst, dash...)
	case d.LeftToExpire:
		dst = append(dst, "to expire"...)
	default:
		dst = append(dst, "to be closed"...)
	}
	if left := d.PlannedEnd - now; left > 0 && d.EndedBy == "" {
		dst = appendAge(append(dst, " in "...), left)
	}
	return dst
}

// appendLimits appends what ends a session.
func appendLimits(dst []byte, l *session.Limits) []byte {
	from := len(dst)
	add := func() {
		if len(dst) > from {
			dst = append(dst, ", "...)
		}
	}
	if l.MaxAge > 0 {
		dst = appendSetTime(append(dst, "age "...), l.MaxAge)
	}
	if l.IdleTimeout > 0 {
		add()
		dst = appendSetTime(append(dst, "idle "...), l.IdleTimeout)
	}
	if l.MaxMessages > 0 {
		add()
		dst = append(format.AppendCount(dst, l.MaxMessages), " messages"...)
	}
	if len(dst) == from {
		dst = append(dst, "none"...)
	}
	return dst
}

// appendSetTime appends a length of time that somebody set: 1h, 10m, 2.5 s.
func appendSetTime(dst []byte, d time.Duration) []byte {
	if d >= time.Minute && d%time.Minute == 0 {
		return format.AppendSpan(dst, d)
	}
	return appendAge(dst, d)
}
