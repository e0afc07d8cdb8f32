package ui

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/format"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// appendPercentChange appends a change in percent: −97.4 %, +3.0 %, 0.0 %, +12.3k %.
func appendPercentChange(dst []byte, v float64) []byte {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(dst, dash...)
	case v >= 0.05:
		dst = append(dst, '+')
	case v <= -0.05:
		dst, v = append(dst, "−"...), -v
	default:
		v = 0
	}
	places := 1
	switch {
	case v >= 9999.5:
		return append(format.AppendScaled(dst, v, 3), " %"...)
	case v >= 999.5:
		places = 0
	case v >= 99.95 && v < 100: // what is left is not nothing
		v, places = min(v, 99.99), 2
	}
	return append(strconv.AppendFloat(dst, v, 'f', places, 64), " %"...)
}

// appendSigned appends a difference with its sign, in the unit of a metric. What
// rounds to nothing has no sign: 0.000, 0.00 B.
func appendSigned(dst []byte, v float64, unit string) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, dash...)
	}
	sign, size := "", math.Abs(v)
	switch {
	case v > 0:
		sign = "+"
	case v < 0:
		sign = "−"
	}
	if unit == load.UnitShare { // not to be taken for a change in percent
		if size < 0.0005 {
			sign = ""
		}
		return append(strconv.AppendFloat(append(dst, sign...), 100*size, 'f', 1, 64), " pp"...)
	}
	from := len(dst)
	dst = format.AppendRounded(append(dst, sign...), size, unit)
	if roundedToNothing(string(dst[from+len(sign):])) {
		dst = slices.Delete(dst, from, from+len(sign))
	}
	return dst
}

// appendInterval appends an interval of what write appends, with the unit once if it
// is the same at both ends: −64.1 … −62.9 %.
func appendInterval(dst []byte, e *stats.Estimate, unit string, write func([]byte, float64, string) []byte) []byte {
	from := len(dst)
	dst = write(dst, e.Low, unit)
	at := len(dst)
	cut := at // where the unit of the lower end begins
	if i := bytes.LastIndexByte(dst[from:], ' '); i >= 0 {
		cut = from + i
	}
	dst = write(append(dst, " … "...), e.High, unit)
	if bytes.HasSuffix(dst[at:], dst[cut:at]) {
		dst = slices.Delete(dst, cut, at)
	}
	return dst
}

// appendSpread appends how far the interval of a median reaches in percent of it, and
// a dash where there is no such percentage.
func appendSpread(dst []byte, s *load.Samples, ascii bool) []byte {
	part := 100 * max(s.High-s.Value, s.Value-s.Low) / math.Abs(s.Value)
	switch {
	case s.Value == 0 || s.Low == s.High || math.IsNaN(part):
		return append(dst, dash...)
	case part >= 99.5:
		return append(dst, "wide"...)
	}
	sign := "±"
	if ascii {
		sign = "+-"
	}
	dst = append(dst, sign...)
	if part < 0.5 {
		return append(dst, "<1 %"...)
	}
	return append(strconv.AppendFloat(dst, part, 'f', 0, 64), " %"...)
}
