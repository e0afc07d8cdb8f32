package session

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// finding is a place where memory holds a needle.
type finding struct {
	Stage  string
	Needle int // its index
	Where  string
	// Address is the first place in that mapping, Count how many there are.
	Address uint64
	Count   int
	// Below is how far below the frame of the operation's caller that is, if it
	// is on the stack of the goroutine that did it.
	Below uint64
}

// scanner searches the memory of its own process for masked needles. It
// compares masked words only, so that it never holds what it looks for.
type scanner struct {
	byWord map[uint64][]int // needles by their first word
	filter []uint64         // a bit for each hash of a first word
	all    [][16]byte
	buf    []byte // a mapping of its own, which is not searched
	mem    *os.File
	// pagemap tells which pages there are.
	pagemap *os.File
}

const (
	filterBits = 20
	chunkSize  = 1 << 20
	needleSize = 16
	stackSize  = 16 << 10 // more than an operation needs
	maskWord   = mask * (1<<64 - 1) / 0xff
	// notBytes is the size from which on a mapping is not the program's but the
	// race detector's, whose shadow of terabytes holds no byte of the program.
	notBytes = 1 << 32
)

func newScanner(needles [][16]byte) (*scanner, error) {
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return nil, err
	}
	pagemap, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil, err
	}
	buf, err := syscall.Mmap(-1, 0, chunkSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	s := &scanner{
		byWord: make(map[uint64][]int), filter: make([]uint64, 1<<filterBits/64),
		all: needles, buf: buf, mem: mem, pagemap: pagemap,
	}
	for i, n := range needles {
		w := binary.NativeEndian.Uint64(n[:])
		s.byWord[w] = append(s.byWord[w], i)
		h := hashWord(w)
		s.filter[h/64] |= 1 << (h % 64)
	}
	return s, nil
}

func hashWord(w uint64) uint64 { return w * 0x9e3779b97f4a7c15 >> (64 - filterBits) }

// scan searches all that the process can write to. What lies a little below mark
// is on the stack of the goroutine whose frame is there.
func (s *scanner) scan(stage string, mark uint64) ([]finding, error) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	var found []finding
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		var from, to uint64
		if _, err := fmt.Sscanf(f[0], "%x-%x", &from, &to); err != nil {
			return nil, err
		}
		name := "anonymous"
		if len(f) > 5 {
			name = f[5]
		}
		if !strings.HasPrefix(f[1], "rw") || strings.HasPrefix(name, "[v") || to-from >= notBytes {
			continue
		}
		type place struct {
			needle int
			below  uint64 // on the stack, each place is a finding
		}
		hits := map[place]*finding{}
		if err := s.region(from, to, func(needle int, at uint64) {
			p := place{needle: needle}
			if mark-stackSize < at && at < mark {
				p.below = mark - at
			}
			if hits[p] == nil {
				hits[p] = &finding{Stage: stage, Needle: needle, Where: name, Address: at, Below: p.below}
			}
			hits[p].Count++
		}); err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
		for _, h := range hits {
			found = append(found, *h)
		}
	}
	clear(s.buf)
	return found, nil
}

// region searches one mapping, without the scanner's own buffer, which may be
// part of it.
func (s *scanner) region(from, to uint64, hit func(needle int, at uint64)) error {
	own := addressOf(s.buf)
	if from <= own && own < to {
		if err := s.region(from, own, hit); err != nil {
			return err
		}
		from = min(own+chunkSize, to)
	}
	runs, err := s.touched(from, to)
	if err != nil {
		return err
	}
	for _, run := range runs {
		for at := run[0]; at+needleSize <= run[1]; at += chunkSize - needleSize + 1 {
			n, err := s.mem.ReadAt(s.buf[:min(chunkSize, run[1]-at)], int64(at))
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			s.chunk(s.buf[:n], func(needle, i int) { hit(needle, at+uint64(i)) })
		}
	}
	return nil
}

// touched returns the parts of a mapping that were ever written to, or changed
// from what their file has: a small part of what the runtime reserves.
func (s *scanner) touched(from, to uint64) (runs [][2]uint64, err error) {
	const (
		entry   = 8
		present = 1<<63 | 1<<62 // in memory or swapped out
	)
	page := uint64(os.Getpagesize())
	pages := make([]byte, (to-from)/page*entry)
	if _, err := s.pagemap.ReadAt(pages, int64(from/page*entry)); err != nil {
		return nil, err
	}
	for at := from; at < to; at += page {
		if binary.NativeEndian.Uint64(pages[(at-from)/page*entry:])&present == 0 {
			continue
		}
		if n := len(runs); n > 0 && runs[n-1][1] == at {
			runs[n-1][1] += page
		} else {
			runs = append(runs, [2]uint64{at, at + page})
		}
	}
	return runs, nil
}

// chunk looks at each byte, so it has no patience for the race detector.
//
//go:norace
func (s *scanner) chunk(b []byte, hit func(needle, at int)) {
	for i := 0; i+needleSize <= len(b); i++ {
		w := binary.NativeEndian.Uint64(b[i:]) ^ maskWord
		if h := hashWord(w); s.filter[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		second := binary.NativeEndian.Uint64(b[i+8:]) ^ maskWord
		for _, n := range s.byWord[w] {
			if binary.NativeEndian.Uint64(s.all[n][8:]) == second {
				hit(n, i)
			}
		}
	}
}
