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

// File is a configuration file: TOML, one key for each setting, no tables.
type File struct {
	path    string
	entries map[string]entry
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
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &File{path: path, entries: make(map[string]entry, len(values))}
	lines := keyLines(data)
	for key, v := range values {
		e := entry{line: lines[key]}
		var err error
		if e.text, err = textOf(v); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", f.at(e), key, err)
		}
		f.entries[key] = e
	}
	return f, nil
}

// keyLines returns the line on which each top-level key first stands. data is
// valid TOML. Only the parser below the decoder knows the places of values
// that decode.
func keyLines(data []byte) map[string]int {
	lines := make(map[string]int)
	var p unstable.Parser
	p.Reset(data)
	inTable := false
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.KeyValue {
			inTable = true
		} else if inTable {
			continue
		}
		key := e.Key()
		if !key.Next() {
			continue
		}
		name := string(key.Node().Data)
		if _, before := lines[name]; !before {
			lines[name] = p.Shape(key.Node().Raw).Start.Line
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
