package ui

import (
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// Data implements dataSource: the list as it is seen, or what the page of one session
// tells.
func (p *sessionsPage) Data(*view) []dataset {
	if p.one != nil {
		return p.one.data()
	}
	d := rowsData("sessions")
	for i := range p.sheet.rows {
		if r := &p.sheet.rows[i]; r.known {
			d.rows = append(d.rows, rowData(&r.SessionRow))
		}
	}
	return []dataset{d}
}

func rowsData(name string) dataset {
	return dataset{name: name, columns: []string{
		"id", "role", "state", "suite", "transport", "optimizations", "age_s", "idle_s", "messages",
		"in_bytes", "out_bytes", "expires_s", "slot", "reuses",
	}}
}

func rowData(r *load.SessionRow) []any {
	expires := nan
	if r.Expires != load.Never && r.State != load.SessionEnded {
		expires = r.Expires.Seconds()
	}
	transport := r.Transport.String()
	if r.Suite == load.HandshakeNone {
		transport = ""
	}
	return []any{
		r.ID.String(), r.Role.String(), r.State.String(), r.Suite.String(), transport, r.Optimizations.String(),
		r.Age.Seconds(), r.Idle.Seconds(), r.Messages, r.BytesIn, r.BytesOut, expires, r.Slot, r.Reuses,
	}
}

// data returns what is told of one session.
func (o *oneSession) data() []dataset {
	row := rowsData("session")
	row.rows = [][]any{rowData(o.row())}
	all := []dataset{row}
	if !o.shown.known {
		return all
	}
	d := &o.shown.detail
	if d.Phases != nil {
		phases := dataset{name: "session-handshake", columns: []string{"phase", "time_ns", "wire_bytes"}}
		for i := range d.Phases {
			f := &d.Phases[i]
			phases.rows = append(phases.rows, []any{f.Name, int64(f.Time), f.Bytes})
		}
		all = append(all, phases)
	}
	ledger := dataset{name: "session-cost", columns: []string{
		"stage", "calls", "time_ns", "bytes", "hkdf_per_call", "allocs_per_call", "alloc_bytes_per_call",
	}}
	for i := range d.Ledger {
		r := &d.Ledger[i]
		allocs, heap := nan, nan
		if r.Replayed {
			allocs, heap = r.Allocs, r.AllocBytes
		}
		ledger.rows = append(ledger.rows, []any{r.Stage, r.Count, int64(r.Time), r.Bytes, r.HKDF, allocs, heap})
	}
	traffic := dataset{name: "session-traffic", columns: []string{"elapsed_s", "messages", "in_bytes", "out_bytes"}}
	for _, t := range d.Traffic {
		traffic.rows = append(traffic.rows, []any{float64(t.At) / float64(time.Second), t.Messages, t.BytesIn, t.BytesOut})
	}
	return append(all, ledger, traffic)
}

// Copy implements copier: the session under the cursor in one line.
func (p *sessionsPage) Copy(*view) string {
	r, ok := p.chosen()
	if !ok {
		return ""
	}
	b := append([]byte(r.ID.String()), ' ')
	b = append(append(b, r.Role.String()...), ' ')
	b = append(append(b, r.State.String()...), ' ')
	b = appendSuite(b, r)
	for _, by := range []load.SessionColumn{
		load.ByAge, load.ByIdle, load.ByMessages, load.ByBytesIn, load.ByBytesOut, load.ByExpires, load.BySlot, load.ByReuses,
	} {
		b = append(append(append(b, ", "...), by.String()...), ' ')
		b = appendCell(b, r, by)
	}
	return string(b)
}
