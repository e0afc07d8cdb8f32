package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// MaxFileSize bounds a configuration file, in bytes.
const MaxFileSize = 1 << 20

// KeysTable is the one table that a file may have: which keys do what in the
// dashboard. No setting is in it.
const KeysTable = "keys"

// File is a configuration file: TOML, one key for each setting, and no table but
// [keys].
type File struct {
	path    string
	entries map[string]entry
	keys    map[string][]string // by name of binding
	lines   map[string]int      // of these
}

// Keys returns what the table [keys] says: names of keys, by what they are to do.
// A name in a table of its own has that table's name in front: sessions.sort.
func (f *File) Keys() map[string][]string { return f.keys }

// KeysAt says where in the file the keys for one thing stand: "x.toml:3: keys.freeze".
func (f *File) KeysAt(name string) string {
	return f.at(entry{line: f.lines[name]}) + ": " + KeysTable + "." + Name(name)
}

// Name returns a name from a file as a message may have it: as it is where TOML would
// have it without quotes, dots between parts included, and else quoted, so that nothing
// in it reaches the terminal as more than text.
func Name(name string) string {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' {
			return strconv.Quote(name)
		}
	}
	if name == "" {
		return `""`
	}
	return name
}

// printable writes what a terminal would take for a command as an escape: the parser
// tells names as they are.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

type entry struct {
	text string
	line int // counts from 1
}

// ReadFile reads the configuration file at path. The error is one line that
// names the path, and the line within where there is one. Which keys are settings
// is for [Resolve] to say.
func ReadFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err // "open x.toml: no such file or directory" says it all
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, MaxFileSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFileSize {
		return nil, fmt.Errorf("%s: is larger than %d KiB", path, MaxFileSize>>10)
	}
	return parseFile(path, data)
}

func parseFile(path string, data []byte) (*File, error) {
	var values map[string]any
	if err := toml.Unmarshal(data, &values); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ := at.Position()
			return nil, fmt.Errorf("%s:%d: %s", path, line, printable(err.Error()))
		}
		return nil, fmt.Errorf("%s: %s", path, printable(err.Error()))
	}
	f := &File{path: path, entries: make(map[string]entry, len(values))}
	lines := keyLines(data)
	if v, ok := values[KeysTable]; ok {
		delete(values, KeysTable)
		if err := f.readKeys(v, lines); err != nil {
			return nil, err
		}
	}
	for key, v := range values {
		e := entry{line: lines[key]}
		var err error
		if e.text, err = textOf(v); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", f.at(e), Name(key), err)
		}
		f.entries[key] = e
	}
	return f, nil
}

// readKeys reads the table [keys], from its value as it was decoded.
func (f *File) readKeys(v any, lines map[string]int) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %s: want a table: [%s]", f.at(entry{line: lines[KeysTable]}), KeysTable, KeysTable)
	}
	f.keys, f.lines = make(map[string][]string), make(map[string]int)
	var read func(prefix string, table map[string]any) error
	read = func(prefix string, table map[string]any) error {
		for _, name := range slices.Sorted(maps.Keys(table)) {
			full := prefix + name
			// What stands in a table on one line has the line of that.
			f.lines[full] = cmp.Or(lines[KeysTable+"."+full], f.lines[strings.TrimSuffix(prefix, ".")], lines[KeysTable])
			switch v := table[name].(type) {
			case map[string]any:
				if err := read(full+".", v); err != nil {
					return err
				}
			case string:
				f.keys[full] = []string{v}
			case []any:
				f.keys[full] = []string{}
				for _, word := range v {
					text, ok := word.(string)
					if !ok {
						return fmt.Errorf("%s: a list must be of strings", f.KeysAt(full))
					}
					f.keys[full] = append(f.keys[full], text)
				}
			default:
				return fmt.Errorf("%s: want the name of a key, or a list of names", f.KeysAt(full))
			}
		}
		return nil
	}
	return read("", table)
}

// keyLines returns the line on which each key first stands, by its path with dots
// between, and likewise each beginning of a path. data is valid TOML. Only the
// parser below the decoder knows the places of values that decode.
func keyLines(data []byte) map[string]int {
	lines := make(map[string]int)
	var p unstable.Parser
	p.Reset(data)
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		path := table
		if e.Kind != unstable.KeyValue {
			path = ""
		}
		for key := e.Key(); key.Next(); {
			if path != "" {
				path += "."
			}
			path += string(key.Node().Data)
			if _, before := lines[path]; !before {
				lines[path] = p.Shape(key.Node().Raw).Start.Line
			}
		}
		if e.Kind != unstable.KeyValue {
			table = path
		}
	}
	return lines
}

// textOf writes a TOML value as a flag would have it. A list stands for its
// elements with commas between.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	case []any:
		words := make([]string, len(v))
		for i, word := range v {
			text, ok := word.(string)
			if !ok {
				return "", errors.New("a list must be of strings")
			}
			words[i] = text
		}
		return strings.Join(words, ","), nil
	default:
		return "", errors.New("want a string, a number or a boolean")
	}
}

// unknown returns an error for each key that is none of the settings, by line.
func (f *File) unknown(list []Setting) []error {
	known := make(map[string]bool, len(list))
	for _, s := range list {
		known[s.Name] = true
	}
	keys := slices.SortedFunc(maps.Keys(f.entries), func(a, b string) int {
		return cmp.Or(cmp.Compare(f.entries[a].line, f.entries[b].line), cmp.Compare(a, b))
	})
	var all []error
	for _, key := range keys {
		if known[key] {
			continue
		}
		hint := "it is no setting"
		if dashed := strings.ReplaceAll(key, "_", "-"); known[dashed] {
			hint = fmt.Sprintf("it is written %s", dashed)
		}
		all = append(all, fmt.Errorf("%s: unknown key %q: %s", f.at(f.entries[key]), key, hint))
	}
	return all
}

// at says where in the file an entry stands.
func (f *File) at(e entry) string {
	if e.line == 0 {
		return f.path
	}
	return f.path + ":" + strconv.Itoa(e.line)
}
