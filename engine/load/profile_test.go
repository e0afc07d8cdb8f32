package load

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// genTime draws a time up to high, short ones and round ones among them.
func genTime(high time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		return rapid.OneOf(
			rapid.Just(time.Duration(0)),
			rapid.Just(high),
			rapid.Custom(func(t *rapid.T) time.Duration {
				return time.Duration(rapid.Int64Range(0, int64(min(high, 1000))).Draw(t, "ns"))
			}),
			rapid.Custom(func(t *rapid.T) time.Duration {
				return min(time.Duration(rapid.Int64Range(0, 100).Draw(t, "s"))*time.Second, high)
			}),
			rapid.Custom(func(t *rapid.T) time.Duration {
				return time.Duration(rapid.Int64Range(0, int64(high)).Draw(t, "any"))
			}),
		).Draw(t, "time")
	})
}

// genSteps draws any stages that are valid.
func genSteps() *rapid.Generator[Steps] {
	level := rapid.OneOf(
		rapid.Just(0.0),
		rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.IntRange(1, maxRate).Draw(t, "whole")) }),
		rapid.Float64Range(0.001, maxRate),
	)
	return rapid.Custom(func(t *rapid.T) Steps {
		var s Steps
		s.n = rapid.IntRange(1, MaxSteps).Draw(t, "steps")
		for i := range s.n {
			s.list[i] = Step{genTime(maxDuration-s.Length()).Draw(t, "over"), level.Draw(t, "to")}
		}
		return s
	}).Filter(Steps.offers)
}

// genShape draws a configuration with any profile, and a moment at which the
// profile began.
func genShape(t *rapid.T) (Config, Shape) {
	c := genConfig().Draw(t, "config")
	start := time.Duration(0)
	if c.Profile == ProfileSoak {
		start = genTime(maxDuration).Draw(t, "start")
	}
	return c, c.Shape(start)
}

// scale returns how long a shape takes to show all that is in it.
func (s *Shape) scale() time.Duration {
	settled, period := s.Length()
	return max(settled, period, time.Second)
}

// rounding is how far a total at t may be off because times and totals are
// floating point numbers.
func (s *Shape) rounding(t, total float64) float64 {
	ulp := math.Nextafter(t, math.Inf(1)) - t
	return 4*s.Highest()*ulp/1e9 + 1e-12*s.last().total + 1e-9*total
}

func TestShapes(t *testing.T) {
	base := Default()
	base.Rate, base.Workers, base.RampTime = 100, 7, 10*time.Second
	base.Period, base.SpikeTime, base.Peak = 10*time.Second, 2*time.Second, 3
	with := func(edit func(*Config)) Config {
		c := base
		edit(&c)
		return c
	}
	stages := func(text string) func(*Config) {
		return func(c *Config) {
			c.Profile = ProfileStages
			set(t, "stages", text)(c)
		}
	}
	type point struct {
		at           time.Duration
		level, total float64
	}
	const s = time.Second
	tests := []struct {
		name   string
		config Config
		start  time.Duration
		points []point
		high   float64
	}{
		{"steady", base, 0, []point{{0, 100, 0}, {s, 100, 100}, {maxDuration, 100, 100 * maxDuration.Seconds()}}, 100},
		{"closed", with(func(c *Config) { c.Model = Closed }), 0, []point{{3 * s, 7, 21}}, 7},
		{"ramp", with(func(c *Config) { c.Profile = ProfileRamp }), 0, []point{{0, 0, 0}, {5 * s, 50, 125}, {10 * s, 100, 500}, {20 * s, 100, 1500}}, 100},
		{"ramp at once", with(func(c *Config) { c.Profile, c.RampTime = ProfileRamp, 0 }), 0, []point{{0, 100, 0}, {s, 100, 100}}, 100},
		{"spike", with(func(c *Config) { c.Profile = ProfileSpike }), 0, []point{
			{0, 100, 0}, {8*s - 1, 100, 800 - 1e-7}, {8 * s, 300, 800}, {9 * s, 300, 1100}, {10 * s, 100, 1400}, {18 * s, 300, 2200}, {20 * s, 100, 2800},
		}, 300},
		{"spike of no time", with(func(c *Config) { c.Profile, c.SpikeTime = ProfileSpike, 0 }), 0, []point{{10*s - 1, 100, 1000 - 1e-7}, {10 * s, 100, 1000}, {25 * s, 100, 2500}}, 100},
		{"spike of the whole period", with(func(c *Config) { c.Profile, c.SpikeTime = ProfileSpike, 10*s }), 0, []point{{0, 300, 0}, {25 * s, 300, 7500}}, 300},
		{"spike beyond the period", with(func(c *Config) { c.Profile, c.SpikeTime = ProfileSpike, 24*time.Hour }), 0, []point{{0, 300, 0}, {25 * s, 300, 7500}}, 300},
		{"spike without a peak", with(func(c *Config) { c.Profile, c.Peak = ProfileSpike, 1 }), 0, []point{{9 * s, 100, 900}}, 100},
		{"sine", with(func(c *Config) { c.Profile, c.Peak = ProfileSine, 1.5 }), 0, []point{{0, 100, 0}, {2500 * time.Millisecond, 150, math.NaN()}, {5 * s, 100, math.NaN()}, {7500 * time.Millisecond, 50, math.NaN()}, {10 * s, 100, 1000}, {30 * s, 100, 3000}}, 150},
		{"sine that touches 0", with(func(c *Config) { c.Profile, c.Peak = ProfileSine, 2 }), 0, []point{{7500 * time.Millisecond, 0, math.NaN()}, {10 * s, 100, 1000}}, 200},
		{"sine cut off at 0", with(func(c *Config) { c.Profile, c.Peak = ProfileSine, 20 }), 0, []point{{7500 * time.Millisecond, 0, math.NaN()}, {8 * s, 0, math.NaN()}}, 2000},
		{"sine without a peak", with(func(c *Config) { c.Profile, c.Peak = ProfileSine, 1 }), 0, []point{{3 * s, 100, 300}}, 100},
		{"soak", with(func(c *Config) { c.Profile, c.Duration = ProfileSoak, 60*s }), 0, []point{{5 * s, 50, 125}, {30 * s, 100, 2500}, {55 * s, 50, 4875}, {60 * s, 0, 5000}, {70 * s, 0, 5000}}, 100},
		{"soak begun later", with(func(c *Config) { c.Profile, c.Duration = ProfileSoak, 60*s }), 30 * s, []point{{15 * s, 100, 1000}, {30 * s, 0, 2000}}, 100},
		{"soak begun at the end", with(func(c *Config) { c.Profile, c.Duration = ProfileSoak, 60*s }), 60 * s, []point{{0, 0, 0}, {s, 0, 0}}, 0},
		{"soak begun after the end", with(func(c *Config) { c.Profile, c.Duration = ProfileSoak, 60*s }), 70 * s, []point{{0, 0, 0}, {s, 0, 0}}, 0},
		{"soak too short for its ramps", with(func(c *Config) { c.Profile, c.Duration = ProfileSoak, 4*s }), 0, []point{{s, 50, 25}, {2 * s, 100, 100}, {3 * s, 50, 175}, {4 * s, 0, 200}}, 100},
		{"soak until stopped", with(func(c *Config) { c.Profile = ProfileSoak }), 0, []point{{10 * s, 100, 500}, {maxDuration, 100, 100*maxDuration.Seconds() - 500}}, 100},
		{"soak without ramps", with(func(c *Config) { c.Profile, c.Duration, c.RampTime = ProfileSoak, 4*s, 0 }), 0, []point{{0, 100, 0}, {4*s - 1, 100, 400 - 1e-7}, {4 * s, 0, 400}, {5 * s, 0, 400}}, 100},
		{"stages", with(stages("10s:100,20s:100,0s:400,5s:400,10s:0")), 0, []point{{0, 0, 0}, {5 * s, 50, 125}, {20 * s, 100, 1500}, {30 * s, 400, 2500}, {35 * s, 400, 4500}, {40 * s, 200, 6000}, {45 * s, 0, 6500}, {99 * s, 0, 6500}}, 400},
		{"stages that wait", with(stages("10s:0,0s:20,1s:20")), 0, []point{{5 * s, 0, 0}, {10 * s, 20, 0}, {12 * s, 20, 40}}, 20},
		{"stages that jump at once", with(stages("0s:20k")), 0, []point{{0, 20000, 0}, {s, 20000, 20000}}, 20000},
		{"stages with a peak of no time", with(stages("0s:20k,0s:10,1s:10")), 0, []point{{0, 10, 0}, {s, 10, 10}}, 10},
		{"stages of a month", with(stages("360h:2M,360h:2M")), 0, []point{{maxDuration / 2, 2e6, 0.5e6 * maxDuration.Seconds()}, {maxDuration, 2e6, 1.5e6 * maxDuration.Seconds()}}, 2e6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			shape := tt.config.Shape(tt.start)
			for _, p := range tt.points {
				if got := shape.At(p.at); math.Abs(got-p.level) > 1e-6 {
					t.Errorf("At(%v) = %v, want %v", p.at, got, p.level)
				}
				if got := shape.Total(p.at); math.Abs(got-p.total) > 1e-9*(1+p.total) {
					t.Errorf("Total(%v) = %v, want %v", p.at, got, p.total)
				}
			}
			if got := shape.Highest(); math.Abs(got-tt.high) > 1e-9 {
				t.Errorf("Highest() = %v, want %v", got, tt.high)
			}
			if at, total := shape.At(-s), shape.Total(-s); at != shape.At(0) || total != 0 {
				t.Errorf("before its beginning: level %v, total %v", at, total)
			}
		})
	}
}

func TestShapeLength(t *testing.T) {
	c := Default()
	c.Period, c.RampTime = 3*time.Second, 5*time.Second
	for p, want := range map[Profile][2]time.Duration{
		ProfileSteady: {}, ProfileRamp: {5 * time.Second}, ProfileStages: {c.Steps.Length()},
		ProfileSpike: {0, 3 * time.Second}, ProfileSine: {0, 3 * time.Second}, ProfileSoak: {5 * time.Second},
	} {
		c.Profile = p
		shape := c.Shape(0)
		if settled, period := shape.Length(); [2]time.Duration{settled, period} != want {
			t.Errorf("%v: settled after %v, period %v, want %v", p, settled, period, want)
		}
	}
}

// The first time counts: what is due when a stage reaches 0 is due then, and not
// after the pause that follows.
func TestWhenIsTheFirstTime(t *testing.T) {
	c := Default()
	c.Profile = ProfileStages
	set(t, "stages", "1s:100,1s:0,10s:0,1s:100,1s:0")(&c)
	shape := c.Shape(0)
	for _, tt := range []struct{ n, want float64 }{
		{-1, 0}, {0, 0}, {50, 1e9}, {100, 2e9}, {150, 13e9}, {200, 14e9}, {200.001, math.Inf(1)}, {math.Inf(1), math.Inf(1)},
	} {
		if got := shape.when(tt.n); got != tt.want {
			t.Errorf("when(%v) = %v, want %v", tt.n, got, tt.want)
		}
	}
	c.Profile, c.Rate = ProfileSteady, 1
	shape = c.Shape(0)
	if got := shape.when(9.3e9); !math.IsInf(got, 1) {
		t.Errorf("when = %v, which no time.Duration holds", got)
	}
	c.Profile, c.Rate = ProfileSine, 0 // which is not valid, but must not hang anybody
	shape = c.Shape(0)
	if got := shape.when(1); !math.IsInf(got, 1) {
		t.Errorf("when = %v where nothing is offered", got)
	}
}

// Every arrival has its time, and what was offered by then is what counts it:
// through all profiles, when is the inverse of total.
func TestWhenIsTheInverseOfTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, shape := genShape(t)
		rounds := rapid.Float64Range(0, 3).Draw(t, "rounds")
		end := min(rounds*float64(shape.scale()), math.MaxInt64/2)
		if rapid.Bool().Draw(t, "later") {
			end = float64(genTime(maxDuration).Draw(t, "end"))
		}
		all := shape.total(end)
		n := all * rapid.Float64Range(0, 1).Draw(t, "share")
		if whole := math.Floor(n); rapid.Bool().Draw(t, "whole") {
			n = whole
		}
		at := shape.when(n)
		if math.IsInf(at, 1) {
			t.Fatalf("%v: when(%v) is never, but until %v there are %v", c.Profile, n, end, all)
		}
		if got := shape.total(at); math.Abs(got-n) > shape.rounding(at, n) {
			t.Fatalf("%v: when(%v) = %v, and total there is %v", c.Profile, n, at, got)
		}
		digit := 2 * (math.Nextafter(at, math.Inf(1)) - at)
		more := n + (all-n)*rapid.Float64Range(0, 1).Draw(t, "more")
		if later := shape.when(more); later < at-digit {
			t.Fatalf("%v: when(%v) = %v is after when(%v) = %v", c.Profile, n, at, more, later)
		}
		if later := shape.when(math.Nextafter(n, math.Inf(1))); later < at-digit {
			t.Fatalf("%v: the next number after %v comes %v ns earlier", c.Profile, n, at-later)
		}
	})
}

// Whole periods are where rounding could make a total end on the wrong side.
func TestWhenAtTheEndsOfPeriods(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genConfig().Draw(t, "config")
		c.Profile = rapid.SampledFrom([]Profile{ProfileSpike, ProfileSine}).Draw(t, "profile")
		shape := c.Shape(0)
		each := shape.last().total
		count := float64(rapid.IntRange(1, 1_000_000).Draw(t, "periods"))
		n := count * each
		before, digit := 0.0, 2*(math.Nextafter(count*shape.period, math.Inf(1))-count*shape.period)
		for _, n := range []float64{math.Nextafter(n, 0), n, math.Nextafter(n, math.Inf(1))} {
			at := shape.when(n)
			if math.IsNaN(at) || at < before-digit {
				t.Fatalf("when(%v) = %v, after %v", n, at, before)
			}
			if got := shape.total(at); !math.IsInf(at, 1) && math.Abs(got-n) > shape.rounding(at, n) {
				t.Fatalf("when(%v) = %v, where total is %v", n, at, got)
			}
			before = at
		}
		edge := count * shape.period
		for _, at := range []float64{math.Nextafter(edge, 0), edge, math.Nextafter(edge, math.Inf(1))} {
			if in, rounds := shape.fold(at); in < 0 || in > shape.period || math.Abs(rounds-count) > 1 {
				t.Fatalf("fold(%v) = %v and %v periods of %v", at, in, rounds, shape.period)
			}
		}
	})
}

// Total is the integral of At, and both keep within their bounds.
func TestTotalIsTheIntegralOfAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, shape := genShape(t)
		end := time.Duration(rapid.Float64Range(0, 2.5).Draw(t, "rounds") * float64(shape.scale()))
		const parts = 5000
		high := shape.Highest()
		sum, before := 0.0, 0.0
		for i := range parts {
			from := end/parts*time.Duration(i) + end%parts*time.Duration(i)/parts
			to := end/parts*time.Duration(i+1) + end%parts*time.Duration(i+1)/parts
			level := shape.At(from + (to-from)/2)
			if !(level >= 0 && level <= high) {
				t.Fatalf("%v: At(%v) = %v is not in 0 to %v", c.Profile, from, level, high)
			}
			sum += level * (to - from).Seconds()
			total := shape.Total(to)
			if total < before {
				t.Fatalf("%v: Total(%v) = %v falls, from %v", c.Profile, to, total, before)
			}
			before = total
		}
		// The rule of midpoints is exact but in the parts with a corner in them.
		corners := 3*float64(len(shape.knots)) + 3
		allowed := 1e-9*before + high*(end.Seconds()/parts*corners+parts*2e-9)
		if got := shape.Total(end); math.Abs(got-sum) > allowed {
			t.Fatalf("%v: Total(%v) = %v, and the integral of At is %v ± %v", c.Profile, end, got, sum, allowed)
		}
	})
}

// A total that grows ever more slowly is not rounded down on its way.
func TestTotalNeverFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, shape := genShape(t)
		k := rapid.SampledFrom(shape.knots).Draw(t, "knot")
		from := time.Duration(k.at) - time.Duration(rapid.IntRange(0, 2000).Draw(t, "before"))
		total := shape.Total(from)
		for at := from + 1; at < from+2000; at++ {
			now := shape.Total(at)
			if now < total {
				t.Fatalf("%v: Total falls from %v to %v at %v", c.Profile, total, now, at)
			}
			total = now
		}
	})
}

func TestPeriodsRepeat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genConfig().Draw(t, "config")
		c.Profile = rapid.SampledFrom([]Profile{ProfileSpike, ProfileSine}).Draw(t, "profile")
		shape := c.Shape(0)
		at := time.Duration(rapid.Int64Range(0, int64(c.Period)-1).Draw(t, "at"))
		count := rapid.IntRange(1, 30).Draw(t, "periods")
		later := at + time.Duration(count)*c.Period
		if a, b := shape.At(at), shape.At(later); a != b {
			t.Fatalf("At(%v) = %v, and %d periods later %v", at, a, count, b)
		}
		want := shape.Total(at) + float64(count)*shape.Total(c.Period)
		if got := shape.Total(later); math.Abs(got-want) > 1e-9*want {
			t.Fatalf("Total(%v) = %v, want %v", later, got, want)
		}
	})
}

// The lines of a sine are as near to it as sineLines says.
func TestSineIsNear(t *testing.T) {
	c := Default()
	c.Profile, c.Rate, c.Peak, c.Period = ProfileSine, 1000, 2, time.Minute
	shape := c.Shape(0)
	for at := time.Duration(0); at < c.Period; at += 10 * time.Millisecond {
		want := 1000 + 1000*math.Sin(2*math.Pi*at.Seconds()/c.Period.Seconds())
		if got := shape.At(at); math.Abs(got-want) > 1000./800 {
			t.Fatalf("At(%v) = %v, and the sine is %v", at, got, want)
		}
	}
}

func TestShapeAllocatesNothing(t *testing.T) {
	c := Default()
	for i := range profileNames {
		c.Profile = Profile(i)
		shape := c.Shape(0)
		at := time.Duration(0)
		if n := testing.AllocsPerRun(100, func() {
			at += 700 * time.Millisecond
			_ = shape.At(at) + shape.Total(at) + shape.when(float64(at)) + shape.Highest()
		}); n != 0 {
			t.Errorf("%v: %v allocations", c.Profile, n)
		}
	}
}

func TestSteps(t *testing.T) {
	s, err := parseSteps("90s:5k/s, 0s : 2M,1h:0.5,1ms:-0")
	if err != nil {
		t.Fatal(err)
	}
	want := []Step{{90 * time.Second, 5000}, {0, 2e6}, {time.Hour, 0.5}, {time.Millisecond, 0}}
	if diff := cmp.Diff(want, s.List()); diff != "" {
		t.Error(diff)
	}
	if got := s.String(); got != "1m30s:5000,0s:2000000,1h:0.5,1ms:0" {
		t.Errorf("written as %q", got)
	}
	if got := s.Length(); got != time.Hour+90*time.Second+time.Millisecond {
		t.Errorf("length %v", got)
	}
	list := s.List()
	list[0].To = 1
	if s.List()[0].To != 5000 {
		t.Error("what List returns is not the caller's own")
	}
	same, other := s, s
	other.list[2].To = 1
	if !s.Equal(same) || s.Equal(other) {
		t.Error("Equal does not tell same from other")
	}
}

func TestStepsThatOfferNothing(t *testing.T) {
	for text, want := range map[string]bool{
		"30s:0": false, "0s:0": false, "0s:100,0s:0": false, "10s:0,0s:5,0s:0,10s:0": false,
		"0s:1": true, "10s:0,0s:1": true, "10s:1": true, "0s:1,1ns:0": true, "1ns:1,0s:0": true,
	} {
		s, err := parseSteps(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.offers(); got != want {
			t.Errorf("%s: offers %v, want %v", text, got, want)
		}
		c := Default()
		c.Profile, c.Steps = ProfileStages, s
		if shape := c.Shape(0); (shape.Total(24*time.Hour) > 0) != want {
			t.Errorf("%s: in a day %v", text, shape.Total(24*time.Hour))
		}
	}
}

// The pacer asks for the times of one arrival after the other.
func BenchmarkShapeWhen(b *testing.B) {
	c := Default()
	for i, name := range profileNames {
		c.Profile = Profile(i)
		shape := c.Shape(0)
		b.Run(name, func(b *testing.B) {
			n := 0.0
			for b.Loop() {
				n++
				_ = shape.when(n)
			}
		})
	}
}

// The knots are in order whatever the configuration, or the searches would fail.
func TestKnotsAreInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, shape := genShape(t)
		for i, k := range shape.knots {
			before := shape.knots[max(i-1, 0)]
			if k.at < before.at || k.total < before.total || !(k.level >= 0) || i == 0 && k.at != 0 {
				t.Fatalf("knot %d of %v", i, shape.knots)
			}
		}
		if len(shape.knots) == 0 {
			t.Fatal("no knots")
		}
	})
}
