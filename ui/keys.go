package ui

import (
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// binding is one key and what it does. The keys that work, the help and the
// hints in the footer all come from bindings, so that they cannot disagree.
type binding struct {
	name string   // what a configuration file and the palette call it
	keys []string // as Bubble Tea names them, the first is the one to show
	show string   // how the key is shown, "" for the first of keys
	help string   // what it does, without a full stop
	// hint is what the footer says of it, "" for nothing; hintKeys is how the key
	// is shown there, where one hint stands for several bindings: this one and those
	// named in hintWith.
	hint, hintKeys string
	hintWith       []string
	// alone is the help where other bindings of the same row have other keys than
	// their own, "" for help.
	alone string
	idle  bool   // refused, and not offered, while a comparison runs
	live  bool   // likewise, while the view is frozen
	with  bool   // the help has it in the row of the binding before
	group string // heading in the help
	act   func(*model) tea.Cmd
}

// Groups of the help, in their order.
const (
	groupPage          = "this page"
	groupView          = "view"
	groupOptimizations = "optimizations"
	groupLoad          = "load"
	groupTake          = "take away"
	groupProgram       = "program"
)

var groups = []string{groupPage, groupView, groupOptimizations, groupLoad, groupTake, groupProgram}

func (b *binding) label() string {
	if b.show != "" {
		return b.show
	}
	return b.keys[0]
}

// helpAlone is the help of a binding that has a row of its own.
func (b *binding) helpAlone() string {
	if b.alone != "" {
		return b.alone
	}
	return b.help
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
	return slices.Concat(
		timeBindings(), pageBindings(pages), switchBindings(), tuneBindings(), loadBindings(), collectBindings(),
		paletteBindings(), exportBindings(), lookBindings(), mouseBindings(), programBindings(),
	)
}

// pageBindings are the keys that turn pages.
func pageBindings(pages []page) []binding {
	var list []binding
	for i, p := range pages {
		list = append(list, binding{
			name: pageBinding(p), keys: []string{tabKey(i)}, show: "1 to " + strconv.Itoa(len(pages)),
			group: groupView, with: i > 0,
			help: "pages, in the order of their tabs", alone: "page " + p.Title(), act: func(m *model) tea.Cmd { return m.showPage(i) },
		})
	}
	return append(list,
		binding{
			name: "next-page", keys: []string{"tab"}, group: groupView, hint: "page",
			help: "next page; shift-tab is back", alone: "next page", act: func(m *model) tea.Cmd { return m.turnPage(1) },
		},
		binding{
			name: "previous-page", keys: []string{"shift+tab"}, show: "S-tab", group: groupView, with: true,
			help: "page before", act: func(m *model) tea.Cmd { return m.turnPage(-1) },
		},
	)
}

// switchBindings are the keys of the optimizations.
func switchBindings() []binding {
	hintKeys, names := make([]string, len(optimizations)), make([]string, len(optimizations))
	for i, o := range optimizations {
		hintKeys[i], names[i] = o.key, o.binding
	}
	var list []binding
	for i, o := range optimizations {
		b := binding{
			name: o.binding,
			keys: []string{o.key}, group: groupOptimizations, idle: true,
			help: o.code + " " + o.name + ": " + o.about,
			act:  func(m *model) tea.Cmd { return m.toggle(i) },
		}
		if i == 0 {
			b.hint, b.hintKeys, b.hintWith = "switch", strings.Join(hintKeys, " "), names
		}
		list = append(list, b)
	}
	return list
}

// loadBindings are the keys that change the load.
func loadBindings() []binding {
	return []binding{
		{
			name: "less-load", keys: []string{"<"}, show: "< >", group: groupLoad, hint: "load", hintKeys: "< >", hintWith: []string{"more-load"}, idle: true,
			help: "less load, or more: rate or workers, in steps 1-2-5", alone: "less load", act: func(m *model) tea.Cmd { return m.stepLoad(-1) },
		},
		{
			name: "more-load", keys: []string{">"}, group: groupLoad, with: true, idle: true,
			help: "more load", act: func(m *model) tea.Cmd { return m.stepLoad(1) },
		},
		cycling("o", "profile"),
		cycling("a", "handshake"),
		cycling("w", "transport"),
		{
			name: "pause", keys: []string{"P"}, group: groupLoad, idle: true,
			help: "pause the load, or go on", act: (*model).togglePause,
		},
		{
			name: "reset", keys: []string{"R"}, group: groupLoad, idle: true,
			help: "set all counters to zero", act: (*model).resetCounters,
		},
	}
}

// programBindings are the keys about the program itself.
func programBindings() []binding {
	return []binding{
		{
			name: "help", keys: []string{"?"}, group: groupProgram, hint: "help",
			help: "this help", act: (*model).toggleHelp,
		},
		{
			name: "back", keys: []string{"esc"}, group: groupProgram,
			help: "close what is open, or stop a comparison", act: (*model).escape,
		},
		{
			name: "suspend", keys: []string{"ctrl+z"}, group: groupProgram,
			help: "suspend; fg brings it back", act: (*model).suspend,
		},
		{
			name: "quit", keys: []string{"q", "ctrl+c"}, group: groupProgram, hint: "quit",
			help: "quit; ctrl+c does, too", act: (*model).quit,
		},
	}
}

// cycling is a key that turns a parameter from choice to choice.
func cycling(key, name string) binding {
	param, _ := load.Lookup(name)
	return binding{
		name: name, keys: []string{key}, group: groupLoad, idle: true,
		help: "next " + name + ": " + strings.Join(param.Choices, ", "),
		act:  func(m *model) tea.Cmd { return m.cycle(param) },
	}
}

// pageBinding is the name of the key that shows a page.
func pageBinding(p page) string { return "page-" + strings.ToLower(p.Title()) }

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

// findNamed returns the binding of a name, which there is.
func findNamed(list []binding, name string) *binding {
	for i := range list {
		if list[i].name == name {
			return &list[i]
		}
	}
	panic("ui: no binding " + name)
}
