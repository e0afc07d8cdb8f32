package settings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// texts are values of each parameter for TestTextReadsBack.
var texts = map[string][]string{
	"optimizations": {"baseline", "seed", "tuned", "key-buffer", "pool,reusable-hash", "single-hkdf"},
	"pool":          {"none", "sync", "freelist"},
	"pool-capacity": {"0", "4000000", "7"},
	"model":         {"open", "closed"}, "rate": {"1/s", "2M/s", "1234.5/s"}, "arrival": {"constant", "poisson"},
	"workers": {"1", "1000000"}, "profile": {"steady", "ramp", "stages", "spike", "sine", "soak"},
	"stages": {"30s:5000,2m:20000,30s:0", "0s:1,1h:2M"}, "ramp-time": {"0s", "1h", "1.5s"},
	"period": {"24h", "1m30s"}, "spike-time": {"0s", "999ms"}, "peak": {"100%", "2000%", "123.4%"},
	"lifetime": {"0s", "1h", "exp(2s)", "uniform(1s,3s)", "lognormal(2s,10s)"}, "messages": {"0", "1000", "exp(3)"},
	"message-size": {"0B", "1MiB", "1000B", "uniform(64B,512B)"}, "max-live": {"2", "4000000"},
	"expire-share": {"0%", "100%", "0.1%", "33.333%"}, "handshake": {"none", "x25519", "hpke", "hybrid", "mixed"},
	"handshake-share": {"0%", "12.5%"}, "transport": {"memory", "http"}, "gogc": {"off", "1", "10000"},
	"memory-limit": {"off", "32MiB", "1TiB", "100000001B"}, "rng-seed": {"0", "18446744073709551615"},
	"duration": {"0s", "720h", "90s"}, "sessions": {"0", "1000000000"},
}

// TestTextReadsBack: a file of any configuration says that configuration.
func TestTextReadsBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.toml")
	rapid.Check(t, func(t *rapid.T) {
		want := load.Default()
		for _, p := range load.Params() {
			if len(texts[p.Name]) == 0 {
				t.Fatalf("%s: the test has no values for it", p.Name)
			}
			if err := p.Set(&want, rapid.SampledFrom(texts[p.Name]).Draw(t, p.Name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := Save(path, Text(want, "a line", "another = 1"), true); err != nil {
			t.Fatal(err)
		}
		f, err := ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got := load.Default()
		from := Sources{Flag: func(string) (string, bool) { return "", false }, Getenv: func(string) string { return "" }, File: f}
		if err := Resolve(OfConfig(&got), from); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%v", load.Diff(want, got))
		}
	})
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c.toml")
	read := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("the file has %q, %v; want %q", got, err, want)
		}
	}
	if err := Save(path, "one", false); err != nil {
		t.Fatal(err)
	}
	read("one")
	if err := Save(path, "two", false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that exists: %v", err)
	}
	read("one")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Save(path, "two", true); err != nil {
		t.Error(err)
	}
	read("two")
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := Save(filepath.Join(dir, "none", "c.toml"), "x", false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if err := Save(dir, "x", true); err == nil {
		t.Error("a directory was written over")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestSaveBehindLink: a link stays, and what it names is written.
func TestSaveBehindLink(t *testing.T) {
	for _, tt := range []struct {
		name  string
		links map[string]string
		was   bool // there was a file
	}{
		{"to a file", map[string]string{"link": "c"}, true},
		{"to nothing", map[string]string{"link": "c"}, false},
		{"to a link to nothing", map[string]string{"link": "other", "other": "c"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file, link := filepath.Join(dir, "c"), filepath.Join(dir, "link")
			if tt.was {
				if err := os.WriteFile(file, []byte("one"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for from, to := range tt.links {
				if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
					t.Skip("no links here: ", err)
				}
			}
			if err := Save(link, "two", false); !errors.Is(err, fs.ErrExist) {
				t.Errorf("not over it: %v", err)
			}
			if err := Save(link, "two", true); err != nil {
				t.Error(err)
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != "two" {
				t.Errorf("the file has %q, %v", got, err)
			}
			for from := range tt.links {
				if info, err := os.Lstat(filepath.Join(dir, from)); err != nil || info.Mode().Type() != fs.ModeSymlink {
					t.Errorf("the link %s was replaced: %v, %v", from, info, err)
				}
			}
		})
	}
}

// TestClaimFails: what was claimed is not left behind empty.
func TestClaimFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	if err := claim(path+".missing", path, 0o600); err == nil {
		t.Error("what is missing was put in place")
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left over: %v", err)
	}
}
