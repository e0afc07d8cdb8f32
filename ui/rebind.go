package ui

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/internal/settings"
)

// KeyBinding is one thing that keys do.
type KeyBinding struct {
	// Name is what [Options].Keys calls it: "freeze", or with its page in front where
	// it works on one page alone, "compare.start".
	Name string
	Keys []string // the first is the one that is shown
	Help string
}

// KeyError says what is wrong with the keys that one binding was given.
type KeyError struct {
	Name string // of the binding
	Text string
}

// Error implements error.
func (e *KeyError) Error() string { return "keys." + settings.Name(e.Name) + ": " + e.Text }

// AllKeys returns all bindings of the dashboard as they are with these keys, which
// [CheckKeys] finds nothing wrong with; nil gives all of them their own.
func AllKeys(keys map[string][]string) []KeyBinding {
	pages := newPages()
	table := newKeymap(keys)
	var all []KeyBinding
	for _, b := range allBindings(pages) {
		k := KeyBinding{Name: b.full, Keys: slices.Clone(table.keysOf(b.full, b.keys)), Help: b.helpAlone()}
		for i := range k.Keys {
			k.Keys[i] = writtenKey(k.Keys[i])
		}
		all = append(all, k)
	}
	return all
}

// CheckKeys tells whether bindings can have these keys. What it returns is made of a
// [*KeyError] for each that cannot: its name or a key is unknown, or another binding
// that works at the same time has the key.
func CheckKeys(keys map[string][]string) error {
	all := allBindings(newPages())
	table := newKeymap(keys)
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		i := slices.IndexFunc(all, func(b namedBinding) bool { return b.full == name })
		var text string
		if i < 0 {
			text = unknownBinding(name, all)
		} else {
			text = cmp.Or(unknownKey(keys[name]), clash(&all[i], all, table))
		}
		if text != "" {
			wrong = append(wrong, &KeyError{name, text})
		}
	}
	return errors.Join(wrong...)
}

func unknownBinding(name string, all []namedBinding) string {
	for i := range all {
		if _, short, _ := strings.Cut(all[i].full, "."); short == name {
			return fmt.Sprintf("no binding has this name; %s has", all[i].full)
		}
	}
	return "no binding has this name; 'sagetop keys' lists them"
}

func unknownKey(keys []string) string {
	if len(keys) == 0 {
		return "no key is given; want at least one"
	}
	for _, k := range keys {
		if !isKey(keyFrom(k)) {
			return fmt.Sprintf("%q is not the name of a key; want a character, or a name such as space, enter, f1, ctrl+a or alt+x", k)
		}
	}
	return ""
}

// clash says with which other binding one shares a key, though both can be in force
// at the same time and do not share it of old; "" if with none.
func clash(one *namedBinding, all []namedBinding, table keymap) string {
	for i := range all {
		other := &all[i]
		if other.full == one.full || one.page >= 0 && other.page >= 0 && one.page != other.page {
			continue
		}
		for _, k := range table.keysOf(one.full, one.keys) {
			if slices.Contains(table.keysOf(other.full, other.keys), k) && (!one.has(k) || !other.has(k)) {
				return fmt.Sprintf("%q is the key of %s and of %s; want a key that is free", writtenKey(k), one.full, other.full)
			}
		}
	}
	return ""
}

// namedBinding is a binding with its whole name, and the index of the page on which
// it works, -1 for all.
type namedBinding struct {
	binding
	full string
	page int
}

// allBinder is a page whose bindings depend on what it shows.
type allBinder interface{ AllBindings() []binding }

// allBindings returns the bindings of all pages, whatever these show, each name once.
func allBindings(pages []page) []namedBinding {
	var all []namedBinding
	add := func(page int, prefix string, list []binding) {
		for i := range list {
			full := prefix + list[i].name
			if !slices.ContainsFunc(all, func(b namedBinding) bool { return b.full == full }) {
				all = append(all, namedBinding{list[i], full, page})
			}
		}
	}
	add(-1, "", globalBindings(pages))
	for i, p := range pages {
		list := p.Bindings()
		if every, ok := p.(allBinder); ok {
			list = every.AllBindings()
		}
		add(i, pagePrefix(p), list)
	}
	return all
}

// pagePrefix is what stands before the names of a page's bindings.
func pagePrefix(p page) string { return strings.ToLower(p.Title()) + "." }

// keymap has the keys of the bindings that do not have their own, by whole name.
type keymap map[string][]string

func newKeymap(keys map[string][]string) keymap {
	k := make(keymap, len(keys))
	for name, list := range keys {
		for _, text := range list {
			k[name] = append(k[name], keyFrom(text))
		}
	}
	// There is always a way out.
	for name, key := range map[string]string{"quit": "ctrl+c", "back": "esc"} {
		if list, ok := k[name]; ok && !slices.Contains(list, key) {
			k[name] = append(list, key)
		}
	}
	return k
}

// keysOf returns the keys of a binding that has these of its own.
func (k keymap) keysOf(full string, own []string) []string {
	if keys, ok := k[full]; ok {
		return keys
	}
	return own
}

// label is how the first key of a binding is shown, own where it was not changed.
func (k keymap) label(full, own string) string {
	if keys, ok := k[full]; ok {
		return keyLabel(keys[0])
	}
	return own
}

// touches tells whether any of the bindings with that prefix has other keys.
func (k keymap) touches(prefix string) bool {
	for name := range k {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// appendTo appends bindings with the keys that they have. Where one of a row of the
// help has another key, each has a row of its own.
func (k keymap) appendTo(dst []binding, prefix string, list []binding) []binding {
	from := len(dst)
	dst = append(dst, list...)
	if len(k) == 0 {
		return dst
	}
	out := dst[from:]
	for i := range out { // before rows are taken apart
		out[i].hintWith = hintedWith(out, i)
	}
	for i := 0; i < len(out); {
		end := i + 1
		for end < len(out) && out[end].with {
			end++
		}
		row := out[i:end]
		if slices.ContainsFunc(row, func(b binding) bool { return k[prefix+b.name] != nil }) {
			for j := range row {
				b := &row[j]
				b.help, b.with = b.helpAlone(), false
				b.keys = k.keysOf(prefix+b.name, b.keys)
				b.show = keyLabel(b.keys[0])
			}
		}
		i = end
	}
	for i := range out {
		k.rehint(&out[i], prefix, out)
	}
	return dst
}

// hintedWith names the bindings that the hint of the i-th stands for besides: those
// that it says, or as many of its row as the hint has keys.
func hintedWith(list []binding, i int) []string {
	b := &list[i]
	n := len(strings.Fields(b.hintKeys))
	if b.hintWith != nil || n < 2 {
		return b.hintWith
	}
	var names []string
	for j := i + 1; j < len(list) && list[j].with && len(names) < n-1; j++ {
		names = append(names, list[j].name)
	}
	return names
}

// rehint writes the keys of a hint anew, where any of them is another.
func (k keymap) rehint(b *binding, prefix string, list []binding) {
	names := append([]string{b.name}, b.hintWith...)
	if b.hintKeys == "" || !slices.ContainsFunc(names, func(name string) bool { return k[prefix+name] != nil }) {
		return
	}
	var labels []string
	for i := range list {
		if slices.Contains(names, list[i].name) {
			labels = append(labels, keyLabel(list[i].keys[0]))
		}
	}
	b.hintKeys = strings.Join(labels, " ")
}

// typed returns what a key is to a page, whose code knows its own keys: the first of
// the binding that has the key now, "" for one that a binding of the page has lost.
func (k keymap) typed(prefix string, own []binding, key string) string {
	lost := false
	for i := range own {
		b := &own[i]
		switch keys := k.keysOf(prefix+b.name, b.keys); {
		case !slices.Contains(keys, key):
			lost = lost || b.has(key)
		case b.has(key):
			return key
		default:
			return b.keys[0]
		}
	}
	if lost {
		return ""
	}
	return key
}

// own returns the bindings of the page that is shown, with the keys that they have.
func (m *model) own() []binding {
	p := m.pages[m.current]
	if !m.rebound[m.current] {
		return p.Bindings()
	}
	m.ownBuf = m.keymap.appendTo(m.ownBuf[:0], pagePrefix(p), p.Bindings())
	return m.ownBuf
}

// rebind has the bindings use these keys.
func (m *model) rebind(keys map[string][]string) {
	m.keymap = newKeymap(keys)
	m.bindings = m.keymap.appendTo(nil, "", globalBindings(m.pages))
	m.rebound, m.tabLabels = make([]bool, len(m.pages)), make([]string, len(m.pages))
	for i, p := range m.pages {
		m.rebound[i] = m.keymap.touches(pagePrefix(p))
		m.tabLabels[i] = m.keymap.label(pageBinding(p), tabKey(i))
	}
}

// keyFrom returns a key as Bubble Tea names it, from how it is written in a file.
func keyFrom(text string) string {
	if text == "space" {
		return " "
	}
	return text
}

// writtenKey is the other way round.
func writtenKey(key string) string {
	if key == " " {
		return "space"
	}
	return key
}

// keyLabel is how a key is shown: short enough for the help.
func keyLabel(key string) string {
	if key == " " {
		return "space"
	}
	rest, before := key, ""
	for _, m := range [...][2]string{{"alt+", "A-"}, {"ctrl+", "C-"}, {"shift+", "S-"}} {
		if after, ok := strings.CutPrefix(rest, m[0]); ok && after != "" {
			rest, before = after, before+m[1]
		}
	}
	for _, long := range [...][2]string{{"pgdown", "pgdn"}, {"backspace", "bksp"}, {"delete", "del"}, {"insert", "ins"}} {
		if rest == long[0] {
			rest = long[1]
		}
	}
	return before + rest
}

// namedKeys are the keys that have names, as Bubble Tea has them.
var namedKeys = func() map[string]bool {
	all := make(map[string]bool)
	for t := tea.KeyType(-200); t <= 127; t++ {
		if name := t.String(); t != tea.KeyRunes && name != "" && name != " " && columnsOf(keyLabel(name)) < helpKeyWidth {
			all[name] = true
		}
	}
	return all
}()

// isKey tells whether a terminal can send that key.
func isKey(key string) bool {
	if rest, ok := strings.CutPrefix(key, "alt+"); ok && rest != "" {
		key = rest
	}
	r := []rune(key)
	return len(r) == 1 && runeWidth(r[0]) > 0 || namedKeys[key]
}
