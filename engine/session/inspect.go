package session

import (
	"slices"
	"time"
)

// ID returns the session's id, or the zero ID once it has ended.
func (h Session) ID() ID {
	s := h.lock()
	if s == nil {
		return ID{}
	}
	defer s.mu.Unlock()
	return s.id
}

// Info is what may be known of a session. It holds no secret.
type Info struct {
	// Session is the handle, for whoever wants to do something about it.
	Session  Session
	ID       ID
	Role     Role
	Limits   Limits
	Created  time.Time
	LastUsed time.Time // or Created, where it was not used yet
	// Expires is when the session ends if it is not used again; zero if never,
	// and LastUsed if it has spent its messages.
	Expires time.Time
	// Messages counts what was sealed, opened, signed and verified.
	Messages uint64
	// BytesIn and BytesOut count plaintext opened and sealed.
	BytesIn, BytesOut uint64
	// Reuses is how many sessions the storage served before this one.
	Reuses uint32
	// KeyIDs are those bound to the session, in the order of their binding.
	KeyIDs []string
}

// Info returns what may be known of the session, or [ErrClosed]. It does not
// count as use.
func (h Session) Info() (Info, error) {
	var info Info
	err := h.inspect(&info, true)
	return info, err
}

// inspect fills info, and tells key ids if it is to: they cost an allocation.
func (h Session) inspect(info *Info, keyIDs bool) error {
	s := h.lock()
	if s == nil {
		return ErrClosed
	}
	defer s.mu.Unlock()
	at := func(t int64) time.Time { return s.shard.manager.epoch.Add(time.Duration(t)) }
	*info = Info{
		Session:  h,
		ID:       s.id,
		Role:     s.role,
		Limits:   s.limits,
		Created:  at(s.created),
		LastUsed: at(s.lastUsed),
		Messages: s.messages,
		BytesIn:  s.bytesIn,
		BytesOut: s.bytesOut,
		Reuses:   s.reuses,
	}
	switch end := s.expires.Load(); {
	case s.spent():
		info.Expires = info.LastUsed
	case end != never:
		info.Expires = at(end)
	}
	if keyIDs {
		info.KeyIDs = slices.Clone(s.keyIDs)
	}
	return nil
}

// Query says which sessions [Manager.Inspect] lists, in which order, and how many.
// The zero value lists none, but counts all.
type Query struct {
	// Match tells whether a session is wanted; nil wants all. It is called for
	// every session, with no lock held, and must not keep the Info, whose
	// KeyIDs are not filled in yet.
	Match func(*Info) bool
	// Compare orders the list, as for [slices.SortFunc]; nil leaves it in no
	// order.
	Compare func(a, b *Info) int
	// Limit is how many sessions are listed at most, the first in order.
	Limit int
}

// Listing is what [Manager.Inspect] found.
type Listing struct {
	// Sessions has as many as the query's limit allows, in its order.
	Sessions []Info
	// Matched counts the sessions that matched, Total those looked at. A
	// session that ended during the call may be in neither.
	Matched, Total int
}

// Inspect lists sessions for somebody to look at. It costs a look at every
// session, about a microsecond each at worst, in the caller's goroutine; lookups,
// and messages on other sessions, go on meanwhile, and creations and removals wait
// for no more than the copying of one shard's handles, if for that. Every session
// that lives throughout the call is looked at exactly once. Listing a session does
// not count as use, and shows no secret.
func (m *Manager) Inspect(q Query) Listing {
	var l Listing
	limit := max(q.Limit, 0)
	var kept, spare []*Info // pointers, since what is sorted and dropped all the time is large
	info := new(Info)
	var handles []Session
	for i := range m.shards {
		handles = m.shards[i].handles(handles[:0])
		for _, h := range handles {
			if h.inspect(info, false) != nil {
				continue
			}
			l.Total++
			if q.Match != nil && !q.Match(info) {
				continue
			}
			l.Matched++
			if limit == 0 || q.Compare == nil && len(kept) == limit {
				continue
			}
			kept = append(kept, info)
			if len(kept) == 2*limit { // sorting now and then is cheaper than a heap
				slices.SortFunc(kept, q.Compare)
				spare = append(spare, kept[limit:]...)
				kept = kept[:limit]
			}
			if n := len(spare); n > 0 {
				info, spare = spare[n-1], spare[:n-1]
			} else {
				info = new(Info)
			}
		}
	}
	if q.Compare != nil {
		slices.SortFunc(kept, q.Compare)
	}
	l.Sessions = make([]Info, min(limit, len(kept)))
	for i := range l.Sessions {
		l.Sessions[i] = *kept[i]
		// What ended since stays as it was when it was looked at.
		if kept[i].Session.inspect(info, true) == nil {
			l.Sessions[i].KeyIDs = info.KeyIDs
		}
	}
	return l
}
