package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"
)

// secrets are all places where a live session keeps key bytes, by name.
func secrets(s *slot) map[string][]byte {
	places := make(map[string][]byte)
	for k, key := range s.keys {
		places[fmt.Sprintf("key %d", k)] = key[:]
	}
	if s.buf != nil {
		places["buffer"] = s.buf[:]
	}
	for name, aead := range map[string]cipher.AEAD{"sending cipher": s.out, "receiving cipher": s.in} {
		if aead == nil {
			continue
		}
		if held := heldKey(aead); held != nil {
			places[name] = held[:]
		}
	}
	return places
}

func TestEndWipes(t *testing.T) {
	ends := map[string]func(*Manager, Session) error{
		"Session.Close":  func(_ *Manager, s Session) error { return s.Close() },
		"Manager.Remove": func(m *Manager, s Session) error { return m.Remove(s.ID()) },
		"Manager.Close":  func(m *Manager, _ Session) error { return m.Close() },
	}
	for _, o := range everyOptimization() {
		for _, role := range []Role{Symmetric, Initiator, Responder} {
			for name, end := range ends {
				t.Run(fmt.Sprintf("%s/%s/%s/%s", o, o.Pool, role, name), func(t *testing.T) {
					m := newTestManager(t, Config{Optimizations: o, PoolCapacity: 1, Shards: 1, SweepInterval: manual})
					s := mustCreate(t, m, Params{Seed: seedOf(1), Role: role})
					mustSign(t, s)
					places := secrets(s.slot)
					want := 6
					if o.KeyBuffer {
						want++
					}
					if reachesKeys(t) {
						want++
						if role != Symmetric {
							want++
						}
					}
					if len(places) != want {
						t.Fatalf("%d places with secrets, want %d", len(places), want)
					}
					for place, b := range places {
						if allZero(b) {
							t.Fatalf("%s is zero while the session lives: this test shows nothing", place)
						}
					}
					if err := end(m, s); err != nil {
						t.Fatal(err)
					}
					for place, b := range places {
						if !allZero(b) {
							t.Errorf("%s after the end: %x", place, b)
						}
					}
					if mac := s.slot.mac; mac != nil && *mac != (macKeys{}) || o.ReusableHash && hashReusable && mac == nil {
						t.Errorf("states of MAC keys after the end: %+v", mac)
					}
					if s.slot.keys != (keySet{}) || s.slot.keyIDs != nil {
						t.Error("the slot still points at keys or key ids")
					}
					if !reachesKeys(t) && (s.slot.out != nil || s.slot.in != nil) {
						t.Error("a cipher that cannot be wiped was kept")
					}
				})
			}
		}
	}
}

// withoutGet is tuned, but takes no storage from the pool.
var withoutGet = Optimizations{KeyBuffer: true, SingleHKDF: true, ReusableHash: true}

// TestRefusedCreateWipes stops creations before their last look at the table, so
// that all but one find their id taken when their keys are already derived.
func TestRefusedCreateWipes(t *testing.T) {
	const creators = 5
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: creators, Shards: 1, SweepInterval: manual})
	sh := &m.shards[0]
	sh.mu.Lock()
	var all sync.WaitGroup
	made := make(chan Session, creators)
	for range creators {
		all.Go(func() {
			switch s, err := m.Create(Params{Seed: seedOf(1), Role: Initiator, Optimizations: &withoutGet}); {
			case err == nil:
				made <- s
			case !errors.Is(err, ErrExists):
				t.Errorf("create: %v", err)
			}
		})
	}
	waitFor(func() bool { return sh.count.derived[1].Load() == creators })
	if m.Live() != creators {
		t.Errorf("%d places reserved, want %d", m.Live(), creators)
	}
	sh.mu.Unlock()
	all.Wait()
	close(made)
	winner, ok := <-made
	if _, more := <-made; !ok || more {
		t.Fatal("not exactly one creation succeeded")
	}
	c := checkBooks(t, m)
	if c.Created != 1 || c.Duplicate != creators-1 || c.Free != creators-1 {
		t.Errorf("created %d, duplicate %d, free %d, want 1, %d, %d", c.Created, c.Duplicate, c.Free, creators-1, creators-1)
	}
	for _, s := range m.shards[0].free {
		if s.buf == nil || !allZero(s.buf[:]) || s.keys != (keySet{}) || s.gen.Load()%2 != 0 {
			t.Errorf("the storage of a refused session has keys %x, generation %d", s.buf, s.gen.Load())
		}
		for _, aead := range []cipher.AEAD{s.out, s.in} {
			if held := heldKey(aead); held != nil && !allZero(held[:]) {
				t.Errorf("a cipher of a refused session holds %x", held)
			}
		}
	}
	mustTalk(t, winner, mustCreate(t, newTestManager(t, Config{Optimizations: Tuned}), Params{Seed: seedOf(1), Role: Responder}))
}

// TestCloseDuringCreate closes the manager while a creation derives keys, before
// it has entered them into the table.
func TestCloseDuringCreate(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, PoolCapacity: 4, Shards: 1, SweepInterval: manual})
	sh := &m.shards[0]
	sh.mu.Lock()
	closed, made := make(chan error), make(chan error)
	go func() { closed <- m.Close() }()
	<-m.stop
	giveTime() // Close goes for the lock now
	go func() {
		_, err := m.Create(Params{Seed: seedOf(1), Optimizations: &withoutGet})
		made <- err
	}()
	waitFor(func() bool { return sh.count.derived[1].Load() == 1 })
	handOver(&sh.mu)
	wantErr(t, "close", <-closed, nil)
	wantErr(t, "create", <-made, ErrManagerClosed)
	if c := checkBooks(t, m); c.Created != 0 || c.Live != 0 || c.Free != 0 || c.Drops != 1 {
		t.Errorf("created %d, live %d, free %d, drops %d, want 0, 0, 0, 1", c.Created, c.Live, c.Free, c.Drops)
	}
}

// giveTime lets other goroutines go on until they wait for something, also where
// the processors are busy.
func giveTime() { time.Sleep(20 * time.Millisecond) }

func waitFor(condition func() bool) {
	for !condition() {
		runtime.Gosched()
	}
}

// leftovers are all places in a scratch where a secret could stay, by name; those
// that are clean hold zeroes.
func leftovers(t testing.TB, s *scratch) map[string][]byte {
	t.Helper()
	var inner, outer, digest [sha256.Size]byte
	s.key.inner.put(inner[:])
	s.key.outer.put(outer[:])
	places := map[string][]byte{
		"inner": inner[:], "outer": outer[:], "sum": s.sum[:],
		"last": s.last[:sha256.Size], "block": s.block[:],
	}
	if s.sha.state != nil {
		places["marshalled state"] = s.sha.state[len(stateTag):]
	}
	// The state of a digest that was reset is public, and shown as zeroes.
	state, err := s.sha.digest.(encoding.BinaryAppender).AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	fresh, _ := sha256.New().(encoding.BinaryAppender).AppendBinary(nil)
	for i := range digest {
		digest[i] = state[len(stateTag)+i] ^ fresh[len(stateTag)+i]
	}
	places["digest"] = digest[:]
	return places
}

// digestBuffer is the library's room for an incomplete block.
func digestBuffer(t testing.TB, s *scratch) (bytes []byte) {
	t.Helper()
	x := reflect.ValueOf(s.sha.digest).Elem().FieldByName("x")
	if !x.IsValid() || x.Kind() != reflect.Array {
		t.Skip("this release of Go lays out its SHA-256 in another way")
	}
	for i := range x.Len() {
		bytes = append(bytes, byte(x.Index(i).Uint()))
	}
	return bytes
}

// TestScratchWipe looks at everything that the reusable hash keeps.
func TestScratchWipe(t *testing.T) {
	uses := map[string]func(*scratch){
		"derive": func(s *scratch) {
			var keys [KeyMaterialSize]byte
			var set keySet
			for k := range set {
				set[k] = (*[KeySize]byte)(keys[k*KeySize:])
			}
			s.deriveKeys(&set, seedOf(1), ID{1}, true)
		},
		"sign": func(s *scratch) { s.setKey(seedOf(1)); s.mac([]byte("a message of less than a block")) },
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			s := newScratch()
			use(s)
			for place, b := range leftovers(t, s) {
				if allZero(b) {
					t.Errorf("%s is zero after use: this test shows nothing", place)
				}
			}
			if x := digestBuffer(t, s); !allZero(x) {
				t.Errorf("the digest buffered %x: only whole blocks were to pass through it", x)
			}
			s.wipe()
			for place, b := range leftovers(t, s) {
				if !allZero(b) {
					t.Errorf("%s after the wipe: %x", place, b)
				}
			}
		})
	}
}

// TestManagerLeavesNoScratch checks that the manager wipes its scratches
// between uses: nothing is left in any after a create, a MAC and a check of one.
func TestManagerLeavesNoScratch(t *testing.T) {
	m := newTestManager(t, Config{Optimizations: Tuned, SweepInterval: manual})
	s := mustCreate(t, m, Params{Seed: seedOf(1)})
	mustTalk(t, s, s)
	for i := range scratches {
		sc := &scratches[i]
		if !sc.mu.TryLock() {
			t.Fatalf("scratch %d is still in use", i)
		}
		for place, b := range leftovers(t, sc) {
			if !allZero(b) {
				t.Errorf("scratch %d, %s between uses: %x", i, place, b)
			}
		}
		sc.mu.Unlock()
	}
}

func TestCipher(t *testing.T) {
	first, second := (*[KeySize]byte)(seedOf(1)), (*[KeySize]byte)(seedOf(2))
	nonce, text := make([]byte, NonceSize), []byte("text")
	seal := func(a cipher.AEAD) string { return string(a.Seal(nil, nonce, text, nil)) }
	fresh := func(key *[KeySize]byte) cipher.AEAD {
		return newCipher(nil, key)
	}
	aead := fresh(first)
	rekeyed := newCipher(aead, second)
	if seal(rekeyed) != seal(fresh(second)) {
		t.Error("a rekeyed cipher seals other bytes than a new one")
	}
	if wipeCipher(rekeyed) != reachesKeys(t) {
		t.Error("wipeCipher misreports whether it reached the key")
	}
	if reachesKeys(t) {
		if rekeyed != aead {
			t.Error("the cipher was made anew where it could have been rekeyed")
		}
		if seal(rekeyed) != seal(fresh(new([KeySize]byte))) {
			t.Error("a wiped cipher does not seal as under the all-zero key")
		}
	} else if seal(aead) != seal(fresh(first)) {
		t.Error("this build changed a cipher's key")
	}
	if !wipeCipher(nil) {
		t.Error("there is nothing to wipe in no cipher")
	}
}

// TestUnknownCipher has ciphers whose keys cannot be reached, as those of a
// library that has changed: they are not kept, and not taken for others.
func TestUnknownCipher(t *testing.T) {
	block, err := aes.NewCipher(seedOf(1))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	if wipeCipher(foreign) {
		t.Error("wipeCipher wiped what it does not know")
	}
	if newCipher(foreign, new([KeySize]byte)) == foreign {
		t.Error("newCipher rekeyed what it does not know")
	}
	s := slot{out: foreign, in: foreign}
	s.reset()
	if s.out != nil || s.in != nil {
		t.Error("ciphers that cannot be wiped were kept")
	}
}
