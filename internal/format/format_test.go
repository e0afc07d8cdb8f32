package format

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAppend(t *testing.T) {
	count := func(dst []byte, v float64) []byte { return AppendCount(dst, uint64(v)) }
	exact := func(dst []byte, v float64) []byte { return AppendExact(dst, uint64(v)) }
	clock := func(dst []byte, v float64) []byte { return AppendClock(dst, time.Duration(v*1e9)) }
	in := func(unit string) func([]byte, float64) []byte {
		return func(dst []byte, v float64) []byte { return AppendIn(dst, v, unit) }
	}
	span := func(dst []byte, v float64) []byte { return AppendSpan(dst, time.Duration(v*1e9)) }
	tests := []struct {
		name string
		f    func([]byte, float64) []byte
		want map[float64]string
	}{
		{"rate", AppendRate, map[float64]string{
			0: "0/s", 812: "812/s", 0.5: "0.50/s", 999.4: "999/s", 999.6: "1.000k/s", 19_980: "19.98k/s", 1_204_000: "1.204M/s", math.NaN(): Dash,
		}},
		{"count", count, map[float64]string{0: "0", 9_999: "9999", 10_000: "10.0k", 12_345_678: "12.3M"}},
		{"exact", exact, map[float64]string{0: "0", 999: "999", 1000: "1,000", 123_456: "123,456", 1_204_311: "1,204,311"}},
		{"per", AppendPer, map[float64]string{0: "0.00", 0.02: "0.02", 5: "5.00", 9.994: "9.99", 9.996: "10.0", 35: "35.0", 128.2: "128", 12_000: "12.0k", math.Inf(1): Dash}},
		{"percent", AppendPercent, map[float64]string{0: "0 %", 0.051: "5.1 %", 0.9997: "99.97 %", 0.99999: "99.99 %", 1: "100 %", math.NaN(): Dash}},
		{"duration", AppendDuration, map[float64]string{
			0: "0 ns", 1.2: "1.2 ns", 312: "312 ns", 4_210: "4.21 µs", 84_000: "84.0 µs", 999_600: "1.00 ms", 1.2e6: "1.20 ms", 2.05e9: "2.05 s", math.NaN(): Dash,
		}},
		{"bytes", AppendBytes, map[float64]string{0: "0 B", 1.5: "1.50 B", 512: "512 B", 1024: "1.00 KiB", 12_595: "12.3 KiB", 1 << 30: "1.00 GiB", math.Inf(1): Dash}},
		{"in a plain number", in(""), map[float64]string{0: "0", 6: "6", 0.0342: "0.034", 0.0004: "<0.001", 0.9996: "1.00", 41.09: "41.1", 1857: "1857", 12_345: "12.3k", -2: "-2", -0.0004: ">-0.001", math.NaN(): Dash}},
		{"in bytes", in("B"), map[float64]string{0: "0 B", 12_595: "12.3 KiB", -1024: "-1.00 KiB", 0.005: "0.01 B", 0.002: "<0.01 B", -0.002: ">-0.01 B"}},
		{"in time", in("ns"), map[float64]string{0: "0 ns", 84_000: "84.0 µs", -84_000: "-84.0 µs", 0.06: "0.1 ns", 0.04: "<0.1 ns"}},
		{"in shares", in("ratio"), map[float64]string{0.9658: "96.6 %", 1: "100 %", 0: "0 %", 0.0006: "0.1 %", 0.0004: "<0.1 %", -0.0004: ">-0.1 %"}},
		{"in rates", in("1/s"), map[float64]string{19_980: "19.98k/s", 0.002: "<0.01/s"}},
		{"clock", clock, map[float64]string{0: "00:00:00", 83: "00:01:23", 3600 * 100: "100:00:00", -5: "00:00:00"}},
		{"set rate", AppendSetRate, map[float64]string{20_000: "20k/s", 1500: "1.5k/s", 5: "5/s", 1_234_567: "1.235M/s"}},
		{"tick", AppendTick, map[float64]string{0: "0", 40: "40", 2.5: "2.5", 20_000: "20k", 1500: "1.5k", 100_000: "100k"}},
		{"decade", AppendDecade, map[float64]string{100: "100ns", 10e3: "10µs", 1e6: "1ms", 100e9: "100s"}},
		{"rounded", func(dst []byte, v float64) []byte { return AppendRounded(dst, v, "B") }, map[float64]string{0: "0 B", 0.001: "0.00 B", 0.006: "0.01 B", 4136.96: "4.04 KiB", math.NaN(): Dash}},
		{"p", AppendP, map[float64]string{0: "<0.001", 0.00099: "<0.001", 0.001: "0.001", 0.0426: "0.043", 1: "1.000", math.NaN(): Dash}},
		{"span", span, map[float64]string{10: "10s", 60: "1m", 450: "7.5m", 3600: "1h"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for v, want := range tt.want {
				if got := Text(tt.f, v); got != want {
					t.Errorf("%v: %q, want %q", v, got, want)
				}
				if got := string(tt.f([]byte("x"), v)); got != "x"+want {
					t.Errorf("%v appended to x: %q", v, got)
				}
			}
		})
	}
}

// TestFiguresAreClose reads figures back: rounding takes no more than their
// last digit.
func TestFiguresAreClose(t *testing.T) {
	scales := map[string]float64{"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(0.01, 9e14).Draw(t, "v")
		text := Text(AppendRate, v)
		number := strings.TrimSuffix(text, "/s")
		digits := strings.TrimRight(number, "kMGT")
		got, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			t.Fatalf("%v is written %s: %v", v, text, err)
		}
		got *= scales[strings.TrimPrefix(number, digits)]
		if math.Abs(got-v) > 0.005*v+0.005 {
			t.Errorf("%v is written %s, which is %v", v, text, got)
		}
	})
}
