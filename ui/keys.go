package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// binding is one key and what it does. The keys that work, the help and the
// hints in the footer all come from bindings, so that they cannot disagree.
type binding struct {
	keys []string // as Bubble Tea names them, the first is the one to show
	show string   // how the key is shown, "" for the first of keys
	help string   // what it does, without a full stop
	// hint is what the footer says of it, "" for nothing; hintKeys is how the key
	// is shown there, where one hint stands for several bindings.
	hint, hintKeys string
	idle           bool   // refused, and not offered, while a comparison runs
	with           bool   // the help has it in the row of the binding before
	group          string // heading in the help
	act            func(*model) tea.Cmd
}

// Groups of the help, in their order.
const (
	groupPage          = "this page"
	groupView          = "view"
	groupOptimizations = "optimizations"
	groupLoad          = "load"
	groupProgram       = "program"
)

var groups = []string{groupPage, groupView, groupOptimizations, groupLoad, groupProgram}

func (b *binding) label() string {
	if b.show != "" {
		return b.show
	}
	return b.keys[0]
}

func (b *binding) has(key string) bool {
	for _, k := range b.keys {
		if k == key {
			return true
		}
	}
	return false
}

// globalBindings are the keys that work on every page.
func globalBindings(pages []page) []binding {
	list := []binding{
		{
			keys: []string{" "}, show: "space", group: groupView, hint: "freeze",
			help: "freeze the view; recording goes on", act: (*model).toggleFreeze,
		},
		{
			keys: []string{"+", "="}, show: "+ -", group: groupView, hint: "zoom", hintKeys: "+ -",
			help: "zoom in, or out: a shorter window, or a longer one", act: func(m *model) tea.Cmd { return m.zoom(-1) },
		},
		{
			keys: []string{"-", "_"}, group: groupView, with: true,
			help: "zoom out", act: func(m *model) tea.Cmd { return m.zoom(1) },
		},
	}
	titles, tabs := make([]string, len(pages)), make([]string, len(pages))
	for i, p := range pages {
		titles[i], tabs[i] = p.Title(), tabKey(i)
	}
	for i := range pages {
		list = append(list, binding{
			keys: []string{tabs[i]}, show: strings.Join(tabs, " "), group: groupView, with: i > 0,
			help: "page " + strings.Join(titles, ", "), act: func(m *model) tea.Cmd { return m.showPage(i) },
		})
	}
	list = append(list,
		binding{
			keys: []string{"tab", "right"}, group: groupView, hint: "page",
			help: "next page, as right; shift-tab, as left, is back", act: func(m *model) tea.Cmd { return m.turnPage(1) },
		},
		binding{
			keys: []string{"shift+tab", "left"}, show: "left", group: groupView, with: true,
			help: "page before", act: func(m *model) tea.Cmd { return m.turnPage(-1) },
		},
	)
	hintKeys := make([]string, len(optimizations))
	for i, o := range optimizations {
		hintKeys[i] = o.key
	}
	for i, o := range optimizations {
		b := binding{
			keys: []string{o.key}, group: groupOptimizations, idle: true,
			help: o.code + " " + o.name + ": " + o.about,
			act:  func(m *model) tea.Cmd { return m.toggle(i) },
		}
		if i == 0 {
			b.hint, b.hintKeys = "switch", strings.Join(hintKeys, " ")
		}
		list = append(list, b)
	}
	return append(list,
		binding{
			keys: []string{"<"}, show: "< >", group: groupLoad, hint: "load", hintKeys: "< >", idle: true,
			help: "less load, or more: rate or workers, in steps 1-2-5", act: func(m *model) tea.Cmd { return m.stepLoad(-1) },
		},
		binding{
			keys: []string{">"}, group: groupLoad, with: true, idle: true,
			help: "more load", act: func(m *model) tea.Cmd { return m.stepLoad(1) },
		},
		cycling("o", "profile"),
		cycling("a", "handshake"),
		cycling("w", "transport"),
		binding{
			keys: []string{"P"}, group: groupLoad, idle: true,
			help: "pause the load, or go on", act: (*model).togglePause,
		},
		binding{
			keys: []string{"R"}, group: groupLoad, idle: true,
			help: "set all counters to zero", act: (*model).resetCounters,
		},
		binding{
			keys: []string{"?"}, group: groupProgram, hint: "help",
			help: "this help", act: (*model).toggleHelp,
		},
		binding{
			keys: []string{"esc"}, group: groupProgram,
			help: "close the help, or stop a comparison", act: (*model).escape,
		},
		binding{
			keys: []string{"ctrl+z"}, group: groupProgram,
			help: "suspend; fg brings it back", act: (*model).suspend,
		},
		binding{
			keys: []string{"q", "ctrl+c"}, group: groupProgram, hint: "quit",
			help: "quit; ctrl+c does, too", act: (*model).quit,
		},
	)
}

// cycling is a key that turns a parameter from choice to choice.
func cycling(key, name string) binding {
	param, _ := load.Lookup(name)
	return binding{
		keys: []string{key}, group: groupLoad, idle: true,
		help: "next " + name + ": " + strings.Join(param.Choices, ", "),
		act:  func(m *model) tea.Cmd { return m.cycle(param) },
	}
}

// tabKey is the key of the i-th page.
func tabKey(i int) string { return string(rune('1' + i)) }

// findBinding returns the binding of a key, nil if it has none.
func findBinding(list []binding, key string) *binding {
	for i := range list {
		if list[i].has(key) {
			return &list[i]
		}
	}
	return nil
}
