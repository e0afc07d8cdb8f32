package stats

import "fmt"

// Ring keeps the last values of a series in memory of fixed size. It allocates
// when it is made and never after. It is not for use from several goroutines
// at once. Make one with [NewRing].
type Ring[T any] struct {
	values []T
	first  int // index of the oldest
	n      int
}

// NewRing returns an empty ring for capacity values. It panics if capacity is
// less than 1.
func NewRing[T any](capacity int) *Ring[T] {
	if capacity < 1 {
		panic(fmt.Sprintf("stats: NewRing: capacity %d, must be at least 1", capacity))
	}
	return &Ring[T]{values: make([]T, capacity)}
}

// Push adds v as the newest value. A full ring drops its oldest for it.
func (r *Ring[T]) Push(v T) {
	r.values[r.slot(r.n)] = v
	if r.n < len(r.values) {
		r.n++
	} else {
		r.first = r.slot(1)
	}
}

// slot returns where the i-th oldest value lies, for i from 0 to the capacity.
func (r *Ring[T]) slot(i int) int {
	if i += r.first; i >= len(r.values) {
		i -= len(r.values)
	}
	return i
}

// Len returns how many values the ring holds.
func (r *Ring[T]) Len() int { return r.n }

// Cap returns how many values the ring can hold.
func (r *Ring[T]) Cap() int { return len(r.values) }

// At returns the i-th value, oldest first. It panics unless 0 <= i < Len.
func (r *Ring[T]) At(i int) T {
	if i < 0 || i >= r.n {
		panic(fmt.Sprintf("stats: Ring.At: index %d with %d values", i, r.n))
	}
	return r.values[r.slot(i)]
}

// Last returns the newest value, and false if there is none.
func (r *Ring[T]) Last() (T, bool) {
	if r.n == 0 {
		var none T
		return none, false
	}
	return r.At(r.n - 1), true
}

// Reset empties the ring, and lets go of what its values point to.
func (r *Ring[T]) Reset() {
	clear(r.values)
	r.first, r.n = 0, 0
}
