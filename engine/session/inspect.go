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
	Tag      uint16 // of Params
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
	// Slot numbers the storage, from 1 in each manager, in the order in which it was
	// made: for each session while the pool is off. After the last number comes 1
	// again, whether or not that storage is in use still. Reuses is how many sessions
	// it served before this one.
	Slot, Reuses uint32
	// KeyIDs are those bound to the session, in the order of their binding.
	KeyIDs []string
}

// Info returns what may be known of the session, or [ErrClosed]. It does not
// count as use.
func (h Session) Info() (Info, error) {
	var g Glance
	var info Info
	if err := h.look(&g, &info.KeyIDs); err != nil {
		return Info{}, err
	}
	g.tell(&info)
	return info, nil
}

// Glance is what a quick look at a session shows: an [Info] without key ids, with
// times as they are kept, on the manager's own clock, which [Manager.Epoch] began.
type Glance struct {
	Session  Session
	Manager  *Manager
	ID       ID
	Role     Role
	Tag      uint16
	Slot     uint32
	Reuses   uint32
	Created  time.Duration
	LastUsed time.Duration
	// Expires is [NoEnd] for a session without a limit of time, and otherwise as
	// in Info.
	Expires           time.Duration
	Messages          uint64
	BytesIn, BytesOut uint64
	Limits            Limits
}

// NoEnd is the [Glance.Expires] of a session that no limit of time ends.
const NoEnd = time.Duration(never)

// Epoch returns when the manager was made, which is zero on its clock.
func (m *Manager) Epoch() time.Time { return m.epoch }

// Glance fills g with what the session is at, or returns [ErrClosed] and leaves it.
// It does not count as use, and allocates nothing.
func (h Session) Glance(g *Glance) error { return h.look(g, nil) }

// look fills g, and tells key ids where there is room for them: they cost an
// allocation.
func (h Session) look(g *Glance, keyIDs *[]string) error {
	s := h.lock()
	if s == nil {
		return ErrClosed
	}
	defer s.mu.Unlock()
	g.Session, g.Manager = h, s.shard.manager
	g.ID, g.Role, g.Tag, g.Slot, g.Reuses = s.id, s.role, s.tag, s.number, s.reuses
	g.Created, g.LastUsed = time.Duration(s.created), time.Duration(s.lastUsed)
	g.Messages, g.BytesIn, g.BytesOut, g.Limits = s.messages, s.bytesIn, s.bytesOut, s.limits
	g.Expires = time.Duration(s.expires.Load())
	if s.spent() {
		g.Expires = g.LastUsed
	}
	if keyIDs != nil {
		*keyIDs = slices.Clone(s.keyIDs)
	}
	return nil
}

// tell fills info but for the key ids, which it leaves.
func (g *Glance) tell(info *Info) {
	epoch := g.Manager.epoch
	*info = Info{
		Session: g.Session, ID: g.ID, Role: g.Role, Tag: g.Tag, Limits: g.Limits,
		Created: epoch.Add(g.Created), LastUsed: epoch.Add(g.LastUsed),
		Messages: g.Messages, BytesIn: g.BytesIn, BytesOut: g.BytesOut,
		Slot: g.Slot, Reuses: g.Reuses, KeyIDs: info.KeyIDs,
	}
	if g.Expires != NoEnd {
		info.Expires = epoch.Add(g.Expires)
	}
}

// glances is how many sessions InspectShard has fetched from memory at once: one by
// one, each would be waited for.
const glances = 16

// InspectShard shows see every session of one shard, one after the other, until see
// says that it has had enough. Each that lives throughout the call is shown exactly
// once, and over all shards each belongs to one. see is called with no lock held, may
// take its time, and must not keep the Glance. room is for handles; it is returned,
// perhaps larger, for the next call.
func (m *Manager) InspectShard(i int, room []Session, see func(*Glance) (more bool)) []Session {
	room = m.shards[i].handles(room[:0])
	defer clear(room) // or storage that nobody uses any more could not be collected
	var g Glance
	for at := 0; at < len(room); at += glances {
		batch := room[at:min(at+glances, len(room))]
		for _, h := range batch {
			// Both of the lines that look reads begin to come.
			_, _ = h.slot.gen.Load(), h.slot.expires.Load()
		}
		for _, h := range batch {
			if h.look(&g, nil) == nil && !see(&g) {
				return room
			}
		}
	}
	return room
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
	see := func(g *Glance) bool {
		l.Total++
		info.KeyIDs = nil
		g.tell(info)
		if q.Match != nil && !q.Match(info) {
			return true
		}
		l.Matched++
		if limit == 0 || q.Compare == nil && len(kept) == limit {
			return true
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
		return true
	}
	var room []Session
	for i := range m.shards {
		room = m.InspectShard(i, room, see)
	}
	if q.Compare != nil {
		slices.SortFunc(kept, q.Compare)
	}
	l.Sessions = make([]Info, min(limit, len(kept)))
	for i := range l.Sessions {
		l.Sessions[i] = *kept[i]
		// What ended since stays as it was when it was looked at.
		var g Glance
		_ = kept[i].Session.look(&g, &l.Sessions[i].KeyIDs)
	}
	return l
}
