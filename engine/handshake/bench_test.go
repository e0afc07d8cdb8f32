package handshake

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// oneInitiator lets a single one begin as often as all together may.
var oneInitiator = ResponderConfig{MaxNoncesPerPeer: DefaultMaxNonces}

// transports are what lies between the two ends in BenchmarkHandshake. open
// returns a transport to a responder, which is gone when tb is over, and what
// counts the bytes on the wire, if there is one.
var transports = []struct {
	name string
	open func(tb testing.TB) (*pair, Transport, *metered)
}{
	{"memory", func(tb testing.TB) (*pair, Transport, *metered) {
		p := newPair(tb, oneInitiator)
		return p, p.memory, nil
	}},
	{"http", func(tb testing.TB) (*pair, Transport, *metered) {
		l, err := Listen("")
		if err != nil {
			tb.Fatal(err)
		}
		wire := &metered{Listener: l}
		p := newPairOver(tb, wire, oneInitiator, ServerConfig{}, ClientConfig{})
		return p.pair, p.client, wire
	}},
}

// metered is a listener that counts the bytes of its connections.
type metered struct {
	net.Listener
	in, out atomic.Int64
}

func (m *metered) Accept() (net.Conn, error) {
	c, err := m.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &meteredConn{c, m}, nil
}

type meteredConn struct {
	net.Conn
	by *metered
}

func (c *meteredConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.by.in.Add(int64(n))
	return n, err
}

// Write counts before the client can have what is written.
func (c *meteredConn) Write(b []byte) (int, error) {
	c.by.out.Add(int64(len(b)))
	return c.Conn.Write(b)
}

// BenchmarkHandshake runs whole handshakes between two identities, and reports
// what each phase takes: time, allocations of both ends, and the bytes on the wire,
// which in memory are those of its message.
func BenchmarkHandshake(b *testing.B) {
	for _, suite := range Suites() {
		for _, transport := range transports {
			b.Run(suite.String()+"/"+transport.name, func(b *testing.B) {
				p, t, wire := transport.open(b)
				p.initiator.Suite = suite
				benchmarkHandshake(b, p, t, wire)
			})
		}
	}
}

func benchmarkHandshake(b *testing.B, p *pair, t Transport, wire *metered) {
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
	var sum, last Timing
	b.ReportAllocs()
	for b.Loop() {
		last = run()
		for i, cost := range last {
			sum[i].Duration += cost.Duration
		}
	}
	allocs := phaseAllocs(p.initiator, func() { run() })
	var bytes [NumPhases]int64
	for i, cost := range last {
		bytes[i] = int64(cost.Bytes)
	}
	if wire != nil {
		bytes = phaseBytes(p.initiator, wire, func() { run() })
	}
	for phase := range Phase(NumPhases) {
		n := float64(b.N)
		b.ReportMetric(float64(sum[phase].Duration)/n, phase.String()+"-ns/op")
		b.ReportMetric(float64(bytes[phase]), phase.String()+"-wire-B/op")
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

// phaseBytes returns the bytes that a run puts on the wire in each phase: those of
// the request and of its answer, headers included. The answer to a Request is the
// Response, and counts there.
func phaseBytes(in *Initiator, wire *metered, run func()) (bytes [NumPhases]int64) {
	said, told := wire.in.Load(), wire.out.Load()
	in.Observe = func(phase Phase, _ Cost) {
		bytes[phase] = wire.in.Load() - said
		said += bytes[phase]
		if phase != Request {
			answer := wire.out.Load() - told
			told += answer
			bytes[phase] += answer
		}
	}
	defer func() { in.Observe = nil }()
	run()
	return bytes
}

// TestPhaseBytes: the phases have all the bytes of a handshake, each its message
// and something around it.
func TestPhaseBytes(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite Suite) {
		p, transport, wire := transports[1].open(t)
		p.initiator.Suite = suite
		var timing Timing
		run := func() {
			var err error
			if _, timing, err = p.initiator.Run(t.Context(), transport, p.responder.Public(), "errand-7"); err != nil {
				t.Fatal(err)
			}
		}
		run()
		before := wire.in.Load() + wire.out.Load()
		sum := int64(0)
		for phase, n := range phaseBytes(p.initiator, wire, run) {
			if message := int64(timing[phase].Bytes); n < message+50 || n > message+500 {
				t.Errorf("%s has %d bytes on the wire, its message %d", Phase(phase), n, message)
			}
			sum += n
		}
		if all := wire.in.Load() + wire.out.Load() - before; sum != all {
			t.Errorf("phases have %d bytes in sum, a handshake %d", sum, all)
		}
	})
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
// exchanges, and then those that sign, those that agree on a secret, and of these
// the ones that make keys, apart.
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
	keys := map[Suite]func(testing.TB){
		X25519: func(tb testing.TB) { generateX25519(tb); generateX25519(tb) },
		HPKE:   func(tb testing.TB) { generateHPKE(tb, hpke.DHKEM(ecdh.X25519())) },
		Hybrid: func(tb testing.TB) { generateHPKE(tb, hpke.MLKEM768X25519()) },
	}
	for _, suite := range Suites() {
		generate := keys[suite]
		b.Run("keys/"+suite.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				generate(b)
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

// generateX25519 is a fresh key, as each end makes one.
func generateX25519(tb testing.TB) *ecdh.PrivateKey {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// generateHPKE is a fresh key, as the initiator makes one to offer it. The other
// end's is a part of encapsulating.
func generateHPKE(tb testing.TB, kem hpke.KEM) hpke.PrivateKey {
	key, err := kem.GenerateKey()
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// agreeX25519 is two fresh keys and a secret at each end.
func agreeX25519(tb testing.TB) {
	one, two := generateX25519(tb), generateX25519(tb)
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
	private := generateHPKE(tb, kem)
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
