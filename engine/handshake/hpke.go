package handshake

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/mlkem"
	"fmt"
)

// The lengths of shares. An offer is an HPKE public key, an answer what RFC 9180
// calls enc. Of the hybrid's, ML-KEM's part comes first.
const (
	x25519Size       = 32
	hybridOfferSize  = mlkem.EncapsulationKeySize768 + x25519Size
	hybridAnswerSize = mlkem.CiphertextSize768 + x25519Size
)

// hpkeInfoDomain begins the info of a context, and hpkeExporter is the exporter
// context of the seed.
const (
	hpkeInfoDomain = "sagetop handshake/1 hpke"
	hpkeExporter   = "sagetop handshake/1 seed"
)

// hpkeKEM is a suite of RFC 9180 in base mode. The initiator's fresh key is the
// recipient's, and the responder is the sender: the context's secret is for who
// has that key, and comes from nobody in particular.
//
// The library owns keys and contexts, which it cannot be told to wipe: they wait
// for the collector.
type hpkeKEM struct {
	suite                 Suite
	kem                   hpke.KEM
	kdf                   hpke.KDF
	aead                  hpke.AEAD
	offerSize, answerSize int
}

func newDHKEM() *hpkeKEM {
	return &hpkeKEM{HPKE, hpke.DHKEM(ecdh.X25519()), hpke.HKDFSHA256(), hpke.ExportOnly(), x25519Size, x25519Size}
}

func newXWing() *hpkeKEM {
	return &hpkeKEM{Hybrid, hpke.MLKEM768X25519(), hpke.HKDFSHA256(), hpke.ExportOnly(), hybridOfferSize, hybridAnswerSize}
}

// hpkeOffer is an initiator's ephemeral key.
type hpkeOffer struct {
	of      *hpkeKEM
	private hpke.PrivateKey
}

func (k *hpkeKEM) offer() ([]byte, offer, error) {
	private, err := k.kem.GenerateKey()
	if err != nil {
		return nil, nil, fmt.Errorf("handshake: make %s key: %w", k.suite, err)
	}
	return private.PublicKey().Bytes(), &hpkeOffer{k, private}, nil
}

func (k *hpkeKEM) answer(share []byte, to binding) (answer []byte, s seed, err error) {
	info := k.info(to)
	answer, err = k.send(share, info[:], hpkeExporter, s[:])
	return answer, s, err
}

func (o *hpkeOffer) open(answer []byte, to binding) (s seed, err error) {
	info := o.of.info(to)
	err = o.of.receive(o.private, answer, info[:], hpkeExporter, s[:])
	return s, err
}

// info makes the key schedule take in who talks to whom, about what, and all they
// have said: two ends that disagree have different seeds.
func (k *hpkeKEM) info(to binding) (info [len(hpkeInfoDomain) + 1 + len(transcript{})]byte) {
	n := copy(info[:], hpkeInfoDomain)
	info[n] = byte(k.suite)
	copy(info[n+1:], to.transcript[:])
	return info
}

// send opens a context to a public key, fills secret with what that exports, and
// returns what the key's owner needs to do the same. It returns [ErrMalformed] or
// [ErrLowOrder].
func (k *hpkeKEM) send(public, info []byte, exporter string, secret []byte) (enc []byte, err error) {
	if len(public) != k.offerSize {
		return nil, refuse(ErrMalformed, "%s offer has %d bytes, not %d", k.suite, len(public), k.offerSize)
	}
	key, err := k.kem.NewPublicKey(public)
	if err != nil {
		return nil, refuse(ErrMalformed, "%s offer: %v", k.suite, err)
	}
	enc, sender, err := hpke.NewSender(key, k.kdf, k.aead, info)
	if err != nil {
		// A key that can be read fails for one reason: its X25519 part makes
		// the secret zero.
		return nil, ErrLowOrder
	}
	return enc, export(sender, exporter, secret)
}

// receive opens the context that enc is for, and fills secret with what it
// exports. It returns [ErrMalformed] or [ErrLowOrder]. ML-KEM knows no ciphertext
// that it does not take: of one that was changed comes another secret.
func (k *hpkeKEM) receive(private hpke.PrivateKey, enc, info []byte, exporter string, secret []byte) error {
	if len(enc) != k.answerSize {
		return refuse(ErrMalformed, "%s answer has %d bytes, not %d", k.suite, len(enc), k.answerSize)
	}
	recipient, err := hpke.NewRecipient(enc, private, k.kdf, k.aead, info)
	if err != nil {
		return ErrLowOrder // as above
	}
	return export(recipient, exporter, secret)
}

// export fills secret from a context, and wipes the library's copy.
func export(from interface {
	Export(exporterContext string, length int) ([]byte, error)
}, exporter string, secret []byte,
) error {
	exported, err := from.Export(exporter, len(secret))
	if err != nil {
		return fmt.Errorf("handshake: export seed: %w", err)
	}
	copy(secret, exported)
	clear(exported)
	return nil
}
