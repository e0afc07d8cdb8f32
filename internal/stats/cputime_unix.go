//go:build unix

package stats

import (
	"syscall"
	"time"
)

// ProcessCPU returns the processor time that the process has used, user and
// system; 0 where the platform does not tell. It allocates nothing.
func ProcessCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
