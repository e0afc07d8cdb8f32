package load

import (
	"testing"
	"time"
)

// Every sleeper there is wakes at its time, at once where something is ready, and
// by a call that comes before, during or after going to sleep. A wake that is lost
// would let it sleep for an hour.
func TestSleepers(t *testing.T) {
	never := func() bool { return false }
	for name, made := range map[string]func() sleeper{"best": newSleeper, "timer": newTimerSleeper} {
		t.Run(name, func(t *testing.T) {
			s := made()
			defer s.close()
			s.sleep(time.Millisecond, never)
			s.sleep(0, never)
			// During: the other goroutine waits until this one most probably sleeps.
			for range 20 {
				go func() {
					time.Sleep(2 * time.Millisecond)
					s.wake()
				}()
				s.sleep(time.Hour, never)
			}
			// Before, and then at any moment: whoever wakes has made ready say so.
			s.wake()
			awake := make(chan struct{})
			go func() {
				s.sleep(time.Hour, func() bool { return true })
				close(awake)
			}()
			select {
			case <-awake:
			case <-time.After(5 * time.Second):
				t.Fatal("a wake was lost")
			}
			for range 1000 {
				ready, woke := make(chan struct{}, 1), make(chan struct{})
				go func() {
					ready <- struct{}{}
					s.wake()
					close(woke)
				}()
				for len(ready) == 0 {
					s.sleep(time.Hour, func() bool { return len(ready) > 0 })
				}
				<-woke // none may come after close
			}
		})
	}
}
