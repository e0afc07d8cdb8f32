package tune

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/gate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// machine stands in for the real one: it makes up slices whose figures are known
// but for a noise, which is seeded.
type machine struct {
	rng    *rand.Rand
	noise  float64                  // standard deviation of the logarithm
	create func(s Settings) float64 // true create_p99 in ns
	heap   func(s Settings) float64 // true heap_live in bytes
	alter  func(*load.Slice)        // has the last word on a slice; may be nil
	plans  []load.Plan              // that were measured
	left   int                      // slices until cancel is called
	cancel context.CancelFunc
}

func newMachine(seed uint64) *machine {
	return &machine{
		rng: rand.New(rand.NewPCG(seed, 1)), noise: 0.05, create: createTime, heap: heapLive,
		left: math.MaxInt, cancel: func() {},
	}
}

// createTime has its best at free lists of the right size and a GOGC of 400.
func createTime(s Settings) float64 {
	ns := 10_000.0
	switch s.Pool {
	case session.PoolNone:
		ns *= 2
	case session.PoolSync:
		ns *= 1.4
	case session.PoolFreeList:
		ns *= 1 + 0.2*math.Abs(math.Log2(float64(s.Capacity))-10)/2
	}
	gogc := float64(s.GOGC)
	if s.GOGC == -1 {
		gogc = 3200
	}
	ns *= 1 + 0.15*math.Abs(math.Log2(gogc/400))
	return ns
}

// heapLive grows with GOGC, so that the fastest settings have the largest heap.
func heapLive(s Settings) float64 {
	gogc := float64(s.GOGC)
	if s.GOGC == -1 {
		gogc = 3200
	}
	return 20e6 * (1 + gogc/100)
}

// measure stands in for load.Experiment.Run.
func (m *machine) measure(ctx context.Context, p load.Plan) (load.Results, error) {
	m.plans = append(m.plans, p)
	r := load.Results{Plan: p, Started: time.Unix(1e9, 0), Partial: true}
	for n := range p.Slices {
		for _, arm := range m.rng.Perm(len(p.Arms)) {
			if m.left--; m.left < 0 {
				m.cancel()
			}
			if ctx.Err() != nil {
				return r, context.Cause(ctx)
			}
			s := SettingsOf(p.Arms[arm].Config)
			slice := load.Slice{
				Arm: arm, Number: n, Valid: true, Sessions: 1000,
				CreateP99: time.Duration(m.create(s) * math.Exp(m.noise*m.rng.NormFloat64())),
				HeapLive:  uint64(m.heap(s) * math.Exp(m.noise/10*m.rng.NormFloat64())),
			}
			if m.alter != nil {
				m.alter(&slice)
			}
			r.Slices = append(r.Slices, slice)
			r.Elapsed += p.Slice
		}
	}
	r.Partial = false
	return r, nil
}

// figures are those that the tests have conditions on.
var figures = []gate.Figure{{Name: "create_p99", Kind: gate.Time}, {Name: "heap_live", Kind: gate.Bytes}, {Name: "pool_hit_ratio", Kind: gate.Share}}

func conditions(t testing.TB, texts ...string) []*gate.Expr {
	t.Helper()
	var all []*gate.Expr
	for _, text := range texts {
		e, err := gate.Parse(text, figures, gate.Options{Base: true})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func metric(t testing.TB, name string) load.Metric {
	t.Helper()
	m, ok := load.LookupMetric(name)
	if !ok {
		t.Fatalf("no metric %s", name)
	}
	return m
}

// taskOf returns a task of the default size, for a load that does not depend on the
// number of processors.
func taskOf(t testing.TB, seed uint64, constraints ...string) Task {
	t.Helper()
	c := load.ForComparison(load.Default())
	c.Workers, c.RNGSeed = 1000, seed
	return Task{
		Present: c, Aim: metric(t, "create_p99"), Constraints: conditions(t, constraints...), Axes: Axes(),
		Candidates: DefaultCandidates, Slices: load.DefaultSlices, Slice: load.DefaultSlice,
	}
}

func newSearch(t testing.TB, task Task) *Search {
	t.Helper()
	s, err := New(task)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
