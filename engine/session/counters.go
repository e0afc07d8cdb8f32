package session

// Label names one HKDF of the key schedule by its info string, so that calls
// can be counted by what they derive.
type Label uint8

// The labels of both schedules. The first two are the single HKDFs of P0-2,
// the other six are the schedule without it.
const (
	LabelSession     Label = iota // encrypt and signing key, 64 bytes
	LabelDirectional              // the four directional keys, 128 bytes
	LabelEncryption
	LabelSigning
	LabelC2SEnc
	LabelC2SSign
	LabelS2CEnc
	LabelS2CSign
	NumLabels int = iota
)

var labelInfo = [NumLabels]string{
	LabelSession:     "sage-session-keys-v1",
	LabelDirectional: "sage-directional-keys-v1",
	LabelEncryption:  "encryption",
	LabelSigning:     "signing",
	LabelC2SEnc:      "c2s|enc|v1",
	LabelC2SSign:     "c2s|sign|v1",
	LabelS2CEnc:      "s2c|enc|v1",
	LabelS2CSign:     "s2c|sign|v1",
}

// String returns the HKDF info of the label, byte for byte.
func (l Label) String() string {
	if int(l) < NumLabels {
		return labelInfo[l]
	}
	return "unknown"
}

// Counters is what a [Manager] has done since it was made. All fields but
// Live, Free and Capacity only ever grow. Live is Created less all removals,
// by construction.
type Counters struct {
	// Created counts the sessions that entered the table.
	Created uint64
	// ByReuse splits Created by how many sessions the storage had served before; see
	// [ReuseClass]. While the pool is off there are no reuses.
	ByReuse [NumReuseClasses]uint64
	// Removed counts those closed by [Session.Close], [Manager.Remove] or
	// [Manager.Close].
	Removed uint64
	// ExpiredAge, ExpiredIdle and ExpiredCount count those ended by a limit.
	ExpiredAge, ExpiredIdle, ExpiredCount uint64
	// Refused counts creations refused for [ErrFull], Duplicate for
	// [ErrExists]. Neither is in Created.
	Refused, Duplicate uint64
	// Live is how many sessions the table holds now.
	Live int64

	// Gets = Hits + Misses: storage asked of the pool. While the pool is off
	// there are no gets.
	Gets, Hits, Misses uint64
	// Puts counts storage accepted back, Drops storage that full free lists
	// left to the collector. While the pool is off there are neither.
	Puts, Drops uint64
	// Free is how many slots the free lists hold now (unknown, and 0, for a
	// [sync.Pool]); Capacity is how many they may hold, 0 while the pool is of
	// another kind.
	Free, Capacity int64

	// HKDFCalls counts key-schedule HKDFs by label, HKDFBytes the bytes they
	// gave. The extract that makes a session seed belongs to the handshake
	// and is not counted here.
	HKDFCalls [NumLabels]uint64
	HKDFBytes uint64
	// KeyAllocations counts heap allocations made to hold keys: six a session
	// without KeyBuffer, one for each new buffer with it, none for a reused one.
	KeyAllocations uint64

	// Sealed and Opened count messages; Failed counts messages that did not
	// authenticate.
	Sealed, Opened, Failed uint64
	// BytesSealed and BytesOpened count plaintext bytes.
	BytesSealed, BytesOpened uint64
}

// Expired returns the sessions ended by any limit.
func (c *Counters) Expired() uint64 { return c.ExpiredAge + c.ExpiredIdle + c.ExpiredCount }

// HKDFTotal returns the key-schedule HKDF calls over all labels.
func (c *Counters) HKDFTotal() uint64 {
	var n uint64
	for _, v := range c.HKDFCalls {
		n += v
	}
	return n
}

// Add adds d to c, field by field, so that several managers can be shown as one.
func (c *Counters) Add(d *Counters) {
	c.Created += d.Created
	for i, n := range d.ByReuse {
		c.ByReuse[i] += n
	}
	c.Removed += d.Removed
	c.ExpiredAge += d.ExpiredAge
	c.ExpiredIdle += d.ExpiredIdle
	c.ExpiredCount += d.ExpiredCount
	c.Refused += d.Refused
	c.Duplicate += d.Duplicate
	c.Live += d.Live
	c.Gets += d.Gets
	c.Hits += d.Hits
	c.Misses += d.Misses
	c.Puts += d.Puts
	c.Drops += d.Drops
	c.Free += d.Free
	c.Capacity += d.Capacity
	for i, n := range d.HKDFCalls {
		c.HKDFCalls[i] += n
	}
	c.HKDFBytes += d.HKDFBytes
	c.KeyAllocations += d.KeyAllocations
	c.Sealed += d.Sealed
	c.Opened += d.Opened
	c.Failed += d.Failed
	c.BytesSealed += d.BytesSealed
	c.BytesOpened += d.BytesOpened
}
