package main

// handshakes is where the benchmarks of handshakes are.
const handshakes = "engine/handshake"

// handshakeSuites are the key agreements, in the order in which they are shown.
var handshakeSuites = []string{"x25519", "hpke", "hybrid"}

// handshakePlan is the part of the table that is about handshakes.
func handshakePlan() []section {
	whole := section{title: "Handshake, in memory and over HTTP on loopback", pkg: handshakes}
	parts := section{title: "What a handshake's floor is made of", pkg: handshakes, rows: []row{
		{what: "4 signs, 4 verifies", bench: "Floor/signatures", shows: perOp},
	}}
	phases := section{title: "Phases of a handshake in memory; bytes are those on the wire", pkg: handshakes}
	for _, suite := range handshakeSuites {
		memory, floor := "Handshake/"+suite+"/memory", "Floor/"+suite
		whole.rows = append(
			whole.rows,
			row{what: suite + ", floor", bench: floor, shows: perOp},
			row{what: suite, bench: memory, shows: perOp, ref: floor, of: "floor", budget: budget{ratio: 1.25}},
			row{what: suite + " HTTP, floor", bench: "Floor/http/" + suite, shows: perOp},
			row{what: suite + " HTTP", bench: "Handshake/" + suite + "/http", shows: perOp, ref: "Floor/http/" + suite, of: "floor"},
		)
		parts.rows = append(parts.rows,
			row{what: suite + " agreement", bench: "Floor/agreement/" + suite, shows: perOp, ref: "Floor/signatures", of: "signs"})
		for _, phase := range []string{"invitation", "request", "response", "complete"} {
			phases.rows = append(phases.rows, row{
				what: suite + " " + phase, bench: memory,
				shows: units{time: phase + "-ns/op", allocs: phase + "-allocs/op", bytes: phase + "-wire-B/op"},
			})
		}
	}
	return []section{whole, parts, phases}
}
