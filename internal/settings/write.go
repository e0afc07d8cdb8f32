package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// Line returns the line of a file that sets a parameter to a value, which is as
// [load.Param.Get] writes it.
func Line(name, text string) string {
	if _, err := strconv.Atoi(text); err != nil {
		text = strconv.Quote(text)
	}
	return name + " = " + text
}

// Text returns a file that sets every parameter to what it is in c, below lines of
// comment that say what it is. Comments tell what each parameter is, and its default.
func Text(c load.Config, about ...string) string {
	var b strings.Builder
	for _, line := range about {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	for _, p := range load.Params() {
		fmt.Fprintf(&b, "\n# %s\n# %s; default %s\n%s\n", p.Help, limits(&p), p.Default, Line(p.Name, p.Get(&c)))
	}
	return b.String()
}

// limits is the range of a parameter, with its unit where the range does not say it.
func limits(p *load.Param) string {
	if p.Unit == "" || p.Kind == load.KindRate {
		return p.Range
	}
	return p.Range + " " + p.Unit
}

// Save writes a file, whole or not at all. One that exists is replaced where over is
// set, and otherwise left alone: the error is then [fs.ErrExist].
func Save(path, text string, over bool) error {
	if over {
		path = behind(path) // the file is to be replaced, and not a link to it
	} else if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return &fs.PathError{Op: "write", Path: path, Err: errors.New("is no regular file")}
		}
		mode = info.Mode().Perm()
	}
	part, err := writePart(path, text, mode)
	if err != nil {
		return err
	}
	if over {
		err = os.Rename(part, path)
	} else if err = os.Link(part, path); err != nil && !errors.Is(err, fs.ErrExist) {
		// Not all file systems have links; without, a file that appears in between
		// would be lost, so that one is held first.
		err = claim(part, path, mode)
	}
	if !over || err != nil {
		_ = os.Remove(part) // it has gone where it was renamed
	}
	return err
}

// maxLinks is how many links in a row are followed.
const maxLinks = 40

// behind returns the file that a link stands for, also where there is none yet.
func behind(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	for range maxLinks {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// writePart writes a text into a new file beside path, and returns its name.
func writePart(path, text string, mode fs.FileMode) (string, error) {
	for i := 0; ; i++ {
		part := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.%d", filepath.Base(path), os.Getpid(), i))
		f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) && i < 100 {
			continue
		}
		if err != nil {
			if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
				wrong.Path = path // that is what the user knows
			}
			return "", err
		}
		_, err = f.WriteString(text)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return "", errors.Join(err, os.Remove(part))
		}
		return part, nil
	}
}

// claim creates path, which must not exist, and puts part in its place.
func claim(part, path string, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if err = errors.Join(f.Close(), os.Rename(part, path)); err != nil {
		return errors.Join(err, os.Remove(path)) // an empty file is not what was to be written
	}
	return nil
}
