package handshake

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"time"
)

// oneInitiator lets a single one begin as often as all together may.
var oneInitiator = ResponderConfig{MaxNoncesPerPeer: DefaultMaxNonces}

// transports are what lies between the two ends in BenchmarkHandshake. open
// returns a transport to a responder, which is gone when b is over.
var transports = []struct {
	name string
	open func(b *testing.B) (*pair, Transport)
}{
	{"memory", func(b *testing.B) (*pair, Transport) {
		p := newPair(b, oneInitiator)
		return p, p.memory
	}},
	{"http", func(b *testing.B) (*pair, Transport) {
		p := newHTTPPair(b, oneInitiator)
		return p.pair, p.client
	}},
}

// BenchmarkHandshake runs whole handshakes between two identities, and reports
// what each phase takes: time, allocations of both ends, and the bytes of its
// message.
func BenchmarkHandshake(b *testing.B) {
	for _, suite := range Suites() {
		for _, transport := range transports {
			b.Run(suite.String()+"/"+transport.name, func(b *testing.B) {
				p, t := transport.open(b)
				p.initiator.Suite = suite
				benchmarkHandshake(b, p, t)
			})
		}
	}
}

func benchmarkHandshake(b *testing.B, p *pair, t Transport) {
	run := func() Timing {
		result, timing, err := p.initiator.Run(context.Background(), t, p.responder.self[:], "")
		if err != nil {
			b.Fatal(err)
		}
		if result.Seed != p.accepted.Seed {
			b.Fatal("the ends disagree")
		}
		result.Wipe()
		return timing
	}
	run() // whatever is made once is made now
	var sum Timing
	b.ReportAllocs()
	for b.Loop() {
		for i, cost := range run() {
			sum[i].Duration += cost.Duration
			sum[i].Bytes += cost.Bytes
		}
	}
	allocs := phaseAllocs(p.initiator, func() { run() })
	for phase := range Phase(NumPhases) {
		n := float64(b.N)
		b.ReportMetric(float64(sum[phase].Duration)/n, phase.String()+"-ns/op")
		b.ReportMetric(float64(sum[phase].Bytes)/n, phase.String()+"-wire-B/op")
		b.ReportMetric(allocs[phase], phase.String()+"-allocs/op")
	}
}

// phaseAllocs returns how many allocations each phase of a run makes: the median
// of many runs, in one of which a map grows now and then, or somebody else in the
// process allocates.
func phaseAllocs(in *Initiator, run func()) (allocs [NumPhases]float64) {
	const runs = 51
	var stats runtime.MemStats
	mallocs := func() uint64 {
		runtime.ReadMemStats(&stats) // which allocates nothing
		return stats.Mallocs
	}
	var seen [NumPhases][runs]uint64
	var i int
	var last uint64
	in.Observe = func(phase Phase, _ Cost) {
		now := mallocs()
		seen[phase][i] = now - last
		last = now
	}
	defer func() { in.Observe = nil }()
	for i = range runs {
		last = mallocs()
		run()
	}
	for phase := range seen {
		slices.Sort(seen[phase][:])
		allocs[phase] = float64(seen[phase][runs/2])
	}
	return allocs
}

// TestPhaseAllocs: the phases have all the allocations of a handshake.
func TestPhaseAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	eachSuite(t, func(t *testing.T, suite Suite) {
		p := suitePair(t, suite, ResponderConfig{})
		run := func() {
			if err := p.run(); err != nil {
				t.Fatal(err)
			}
		}
		run()
		sum := 0.0
		for phase, n := range phaseAllocs(p.initiator, run) {
			if n == 0 {
				t.Errorf("%s allocates nothing", Phase(phase))
			}
			sum += n
		}
		if whole := testing.AllocsPerRun(50, run); sum != whole {
			t.Errorf("phases allocate %v in sum, a handshake %v", sum, whole)
		}
	})
}

// BenchmarkFloor runs the primitives that a handshake cannot do without, and
// nothing else: all of them for each suite, those with the library's bare HTTP
// exchanges, and then those that sign, and those that agree on a secret, apart.
func BenchmarkFloor(b *testing.B) {
	agreements := map[Suite]func(testing.TB){
		X25519: agreeX25519,
		HPKE:   func(tb testing.TB) { agreeHPKE(tb, hpke.DHKEM(ecdh.X25519())) },
		Hybrid: func(tb testing.TB) { agreeHPKE(tb, hpke.MLKEM768X25519()) },
	}
	for _, suite := range Suites() {
		agree, sign := agreements[suite], newSigner(b)
		b.Run(suite.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sign(b)
				agree(b)
			}
		})
	}
	for _, suite := range Suites() {
		agree, sign := agreements[suite], newSigner(b)
		b.Run("http/"+suite.String(), func(b *testing.B) {
			exchange := newExchanger(b)
			b.ReportAllocs()
			for b.Loop() {
				sign(b)
				agree(b)
				for range 3 { // Invitation, Request, Complete
					exchange(b)
				}
			}
		})
	}
	sign := newSigner(b)
	b.Run("signatures", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sign(b)
		}
	})
	for _, suite := range Suites() {
		agree := agreements[suite]
		b.Run("agreement/"+suite.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				agree(b)
			}
		})
	}
}

// newSigner returns what makes and verifies a signature for each phase.
func newSigner(tb testing.TB) func(testing.TB) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	signed := emptyTranscript.toSign()
	return func(tb testing.TB) {
		for range NumPhases {
			if !ed25519.Verify(public, signed[:], ed25519.Sign(private, signed[:])) {
				tb.Fatal("signature does not verify")
			}
		}
	}
}

// newExchanger returns what sends a message of a usual length to a server that
// sends it back, over a connection that is kept: the library's client and server
// as they come.
func newExchanger(b *testing.B) func(testing.TB) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	b.Cleanup(server.Close)
	msg := make([]byte, 200)
	return func(tb testing.TB) {
		resp, err := server.Client().Post(server.URL, "application/octet-stream", bytes.NewReader(msg))
		if err != nil {
			tb.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != int64(len(msg)) {
			tb.Fatalf("%d bytes came back: %v", n, err)
		}
		_ = resp.Body.Close()
	}
}

// agreeX25519 is two fresh keys and a secret at each end.
func agreeX25519(tb testing.TB) {
	curve := ecdh.X25519()
	one, err := curve.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	two, err := curve.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := one.ECDH(two.PublicKey()); err != nil {
		tb.Fatal(err)
	}
	if _, err := two.ECDH(one.PublicKey()); err != nil {
		tb.Fatal(err)
	}
}

// agreeHPKE is a fresh key, a context to it, the same context from it, and one
// export of each.
func agreeHPKE(tb testing.TB, kem hpke.KEM) {
	info := emptyTranscript[:]
	private, err := kem.GenerateKey()
	if err != nil {
		tb.Fatal(err)
	}
	public, err := kem.NewPublicKey(private.PublicKey().Bytes())
	if err != nil {
		tb.Fatal(err)
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.ExportOnly(), info)
	if err != nil {
		tb.Fatal(err)
	}
	recipient, err := hpke.NewRecipient(enc, private, hpke.HKDFSHA256(), hpke.ExportOnly(), info)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := sender.Export(hpkeExporter, len(seed{})); err != nil {
		tb.Fatal(err)
	}
	if _, err := recipient.Export(hpkeExporter, len(seed{})); err != nil {
		tb.Fatal(err)
	}
}

// TestObserverCostsNothing: Observe's absence is no allocation, and its presence
// none either.
func TestObserverCostsNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	p := newPair(t, ResponderConfig{})
	run := func() {
		if err := p.run(); err != nil {
			t.Fatal(err)
		}
	}
	without := testing.AllocsPerRun(50, run)
	var total time.Duration
	p.initiator.Observe = func(_ Phase, cost Cost) { total += cost.Duration }
	if with := testing.AllocsPerRun(50, run); with != without {
		t.Errorf("%v allocations with an observer, %v without", with, without)
	}
}
