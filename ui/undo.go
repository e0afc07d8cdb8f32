package ui

import (
	"errors"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// maxUndo is how many changes can be undone.
const maxUndo = 100

// changes are the configurations before each change that was made on the screen, the
// newest last. It is touched only by what is queued.
type changes struct{ list []load.Config }

func (h *changes) push(c load.Config) {
	if len(h.list) == maxUndo {
		h.list = append(h.list[:0], h.list[1:]...)
	}
	h.list = append(h.list, c)
}

var errNoPast = errors.New("nothing to undo: nothing was changed on the screen")

// undo puts the configuration in force that was before the last change.
func (m *model) undo() tea.Cmd {
	engine, changes := m.engine, m.changes
	return m.inTurn(func() appliedMsg {
		last := len(changes.list) - 1
		if last < 0 {
			return appliedMsg{err: errNoPast}
		}
		was, before := engine.Config(), changes.list[last]
		if err := engine.Apply(before); err != nil {
			return appliedMsg{err: err}
		}
		changes.list = changes.list[:last]
		return appliedMsg{did: changeLabel(was, before)}
	})
}

// queue has what is to be done to the configuration, in the order of the keys: commands
// run at the same time, in any order.
type queue struct {
	doing sync.Mutex // held while something is done
	mu    sync.Mutex // of list
	list  []*queued
}

// queued is one change; done and said are touched only while queue.doing is held.
type queued struct {
	do   func() appliedMsg
	done bool
	said appliedMsg
}

// inTurn queues f, and returns the command that sees to it: it does what is queued up to
// f, unless other commands have.
func (m *model) inTurn(f func() appliedMsg) tea.Cmd {
	q, one := m.queue, &queued{do: f}
	q.mu.Lock()
	q.list = append(q.list, one)
	q.mu.Unlock()
	return m.command(func() tea.Msg {
		q.doing.Lock()
		defer q.doing.Unlock()
		for !one.done && q.next() {
			continue
		}
		return one.said
	})
}

// next does what is first, and reports whether there was anything.
func (q *queue) next() bool {
	q.mu.Lock()
	if len(q.list) == 0 {
		q.mu.Unlock()
		return false
	}
	first := q.list[0]
	q.list = q.list[1:]
	q.mu.Unlock()
	first.done = true // also if it panics
	first.said = first.do()
	return true
}

// finish does what is left when no command runs any more: what came just before the key
// that quits.
func (q *queue) finish() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = newPanicError(r)
		}
	}()
	for q.next() {
		continue
	}
	return nil
}
