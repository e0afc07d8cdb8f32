// Package format writes figures for people: with three or four significant
// digits, the unit behind them, and the same width for figures of like size, so
// that columns do not jitter. All functions append to a buffer, like strconv's.
package format

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Dash is what is written for a figure that does not exist.
const Dash = "–"

// appendSig appends v with sig significant digits before and after the decimal
// point together, so that figures of like size have like width: 5.00, 35.0, 128.
// Digits before the point are never dropped.
func appendSig(dst []byte, v float64, sig int) []byte {
	whole := 1
	for limit := 10.0; whole < sig && math.Abs(v) >= limit-0.5*math.Pow10(whole-sig); limit *= 10 {
		whole++
	}
	return strconv.AppendFloat(dst, v, 'f', sig-whole, 64)
}

// AppendScaled appends v with sig significant digits and a decimal prefix:
// 812, 19.98k, 1.204M.
func AppendScaled(dst []byte, v float64, sig int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, Dash...)
	}
	const prefixes = "kMGTPE"
	last := -1
	for math.Abs(v) >= 999.5 && last < len(prefixes)-1 {
		v /= 1000
		last++
	}
	if last < 0 {
		if v == math.Trunc(v) {
			return strconv.AppendFloat(dst, v, 'f', 0, 64)
		}
		return appendSig(dst, v, min(sig, 3))
	}
	return append(appendSig(dst, v, sig), prefixes[last])
}

// AppendRate appends v per second: 812/s, 19.98k/s.
func AppendRate(dst []byte, v float64) []byte {
	if math.IsNaN(v) {
		return append(dst, Dash...)
	}
	return append(AppendScaled(dst, v, 4), "/s"...)
}

// AppendSetRate appends a rate that somebody set, without the zeros that keep a
// measured one in its column: 20k/s.
func AppendSetRate(dst []byte, v float64) []byte {
	n := len(dst)
	return append(trimZeros(AppendScaled(dst, v, 4), n), "/s"...)
}

// AppendCount appends a whole number, scaled from ten thousand on: 9,999 has
// four digits and 12.3k as many cells.
func AppendCount(dst []byte, v uint64) []byte {
	if v < 10_000 {
		return strconv.AppendUint(dst, v, 10)
	}
	return AppendScaled(dst, float64(v), 3)
}

// AppendExact appends a whole number with a comma between thousands: 1,204,311.
func AppendExact(dst []byte, v uint64) []byte {
	first := len(dst)
	dst = strconv.AppendUint(dst, v, 10)
	for i := len(dst) - 3; i > first; i -= 3 {
		dst = slices.Insert(dst, i, ',')
	}
	return dst
}

// AppendPer appends a figure per session: 0.02, 5.00, 35.0, 128.
func AppendPer(dst []byte, v float64) []byte {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(dst, Dash...)
	case v >= 9999.5:
		return AppendScaled(dst, v, 3)
	}
	return appendSig(dst, v, 3)
}

// AppendPercent appends the share v (0 to 1) in percent. It never rounds up to
// 100 %: that is shown only where nothing is missing.
func AppendPercent(dst []byte, v float64) []byte {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(dst, Dash...)
	case v >= 1 || v == 0:
		return append(strconv.AppendFloat(dst, v*100, 'f', 0, 64), " %"...)
	case v > 0.99:
		return append(strconv.AppendFloat(dst, math.Floor(v*10000)/100, 'f', 2, 64), " %"...)
	}
	return append(strconv.AppendFloat(dst, v*100, 'f', 1, 64), " %"...)
}

// AppendDuration appends d, in nanoseconds, with three significant digits:
// 312 ns, 4.21 µs, 84.0 µs, 1.20 ms, 2.05 s.
func AppendDuration(dst []byte, ns float64) []byte {
	switch {
	case math.IsNaN(ns) || math.IsInf(ns, 0):
		return append(dst, Dash...)
	case ns < 999.5:
		if ns >= 9.95 || ns == 0 {
			return append(strconv.AppendFloat(dst, ns, 'f', 0, 64), " ns"...)
		}
		return append(strconv.AppendFloat(dst, ns, 'f', 1, 64), " ns"...)
	case ns < 999.5e3:
		return append(appendSig(dst, ns/1e3, 3), " µs"...)
	case ns < 999.5e6:
		return append(appendSig(dst, ns/1e6, 3), " ms"...)
	}
	return append(appendSig(dst, ns/1e9, 3), " s"...)
}

// AppendBytes appends v bytes with a binary prefix: 512 B, 12.3 KiB, 1.20 GiB.
func AppendBytes(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, Dash...)
	}
	if v < 1023.5 {
		if v < 99.95 && v != math.Trunc(v) {
			return append(appendSig(dst, v, 3), " B"...)
		}
		return append(strconv.AppendFloat(dst, v, 'f', 0, 64), " B"...)
	}
	const prefixes = "KMGTPE"
	last := -1
	for v >= 1023.5 && last < len(prefixes)-1 {
		v /= 1024
		last++
	}
	dst = append(appendSig(dst, v, 3), ' ', prefixes[last])
	return append(dst, "iB"...)
}

// least is the least figure in each unit that AppendIn writes, and below what a
// figure would be rounded to nothing.
var least = map[string]struct {
	below float64
	text  string
}{
	"":      {0.0005, "0.001"},
	"B":     {0.005, "0.01 B"},
	"ns":    {0.05, "0.1 ns"},
	"ratio": {0.0005, "0.1 %"},
	"1/s":   {0.005, "0.01/s"},
}

// AppendIn appends v in a unit as metrics have it: "" for a plain number, "B" for
// bytes, "ns" for a time, "ratio" for a share and "1/s" for a rate: 6, 0.035, 41.3,
// 12.3 KiB, 84.0 µs, 96.5 %, 19.98k/s. What is less than the last place that would be
// written, and not nothing, is said to be: <0.001, <0.01 B, and >-0.001 where it is
// negative.
func AppendIn(dst []byte, v float64, unit string) []byte {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(dst, Dash...)
	case v < 0 && -v < least[unit].below:
		return append(append(dst, ">-"...), least[unit].text...)
	case v < 0:
		return AppendIn(append(dst, '-'), -v, unit)
	case v > 0 && v < least[unit].below:
		return append(append(dst, '<'), least[unit].text...)
	}
	switch unit {
	case "B":
		return AppendBytes(dst, v)
	case "ns":
		return AppendDuration(dst, v)
	case "ratio":
		return AppendPercent(dst, v)
	case "1/s":
		return AppendRate(dst, v)
	}
	switch {
	case v == math.Trunc(v) && v < 1000:
		return strconv.AppendFloat(dst, v, 'f', 0, 64)
	case v < 0.9995:
		return strconv.AppendFloat(dst, v, 'f', 3, 64)
	}
	return AppendPer(dst, v)
}

// AppendRounded appends v, which is not negative, as [AppendIn] does, but for what
// rounds to nothing, which is nothing with as many places: 0.000, 0.00 B.
func AppendRounded(dst []byte, v float64, unit string) []byte {
	if l := least[unit]; v > 0 && v < l.below {
		from := len(dst)
		dst = append(dst, l.text...)
		dst[from+strings.IndexByte(l.text, '1')] = '0'
		return dst
	}
	return AppendIn(dst, v, unit)
}

// AppendClock appends d as hours, minutes and seconds: 00:01:23.
func AppendClock(dst []byte, d time.Duration) []byte {
	s := int64(max(d, 0) / time.Second)
	dst = appendPadded(dst, s/3600)
	dst = append(dst, ':')
	dst = appendPadded(dst, s/60%60)
	dst = append(dst, ':')
	return appendPadded(dst, s%60)
}

func appendPadded(dst []byte, v int64) []byte {
	if v < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, v, 10)
}

// AppendSpan appends a round length of time, as an axis has it: 10s, 1m, 7.5m, 1h.
func AppendSpan(dst []byte, d time.Duration) []byte {
	switch {
	case d >= time.Hour:
		return append(strconv.AppendFloat(dst, d.Hours(), 'f', -1, 64), 'h')
	case d >= time.Minute:
		return append(strconv.AppendFloat(dst, d.Minutes(), 'f', -1, 64), 'm')
	}
	return append(strconv.AppendFloat(dst, d.Seconds(), 'f', -1, 64), 's')
}

// AppendTick appends a round value of an axis: 0, 2.5, 40, 20k.
func AppendTick(dst []byte, v float64) []byte {
	n := len(dst)
	dst = AppendScaled(dst, v, 3)
	return trimZeros(dst, n)
}

// trimZeros takes zeros at the end of a fraction away, before a prefix if there
// is one: 20.0k becomes 20k.
func trimZeros(b []byte, from int) []byte {
	end := len(b)
	var prefix byte
	if end > from && (b[end-1] < '0' || b[end-1] > '9') {
		prefix = b[end-1]
		end--
	}
	dot := -1
	for i := from; i < end; i++ {
		if b[i] == '.' {
			dot = i
		}
	}
	if dot >= 0 {
		for end > dot && (b[end-1] == '0' || b[end-1] == '.') {
			end--
		}
	}
	if b = b[:end]; prefix != 0 {
		b = append(b, prefix)
	}
	return b
}

// AppendP appends a probability with three decimals, or what it is less than: none
// that was found is 0. NaN is a dash.
func AppendP(dst []byte, p float64) []byte {
	switch {
	case math.IsNaN(p):
		return append(dst, Dash...)
	case p < 0.001:
		return append(dst, "<0.001"...)
	}
	return strconv.AppendFloat(dst, p, 'f', 3, 64)
}

// AppendDecade appends a power of ten nanoseconds as an axis has it: 10µs, 1ms.
func AppendDecade(dst []byte, ns float64) []byte {
	unit := "ns"
	for _, u := range [...]string{"µs", "ms", "s"} {
		if ns < 999.5 {
			break
		}
		ns, unit = ns/1000, u
	}
	return append(strconv.AppendFloat(dst, ns, 'f', 0, 64), unit...)
}

// Text returns what one of the functions above appends for v.
func Text[V any](appendTo func([]byte, V) []byte, v V) string {
	return string(appendTo(nil, v))
}
