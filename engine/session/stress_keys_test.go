package session

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// recurring is how many seeds all workers use again and again.
const recurring = 20

// resident is a session of the key stress test. What it says and hears is
// checked against a peer that shares nothing with the engine, so that two
// sessions that got each other's keys, or one slot, cannot agree on a mistake.
type resident struct {
	Session
	seed   uint64
	id     ID
	role   Role
	far    *peer
	canary []byte
	letter []byte // the canary, sealed by the peer
	mac    []byte // and signed
	name   string // key id that no other session ever had, or ""
	born   time.Time
	limits Limits
	// private sessions end by their worker's hand only.
	private bool
	ended   atomic.Bool // a call has ended it, or was told that it had ended
}

func (r *resident) aad() []byte { return r.id[:] }

// dead tells whether the session has certainly ended.
func (r *resident) dead() bool {
	return r.ended.Load() || r.limits.MaxAge > 0 && time.Since(r.born) >= r.limits.MaxAge
}

// hotel is the manager and what its workers share.
type hotel struct {
	m       *Manager
	seeds   atomic.Uint64
	board   [24]atomic.Pointer[resident]
	closing atomic.Bool
	graves  atomic.Uint64 // uses of handles after their end
}

// guest is one worker.
type guest struct {
	*hotel
	r     *rand.Rand
	alive []*resident
	grave []*resident // every handle that it ever closed
}

// judge holds the result of an operation that began when the session was dead,
// or may have lived, against what is possible. It tells whether there was one.
func (g *guest) judge(r *resident, dead bool, what string, err error) (worked bool, _ error) {
	switch {
	case err == nil && dead:
		return false, fmt.Errorf("%s: %s worked after its end", r.canary, what)
	case err == nil:
		return true, nil
	case !errors.Is(err, ErrClosed):
		return false, fmt.Errorf("%s: %s: %w", r.canary, what, err)
	case !dead && r.private && !g.closing.Load():
		return false, fmt.Errorf("%s: %s found it ended, and nobody has ended it: %w", r.canary, what, err)
	case dead:
		g.graves.Add(1)
	}
	r.ended.Store(true)
	return false, nil
}

// use asks everything of a session, dead or alive.
func (g *guest) use(r *resident) error {
	dead := r.dead()
	text, err := r.Open(nil, r.letter, r.aad())
	if worked, bad := g.judge(r, dead, "open", err); bad != nil || !bytes.Equal(text, r.canary) && worked || len(text) > 0 && !worked {
		return fmt.Errorf("%s: opened %q, %w", r.canary, text, bad)
	}
	dead = r.dead()
	if _, bad := g.judge(r, dead, "verify", r.Verify(r.canary, r.mac)); bad != nil {
		return bad
	}
	dead = r.dead()
	sealed, err := r.Seal(nil, r.canary, r.aad())
	worked, bad := g.judge(r, dead, "seal", err)
	if bad != nil || len(sealed) > 0 && !worked {
		return fmt.Errorf("%s: sealed %x, %w", r.canary, sealed, bad)
	}
	if worked {
		if text, err := r.far.open(sealed, r.aad()); err != nil || !bytes.Equal(text, r.canary) {
			return fmt.Errorf("%s: the peer opened %q, %w", r.canary, text, err)
		}
	}
	dead = r.dead()
	mac, err := r.Sign(nil, r.canary)
	worked, bad = g.judge(r, dead, "sign", err)
	if bad != nil || worked && !bytes.Equal(mac, r.far.signed(r.canary)) || len(mac) > 0 && !worked {
		return fmt.Errorf("%s: signed %x, %w", r.canary, mac, bad)
	}
	// Info does not look at the limits, so age alone does not close it.
	dead = r.ended.Load()
	info, err := r.Info()
	worked, bad = g.judge(r, dead, "info", err)
	if bad != nil || worked && (info.ID != r.id || info.Role != r.role) || !worked && info.ID != (ID{}) {
		return fmt.Errorf("%s: info %+v, %w", r.canary, info, bad)
	}
	return g.lookUp(r)
}

// lookUp finds a session by its id and by its key id.
func (g *guest) lookUp(r *resident) error {
	dead := r.dead()
	got, err := g.m.Get(r.id)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return fmt.Errorf("%s: get: %w", r.canary, err)
	case got == r.Session && dead:
		return fmt.Errorf("%s: get found it after its end", r.canary)
	case got != r.Session && !dead && r.private && !g.closing.Load():
		return fmt.Errorf("%s: get did not find it: %v, %w", r.canary, got, err)
	}
	if r.name == "" {
		return nil
	}
	dead = r.dead()
	got, err = g.m.GetByKeyID(r.name)
	if err == nil && (dead || got != r.Session) || err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%s: its key id leads to %v, %w, dead = %t", r.canary, got, err, dead)
	}
	return nil
}

// create makes a session of a new seed, or of one of those that recur: its id
// then had other lives before.
func (g *guest) create() error {
	r := &resident{seed: g.seeds.Add(1) + recurring, private: true, role: Role(g.r.IntN(3))}
	if g.r.IntN(4) == 0 {
		r.seed = g.r.Uint64N(recurring)
		r.private = false
	}
	switch g.r.IntN(6) {
	case 0:
		r.limits.MaxMessages = 1 + g.r.Uint64N(12)
	case 1:
		r.limits.MaxAge = time.Duration(1 + g.r.IntN(500_000))
	case 2:
		r.limits.IdleTimeout = time.Duration(1 + g.r.IntN(200_000))
	}
	r.private = r.private && r.limits == (Limits{})
	r.canary = fmt.Appendf(nil, "canary of seed %d, %s", r.seed, r.role)
	p := Params{Seed: seedOf(r.seed), Role: r.role, Limits: &r.limits}
	r.id = DeriveID(p.Seed, "")
	var err error
	r.Session, err = g.m.Create(p)
	r.born = time.Now()
	switch {
	case errors.Is(err, ErrExists) && r.seed < recurring, errors.Is(err, ErrFull), errors.Is(err, ErrManagerClosed) && g.closing.Load():
		return nil
	case err != nil:
		return fmt.Errorf("%s: create: %w", r.canary, err)
	}
	return g.meet(r, p)
}

// meet finds out which key schedule a new session has, since the switches may
// have changed meanwhile, and gives it its peer.
func (g *guest) meet(r *resident, p Params) error {
	sealed, err := r.Seal(nil, r.canary, r.aad())
	if worked, bad := g.judge(r, false, "first seal", err); !worked {
		return bad
	}
	for _, single := range []bool{false, true} {
		far := newPeer(p.Seed, p.Label, p.Role, single)
		if _, err := far.open(sealed, r.aad()); err == nil {
			r.far = far
		}
	}
	if r.far == nil {
		return fmt.Errorf("%s: sealed under no key of its own", r.canary)
	}
	r.letter, r.mac = r.far.seal(r.canary, r.aad()), r.far.sign(r.canary)
	if g.r.IntN(3) == 0 {
		name := fmt.Sprintf("key id %d", g.seeds.Add(1))
		switch err := g.m.Bind(name, r.id); {
		case err == nil && r.private:
			r.name = name
		case err != nil && (r.private && !g.closing.Load() || !errors.Is(err, ErrNotFound)):
			return fmt.Errorf("%s: bind: %w", r.canary, err)
		}
	}
	g.alive = append(g.alive, r)
	if g.r.IntN(3) == 0 {
		r.private = false // before others can see it
		g.board[g.r.IntN(len(g.board))].Store(r)
	}
	return nil
}

// end closes a session, in one way or the other, and keeps the handle.
func (g *guest) end(r *resident) error {
	var err error
	if g.r.IntN(3) == 0 {
		if err = g.m.Remove(r.id); errors.Is(err, ErrNotFound) {
			err = ErrClosed
		}
		if !r.private { // its id may have been another session's
			_ = r.Close()
		}
	} else {
		err = r.Close()
	}
	if err != nil && (!errors.Is(err, ErrClosed) || r.private && !g.closing.Load()) {
		return fmt.Errorf("%s: close: %w", r.canary, err)
	}
	r.ended.Store(true)
	return nil
}

func (g *guest) step() error {
	switch what := g.r.IntN(13); {
	case what < 3 || len(g.alive) == 0:
		return g.create()
	case what < 5:
		i := g.r.IntN(len(g.alive))
		r := g.alive[i]
		g.alive[i] = g.alive[len(g.alive)-1]
		g.alive = g.alive[:len(g.alive)-1]
		g.grave = append(g.grave, r)
		if err := g.end(r); err != nil {
			return err
		}
		return g.use(r)
	case what < 8 && len(g.grave) > 0:
		r := g.grave[g.r.IntN(len(g.grave))]
		if err := r.Close(); !errors.Is(err, ErrClosed) {
			return fmt.Errorf("%s: closed again: %w", r.canary, err)
		}
		return g.use(r)
	case what < 10:
		if r := g.board[g.r.IntN(len(g.board))].Load(); r != nil {
			if g.r.IntN(8) == 0 {
				if err := g.end(r); err != nil {
					return err
				}
			}
			return g.use(r)
		}
		return nil
	case what == 10:
		return g.rename()
	default:
		return g.use(g.alive[g.r.IntN(len(g.alive))])
	}
}

// rename gives a session one of a few key ids that all workers fight for, or
// takes it from whoever has it.
func (g *guest) rename() error {
	name := fmt.Sprint("shared key id ", g.r.IntN(4))
	r := g.board[g.r.IntN(len(g.board))].Load()
	if r == nil || g.r.IntN(3) == 0 {
		g.m.Unbind(name)
		return nil
	}
	dead := r.ended.Load()
	switch err := g.m.Bind(name, r.id); {
	case err == nil && dead && r.seed >= recurring:
		return fmt.Errorf("%s: %s was bound to it after its end", r.canary, name)
	case err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrBound):
		return fmt.Errorf("%s: bind: %w", r.canary, err)
	}
	if got, err := g.m.GetByKeyID(name); err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%s leads to %v, %w", name, got, err)
	}
	return g.use(r)
}

// TestStressKeys has workers create, use, end and outlive sessions of all
// roles, with every handle kept for ever, while switches and pools change,
// limits of time are reached, sweeps run, and in the end the manager closes
// under them. A handle works with its own session's keys or not at all.
func TestStressKeys(t *testing.T) {
	for _, first := range []Optimizations{Seed, Tuned} {
		for _, flip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/flip=%t", first, flip), func(t *testing.T) { stressKeys(t, first, flip) })
		}
	}
}

func stressKeys(t *testing.T, first Optimizations, flip bool) {
	const workers = 5
	steps := 1500
	if raceEnabled {
		steps = 400
	}
	h := &hotel{m: newTestManager(t, Config{
		Optimizations: first, PoolCapacity: 8, Shards: 2, MaxSessions: 400, SweepInterval: manual,
	})}
	guests := make([]*guest, workers)
	var all sync.WaitGroup
	var near atomic.Int32 // workers that are nearly done
	for w := range guests {
		g := &guest{hotel: h, r: rand.New(rand.NewPCG(uint64(w), 7))}
		guests[w] = g
		all.Go(func() {
			for i := range steps {
				if i == steps*9/10 {
					near.Add(1)
				}
				if err := g.step(); err != nil {
					t.Error(err)
					near.Add(1)
					return
				}
			}
		})
	}
	h.disturb(t, flip, func() bool { return near.Load() >= workers })
	h.closing.Store(true)
	wantErr(t, "close", h.m.Close(), nil)
	all.Wait()

	for _, g := range guests {
		for _, r := range append(g.grave, g.alive...) {
			wantClosed(t, r.Session)
			if out, err := r.Open(nil, r.letter, r.aad()); len(out) > 0 || !errors.Is(err, ErrClosed) {
				t.Errorf("%s: opened %q, %v", r.canary, out, err)
			}
		}
	}
	c := checkBooks(t, h.m)
	if c.Live != 0 || c.Failed != 0 {
		t.Errorf("%d live and %d failed, want none", c.Live, c.Failed)
	}
	if n := indexed(h.m); n != 0 {
		t.Errorf("%d key ids outlived their sessions", n)
	}
	if runtime.GOMAXPROCS(0) == 1 {
		return // who sweeps and switches hardly ever gets to run
	}
	if c.Hits == 0 || c.ExpiredAge == 0 || c.ExpiredIdle == 0 || c.ExpiredCount == 0 || c.Duplicate == 0 || h.graves.Load() == 0 {
		t.Errorf("this test shows less than it should: %d dead handles used, %+v", h.graves.Load(), c)
	}
}

// disturb changes what can be changed while sessions live, until it is enough.
func (h *hotel) disturb(t *testing.T, flip bool, enough func() bool) {
	t.Helper()
	all := everyOptimization()
	for i := 0; !enough(); i++ {
		if flip {
			h.m.SetOptimizations(all[i*5%len(all)])
			h.m.SetPoolCapacity(i % 20)
			h.m.SetMaxSessions(300 + i%100)
		}
		if i%200 == 0 {
			runtime.GC() // empties a sync.Pool, in two of them
		}
		h.m.Sweep()
		if c := h.m.Counters(); c.Live < 0 {
			t.Errorf("live = %d", c.Live)
		}
		runtime.Gosched()
	}
}
