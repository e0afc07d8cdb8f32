package handshake

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"testing"
)

// BenchmarkHandshake runs whole handshakes between two identities, both ends in
// one goroutine.
func BenchmarkHandshake(b *testing.B) {
	for _, suite := range Suites() {
		b.Run(suite.String()+"/memory", func(b *testing.B) {
			p := newPair(b, ResponderConfig{})
			p.initiator.Suite = suite
			b.ReportAllocs()
			for b.Loop() {
				if err := p.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFloor runs the primitives that a handshake cannot do without, and
// nothing else.
func BenchmarkFloor(b *testing.B) {
	b.Run("x25519", func(b *testing.B) {
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			b.Fatal(err)
		}
		signed := emptyTranscript.toSign()
		curve := ecdh.X25519()
		b.ReportAllocs()
		for b.Loop() {
			for range NumPhases {
				if !ed25519.Verify(public, signed[:], ed25519.Sign(private, signed[:])) {
					b.Fatal("signature does not verify")
				}
			}
			one, err := curve.GenerateKey(nil)
			if err != nil {
				b.Fatal(err)
			}
			two, err := curve.GenerateKey(nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := one.ECDH(two.PublicKey()); err != nil {
				b.Fatal(err)
			}
			if _, err := two.ECDH(one.PublicKey()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
