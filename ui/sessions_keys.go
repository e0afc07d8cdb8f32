package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// AllBindings implements allBinder.
func (p *sessionsPage) AllBindings() []binding { return slices.Concat(p.listKeys, p.storyKeys) }

// listBindings are the keys of the list.
func (p *sessionsPage) listBindings() []binding {
	moving := func(rows func() int) func(*model) tea.Cmd {
		return func(m *model) tea.Cmd { return p.move(m, rows()) }
	}
	return []binding{
		{
			name: "filter", keys: []string{"/"}, group: groupPage, hint: "filter", idle: true, live: true,
			help: "filter the list, as age>10s msgs=0", act: live(p.editFilter),
		},
		{
			name: "open", keys: []string{"enter"}, group: groupPage, hint: "open", idle: true, live: true,
			help: "open the session's own page", act: live(p.openChosen),
		},
		{
			name: "sort", keys: []string{"s"}, show: "s S", group: groupPage, hint: "sort", hintKeys: "s S", hintWith: []string{"reverse"}, idle: true, live: true,
			help: "sort by the next of all columns", act: live(func(m *model) tea.Cmd {
				return p.sort(m, (p.order+1)%load.SessionColumn(load.NumSessionColumns))
			}),
		},
		{
			name: "reverse", keys: []string{"S"}, group: groupPage, with: true, idle: true, live: true,
			help: "reverse the order", act: live(func(m *model) tea.Cmd { return p.sort(m, p.order) }),
		},
		{
			name: "follow", keys: []string{"f"}, group: groupPage, hint: "follow", idle: true, live: true,
			help: "keep the cursor on its session", act: live(p.toggleFollow),
		},
		{
			name: "close", keys: []string{"x"}, group: groupPage, hint: "close", idle: true,
			help: "close the session, after a question", act: p.askClose,
		},
		{
			name: "row-up", keys: []string{"up", "k"}, show: "↑ ↓", group: groupPage,
			help: "row up, or down; k and j, too", act: moving(func() int { return -1 }),
		},
		{
			name: "row-down", keys: []string{"down", "j"}, group: groupPage, with: true,
			help: "row down", act: moving(func() int { return 1 }),
		},
		{
			name: "rows-up", keys: []string{"pgup"}, group: groupPage,
			help: "screen up; pgdown is down", act: moving(func() int { return -max(p.rows()-1, 1) }),
		},
		{
			name: "rows-down", keys: []string{"pgdown"}, group: groupPage, with: true,
			help: "screen down", act: moving(func() int { return max(p.rows()-1, 1) }),
		},
		{
			name: "first-row", keys: []string{"[", "ctrl+home"}, show: "[ ]", group: groupPage, hint: "ends", hintKeys: "[ ]", hintWith: []string{"last-row"},
			help: "first row, or last", act: func(m *model) tea.Cmd { return p.goEnd(m, false) },
		},
		{
			name: "last-row", keys: []string{"]", "ctrl+end"}, group: groupPage, with: true,
			help: "last row", act: func(m *model) tea.Cmd { return p.goEnd(m, true) },
		},
	}
}

// storyBindings are the keys of the page of one session.
func (p *sessionsPage) storyBindings() []binding {
	return []binding{
		{
			name: "list", keys: []string{"enter"}, show: "esc", group: groupPage, hint: "list",
			help: "back to the list", act: func(*model) tea.Cmd { p.one = nil; return nil },
		},
		{
			name: "previous-session", keys: []string{"up", "k"}, show: "↑ ↓", group: groupPage, hint: "session", hintKeys: "↑ ↓", hintWith: []string{"next-session"}, idle: true, live: true,
			help: "session before in the list, or next", act: p.neighbourLive(-1),
		},
		{
			name: "next-session", keys: []string{"down", "j"}, group: groupPage, with: true, idle: true, live: true,
			help: "next session in the list", act: p.neighbourLive(1),
		},
		{
			name: "close", keys: []string{"x"}, group: groupPage, hint: "close", idle: true,
			help: "close the session, after a question", act: p.askClose,
		},
	}
}

// Commands implements commander: what takes arguments.
func (p *sessionsPage) Commands(*model) []command {
	columns := make([]string, load.NumSessionColumns)
	for i := range columns {
		columns[i] = load.SessionColumn(i).String()
	}
	return []command{
		{
			name: "sort", args: "COLUMN", key: "s", help: "order the list; again, the other way round",
			complete: func(*model, string) []string { return columns },
			run: func(m *model, arg string) (tea.Cmd, error) {
				i := slices.Index(columns, arg)
				if i < 0 {
					return nil, fmt.Errorf("sort: %q is no column; want one of %s", arg, strings.Join(columns, ", "))
				}
				return live(func(m *model) tea.Cmd { return p.sort(m, load.SessionColumn(i)) })(m), nil
			},
		},
		{
			name: "filter", args: "EXPRESSION", key: "/", help: "list only such as " + filterExample,
			run: func(m *model, arg string) (tea.Cmd, error) {
				if m.frozen {
					return nil, errFrozen
				}
				if _, err := load.ParseSessionFilter(arg); err != nil {
					return nil, fmt.Errorf("filter: %w", err)
				}
				p.filter = strings.TrimSpace(arg)
				p.remember(p.filter)
				return p.renew(m), nil
			},
		},
	}
}
