package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// genDist draws any valid distribution of whole numbers from 0 to high.
func genDist(high int64) *rapid.Generator[Dist] {
	return rapid.Custom(func(t *rapid.T) Dist {
		d := Dist{Kind: rapid.SampledFrom([]DistKind{DistConstant, DistUniform, DistExp, DistLognormal}).Draw(t, "kind")}
		value := rapid.OneOf(rapid.Just(int64(0)), rapid.Just(high), rapid.Int64Range(0, min(high, 100)), rapid.Int64Range(0, high))
		d.A = float64(value.Draw(t, "a"))
		if d.params() == 2 {
			d.B = float64(value.Draw(t, "b"))
			d.A, d.B = min(d.A, d.B), max(d.A, d.B)
			if d.Kind == DistLognormal && d.A == 0 {
				d.B = 0
			}
		}
		return d
	})
}

func TestDrawsStayWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := rapid.Int64Range(0, int64(maxLifetime)).Draw(t, "top")
		d := genDist(top).Draw(t, "dist")
		high := rapid.Int64Range(0, top).Draw(t, "high") // less than it was made for
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		bound := d.bound(float64(high))
		for range 50 {
			if v := d.draw(r, float64(high)); !(v >= 0 && v <= bound) {
				t.Fatalf("%+v: %v is not in 0 to %v", d, v, bound)
			}
			if v := d.drawWhole(r, high); v < 0 || float64(v) > bound {
				t.Fatalf("%+v: %v is not in 0 to %v", d, v, bound)
			}
		}
	})
}

// dists are distributions with values on both sides of what a range allows.
var dists = []struct {
	dist Dist
	high float64
}{
	{Dist{DistConstant, 7, 0}, 100},
	{Dist{DistConstant, 0, 0}, 100},
	{Dist{DistUniform, 1, 8}, 1000},
	{Dist{DistUniform, 0, 1}, 1000},
	{Dist{DistUniform, 5, 5}, 1000},
	{Dist{DistUniform, 1e9, 3e9}, float64(maxLifetime)},
	{Dist{DistExp, 0, 0}, 1000},
	{Dist{DistExp, 1, 0}, 1000},
	{Dist{DistExp, 4, 0}, 1000},
	{Dist{DistExp, 1000, 0}, 1000}, // a third of all is cut off
	{Dist{DistExp, 2e9, 0}, float64(maxLifetime)},
	{Dist{DistLognormal, 0, 0}, 1000},
	{Dist{DistLognormal, 4, 4}, 1000},
	{Dist{DistLognormal, 4, 40}, 1000},
	{Dist{DistLognormal, 1, 1000}, 1000},
	{Dist{DistLognormal, 1024, 16384}, maxMessageSize},
	{Dist{DistLognormal, 2e9, 10e9}, float64(maxLifetime)},
}

const draws = 200_000

// What is drawn has the mean and the percentiles that Mean and Quantile tell. The
// seeds are fixed, and so is the outcome; the limits are five standard errors.
func TestDrawsAgreeWithMeanAndQuantile(t *testing.T) {
	for _, tt := range dists {
		for _, whole := range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v/whole=%v", tt.dist, whole), func(t *testing.T) {
				d := tt.dist
				r := rand.New(rand.NewPCG(11, 22))
				values := make([]float64, draws)
				for i := range values {
					if whole {
						values[i] = float64(d.drawWhole(r, int64(tt.high)))
					} else {
						values[i] = d.draw(r, tt.high)
					}
				}
				mean, deviation := moments(values)
				want := d.meanWithin(tt.high)
				allowed := 5*deviation/math.Sqrt(draws) + 1e-6*want
				if whole && d.Kind == DistLognormal {
					allowed += 0.05 // its percentiles are kept, at the cost of the mean
				}
				if math.Abs(mean-want) > allowed {
					t.Errorf("mean %v, want %v ± %v", mean, want, allowed)
				}
				slices.Sort(values)
				for _, p := range []float64{0.01, 0.25, 0.5, 0.9, 0.99} {
					x := min(d.Quantile(p), tt.high)
					// The share of values up to the quantile is p, give or take
					// what chance does, and what whole numbers do.
					low, high := x*(1-1e-9)-1e-9, x*(1+1e-9)
					if whole {
						low, high = low-1, high+1
					}
					chance := 5 * math.Sqrt(p*(1-p)/draws)
					below, upTo := shareUpTo(values, low), shareUpTo(values, high)
					if !(below <= p+chance && upTo >= p-chance) {
						t.Errorf("p%v is %v, but %v of the values are below and %v up to it", 100*p, x, below, upTo)
					}
				}
			})
		}
	}
}

// shareUpTo returns which part of the sorted values is at most x.
func shareUpTo(values []float64, x float64) float64 {
	n, _ := slices.BinarySearchFunc(values, x, func(v, x float64) int {
		if v <= x {
			return -1
		}
		return 1
	})
	return float64(n) / float64(len(values))
}

// Without a cut, the mean within a range is the mean.
func TestMeanWithin(t *testing.T) {
	for _, tt := range dists {
		got, want := tt.dist.meanWithin(1e300), tt.dist.Mean()
		if math.Abs(got-want) > 1e-9*want {
			t.Errorf("%+v: mean within a wide range %v, and mean %v", tt.dist, got, want)
		}
		if got := tt.dist.meanWithin(0.001); got < 0 || got > 0.001 {
			t.Errorf("%+v: mean within 0.001 is %v", tt.dist, got)
		}
	}
	wild := Dist{DistLognormal, 1, float64(maxLifetime)}
	if mean := wild.meanWithin(float64(maxLifetime)); !(mean > 0 && mean < float64(maxLifetime)) {
		t.Errorf("mean %v is beyond the range", mean)
	}
}

func TestLognormalHasItsMedianAndPercentile(t *testing.T) {
	d := Dist{DistLognormal, 2e9, 10e9}
	if got := d.Quantile(0.5); math.Abs(got/2e9-1) > 1e-12 {
		t.Errorf("median %v, want 2s", got)
	}
	if got := d.Quantile(0.99); math.Abs(got/10e9-1) > 1e-9 {
		t.Errorf("p99 %v, want 10s", got)
	}
	// For whole numbers, too.
	r := rand.New(rand.NewPCG(3, 4))
	values := make([]float64, draws)
	for i := range values {
		values[i] = float64(Dist{DistLognormal, 4, 40}.drawWhole(r, 1000))
	}
	slices.Sort(values)
	if median, p99 := values[draws/2], values[draws*99/100]; median != 4 || math.Abs(p99-40) > 1 {
		t.Errorf("median %v and p99 %v, want 4 and 40", median, p99)
	}
}

func TestQuantileAtTheEnds(t *testing.T) {
	for _, tt := range []struct {
		dist      Dist
		low, high float64
	}{
		{Dist{DistConstant, 7, 0}, 7, 7},
		{Dist{DistUniform, 1, 3}, 1, 3},
		{Dist{DistExp, 0, 0}, 0, 0},
		{Dist{DistExp, 5, 0}, 0, math.Inf(1)},
		{Dist{DistLognormal, 0, 0}, 0, 0},
		{Dist{DistLognormal, 5, 5}, 5, 5},
		{Dist{DistLognormal, 5, 6}, 0, math.Inf(1)},
	} {
		if low, high := tt.dist.Quantile(0), tt.dist.Quantile(1); low != tt.low || high != tt.high {
			t.Errorf("%+v: from %v to %v, want %v to %v", tt.dist, low, high, tt.low, tt.high)
		}
	}
}

// Both ends of a uniform distribution of whole numbers come as often as what is
// between them.
func TestUniformWholeNumbersAreAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	d := Dist{DistUniform, 3, 8}
	var count [10]float64
	for range draws {
		count[d.drawWhole(r, 1000)]++
	}
	each := draws / 6.0
	for v, n := range count {
		switch {
		case v < 3 || v > 8:
			if n != 0 {
				t.Errorf("%d was drawn %v times", v, n)
			}
		case math.Abs(n-each) > 5*math.Sqrt(each):
			t.Errorf("%d was drawn %v times, want about %v", v, n, each)
		}
	}
}

func TestDrawingAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, tt := range dists {
		if n := testing.AllocsPerRun(100, func() {
			_ = tt.dist.draw(r, tt.high)
			_ = tt.dist.drawWhole(r, int64(tt.high))
		}); n != 0 {
			t.Errorf("%+v: %v allocations", tt.dist, n)
		}
	}
}

// The same seed draws the same.
func TestSameSeedSameDraws(t *testing.T) {
	for _, tt := range dists {
		a, b := rand.New(rand.NewPCG(9, 9)), rand.New(rand.NewPCG(9, 9))
		for range 100 {
			if x, y := tt.dist.draw(a, tt.high), tt.dist.draw(b, tt.high); x != y {
				t.Fatalf("%+v: %v and %v", tt.dist, x, y)
			}
		}
	}
}

func TestDistText(t *testing.T) {
	tests := []struct {
		param, text, want string
		dist              Dist
	}{
		{"lifetime", "1.5s", "1.5s", Dist{DistConstant, 1.5e9, 0}},
		{"lifetime", "constant(90s)", "1m30s", Dist{DistConstant, 90e9, 0}},
		{"lifetime", "uniform(1s,3s)", "uniform(1s,3s)", Dist{DistUniform, 1e9, 3e9}},
		{"lifetime", " uniform ( 0.5s , 1h ) ", "uniform(500ms,1h)", Dist{DistUniform, 5e8, 3.6e12}},
		{"lifetime", "uniform(0s,0s)", "uniform(0s,0s)", Dist{DistUniform, 0, 0}},
		{"lifetime", "exp(1ns)", "exp(1ns)", Dist{DistExp, 1, 0}},
		{"lifetime", "exp(0s)", "exp(0s)", Dist{DistExp, 0, 0}},
		{"lifetime", "lognormal(2s,10s)", "lognormal(2s,10s)", Dist{DistLognormal, 2e9, 10e9}},
		{"lifetime", "lognormal(59m59.999999999s,1h)", "lognormal(59m59.999999999s,1h)", Dist{DistLognormal, 3.6e12 - 1, 3.6e12}},
		{"lifetime", "lognormal(0s,0s)", "lognormal(0s,0s)", Dist{DistLognormal, 0, 0}},
		{"messages", "uniform(1,0.5k)", "uniform(1,500)", Dist{DistUniform, 1, 500}},
		{"messages", "lognormal(4,4)", "lognormal(4,4)", Dist{DistLognormal, 4, 4}},
		{"message-size", "uniform(64,1.5KiB)", "uniform(64B,1536B)", Dist{DistUniform, 64, 1536}},
		{"message-size", "exp(2kB)", "exp(2000B)", Dist{DistExp, 2000, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.param+"="+tt.text, func(t *testing.T) {
			p, _ := Lookup(tt.param)
			c := Default()
			if err := p.Set(&c, tt.text); err != nil {
				t.Fatal(err)
			}
			got := map[string]Dist{"lifetime": c.Lifetime, "messages": c.Messages, "message-size": c.MessageSize}[tt.param]
			if got != tt.dist {
				t.Errorf("got %+v, want %+v", got, tt.dist)
			}
			if text := p.Get(&c); text != tt.want {
				t.Errorf("written as %q, want %q", text, tt.want)
			}
		})
	}
}

// A distribution that no text makes is not valid, and Validate says so.
func TestValidateKnowsDistributions(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, d := range []Dist{
		{DistConstant, nan, 0},
		{DistConstant, inf, 0},
		{DistConstant, -1, 0},
		{DistConstant, 1.5, 0},
		{DistConstant, 1, 1},
		{DistConstant, 1e300, 0},
		{DistExp, 1, 7},
		{DistExp, nan, 0},
		{DistExp, 0.5, 0},
		{DistUniform, 2, 1},
		{DistUniform, 1, nan},
		{DistUniform, 0, inf},
		{DistUniform, 1, 2.5},
		{DistLognormal, 0, 1},
		{DistLognormal, 3, 2},
		{DistLognormal, 1, 1e300},
		{9, 1, 0},
	} {
		for _, field := range []func(*Config) *Dist{
			func(c *Config) *Dist { return &c.Lifetime },
			func(c *Config) *Dist { return &c.Messages },
			func(c *Config) *Dist { return &c.MessageSize },
		} {
			c := Default()
			*field(&c) = d
			if err := c.Validate(); err == nil {
				t.Errorf("%+v is valid", d)
			}
		}
	}
	if d := Fixed(2 * time.Second); d != (Dist{DistConstant, 2e9, 0}) {
		t.Errorf("Fixed(2s) = %+v", d)
	}
}

func BenchmarkDraw(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []Dist{{DistConstant, 4, 0}, {DistUniform, 1, 8}, {DistExp, 4, 0}, {DistLognormal, 4, 40}} {
		b.Run(distNames[d.Kind], func(b *testing.B) {
			for b.Loop() {
				_ = d.drawWhole(r, 1000)
			}
		})
	}
}
