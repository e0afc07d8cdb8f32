package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain lets scripts run this program as "sagetop" without building it, and
// checks that the tests leave no goroutine behind.
func TestMain(m *testing.M) {
	testscript.Main(leakCheck{m}, map[string]func(){"sagetop": main})
}

// atEnd removes what the tests share.
var atEnd = func() {}

type leakCheck struct{ m *testing.M }

// Run implements testscript.TestingM.
func (c leakCheck) Run() int {
	code := c.m.Run()
	atEnd()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}
