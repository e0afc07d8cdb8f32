package gate

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// figures are those of the tests: each kind, and two things with percentiles, of
// which one has not all.
var figures = []Figure{
	{"allocs_per_session", Number},
	{"bytes_per_session", Bytes},
	{"heap_live", Bytes},
	{"gc_cpu_share", Share},
	{"create_p50", Time},
	{"create_p99", Time},
	{"create_p999", Time},
	{"pause_p99", Time},
}

// compare are the options of a comparison.
var compare = Options{Base: true}

func mustParse(t testing.TB, text string) *Expr {
	t.Helper()
	e, err := Parse(text, figures, compare)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
