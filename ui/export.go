package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// exportBindings are the keys to leave with something.
func exportBindings() []binding {
	return []binding{
		{
			name: "export", keys: []string{"e"}, group: groupTake, hint: "export",
			help: "write this page as text, SVG, CSV or JSON", act: (*model).askExport,
		},
		{
			name: "copy", keys: []string{"y"}, group: groupTake,
			help: "copy the row under the cursor, or the figures of the moment", act: (*model).copyRow,
		},
	}
}

// exportFormat is one way to write a page.
type exportFormat struct {
	key, name, about string
	// write makes the files of the frame drawn last, by the endings of their names.
	write func(*model) ([]exportFile, error)
}

// exportFile is a file to be written: what its name has after the page's, and what is
// in it.
type exportFile struct {
	suffix string // such as "-shards.csv"
	data   []byte
}

// exportFormats are the ways to write a page, in the order in which they are offered.
var exportFormats = []exportFormat{
	{"t", "text", "the page as it is, without colours", exportText},
	{"s", "svg", "the page as a picture, exact to the dot", exportSVG},
	{"c", "csv", "its figures, one file for each table", exportCSV},
	{"j", "json", "its figures, and the configuration in force", exportJSON},
}

// exportMenu asks for the format.
type exportMenu struct{}

func (m *model) askExport() tea.Cmd { return m.open(exportMenu{}) }

// Key implements overlay.
func (exportMenu) Key(m *model, msg tea.KeyMsg) tea.Cmd {
	if msg.Paste {
		return nil
	}
	switch key := msg.String(); key {
	case "esc", "q", "e":
		m.overlay = nil
	default:
		for i := range exportFormats {
			if exportFormats[i].key == key {
				m.overlay = nil
				return m.export(&exportFormats[i], "")
			}
		}
		m.warn(key + " is no format; t, s, c and j are")
	}
	return nil
}

// Mouse implements mouseOverlay.
func (e exportMenu) Mouse(m *model, msg tea.MouseMsg) tea.Cmd {
	if h, ok := m.overlayHit(msg); ok && h.kind == hitRow {
		return e.Key(m, keyMsg(exportFormats[h.n].key))
	}
	return nil
}

// Draw implements overlay.
func (exportMenu) Draw(_ *model, body area, _ *view) {
	const title, w = "export this page as", 56
	b := body.sub(rect{max((body.w-w)/2, 0), max((body.h-len(exportFormats)-3)/2, 0), w, len(exportFormats) + 3})
	b.fill(' ', styleText)
	in := b.box(title)
	for i, f := range exportFormats {
		in.text(1, i, f.key, styleKey)
		in.text(3, i, f.name, styleStrong)
		in.text(9, i, f.about, styleDim)
		in.sub(rect{0, i, in.w, 1}).hit(hitRow, i)
	}
	in.text(1, in.h-1, "into the working directory; nothing is overwritten", styleFaint)
}

// Hints implements overlay.
func (exportMenu) Hints() []hint {
	return []hint{{"t s c j", "format"}, {"esc", "cancel"}}
}

// exportedMsg says what was written, or why nothing was.
type exportedMsg struct {
	files []string
	err   error
}

// export writes the page in a format: into files named after the page and the time, or
// after name, whose ending is given.
func (m *model) export(f *exportFormat, name string) tea.Cmd {
	m.compose() // without what lay over the page
	files, err := f.write(m)
	if err != nil {
		return refuse(err)
	}
	page := strings.ToLower(m.pages[m.current].Title())
	return m.command(func() tea.Msg {
		base := name
		if ending := filepath.Ext(files[0].suffix); strings.HasSuffix(name, ending) {
			base = strings.TrimSuffix(name, ending)
		}
		if base == "" {
			base = "sagetop-" + page + time.Now().Format("-20060102-150405")
		}
		written, err := writeNew(base, files)
		return exportedMsg{written, err}
	})
}

// maxCopies is how many files of one name there may be.
const maxCopies = 1000

// writeNew writes files that were not there before, all with the same number in their
// names if there is any of them already; all or none.
func writeNew(base string, files []exportFile) (paths []string, err error) {
	for n := 1; n <= maxCopies; n++ {
		numbered := base
		if n > 1 {
			numbered = fmt.Sprintf("%s-%d", base, n)
		}
		paths = nil
		for _, file := range files {
			if err = writeOne(numbered+file.suffix, file.data); err != nil {
				break
			}
			paths = append(paths, numbered+file.suffix)
		}
		if err == nil {
			return paths, nil
		}
		for _, path := range paths { // a part of a set is none
			err = errors.Join(err, os.Remove(path))
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, err
}

// writeOne writes a file that must not exist.
func writeOne(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // an export is for others to read
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path) // half a file is none
	}
	return err
}

// exported tells what became of an export.
func (m *model) exported(msg exportedMsg) {
	switch {
	case msg.err != nil:
		m.warn("export: " + oneLine(msg.err))
	case len(msg.files) == 1:
		m.tell("wrote " + msg.files[0])
	default:
		m.tell(fmt.Sprintf("wrote %d files: %s and more", len(msg.files), msg.files[0]))
	}
}

// exportText writes the frame without escape sequences, nor spaces at line ends.
func exportText(m *model) ([]exportFile, error) {
	return []exportFile{{".txt", m.canvas.appendText(nil, m.ascii)}}, nil
}

// exportSVG draws the frame.
func exportSVG(m *model) ([]exportFile, error) {
	return []exportFile{{".svg", m.canvas.appendSVG(nil, m.theme, m.ascii)}}, nil
}
