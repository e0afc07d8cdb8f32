package handshake

import (
	"testing"

	"github.com/SAGE-X-project/sagetop/internal/mutant"
)

// TestMutants breaks one safety property after the other and wants a test to
// notice.
func TestMutants(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("builds many programs")
	}
	mutant.Run(t)
}
