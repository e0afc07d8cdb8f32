package main

import (
	"bufio"
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// figures are what a benchmark reported, by unit: "ns/op", "B/op", and its own.
type figures map[string]float64

// results are the figures of benchmarks, by name without "Benchmark" and without
// the number of processors.
type results map[string]figures

// procs is what the testing package appends to a name where GOMAXPROCS is not 1.
var procs = regexp.MustCompile(`-[0-9]+$`)

// parse adds what a test binary printed to r, and returns the processor's name
// if there was one. Lines that are no results are passed over.
func parse(r results, output []byte) (cpu string) {
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		line := lines.Text()
		if name, ok := strings.CutPrefix(line, "cpu: "); ok {
			cpu = name
		}
		if name, f, ok := parseLine(line); ok {
			r[name] = f
		}
	}
	return cpu
}

// parseLine reads a name, a number of iterations, and pairs of value and unit.
func parseLine(line string) (name string, f figures, ok bool) {
	name, isBench := strings.CutPrefix(line, "Benchmark")
	fields := strings.Fields(name)
	if !isBench || len(fields) < 4 || len(fields)%2 != 0 {
		return "", nil, false
	}
	if _, err := strconv.ParseUint(fields[1], 10, 64); err != nil {
		return "", nil, false
	}
	f = make(figures)
	for i := 2; i < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", nil, false
		}
		f[fields[i+1]] = v
	}
	return procs.ReplaceAllString(fields[0], ""), f, true
}
