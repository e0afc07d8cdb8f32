package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Model says what decides when a session starts.
type Model uint8

const (
	// Open starts sessions at a given rate, whether or not the engine keeps
	// up: arrivals do not wait for departures.
	Open Model = iota
	// Closed keeps a given number of pairs alive, and starts the next when
	// one ends.
	Closed
)

// Arrival is how the open model spaces its starts.
type Arrival uint8

const (
	// Constant spaces starts evenly.
	Constant Arrival = iota
	// Poisson spaces them by an exponential distribution, as independent
	// users do.
	Poisson
)

// Handshake says how the pairs that do not resume agree on their secret.
type Handshake uint8

const (
	// HandshakeNone starts every pair from a fresh random secret.
	HandshakeNone Handshake = iota
	// HandshakeX25519 runs the four-phase handshake over X25519.
	HandshakeX25519
	// HandshakeHPKE runs it over HPKE (RFC 9180) with X25519.
	HandshakeHPKE
	// HandshakeHybrid runs it over HPKE with ML-KEM-768 and X25519.
	HandshakeHybrid
	// HandshakeMixed draws one of the three for each pair.
	HandshakeMixed
)

// Transport says how the ends of a handshake reach each other.
type Transport uint8

const (
	// TransportMemory hands messages over within the process.
	TransportMemory Transport = iota
	// TransportHTTP sends them over HTTP/1.1 connections on loopback.
	TransportHTTP
)

var (
	modelNames     = []string{Open: "open", Closed: "closed"}
	arrivalNames   = []string{Constant: "constant", Poisson: "poisson"}
	handshakeNames = []string{
		HandshakeNone: "none", HandshakeX25519: "x25519", HandshakeHPKE: "hpke",
		HandshakeHybrid: "hybrid", HandshakeMixed: "mixed",
	}
	transportNames = []string{TransportMemory: "memory", TransportHTTP: "http"}
)

// String returns the model as it is written in flags and files.
func (m Model) String() string { return nameOf(modelNames, int(m)) }

// String returns the spacing as it is written in flags and files.
func (a Arrival) String() string { return nameOf(arrivalNames, int(a)) }

// String returns the suite as it is written in flags and files.
func (h Handshake) String() string { return nameOf(handshakeNames, int(h)) }

// MarshalText writes the suite as String does.
func (h Handshake) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// String returns the transport as it is written in flags and files.
func (t Transport) String() string { return nameOf(transportNames, int(t)) }

// MarshalText writes the transport as String does.
func (t Transport) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}

// Config is everything a user can turn. Its fields are declared, with their
// ranges, units, defaults and help, in the table that [Params] returns; flags,
// files, environment, validation and the screen all read that table. A Config
// is a plain value: comparing two with == tells whether anything differs.
type Config struct {
	// Optimizations are the switches under comparison. The pool's kind is in
	// them, and is a parameter ("pool") of its own.
	Optimizations session.Optimizations
	// PoolCapacity is how many slots the free lists of one manager may hold.
	PoolCapacity int

	Model   Model
	Rate    float64 // sessions per second, both ends counted; open model
	Arrival Arrival // open model
	Workers int     // pairs side by side; closed model

	// Profile shapes Rate or Workers over time; the others are its parameters.
	Profile   Profile
	Steps     Steps         // ProfileStages, in place of Rate and Workers
	RampTime  time.Duration // ProfileRamp, ProfileSoak
	Period    time.Duration // ProfileSpike, ProfileSine
	SpikeTime time.Duration // ProfileSpike; less than Period
	Peak      float64       // ProfileSpike, ProfileSine; times the level, at least 1

	Lifetime    Dist    // ns, from a pair's start to its end
	Messages    Dist    // per pair, sent by its ends in turn
	MessageSize Dist    // plaintext bytes, of each message
	MaxLive     int     // sessions, both ends counted
	ExpireShare float64 // of the pairs, 0 to 1, left to expire

	Handshake      Handshake
	HandshakeShare float64 // of the pairs, 0 to 1
	Transport      Transport

	GOGC        int   // percent; -1 is off
	MemoryLimit int64 // bytes; math.MaxInt64 is off

	RNGSeed  uint64
	Duration time.Duration // 0 is until stopped
	Sessions int           // the run ends when so many, both ends counted, were started and are over; 0 is no such end
}

// Off is the MemoryLimit that sets none.
const Off = math.MaxInt64

// Default returns the configuration that is in force when nothing is asked for.
func Default() Config {
	var c Config
	for _, p := range Params() {
		if err := p.Set(&c, p.Default); err != nil {
			panic(fmt.Sprintf("load: default of %s: %v", p.Name, err)) // the table contradicts itself
		}
	}
	return c
}

// Validate reports every field of c that is out of its range, one line each.
func (c Config) Validate() error {
	var all []error
	for _, p := range Params() {
		probe := c
		if err := p.Set(&probe, p.Get(&c)); err != nil {
			all = append(all, err)
		}
	}
	if c.Profile == ProfileSpike && c.SpikeTime >= c.Period {
		all = append(all, badValue("spike-time", shortDuration(c.SpikeTime), "less than the period, which is "+shortDuration(c.Period)))
	}
	return errors.Join(all...)
}

// MarshalJSON writes one field for each parameter, in the order of the table,
// named as [Param.JSONName] says. Times are integer nanoseconds, sizes bytes,
// shares 0 to 1. What has a distribution is written as its mean, and again as
// text under its name with "_distribution".
func (c Config) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, p := range Params() {
		v, err := json.Marshal(p.Value(&c))
		if err != nil {
			return nil, fmt.Errorf("load: parameter %s: %w", p.Name, err)
		}
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		b.WriteByte(sep)
		fmt.Fprintf(&b, "%q:%s", p.JSONName(), v)
		if p.Distributed {
			fmt.Fprintf(&b, ",%q:%q", strings.ReplaceAll(p.Name, "-", "_")+"_distribution", p.Get(&c))
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Change is one parameter that differs between two configurations.
type Change struct {
	Param    string // its name
	Old, New string // as [Param.Get] writes them
}

// String writes the change as the charts label it: "pool none→freelist".
func (c Change) String() string { return c.Param + " " + c.Old + "→" + c.New }

// Diff returns what has to be set to make b out of a, in the order of the
// table. A preset that changes the pool's kind along with it is one change; what
// differs by the kind alone is a change of the pool and not of the optimizations. Old
// and New are the same where a parameter is only set back after another one.
func Diff(a, b Config) []Change {
	was, now := a.Optimizations, b.Optimizations
	pool := was.Pool != now.Pool
	was.Pool = now.Pool
	onlyPool := was == now
	if !onlyPool && tellsPool(a.Optimizations) && tellsPool(now) {
		pool = false
	}
	var list []Change
	set := a
	for _, p := range Params() {
		differs := p.Get(&set) != p.Get(&b)
		switch p.Name {
		case "optimizations":
			differs = differs && !onlyPool
		case "pool":
			differs = differs || pool
		}
		if !differs {
			continue
		}
		c := Change{Param: p.Name, Old: p.Get(&a), New: p.Get(&b)}
		list = append(list, c)
		// What setting this one sets besides needs no change of its own.
		if err := p.Set(&set, c.New); err != nil {
			continue
		}
	}
	return list
}

// tellsPool reports whether the name of o says which kind of pool it has: a list
// only says that there is one.
func tellsPool(o session.Optimizations) bool {
	return o.Preset() != "custom" || o.Pool == session.PoolNone
}

// Lookup returns the parameter of that name.
func Lookup(name string) (Param, bool) {
	for _, p := range Params() {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// ParamNames returns the names of all parameters, in the order of the table.
func ParamNames() []string {
	all := Params()
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return names
}

// Kind is what sort of value a parameter takes.
type Kind uint8

// The kinds.
const (
	KindChoice   Kind = iota // one of Choices
	KindList                 // a preset or a list of words
	KindCount                // a whole number
	KindRate                 // a number per second
	KindShare                // a percentage
	KindSize                 // bytes
	KindDuration             // a time
	KindSteps                // stages of a load
)

// Param describes one parameter of a [Config].
type Param struct {
	// Name is the flag, the key in a TOML file and, in capitals, with
	// underscores and SAGETOP_ in front, the environment variable.
	Name string
	// Kind, Unit, Range and Default are for people and for generated help;
	// Unit is "" where the value says its own. Default is text for Set.
	Kind                 Kind
	Unit, Range, Default string
	// Choices lists the values of a KindChoice.
	Choices []string
	// Distributed says that the value may be a distribution of such values.
	Distributed bool
	// Help is one line, without a full stop.
	Help string
	// Set parses text, checks it against the range, and stores it. The error
	// names the parameter, the value, and what would be right.
	Set func(c *Config, text string) error
	// Get returns the value as text that Set reads back to the same value.
	Get func(c *Config) string
	// Value returns the value for JSON.
	Value func(c *Config) any
}

// Env returns the environment variable that sets the parameter.
func (p Param) Env() string {
	return "SAGETOP_" + strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_"))
}

// JSONName returns the name of the parameter in JSON: in snake case, with the
// unit behind it where there is one.
func (p Param) JSONName() string {
	name := strings.ReplaceAll(p.Name, "-", "_")
	switch p.Kind {
	case KindDuration:
		return name + "_ns"
	case KindSize:
		return name + "_bytes"
	case KindRate:
		return name + "_per_second"
	default:
		return name
	}
}
