package session

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// body is a session as the stress test remembers it, dead or alive, with a
// message that only its keys can have sealed.
type body struct {
	Session
	canary string
	sealed []byte
	mac    []byte
}

// exhume uses a body that may have died. It says what went wrong, if anything:
// an operation on a living session succeeds with this session's own canary, and
// one on a dead session fails with ErrClosed and gives nothing.
func (b *body) exhume(dead bool) error {
	fine := func(err error) bool { return errors.Is(err, ErrClosed) || err == nil && !dead }
	out, err := b.Open(nil, b.sealed, nil)
	if !fine(err) || err == nil && string(out) != b.canary || err != nil && len(out) > 0 {
		return fmt.Errorf("%s: opened %q, %w", b.canary, out, err)
	}
	if err := b.Verify([]byte(b.canary), b.mac); !fine(err) {
		return fmt.Errorf("%s: verify: %w", b.canary, err)
	}
	sealed, err := b.Seal(nil, []byte(b.canary), nil)
	if !fine(err) {
		return fmt.Errorf("%s: seal: %w", b.canary, err)
	}
	if err == nil {
		if out, err := b.Open(nil, sealed, nil); !fine(err) || err == nil && string(out) != b.canary {
			return fmt.Errorf("%s: sealed, and opened %q, %w", b.canary, out, err)
		}
	}
	if dead {
		if err := b.Close(); !errors.Is(err, ErrClosed) {
			return fmt.Errorf("%s: closed a second time: %w", b.canary, err)
		}
	}
	return nil
}

// undertaker is one worker of the stress test.
type undertaker struct {
	m         *Manager
	r         *rand.Rand
	name      string
	board     []atomic.Pointer[body] // sessions of all workers, for all to use
	alive     []*body
	graveyard []*body
	made      *atomic.Uint64
}

func (u *undertaker) create() error {
	n := u.made.Add(1)
	b := &body{canary: fmt.Sprintf("canary %d of %s", n, u.name)}
	p := Params{Seed: seedOf(n)}
	if n%7 == 0 {
		p.Limits = &Limits{MaxMessages: 5}
	}
	var err error
	if b.Session, err = u.m.Create(p); err != nil {
		return err
	}
	if b.sealed, err = b.Seal(nil, []byte(b.canary), nil); err != nil {
		return err
	}
	if b.mac, err = b.Sign(nil, []byte(b.canary)); err != nil {
		return err
	}
	u.alive = append(u.alive, b)
	u.board[u.r.IntN(len(u.board))].Store(b)
	return nil
}

func (u *undertaker) bury(b *body) {
	if len(u.graveyard) == 64 {
		u.graveyard[u.r.IntN(64)] = b
		return
	}
	u.graveyard = append(u.graveyard, b)
}

func (u *undertaker) step() error {
	switch what := u.r.IntN(10); {
	case what < 3 || len(u.alive) == 0:
		return u.create()
	case what < 6:
		i := u.r.IntN(len(u.alive))
		b := u.alive[i]
		u.alive[i] = u.alive[len(u.alive)-1]
		u.alive = u.alive[:len(u.alive)-1]
		if err := b.Close(); err != nil && !errors.Is(err, ErrClosed) {
			return err
		}
		u.bury(b) // dead now, whoever closed it
		return nil
	case what < 8 && len(u.graveyard) > 0:
		return u.graveyard[u.r.IntN(len(u.graveyard))].exhume(true)
	case what == 8:
		b := u.board[u.r.IntN(len(u.board))].Load()
		if b == nil {
			return nil
		}
		if u.r.IntN(4) == 0 {
			if err := b.Close(); err != nil && !errors.Is(err, ErrClosed) {
				return err
			}
			return b.exhume(true)
		}
		return b.exhume(false)
	default:
		b := u.alive[u.r.IntN(len(u.alive))]
		if id := b.ID(); id != (ID{}) {
			if got, err := u.m.Get(id); err == nil && got != b.Session || err != nil && !errors.Is(err, ErrNotFound) {
				return fmt.Errorf("%s: get = %v, %w", b.canary, got, err)
			}
		}
		return b.exhume(false)
	}
}

// TestStress has workers create, use and close sessions, their own and each
// other's, with handles that they keep beyond the end, while the switches and
// the pool's capacity change under them and sweeps run.
func TestStress(t *testing.T) {
	for _, first := range []Optimizations{Baseline, Seed, Tuned} {
		for _, flip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/flip=%t", first, flip), func(t *testing.T) { stress(t, first, flip) })
		}
	}
}

func stress(t *testing.T, first Optimizations, flip bool) {
	const workers = 6
	steps := 6000
	if raceEnabled {
		steps = 1000 // each takes many times as long
	}
	m := newTestManager(t, Config{Optimizations: first, PoolCapacity: 16, Shards: 2, SweepInterval: manual})
	var made atomic.Uint64
	board := make([]atomic.Pointer[body], 32)
	var all sync.WaitGroup
	for w := range uint64(workers) {
		all.Go(func() {
			u := &undertaker{
				m: m, r: rand.New(rand.NewPCG(w, 1)), name: fmt.Sprint("worker ", w), board: board, made: &made,
			}
			for range steps {
				if err := u.step(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	stop := make(chan struct{})
	var rest sync.WaitGroup
	rest.Go(func() {
		switches := everyOptimization()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if flip {
				m.SetOptimizations(switches[i*5%len(switches)])
				m.SetPoolCapacity(i % 40)
			}
			m.Sweep()
			if c := m.Counters(); c.Live < 0 {
				t.Errorf("live = %d", c.Live)
			}
		}
	})
	all.Wait()
	close(stop)
	rest.Wait()

	c := checkBooks(t, m)
	if c.Created != made.Load() || c.Failed != 0 || c.Refused != 0 || c.Duplicate != 0 {
		t.Errorf("created %d of %d, failed %d, refused %d, duplicate %d", c.Created, made.Load(), c.Failed, c.Refused, c.Duplicate)
	}
	if c.Hits == 0 && first.Pool != PoolNone && runtime.GOMAXPROCS(0) > 1 { // else who switches hardly ever runs
		t.Error("no storage was reused: this test shows nothing")
	}
	wantErr(t, "close", m.Close(), nil)
	for i := range board {
		if b := board[i].Load(); b != nil {
			wantClosed(t, b.Session)
		}
	}
	if c := checkBooks(t, m); c.Live != 0 {
		t.Errorf("%d live after the manager's end", c.Live)
	}
}
