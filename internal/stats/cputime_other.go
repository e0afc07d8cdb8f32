//go:build !unix && !windows

package stats

import "time"

// ProcessCPU returns 0: the platform does not tell.
func ProcessCPU() time.Duration { return 0 }
