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
