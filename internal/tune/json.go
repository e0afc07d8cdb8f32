package tune

import (
	"encoding/json"
	"math"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/stats"
)

// Schema names the JSON form of an [Outcome]. Fields may be added under the same
// name; none is removed or changes its meaning.
const Schema = "sagetop.tune/1"

// figure is a figure in JSON, which has no NaN: null stands for it.
type figure float64

// MarshalJSON implements json.Marshaler.
func (f figure) MarshalJSON() ([]byte, error) {
	if v := float64(f); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return json.Marshal(v)
	}
	return []byte("null"), nil
}

type jsonEstimate struct {
	Median figure `json:"median"`
	Low    figure `json:"low"`
	High   figure `json:"high"`
}

func estimateOf(e stats.Estimate) jsonEstimate {
	return jsonEstimate{figure(e.Value), figure(e.Low), figure(e.High)}
}

// MarshalJSON writes the settings under the names that they have in a
// configuration. A capacity that has no effect and a limit that is off are null.
func (s Settings) MarshalJSON() ([]byte, error) {
	names := map[string]string{}
	c := s.In(load.Default())
	object := make(map[string]any)
	for _, name := range Axes() {
		p, _ := load.Lookup(name)
		names[name] = p.JSONName()
		object[p.JSONName()] = nil
	}
	for _, v := range s.Values() {
		p, _ := load.Lookup(v.Name)
		object[names[v.Name]] = p.Value(&c)
	}
	return json.Marshal(object)
}

// MarshalJSON writes the score with its figures; what does not exist is null.
func (s Score) MarshalJSON() ([]byte, error) {
	type constraint struct {
		jsonEstimate
		Met     bool `json:"met"`
		Certain bool `json:"certain"`
	}
	constraints := make([]constraint, len(s.Constraints))
	for i, c := range s.Constraints {
		constraints[i] = constraint{estimateOf(c.Estimate), c.Met, c.Certain}
	}
	return json.Marshal(struct {
		Settings    Settings     `json:"settings"`
		Present     bool         `json:"present"`
		Round       int          `json:"round"`
		Slices      int          `json:"slices"`
		Valid       int          `json:"valid_slices"`
		Aim         jsonEstimate `json:"aim"`
		Met         bool         `json:"constraints_met"`
		Constraints []constraint `json:"constraints"`
	}{
		s.Settings, s.Present, s.Round, s.Slices, s.Valid, estimateOf(s.Aim), s.Met(), constraints,
	})
}

// MarshalJSON writes the outcome under [Schema]. settings are those to use, and
// null without a verdict that there are any; final is null if it was not measured.
func (o Outcome) MarshalJSON() ([]byte, error) {
	type final struct {
		Present    Score           `json:"present"`
		Best       Score           `json:"best"`
		Better     bool            `json:"better"`
		Comparison load.Comparison `json:"comparison"`
	}
	t := &o.Search.task
	constraints := make([]string, len(t.Constraints))
	for i, c := range t.Constraints {
		constraints[i] = c.String()
	}
	var chosen *Settings
	if s, ok := o.Settings(); ok {
		chosen = &s
	}
	var last *final
	if f := o.Final; f != nil {
		last = &final{f.Present, f.Best, o.Better(), f.Comparison}
	}
	var verdict *Verdict
	if o.Verdict != "" {
		verdict = &o.Verdict
	}
	return json.Marshal(struct {
		Schema     string        `json:"schema"`
		Minimize   string        `json:"minimize"`
		Unit       string        `json:"unit"`
		SubjectTo  []string      `json:"subject_to"`
		Search     []string      `json:"search"`
		Config     load.Config   `json:"config"`
		Space      int           `json:"space"`
		Candidates int           `json:"candidates"`
		Rounds     []Round       `json:"rounds"`
		Done       int           `json:"rounds_done"`
		Slices     int           `json:"slices"`
		Started    time.Time     `json:"started"`
		Elapsed    time.Duration `json:"elapsed_ns"`
		Partial    bool          `json:"partial"`
		Verdict    *Verdict      `json:"verdict"`
		Why        string        `json:"undecided_reason"`
		Settings   *Settings     `json:"settings"`
		Nearest    *Score        `json:"nearest"`
		Final      *final        `json:"final"`
		Ranking    []Score       `json:"ranking"`
	}{
		Schema, t.Aim.Name, t.Aim.Unit, constraints, t.Axes, t.Present, o.Search.size, len(o.Search.candidates),
		o.Search.rounds, o.Rounds, o.Slices, o.Started, o.Elapsed, o.Partial, verdict, o.Why, chosen,
		o.Nearest, last, append([]Score{}, o.Ranking...),
	})
}
