package ui

import (
	"strconv"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
	"github.com/SAGE-X-project/sagetop/internal/claims"
)

// arm is what can be picked as a side of a comparison.
type arm int

// The arms: the presets with all else as it is in force, the configuration in force,
// and the one that was marked.
const (
	armBaseline arm = iota
	armSeed
	armTuned
	armRunning
	armMarked
	numArms
)

var armNames = [numArms]string{"baseline", "seed", "tuned", "running", "marked"}

// step returns the arm so many after a, the first after the last. Without a mark
// there is no marked one.
func (a arm) step(by int, marked bool) arm {
	n := int(numArms)
	if !marked {
		n--
	}
	return arm((int(a) + by + n) % n)
}

// sliceCounts and sliceLengths are what can be chosen.
var (
	sliceCounts  = [...]int{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}
	sliceLengths = [...]time.Duration{
		50 * time.Millisecond, 100 * time.Millisecond, load.DefaultSlice, 500 * time.Millisecond, time.Second,
	}
)

// choice is what was picked to be compared, and how.
type choice struct {
	base, other    arm
	marked         load.Config
	isMarked       bool
	slices, length int // indices into sliceCounts and sliceLengths
}

var defaultChoice = choice{base: armBaseline, other: armTuned, slices: 1, length: 2}

// arm returns one of the arms where c is in force, with the load that is the same
// for all. What plays no part in a slice is the same, too, and so are the random
// numbers.
func (ch *choice) arm(a arm, c load.Config) load.Arm {
	seed := c.RNGSeed
	switch a {
	case armMarked:
		c = ch.marked
	case armBaseline, armSeed, armTuned:
		c.Optimizations, _ = session.ParseOptimizations(armNames[a])
	}
	c = ofSlice(load.ForComparison(c))
	c.RNGSeed = seed
	return load.Arm{Name: armNames[a], Config: c}
}

// ofSlice returns c with what plays no part in a slice as it is by default.
func ofSlice(c load.Config) load.Config {
	d := load.Default()
	c.Rate, c.Arrival, c.Duration, c.Sessions = d.Rate, d.Arrival, d.Duration, d.Sessions
	c.Steps, c.RampTime, c.Period, c.SpikeTime, c.Peak = d.Steps, d.RampTime, d.Period, d.SpikeTime, d.Peak
	c.HandshakeShare, c.Transport = d.HandshakeShare, d.Transport
	return c
}

// plan returns what is to be measured where c is in force: the arms that were
// picked, or those of the claims.
func (ch *choice) plan(c load.Config, board bool) load.Plan {
	p := load.Plan{Slices: sliceCounts[ch.slices], Slice: sliceLengths[ch.length], Seed: c.RNGSeed}
	if board {
		p.Arms = claims.Arms(c)
	} else {
		p.Arms = []load.Arm{ch.arm(ch.base, c), ch.arm(ch.other, c)}
	}
	return p
}

// offer is what enter would start, in words. It is made anew only when something
// else is offered.
type offer struct {
	made   bool
	choice choice
	config load.Config
	claims bool

	plan  load.Plan
	texts armTexts
	about time.Duration
	err   error // why it cannot be started

	unlikeFor  *trial // that was asked for last
	unlikeText string
}

func (o *offer) update(ch *choice, c load.Config, board bool) {
	if o.made && o.choice == *ch && o.config == c && o.claims == board {
		return
	}
	*o = offer{made: true, choice: *ch, config: c, claims: board}
	o.plan = ch.plan(c, board)
	o.texts = textsOf(o.plan.Arms)
	x, err := load.NewExperiment(o.plan)
	if err != nil {
		o.err = err
		return
	}
	o.about = x.Estimate()
}

// armTexts tells what arms are, in words.
type armTexts struct {
	arms    []string // the optimizations of each
	differ  string   // what else the last is than the first
	load    string   // that of all
	nothing bool     // they do not differ
}

func textsOf(arms []load.Arm) armTexts {
	var t armTexts
	for i := range arms {
		t.arms = append(t.arms, switchesText(arms[i].Config.Optimizations))
	}
	base, other := arms[0].Config, arms[len(arms)-1].Config
	t.differ = differText(base, other)
	if t.nothing = base == other; t.nothing {
		t.differ = "in nothing: what then differs is noise"
	}
	t.load = loadText(&base)
	return t
}

// switchesText tells the position of each switch: P0-1 on · pool sync.
func switchesText(o session.Optimizations) string {
	list := make([]string, len(optimizations))
	for i := range optimizations {
		list[i] = optimizations[i].code + " " + onOff(optimizations[i].on(o))
		if optimizations[i].share {
			list[i] = "pool " + o.Pool.String()
		}
	}
	return strings.Join(list, headSeparator)
}

// differText tells what has to be changed to make b out of a: P0-1 off → on.
func differText(a, b load.Config) string {
	var list []string
	for i := range optimizations {
		o := &optimizations[i]
		switch was, now := a.Optimizations, b.Optimizations; {
		case o.share && was.Pool != now.Pool:
			list = append(list, "pool "+was.Pool.String()+" → "+now.Pool.String())
		case !o.share && o.on(was) != o.on(now):
			list = append(list, o.code+" "+onOff(o.on(was))+" → "+onOff(o.on(now)))
		}
	}
	a.Optimizations = b.Optimizations
	for _, c := range load.Diff(a, b) {
		list = append(list, c.Param+" "+c.Old+" → "+c.New)
	}
	return strings.Join(list, headSeparator)
}

// loadText tells the load of a slice.
func loadText(c *load.Config) string {
	messages, _ := load.Lookup("messages")
	size, _ := load.Lookup("message-size")
	sent := "no messages"
	if c.Messages.Mean() > 0 {
		sent = messages.Get(c) + " messages of " + size.Get(c)
	}
	return "closed, " + strconv.Itoa(c.Workers) + " pairs at a time" + headSeparator + "all resume" + headSeparator + sent
}
