package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// lanesOf returns the intended starts of all lanes up to end, merged.
func lanesOf(lanes int, rate float64, arrival Arrival, end int64) []int64 {
	return startsOf(lanes, Config{Rate: 2 * rate}, arrival, 0, end)
}

// startsOf returns the intended starts of all lanes from now to end, merged.
func startsOf(lanes int, cfg Config, arrival Arrival, now, end int64) []int64 {
	var all []int64
	shape := cfg.Shape(0)
	for lane := range lanes {
		p := pacer{rng: rand.New(rand.NewPCG(1, uint64(lane)))}
		p.retime(now, &shape, 0, arrival, lane, lanes)
		for p.next() < end {
			all = append(all, p.take())
		}
	}
	slices.Sort(all)
	return all
}

func TestConstantLanesAreOneConstantStream(t *testing.T) {
	const second = 1_000_000_000
	for _, lanes := range []int{1, 2, 3, 7} {
		starts := lanesOf(lanes, 1000, Constant, second)
		if n := len(starts); n < 999 || n > 1000 {
			t.Fatalf("%d lanes: %d starts in a second, want 1000", lanes, n)
		}
		for i := 1; i < len(starts); i++ {
			if gap := starts[i] - starts[i-1]; gap < 999_990 || gap > 1_000_010 {
				t.Fatalf("%d lanes: gap %d ns between starts %d and %d, want 1 ms", lanes, gap, i-1, i)
			}
		}
	}
}

// A Poisson stream has as much variance as mean in every stretch, and its gaps
// have as much spread as length. The seed is fixed, and so is the outcome.
func TestPoissonLanesAreOnePoissonStream(t *testing.T) {
	const second = 1_000_000_000
	for _, lanes := range []int{1, 4} {
		starts := lanesOf(lanes, 10_000, Poisson, 10*second)
		var gaps []float64
		counts := make([]float64, 1000)
		for i, s := range starts {
			counts[s/(second/100)]++
			if i > 0 {
				gaps = append(gaps, float64(s-starts[i-1]))
			}
		}
		mean, deviation := moments(gaps)
		if math.Abs(mean-100_000) > 2_000 || math.Abs(deviation/mean-1) > 0.03 {
			t.Errorf("%d lanes: gaps of %.0f ± %.0f ns, want 100000 ± 100000", lanes, mean, deviation)
		}
		mean, deviation = moments(counts)
		if math.Abs(mean-100) > 2 || math.Abs(deviation*deviation/mean-1) > 0.15 {
			t.Errorf("%d lanes: %.1f starts in 10 ms with variance %.1f, want both 100", lanes, mean, deviation*deviation)
		}
	}
	// The control: a constant stream must fail that.
	var gaps []float64
	starts := lanesOf(1, 10_000, Constant, second)
	for i := 1; i < len(starts); i++ {
		gaps = append(gaps, float64(starts[i]-starts[i-1]))
	}
	if mean, deviation := moments(gaps); deviation/mean > 0.5 {
		t.Errorf("constant gaps vary by %.2f of their mean", deviation/mean)
	}
}

func moments(v []float64) (mean, deviation float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		deviation += (x - mean) * (x - mean) / float64(len(v))
	}
	return mean, math.Sqrt(deviation)
}

// Whatever the profile, as many pairs are due in any stretch as it offers in it:
// in constant spacing but for one, in Poisson spacing but for what chance takes.
func TestPacerFollowsTheProfile(t *testing.T) {
	const second = 1_000_000_000
	steps, err := parseSteps("2s:1000,0s:3000,2s:3000,1s:0,1s:0,1s:500")
	if err != nil {
		t.Fatal(err)
	}
	base := Config{Rate: 2000, Steps: steps, RampTime: 3 * time.Second, Period: 4 * time.Second, SpikeTime: time.Second, Peak: 1.8, Duration: 9 * time.Second}
	for p := ProfileSteady; int(p) < len(profileNames); p++ {
		for _, arrival := range []Arrival{Constant, Poisson} {
			for _, lanes := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s/%s/%d lanes", p, arrival, lanes), func(t *testing.T) {
					cfg := base
					cfg.Profile = p
					shape := cfg.Shape(0)
					const from, end = second / 3, 12 * second
					starts := startsOf(lanes, cfg, arrival, from, end)
					for low := int64(from); low < end; low += second / 2 {
						high := min(low+second/2, end)
						offered := (shape.total(float64(high)) - shape.total(float64(low))) / 2
						first, _ := slices.BinarySearch(starts, low)
						last, _ := slices.BinarySearch(starts, high)
						got, slack := float64(last-first), 1.01
						if arrival == Poisson {
							slack = 4*math.Sqrt(offered) + 1
						}
						if math.Abs(got-offered) > slack {
							t.Errorf("%d to %d ms: %.0f pairs due, %.1f offered", low/1e6, high/1e6, got, offered)
						}
					}
				})
			}
		}
	}
}

func TestPacerComesToAnEnd(t *testing.T) {
	steps, err := parseSteps("1s:1000,1s:0")
	if err != nil {
		t.Fatal(err)
	}
	starts := startsOf(2, Config{Profile: ProfileStages, Steps: steps}, Constant, 0, never)
	if n := len(starts); n != 500 || starts[n-1] > 2_000_000_000 {
		t.Errorf("%d pairs, the last at %d ms; want 500 within two seconds", n, starts[n-1]/1e6)
	}
}

func TestSameSeedSameSchedule(t *testing.T) {
	a := lanesOf(2, 5000, Poisson, 1e9)
	b := lanesOf(2, 5000, Poisson, 1e9)
	if !slices.Equal(a, b) {
		t.Error("two schedules of one seed differ")
	}
}
