package handshake_test

import (
	"context"
	"fmt"
	"log"

	"github.com/SAGE-X-project/sagetop/engine/handshake"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Bob serves handshakes on loopback; Alice agrees with him on a session.
func ExampleServer() {
	alice, bob := handshake.NewIdentity(), handshake.NewIdentity()
	ofBob, err := session.NewManager(session.Config{})
	if err != nil {
		log.Fatal(err)
	}
	responder, err := handshake.NewResponder(handshake.ResponderConfig{Identity: bob})
	if err != nil {
		log.Fatal(err)
	}
	server, err := handshake.NewServer(handshake.ServerConfig{
		Responder: responder,
		Accept: func(r *handshake.Result) error {
			_, err := ofBob.Create(r.Params())
			return err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := handshake.Listen("") // a port of the system's choice
	if err != nil {
		log.Fatal(err)
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()

	client, err := handshake.NewClient("http://"+listener.Addr().String(), handshake.ClientConfig{})
	if err != nil {
		log.Fatal(err)
	}
	initiator := handshake.Initiator{Identity: alice}
	result, _, err := initiator.Run(context.Background(), client, bob.Public(), "errand-7")
	if err != nil {
		log.Fatal(err)
	}
	_, err = ofBob.Get(result.ID)
	fmt.Println("bob has the session:", err == nil)
	result.Wipe()

	_, err = client.RoundTrip(context.Background(), []byte("hello?"))
	fmt.Println(err)

	client.Close()
	if err := server.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println("served:", <-serving)
	_ = ofBob.Close()
	// Output:
	// bob has the session: true
	// handshake: malformed message, says the responder: 6 bytes, fewer than 92
	// served: <nil>
}
