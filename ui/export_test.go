package ui

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// take presses a key and gives the model what its command answers.
func (b *bench) take(key string) {
	if msg := b.press(key); msg != nil {
		b.Update(msg)
	}
}

// exportOf writes a page in a format in a directory of its own, and returns what is
// there, by name.
func exportOf(t *testing.T, b *bench, key string) map[string]string {
	t.Helper()
	t.Chdir(t.TempDir())
	b.press("e")
	b.take(key)
	files := make(map[string]string)
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

func exportBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, "dark", false)
	b.size(120, 40)
	b.richStory()
	return b
}

func TestExportText(t *testing.T) {
	b := exportBench(t)
	want := b.plain()
	for name, text := range exportOf(t, b, "t") {
		if !strings.HasPrefix(name, "sagetop-overview-") || !strings.HasSuffix(name, ".txt") {
			t.Errorf("the file is called %s", name)
		}
		lines, wants := strings.Split(text, "\n"), strings.Split(want, "\n")
		for i, line := range wants {
			if lines[i] != strings.TrimRight(line, " ") {
				t.Errorf("line %d is %q, want %q", i, lines[i], line)
			}
		}
		if !strings.Contains(b.plain(), "wrote "+name) {
			t.Errorf("nothing tells of %s:\n%s", name, b.plain())
		}
	}
}

// TestExportSVG: the picture is well-formed, has every letter of the frame, and as many
// shapes as there are cells with dots.
func TestExportSVG(t *testing.T) {
	for _, look := range looksOfGoldens {
		b := newBench(t, look.theme, look.ascii)
		b.size(120, 40)
		b.richStory()
		for name, svg := range exportOf(t, b, "s") {
			var letters strings.Builder
			d := xml.NewDecoder(strings.NewReader(svg))
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s, %s: %v", look.name(), name, err)
				}
				if text, ok := token.(xml.CharData); ok {
					letters.Write(bytes.TrimSpace(text))
				}
			}
			count := func(in string) (n [128]int) {
				for _, r := range in {
					if r > ' ' && r < 128 {
						n[r]++
					}
				}
				return n
			}
			b.overlay = nil
			b.notice = ""
			b.compose()
			if got, want := count(letters.String()), count(b.plain()); got != want {
				t.Errorf("%s: the letters are not those of the frame", look.name())
			}
			if dots := strings.Contains(svg, "shape-rendering"); dots == look.ascii {
				t.Errorf("%s: shapes %v", look.name(), dots)
			}
		}
	}
}

func TestExportCSV(t *testing.T) {
	files := exportOf(t, exportBench(t), "c")
	if len(files) == 0 {
		t.Fatal("nothing was written")
	}
	for name, text := range files {
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
}

// TestExportJSON: the course in the file is that of the history.
func TestExportJSON(t *testing.T) {
	b := exportBench(t)
	for name, text := range exportOf(t, b, "j") {
		var got struct {
			Schema, Page string
			Config       map[string]any
			Tables       []struct {
				Name    string
				Columns []string
				Rows    [][]any
			}
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Schema != pageSchema || got.Page != "overview" || got.Config["profile"] != "stages" {
			t.Errorf("%s is %s of page %s", name, got.Schema, got.Page)
		}
		course := got.Tables[len(got.Tables)-1]
		if course.Name != "course" || len(course.Rows) < 50 {
			t.Fatalf("the course has %d rows", len(course.Rows))
		}
		last := course.Rows[len(course.Rows)-2]
		if len(last) != len(course.Columns) {
			t.Errorf("%d figures in %d columns", len(last), len(course.Columns))
		}
		if live := last[4].(float64); live <= 0 || live > 1e6 {
			t.Errorf("%v live sessions", live)
		}
	}
}

// TestExportOverwritesNothing, and takes another name, one for all of a set.
func TestExportOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	base := filepath.Join(dir, "page")
	write := func(suffixes ...string) (string, error) {
		var files []exportFile
		for _, s := range suffixes {
			files = append(files, exportFile{s, []byte(s)})
		}
		paths, err := writeNew(base, files)
		for i := range paths {
			paths[i] = filepath.Base(paths[i])
		}
		return strings.Join(paths, " "), err
	}
	for _, tt := range []struct{ suffixes, want string }{
		{".txt", "page.txt"},
		{".txt", "page-2.txt"},
		{"-b.csv", "page-b.csv"},
		{"-a.csv -b.csv", "page-2-a.csv page-2-b.csv"},
		{"-a.csv -b.csv", "page-3-a.csv page-3-b.csv"},
	} {
		if got, err := write(strings.Fields(tt.suffixes)...); err != nil || got != tt.want {
			t.Fatalf("%s, %v, want %s", got, err, tt.want)
		}
	}
	if got, err := write("-c.csv", "/none/d.csv"); err == nil || got != "" {
		t.Errorf("a file in a directory that is not there: %q, %v", got, err)
	}
	if _, err := os.Stat(base + "-c.csv"); err == nil {
		t.Error("a part of a set is left")
	}
}

// TestExportNames: of a name, only the ending of the format goes.
func TestExportNames(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"results.v1", "results.v1.txt"}, {"results.txt", "results.txt"}, {"results", "results.txt"},
	} {
		b := exportBench(t)
		t.Chdir(t.TempDir())
		msg := b.export(&exportFormats[0], tt.name)().(exportedMsg)
		if msg.err != nil || len(msg.files) != 1 || msg.files[0] != tt.want {
			t.Errorf("%s: %v, %v", tt.name, msg.files, msg.err)
		}
	}
}

func TestExportFails(t *testing.T) {
	b := exportBench(t)
	t.Chdir(t.TempDir())
	b.exported(exportedMsg{err: errors.New("disk full")})
	b.compose()
	if !strings.Contains(b.plain(), "export: disk full") {
		t.Errorf("nothing tells of it:\n%s", b.plain())
	}
	b.press("e")
	b.press("esc")
	if b.overlay != nil {
		t.Error("esc does not close the menu")
	}
}

// TestCopy: y writes an OSC 52 with the figures of the moment, and nothing else.
func TestCopy(t *testing.T) {
	var screen bytes.Buffer
	b := exportBench(t)
	b.out = newOutput(&screen)
	want := figuresText(b.view())
	b.take("y")
	text, ok := strings.CutPrefix(screen.String(), "\x1b]52;c;")
	text, end := strings.CutSuffix(text, "\x07")
	data, err := base64.StdEncoding.DecodeString(text)
	if !ok || !end || err != nil || string(data) != want || !strings.Contains(want, "sessions, ") {
		t.Errorf("wrote %q, want %q", screen.String(), want)
	}
	if !strings.Contains(b.plain(), "sent to the clipboard: sagetop at") {
		t.Errorf("nothing tells of it:\n%s", b.plain())
	}
}

// TestLastFrame is the page without what lay over it; there is none of a terminal that
// was too small.
func TestLastFrame(t *testing.T) {
	b := exportBench(t)
	want := b.plain()
	b.press("?")
	b.press("e")
	if got := plain(b.lastFrame()); got != want {
		t.Errorf("the last frame is\n%s\nwant\n%s", got, want)
	}
	b.size(30, 10)
	if got := b.lastFrame(); got != "" {
		t.Errorf("a last frame of a small terminal: %q", got)
	}
}

func TestCSVCells(t *testing.T) {
	for _, tt := range []struct {
		v    any
		want string
	}{
		{nan, ""}, {1.5, "1.5"}, {uint64(7), "7"}, {"=1+1", "'=1+1"}, {"plain", "plain"}, {true, "true"}, {load.Closed, "closed"},
	} {
		if got := csvCell(tt.v); got != tt.want {
			t.Errorf("%v is written %q, want %q", tt.v, got, tt.want)
		}
	}
}
