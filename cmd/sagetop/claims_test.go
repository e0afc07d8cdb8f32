package main

import (
	"strings"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/claims"
	"github.com/SAGE-X-project/sagetop/internal/report"
)

// TestClaimsFlags: the help shows the load that is run by default, and no source
// changes what the arms differ in.
func TestClaimsFlags(t *testing.T) {
	cmd := newClaimsCommand()
	defaults := claims.Load(load.Default())
	for _, flags := range commandFlags(cmd) {
		for _, f := range flags {
			if p, ok := load.Lookup(f.name); ok && f.initial != p.Get(&defaults) {
				t.Errorf("--%s: default %s, want %s", f.name, f.initial, p.Get(&defaults))
			}
		}
	}
	t.Setenv("SAGETOP_OPTIMIZATIONS", "key-buffer")
	t.Setenv("SAGETOP_MESSAGES", "4")
	o := claimsOptions()
	if err := o.resolve(cmd); err != nil {
		t.Fatal(err)
	}
	for _, a := range claims.ArmsUnder(o.config) {
		if a.Config.Optimizations.Preset() != a.Name || a.Config.Messages != load.Fixed(4) || a.Config.Model != load.Closed {
			t.Errorf("%s: %+v", a.Name, a.Config)
		}
	}
	if o.output != report.ClaimsFormats()[0] {
		t.Errorf("output %s", o.output)
	}
}

func TestClaimsHelpFits(t *testing.T) {
	root := newRootCommand()
	var b strings.Builder
	root.SetOut(&b)
	root.SetArgs([]string{"claims", "--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if line = strings.TrimSuffix(line, "\n"); len(line) > helpWidth {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}
