package session

import (
	"errors"
	"hash/maphash"
	"slices"
)

// maxKeyID bounds the text of a key id, in bytes.
const maxKeyID = 256

// Bind lets the session with that id be found by keyID too, until it ends or
// the key id is unbound. Binding it again changes nothing. It returns
// [ErrNotFound], [ErrBound] if keyID belongs to another live session, and
// [ErrParams] for an empty or overlong key id or more than [MaxKeyIDs].
func (m *Manager) Bind(keyID string, id ID) error {
	if keyID == "" || len(keyID) > maxKeyID {
		return badParams("key id has %d bytes, not 1 to %d", len(keyID), maxKeyID)
	}
	owner, err := m.bind(keyID, id)
	if !errors.Is(err, ErrBound) {
		return err
	}
	if _, live := m.Get(owner); live == nil {
		return ErrBound
	}
	_, err = m.bind(keyID, id) // the owner's time was up, and nobody had noticed
	return err
}

// bind is Bind, and returns who has the key id where that is not for nobody.
func (m *Manager) bind(keyID string, id ID) (owner ID, err error) {
	h, err := m.Get(id)
	if err != nil {
		return ID{}, err
	}
	s := h.lock()
	if s == nil {
		return ID{}, ErrNotFound
	}
	defer s.mu.Unlock()
	if slices.Contains(s.keyIDs, keyID) {
		return id, nil
	}
	if len(s.keyIDs) == MaxKeyIDs {
		return ID{}, badParams("session %s has %d key ids, the most there may be", id, MaxKeyIDs)
	}
	ks := m.keyIDShardOf(keyID)
	ks.mu.Lock()
	defer ks.mu.Unlock()
	if owner, taken := ks.table[keyID]; taken {
		return owner, ErrBound
	}
	ks.table[keyID] = id
	s.keyIDs = append(s.keyIDs, keyID)
	return id, nil
}

// Unbind ends what Bind began, and tells whether keyID was bound.
func (m *Manager) Unbind(keyID string) bool {
	ks := m.keyIDShardOf(keyID)
	ks.mu.Lock()
	id, bound := ks.table[keyID]
	ks.mu.Unlock()
	if !bound {
		return false
	}
	h, err := m.Get(id)
	if err != nil {
		return false // its session has just ended, and took it along
	}
	s := h.lock()
	if s == nil {
		return false
	}
	defer s.mu.Unlock()
	i := slices.Index(s.keyIDs, keyID)
	if i < 0 {
		return false
	}
	s.keyIDs = slices.Delete(s.keyIDs, i, i+1)
	m.forgetKeyID(keyID, id)
	return true
}

// GetByKeyID is [Manager.Get] by a bound key id.
func (m *Manager) GetByKeyID(keyID string) (Session, error) {
	ks := m.keyIDShardOf(keyID)
	ks.mu.Lock()
	id, bound := ks.table[keyID]
	ks.mu.Unlock()
	if !bound {
		return Session{}, ErrNotFound
	}
	return m.Get(id)
}

// forgetKeyID drops keyID from the index if it still stands for id.
func (m *Manager) forgetKeyID(keyID string, id ID) {
	ks := m.keyIDShardOf(keyID)
	ks.mu.Lock()
	if ks.table[keyID] == id {
		delete(ks.table, keyID)
	}
	ks.mu.Unlock()
}

func (m *Manager) keyIDShardOf(keyID string) *keyIDShard {
	return &m.keyIDs[maphash.String(m.seed, keyID)&uint64(len(m.keyIDs)-1)]
}
