package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// from makes sources of maps and the text of a file, which is absent if "".
func from(t *testing.T, flags, env map[string]string, file string) Sources {
	t.Helper()
	s := Sources{
		Flag:   func(name string) (string, bool) { v, ok := flags[name]; return v, ok },
		Getenv: func(name string) string { return env[name] },
	}
	if file != "" {
		f, err := parseFile("conf.toml", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		s.File = f
	}
	return s
}

// values are settings that take any text but "bad".
func values(to map[string]string, names ...string) []Setting {
	var list []Setting
	for _, name := range names {
		list = append(list, Setting{Name: name, Set: func(text string) error {
			if text == "bad" {
				return errors.New(name + ": \"bad\" is not valid; want good")
			}
			to[name] = text
			return nil
		}})
	}
	return list
}

func TestPrecedence(t *testing.T) {
	tests := []struct {
		name       string
		flags, env map[string]string
		file, want string
	}{
		{"nothing", nil, nil, "", "unset"},
		{"file", nil, nil, `size-of = "file"`, "file"},
		{"environment", nil, map[string]string{"SAGETOP_SIZE_OF": "env"}, "", "env"},
		{"environment over file", nil, map[string]string{"SAGETOP_SIZE_OF": "env"}, `size-of = "file"`, "env"},
		{"an empty variable is none", nil, map[string]string{"SAGETOP_SIZE_OF": ""}, `size-of = "file"`, "file"},
		{"flag over both", map[string]string{"size-of": "flag"}, map[string]string{"SAGETOP_SIZE_OF": "env"}, `size-of = "file"`, "flag"},
		{"an empty flag is one", map[string]string{"size-of": ""}, map[string]string{"SAGETOP_SIZE_OF": "env"}, "", ""},
		{"what a stronger source overrides is not read", map[string]string{"size-of": "flag"}, map[string]string{"SAGETOP_SIZE_OF": "bad"}, `size-of = "bad"`, "flag"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]string{"size-of": "unset"}
			if err := Resolve(values(got, "size-of"), from(t, tt.flags, tt.env, tt.file)); err != nil {
				t.Fatal(err)
			}
			if got["size-of"] != tt.want {
				t.Errorf("got %q, want %q", got["size-of"], tt.want)
			}
		})
	}
}

func TestErrorsNameTheirSource(t *testing.T) {
	file := "\na = \"bad\"\nb_c = 1\n\n[d]\nx = 1\n"
	s := Sources{
		Flag:   func(name string) (string, bool) { return "bad", name == "flagged" },
		Getenv: func(name string) string { return map[string]string{"SAGETOP_FROM_ENV": "bad"}[name] },
	}
	if _, err := parseFile("conf.toml", []byte(file)); err == nil || err.Error() != "conf.toml:5: d: want a string, a number or a boolean" {
		t.Errorf("a table: %v", err)
	}
	file = "\na = \"bad\"\nb_c = 1\n\nzzz = 2\n"
	var err error
	if s.File, err = parseFile("conf.toml", []byte(file)); err != nil {
		t.Fatal(err)
	}
	err = Resolve(values(map[string]string{}, "flagged", "from-env", "a", "b-c"), s)
	want := strings.Join([]string{
		`conf.toml:3: unknown key "b_c": it is written b-c`,
		`conf.toml:5: unknown key "zzz": it is no setting`,
		`--flagged: "bad" is not valid; want good`,
		`SAGETOP_FROM_ENV: "bad" is not valid; want good`,
		`conf.toml:2: a: "bad" is not valid; want good`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestValuesOfAFile(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"string", `k = "20k/s"`, "20k/s"},
		{"literal string", `k = '5%'`, "5%"},
		{"integer", `k = 20_000`, "20000"},
		{"negative integer", `k = -1`, "-1"},
		{"float", `k = 0.05`, "0.05"},
		{"large float", `k = 2e6`, "2000000"},
		{"boolean", `k = true`, "true"},
		{"list", `k = ["key-buffer", "pool"]`, "key-buffer,pool"},
		{"empty list", `k = []`, ""},
		{"quoted key", `"k" = "v"`, "v"},
		{"infinity", `k = inf`, "+Inf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseFile("c", []byte("# a comment\n"+tt.toml))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(entry{text: tt.want, line: 2}, f.entries["k"], cmp.AllowUnexported(entry{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"no TOML", "a = 1\nb 2\n", "c.toml:2: toml: "},
		{"a key twice", "a = 1\na = 2\n", "c.toml:2: toml: "},
		{"a date", "a = 1979-05-27", "c.toml:1: a: want a string, a number or a boolean"},
		{"an inline table", "a = {b = 1}", "c.toml:1: a: want a string, a number or a boolean"},
		{"a dotted key", "\na.b = 1", "c.toml:2: a: want a string, a number or a boolean"},
		{"an array of tables", "[[a]]\nb = 1", "c.toml:1: a: a list must be of strings"},
		{"a list of numbers", "a = [1]", "c.toml:1: a: a list must be of strings"},
		{"not UTF-8", "a = \"\xff\"", "c.toml:1: toml: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseFile("c.toml", []byte(tt.toml))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.toml")
	large := filepath.Join(dir, "large.toml")
	for path, text := range map[string]string{good: "a = 1", large: strings.Repeat("#", MaxFileSize+1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := ReadFile(good); err != nil || f.entries["a"].text != "1" {
		t.Errorf("good file: %+v, %v", f, err)
	}
	if _, err := ReadFile(large); err == nil || err.Error() != large+": is larger than 1024 KiB" {
		t.Errorf("large file: %v", err)
	}
	if _, err := ReadFile(filepath.Join(dir, "none.toml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := ReadFile(dir); err == nil {
		t.Error("a directory is accepted")
	}
}

// TestEveryParameter sets each parameter from each source to a value that is not
// its default, and looks at the configuration.
func TestEveryParameter(t *testing.T) {
	other := map[string]string{
		"optimizations": "key-buffer,single-hkdf", "pool": "sync", "pool-capacity": "128", "model": "closed",
		"rate": "20000/s", "arrival": "constant", "workers": "7", "lifetime": "1.5s", "messages": "9",
		"message-size": "2KiB", "max-live": "5000", "expire-share": "25%", "handshake": "none",
		"handshake-share": "50%", "gogc": "400", "memory-limit": "64MiB", "rng-seed": "42", "duration": "3s",
		"profile": "stages", "stages": "1s:100,0s:2k/s,1s:0", "ramp-time": "5s", "period": "1m", "spike-time": "1s",
		"peak": "300%", "transport": "http", "sessions": "1000",
	}
	for _, p := range load.Params() {
		value, ok := other[p.Name]
		if !ok {
			t.Errorf("%s: the test has no value for it", p.Name)
			continue
		}
		for source, s := range map[string]Sources{
			"flag":        from(t, map[string]string{p.Name: value}, nil, ""),
			"environment": from(t, nil, map[string]string{p.Env(): value}, ""),
			"file":        from(t, nil, nil, p.Name+" = \""+value+"\""),
		} {
			t.Run(p.Name+"/"+source, func(t *testing.T) {
				got := load.Default()
				if err := Resolve(OfConfig(&got), s); err != nil {
					t.Fatal(err)
				}
				want := load.Default()
				if err := p.Set(&want, value); err != nil {
					t.Fatal(err)
				}
				if got != want || got == load.Default() {
					t.Errorf("got %+v\nwant %+v", got, want)
				}
			})
		}
	}
}

// TestNativeValues: a file says what it can as a number, and a list of stages as a
// list.
func TestNativeValues(t *testing.T) {
	file := `
rate = 1_500
messages = 9
message-size = 512
expire-share = 0.25
peak = 1.5
sessions = 1_000
stages = ["1s:100", "2s:2k"]
lifetime = "exp(2s)"
`
	got := load.Default()
	if err := Resolve(OfConfig(&got), from(t, nil, nil, file)); err != nil {
		t.Fatal(err)
	}
	want := load.Default()
	for name, text := range map[string]string{
		"rate": "1500/s", "messages": "9", "message-size": "512B", "expire-share": "25%", "peak": "150%", "sessions": "1000",
		"stages": "1s:100,2s:2000", "lifetime": "exp(2s)",
	} {
		p, _ := load.Lookup(name)
		if err := p.Set(&want, text); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// A distribution in a file is refused in the words of the flag.
	err := Resolve(OfConfig(&got), from(t, nil, nil, "lifetime = 2\nmessages = \"uniform(8,1)\"\n"))
	const refused = `conf.toml:1: lifetime: "2" is not valid; want a time from 0s to 1h, such as 2s, uniform(1s,3s), exp(2s) or lognormal(2s,10s)
conf.toml:2: messages: "uniform(8,1)" is not valid; want the smaller end first`
	if err == nil || err.Error() != refused {
		t.Errorf("got\n%v\nwant\n%s", err, refused)
	}
}

func TestAPresetAndAPool(t *testing.T) {
	c := load.Default()
	err := Resolve(OfConfig(&c), from(t, map[string]string{"optimizations": "baseline"}, nil, `pool = "sync"`))
	if err != nil || c.Optimizations.String() != "pool" || c.Optimizations.Pool.String() != "sync" {
		t.Errorf("baseline with a sync pool: %+v, %v", c.Optimizations, err)
	}
}

// FuzzParseFile: no input panics, errors are one line, and every key has a place.
func FuzzParseFile(f *testing.F) {
	f.Add([]byte("rate = 20_000\nlifetime = \"2s\"\n"))
	f.Add([]byte("[a]\nb = 1\n[[c]]\nd.e = 'x'\n"))
	f.Add([]byte("\"a\\u0062\" = [\"x\", 1979-05-27, {y = nan}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parseFile("c", data)
		if err != nil {
			return
		}
		lines := strings.Count(string(data), "\n") + 1
		for key, e := range file.entries {
			if e.line < 1 || e.line > lines {
				t.Errorf("key %q is on line %d of %d", key, e.line, lines)
			}
		}
	})
}

func TestKeysTable(t *testing.T) {
	tests := []struct {
		name, toml string
		want       map[string][]string
		at         map[string]string
	}{
		{"none", "a = 1", nil, nil},
		{
			"a table", "a = 1\n[keys]\nfreeze = \"f\"\n\"zoom-in\" = [\"+\", \"i\"]",
			map[string][]string{"freeze": {"f"}, "zoom-in": {"+", "i"}},
			map[string]string{"freeze": "c:3: keys.freeze", "zoom-in": "c:4: keys.zoom-in"},
		},
		{"dotted", "[keys]\nsessions.sort = \"s\"", map[string][]string{"sessions.sort": {"s"}}, map[string]string{"sessions.sort": "c:2: keys.sessions.sort"}},
		{"tables within", "[keys]\na = \"1\"\n\n[keys.gc]\nup = \"u\"", map[string][]string{"a": {"1"}, "gc.up": {"u"}}, map[string]string{"gc.up": "c:5: keys.gc.up"}},
		{"in a line", "\nkeys = {a = \"b\", c = {d = []}}", map[string][]string{"a": {"b"}, "c.d": {}}, map[string]string{"a": "c:2: keys.a", "c.d": "c:2: keys.c.d"}},
		{"dotted above", "keys.a = \"b\"", map[string][]string{"a": {"b"}}, map[string]string{"a": "c:1: keys.a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseFile("c", []byte(tt.toml))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, f.Keys()); diff != "" {
				t.Error(diff)
			}
			for name, want := range tt.at {
				if got := f.KeysAt(name); got != want {
					t.Errorf("%s is at %q, want %q", name, got, want)
				}
			}
			if got := f.unknown(values(nil, "a")); len(got) > 0 {
				t.Errorf("taken for settings: %v", got)
			}
		})
	}
	for toml, want := range map[string]string{
		"keys = 5":               "c:1: keys: want a table: [keys]",
		"[[keys]]\na = \"b\"":    "c:1: keys: want a table: [keys]",
		"[keys]\n\na = 5":        "c:3: keys.a: want the name of a key, or a list of names",
		"[keys]\na = [\"b\", 5]": "c:2: keys.a: a list must be of strings",
		"[key]\na = \"b\"":       "c:1: key: want a string, a number or a boolean",
	} {
		if _, err := parseFile("c", []byte(toml)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %q", toml, err, want)
		}
	}
}

// TestNoControlCharacters: whatever a file has, its errors are text.
func TestNoControlCharacters(t *testing.T) {
	for name, text := range map[string]string{
		"a setting":    `"\u001b[31mEVIL" = {a = 1}`,
		"unknown":      `"\u001b[31mEVIL" = 1`,
		"twice":        `"\u001b[31mEVIL" = 1` + "\n" + `"\u001b[31mEVIL" = 2`,
		"a key":        "[keys]\n" + `"\u001b[31mEVIL" = 1`,
		"in a table":   "[keys.\"\\u009b\\u0007\"]\n" + `b = 1`,
		"not a string": "[keys]\n" + `"\u001b[31mEVIL" = [1]`,
		"a value":      `rate = "\u001b[31mEVIL"`,
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parseFile("x.toml", []byte(text))
			if err == nil {
				c := load.Default()
				none := func(string) (string, bool) { return "", false }
				err = Resolve(OfConfig(&c), Sources{Flag: none, Getenv: func(string) string { return "" }, File: f})
			}
			if err == nil || strings.ContainsFunc(err.Error(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
				t.Errorf("%q", err)
			}
		})
	}
	f, err := parseFile("x.toml", []byte("[keys]\n"+`"\u001b[31mEVIL" = "x"`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.KeysAt("\x1b[31mEVIL"), `x.toml:2: keys."\x1b[31mEVIL"`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
