package handshake

import (
	"encoding/hex"
	"errors"
	"testing"
)

// lowOrder are the public keys that give an all-zero X25519 secret: the points
// of order 1, 2, 4 and 8 on the curve and its twist, and what else decodes to
// them.
func lowOrder(t *testing.T) map[string][]byte {
	t.Helper()
	points := map[string]string{
		"zero":          "0000000000000000000000000000000000000000000000000000000000000000",
		"one":           "0100000000000000000000000000000000000000000000000000000000000000",
		"order 8":       "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"order 8 other": "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"p-1":           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"p":             "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"p+1":           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	}
	all := make(map[string][]byte)
	for name, text := range points {
		point, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = point
		all[name+" with the unused bit"] = with(point, 31, point[31]|0x80)
	}
	return all
}

// TestLowOrderRequest has a hostile initiator force a secret that everybody knows.
// In Hybrid it is the X25519 half of one: the offer's ML-KEM key is good.
func TestLowOrderRequest(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		share, _, err := suite.kem().offer()
		if err != nil {
			t.Fatal(err)
		}
		for name, point := range lowOrder(t) {
			t.Run(name, func(t *testing.T) {
				x := p.invited(t, "errand-7")
				p.refused(t, x.forge(Request, withX25519(share, point), nil), ErrLowOrder)
				p.pending(t, 0)
			})
		}
		if c := p.responder.Counters(); c.Broken != c.Invited || c.Answered != 0 {
			t.Errorf("counters %+v", c)
		}
	})
}

func TestLowOrderResponse(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		for name, point := range lowOrder(t) {
			t.Run(name, func(t *testing.T) {
				err := p.runAgainst(t, func(m *message, _ *confirmKey) { m.share = withX25519(m.share, point) })
				if !errors.Is(err, ErrLowOrder) {
					t.Errorf("error %v, want ErrLowOrder", err)
				}
			})
		}
	})
}

// withX25519 returns a share with another X25519 part, which in all suites comes
// last.
func withX25519(share, point []byte) []byte {
	return append(share[:len(share)-len(point):len(share)-len(point)], point...)
}
