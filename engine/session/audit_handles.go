package session

import (
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
)

const (
	// auditKept is how many of the latest ended sessions' handles are tried on
	// each session.
	auditKept = 8
	// auditWorkers is how many goroutines try handles at the same time.
	auditWorkers = 4
)

// staleCalls are all methods of a handle. Each tells whether the call was refused
// and gave nothing, when the session had ended before; what is given to it is
// what the session in the storage would take.
var staleCalls = []func(h Session, s said) bool{
	func(h Session, _ said) bool { return h.ID() == ID{} },
	func(h Session, _ said) bool {
		info, err := h.Info()
		return refused(err) && reflect.ValueOf(info).IsZero()
	},
	func(h Session, _ said) bool {
		var g Glance
		return refused(h.Glance(&g)) && g == Glance{}
	},
	func(h Session, _ said) bool {
		out, err := h.Seal(nil, auditText, nil)
		return refused(err) && out == nil
	},
	func(h Session, s said) bool {
		out, err := h.Open(nil, s.sealed, nil)
		return refused(err) && out == nil
	},
	func(h Session, _ said) bool {
		out, err := h.Sign(nil, auditText)
		return refused(err) && out == nil
	},
	func(h Session, s said) bool { return refused(h.Verify(auditText, s.mac)) },
	func(h Session, _ said) bool { return refused(h.SetLimits(*auditLimits)) },
	func(h Session, _ said) bool { return refused(h.Close()) },
}

// refused tells whether the session had ended before the call, and not by it.
func refused(err error) bool { return errors.Is(err, ErrClosed) && !errors.Is(err, ErrExpired) }

// callStale calls all methods of a handle whose session has ended. It stops at the
// first that is not refused: what comes of the next nobody can tell.
func (f *Finding) callStale(h Session, s said) {
	for _, call := range staleCalls {
		if !f.check(call(h, s)) {
			return
		}
	}
}

// auditHandles uses handles after their sessions' end.
func auditHandles(f *Finding, o Optimizations, rounds int) error {
	m, err := newAuditManager(o)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	var kept []Session
	for n := range rounds {
		way := auditEnds[n%(len(auditEnds)-1)] // the manager goes on
		h, s, err := auditTalker(m, way.limits)
		if err != nil {
			return err
		}
		id := h.ID()
		way.end(m, h, id)
		f.callStale(h, s)
		_, err = m.Get(id)
		f.check(errors.Is(err, ErrNotFound))

		kept = append(kept[max(0, len(kept)-auditKept+1):], h)
		if err := auditNext(f, m, kept); err != nil {
			return err
		}
	}
	if f.Violations > 0 {
		return nil // at the same time there would be more, and who knows what else
	}
	last, s, err := auditTalker(m, nil)
	if err != nil {
		return err
	}
	_ = m.Close()
	for _, h := range append(kept, last) {
		f.callStale(h, s)
	}
	return auditHandlesTogether(f, o, rounds)
}

// auditTalker makes a session that has said and heard something, and could again.
func auditTalker(m *Manager, limits *Limits) (h Session, s said, err error) {
	if h, err = auditCreate(m, Symmetric, limits); err != nil {
		return h, s, err
	}
	if s, err = say(h); err != nil {
		return h, s, err
	}
	return h, s, hear(h, s)
}

// auditNext makes a session, which has the storage of the last one kept if there
// is a pool, and looks whether it notices anything of calls by all handles kept.
func auditNext(f *Finding, m *Manager, kept []Session) error {
	h, s, err := auditTalker(m, nil)
	if err != nil {
		return err
	}
	before, err := h.Info()
	if err != nil {
		return err
	}
	for _, old := range kept {
		f.callStale(old, s)
	}
	after, err := h.Info()
	f.check(err == nil && reflect.DeepEqual(after, before) && hear(h, s) == nil && h.Close() == nil)
	return nil
}

// auditHandlesTogether has workers make and end sessions in one pool, and use
// handles of each other's ended ones meanwhile.
func auditHandlesTogether(f *Finding, o Optimizations, rounds int) error {
	m, err := newAuditManager(o)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	var ended [auditWorkers]atomic.Pointer[Session] // the last of each worker
	for w := range ended {
		h, err := auditCreate(m, Symmetric, nil)
		if err != nil {
			return err
		}
		ended[w].Store(&h)
	}
	for w := range ended {
		if err := ended[w].Load().Close(); err != nil {
			return err
		}
	}

	var findings [auditWorkers]Finding
	var errs [auditWorkers]error
	var all sync.WaitGroup
	for w := range ended {
		all.Go(func() {
			var own Finding
			for n := w; n < rounds && errs[w] == nil && own.Violations == 0; n += auditWorkers {
				errs[w] = auditTogether(&own, m, w, ended[:])
			}
			findings[w] = own
		})
	}
	all.Wait()
	for _, own := range findings {
		f.Checked += own.Checked
		f.Violations += own.Violations
	}
	return errors.Join(errs[:]...)
}

// auditTogether makes a session, uses handles that others have ended the sessions
// of, and looks whether others have done so to its own.
func auditTogether(f *Finding, m *Manager, worker int, ended []atomic.Pointer[Session]) error {
	h, err := auditCreate(m, Symmetric, nil)
	if err != nil {
		return err
	}
	s, err := say(h)
	for i := range ended {
		f.callStale(*ended[i].Load(), s)
	}
	if err == nil {
		err = hear(h, s)
	}
	info, lost := h.Info()
	size := uint64(len(auditText))
	// Whatever went wrong, others' handles are to blame: there is nothing else
	// that could end or change the session.
	if f.check(err == nil && lost == nil && info.Messages == auditMessages && info.BytesIn == size && info.BytesOut == size &&
		info.Limits == m.limits && h.Close() == nil) {
		f.callStale(h, s)
		ended[worker].Store(&h)
	}
	return nil
}
