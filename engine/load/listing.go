package load

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// SessionState is what a session is doing, as a list tells it.
type SessionState uint8

// The states of a session.
const (
	// SessionActive was used within the last second.
	SessionActive SessionState = iota
	// SessionIdle was not.
	SessionIdle
	// SessionEnded is over; a list keeps its row until the next pass.
	SessionEnded
)

var sessionStateNames = []string{SessionActive: "active", SessionIdle: "idle", SessionEnded: "ended"}

// String returns the state in lower case.
func (s SessionState) String() string { return nameOf(sessionStateNames, int(s)) }

// SessionRow is what a list tells of one session. It holds no secret.
type SessionRow struct {
	ID    session.ID
	State SessionState
	Role  session.Role
	// Suite and Transport are those of the handshake that made it; Suite is
	// HandshakeNone where it was resumed, or made without one.
	Suite     Handshake
	Transport Transport
	// Optimizations were in force when it was created.
	Optimizations session.Optimizations
	// Created and LastUsed are on the clock of Snapshot.Elapsed.
	Created, LastUsed time.Duration
	// Age and Idle are how long ago those were, when the row was read.
	Age, Idle time.Duration
	Messages  uint64 // sealed and opened
	// BytesIn and BytesOut count plaintext opened and sealed.
	BytesIn, BytesOut uint64
	// Expires is how long it lives yet if it is not used again; Never if it has
	// no limit of time.
	Expires time.Duration
	Slot    uint32 // the number of its storage, from 1 in each manager; after the last comes 1 again
	Reuses  uint32 // how many sessions that storage served before
	// Stale is whether the row, read anew since the last pass, is no longer what the
	// filter wants: the next pass leaves it out.
	Stale bool
	// Handle is for whoever wants to do something about it; see Engine.CloseSession.
	Handle session.Session
}

// Never stands for a moment that does not come.
const Never = time.Duration(1<<63 - 1)

// SessionColumn is what a list is ordered by.
type SessionColumn uint8

// The columns of a list, in the order in which a screen shows them.
const (
	ByID SessionColumn = iota
	ByState
	ByRole
	BySuite
	ByAge
	ByIdle
	ByMessages
	ByBytesIn
	ByBytesOut
	ByExpires
	BySlot
	ByReuses
	NumSessionColumns int = iota
)

var sessionColumnNames = []string{"id", "state", "role", "suite", "age", "idle", "msgs", "in", "out", "expires", "slot", "reuses"}

// String returns the column's name as a filter writes it.
func (c SessionColumn) String() string { return nameOf(sessionColumnNames, int(c)) }

// SessionQuery says which sessions to list, in which order.
type SessionQuery struct {
	Filter  string // see ParseSessionFilter; "" is all
	Order   SessionColumn
	Reverse bool // the largest first
	Offset  int  // rows left out before the first; no more than MaxSessionOffset
	Limit   int  // rows at most; no more than MaxSessionRows
	// Follow is a session to tell the place of, and to read anew each time; the zero
	// Session is none. It is a handle because the two ends of a pair have one id.
	Follow session.Session
}

// MaxSessionRows is how many rows one list can have, and MaxSessionOffset how far its
// first can be from the first of all. What is beyond is taken for that.
const (
	MaxSessionRows   = 10_000
	MaxSessionOffset = 1 << 28
)

// SessionList is what a query found. Its order is that of the last whole pass over
// all sessions; its rows are read anew at each call. Each end of a pair is a session
// with a row of its own, under the same id.
type SessionList struct {
	Query   SessionQuery
	Rows    []SessionRow
	Matched int // sessions that the filter wants
	Total   int // sessions looked at
	// At is when the pass ended, on the clock of Snapshot.Elapsed, and Took how long
	// it took; both are 0 before the first pass of this query.
	At, Took time.Duration
	// Followed is the followed session, SessionEnded where it is over, with what it
	// was at when last seen; its place among all that matched counts from
	// 0, and is -1 where it was not found by the pass.
	Followed      SessionRow
	FollowedPlace int
}

// SessionDetail is one session's story and what it cost.
type SessionDetail struct {
	SessionRow
	// Pair numbers the pair from 0, and Lane the lane that runs it; Known is whether
	// the load has found it, which takes until one of the next calls. What it knew
	// stays when the pair is over.
	Known        bool
	Pair         uint64
	Lane         int
	Peer         session.Session // the other end; both have the same id
	Planned      int             // messages of the pair's whole life, both directions
	Sent         int             // messages of the pair so far
	PlannedEnd   time.Duration
	LeftToExpire bool
	// Limits are those that end it.
	Limits session.Limits
	KeyIDs []string
	// EndedBy tells how it ended, "" while it lives, and EndedAt when: for a limit,
	// when it was reached.
	EndedBy string
	EndedAt time.Duration
	// Phases are the times of the handshake's phases; nil for a resumed session.
	Phases *[4]PhaseTime
	// Ledger is what each stage has cost so far, in the order of a session's life.
	Ledger []LedgerRow
	// Traffic counts its messages and bytes by the second since it was watched,
	// oldest first, the last being under way.
	Traffic []TrafficPoint
}

// PhaseTime is one phase of a session's handshake.
type PhaseTime struct {
	Name  string
	Time  time.Duration
	Bytes int // on the wire, both ways
}

// LedgerRow is what one stage of one session's life has cost.
type LedgerRow struct {
	Stage string
	Count uint64        // calls so far
	Time  time.Duration // measured, of this session; of a create, half of what both ends took
	Bytes uint64        // plaintext that went through, 0 where none does
	HKDF  float64       // HKDFs of the key schedule, of one call
	// Allocs and AllocBytes are heap objects and bytes of one call, measured on
	// a replay of such a call with the same optimizations and sizes: the least of
	// several, as the process allocates meanwhile. Replayed is whether that was done.
	Replayed           bool
	Allocs, AllocBytes float64
}

// TrafficPoint is what went through a session in a stretch of time.
type TrafficPoint struct {
	At                time.Duration // its beginning, on the clock of Snapshot.Elapsed
	Messages          uint32
	BytesIn, BytesOut uint64
}
