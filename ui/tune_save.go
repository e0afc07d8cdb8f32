package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/settings"
)

// defaultFile is where settings are saved unless another name is typed.
const defaultFile = "sagetop.toml"

// saver asks for the name of a file, and before one is written over, and saves the
// settings that were in force when it was asked.
type saver struct {
	state  saveState
	name   lineEdit
	path   string // that is written, or asked about
	config load.Config
}

type saveState uint8

const (
	saveIdle   saveState = iota
	saveName             // a name is typed
	saveWrites           // it is being written
	saveOver             // whether to write over the file is asked
)

// savedMsg says what became of a file.
type savedMsg struct {
	saver *saver
	path  string
	over  bool
	err   error
}

// errAsks stands for a question that is open.
var errAsks = errors.New("the file exists")

var errNoName = errors.New("file: no name is given; want one such as " + defaultFile)

// ask asks for a name.
func (s *saver) ask(c *load.Config) {
	s.state, s.config = saveName, *c
	s.name.Set(defaultFile)
}

func (s *saver) hints() []hint {
	switch s.state {
	case saveOver:
		return []hint{{"y", "write over it"}, {"n", "do not"}}
	case saveWrites:
		return nil
	}
	return []hint{{"enter", "save"}, {"esc", "do not"}}
}

// Key does what a key stands for while something is asked. told gets what is wrong.
func (s *saver) Key(m *model, msg tea.KeyMsg, told func(string, error)) tea.Cmd {
	switch s.state {
	case saveName:
		switch msg.Type {
		case tea.KeyEsc:
			s.state = saveIdle
			told("", nil)
		case tea.KeyEnter:
			s.path = strings.TrimSpace(s.name.Text())
			if s.path == "" {
				told("", errNoName)
				return nil
			}
			told("", nil)
			return s.write(m, false)
		default:
			s.name.Key(msg)
			told("", nil)
		}
	case saveOver:
		switch msg.String() {
		case "y":
			return s.write(m, true)
		case "n", "esc":
			s.state = saveName
		}
	}
	return nil
}

// write writes the file.
func (s *saver) write(m *model, over bool) tea.Cmd {
	s.state = saveWrites
	path, config, version := s.path, s.config, m.version
	return m.command(func() tea.Msg {
		whole, err := filepath.Abs(path)
		if err != nil {
			whole = path
		}
		about := fmt.Sprintf("%s, saved on %s. 'sagetop --config %s' reads it.", strings.TrimSpace(firstWords(version, 2)), time.Now().Format(time.DateTime), path)
		err = settings.Save(whole, settings.Text(config, about), over)
		return savedMsg{s, whole, over, err}
	})
}

// firstWords returns the first words of a text, without a comma behind them.
func firstWords(text string, n int) string {
	words := strings.Fields(text)
	return strings.TrimSuffix(strings.Join(words[:min(n, len(words))], " "), ",")
}

// saved takes what became of the file: errAsks if a question about it is open now.
func (s *saver) saved(msg savedMsg) (said string, err error) {
	if s.state != saveWrites { // closed in the meantime
		s.state = saveIdle
	}
	switch wrong := (*fs.PathError)(nil); {
	case msg.err == nil:
		s.state = saveIdle
		return "saved to " + msg.path, nil
	case errors.Is(msg.err, fs.ErrExist) && !msg.over && s.state == saveWrites:
		s.state = saveOver
		return "", errAsks
	case errors.As(msg.err, &wrong):
		err = fmt.Errorf("file: %q cannot be written: %w", s.path, wrong.Err)
	default:
		err = fmt.Errorf("file: %q cannot be written: %w", s.path, msg.err)
	}
	if s.state == saveWrites {
		s.state = saveName
	}
	return "", err
}
