package session

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
)

// auditRounds have each way to end a session with each role, and each role after
// each other, more than once.
const auditRounds = 42

// TestAudit finds nothing wrong, and counts what there was to look at.
func TestAudit(t *testing.T) {
	for _, o := range everyOptimization() {
		t.Run(fmt.Sprintf("%s/%s", o, o.Pool), func(t *testing.T) {
			r, err := Audit(o, auditRounds)
			if err != nil {
				t.Error(err)
			}
			for name, f := range map[string]Finding{
				"keys zeroed": r.KeysZeroed, "no pool leak": r.NoPoolLeak, "no dangling reference": r.NoDanglingReference,
			} {
				if f.Violations != 0 {
					t.Errorf("%s: %d of %d were violations", name, f.Violations, f.Checked)
				}
			}
			if want := auditedKeyBytes(t, o, auditRounds); r.KeysZeroed.Checked != want {
				t.Errorf("keys zeroed: %d bytes looked at, want %d", r.KeysZeroed.Checked, want)
			}
			reuses := r.NoPoolLeak.Checked
			switch o.Pool {
			case PoolNone:
				if reuses != 0 {
					t.Errorf("no pool leak: %d reuses without a pool", reuses)
				}
			case PoolSync: // which forgets when it likes
				if reuses == 0 || reuses > auditRounds {
					t.Errorf("no pool leak: %d reuses in %d rounds", reuses, auditRounds)
				}
			case PoolFreeList:
				if reuses != auditRounds {
					t.Errorf("no pool leak: %d reuses in %d rounds", reuses, auditRounds)
				}
			}
			if want := auditedUses(auditRounds); r.NoDanglingReference.Checked != want {
				t.Errorf("no dangling reference: %d uses, want %d", r.NoDanglingReference.Checked, want)
			}
		})
	}
}

// auditedKeyBytes is how many bytes of key material there are in the storage of
// the sessions that so many rounds end.
func auditedKeyBytes(t *testing.T, o Optimizations, rounds int) (n uint64) {
	t.Helper()
	for i := range rounds {
		role := auditRoles[i/len(auditEnds)%len(auditRoles)]
		ciphers, macKeys := 2, 2
		if role == Symmetric {
			ciphers, macKeys = 1, 1
		}
		if !reachesKeys(t) {
			ciphers = 0
		}
		if !o.reusableHash() {
			macKeys = 0
		}
		n += uint64(2 * KeySize * (numKeys + ciphers + 2*macKeys)) // two ends
	}
	return n
}

// auditedUses is how many uses of handles and ids so many rounds have.
func auditedUses(rounds int) uint64 {
	calls := uint64(len(staleCalls))
	kept := uint64(0)
	n := uint64(0)
	for range rounds {
		kept = min(kept+1, auditKept)
		n += calls + 1 + kept*calls + 1
	}
	n += (kept + 1) * calls                                // after the manager's end
	n += uint64(rounds) * (auditWorkers*calls + 1 + calls) // together
	return n
}

// TestAuditCallsAll says that no method of a handle is left out.
func TestAuditCallsAll(t *testing.T) {
	if got, want := len(staleCalls), reflect.TypeFor[Session]().NumMethod(); got != want {
		t.Errorf("an audit calls %d methods of a stale handle, and there are %d", got, want)
	}
}

// TestAuditRoundsOfOne has less rounds than there are ways to end a session.
func TestAuditRoundsOfOne(t *testing.T) {
	r, err := Audit(Tuned, 1)
	if err != nil || r.KeysZeroed.Checked == 0 || r.NoPoolLeak != (Finding{Checked: 1}) || r.NoDanglingReference.Checked != auditedUses(1) {
		t.Errorf("one round: %+v, %v", r, err)
	}
}

func TestAuditRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		o      Optimizations
		rounds int
		says   string
	}{
		"no rounds":       {Tuned, 0, "0 rounds of an audit"},
		"negative rounds": {Tuned, -3, "-3 rounds of an audit"},
		"unknown pool":    {Optimizations{Pool: 9}, 1, "PoolKind(9) is unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Audit(tt.o, tt.rounds)
			if !errors.Is(err, ErrParams) || !strings.Contains(err.Error(), tt.says) || r != (AuditReport{}) {
				t.Errorf("audit = %+v, %v, want an error that says %q", r, err, tt.says)
			}
		})
	}
}

// TestAuditSees shows the audit's eyes what they are to see.
func TestAuditSees(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, SweepInterval: manual})
	h, words, err := auditTalker(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	memory := keyMemoryOf(h.slot)
	keys := memory.read()
	other, _, err := auditTalker(m, nil)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("keys of another session", func(t *testing.T) {
		if !holds(h, keys[KeySize:KeySize+8]) || holds(other, keys) {
			t.Error("eight bytes of a key were not told from those of others")
		}
	})
	t.Run("a session that is used", func(t *testing.T) {
		if !remembers(m, h) {
			t.Error("messages were not seen")
		}
	})
	t.Run("a session that knows the keys", func(t *testing.T) {
		if stranger, err := isStranger(h, other, [2]said{words, words}); stranger || err != nil {
			t.Errorf("stranger to itself: %t, %v", stranger, err)
		}
		if stranger, err := isStranger(other, h, [2]said{words, words}); !stranger || err != nil {
			t.Errorf("stranger to another: %t, %v", stranger, err)
		}
	})
	t.Run("a handle that is not stale", func(t *testing.T) {
		for i, call := range staleCalls {
			live, s, err := auditTalker(m, nil)
			if err != nil {
				t.Fatal(err)
			}
			if call(live, s) {
				t.Errorf("call %d did not tell a live session from an ended one", i)
			}
		}
		var f Finding
		if f.callStale(h, words); f != (Finding{Checked: 1, Violations: 1}) {
			t.Errorf("a live handle gave %+v", f)
		}
	})
	t.Run("another worker's handle that is not stale", func(t *testing.T) {
		live, _, err := auditTalker(m, nil)
		if err != nil {
			t.Fatal(err)
		}
		ended := make([]atomic.Pointer[Session], 1)
		ended[0].Store(&live)
		var f Finding
		if err := auditTogether(&f, m, 0, ended); err != nil || f.Violations != 1 {
			t.Errorf("%+v, %v, want a violation", f, err)
		}
	})
	t.Run("memory that is not zero", func(t *testing.T) {
		if n := len(keys); n != KeySize*(numKeys+reachable(t)+2) || len(memory.read()) != n {
			t.Errorf("%d bytes of key material", n)
		}
	})
}

// reachable is how many ciphers' keys of a symmetric session can be reached.
func reachable(t *testing.T) int {
	t.Helper()
	if reachesKeys(t) {
		return 1
	}
	return 0
}
