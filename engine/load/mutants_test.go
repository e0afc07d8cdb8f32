package load

import (
	"testing"

	"github.com/SAGE-X-project/sagetop/internal/mutant"
)

// TestMutants makes the load dishonest, or careless, in one way after the other
// and wants a test to notice.
func TestMutants(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("builds many programs")
	}
	mutant.Run(t)
}
