package handshake_test

import (
	"context"
	"fmt"
	"log"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Two parties in one process agree on a session, and one sends the other a
// message.
func Example() {
	alice, bob := handshake.NewIdentity(), handshake.NewIdentity()
	ofAlice, err := session.NewManager(session.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ofBob, err := session.NewManager(session.Config{})
	if err != nil {
		log.Fatal(err)
	}

	responder, err := handshake.NewResponder(handshake.ResponderConfig{Identity: bob})
	if err != nil {
		log.Fatal(err)
	}
	transport := handshake.NewMemory(responder, func(r *handshake.Result) error {
		_, err := ofBob.Create(r.Params())
		return err
	})
	initiator := handshake.Initiator{Identity: alice}
	result, timing, err := initiator.Run(context.Background(), transport, bob.Public(), "errand-7")
	if err != nil {
		log.Fatal(err)
	}
	atAlice, err := ofAlice.Create(result.Params())
	result.Wipe()
	if err != nil {
		log.Fatal(err)
	}

	atBob, err := ofBob.Get(atAlice.ID())
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := atAlice.Seal(nil, []byte("good morning"), nil)
	if err != nil {
		log.Fatal(err)
	}
	opened, err := atBob.Open(nil, sealed, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, _ = ofAlice.Close(), ofBob.Close()
	fmt.Printf("%s (%d bytes of handshake)\n", opened, timing.Total().Bytes)
	// Output: good morning (788 bytes of handshake)
}

// Which suites there are, and what they put on the wire.
func ExampleSuite() {
	responder, err := handshake.NewResponder(handshake.ResponderConfig{Identity: handshake.NewIdentity()})
	if err != nil {
		log.Fatal(err)
	}
	transport := handshake.NewMemory(responder, func(*handshake.Result) error { return nil })
	for _, suite := range handshake.Suites() {
		initiator := handshake.Initiator{Identity: handshake.NewIdentity(), Suite: suite}
		initiator.Observe = func(phase handshake.Phase, cost handshake.Cost) {
			fmt.Printf("%s %d, ", phase, cost.Bytes)
		}
		fmt.Printf("%s: ", suite)
		result, timing, err := initiator.Run(context.Background(), transport, responder.Public(), "errand-7")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("together %d bytes for %q\n", timing.Total().Bytes, result.Label)
		result.Wipe()
	}
	fmt.Println(responder.Counters().Completed, "sessions")
	// Output:
	// x25519: invitation 164, request 198, response 230, complete 196, together 788 bytes for "a2a/handshake v1"
	// hpke: invitation 164, request 198, response 230, complete 196, together 788 bytes for "sagetop/hpke v1"
	// hybrid: invitation 164, request 1382, response 1318, complete 196, together 3060 bytes for "sagetop/hybrid v1"
	// 3 sessions
}

// A server that takes messages from a network of its own hands each to Handle.
func ExampleResponder_Handle() {
	responder, err := handshake.NewResponder(handshake.ResponderConfig{Identity: handshake.NewIdentity()})
	if err != nil {
		log.Fatal(err)
	}
	reply, result, err := responder.Handle([]byte("hello?"))
	fmt.Println(len(reply), result == nil, handshake.Cause(err))
	fmt.Println(err)
	// Output:
	// 0 true malformed
	// handshake: malformed message: 6 bytes, fewer than 92
}
