package main

// handshakes is where the benchmarks of handshakes are.
const handshakes = "engine/handshake"

// handshakeSuites are the key agreements, in the order in which they are shown.
var handshakeSuites = []string{"x25519", "hpke", "hybrid"}

// keyGeneration is what BenchmarkFloor/keys makes for each suite, which a handshake
// makes afresh. Hybrid's pair is one of ML-KEM and one of X25519.
var keyGeneration = map[string]string{
	"x25519": "x25519 2 key pairs",
	"hpke":   "hpke key pair",
	"hybrid": "hybrid key pair",
}

// handshakePlan is the part of the table that is about handshakes.
func handshakePlan() []section {
	whole := section{title: "Handshake, in memory and over HTTP on loopback", pkg: handshakes}
	parts := section{title: "What a handshake's floor is made of; key generation is a part of the agreement", pkg: handshakes, rows: []row{
		{what: "4 signs, 4 verifies", bench: "Floor/signatures", shows: perOp},
	}}
	for _, suite := range handshakeSuites {
		floor := "Floor/" + suite
		whole.rows = append(
			whole.rows,
			row{what: suite + ", floor", bench: floor, shows: perOp},
			row{what: suite, bench: "Handshake/" + suite + "/memory", shows: perOp, ref: floor, of: "floor", budget: budget{ratio: 1.25}},
			row{what: suite + " HTTP, floor", bench: "Floor/http/" + suite, shows: perOp},
			row{what: suite + " HTTP", bench: "Handshake/" + suite + "/http", shows: perOp, ref: "Floor/http/" + suite, of: "floor"},
		)
		parts.rows = append(
			parts.rows,
			row{what: suite + " agreement", bench: "Floor/agreement/" + suite, shows: perOp, ref: "Floor/signatures", of: "signs"},
			row{what: keyGeneration[suite], bench: "Floor/keys/" + suite, shows: perOp, ref: "Floor/signatures", of: "signs"},
		)
	}
	return []section{
		whole, parts,
		phases("memory", "Phases of a handshake in memory; bytes are those of the message"),
		phases("http", "Phases of a handshake over HTTP; bytes are those on the wire, headers included"),
	}
}

// phases returns the section of each suite's phases over one transport.
func phases(transport, title string) section {
	s := section{title: title, pkg: handshakes}
	for _, suite := range handshakeSuites {
		for _, phase := range []string{"invitation", "request", "response", "complete"} {
			s.rows = append(s.rows, row{
				what: suite + " " + phase, bench: "Handshake/" + suite + "/" + transport,
				shows: units{time: phase + "-ns/op", allocs: phase + "-allocs/op", bytes: phase + "-wire-B/op"},
			})
		}
	}
	return s
}
