package session

import (
	"crypto/sha256"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
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
				if o.ReusableHash {
					sc := m.scratch.acquire()
					sc.deriveKeys(&s.keys, seed, id, o.SingleHKDF)
					sc.release()
				} else {
					libraryDeriveKeys(&s.keys, seed, id, o.SingleHKDF)
				}
			}
		})
	}
}

// benchmarkBlocks hashes as many blocks as the single-HKDF schedule has, through
// one digest: four for the extract, two for the key pads of the expansions, and
// for the six output blocks two each, but three for the last three, where an
// output block, the longer info and the counter do not leave room for the padding.
func benchmarkBlocks(b *testing.B) {
	const blocks = 4 + 2 + 3*2 + 3*3
	digest, block := sha256.New(), make([]byte, sha256.BlockSize)
	b.ReportAllocs()
	for b.Loop() {
		digest.Reset()
		for range blocks {
			digest.Write(block)
		}
	}
}

func BenchmarkSealOpen(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"64", 64}, {"1024", 1024}, {"16384", 16384}} {
		b.Run(size.name, func(b *testing.B) {
			s := mustCreate(b, newWarmManager(b, Tuned), Params{Seed: seedOf(1)})
			text := make([]byte, size.n)
			sealed, opened := make([]byte, 0, size.n+Overhead), make([]byte, 0, size.n)
			b.SetBytes(int64(size.n))
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

// many is how many sessions live while lookups and sweeps are measured.
const many = 100_000

func populate(b *testing.B, m *Manager) []ID {
	b.Helper()
	ids := make([]ID, many)
	seed := seedOf(1)
	for i := range ids {
		nextSeed(seed)
		ids[i] = mustCreate(b, m, Params{Seed: seed, Limits: &Limits{MaxAge: 1 << 62}}).ID()
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
			r := rand.New(rand.NewPCG(1, rand.Uint64()))
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

// BenchmarkSweep sweeps 100,000 sessions of which none, or one in a hundred,
// has expired. Between sweeps the manager's clock goes on by a second.
func BenchmarkSweep(b *testing.B) {
	for _, tt := range []struct {
		name    string
		expired int
	}{{"idle", 0}, {"one-percent", many / 100}} {
		b.Run(tt.name, func(b *testing.B) {
			m := newTestManager(b, Config{Optimizations: Tuned, PoolCapacity: many, SweepInterval: manual})
			populate(b, m)
			seed := seedOf(2)
			b.ReportAllocs()
			for b.Loop() {
				if tt.expired > 0 {
					b.StopTimer()
					for range tt.expired {
						nextSeed(seed)
						mustCreate(b, m, Params{Seed: seed, Limits: &Limits{MaxAge: 1}})
					}
					b.StartTimer()
				}
				m.epoch = m.epoch.Add(-time.Second)
				if n := m.Sweep(); n != tt.expired {
					b.Fatalf("sweep ended %d, want %d", n, tt.expired)
				}
			}
		})
	}
}

func BenchmarkReplayCheck(b *testing.B) {
	g := NewReplayGuard(time.Millisecond, 1<<20)
	nonce := nonceOf(0)
	b.ReportAllocs()
	for b.Loop() {
		nextSeed(nonce)
		if err := g.Check("key id", nonce); err != nil {
			b.Fatal(err)
		}
	}
}
