package session

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestNoKeyByteRemains searches all memory of a process that used sessions, its
// heap, stacks and globals, for every secret of theirs in every form that the
// code of a session or of the library gives it. While a session lives, its keys
// are found, which shows that the search works, but nothing of it is found on
// the stack that used it. After its end, nothing is found at all.
func TestNoKeyByteRemains(t *testing.T) {
	type kind struct {
		name  string
		opts  Optimizations
		debug string // as if the processor had less to offer
	}
	kinds := []kind{
		{"tuned", Tuned, ""},
		{"scattered keys", Optimizations{SingleHKDF: true, ReusableHash: true, Pool: PoolFreeList}, ""},
		{"six HKDFs", Optimizations{KeyBuffer: true, ReusableHash: true, Pool: PoolFreeList}, ""},
		{"no SHA instructions", Tuned, "cpu.sha=off"},
		{"no vectors", Tuned, "cpu.sha=off,cpu.avx2=off"},
	}
	if runtimeSecret {
		// What the library left is gone too, once it was collected.
		kinds = append(kinds, kind{"baseline", Baseline, ""}, kind{"seed", Seed, ""})
	}
	for i, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			if i > 0 && raceEnabled {
				t.Skip("the race detector's own memory takes long to search")
			}
			needles, report := memscan(t, k.opts, k.debug, (i == 0 || k.debug == "cpu.sha=off") && !raceEnabled)
			for _, stage := range report.Stages {
				if k.opts.ReusableHash || strings.HasSuffix(stage.Name, "collected") {
					checkStage(t, stage, needles, report.Findings)
				}
			}
		})
	}
}

// TestLibraryRemains reports what remains where the library computes HKDF and
// HMAC, in memory that it owns. It promises nothing.
func TestLibraryRemains(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("it only reports")
	}
	for _, o := range []Optimizations{Baseline, Seed} {
		t.Run(o.String(), func(t *testing.T) {
			needles, report := memscan(t, o, "", false)
			for _, stage := range report.Stages {
				if !strings.HasSuffix(stage.Name, "closed, collected") {
					continue
				}
				names, places := map[string]bool{}, 0
				for _, f := range report.Findings {
					n := needles[f.Needle]
					if f.Stage == stage.Name && !slices.Contains(stage.Live, n.Seed) {
						names[n.Secret] = true
						places += f.Count
					}
				}
				t.Logf("%s: at %d places: %s", stage.Name, places,
					strings.Join(slices.Sorted(maps.Keys(names)), "; "))
			}
		})
	}
}

// checkStage fails the test if at that moment anything of an ended session was
// in memory, if a living session's keys were not, or if its stack had them.
func checkStage(t *testing.T, stage memscanStage, needles []needle, all []finding) {
	t.Helper()
	keys := map[int]bool{}
	for i, n := range needles {
		if n.Key && slices.Contains(stage.Live, n.Seed) {
			keys[i] = true
		}
	}
	for _, f := range all {
		if f.Stage != stage.Name {
			continue
		}
		n := needles[f.Needle]
		alive := slices.Contains(stage.Live, n.Seed)
		if alive && f.Below == 0 {
			delete(keys, f.Needle)
		} else if !dropped(t, n, f) {
			t.Errorf("%s: %s of %s, %s", stage.Name, n, n.Seed, f)
		}
	}
	for i := range keys {
		t.Errorf("%s: %s of %s was not found: the search shows nothing", stage.Name, needles[i], needles[i].Seed)
	}
}

// dropped tells whether a finding is one that a build without access to the
// library's ciphers cannot help: their copies wait for the collector.
func dropped(t *testing.T, n needle, f finding) bool {
	return n.Cipher && f.Below == 0 && !reachesKeys(t)
}

func (f finding) String() string {
	s := fmt.Sprintf("%d times, first at %#x in %s", f.Count, f.Address, f.Where)
	if f.Below > 0 {
		s += fmt.Sprintf(", %d bytes below the frame of the caller", f.Below)
	}
	return s
}

// memscan has a child process use sessions and search its own memory.
func memscan(t *testing.T, o Optimizations, debug string, each bool) ([]needle, memscanReport) {
	t.Helper()
	job := memscanJob{Optimizations: o, Seeds: map[string][]byte{}, EachOperation: each}
	var all []needle
	for _, pair := range []string{"first", "second", "third", "fourth", "fifth"} {
		for _, kind := range []string{"pair", "alone"} {
			seed := make([]byte, SeedSize)
			rand.Read(seed)
			name := pair + " " + kind
			job.Seeds[name] = masked(seed)
			all = append(all, needlesOf(t, name, seed, o)...)
		}
	}
	for _, n := range all {
		job.Needles = append(job.Needles, masked(n.Bytes[:]))
	}
	in, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestMemscanChild$")
	// A preempted goroutine's registers are saved wherever the runtime likes,
	// with the keys that happen to be in them, and no code can do anything
	// about that.
	cmd.Env = append(os.Environ(), memscanEnv+"=1", "GODEBUG=asyncpreemptoff=1,"+debug)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr.Bytes())
	}
	var report memscanReport
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&report); err != nil { // the testing package's words follow
		t.Fatalf("report: %v\n%s", err, out)
	}
	return all, report
}
