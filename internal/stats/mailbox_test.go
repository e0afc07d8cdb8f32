package stats

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestMailboxNewestWins(t *testing.T) {
	m := NewMailbox[int]()
	for i := range 5 {
		m.Put(i)
	}
	if v, err := m.Take(t.Context()); v != 4 || err != nil {
		t.Errorf("Take = %d, %v; want 4", v, err)
	}
}

func TestMailboxTakeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMailbox[string]()
		begun := time.Now()
		go func() {
			time.Sleep(3 * time.Second)
			m.Put("late")
		}()
		v, err := m.Take(t.Context())
		if v != "late" || err != nil || time.Since(begun) != 3*time.Second {
			t.Errorf("Take = %q, %v after %v; want late after 3s", v, err, time.Since(begun))
		}
	})
}

func TestMailboxTakeEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMailbox[int]()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.Take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("empty: error %v, want the context's", err)
		}
		m.Put(7)
		if v, err := m.Take(ctx); v != 7 || err != nil {
			t.Errorf("a value is there: Take = %d, %v; want 7 in spite of the context", v, err)
		}
	})
}

func TestMailboxClose(t *testing.T) {
	t.Run("last value stays", func(t *testing.T) {
		m := NewMailbox[int]()
		m.Put(1)
		m.Close()
		m.Close()
		m.Put(2)
		if v, err := m.Take(t.Context()); v != 1 || err != nil {
			t.Errorf("Take = %d, %v; want 1", v, err)
		}
		for range 2 {
			if v, err := m.Take(t.Context()); v != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("then Take = %d, %v; want EOF", v, err)
			}
		}
	})
	t.Run("wakes all takers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := NewMailbox[int]()
			ended := 0
			var mu sync.Mutex
			for range 3 {
				go func() {
					_, err := m.Take(t.Context())
					mu.Lock()
					defer mu.Unlock()
					if errors.Is(err, io.EOF) {
						ended++
					}
				}()
			}
			synctest.Wait() // all three wait
			m.Close()
			synctest.Wait()
			if ended != 3 {
				t.Errorf("%d takers saw the end, want 3", ended)
			}
		})
	})
}

// Each value goes to one taker only, and each taker sees them in order.
func TestMailboxSeveralTakers(t *testing.T) {
	m := NewMailbox[int]()
	const values, takers = 5000, 4
	var (
		mu    sync.Mutex
		taken = map[int]int{}
		wg    sync.WaitGroup
	)
	for range takers {
		wg.Go(func() {
			last := -1
			for {
				v, err := m.Take(t.Context())
				if err != nil {
					if !errors.Is(err, io.EOF) {
						t.Errorf("Take: %v", err)
					}
					return
				}
				if v <= last {
					t.Errorf("took %d after %d", v, last)
				}
				last = v
				mu.Lock()
				taken[v]++
				mu.Unlock()
			}
		})
	}
	for i := range values {
		m.Put(i)
	}
	m.Close()
	wg.Wait()
	for v, n := range taken {
		if n != 1 {
			t.Errorf("value %d was taken %d times", v, n)
		}
	}
	if taken[values-1] != 1 {
		t.Error("the last value was not taken")
	}
}

// Producers do not block each other or wait for a taker, and closing beside
// them is safe.
func TestMailboxSeveralProducers(t *testing.T) {
	m := NewMailbox[int]()
	var wg sync.WaitGroup
	for p := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				m.Put(p*1000 + i)
				if p == 0 && i == 900 {
					m.Close()
				}
			}
		})
	}
	wg.Wait()
	if _, err := m.Take(t.Context()); err != nil {
		t.Errorf("value before the end: %v", err)
	}
	if _, err := m.Take(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after the last value: %v, want EOF", err)
	}
}

func TestMailboxAllocatesNothing(t *testing.T) {
	m := NewMailbox[[64]int]()
	ctx := t.Context()
	noAllocs(t, "Put", func() { m.Put([64]int{}) })
	noAllocs(t, "Put and Take", func() {
		m.Put([64]int{})
		if _, err := m.Take(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkMailboxPut(b *testing.B) {
	m := NewMailbox[int]()
	b.ReportAllocs()
	for b.Loop() {
		m.Put(1)
	}
}
