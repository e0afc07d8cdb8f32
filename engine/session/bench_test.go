package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	mathrand "math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

var presetNames = []string{"baseline", "seed", "tuned"}

func preset(b *testing.B, name string) Optimizations {
	b.Helper()
	o, err := ParseOptimizations(name)
	if err != nil {
		b.Fatal(err)
	}
	return o
}

func BenchmarkCreateRemove(b *testing.B) {
	for _, name := range presetNames {
		for _, role := range []Role{Symmetric, Initiator} {
			kind := "plain"
			if role != Symmetric {
				kind = "directional"
			}
			b.Run(name+"/"+kind, func(b *testing.B) {
				m := newWarmManager(b, preset(b, name))
				p := Params{Seed: seedOf(1), Role: role}
				b.ReportAllocs()
				for b.Loop() {
					nextSeed(p.Seed)
					s, err := m.Create(p)
					if err != nil || s.Close() != nil {
						b.Fatal("create and close failed")
					}
				}
			})
		}
	}
}

// BenchmarkCreateUseRemove makes a session, has it seal and open one short
// message, and closes it.
func BenchmarkCreateUseRemove(b *testing.B) {
	for _, name := range presetNames {
		b.Run(name, func(b *testing.B) {
			m := newWarmManager(b, preset(b, name))
			p := Params{Seed: seedOf(1)}
			text := make([]byte, 64)
			sealed, opened := make([]byte, 0, 64+Overhead), make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				nextSeed(p.Seed)
				s, err := m.Create(p)
				if err != nil {
					b.Fatal(err)
				}
				if sealed, err = s.Seal(sealed[:0], text, nil); err != nil {
					b.Fatal(err)
				}
				if opened, err = s.Open(opened[:0], sealed, nil); err != nil {
					b.Fatal(err)
				}
				if err = s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLifecycle makes both ends of a session, sends 1 KiB each way, and
// closes them.
func BenchmarkLifecycle(b *testing.B) {
	for _, name := range presetNames {
		b.Run(name, func(b *testing.B) {
			o := preset(b, name)
			client, server := newWarmManager(b, o), newWarmManager(b, o)
			seed := seedOf(1)
			text := make([]byte, 1024)
			sealed, opened := make([]byte, 0, 2048), make([]byte, 0, 2048)
			send := func(from, to Session) {
				var err error
				if sealed, err = from.Seal(sealed[:0], text, nil); err != nil {
					b.Fatal(err)
				}
				if opened, err = to.Open(opened[:0], sealed, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				nextSeed(seed)
				near, err := client.Create(Params{Seed: seed, Role: Initiator})
				if err != nil {
					b.Fatal(err)
				}
				far, err := server.Create(Params{Seed: seed, Role: Responder})
				if err != nil {
					b.Fatal(err)
				}
				send(near, far)
				send(far, near)
				if near.Close() != nil || far.Close() != nil {
					b.Fatal("close failed")
				}
			}
		})
	}
}

// BenchmarkDerive derives the six keys of a session, as a manager does it, into
// room that is there already.
func BenchmarkDerive(b *testing.B) {
	b.Run("sha256", benchmarkBlocks)
	for _, name := range presetNames {
		b.Run(name, func(b *testing.B) {
			m := newWarmManager(b, preset(b, name))
			o := m.Optimizations()
			var s slot
			s.layKeys(o)
			seed, id := seedOf(1), ID{}
			b.ReportAllocs()
			for b.Loop() {
				nextSeed(seed)
				deriveKeys(&s.keys, seed, id, o)
			}
		})
	}
}

// benchmarkBlocks hashes what the single-HKDF schedule hashes, through one digest
// and in as few calls: for the extract two blocks twice, for the key of the
// expansions two pads, and for the six output blocks an inner and an outer hash
// each, of which the last three inner ones take two blocks, where an output block,
// the longer info and the counter leave no room for the padding.
func benchmarkBlocks(b *testing.B) {
	digest, blocks := sha256.New(), make([]byte, 2*sha256.BlockSize)
	b.ReportAllocs()
	for b.Loop() {
		digest.Reset()
		for range 2 + 3 {
			digest.Write(blocks)
		}
		for range 2 + 3*2 + 3 {
			digest.Write(blocks[:sha256.BlockSize])
		}
	}
}

var messageSizes = []int{64, 1024, 16384}

func BenchmarkSealOpen(b *testing.B) {
	for _, n := range messageSizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s := mustCreate(b, newWarmManager(b, Tuned), Params{Seed: seedOf(1)})
			text := make([]byte, n)
			sealed, opened := make([]byte, 0, n+Overhead), make([]byte, 0, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if sealed, err = s.Seal(sealed[:0], text, nil); err != nil {
					b.Fatal(err)
				}
				if opened, err = s.Open(opened[:0], sealed, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSealOpenBare is the least that BenchmarkSealOpen can cost: the cipher,
// and its random nonce.
func BenchmarkSealOpenBare(b *testing.B) {
	for _, n := range messageSizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			aead, err := chacha20poly1305.New(seedOf(1))
			if err != nil {
				b.Fatal(err)
			}
			text := make([]byte, n)
			sealed, opened := make([]byte, NonceSize, n+Overhead), make([]byte, 0, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				nonce := sealed[:NonceSize]
				rand.Read(nonce)
				sealed = aead.Seal(nonce, nonce, text, nil)
				if opened, err = aead.Open(opened[:0], sealed[:NonceSize], sealed[NonceSize:], nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSignVerify makes and checks the MAC of 256 bytes, and beside it that of
// crypto/hmac.
func BenchmarkSignVerify(b *testing.B) {
	text, mac := make([]byte, 256), make([]byte, 0, MACSize)
	b.Run("tuned", func(b *testing.B) {
		s := mustCreate(b, newWarmManager(b, Tuned), Params{Seed: seedOf(1)})
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if mac, err = s.Sign(mac[:0], text); err != nil {
				b.Fatal(err)
			}
			if err = s.Verify(text, mac); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		h := hmac.New(sha256.New, seedOf(1))
		again := make([]byte, 0, MACSize)
		b.ReportAllocs()
		for b.Loop() {
			h.Reset()
			h.Write(text)
			mac = h.Sum(mac[:0])
			h.Reset()
			h.Write(text)
			if again = h.Sum(again[:0]); !hmac.Equal(mac, again) {
				b.Fatal("one message has two MACs")
			}
		}
	})
}

// many is how many sessions live while lookups and sweeps are measured.
const many = 100_000

// populate makes them, with an age limit of one to two hours each, as far from
// each other as those of a service's sessions.
func populate(b *testing.B, m *Manager) []ID {
	b.Helper()
	ids := make([]ID, many)
	seed := seedOf(1)
	r := mathrand.New(mathrand.NewPCG(1, 2))
	for i := range ids {
		nextSeed(seed)
		limits := Limits{MaxAge: time.Hour + time.Duration(r.Int64N(int64(time.Hour)))}
		ids[i] = mustCreate(b, m, Params{Seed: seed, Limits: &limits}).ID()
	}
	return ids
}

// BenchmarkLookupParallel finds sessions among 100,000, in the manager, and for
// comparison in one map under one lock, with the same look at the limits.
func BenchmarkLookupParallel(b *testing.B) {
	m := newTestManager(b, Config{Optimizations: Tuned, SweepInterval: manual})
	ids := populate(b, m)
	var mu sync.RWMutex
	one := make(map[string]*slot, many) // by text, as SAGE has it
	names := make([]string, many)
	for i, id := range ids {
		s, err := m.Get(id)
		if err != nil {
			b.Fatal(err)
		}
		names[i] = id.String()
		one[names[i]] = s.slot
	}
	parallel := func(b *testing.B, find func(i int) bool) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			r := mathrand.New(mathrand.NewPCG(1, mathrand.Uint64()))
			for pb.Next() {
				if !find(r.IntN(many)) {
					b.Error("a session was not found")
					return
				}
			}
		})
	}
	b.Run("manager", func(b *testing.B) {
		parallel(b, func(i int) bool {
			_, err := m.Get(ids[i])
			return err == nil
		})
	})
	b.Run("one-map", func(b *testing.B) {
		parallel(b, func(i int) bool {
			mu.RLock()
			s := one[names[i]]
			live := s != nil && s.gen.Load()%2 == 1 && s.cause(m.now()) == causeNone
			mu.RUnlock()
			return live
		})
	})
}

// BenchmarkSweep sweeps 100,000 sessions of which none, or one in a hundred, has
// expired. Between sweeps the manager's clock goes on by a second, so that the
// wheel has its slots to move down; after an hour of that the manager is made anew.
func BenchmarkSweep(b *testing.B) {
	for _, tt := range []struct {
		name    string
		expired int
	}{{"idle", 0}, {"one-percent", many / 100}} {
		b.Run(tt.name, func(b *testing.B) {
			var m *Manager
			seed := seedOf(2)
			seconds := 0
			b.ReportAllocs()
			for b.Loop() {
				if seconds%3590 == 0 || tt.expired > 0 {
					b.StopTimer()
					if seconds%3590 == 0 {
						m = newTestManager(b, Config{Optimizations: Tuned, PoolCapacity: many, SweepInterval: manual})
						populate(b, m)
						runtime.GC()
					}
					for range tt.expired {
						nextSeed(seed)
						mustCreate(b, m, Params{Seed: seed, Limits: &Limits{MaxAge: 1}})
					}
					b.StartTimer()
				}
				m.epoch = m.epoch.Add(-time.Second)
				seconds++
				if n := m.Sweep(); n != tt.expired {
					b.Fatalf("sweep ended %d, want %d", n, tt.expired)
				}
			}
		})
	}
}

// BenchmarkSweepInUse sweeps 100,000 sessions with an idle time of ten minutes,
// each of which is used every five: none expires, but the wheel finds their old
// deadlines coming up, and puts them back. An operation is a second of that, and
// seldom an average one: most of the work comes when a coarse bucket's time does.
func BenchmarkSweepInUse(b *testing.B) {
	const period = 300 // seconds
	m := newTestManager(b, Config{Optimizations: Tuned, SweepInterval: manual})
	live := make([]Session, many)
	seed := seedOf(1)
	use := func(second int) {
		for i := second % period; i < many; i += period {
			if _, err := live[i].Sign(nil, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	second := func() { m.epoch = m.epoch.Add(-time.Second) }
	for n := range period {
		for i := n; i < many; i += period {
			nextSeed(seed)
			live[i] = mustCreate(b, m, Params{Seed: seed, Limits: &Limits{IdleTimeout: 10 * time.Minute}})
		}
		second()
		m.Sweep()
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		use(n)
		second()
		b.StartTimer()
		if ended := m.Sweep(); ended != 0 {
			b.Fatalf("sweep ended %d", ended)
		}
	}
}

// BenchmarkInspect lists, among 100,000 sessions, the 50 that were used last.
func BenchmarkInspect(b *testing.B) {
	m := newTestManager(b, Config{Optimizations: Tuned, SweepInterval: manual})
	populate(b, m)
	b.ReportAllocs()
	for b.Loop() {
		l := m.Inspect(Query{Limit: 50, Compare: func(a, b *Info) int { return b.LastUsed.Compare(a.LastUsed) }})
		if len(l.Sessions) != 50 || l.Total != many {
			b.Fatalf("%d listed of %d", len(l.Sessions), l.Total)
		}
	}
}

// BenchmarkReplayCheck shows the guard a new nonce each time, and for comparison
// one map under one lock, by text as SAGE has it, which forgets all at once.
func BenchmarkReplayCheck(b *testing.B) {
	b.Run("guard", func(b *testing.B) {
		g := NewReplayGuard(time.Millisecond, 1<<20)
		nonce := nonceOf(0)
		b.ReportAllocs()
		for b.Loop() {
			nextSeed(nonce)
			if err := g.Check("key id", nonce); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one-map", func(b *testing.B) {
		var mu sync.Mutex
		seen := make(map[string]time.Time)
		nonce := nonceOf(0)
		b.ReportAllocs()
		for b.Loop() {
			nextSeed(nonce)
			key := "key id" + string(nonce)
			mu.Lock()
			if len(seen) == 1<<14 {
				clear(seen)
			}
			if _, replayed := seen[key]; replayed {
				b.Fatal("a new nonce was seen before")
			}
			seen[key] = time.Now()
			mu.Unlock()
		}
	})
}
