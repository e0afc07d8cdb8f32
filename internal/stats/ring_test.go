package stats

import (
	"testing"

	"pgregory.net/rapid"
)

// A ring is the tail of everything that was pushed since the last reset.
func TestRingAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 9).Draw(t, "capacity")
		r := NewRing[int](capacity)
		var model []int
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				v := rapid.Int().Draw(t, "value")
				r.Push(v)
				model = append(model, v)
				model = model[max(0, len(model)-capacity):]
			},
			"reset": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "dice") == 0 {
					r.Reset()
					model = nil
				}
			},
			"": func(t *rapid.T) {
				if r.Len() != len(model) || r.Cap() != capacity {
					t.Fatalf("Len %d, Cap %d; want %d, %d", r.Len(), r.Cap(), len(model), capacity)
				}
				for i, want := range model {
					if got := r.At(i); got != want {
						t.Fatalf("At(%d) = %d, want %d", i, got, want)
					}
				}
				got, ok := r.Last()
				if ok != (len(model) > 0) || ok && got != model[len(model)-1] {
					t.Fatalf("Last = %d, %v of %v", got, ok, model)
				}
			},
		})
	})
}

func TestRingRefuses(t *testing.T) {
	r := NewRing[int](3)
	r.Push(1)
	mustPanic(t, "At(-1)", func() { r.At(-1) })
	mustPanic(t, "At(Len)", func() { r.At(1) })
	mustPanic(t, "capacity 0", func() { NewRing[int](0) })
}

func TestRingResetLetsGo(t *testing.T) {
	r := NewRing[*int](2)
	r.Push(new(int))
	r.Push(new(int))
	r.Reset()
	for i, p := range r.values {
		if p != nil {
			t.Errorf("slot %d still holds its pointer", i)
		}
	}
}

func TestRingAllocatesNothing(t *testing.T) {
	r := NewRing[[4]float64](100)
	noAllocs(t, "Push, At, Last, Reset", func() {
		for range 150 {
			r.Push([4]float64{})
		}
		r.At(99)
		r.Last()
		r.Reset()
	})
}

func BenchmarkRingPush(b *testing.B) {
	r := NewRing[int64](600)
	b.ReportAllocs()
	for b.Loop() {
		r.Push(1)
	}
}
