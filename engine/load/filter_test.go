package load

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

func TestFilterMatches(t *testing.T) {
	row := SessionRow{
		ID: session.ID{0xff, 1}, State: SessionIdle, Role: session.Responder, Suite: HandshakeHybrid, Transport: TransportHTTP,
		Age: 90*time.Second + 300*time.Millisecond, Idle: 2500 * time.Millisecond, Messages: 10_000,
		BytesIn: 4096, BytesOut: 4000, Expires: Never, Slot: 7, Reuses: 3,
	}
	for filter, want := range map[string]bool{
		"": true, "  ": true,
		"age>10s msgs=0 suite=hybrid state=idle":   false,
		"age>10s msgs=10k suite=hybrid state=idle": true,
		"hybrid": true, "HYB": true, "http": true, "respond": true, "nobody": false, "hybrid x25519": false,
		"_weaaaa": true, "id=_wEA": true, "id=_wea": false, "id!=_wea": true,
		"age=1m30s": true, "age!=1m30s": false, "age=90.3s": true, "age=90.301s": false, "age>1m30s": true, "age<=1m30s": false,
		"idle>=2.5s": true, "idle<2s": false, "idle<=2500ms": true,
		"messages=10000": true, "msgs!=10k": false, "MSGS>9999": true,
		"in=4KiB": true, "out=4k": true, "out<4KiB": true, "bytes=8096": true, "bytes>8kB": true,
		"expires=never": true, "expires>1h": true, "expires<1h": false, "expires!=NEVER": false,
		"slot=7": true, "slot>7": false, "reuses>=3": true,
		"state=IDLE": true, "state!=active": true, "role=responder": true, "role!=symmetric": true, "transport=memory": false,
		"suite!=none": true,
	} {
		f, err := ParseSessionFilter(filter)
		if err != nil {
			t.Errorf("%q: %v", filter, err)
		} else if got := f.Match(&row); got != want {
			t.Errorf("%q: %t, want %t", filter, got, want)
		}
		if n := testing.AllocsPerRun(10, func() { f.Match(&row) }); n != 0 {
			t.Errorf("%q: %.0f allocations", filter, n)
		}
	}
	row = SessionRow{}
	for filter, want := range map[string]bool{"memory": false, "transport=memory": false, "transport!=http": true, "none": true} {
		if f, err := ParseSessionFilter(filter); err != nil || f.Match(&row) != want {
			t.Errorf("%q of one that resumed: want %t, %v", filter, want, err)
		}
	}
}

func TestFilterErrors(t *testing.T) {
	for filter, want := range map[string]struct{ part, problem string }{
		"idle agee>10s":             {"agee", "is not a column; want one of id, state"},
		"msgs=0 age>10":             {"10", "is not valid for age; want a time"},
		"age>-1s":                   {"-1s", "is not valid for age"},
		"age>":                      {"age>", "has no value behind it; want a time"},
		"=5":                        {"=5", "has no column before it"},
		"suite>hybrid":              {">", "cannot compare suite, which has no order; want = or !="},
		"suite=mixed":               {"mixed", "is not a suite; want none, x25519, hpke or hybrid"},
		"state=dead":                {"dead", "is not a state; want active, idle or ended"},
		"role!=x":                   {"x", "is not a role; want symmetric, initiator or responder"},
		"msgs!5":                    {"!", "is not an operator"},
		"msgs==5":                   {"=5", "is not valid for msgs; want a whole number"},
		"out>5 parsecs":             {"", ""}, // parsecs is a word
		"out>5parsecs":              {"5parsecs", "is not valid for out; want a size"},
		"slot=1.5":                  {"1.5", "is not valid for slot"},
		"age=never":                 {"never", "is not valid for age"},
		"id<a":                      {"<", "cannot compare id"},
		"bytes=NaN":                 {"NaN", "is not valid for bytes"},
		"msgs=99999999999999999999": {"99999999999999999999", "is not valid for msgs"},
	} {
		_, err := ParseSessionFilter(filter)
		if want.part == "" {
			if err != nil {
				t.Errorf("%q: %v", filter, err)
			}
			continue
		}
		var wrong *FilterError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v", filter, err)
			continue
		}
		if wrong.Part != want.part || !strings.HasPrefix(wrong.Problem, want.problem) || filter[wrong.Offset:wrong.Offset+wrong.Length] != wrong.Part {
			t.Errorf("%q: %+v", filter, wrong)
		}
		if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), want.part) {
			t.Errorf("%q: %v", filter, err)
		}
	}
}

func FuzzSessionFilter(f *testing.F) {
	for _, seed := range []string{"age>10s msgs=0 suite=hybrid state=idle", "a!b", "in>=4KiB", "x", "expires=never", "id=é", "age=1e400s"} {
		f.Add(seed)
	}
	row := SessionRow{ID: session.ID{1, 2, 3}, Suite: HandshakeX25519, Messages: 5, Expires: Never}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseSessionFilter(text)
		if err == nil {
			filter.Match(&row)
			return
		}
		var wrong *FilterError
		if !errors.As(err, &wrong) {
			t.Fatalf("%q: %v", text, err)
		}
		if wrong.Length == 0 || text[wrong.Offset:wrong.Offset+wrong.Length] != wrong.Part {
			t.Errorf("%q: %+v", text, wrong)
		}
	})
}

// A bare word is found in an id's text wherever it is.
func TestFilterFindsPartsOfIDs(t *testing.T) {
	for i := range 100 {
		row := SessionRow{State: SessionEnded, Suite: HandshakeHPKE}
		for j := range row.ID {
			row.ID[j] = byte(i*37 + j*101 + i*j)
		}
		text := row.ID.String()
		for from := range len(text) {
			for _, part := range []string{text[from:], strings.ToUpper(text[from:min(from+3, len(text))])} {
				if f, err := ParseSessionFilter(part); err != nil || !f.Match(&row) {
					t.Fatalf("%q is not found in %s, %v", part, text, err)
				}
			}
		}
		if f, _ := ParseSessionFilter(text + "A"); f.Match(&row) {
			t.Errorf("%s has more", text)
		}
	}
}
