package claims

import (
	"encoding/json"
	"math"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// Schema names the JSON form of a [Board]. Fields may be added under the same name;
// none is removed or changes its meaning.
const Schema = "sagetop.claims/1"

// MarshalJSON writes the board under [Schema].
func (b Board) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Schema  string           `json:"schema"`
		Verdict bool             `json:"verdict"`
		Why     string           `json:"no_verdict_reason"`
		Partial bool             `json:"partial"`
		Slices  int              `json:"slices"`
		Slice   time.Duration    `json:"slice_ns"`
		Elapsed time.Duration    `json:"elapsed_ns"`
		Load    string           `json:"load"`
		Arms    []load.ArmResult `json:"arms"`
		Claims  []Row            `json:"claims"`
	}{Schema, b.Why == "", b.Why, b.Partial, b.Slices, b.Slice, b.Elapsed, b.Load, b.Arms, b.Rows})
}

// MarshalJSON writes the row; a number that there is not is null.
func (r Row) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name    string   `json:"name"`
		Arm     string   `json:"arm"`
		Claim   string   `json:"claim"`
		Claimed string   `json:"claimed"`
		Value   *float64 `json:"value"`
		Low     *float64 `json:"low"`
		High    *float64 `json:"high"`
		Unit    string   `json:"unit"`
		Exact   bool     `json:"exact"`
		Checked uint64   `json:"checked"`
		Verdict Verdict  `json:"verdict"`
		Note    string   `json:"note"`
	}{r.Name, r.Arm, r.Claim, r.Claimed, orNull(r.Value), orNull(r.Low), orNull(r.High), r.Unit, r.Exact, r.Checked, r.Verdict, r.Note})
}

// orNull returns what JSON has for v: it has no NaN.
func orNull(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
