package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// every is the length of a stretch.
const every = time.Second

// leastStretch is how long what is left at the end must be to be told: rates
// over less say little.
const leastStretch = every / 4

// Follow takes snapshots from next, which is [load.Engine.Next], and tells out and
// progress once a second of the run what happened in it, until the run ends, ctx
// does, or out fails. It returns nil, the error of next, or that of out. What cannot
// be written to progress is lost.
func Follow(ctx context.Context, next func(context.Context) (load.Snapshot, error), out Output, progress io.Writer) error {
	fmt.Fprintln(progress, ProgressHeader)
	var told, last load.Snapshot
	tell := func() error {
		s := Stretch{From: told, To: last}
		told = last
		fmt.Fprintln(progress, Progress(s))
		return out.Stretch(s)
	}
	for {
		s, err := next(ctx)
		if err != nil {
			if last.Elapsed-told.Elapsed >= leastStretch {
				if err := tell(); err != nil {
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		last = s
		if s.Elapsed/every > told.Elapsed/every {
			if err := tell(); err != nil {
				return err
			}
		}
	}
}
