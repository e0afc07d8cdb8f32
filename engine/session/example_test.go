package session_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// sharedSeed stands for what both ends know after their handshake.
func sharedSeed() []byte {
	seed, err := session.DeriveSeed(session.Exchange{
		SharedSecret:  bytes.Repeat([]byte{7}, 32), // of a key agreement
		ContextID:     "order 4711",
		SelfEphemeral: bytes.Repeat([]byte{1}, 32),
		PeerEphemeral: bytes.Repeat([]byte{2}, 32),
	})
	if err != nil {
		panic(err)
	}
	return seed[:]
}

// Two parties that agreed on a seed talk, until one of them has enough.
func Example() {
	config := session.Config{Optimizations: session.Tuned, PoolCapacity: 1024}
	client, err := session.NewManager(config)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	server, err := session.NewManager(config)
	if err != nil {
		panic(err)
	}
	defer server.Close()

	seed := sharedSeed()
	near, err := client.Create(session.Params{Seed: seed, Role: session.Initiator})
	if err != nil {
		panic(err)
	}
	far, err := server.Create(session.Params{Seed: seed, Role: session.Responder})
	if err != nil {
		panic(err)
	}
	clear(seed)

	header := []byte("to: server")
	sealed, err := near.Seal(nil, []byte("two lemons, please"), header)
	if err != nil {
		panic(err)
	}
	text, err := far.Open(nil, sealed, header)
	fmt.Printf("%s %v\n", text, err)
	_, err = far.Open(nil, sealed, []byte("to: somebody else"))
	fmt.Println(err)

	fmt.Println("same id:", near.ID() == far.ID())
	fmt.Println(near.Close())
	_, err = near.Seal(nil, []byte("one more thing"), nil)
	fmt.Println(err)
	// Output:
	// two lemons, please <nil>
	// session: message authentication failed
	// same id: true
	// <nil>
	// session: closed
}

// A session can have limits of its own.
func ExampleManager_Create() {
	m, err := session.NewManager(session.Config{MaxSessions: 10_000})
	if err != nil {
		panic(err)
	}
	defer m.Close()

	s, err := m.Create(session.Params{
		Seed:   sharedSeed(),
		Role:   session.Initiator,
		Limits: &session.Limits{MaxAge: time.Hour, MaxMessages: 2},
	})
	if err != nil {
		panic(err)
	}
	for range 3 {
		_, err := s.Seal(nil, []byte("hello"), nil)
		fmt.Println(err)
	}
	_, err = m.Create(session.Params{Seed: []byte("too short")})
	fmt.Println(errors.Is(err, session.ErrParams), err)
	// Output:
	// <nil>
	// <nil>
	// session: closed: a limit was reached
	// true session: bad parameters: seed has 9 bytes, not 32
}

// The handle of a closed session stays closed, also when its storage serves
// another session.
func ExampleSession_Close() {
	m, err := session.NewManager(session.Config{
		Optimizations: session.Optimizations{Pool: session.PoolFreeList}, PoolCapacity: 1, Shards: 1,
	})
	if err != nil {
		panic(err)
	}
	defer m.Close()

	first, err := m.Create(session.Params{Seed: bytes.Repeat([]byte{1}, session.SeedSize)})
	if err != nil {
		panic(err)
	}
	fmt.Println("close:", first.Close())
	second, err := m.Create(session.Params{Seed: bytes.Repeat([]byte{2}, session.SeedSize)})
	if err != nil {
		panic(err)
	}
	info, err := second.Info()
	fmt.Println("reuses:", info.Reuses, err)

	_, err = first.Seal(nil, []byte("under whose key?"), nil)
	fmt.Println("stale handle:", err)
	fmt.Println("close again:", first.Close())
	// Output:
	// close: <nil>
	// reuses: 1 <nil>
	// stale handle: session: closed
	// close again: session: closed
}

// What need not be secret is signed instead: the other end can tell that it is
// unchanged, and from whom.
func ExampleSession_Sign() {
	m, err := session.NewManager(session.Config{Optimizations: session.Tuned})
	if err != nil {
		panic(err)
	}
	defer m.Close()
	s, err := m.Create(session.Params{Seed: sharedSeed()}) // one key for both directions
	if err != nil {
		panic(err)
	}
	mac, err := s.Sign(nil, []byte("GET /lemons"))
	fmt.Println(len(mac), err)
	fmt.Println(s.Verify([]byte("GET /lemons"), mac))
	fmt.Println(s.Verify([]byte("GET /limes"), mac))
	// Output:
	// 32 <nil>
	// <nil>
	// session: message authentication failed
}

// A name that peers send along leads to the session that it was bound to, for as
// long as that lives.
func ExampleManager_Bind() {
	m, err := session.NewManager(session.Config{})
	if err != nil {
		panic(err)
	}
	defer m.Close()
	s, err := m.Create(session.Params{Seed: sharedSeed()})
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Bind("key-of-alice", s.ID()))
	found, err := m.GetByKeyID("key-of-alice")
	fmt.Println(found == s, err)
	fmt.Println(s.Close())
	_, err = m.GetByKeyID("key-of-alice")
	fmt.Println(err)
	// Output:
	// <nil>
	// true <nil>
	// <nil>
	// session: not found
}

// The sessions that have sent most, of those that send at all.
func ExampleManager_Inspect() {
	m, err := session.NewManager(session.Config{})
	if err != nil {
		panic(err)
	}
	defer m.Close()
	for n := range byte(5) {
		s, err := m.Create(session.Params{Seed: bytes.Repeat([]byte{n}, session.SeedSize)})
		if err != nil {
			panic(err)
		}
		for range n {
			if _, err := s.Seal(nil, []byte("hello"), nil); err != nil {
				panic(err)
			}
		}
	}
	list := m.Inspect(session.Query{
		Match:   func(i *session.Info) bool { return i.BytesOut > 0 },
		Compare: func(a, b *session.Info) int { return cmp.Compare(b.BytesOut, a.BytesOut) },
		Limit:   2,
	})
	for _, info := range list.Sessions {
		fmt.Println(info.Messages, "messages,", info.BytesOut, "bytes")
	}
	fmt.Println(list.Matched, "of", list.Total)
	// Output:
	// 4 messages, 20 bytes
	// 3 messages, 15 bytes
	// 4 of 5
}

// A nonce passes once within the window, under each key id.
func ExampleReplayGuard() {
	guard := session.NewReplayGuard(5*time.Minute, 100_000)
	nonce := []byte("nonce of an authentic message")
	fmt.Println(guard.Check("alice", nonce))
	fmt.Println(guard.Check("alice", nonce))
	fmt.Println(guard.Check("bob", nonce))
	// Output:
	// <nil>
	// session: nonce replayed
	// <nil>
}
