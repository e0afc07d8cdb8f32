package load

import "testing"

// An end whose peer cannot be made is counted until its lane has said so. A snapshot
// taken between the two is no reason for the next to tell less, nor is the run another.
func TestCreatedNeverFalls(t *testing.T) {
	cfg := quick(set(t, "duration", "0s"), set(t, "rate", "100/s"), set(t, "lifetime", "1h"))
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	waitFor(t, "sessions", func() bool { return e.Snapshot().Sessions.Created > 10 })
	e.Pause()
	before := e.Snapshot()
	halves := &e.run.lanes[0].rec.halves
	halves.Add(2) // of ends that were in the managers' counters before
	for range 2 {
		s := e.Snapshot()
		if s.Sessions.Created < before.Sessions.Created || s.Run != before.Run {
			t.Errorf("%d created in run %d, after %d in run %d", s.Sessions.Created, s.Run, before.Sessions.Created, before.Run)
		}
		if s.AchievedRate > 1e6 {
			t.Errorf("%g sessions a second", s.AchievedRate)
		}
		checkBalance(t, s.Sessions)
	}
	if err := e.Reset(); err != nil {
		t.Fatal(err)
	}
	if s := e.Snapshot(); s.Run != before.Run+1 || s.Sessions.Created >= before.Sessions.Created {
		t.Errorf("after a reset: run %d, %d created", s.Run, s.Sessions.Created)
	}
}
